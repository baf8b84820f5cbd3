package clock_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/clock"
)

var start = time.Date(2026, 10, 25, 0, 59, 0, 0, time.UTC)

// fired takes what a timer sent, without waiting.
func fired(ch <-chan time.Time) (time.Time, bool) {
	select {
	case at := <-ch:
		return at, true
	default:
		return time.Time{}, false
	}
}

func TestFake_stands_still_until_it_is_moved(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(start)
	require.Equal(t, start, c.Now())
	c.Advance(90 * time.Second)
	require.Equal(t, start.Add(90*time.Second), c.Now())
}

func TestFake_After_fires_once_and_not_early(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(start)
	short, long := c.After(time.Second), c.After(time.Minute)

	c.Advance(time.Second - 1)
	_, early := fired(short)
	require.False(t, early)

	c.Advance(1)
	at, due := fired(short)
	require.True(t, due)
	require.Equal(t, start.Add(time.Second), at)
	_, early = fired(long)
	require.False(t, early)

	c.Advance(time.Hour)
	_, due = fired(long)
	require.True(t, due)
	_, twice := fired(short)
	require.False(t, twice)
}

func TestFake_After_nothing_fires_at_once(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(start)
	for _, d := range []time.Duration{0, -time.Second} {
		at, due := fired(c.After(d))
		require.True(t, due)
		require.Equal(t, start, at)
	}
}

func TestFake_a_timer_set_after_a_move_counts_from_there(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(start)
	c.Advance(time.Hour)
	ch := c.After(time.Minute)
	c.Advance(59 * time.Second)
	_, early := fired(ch)
	require.False(t, early)
	c.Advance(time.Second)
	_, due := fired(ch)
	require.True(t, due)
}
