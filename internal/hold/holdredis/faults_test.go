package holdredis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdredis"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
	"cinema/internal/redistest"
)

// brisk connects with the deadlines of a test in which Redis fails.
func brisk(t testing.TB, addr string) *redisconn.Conn {
	t.Helper()
	c, err := redisconn.Open(t.Context(), redisconn.Options{Mode: redisconn.Single, Addrs: []string{addr}, Timeout: 300 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// rush lets buyers of three processes buy every seat of the hall, one after the other, and breaks something once half of them are sold.
// At the end nothing may have been sold twice, nothing that was sold may be held, and the map must agree with the store.
func rush(t *testing.T, s *redistest.Server, broken func(half *process)) {
	t.Helper()
	h := newHouse(t, s.Now())
	var processes []*process
	for range 3 {
		processes = append(processes, h.process(brisk(t, s.Addr)))
	}
	seats := processes[0].roomSeats(t)
	const buyers = 6
	var sold atomic.Int64
	var once sync.Once
	half := make(chan struct{})
	errs := make([]error, buyers+1)
	together(buyers+1, func(i int) {
		if i == buyers {
			<-half
			broken(processes[0])
			return
		}
		errs[i] = buyAll(t.Context(), processes[i%3], i, seats, func() {
			if sold.Add(1) == int64(len(seats)/2) {
				once.Do(func() { close(half) })
			}
		})
	})
	require.NoError(t, errors.Join(errs...))
	require.Equal(t, int64(len(seats)), sold.Load(), "each seat is sold, and once")
	agree(t, processes[1], show)
}

// buyAll goes through the hall until every seat has an owner. Redis may be away for a while; anything else is an error.
func buyAll(ctx context.Context, p *process, buyer int, seats []ident.Seat, sold func()) error {
	for n := range seats {
		seat := seats[(n+buyer*50)%len(seats)]
		for ctx.Err() == nil {
			ok, err := p.sell(ctx, show, buyer, seat)
			if ok {
				sold()
			}
			_, conflict := errors.AsType[*hold.ConflictError](err)
			if _, gone := p.house.sold(show)[seat]; conflict && gone {
				break
			}
			if conflict || errors.Is(err, hold.ErrUnavailable) { // another one is about to buy it, or Redis is away
				select {
				case <-ctx.Done():
				case <-clock.System{}.After(10 * time.Millisecond):
				}
				continue
			}
			if err != nil {
				return err
			}
			break
		}
	}
	return ctx.Err()
}

// agree waits for Redis, repairs once, and compares map and store.
func agree(t *testing.T, p *process, id ident.Showtime) {
	t.Helper()
	require.Eventually(t, func() bool { _, err := p.repair.Repair(t.Context(), id); return err == nil }, 30*time.Second, 20*time.Millisecond)
	shown := map[ident.Seat]ident.Booking{}
	snap := p.snapshot(t, id)
	for _, m := range snap.Booked {
		shown[m.Seat] = m.Booking
	}
	require.Equal(t, p.house.sold(id), shown)
	for _, l := range snap.Locks {
		require.NotContains(t, shown, l.Seat, "a lock beside a marker")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(t *testing.T, s *redistest.Server) func(*process){
		"FLUSHALL": func(_ *testing.T, s *redistest.Server) func(*process) {
			return func(*process) { s.CLI("FLUSHALL") }
		},
		"deletion_of_seatmeta_alone": func(_ *testing.T, s *redistest.Server) func(*process) {
			return func(*process) { s.CLI("DEL", "seatmeta:st_one") }
		},
		"SCRIPT_FLUSH": func(_ *testing.T, s *redistest.Server) func(*process) {
			return func(*process) { s.CLI("SCRIPT", "FLUSH") }
		},
		"kill_and_empty_restart": func(_ *testing.T, s *redistest.Server) func(*process) {
			return func(*process) {
				s.Kill()
				s.Up()
			}
		},
		"standstill_until_the_breaker_opens": func(t *testing.T, s *redistest.Server) func(*process) {
			return func(p *process) {
				s.Pause()
				waitFor(t, p.conn.Open)
				s.Resume()
				waitFor(t, func() bool { return !p.conn.Open() })
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			rush(t, s, broken(t, s))
		})
	}
}

// waitFor is for goroutines beside the test's own, which may not end it.
func waitFor(t *testing.T, is func() bool) {
	t.Helper()
	for range 3000 {
		if is() {
			return
		}
		select {
		case <-t.Context().Done():
		case <-clock.System{}.After(10 * time.Millisecond):
		}
	}
	t.Error("it did not come to pass within half a minute")
}

// TestPromotion of a replica that missed the last writes: a hold and a sale that were acknowledged are unknown to the new master.
func TestPromotion(t *testing.T) {
	t.Parallel()
	master := redistest.Start(t)
	replica := redistest.Start(t, "--replicaof", "127.0.0.1", fmt.Sprint(master.Port()), "--repl-diskless-sync-delay", "0")
	replica.Await("master_link_status:up", "INFO", "replication")
	h := newHouse(t, master.Now())
	before := h.process(brisk(t, master.Addr))
	_, err := before.lock(t.Context(), show, ada, tab1, "A1")
	require.NoError(t, err)
	master.CLI("WAIT", "1", "10000")
	replica.CLI("REPLICAOF", "NO", "ONE") // cut off: what the master acknowledges from here on is lost with it
	sold, err := before.sell(t.Context(), show, 1, "B1")
	require.NoError(t, err)
	require.True(t, sold)
	_, err = before.lock(t.Context(), show, bob, tab1, "C1")
	require.NoError(t, err)
	master.Kill()

	now := h.process(brisk(t, replica.Addr))
	snap := now.snapshot(t, show)
	require.Len(t, snap.Locks, 1, "the hold of before is there, that of after is not")
	require.Empty(t, snap.Booked)
	_, err = now.lock(t.Context(), show, "usr_2", tab1, "B1")
	require.NoError(t, err, "the new master knows nothing of the sale")
	require.False(t, h.claim(show, hold.Claim{Seat: "B1", Booking: bk2, Owner: "usr_2", Request: tab1, State: hold.ClaimBooked}), "the store decides")
	agree(t, now, show)
	_, err = now.lock(t.Context(), show, ident.User("usr_9"), tab1, "B1")
	require.ErrorAs(t, err, new(*hold.ConflictError))
	_, err = now.keeper.Extend(t.Context(), hold.ExtendRequest{Showtime: show, Owner: bob, Request: tab1, By: time.Minute, MaxHold: time.Hour, Mode: hold.ExtendStrict})
	require.ErrorAs(t, err, new(*hold.RefusedError))
}

// TestFullMemory: new holds are refused as unavailable, everything that gives back or records goes on.
func TestFullMemory(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--maxmemory-policy", "noeviction")
	s.Freeze()
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	ctx := t.Context()
	_, err := p.lock(ctx, show, ada, tab1, "A1", "A2", "A3", "A4")
	require.NoError(t, err)
	s.CLI("CONFIG", "SET", "maxmemory", "1")
	for range 20 {
		_, err = p.lock(ctx, show, bob, tab1, "B1")
		require.ErrorIs(t, err, hold.ErrUnavailable)
	}
	require.False(t, p.conn.Open(), "a full Redis is not away")
	_, err = p.keeper.Extend(ctx, hold.ExtendRequest{Showtime: show, Owner: ada, Request: tab1, By: 6 * time.Minute, MaxHold: time.Hour, Mode: hold.ExtendStrict})
	require.NoError(t, err)
	_, err = p.keeper.Release(ctx, hold.ReleaseRequest{Showtime: show, Owner: ada, Seats: []ident.Seat{"A4"}})
	require.NoError(t, err)
	_, err = p.keeper.Transfer(ctx, hold.TransferRequest{Showtime: show, From: ada, To: bob, Request: tab1, Seats: []ident.Seat{"A3"}, MaxSeats: 8})
	require.NoError(t, err)
	_, err = p.keeper.Confirm(ctx, hold.ConfirmRequest{Showtime: show, Owner: ada, Request: tab1, Booking: bk1, Seats: []ident.Seat{"A1"}, Expires: h.end.Add(time.Hour)})
	require.NoError(t, err)
	_, err = p.keeper.Unbook(ctx, hold.UnbookRequest{Showtime: show, Booking: bk1, Owner: ada, Request: tab1, Seats: []ident.Seat{"A1"}})
	require.NoError(t, err)
	require.Len(t, p.snapshot(t, show).Locks, 2)
	require.NoError(t, p.engine.Announce(ctx, nil))
	s.Advance(10 * time.Minute)
	n, err := p.sweeper.RunOnce(ctx, true)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	require.Len(t, read(t, p, show), 9)
	s.CLI("DEL", "seatmeta:st_one")
	require.Empty(t, p.snapshot(t, show).Locks, "hydrate works too")
	s.CLI("CONFIG", "SET", "maxmemory", "0")
	_, err = p.lock(ctx, show, bob, tab1, "B1")
	require.NoError(t, err)
}

// TestAway answers at once that holds are not to be had, and has them again by itself.
func TestAway(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := newHouse(t, s.Now())
	fake := clock.NewFake(time.Unix(0, 0))
	conn, err := redisconn.Open(t.Context(), redisconn.Options{Mode: redisconn.Single, Addrs: []string{s.Addr}, Clock: fake, Timeout: 100 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	p := h.process(conn)
	_, err = p.lock(t.Context(), show, ada, tab1, "A1")
	require.NoError(t, err)
	s.Kill()
	for range 100 {
		_, err = p.lock(t.Context(), show, bob, tab1, "B1")
		require.ErrorIs(t, err, hold.ErrUnavailable)
	}
	require.ErrorIs(t, err, redisconn.ErrOpen)
	s.Up()
	require.Eventually(t, func() bool {
		fake.Advance(time.Second)
		_, err := p.lock(t.Context(), show, bob, tab1, "B1")
		return err == nil
	}, 30*time.Second, 10*time.Millisecond)
	<-p.engine.Recovered()
	require.Len(t, p.snapshot(t, show).Locks, 1)
}

// TestRepair of what Redis has wrong: a marker over another's seat, a lock of an ended booking, a claim that came late.
func TestRepair(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	ctx := t.Context()
	mine := func(seat ident.Seat, booking ident.Booking, state hold.ClaimState) hold.Claim {
		return hold.Claim{Seat: seat, Booking: booking, Owner: ada, Request: tab1, State: state, PayDeadline: h.clock.Now().Add(10 * time.Minute)}
	}
	confirm := func(booking ident.Booking, seats ...ident.Seat) {
		_, err := p.keeper.Confirm(ctx, hold.ConfirmRequest{Showtime: show, Owner: ada, Request: tab1, Booking: booking, Seats: seats, Expires: h.end})
		require.NoError(t, err)
	}
	confirm("bk_ended", "A1", "A2")
	_, err := p.keeper.Extend(ctx, hold.ExtendRequest{
		Showtime: show, Owner: ada, Request: tab1, Seats: []ident.Seat{"A3"}, By: time.Minute, Mode: hold.ExtendDurable, Booking: "bk_ended",
	})
	require.NoError(t, err)
	require.True(t, h.claim(show, mine("A1", bk1, hold.ClaimBooked)))
	require.True(t, h.claim(show, mine("A4", bk2, hold.ClaimOpen)))
	require.True(t, h.claim(show, mine("A5", "bk_late", hold.ClaimEnded)))
	report, err := p.repair.Repair(ctx, show)
	require.NoError(t, err)
	require.Equal(t, map[string]int{
		hold.RepairConfirm: 1, hold.RepairRenew: 1, hold.RepairLock: 1, hold.RepairMarker: 1, hold.RepairClaim: 1,
	}, report.Seats)
	snap := p.snapshot(t, show)
	require.Equal(t, []hold.Marker{{Seat: "A1", Booking: bk1}}, snap.Booked)
	require.Len(t, snap.Locks, 1)
	require.Equal(t, bk2, snap.Locks[0].Booking)
	claims, err := h.Claims(ctx, show)
	require.NoError(t, err)
	require.Len(t, claims, 2)
}

// TestCommands of a sale: one round trip per hold, no scan, nothing that grows with the whole database.
func TestCommands(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	_, err := p.lock(t.Context(), show, ada, tab1, "A1")
	require.NoError(t, err)
	s.CLI("CONFIG", "RESETSTAT")
	for _, seat := range []ident.Seat{"A2", "A3", "A4"} {
		_, err := p.lock(t.Context(), show, ada, tab1, seat)
		require.NoError(t, err)
	}
	stats := s.CLI("INFO", "commandstats")
	require.Contains(t, stats, "cmdstat_evalsha:calls=3,")
	for line := range strings.SplitSeq(stats, "\n") {
		for _, bad := range []string{"scan", "keys:", "eval:", "smembers", "sort"} {
			require.NotContains(t, line, "cmdstat_"+bad)
		}
	}
	var _ hold.Index = (*holdredis.Engine)(nil)
}
