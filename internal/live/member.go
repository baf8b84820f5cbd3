package live

import (
	"slices"
	"sync"
	"time"

	"cinema/internal/ident"
)

// Member is one open connection in a room. Frames wait in a bounded queue; a goroutine writes them and ends when the queue
// is empty, so that an idle member costs no goroutine here.
type Member struct {
	room   *room
	sink   Sink
	owners []ident.User // immutable

	mu       sync.Mutex // guards all below
	queue    [][]byte
	writing  bool
	gone     bool
	overflow time.Time // when the queue last overflowed
}

func (m *Member) owns(u ident.User) bool { return u != "" && slices.Contains(m.owners, u) }

func (m *Member) ownsAny(changes []change) bool {
	if len(m.owners) == 0 {
		return false
	}
	return slices.ContainsFunc(changes, func(c change) bool { return m.owns(c.owner) })
}

// Leave takes the member out of its room. It does not close the connection. Safe to call more than once.
func (m *Member) Leave() {
	m.mu.Lock()
	m.gone, m.queue = true, nil
	m.mu.Unlock()
	m.room.leave(m)
}

// push queues frames. A member that lags too far behind loses its queue and gets one fresh snapshot; the second time within
// slowWindow it is closed. The room's lock is held by the caller.
func (m *Member) push(frames ...[]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.gone {
		return
	}
	if len(m.queue)+len(frames) > queueSize {
		now := m.room.hub.clock.Now()
		m.room.hub.stats.overflows.Add(1)
		if !m.overflow.IsZero() && now.Sub(m.overflow) < slowWindow {
			m.gone, m.queue = true, nil
			m.sink.Close(CloseTooSlow, "too slow")
			return
		}
		m.overflow = now
		m.queue = append(m.queue[:0], resyncFrame(), m.room.snapshotFor(m))
	} else {
		m.queue = append(m.queue, frames...)
	}
	if !m.writing {
		m.writing = true
		m.room.hub.wg.Go(m.write)
	}
}

// write drains the queue.
func (m *Member) write() {
	for {
		m.mu.Lock()
		frames := m.queue
		m.queue = nil
		if len(frames) == 0 {
			m.writing = false
			m.mu.Unlock()
			return
		}
		m.mu.Unlock()
		m.room.hub.stats.deliveries.Add(int64(len(frames)))
		if err := m.sink.Write(frames); err != nil {
			m.mu.Lock()
			m.gone, m.queue, m.writing = true, nil, false
			m.mu.Unlock()
			return
		}
	}
}
