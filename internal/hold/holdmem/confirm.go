package holdmem

import (
	"context"

	"cinema/internal/hold"
)

// Confirm marks seats sold. Expires is for engines whose records end one by one: here a marker lives as long as its showtime.
func (e *Engine) Confirm(ctx context.Context, q hold.ConfirmRequest) (hold.Answer, error) {
	if err := checkHold(ctx, q.Showtime, q.Owner, q.Request); err != nil {
		return hold.Answer{}, err
	}
	if err := checkBooking(q.Booking); err != nil {
		return hold.Answer{}, err
	}
	r, now, err := e.enter(q.Showtime)
	if err != nil {
		return hold.Answer{}, err
	}
	defer r.mu.Unlock()
	var buf [inlineSeats]uint16
	places, err := r.plan.indexes(buf[:0], q.Seats)
	if err != nil {
		return hold.Answer{}, err
	}
	a := hold.Answer{}
	sold := places[:0]
	for _, i := range places {
		s := r.at(i)
		if s.marker == q.Booking {
			continue
		}
		if s.marker != "" {
			a.Repaired++
		}
		if s.held() {
			if !s.heldBy(q.Owner, q.Request) {
				a.Evicted = append(a.Evicted, hold.Eviction{Seat: r.plan.seats[i], Owner: s.owner, Request: s.request})
			}
			r.end(s, now)
		}
		r.mark(s, q.Booking)
		sold = append(sold, i)
	}
	if len(sold) > 0 {
		r.emit(now, sold, event{kind: booked, owner: q.Owner, request: q.Request, booking: q.Booking, evicted: a.Evicted})
	}
	a.Position, a.Now, a.Changed = r.position(), moment(now), r.names(sold)
	return a, nil
}

// Unbook removes an ended booking's markers and the locks reserved for it.
func (e *Engine) Unbook(ctx context.Context, q hold.UnbookRequest) (hold.Answer, error) {
	if err := checkHold(ctx, q.Showtime, q.Owner, q.Request); err != nil {
		return hold.Answer{}, err
	}
	if err := checkBooking(q.Booking); err != nil {
		return hold.Answer{}, err
	}
	r, now, err := e.enter(q.Showtime)
	if err != nil {
		return hold.Answer{}, err
	}
	defer r.mu.Unlock()
	var buf [inlineSeats]uint16
	places, err := r.plan.indexes(buf[:0], q.Seats)
	if err != nil {
		return hold.Answer{}, err
	}
	freed := places[:0]
	for _, i := range places {
		switch s := r.at(i); {
		case s.marker == q.Booking:
			r.unmark(s)
		case s.held() && s.booking == q.Booking:
			r.end(s, now)
		default:
			continue
		}
		freed = append(freed, i)
	}
	if len(freed) > 0 {
		r.emit(now, freed, event{kind: released, owner: q.Owner, request: q.Request, booking: q.Booking})
	}
	a := r.answer(now)
	a.Changed = r.names(freed)
	return a, nil
}
