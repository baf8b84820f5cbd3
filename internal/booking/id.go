package booking

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cinema/internal/ident"
)

const (
	idPrefix   = "bk_"
	idLength   = 26
	keyName    = "booking"
	keySize    = 32
	crockford  = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	referenceN = 8
)

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// bookingKey reads the secret behind booking ids and makes it the first time. It is never rotated: an id must stay what it is.
func bookingKey(ctx context.Context, store Store) ([]byte, error) {
	fresh := make([]byte, keySize)
	if _, err := rand.Read(fresh); err != nil {
		return nil, fmt.Errorf("make booking key: %w", err)
	}
	raw, found, err := store.Register(ctx, KindKey, keyName)
	if err == nil && !found {
		raw, err = store.PutOnce(ctx, KindKey, keyName, base64.StdEncoding.EncodeToString(fresh))
	}
	if err != nil {
		return nil, fmt.Errorf("keep booking key: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(raw)
	if err != nil || len(key) != keySize {
		return nil, errors.New("the booking key in the store is damaged")
	}
	return key, nil
}

// id names the one booking of a request. The grammar keeps the separator out of the parts.
func (s *Service) id(u ident.User, showtime ident.Showtime, r ident.Request) ident.Booking {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(string(u) + "|" + string(showtime) + "|" + string(r)))
	return ident.Booking(idPrefix + idEncoding.EncodeToString(mac.Sum(nil))[:idLength])
}

// Reference derives the eight characters that people read and type, in two groups; the last one checks the others.
func Reference(id ident.Booking) string {
	sum := sha256.Sum256([]byte("reference|" + string(id)))
	digits := make([]byte, 0, referenceN)
	for _, b := range sum[:referenceN-1] {
		digits = append(digits, b&31)
	}
	digits = append(digits, luhn(digits))
	for i, d := range digits {
		digits[i] = crockford[d]
	}
	return string(digits[:referenceN/2]) + "-" + string(digits[referenceN/2:])
}

// ParseReference reads what a person typed: any case, with or without dash and spaces, O for 0, I and L for 1. It refuses a
// reference whose check character does not fit.
func ParseReference(text string) (string, bool) {
	clean := strings.NewReplacer(" ", "", "-", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(text))
	if len(clean) != referenceN {
		return "", false
	}
	digits := make([]byte, referenceN)
	for i := range referenceN {
		d := strings.IndexByte(crockford, clean[i])
		if d < 0 {
			return "", false
		}
		digits[i] = byte(d)
	}
	if luhn(digits[:referenceN-1]) != digits[referenceN-1] {
		return "", false
	}
	return clean[:referenceN/2] + "-" + clean[referenceN/2:], true
}

// luhn is the check digit of the Luhn algorithm in base 32: it catches every single wrong character and nearly every swap.
func luhn(digits []byte) byte {
	sum, factor := 0, 2
	for _, d := range slices.Backward(digits) {
		n := int(d) * factor
		sum += n/32 + n%32
		factor = 3 - factor
	}
	return byte((32 - sum%32) % 32)
}
