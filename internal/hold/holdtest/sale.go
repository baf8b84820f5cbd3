package holdtest

import (
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

func confirmTests() []test {
	return []test{
		{"turns_locks_into_markers", confirmSells},
		{"replay_changes_nothing", confirmReplay},
		{"names_only_the_seats_that_changed", confirmPartly},
		{"sells_a_seat_nobody_holds", confirmFree},
		{"evicts_foreign_holds_and_names_them", confirmEvicts},
		{"overwrites_a_stale_marker_and_counts_it", confirmRepairs},
		{"frees_the_owners_cap", confirmCounts},
		{"of_a_reserved_hold_ends_the_reservation", confirmReserved},
	}
}

func confirmSells(s *stage) {
	s.lock(ada, tab1, "A1", "A2")
	before := s.snapshot().Position
	a := s.confirm(ada, tab1, bk1, "A1", "A2")
	require.Equal(s.t, []ident.Seat{"A1", "A2"}, a.Changed)
	require.Zero(s.t, a.Repaired)
	snap := s.snapshot()
	require.Empty(s.t, snap.Locks)
	require.Equal(s.t, []hold.Marker{{Seat: "A1", Booking: bk1}, {Seat: "A2", Booking: bk1}}, snap.Booked)
	events := s.since(before)
	require.Len(s.t, events, 1)
	require.Equal(s.t, hold.Event{
		Position: a.Position, Prev: before.Cursor, Type: hold.SeatBooked, Showtime: s.room.Showtime, Seats: []ident.Seat{"A1", "A2"},
		Owner: ada, Request: tab1, Booking: bk1, At: a.Now,
	}, events[0])
}

func confirmReplay(s *stage) {
	s.lock(ada, tab1, "A1")
	s.confirm(ada, tab1, bk1, "A1")
	before := s.snapshot()
	a := s.confirm(ada, tab1, bk1, "A1")
	require.Empty(s.t, a.Changed)
	require.Zero(s.t, a.Repaired)
	s.unchanged(before)
}

func confirmPartly(s *stage) {
	s.confirm(ada, tab1, bk1, "A1")
	before := s.snapshot().Position
	a := s.confirm(ada, tab1, bk1, "A1", "A2")
	require.Equal(s.t, []ident.Seat{"A2"}, a.Changed)
	events := s.since(before)
	require.Len(s.t, events, 1)
	require.Equal(s.t, []ident.Seat{"A2"}, events[0].Seats)
}

func confirmFree(s *stage) {
	s.confirm(ada, tab1, bk1, "A1")
	require.Equal(s.t, bk1, s.soldTo("A1"))
	require.Equal(s.t, map[ident.Seat]hold.Reason{"A1": hold.Booked}, seatsOf(s.conflict(ada, tab1, "A1")))
}

func confirmEvicts(s *stage) {
	s.lock(bob, tab1, "A1")
	s.lock(ada, tab2, "A2")
	before := s.snapshot().Position
	a := s.confirm(ada, tab1, bk1, "A1", "A2", "A3")
	want := []hold.Eviction{{Seat: "A1", Owner: bob, Request: tab1}, {Seat: "A2", Owner: ada, Request: tab2}}
	require.Equal(s.t, want, a.Evicted)
	events := s.since(before)
	require.Len(s.t, events, 1)
	require.Equal(s.t, want, events[0].Evicted)
	require.Empty(s.t, s.snapshot().Locks)
	require.Equal(s.t, 1, s.lock(bob, tab1, "B1").Owned)
	require.Equal(s.t, 1, s.lock(ada, tab2, "B2").Owned)
}

func confirmRepairs(s *stage) {
	s.confirm(bob, tab1, bk2, "A1")
	a := s.confirm(ada, tab1, bk1, "A1", "A2")
	require.Equal(s.t, 1, a.Repaired)
	require.Equal(s.t, []ident.Seat{"A1", "A2"}, a.Changed)
	require.Equal(s.t, bk1, s.soldTo("A1"))
}

func confirmCounts(s *stage) {
	s.lock(ada, tab1, s.room.Seats[:maxSeats]...)
	s.confirm(ada, tab1, bk1, s.room.Seats[:maxSeats]...)
	require.Equal(s.t, maxSeats, s.lock(ada, tab2, s.room.Seats[30:38]...).Owned)
}

func confirmReserved(s *stage) {
	s.lock(ada, tab1, "A1")
	s.durable(10*time.Minute, ada, tab1, bk1, "A1")
	s.confirm(ada, tab1, bk1, "A1")
	s.unbook(bk1, ada, tab1, "A1")
	require.Empty(s.t, s.lock(bob, tab1, "A1").Left)
	require.Empty(s.t, s.lockOf("A1").Booking)
}

func unbookTests() []test {
	return []test{
		{"removes_markers_of_the_booking_only", unbookMarkers},
		{"removes_reserved_locks_of_the_booking_only", unbookLocks},
		{"leaves_an_ordinary_hold_alone", unbookHold},
		{"is_idempotent", unbookTwice},
		{"frees_the_owners_cap", unbookCounts},
	}
}

func unbookMarkers(s *stage) {
	s.confirm(ada, tab1, bk1, "A1", "A2")
	s.confirm(bob, tab1, bk2, "A3")
	before := s.snapshot().Position
	a := s.unbook(bk1, ada, tab1, "A1", "A3", "A4")
	require.Equal(s.t, []ident.Seat{"A1"}, a.Changed)
	require.Equal(s.t, bk1, s.soldTo("A2"))
	require.Equal(s.t, bk2, s.soldTo("A3"))
	events := s.since(before)
	require.Len(s.t, events, 1)
	require.Equal(s.t, hold.Event{
		Position: a.Position, Prev: before.Cursor, Type: hold.SeatReleased, Showtime: s.room.Showtime, Seats: []ident.Seat{"A1"},
		Owner: ada, Request: tab1, Booking: bk1, At: a.Now,
	}, events[0])
}

func unbookLocks(s *stage) {
	s.durable(10*time.Minute, ada, tab1, bk1, "A1")
	s.durable(10*time.Minute, bob, tab1, bk2, "A2")
	require.Equal(s.t, []ident.Seat{"A1"}, s.unbook(bk1, ada, tab1, "A1", "A2").Changed)
	require.Equal(s.t, bk2, s.lockOf("A2").Booking)
	require.Equal(s.t, []ident.Seat{"A1"}, s.lock(bob, tab2, "A1").Changed)
}

func unbookHold(s *stage) {
	s.lock(ada, tab1, "A1")
	before := s.snapshot()
	require.Empty(s.t, s.unbook(bk1, ada, tab1, "A1").Changed)
	s.unchanged(before)
}

func unbookTwice(s *stage) {
	s.confirm(ada, tab1, bk1, "A1")
	first := s.unbook(bk1, ada, tab1, "A1")
	again := s.unbook(bk1, ada, tab1, "A1")
	require.Empty(s.t, again.Changed)
	require.Equal(s.t, first.Position, again.Position)
}

func unbookCounts(s *stage) {
	s.durable(10*time.Minute, ada, tab1, bk1, s.room.Seats[:maxSeats]...)
	s.unbook(bk1, ada, tab1, s.room.Seats[:maxSeats]...)
	require.Equal(s.t, maxSeats, s.lock(ada, tab2, s.room.Seats[30:38]...).Owned)
}
