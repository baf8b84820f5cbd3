package hold

import (
	"context"
	"slices"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

// LockState is a held seat as one viewer may see it.
type LockState struct {
	Seat    ident.Seat
	Mine    bool
	Request ident.Request // mine only
	Expires time.Duration // mine only: from now, at least zero
}

// State is the seat map of a showtime at one point, for one viewer. It never says who holds a seat.
type State struct {
	Position

	Now     time.Time
	Locks   []LockState
	Booked  []ident.Seat
	Blocked []ident.Seat
}

// State reads the seat map. A caller without a user sees no seat as his own. Faults: showtime_not_found, hold_store_unavailable.
func (s *Service) State(ctx context.Context, c Caller, showtime ident.Showtime) (State, error) {
	d, err := s.programme.Detail(ctx, showtime)
	if err != nil {
		return State{}, err
	}
	if err := s.bring(ctx, c, d); err != nil {
		return State{}, err
	}
	snap, err := s.snapshot(ctx, d)
	if err != nil {
		return State{}, err
	}
	st := State{
		Position: snap.Position, Now: snap.Now, Blocked: blockedSeats(d),
		Locks: make([]LockState, len(snap.Locks)), Booked: make([]ident.Seat, len(snap.Booked)),
	}
	for i, l := range snap.Locks {
		st.Locks[i] = LockState{Seat: l.Seat}
		if c.is(l.Owner) {
			st.Locks[i] = LockState{Seat: l.Seat, Mine: true, Request: l.Request, Expires: max(l.Deadline.Sub(snap.Now), 0)}
		}
	}
	for i, m := range snap.Booked {
		st.Booked[i] = m.Seat
	}
	return st, nil
}

// blockedSeats lists the seats out of sale in the order of their names.
func blockedSeats(d *catalog.Detail) []ident.Seat {
	seats := make([]ident.Seat, 0, len(d.Blocked))
	for id := range d.Blocked {
		seats = append(seats, id)
	}
	slices.Sort(seats)
	return seats
}
