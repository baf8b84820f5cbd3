package app

import (
	"context"
	"slices"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/live"
)

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
