package live

import (
	"encoding/binary"
	"slices"
	"strconv"
	"time"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// The frames are joined by hand: the identifier grammar needs no escapes, and one frame is built for thousands of sockets.

type seatState struct {
	owner  ident.User // of the lock; empty unless locked
	locked bool
	booked bool
}

// wire wraps a JSON text into an unmasked WebSocket text frame (RFC 6455 §5.2), ready to be written as it is.
func wire(text []byte) []byte {
	var head [10]byte
	head[0] = 0x81
	n := 2
	switch l := len(text); {
	case l < 126:
		head[1] = byte(l)
	case l <= 0xFFFF:
		head[1] = 126
		binary.BigEndian.PutUint16(head[2:], uint16(l)) // l fits
		n = 4
	default:
		head[1] = 127
		binary.BigEndian.PutUint64(head[2:], uint64(l)) // l is not negative
		n = 10
	}
	return append(head[:n:n], text...)
}

func appendMember(b []byte, name, value string) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":"`...)
	b = append(b, value...)
	return append(b, '"')
}

func appendNumber(b []byte, name string, value uint64) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":`...)
	return strconv.AppendUint(b, value, 10)
}

func appendPosition(b []byte, p hold.Position) []byte {
	b = appendMember(b, "epoch", p.Epoch)
	b = appendNumber(b, "seq", p.Seq)
	return appendMember(b, "cursor", p.Cursor)
}

func appendSeats(b []byte, name string, seats []ident.Seat) []byte {
	b = append(b, `,"`...)
	b = append(b, name...)
	b = append(b, `":[`...)
	for i, s := range seats {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, s...)
		b = append(b, '"')
	}
	return append(b, ']')
}

func helloFrame(showtime ident.Showtime, p hold.Position) []byte {
	b := append(make([]byte, 0, 160), `{"type":"hello"`...)
	b = appendMember(b, "showtime_id", string(showtime))
	b = appendPosition(b, p)
	return wire(append(b, '}'))
}

func pingFrame(seq uint64) []byte {
	return wire(append(appendNumber([]byte(`{"type":"ping"`), "seq", seq), '}'))
}

func resyncFrame() []byte { return wire([]byte(`{"type":"resync"}`)) }

// snapshotFrame tells the whole map; mine says whose locks are the viewer's own.
func snapshotFrame(seats []ident.Seat, states []seatState, blocked []ident.Seat, p hold.Position, mine func(ident.User) bool) []byte {
	b := append(make([]byte, 0, 256), `{"type":"snapshot"`...)
	b = appendPosition(b, p)
	b = append(b, `,"locks":[`...)
	first := true
	booked := make([]ident.Seat, 0, len(seats)/4)
	for i, st := range states {
		if st.booked {
			booked = append(booked, seats[i])
			continue
		}
		if !st.locked {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, `{"seat_id":"`...)
		b = append(b, seats[i]...)
		b = append(b, `","mine":`...)
		b = append(strconv.AppendBool(b, mine(st.owner)), '}')
	}
	b = append(b, ']')
	b = appendSeats(b, "booked", booked)
	b = appendSeats(b, "blocked", blocked)
	return wire(append(b, '}'))
}

// eventFrame tells one change. The remaining time is only for the hold's owner.
func eventFrame(e *hold.Event, mine bool) []byte {
	b := append(make([]byte, 0, 256), `{"type":"`...)
	b = append(b, e.Type...)
	b = append(b, '"')
	b = appendMember(b, "showtime_id", string(e.Showtime))
	b = appendSeats(b, "seat_ids", e.Seats)
	b = append(b, `,"mine":`...)
	b = strconv.AppendBool(b, mine)
	b = appendPosition(b, e.Position)
	b = append(b, `,"at":"`...)
	b = append(e.At.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z"), '"')
	if mine && e.Type == hold.SeatLocked && !e.Deadline.IsZero() {
		b = appendNumber(b, "expires_in_ms", uint64(max(0, e.Deadline.Sub(e.At).Milliseconds())))
	}
	return wire(append(b, '}'))
}

// change is the last state of one seat within a batch.
type change struct {
	index int
	state seatState
	owner ident.User // whose change it was, for mine
}

// batch is what several changes of one tick come to: the last state of each seat they touched.
type batch struct {
	from    uint64        // seq of the first change
	last    hold.Position // where the last one leads
	changes []change
}

// batchFrame writes a batch as the viewer sees it; mine tells which owners are the viewer.
func (r *room) batchFrame(c batch, mine func(ident.User) bool) []byte {
	b := append(make([]byte, 0, 64+len(c.changes)*48), `{"type":"batch"`...)
	b = appendNumber(b, "from_seq", c.from)
	b = appendNumber(b, "to_seq", c.last.Seq)
	b = appendMember(b, "cursor", c.last.Cursor)
	b = append(b, `,"changes":[`...)
	for i, c := range c.changes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"seat_id":"`...)
		b = append(b, r.seats[c.index]...)
		b = append(b, `","state":"`...)
		b = append(b, stateName(c.state, r.houses[c.index])...)
		b = append(b, `","mine":`...)
		b = strconv.AppendBool(b, (c.state.locked || c.state.booked) && mine(c.owner))
		b = append(b, '}')
	}
	return wire(append(b, "]}"...))
}

func stateName(s seatState, blocked bool) string {
	switch {
	case s.booked:
		return "booked"
	case s.locked:
		return "locked"
	case blocked:
		return "blocked"
	default:
		return "free"
	}
}

// changesOf folds events into the last state per seat, in the order the seats were first touched.
func changesOf(events []hold.Event, index map[ident.Seat]int) []change {
	var out []change
	at := map[int]int{}
	for i := range events {
		e := &events[i]
		for _, s := range e.Seats {
			n, ok := index[s]
			if !ok {
				continue
			}
			c := change{index: n, owner: e.Owner, state: stateAfter(e)}
			if k, seen := at[n]; seen {
				out[k] = c
				continue
			}
			at[n] = len(out)
			out = append(out, c)
		}
	}
	return slices.Clip(out)
}

func stateAfter(e *hold.Event) seatState {
	switch e.Type {
	case hold.SeatLocked:
		return seatState{owner: e.Owner, locked: true}
	case hold.SeatBooked:
		return seatState{booked: true}
	default:
		return seatState{}
	}
}

func retryAfter(d time.Duration) string {
	return "retry_after=" + strconv.FormatInt(d.Milliseconds(), 10)
}
