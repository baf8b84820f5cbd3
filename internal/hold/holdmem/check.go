package holdmem

import (
	"context"
	"fmt"
	"math"
	"slices"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// check refuses a call whose caller has gone or whose showtime does not fit the grammar.
func check(ctx context.Context, showtime ident.Showtime) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := ident.ParseShowtime(string(showtime)); err != nil {
		return fmt.Errorf("%w: showtime", hold.ErrBadIdent)
	}
	return nil
}

// checkHold is check for calls that name a hold.
func checkHold(ctx context.Context, showtime ident.Showtime, owner ident.User, request ident.Request) error {
	if err := check(ctx, showtime); err != nil {
		return err
	}
	return checkOwner(owner, request)
}

// checkPair is checkHold for calls that name no request.
func checkPair(ctx context.Context, showtime ident.Showtime, owner ident.User) error {
	if err := check(ctx, showtime); err != nil {
		return err
	}
	if _, err := ident.ParseUser(string(owner)); err != nil {
		return fmt.Errorf("%w: owner", hold.ErrBadIdent)
	}
	return nil
}

func checkOwner(owner ident.User, request ident.Request) error {
	if _, err := ident.ParseUser(string(owner)); err != nil {
		return fmt.Errorf("%w: owner", hold.ErrBadIdent)
	}
	if _, err := ident.ParseRequest(string(request)); err != nil {
		return fmt.Errorf("%w: request", hold.ErrBadIdent)
	}
	return nil
}

func checkBooking(booking ident.Booking) error {
	if _, err := ident.ParseID(string(booking)); err != nil {
		return fmt.Errorf("%w: booking", hold.ErrBadIdent)
	}
	return nil
}

func checkHydrate(q hold.HydrateRequest) error {
	if _, err := ident.ParseShowtime(string(q.Room.Showtime)); err != nil {
		return fmt.Errorf("%w: showtime", hold.ErrBadIdent)
	}
	if _, err := ident.ParseID(q.Epoch); err != nil {
		return fmt.Errorf("%w: epoch", hold.ErrBadIdent)
	}
	if len(q.Room.Seats) == 0 || len(q.Room.Seats) > math.MaxUint16 {
		return fmt.Errorf("%w: %d seats", hold.ErrBadIdent, len(q.Room.Seats))
	}
	seen := make(map[ident.Seat]struct{}, len(q.Room.Seats))
	for _, s := range q.Room.Seats {
		seen[s] = struct{}{}
		if !s.Valid() {
			return fmt.Errorf("%w: seat", hold.ErrBadIdent)
		}
	}
	if len(seen) != len(q.Room.Seats) {
		return fmt.Errorf("%w: a seat occurs twice", hold.ErrBadIdent)
	}
	return checkFacts(q.Facts)
}

func checkFacts(f hold.Facts) error {
	for _, m := range f.Markers {
		if err := checkBooking(m.Booking); err != nil {
			return err
		}
	}
	for _, s := range f.Reserved {
		if err := checkOwner(s.Owner, s.Request); err != nil {
			return err
		}
		if err := checkBooking(s.Booking); err != nil {
			return err
		}
	}
	return nil
}

// indexes turns seat names into places of the plan, appended to dst. A name that is not in the seat map, or is there twice, is refused.
func (p *plan) indexes(dst []uint16, seats []ident.Seat) ([]uint16, error) {
	for _, s := range seats {
		i, ok := p.index[s]
		if !ok {
			return nil, fmt.Errorf("%w: seat", hold.ErrBadIdent)
		}
		dst = append(dst, i)
	}
	if repeats(dst) {
		return nil, fmt.Errorf("%w: a seat occurs twice", hold.ErrBadIdent)
	}
	return dst, nil
}

// repeats tells whether a place occurs twice. Selections are small, so that comparing all pairs beats a set.
func repeats(places []uint16) bool {
	if len(places) > 64 {
		seen := make(map[uint16]struct{}, len(places))
		for _, i := range places {
			seen[i] = struct{}{}
		}
		return len(seen) != len(places)
	}
	for n, i := range places {
		if slices.Contains(places[:n], i) {
			return true
		}
	}
	return false
}
