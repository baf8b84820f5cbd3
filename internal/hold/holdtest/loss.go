package holdtest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

func lossTests() []test {
	return []test{
		{"everything_is_uninit_until_hydrated", lossUninit},
		{"a_sold_seat_cannot_be_held_after_loss_and_hydrate", lossSold},
		{"holds_are_gone_and_the_epoch_is_another", lossEpoch},
		{"subscribers_learn_of_it", lossSubscribers},
		{"a_position_of_before_is_a_gap", lossPosition},
		{"only_the_meta_record_lost_clears_holds_and_keeps_markers", lossMeta},
		{"in_the_middle_of_a_storm", lossInStorm},
		{"a_finished_showtime_is_forgotten", lossFinished},
		{"a_sweep_keeps_a_finished_showtime_an_hour", lossFinishedSwept},
	}
}

// lose empties the engine, or skips the case.
func (s *stage) lose() {
	s.t.Helper()
	if s.Lose == nil {
		s.t.Skip("left out: the engine cannot be made to lose its memory")
	}
	s.Lose()
}

func lossUninit(s *stage) {
	if s.Heals {
		s.t.Skip("left out: the engine hydrates by itself")
	}
	s.lock(ada, tab1, "A1")
	s.lose()
	for name, err := range uninit(s) {
		require.ErrorIs(s.t, err, hold.ErrUninit, name)
	}
	s.hydrate(hold.Facts{})
}

func lossSold(s *stage) {
	s.lock(ada, tab1, "A1")
	s.confirm(ada, tab1, bk1, "A1")
	s.durable(10*time.Minute, cyd, tab1, bk2, "A2")
	s.lose()
	s.hydrate(hold.Facts{
		Markers:  []hold.Marker{{Seat: "A1", Booking: bk1}},
		Reserved: []hold.ReservedSeat{{Seat: "A2", Owner: cyd, Request: tab1, Booking: bk2, For: 10 * time.Minute}},
	})
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Booked, "A2": hold.Held}, seatsOf(s.conflict(bob, tab1, "A1", "A2")))
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A2": hold.Reserved}, seatsOf(s.conflict(cyd, tab2, "A2")))
}

func lossEpoch(s *stage) {
	before := s.lock(ada, tab1, "A1")
	s.lose()
	a := s.hydrate(hold.Facts{})
	require.NotEqual(s.t, before.Epoch, a.Epoch)
	require.Equal(s.t, uint64(1), a.Seq)
	require.Empty(s.t, s.snapshot().Locks)
	_, err := s.tryExtend(hold.ExtendStrict, s.unit, ada, tab1, "A1")
	refusal := as[*hold.RefusedError](s, err)
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.MissingLock}, seatsOf(refusal.Seats))
	require.Equal(s.t, maxSeats, s.lock(ada, tab1, s.room.Seats[:maxSeats]...).Owned, "counters are gone too")
}

func lossSubscribers(s *stage) {
	sub := s.subscribe(s.snapshot().Position)
	waits := s.subscribe(s.snapshot().Position)
	ended := make(chan error, 1)
	go func() {
		_, err := waits.Next(s.t.Context())
		ended <- err
	}()
	s.lose()
	s.hydrate(hold.Facts{})
	s.lock(ada, tab1, "A1")
	require.ErrorIs(s.t, <-ended, hold.ErrGap)
	_, err := sub.Next(s.t.Context())
	require.ErrorIs(s.t, err, hold.ErrGap)
	require.Len(s.t, s.next(s.subscribe(s.from.Position)), 1)
}

func lossPosition(s *stage) {
	before := s.lock(ada, tab1, "A1").Position
	s.lose()
	s.hydrate(hold.Facts{})
	_, err := s.Engine.Subscribe(s.t.Context(), s.room.Showtime, before)
	require.ErrorIs(s.t, err, hold.ErrGap)
}

func lossMeta(s *stage) {
	if s.LoseMeta == nil {
		s.t.Skip("left out: the engine cannot be made to lose one record")
	}
	s.lock(ada, tab1, s.room.Seats[:maxSeats]...)
	s.confirm(bob, tab1, bk1, "B1")
	sub := s.subscribe(s.snapshot().Position)
	s.LoseMeta(s.room.Showtime)
	if !s.Heals {
		for name, err := range uninit(s) {
			require.ErrorIs(s.t, err, hold.ErrUninit, name)
		}
	}
	require.Equal(s.t, uint64(1), s.hydrate(hold.Facts{}).Seq)
	_, err := sub.Next(s.t.Context())
	require.ErrorIs(s.t, err, hold.ErrGap)
	require.Empty(s.t, s.snapshot().Locks)
	require.Equal(s.t, bk1, s.soldTo("B1"))
	require.Equal(s.t, maxSeats, s.lock(ada, tab2, s.room.Seats[60:68]...).Owned, "counters are gone")
	s.release(ada, "", "C1")
	a := s.lock(ada, tab1, "A1")
	require.Equal(s.t, a.Now.Add(s.maxHold()), a.Limit, "first moments are gone")
}

// lossInStorm takes the engine's memory away three times while everybody works. Whoever meets ErrUninit hydrates with what the
// ledger of sales knows; no sold seat may be given to another owner's hold.
func lossInStorm(s *stage) {
	if s.Lose == nil {
		s.t.Skip("left out: the engine cannot be made to lose its memory")
	}
	sold := s.room.Seats[:30]
	facts := hold.Facts{}
	for _, seat := range sold {
		facts.Markers = append(facts.Markers, hold.Marker{Seat: seat, Booking: bk1})
	}
	s.confirm(ada, tab1, bk1, sold...)
	var stolen atomic.Int64
	errs := make([]error, 10)
	together(len(errs), func(i int) { errs[i] = lossWorker(s, i, facts, &stolen) })
	require.NoError(s.t, errors.Join(errs...))
	require.Zero(s.t, stolen.Load())
	s.Lose()
	s.hydrate(facts)
	require.Len(s.t, s.snapshot().Booked, len(sold))
}

func lossWorker(s *stage, worker int, facts hold.Facts, stolen *atomic.Int64) error {
	ctx := s.t.Context()
	for n := range 60 {
		if worker == 0 && n%20 == 10 {
			s.Lose()
		}
		seat := s.room.Seats[(worker*7+n)%60]
		_, err := s.tryLock(person(worker), tab1, seat)
		switch {
		case err == nil && (worker*7+n)%60 < 30 && !s.Heals:
			stolen.Add(1)
		case errors.Is(err, hold.ErrUninit):
			if err := hydrateAgain(ctx, s, facts); err != nil {
				return err
			}
		case err != nil && !ended(err):
			return err
		}
		if _, err := s.Engine.Release(ctx, hold.ReleaseRequest{Showtime: s.room.Showtime, Owner: person(worker), Seats: []ident.Seat{seat}}); err != nil && !errors.Is(err, hold.ErrUninit) {
			return err
		}
	}
	return nil
}

func hydrateAgain(ctx context.Context, s *stage, facts hold.Facts) error {
	_, err := s.Engine.Hydrate(ctx, hold.HydrateRequest{Room: s.room, Epoch: "again", Facts: facts})
	return err
}

func lossFinished(s *stage) {
	if s.Advance == nil || s.Heals {
		s.t.Skip("left out: needs a clock that can be moved by days and an engine that does not hydrate by itself")
	}
	s.lock(ada, tab1, "A1")
	s.pass(s.room.End.Sub(s.Now()) + 25*time.Hour - time.Second)
	require.NotEmpty(s.t, s.snapshot().Epoch)
	s.pass(time.Second)
	_, err := s.Engine.Snapshot(s.t.Context(), s.room)
	require.ErrorIs(s.t, err, hold.ErrUninit)
	s.hydrate(hold.Facts{})
	require.Empty(s.t, s.snapshot().Locks, "hydrate of a finished showtime lasts")
}

func lossFinishedSwept(s *stage) {
	if s.Advance == nil || s.Heals {
		s.t.Skip("left out: needs a clock that can be moved by days and an engine that does not hydrate by itself")
	}
	s.pass(s.room.End.Sub(s.Now()) + 25*time.Hour - time.Second)
	s.sweep(false)
	s.pass(time.Hour - time.Second)
	require.NotEmpty(s.t, s.snapshot().Epoch)
	s.pass(time.Second)
	_, err := s.Engine.Snapshot(s.t.Context(), s.room)
	require.ErrorIs(s.t, err, hold.ErrUninit)
	s.hydrate(hold.Facts{})
}
