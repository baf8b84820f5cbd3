package holdredis_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
	"cinema/internal/redistest"
)

// books is audit.Store, audit.Finder and audit.Outbox in memory.
type books struct {
	mu      sync.Mutex // guards the rest
	rows    map[string]audit.Entry
	waiting []booking.OutboxEvent
	fail    bool
}

func newBooks() *books { return &books{rows: map[string]audit.Entry{}} }

func (b *books) Append(_ context.Context, entries []audit.Entry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail {
		return errors.New("disk full")
	}
	for _, e := range entries {
		if _, known := b.rows[e.ID]; !known {
			b.rows[e.ID] = e
		}
	}
	return nil
}

func (b *books) Entries(context.Context, audit.Query) ([]audit.Entry, int, error) { return nil, 0, nil }

func (b *books) EntriesByID(_ context.Context, ids []string) ([]audit.Entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []audit.Entry
	for _, id := range ids {
		if e, ok := b.rows[id]; ok {
			out = append(out, e)
		}
	}
	return out, nil
}

func (b *books) Outbox(_ context.Context, limit int) ([]booking.OutboxEvent, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.waiting[:min(limit, len(b.waiting))]), nil
}

func (b *books) DropOutbox(_ context.Context, ids []string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = slices.DeleteFunc(b.waiting, func(e booking.OutboxEvent) bool { return slices.Contains(ids, e.ID) })
	return nil
}

func (b *books) kept() map[string]audit.Entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.rows)
}

func recorder(p *process, b *books) *audit.Worker {
	return audit.New(audit.Deps{Store: b, Outbox: b, Streams: p.engine, Announcer: p.engine, Clock: clock.System{}})
}

// TestRecord_after_a_worker_was_down has one row for each event, from the showtime's first on, with any number of workers at once.
func TestRecord_after_a_worker_was_down(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Freeze()
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	const rounds = 150
	for range rounds {
		_, err := p.lock(t.Context(), show, ada, tab1, "A1")
		require.NoError(t, err)
		_, err = p.keeper.Release(t.Context(), hold.ReleaseRequest{Showtime: show, Owner: ada, Seats: []ident.Seat{"A1"}})
		require.NoError(t, err)
	}
	s.Advance(time.Hour)
	_, err := p.sweeper.RunOnce(t.Context(), true)
	require.NoError(t, err)
	b := newBooks()
	errs := make([]error, 3)
	together(len(errs), func(i int) {
		errs[i] = recorder(h.process(dial(t, redisconn.Single, s.Addr)), b).StreamsOnce(t.Context(), false)
	})
	require.NoError(t, errors.Join(errs...))
	rows := b.kept()
	require.Len(t, rows, 2*rounds)
	epoch := p.snapshot(t, show).Epoch
	for _, e := range events(t, s, "seatstream:st_one")[1:] {
		w := wireOf(t, e)
		require.Equal(t, epoch, w.Epoch)
	}
	for id, row := range rows {
		require.Regexp(t, "^st_one\\|"+epoch+"\\|[0-9]+-[0-9]+$", id)
		require.Equal(t, ada, row.User)
	}
}

// TestRecord_takes_over what a worker took and did not record, and acknowledges only what is kept.
func TestRecord_takes_over(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Freeze()
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	_, err := p.lock(t.Context(), show, ada, tab1, "A1")
	require.NoError(t, err)
	b := newBooks()
	b.fail = true
	w := recorder(p, b)
	require.Error(t, w.StreamsOnce(t.Context(), false))
	b.fail = false
	s.Advance(29 * time.Second)
	require.NoError(t, w.StreamsOnce(t.Context(), false))
	require.Empty(t, b.kept(), "it may still be under way elsewhere")
	s.Advance(2 * time.Second)
	require.NoError(t, w.StreamsOnce(t.Context(), false))
	require.Len(t, b.kept(), 1)
	require.Equal(t, "0", s.CLI("XPENDING", "seatstream:st_one", "audit", "-", "+", "10")+"0")
}

// TestRecord_trims what is recorded and old, never what waits, and never the newest event, which is everybody's cursor.
func TestRecord_trims(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Freeze()
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	w := recorder(p, newBooks())
	length := func() string { return s.CLI("XLEN", "seatstream:st_one") }
	lock := func(seat ident.Seat) {
		t.Helper()
		_, err := p.lock(t.Context(), show, ada, tab1, seat)
		require.NoError(t, err)
	}
	lock("A1")
	s.Advance(time.Minute)
	lock("A2")
	require.NoError(t, w.StreamsOnce(t.Context(), true))
	require.Equal(t, "3", length(), "young")
	s.Advance(3 * time.Minute)
	lock("A3")
	lock("A4")
	events, _, err := p.engine.Take(t.Context(), show, 1)
	require.NoError(t, err)
	require.Equal(t, []ident.Seat{"A3"}, events[0].Seats)
	s.Advance(20 * time.Minute)
	n, err := p.engine.Trim(t.Context(), show, 10*time.Minute)
	require.NoError(t, err)
	require.Equal(t, 3, n, "what waits for its record stays")
	require.Equal(t, "2", length())
	require.NoError(t, w.StreamsOnce(t.Context(), true))
	require.Equal(t, "1", length())
	snap := p.snapshot(t, show)
	sub, err := p.engine.Subscribe(t.Context(), show, snap.Position)
	require.NoError(t, err, "a quiet showtime can be followed from its newest event")
	sub.Close()
}

// TestRecord_counts_what_the_cap_dropped before anybody read it.
func TestRecord_counts_what_the_cap_dropped(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	for _, seat := range []ident.Seat{"A1", "A2", "A3", "A4"} {
		_, err := p.lock(t.Context(), show, ada, tab1, seat)
		require.NoError(t, err)
	}
	s.CLI("XTRIM", "seatstream:st_one", "MAXLEN", "2")
	b := newBooks()
	w := recorder(p, b)
	require.NoError(t, w.StreamsOnce(t.Context(), true))
	require.Equal(t, uint64(3), w.Stats().Trimmed)
	require.Len(t, b.kept(), 2)
	require.NoError(t, w.StreamsOnce(t.Context(), true))
	require.Equal(t, uint64(3), w.Stats().Trimmed, "counted once")
}

// TestRecord_keeps_twins: a server that took over may issue an id again for another event of the same epoch.
func TestRecord_keeps_twins(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	a, err := p.lock(t.Context(), show, ada, tab1, "A1")
	require.NoError(t, err)
	b := newBooks()
	id := "st_one|" + a.Epoch + "|" + a.Cursor
	b.rows[id] = audit.Entry{ID: id, Type: "seat.released", Showtime: show, User: bob, Seats: []ident.Seat{"A9"}, At: s.Now()}
	w := recorder(p, b)
	require.NoError(t, w.StreamsOnce(t.Context(), false))
	rows := b.kept()
	require.Len(t, rows, 2)
	require.Equal(t, bob, rows[id].User, "the first one stays")
	for other, row := range rows {
		if other != id {
			require.Regexp(t, "^"+regexpOf(id)+"~[0-9a-f]{16}$", other)
			require.Equal(t, ada, row.User)
		}
	}
	require.Equal(t, uint64(1), w.Stats().Twins)
}

func regexpOf(id string) string {
	var out []byte
	for _, c := range []byte(id) {
		if c == '|' {
			out = append(out, '\\')
		}
		out = append(out, c)
	}
	return string(out)
}

// TestAnnounce tells bookings on the stream and the channel, and keeps them in the outbox until that is done.
func TestAnnounce(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	b := newBooks()
	b.waiting = []booking.OutboxEvent{{
		ID: "bk_1:booking.success:1", Type: "booking.success", Showtime: show, Booking: "bk_1", User: ada, Seats: []ident.Seat{"A1", "A2"},
		Request: tab1, Payload: []byte(`{"amount":2500,"currency":"GBP","at":1790000000}`), At: s.Now(),
	}}
	next := s.Listen("SUBSCRIBE", "booking-events")
	w := recorder(p, b)
	_, err := w.RelayOnce(t.Context())
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal([]byte(next()), &got))
	require.Equal(t, map[string]any{
		"id": "bk_1:booking.success:1", "type": "booking.success", "booking_id": "bk_1", "showtime_id": "st_one", "user_id": "usr_ada",
		"seat_ids": []any{"A1", "A2"}, "request_id": "request-1", "amount": 2500.0, "currency": "GBP", "at": 1790000000.0,
	}, got)
	require.Equal(t, "1", s.CLI("XLEN", "booking-events-stream"))
	require.Empty(t, b.waiting)
	require.Contains(t, b.kept(), "bk_1:booking.success:1")

	b.waiting = []booking.OutboxEvent{{ID: "bk_2:booking.failed:1", Type: "booking.failed", Showtime: show, Booking: "bk_2", User: ada, At: s.Now()}}
	s.Kill()
	_, err = w.RelayOnce(t.Context())
	require.Error(t, err)
	require.Len(t, b.waiting, 1, "nobody was told yet")
	s.Up()
	require.Eventually(t, func() bool { _, err := w.RelayOnce(t.Context()); return err == nil }, 20*time.Second, 10*time.Millisecond)
	require.Equal(t, "1", s.CLI("XLEN", "booking-events-stream"))
	require.Empty(t, b.waiting)
}
