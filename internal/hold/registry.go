package hold

import (
	"sync"
	"time"

	"cinema/internal/ident"
)

// maxActive bounds the registry. Showtimes beyond it are swept by the next call that touches them, as every showtime is.
const maxActive = 1 << 16

// registry knows when each showtime of this process may have a hold that is due, so that the sweeper visits no other.
type registry struct {
	mu  sync.RWMutex // guards due
	due map[ident.Showtime]time.Time
}

// visiting stands for the deadline of a showtime that is being swept: later than any real one.
func visiting() time.Time { return time.Unix(1<<40, 0) }

func newRegistry() registry { return registry{due: make(map[ident.Showtime]time.Time)} }

// touch notes that a showtime has a hold with a deadline.
func (r *registry) touch(showtime ident.Showtime, deadline time.Time) {
	r.mu.RLock()
	known, ok := r.due[showtime]
	r.mu.RUnlock()
	if ok && !deadline.Before(known) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	known, ok = r.due[showtime]
	if !ok && len(r.due) >= maxActive || ok && !deadline.Before(known) {
		return
	}
	r.due[showtime] = deadline
}

// take lists the showtimes with a deadline up to now and marks them as visited: a deadline that is noted meanwhile wins over the mark.
func (r *registry) take(now time.Time) []ident.Showtime {
	r.mu.Lock()
	defer r.mu.Unlock()
	var due []ident.Showtime
	for id, at := range r.due {
		if !at.After(now) {
			due = append(due, id)
			r.due[id] = visiting()
		}
	}
	return due
}

// settle notes the next deadline of a showtime that was visited; zero: nothing is held, and unless somebody noted a deadline
// meanwhile the showtime is dropped.
func (r *registry) settle(showtime ident.Showtime, next time.Time) {
	if !next.IsZero() {
		r.touch(showtime, next)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.due[showtime]; ok && at.Equal(visiting()) {
		delete(r.due, showtime)
	}
}

func (r *registry) all() []ident.Showtime {
	r.mu.RLock()
	defer r.mu.RUnlock()
	ids := make([]ident.Showtime, 0, len(r.due))
	for id := range r.due {
		ids = append(ids, id)
	}
	return ids
}
