package holdredis

import (
	"context"
	"fmt"
	"strconv"
	"strings"

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
	holds, err := r.list(0)
	if err != nil {
		return hold.Snapshot{}, err
	}
	locks, err := locksOf(holds, &r)
	if err != nil {
		return hold.Snapshot{}, err
	}
	if len(r.rest) < 3 {
		return hold.Snapshot{}, errReply
	}
	markers, err := r.rest[2].ToArray()
	if err != nil || len(markers) != len(room.Seats) {
		return hold.Snapshot{}, fmt.Errorf("%w: markers", errReply)
	}
	s := hold.Snapshot{Position: r.at, Now: r.now, Locks: make([]hold.Lock, 0, len(locks)), Booked: []hold.Marker{}}
	for i, seat := range room.Seats {
		if l, ok := locks[seat]; ok {
			s.Locks = append(s.Locks, l)
		}
		if b, err := markers[i].ToString(); err == nil {
			s.Booked = append(s.Booked, hold.Marker{Seat: seat, Booking: ident.Booking(b)})
		}
	}
	return s, nil
}

// locksOf reads the index of holds; of a seat that is there twice the later deadline counts.
func locksOf(holds []string, r *reply) (map[ident.Seat]hold.Lock, error) {
	facts, err := r.rest[1].ToArray()
	if err != nil || 2*len(facts) != len(holds) {
		return nil, fmt.Errorf("%w: facts", errReply)
	}
	locks := make(map[ident.Seat]hold.Lock, len(facts))
	for i := range facts {
		part := strings.SplitN(holds[2*i], "|", 3)
		deadline, err := milli(holds[2*i+1])
		if err != nil || len(part) != 3 {
			return nil, fmt.Errorf("%w: hold %q", errReply, holds[2*i])
		}
		l := hold.Lock{Seat: ident.Seat(part[0]), Owner: ident.User(part[1]), Request: ident.Request(part[2]), Deadline: deadline}
		if old, twice := locks[l.Seat]; twice && old.Deadline.After(deadline) {
			continue
		}
		if fact, err := facts[i].ToString(); err == nil {
			l.Booking = reservedFor(fact, l.Owner)
		}
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
	seq, _ := strconv.ParseUint(text[1], 10, 64)
	return hold.Position{Epoch: text[0], Seq: seq, Cursor: text[2]}, nil
}
