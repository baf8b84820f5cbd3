package holdmem_test

import (
	"errors"
	"testing"
	"time"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/hold/holdtest"
	"cinema/internal/ident"
)

// FuzzEngine_Idents feeds any strings: what does not fit the grammar is refused as such, and nothing but a well-formed call changes a seat.
func FuzzEngine_Idents(f *testing.F) {
	f.Add("st_fuzz", "usr_ada", "request-1", "A1")
	f.Add("st_fuzz", "usr:ada", "request|1", "a1")
	f.Add("st{fuzz}", "", "short", "\xc3\x85"+"1")
	f.Add("st_fuzz", "usr_ada", "request-1", "Z99")
	e := holdmem.New(clock.NewFake(opening()))
	room := holdtest.Room("st_fuzz", opening().Add(3*time.Hour))
	if _, err := e.Hydrate(f.Context(), hold.HydrateRequest{Room: room, Epoch: "fuzz"}); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, showtime, owner, request, seat string) {
		_, badShow := ident.ParseShowtime(showtime)
		_, badOwner := ident.ParseUser(owner)
		_, badRequest := ident.ParseRequest(request)
		bad := badShow != nil || badOwner != nil || badRequest != nil
		q := hold.LockRequest{
			Showtime: ident.Showtime(showtime), Owner: ident.User(owner), Request: ident.Request(request), Seats: []ident.Seat{ident.Seat(seat)},
			TTL: time.Minute, MaxSeats: 8, MaxHold: time.Hour,
		}
		a, err := e.Lock(t.Context(), q)
		switch {
		case errors.Is(err, hold.ErrBadIdent):
			if !bad && ident.Seat(seat).Valid() && showtime == "st_fuzz" && len(seat) == 2 && seat[0] <= 'J' && seat[1] != '0' {
				t.Fatalf("%q %q %q %q was refused", showtime, owner, request, seat)
			}
		case bad:
			t.Fatalf("%q %q %q %q: %v", showtime, owner, request, seat, err)
		case err == nil && !a.Changed[0].Valid():
			t.Fatalf("%q was held", seat)
		}
		if err == nil {
			if _, err := e.Release(t.Context(), hold.ReleaseRequest{Showtime: q.Showtime, Owner: q.Owner, Seats: q.Seats}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
