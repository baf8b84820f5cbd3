package account

import (
	"context"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"cinema/internal/ident"
)

// maxPicture bounds the address of a picture, in bytes.
const maxPicture = 2048

// clean makes a profile fit to be kept. It is what somebody else wrote: what is odd in it is left out, and keeps nobody out.
func (id Identity) clean() Identity {
	email, err := ParseEmail(id.Email)
	if err != nil {
		email = ""
	}
	id.Email, id.Verified = email, id.Verified && email != ""
	id.Name = cleanName(id.Name)
	if !isPicture(id.Picture) {
		id.Picture = ""
	}
	return id
}

// cleanName leaves out what is no text, or turns other text around, and ends a name that is too long.
func cleanName(s string) string {
	const enough = 16 * maxName // nobody is called longer; what follows is not looked at
	if len(s) > enough {
		s = s[:enough]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), isDirection(r):
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > maxName {
		s = strings.TrimSpace(string([]rune(s)[:maxName]))
	}
	return s
}

// isDirection tells the characters that change the direction of the text after them.
func isDirection(r rune) bool {
	return r == '\u061c' || r == '\u200e' || r == '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

func isPicture(s string) bool {
	if s == "" || len(s) > maxPicture || !plainText(s, maxPicture) {
		return false
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}

// Profile is what a user looks like to those who may see everybody. Fault: NotFound "user_not_found".
func (s *Service) Profile(ctx context.Context, id ident.User) (User, error) {
	return s.store.User(ctx, id)
}
