// Package ident holds the identifiers of the product: one type per thing, so that two of them cannot be swapped,
// and one grammar, enforced here for the edge and for every port. The grammar keeps `:`, `|`, `{`, `}`, control and
// non-ASCII characters out of every key, claim and channel name.
package ident

import (
	"encoding/base32"
	"errors"
	"strings"

	"github.com/google/uuid"
)

// All identifiers are opaque outside this package but for the seat, whose row letters and number people read.
type (
	// Showtime names one screening of a film in one hall.
	Showtime string
	// Seat names a seat within its layout, as printed on a ticket: F7.
	Seat string
	// User names a person, guest or registered; also the owner of a hold.
	User string
	// Request names a hold and, with user and showtime, a booking; the client chooses it.
	Request string
	// Booking names a booking.
	Booking string
	// Ticket names one seat's ticket of a booking.
	Ticket string
	// Cinema names a venue.
	Cinema string
	// Auditorium names a hall of a cinema.
	Auditorium string
	// Layout names one published, immutable seat layout.
	Layout string
	// Movie names a film.
	Movie string
	// PriceCard names a set of prices.
	PriceCard string
)

// ErrBad says that a string does not fit the grammar.
var ErrBad = errors.New("bad identifier")

const (
	maxID      = 64
	minRequest = 8
	maxRequest = 128
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New makes a random identifier that sorts by the time it was made: prefix, underscore, UUIDv7 in lower-case Crockford base32.
// It panics only when the machine has no randomness.
func New(prefix string) string {
	id := uuid.Must(uuid.NewV7())
	return prefix + "_" + encoding.EncodeToString(id[:])
}

// ParseShowtime checks [A-Za-z0-9_-]{1,64}.
func ParseShowtime(s string) (Showtime, error) {
	if !isID(s) {
		return "", ErrBad
	}
	return Showtime(s), nil
}

// ParseUser checks [A-Za-z0-9_-]{1,64}.
func ParseUser(s string) (User, error) {
	if !isID(s) {
		return "", ErrBad
	}
	return User(s), nil
}

// ParseID checks [A-Za-z0-9_-]{1,64}, the grammar of every other opaque identifier.
func ParseID(s string) (string, error) {
	if !isID(s) {
		return "", ErrBad
	}
	return s, nil
}

// ParseRequest checks [A-Za-z0-9_.-]{8,128}.
func ParseRequest(s string) (Request, error) {
	if len(s) < minRequest || len(s) > maxRequest {
		return "", ErrBad
	}
	for i := range len(s) {
		if c := s[i]; !isWord(c) && c != '.' {
			return "", ErrBad
		}
	}
	return Request(s), nil
}

// ParseSeat checks [A-Z]{1,3}[0-9]{1,3} after ASCII upper-casing. Non-ASCII letters are refused, never folded.
func ParseSeat(s string) (Seat, error) {
	letters := 0
	for letters < len(s) && isLetter(s[letters]) {
		letters++
	}
	digits := len(s) - letters
	if letters < 1 || letters > 3 || digits < 1 || digits > 3 {
		return "", ErrBad
	}
	for i := letters; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return "", ErrBad
		}
	}
	return Seat(strings.ToUpper(s)), nil
}

// Valid tells whether the seat is in canonical form.
func (s Seat) Valid() bool {
	p, err := ParseSeat(string(s))
	return err == nil && p == s
}

func isID(s string) bool {
	if s == "" || len(s) > maxID {
		return false
	}
	for i := range len(s) {
		if !isWord(s[i]) {
			return false
		}
	}
	return true
}

func isWord(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '_' || c == '-'
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
