package holdredis

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// The checks repeat the edge's: no identifier outside the grammar may reach a key, a member or a channel.

func check(ctx context.Context, showtime ident.Showtime) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := ident.ParseShowtime(string(showtime)); err != nil {
		return fmt.Errorf("%w: showtime", hold.ErrBadIdent)
	}
	return nil
}

// checkOwned is for calls whose request may be empty.
func checkOwned(ctx context.Context, showtime ident.Showtime, owner ident.User, request ident.Request) error {
	if err := check(ctx, showtime); err != nil {
		return err
	}
	if _, err := ident.ParseUser(string(owner)); err != nil {
		return fmt.Errorf("%w: owner", hold.ErrBadIdent)
	}
	if request == "" {
		return nil
	}
	if _, err := ident.ParseRequest(string(request)); err != nil {
		return fmt.Errorf("%w: request", hold.ErrBadIdent)
	}
	return nil
}

func checkHold(ctx context.Context, showtime ident.Showtime, owner ident.User, request ident.Request) error {
	if request == "" {
		return fmt.Errorf("%w: request", hold.ErrBadIdent)
	}
	return checkOwned(ctx, showtime, owner, request)
}

func checkBooking(b ident.Booking) error {
	if _, err := ident.ParseID(string(b)); err != nil {
		return fmt.Errorf("%w: booking", hold.ErrBadIdent)
	}
	return nil
}

func checkSeats(seats []ident.Seat, needed bool) error {
	if needed && len(seats) == 0 {
		return fmt.Errorf("%w: no seats", hold.ErrBadIdent)
	}
	for i, s := range seats {
		if !s.Valid() {
			return fmt.Errorf("%w: seat", hold.ErrBadIdent)
		}
		if slices.Contains(seats[:i], s) {
			return fmt.Errorf("%w: a seat occurs twice", hold.ErrBadIdent)
		}
	}
	return nil
}

func checkHydrate(q hold.HydrateRequest) error {
	if _, err := ident.ParseID(q.Epoch); err != nil {
		return fmt.Errorf("%w: epoch", hold.ErrBadIdent)
	}
	if len(q.Room.Seats) == 0 {
		return fmt.Errorf("%w: no seats", hold.ErrBadIdent)
	}
	seen := make(map[ident.Seat]bool, len(q.Room.Seats))
	for _, s := range q.Room.Seats {
		if !s.Valid() || seen[s] {
			return fmt.Errorf("%w: seat", hold.ErrBadIdent)
		}
		seen[s] = true
	}
	var faults []error
	for _, m := range q.Facts.Markers {
		faults = append(faults, checkBooking(m.Booking))
	}
	for _, r := range q.Facts.Reserved {
		faults = append(faults, checkBooking(r.Booking))
		if _, err := ident.ParseUser(string(r.Owner)); err != nil {
			faults = append(faults, fmt.Errorf("%w: owner", hold.ErrBadIdent))
		}
		if _, err := ident.ParseRequest(string(r.Request)); err != nil {
			faults = append(faults, fmt.Errorf("%w: request", hold.ErrBadIdent))
		}
	}
	return errors.Join(faults...)
}
