package holdredis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// Snapshot reads the whole state at one position, in one script that writes nothing and scans nothing.
func (e *Engine) Snapshot(ctx context.Context, room hold.Room) (hold.Snapshot, error) {
	if err := check(ctx, room.Showtime); err != nil {
		return hold.Snapshot{}, err
	}
	prefix := e.keys.bookedPrefix(room.Showtime)
	keys := e.keys.base(room.Showtime, len(room.Seats))
	for _, s := range room.Seats {
		keys = append(keys, prefix+string(s))
	}
	r, err := e.run(ctx, e.scripts.snapshot, keys, nil)
	if err != nil {
		return hold.Snapshot{}, err
	}
	holds, err1 := r.list(0)
	reserved, err2 := r.list(1)
	sold, err3 := r.list(2)
	if err := errors.Join(err1, err2, err3); err != nil {
		return hold.Snapshot{}, err
	}
	locks, err := locksOf(holds, reserved)
	if err != nil {
		return hold.Snapshot{}, err
	}
	s := hold.Snapshot{Position: r.at, Now: r.now, Locks: make([]hold.Lock, 0, len(locks)), Booked: make([]hold.Marker, 0, len(sold)/2)}
	for _, seat := range room.Seats {
		if l, ok := locks[seat]; ok {
			s.Locks = append(s.Locks, l)
		}
	}
	for i := 0; i+1 < len(sold); i += 2 {
		place, err := strconv.Atoi(sold[i])
		if err != nil || place < 0 || place >= len(room.Seats) {
			return hold.Snapshot{}, fmt.Errorf("%w: sold seat %q", errReply, sold[i])
		}
		s.Booked = append(s.Booked, hold.Marker{Seat: room.Seats[place], Booking: ident.Booking(sold[i+1])})
	}
	return s, nil
}

// locksOf reads the index of holds (member, deadline, …) with the facts of the reserved seats (seat, fact, …); of a seat that is there
// twice the later deadline counts.
func locksOf(holds, reserved []string) (map[ident.Seat]hold.Lock, error) {
	if len(holds)%2 != 0 || len(reserved)%2 != 0 {
		return nil, errReply
	}
	facts := make(map[ident.Seat]string, len(reserved)/2)
	for i := 0; i < len(reserved); i += 2 {
		facts[ident.Seat(reserved[i])] = reserved[i+1]
	}
	locks := make(map[ident.Seat]hold.Lock, len(holds)/2)
	for i := 0; i < len(holds); i += 2 {
		part := strings.SplitN(holds[i], "|", 3)
		due, err := strconv.ParseInt(holds[i+1], 10, 64)
		if err != nil || len(part) != 3 {
			return nil, fmt.Errorf("%w: hold %q", errReply, holds[i])
		}
		l := hold.Lock{Seat: ident.Seat(part[0]), Owner: ident.User(part[1]), Request: ident.Request(part[2]), Deadline: time.UnixMilli(due).UTC()}
		if old, twice := locks[l.Seat]; twice && old.Deadline.After(l.Deadline) {
			continue
		}
		l.Booking = reservedFor(facts[l.Seat], l.Owner)
		locks[l.Seat] = l
	}
	return locks, nil
}

// reservedFor is the booking of a seat's fact owner|first|lost|booking when the owner holds it now.
func reservedFor(fact string, owner ident.User) ident.Booking {
	f := strings.SplitN(fact, "|", 4)
	if len(f) != 4 || f[0] != string(owner) || f[2] != "0" {
		return ""
	}
	return ident.Booking(f[3])
}

// head reads the newest position; an empty epoch means uninitialised.
func (e *Engine) head(ctx context.Context, showtime ident.Showtime) (hold.Position, error) {
	key := e.keys.meta(showtime)
	var m []rueidis.RedisMessage
	err := e.do(ctx, key, func(ctx context.Context) (err error) {
		m, err = e.client.Do(ctx, e.client.B().Hmget().Key(key).Field("epoch", "seq", "last").Build()).ToArray()
		return err
	})
	if err != nil {
		return hold.Position{}, err
	}
	var text [3]string
	for i := range m {
		if i < len(text) {
			text[i], _ = m[i].ToString() // nil: not initialised
		}
	}
	if text[0] != "" && (!isID(text[0]) || !isCursor(text[2])) {
		return hold.Position{}, fmt.Errorf("%w: position", errReply)
	}
	seq, _ := strconv.ParseUint(text[1], 10, 64)
	return hold.Position{Epoch: text[0], Seq: seq, Cursor: text[2]}, nil
}
