package hold_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

func TestKeeper_Owned(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.source.facts.Reserved = []hold.ReservedSeat{{Seat: "B1", Owner: ada, Request: tab2, Booking: bk1, For: 10 * time.Minute}}
	none, err := h.keeper.Owned(t.Context(), []ident.User{ada})
	require.NoError(t, err)
	require.Empty(t, none, "a showtime that nobody opened is left alone")
	h.lock(t, ada, tab1, "A1", "A2")
	h.lock(t, bob, tab1, "A3")
	h.lock(t, guest, tab1, "A4")

	held, err := h.keeper.Owned(t.Context(), []ident.User{ada, guest})
	require.NoError(t, err)
	seats := make(map[ident.Seat]ident.Booking)
	for _, v := range held {
		require.Equal(t, show, v.Showtime)
		require.NotEqual(t, bob, v.Owner)
		require.True(t, v.Deadline.After(opening()))
		seats[v.Seat] = v.Booking
	}
	require.Equal(t, map[ident.Seat]ident.Booking{"A1": "", "A2": "", "A4": "", "B1": bk1}, seats)

	for _, want := range []int{3, 0} {
		freed, err := h.keeper.ReleaseOwned(t.Context(), []ident.User{ada, guest})
		require.NoError(t, err)
		require.Equal(t, want, freed)
	}
	var left []ident.Seat
	for _, l := range h.snapshot(t).Locks {
		left = append(left, l.Seat)
	}
	require.ElementsMatch(t, []ident.Seat{"A3", "B1"}, left, "somebody else's, and a seat of an open booking")

	h.engine.Lose()
	held, err = h.keeper.Owned(t.Context(), []ident.User{ada})
	require.NoError(t, err)
	require.Empty(t, held)
}
