package hold_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/money"
)

func TestService_Lock(t *testing.T) {
	t.Parallel()

	t.Run("answers_the_whole_hold", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		r := h.lock(t, ada, tab1, "C4", "C5")
		require.Equal(t, []ident.Seat{"C4", "C5"}, r.Seats)
		require.Equal(t, tab1, r.Request)
		require.Equal(t, 5*time.Minute, r.TTL)
		require.Equal(t, 5*time.Minute, r.Deadline.Sub(r.Now))
		require.Equal(t, 10, r.ExtensionsLeft)
		require.Equal(t, money.Of(2500, "GBP"), r.Quote.Total)
		require.Len(t, r.Quote.Lines, 2)
		require.Empty(t, r.Warnings)
		more := h.lock(t, ada, tab1, "C6")
		require.Equal(t, []ident.Seat{"C6", "C4", "C5"}, more.Seats, "seats left out still belong to the hold")
		require.Equal(t, money.Of(3750, "GBP"), more.Quote.Total)
	})

	t.Run("refuses_in_the_order_of_the_contract", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		_, err := h.service.Lock(t.Context(), hold.Caller{User: ada}, "st_none", tab1, []ident.Seat{"Z9"})
		require.Equal(t, "showtime_not_found", fault.CodeOf(err))
		h.detail.Showtime.OnSaleAt = opening().Add(time.Hour)
		for _, seats := range [][]ident.Seat{nil, {"A1", "A1"}, h.detail.Layout.Seats()[:9]} {
			require.Equal(t, fault.Invalid, h.refuse(t, "invalid_seat_ids", ada, tab1, seats...).Kind)
		}
		f := h.refuse(t, "invalid_seat_ids", ada, tab1, "A1", "Z9", "Z8")
		require.Equal(t, []ident.Seat{"Z9", "Z8"}, f.Extra["seat_ids"])
		h.refuses(t, "not_on_sale", ada, tab1, "E1")
		h.detail.Showtime.OnSaleAt, h.detail.Showtime.SalesCloseAt = opening().Add(-2*time.Hour), opening().Add(-time.Hour)
		h.refuses(t, "sales_closed", ada, tab1, "E1")
	})

	t.Run("a_cancelled_showtime_is_closed", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.detail.Showtime.Status = catalog.Cancelled
		h.refuses(t, "sales_closed", ada, tab1, "A1")
	})

	t.Run("a_showtime_may_have_a_smaller_cap", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.detail.Showtime.MaxSeats = 2
		h.refuses(t, "invalid_seat_ids", ada, tab1, "A1", "A2", "A3")
		h.lock(t, ada, tab1, "A1", "A2")
		f := h.refuse(t, "seat_limit_exceeded", ada, tab2, "A3")
		require.Equal(t, 2, f.Extra["limit"])
		require.Equal(t, 2, f.Extra["held"])
	})

	t.Run("lists_all_conflicts_with_alternatives", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, bob, tab1, "A8")
		h.sell(t, bk1, "A9")
		f := h.refuse(t, "seats_unavailable", ada, tab1, "A7", "A8", "A9")
		require.Equal(t, fault.Conflict, f.Kind)
		require.Equal(t, []ident.Seat{"A8", "A9"}, f.Extra["conflicted"])
		require.Equal(t, map[string]string{"A8": "held", "A9": "booked"}, f.Extra["reasons"])
		offers, ok := f.Extra["alternatives"].([]map[string]any)
		require.True(t, ok)
		require.Len(t, offers, 3)
		for _, o := range offers {
			seats, ok := o["seat_ids"].([]ident.Seat)
			require.True(t, ok)
			require.Len(t, seats, 3)
			require.NotContains(t, seats, ident.Seat("A8"))
			require.NotContains(t, seats, ident.Seat("A9"))
			require.NotContains(t, seats, ident.Seat("A10"))
			require.Equal(t, map[string]any{"amount": int64(3750), "currency": "GBP"}, o["total"])
		}
	})

	t.Run("blocked_seats_conflict_together_with_the_others", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, bob, tab1, "A9")
		f := h.refuse(t, "seats_unavailable", ada, tab1, "A8", "A9", "A10")
		require.Equal(t, []ident.Seat{"A9", "A10"}, f.Extra["conflicted"])
		require.Equal(t, map[string]string{"A9": "held", "A10": "blocked"}, f.Extra["reasons"])
	})

	t.Run("seats_of_an_open_booking", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, ada, tab1, "A1")
		h.durable(t, ada, tab1, bk1, "A1")
		f := h.refuse(t, "booking_open", ada, tab2, "A1", "A2")
		require.Equal(t, []ident.Seat{"A1"}, f.Extra["conflicted"])
		h.lock(t, bob, tab1, "A2")
		f = h.refuse(t, "seats_unavailable", ada, tab2, "A1", "A2")
		require.Equal(t, map[string]string{"A1": "reserved", "A2": "held"}, f.Extra["reasons"])
	})

	t.Run("love_seats_and_companions_go_together", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		f := h.refuse(t, "seat_rule", ada, tab1, "E1", "D2", "A1")
		require.Equal(t, []map[string]any{
			{"rule": "couple", "seat_ids": []ident.Seat{"E1", "E2"}}, {"rule": "companion", "seat_ids": []ident.Seat{"D2", "D1"}},
		}, f.Extra["rules"])
		h.lock(t, ada, tab1, "E1", "E2", "D1", "D2")
	})

	t.Run("a_hold_at_its_longest_life_is_refused", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, ada, tab1, "A1")
		for range 10 {
			_, err := h.service.Extend(t.Context(), hold.Caller{User: ada}, show, tab1, "")
			require.NoError(t, err)
		}
		h.clock.Advance(25 * time.Minute)
		_, err := h.keeper.Sweep(t.Context(), hold.SweepRequest{Room: hold.RoomOf(h.detail)})
		require.NoError(t, err)
		f := h.refuse(t, "hold_limit_reached", ada, tab2, "A1", "A2")
		require.Equal(t, []ident.Seat{"A1"}, f.Extra["seat_ids"])
	})
}

func TestService_Orphans(t *testing.T) {
	t.Parallel()

	t.Run("a_single_seat_left_over_is_a_warning_with_a_shift", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		r := h.lock(t, ada, tab1, "B2", "B3")
		require.Len(t, r.Warnings, 1)
		require.Equal(t, "orphan", r.Warnings[0].Rule)
		require.Equal(t, []ident.Seat{"B1"}, r.Warnings[0].Seats)
		require.Equal(t, []ident.Seat{"B1", "B2"}, r.Warnings[0].Shift)
	})

	t.Run("strict_houses_refuse_it", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.detail.Cinema.Policy.Orphan = catalog.OrphanStrict
		f := h.refuse(t, "seat_rule", ada, tab1, "B2", "B3")
		require.Equal(t, []map[string]any{{"rule": "orphan", "seat_ids": []ident.Seat{"B1"}}}, f.Extra["rules"])
		h.lock(t, ada, tab1, "B1", "B2")
		h.lock(t, ada, tab1, "B1", "B2")
		h.lock(t, bob, tab1, "B3")
	})

	t.Run("nobody_minds_near_the_start_or_where_it_is_off", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.detail.Cinema.Policy.Orphan = catalog.OrphanOff
		require.Empty(t, h.lock(t, ada, tab1, "B2", "B3").Warnings)
		h.detail.Cinema.Policy.Orphan = catalog.OrphanStrict
		h.clock.Advance(3*time.Hour + time.Minute)
		require.Empty(t, h.lock(t, ada, tab1, "C2", "C3").Warnings)
	})
}

func TestService_Extend(t *testing.T) {
	t.Parallel()

	t.Run("prolongs_every_seat_of_the_hold", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		first := h.lock(t, ada, tab1, "A1", "A2")
		r, err := h.service.Extend(t.Context(), hold.Caller{User: ada}, show, tab1, first.Epoch)
		require.NoError(t, err)
		require.Equal(t, []ident.Seat{"A1", "A2"}, r.Seats)
		require.Equal(t, first.Deadline.Add(2*time.Minute), r.Deadline)
		require.Equal(t, 9, r.ExtensionsLeft)
		require.Equal(t, money.Of(2500, "GBP"), r.Quote.Total)
	})

	t.Run("ten_times_and_no_more", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, ada, tab1, "A1")
		for left := 9; left >= 0; left-- {
			r, err := h.service.Extend(t.Context(), hold.Caller{User: ada}, show, tab1, "")
			require.NoError(t, err)
			require.Equal(t, left, r.ExtensionsLeft)
		}
		_, err := h.service.Extend(t.Context(), hold.Caller{User: ada}, show, tab1, "")
		require.Equal(t, "hold_limit_reached", fault.CodeOf(err))
	})

	t.Run("says_what_became_of_the_hold", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		first := h.lock(t, ada, tab1, "A1")
		extend := func(who ident.User, request ident.Request, epoch string) *fault.Fault {
			_, err := h.service.Extend(t.Context(), hold.Caller{User: who}, show, request, epoch)
			return faultOf(t, err)
		}
		require.Equal(t, "not_owner", extend(ada, tab2, first.Epoch).Code)
		require.Equal(t, "hold_expired", extend(bob, tab1, first.Epoch).Code)
		h.clock.Advance(5 * time.Minute)
		f := extend(ada, tab1, first.Epoch)
		require.Equal(t, "hold_expired", f.Code)
		require.Equal(t, "missing_lock", f.Extra["reason"])
		h.engine.Lose()
		require.Equal(t, "hold_lost", extend(ada, tab1, first.Epoch).Code)
		require.Equal(t, "hold_expired", extend(ada, tab1, "").Code)
	})

	t.Run("a_hold_made_again_after_a_loss_is_good", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		first := h.lock(t, ada, tab1, "A1")
		h.engine.Lose()
		h.lock(t, ada, tab1, "A1")
		_, err := h.service.Extend(t.Context(), hold.Caller{User: ada}, show, tab1, first.Epoch)
		require.NoError(t, err)
	})
}

func TestService_Release(t *testing.T) {
	t.Parallel()

	t.Run("frees_the_callers_own_and_says_why_not_the_rest", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, ada, tab1, "A1", "A2")
		h.lock(t, bob, tab1, "A3")
		r, err := h.service.Release(t.Context(), hold.Caller{User: ada}, show, tab1, []ident.Seat{"A1", "A3", "A4"})
		require.NoError(t, err)
		require.Equal(t, []ident.Seat{"A1"}, r.Released)
		require.Equal(t, map[ident.Seat]hold.Reason{"A3": hold.NotOwner, "A4": hold.Missing}, r.NotReleased)
	})

	t.Run("of_nothing_owned_is_no_error", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		r, err := h.service.Release(t.Context(), hold.Caller{User: ada}, show, "", []ident.Seat{"A1"})
		require.NoError(t, err)
		require.Empty(t, r.Released)
	})

	t.Run("of_an_open_booking_is_refused", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, ada, tab1, "A1", "A2")
		h.durable(t, ada, tab1, bk1, "A1")
		_, err := h.service.Release(t.Context(), hold.Caller{User: ada}, show, "", []ident.Seat{"A1"})
		require.Equal(t, "booking_open", fault.CodeOf(err))
		r, err := h.service.Release(t.Context(), hold.Caller{User: ada}, show, "", []ident.Seat{"A1", "A2"})
		require.NoError(t, err)
		require.Equal(t, []ident.Seat{"A2"}, r.Released)
		require.Equal(t, map[ident.Seat]hold.Reason{"A1": hold.Reserved}, r.NotReleased)
	})

	t.Run("works_after_sales_closed", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, ada, tab1, "A1")
		h.detail.Showtime.SalesCloseAt = opening().Add(-time.Minute)
		r, err := h.service.Release(t.Context(), hold.Caller{User: ada}, show, "", []ident.Seat{"A1"})
		require.NoError(t, err)
		require.Equal(t, []ident.Seat{"A1"}, r.Released)
	})
}

func TestService_MergedGuest(t *testing.T) {
	t.Parallel()
	account := hold.Caller{User: ada, Merged: []ident.User{guest}}

	t.Run("holds_come_over_with_their_requests", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		first := h.lock(t, guest, tab1, "A1", "A2")
		h.lock(t, guest, tab2, "B1")
		st, err := h.service.State(t.Context(), account, show)
		require.NoError(t, err)
		requests := make(map[ident.Seat]ident.Request)
		for _, l := range st.Locks {
			require.True(t, l.Mine)
			requests[l.Seat] = l.Request
		}
		require.Equal(t, map[ident.Seat]ident.Request{"A1": tab1, "A2": tab1, "B1": tab2}, requests)
		for _, l := range h.snapshot(t).Locks {
			require.Equal(t, ada, l.Owner)
		}
		r, err := h.service.Extend(t.Context(), account, show, tab1, first.Epoch)
		require.NoError(t, err)
		require.Equal(t, first.Deadline.Add(2*time.Minute), r.Deadline)
	})

	t.Run("seats_of_its_open_booking_stay_and_count_as_mine", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, guest, tab1, "A1")
		h.durable(t, guest, tab1, bk1, "A1")
		st, err := h.service.State(t.Context(), account, show)
		require.NoError(t, err)
		require.True(t, st.Locks[0].Mine)
		require.Equal(t, guest, h.snapshot(t).Locks[0].Owner)
		_, err = h.service.Lock(t.Context(), account, show, tab2, []ident.Seat{"A1"})
		require.Equal(t, "booking_open", fault.CodeOf(err))
		_, err = h.service.Release(t.Context(), account, show, "", []ident.Seat{"A1"})
		require.Equal(t, "booking_open", fault.CodeOf(err))
	})

	t.Run("what_exceeds_the_cap_is_released", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.lock(t, guest, tab1, "A1", "A2", "A3", "A4", "A5")
		h.lock(t, ada, tab2, "B1", "B2", "B3", "B4", "B5")
		_, err := h.service.State(t.Context(), account, show)
		require.NoError(t, err)
		require.Len(t, h.snapshot(t).Locks, 8)
	})
}

func TestService_State(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.lock(t, ada, tab1, "A1")
	h.lock(t, bob, tab2, "A2")
	h.sell(t, bk1, "C1", "C2")
	h.clock.Advance(time.Minute)
	st, err := h.service.State(t.Context(), hold.Caller{User: ada}, show)
	require.NoError(t, err)
	require.Equal(t, h.snapshot(t).Position, st.Position)
	require.Equal(t, []hold.LockState{{Seat: "A1", Mine: true, Request: tab1, Expires: 4 * time.Minute}, {Seat: "A2"}}, st.Locks)
	require.Equal(t, []ident.Seat{"C1", "C2"}, st.Booked)
	require.Equal(t, []ident.Seat{"A10"}, st.Blocked)

	st, err = h.service.State(t.Context(), hold.Caller{}, show)
	require.NoError(t, err)
	require.Equal(t, []hold.LockState{{Seat: "A1"}, {Seat: "A2"}}, st.Locks, "a viewer without a session owns nothing")
}

func TestService_Availability(t *testing.T) {
	t.Parallel()
	h := setup(t)
	count := func() hold.Availability {
		a, err := h.service.Availability(t.Context(), h.detail)
		require.NoError(t, err)
		return a
	}
	require.Equal(t, hold.Availability{Capacity: 49, Free: 49, AccessibleFree: 1}, count())
	h.lock(t, ada, tab1, "D1", "D2", "A1")
	h.sell(t, bk1, "C1")
	require.Equal(t, hold.Availability{Capacity: 49, Free: 45, AccessibleFree: 0}, count())
	h.engine.Lose()
	h.clock.Advance(250 * time.Millisecond)
	require.Equal(t, hold.Availability{Capacity: 49, Free: 49, AccessibleFree: 1}, count(), "a lost engine is hydrated again")
}
