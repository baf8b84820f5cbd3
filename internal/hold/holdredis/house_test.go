package holdredis_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdredis"
	"cinema/internal/hold/holdtest"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
)

const (
	show ident.Showtime = "st_one"
	ada  ident.User     = "usr_ada"
	bob  ident.User     = "usr_bob"
	tab1 ident.Request  = "request-1"
	bk1  ident.Booking  = "bk_one"
	bk2  ident.Booking  = "bk_two"
)

// house is a cinema of one hall whose store is a map: the durable truth that Redis may forget. Every showtime that it is asked for exists.
type house struct {
	clock  clock.Clock
	layout *catalog.Layout
	end    time.Time

	mu     sync.Mutex // guards the rest
	claims map[ident.Showtime]map[ident.Seat]hold.Claim
}

func newHouse(t testing.TB, now time.Time) *house {
	t.Helper()
	l := &catalog.Layout{ID: "lay_one", Width: 40, Height: 20, ScreenX: 20, ScreenWidth: 30}
	rows := map[byte]*catalog.Row{}
	for _, seat := range holdtest.Room("st", now).Seats {
		row := rows[seat[0]]
		if row == nil {
			row = &catalog.Row{Label: string(seat[0])}
			rows[seat[0]] = row
		}
		n := len(row.Seats) + 1
		row.Seats = append(row.Seats, catalog.Seat{
			ID: seat, Row: row.Label, Number: n, X: float64(n), Y: float64(seat[0] - 'A' + 1), Kind: catalog.Standard, Category: "standard",
		})
	}
	for label := byte('A'); rows[label] != nil; label++ {
		l.Rows = append(l.Rows, *rows[label])
	}
	made, err := catalog.NewLayout(l)
	require.NoError(t, err)
	return &house{clock: clock.System{}, layout: made, end: now.Add(3 * time.Hour), claims: map[ident.Showtime]map[ident.Seat]hold.Claim{}}
}

func (h *house) Detail(_ context.Context, id ident.Showtime) (*catalog.Detail, error) {
	return &catalog.Detail{
		Showtime: catalog.Showtime{ID: id, StartsAt: h.end.Add(-2 * time.Hour), EndsAt: h.end, Status: catalog.Scheduled}, Layout: h.layout, Zone: time.UTC,
	}, nil
}

func (h *house) CheckSale(context.Context, *catalog.Detail) error { return nil }

func (h *house) Room(ctx context.Context, id ident.Showtime) (hold.Room, error) {
	d, err := h.Detail(ctx, id)
	if err != nil {
		return hold.Room{}, err
	}
	return hold.RoomOf(d), nil
}

func (h *house) Facts(_ context.Context, id ident.Showtime) (hold.Facts, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var f hold.Facts
	for _, c := range h.claims[id] {
		switch c.State {
		case hold.ClaimBooked:
			f.Markers = append(f.Markers, hold.Marker{Seat: c.Seat, Booking: c.Booking, Owner: c.Owner, Request: c.Request})
		case hold.ClaimOpen:
			f.Reserved = append(f.Reserved, hold.ReservedSeat{Seat: c.Seat, Owner: c.Owner, Request: c.Request, Booking: c.Booking, For: 10 * time.Minute})
		case hold.ClaimEnded, hold.ClaimYoung:
		}
	}
	return f, nil
}

func (h *house) Claims(_ context.Context, id ident.Showtime) ([]hold.Claim, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []hold.Claim
	for _, c := range h.claims[id] {
		out = append(out, c)
	}
	return out, nil
}

func (h *house) ReleaseClaims(_ context.Context, booking ident.Booking, seats []ident.Seat) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, claims := range h.claims {
		for _, s := range seats {
			if claims[s].Booking == booking {
				delete(claims, s)
			}
		}
	}
	return nil
}

// claim takes a seat for good unless somebody has it.
func (h *house) claim(id ident.Showtime, c hold.Claim) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.claims[id] == nil {
		h.claims[id] = map[ident.Seat]hold.Claim{}
	}
	if known, taken := h.claims[id][c.Seat]; taken && known.Booking != c.Booking {
		return false
	}
	h.claims[id][c.Seat] = c
	return true
}

// sold is the bookings of the sold seats.
func (h *house) sold(id ident.Showtime) map[ident.Seat]ident.Booking {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := map[ident.Seat]ident.Booking{}
	for seat, c := range h.claims[id] {
		if c.State == hold.ClaimBooked {
			out[seat] = c.Booking
		}
	}
	return out
}

// process is what one process of the product has in front of Redis.
type process struct {
	house   *house
	conn    *redisconn.Conn
	engine  *holdredis.Engine
	keeper  *hold.Keeper
	sweeper *hold.Sweeper
	repair  *hold.AntiEntropy
}

func (h *house) process(conn *redisconn.Conn) *process {
	quiet := slog.New(slog.DiscardHandler)
	e := holdredis.New(holdredis.Options{Conn: conn, Clock: h.clock})
	k := hold.NewKeeper(e, h)
	return &process{
		house: h, conn: conn, engine: e, keeper: k, sweeper: hold.NewSweeper(k, h.clock, quiet),
		repair: hold.NewAntiEntropy(k, h, h, h.clock, quiet),
	}
}

func (p *process) lock(ctx context.Context, id ident.Showtime, owner ident.User, request ident.Request, seats ...ident.Seat) (hold.Answer, error) {
	return p.keeper.Lock(ctx, hold.LockRequest{
		Showtime: id, Owner: owner, Request: request, Seats: seats, TTL: 5 * time.Minute, MaxSeats: 8, MaxHold: 25 * time.Minute,
	})
}

func (p *process) snapshot(t testing.TB, id ident.Showtime) hold.Snapshot {
	t.Helper()
	room, err := p.house.Room(t.Context(), id)
	require.NoError(t, err)
	s, err := p.keeper.Snapshot(t.Context(), room)
	require.NoError(t, err)
	return s
}

// sell holds a seat, makes it durable and flips it. It tells whether the seat was sold; an error of Redis is none of the buyer's fault.
func (p *process) sell(ctx context.Context, id ident.Showtime, buyer int, seat ident.Seat) (sold bool, err error) {
	owner, request := ident.User(fmt.Sprintf("usr_%d", buyer)), ident.Request(fmt.Sprintf("request-%s-%d", seat, buyer))
	booking := ident.Booking(fmt.Sprintf("bk_%s_%d", seat, buyer))
	_, was := p.house.sold(id)[seat]
	a, err := p.lock(ctx, id, owner, request, seat)
	if err != nil {
		return false, err
	}
	if was {
		return false, fmt.Errorf("%s was sold and could be held, epoch %s", seat, a.Epoch)
	}
	c := hold.Claim{Seat: seat, Booking: booking, Owner: owner, Request: request, State: hold.ClaimBooked}
	if !p.house.claim(id, c) {
		return false, nil // the store decides
	}
	_, err = p.keeper.Confirm(ctx, hold.ConfirmRequest{
		Showtime: id, Owner: owner, Request: request, Booking: booking, Seats: []ident.Seat{seat}, Expires: p.house.end.Add(24 * time.Hour),
	})
	if errors.Is(err, hold.ErrUnavailable) {
		err = nil // it is sold; the map follows
	}
	return true, err
}
