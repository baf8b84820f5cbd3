package booking_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment"
	"cinema/internal/payment/paymock"
)

const req = ident.Request("request-1")

func TestConfirm_books(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1", "A2")
	r := ask(alice, req, "", "A2", "A1")
	r.Tickets = []catalog.TicketChoice{{Seat: "A2", TicketType: "child"}}
	res, err := w.service().Confirm(t.Context(), r)
	require.NoError(t, err)
	b := res.Booking
	require.Equal(t, booking.Booked, b.Status)
	require.Nil(t, res.Payment)
	require.Equal(t, money.Of(2050, "GBP"), b.Amount)
	require.Equal(t, []ident.Seat{"A1", "A2"}, b.Seats)
	require.Regexp(t, `^bk_[0-9a-hjkmnp-tv-z]{26}$`, string(b.ID))
	require.Equal(t, booking.Reference(b.ID), b.Reference)
	require.Len(t, b.Tickets, 2)
	for i, tk := range b.Tickets {
		pass, err := w.ring.Verify(tk.Code)
		require.NoError(t, err)
		require.Equal(t, tk.ID, pass.ID)
		require.Equal(t, b.Seats[i], pass.Seat)
		require.True(t, pass.For(show))
		require.Equal(t, tk.TicketType == "child", pass.Proof)
	}
	room := hold.Room{Showtime: show, Seats: w.programme.detail.Layout.Seats(), End: w.programme.detail.Showtime.EndsAt}
	snap, err := w.holds.Snapshot(t.Context(), room)
	require.NoError(t, err)
	require.Empty(t, snap.Locks)
	require.Len(t, snap.Booked, 2)
	require.Equal(t, []string{"booking.success"}, w.eventTypes())
}

func (w *world) eventTypes() []string {
	events, err := w.store.Outbox(context.Background(), 1000)
	require.NoError(w.t, err)
	types := []string{}
	for _, e := range events {
		types = append(types, e.Type)
	}
	return types
}

func TestConfirm_nothing_to_pay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	r := ask(alice, req, "", "A1")
	r.Tickets = []catalog.TicketChoice{{Seat: "A1", TicketType: "free"}}
	res, err := w.service().Confirm(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, booking.Booked, res.Booking.Status)
	require.Zero(t, res.Booking.Amount.Minor)
}

// TestConfirm_repeated gives one booking to every repeat: after success, after a restart, after the engine lost its memory.
func TestConfirm_repeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1", "A2")
	s := w.service()
	first, err := s.Confirm(t.Context(), ask(alice, req, "", "A1", "A2"))
	require.NoError(t, err)
	for name, again := range map[string]func() *booking.Service{
		"same process":  func() *booking.Service { return s },
		"after restart": w.service,
		"after a flush": func() *booking.Service { w.engine.Lose(); return w.service() },
		"after sales closed": func() *booking.Service {
			w.clock.Advance(24 * time.Hour)
			return w.service()
		},
	} {
		res, err := again().Confirm(t.Context(), ask(alice, req, "", "A1", "A2"))
		require.NoError(t, err, name)
		require.Equal(t, first, res, name)
	}
	require.Len(t, w.store.all(), 1)
	require.Equal(t, []string{"booking.success"}, w.eventTypes())
}

// TestConfirm_guest_becomes_account retries a guest's confirm as the account he was merged into.
func TestConfirm_guest_becomes_account(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	guest := ident.User("u_guest")
	w.mustLock(guest, req, "A1")
	r := ask(guest, req, "", "A1")
	r.Caller.Guest = true
	first, err := w.service().Confirm(t.Context(), r)
	require.NoError(t, err)
	r = ask(alice, req, "", "A1")
	r.Caller.Merged = []ident.User{guest}
	again, err := w.service().Confirm(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.Len(t, w.store.all(), 1)
	got, err := w.service().Get(t.Context(), r.Caller, first.Booking.ID)
	require.NoError(t, err)
	require.Equal(t, first.Booking, got.Booking)
	list, total, err := w.service().List(t.Context(), r.Caller, booking.Query{})
	require.NoError(t, err)
	require.Equal(t, 1, total)
	require.Equal(t, first.Booking.ID, list[0].ID)
}

// TestConfirm_account_takes_the_hold_over lets an account pay for what it held as a guest, and the guest's late confirm lose.
func TestConfirm_account_takes_the_hold_over(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	guest := ident.User("u_guest")
	w.mustLock(guest, req, "A1", "A2")
	r := ask(alice, req, "", "A1", "A2")
	r.Caller.Merged = []ident.User{"u_other", guest}
	res, err := w.service().Confirm(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, booking.Booked, res.Booking.Status)
	require.Equal(t, alice, res.Booking.User)
	late := ask(guest, req, "", "A1", "A2")
	late.Caller.Guest = true
	_, err = w.service().Confirm(t.Context(), late)
	require.Equal(t, "already_booked", fault.CodeOf(err))
}

// TestConfirm_guest_sealed_first answers an account with the end of its guest's request.
func TestConfirm_guest_sealed_first(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	guest := ident.User("u_guest")
	w.mustLock(guest, req, "A1")
	s := w.service()
	r := ask(guest, req, paymock.Action, "A1")
	first, err := s.Confirm(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, booking.Pending, first.Booking.Status)
	_, err = s.Cancel(t.Context(), booking.CancelRequest{Caller: booking.Caller{User: guest}, Booking: first.Booking.ID})
	require.NoError(t, err)
	w.mustLock(alice, req, "A1")
	r = ask(alice, req, "", "A1")
	r.Caller.Merged = []ident.User{guest}
	_, err = s.Confirm(t.Context(), r)
	require.Equal(t, "hold_expired", fault.CodeOf(err))
	require.Len(t, w.store.all(), 1)
}

func TestConfirm_refuses(t *testing.T) {
	t.Parallel()
	nine := []ident.Seat{"A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "B1"}
	cases := map[string]struct {
		code  string
		setup func(w *world)
		seats []ident.Seat
		edit  func(r *booking.Request)
	}{
		"unknown showtime":      {code: "showtime_not_found", edit: func(r *booking.Request) { r.Showtime = "st_2" }},
		"seat of another hall":  {code: "invalid_seat_ids", seats: []ident.Seat{"Z1"}},
		"nine seats":            {code: "invalid_seat_ids", seats: nine},
		"no seats":              {code: "invalid_seat_ids", seats: []ident.Seat{}},
		"a seat twice":          {code: "invalid_seat_ids", seats: []ident.Seat{"A1", "A1"}},
		"a ticket without seat": {code: "invalid_seat_ids", edit: func(r *booking.Request) { r.Tickets = []catalog.TicketChoice{{Seat: "A2"}} }},
		"unknown ticket type":   {code: "invalid_ticket_type", edit: func(r *booking.Request) { r.Tickets = []catalog.TicketChoice{{Seat: "A1", TicketType: "vip"}} }},
		"half a couple seat":    {code: "seat_rule", seats: []ident.Seat{"B7"}, setup: func(w *world) { w.mustLock(alice, req, "B7", "B8") }},
		"unknown token":         {code: "invalid_body", edit: func(r *booking.Request) { r.Token = "4242424242424242" }},
		"bad e-mail":            {code: "invalid_body", edit: func(r *booking.Request) { r.Customer.Email = "Alice <a@example.com>" }},
		"long name":             {code: "invalid_body", edit: func(r *booking.Request) { r.Customer.Name = strings.Repeat("é", 101) }},
		"guest without address": {code: "invalid_body", edit: func(r *booking.Request) { r.Caller.Guest, r.Customer.Email = true, "" }},
		"no hold":               {code: "hold_expired", seats: []ident.Seat{"A5"}},
		"expired hold":          {code: "hold_expired", setup: func(w *world) { w.clock.Advance(6 * time.Minute) }},
		"hold of another":       {code: "not_owner", seats: []ident.Seat{"A3"}, setup: func(w *world) { w.mustLock(bob, "request-2", "A3") }},
		"hold of another tab":   {code: "not_owner", seats: []ident.Seat{"A3"}, setup: func(w *world) { w.mustLock(alice, "request-2", "A3") }},
		"hold lost": {
			code: "hold_lost", setup: func(w *world) { w.engine.Lose() }, edit: func(r *booking.Request) { r.Epoch = "the epoch before" },
		},
		"sold": {code: "already_booked", seats: []ident.Seat{"A3"}, setup: func(w *world) {
			w.mustLock(bob, "request-2", "A3")
			_, err := w.service().Confirm(context.Background(), ask(bob, "request-2", "", "A3"))
			require.NoError(w.t, err)
		}},
		"sales closed":    {code: "sales_closed", setup: func(w *world) { w.clock.Advance(9 * time.Hour) }},
		"not on sale yet": {code: "not_on_sale", setup: func(w *world) { w.programme.detail.Showtime.OnSaleAt = evening.Add(time.Hour) }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.mustLock(alice, req, "A1")
			if c.setup != nil {
				c.setup(w)
			}
			before, events := len(w.store.claims), len(w.store.outbox)
			r := ask(alice, req, "", "A1")
			if c.seats != nil {
				r.Seats = c.seats
			}
			if c.edit != nil {
				c.edit(&r)
			}
			_, err := w.service().Confirm(t.Context(), r)
			require.Equal(t, c.code, fault.CodeOf(err), "%v", err)
			require.Len(t, w.store.claims, before, "nothing is claimed")
			require.Len(t, w.store.outbox, events)
		})
	}
}

func TestConfirm_guests_may_be_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.NoGuests = true
	w.mustLock(alice, req, "A1")
	r := ask(alice, req, "", "A1")
	r.Caller.Guest = true
	_, err := w.service().Confirm(t.Context(), r)
	require.Equal(t, "sign_in_required", fault.CodeOf(err))
	r.Caller.Guest = false
	_, err = w.service().Confirm(t.Context(), r)
	require.NoError(t, err, "the hold stayed")
}

func TestConfirm_same_request_other_seats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1", "A2")
	s := w.service()
	_, err := s.Confirm(t.Context(), ask(alice, req, "", "A1"))
	require.NoError(t, err)
	_, err = s.Confirm(t.Context(), ask(alice, req, "", "A1", "A2"))
	require.Equal(t, "idempotency_mismatch", fault.CodeOf(err))
	r := ask(alice, req, "", "A1")
	r.Tickets = []catalog.TicketChoice{{Seat: "A1", TicketType: "child"}}
	_, err = s.Confirm(t.Context(), r)
	require.Equal(t, "idempotency_mismatch", fault.CodeOf(err))
	r.Tickets[0].TicketType = "adult"
	r.Token, r.Customer.Name = paymock.Decline, "Somebody"
	_, err = s.Confirm(t.Context(), r)
	require.NoError(t, err, "card and name are not part of what is bought, nor is the spelling of the default")
}

func TestConfirm_at_most_two_open(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service()
	for i, seat := range []ident.Seat{"A1", "A2", "A3"} {
		request := ident.Request(fmt.Sprintf("request-%d", i))
		w.mustLock(alice, request, seat)
		_, err := s.Confirm(t.Context(), ask(alice, request, paymock.Action, seat))
		if i < 2 {
			require.NoError(t, err)
			continue
		}
		require.Equal(t, "booking_open", fault.CodeOf(err))
	}
}

// TestConfirm_one_seat_one_buyer lets many buyers with a stolen hold each race for one claim: the store decides.
func TestConfirm_one_seat_one_buyer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service()
	var booked recorder[ident.Booking]
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			<-start
			u, request := ident.User(fmt.Sprintf("u_%d", i)), ident.Request(fmt.Sprintf("request-%d", i))
			w.engine.Lose()
			if w.lock(u, request, "A1", "A2") != nil {
				return
			}
			if res, err := s.Confirm(context.Background(), ask(u, request, "", "A1", "A2")); err == nil && res.Booking.Status == booking.Booked {
				booked.add(res.Booking.ID)
			}
		})
	}
	close(start)
	wg.Wait()
	require.LessOrEqual(t, len(booked.list), 1)
	sold := 0
	for _, b := range w.store.all() {
		if b.Status == booking.Booked {
			sold++
		}
	}
	require.Equal(t, len(booked.list), sold)
}

// TestConfirm_twice_at_once sends one request many times at the same moment: one booking, one capture, one answer.
func TestConfirm_twice_at_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	s := w.service()
	var answers recorder[booking.Result]
	var errs recorder[error]
	start := make(chan struct{})
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			<-start
			res, err := s.Confirm(context.Background(), ask(alice, req, "", "A1"))
			errs.add(err)
			answers.add(res)
		})
	}
	close(start)
	wg.Wait()
	for i, err := range errs.list {
		require.NoError(t, err)
		require.Equal(t, answers.list[0].Booking.ID, answers.list[i].Booking.ID)
		require.Equal(t, booking.Booked, answers.list[i].Booking.Status)
	}
	require.Len(t, w.store.all(), 1)
	require.Equal(t, []string{"booking.success"}, w.eventTypes())
}

// overtaken lets a twin of the request finish between its first look and its hold check.
type overtaken struct {
	booking.Holds
	once sync.Once
	twin func()
}

func (o *overtaken) Extend(ctx context.Context, r hold.ExtendRequest) (hold.Answer, error) {
	o.once.Do(o.twin)
	return o.Holds.Extend(ctx, r)
}

// TestConfirm_overtaken_by_its_twin is the narrow place of the test above: the hold is gone because the same request has sold it.
func TestConfirm_overtaken_by_its_twin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	var first booking.Result
	var failed error
	holds := &overtaken{Holds: w.holds, twin: func() {
		first, failed = w.service().Confirm(context.Background(), ask(alice, req, "", "A1"))
	}}
	got, err := w.serviceOn(w.store, holds, w.provider()).Confirm(t.Context(), ask(alice, req, "", "A1"))
	require.NoError(t, failed)
	require.NoError(t, err)
	require.Equal(t, booking.Booked, got.Booking.Status)
	require.Equal(t, first.Booking.ID, got.Booking.ID)
	require.Len(t, w.store.all(), 1)
}

// slowGateway never answers Create until it is told to.
type slowGateway struct {
	payment.Gateway
	asked chan struct{} // closed by the first Create
	gate  chan struct{}
}

func (g slowGateway) Create(ctx context.Context, r payment.CreateRequest) (payment.Payment, error) {
	close(g.asked)
	select {
	case <-g.gate:
		return g.Gateway.Create(ctx, r)
	case <-ctx.Done():
		return payment.Payment{}, payment.ErrUnknown
	}
}

// TestConfirm_slow_provider answers pending after the patience is over and finishes the sale behind the caller's back.
func TestConfirm_slow_provider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	g := slowGateway{w.mock(), make(chan struct{}), make(chan struct{})}
	s := w.serviceOn(w.store, w.holds, g)
	done := make(chan booking.Result, 1)
	go func() {
		res, err := s.Confirm(context.Background(), ask(alice, req, "", "A1"))
		if err == nil {
			done <- res
		}
		close(done)
	}()
	<-g.asked
	w.clock.Advance(3 * time.Second)
	res := <-done
	require.Equal(t, booking.Pending, res.Booking.Status)
	require.Equal(t, booking.StateUnknown, res.Payment.State)
	require.Equal(t, 1, s.Stats().InFlight)
	close(g.gate)
	ctx, stop := context.WithCancel(context.Background())
	stop()
	require.NoError(t, s.Run(ctx), "Run waits for the work")
	require.Equal(t, booking.Booked, w.store.all()[0].Status)
	_, err := s.Confirm(t.Context(), ask(alice, req, "", "A1"))
	require.Equal(t, "store_unavailable", fault.CodeOf(err), "a closed service takes no more sales")
}

// TestConfirm_client_leaves finishes a sale whose caller has gone.
func TestConfirm_client_leaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	g := slowGateway{w.mock(), make(chan struct{}), make(chan struct{})}
	s := w.serviceOn(w.store, w.holds, g)
	ctx, leave := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := s.Confirm(ctx, ask(alice, req, "", "A1"))
		done <- err
	}()
	<-g.asked
	leave()
	require.ErrorIs(t, <-done, context.Canceled)
	close(g.gate)
	require.NoError(t, s.Run(ctx))
	require.Equal(t, booking.Booked, w.store.all()[0].Status)
}
