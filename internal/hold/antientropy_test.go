package hold_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/catalog"
	"cinema/internal/hold"
	"cinema/internal/ident"
)

// register is the store's claims.
type register struct{ claims []hold.Claim }

func (r *register) Claims(context.Context, ident.Showtime) ([]hold.Claim, error) {
	return slices.Clone(r.claims), nil
}

func (r *register) ReleaseClaims(_ context.Context, booking ident.Booking, seats []ident.Seat) error {
	r.claims = slices.DeleteFunc(r.claims, func(c hold.Claim) bool { return c.Booking == booking && slices.Contains(seats, c.Seat) })
	return nil
}

func (r *register) add(state hold.ClaimState, booking ident.Booking, seats ...ident.Seat) {
	for _, s := range seats {
		r.claims = append(r.claims, hold.Claim{
			Seat: s, Booking: booking, Owner: ada, Request: tab1, State: state, PayDeadline: opening().Add(10 * time.Minute),
		})
	}
}

func entropy(t *testing.T) (*house, *register, func() hold.RepairReport) {
	t.Helper()
	h, r := setup(t), &register{}
	h.snapshot(t) // hydrates
	w := hold.NewAntiEntropy(h.keeper, h.programme, r, h.clock, h.log)
	return h, r, func() hold.RepairReport {
		t.Helper()
		report, err := w.Repair(t.Context(), show)
		require.NoError(t, err)
		return report
	}
}

func TestAntiEntropy(t *testing.T) {
	t.Parallel()

	t.Run("agreement_changes_nothing", func(t *testing.T) {
		t.Parallel()
		h, r, repair := entropy(t)
		h.sell(t, bk1, "A1", "A2")
		r.add(hold.ClaimBooked, bk1, "A1", "A2")
		h.durable(t, ada, tab1, bk2, "B1")
		r.add(hold.ClaimOpen, bk2, "B1")
		h.lock(t, bob, tab1, "C1")
		before := h.snapshot(t)
		require.Empty(t, repair().Seats)
		require.Equal(t, before, h.snapshot(t))
	})

	t.Run("a_sale_without_its_marker_is_confirmed", func(t *testing.T) {
		t.Parallel()
		h, r, repair := entropy(t)
		h.lock(t, bob, tab2, "A1")
		r.add(hold.ClaimBooked, bk1, "A1", "A2")
		require.Equal(t, map[string]int{hold.RepairConfirm: 2}, repair().Seats)
		require.Equal(t, []hold.Marker{{Seat: "A1", Booking: bk1}, {Seat: "A2", Booking: bk1}}, h.snapshot(t).Booked)
		require.Empty(t, h.snapshot(t).Locks, "the hold that stood there had to go")
	})

	t.Run("a_marker_of_another_booking_is_overwritten", func(t *testing.T) {
		t.Parallel()
		h, r, repair := entropy(t)
		h.sell(t, bk2, "A1")
		r.add(hold.ClaimBooked, bk1, "A1")
		require.Equal(t, 1, repair().Seats[hold.RepairConfirm])
		require.Equal(t, []hold.Marker{{Seat: "A1", Booking: bk1}}, h.snapshot(t).Booked)
	})

	t.Run("an_open_booking_gets_its_locks_back", func(t *testing.T) {
		t.Parallel()
		h, r, repair := entropy(t)
		h.lock(t, ada, tab1, "A1")
		r.add(hold.ClaimOpen, bk1, "A1", "A2")
		require.Equal(t, 2, repair().Seats[hold.RepairRenew])
		for _, l := range h.snapshot(t).Locks {
			require.Equal(t, bk1, l.Booking)
			require.Equal(t, opening().Add(11*time.Minute), l.Deadline)
		}
	})

	t.Run("a_claim_that_is_not_sealed_is_left_alone", func(t *testing.T) {
		t.Parallel()
		h, r, repair := entropy(t)
		h.lock(t, ada, tab1, "A1")
		r.add(hold.ClaimYoung, bk1, "A1")
		require.Empty(t, repair().Seats)
		require.Len(t, r.claims, 1)
	})

	t.Run("locks_of_an_ended_booking_are_freed", func(t *testing.T) {
		t.Parallel()
		h, _, repair := entropy(t)
		h.durable(t, ada, tab1, bk1, "A1", "A2")
		h.lock(t, bob, tab1, "B1")
		require.Equal(t, map[string]int{hold.RepairLock: 2}, repair().Seats)
		require.Len(t, h.snapshot(t).Locks, 1)
	})

	t.Run("a_marker_without_a_claim_goes_last", func(t *testing.T) {
		t.Parallel()
		h, _, repair := entropy(t)
		h.sell(t, bk1, "A1", "A2")
		require.Equal(t, map[string]int{hold.RepairMarker: 2}, repair().Seats)
		require.Empty(t, h.snapshot(t).Booked)
	})

	t.Run("late_claims_of_ended_bookings_are_dropped", func(t *testing.T) {
		t.Parallel()
		_, r, repair := entropy(t)
		r.add(hold.ClaimEnded, bk1, "A1", "A2")
		r.add(hold.ClaimBooked, bk2, "A3")
		require.Equal(t, map[string]int{hold.RepairClaim: 2, hold.RepairConfirm: 1}, repair().Seats)
		require.Len(t, r.claims, 1)
	})

	t.Run("a_showtime_the_engine_does_not_know_is_not_hydrated", func(t *testing.T) {
		t.Parallel()
		h, r, repair := entropy(t)
		h.engine.Lose()
		reads := h.source.reads
		r.add(hold.ClaimEnded, bk1, "A1")
		r.add(hold.ClaimBooked, bk2, "A2")
		require.Equal(t, map[string]int{hold.RepairClaim: 1}, repair().Seats)
		require.Equal(t, reads, h.source.reads)
	})

	t.Run("an_old_backup_does_not_free_the_hall", func(t *testing.T) {
		t.Parallel()
		h, r, repair := entropy(t)
		for i, seat := range h.detail.Layout.Seats()[:30] {
			h.sell(t, ident.Booking(fmt.Sprintf("bk_%d", i)), seat)
		}
		r.add(hold.ClaimBooked, bk1, "E1")
		report := repair()
		require.Equal(t, 30, report.Stopped)
		require.Equal(t, map[string]int{hold.RepairConfirm: 1}, report.Seats, "what frees nothing is still done")
		require.Len(t, h.snapshot(t).Booked, 31)
		h.detail.Showtime.Status = catalog.Cancelled
		require.Equal(t, 30, repair().Seats[hold.RepairMarker], "a cancelled showtime is emptied")
	})

	t.Run("it_counts_by_kind", func(t *testing.T) {
		t.Parallel()
		h, r := setup(t), &register{}
		h.snapshot(t)
		w := hold.NewAntiEntropy(h.keeper, h.programme, r, h.clock, h.log)
		r.add(hold.ClaimBooked, bk1, "A1", "A2")
		for range 2 {
			_, err := w.Repair(t.Context(), show)
			require.NoError(t, err)
		}
		require.Equal(t, map[string]int{hold.RepairConfirm: 2}, w.Counts())
	})
}

func TestAntiEntropy_Run(t *testing.T) {
	t.Parallel()
	h, r := setup(t), &register{}
	r.add(hold.ClaimBooked, bk1, "A1")
	h.snapshot(t)
	ticks := &ticker{Fake: h.clock, asked: make(chan struct{}, 64)}
	w := hold.NewAntiEntropy(h.keeper, h.programme, r, ticks, h.log)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- w.Run(ctx, func(context.Context) ([]ident.Showtime, error) { return []ident.Showtime{show}, nil })
	}()
	<-ticks.asked
	require.Equal(t, map[string]int{hold.RepairConfirm: 1}, w.Counts(), "what is on sale is looked at from the start")
	cancel()
	require.NoError(t, <-done)
}
