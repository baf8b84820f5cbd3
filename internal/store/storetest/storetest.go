// Package storetest is the court of store.Backend: every promise of every method as a named test, in tiers of behaviour,
// transaction and concurrency. A store passes it unchanged or is not a store.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/store"
)

// Factory makes an empty backend that tells the time by the clock. It closes it by t.Cleanup.
type Factory func(t *testing.T, c clock.Clock) store.Backend

// Option is a capability of the backend under test. Those that are left out are printed.
type Option func(*suite)

// Reopen says how to close a backend and open it again on the same data, for the tests of durability.
func Reopen(again func(t *testing.T, b store.Backend, c clock.Clock) store.Backend) Option {
	return func(s *suite) { s.reopen = again }
}

// Stepwise says that an act is a chain of steps, each sticky and idempotent, and not one transaction: a reader may see a sale half
// claimed, and a reject that meets a reserve half way finds its row. What nobody may ever see is left to the same tests as elsewhere.
func Stepwise() Option { return func(s *suite) { s.stepwise = true } }

type suite struct {
	open     Factory
	reopen   func(t *testing.T, b store.Backend, c clock.Clock) store.Backend
	stepwise bool
}

// start is the instant at which the suite's clocks stand.
var start = time.Date(2026, 10, 24, 18, 30, 0, 0, time.UTC)

// Run puts a backend before the court.
func Run(t *testing.T, open Factory, options ...Option) {
	t.Helper()
	s := &suite{open: open}
	for _, o := range options {
		o(s)
	}
	if s.reopen == nil {
		t.Log("left out: Reopen (what was answered survives a restart)")
	}
	if s.stepwise {
		t.Log("left out: acts as one transaction (a reader may see a sale half claimed)")
	}
	tiers := []struct {
		name  string
		cases map[string]func(t *testing.T, b *bench)
	}{
		{"behaviour/registers", registerCases},
		{"behaviour/reserve", reserveCases},
		{"behaviour/settle", settleCases},
		{"behaviour/status", statusCases},
		{"behaviour/claims", claimCases},
		{"behaviour/reads", readCases},
		{"behaviour/import", importCases},
		{"behaviour/catalogue", catalogueCases},
		{"behaviour/accounts", accountCases},
		{"behaviour/tokens", tokenCases},
		{"behaviour/roles", roleCases},
		{"behaviour/record", recordCases},
		{"behaviour/user_keys", userKeyCases},
		{"behaviour/chain", chainCases},
		{"behaviour/privacy", privacyCases},
		{"transaction", transactionCases},
		{"concurrency", concurrencyCases},
		{"durability", durabilityCases},
	}
	for _, tier := range tiers {
		t.Run(tier.name, func(t *testing.T) {
			t.Parallel()
			if tier.name == "durability" && s.reopen == nil {
				t.Skip("left out: the backend gave no Reopen")
			}
			for name, run := range tier.cases {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					c := clock.NewFake(start)
					run(t, &bench{Backend: s.open(t, c), clock: c, suite: s})
				})
			}
		})
	}
}

// bench is one case's fresh backend.
type bench struct {
	store.Backend
	clock *clock.Fake
	suite *suite
}

// restart closes the backend and opens it again on the same data.
func (b *bench) restart(t *testing.T) {
	t.Helper()
	b.Backend = b.suite.reopen(t, b.Backend, b.clock)
}

const (
	show  ident.Showtime = "st_suite"
	other ident.Showtime = "st_other"
	alice ident.User     = "us_alice"
	bob   ident.User     = "us_bob"
)

// sale makes a booking of one user for seats of a showtime, as the booking feature hands it to Reserve.
func sale(id string, user ident.User, showtime ident.Showtime, seats ...ident.Seat) booking.Booking {
	b := booking.Booking{
		ID: ident.Booking(id), Reference: "K7M2-9QXD", User: user, Owner: user, Request: ident.Request("request-" + id),
		Showtime: showtime, Cinema: "ci_suite", Seats: seats, Fingerprint: fingerprint(seats), Customer: booking.Customer{Email: "ada@example.com", Name: "Ada Lovelace"},
		Status: booking.Reserving, Provider: "mock", Epoch: "e1", Amount: money.Of(0, "GBP"),
		CreatedAt: start, PayDeadline: start.Add(10 * time.Minute), UpdatedAt: start,
	}
	for _, s := range seats {
		b.Lines = append(b.Lines, booking.Line{Seat: s, TicketType: "adult", TypeName: "Adult", Price: money.Of(1250, "GBP")})
		b.Amount.Minor += 1250
	}
	return b
}

func fingerprint(seats []ident.Seat) string {
	return fmt.Sprint("adult", seats)
}

// capture is what the booking feature hands to Settle once the money moved.
func capture(b booking.Booking) booking.SettleRequest {
	r := booking.SettleRequest{
		Booking: b.ID, PaymentRef: "pay_" + string(b.ID),
		RegisterKind: booking.KindPayment, RegisterID: "pay_" + string(b.ID), RegisterValue: "captured",
		Events: []booking.OutboxEvent{event(b, "booking.success")},
	}
	for _, s := range b.Seats {
		r.Tickets = append(r.Tickets, booking.Ticket{
			ID: ident.Ticket("tk_" + string(b.ID) + "_" + string(s)), Booking: b.ID, Showtime: b.Showtime, Seat: s, TicketType: "adult", TypeName: "Adult",
			Price: money.Of(1250, "GBP"), Code: "CT1:" + string(s), Generation: 1,
		})
	}
	return r
}

func event(b booking.Booking, kind string) booking.OutboxEvent {
	return booking.OutboxEvent{
		ID: string(b.ID) + ":" + kind + ":1", Type: kind, Showtime: b.Showtime, Booking: b.ID, User: b.User, Seats: b.Seats, Request: b.Request,
		Payload: []byte(`{"n":1}`), At: start,
	}
}

// reserve expects every seat to be claimed.
func (b *bench) reserve(t *testing.T, want booking.Booking) booking.Booking {
	t.Helper()
	res, err := b.Reserve(t.Context(), want, 0)
	require.NoError(t, err)
	require.Equal(t, booking.Reserved, res.Outcome)
	return res.Booking
}

// sell reserves and settles.
func (b *bench) sell(t *testing.T, want booking.Booking) booking.Booking {
	t.Helper()
	b.reserve(t, want)
	got, result, err := b.Settle(t.Context(), capture(want))
	require.NoError(t, err)
	require.Equal(t, booking.Settled, result)
	return got
}

// claimed maps the claimed seats of a showtime to their bookings.
func (b *bench) claimed(t *testing.T, showtime ident.Showtime) map[ident.Seat]ident.Booking {
	t.Helper()
	claims, err := b.Claims(t.Context(), showtime)
	require.NoError(t, err)
	out := make(map[ident.Seat]ident.Booking, len(claims))
	for _, c := range claims {
		require.NotContains(t, out, c.Seat, "one claim a seat")
		out[c.Seat] = c.Booking
	}
	return out
}

// events lists the ids in the outbox.
func (b *bench) events(t *testing.T) []string {
	t.Helper()
	list, err := b.Outbox(t.Context(), 0)
	require.NoError(t, err)
	ids := make([]string, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	return ids
}

// sealOf reads the seal; empty when there is none.
func (b *bench) sealOf(t *testing.T, id ident.Booking) booking.SealValue {
	t.Helper()
	v, _, err := b.Register(t.Context(), booking.KindSeal, string(id))
	require.NoError(t, err)
	return booking.SealValue(v)
}

// isFault expects a fault of a kind and a code.
func isFault(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, fault.CodeOf(err), "%v", err)
	require.Equal(t, kind, fault.KindOf(err), "%v", err)
}

// put writes a register and expects to win.
func (b *bench) put(t *testing.T, kind, id, value string) {
	t.Helper()
	holds, err := b.PutOnce(t.Context(), kind, id, value)
	require.NoError(t, err)
	require.Equal(t, value, holds)
}

// raise moves a status without events.
func (b *bench) raise(t *testing.T, id ident.Booking, s booking.Status, reason string) booking.Booking {
	t.Helper()
	got, err := b.SetStatus(t.Context(), id, s, reason, nil)
	require.NoError(t, err)
	return got
}

// facts is everything that an act may touch, for tests that nothing was.
type facts struct {
	Booking booking.Booking
	Claims  map[ident.Seat]ident.Booking
	Seal    booking.SealValue
	Events  []string
	Payment []booking.RegisterEntry
}

func (b *bench) facts(t *testing.T, id ident.Booking) facts {
	t.Helper()
	got, err := b.Booking(t.Context(), id)
	require.NoError(t, err)
	payment, err := b.RegistersByPrefix(t.Context(), booking.KindPayment, "")
	require.NoError(t, err)
	return facts{Booking: got, Claims: b.claimed(t, got.Showtime), Seal: b.sealOf(t, id), Events: b.events(t), Payment: payment}
}

// cancelled is a context that has ended.
func cancelled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
