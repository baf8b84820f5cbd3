package hold

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

const (
	// maxTries bounds how often best seats are chosen again because somebody else took them first.
	maxTries  = 16
	turnSlots = 64
)

// turns lets one caller of a showtime at a time choose best seats, because callers that choose together choose the same.
type turns struct {
	seed  maphash.Seed
	slots [turnSlots]chan struct{}
}

func newTurns() turns {
	t := turns{seed: maphash.MakeSeed()}
	for i := range t.slots {
		t.slots[i] = make(chan struct{}, 1)
	}
	return t
}

// take waits for the showtime's turn and gives the function that ends it.
func (t *turns) take(ctx context.Context, showtime ident.Showtime) (func(), error) {
	slot := t.slots[maphash.String(t.seed, string(showtime))%turnSlots]
	select {
	case slot <- struct{}{}:
		return func() { <-slot }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// BestRequest asks for the best seats together.
type BestRequest struct {
	Count      int
	Category   string // empty: any
	Accessible bool   // one wheelchair space, the others beside it
	Request    ident.Request
}

// Best chooses the best free seats and holds them. The same request again gives the seats it holds already. Faults: as Lock;
// seats_unavailable without conflicted when there are no such seats.
func (s *Service) Best(ctx context.Context, c Caller, showtime ident.Showtime, q BestRequest) (LockResult, error) {
	d, err := s.programme.Detail(ctx, showtime)
	if err != nil {
		return LockResult{}, err
	}
	if q.Count < 1 || q.Count > s.maxSeats(d) {
		return LockResult{}, invalidSeats("Ask for at least one seat and for no more than one person may hold.", nil).With("max", s.maxSeats(d))
	}
	if err := s.programme.CheckSale(ctx, d); err != nil {
		return LockResult{}, err
	}
	if err := s.bring(ctx, c, d); err != nil {
		return LockResult{}, err
	}
	done, err := s.turns.take(ctx, showtime)
	if err != nil {
		return LockResult{}, err
	}
	defer done()
	lost := make(map[ident.Seat]bool)
	for range maxTries {
		r, err := s.tryBest(ctx, c, d, q, lost)
		var taken *takenError
		if !errors.As(err, &taken) {
			return r, err
		}
		for _, seat := range taken.seats {
			lost[seat.Seat] = true
		}
	}
	return LockResult{}, fault.New(fault.Conflict, "seats_unavailable", "Others were faster each time. Try again.")
}

// takenError says that somebody took the chosen seats between the look and the lock.
type takenError struct{ seats []SeatReason }

// Error tells it.
func (e *takenError) Error() string { return "best seats were taken meanwhile" }

// tryBest looks, chooses and locks once.
func (s *Service) tryBest(ctx context.Context, c Caller, d *catalog.Detail, q BestRequest, lost map[ident.Seat]bool) (LockResult, error) {
	snap, err := s.snapshot(ctx, d)
	if err != nil {
		return LockResult{}, err
	}
	var seats []ident.Seat
	for _, l := range snap.Locks {
		if c.is(l.Owner) && l.Request == q.Request {
			seats = append(seats, l.Seat)
		}
	}
	if seats != nil {
		return s.lock(ctx, c, d, q.Request, seats)
	}
	v := viewOf(d, snap, s.clock.Now(), func(Lock) bool { return false })
	free := func(id ident.Seat) bool { return !v.taken[id] && !lost[id] }
	seats = catalog.Best(d.Layout, catalog.BestQuery{Count: q.Count, Category: q.Category, Accessible: q.Accessible, Free: free})
	if seats == nil {
		return LockResult{}, fault.New(fault.Conflict, "seats_unavailable", "There are not so many seats of this kind left.").
			With("conflicted", []ident.Seat{}).With("reasons", map[string]string{})
	}
	a, err := s.engine.Lock(ctx, s.lockRequest(c, d, q.Request, seats))
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		return LockResult{}, &takenError{conflict.Seats}
	}
	if err != nil {
		return LockResult{}, s.lockFault(ctx, c, d, seats, err)
	}
	return s.result(d, a, q.Request, slices.Clip(seats))
}
