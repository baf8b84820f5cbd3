package avatar

import "crypto/sha256"

// Convert makes a small picture of a file.
var Convert = convert

// ErrSize says that a picture is not decoded.
var ErrSize = errSize

// Keep keeps a picture of so many bytes under a name; none: that it could not be had.
func Keep(s *Service, name string, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var image *Image
	if size > 0 {
		image = &Image{Body: make([]byte, size)}
	}
	s.keepLocked(sha256.Sum256([]byte(name)), image)
}

// Kept tells how many pictures are kept and their bytes.
func Kept(s *Service) (n, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.kept), s.bytes
}
