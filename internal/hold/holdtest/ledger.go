package holdtest

import (
	"fmt"
	"time"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// rules are freedoms that a ledger grants.
type rules struct {
	transfer bool // a locked seat may pass to another owner
}

// Ledger replays events of one showtime on a snapshot and refuses what is illegal: a gap, a seat held twice, an end of a hold
// that does not exist. It is invariants I9 and I10 in code.
type Ledger struct {
	pos   hold.Position
	locks map[ident.Seat]hold.Lock
	sold  map[ident.Seat]ident.Booking
	rules rules
}

// NewLedger starts at a snapshot.
func NewLedger(from hold.Snapshot) *Ledger {
	l := &Ledger{pos: from.Position, locks: make(map[ident.Seat]hold.Lock), sold: make(map[ident.Seat]ident.Booking)}
	for _, k := range from.Locks {
		l.locks[k.Seat] = k
	}
	for _, m := range from.Booked {
		l.sold[m.Seat] = m.Booking
	}
	return l
}

// AllowTransfer makes a change of a held seat's owner legal, as a merge of a guest makes it.
func (l *Ledger) AllowTransfer() { l.rules.transfer = true }

// Apply plays one event.
func (l *Ledger) Apply(e hold.Event) error {
	switch {
	case e.Epoch != l.pos.Epoch:
		return fmt.Errorf("event %d of epoch %s after epoch %s", e.Seq, e.Epoch, l.pos.Epoch)
	case e.Seq != l.pos.Seq+1:
		return fmt.Errorf("event %d follows %d", e.Seq, l.pos.Seq)
	case e.Prev != l.pos.Cursor:
		return fmt.Errorf("event %d names %s before it, not %s", e.Seq, e.Prev, l.pos.Cursor)
	case len(e.Seats) == 0:
		return fmt.Errorf("event %d changes no seat", e.Seq)
	}
	l.pos = e.Position
	gone := make(map[ident.Seat]hold.Eviction, len(e.Evicted))
	for _, v := range e.Evicted {
		gone[v.Seat] = v
	}
	for _, seat := range e.Seats {
		if err := l.evict(seat, gone); err != nil {
			return fmt.Errorf("event %d %s of %s: %w", e.Seq, e.Type, seat, err)
		}
		if err := l.change(seat, e); err != nil {
			return fmt.Errorf("event %d %s of %s: %w", e.Seq, e.Type, seat, err)
		}
	}
	if len(gone) > 0 {
		return fmt.Errorf("event %d evicts %v, which it does not change", e.Seq, gone)
	}
	return nil
}

func (l *Ledger) evict(seat ident.Seat, gone map[ident.Seat]hold.Eviction) error {
	v, named := gone[seat]
	if !named {
		return nil
	}
	delete(gone, seat)
	if k, ok := l.locks[seat]; !ok || k.Owner != v.Owner || k.Request != v.Request {
		return fmt.Errorf("evicts %s %s, held by %s %s", v.Owner, v.Request, k.Owner, k.Request)
	}
	delete(l.locks, seat)
	return nil
}

func (l *Ledger) change(seat ident.Seat, e hold.Event) error {
	k, held := l.locks[seat]
	booking, sold := l.sold[seat]
	own := held && k.Owner == e.Owner && k.Request == e.Request
	switch e.Type {
	case hold.SeatLocked:
		if sold {
			return fmt.Errorf("sold to %s", booking)
		}
		if held && k.Owner != e.Owner && !l.rules.transfer {
			return fmt.Errorf("held by %s", k.Owner)
		}
		l.locks[seat] = hold.Lock{Seat: seat, Owner: e.Owner, Request: e.Request, Deadline: e.Deadline}
	case hold.SeatReleased:
		if sold && booking == e.Booking {
			delete(l.sold, seat)
			return nil
		}
		if !held || !own && e.Booking == "" {
			return fmt.Errorf("held by %q", k.Owner)
		}
		delete(l.locks, seat)
	case hold.SeatTimeout:
		if !own || k.Deadline.After(e.At) {
			return fmt.Errorf("held by %q until %s", k.Owner, k.Deadline)
		}
		delete(l.locks, seat)
	case hold.SeatBooked:
		if held && !own {
			return fmt.Errorf("held by %s and not evicted", k.Owner)
		}
		delete(l.locks, seat)
		l.sold[seat] = e.Booking
	default:
		return fmt.Errorf("unexpected type")
	}
	return nil
}

// Equal compares the ledger with a snapshot at the same position.
func (l *Ledger) Equal(s hold.Snapshot) error {
	if s.Position != l.pos {
		return fmt.Errorf("snapshot at %v, events at %v", s.Position, l.pos)
	}
	if len(s.Locks) != len(l.locks) || len(s.Booked) != len(l.sold) {
		return fmt.Errorf("engine has %d holds and %d sales, events give %d and %d", len(s.Locks), len(s.Booked), len(l.locks), len(l.sold))
	}
	for _, k := range s.Locks {
		if have := l.locks[k.Seat]; have.Owner != k.Owner || have.Request != k.Request || !have.Deadline.Equal(k.Deadline) {
			return fmt.Errorf("engine says %+v, events %+v", k, have)
		}
	}
	for _, m := range s.Booked {
		if l.sold[m.Seat] != m.Booking {
			return fmt.Errorf("engine sold %s to %s, events to %s", m.Seat, m.Booking, l.sold[m.Seat])
		}
	}
	return nil
}

// milli cuts an instant to what engines keep.
func milli(t time.Time) time.Time { return t.Truncate(time.Millisecond) }
