package ratelimit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/clock"
	"cinema/internal/ratelimit"
)

func TestLimiter_Allow(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	q := ratelimit.Quota{Limit: 3, Per: time.Minute}

	t.Run("a burst of the whole quota, then one per step", func(t *testing.T) {
		t.Parallel()
		c := clock.NewFake(start)
		l := ratelimit.New(c)
		for i := range 3 {
			d := l.Allow("lock", "a", q)
			require.True(t, d.OK)
			require.Equal(t, 2-i, d.Remaining)
		}
		d := l.Allow("lock", "a", q)
		require.False(t, d.OK)
		require.Equal(t, 20*time.Second, d.RetryAfter)
		c.Advance(20*time.Second - 1)
		require.False(t, l.Allow("lock", "a", q).OK)
		c.Advance(1)
		require.True(t, l.Allow("lock", "a", q).OK)
		require.False(t, l.Allow("lock", "a", q).OK)
	})
	t.Run("keys and names do not share", func(t *testing.T) {
		t.Parallel()
		l := ratelimit.New(clock.NewFake(start))
		one := ratelimit.Quota{Limit: 1, Per: time.Minute}
		require.True(t, l.Allow("lock", "a", one).OK)
		require.True(t, l.Allow("lock", "b", one).OK)
		require.True(t, l.Allow("confirm", "a", one).OK)
		require.False(t, l.Allow("lock", "a", one).OK)
	})
	t.Run("the zero quota allows everything", func(t *testing.T) {
		t.Parallel()
		l := ratelimit.New(clock.NewFake(start))
		for range 1000 {
			require.True(t, l.Allow("x", "a", ratelimit.Quota{}).OK)
		}
	})
	t.Run("a flood of keys is forgotten, not kept", func(t *testing.T) {
		t.Parallel()
		l := ratelimit.New(clock.NewFake(start))
		for i := range 600_000 {
			require.True(t, l.Allow("x", fmt.Sprint(i), q).OK)
		}
	})
}

// In no window of the quota's length are more than twice the limit allowed, and over long times the rate is kept.
func TestLimiter_rate_is_kept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := clock.NewFake(time.Unix(0, 0))
		l := ratelimit.New(c)
		q := ratelimit.Quota{Limit: rapid.IntRange(1, 20).Draw(t, "limit"), Per: time.Minute}
		allowed, passed := 0, time.Duration(0)
		for range rapid.IntRange(1, 200).Draw(t, "acts") {
			step := time.Duration(rapid.IntRange(0, 10_000).Draw(t, "wait")) * time.Millisecond
			c.Advance(step)
			passed += step
			if l.Allow("x", "a", q).OK {
				allowed++
			}
			if most := q.Limit + int(passed*time.Duration(q.Limit)/q.Per) + 1; allowed > most {
				t.Fatalf("%d allowed in %s, at most %d fit", allowed, passed, most)
			}
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	t.Run("OK", func(t *testing.T) {
		t.Parallel()
		r, err := ratelimit.Parse("lock=5/10s, sockets=2")
		require.NoError(t, err)
		want := ratelimit.Defaults()
		want.Lock, want.Sockets = ratelimit.Quota{Limit: 5, Per: 10 * time.Second}, 2
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
		_, err := ratelimit.Parse("lock=x,pony=1/1m,confirm=1/1ms,sockets=0,reads=3/1m")
		for _, part := range []string{"lock=x", "pony=1/1m", "confirm=1/1ms", "sockets=0"} {
			require.ErrorContains(t, err, part)
		}
		require.NotContains(t, err.Error(), "reads=3/1m")
	})
}
