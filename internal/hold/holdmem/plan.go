package holdmem

import (
	"slices"
	"strings"
	"sync"

	"cinema/internal/ident"
)

// plan is the seat map of a room: names by index and indexes by name. Rooms with equal seat maps share one, so that an idle
// showtime costs little more than its own struct.
type plan struct {
	seats []ident.Seat
	index map[ident.Seat]uint16
	key   string
	users int // rooms that use it; guarded by plans.mu
}

type plans struct {
	mu  sync.Mutex // guards all, and the users of each plan
	all map[string]*plan
}

// take finds or makes the plan of a seat map and counts one more user.
func (p *plans) take(seats []ident.Seat) *plan {
	key := planKey(seats)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = make(map[string]*plan)
	}
	found := p.all[key]
	if found == nil {
		found = &plan{seats: slices.Clone(seats), index: make(map[ident.Seat]uint16, len(seats)), key: key}
		for i, s := range found.seats {
			found.index[s] = uint16(i) //nolint:gosec // checkHydrate bounds the number of seats.
		}
		p.all[key] = found
	}
	found.users++
	return found
}

// give counts one user less and forgets a plan that nobody uses.
func (p *plans) give(used *plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	used.users--
	if used.users == 0 {
		delete(p.all, used.key)
	}
}

func planKey(seats []ident.Seat) string {
	var b strings.Builder
	for _, s := range seats {
		b.WriteString(string(s))
		b.WriteByte(' ')
	}
	return b.String()
}
