package holdmem

import (
	"context"
	"fmt"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// Extend prolongs a hold.
func (e *Engine) Extend(ctx context.Context, q hold.ExtendRequest) (hold.Answer, error) {
	if err := checkHold(ctx, q.Showtime, q.Owner, q.Request); err != nil {
		return hold.Answer{}, err
	}
	if err := checkExtend(q); err != nil {
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
	if q.Mode == hold.ExtendDurable {
		return r.renew(q, places, now), nil
	}
	if len(places) == 0 {
		places = r.all(func(s *seat) bool { return s.heldBy(q.Owner, q.Request) })
	}
	return r.prolong(q, places, now)
}

func checkExtend(q hold.ExtendRequest) error {
	if q.Mode != hold.ExtendDurable {
		return nil
	}
	if len(q.Seats) == 0 {
		return fmt.Errorf("%w: no seats", hold.ErrBadIdent)
	}
	return checkBooking(q.Booking)
}

// prolong is the strict or the customer's way: every seat must be exactly the hold's, and MaxHold caps the deadline.
func (r *room) prolong(q hold.ExtendRequest, places []uint16, now int64) (hold.Answer, error) {
	if refused := r.refused(q.Owner, q.Request, places); refused != nil || len(places) == 0 {
		return r.answer(now), &hold.RefusedError{Seats: refused}
	}
	earliest, first := int64(never), int64(never)
	for _, i := range places {
		earliest, first = min(earliest, r.at(i).deadline), min(first, r.at(i).first)
	}
	limit := first + q.MaxHold.Milliseconds()
	target := now + q.By.Milliseconds()
	if q.Mode == hold.ExtendMore {
		target = earliest + q.By.Milliseconds()
	}
	target = min(target, limit)
	if q.Mode == hold.ExtendMore && target <= earliest {
		return r.answer(now), &hold.HoldLimitError{Seats: r.capped(places, earliest-q.MaxHold.Milliseconds())}
	}
	var grown []uint16
	for _, i := range places {
		if s := r.at(i); s.deadline < target {
			s.deadline = target
			grown = append(grown, i)
		}
	}
	if len(grown) > 0 {
		r.emit(now, grown, event{kind: locked, owner: q.Owner, request: q.Request, deadline: target})
	}
	a := r.answer(now)
	a.Deadline, a.Limit, a.Changed = moment(max(earliest, target)), moment(limit), r.names(grown)
	return a, nil
}

// refused lists the seats that are not exactly the hold's.
func (r *room) refused(owner ident.User, request ident.Request, places []uint16) []hold.SeatReason {
	var refused []hold.SeatReason
	for _, i := range places {
		s := r.at(i)
		var reason hold.Reason
		switch {
		case s.marker != "":
			reason = hold.Booked
		case !s.held():
			reason = hold.MissingLock
		case !s.heldBy(owner, request):
			reason = hold.NotOwner
		default:
			continue
		}
		refused = append(refused, hold.SeatReason{Seat: r.plan.seats[i], Reason: reason})
	}
	return refused
}

// capped lists the seats first held no later than a moment.
func (r *room) capped(places []uint16, first int64) []ident.Seat {
	var seats []ident.Seat
	for _, i := range places {
		if r.at(i).first <= first {
			seats = append(seats, r.plan.seats[i])
		}
	}
	return seats
}

// renew is the way of an open booking, which the store has sealed: it wins against any hold, and only a marker stops it.
func (r *room) renew(q hold.ExtendRequest, places []uint16, now int64) hold.Answer {
	target := now + max(q.By, minDurable).Milliseconds()
	a, earliest := hold.Answer{}, int64(never)
	var grown []uint16
	for _, i := range places {
		s := r.at(i)
		if s.marker != "" {
			a.Left = append(a.Left, hold.SeatReason{Seat: r.plan.seats[i], Reason: hold.Booked, Booking: s.marker})
			continue
		}
		if s.held() && !s.heldBy(q.Owner, q.Request) {
			a.Evicted = append(a.Evicted, hold.Eviction{Seat: r.plan.seats[i], Owner: s.owner, Request: s.request})
			r.end(s, now)
		}
		if s.deadline < target {
			r.take(s, q.Owner, q.Request, target, now)
			grown = append(grown, i)
		}
		s.booking = q.Booking
		earliest = min(earliest, s.deadline)
	}
	if len(grown) > 0 {
		r.emit(now, grown, event{kind: locked, owner: q.Owner, request: q.Request, booking: q.Booking, deadline: target, evicted: a.Evicted})
	}
	a.Position, a.Now, a.Changed = r.position(), moment(now), r.names(grown)
	if earliest != never {
		a.Deadline = moment(earliest)
	}
	return a
}
