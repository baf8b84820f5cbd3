package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/ident"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var evening = time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)

// record is audit.Store and audit.Outbox in memory.
type record struct {
	mu      sync.Mutex // guards everything below
	entries []audit.Entry
	seen    map[string]bool
	outbox  []booking.OutboxEvent
	fail    int           // so many writes fail
	drops   int           // drops that fail
	wrote   chan struct{} // a token for each batch written; nil: nobody waits
}

func newRecord() *record {
	return &record{seen: map[string]bool{}, wrote: make(chan struct{}, 10000)}
}

func (r *record) Append(_ context.Context, entries []audit.Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail > 0 {
		r.fail--
		return errors.New("disk full")
	}
	for _, e := range entries {
		if !r.seen[e.ID] {
			r.seen[e.ID] = true
			r.entries = append(r.entries, e)
		}
	}
	r.wrote <- struct{}{}
	return nil
}

func (r *record) Entries(context.Context, audit.Query) ([]audit.Entry, int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.entries), len(r.entries), nil
}

func (r *record) Outbox(_ context.Context, limit int) ([]booking.OutboxEvent, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.outbox[:min(limit, len(r.outbox))]), nil
}

func (r *record) DropOutbox(_ context.Context, ids []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.drops > 0 {
		r.drops--
		return errors.New("killed")
	}
	r.outbox = slices.DeleteFunc(r.outbox, func(e booking.OutboxEvent) bool { return slices.Contains(ids, e.ID) })
	return nil
}

func (r *record) list() []audit.Entry {
	out, _, _ := r.Entries(context.Background(), audit.Query{})
	return out
}

// hall is a hold engine behind a tap, with a programme of any showtime.
type hall struct {
	clock  *clock.Fake
	engine *holdmem.Engine
	tap    *audit.Tap
	holds  *hold.Keeper
}

func (h *hall) Room(_ context.Context, id ident.Showtime) (hold.Room, error) {
	return hold.Room{Showtime: id, Seats: []ident.Seat{"A1", "A2", "A3", "A4"}, End: evening.Add(2 * time.Hour)}, nil
}

func (h *hall) Facts(context.Context, ident.Showtime) (hold.Facts, error) { return hold.Facts{}, nil }

func newHall() *hall {
	h := &hall{clock: clock.NewFake(evening)}
	h.engine = holdmem.New(h.clock)
	h.tap = audit.NewTap(h.engine)
	h.holds = hold.NewKeeper(h.tap, h)
	return h
}

func (h *hall) lock(t *testing.T, show ident.Showtime, seats ...ident.Seat) {
	t.Helper()
	_, err := h.holds.Lock(t.Context(), hold.LockRequest{
		Showtime: show, Owner: "u_1", Request: "request-1", Seats: seats, TTL: 5 * time.Minute, MaxSeats: 8, MaxHold: 25 * time.Minute,
	})
	require.NoError(t, err)
}

// start runs a worker; stop ends it and waits.
func start(w *audit.Worker) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = w.Run(ctx)
	}()
	return func() { cancel(); <-done }
}

// TestWorker_seat_events records every event of an epoch from its first one on, and what happened until the shutdown.
func TestWorker_seat_events(t *testing.T) {
	t.Parallel()
	h, r := newHall(), newRecord()
	h.lock(t, "st_1", "A1", "A2") // before the worker runs
	w := audit.New(audit.Deps{Store: r, Outbox: r, Tap: h.tap, Clock: h.clock})
	stop := start(w)
	h.lock(t, "st_2", "A3")
	_, err := h.holds.Release(t.Context(), hold.ReleaseRequest{Showtime: "st_1", Owner: "u_1", Seats: []ident.Seat{"A2"}})
	require.NoError(t, err)
	_, err = h.holds.Confirm(t.Context(), hold.ConfirmRequest{
		Showtime: "st_1", Owner: "u_1", Request: "request-1", Booking: "bk_1", Seats: []ident.Seat{"A1"}, Expires: evening.Add(time.Hour),
	})
	require.NoError(t, err)
	stop()
	var told []string
	for _, e := range r.list() {
		told = append(told, fmt.Sprintf("%s %s %v %s", e.Showtime, e.Type, e.Seats, e.Booking))
		require.Equal(t, ident.User("u_1"), e.User)
		require.Equal(t, evening, e.At.UTC())
	}
	require.ElementsMatch(t, []string{
		"st_1 seat.locked [A1 A2] ", "st_1 seat.released [A2] ", "st_1 seat.booked [A1] bk_1", "st_2 seat.locked [A3] ",
	}, told)
	require.Equal(t, uint64(4), w.Stats().Seats)
	require.Zero(t, w.Stats().Gaps)
	require.Zero(t, w.Stats().Readers)
}

// TestWorker_follows_a_new_epoch goes on after the engine lost its memory.
func TestWorker_follows_a_new_epoch(t *testing.T) {
	t.Parallel()
	h, r := newHall(), newRecord()
	stop := start(audit.New(audit.Deps{Store: r, Outbox: r, Tap: h.tap, Clock: h.clock}))
	for range 3 {
		h.lock(t, "st_1", "A1")
		require.Eventually(t, func() bool { h.clock.Advance(time.Second); return len(r.wrote) > 0 }, 10*time.Second, time.Millisecond)
		<-r.wrote
		h.engine.Lose()
	}
	stop()
	ids := map[string]bool{}
	for _, e := range r.list() {
		ids[e.ID] = true
	}
	require.Len(t, ids, 3)
}

// TestWorker_repeats_failed_writes loses nothing while the store is down for a while.
func TestWorker_repeats_failed_writes(t *testing.T) {
	t.Parallel()
	h, r := newHall(), newRecord()
	r.fail = 3
	w := audit.New(audit.Deps{Store: r, Outbox: r, Tap: h.tap, Clock: h.clock})
	stop := start(w)
	h.lock(t, "st_1", "A1")
	require.Eventually(t, func() bool { h.clock.Advance(time.Second); return len(r.wrote) > 0 }, 10*time.Second, time.Millisecond)
	stop()
	require.Len(t, r.list(), 1)
	require.Equal(t, uint64(3), w.Stats().Failures)
}

// TestWorker_overtaken counts a gap when more happened than the engine remembers, and goes on.
func TestWorker_overtaken(t *testing.T) {
	t.Parallel()
	h, r := newHall(), newRecord()
	h.lock(t, "st_1", "A1")
	for range 5000 {
		_, err := h.holds.Release(t.Context(), hold.ReleaseRequest{Showtime: "st_1", Owner: "u_1", Seats: []ident.Seat{"A2"}})
		require.NoError(t, err)
		h.lock(t, "st_1", "A2")
	}
	w := audit.New(audit.Deps{Store: r, Outbox: r, Tap: h.tap, Clock: h.clock})
	stop := start(w)
	require.Eventually(t, func() bool { h.clock.Advance(time.Second); return w.Stats().Gaps == 1 }, 10*time.Second, time.Millisecond)
	require.Eventually(t, func() bool {
		h.clock.Advance(time.Second)
		_, err := h.holds.Release(context.Background(), hold.ReleaseRequest{Showtime: "st_1", Owner: "u_1", Seats: []ident.Seat{"A2"}})
		if err != nil {
			return false
		}
		h.lock(t, "st_1", "A2")
		return w.Stats().Seats > 0
	}, 10*time.Second, time.Millisecond)
	stop()
}

func facts(n int) []booking.OutboxEvent {
	out := make([]booking.OutboxEvent, n)
	for i := range out {
		out[i] = booking.OutboxEvent{
			ID: fmt.Sprintf("bk_%d:booking.success:1", i), Type: "booking.success", Showtime: "st_1", Booking: ident.Booking(fmt.Sprintf("bk_%d", i)),
			User: "u_1", Seats: []ident.Seat{"A1"}, Request: "request-1", Payload: []byte(`{"amount":1250}`), At: evening,
		}
	}
	return out
}

// TestWorker_relay_exactly_once repeats rows whose drop failed; the record has each once.
func TestWorker_relay_exactly_once(t *testing.T) {
	t.Parallel()
	r := newRecord()
	r.outbox, r.drops = facts(600), 2
	w := audit.New(audit.Deps{Store: r, Outbox: r, Clock: clock.NewFake(evening)})
	for range 2 {
		_, err := w.RelayOnce(t.Context())
		require.Error(t, err)
	}
	for more := true; more; {
		var err error
		more, err = w.RelayOnce(t.Context())
		require.NoError(t, err)
	}
	require.Empty(t, r.outbox)
	require.Len(t, r.list(), 600)
	first := r.list()[0]
	require.Equal(t, audit.Entry{
		ID: "bk_0:booking.success:1", Type: "booking.success", Showtime: "st_1", Booking: "bk_0", User: "u_1", Seats: []ident.Seat{"A1"},
		Request: "request-1", Payload: []byte(`{"amount":1250}`), At: evening,
	}, first)
	require.Equal(t, uint64(600), w.Stats().Relayed)
}

// TestWorker_tells_how_far_it_is_behind follows the age of the oldest event through an outage of the record and its end.
func TestWorker_tells_how_far_it_is_behind(t *testing.T) {
	t.Parallel()
	r, c := newRecord(), clock.NewFake(evening)
	r.outbox, r.fail = facts(3), 1
	w := audit.New(audit.Deps{Store: r, Outbox: r, Clock: c})
	require.Zero(t, w.Stats().OutboxLag)
	_, err := w.RelayOnce(t.Context())
	require.Error(t, err)
	c.Advance(90 * time.Second)
	require.Equal(t, 90*time.Second, w.Stats().OutboxLag)
	_, err = w.RelayOnce(t.Context())
	require.NoError(t, err)
	require.Zero(t, w.Stats().OutboxLag)
}

// TestWorker_relays_at_the_end moves what is in the outbox when the process stops.
func TestWorker_relays_at_the_end(t *testing.T) {
	t.Parallel()
	r := newRecord()
	stop := start(audit.New(audit.Deps{Store: r, Outbox: r, Clock: clock.NewFake(evening)}))
	r.mu.Lock()
	r.outbox = facts(300)
	r.mu.Unlock()
	stop()
	require.Len(t, r.list(), 300)
	require.Empty(t, r.outbox)
}

func TestWorker_Record(t *testing.T) {
	t.Parallel()
	r := newRecord()
	w := audit.New(audit.Deps{Store: r, Outbox: r, Clock: clock.NewFake(evening)})
	require.NoError(t, w.Record(t.Context(), audit.Entry{Type: "account.role_granted", User: "u_1"}))
	require.NotEmpty(t, r.list()[0].ID)
	require.Equal(t, evening, r.list()[0].At)
	r.fail = 1
	require.Error(t, w.Record(t.Context(), audit.Entry{Type: "account.role_granted"}), "the action must not be done without its record")
}
