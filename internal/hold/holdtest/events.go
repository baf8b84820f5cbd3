package holdtest

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

func identTests() []test {
	return []test{
		{"bad_identifiers_are_refused_everywhere", identsRefused},
		{"a_seat_named_twice_is_refused", identsTwice},
		{"a_caller_that_has_gone_changes_nothing", identsGone},
	}
}

func identsRefused(s *stage) {
	good := hold.LockRequest{
		Showtime: s.room.Showtime, Owner: ada, Request: tab1, Seats: []ident.Seat{"A1"}, TTL: s.ttl(), MaxSeats: maxSeats, MaxHold: s.maxHold(),
	}
	bad := map[string]func(q *hold.LockRequest){
		"empty showtime":    func(q *hold.LockRequest) { q.Showtime = "" },
		"brace in showtime": func(q *hold.LockRequest) { q.Showtime = "a{b}" },
		"long showtime":     func(q *hold.LockRequest) { q.Showtime = ident.Showtime(strings.Repeat("a", 65)) },
		"colon in owner":    func(q *hold.LockRequest) { q.Owner = "usr:ada" },
		"empty owner":       func(q *hold.LockRequest) { q.Owner = "" },
		"bar in request":    func(q *hold.LockRequest) { q.Request = "request|1" },
		"short request":     func(q *hold.LockRequest) { q.Request = "short" },
		"control in owner":  func(q *hold.LockRequest) { q.Owner = "usr\n" },
		"lower-case seat":   func(q *hold.LockRequest) { q.Seats = []ident.Seat{"a1"} },
		"colon in seat":     func(q *hold.LockRequest) { q.Seats = []ident.Seat{"A:1"} },
		"non-ASCII seat":    func(q *hold.LockRequest) { q.Seats = []ident.Seat{"Å1"} },
		"one bad of two":    func(q *hold.LockRequest) { q.Seats = []ident.Seat{"A1", "A"} },
		"no seats":          func(q *hold.LockRequest) { q.Seats = nil },
	}
	before := s.snapshot()
	for name, spoil := range bad {
		q := good
		spoil(&q)
		_, err := s.Engine.Lock(s.t.Context(), q)
		require.ErrorIs(s.t, err, hold.ErrBadIdent, name)
	}
	known := s.room
	s.room.Showtime = "st:bad"
	for name, err := range uninit(s) {
		require.ErrorIs(s.t, err, hold.ErrBadIdent, name)
	}
	s.room = known
	s.unchanged(before)
	identsRefusedByBookings(s)
}

func identsRefusedByBookings(s *stage) {
	ctx, st, seats := s.t.Context(), s.room.Showtime, []ident.Seat{"A1"}
	said := make(map[string]error)
	_, said["durable"] = s.Engine.Extend(ctx, hold.ExtendRequest{
		Showtime: st, Owner: ada, Request: tab1, Seats: seats, By: time.Minute, Mode: hold.ExtendDurable, Booking: "bk:1",
	})
	_, said["durable without seats"] = s.Engine.Extend(ctx, hold.ExtendRequest{
		Showtime: st, Owner: ada, Request: tab1, By: time.Minute, Mode: hold.ExtendDurable, Booking: bk1,
	})
	_, said["confirm"] = s.Engine.Confirm(ctx, hold.ConfirmRequest{Showtime: st, Owner: ada, Request: tab1, Booking: "", Seats: seats})
	_, said["unbook"] = s.Engine.Unbook(ctx, hold.UnbookRequest{Showtime: st, Owner: ada, Request: tab1, Booking: "{bk}", Seats: seats})
	_, said["transfer"] = s.Engine.Transfer(ctx, hold.TransferRequest{Showtime: st, From: "a|b", To: ada, Request: tab1, MaxSeats: maxSeats})
	_, said["release"] = s.Engine.Release(ctx, hold.ReleaseRequest{Showtime: st, Owner: ada, Request: "x", Seats: seats})
	_, said["hydrate"] = s.Engine.Hydrate(ctx, hold.HydrateRequest{Room: hold.Room{Showtime: "st_bad", Seats: []ident.Seat{"A:1"}}, Epoch: "e"})
	for name, err := range said {
		require.ErrorIs(s.t, err, hold.ErrBadIdent, name)
	}
}

func identsTwice(s *stage) {
	before := s.snapshot()
	_, err := s.tryLock(ada, tab1, "A1", "A2", "A1")
	require.ErrorIs(s.t, err, hold.ErrBadIdent)
	s.unchanged(before)
}

func identsGone(s *stage) {
	before := s.snapshot()
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	_, err := s.Engine.Lock(ctx, hold.LockRequest{
		Showtime: s.room.Showtime, Owner: ada, Request: tab1, Seats: []ident.Seat{"A1"}, TTL: s.ttl(), MaxSeats: maxSeats, MaxHold: s.maxHold(),
	})
	require.ErrorIs(s.t, err, context.Canceled)
	s.unchanged(before)
}

func eventTests() []test {
	return []test{
		{"a_subscriber_follows_from_a_snapshot", eventsFollow},
		{"next_waits_for_the_next_event", eventsWait},
		{"a_batch_has_at_most_256", eventsBatch},
		{"resume_replays_what_was_missed", eventsResume},
		{"every_subscriber_sees_everything", eventsMany},
		{"cursors_look_like_stream_ids_and_grow", eventsCursors},
		{"an_unknown_cursor_or_epoch_is_a_gap", eventsUnknown},
		{"close_ends_a_waiting_next", eventsClose},
		{"a_cancelled_context_ends_a_waiting_next", eventsCancel},
	}
}

func (s *stage) subscribe(after hold.Position) hold.Subscription {
	s.t.Helper()
	sub, err := s.Engine.Subscribe(s.t.Context(), s.room.Showtime, after)
	require.NoError(s.t, err)
	s.t.Cleanup(sub.Close)
	return sub
}

func (s *stage) next(sub hold.Subscription) []hold.Event {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	events, err := sub.Next(ctx)
	require.NoError(s.t, err)
	return events
}

func eventsFollow(s *stage) {
	sub := s.subscribe(s.snapshot().Position)
	s.lock(ada, tab1, "A1", "A2")
	s.release(ada, tab1, "A1")
	s.confirm(ada, tab1, bk1, "A2")
	var kinds []hold.EventType
	for len(kinds) < 3 {
		for _, e := range s.next(sub) {
			kinds = append(kinds, e.Type)
		}
	}
	require.Equal(s.t, []hold.EventType{hold.SeatLocked, hold.SeatReleased, hold.SeatBooked}, kinds)
}

func eventsWait(s *stage) {
	sub := s.subscribe(s.snapshot().Position)
	got := make(chan []hold.Event, 1)
	go func() {
		events, _ := sub.Next(s.t.Context())
		got <- events
	}()
	a := s.lock(ada, tab1, "A1")
	select {
	case events := <-got:
		require.Len(s.t, events, 1)
		require.Equal(s.t, a.Position, events[0].Position)
	case <-time.After(patience):
		require.Fail(s.t, "no event arrived")
	}
}

func eventsBatch(s *stage) {
	sub := s.subscribe(s.snapshot().Position)
	for range 150 {
		s.lock(ada, tab1, "A1")
		s.release(ada, tab1, "A1")
	}
	seen := 0
	for seen < 300 {
		events := s.next(sub)
		require.LessOrEqual(s.t, len(events), 256)
		seen += len(events)
	}
	require.Equal(s.t, 300, seen)
}

func eventsResume(s *stage) {
	s.lock(ada, tab1, "A1")
	middle := s.lock(ada, tab1, "A1", "A2").Position
	last := s.lock(ada, tab1, "A1", "A2", "A3").Position
	events := s.since(middle)
	require.Len(s.t, events, 1)
	require.Equal(s.t, last, events[0].Position)
	require.Equal(s.t, middle.Cursor, events[0].Prev)
}

func eventsMany(s *stage) {
	subs := make([]hold.Subscription, 5)
	for i := range subs {
		subs[i] = s.subscribe(s.from.Position)
	}
	last := s.lock(ada, tab1, "A1").Position
	for _, sub := range subs {
		events := s.next(sub)
		require.Equal(s.t, last, events[len(events)-1].Position)
	}
}

func eventsCursors(s *stage) {
	for range 20 {
		s.lock(ada, tab1, "A1")
		s.release(ada, tab1, "A1")
	}
	before := s.from.Cursor
	for _, e := range s.since(s.from.Position) {
		require.Regexp(s.t, `^[0-9]+-[0-9]+$`, e.Cursor)
		require.True(s.t, laterID(e.Cursor, before), "%s after %s", e.Cursor, before)
		before = e.Cursor
	}
}

// laterID compares two stream ids.
func laterID(a, b string) bool {
	aMilli, aCount, _ := strings.Cut(a, "-")
	bMilli, bCount, _ := strings.Cut(b, "-")
	if aMilli != bMilli {
		return longer(aMilli, bMilli)
	}
	return longer(aCount, bCount)
}

// longer compares two decimal numbers without leading zeros.
func longer(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

func eventsUnknown(s *stage) {
	now := s.lock(ada, tab1, "A1").Position
	for name, after := range map[string]hold.Position{
		"cursor":   {Epoch: now.Epoch, Seq: now.Seq, Cursor: "1-1"},
		"epoch":    {Epoch: "other", Seq: now.Seq, Cursor: now.Cursor},
		"nothing":  {},
		"nonsense": {Epoch: now.Epoch, Seq: now.Seq, Cursor: "not a cursor"},
	} {
		_, err := s.Engine.Subscribe(s.t.Context(), s.room.Showtime, after)
		require.ErrorIs(s.t, err, hold.ErrGap, name)
	}
}

func eventsClose(s *stage) {
	sub := s.subscribe(s.snapshot().Position)
	ended := make(chan error, 1)
	go func() {
		_, err := sub.Next(s.t.Context())
		ended <- err
	}()
	sub.Close()
	select {
	case err := <-ended:
		require.ErrorIs(s.t, err, hold.ErrClosed)
	case <-time.After(patience):
		require.Fail(s.t, "Next still waits")
	}
	sub.Close()
	_, err := sub.Next(s.t.Context())
	require.ErrorIs(s.t, err, hold.ErrClosed)
}

func eventsCancel(s *stage) {
	sub := s.subscribe(s.snapshot().Position)
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := sub.Next(ctx)
		ended <- err
	}()
	cancel()
	require.ErrorIs(s.t, <-ended, context.Canceled)
	a := s.lock(ada, tab1, "A1")
	require.Equal(s.t, a.Position, s.next(sub)[0].Position, "the subscription goes on")
}

// ended tells whether an error says that a call was refused by the rules, not by a fault of the engine.
func ended(err error) bool {
	if err == nil {
		return false
	}
	if _, ok := errors.AsType[*hold.ConflictError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*hold.SeatLimitError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*hold.HoldLimitError](err); ok {
		return true
	}
	_, ok := errors.AsType[*hold.RefusedError](err)
	return ok
}
