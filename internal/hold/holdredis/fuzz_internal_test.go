package holdredis

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"cinema/internal/ident"
)

var (
	idForm      = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	requestForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{8,128}$`)
	seatForm    = regexp.MustCompile(`^[A-Z]{1,3}[0-9]{1,3}$`)
	cursorForm  = regexp.MustCompile(`^[0-9]{1,39}-[0-9]{1,39}$`)
	keyForm     = regexp.MustCompile(`^[a-z-]+:(\{[A-Za-z0-9_-]{1,64}\}|[A-Za-z0-9_-]{1,64})(:[A-Z]{1,3}[0-9]{1,3})?$`)
)

// written is an event as the scripts write it.
const written = `{"type":"seat.locked","showtime_id":"st_1","seat_ids":["A1","B22"],"owner":"us_1","request_id":"request-1","epoch":"e1","seq":7,"at":1,"at_ms":1000,"expires_at_ms":2000,` +
	`"prev":"1-0","cursor":"2-0","id":"e1-2-0","evicted":[{"seat_id":"C3","owner":"us_2","request_id":"request-2"}]}`

// TestParseEvent_takes_what_the_scripts_write: one part outside the grammar, and the whole event is refused, because others can write to Redis too.
func TestParseEvent_takes_what_the_scripts_write(t *testing.T) {
	t.Parallel()
	if _, err := parseEvent(written, ""); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"A1", `A1\",\"x\":\"`},
		{"B22", "b22"},
		{"seat.locked", "seat.stolen"},
		{"st_1", "st:1"},
		{"us_1", "us 1"},
		{"us_2", "us|2"},
		{"request-1", "short"},
		{"request-2", "request/2"},
		{"C3", "3C"},
		{`"e1"`, `"e\"1"`},
		{`"1-0"`, `"*"`},
		{`"2-0"`, `"2"`},
		{`"prev":"1-0",`, ""},
		{"{", "["},
	} {
		if e, err := parseEvent(strings.Replace(written, change[0], change[1], 1), ""); err == nil {
			t.Errorf("%v: %+v", change, e)
		}
	}
}

// FuzzEvent reads anything as an event: what is accepted has nothing but identifiers in it, so that it can be joined into a frame or a key.
func FuzzEvent(f *testing.F) {
	f.Add(written, "")
	f.Add(written, "9-9")
	f.Add(strings.Replace(written, "A1", `A1\",\"mine\":true,\"x\":\"`, 1), "")
	f.Add(strings.Replace(written, `"epoch":"e1"`, `"epoch":"e\"1"`, 1), "")
	f.Add(strings.Replace(written, "seat.locked", `seat.locked\"`, 1), "")
	f.Add(strings.Replace(written, "us_1", "us|1", 1), "")
	f.Add(`{"type":"resync","showtime_id":"st_1","seat_ids":[],"owner":"","request_id":"","epoch":"e","seq":1,"at":1,"at_ms":1000,"prev":"0-0"}`, "1-1")
	f.Add(`{"type":"resync","prev":"0-0"}`, "1-1\r\n")
	f.Add(`null`, "1-1")
	f.Fuzz(func(t *testing.T, text, cursor string) {
		e, err := parseEvent(text, cursor)
		if err != nil {
			return
		}
		fits := idForm.MatchString(string(e.Showtime)) && idForm.MatchString(e.Epoch) && cursorForm.MatchString(e.Cursor) && cursorForm.MatchString(e.Prev) &&
			(e.Owner == "" || idForm.MatchString(string(e.Owner))) && (e.Request == "" || requestForm.MatchString(string(e.Request))) &&
			(e.Booking == "" || idForm.MatchString(string(e.Booking)))
		for _, s := range e.Seats {
			fits = fits && seatForm.MatchString(string(s))
		}
		for _, v := range e.Evicted {
			fits = fits && seatForm.MatchString(string(v.Seat))
		}
		if !fits {
			t.Fatalf("%q was read as %+v", text, e)
		}
		if joined := `{"a":"` + string(e.Type) + e.Epoch + e.Cursor + string(e.Showtime) + `"}`; !json.Valid([]byte(joined)) {
			t.Fatalf("%q breaks a frame", joined)
		}
	})
}

// FuzzLocks reads anything as members of the index of holds and facts of seats: nothing falls over, and nobody gets another's reservation.
func FuzzLocks(f *testing.F) {
	f.Add("A1|us_1|request-1", "1000", "A1", "us_1|900|0|bk_1")
	f.Add("A1|us_1|request|1", "1000", "A1", "us_1|900|0|bk_1")
	f.Add("A1|us_1", "x", "A1", "us_1|0|")
	f.Add("||", "-9223372036854775808", "", "|||")
	f.Fuzz(func(t *testing.T, member, due, seat, fact string) {
		locks, err := locksOf([]string{member, due}, []string{seat, fact})
		if err != nil {
			return
		}
		if len(locks) != 1 || strings.Count(member, "|") < 2 {
			t.Fatalf("%q: %+v", member, locks)
		}
		for _, l := range locks {
			if l.Booking != "" && (string(l.Seat) != seat || !strings.HasPrefix(fact, string(l.Owner)+"|")) {
				t.Fatalf("%q reserves for %q", fact, l.Owner)
			}
		}
	})
}

// FuzzKeys: what the port lets through has keys that end where they should, on one server and on a cluster, and a seat's key names one seat.
func FuzzKeys(f *testing.F) {
	f.Add("st_1", "A1")
	f.Add("st:1", "A1")
	f.Add("{st}", "A1*")
	f.Add("st_1", "A1:x")
	f.Fuzz(func(t *testing.T, showtime, seat string) {
		if check(t.Context(), ident.Showtime(showtime)) != nil || checkSeats([]ident.Seat{ident.Seat(seat)}, true) != nil {
			return
		}
		for _, l := range []layout{{}, {cluster: true}} {
			for _, k := range append(l.seats(ident.Showtime(showtime), []ident.Seat{ident.Seat(seat)}, true), l.channel(ident.Showtime(showtime))) {
				if !keyForm.MatchString(k) {
					t.Fatalf("%q and %q make the key %q", showtime, seat, k)
				}
			}
		}
	})
}

// FuzzCursor: a position that a client names is two numbers or is refused.
func FuzzCursor(f *testing.F) {
	for _, s := range []string{"1-0", "18446744073709551615-18446744073709551615", "1", "-", "1-", "+1-1", "1-1-1", "(1-1", "$", "1-1\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if isCursor(s) && (!cursorForm.MatchString(s) || len(s) > maxCursor) {
			t.Fatalf("%q is a cursor", s)
		}
	})
}
