package ticket_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"cinema/internal/ident"
	"cinema/internal/ticket"
)

// FuzzVerify gives anything as a code: nothing but what was signed is a ticket, and no text has the door think otherwise.
func FuzzVerify(f *testing.F) {
	store := &registers{values: map[string]string{}}
	r, err := ticket.OpenRing(f.Context(), store)
	if err != nil {
		f.Fatal(err)
	}
	code, err := r.Sign(pass())
	if err != nil {
		f.Fatal(err)
	}
	other, err := ticket.OpenRing(f.Context(), &registers{values: map[string]string{}})
	if err != nil {
		f.Fatal(err)
	}
	foreign, err := other.Sign(pass())
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{code, foreign, "", "CT1:", "CT2:" + code[4:], code[:len(code)-1], code + "0", strings.ToLower(code), "CT1:" + strings.Repeat("0", 150), code[4:], "CT1:" + strings.Repeat(":", 141)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := r.Verify(s)
		switch {
		case err == nil && s != code:
			t.Fatalf("%q admits %+v", s, p)
		case err == nil && (p.Seat != pass().Seat || p.ID != pass().ID || !p.For(pass().Showtime)):
			t.Fatalf("%q admits %+v", s, p)
		case err != nil && !errors.Is(err, ticket.ErrCode) && !errors.Is(err, ticket.ErrKey) && !errors.Is(err, ticket.ErrSignature):
			t.Fatalf("%q: %v", s, err)
		}
	})
}

// FuzzCalendar: whatever film, house and address are called, the file stays one event, and no line begins that the product did not write.
func FuzzCalendar(f *testing.F) {
	f.Add("The Lighthouse", "Lumen", "1 High St")
	f.Add("A\r\nATTENDEE:mailto:x@y.z", "B\nEND:VCALENDAR", "C;D,E\\F")
	f.Add("\u2028\u2029\x85", "\x00", "BEGIN:VEVENT")
	known := regexp.MustCompile(`^( .*|(BEGIN|END):(VCALENDAR|VEVENT|VALARM)|(VERSION|PRODID|METHOD|UID|DTSTAMP|DTSTART|DTEND|SUMMARY|LOCATION|DESCRIPTION|STATUS|ACTION|TRIGGER)[;:].*|)$`)
	at := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, film, house, address string) {
		text := string(ticket.Calendar(ticket.Document{
			Booking: "bk_1", Reference: "K7M2-9QXD", Film: film, Cinema: house, Address: address, Notice: film, Start: at, Doors: at.Add(-time.Hour), End: at.Add(2 * time.Hour), Issued: at,
			Admissions: []ticket.Admission{{ID: "tk_1", Seat: ident.Seat("A1")}},
		}))
		for line := range strings.SplitSeq(text, "\r\n") {
			if !known.MatchString(line) || strings.ContainsAny(line, "\r\n") {
				t.Fatalf("%q %q %q write the line %q", film, house, address, line)
			}
		}
		if n := strings.Count("\r\n"+text, "\r\nBEGIN:VEVENT\r\n"); n != 1 {
			t.Fatalf("%d events", n)
		}
	})
}
