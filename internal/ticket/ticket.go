// Package ticket makes admissions that can be checked without a network: a compact signed text for a QR code, the code's
// drawing, and the documents that carry it (PDF, calendar). A code is made only for a booking that is paid.
package ticket

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cinema/internal/ident"
)

// Pass is what a code says: who may enter where, and when.
type Pass struct {
	ID        ident.Ticket
	Showtime  ident.Showtime // empty after Verify: a code carries only the showtime's tag, see For
	Seat      ident.Seat
	NotBefore time.Time // whole minutes
	NotAfter  time.Time // whole minutes
	Proof     bool      // the door looks at a proof of the ticket type
	Demo      bool      // demonstration data

	tag [tagSize]byte
}

// ErrPass says that a pass cannot be written as a code.
var ErrPass = errors.New("pass does not fit a code")

// For tells whether a verified pass is for a showtime.
func (p Pass) For(showtime ident.Showtime) bool { return p.tag == tagOf(showtime) }

const (
	payloadVersion = 1
	idPrefix       = "tk_"
	idSize         = 16
	tagSize        = 6
	// Payload: version, key id, ticket id, showtime tag, seat (4), not-before (3), minutes of validity (2), flags (1).
	payloadSize = 1 + 1 + idSize + tagSize + 4 + 3 + 2 + 1
	flagProof   = 1
	flagDemo    = 2
)

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// minuteZero is where the minutes of a code begin; they end in 2055.
var minuteZero = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// NewID derives a ticket's id. The same seat of the same booking always has the same ticket; a reissue has a new generation.
func NewID(b ident.Booking, s ident.Seat, generation int) ident.Ticket {
	sum := sha256.Sum256([]byte("ticket|" + string(b) + "|" + string(s) + "|" + strconv.Itoa(generation)))
	return ident.Ticket(idPrefix + idEncoding.EncodeToString(sum[:idSize]))
}

// encode writes the payload of a pass.
func encode(p Pass, kid byte) ([]byte, error) {
	raw, ok := strings.CutPrefix(string(p.ID), idPrefix)
	id, err := idEncoding.DecodeString(raw)
	if !ok || err != nil || len(id) != idSize {
		return nil, fmt.Errorf("%w: id %q", ErrPass, p.ID)
	}
	seat, err := packSeat(p.Seat)
	if err != nil {
		return nil, err
	}
	from := p.NotBefore.Sub(minuteZero) / time.Minute
	span := p.NotAfter.Sub(p.NotBefore) / time.Minute
	if from < 0 || from >= 1<<24 || span < 0 || span >= 1<<16 {
		return nil, fmt.Errorf("%w: valid from %s to %s", ErrPass, p.NotBefore, p.NotAfter)
	}
	tag := tagOf(p.Showtime)
	b := make([]byte, 0, payloadSize)
	b = append(b, payloadVersion, kid)
	b = append(b, id...)
	b = append(b, tag[:]...)
	b = append(b, byte(seat>>24), byte(seat>>16), byte(seat>>8), byte(seat))
	b = append(b, byte(from>>16), byte(from>>8), byte(from), byte(span>>8), byte(span), flags(p))
	return b, nil
}

// decode reads a payload whose signature is right.
func decode(b []byte) (Pass, error) {
	if len(b) != payloadSize || b[0] != payloadVersion {
		return Pass{}, ErrCode
	}
	var p Pass
	b = b[2:]
	p.ID = ident.Ticket(idPrefix + idEncoding.EncodeToString(b[:idSize]))
	b = b[idSize:]
	copy(p.tag[:], b)
	b = b[tagSize:]
	seat, err := unpackSeat(uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]))
	if err != nil {
		return Pass{}, err
	}
	p.Seat = seat
	from, length := int(b[4])<<16|int(b[5])<<8|int(b[6]), int(b[7])<<8|int(b[8])
	p.NotBefore = minuteZero.Add(time.Duration(from) * time.Minute)
	p.NotAfter = p.NotBefore.Add(time.Duration(length) * time.Minute)
	p.Proof, p.Demo = b[9]&flagProof != 0, b[9]&flagDemo != 0
	return p, nil
}

func flags(p Pass) (f byte) {
	if p.Proof {
		f |= flagProof
	}
	if p.Demo {
		f |= flagDemo
	}
	return f
}

func tagOf(showtime ident.Showtime) (tag [tagSize]byte) {
	sum := sha256.Sum256([]byte("showtime|" + string(showtime)))
	copy(tag[:], sum[:])
	return tag
}

// packSeat writes three letters (base 27, none is 0), the number of digits and the number into 27 bits.
func packSeat(s ident.Seat) (uint32, error) {
	if !s.Valid() {
		return 0, fmt.Errorf("%w: seat %q", ErrPass, s)
	}
	var letters, number, digits uint32
	i := 0
	for ; i < len(s) && s[i] >= 'A'; i++ {
		letters = letters*27 + uint32(s[i]-'A') + 1
	}
	for ; i < len(s); i++ {
		number = number*10 + uint32(s[i]-'0')
		digits++
	}
	return letters<<12 | digits<<10 | number, nil
}

func unpackSeat(v uint32) (ident.Seat, error) {
	digits, number := v>>10&3, v&1023
	row := ""
	for letters := v >> 12; letters > 0; letters /= 27 {
		row = string(rune('A'+letters%27-1)) + row
	}
	s := ident.Seat(fmt.Sprintf("%s%0*d", row, digits, number))
	if back, err := packSeat(s); err != nil || back != v {
		return "", ErrCode
	}
	return s, nil
}
