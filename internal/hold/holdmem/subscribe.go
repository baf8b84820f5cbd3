package holdmem

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

const (
	// maxBatch is how many events one Next returns at most.
	maxBatch = 256
	// maxReaders bounds the subscriptions of one showtime; a process needs two, its hub and its audit.
	maxReaders = 256
)

// subscription reads a room's ring at its own pace. It holds no events of its own, so that a slow reader costs nothing but a gap.
type subscription struct {
	room  *room
	epoch string
	life  uint64
	pos   uint64        // number of the next event to return; used by the reader alone
	buf   []record      // reused by the reader
	news  chan struct{} // one token: something happened
	done  chan struct{}
	once  sync.Once
}

// Subscribe follows the events after a position.
func (e *Engine) Subscribe(ctx context.Context, showtime ident.Showtime, after hold.Position) (hold.Subscription, error) {
	if err := check(ctx, showtime); err != nil {
		return nil, err
	}
	r, _, err := e.open(showtime)
	if err != nil {
		return nil, err
	}
	defer r.mu.Unlock()
	pos, ok := r.ring.after(after.Cursor)
	if !ok || after.Epoch != r.epoch {
		return nil, hold.ErrGap
	}
	if len(r.subs) >= maxReaders {
		return nil, fmt.Errorf("%w: too many subscriptions of %s", hold.ErrUnavailable, showtime)
	}
	s := &subscription{room: r, epoch: r.epoch, life: r.life, pos: pos, news: make(chan struct{}, 1), done: make(chan struct{})}
	r.subs = append(r.subs, s)
	return s, nil
}

// Next waits for events.
func (s *subscription) Next(ctx context.Context) ([]hold.Event, error) {
	for {
		if err := s.read(); err != nil {
			return nil, err
		}
		if len(s.buf) > 0 {
			return s.take(), nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.done:
			return nil, hold.ErrClosed
		case <-s.news:
		}
	}
}

// Close leaves the room.
func (s *subscription) Close() {
	s.once.Do(func() {
		close(s.done)
		s.room.mu.Lock()
		defer s.room.mu.Unlock()
		s.room.subs = slices.DeleteFunc(s.room.subs, func(o *subscription) bool { return o == s })
	})
}

// read copies the next events into the buffer; they are made ready for the reader outside the room's mutex.
func (s *subscription) read() error {
	select {
	case <-s.done:
		return hold.ErrClosed
	default:
	}
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	g := &s.room.ring
	if s.room.life != s.life || s.pos < g.from {
		return hold.ErrGap
	}
	for ; s.pos < g.to && len(s.buf) < maxBatch; s.pos++ {
		s.buf = append(s.buf, *g.at(s.pos))
	}
	return nil
}

func (s *subscription) take() []hold.Event {
	events := make([]hold.Event, len(s.buf))
	for i := range s.buf {
		events[i] = s.buf[i].event(s.room, s.epoch)
	}
	clear(s.buf)
	s.buf = s.buf[:0]
	return events
}
