package booking_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment"
	"cinema/internal/payment/paymock"
	"cinema/internal/ticket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	show  = ident.Showtime("st_1")
	alice = ident.User("u_alice")
	bob   = ident.User("u_bob")
)

var evening = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// programme is one showtime in a hall of rows A and B.
type programme struct {
	clock  clock.Clock
	detail *catalog.Detail
}

func newProgramme(t testing.TB, c clock.Clock) *programme {
	t.Helper()
	layout := &catalog.Layout{ID: "l_1", Auditorium: "a_1", Version: 1, Width: 10, Height: 4}
	for y, row := range []string{"A", "B"} {
		r := catalog.Row{Label: row}
		for n := 1; n <= 8; n++ {
			s := catalog.Seat{ID: ident.Seat(row + string(rune('0'+n))), Row: row, Number: n, X: float64(n), Y: float64(y) + 1, Kind: catalog.Standard, Category: "std"}
			if row == "B" && n >= 7 {
				s.Kind, s.Pair = catalog.Couple, ident.Seat("B"+string(rune('0'+15-n)))
			}
			r.Seats = append(r.Seats, s)
		}
		layout.Rows = append(layout.Rows, r)
	}
	layout, err := catalog.NewLayout(layout)
	require.NoError(t, err)
	price := func(kind string, minor int64) catalog.Price {
		return catalog.Price{Category: "std", TicketType: kind, Amount: money.Of(minor, "GBP")}
	}
	card := catalog.PriceCard{
		ID: "pc_1", Currency: "GBP",
		Types: []catalog.TicketType{
			{ID: "adult", Name: "Adult", Default: true}, {ID: "child", Name: "Child", Proof: true}, {ID: "free", Name: "Free"},
		},
		Prices: []catalog.Price{price("adult", 1250), price("child", 800), price("free", 0)},
	}
	start := evening.Add(8 * time.Hour)
	return &programme{clock: c, detail: &catalog.Detail{
		Showtime: catalog.Showtime{
			ID: show, Cinema: "c_1", Auditorium: "a_1", Layout: "l_1", Movie: "m_1", StartsAt: start, EndsAt: start.Add(2 * time.Hour),
			ClearsAt: start.Add(150 * time.Minute), OnSaleAt: evening.AddDate(0, 0, -7), SalesCloseAt: start.Add(15 * time.Minute),
			PriceCard: "pc_1", Status: catalog.Scheduled,
		},
		Cinema: catalog.Cinema{ID: "c_1", Name: "Lumen"}, Auditorium: catalog.Auditorium{ID: "a_1", Name: "Hall 1"},
		Movie: catalog.Movie{ID: "m_1", Title: "Night Ferry"}, Layout: layout, PriceCard: card, Zone: time.UTC,
	}}
}

func (p *programme) Detail(_ context.Context, id ident.Showtime) (*catalog.Detail, error) {
	if id != show {
		return nil, fault.New(fault.NotFound, "showtime_not_found", "")
	}
	return p.detail, nil
}

func (p *programme) CheckSale(_ context.Context, d *catalog.Detail) error {
	return catalog.CheckSale(d.Showtime, p.clock.Now())
}

// world is everything outside the service; it survives the service's death.
type world struct {
	t         testing.TB
	clock     *clock.Fake
	store     *memStore
	engine    *holdmem.Engine
	holds     *hold.Keeper
	programme *programme
	ring      *ticket.Ring
	gateway   payment.Gateway // nil: a mock on the store, made anew with each service
	limits    booking.Limits
}

func newWorld(t testing.TB) *world {
	t.Helper()
	c := clock.NewFake(evening)
	w := &world{t: t, clock: c, store: newMemStore(c), engine: holdmem.New(c), programme: newProgramme(t, c)}
	w.holds = hold.NewKeeper(w.engine, booking.NewSource(w.store, w.programme, c))
	ring, err := ticket.OpenRing(t.Context(), w.store)
	require.NoError(t, err)
	w.ring = ring
	w.limits = booking.Limits{Reconcilers: 1}
	return w
}

// mock is the mock provider as a fresh process would open it.
func (w *world) mock() *paymock.Gateway { return paymock.New(w.store, w.clock) }

func (w *world) service() *booking.Service {
	w.t.Helper()
	return w.serviceOn(w.store, w.holds, w.provider())
}

func (w *world) provider() payment.Gateway {
	if w.gateway != nil {
		return w.gateway
	}
	return w.mock()
}

func (w *world) serviceOn(store booking.Store, holds booking.Holds, g payment.Gateway) *booking.Service {
	w.t.Helper()
	s, err := booking.New(context.Background(), booking.Deps{
		Store: store, Holds: holds, Programme: w.programme, Gateway: g, Signer: w.ring, Clock: w.clock, Limits: w.limits,
	})
	require.NoError(w.t, err)
	return s
}

// lock holds seats for a user; the request is named after him.
func (w *world) lock(u ident.User, request ident.Request, seats ...ident.Seat) error {
	_, err := w.holds.Lock(context.Background(), hold.LockRequest{
		Showtime: show, Owner: u, Request: request, Seats: seats, TTL: 5 * time.Minute, MaxSeats: 8, MaxHold: 25 * time.Minute,
	})
	return err
}

func (w *world) mustLock(u ident.User, request ident.Request, seats ...ident.Seat) {
	w.t.Helper()
	require.NoError(w.t, w.lock(u, request, seats...))
}

func ask(u ident.User, request ident.Request, token string, seats ...ident.Seat) booking.Request {
	return booking.Request{
		Caller: booking.Caller{User: u}, Showtime: show, Request: request, Seats: seats, Token: token,
		Customer: booking.Customer{Email: "a@example.com", Name: "Alice"},
	}
}

// converge lets the reconciler run on a fresh process until two minutes after every deadline.
func (w *world) converge() {
	w.t.Helper()
	s := w.service()
	for range 14 {
		_, err := s.RunOnce(context.Background())
		require.NoError(w.t, err)
		w.clock.Advance(time.Minute)
	}
}

// recorder collects from goroutines.
type recorder[T any] struct {
	mu   sync.Mutex
	list []T
}

func (r *recorder[T]) add(v T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, v)
}

// patience draws how long the world waits.
func (w *world) patience(t *rapid.T) time.Duration {
	return rapid.SampledFrom([]time.Duration{time.Second, 15 * time.Second, 2 * time.Minute, 6 * time.Minute, 11 * time.Minute}).Draw(t, "wait")
}
