package hold_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/ident"
	"cinema/internal/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	show  ident.Showtime = "st_one"
	other ident.Showtime = "st_two"

	ada   ident.User    = "usr_ada"
	bob   ident.User    = "usr_bob"
	guest ident.User    = "usr_guest"
	tab1  ident.Request = "request-1"
	tab2  ident.Request = "request-2"
	bk1   ident.Booking = "bk_one"
	bk2   ident.Booking = "bk_two"
)

func opening() time.Time { return time.Date(2026, time.March, 12, 12, 0, 0, 0, time.UTC) }

// hall has three rows of ten standard seats, a row D with a wheelchair space and its companion seat, and a row E of five love seats.
func hall(t testing.TB) *catalog.Layout {
	t.Helper()
	l := &catalog.Layout{ID: "lay_one", Width: 12, Height: 6, ScreenX: 6, ScreenWidth: 10}
	for y, label := range []string{"A", "B", "C", "D", "E"} {
		row := catalog.Row{Label: label}
		for n := 1; n <= 10; n++ {
			s := catalog.Seat{
				ID: ident.Seat(fmt.Sprintf("%s%d", label, n)), Row: label, Number: n, X: float64(n), Y: float64(y + 1),
				Kind: catalog.Standard, Category: "standard",
			}
			switch {
			case label == "D" && n == 1:
				s.Kind = catalog.Wheelchair
			case label == "D" && n == 2:
				s.Kind, s.Pair = catalog.Companion, "D1"
			case label == "E":
				s.Kind, s.Category = catalog.Couple, "couple"
				s.Pair = ident.Seat(fmt.Sprintf("E%d", n+2*(n%2)-1))
			}
			row.Seats = append(row.Seats, s)
		}
		l.Rows = append(l.Rows, row)
	}
	made, err := catalog.NewLayout(l)
	require.NoError(t, err)
	return made
}

// detail is a showtime in five hours with A10 out of sale.
func detail(t testing.TB, id ident.Showtime) *catalog.Detail {
	t.Helper()
	starts := opening().Add(5 * time.Hour)
	return &catalog.Detail{
		Showtime: catalog.Showtime{
			ID: id, Layout: "lay_one", StartsAt: starts, EndsAt: starts.Add(2 * time.Hour), ClearsAt: starts.Add(150 * time.Minute),
			OnSaleAt: opening().Add(-time.Hour), SalesCloseAt: starts.Add(15 * time.Minute), Status: catalog.Scheduled,
		},
		Layout: hall(t), Blocked: map[ident.Seat]string{"A10": "broken"}, Zone: time.UTC,
		PriceCard: catalog.PriceCard{
			ID: "pc_one", Currency: "GBP", Types: []catalog.TicketType{{ID: "adult", Name: "Adult", Default: true}},
			Prices: []catalog.Price{
				{Category: "standard", TicketType: "adult", Amount: money.Of(1250, "GBP")},
				{Category: "couple", TicketType: "adult", Amount: money.Of(1600, "GBP")},
			},
		},
	}
}

// programme is a small film programme.
type programme struct {
	clock clock.Clock
	shows map[ident.Showtime]*catalog.Detail
}

func (p *programme) Detail(_ context.Context, id ident.Showtime) (*catalog.Detail, error) {
	if d := p.shows[id]; d != nil {
		return d, nil
	}
	return nil, fault.New(fault.NotFound, "showtime_not_found", "There is no such showtime.")
}

func (p *programme) CheckSale(_ context.Context, d *catalog.Detail) error {
	return catalog.CheckSale(d.Showtime, p.clock.Now())
}

// source is the durable facts of every showtime of the programme. They can be changed between two readings.
type source struct {
	programme *programme

	mu    sync.Mutex // guards the rest
	facts hold.Facts
	reads int
	after func(read int, f *hold.Facts) // called after each reading
	fails error
}

func (s *source) Room(ctx context.Context, id ident.Showtime) (hold.Room, error) {
	d, err := s.programme.Detail(ctx, id)
	if err != nil {
		return hold.Room{}, err
	}
	return hold.RoomOf(d), nil
}

func (s *source) Facts(context.Context, ident.Showtime) (hold.Facts, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return hold.Facts{}, s.fails
	}
	s.reads++
	f := s.facts
	if s.after != nil {
		s.after(s.reads, &s.facts)
	}
	return f, nil
}

// house is a service on its own engine.
type house struct {
	clock     *clock.Fake
	engine    *holdmem.Engine
	source    *source
	keeper    *hold.Keeper
	programme *programme
	service   *hold.Service
	detail    *catalog.Detail
	log       *slog.Logger
}

func setup(t *testing.T) *house {
	t.Helper()
	c := clock.NewFake(opening())
	p := &programme{clock: c, shows: map[ident.Showtime]*catalog.Detail{show: detail(t, show), other: detail(t, other)}}
	h := &house{clock: c, engine: holdmem.New(c), source: &source{programme: p}, programme: p, detail: p.shows[show], log: slog.New(slog.DiscardHandler)}
	h.keeper = hold.NewKeeper(h.engine, h.source)
	h.service = hold.NewService(h.keeper, p, c, hold.Limits{})
	return h
}

func (h *house) lock(t *testing.T, who ident.User, request ident.Request, seats ...ident.Seat) hold.LockResult {
	t.Helper()
	r, err := h.service.Lock(t.Context(), hold.Caller{User: who}, show, request, seats)
	require.NoError(t, err)
	return r
}

// refuse locks and expects a fault with a code.
func (h *house) refuse(t *testing.T, code string, who ident.User, request ident.Request, seats ...ident.Seat) *fault.Fault {
	t.Helper()
	before := h.snapshot(t)
	_, err := h.service.Lock(t.Context(), hold.Caller{User: who}, show, request, seats)
	require.Equal(t, code, fault.CodeOf(err), "%v", err)
	require.Equal(t, before, h.snapshot(t), "nothing changed")
	return faultOf(t, err)
}

// refuses is refuse for tests that need only the code.
func (h *house) refuses(t *testing.T, code string, who ident.User, request ident.Request, seats ...ident.Seat) {
	t.Helper()
	require.NotEmpty(t, h.refuse(t, code, who, request, seats...).Detail)
}

func faultOf(t *testing.T, err error) *fault.Fault {
	t.Helper()
	f, ok := errors.AsType[*fault.Fault](err)
	require.True(t, ok, "%v", err)
	return f
}

func (h *house) snapshot(t *testing.T) hold.Snapshot {
	t.Helper()
	s, err := h.keeper.Snapshot(t.Context(), hold.RoomOf(h.detail))
	require.NoError(t, err)
	return s
}

// durable reserves seats for an open booking.
func (h *house) durable(t *testing.T, who ident.User, request ident.Request, booking ident.Booking, seats ...ident.Seat) {
	t.Helper()
	_, err := h.keeper.Extend(t.Context(), hold.ExtendRequest{
		Showtime: show, Owner: who, Request: request, Seats: seats, By: 11 * time.Minute, Mode: hold.ExtendDurable, Booking: booking,
	})
	require.NoError(t, err)
}

func (h *house) sell(t *testing.T, booking ident.Booking, seats ...ident.Seat) {
	t.Helper()
	q := hold.ConfirmRequest{Showtime: show, Owner: "usr_buyer", Request: tab1, Booking: booking, Seats: seats, Expires: h.detail.Showtime.EndsAt}
	_, err := h.keeper.Confirm(t.Context(), q)
	require.NoError(t, err)
}
