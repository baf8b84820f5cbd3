package hold_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/hold/holdtest"
	"cinema/internal/ident"
)

// plain is a source of the suite's room without facts.
type plain struct{ end time.Time }

func (p plain) Room(_ context.Context, id ident.Showtime) (hold.Room, error) {
	return holdtest.Room(id, p.end), nil
}

func (p plain) Facts(context.Context, ident.Showtime) (hold.Facts, error) { return hold.Facts{}, nil }

func TestKeeper(t *testing.T) {
	t.Parallel()
	holdtest.Run(t, func(*testing.T) holdtest.Harness {
		c := clock.NewFake(opening())
		e := holdmem.New(c)
		k := hold.NewKeeper(e, plain{opening().Add(3 * time.Hour)})
		return holdtest.Harness{Engine: k, Now: c.Now, Advance: c.Advance, Lose: e.Lose, LoseMeta: e.LoseMeta, Heals: true}
	})
}

func TestKeeper_Hydrate(t *testing.T) {
	t.Parallel()

	t.Run("whoever_meets_an_unknown_showtime_hydrates_it", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.source.facts = hold.Facts{
			Markers:  []hold.Marker{{Seat: "A1", Booking: bk1}},
			Reserved: []hold.ReservedSeat{{Seat: "A2", Owner: bob, Request: tab1, Booking: bk2, For: 10 * time.Minute}},
		}
		snap := h.snapshot(t)
		require.Equal(t, []hold.Marker{{Seat: "A1", Booking: bk1}}, snap.Booked)
		require.Equal(t, bk2, snap.Locks[0].Booking)
		require.Len(t, snap.Epoch, 32, "128 bits in hex")
	})

	t.Run("after_a_loss_a_sold_seat_cannot_be_held", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.source.facts.Markers = []hold.Marker{{Seat: "A1", Booking: bk1}}
		first := h.lock(t, ada, tab1, "A2")
		h.engine.Lose()
		_, err := h.keeper.Lock(t.Context(), hold.LockRequest{
			Showtime: show, Owner: bob, Request: tab1, Seats: []ident.Seat{"A1", "A2"}, TTL: time.Minute, MaxSeats: 8, MaxHold: time.Hour,
		})
		conflict, ok := errors.AsType[*hold.ConflictError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, []hold.SeatReason{{Seat: "A1", Reason: hold.Booked}}, conflict.Seats)
		require.NotEqual(t, first.Epoch, h.snapshot(t).Epoch)
	})

	t.Run("what_was_claimed_in_between_is_repaired", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.source.after = func(read int, f *hold.Facts) {
			if read == 1 { // before the engine is told
				f.Markers = []hold.Marker{{Seat: "A1", Booking: bk1, Owner: ada, Request: tab1}}
				f.Reserved = []hold.ReservedSeat{{Seat: "A2", Owner: bob, Request: tab2, Booking: bk2, For: 5 * time.Minute}}
			}
		}
		snap := h.snapshot(t)
		require.Equal(t, []hold.Marker{{Seat: "A1", Booking: bk1}}, snap.Booked)
		require.Len(t, snap.Locks, 1)
		require.Equal(t, bk2, snap.Locks[0].Booking)
	})

	t.Run("many_callers_hydrate_once", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		started, release := make(chan struct{}), make(chan struct{})
		h.source.after = func(read int, _ *hold.Facts) {
			if read == 1 {
				close(started)
				<-release
			}
		}
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { _, errs[i] = h.keeper.Snapshot(t.Context(), hold.RoomOf(h.detail)) })
		}
		<-started
		close(release)
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
		require.Equal(t, uint64(1), h.snapshot(t).Seq, "the engine was told once")
	})

	t.Run("an_unknown_showtime_stays_unknown", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		_, err := h.keeper.Release(t.Context(), hold.ReleaseRequest{Showtime: "st_none", Owner: ada, Seats: []ident.Seat{"A1"}})
		require.Equal(t, "showtime_not_found", fault.CodeOf(err))
	})

	t.Run("a_store_that_fails_is_told_as_it_is_and_asked_again", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.source.fails = fault.New(fault.Unavailable, "store_unavailable", "down")
		_, err := h.service.Lock(t.Context(), hold.Caller{User: ada}, show, tab1, []ident.Seat{"A1"})
		require.Equal(t, "store_unavailable", fault.CodeOf(err))
		h.source.fails = nil
		h.lock(t, ada, tab1, "A1")
	})

	t.Run("a_sweep_never_hydrates", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		_, err := h.keeper.Sweep(t.Context(), hold.SweepRequest{Room: hold.RoomOf(h.detail)})
		require.ErrorIs(t, err, hold.ErrUninit)
		require.Zero(t, h.source.reads)
	})
}

// forgetful loses its memory before each lock.
type forgetful struct{ *holdmem.Engine }

func (f forgetful) Lock(ctx context.Context, r hold.LockRequest) (hold.Answer, error) {
	f.Lose()
	return f.Engine.Lock(ctx, r)
}

func TestKeeper_IsBounded(t *testing.T) {
	t.Parallel()
	h := setup(t)
	k := hold.NewKeeper(forgetful{h.engine}, h.source)
	_, err := k.Lock(t.Context(), hold.LockRequest{
		Showtime: show, Owner: ada, Request: tab1, Seats: []ident.Seat{"A1"}, TTL: time.Minute, MaxSeats: 8, MaxHold: time.Hour,
	})
	require.ErrorIs(t, err, hold.ErrUnavailable)
	require.NotErrorIs(t, err, hold.ErrUninit)
	require.Equal(t, 6, h.source.reads, "three attempts of two readings")
}

func TestSweeper(t *testing.T) {
	t.Parallel()

	t.Run("ends_due_holds_of_showtimes_nobody_touches", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		w := hold.NewSweeper(h.keeper, h.clock, h.log)
		h.lock(t, ada, tab1, "A1", "A2")
		_, err := h.service.Lock(t.Context(), hold.Caller{User: bob}, other, tab1, []ident.Seat{"B1"})
		require.NoError(t, err)
		require.Equal(t, 0, sweepOnce(t, w))
		require.ElementsMatch(t, []ident.Showtime{show, other}, h.keeper.Active())
		h.clock.Advance(5 * time.Minute)
		require.Equal(t, 3, sweepOnce(t, w))
		require.Empty(t, h.snapshot(t).Locks)
		sweepOnce(t, w)
		require.Empty(t, h.keeper.Active(), "showtimes without holds are visited no more")
	})

	t.Run("tells_how_late_it_is", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		w := hold.NewSweeper(h.keeper, h.clock, h.log)
		h.lock(t, ada, tab1, "A1", "A2")
		require.Zero(t, w.Stats())
		h.clock.Advance(5 * time.Minute)
		require.Equal(t, hold.SweepStats{Late: 5*time.Minute - time.Second}, w.Stats(), "nobody has swept")
		require.Equal(t, 2, sweepOnce(t, w))
		require.Equal(t, hold.SweepStats{Swept: 2}, w.Stats())
	})

	t.Run("sweeps_more_than_a_batch", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		w := hold.NewSweeper(h.keeper, h.clock, h.log)
		for i, seat := range h.detail.Layout.Seats() {
			h.durable(t, ident.User(fmt.Sprintf("usr_%d", i)), tab1, bk1, seat)
		}
		h.clock.Advance(time.Hour)
		require.Equal(t, 50, sweepOnce(t, w))
	})

	t.Run("an_early_deadline_noted_later_is_kept", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		w := hold.NewSweeper(h.keeper, h.clock, h.log)
		h.durable(t, ada, tab1, bk1, "A1")
		sweepOnce(t, w)
		h.lock(t, bob, tab1, "A2")
		h.clock.Advance(5 * time.Minute)
		require.Equal(t, 1, sweepOnce(t, w))
		require.Len(t, h.snapshot(t).Locks, 1)
		h.clock.Advance(6 * time.Minute)
		require.Equal(t, 1, sweepOnce(t, w))
	})

	t.Run("a_lost_engine_is_left_alone", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		w := hold.NewSweeper(h.keeper, h.clock, h.log)
		h.lock(t, ada, tab1, "A1")
		reads := h.source.reads
		h.engine.Lose()
		h.clock.Advance(5 * time.Minute)
		require.Equal(t, 0, sweepOnce(t, w))
		require.Equal(t, reads, h.source.reads)
		require.Empty(t, h.keeper.Active())
	})

	t.Run("runs_until_its_context_ends", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, ada, tab1, "A1")
		sub, err := h.keeper.Subscribe(t.Context(), show, h.snapshot(t).Position)
		require.NoError(t, err)
		defer sub.Close()
		ticks := &ticker{Fake: h.clock, asked: make(chan struct{}, 64)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- hold.NewSweeper(h.keeper, ticks, h.log).Run(ctx) }()
		<-ticks.asked
		h.clock.Advance(5 * time.Minute)
		events, err := sub.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, hold.SeatTimeout, events[0].Type)
		cancel()
		require.NoError(t, <-done)
	})
}

// ticker tells when somebody waits on it.
type ticker struct {
	*clock.Fake
	asked chan struct{}
}

func (c *ticker) After(d time.Duration) <-chan time.Time {
	ch := c.Fake.After(d)
	select {
	case c.asked <- struct{}{}:
	default:
	}
	return ch
}

func sweepOnce(t *testing.T, w *hold.Sweeper) int {
	t.Helper()
	n, err := w.RunOnce(t.Context(), false)
	require.NoError(t, err)
	return n
}
