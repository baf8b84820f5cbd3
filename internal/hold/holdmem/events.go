package holdmem

import (
	"slices"
	"strconv"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

const (
	// firstEvents and maxEvents bound the ring: an idle room has a small one, a busy one forgets its oldest events.
	firstEvents = 4
	maxEvents   = 4096
	// inlineSeats is how many seats a record holds without an allocation of its own: a whole selection.
	inlineSeats = 8
)

type kind uint8

const (
	locked kind = iota
	released
	booked
	timeout
	resync
)

var kinds = [...]hold.EventType{locked: hold.SeatLocked, released: hold.SeatReleased, booked: hold.SeatBooked, timeout: hold.SeatTimeout, resync: hold.Resync}

// event is what emit is told beside the seats. They are apart, so that a caller's list of them need not leave its stack.
type event struct {
	kind     kind
	owner    ident.User
	request  ident.Request
	booking  ident.Booking
	deadline int64
	evicted  []hold.Eviction
}

// record is an event as the ring keeps it.
type record struct {
	cursor   string
	prev     string
	seq      uint64
	at       int64
	deadline int64
	owner    ident.User
	request  ident.Request
	booking  ident.Booking
	evicted  []hold.Eviction
	more     []uint16 // all seats when they do not fit inline
	inline   [inlineSeats]uint16
	count    uint8 // of inline
	kind     kind
}

func (e *record) seats() []uint16 {
	if e.more != nil {
		return e.more
	}
	return e.inline[:e.count]
}

// event makes what a reader gets.
func (e *record) event(r *room, epoch string) hold.Event {
	return hold.Event{
		Position: hold.Position{Epoch: epoch, Seq: e.seq, Cursor: e.cursor}, Prev: e.prev, Type: kinds[e.kind], Showtime: r.showtime,
		Seats: r.names(e.seats()), Owner: e.owner, Request: e.request, Booking: e.booking, At: moment(e.at), Deadline: moment(e.deadline),
		Evicted: slices.Clone(e.evicted),
	}
}

// ring keeps the newest events. Event n of the room's life (counted from zero) is at n % len(slots) while it is kept.
type ring struct {
	slots []record
	from  uint64 // number of the oldest event kept
	to    uint64 // number of the next event
}

// next gives the slot of the next event.
func (g *ring) next() *record {
	if kept := g.to - g.from; kept == uint64(len(g.slots)) {
		if kept < maxEvents {
			g.grow()
		} else {
			g.from++
		}
	}
	e := &g.slots[g.to%uint64(len(g.slots))]
	g.to++
	return e
}

func (g *ring) grow() {
	slots := make([]record, max(firstEvents, 2*len(g.slots)))
	for n := g.from; n < g.to; n++ {
		slots[n%uint64(len(slots))] = *g.at(n)
	}
	g.slots = slots
}

func (g *ring) at(n uint64) *record { return &g.slots[n%uint64(len(g.slots))] }

// after finds the number of the event after the one a cursor names. Readers are near the newest, so it looks from there.
func (g *ring) after(cursor string) (uint64, bool) {
	for n := g.to; n > g.from; n-- {
		if g.at(n-1).cursor == cursor {
			return n, true
		}
	}
	return 0, false
}

// emit numbers an event of seats, keeps it and wakes the readers. Cursors grow strictly, also when the clock steps back.
func (r *room) emit(now int64, seats []uint16, ev event) {
	if now > r.lastMilli {
		r.lastMilli, r.lastCount = now, 0
	} else {
		r.lastCount++
	}
	var text [48]byte
	cursor := strconv.AppendInt(text[:0], r.lastMilli, 10)
	cursor = append(cursor, '-')
	cursor = strconv.AppendUint(cursor, uint64(r.lastCount), 10)

	r.seq++
	e := r.ring.next()
	*e = record{
		cursor: string(cursor), prev: r.last, seq: r.seq, at: now, deadline: ev.deadline, owner: ev.owner,
		request: ev.request, booking: ev.booking, evicted: ev.evicted, kind: ev.kind,
	}
	if len(seats) <= inlineSeats {
		e.count = uint8(copy(e.inline[:], seats)) //nolint:gosec // at most inlineSeats.
	} else {
		e.more = append(make([]uint16, 0, len(seats)), seats...)
	}
	r.last = e.cursor
	r.wake()
}

func (r *room) wake() {
	for _, s := range r.subs {
		select {
		case s.news <- struct{}{}:
		default:
		}
	}
}
