package audit

import (
	"context"
	"sync"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// maxOpened bounds the showtimes that wait to be followed.
const maxOpened = 1 << 14

// opening is a showtime whose events begin at a position.
type opening struct {
	room hold.Room
	at   hold.Position
}

// Tap stands in front of a hold engine and notes where each showtime's events begin, so that the record misses none of an
// epoch. Everything else passes through.
type Tap struct {
	hold.Engine

	mu      sync.Mutex // guards opened and missed
	opened  map[ident.Showtime]opening
	missed  uint64
	arrived chan struct{} // one token: something was opened
}

var (
	_ hold.Engine     = (*Tap)(nil)
	_ hold.Positioner = (*Tap)(nil)
)

// NewTap stands in front of an engine.
func NewTap(engine hold.Engine) *Tap {
	return &Tap{Engine: engine, opened: make(map[ident.Showtime]opening), arrived: make(chan struct{}, 1)}
}

// Hydrate initialises a showtime and notes its first position.
func (t *Tap) Hydrate(ctx context.Context, r hold.HydrateRequest) (hold.Answer, error) {
	a, err := t.Engine.Hydrate(ctx, r)
	if err == nil {
		t.note(opening{room: r.Room, at: a.Position})
	}
	return a, err
}

// Position tells the present position of a showtime, where the engine can: the wrapper must not hide it.
func (t *Tap) Position(showtime ident.Showtime) (hold.Position, bool) {
	if p, ok := t.Engine.(hold.Positioner); ok {
		return p.Position(showtime)
	}
	return hold.Position{}, false
}

func (t *Tap) note(o opening) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.opened[o.room.Showtime]; !ok && len(t.opened) >= maxOpened {
		t.missed++
		return
	}
	t.opened[o.room.Showtime] = o
	select {
	case t.arrived <- struct{}{}:
	default:
	}
}

// take empties what was noted.
func (t *Tap) take() map[ident.Showtime]opening {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.opened
	t.opened = make(map[ident.Showtime]opening)
	return out
}
