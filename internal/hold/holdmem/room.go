package holdmem

import (
	"cmp"
	"math"
	"slices"
	"sync"
	"time"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

const (
	// pageSize seats share an allocation, made when the first of them is touched.
	pageSize = 16
	// sweepBatch bounds the work that one call does for holds that fell due.
	sweepBatch = 64
	// remember is how long (milliseconds) a lost hold's first moment outlives it, so that release and relock does not reset it.
	remember = int64(2 * time.Minute / time.Millisecond)
	never    = math.MaxInt64
)

// seat is the state of one seat. Times are engine milliseconds.
type seat struct {
	owner    ident.User    // who holds it, or held it last
	request  ident.Request // the hold's request
	booking  ident.Booking // the open booking it is reserved for, while held
	marker   ident.Booking // the booking it is sold to; never beside a hold
	deadline int64         // zero: nobody holds it
	first    int64         // when the owner first held it
	lost     int64         // when the owner lost it
}

func (s *seat) held() bool { return s.deadline != 0 }

func (s *seat) heldBy(owner ident.User, request ident.Request) bool {
	return s.held() && s.owner == owner && s.request == request
}

// firstHeld is the moment from which the owner's hold of the seat counts.
func (s *seat) firstHeld(owner ident.User, now int64) int64 {
	if s.owner == owner && (s.held() || now-s.lost <= remember) {
		return s.first
	}
	return now
}

// room is one showtime.
type room struct {
	showtime ident.Showtime
	plan     *plan

	mu        sync.Mutex // guards everything below
	epoch     string     // empty: not initialised
	life      uint64     // counts losses, so that a subscription knows of one
	until     int64      // when the room is forgotten
	pages     []*[pageSize]seat
	held      map[ident.User]int // seats each owner holds
	holds     int                // seats held
	sold      int                // markers
	due       int64              // no hold falls due before this; may be early, never late
	seq       uint64
	last      string // cursor of the newest event
	lastMilli int64  // the parts of last
	lastCount uint32
	ring      ring
	subs      []*subscription
	scratch   []dueSeat
}

type dueSeat struct {
	deadline int64
	place    uint16
}

func newRoom(showtime ident.Showtime, p *plan, floor int64) *room {
	return &room{
		showtime: showtime, plan: p, due: never, last: "0-0", lastMilli: floor,
		pages: make([]*[pageSize]seat, (len(p.seats)+pageSize-1)/pageSize),
		held:  make(map[ident.User]int),
	}
}

// at gives a seat to read or change.
func (r *room) at(place uint16) *seat {
	page := r.pages[place/pageSize]
	if page == nil {
		page = new([pageSize]seat)
		r.pages[place/pageSize] = page
	}
	return &page[place%pageSize]
}

// each calls f for every seat that was ever touched, in the order of the plan.
func (r *room) each(f func(place uint16, s *seat)) {
	for n, page := range r.pages {
		if page == nil {
			continue
		}
		for i := range page {
			f(uint16(n*pageSize+i), &page[i]) //nolint:gosec // checkHydrate bounds the number of seats.
		}
	}
}

// take gives a free seat, or one of the same owner, to a hold.
func (r *room) take(s *seat, owner ident.User, request ident.Request, deadline, now int64) {
	s.first = s.firstHeld(owner, now)
	if !s.held() {
		r.holds++
		r.held[owner]++
	}
	s.owner, s.request, s.deadline, s.lost = owner, request, deadline, 0
	r.due = min(r.due, deadline)
}

// end takes a held seat from its owner, who lost it at a moment.
func (r *room) end(s *seat, at int64) {
	s.deadline, s.booking, s.lost = 0, "", at
	r.holds--
	r.discount(s.owner)
}

func (r *room) discount(owner ident.User) {
	if n := r.held[owner]; n > 1 {
		r.held[owner] = n - 1
		return
	}
	delete(r.held, owner)
}

// mark sells a seat.
func (r *room) mark(s *seat, booking ident.Booking) {
	if s.marker == "" {
		r.sold++
	}
	s.marker = booking
}

// unmark takes the sale back.
func (r *room) unmark(s *seat) {
	s.marker = ""
	r.sold--
}

// sweep ends the holds that are due, oldest first, at most a batch, and tells how many.
func (r *room) sweep(now int64) int {
	if r.due > now {
		return 0
	}
	due, next := r.scratch[:0], int64(never)
	r.each(func(place uint16, s *seat) {
		switch {
		case !s.held():
		case s.deadline <= now:
			due = append(due, dueSeat{s.deadline, place})
		default:
			next = min(next, s.deadline)
		}
	})
	slices.SortFunc(due, func(a, b dueSeat) int {
		return cmp.Or(cmp.Compare(a.deadline, b.deadline), cmp.Compare(a.place, b.place))
	})
	if len(due) > sweepBatch {
		next = due[sweepBatch].deadline
		due = due[:sweepBatch]
	}
	r.scratch, r.due = due[:0], next
	r.timeout(due, now)
	return len(due)
}

// timeout ends holds and tells it once for each owner and request, in the order of their oldest seat.
func (r *room) timeout(due []dueSeat, now int64) {
	var told [sweepBatch]bool
	for n, d := range due {
		if told[n] {
			continue
		}
		lead := *r.at(d.place)
		var group [sweepBatch]uint16
		seats := group[:0]
		for m := n; m < len(due); m++ {
			s := r.at(due[m].place)
			if told[m] || !s.heldBy(lead.owner, lead.request) {
				continue
			}
			told[m] = true
			r.end(s, s.deadline)
			seats = append(seats, due[m].place)
		}
		r.emit(now, seats, event{kind: timeout, owner: lead.owner, request: lead.request})
	}
}

// next is the earliest deadline, zero when nothing is held.
func (r *room) next() int64 {
	next := int64(never)
	r.each(func(_ uint16, s *seat) {
		if s.held() {
			next = min(next, s.deadline)
		}
	})
	r.due = next
	if next == never {
		return 0
	}
	return next
}

// recount makes the owners' counters again from the seats.
func (r *room) recount() {
	clear(r.held)
	r.each(func(_ uint16, s *seat) {
		if s.held() {
			r.held[s.owner]++
		}
	})
}

// hydrate clears every hold and writes the durable facts. Markers that are still there stay: comparing them with the
// store is the business of anti-entropy. Facts about seats outside the plan have no place and are left out.
func (r *room) hydrate(q hold.HydrateRequest, now int64) {
	r.each(func(_ uint16, s *seat) { *s = seat{marker: s.marker} })
	clear(r.held)
	r.holds, r.due, r.seq = 0, never, 0
	for _, m := range q.Facts.Markers {
		if i, ok := r.plan.index[m.Seat]; ok {
			r.mark(r.at(i), m.Booking)
		}
	}
	for _, f := range q.Facts.Reserved {
		i, ok := r.plan.index[f.Seat]
		if !ok || r.at(i).marker != "" || r.at(i).held() {
			continue
		}
		r.take(r.at(i), f.Owner, f.Request, now+max(f.For, minDurable).Milliseconds(), now)
		r.at(i).booking = f.Booking
	}
	r.epoch = q.Epoch
	r.ring = ring{}
	r.emit(now, nil, event{kind: resync})
}

// lose makes the room unknown. Its readers find out.
func (r *room) lose() {
	r.epoch = ""
	r.life++
	r.wake()
}

// keep sets how long the room is remembered.
func (r *room) keep(end time.Time, now int64) {
	r.until = max(end.Add(keepAfterEnd).UnixMilli(), now+keepAtLeast.Milliseconds())
}

func (r *room) outlived(now int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now >= r.until
}

func (r *room) position() hold.Position {
	return hold.Position{Epoch: r.epoch, Seq: r.seq, Cursor: r.last}
}

func (r *room) answer(now int64) hold.Answer {
	return hold.Answer{Position: r.position(), Now: moment(now)}
}

func (r *room) snapshot(now int64) hold.Snapshot {
	s := hold.Snapshot{
		Position: r.position(), Now: moment(now),
		Locks: make([]hold.Lock, 0, r.holds), Booked: make([]hold.Marker, 0, r.sold),
	}
	r.each(func(place uint16, st *seat) {
		name := ident.Seat("")
		if st.held() || st.marker != "" {
			name = r.plan.seats[place]
		}
		if st.held() {
			s.Locks = append(s.Locks, hold.Lock{Seat: name, Owner: st.owner, Request: st.request, Deadline: moment(st.deadline), Booking: st.booking})
		}
		if st.marker != "" {
			s.Booked = append(s.Booked, hold.Marker{Seat: name, Booking: st.marker})
		}
	})
	return s
}

// names lists the seats at places.
func (r *room) names(places []uint16) []ident.Seat {
	if len(places) == 0 {
		return nil
	}
	names := make([]ident.Seat, len(places))
	for n, i := range places {
		names[n] = r.plan.seats[i]
	}
	return names
}

// changed lists the seats at places, sharing the request's array when the call changed all of it.
func (r *room) changed(places []uint16, asked []ident.Seat) []ident.Seat {
	if len(places) == len(asked) {
		return slices.Clip(asked)
	}
	return r.names(places)
}

// all lists the places that satisfy a condition.
func (r *room) all(wanted func(*seat) bool) []uint16 {
	var places []uint16
	r.each(func(place uint16, s *seat) {
		if wanted(s) {
			places = append(places, place)
		}
	})
	return places
}
