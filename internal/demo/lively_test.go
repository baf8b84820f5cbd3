package demo_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"cinema/internal/catalog"
	"cinema/internal/demo"
	"cinema/internal/ident"
)

// ledger is who holds what; a seat has one holder.
type ledger struct {
	holder   map[ident.Seat]ident.Request
	showtime map[ident.Request]ident.Showtime
	most     int
	releases int
}

func (l *ledger) Lock(_ context.Context, _ ident.User, showtime ident.Showtime, request ident.Request, seats []ident.Seat) error {
	for _, s := range seats {
		if _, taken := l.holder[ident.Seat(string(showtime))+s]; taken {
			return errors.New("taken")
		}
	}
	for _, s := range seats {
		l.holder[ident.Seat(string(showtime))+s] = request
	}
	l.showtime[request] = showtime
	l.most = max(l.most, len(l.showtime))
	return nil
}

func (l *ledger) Release(_ context.Context, _ ident.User, showtime ident.Showtime, request ident.Request, seats []ident.Seat) error {
	for _, s := range seats {
		delete(l.holder, ident.Seat(string(showtime))+s)
	}
	delete(l.showtime, request)
	l.releases++
	return nil
}

// People hold and let go, never too many at once, only where it is on sale, and never in the screenings kept empty.
func (b *bundle) checkLively(t *testing.T) {
	t.Helper()
	service := catalog.New(b.store, b.clock)
	locks := &ledger{holder: make(map[ident.Seat]ident.Request), showtime: make(map[ident.Request]ident.Showtime)}
	w, err := demo.NewLively(service, locks, b.clock, demo.Options{})
	require.NoError(t, err)
	var seen []ident.Showtime
	for range 500 {
		wait := w.Step(t.Context())
		require.Positive(t, wait)
		b.clock.Advance(wait)
		for _, st := range locks.showtime {
			if !slices.Contains(seen, st) {
				seen = append(seen, st)
			}
		}
	}
	assert.Greater(t, locks.most, 5)
	assert.LessOrEqual(t, locks.most, 24)
	assert.Greater(t, locks.releases, 100)
	assert.Greater(t, len(seen), 4)
	for _, id := range seen {
		d, err := service.Detail(t.Context(), id)
		require.NoError(t, err)
		claims, err := b.store.Claims(t.Context(), id)
		require.NoError(t, err)
		empty := len(claims) == 0 && (d.Auditorium.Name == "Gallery" || d.Auditorium.Name == "Grand") && len(d.Showtime.Tags) == 0
		assert.False(t, empty, "%s should stay empty", id)
	}
}

// The worker ends with its context.
func TestLively_Run(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Date(2026, 7, 10, 11, 0, 0, 0, time.UTC)) // an empty store is enough
	locks := &ledger{holder: make(map[ident.Seat]ident.Request), showtime: make(map[ident.Request]ident.Showtime)}
	w, err := demo.NewLively(catalog.New(b.store, b.clock), locks, b.clock, demo.Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	cancel()
	require.NoError(t, <-done)
}
