package app

import (
	"context"
	"slices"
	"time"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/live"
)

// afterDeadline is how long a reserved seat stays on the map after its payment deadline, so that the reconciler ends it first.
const afterDeadline = 60 * time.Second

// source gives the hold engine its durable facts: who has claimed which seat, by the store alone.
type source struct {
	catalog *catalog.Service
	store   booking.Store
	clock   clock.Clock
}

// Room tells the seat map of a showtime.
func (s *source) Room(ctx context.Context, showtime ident.Showtime) (hold.Room, error) {
	d, err := s.catalog.Detail(ctx, showtime)
	if err != nil {
		return hold.Room{}, err
	}
	return hold.RoomOf(d), nil
}

// Facts tells which seats are sold and which are reserved.
func (s *source) Facts(ctx context.Context, showtime ident.Showtime) (hold.Facts, error) {
	claims, err := s.store.Claims(ctx, showtime)
	if err != nil {
		return hold.Facts{}, err
	}
	now := s.clock.Now()
	var f hold.Facts
	for _, c := range claims {
		switch stateOf(c) {
		case hold.ClaimBooked:
			f.Markers = append(f.Markers, hold.Marker{Seat: c.Seat, Booking: c.Booking})
		case hold.ClaimOpen:
			f.Reserved = append(f.Reserved, hold.ReservedSeat{
				Seat: c.Seat, Owner: c.Owner, Request: c.Request, Booking: c.Booking, For: max(c.PayDeadline.Add(afterDeadline).Sub(now), afterDeadline),
			})
		case hold.ClaimEnded, hold.ClaimYoung:
		}
	}
	return f, nil
}

// stateOf is what a claim means for the map.
func stateOf(c booking.Claim) hold.ClaimState {
	switch {
	case c.Status.Terminal():
		return hold.ClaimEnded
	case c.Status == booking.Booked, c.Status == booking.Cancelling:
		return hold.ClaimBooked
	case c.Sealed:
		return hold.ClaimOpen
	default:
		return hold.ClaimYoung
	}
}

// claims is the store's side of anti-entropy.
type claims struct{ booking.Store }

// Claims lists the claims of a showtime with the state of their bookings.
func (c claims) Claims(ctx context.Context, showtime ident.Showtime) ([]hold.Claim, error) {
	list, err := c.Store.Claims(ctx, showtime)
	if err != nil {
		return nil, err
	}
	out := make([]hold.Claim, len(list))
	for i, l := range list {
		out[i] = hold.Claim{Seat: l.Seat, Booking: l.Booking, Owner: l.Owner, Request: l.Request, State: stateOf(l), PayDeadline: l.PayDeadline}
	}
	return out, nil
}

// halls tells the live hub the seat map of a showtime.
type halls struct{ catalog *catalog.Service }

// Hall is the seat map with its blocked seats in seat order.
func (h halls) Hall(ctx context.Context, showtime ident.Showtime) (live.Hall, error) {
	d, err := h.catalog.Detail(ctx, showtime)
	if err != nil {
		return live.Hall{}, err
	}
	hall := live.Hall{Room: hold.RoomOf(d)}
	for seat := range d.Blocked {
		hall.Blocked = append(hall.Blocked, seat)
	}
	slices.Sort(hall.Blocked)
	return hall, nil
}
