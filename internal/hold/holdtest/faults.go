package holdtest

import (
	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// faultTests are the known ways in which seat locking goes wrong elsewhere, each a promise here.
func faultTests() []test {
	return []test{
		{"a_sold_seat_cannot_be_held", faultSoldHeld},
		{"a_change_and_its_event_are_one_act", faultEventWithChange},
		{"nobody_paints_anothers_seats_free", faultPaintFree},
		{"the_end_of_a_hold_is_told_exactly_once", faultTimeoutOnce},
		{"a_relock_by_another_tab_is_told_to_the_first", faultOtherTab},
		{"a_relock_never_refreshes_the_life_for_ever", faultEternal},
		{"a_seat_outside_the_grammar_or_a_list_without_bound_is_refused", faultUnchecked},
		{"events_say_whose_they_are_to_the_edge_alone", faultOwner},
	}
}

func faultSoldHeld(s *stage) {
	s.lock(ada, tab1, "A1")
	s.confirm(ada, tab1, bk1, "A1")
	for _, who := range []ident.User{ada, bob} {
		require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Booked}, seatsOf(s.conflict(who, tab2, "A1")))
	}
}

func faultEventWithChange(s *stage) {
	a := s.lock(ada, tab1, "A1")
	require.Equal(s.t, a.Position, s.since(s.from.Position)[0].Position, "the event is there when the answer is")
	s.pass(s.ttl())
	swept := s.sweep(false)
	require.Equal(s.t, swept.Position, s.since(a.Position)[0].Position)
}

func faultPaintFree(s *stage) {
	s.lock(ada, tab1, "A1", "A2")
	before := s.snapshot()
	a := s.release(bob, tab1, "A1", "A2", "A3")
	require.Empty(s.t, a.Changed)
	require.Len(s.t, a.Left, 3)
	a = s.release(bob, "", "A1", "A2", "A3")
	require.Empty(s.t, a.Changed)
	s.unchanged(before)
}

func faultTimeoutOnce(s *stage) {
	before := s.lock(ada, tab1, "A1", "A2").Position
	s.pass(s.ttl())
	s.sweep(false)
	s.release(ada, tab1, "A1")
	s.sweep(false)
	events := s.since(before)
	require.Len(s.t, events, 1)
	require.Equal(s.t, hold.SeatTimeout, events[0].Type)
	require.ElementsMatch(s.t, []ident.Seat{"A1", "A2"}, events[0].Seats)
}

func faultOtherTab(s *stage) {
	s.lock(ada, tab1, "A1", "A2")
	s.lock(ada, tab2, "A1", "A2")
	_, err := s.tryExtend(hold.ExtendStrict, 2*s.unit, ada, tab1, "A1", "A2")
	refusal := as[*hold.RefusedError](s, err)
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.NotOwner, "A2": hold.NotOwner}, seatsOf(refusal.Seats))
	s.extend(hold.ExtendStrict, 2*s.unit, ada, tab2, "A1", "A2")
}

func faultEternal(s *stage) {
	first := s.lock(ada, tab1, "A1")
	deadline := first.Deadline
	for i := range 200 {
		request := []ident.Request{tab1, tab2}[i%2]
		s.pass(s.unit / 2)
		a, err := s.tryLock(ada, request, "A1")
		if err != nil {
			require.ErrorAs(s.t, err, new(*hold.HoldLimitError))
			break
		}
		deadline = a.Deadline
	}
	require.False(s.t, deadline.After(first.Limit))
}

func faultUnchecked(s *stage) {
	for _, seat := range []ident.Seat{"", "A", "1", "A1234", "ABCD1", "A1:B", "A1|x", "a1", "*"} {
		_, err := s.tryLock(ada, tab1, seat)
		require.ErrorIs(s.t, err, hold.ErrBadIdent, string(seat))
	}
	_, err := s.tryLock(ada, tab1, s.room.Seats...)
	require.ErrorAs(s.t, err, new(*hold.SeatLimitError))
	require.Empty(s.t, s.snapshot().Locks)
}

func faultOwner(s *stage) {
	s.lock(ada, tab1, "A1")
	e := s.since(s.from.Position)[0]
	require.Equal(s.t, ada, e.Owner)
	require.Equal(s.t, tab1, e.Request)
}
