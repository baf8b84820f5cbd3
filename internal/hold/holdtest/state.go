package holdtest

import (
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

func sweepTests() []test {
	return []test{
		{"ends_what_is_due_and_tells_the_next_deadline", sweepNext},
		{"tells_each_hold_once", sweepGroups},
		{"every_write_sweeps_first", sweepPrelude},
		{"a_batch_is_64_oldest_first", sweepBatch},
		{"callers_come_again_after_a_full_batch", sweepAgain},
		{"extended_seats_do_not_end_early", sweepExtended},
		{"recount_keeps_right_counters", sweepRecount},
		{"a_read_does_not_sweep", sweepNotBySnapshot},
	}
}

func sweepNext(s *stage) {
	require.Zero(s.t, s.sweep(false).Next)
	early := s.lock(ada, tab1, "A1")
	require.Equal(s.t, early.Deadline, s.sweep(false).Next)
	s.pass(s.unit)
	late := s.lock(bob, tab1, "A2")
	s.pass(early.Deadline.Sub(late.Now))
	a := s.sweep(false)
	require.Equal(s.t, 1, a.Swept)
	require.Equal(s.t, late.Deadline, a.Next)
	require.False(s.t, a.Again)
	require.Equal(s.t, s.snapshot().Position, a.Position)
	_, held := s.held("A1")
	require.False(s.t, held)
	require.Zero(s.t, s.sweep(false).Swept)
}

func sweepGroups(s *stage) {
	s.lock(ada, tab1, "A1", "A2")
	s.lock(ada, tab2, "B1")
	s.lock(bob, tab1, "C1", "C2")
	before := s.snapshot().Position
	s.pass(s.ttl())
	require.Equal(s.t, 5, s.sweep(false).Swept)
	told := make(map[string][]ident.Seat)
	for _, e := range s.since(before) {
		require.Equal(s.t, hold.SeatTimeout, e.Type)
		require.Empty(s.t, e.Booking)
		key := string(e.Owner) + " " + string(e.Request)
		require.NotContains(s.t, told, key)
		told[key] = e.Seats
	}
	require.Len(s.t, told, 3)
	require.ElementsMatch(s.t, []ident.Seat{"A1", "A2"}, told["usr_ada request-1"])
	require.ElementsMatch(s.t, []ident.Seat{"B1"}, told["usr_ada request-2"])
	require.ElementsMatch(s.t, []ident.Seat{"C1", "C2"}, told["usr_bob request-1"])
}

func sweepPrelude(s *stage) {
	writes := map[string]func(){
		"lock":     func() { s.lock(bob, tab1, "B1") },
		"extend":   func() { _, _ = s.tryExtend(hold.ExtendMore, s.unit, bob, tab1, "B1") },
		"release":  func() { s.release(bob, tab1, "B2") },
		"transfer": func() { s.transfer(cyd, bob, tab1) },
		"confirm":  func() { s.confirm(bob, tab1, bk1, "B3") },
		"unbook":   func() { s.unbook(bk2, bob, tab1, "B4") },
	}
	i := 0
	for name, write := range writes {
		i++
		before := s.lock(person(i), tab1, "A1").Position
		s.pass(s.ttl())
		write()
		events := s.since(before)
		require.NotEmpty(s.t, events, name)
		require.Equal(s.t, hold.SeatTimeout, events[0].Type, name)
		_, held := s.held("A1")
		require.False(s.t, held, name)
	}
}

// crowd locks n seats by as many owners, each a millisecond after the one before where the clock can be moved.
func crowd(s *stage, n int) {
	s.t.Helper()
	for i := range n {
		s.lock(person(i), tab1, s.room.Seats[n-1-i])
		if s.Advance != nil {
			s.pass(time.Millisecond)
		}
	}
}

func sweepBatch(s *stage) {
	crowd(s, 100)
	before := s.snapshot().Position
	s.pass(s.ttl())
	a := s.sweep(false)
	require.Equal(s.t, 64, a.Swept)
	require.True(s.t, a.Again)
	require.False(s.t, a.Next.IsZero())
	for i, e := range s.since(before) {
		if s.Advance != nil {
			require.Equal(s.t, person(i), e.Owner, "oldest first")
		}
	}
	a = s.sweep(false)
	require.Equal(s.t, 36, a.Swept)
	require.False(s.t, a.Again)
	require.Zero(s.t, a.Next)
}

func sweepAgain(s *stage) {
	crowd(s, 100)
	s.pass(s.ttl())
	if s.Heals {
		require.Equal(s.t, []ident.Seat{"J1"}, s.lock(ada, tab1, "J1").Changed)
		return
	}
	_, err := s.tryLock(ada, tab1, "J1")
	require.ErrorIs(s.t, err, hold.ErrAgain)
	_, held := s.held("J1")
	require.False(s.t, held, "nothing else is done")
	require.Len(s.t, s.snapshot().Locks, 36)
	s.lock(ada, tab1, "J1")
	require.Len(s.t, s.snapshot().Locks, 1, "the rest was due too")
}

func sweepExtended(s *stage) {
	first := s.lock(ada, tab1, "A1", "A2")
	s.extend(hold.ExtendMore, 2*s.unit, ada, tab1, "A1")
	s.pass(s.ttl())
	a := s.sweep(false)
	require.Equal(s.t, 1, a.Swept)
	require.Equal(s.t, first.Deadline.Add(2*s.unit), a.Next)
	s.lockOf("A1")
}

func sweepRecount(s *stage) {
	s.lock(ada, tab1, s.room.Seats[:maxSeats]...)
	s.lock(bob, tab1, s.room.Seats[10:12]...)
	s.sweep(true)
	_, err := s.tryLock(ada, tab1, "C1")
	require.ErrorAs(s.t, err, new(*hold.SeatLimitError))
	require.Equal(s.t, 3, s.lock(bob, tab1, "C1").Owned)
}

func sweepNotBySnapshot(s *stage) {
	a := s.lock(ada, tab1, "A1")
	s.pass(s.ttl() + s.unit)
	require.Equal(s.t, a.Position, s.snapshot().Position)
	s.lockOf("A1")
}

func hydrateTests() []test {
	return []test{
		{"the_first_caller_wins", hydrateFirst},
		{"starts_a_sequence_with_a_resync", hydrateResync},
		{"writes_markers_and_reserved_locks", hydrateFacts},
		{"a_marker_beats_a_reservation_of_the_same_seat", hydrateBoth},
		{"reserved_locks_live_at_least_a_minute", hydrateMinimum},
		{"everything_needs_it", hydrateNeeded},
		{"showtimes_are_strangers", hydrateStrangers},
	}
}

func hydrateFirst(s *stage) {
	s.lock(ada, tab1, "A1")
	before := s.snapshot()
	a, err := s.Engine.Hydrate(s.t.Context(), hold.HydrateRequest{
		Room: s.room, Epoch: "late", Facts: hold.Facts{Markers: []hold.Marker{{Seat: "A1", Booking: bk1}}},
	})
	require.NoError(s.t, err)
	require.Equal(s.t, before.Position, a.Position)
	s.unchanged(before)
}

func hydrateResync(s *stage) {
	require.Equal(s.t, uint64(1), s.from.Seq)
	require.NotEmpty(s.t, s.from.Cursor)
	s.lock(ada, tab1, "A1")
	events := s.since(s.from.Position)
	require.Equal(s.t, uint64(2), events[0].Seq)
	require.Equal(s.t, s.from.Cursor, events[0].Prev)
}

// fresh gives another showtime that the engine was told facts about.
func fresh(s *stage, f hold.Facts) hold.Answer {
	s.t.Helper()
	s.room = Room("st_fresh", s.room.End)
	return s.hydrate(f)
}

func hydrateFacts(s *stage) {
	a := fresh(s, hold.Facts{
		Markers:  []hold.Marker{{Seat: "A1", Booking: bk1}, {Seat: "A2", Booking: bk1}},
		Reserved: []hold.ReservedSeat{{Seat: "B1", Owner: bob, Request: tab2, Booking: bk2, For: 11 * time.Minute}},
	})
	snap := s.snapshot()
	require.Equal(s.t, []hold.Marker{{Seat: "A1", Booking: bk1}, {Seat: "A2", Booking: bk1}}, snap.Booked)
	require.Equal(s.t, []hold.Lock{{Seat: "B1", Owner: bob, Request: tab2, Booking: bk2, Deadline: a.Now.Add(11 * time.Minute)}}, snap.Locks)
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Booked, "B1": hold.Held}, seatsOf(s.conflict(ada, tab1, "A1", "B1", "C1")))
	_, err := s.tryLock(bob, tab1, s.room.Seats[60:68]...)
	require.ErrorAs(s.t, err, new(*hold.SeatLimitError))
}

func hydrateBoth(s *stage) {
	fresh(s, hold.Facts{
		Markers:  []hold.Marker{{Seat: "A1", Booking: bk1}},
		Reserved: []hold.ReservedSeat{{Seat: "A1", Owner: bob, Request: tab2, Booking: bk2, For: 11 * time.Minute}},
	})
	require.Equal(s.t, bk1, s.soldTo("A1"))
	require.Empty(s.t, s.snapshot().Locks)
	require.Equal(s.t, 1, s.lock(bob, tab1, "B1").Owned)
}

func hydrateMinimum(s *stage) {
	a := fresh(s, hold.Facts{Reserved: []hold.ReservedSeat{{Seat: "A1", Owner: bob, Request: tab2, Booking: bk2, For: -time.Hour}}})
	require.Equal(s.t, a.Now.Add(time.Minute), s.lockOf("A1").Deadline)
}

func hydrateNeeded(s *stage) {
	if s.Heals {
		s.t.Skip("left out: the engine hydrates by itself")
	}
	known := s.room
	s.room = Room("st_unknown", known.End)
	for name, err := range uninit(s) {
		require.ErrorIs(s.t, err, hold.ErrUninit, name)
	}
	s.room = known
}

// uninit calls every method but Hydrate and gives what each said.
func uninit(s *stage) map[string]error {
	ctx, st, seats := s.t.Context(), s.room.Showtime, []ident.Seat{"A1"}
	said := make(map[string]error)
	_, said["lock"] = s.tryLock(ada, tab1, "A1")
	_, said["more"] = s.tryExtend(hold.ExtendMore, s.unit, ada, tab1, "A1")
	_, said["strict"] = s.tryExtend(hold.ExtendStrict, s.unit, ada, tab1, "A1")
	_, said["durable"] = s.Engine.Extend(ctx, hold.ExtendRequest{
		Showtime: st, Owner: ada, Request: tab1, Seats: seats, By: time.Minute, Mode: hold.ExtendDurable, Booking: bk1,
	})
	_, said["release"] = s.Engine.Release(ctx, hold.ReleaseRequest{Showtime: st, Owner: ada, Request: tab1, Seats: seats})
	_, said["transfer"] = s.Engine.Transfer(ctx, hold.TransferRequest{Showtime: st, From: bob, To: ada, Request: tab1, MaxSeats: maxSeats})
	_, said["confirm"] = s.Engine.Confirm(ctx, hold.ConfirmRequest{Showtime: st, Owner: ada, Request: tab1, Booking: bk1, Seats: seats})
	_, said["unbook"] = s.Engine.Unbook(ctx, hold.UnbookRequest{Showtime: st, Booking: bk1, Owner: ada, Request: tab1, Seats: seats})
	_, said["sweep"] = s.Engine.Sweep(ctx, hold.SweepRequest{Room: s.room})
	_, said["snapshot"] = s.Engine.Snapshot(ctx, s.room)
	_, said["subscribe"] = s.Engine.Subscribe(ctx, st, hold.Position{Epoch: "epoch", Seq: 1, Cursor: "1-1"})
	return said
}

func hydrateStrangers(s *stage) {
	s.lock(ada, tab1, "A1")
	before := s.snapshot()
	other := Room("st_stranger", s.room.End)
	_, err := s.Engine.Hydrate(s.t.Context(), hold.HydrateRequest{Room: other, Epoch: "stranger"})
	require.NoError(s.t, err)
	_, err = s.Engine.Lock(s.t.Context(), hold.LockRequest{
		Showtime: other.Showtime, Owner: bob, Request: tab1, Seats: []ident.Seat{"A1"}, TTL: s.ttl(), MaxSeats: maxSeats, MaxHold: s.maxHold(),
	})
	require.NoError(s.t, err)
	s.unchanged(before)
}
