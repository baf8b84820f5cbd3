package holdmem

import (
	"context"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// Release frees the owner's seats among those named.
func (e *Engine) Release(ctx context.Context, q hold.ReleaseRequest) (hold.Answer, error) {
	if err := checkRelease(ctx, q); err != nil {
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
	var left []hold.SeatReason
	freed := places[:0]
	for _, i := range places {
		if reason := r.at(i).keptFrom(q.Owner, q.Request); reason != "" {
			left = append(left, hold.SeatReason{Seat: r.plan.seats[i], Reason: reason})
			continue
		}
		freed = append(freed, i)
	}
	r.free(freed, now)
	a := r.answer(now)
	a.Changed, a.Left = r.names(freed), left
	return a, nil
}

func checkRelease(ctx context.Context, q hold.ReleaseRequest) error {
	if q.Request != "" {
		return checkHold(ctx, q.Showtime, q.Owner, q.Request)
	}
	return checkPair(ctx, q.Showtime, q.Owner)
}

// keptFrom tells why a seat is not the owner's to give back or to hand over; empty: it is. An empty request stands for any.
func (s *seat) keptFrom(owner ident.User, request ident.Request) hold.Reason {
	switch {
	case !s.held():
		return hold.Missing
	case s.owner != owner || request != "" && s.request != request:
		return hold.NotOwner
	case s.booking != "":
		return hold.Reserved
	default:
		return ""
	}
}

// free ends the holds of places, with one event for each owner and request.
func (r *room) free(places []uint16, now int64) {
	var buf [inlineSeats]uint16
	for n, i := range places {
		lead := *r.at(i)
		if !lead.held() {
			continue // it went with an earlier group
		}
		group := buf[:0]
		for _, j := range places[n:] {
			if s := r.at(j); s.heldBy(lead.owner, lead.request) {
				r.end(s, now)
				group = append(group, j)
			}
		}
		r.emit(now, group, event{kind: released, owner: lead.owner, request: lead.request})
	}
}

// Transfer moves unreserved holds to another owner. Seats over MaxSeats are released; they are in Changed too.
func (e *Engine) Transfer(ctx context.Context, q hold.TransferRequest) (hold.Answer, error) {
	if err := checkHold(ctx, q.Showtime, q.To, q.Request); err != nil {
		return hold.Answer{}, err
	}
	if err := checkPair(ctx, q.Showtime, q.From); err != nil {
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
	if len(q.Seats) == 0 {
		places = r.all(func(s *seat) bool { return s.held() && s.owner == q.From })
	}
	a := hold.Answer{}
	if q.From != q.To {
		a.Changed, a.Left = r.transfer(q, places, now)
	}
	a.Position, a.Now = r.position(), moment(now)
	return a, nil
}

func (r *room) transfer(q hold.TransferRequest, places []uint16, now int64) (changed []ident.Seat, left []hold.SeatReason) {
	var moved, over []uint16
	room := q.MaxSeats - r.held[q.To]
	for _, i := range places {
		if reason := r.at(i).keptFrom(q.From, ""); reason != "" {
			left = append(left, hold.SeatReason{Seat: r.plan.seats[i], Reason: reason})
			continue
		}
		changed = append(changed, r.plan.seats[i])
		if len(moved) < room {
			moved = append(moved, i)
		} else {
			over = append(over, i)
		}
	}
	r.pass(q, moved, now)
	r.free(over, now)
	return changed, left
}

// pass moves places to their new owner, with one event for each deadline. Deadline and first moment stay.
func (r *room) pass(q hold.TransferRequest, places []uint16, now int64) {
	for n, i := range places {
		lead := *r.at(i)
		if lead.owner != q.From {
			continue // it went with an earlier group
		}
		var group []uint16
		for _, j := range places[n:] {
			s := r.at(j)
			if s.owner != q.From || s.deadline != lead.deadline {
				continue
			}
			r.discount(s.owner)
			r.held[q.To]++
			s.owner, s.request = q.To, q.Request
			group = append(group, j)
		}
		r.emit(now, group, event{kind: locked, owner: q.To, request: q.Request, deadline: lead.deadline})
	}
}
