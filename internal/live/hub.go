// Package live brings seat events to the people who look at a hall. One room per watched showtime follows the hold engine,
// keeps the materialised seat map, and hands every member the frames of api/events.md: a snapshot, then each change, without a hole.
package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/ident"
)

// Source is where seat events come from: the hold engine behind its keeper.
type Source interface {
	Snapshot(ctx context.Context, room hold.Room) (hold.Snapshot, error)
	Subscribe(ctx context.Context, showtime ident.Showtime, after hold.Position) (hold.Subscription, error)
}

// Halls tells the seat map of a showtime. An unknown showtime is a fault of kind NotFound.
type Halls interface {
	Hall(ctx context.Context, showtime ident.Showtime) (Hall, error)
}

// Hall is a showtime's seat map as the hub needs it.
type Hall struct {
	Room    hold.Room
	Blocked []ident.Seat
}

// Close codes of the contract.
const (
	CloseGoingAway = 1001
	CloseTooSlow   = 1013
)

// Values of the stream. They are part of the promise in api/events.md, not settings.
const (
	tick        = 100 * time.Millisecond // changes of a busy hall within one tick share a frame
	calm        = 8                      // events in one tick that still leave one by one
	pingEvery   = 15 * time.Second
	linger      = 30 * time.Second // an empty room stays for those who reconnect
	historySize = 512              // events kept for resuming
	queueSize   = 256              // frames a member may lag behind
	slowWindow  = 10 * time.Second // a second overflow within it ends the member
)

// ErrClosed says that the hub is shutting down.
var ErrClosed = errors.New("live hub is closed")

// Hub is every watched showtime of this process.
type Hub struct {
	source Source
	halls  Halls
	clock  clock.Clock
	log    *slog.Logger

	ctx    context.Context // ends with Close; the hub's rooms live under it
	cancel context.CancelFunc
	wg     sync.WaitGroup // rooms and writers

	mu     sync.Mutex // guards rooms and closed
	rooms  map[ident.Showtime]*room
	closed bool

	stats counters
}

type counters struct {
	members, frames, deliveries, overflows, resyncs atomic.Int64
}

// Stats are counters since the start, Members and Rooms excepted, which are current.
type Stats struct {
	Rooms      int
	Members    int64
	Frames     int64 // frames built
	Deliveries int64 // frames handed to sockets
	Overflows  int64 // times a member lagged too far behind
	Resyncs    int64
}

// New makes a hub. Close ends it.
func New(source Source, halls Halls, c clock.Clock, log *slog.Logger) *Hub {
	//nolint:forbidigo // the hub owns its rooms' lives; Close is their end
	ctx, cancel := context.WithCancel(context.Background())
	return &Hub{source: source, halls: halls, clock: c, log: log, ctx: ctx, cancel: cancel, rooms: map[ident.Showtime]*room{}}
}

// JoinRequest says who looks, and from where in the stream.
type JoinRequest struct {
	Owners []ident.User // whose seats are the viewer's own: the user and the guests merged into it
	Since  string       // cursor of the last event the client has; empty: none
}

// Sink is a member's connection.
type Sink interface {
	// Write sends prepared wire frames in order. It may block up to its own deadline; an error ends the member.
	Write(frames [][]byte) error
	// Close ends the connection with a close code. It does not block.
	Close(code uint16, reason string)
}

// Join adds a member to the showtime's room; hello and the snapshot (or the missed events) are its first frames.
func (h *Hub) Join(ctx context.Context, showtime ident.Showtime, r JoinRequest, sink Sink) (*Member, error) {
	for {
		room, err := h.room(showtime)
		if err != nil {
			return nil, err
		}
		select {
		case <-room.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if room.failed != nil {
			return nil, room.failed
		}
		if m, ok := room.join(r, sink); ok {
			return m, nil
		}
		// The room ended between the look-up and the join: take a fresh one.
	}
}

func (h *Hub) room(showtime ident.Showtime) (*room, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	if r, ok := h.rooms[showtime]; ok {
		return r, nil
	}
	r := newRoom(h, showtime)
	h.rooms[showtime] = r
	h.wg.Go(func() { r.run(h.ctx) })
	return r, nil
}

func (h *Hub) forget(r *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[r.showtime] == r {
		delete(h.rooms, r.showtime)
	}
}

// Drain asks every member to come back elsewhere: close 1001 with a retry_after that pick chooses for each (jitter is the caller's).
func (h *Hub) Drain(pick func() time.Duration) {
	for _, r := range h.all() {
		for _, m := range r.snapshotMembers() {
			m.sink.Close(CloseGoingAway, retryAfter(pick()))
		}
	}
}

// Close ends every room and waits for their goroutines. Members are not told: Drain does that before.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.cancel()
	for _, r := range h.all() {
		for _, m := range r.snapshotMembers() {
			m.Leave()
		}
	}
	h.wg.Wait()
}

func (h *Hub) all() []*room {
	h.mu.Lock()
	defer h.mu.Unlock()
	rooms := make([]*room, 0, len(h.rooms))
	for _, r := range h.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

// Stats reads the counters.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	rooms := len(h.rooms)
	h.mu.Unlock()
	return Stats{
		Rooms: rooms, Members: h.stats.members.Load(), Frames: h.stats.frames.Load(),
		Deliveries: h.stats.deliveries.Load(), Overflows: h.stats.overflows.Load(), Resyncs: h.stats.resyncs.Load(),
	}
}
