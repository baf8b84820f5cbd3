package hold

import (
	"context"
	"sync"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

const (
	// maxMerges bounds the memory of transfers that were made; forgetting one costs a snapshot.
	maxMerges = 4096
	// mergeLife is how long a transfer need not be looked at again. A guest that was merged holds nothing new, but for calls that were
	// under way.
	mergeLife = 30 * time.Second
)

type merge struct {
	guest    ident.User
	showtime ident.Showtime
}

// merges remembers which guests' holds were brought over lately.
type merges struct {
	mu   sync.Mutex // guards done
	done map[merge]time.Time
}

func newMerges() merges { return merges{done: make(map[merge]time.Time)} }

func (m *merges) fresh(k merge, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.done[k]
	return ok && now.Sub(at) < mergeLife
}

func (m *merges) note(k merge, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.done) >= maxMerges {
		clear(m.done)
	}
	m.done[k] = now
}

// bring moves the holds of merged guests to the caller when he touches the showtime: each seat stays with its request, deadline
// and first moment. What exceeds the cap is released; seats of an open booking stay with the guest.
func (s *Service) bring(ctx context.Context, c Caller, d *catalog.Detail) error {
	if len(c.Merged) == 0 {
		return nil
	}
	now := s.clock.Now()
	var stale []ident.User
	for _, guest := range c.Merged {
		if !s.merges.fresh(merge{guest, d.Showtime.ID}, now) {
			stale = append(stale, guest)
		}
	}
	if len(stale) == 0 {
		return nil
	}
	snap, err := s.snapshot(ctx, d)
	if err != nil {
		return err
	}
	for _, guest := range stale {
		if err := s.bringFrom(ctx, c, d, guest, snap); err != nil {
			return err
		}
		s.merges.note(merge{guest, d.Showtime.ID}, now)
	}
	return nil
}

// bringFrom moves one guest's holds, request by request in the order of their seats.
func (s *Service) bringFrom(ctx context.Context, c Caller, d *catalog.Detail, guest ident.User, snap Snapshot) error {
	var requests []ident.Request
	seats := make(map[ident.Request][]ident.Seat)
	for _, l := range snap.Locks {
		if l.Owner != guest || l.Booking != "" {
			continue
		}
		if seats[l.Request] == nil {
			requests = append(requests, l.Request)
		}
		seats[l.Request] = append(seats[l.Request], l.Seat)
	}
	for _, request := range requests {
		_, err := s.engine.Transfer(ctx, TransferRequest{
			Showtime: d.Showtime.ID, From: guest, To: c.User, Request: request, Seats: seats[request], MaxSeats: s.maxSeats(d),
		})
		if err != nil {
			return engineFault(err)
		}
	}
	return nil
}
