package ident_test

import (
	"regexp"
	"strings"
	"testing"

	"cinema/internal/ident"
)

var (
	idForm      = regexp.MustCompile(`\A[A-Za-z0-9_-]{1,64}\z`)
	requestForm = regexp.MustCompile(`\A[A-Za-z0-9_.-]{8,128}\z`)
	seatForm    = regexp.MustCompile(`\A[A-Za-z]{1,3}[0-9]{1,3}\z`)
)

// FuzzParse holds every parser against the grammar as it is written, and what it accepts against every place that it may reach: keys and
// channels of Redis, ids of claims, file names, JSON.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "st_1", "us-1", "A1", "zz99", "request-1", "a:b", "a|b", "{a}", "a\x00b", "a\nb", "Å1", "ſ1", "K1", "..", "../x", "A１", "-", strings.Repeat("a", 64), strings.Repeat("a", 65),
		strings.Repeat("r", 128), strings.Repeat("r", 129), "AAA999", "AAAA1", "A1000", "con", "a%00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		show, err1 := ident.ParseShowtime(s)
		user, err2 := ident.ParseUser(s)
		id, err3 := ident.ParseID(s)
		for _, err := range []error{err1, err2, err3} {
			if (err == nil) != idForm.MatchString(s) {
				t.Fatalf("%q as an id: %v", s, err)
			}
		}
		if err1 == nil && (string(show) != s || string(user) != s || id != s) {
			t.Fatalf("%q was changed", s)
		}
		request, err := ident.ParseRequest(s)
		if (err == nil) != requestForm.MatchString(s) || err == nil && string(request) != s {
			t.Fatalf("%q as a request: %q, %v", s, request, err)
		}
		seat, err := ident.ParseSeat(s)
		if (err == nil) != seatForm.MatchString(s) || err == nil && (string(seat) != strings.ToUpper(s) || !seat.Valid()) {
			t.Fatalf("%q as a seat: %q, %v", s, seat, err)
		}
		if again, err := ident.ParseSeat(string(seat)); seat != "" && (err != nil || again != seat) {
			t.Fatalf("%q is read as %q", seat, again)
		}
		for _, accepted := range []string{string(show), string(request), string(seat)} {
			if strings.ContainsAny(accepted, ":|{}\\/\"'$* \t\r\n\x00") {
				t.Fatalf("%q is not safe in a key", accepted)
			}
		}
	})
}
