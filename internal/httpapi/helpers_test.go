package httpapi_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/httpapi"
	"cinema/internal/ident"
	"cinema/internal/live"
	"cinema/internal/payment/paymock"
	"cinema/internal/privacy"
	"cinema/internal/ticket"
)

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// Write appends.
func (l *journal) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is what was written so far.
func (l *journal) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func identUser(v any) ident.User {
	s, _ := v.(string)
	return ident.User(s)
}

// wire adds the engines that sell: the in-memory holds behind their keeper, the mock provider, the live hub.
func (b *bench) wire(d *httpapi.Deps) {
	b.t.Helper()
	ctx := context.Background()
	b.engine = holdmem.New(b.clock)
	keeper := hold.NewKeeper(b.engine, booking.NewSource(b.store, b.catalog, b.clock))
	d.Seats = hold.NewService(keeper, b.catalog, b.clock, hold.Limits{})
	ring, err := ticket.OpenRing(ctx, b.store)
	require.NoError(b.t, err)
	b.bank = paymock.New(b.store, b.clock)
	b.bookings, err = booking.New(ctx, booking.Deps{
		Store: b.store, Holds: keeper, Programme: b.catalog, Gateway: b.bank, Signer: ring, Clock: b.clock,
		Log: slog.New(slog.DiscardHandler), Limits: booking.Limits{NoGuests: !d.Settings.GuestCheckout},
	})
	require.NoError(b.t, err)
	d.Bookings = b.bookings
	hub := live.New(keeper, halls{b.catalog}, b.clock, d.Log)
	b.t.Cleanup(hub.Close)
	d.Live = hub
	if d.Settings.Provider == "mock" && d.Bank == nil {
		d.Bank = b.bank
	}
	b.keeper = keeper
	d.Privacy = privacy.New(privacy.Deps{
		Records: b.store, Accounts: b.accounts, Holds: keeper, Sales: b.bookings, Programme: shows{b.catalog, b.store}, Record: d.Actions,
		Vault: b.vault, Admins: []string{"Boss@Example.com"}, Clock: b.clock, Log: d.Log,
	})
	b.privacy = d.Privacy
}

type shows struct {
	catalog *catalog.Service
	store   catalog.Store
}

func (s shows) Detail(ctx context.Context, id ident.Showtime) (*catalog.Detail, error) {
	return s.catalog.Detail(ctx, id)
}

func (s shows) Showtimes(ctx context.Context, q catalog.ShowtimeQuery) ([]catalog.Showtime, error) {
	return s.store.Showtimes(ctx, q)
}

type halls struct{ catalog *catalog.Service }

func (h halls) Hall(ctx context.Context, showtime ident.Showtime) (live.Hall, error) {
	d, err := h.catalog.Detail(ctx, showtime)
	if err != nil {
		return live.Hall{}, err
	}
	return live.Hall{Room: hold.RoomOf(d), Blocked: []ident.Seat{"A10"}}, nil
}
