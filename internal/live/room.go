package live

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/ident"
)

// room is one watched showtime. Its run goroutine follows the engine; its pace goroutine flushes busy ticks and pings.
type room struct {
	hub      *Hub
	showtime ident.Showtime
	ready    chan struct{} // closed once the first snapshot is there, or failed is set
	failed   error         // read only after ready
	kick     chan struct{} // wakes pace when something is pending; one slot is enough

	seats   []ident.Seat // immutable once ready
	index   map[ident.Seat]int
	blocked []ident.Seat
	houses  map[int]bool // blocked, by index

	mu       sync.Mutex // guards all below
	ended    bool
	states   []seatState
	at       hold.Position
	base     hold.Position // where history begins
	history  []hold.Event  // the events after base, at most historySize
	pending  []hold.Event  // applied to states, not yet sent
	sent     int           // events sent in the current tick
	tickEnds time.Time
	members  map[*Member]struct{}
	owners   map[ident.User][]*Member
	empty    time.Time // since when nobody is here; zero: somebody is
	common   []byte    // snapshot frame for viewers without seats of their own, at position commonAt
	commonAt hold.Position
}

func newRoom(h *Hub, showtime ident.Showtime) *room {
	return &room{
		hub: h, showtime: showtime, ready: make(chan struct{}), kick: make(chan struct{}, 1),
		members: map[*Member]struct{}{}, owners: map[ident.User][]*Member{}, empty: h.clock.Now(),
	}
}

// run follows the engine until the room is empty for long or the hub closes.
func (r *room) run(ctx context.Context) {
	defer r.hub.forget(r)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := r.open(ctx); err != nil {
		r.failed = err
		close(r.ready)
		return
	}
	var pace sync.WaitGroup
	defer pace.Wait()
	defer cancel()
	pace.Go(func() { r.pace(ctx, cancel) })
	r.follow(ctx)
	r.end()
}

// open loads the seat map and the first snapshot.
func (r *room) open(ctx context.Context) error {
	hall, err := r.hub.halls.Hall(ctx, r.showtime)
	if err != nil {
		return err
	}
	r.seats, r.blocked = hall.Room.Seats, hall.Blocked
	r.index = make(map[ident.Seat]int, len(r.seats))
	for i, s := range r.seats {
		r.index[s] = i
	}
	r.houses = make(map[int]bool, len(r.blocked))
	for _, s := range r.blocked {
		if i, ok := r.index[s]; ok {
			r.houses[i] = true
		}
	}
	snap, err := r.hub.source.Snapshot(ctx, hall.Room)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.adopt(snap)
	r.mu.Unlock()
	close(r.ready)
	return nil
}

// follow reads events for as long as the room lives; every loss of continuity ends in a fresh snapshot and a resync.
func (r *room) follow(ctx context.Context) {
	wait, quiet := 50*time.Millisecond, false
	for ctx.Err() == nil {
		began := r.hub.clock.Now()
		err := r.read(ctx)
		if ctx.Err() != nil {
			return
		}
		if r.hub.clock.Now().Sub(began) > slowWindow { // it was well meanwhile: this is another outage
			wait, quiet = 50*time.Millisecond, false
		}
		if errors.Is(err, hold.ErrGap) || errors.Is(err, hold.ErrUninit) {
			err = r.resync(ctx)
		}
		if err == nil {
			wait, quiet = 50*time.Millisecond, false
			continue
		}
		if !quiet { // once for an outage, not once a try
			quiet = true
			r.hub.log.WarnContext(ctx, "seat events interrupted", "showtime_id", string(r.showtime), "error", err.Error())
		}
		select {
		case <-ctx.Done():
		case <-r.hub.clock.After(wait):
			wait = min(2*wait, 2*time.Second)
			if err := r.resync(ctx); err != nil && fault.KindOf(err) == fault.NotFound {
				return
			}
		}
	}
}

func (r *room) read(ctx context.Context) error {
	r.mu.Lock()
	at := r.at
	r.mu.Unlock()
	sub, err := r.hub.source.Subscribe(ctx, r.showtime, at)
	if err != nil {
		return err
	}
	defer sub.Close()
	for {
		events, err := sub.Next(ctx)
		if err != nil {
			return err
		}
		if !r.apply(events) {
			return hold.ErrGap
		}
	}
}

func (r *room) resync(ctx context.Context) error {
	hall, err := r.hub.halls.Hall(ctx, r.showtime)
	if err != nil {
		return err
	}
	snap, err := r.hub.source.Snapshot(ctx, hall.Room)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if snap.Position == r.at {
		return nil
	}
	r.hub.stats.resyncs.Add(1)
	r.adopt(snap)
	for m := range r.members {
		m.push(resyncFrame(), r.snapshotFor(m))
	}
	return nil
}

// adopt takes a snapshot as the new truth. r.mu is held.
func (r *room) adopt(snap hold.Snapshot) {
	r.states = make([]seatState, len(r.seats))
	for _, l := range snap.Locks {
		if i, ok := r.index[l.Seat]; ok {
			r.states[i] = seatState{owner: l.Owner, locked: true}
		}
	}
	for _, m := range snap.Booked {
		if i, ok := r.index[m.Seat]; ok {
			r.states[i] = seatState{booked: true}
		}
	}
	r.at, r.base = snap.Position, snap.Position
	r.history, r.pending = nil, nil
}

// apply takes events in order and sends them, or leaves them for the end of a busy tick. It reports false on a hole.
func (r *room) apply(events []hold.Event) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.hub.clock.Now()
	if !now.Before(r.tickEnds) {
		r.flush()
		r.sent, r.tickEnds = 0, now.Add(tick)
	}
	for i := range events {
		e := &events[i]
		if e.Type == hold.Resync || e.Epoch != r.at.Epoch || e.Prev != r.at.Cursor {
			return false
		}
		st := stateAfter(e)
		for _, s := range e.Seats {
			if n, ok := r.index[s]; ok {
				r.states[n] = st
			}
		}
		r.at = e.Position
		r.remember(e)
		if r.sent < calm && len(r.pending) == 0 {
			r.sent++
			r.broadcast(e)
			continue
		}
		r.pending = append(r.pending, *e)
	}
	if len(r.pending) > 0 {
		select {
		case r.kick <- struct{}{}:
		default:
		}
	}
	return true
}

func (r *room) remember(e *hold.Event) {
	if len(r.history) == historySize {
		drop := historySize / 4
		r.base = r.history[drop-1].Position
		r.history = slices.Delete(r.history, 0, drop)
	}
	r.history = append(r.history, *e)
}

// broadcast sends one event to everybody: one frame for its owner, one for all others. r.mu is held.
func (r *room) broadcast(e *hold.Event) {
	common := eventFrame(e, false)
	r.hub.stats.frames.Add(1)
	own := r.owners[e.Owner]
	var mine []byte
	if len(own) > 0 {
		mine = eventFrame(e, true)
	}
	for m := range r.members {
		if len(own) > 0 && m.owns(e.Owner) {
			m.push(mine)
			continue
		}
		m.push(common)
	}
}

// flush sends what is pending as one batch. r.mu is held.
func (r *room) flush() {
	if len(r.pending) == 0 {
		return
	}
	events := r.pending
	r.pending = nil
	all := batch{from: events[0].Seq, last: events[len(events)-1].Position, changes: changesOf(events, r.index)}
	nobody := func(ident.User) bool { return false }
	common := r.batchFrame(all, nobody)
	r.hub.stats.frames.Add(1)
	for m := range r.members {
		if m.ownsAny(all.changes) {
			m.push(r.batchFrame(all, m.owns))
			continue
		}
		m.push(common)
	}
}

// pace ends busy ticks, pings, and ends a room that nobody has watched for a while.
func (r *room) pace(ctx context.Context, stop context.CancelFunc) {
	ping := r.hub.clock.After(pingEvery)
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.kick:
			r.mu.Lock()
			left := r.tickEnds.Sub(r.hub.clock.Now())
			r.mu.Unlock()
			select {
			case <-ctx.Done():
				return
			case <-r.hub.clock.After(left):
			}
			r.mu.Lock()
			r.flush()
			r.mu.Unlock()
		case <-ping:
			ping = r.hub.clock.After(pingEvery)
			if r.idle() {
				stop()
				return
			}
		}
	}
}

// idle pings the members and reports whether the room has been empty for long enough to end.
func (r *room) idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.members) == 0 {
		r.ended = r.hub.clock.Now().Sub(r.empty) >= linger
		return r.ended
	}
	r.flush()
	frame := pingFrame(r.at.Seq)
	for m := range r.members {
		m.push(frame)
	}
	return false
}

// end lets nobody in any more and sends those who are here away; they come back to a fresh room.
func (r *room) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	for m := range r.members {
		m.sink.Close(CloseGoingAway, retryAfter(time.Second))
	}
}

// join adds a member; ok is false when the room has ended meanwhile.
func (r *room) join(q JoinRequest, sink Sink) (m *Member, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return nil, false
	}
	r.flush() // what is pending belongs to those who are here already
	m = &Member{room: r, sink: sink, owners: q.Owners}
	r.members[m] = struct{}{}
	for _, o := range q.Owners {
		r.owners[o] = append(r.owners[o], m)
	}
	r.empty = time.Time{}
	r.hub.stats.members.Add(1)
	if from, missed, found := r.since(q.Since); found {
		frames := make([][]byte, 0, 1+len(missed))
		frames = append(frames, helloFrame(r.showtime, from))
		for i := range missed {
			frames = append(frames, eventFrame(&missed[i], m.owns(missed[i].Owner)))
		}
		if len(frames) <= queueSize {
			m.push(frames...)
			return m, true
		}
	}
	m.push(helloFrame(r.showtime, r.at), r.snapshotFor(m))
	return m, true
}

// since finds the events after a cursor that is still known. r.mu is held.
func (r *room) since(cursor string) (from hold.Position, missed []hold.Event, found bool) {
	if cursor == "" {
		return hold.Position{}, nil, false
	}
	if cursor == r.base.Cursor {
		return r.base, r.history, true
	}
	for i, event := range slices.Backward(r.history) {
		if event.Cursor == cursor {
			return event.Position, r.history[i+1:], true
		}
	}
	return hold.Position{}, nil, false
}

// snapshotFor is the map as a member sees it now. r.mu is held.
func (r *room) snapshotFor(m *Member) []byte {
	holds := slices.ContainsFunc(r.states, func(s seatState) bool { return s.locked && m.owns(s.owner) })
	if holds {
		return snapshotFrame(r.seats, r.states, r.blocked, r.at, m.owns)
	}
	if r.common == nil || r.commonAt != r.at {
		r.common = snapshotFrame(r.seats, r.states, r.blocked, r.at, func(ident.User) bool { return false })
		r.commonAt = r.at
	}
	return r.common
}

func (r *room) leave(m *Member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, here := r.members[m]; !here {
		return
	}
	delete(r.members, m)
	for _, o := range m.owners {
		rest := slices.DeleteFunc(r.owners[o], func(x *Member) bool { return x == m })
		if len(rest) == 0 {
			delete(r.owners, o)
			continue
		}
		r.owners[o] = rest
	}
	if len(r.members) == 0 {
		r.empty = r.hub.clock.Now()
	}
	r.hub.stats.members.Add(-1)
}

func (r *room) snapshotMembers() []*Member {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*Member, 0, len(r.members))
	for m := range r.members {
		out = append(out, m)
	}
	return out
}
