package storemongo

import (
	"strings"
	"time"
	"unicode"
)

// maxWords bounds the words of a search; further ones do not narrow it.
const maxWords = 3

// millis is an instant as BSON keeps it. No instant stays none.
func millis(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// foldReference makes a booking reference comparable however it was typed: without dashes and blanks, with the letters that the
// alphabet leaves out read as the digits they look like.
func foldReference(s string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case r == 'o':
			return '0'
		case r == 'i' || r == 'l':
			return '1'
		case r == '-' || unicode.IsSpace(r):
			return -1
		default:
			return r
		}
	}, s)
}

// words splits a text into folded words, each of which may begin with punctuation.
func words(text string) []string { return strings.Fields(strings.ToLower(text)) }

// page makes limit and skip sane.
func page(limit, skip, standard, most int) (sane, from int64) {
	if limit <= 0 {
		limit = standard
	}
	return int64(min(limit, most)), int64(max(skip, 0))
}

// convert maps a list; no list stays none.
func convert[A, B any](in []A, one func(A) B) []B {
	if in == nil {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = one(v)
	}
	return out
}
