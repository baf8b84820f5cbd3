package hold

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

// OwnedHold is a seat that somebody holds now.
type OwnedHold struct {
	Showtime ident.Showtime
	Seat     ident.Seat
	Owner    ident.User
	Request  ident.Request
	Deadline time.Time
	Booking  ident.Booking // empty: not reserved
}

// Owned lists what the owners hold in all showtimes, by showtime and seat. It looks at every showtime that may have holds, which is dear:
// it is for acts that are seldom.
func (k *Keeper) Owned(ctx context.Context, owners []ident.User) ([]OwnedHold, error) {
	list, err := k.everywhere(ctx)
	if err != nil {
		return nil, err
	}
	slices.Sort(list)
	list = slices.Compact(list)
	found := make([][]OwnedHold, len(list))
	group, work := errgroup.WithContext(ctx)
	group.SetLimit(sweepers)
	for i, id := range list {
		group.Go(func() (err error) {
			found[i], err = k.ownedIn(work, id, owners)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(found...), nil
}

// ownedIn lists what the owners hold in one showtime. One that the engine does not know has no holds.
func (k *Keeper) ownedIn(ctx context.Context, showtime ident.Showtime, owners []ident.User) ([]OwnedHold, error) {
	room, err := k.source.Room(ctx, showtime)
	if fault.KindOf(err) == fault.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	snap, err := k.engine.Snapshot(ctx, room)
	if errors.Is(err, ErrUninit) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []OwnedHold
	for _, l := range snap.Locks {
		if slices.Contains(owners, l.Owner) {
			out = append(out, OwnedHold{Showtime: showtime, Seat: l.Seat, Owner: l.Owner, Request: l.Request, Deadline: l.Deadline, Booking: l.Booking})
		}
	}
	return out, nil
}

// ReleaseOwned gives back whatever the owners hold, but for seats of open bookings, and tells how many seats it freed.
func (k *Keeper) ReleaseOwned(ctx context.Context, owners []ident.User) (freed int, err error) {
	held, err := k.Owned(ctx, owners)
	if err != nil {
		return 0, err
	}
	type whose struct {
		showtime ident.Showtime
		owner    ident.User
	}
	seats := make(map[whose][]ident.Seat)
	for _, h := range held {
		if h.Booking == "" {
			seats[whose{h.Showtime, h.Owner}] = append(seats[whose{h.Showtime, h.Owner}], h.Seat)
		}
	}
	for w, list := range seats {
		a, err := k.Release(ctx, ReleaseRequest{Showtime: w.showtime, Owner: w.owner, Seats: list})
		if err != nil {
			return freed, err
		}
		freed += len(a.Changed)
	}
	return freed, nil
}
