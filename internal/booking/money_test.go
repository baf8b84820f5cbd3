package booking_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/payment"
	"cinema/internal/payment/paymock"
	"cinema/internal/ticket"
)

func TestConfirm_declined_then_another_card(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	s := w.service()
	r := ask(alice, req, paymock.Decline, "A1")
	for range 2 {
		_, err := s.Confirm(t.Context(), r)
		require.Equal(t, "payment_declined", fault.CodeOf(err))
		var f *fault.Fault
		require.ErrorAs(t, err, &f)
		require.NotEmpty(t, f.Extra["booking_id"])
		require.NotEmpty(t, f.Extra["pay_deadline"])
		require.Equal(t, booking.Pending, w.store.all()[0].Status)
	}
	w.clock.Advance(4 * time.Minute)
	_, err := s.RunOnce(t.Context())
	require.NoError(t, err)
	w.clock.Advance(4 * time.Minute)
	require.Error(t, w.lock(bob, "request-2", "A1"), "the seat stays reserved after the hold's own time")
	r.Token = paymock.Approve
	res, err := s.Confirm(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, booking.Booked, res.Booking.Status)
	require.Equal(t, w.mock().RefFor(res.Booking.ID, 3), res.Booking.PaymentRef)
	for n := 1; n <= 2; n++ {
		p, err := w.mock().Get(t.Context(), w.mock().RefFor(res.Booking.ID, n))
		require.NoError(t, err)
		require.Equal(t, payment.Cancelled, p.State, "the next attempt began after the provider cancelled this one")
	}
}

func TestConfirm_attempts_are_bounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.limits.MaxAttempts = 3
	w.mustLock(alice, req, "A1")
	s := w.service()
	for range 3 {
		_, err := s.Confirm(t.Context(), ask(alice, req, paymock.Decline, "A1"))
		require.Equal(t, "payment_declined", fault.CodeOf(err))
	}
	_, err := s.Confirm(t.Context(), ask(alice, req, paymock.Approve, "A1"))
	require.Equal(t, "payment_declined", fault.CodeOf(err))
	require.Equal(t, booking.Pending, w.store.all()[0].Status)
	w.converge()
	require.Equal(t, booking.Failed, w.store.all()[0].Status)
}

func TestConfirm_needs_action(t *testing.T) {
	t.Parallel()
	for _, approve := range []bool{true, false} {
		w := newWorld(t)
		w.mustLock(alice, req, "A1")
		s := w.service()
		res, err := s.Confirm(t.Context(), ask(alice, req, paymock.Action, "A1"))
		require.NoError(t, err)
		require.Equal(t, payment.NeedsAction, res.Payment.State)
		require.Equal(t, "redirect", res.Payment.Next.Type)
		again, err := s.Confirm(t.Context(), ask(alice, req, paymock.Action, "A1"))
		require.NoError(t, err)
		require.Equal(t, res.Payment, again.Payment)
		ref := w.mock().RefFor(res.Booking.ID, 1)
		owned, err := s.Payment(t.Context(), booking.Caller{User: alice}, ref)
		require.NoError(t, err)
		require.Equal(t, res.Booking.ID, owned.ID)
		_, err = s.Payment(t.Context(), booking.Caller{User: bob}, ref)
		require.Equal(t, "booking_not_found", fault.CodeOf(err))
		_, err = w.mock().Approve(t.Context(), ref, approve)
		require.NoError(t, err)
		res, err = s.Settle(t.Context(), booking.Caller{User: alice}, res.Booking.ID, "")
		require.NoError(t, err)
		if approve {
			require.Equal(t, booking.Booked, res.Booking.Status)
			continue
		}
		require.Equal(t, booking.Pending, res.Booking.Status)
		require.Equal(t, paymock.BankDeclined, res.Payment.Decline)
		res, err = s.Settle(t.Context(), booking.Caller{User: alice}, res.Booking.ID, paymock.Approve)
		require.NoError(t, err)
		require.Equal(t, booking.Booked, res.Booking.Status)
	}
}

func TestConfirm_slow_and_unknown_are_settled_by_the_reconciler(t *testing.T) {
	t.Parallel()
	for token, state := range map[string]payment.State{paymock.Slow: payment.Processing, paymock.Unknown: booking.StateUnknown} {
		w := newWorld(t)
		w.mustLock(alice, req, "A1")
		res, err := w.service().Confirm(t.Context(), ask(alice, req, token, "A1"))
		require.NoError(t, err)
		require.Equal(t, booking.Pending, res.Booking.Status)
		require.Equal(t, state, res.Payment.State)
		got, err := w.service().Get(t.Context(), booking.Caller{User: alice}, res.Booking.ID)
		require.NoError(t, err)
		require.Equal(t, state, got.Payment.State)
		w.clock.Advance(15 * time.Second)
		report, err := w.service().RunOnce(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, report.Booked)
		require.Equal(t, booking.Booked, w.store.all()[0].Status)
	}
}

func TestCheckout_then_settle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	s := w.service()
	var first booking.Result
	for i := range 2 {
		res, err := s.Checkout(t.Context(), ask(alice, req, "", "A1"))
		require.NoError(t, err)
		require.Equal(t, booking.Pending, res.Booking.Status)
		require.Equal(t, payment.NeedsMethod, res.Payment.State)
		require.True(t, res.Booking.PayDeadline.Equal(evening.Add(10*time.Minute)))
		if i == 0 {
			first = res
		}
		require.Equal(t, first.Booking.ID, res.Booking.ID)
	}
	res, err := s.Settle(t.Context(), booking.Caller{User: alice}, first.Booking.ID, "")
	require.NoError(t, err)
	require.Equal(t, booking.Pending, res.Booking.Status, "asking is not paying")
	_, err = s.Settle(t.Context(), booking.Caller{User: alice}, first.Booking.ID, paymock.Decline)
	require.Equal(t, "payment_declined", fault.CodeOf(err))
	res, err = s.Settle(t.Context(), booking.Caller{User: alice}, first.Booking.ID, paymock.Approve)
	require.NoError(t, err)
	require.Equal(t, booking.Booked, res.Booking.Status)
	res, err = s.Settle(t.Context(), booking.Caller{User: alice}, first.Booking.ID, paymock.Approve)
	require.NoError(t, err)
	require.Equal(t, booking.Booked, res.Booking.Status)
}

func TestPayment_deadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	s := w.service()
	res, err := s.Checkout(t.Context(), ask(alice, req, "", "A1"))
	require.NoError(t, err)
	w.clock.Advance(10 * time.Minute)
	_, err = s.Confirm(t.Context(), ask(alice, req, "", "A1"))
	require.Equal(t, "payment_expired", fault.CodeOf(err))
	require.Equal(t, fault.Gone, fault.KindOf(err))
	got, err := s.Get(t.Context(), booking.Caller{User: alice}, res.Booking.ID)
	require.NoError(t, err)
	require.Equal(t, booking.Failed, got.Booking.Status)
	require.Equal(t, booking.ReasonPaymentExpired, got.Booking.Reason)
	require.Empty(t, w.store.claims)
	require.NoError(t, w.lock(bob, "request-2", "A1"), "the seat is free for others at once")
	require.Equal(t, []string{"booking.failed"}, w.eventTypes())
}

// TestCancel_pending gives a booking up; a settle that comes late changes nothing, nor does a late card.
func TestCancel_pending(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	s := w.service()
	me := booking.Caller{User: alice}
	res, err := s.Confirm(t.Context(), ask(alice, req, paymock.Action, "A1"))
	require.NoError(t, err)
	for range 2 {
		out, err := s.Cancel(t.Context(), booking.CancelRequest{Caller: me, Booking: res.Booking.ID})
		require.NoError(t, err)
		require.Equal(t, booking.Failed, out.Booking.Status)
		require.Equal(t, booking.ReasonCancelled, out.Booking.Reason)
		require.Nil(t, out.Refund)
	}
	_, err = w.mock().Approve(t.Context(), w.mock().RefFor(res.Booking.ID, 1), true)
	require.NoError(t, err)
	for _, token := range []string{"", paymock.Approve} {
		late, err := s.Settle(t.Context(), me, res.Booking.ID, token)
		require.NoError(t, err)
		require.Equal(t, booking.Failed, late.Booking.Status)
	}
	_, err = s.Confirm(t.Context(), ask(alice, req, "", "A1"))
	require.Equal(t, "hold_expired", fault.CodeOf(err))
	require.Empty(t, w.store.claims)
	require.NoError(t, w.lock(bob, "request-2", "A1"))
	require.Empty(t, w.store.wrong)
}

// TestCancel_late_settle_changes_nothing settles a booking after its cancellation, from every side.
func TestCancel_late_settle_changes_nothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1", "A2")
	s := w.service()
	me := booking.Caller{User: alice}
	res, err := s.Confirm(t.Context(), ask(alice, req, "", "A1", "A2"))
	require.NoError(t, err)
	_, err = s.Cancel(t.Context(), booking.CancelRequest{Caller: me, Booking: res.Booking.ID})
	require.NoError(t, err)
	w.mustLock(bob, "request-2", "A1")
	bobs, err := s.Confirm(t.Context(), ask(bob, "request-2", "", "A1"))
	require.NoError(t, err)
	before, events := w.store.all(), w.eventTypes()
	p, err := w.mock().Get(t.Context(), res.Booking.PaymentRef)
	require.NoError(t, err)
	require.Equal(t, payment.Captured, p.State, "the provider still says captured")

	late, err := s.Settle(t.Context(), me, res.Booking.ID, paymock.Approve)
	require.NoError(t, err)
	require.Equal(t, booking.Cancelled, late.Booking.Status)
	again, err := s.Confirm(t.Context(), ask(alice, req, "", "A1", "A2"))
	require.NoError(t, err)
	require.Equal(t, booking.Cancelled, again.Booking.Status)
	w.converge()
	require.Equal(t, before, w.store.all())
	require.Equal(t, events, w.eventTypes())
	claims, err := w.store.Claims(t.Context(), show)
	require.NoError(t, err)
	require.Len(t, claims, 1)
	require.Equal(t, bobs.Booking.ID, claims[0].Booking)
}

func TestCancel_booked_whole_and_part(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1", "A2", "A3")
	s := w.service()
	me := booking.Caller{User: alice}
	res, err := s.Confirm(t.Context(), ask(alice, req, "", "A1", "A2", "A3"))
	require.NoError(t, err)
	id, tickets := res.Booking.ID, res.Booking.Tickets

	tell, err := s.Cancel(t.Context(), booking.CancelRequest{Caller: me, Booking: id, Tickets: []ident.Ticket{tickets[0].ID}, DryRun: true})
	require.NoError(t, err)
	require.Equal(t, int64(1250), tell.Refund.Amount.Minor)
	require.Equal(t, booking.Booked, w.store.all()[0].Status)
	require.Empty(t, w.store.prefixLocked("cancel", ""))

	for range 2 { // the second is a repeat
		part, err := s.Cancel(t.Context(), booking.CancelRequest{Caller: me, Booking: id, Tickets: []ident.Ticket{tickets[0].ID}})
		require.NoError(t, err)
		require.Equal(t, booking.Booked, part.Booking.Status)
		require.Equal(t, &booking.Refund{State: "succeeded", Amount: tickets[0].Price}, part.Refund)
		require.Empty(t, part.Booking.Tickets[0].Code, "a void ticket shows no code")
		require.NotEmpty(t, part.Booking.Tickets[1].Code)
	}
	require.NoError(t, w.lock(bob, "request-2", "A1"))
	require.Error(t, w.lock(bob, "request-2", "A2"))

	whole, err := s.Cancel(t.Context(), booking.CancelRequest{Caller: me, Booking: id})
	require.NoError(t, err)
	require.Equal(t, booking.Cancelled, whole.Booking.Status)
	require.Equal(t, int64(2500), whole.Refund.Amount.Minor)
	require.Len(t, whole.Left, 1)
	got, err := s.Get(t.Context(), me, id)
	require.NoError(t, err)
	require.Equal(t, int64(3750), got.Booking.Refund.Amount.Minor)
	for _, tk := range got.Booking.Tickets {
		require.Empty(t, tk.Code)
	}
	list, err := w.mock().Refunds(t.Context(), got.Booking.PaymentRef)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Empty(t, w.store.claims)
	require.Equal(t, []string{"booking.success", "booking.refunded", "booking.refunded", "booking.cancelled"}, w.eventTypes())
	require.Empty(t, w.store.wrong)
}

func TestCancel_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1", "A2")
	s := w.service()
	me := booking.Caller{User: alice}
	res, err := s.Confirm(t.Context(), ask(alice, req, "", "A1", "A2"))
	require.NoError(t, err)
	id := res.Booking.ID
	_, err = s.Cancel(t.Context(), booking.CancelRequest{Caller: booking.Caller{User: bob}, Booking: id})
	require.Equal(t, "booking_not_found", fault.CodeOf(err))
	_, err = s.Cancel(t.Context(), booking.CancelRequest{Caller: me, Booking: id, Tickets: []ident.Ticket{"tk_other"}})
	require.Equal(t, "ticket_not_found", fault.CodeOf(err))

	used := res.Booking.Tickets[0]
	_, err = w.store.PutOnce(t.Context(), booking.KindTicket, fmt.Sprintf("%s|%d", used.ID, used.Generation), "CHECKED_IN")
	require.NoError(t, err)
	part, err := s.Cancel(t.Context(), booking.CancelRequest{Caller: me, Booking: id})
	require.NoError(t, err)
	require.Equal(t, booking.Booked, part.Booking.Status, "a scanned ticket is never refunded")
	require.Equal(t, []booking.TicketLeft{{Ticket: used.ID, Reason: "checked_in"}}, part.Left)
	require.Equal(t, int64(1250), part.Refund.Amount.Minor)

	w.clock.Advance(8*time.Hour - 19*time.Minute)
	_, err = s.Cancel(t.Context(), booking.CancelRequest{Caller: me, Booking: id})
	require.Equal(t, "cancellation_closed", fault.CodeOf(err))
}

func TestReconciler_abandons_half_a_reservation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.service()
	w.mustLock(alice, req, "A1")
	res, err := s.Checkout(t.Context(), ask(alice, req, "", "A1"))
	require.NoError(t, err)
	half := res.Booking
	half.ID, half.Seats, half.CreatedAt = "bk_half", []ident.Seat{"A5"}, evening
	w.store.insertUnsealed(half)
	_, err = s.RunOnce(t.Context())
	require.NoError(t, err)
	b, err := w.store.Booking(t.Context(), "bk_half")
	require.NoError(t, err)
	require.Equal(t, booking.Reserving, b.Status, "younger than a minute: its request may still be at work")
	w.clock.Advance(time.Minute)
	_, err = s.RunOnce(t.Context())
	require.NoError(t, err)
	b, err = w.store.Booking(t.Context(), "bk_half")
	require.NoError(t, err)
	require.Equal(t, booking.Failed, b.Status)
	require.Equal(t, booking.ReasonAbandoned, b.Reason)
	require.Len(t, w.store.claims, 1)
}

// TestHold_engine_lost_everything keeps reserved and sold seats unsellable after a flush, and the sale going.
func TestHold_engine_lost_everything(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	w.mustLock(alice, "request-2", "A2")
	s := w.service()
	_, err := s.Confirm(t.Context(), ask(alice, req, "", "A1"))
	require.NoError(t, err)
	open, err := s.Confirm(t.Context(), ask(alice, "request-2", paymock.Action, "A2"))
	require.NoError(t, err)
	w.engine.Lose()
	for _, seat := range []ident.Seat{"A1", "A2"} {
		var conflict *hold.ConflictError
		require.ErrorAs(t, w.lock(bob, "request-3", seat), &conflict)
	}
	_, err = w.mock().Approve(t.Context(), w.mock().RefFor(open.Booking.ID, 1), true)
	require.NoError(t, err)
	res, err := s.Settle(t.Context(), booking.Caller{User: alice}, open.Booking.ID, "")
	require.NoError(t, err)
	require.Equal(t, booking.Booked, res.Booking.Status)
}

func TestRead_reveals_nothing_to_others(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1")
	s := w.service()
	res, err := s.Confirm(t.Context(), ask(alice, req, "", "A1"))
	require.NoError(t, err)
	b := res.Booking
	stranger := booking.Caller{User: bob}
	_, err = s.Get(t.Context(), stranger, b.ID)
	require.Equal(t, "booking_not_found", fault.CodeOf(err))
	_, err = s.Settle(t.Context(), stranger, b.ID, "")
	require.Equal(t, "booking_not_found", fault.CodeOf(err))
	_, _, err = s.Ticket(t.Context(), stranger, b.Tickets[0].ID)
	require.Equal(t, "ticket_not_found", fault.CodeOf(err))
	_, err = s.Document(t.Context(), stranger, b.ID)
	require.Equal(t, "booking_not_found", fault.CodeOf(err))

	for _, typed := range []string{b.Reference, " " + b.Reference[:4] + b.Reference[5:]} {
		found, err := s.Lookup(t.Context(), typed, "A@Example.com")
		require.NoError(t, err)
		require.Equal(t, b.ID, found.ID)
	}
	for _, pair := range [][2]string{{b.Reference, "b@example.com"}, {"K7M2-9QXD", "a@example.com"}, {"", ""}, {b.Reference, ""}} {
		_, err = s.Lookup(t.Context(), pair[0], pair[1])
		require.Equal(t, "booking_not_found", fault.CodeOf(err))
	}
	stranger.Sees = []ident.Booking{b.ID}
	tk, _, err := s.Ticket(t.Context(), stranger, b.Tickets[0].ID)
	require.NoError(t, err)
	require.Equal(t, b.Tickets[0], tk)
	doc, err := s.Document(t.Context(), stranger, b.ID)
	require.NoError(t, err)
	require.Equal(t, "Night Ferry", doc.Film)
	_, err = ticket.PDF(doc)
	require.NoError(t, err)
}

func TestRun_ends_with_its_context(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	s := w.service()
	go func() { done <- s.Run(ctx) }()
	stop()
	require.NoError(t, <-done)
	require.LessOrEqual(t, s.Stats().Passes, uint64(1))
}
