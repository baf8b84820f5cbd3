package avatar

import (
	"hash/fnv"
	"strings"
	"unicode"
)

// grounds are dark enough for white letters (4.5 : 1 and more).
var grounds = []string{"#7a2e39", "#8a4110", "#6b5300", "#2f6b2f", "#0f6660", "#1d5c8c", "#4a4aa8", "#7a3b8f"}

const (
	drawnHead = `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96"><rect width="96" height="96" fill="`
	drawnText = `"/><text x="48" y="49" fill="#fff" font-family="system-ui,sans-serif" font-size="38" font-weight="600" text-anchor="middle" dominant-baseline="central">`
	nobody    = `"/><g fill="#fff"><circle cx="48" cy="37" r="16"/><path d="M16 88a32 28 0 0 1 64 0z"/></g></svg>`
)

// Drawn is a picture of the initials, on a ground that stays the same for a person; without a name, of nobody in particular.
func Drawn(p Person) *Image {
	h := fnv.New32a()
	_, _ = h.Write([]byte(p.ID)) // never fails
	head := drawnHead + grounds[h.Sum32()%uint32(len(grounds))]
	letters := initials(p.Name)
	if letters == "" {
		return newImage("image/svg+xml", []byte(head+nobody))
	}
	return newImage("image/svg+xml", []byte(head+drawnText+letters+`</text></svg>`))
}

// initials are the first letters of the first and of the last word. They are letters or digits, so that nothing in them is markup.
func initials(name string) string {
	var found []rune
	for word := range strings.FieldsSeq(name) {
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				found = append(found, unicode.ToUpper(r))
				break
			}
		}
	}
	switch len(found) {
	case 0:
		return ""
	case 1:
		return string(found)
	}
	return string([]rune{found[0], found[len(found)-1]})
}
