package booking_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/ident"
	"cinema/internal/payment/paymock"
	"cinema/internal/store/storesqlite"
	"cinema/internal/ticket"
)

// house is the embedded product without its edge: memory engine, SQLite, mock provider.
type house struct {
	store  *storesqlite.Store
	engine *holdmem.Engine
	holds  *hold.Keeper
	sales  *booking.Service
}

func openHouse(t *testing.T, dir string, c clock.Clock, p *programme) *house {
	t.Helper()
	store, err := storesqlite.Open(t.Context(), storesqlite.Options{Dir: dir, Clock: c})
	require.NoError(t, err)
	ring, err := ticket.OpenRing(t.Context(), store)
	require.NoError(t, err)
	h := &house{store: store, engine: holdmem.New(c)}
	h.holds = hold.NewKeeper(h.engine, booking.NewSource(store, p, c))
	h.sales, err = booking.New(t.Context(), booking.Deps{
		Store: store, Holds: h.holds, Programme: p, Gateway: paymock.New(store, c), Signer: ring, Clock: c,
	})
	require.NoError(t, err)
	return h
}

func (h *house) lock(u ident.User, r ident.Request, seats ...ident.Seat) error {
	_, err := h.holds.Lock(context.Background(), hold.LockRequest{
		Showtime: show, Owner: u, Request: r, Seats: seats, TTL: 5 * time.Minute, MaxSeats: 8, MaxHold: 25 * time.Minute,
	})
	return err
}

// TestSQLite_restart repeats a confirm on a reopened store, as the guest and as the account he became.
func TestSQLite_restart(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), clock.NewFake(evening)
	p := newProgramme(t, c)
	h := openHouse(t, dir, c, p)
	require.NoError(t, h.lock(guest, req, "A1", "A2"))
	r := ask(guest, req, paymock.Approve, "A1", "A2")
	r.Caller.Guest = true
	first, err := h.sales.Confirm(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, booking.Booked, first.Booking.Status)
	require.Len(t, first.Booking.Tickets, 2)
	require.NoError(t, h.store.Close())

	h = openHouse(t, dir, c, p)
	again, err := h.sales.Confirm(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, first, again)
	r.Caller = booking.Caller{User: alice, Merged: []ident.User{guest}}
	again, err = h.sales.Confirm(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Error(t, h.lock(bob, "request-2", "A1"))

	out, err := h.sales.Cancel(t.Context(), booking.CancelRequest{Caller: r.Caller, Booking: first.Booking.ID})
	require.NoError(t, err)
	require.Equal(t, booking.Cancelled, out.Booking.Status)
	require.Equal(t, first.Booking.Amount, out.Refund.Amount)
	require.NoError(t, h.lock(bob, "request-2", "A1"))
	events, err := h.store.Outbox(t.Context(), 100)
	require.NoError(t, err)
	types := make([]string, len(events))
	for i, e := range events {
		types[i] = e.Type
	}
	require.Equal(t, []string{"booking.success", "booking.refunded", "booking.cancelled"}, types)
	require.NoError(t, h.store.Close())
}

// TestSQLite_rush lets buyers with every kind of card fight for one hall while the hold engine forgets everything again and again.
func TestSQLite_rush(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(evening)
	p := newProgramme(t, c)
	h := openHouse(t, t.TempDir(), c, p)
	tokens := []string{paymock.Approve, paymock.Approve, paymock.Decline, paymock.Slow, paymock.Unknown, paymock.Action}
	seats := p.detail.Layout.Seats()[:14] // the pair of love seats is left out
	var told recorder[booking.Booking]
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range 24 {
		wg.Go(func() {
			<-start
			u := ident.User(fmt.Sprintf("u_%d", i))
			for n := range 6 {
				r := ident.Request(fmt.Sprintf("request-%d-%d", i, n))
				want := []ident.Seat{seats[(i+n)%len(seats)], seats[(i+n+1)%len(seats)]}
				if n == 3 && i%8 == 0 {
					h.engine.Lose()
				}
				if h.lock(u, r, want...) != nil {
					continue
				}
				res, err := h.sales.Confirm(context.Background(), ask(u, r, tokens[(i+n)%len(tokens)], want...))
				if err == nil && res.Booking.Status == booking.Booked {
					told.add(res.Booking)
				}
			}
		})
	}
	close(start)
	wg.Wait()
	for range 14 {
		_, err := h.sales.RunOnce(t.Context())
		require.NoError(t, err)
		c.Advance(time.Minute)
	}
	claims, err := h.store.Claims(t.Context(), show)
	require.NoError(t, err)
	owner := map[ident.Seat]ident.Booking{}
	for _, cl := range claims {
		require.Equal(t, booking.Booked, cl.Status, "a claim belongs to a booking that is booked")
		owner[cl.Seat] = cl.Booking
	}
	for _, b := range told.list {
		for _, seat := range b.Seats {
			require.Equal(t, b.ID, owner[seat], "an acknowledged booking keeps its seats")
		}
	}
	all, _, err := h.store.Bookings(t.Context(), booking.Query{Showtime: show, Limit: 200})
	require.NoError(t, err)
	sold := 0
	for _, b := range all {
		require.True(t, b.Status == booking.Booked || b.Status == booking.Failed, "%s is %s", b.ID, b.Status)
		if b.Status == booking.Booked {
			sold += len(b.Seats)
		}
	}
	require.Len(t, owner, sold)
	require.NotEmpty(t, told.list)
	require.NoError(t, h.store.Close())
}
