// Package holdmem is the hold engine of a single process: the seats of each showtime under one mutex, events in a ring.
// It forgets everything at exit, as an emptied Redis does; the store hydrates it again.
package holdmem

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/ident"
)

var (
	_ hold.Engine     = (*Engine)(nil)
	_ hold.Positioner = (*Engine)(nil)
)

const (
	shardCount = 64
	// keepAfterEnd is how long a finished showtime is remembered, keepAtLeast how long any showtime is, counted from the last sweep.
	keepAfterEnd = 25 * time.Hour
	keepAtLeast  = time.Hour
	// minDurable is the shortest life of a lock that an open booking renews.
	minDurable = time.Minute
)

// Engine keeps holds in memory. It is safe for concurrent use; showtimes do not wait for each other.
type Engine struct {
	clock  clock.Clock
	seed   maphash.Seed
	floor  atomic.Int64 // milliseconds: cursors made after a loss are not older than those made before it
	plans  plans
	shards [shardCount]shard
}

type shard struct {
	mu    sync.RWMutex // guards rooms; taken before a room's own mutex
	rooms map[ident.Showtime]*room
}

// New makes an engine that knows no showtime.
func New(c clock.Clock) *Engine {
	e := &Engine{clock: c, seed: maphash.MakeSeed()}
	for i := range e.shards {
		e.shards[i].rooms = make(map[ident.Showtime]*room)
	}
	return e
}

// Lose drops everything, as a flush of a shared hold store would. Subscribers get ErrGap.
func (e *Engine) Lose() {
	for i := range e.shards {
		s := &e.shards[i]
		s.mu.Lock()
		for id, r := range s.rooms {
			e.drop(s, id, r)
		}
		s.mu.Unlock()
	}
}

// LoseMeta makes the engine forget that a showtime was initialised while its seats are still there, as a shared hold store
// does that evicted or lost one key. Subscribers get ErrGap.
func (e *Engine) LoseMeta(showtime ident.Showtime) {
	r := e.find(showtime)
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lose()
}

// Hydrate initialises a showtime from its durable facts; the first caller's epoch wins. It also forgets what has run out
// in the same shard, so that a finished programme leaves nothing behind.
func (e *Engine) Hydrate(ctx context.Context, q hold.HydrateRequest) (hold.Answer, error) {
	if err := ctx.Err(); err != nil {
		return hold.Answer{}, err
	}
	if err := checkHydrate(q); err != nil {
		return hold.Answer{}, err
	}
	s := e.shard(q.Room.Showtime)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := e.now()
	for id, r := range s.rooms {
		if r.outlived(now) {
			e.drop(s, id, r)
		}
	}
	r := s.rooms[q.Room.Showtime]
	if r == nil {
		r = newRoom(q.Room.Showtime, e.plans.take(q.Room.Seats), e.floor.Load())
		s.rooms[r.showtime] = r
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch == "" {
		r.hydrate(q, now)
		r.keep(q.Room.End, now)
	}
	return r.answer(now), nil
}

// Sweep ends at most 64 due holds of a showtime and prolongs its memory.
func (e *Engine) Sweep(ctx context.Context, q hold.SweepRequest) (hold.SweepAnswer, error) {
	if err := check(ctx, q.Room.Showtime); err != nil {
		return hold.SweepAnswer{}, err
	}
	r, now, err := e.open(q.Room.Showtime)
	if err != nil {
		return hold.SweepAnswer{}, err
	}
	defer r.mu.Unlock()
	swept := r.sweep(now)
	r.keep(q.Room.End, now)
	if q.Recount {
		r.recount()
	}
	return hold.SweepAnswer{Position: r.position(), Swept: swept, Next: moment(r.next()), Again: swept == sweepBatch}, nil
}

// Snapshot reads the state of a showtime. Holds that are due and not yet swept are still in it: their end is an event to come.
func (e *Engine) Snapshot(ctx context.Context, room hold.Room) (hold.Snapshot, error) {
	if err := check(ctx, room.Showtime); err != nil {
		return hold.Snapshot{}, err
	}
	r, now, err := e.open(room.Showtime)
	if err != nil {
		return hold.Snapshot{}, err
	}
	defer r.mu.Unlock()
	return r.snapshot(now), nil
}

// Position tells the present position of a showtime.
func (e *Engine) Position(showtime ident.Showtime) (hold.Position, bool) {
	r, _, err := e.open(showtime)
	if err != nil {
		return hold.Position{}, false
	}
	defer r.mu.Unlock()
	return r.position(), true
}

// enter opens a showtime for a writing call: what is due ends first, and a caller that met a full batch must come again.
// On success the room's mutex is held.
func (e *Engine) enter(showtime ident.Showtime) (*room, int64, error) {
	r, now, err := e.open(showtime)
	if err != nil {
		return nil, 0, err
	}
	if r.sweep(now) == sweepBatch {
		r.mu.Unlock()
		return nil, 0, hold.ErrAgain
	}
	return r, now, nil
}

// open finds an initialised showtime and takes its mutex.
func (e *Engine) open(showtime ident.Showtime) (*room, int64, error) {
	r := e.find(showtime)
	if r == nil {
		return nil, 0, hold.ErrUninit
	}
	r.mu.Lock()
	now := e.now()
	if r.epoch == "" || now >= r.until {
		r.mu.Unlock()
		return nil, 0, hold.ErrUninit
	}
	return r, now, nil
}

func (e *Engine) find(showtime ident.Showtime) *room {
	s := e.shard(showtime)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.rooms[showtime]
}

func (e *Engine) shard(showtime ident.Showtime) *shard {
	return &e.shards[maphash.String(e.seed, string(showtime))%shardCount]
}

// drop forgets a room. The shard's mutex is held.
func (e *Engine) drop(s *shard, id ident.Showtime, r *room) {
	delete(s.rooms, id)
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		old := e.floor.Load()
		if r.lastMilli < old || e.floor.CompareAndSwap(old, r.lastMilli+1) {
			break
		}
	}
	r.lose()
	e.plans.give(r.plan)
}

// now is engine time: milliseconds, as every engine counts.
func (e *Engine) now() int64 { return e.clock.Now().UnixMilli() }

// moment turns engine time into an instant; zero stays zero.
func moment(milli int64) time.Time {
	if milli == 0 {
		return time.Time{}
	}
	return time.UnixMilli(milli).UTC()
}
