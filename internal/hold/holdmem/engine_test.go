package holdmem_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/hold/holdtest"
	"cinema/internal/ident"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// opening is an evening before a film week; the suite's showtimes end three hours later.
func opening() time.Time { return time.Date(2026, time.March, 12, 18, 0, 0, 0, time.UTC) }

func TestEngine(t *testing.T) {
	t.Parallel()
	holdtest.Run(t, func(*testing.T) holdtest.Harness {
		c := clock.NewFake(opening())
		e := holdmem.New(c)
		return holdtest.Harness{Engine: e, Now: c.Now, Advance: c.Advance, Lose: e.Lose, LoseMeta: e.LoseMeta}
	})
}

func setup(t *testing.T) (*holdmem.Engine, *clock.Fake, hold.Room) {
	t.Helper()
	c := clock.NewFake(opening())
	e := holdmem.New(c)
	room := holdtest.Room("st_own", c.Now().Add(3*time.Hour))
	_, err := e.Hydrate(t.Context(), hold.HydrateRequest{Room: room, Epoch: "one"})
	require.NoError(t, err)
	return e, c, room
}

func take(t *testing.T, e *holdmem.Engine, room hold.Room, n int) {
	t.Helper()
	for range n {
		q := hold.LockRequest{
			Showtime: room.Showtime, Owner: "usr_a", Request: "request-1", Seats: []ident.Seat{"A1"}, TTL: time.Minute, MaxSeats: 8, MaxHold: time.Hour,
		}
		_, err := e.Lock(t.Context(), q)
		require.NoError(t, err)
		_, err = e.Release(t.Context(), hold.ReleaseRequest{Showtime: room.Showtime, Owner: "usr_a", Seats: []ident.Seat{"A1"}})
		require.NoError(t, err)
	}
}

func TestEngine_SlowReaderGetsGap(t *testing.T) {
	t.Parallel()
	e, _, room := setup(t)
	snap, err := e.Snapshot(t.Context(), room)
	require.NoError(t, err)
	sub, err := e.Subscribe(t.Context(), room.Showtime, snap.Position)
	require.NoError(t, err)
	defer sub.Close()

	take(t, e, room, 2048) // 4096 events: the whole ring
	events, err := sub.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, snap.Seq+1, events[0].Seq, "the oldest event is still there")

	take(t, e, room, 2048)
	_, err = sub.Next(t.Context())
	require.ErrorIs(t, err, hold.ErrGap)
	_, err = e.Subscribe(t.Context(), room.Showtime, snap.Position)
	require.ErrorIs(t, err, hold.ErrGap)
}

func TestEngine_CursorsGrowWhenTheClockStepsBack(t *testing.T) {
	t.Parallel()
	e, c, room := setup(t)
	snap, err := e.Snapshot(t.Context(), room)
	require.NoError(t, err)
	c.Advance(-time.Minute)
	take(t, e, room, 1)
	sub, err := e.Subscribe(t.Context(), room.Showtime, snap.Position)
	require.NoError(t, err)
	defer sub.Close()
	events, err := sub.Next(t.Context())
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, "1773338400000-1", events[0].Cursor)
	require.Equal(t, "1773338400000-2", events[1].Cursor)
}

// TestEngine_CursorsAreNotUsedAgain matters to readers that remember a cursor without its epoch.
func TestEngine_CursorsAreNotUsedAgain(t *testing.T) {
	t.Parallel()
	e, _, room := setup(t)
	used := make(map[string]bool)
	for n := range 3 {
		snap, err := e.Snapshot(t.Context(), room)
		require.NoError(t, err)
		require.NotContains(t, used, snap.Cursor)
		used[snap.Cursor] = true
		take(t, e, room, 5)
		sub, err := e.Subscribe(t.Context(), room.Showtime, snap.Position)
		require.NoError(t, err)
		events, err := sub.Next(t.Context())
		require.NoError(t, err)
		sub.Close()
		for _, ev := range events {
			require.NotContains(t, used, ev.Cursor)
			used[ev.Cursor] = true
		}
		e.Lose()
		_, err = e.Hydrate(t.Context(), hold.HydrateRequest{Room: room, Epoch: fmt.Sprintf("after-%d", n)})
		require.NoError(t, err)
	}
}

func TestEngine_SubscriptionsAreBounded(t *testing.T) {
	t.Parallel()
	e, _, room := setup(t)
	snap, err := e.Snapshot(t.Context(), room)
	require.NoError(t, err)
	var last hold.Subscription
	for range 256 {
		last, err = e.Subscribe(t.Context(), room.Showtime, snap.Position)
		require.NoError(t, err)
	}
	_, err = e.Subscribe(t.Context(), room.Showtime, snap.Position)
	require.ErrorIs(t, err, hold.ErrUnavailable)
	last.Close()
	_, err = e.Subscribe(t.Context(), room.Showtime, snap.Position)
	require.NoError(t, err)
}
