package storemongo_test

import (
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/mongotest"
	"cinema/internal/store"
	"cinema/internal/store/storemongo"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

var start = time.Date(2026, 10, 24, 18, 30, 0, 0, time.UTC)

// options are those of a test's own database. The bounds are wide: a loaded machine is not an unknown outcome.
func options(t *testing.T, c clock.Clock) storemongo.Options {
	t.Helper()
	server := mongotest.Shared(t)
	return storemongo.Options{
		URI: server.URI(t), Database: server.Database(t), AllowStandalone: server.Standalone, Clock: c, Logger: slog.New(slog.DiscardHandler),
		Timeout: 30 * time.Second, Patience: time.Minute,
	}
}

func open(t *testing.T, o storemongo.Options) *storemongo.Store {
	t.Helper()
	s, err := storemongo.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// line is a store behind a relay of its own, and another process's store on the same database that needs no relay's leave.
type line struct {
	*storemongo.Store
	options storemongo.Options
	relay   *mongotest.Relay
	server  *mongotest.Server
	other   *storemongo.Store
}

func setup(t *testing.T, tweak ...func(*storemongo.Options)) *line {
	t.Helper()
	o := options(t, clock.NewFake(start))
	l := &line{server: mongotest.Shared(t), other: open(t, o)}
	l.relay = l.server.Relay(t)
	o.URI = l.relay.URI
	for _, f := range tweak {
		f(&o)
	}
	l.options, l.Store = o, open(t, o)
	return l
}

// impatient gives up soon, for servers that a test keeps away.
func impatient(o *storemongo.Options) { o.Patience, o.Timeout = 1500*time.Millisecond, time.Second }

// sale makes a booking as the booking feature hands it to Reserve.
func sale(id string, seats ...ident.Seat) booking.Booking {
	b := booking.Booking{
		ID: ident.Booking(id), Reference: "K7M2-9QXD", User: "us_a", Owner: "us_a", Request: ident.Request("request-" + id), Showtime: "st_1",
		Seats: seats, Fingerprint: fmt.Sprint(seats), Provider: "mock", Amount: money.Of(1250*int64(len(seats)), "GBP"),
		CreatedAt: start, PayDeadline: start.Add(10 * time.Minute),
	}
	for _, seat := range seats {
		b.Lines = append(b.Lines, booking.Line{Seat: seat, TicketType: "adult", Price: money.Of(1250, "GBP")})
	}
	return b
}

// capture is what the booking feature hands to Settle once the money moved.
func capture(b booking.Booking) booking.SettleRequest {
	r := booking.SettleRequest{
		Booking: b.ID, PaymentRef: "pay_" + string(b.ID), RegisterKind: booking.KindPayment, RegisterID: "pay_" + string(b.ID), RegisterValue: "captured",
		Events: []booking.OutboxEvent{{
			ID: string(b.ID) + ":booking.success:1", Type: "booking.success", Showtime: b.Showtime, Booking: b.ID, User: b.User, Seats: b.Seats, At: start,
		}},
	}
	for _, seat := range b.Seats {
		r.Tickets = append(r.Tickets, booking.Ticket{
			ID: ident.Ticket("tk_" + string(b.ID) + "_" + string(seat)), Booking: b.ID, Showtime: b.Showtime, Seat: seat,
			Price: money.Of(1250, "GBP"), Code: "CT1", Generation: 1,
		})
	}
	return r
}

// sell reserves and settles.
func sell(t *testing.T, s store.Backend, b booking.Booking) booking.Booking {
	t.Helper()
	res, err := s.Reserve(t.Context(), b, 2)
	require.NoError(t, err)
	require.Equal(t, booking.Reserved, res.Outcome)
	got, result, err := s.Settle(t.Context(), capture(b))
	require.NoError(t, err)
	require.Equal(t, booking.Settled, result)
	return got
}

// soldOnce wants the booking sold, whole and once.
func soldOnce(t *testing.T, s store.Backend, b booking.Booking) {
	t.Helper()
	got, err := s.Booking(t.Context(), b.ID)
	require.NoError(t, err)
	require.Equal(t, booking.Booked, got.Status)
	require.Len(t, got.Tickets, len(b.Seats))
	require.Len(t, claimed(t, s), len(b.Seats))
	events, err := s.Outbox(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, events, 1)
	_, total, err := s.Bookings(t.Context(), booking.Query{})
	require.NoError(t, err)
	require.Equal(t, 1, total)
}

// claimed maps the claimed seats to their bookings.
func claimed(t *testing.T, s store.Backend) map[ident.Seat]ident.Booking {
	t.Helper()
	claims, err := s.Claims(t.Context(), "st_1")
	require.NoError(t, err)
	out := make(map[ident.Seat]ident.Booking, len(claims))
	for _, c := range claims {
		out[c.Seat] = c.Booking
	}
	return out
}

func isUnavailable(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	require.Equal(t, "store_unavailable", fault.CodeOf(err))
}

// isWrite tells whether a command changes documents.
func isWrite(c mongotest.Command) bool {
	return c.Name == "insert" || c.Name == "update" || c.Name == "delete"
}

// nth picks the n-th write that the relay sees, from 1.
type nth struct {
	mu   sync.Mutex // guards seen
	seen int
}

// next counts a write and returns its number; 0 for what is none.
func (n *nth) next(c mongotest.Command) int {
	if !isWrite(c) {
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen++
	return n.seen
}
