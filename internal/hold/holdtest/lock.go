package holdtest

import (
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

func lockTests() []test {
	return []test{
		{"takes_all_seats_with_one_deadline", lockTakesAll},
		{"replay_keeps_the_deadline_and_tells_nobody", lockReplay},
		{"replay_at_the_cap_is_not_refused", lockReplayAtCap},
		{"more_seats_join_the_hold_at_its_deadline", lockJoins},
		{"more_seats_join_at_the_earliest_deadline", lockJoinsEarliest},
		{"leaving_a_seat_out_releases_nothing", lockLeavesOut},
		{"lists_every_conflict_and_writes_nothing", lockConflicts},
		{"own_reserved_seats_conflict_whatever_the_request", lockReserved},
		{"another_tab_of_the_owner_takes_over", lockTakesOver},
		{"an_owner_that_is_a_prefix_of_another_is_another", lockPrefix},
		{"counts_only_new_seats_against_the_cap", lockLimit},
		{"conflicts_come_before_the_cap", lockConflictBeforeLimit},
		{"the_cap_is_per_showtime", lockLimitPerShowtime},
		{"no_hold_passes_the_longest_life", lockMaxHold},
		{"release_and_relock_does_not_reset_the_first_moment", lockRemembers},
		{"a_takeover_does_not_reset_the_first_moment", lockTakeoverRemembers},
		{"a_timeout_is_remembered_from_its_deadline", lockRemembersTimeout},
		{"the_first_moment_is_forgotten_after_two_minutes", lockForgets},
		{"the_first_moment_is_forgotten_when_another_held_the_seat", lockForgetsForAnother},
		{"a_deadline_of_now_is_over", lockAtDeadline},
	}
}

func lockTakesAll(s *stage) {
	a := s.lock(ada, tab1, "A1", "A2")
	require.Equal(s.t, []ident.Seat{"A1", "A2"}, a.Changed)
	require.Equal(s.t, a.Now.Add(s.ttl()), a.Deadline)
	require.Equal(s.t, a.Now.Add(s.maxHold()), a.Limit)
	require.Equal(s.t, 2, a.Owned)
	require.Equal(s.t, s.from.Seq+1, a.Seq)
	require.Equal(s.t, s.from.Epoch, a.Epoch)
	require.NotEmpty(s.t, a.Cursor)
	for _, seat := range []ident.Seat{"A1", "A2"} {
		require.Equal(s.t, hold.Lock{Seat: seat, Owner: ada, Request: tab1, Deadline: a.Deadline}, s.lockOf(seat))
	}
	events := s.since(s.from.Position)
	require.Len(s.t, events, 1)
	require.Equal(s.t, hold.Event{
		Position: a.Position, Prev: s.from.Cursor, Type: hold.SeatLocked, Showtime: s.room.Showtime, Seats: []ident.Seat{"A1", "A2"},
		Owner: ada, Request: tab1, At: a.Now, Deadline: a.Deadline,
	}, events[0])
}

func lockReplay(s *stage) {
	first := s.lock(ada, tab1, "A1", "A2")
	s.pass(s.unit)
	again := s.lock(ada, tab1, "A1", "A2")
	require.Empty(s.t, again.Changed)
	require.Equal(s.t, first.Deadline, again.Deadline)
	require.Equal(s.t, first.Limit, again.Limit)
	require.Equal(s.t, first.Position, again.Position)
	require.True(s.t, again.Now.After(first.Now))
}

func lockReplayAtCap(s *stage) {
	s.lock(ada, tab1, s.room.Seats[:maxSeats]...)
	again, err := s.Engine.Lock(s.t.Context(), hold.LockRequest{
		Showtime: s.room.Showtime, Owner: ada, Request: tab1, Seats: s.room.Seats[:maxSeats], TTL: s.ttl(), MaxSeats: 1, MaxHold: s.maxHold(),
	})
	require.NoError(s.t, err)
	require.Equal(s.t, maxSeats, again.Owned)
}

func lockJoins(s *stage) {
	first := s.lock(ada, tab1, "A1")
	s.pass(s.unit)
	more := s.lock(ada, tab1, "A1", "A2", "A3")
	require.Equal(s.t, []ident.Seat{"A2", "A3"}, more.Changed)
	require.Equal(s.t, first.Deadline, more.Deadline)
	require.Equal(s.t, first.Deadline, s.lockOf("A3").Deadline)
	require.Equal(s.t, first.Limit, more.Limit)
	require.Equal(s.t, 3, more.Owned)
}

func lockJoinsEarliest(s *stage) {
	first := s.lock(ada, tab1, "A1", "A2", "A3")
	s.extend(hold.ExtendMore, 2*s.unit, ada, tab1, "A1", "A3")
	a := s.lock(ada, tab1, "A1", "A2", "A3", "A4")
	require.Equal(s.t, first.Deadline, a.Deadline)
	require.Equal(s.t, first.Deadline, s.lockOf("A4").Deadline)
	require.Equal(s.t, first.Deadline.Add(2*s.unit), s.lockOf("A3").Deadline)
}

func lockLeavesOut(s *stage) {
	s.lock(ada, tab1, "A1", "A2")
	a := s.lock(ada, tab1, "A3")
	require.Equal(s.t, 3, a.Owned)
	s.lockOf("A1")
	s.lockOf("A2")
}

func lockConflicts(s *stage) {
	s.lock(bob, tab1, "A2")
	s.confirm(cyd, tab1, bk1, "A4")
	reasons := s.conflict(ada, tab1, "A1", "A2", "A3", "A4")
	require.Equal(s.t, []hold.SeatReason{{Seat: "A2", Reason: hold.Held}, {Seat: "A4", Reason: hold.Booked}}, reasons)
	require.Equal(s.t, 1, s.lock(ada, tab1, "A1").Owned)
}

func lockReserved(s *stage) {
	s.lock(ada, tab1, "A1")
	s.durable(10*time.Minute, ada, tab1, bk1, "A1")
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Reserved}, seatsOf(s.conflict(ada, tab1, "A1", "A2")))
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Reserved}, seatsOf(s.conflict(ada, tab2, "A1")))
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Held}, seatsOf(s.conflict(bob, tab1, "A1")))
}

func lockTakesOver(s *stage) {
	first := s.lock(ada, tab1, "A1", "A2")
	s.pass(s.unit)
	a := s.lock(ada, tab2, "A1")
	require.Equal(s.t, []ident.Seat{"A1"}, a.Changed)
	require.Equal(s.t, 2, a.Owned)
	require.Equal(s.t, a.Now.Add(s.ttl()), a.Deadline)
	require.Equal(s.t, first.Limit, a.Limit, "the first moment stays")
	require.Equal(s.t, tab2, s.lockOf("A1").Request)
	require.Equal(s.t, tab1, s.lockOf("A2").Request)
	s.pass(first.Deadline.Sub(a.Now))
	require.Equal(s.t, 1, s.sweep(false).Swept, "the first tab's deadline ends the first tab's seat only")
	s.lockOf("A1")
}

func lockPrefix(s *stage) {
	s.lock("usr_ada", tab1, "A1")
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Held}, seatsOf(s.conflict("usr_ad", tab1, "A1")))
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Held}, seatsOf(s.conflict("usr_adam", tab1, "A1")))
}

func lockLimit(s *stage) {
	s.lock(ada, tab1, s.room.Seats[:5]...)
	before := s.snapshot()
	_, err := s.tryLock(ada, tab2, s.room.Seats[10:14]...)
	limit := as[*hold.SeatLimitError](s, err)
	require.Equal(s.t, hold.SeatLimitError{Held: 5, Max: maxSeats}, *limit)
	s.unchanged(before)
	require.Equal(s.t, maxSeats-1, s.lock(ada, tab2, s.room.Seats[10:12]...).Owned)
	require.Equal(s.t, maxSeats, s.lock(ada, tab2, s.room.Seats[3], s.room.Seats[12]).Owned, "a takeover beside a new seat counts once")
	require.Equal(s.t, maxSeats, s.lock(ada, tab2, s.room.Seats[4], s.room.Seats[10]).Owned, "a takeover is no new seat")
	s.release(ada, "", s.room.Seats[0])
	require.Equal(s.t, maxSeats, s.lock(ada, tab2, s.room.Seats[20]).Owned, "a released seat counts no more")
}

func lockConflictBeforeLimit(s *stage) {
	s.lock(ada, tab1, s.room.Seats[:maxSeats]...)
	s.lock(bob, tab1, "C1")
	require.Equal(s.t, map[ident.Seat]hold.Reason{"C1": hold.Held}, seatsOf(s.conflict(ada, tab1, "C1", "C2")))
}

func lockLimitPerShowtime(s *stage) {
	s.lock(ada, tab1, s.room.Seats[:maxSeats]...)
	other := Room("st_other", s.room.End)
	_, err := s.Engine.Hydrate(s.t.Context(), hold.HydrateRequest{Room: other, Epoch: "other"})
	require.NoError(s.t, err)
	a, err := s.Engine.Lock(s.t.Context(), hold.LockRequest{
		Showtime: other.Showtime, Owner: ada, Request: tab1, Seats: other.Seats[:2], TTL: s.ttl(), MaxSeats: maxSeats, MaxHold: s.maxHold(),
	})
	require.NoError(s.t, err)
	require.Equal(s.t, 2, a.Owned)
}

func lockMaxHold(s *stage) {
	first := s.lock(ada, tab1, "A1")
	for deadline := first.Deadline; deadline.Before(first.Limit); {
		deadline = s.extend(hold.ExtendMore, 4*s.unit, ada, tab1).Deadline
	}
	s.pass(first.Limit.Sub(first.Now) - s.unit)
	a := s.lock(ada, tab1, "A1", "A2")
	require.Equal(s.t, first.Limit, a.Deadline, "a new seat lives no longer than the hold may")
	require.Equal(s.t, first.Limit, s.lockOf("A2").Deadline)
}

// nearLimit brings Ada's hold of A1 to a minute before its longest life and gives the moment of its end.
func nearLimit(s *stage) time.Time {
	s.t.Helper()
	first := s.lock(ada, tab1, "A1")
	s.extend(hold.ExtendMore, s.maxHold(), ada, tab1)
	s.pass(s.maxHold() - s.unit)
	return first.Limit
}

func lockRemembers(s *stage) {
	limit := nearLimit(s)
	s.release(ada, tab1, "A1")
	a := s.lock(ada, tab2, "A1")
	require.Equal(s.t, limit, a.Deadline)
	require.Equal(s.t, limit, a.Limit)
	s.release(ada, tab2, "A1")
	s.pass(s.unit)
	before := s.snapshot()
	_, err := s.tryLock(ada, tab1, "A1", "A2")
	refusal := as[*hold.HoldLimitError](s, err)
	require.Equal(s.t, []ident.Seat{"A1"}, refusal.Seats)
	s.unchanged(before)
	require.Equal(s.t, []ident.Seat{"A2"}, s.lock(ada, tab1, "A2").Changed)
}

func lockTakeoverRemembers(s *stage) {
	limit := nearLimit(s)
	a := s.lock(ada, tab2, "A1")
	require.Equal(s.t, limit, a.Deadline)
	s.pass(s.unit / 2)
	require.Equal(s.t, limit, s.lock(ada, tab1, "A1").Deadline)
}

func lockRemembersTimeout(s *stage) {
	s.needsMinutes()
	nearLimit(s)
	s.pass(time.Minute + 119*time.Second)
	_, err := s.tryLock(ada, tab1, "A1")
	require.ErrorAs(s.t, err, new(*hold.HoldLimitError))
	s.pass(2 * time.Second)
	require.Equal(s.t, []ident.Seat{"A1"}, s.lock(ada, tab1, "A1").Changed)
}

func lockForgets(s *stage) {
	s.needsMinutes()
	nearLimit(s)
	s.release(ada, tab1, "A1")
	s.pass(121 * time.Second)
	a := s.lock(ada, tab1, "A1")
	require.Equal(s.t, a.Now.Add(s.ttl()), a.Deadline)
	require.Equal(s.t, a.Now.Add(s.maxHold()), a.Limit)
}

func lockForgetsForAnother(s *stage) {
	nearLimit(s)
	s.release(ada, tab1, "A1")
	s.lock(bob, tab1, "A1")
	s.release(bob, tab1, "A1")
	a := s.lock(ada, tab1, "A1")
	require.Equal(s.t, a.Now.Add(s.ttl()), a.Deadline)
}

func lockAtDeadline(s *stage) {
	a := s.lock(ada, tab1, "A1")
	s.pass(s.ttl() - time.Millisecond)
	if s.Advance != nil {
		require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Held}, seatsOf(s.conflict(bob, tab1, "A1")))
	}
	s.pass(time.Millisecond)
	require.Equal(s.t, []ident.Seat{"A1"}, s.lock(bob, tab1, "A1").Changed)
	events := s.since(a.Position)
	require.Equal(s.t, hold.SeatTimeout, events[0].Type)
	require.Equal(s.t, ada, events[0].Owner)
	require.Equal(s.t, hold.SeatLocked, events[1].Type)
}

// needsMinutes skips a case whose times the contract fixes in minutes.
func (s *stage) needsMinutes() {
	if s.Advance == nil {
		s.t.Skip("left out: the engine's clock cannot be moved by minutes")
	}
}
