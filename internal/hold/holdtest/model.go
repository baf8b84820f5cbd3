package holdtest

import (
	"slices"
	"time"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// model is the contract written as plainly as possible: no indexes, no counters, no events. Engines are compared with it.
type model struct {
	now   time.Time
	order []ident.Seat
	seats map[ident.Seat]*modelSeat
}

type modelSeat struct {
	lock   *hold.Lock // nil: nobody holds it
	first  time.Time  // of lock
	marker ident.Booking
	past   struct { // the last hold, while no other has held the seat since
		owner ident.User
		first time.Time
		lost  time.Time
	}
}

// outcome is what a call answers: a refusal, or what it changed and left.
type outcome struct {
	Refusal  string
	Refused  []hold.SeatReason
	Seats    []ident.Seat // of a hold limit
	Changed  []ident.Seat
	Left     []hold.SeatReason
	Evicted  []hold.Eviction
	Repaired int
	Deadline time.Time
	Limit    time.Time
}

func newModel(order []ident.Seat) *model {
	m := &model{order: order, seats: make(map[ident.Seat]*modelSeat)}
	for _, id := range order {
		m.seats[id] = &modelSeat{}
	}
	return m
}

// at moves the model's clock; what is due ends at its deadline.
func (m *model) at(now time.Time) {
	m.now = now
	for _, s := range m.seats {
		if s.lock != nil && !s.lock.Deadline.After(now) {
			s.end(s.lock.Deadline)
		}
	}
}

func (s *modelSeat) end(at time.Time) {
	s.past.owner, s.past.first, s.past.lost = s.lock.Owner, s.first, at
	s.lock = nil
}

func (m *model) firstOf(s *modelSeat, owner ident.User) time.Time {
	if s.lock != nil && s.lock.Owner == owner {
		return s.first
	}
	if s.lock == nil && s.past.owner == owner && m.now.Sub(s.past.lost) <= 2*time.Minute {
		return s.past.first
	}
	return m.now
}

func (m *model) own(s *modelSeat, owner ident.User, request ident.Request) bool {
	return s.lock != nil && s.lock.Owner == owner && s.lock.Request == request
}

func (m *model) count(owner ident.User) int {
	n := 0
	for _, s := range m.seats {
		if s.lock != nil && s.lock.Owner == owner {
			n++
		}
	}
	return n
}

func (m *model) give(id ident.Seat, owner ident.User, request ident.Request, deadline time.Time) {
	s := m.seats[id]
	first := m.firstOf(s, owner)
	s.lock, s.first = &hold.Lock{Seat: id, Owner: owner, Request: request, Deadline: deadline}, first
}

func (m *model) lock(q hold.LockRequest) outcome {
	var conflicts []hold.SeatReason
	var joining []ident.Seat
	fresh := 0
	var deadline, limit, joinLimit time.Time
	for _, id := range q.Seats {
		s := m.seats[id]
		switch {
		case s.marker != "":
			conflicts = append(conflicts, hold.SeatReason{Seat: id, Reason: hold.Booked})
		case s.lock == nil:
			fresh++
			joining = append(joining, id)
		case s.lock.Owner != q.Owner:
			conflicts = append(conflicts, hold.SeatReason{Seat: id, Reason: hold.Held})
		case s.lock.Booking != "":
			conflicts = append(conflicts, hold.SeatReason{Seat: id, Reason: hold.Reserved})
		case s.lock.Request != q.Request:
			joining = append(joining, id)
		default:
			deadline = soonest(deadline, s.lock.Deadline)
		}
		limit = soonest(limit, m.firstOf(s, q.Owner).Add(q.MaxHold))
		if !m.own(s, q.Owner, q.Request) {
			joinLimit = soonest(joinLimit, m.firstOf(s, q.Owner).Add(q.MaxHold))
		}
	}
	if conflicts != nil {
		return outcome{Refusal: "conflict", Refused: conflicts}
	}
	if fresh > 0 && m.count(q.Owner)+fresh > q.MaxSeats {
		return outcome{Refusal: "seat limit"}
	}
	if joining == nil {
		return outcome{Deadline: deadline, Limit: limit}
	}
	if deadline.IsZero() {
		deadline = m.now.Add(q.TTL)
	}
	kept := deadline
	deadline = soonest(deadline, joinLimit)
	if !deadline.After(m.now) {
		over := keep(joining, func(id ident.Seat) bool { return !m.firstOf(m.seats[id], q.Owner).Add(q.MaxHold).After(m.now) })
		return outcome{Refusal: "hold limit", Seats: over}
	}
	for _, id := range joining {
		m.give(id, q.Owner, q.Request, deadline)
	}
	return outcome{Changed: joining, Deadline: soonest(kept, deadline), Limit: limit}
}

func (m *model) extend(q hold.ExtendRequest) outcome {
	seats := q.Seats
	if len(seats) == 0 {
		seats = keep(m.order, func(id ident.Seat) bool { return m.own(m.seats[id], q.Owner, q.Request) })
	}
	var refused []hold.SeatReason
	for _, id := range seats {
		switch s := m.seats[id]; {
		case s.marker != "":
			refused = append(refused, hold.SeatReason{Seat: id, Reason: hold.Booked})
		case s.lock == nil:
			refused = append(refused, hold.SeatReason{Seat: id, Reason: hold.MissingLock})
		case !m.own(s, q.Owner, q.Request):
			refused = append(refused, hold.SeatReason{Seat: id, Reason: hold.NotOwner})
		}
	}
	if refused != nil || len(seats) == 0 {
		return outcome{Refusal: "refused", Refused: refused}
	}
	var earliest, limit time.Time
	for _, id := range seats {
		earliest, limit = soonest(earliest, m.seats[id].lock.Deadline), soonest(limit, m.seats[id].first.Add(q.MaxHold))
	}
	target := m.now.Add(q.By)
	if q.Mode == hold.ExtendMore {
		target = earliest.Add(q.By)
		if !limit.After(earliest) {
			over := keep(seats, func(id ident.Seat) bool { return !m.seats[id].first.Add(q.MaxHold).After(earliest) })
			return outcome{Refusal: "hold limit", Seats: over}
		}
	}
	target = soonest(target, limit)
	o := outcome{Limit: limit}
	for _, id := range seats {
		if l := m.seats[id].lock; l.Deadline.Before(target) {
			l.Deadline = target
			o.Changed = append(o.Changed, id)
		}
		o.Deadline = soonest(o.Deadline, m.seats[id].lock.Deadline)
	}
	return o
}

func (m *model) durable(q hold.ExtendRequest) outcome {
	target := m.now.Add(max(q.By, time.Minute))
	var o outcome
	for _, id := range q.Seats {
		s := m.seats[id]
		if s.marker != "" {
			o.Left = append(o.Left, hold.SeatReason{Seat: id, Reason: hold.Booked, Booking: s.marker})
			continue
		}
		if s.lock != nil && !m.own(s, q.Owner, q.Request) {
			o.Evicted = append(o.Evicted, hold.Eviction{Seat: id, Owner: s.lock.Owner, Request: s.lock.Request})
			s.end(m.now)
		}
		if s.lock == nil || s.lock.Deadline.Before(target) {
			m.give(id, q.Owner, q.Request, target)
			o.Changed = append(o.Changed, id)
		}
		s.lock.Booking = q.Booking
		o.Deadline = soonest(o.Deadline, s.lock.Deadline)
	}
	return o
}

// kept tells why a seat cannot be given away by its owner.
func (m *model) kept(s *modelSeat, owner ident.User, request ident.Request) hold.Reason {
	switch {
	case s.lock == nil:
		return hold.Missing
	case s.lock.Owner != owner || request != "" && s.lock.Request != request:
		return hold.NotOwner
	case s.lock.Booking != "":
		return hold.Reserved
	}
	return ""
}

func (m *model) release(q hold.ReleaseRequest) outcome {
	var o outcome
	for _, id := range q.Seats {
		if reason := m.kept(m.seats[id], q.Owner, q.Request); reason != "" {
			o.Left = append(o.Left, hold.SeatReason{Seat: id, Reason: reason})
			continue
		}
		m.seats[id].end(m.now)
		o.Changed = append(o.Changed, id)
	}
	return o
}

// transfer needs named seats: without a list an engine may choose which ones exceed the cap.
func (m *model) transfer(q hold.TransferRequest) outcome {
	var o outcome
	if q.From == q.To {
		return o
	}
	for _, id := range q.Seats {
		s := m.seats[id]
		if reason := m.kept(s, q.From, ""); reason != "" {
			o.Left = append(o.Left, hold.SeatReason{Seat: id, Reason: reason})
			continue
		}
		o.Changed = append(o.Changed, id)
		if m.count(q.To) >= q.MaxSeats {
			s.end(m.now)
			continue
		}
		s.lock.Owner, s.lock.Request = q.To, q.Request
	}
	return o
}

func (m *model) confirm(q hold.ConfirmRequest) outcome {
	var o outcome
	for _, id := range q.Seats {
		s := m.seats[id]
		if s.marker == q.Booking {
			continue
		}
		if s.marker != "" {
			o.Repaired++
		}
		if s.lock != nil {
			if !m.own(s, q.Owner, q.Request) {
				o.Evicted = append(o.Evicted, hold.Eviction{Seat: id, Owner: s.lock.Owner, Request: s.lock.Request})
			}
			s.end(m.now)
		}
		s.marker = q.Booking
		o.Changed = append(o.Changed, id)
	}
	return o
}

func (m *model) unbook(q hold.UnbookRequest) outcome {
	var o outcome
	for _, id := range q.Seats {
		s := m.seats[id]
		switch {
		case s.marker == q.Booking:
			s.marker = ""
		case s.lock != nil && s.lock.Booking == q.Booking:
			s.end(m.now)
		default:
			continue
		}
		o.Changed = append(o.Changed, id)
	}
	return o
}

// state gives the locks and markers as a snapshot has them.
func (m *model) state() (locks []hold.Lock, sold []hold.Marker) {
	locks, sold = []hold.Lock{}, []hold.Marker{}
	for _, id := range m.order {
		if s := m.seats[id]; s.lock != nil {
			locks = append(locks, *s.lock)
		} else if s.marker != "" {
			sold = append(sold, hold.Marker{Seat: id, Booking: s.marker})
		}
	}
	return locks, sold
}

// soonest is the earlier of two instants; a zero one does not count.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func keep(seats []ident.Seat, wanted func(ident.Seat) bool) []ident.Seat {
	var kept []ident.Seat
	for _, id := range seats {
		if wanted(id) {
			kept = append(kept, id)
		}
	}
	return slices.Clip(kept)
}
