package holdmem

import (
	"context"
	"fmt"
	"math"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// lockPlan is what a lock would do, worked out before anything is written.
type lockPlan struct {
	conflicts []hold.SeatReason
	fresh     int   // seats that nobody holds
	moved     int   // seats the owner holds under another request
	kept      int64 // earliest deadline of the seats the request holds already; never when there is none
	first     int64 // earliest first moment of all seats
	joinFirst int64 // the same of the seats that are fresh or moved
}

// Lock takes seats, all or none.
func (e *Engine) Lock(ctx context.Context, q hold.LockRequest) (hold.Answer, error) {
	if err := checkHold(ctx, q.Showtime, q.Owner, q.Request); err != nil {
		return hold.Answer{}, err
	}
	if len(q.Seats) == 0 {
		return hold.Answer{}, fmt.Errorf("%w: no seats", hold.ErrBadIdent)
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
	p := r.planLock(q, places, now)
	if p.conflicts != nil {
		return r.answer(now), &hold.ConflictError{Seats: p.conflicts}
	}
	if owned := r.held[q.Owner]; p.fresh > 0 && owned+p.fresh > q.MaxSeats {
		return r.answer(now), &hold.SeatLimitError{Held: owned, Max: q.MaxSeats}
	}
	deadline := p.kept
	if p.fresh+p.moved > 0 {
		if deadline == never {
			deadline = now + q.TTL.Milliseconds()
		}
		deadline = min(deadline, p.joinFirst+q.MaxHold.Milliseconds())
		if deadline <= now {
			return r.answer(now), &hold.HoldLimitError{Seats: r.exhausted(q, places, now)}
		}
	}
	return r.lock(q, places, p, deadline, now), nil
}

// planLock looks at every seat and writes nothing.
func (r *room) planLock(q hold.LockRequest, places []uint16, now int64) lockPlan {
	p := lockPlan{kept: never, first: math.MaxInt64, joinFirst: math.MaxInt64}
	for n, i := range places {
		s := r.at(i)
		reason := hold.Reason("")
		switch {
		case s.marker != "":
			reason = hold.Booked
		case !s.held():
			p.fresh++
		case s.owner != q.Owner:
			reason = hold.Held
		case s.booking != "":
			reason = hold.Reserved
		case s.request != q.Request:
			p.moved++
		default:
			p.kept = min(p.kept, s.deadline)
		}
		if reason != "" {
			p.conflicts = append(p.conflicts, hold.SeatReason{Seat: q.Seats[n], Reason: reason})
			continue
		}
		first := s.firstHeld(q.Owner, now)
		p.first = min(p.first, first)
		if !s.heldBy(q.Owner, q.Request) {
			p.joinFirst = min(p.joinFirst, first)
		}
	}
	return p
}

// lock writes a plan that nothing stands against.
func (r *room) lock(q hold.LockRequest, places []uint16, p lockPlan, deadline, now int64) hold.Answer {
	var buf [inlineSeats]uint16
	joined := buf[:0]
	if p.fresh+p.moved > 0 {
		for _, i := range places {
			if s := r.at(i); !s.heldBy(q.Owner, q.Request) {
				r.take(s, q.Owner, q.Request, deadline, now)
				joined = append(joined, i)
			}
		}
		r.emit(now, joined, event{kind: locked, owner: q.Owner, request: q.Request, deadline: deadline})
	}
	a := r.answer(now)
	a.Deadline = moment(deadline)
	a.Limit = moment(p.first + q.MaxHold.Milliseconds())
	a.Owned = r.held[q.Owner]
	a.Changed = r.changed(joined, q.Seats)
	return a
}

// exhausted lists the seats that would join the hold and that their owner may hold no longer.
func (r *room) exhausted(q hold.LockRequest, places []uint16, now int64) []ident.Seat {
	var seats []ident.Seat
	for n, i := range places {
		s := r.at(i)
		if !s.heldBy(q.Owner, q.Request) && s.firstHeld(q.Owner, now)+q.MaxHold.Milliseconds() <= now {
			seats = append(seats, q.Seats[n])
		}
	}
	return seats
}
