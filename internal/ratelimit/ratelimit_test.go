package ratelimit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/clock"
	"cinema/internal/ratelimit"
	"cinema/internal/ratelimit/ratelimittest"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestMemory(t *testing.T) {
	t.Parallel()
	ratelimittest.Run(t, func(*testing.T) ratelimittest.Harness {
		c := clock.NewFake(start)
		return ratelimittest.Harness{Engine: ratelimit.NewMemory(c), Advance: c.Advance}
	})
	// A limiter without a shared engine, and one whose shared engine never answers, keep every promise too.
	ratelimittest.Run(t, func(*testing.T) ratelimittest.Harness {
		c := clock.NewFake(start)
		return ratelimittest.Harness{Engine: engine{ratelimit.New(ratelimit.Options{Clock: c})}, Advance: c.Advance}
	})
	ratelimittest.Run(t, func(*testing.T) ratelimittest.Harness {
		c := clock.NewFake(start)
		l := ratelimit.New(ratelimit.Options{Clock: c, Shared: &shared{err: errors.New("away")}})
		return ratelimittest.Harness{Engine: engine{l}, Advance: c.Advance}
	})
}

// engine makes a limiter an engine.
type engine struct{ *ratelimit.Limiter }

func (e engine) Spend(ctx context.Context, charges []ratelimit.Charge) (ratelimit.Decision, error) {
	return e.Limiter.Spend(ctx, charges...), nil
}

func TestMemory_forgets_a_flood(t *testing.T) {
	t.Parallel()
	m := ratelimit.NewMemory(clock.NewFake(start))
	for i := range 600_000 {
		d, err := m.Spend(t.Context(), []ratelimit.Charge{lock(fmt.Sprint(i))})
		require.NoError(t, err)
		require.True(t, d.OK)
	}
}

func lock(who string) ratelimit.Charge {
	return ratelimit.Charge{Name: "lock", Who: who, Quota: ratelimit.Quota{Limit: 3, Per: time.Minute}}
}

// shared is an engine that can be taken away.
type shared struct {
	mu    sync.Mutex // guards all below
	inner ratelimit.Engine
	err   error
	asked int
}

func (s *shared) Spend(ctx context.Context, charges []ratelimit.Charge) (ratelimit.Decision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.err != nil {
		return ratelimit.Decision{}, s.err
	}
	return s.inner.Spend(ctx, charges)
}

func (s *shared) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	type bundle struct {
		clock  *clock.Fake
		shared *shared
		log    *bytes.Buffer
		one    *ratelimit.Limiter
		two    *ratelimit.Limiter
	}
	setup := func() *bundle {
		b := &bundle{clock: clock.NewFake(start), log: &bytes.Buffer{}}
		b.shared = &shared{inner: ratelimit.NewMemory(b.clock)}
		o := ratelimit.Options{Clock: b.clock, Shared: b.shared, Log: slog.New(slog.NewTextHandler(b.log, nil))}
		b.one, b.two = ratelimit.New(o), ratelimit.New(o)
		return b
	}
	ctx := context.Background()

	t.Run("two processes share one quota", func(t *testing.T) {
		t.Parallel()
		b := setup()
		require.True(t, b.one.Spend(ctx, lock("a")).OK)
		require.True(t, b.two.Spend(ctx, lock("a")).OK)
		require.True(t, b.one.Spend(ctx, lock("a")).OK)
		require.False(t, b.two.Spend(ctx, lock("a")).OK)
		require.False(t, b.one.Spend(ctx, lock("a")).OK)
		require.Equal(t, ratelimit.Stats{Refused: 1}, b.one.Stats())
	})
	t.Run("an outage gives nobody a new quota, and is told once", func(t *testing.T) {
		t.Parallel()
		b := setup()
		require.True(t, b.one.Spend(ctx, lock("a")).OK)
		require.True(t, b.one.Spend(ctx, lock("a")).OK)
		b.shared.set(errors.New("no route"))
		require.True(t, b.one.Spend(ctx, lock("a")).OK, "the third of three, by this process's own count")
		for range 50 {
			require.False(t, b.one.Spend(ctx, lock("a")).OK)
		}
		require.Equal(t, ratelimit.Stats{Refused: 50, Fallbacks: 51, Outages: 1}, b.one.Stats())
		require.Equal(t, 1, strings.Count(b.log.String(), "level=WARN"))
		require.Contains(t, b.log.String(), "no route")
	})
	t.Run("while it is away it is asked once in a pause, and used again when it answers", func(t *testing.T) {
		t.Parallel()
		b := setup()
		b.shared.set(errors.New("no route"))
		for range 10 {
			b.one.Spend(ctx, lock("a"))
		}
		require.Equal(t, 1, b.shared.asked)
		b.clock.Advance(time.Second)
		for range 10 {
			b.one.Spend(ctx, lock("a"))
		}
		require.Equal(t, 2, b.shared.asked)
		b.shared.set(nil)
		b.clock.Advance(time.Second)
		require.True(t, b.one.Spend(ctx, lock("b")).OK)
		require.True(t, b.one.Spend(ctx, lock("b")).OK)
		require.Equal(t, 4, b.shared.asked)
		require.Contains(t, b.log.String(), "level=INFO")
		b.shared.set(errors.New("again"))
		b.one.Spend(ctx, lock("a"))
		require.EqualValues(t, 2, b.one.Stats().Outages)
		require.Equal(t, 2, strings.Count(b.log.String(), "level=WARN"))
	})
	t.Run("a caller that goes away is no outage", func(t *testing.T) {
		t.Parallel()
		b := setup()
		b.shared.set(context.Canceled)
		gone, cancel := context.WithCancel(ctx)
		cancel()
		require.True(t, b.one.Spend(gone, lock("a")).OK)
		require.Zero(t, b.one.Stats().Outages)
		b.shared.set(nil)
		require.True(t, b.one.Spend(ctx, lock("a")).OK)
		require.Equal(t, 2, b.shared.asked)
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		r, err := ratelimit.Parse("lock=5/10s, sockets=2,allsockets=9, exports=1/24h")
		require.NoError(t, err)
		want := ratelimit.Defaults()
		want.Lock, want.Sockets, want.AllSockets = ratelimit.Quota{Limit: 5, Per: 10 * time.Second}, 2, 9
		want.Exports = ratelimit.Quota{Limit: 1, Per: 24 * time.Hour}
		require.Equal(t, want, r)
	})
	t.Run("empty and off", func(t *testing.T) {
		t.Parallel()
		r, err := ratelimit.Parse("")
		require.NoError(t, err)
		require.Equal(t, ratelimit.Defaults(), r)
		r, err = ratelimit.Parse("off")
		require.NoError(t, err)
		require.True(t, r.Off)
	})
	t.Run("every fault is named", func(t *testing.T) {
		t.Parallel()
		bad := []string{"lock=x", "pony=1/1m", "confirm=1/1ms", "sockets=0", "allsockets=-1", "guests=5000001/1m", "lookup=1/25h", "signin=0/1m"}
		_, err := ratelimit.Parse(strings.Join(bad, ",") + ",reads=3/1m")
		for _, part := range bad {
			require.ErrorContains(t, err, part)
		}
		require.NotContains(t, err.Error(), "reads=3/1m")
	})
}
