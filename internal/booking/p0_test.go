package booking_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment"
	"cinema/internal/payment/paymock"
)

// outside is a checkout of A1 and A2 at a provider that can be made to misbehave.
func outside(t *testing.T) (*world, *cards, *booking.Service, ident.Booking) {
	t.Helper()
	w := newWorld(t)
	c := newCards()
	w.gateway = c
	w.mustLock(alice, req, "A1", "A2")
	s := w.service()
	res, err := s.Checkout(t.Context(), ask(alice, req, "", "A1", "A2"))
	require.NoError(t, err)
	require.Equal(t, "secret", res.Payment.ClientSecret)
	return w, c, s, res.Booking.ID
}

func (c *cards) set(f func(p *payment.Payment)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c.byRef["pi_1"])
}

func captured(p *payment.Payment) { p.State = payment.Captured }

func hook(t *testing.T, s *booking.Service, id ident.Booking) {
	t.Helper()
	for range 2 { // a duplicate settles again and changes nothing
		require.NoError(t, s.Webhook(t.Context(), []byte("evt_1 pi_1 "+string(id)), "right"))
	}
}

func get(t *testing.T, w *world, id ident.Booking) booking.Booking {
	t.Helper()
	b, err := w.store.Booking(t.Context(), id)
	require.NoError(t, err)
	return b
}

func TestWebhook_needs_its_signature(t *testing.T) {
	t.Parallel()
	w, c, s, id := outside(t)
	c.pay("pi_1")
	require.Error(t, s.Webhook(t.Context(), []byte("evt_1 pi_1 "+string(id)), "wrong"))
	require.Equal(t, booking.Pending, get(t, w, id).Status)
	hook(t, s, id)
	require.Equal(t, booking.Booked, get(t, w, id).Status)
	require.Zero(t, s.Stats().P0)
}

// TestLateMoney_seats_free gives the seats under a new booking; the ended one stays ended.
func TestLateMoney_seats_free(t *testing.T) {
	t.Parallel()
	w, c, s, id := outside(t)
	w.converge()
	require.Equal(t, booking.Failed, get(t, w, id).Status)
	c.set(captured)
	hook(t, s, id)
	require.Equal(t, booking.Failed, get(t, w, id).Status)
	require.Positive(t, s.Stats().P0)
	all := w.store.all()
	require.Len(t, all, 2)
	fresh := all[1]
	require.Equal(t, booking.Booked, fresh.Status)
	require.Equal(t, "pi_1", fresh.PaymentRef)
	require.Equal(t, alice, fresh.User)
	require.Len(t, w.store.claims, 2)
	require.Zero(t, c.money(id).repaid)
	out, err := s.Cancel(t.Context(), booking.CancelRequest{Caller: booking.Caller{User: alice}, Booking: fresh.ID})
	require.NoError(t, err)
	require.Equal(t, booking.Cancelled, out.Booking.Status)
	require.Equal(t, int64(2500), c.money(id).repaid)
}

// TestLateMoney_seats_sold gives the money back.
func TestLateMoney_seats_sold(t *testing.T) {
	t.Parallel()
	w, c, s, id := outside(t)
	w.converge()
	w.mustLock(bob, "request-2", "A2")
	_, err := s.Confirm(t.Context(), ask(bob, "request-2", paymock.Approve, "A2"))
	require.NoError(t, err)
	c.set(captured)
	hook(t, s, id)
	w.converge()
	require.Equal(t, booking.Failed, get(t, w, id).Status)
	require.Equal(t, int64(2500), c.money(id).repaid)
	require.Len(t, w.store.claims, 1)
}

// disown does to every finished booking what an erasure does.
func (w *world) disown() {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	for id, b := range w.store.bookings {
		b.User, b.Owner, b.Customer = booking.AliasPrefix+"nobody", booking.AliasPrefix+"nobody", booking.Customer{}
		w.store.bookings[id] = b
	}
}

// TestLateMoney_erased gives money back whose customer is nobody any more, but for what was sold while he was somebody.
func TestLateMoney_erased(t *testing.T) {
	t.Parallel()
	t.Run("before the money came", func(t *testing.T) {
		t.Parallel()
		w, c, s, id := outside(t)
		w.converge()
		w.disown()
		c.set(captured)
		hook(t, s, id)
		w.converge()
		require.Equal(t, int64(2500), c.money(id).repaid)
		require.Empty(t, w.store.claims)
	})
	t.Run("after the money came", func(t *testing.T) {
		t.Parallel()
		w, c, s, id := outside(t)
		w.converge()
		c.set(captured)
		hook(t, s, id)
		w.disown()
		hook(t, s, id)
		w.converge()
		require.Zero(t, c.money(id).repaid, "it is the same sale")
		require.Len(t, w.store.all(), 2)
		require.Equal(t, booking.Booked, w.store.all()[1].Status)
		require.Len(t, w.store.claims, 2)
	})
}

// TestLateMoney_after_the_film gives the money back, free seats or not.
func TestLateMoney_after_the_film(t *testing.T) {
	t.Parallel()
	w, c, s, id := outside(t)
	w.clock.Advance(12 * time.Hour)
	w.converge()
	c.set(captured)
	hook(t, s, id)
	require.Equal(t, int64(2500), c.money(id).repaid)
	require.Empty(t, w.store.claims)
}

// TestWrongMoney never books a payment that is not the booking's price.
func TestWrongMoney(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]func(p *payment.Payment){
		"amount":   func(p *payment.Payment) { p.Amount = money.Of(1, "GBP") },
		"currency": func(p *payment.Payment) { p.Amount = money.Of(2500, "EUR") },
		"booking":  func(p *payment.Payment) { p.Booking = "bk_other" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, c, s, id := outside(t)
			c.set(func(p *payment.Payment) { p.State = payment.Authorised; wrong(p) })
			hook(t, s, id)
			b := get(t, w, id)
			require.Equal(t, booking.Failed, b.Status)
			require.Equal(t, booking.ReasonCaptureFailed, b.Reason)
			require.Equal(t, payment.Cancelled, c.byRef["pi_1"].State)
			require.Empty(t, w.store.claims)

			w, c, s, id = outside(t)
			c.set(func(p *payment.Payment) { captured(p); wrong(p) })
			hook(t, s, id)
			require.Equal(t, booking.Cancelled, get(t, w, id).Status, "captured: given back, never booked")
			require.Len(t, c.refunds["pi_1"], 1)
			require.Equal(t, c.byRef["pi_1"].Amount, c.refunds["pi_1"][0].Amount, "all that was captured")
			require.Empty(t, w.store.claims)
			require.False(t, w.store.emitted[string(id)+":booking.success:1"])
			require.Positive(t, s.Stats().P0)
		})
	}
}

// TestClaimsGone voids an authorisation, and gives a capture back, when the seats are not the booking's any more.
func TestClaimsGone(t *testing.T) {
	t.Parallel()
	for _, state := range []payment.State{payment.Authorised, payment.Captured} {
		w, c, s, id := outside(t)
		delete(w.store.claims, string(show)+"|A2")
		c.set(func(p *payment.Payment) { p.State = state })
		hook(t, s, id)
		w.converge()
		b := get(t, w, id)
		require.True(t, b.Status.Terminal())
		require.Equal(t, c.money(id).captured, c.money(id).repaid)
		require.Empty(t, w.store.claims)
		require.Equal(t, state == payment.Captured, s.Stats().P0 > 0)
	}
}

// TestClaimsGone_embedded never captures: the act that books would have to.
func TestClaimsGone_embedded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1", "A2")
	s := w.service()
	res, err := s.Checkout(t.Context(), ask(alice, req, "", "A1", "A2"))
	require.NoError(t, err)
	delete(w.store.claims, string(show)+"|A2")
	res, err = s.Settle(t.Context(), booking.Caller{User: alice}, res.Booking.ID, paymock.Approve)
	require.NoError(t, err)
	require.Equal(t, booking.Failed, res.Booking.Status)
	require.Zero(t, w.money(res.Booking.ID).captures)
	require.Zero(t, s.Stats().P0)
}

// TestRefund_refused tries again with a new key, and only after the provider said no.
func TestRefund_refused(t *testing.T) {
	t.Parallel()
	w, c, s, id := outside(t)
	c.pay("pi_1")
	hook(t, s, id)
	c.refuse = 2
	out, err := s.Cancel(t.Context(), booking.CancelRequest{Caller: booking.Caller{User: alice}, Booking: id})
	require.NoError(t, err)
	require.Equal(t, "CANCELLED", out.Booking.Status.Public())
	require.Equal(t, "submitted", out.Refund.State)
	require.Len(t, w.store.claims, 2, "the seats stay until the refund is recorded")
	w.converge()
	require.Equal(t, booking.Cancelled, get(t, w, id).Status)
	require.Len(t, c.refunds["pi_1"], 1)
	require.Len(t, c.deny, 2)
	require.Empty(t, w.store.claims)
}
