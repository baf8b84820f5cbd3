package holdtest

import (
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

func extendTests() []test {
	return []test{
		{"more_adds_to_the_earliest_deadline", extendMore},
		{"more_twice_adds_twice", extendMoreTwice},
		{"without_a_list_means_every_seat_of_the_hold", extendWholeHold},
		{"a_later_deadline_is_kept", extendKeepsLater},
		{"more_stops_at_the_longest_life_and_then_refuses", extendMoreLimit},
		{"strict_counts_from_now", extendStrict},
		{"strict_is_capped_but_not_refused_while_the_hold_lives", extendStrictCapped},
		{"refuses_with_a_reason_for_each_seat_and_writes_nothing", extendRefused},
		{"refuses_a_hold_that_is_over", extendOver},
		{"refuses_an_empty_hold", extendNothing},
	}
}

func extendMore(s *stage) {
	first := s.lock(ada, tab1, "A1", "A2")
	s.pass(s.unit)
	a := s.extend(hold.ExtendMore, 2*s.unit, ada, tab1)
	require.Equal(s.t, first.Deadline.Add(2*s.unit), a.Deadline)
	require.Equal(s.t, first.Limit, a.Limit)
	require.Equal(s.t, []ident.Seat{"A1", "A2"}, a.Changed)
	events := s.since(first.Position)
	require.Len(s.t, events, 1)
	require.Equal(s.t, hold.SeatLocked, events[0].Type)
	require.Equal(s.t, a.Deadline, events[0].Deadline)
	require.Equal(s.t, a.Deadline, s.lockOf("A2").Deadline)
}

func extendMoreTwice(s *stage) {
	first := s.lock(ada, tab1, "A1")
	s.extend(hold.ExtendMore, 2*s.unit, ada, tab1)
	require.Equal(s.t, first.Deadline.Add(4*s.unit), s.extend(hold.ExtendMore, 2*s.unit, ada, tab1).Deadline)
}

func extendWholeHold(s *stage) {
	s.lock(ada, tab1, "A1", "B7")
	s.lock(ada, tab2, "C1")
	other := s.lockOf("C1")
	a := s.extend(hold.ExtendMore, 2*s.unit, ada, tab1)
	require.ElementsMatch(s.t, []ident.Seat{"A1", "B7"}, a.Changed)
	require.Equal(s.t, other, s.lockOf("C1"), "another tab's hold is another hold")
}

func extendKeepsLater(s *stage) {
	early := s.lock(ada, tab1, "A1")
	late := s.extend(hold.ExtendMore, 3*s.unit, ada, tab1, "A1").Deadline
	s.pass(s.unit)
	s.lock(ada, tab1, "A2")
	a := s.extend(hold.ExtendMore, s.unit, ada, tab1)
	require.Equal(s.t, []ident.Seat{"A2"}, a.Changed)
	require.Equal(s.t, late, s.lockOf("A1").Deadline)
	require.Equal(s.t, a.Deadline, s.lockOf("A2").Deadline)
	require.True(s.t, a.Deadline.Before(late))
	require.Equal(s.t, early.Limit, a.Limit, "the oldest seat limits the hold")
}

func extendMoreLimit(s *stage) {
	first := s.lock(ada, tab1, "A1", "A2")
	for range 10 {
		s.extend(hold.ExtendMore, 2*s.unit, ada, tab1)
	}
	require.Equal(s.t, first.Limit, s.lockOf("A1").Deadline)
	before := s.snapshot()
	_, err := s.tryExtend(hold.ExtendMore, 2*s.unit, ada, tab1)
	refusal := as[*hold.HoldLimitError](s, err)
	require.Equal(s.t, []ident.Seat{"A1", "A2"}, refusal.Seats)
	s.unchanged(before)
}

func extendStrict(s *stage) {
	first := s.lock(ada, tab1, "A1")
	s.pass(4 * s.unit)
	a := s.extend(hold.ExtendStrict, 6*s.unit, ada, tab1, "A1")
	require.Equal(s.t, a.Now.Add(6*s.unit), a.Deadline)
	require.Equal(s.t, first.Limit, a.Limit)
	again := s.extend(hold.ExtendStrict, s.unit, ada, tab1, "A1")
	require.Empty(s.t, again.Changed, "strict never shortens")
	require.Equal(s.t, a.Deadline, again.Deadline)
}

func extendStrictCapped(s *stage) {
	limit := nearLimit(s)
	a := s.extend(hold.ExtendStrict, 10*s.unit, ada, tab1, "A1")
	require.Empty(s.t, a.Changed)
	require.Equal(s.t, limit, a.Deadline)
	require.Equal(s.t, limit, a.Limit)
}

func extendRefused(s *stage) {
	s.lock(ada, tab1, "A1")
	s.lock(ada, tab2, "A2")
	s.lock(bob, tab1, "A3")
	s.confirm(cyd, tab1, bk1, "A5")
	for _, mode := range []hold.ExtendMode{hold.ExtendMore, hold.ExtendStrict} {
		before := s.snapshot()
		a, err := s.tryExtend(mode, 2*s.unit, ada, tab1, "A1", "A2", "A3", "A4", "A5")
		refusal := as[*hold.RefusedError](s, err)
		require.Equal(s.t, before.Position, a.Position, "a refusal tells where it was decided")
		require.Equal(s.t, []hold.SeatReason{
			{Seat: "A2", Reason: hold.NotOwner},
			{Seat: "A3", Reason: hold.NotOwner},
			{Seat: "A4", Reason: hold.MissingLock},
			{Seat: "A5", Reason: hold.Booked},
		}, refusal.Seats)
		s.unchanged(before)
	}
}

func extendOver(s *stage) {
	s.lock(ada, tab1, "A1")
	s.pass(s.ttl())
	_, err := s.tryExtend(hold.ExtendStrict, 2*s.unit, ada, tab1, "A1")
	refusal := as[*hold.RefusedError](s, err)
	require.Equal(s.t, []hold.SeatReason{{Seat: "A1", Reason: hold.MissingLock}}, refusal.Seats)
}

func extendNothing(s *stage) {
	s.lock(bob, tab1, "A1")
	_, err := s.tryExtend(hold.ExtendMore, 2*s.unit, ada, tab1)
	require.ErrorAs(s.t, err, new(*hold.RefusedError))
}

func durableTests() []test {
	return []test{
		{"counts_from_now_without_a_cap_and_reserves", durableUncapped},
		{"lives_at_least_a_minute", durableMinimum},
		{"never_shortens", durableKeepsLater},
		{"makes_a_missing_lock_again", durableRecreates},
		{"evicts_foreign_holds_and_names_them", durableEvicts},
		{"evicts_another_tab_of_the_owner", durableEvictsTab},
		{"leaves_a_sold_seat_alone_and_names_its_booking", durableLeavesMarker},
		{"ends_by_timeout_like_any_hold", durableTimesOut},
	}
}

func durableUncapped(s *stage) {
	nearLimit(s)
	a := s.durable(40*time.Minute, ada, tab1, bk1, "A1")
	require.Equal(s.t, a.Now.Add(40*time.Minute), a.Deadline)
	require.Zero(s.t, a.Limit)
	require.Equal(s.t, []ident.Seat{"A1"}, a.Changed)
	require.Equal(s.t, hold.Lock{Seat: "A1", Owner: ada, Request: tab1, Deadline: a.Deadline, Booking: bk1}, s.lockOf("A1"))
}

func durableMinimum(s *stage) {
	a := s.durable(time.Second, ada, tab1, bk1, "A1")
	require.Equal(s.t, a.Now.Add(time.Minute), a.Deadline)
}

func durableKeepsLater(s *stage) {
	late := s.durable(10*time.Minute, ada, tab1, bk1, "A1", "A2")
	a := s.durable(2*time.Minute, ada, tab1, bk1, "A1", "A2")
	require.Empty(s.t, a.Changed)
	require.Equal(s.t, late.Deadline, a.Deadline)
	require.Equal(s.t, late.Position, a.Position)
}

func durableRecreates(s *stage) {
	s.lock(ada, tab1, "A1", "A2")
	s.pass(s.ttl())
	s.sweep(false)
	a := s.durable(2*time.Minute, ada, tab1, bk1, "A1", "A2")
	require.Equal(s.t, []ident.Seat{"A1", "A2"}, a.Changed)
	require.Empty(s.t, a.Evicted)
	require.Equal(s.t, bk1, s.lockOf("A2").Booking)
	_, err := s.tryLock(ada, tab2, s.room.Seats[30:37]...)
	require.ErrorAs(s.t, err, new(*hold.SeatLimitError))
}

func durableEvicts(s *stage) {
	s.lock(bob, tab2, "A1", "B1")
	before := s.snapshot().Position
	a := s.durable(2*time.Minute, ada, tab1, bk1, "A1", "A2")
	require.Equal(s.t, []hold.Eviction{{Seat: "A1", Owner: bob, Request: tab2}}, a.Evicted)
	require.Equal(s.t, []ident.Seat{"A1", "A2"}, a.Changed)
	events := s.since(before)
	require.Len(s.t, events, 1)
	require.Equal(s.t, hold.SeatLocked, events[0].Type)
	require.Equal(s.t, a.Evicted, events[0].Evicted)
	require.Equal(s.t, ada, s.lockOf("A1").Owner)
	require.Equal(s.t, bob, s.lockOf("B1").Owner)
	require.Equal(s.t, 2, s.lock(bob, tab2, "B1", "B2").Owned, "an evicted seat counts no more")
}

func durableEvictsTab(s *stage) {
	s.lock(ada, tab2, "A1")
	a := s.durable(2*time.Minute, ada, tab1, bk1, "A1")
	require.Equal(s.t, []hold.Eviction{{Seat: "A1", Owner: ada, Request: tab2}}, a.Evicted)
	require.Equal(s.t, tab1, s.lockOf("A1").Request)
	require.Equal(s.t, 2, s.lock(ada, tab2, "A2").Owned)
}

func durableLeavesMarker(s *stage) {
	s.confirm(bob, tab1, bk2, "A1")
	a := s.durable(2*time.Minute, ada, tab1, bk1, "A1", "A2")
	require.Equal(s.t, []hold.SeatReason{{Seat: "A1", Reason: hold.Booked, Booking: bk2}}, a.Left)
	require.Equal(s.t, []ident.Seat{"A2"}, a.Changed)
	_, held := s.held("A1")
	require.False(s.t, held, "never a lock beside a marker")
	require.Equal(s.t, bk2, s.soldTo("A1"))
}

func durableTimesOut(s *stage) {
	s.needsMinutes()
	s.durable(2*time.Minute, ada, tab1, bk1, "A1")
	s.pass(2 * time.Minute)
	require.Equal(s.t, 1, s.sweep(false).Swept)
	require.Equal(s.t, []ident.Seat{"A1"}, s.lock(bob, tab1, "A1").Changed)
}
