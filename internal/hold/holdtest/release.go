package holdtest

import (
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

func releaseTests() []test {
	return []test{
		{"frees_only_the_owners_seats_and_says_why_not_the_others", releaseOwn},
		{"is_idempotent", releaseTwice},
		{"names_only_what_changed", releaseEvent},
		{"of_any_request_tells_each_request_once", releaseAny},
		{"of_one_tab_cannot_free_what_another_took_over", releaseLate},
		{"never_frees_a_reserved_seat", releaseReserved},
		{"of_a_sold_seat_changes_nothing", releaseSold},
		{"with_no_seats_does_nothing", releaseNone},
	}
}

func releaseOwn(s *stage) {
	s.lock(ada, tab1, "A1", "A2")
	s.lock(bob, tab1, "A3")
	a := s.release(ada, tab1, "A1", "A3", "A4")
	require.Equal(s.t, []ident.Seat{"A1"}, a.Changed)
	require.Equal(s.t, []hold.SeatReason{{Seat: "A3", Reason: hold.NotOwner}, {Seat: "A4", Reason: hold.Missing}}, a.Left)
	require.Equal(s.t, bob, s.lockOf("A3").Owner)
	require.Equal(s.t, 2, s.lock(ada, tab1, "A2", "A5").Owned)
}

func releaseTwice(s *stage) {
	s.lock(ada, tab1, "A1")
	first := s.release(ada, tab1, "A1")
	again := s.release(ada, tab1, "A1")
	require.Empty(s.t, again.Changed)
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Missing}, seatsOf(again.Left))
	require.Equal(s.t, first.Position, again.Position)
}

func releaseEvent(s *stage) {
	s.lock(ada, tab1, "A1", "A2")
	s.lock(bob, tab1, "A3")
	before := s.snapshot().Position
	a := s.release(ada, tab1, "A1", "A2", "A3", "A4")
	events := s.since(before)
	require.Len(s.t, events, 1)
	require.Equal(s.t, hold.Event{
		Position: a.Position, Prev: before.Cursor, Type: hold.SeatReleased, Showtime: s.room.Showtime, Seats: []ident.Seat{"A1", "A2"},
		Owner: ada, Request: tab1, At: a.Now,
	}, events[0])
}

func releaseAny(s *stage) {
	s.lock(ada, tab1, "A1", "A2")
	s.lock(ada, tab2, "B1", "B2")
	before := s.snapshot().Position
	a := s.release(ada, "", "A1", "B1", "A2")
	require.Equal(s.t, []ident.Seat{"A1", "B1", "A2"}, a.Changed)
	told := make(map[ident.Request][]ident.Seat)
	for _, e := range s.since(before) {
		require.Equal(s.t, hold.SeatReleased, e.Type)
		told[e.Request] = append(told[e.Request], e.Seats...)
	}
	require.Equal(s.t, map[ident.Request][]ident.Seat{tab1: {"A1", "A2"}, tab2: {"B1"}}, told)
}

func releaseLate(s *stage) {
	s.lock(ada, tab1, "A1")
	s.lock(ada, tab2, "A1")
	a := s.release(ada, tab1, "A1")
	require.Empty(s.t, a.Changed)
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.NotOwner}, seatsOf(a.Left))
	require.Equal(s.t, tab2, s.lockOf("A1").Request)
}

func releaseReserved(s *stage) {
	s.lock(ada, tab1, "A1", "A2")
	s.durable(10*time.Minute, ada, tab1, bk1, "A1")
	a := s.release(ada, "", "A1", "A2")
	require.Equal(s.t, []ident.Seat{"A2"}, a.Changed)
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Reserved}, seatsOf(a.Left))
	s.lockOf("A1")
}

func releaseSold(s *stage) {
	s.lock(ada, tab1, "A1")
	s.confirm(ada, tab1, bk1, "A1")
	before := s.snapshot()
	a := s.release(ada, "", "A1")
	require.Empty(s.t, a.Changed)
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Missing}, seatsOf(a.Left))
	s.unchanged(before)
}

func releaseNone(s *stage) {
	s.lock(ada, tab1, "A1")
	before := s.snapshot()
	require.Empty(s.t, s.release(ada, tab1).Changed)
	s.unchanged(before)
}

func transferTests() []test {
	return []test{
		{"moves_every_seat_with_its_deadline", transferAll},
		{"moves_named_seats_and_lists_the_others", transferSome},
		{"keeps_the_first_moment", transferFirst},
		{"tells_each_deadline_once", transferDeadlines},
		{"leaves_reserved_seats_with_the_guest", transferReserved},
		{"releases_what_exceeds_the_cap", transferOverflow},
		{"counts_for_both_owners", transferCounts},
		{"to_oneself_changes_nothing", transferSelf},
		{"of_nothing_changes_nothing", transferNothing},
	}
}

func transferAll(s *stage) {
	first := s.lock(bob, tab1, "A1", "A2")
	s.lock(cyd, tab1, "A3")
	before := s.snapshot().Position
	a := s.transfer(bob, ada, tab2)
	require.ElementsMatch(s.t, []ident.Seat{"A1", "A2"}, a.Changed)
	require.Empty(s.t, a.Left)
	require.Equal(s.t, hold.Lock{Seat: "A1", Owner: ada, Request: tab2, Deadline: first.Deadline}, s.lockOf("A1"))
	require.Equal(s.t, cyd, s.lockOf("A3").Owner)
	events := s.since(before)
	require.Len(s.t, events, 1)
	require.Equal(s.t, hold.SeatLocked, events[0].Type)
	require.Equal(s.t, first.Deadline, events[0].Deadline)
}

func transferSome(s *stage) {
	s.lock(bob, tab1, "A1", "A2")
	s.lock(cyd, tab1, "A3")
	a := s.transfer(bob, ada, tab2, "A1", "A3", "A4")
	require.Equal(s.t, []ident.Seat{"A1"}, a.Changed)
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A3": hold.NotOwner, "A4": hold.Missing}, seatsOf(a.Left))
	require.Equal(s.t, bob, s.lockOf("A2").Owner)
}

func transferFirst(s *stage) {
	first := s.lock(bob, tab1, "A1")
	s.pass(s.unit)
	s.transfer(bob, ada, tab1)
	a := s.lock(ada, tab1, "A1")
	require.Empty(s.t, a.Changed, "the hold is the account's now")
	require.Equal(s.t, first.Limit, a.Limit)
}

func transferDeadlines(s *stage) {
	early := s.lock(bob, tab1, "A1", "A3")
	s.pass(s.unit)
	late := s.lock(bob, tab2, "A2")
	before := s.snapshot().Position
	s.transfer(bob, ada, tab1)
	told := make(map[int64][]ident.Seat)
	events := s.since(before)
	for _, e := range events {
		told[e.Deadline.UnixMilli()] = e.Seats
		require.Equal(s.t, ada, e.Owner)
		require.Equal(s.t, tab1, e.Request)
	}
	require.Len(s.t, events, 2)
	require.ElementsMatch(s.t, []ident.Seat{"A1", "A3"}, told[early.Deadline.UnixMilli()])
	require.Equal(s.t, []ident.Seat{"A2"}, told[late.Deadline.UnixMilli()])
}

func transferReserved(s *stage) {
	s.lock(bob, tab1, "A1", "A2")
	s.durable(10*time.Minute, bob, tab1, bk1, "A1")
	a := s.transfer(bob, ada, tab1)
	require.Equal(s.t, []ident.Seat{"A2"}, a.Changed)
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Reserved}, seatsOf(a.Left))
	require.Equal(s.t, bob, s.lockOf("A1").Owner)
}

func transferOverflow(s *stage) {
	s.lock(ada, tab1, s.room.Seats[:6]...)
	s.lock(bob, tab1, s.room.Seats[10:15]...)
	before := s.snapshot().Position
	a := s.transfer(bob, ada, tab1, s.room.Seats[10:15]...)
	require.ElementsMatch(s.t, s.room.Seats[10:15], a.Changed)
	owners := make(map[ident.User]int)
	for _, l := range s.snapshot().Locks {
		owners[l.Owner]++
	}
	require.Equal(s.t, map[ident.User]int{ada: maxSeats}, owners)
	kinds := make(map[hold.EventType]int)
	for _, e := range s.since(before) {
		kinds[e.Type] += len(e.Seats)
	}
	require.Equal(s.t, map[hold.EventType]int{hold.SeatLocked: 2, hold.SeatReleased: 3}, kinds)
	_, held := s.held(s.room.Seats[12])
	require.False(s.t, held, "the first named are the ones kept")
}

func transferCounts(s *stage) {
	s.lock(bob, tab1, s.room.Seats[:maxSeats]...)
	s.transfer(bob, ada, tab1)
	_, err := s.tryLock(ada, tab1, "C1")
	require.ErrorAs(s.t, err, new(*hold.SeatLimitError))
	require.Equal(s.t, 1, s.lock(bob, tab1, "C1").Owned)
}

func transferSelf(s *stage) {
	s.lock(ada, tab1, "A1")
	before := s.snapshot()
	require.Empty(s.t, s.transfer(ada, ada, tab2).Changed)
	s.unchanged(before)
}

func transferNothing(s *stage) {
	before := s.snapshot()
	a := s.transfer(bob, ada, tab1)
	require.Empty(s.t, a.Changed)
	require.Equal(s.t, before.Position, a.Position)
}
