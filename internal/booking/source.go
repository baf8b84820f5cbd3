package booking

import (
	"context"
	"time"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/ident"
)

// Source tells the hold engine what the store knows of a showtime's seats.
type Source struct {
	store     Store
	programme Programme
	clock     clock.Clock
}

var _ hold.Source = (*Source)(nil)

// NewSource makes a source.
func NewSource(store Store, programme Programme, c clock.Clock) *Source {
	return &Source{store: store, programme: programme, clock: c}
}

// Room is the showtime's seat map. Fault: showtime_not_found.
func (s *Source) Room(ctx context.Context, showtime ident.Showtime) (hold.Room, error) {
	d, err := s.programme.Detail(ctx, showtime)
	if err != nil {
		return hold.Room{}, err
	}
	return hold.Room{Showtime: showtime, Seats: d.Layout.Seats(), End: d.Showtime.EndsAt}, nil
}

// Facts are the claims of the showtime: markers for what is sold, reservations for what waits for its money.
func (s *Source) Facts(ctx context.Context, showtime ident.Showtime) (hold.Facts, error) {
	claims, err := s.store.Claims(ctx, showtime)
	if err != nil {
		return hold.Facts{}, err
	}
	now := s.clock.Now()
	var f hold.Facts
	for _, c := range claims {
		switch {
		case c.Status == Booked || c.Status == Cancelling:
			f.Markers = append(f.Markers, hold.Marker{Seat: c.Seat, Booking: c.Booking, Owner: c.Owner, Request: c.Request})
		case c.Status.Open() && c.Sealed:
			f.Reserved = append(f.Reserved, hold.ReservedSeat{
				Seat: c.Seat, Owner: c.Owner, Request: c.Request, Booking: c.Booking, For: max(c.PayDeadline.Add(time.Minute).Sub(now), time.Minute),
			})
		}
	}
	return f, nil
}
