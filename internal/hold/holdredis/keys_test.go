package holdredis_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
	"cinema/internal/redistest"
)

// wire is an event as consumers outside read it.
type wire struct {
	ID       string   `json:"id"`
	Type     string   `json:"type"`
	Showtime string   `json:"showtime_id"`
	Seats    []string `json:"seat_ids"`
	Owner    string   `json:"owner"`
	Request  string   `json:"request_id"`
	Booking  string   `json:"booking_id"`
	At       int64    `json:"at"`
	Epoch    string   `json:"epoch"`
	Seq      uint64   `json:"seq"`
	Cursor   string   `json:"cursor"`
	Prev     string   `json:"prev"`
}

func wireOf(t testing.TB, text string) wire {
	t.Helper()
	var w wire
	require.NoError(t, json.Unmarshal([]byte(text), &w), text)
	return w
}

// everything does each kind of change once.
func everything(t *testing.T, p *process) {
	t.Helper()
	ctx := t.Context()
	_, err := p.lock(ctx, show, ada, tab1, "A1", "A2", "A3")
	require.NoError(t, err)
	_, err = p.keeper.Release(ctx, hold.ReleaseRequest{Showtime: show, Owner: ada, Seats: []ident.Seat{"A3"}})
	require.NoError(t, err)
	_, err = p.keeper.Transfer(ctx, hold.TransferRequest{Showtime: show, From: ada, To: bob, Request: tab1, MaxSeats: 8})
	require.NoError(t, err)
	_, err = p.keeper.Extend(ctx, hold.ExtendRequest{Showtime: show, Owner: bob, Request: tab1, By: 2 * time.Minute, MaxHold: time.Hour, Mode: hold.ExtendMore})
	require.NoError(t, err)
	_, err = p.keeper.Extend(ctx, hold.ExtendRequest{
		Showtime: show, Owner: bob, Request: tab1, Seats: []ident.Seat{"A2"}, By: 10 * time.Minute, Mode: hold.ExtendDurable, Booking: bk2,
	})
	require.NoError(t, err)
	_, err = p.keeper.Confirm(ctx, hold.ConfirmRequest{
		Showtime: show, Owner: bob, Request: tab1, Booking: bk1, Seats: []ident.Seat{"A1"}, Expires: p.house.end.Add(24 * time.Hour),
	})
	require.NoError(t, err)
	_, err = p.keeper.Unbook(ctx, hold.UnbookRequest{Showtime: show, Booking: bk2, Owner: bob, Request: tab1, Seats: []ident.Seat{"A2"}})
	require.NoError(t, err)
	_, err = p.lock(ctx, show, ada, tab1, "B1")
	require.NoError(t, err)
	require.NoError(t, p.engine.Announce(ctx, []audit.Message{{ID: "bk_one:booking.success:1", Type: "booking.success", Body: []byte(`{"id":"x"}`)}}))
}

// TestKeys are those of the contract, each with an expiry at every moment, but for the sixteen buckets.
func TestKeys(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Freeze()
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	everything(t, p)
	require.Equal(t, "usr_ada:request-1", s.CLI("GET", "seatlock:st_one:B1"))
	require.Equal(t, "bk_one", s.CLI("GET", "seatbooked:st_one:A1"))
	require.Equal(t, strconv.FormatInt(s.Now().Add(5*time.Minute).UnixMilli(), 10), s.CLI("PEXPIRETIME", "seatlock:st_one:B1"))
	require.Equal(t, strconv.FormatInt(h.end.Add(24*time.Hour).UnixMilli(), 10), s.CLI("PEXPIRETIME", "seatbooked:st_one:A1"))
	known := map[string]bool{"booking-events-stream": true}
	for _, k := range []string{"seatlock:st_one:B1", "seatbooked:st_one:A1", "seatlockexp:st_one", "seatmeta:st_one", "seatstream:st_one"} {
		known[k] = true
	}
	for key := range strings.SplitSeq(s.CLI("--scan"), "\n") {
		if strings.HasPrefix(key, "seatactive:") {
			continue
		}
		require.True(t, known[key], "%s is no key of the contract", key)
		require.NotEqual(t, "-1", s.CLI("TTL", key), "%s has no expiry", key)
		delete(known, key)
	}
	require.Empty(t, known)
}

// TestSweep_writes_nothing when all is in order: sweepers visit every second, and the append-only file must not grow by it.
func TestSweep_writes_nothing(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Freeze()
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	_, err := p.lock(t.Context(), show, ada, tab1, "A1")
	require.NoError(t, err)
	dirty := func() string {
		for line := range strings.SplitSeq(s.CLI("INFO", "persistence"), "\n") {
			if n, ok := strings.CutPrefix(line, "rdb_changes_since_last_save:"); ok {
				return strings.TrimSpace(n)
			}
		}
		return ""
	}
	before := dirty()
	for range 5 {
		_, err := p.sweeper.RunOnce(t.Context(), true)
		require.NoError(t, err)
	}
	require.Equal(t, before, dirty())
}

// TestChannel carries every event as JSON to whoever subscribes, in order and without a hole.
func TestChannel(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]struct {
		mode    redisconn.Mode
		server  func(testing.TB) *redistest.Server
		channel string
		command string
	}{
		"single":  {redisconn.Single, func(t testing.TB) *redistest.Server { return redistest.Start(t) }, "seat-events:st_one", "SUBSCRIBE"},
		"cluster": {redisconn.Cluster, redistest.StartCluster, "seat-events:{st_one}", "SSUBSCRIBE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start.server(t)
			h := newHouse(t, s.Now())
			p := h.process(dial(t, start.mode, s.Addr))
			seats, bookings := s.Listen(start.command, start.channel), s.Listen("SUBSCRIBE", "booking-events")
			everything(t, p)
			var types []string
			prev := ""
			for i := range 9 {
				w := wireOf(t, seats())
				require.Equal(t, uint64(i+1), w.Seq)
				require.Equal(t, w.Epoch+"-"+w.Cursor, w.ID)
				require.True(t, i == 0 || w.Prev == prev)
				require.Equal(t, "st_one", w.Showtime)
				require.NotZero(t, w.At)
				if i > 0 {
					require.NotEmpty(t, w.Seats)
					require.NotEmpty(t, w.Owner)
					require.Equal(t, "request-1", w.Request)
				}
				prev = w.Cursor
				types = append(types, w.Type)
			}
			require.Equal(t, fmt.Sprint([]string{
				"resync", "seat.locked", "seat.released", "seat.locked", "seat.locked", "seat.locked", "seat.booked", "seat.released", "seat.locked",
			}), fmt.Sprint(types))
			require.JSONEq(t, `{"id":"x"}`, bookings())
		})
	}
}
