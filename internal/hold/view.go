package hold

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

const (
	// viewLife is how old the picture behind hints may be: orphan warnings and alternatives. Availability is exact where the engine tells
	// its position, and as old as this elsewhere.
	viewLife = 250 * time.Millisecond
	maxViews = 1024
	// maxOffers bounds the alternatives remembered with a view; in a rush many ask for the same seats.
	maxOffers = 64
)

// view is which seats of a showtime are taken: sold, held by anybody or blocked. It is shared and its map is not changed.
type view struct {
	at             time.Time
	pos            Position
	detail         *catalog.Detail
	taken          map[ident.Seat]bool
	free           int
	accessibleFree int

	mu     sync.Mutex // guards offers
	offers map[string][][]ident.Seat
}

// views keeps the latest view of the showtimes looked at.
type views struct {
	mu  sync.Mutex // guards all
	all map[ident.Showtime]*view
}

func newViews() views { return views{all: make(map[ident.Showtime]*view)} }

func (v *views) get(id ident.Showtime) *view {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.all[id]
}

// recent tells whether the view is good enough for a hint.
func (v *view) recent(now time.Time) bool {
	return now.Sub(v.at) < viewLife && !now.Before(v.at)
}

// put keeps a view. When there are too many, the old ones go, and all of them when none is old.
func (v *views) put(id ident.Showtime, made *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, known := v.all[id]; !known && len(v.all) >= maxViews {
		for other, w := range v.all {
			if made.at.Sub(w.at) >= viewLife {
				delete(v.all, other)
			}
		}
		if len(v.all) >= maxViews {
			clear(v.all)
		}
	}
	v.all[id] = made
}

// view gives a recent picture of a showtime.
func (s *Service) view(ctx context.Context, d *catalog.Detail) (*view, error) {
	now := s.clock.Now()
	if known := s.views.get(d.Showtime.ID); known != nil && known.recent(now) {
		return known, nil
	}
	return s.look(ctx, d, now)
}

// exact gives the present picture of a showtime where the engine tells its position, a recent one elsewhere.
func (s *Service) exact(ctx context.Context, d *catalog.Detail) (*view, error) {
	known := s.views.get(d.Showtime.ID)
	if p, ok := s.engine.(Positioner); ok && known != nil {
		if pos, told := p.Position(d.Showtime.ID); told {
			if known.pos == pos && known.detail == d {
				return known, nil
			}
			return s.look(ctx, d, s.clock.Now())
		}
	}
	return s.view(ctx, d)
}

// look reads the engine and keeps the picture.
func (s *Service) look(ctx context.Context, d *catalog.Detail, now time.Time) (*view, error) {
	snap, err := s.snapshot(ctx, d)
	if err != nil {
		return nil, err
	}
	made := viewOf(d, snap, now, func(Lock) bool { return false })
	s.views.put(d.Showtime.ID, made)
	return made, nil
}

// viewOf makes the picture of a snapshot; locks for which mine is true count as free.
func viewOf(d *catalog.Detail, snap Snapshot, now time.Time, mine func(Lock) bool) *view {
	v := &view{at: now, pos: snap.Position, detail: d, taken: make(map[ident.Seat]bool, len(snap.Locks)+len(snap.Booked)+len(d.Blocked))}
	for id := range d.Blocked {
		v.taken[id] = true
	}
	for _, m := range snap.Booked {
		v.taken[m.Seat] = true
	}
	for _, l := range snap.Locks {
		if !mine(l) {
			v.taken[l.Seat] = true
		}
	}
	v.free = d.Layout.Len() - len(v.taken)
	for _, id := range d.Layout.Accessible() {
		if !v.taken[id] {
			v.accessibleFree++
		}
	}
	return v
}

// Availability counts seats: Capacity those that may be sold at all, Free those that may be had now, AccessibleFree the
// wheelchair spaces among them.
type Availability struct{ Capacity, Free, AccessibleFree int }

// Availability counts the free seats of a showtime. Fault: hold_store_unavailable.
func (s *Service) Availability(ctx context.Context, d *catalog.Detail) (Availability, error) {
	v, err := s.exact(ctx, d)
	if err != nil {
		return Availability{}, err
	}
	return Availability{Capacity: d.Capacity(), Free: v.free, AccessibleFree: v.accessibleFree}, nil
}

// alternatives finds other choices of the same size, priced. It is help, not an answer: when the picture cannot be had there are none.
func (s *Service) alternatives(ctx context.Context, d *catalog.Detail, wanted []ident.Seat, conflicts []SeatReason) []map[string]any {
	v, err := s.view(ctx, d)
	if err != nil {
		return nil
	}
	var offers []map[string]any
	for _, seats := range v.alternatives(d, wanted, conflicts) {
		quote, err := catalog.Quoted(d, catalog.DefaultChoices(seats))
		if err != nil {
			return nil
		}
		offers = append(offers, map[string]any{
			"seat_ids": seats, "total": map[string]any{"amount": quote.Total.Minor, "currency": quote.Total.Currency},
		})
	}
	return offers
}

func (v *view) alternatives(d *catalog.Detail, wanted []ident.Seat, conflicts []SeatReason) [][]ident.Seat {
	key := fmt.Sprint(wanted, conflicts)
	v.mu.Lock()
	defer v.mu.Unlock()
	if found, ok := v.offers[key]; ok {
		return found
	}
	free := func(id ident.Seat) bool {
		return !v.taken[id] && !slices.ContainsFunc(conflicts, func(r SeatReason) bool { return r.Seat == id })
	}
	found := catalog.Alternatives(d.Layout, wanted, free, maxAlternatives)
	if v.offers == nil {
		v.offers = make(map[string][][]ident.Seat)
	}
	if len(v.offers) < maxOffers {
		v.offers[key] = found
	}
	return found
}

// warnings tells what the caller may want to know of a choice that was held. The picture may be old; a warning is a hint.
func (s *Service) warnings(ctx context.Context, d *catalog.Detail, held []ident.Seat) ([]Warning, error) {
	if d.Cinema.Policy.Orphan == catalog.OrphanOff {
		return nil, nil
	}
	v, err := s.view(ctx, d)
	if err != nil {
		return nil, err
	}
	if !s.orphansMatter(d, v) {
		return nil, nil
	}
	taken := func(id ident.Seat) bool { return v.taken[id] && !slices.Contains(held, id) }
	orphans := catalog.Orphans(d.Layout, held, taken)
	if len(orphans) == 0 {
		return nil, nil
	}
	return []Warning{{Rule: catalog.RuleOrphan, Seats: orphans, Shift: catalog.Shift(d.Layout, held, taken)}}, nil
}

// checkOrphans refuses a choice that leaves a single seat, where the site is strict about it. Unlike a warning it looks at the
// present state, and counts the request's own seats as free.
func (s *Service) checkOrphans(ctx context.Context, c Caller, d *catalog.Detail, request ident.Request, seats []ident.Seat) error {
	if d.Cinema.Policy.Orphan != catalog.OrphanStrict {
		return nil
	}
	snap, err := s.snapshot(ctx, d)
	if err != nil {
		return err
	}
	v := viewOf(d, snap, s.clock.Now(), func(l Lock) bool { return l.Owner == c.User && l.Request == request })
	if !s.orphansMatter(d, v) {
		return nil
	}
	if orphans := catalog.Orphans(d.Layout, seats, func(id ident.Seat) bool { return v.taken[id] }); len(orphans) > 0 {
		return seatRule([]catalog.Violation{{Rule: catalog.RuleOrphan, Seats: orphans}})
	}
	return nil
}

func (s *Service) orphansMatter(d *catalog.Detail, v *view) bool {
	return catalog.OrphansMatter(d.Cinema.Policy.Orphan, v.free, d.Capacity(), d.Showtime.StartsAt.Sub(s.clock.Now()))
}
