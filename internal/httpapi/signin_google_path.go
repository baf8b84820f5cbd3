package httpapi

import (
	"net/url"
	"path"
	"strings"
)

const (
	maxReturn  = 2 << 10 // bytes
	maxDecodes = 5       // how often a path is decoded in search of something hidden
)

// localPath is a path of the web app where a browser may be sent, and the app's first page for anything else: other hosts in whatever
// spelling, addresses that mean something to the server, and what no browser sends by itself.
func localPath(s string) string {
	const first = "/"
	if !strings.HasPrefix(s, "/") || len(s) > maxReturn || strings.ContainsFunc(s, func(r rune) bool { return !inAddress(r) }) {
		return first
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Opaque != "" || u.Host != "" || u.User != nil {
		return first
	}
	for range maxDecodes {
		if !isPlainPath(u.Path) {
			return first
		}
		next, err := url.PathUnescape(u.Path)
		if err != nil || next == u.Path {
			return s
		}
		u.Path = next
	}
	return first
}

// isPlainPath tells whether a path, once decoded, begins at the root, stays there, and is one of the web app's.
func isPlainPath(p string) bool {
	if !strings.HasPrefix(p, "/") || strings.Contains(p, "//") || strings.ContainsFunc(p, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) {
		return false
	}
	clean := path.Clean(p)
	return (clean == p || clean+"/" == p) && !isReserved(p)
}

// inAddress tells the characters that an address is written with (RFC 3986).
func inAddress(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return true
	}
	return strings.ContainsRune("-._~:/?#[]@!$&'()*+,;=%", r)
}
