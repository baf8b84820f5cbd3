package holdtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// People and requests of the cases.
const (
	ada  ident.User    = "usr_ada"
	bob  ident.User    = "usr_bob"
	cyd  ident.User    = "usr_cyd"
	tab1 ident.Request = "request-1"
	tab2 ident.Request = "request-2"
	bk1  ident.Booking = "bk_one"
	bk2  ident.Booking = "bk_two"

	maxSeats = 8
	patience = 20 * time.Second // bounds a wait that only a broken engine makes long
	// movable is how far a case may wait for a clock that cannot be moved.
	movable = 2 * time.Second
)

// stage is one showtime of one engine, watched from its first event: at the end, verify replays the events.
type stage struct {
	Harness
	t     *testing.T
	room  hold.Room
	unit  time.Duration // a minute where the clock can be moved
	epoch int           // counts hydrates
	from  hold.Snapshot // where the ledger starts
	rules rules
}

func newStage(t *testing.T, h Harness) *stage {
	t.Helper()
	if h.Now == nil {
		h.Now = time.Now
	}
	s := &stage{Harness: h, t: t, unit: time.Minute}
	if h.Advance == nil {
		s.unit = 400 * time.Millisecond
	}
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '#' {
			return '-'
		}
		return r
	}, t.Name())
	s.room = Room(ident.Showtime("st_"+name[max(0, len(name)-50):]), h.Now().Add(3*time.Hour))
	s.hydrate(hold.Facts{})
	return s
}

func (s *stage) ttl() time.Duration     { return 5 * s.unit }
func (s *stage) maxHold() time.Duration { return 25 * s.unit }

// hydrate initialises the showtime and starts the ledger there.
func (s *stage) hydrate(f hold.Facts) hold.Answer {
	s.t.Helper()
	s.epoch++
	a, err := s.Engine.Hydrate(s.t.Context(), hold.HydrateRequest{Room: s.room, Epoch: fmt.Sprintf("epoch-%d", s.epoch), Facts: f})
	require.NoError(s.t, err)
	s.rebase()
	return a
}

// rebase starts the ledger at the present state.
func (s *stage) rebase() { s.from = s.snapshot() }

func (s *stage) snapshot() hold.Snapshot {
	s.t.Helper()
	snap, err := s.Engine.Snapshot(s.t.Context(), s.room)
	require.NoError(s.t, err)
	return snap
}

// pass lets engine time go on.
func (s *stage) pass(d time.Duration) {
	s.t.Helper()
	if s.Advance != nil {
		s.Advance(d)
		return
	}
	if d > movable {
		s.t.Skipf("left out: the engine's clock cannot be moved by %s", d)
	}
	select {
	case <-time.After(d):
	case <-s.t.Context().Done():
	}
}

func (s *stage) tryLock(owner ident.User, request ident.Request, seats ...ident.Seat) (hold.Answer, error) {
	return s.Engine.Lock(s.t.Context(), hold.LockRequest{
		Showtime: s.room.Showtime, Owner: owner, Request: request, Seats: seats, TTL: s.ttl(), MaxSeats: maxSeats, MaxHold: s.maxHold(),
	})
}

func (s *stage) lock(owner ident.User, request ident.Request, seats ...ident.Seat) hold.Answer {
	s.t.Helper()
	a, err := s.tryLock(owner, request, seats...)
	require.NoError(s.t, err)
	return a
}

// conflict locks, expects a refusal and gives its reasons.
func (s *stage) conflict(owner ident.User, request ident.Request, seats ...ident.Seat) []hold.SeatReason {
	s.t.Helper()
	before := s.snapshot()
	a, err := s.tryLock(owner, request, seats...)
	refusal := as[*hold.ConflictError](s, err)
	require.Equal(s.t, before.Position, a.Position, "a refusal tells where it was decided")
	require.False(s.t, a.Now.IsZero())
	s.unchanged(before)
	return refusal.Seats
}

func (s *stage) tryExtend(mode hold.ExtendMode, by time.Duration, owner ident.User, request ident.Request, seats ...ident.Seat) (hold.Answer, error) {
	q := hold.ExtendRequest{
		Showtime: s.room.Showtime, Owner: owner, Request: request, Seats: seats, By: by, MaxHold: s.maxHold(), Mode: mode,
	}
	return s.Engine.Extend(s.t.Context(), q)
}

func (s *stage) extend(mode hold.ExtendMode, by time.Duration, owner ident.User, request ident.Request, seats ...ident.Seat) hold.Answer {
	s.t.Helper()
	a, err := s.tryExtend(mode, by, owner, request, seats...)
	require.NoError(s.t, err)
	return a
}

// durable renews for an open booking.
func (s *stage) durable(by time.Duration, owner ident.User, request ident.Request, booking ident.Booking, seats ...ident.Seat) hold.Answer {
	s.t.Helper()
	a, err := s.Engine.Extend(s.t.Context(), hold.ExtendRequest{
		Showtime: s.room.Showtime, Owner: owner, Request: request, Seats: seats, By: by, MaxHold: s.maxHold(), Mode: hold.ExtendDurable, Booking: booking,
	})
	require.NoError(s.t, err)
	return a
}

func (s *stage) release(owner ident.User, request ident.Request, seats ...ident.Seat) hold.Answer {
	s.t.Helper()
	a, err := s.Engine.Release(s.t.Context(), hold.ReleaseRequest{Showtime: s.room.Showtime, Owner: owner, Request: request, Seats: seats})
	require.NoError(s.t, err)
	return a
}

func (s *stage) transfer(from, to ident.User, request ident.Request, seats ...ident.Seat) hold.Answer {
	s.t.Helper()
	s.rules.transfer = true
	q := hold.TransferRequest{Showtime: s.room.Showtime, From: from, To: to, Request: request, Seats: seats, MaxSeats: maxSeats}
	a, err := s.Engine.Transfer(s.t.Context(), q)
	require.NoError(s.t, err)
	return a
}

func (s *stage) confirm(owner ident.User, request ident.Request, booking ident.Booking, seats ...ident.Seat) hold.Answer {
	s.t.Helper()
	a, err := s.Engine.Confirm(s.t.Context(), hold.ConfirmRequest{
		Showtime: s.room.Showtime, Owner: owner, Request: request, Booking: booking, Seats: seats, Expires: s.room.End.Add(24 * time.Hour),
	})
	require.NoError(s.t, err)
	return a
}

func (s *stage) unbook(booking ident.Booking, owner ident.User, request ident.Request, seats ...ident.Seat) hold.Answer {
	s.t.Helper()
	q := hold.UnbookRequest{Showtime: s.room.Showtime, Booking: booking, Owner: owner, Request: request, Seats: seats}
	a, err := s.Engine.Unbook(s.t.Context(), q)
	require.NoError(s.t, err)
	return a
}

func (s *stage) sweep(recount bool) hold.SweepAnswer {
	s.t.Helper()
	a, err := s.Engine.Sweep(s.t.Context(), hold.SweepRequest{Room: s.room, Recount: recount})
	require.NoError(s.t, err)
	return a
}

// held gives the lock of a seat.
func (s *stage) held(seat ident.Seat) (hold.Lock, bool) {
	s.t.Helper()
	for _, l := range s.snapshot().Locks {
		if l.Seat == seat {
			return l, true
		}
	}
	return hold.Lock{}, false
}

func (s *stage) lockOf(seat ident.Seat) hold.Lock {
	s.t.Helper()
	l, ok := s.held(seat)
	require.True(s.t, ok, "%s is not held", seat)
	return l
}

// soldTo gives the booking of a seat, empty when it is not sold.
func (s *stage) soldTo(seat ident.Seat) ident.Booking {
	s.t.Helper()
	for _, m := range s.snapshot().Booked {
		if m.Seat == seat {
			return m.Booking
		}
	}
	return ""
}

// unchanged proves that nothing was written since a snapshot.
func (s *stage) unchanged(before hold.Snapshot) {
	s.t.Helper()
	after := s.snapshot()
	before.Now, after.Now = time.Time{}, time.Time{}
	require.Equal(s.t, before, after)
}

// since reads the events after a position up to the present one.
func (s *stage) since(after hold.Position) []hold.Event {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	now := s.snapshot().Position
	sub, err := s.Engine.Subscribe(ctx, s.room.Showtime, after)
	require.NoError(s.t, err)
	defer sub.Close()
	var events []hold.Event
	for seq := after.Seq; seq < now.Seq; seq = events[len(events)-1].Seq {
		got, err := sub.Next(ctx)
		require.NoError(s.t, err)
		require.NotEmpty(s.t, got)
		events = append(events, got...)
	}
	return events
}

// verify replays the showtime's events since the ledger's start: each must be legal and without a gap, and the result must be
// the engine's state.
func (s *stage) verify() {
	s.t.Helper()
	events := s.since(s.from.Position)
	ledger := NewLedger(s.from)
	ledger.rules = s.rules
	for _, e := range events {
		require.NoError(s.t, ledger.Apply(e))
	}
	require.NoError(s.t, ledger.Equal(s.snapshot()))
}

// as expects an error of a type and gives it.
func as[E error](s *stage, err error) E {
	s.t.Helper()
	e, ok := errors.AsType[E](err)
	require.True(s.t, ok, "%v", err)
	return e
}

func seatsOf(list []hold.SeatReason) map[ident.Seat]hold.Reason {
	m := make(map[ident.Seat]hold.Reason, len(list))
	for _, r := range list {
		m[r.Seat] = r.Reason
	}
	return m
}
