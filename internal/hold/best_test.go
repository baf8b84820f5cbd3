package hold_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/ident"
)

func TestService_Best(t *testing.T) {
	t.Parallel()

	t.Run("chooses_and_holds", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		r, err := h.service.Best(t.Context(), hold.Caller{User: ada}, show, hold.BestRequest{Count: 3, Request: tab1})
		require.NoError(t, err)
		require.Len(t, r.Seats, 3)
		require.Len(t, h.snapshot(t).Locks, 3)
		require.Len(t, r.Quote.Lines, 3)
	})

	t.Run("the_same_request_again_gives_the_same_seats", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		q := hold.BestRequest{Count: 2, Request: tab1}
		first, err := h.service.Best(t.Context(), hold.Caller{User: ada}, show, q)
		require.NoError(t, err)
		h.clock.Advance(1000)
		again, err := h.service.Best(t.Context(), hold.Caller{User: ada}, show, q)
		require.NoError(t, err)
		require.Equal(t, first.Seats, again.Seats)
		require.Equal(t, first.Deadline, again.Deadline)
		q.Count = 4
		again, err = h.service.Best(t.Context(), hold.Caller{User: ada}, show, q)
		require.NoError(t, err)
		require.Equal(t, first.Seats, again.Seats)
	})

	t.Run("an_accessible_place_with_company", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		r, err := h.service.Best(t.Context(), hold.Caller{User: ada}, show, hold.BestRequest{Count: 2, Accessible: true, Request: tab1})
		require.NoError(t, err)
		require.Equal(t, []ident.Seat{"D1", "D2"}, r.Seats)
	})

	t.Run("says_when_there_are_none", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		h.sell(t, bk1, h.detail.Layout.Seats()...)
		_, err := h.service.Best(t.Context(), hold.Caller{User: ada}, show, hold.BestRequest{Count: 2, Request: tab1})
		require.Equal(t, "seats_unavailable", fault.CodeOf(err))
	})

	t.Run("counts_are_bounded", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		for _, n := range []int{-1, 0, 9} {
			_, err := h.service.Best(t.Context(), hold.Caller{User: ada}, show, hold.BestRequest{Count: n, Request: tab1})
			require.Equal(t, "invalid_seat_ids", fault.CodeOf(err))
		}
	})

	t.Run("many_at_once_all_get_seats", func(t *testing.T) {
		t.Parallel()
		h := setup(t)
		const callers = 14 // rows A to D have 37 ordinary seats, E ten more in pairs
		errs := make([]error, callers)
		seats := make([][]ident.Seat, callers)
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				r, err := h.service.Best(t.Context(), hold.Caller{User: ident.User(fmt.Sprintf("usr_%d", i))}, show, hold.BestRequest{Count: 3, Request: tab1})
				errs[i], seats[i] = err, r.Seats
			})
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
		seen := make(map[ident.Seat]bool)
		for _, list := range seats {
			for _, s := range list {
				require.False(t, seen[s], s)
				seen[s] = true
			}
		}
		require.Len(t, seen, 3*callers)
	})
}
