package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/money"
)

// settled runs a settle that must change nothing.
func (b *bench) refusesToSettle(t *testing.T, r booking.SettleRequest, want booking.SettleResult) {
	t.Helper()
	before := b.facts(t, r.Booking)
	got, result, err := b.Settle(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, want, result)
	require.Equal(t, before.Booking, got)
	require.Equal(t, before, b.facts(t, r.Booking), "nothing was touched")
}

var settleCases = map[string]func(t *testing.T, b *bench){
	"books_with_tickets_event_and_outcome": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1", "A2")
		b.clock.Advance(time.Minute)
		got := b.sell(t, want)
		require.Equal(t, booking.Booked, got.Status)
		require.Equal(t, "pay_bk_1", got.PaymentRef)
		require.Equal(t, capture(want).Tickets, got.Tickets, "in the order of the seats")
		require.Equal(t, start.Add(time.Minute), got.UpdatedAt)
		require.Equal(t, []string{"bk_1:booking.success:1"}, b.events(t))
		v, _, err := b.Register(t.Context(), booking.KindPayment, "pay_bk_1")
		require.NoError(t, err)
		require.Equal(t, "captured", v)
		stored, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		require.Equal(t, stored, got)
		ticket, err := b.Ticket(t.Context(), got.Tickets[1].ID)
		require.NoError(t, err)
		require.Equal(t, got.Tickets[1], ticket)
	},
	"a_repeat_changes_nothing": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.sell(t, want)
		before := b.facts(t, "bk_1")
		b.clock.Advance(time.Hour)
		_, result, err := b.Settle(t.Context(), capture(want))
		require.NoError(t, err)
		require.Equal(t, booking.Settled, result)
		require.Equal(t, before, b.facts(t, "bk_1"))
	},
	"the_event_leaves_once": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.sell(t, want)
		require.NoError(t, b.DropOutbox(t.Context(), b.events(t)))
		_, _, err := b.Settle(t.Context(), capture(want))
		require.NoError(t, err)
		require.Empty(t, b.events(t), "a repeat after the relay brings no second delivery")
	},
	"without_an_outcome_register": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.reserve(t, want)
		r := capture(want)
		r.RegisterKind, r.RegisterID, r.RegisterValue = "", "", ""
		_, result, err := b.Settle(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, booking.Settled, result)
	},
	"a_voiding_booking_that_was_paid_in_time_is_booked": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.reserve(t, want)
		b.raise(t, "bk_1", booking.Voiding, "")
		got, result, err := b.Settle(t.Context(), capture(want))
		require.NoError(t, err)
		require.Equal(t, booking.Settled, result)
		require.Equal(t, booking.Booked, got.Status)
	},
	"a_cancel_intent_stops_it": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.reserve(t, want)
		b.put(t, booking.KindCancel, "bk_1|p0", `{"reason":"p0"}`)
		b.refusesToSettle(t, capture(want), booking.IntentFound)
	},
	"the_intent_of_another_booking_does_not": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.reserve(t, want)
		b.put(t, booking.KindCancel, "bk_10|p0", `{}`)
		b.put(t, booking.KindCancel, "bk_|p0", `{}`)
		_, result, err := b.Settle(t.Context(), capture(want))
		require.NoError(t, err)
		require.Equal(t, booking.Settled, result)
	},
	"a_late_settle_after_a_cancel_changes_nothing": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.sell(t, want)
		b.put(t, booking.KindCancel, "bk_1|r1", `{}`)
		b.raise(t, "bk_1", booking.Cancelling, "")
		require.NoError(t, b.ReleaseClaims(t.Context(), "bk_1", nil))
		b.raise(t, "bk_1", booking.Cancelled, "")
		b.reserve(t, sale("bk_2", bob, show, "A1"))
		b.refusesToSettle(t, capture(want), booking.IntentFound)
		require.Equal(t, map[ident.Seat]ident.Booking{"A1": "bk_2"}, b.claimed(t, show))
	},
	"an_ended_booking_releases_its_claims_and_stays_ended": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.reserve(t, want)
		b.raise(t, "bk_1", booking.Failed, booking.ReasonPaymentExpired)
		got, result, err := b.Settle(t.Context(), capture(want))
		require.NoError(t, err)
		require.Equal(t, booking.AlreadyEnded, result)
		require.Equal(t, booking.Failed, got.Status)
		require.Empty(t, got.Tickets)
		require.Empty(t, b.claimed(t, show))
		require.Empty(t, b.events(t))
	},
	"missing_claims_stop_it": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1", "A2")
		b.reserve(t, want)
		require.NoError(t, b.ReleaseClaims(t.Context(), "bk_1", []ident.Seat{"A2"}))
		b.refusesToSettle(t, capture(want), booking.ClaimsMissing)
	},
	"a_booking_that_lost_its_seat_is_never_booked": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1", "A2")
		b.reserve(t, want)
		require.NoError(t, b.ReleaseClaims(t.Context(), "bk_1", []ident.Seat{"A2"}))
		b.sell(t, sale("bk_2", bob, show, "A2"))
		b.refusesToSettle(t, capture(want), booking.ClaimsMissing)
	},
	"another_outcome_stops_it": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.reserve(t, want)
		b.put(t, booking.KindPayment, "pay_bk_1", "cancelled")
		b.refusesToSettle(t, capture(want), booking.OutcomeLost)
	},
	"the_same_outcome_does_not": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.reserve(t, want)
		b.put(t, booking.KindPayment, "pay_bk_1", "captured")
		_, result, err := b.Settle(t.Context(), capture(want))
		require.NoError(t, err)
		require.Equal(t, booking.Settled, result)
	},
	"a_booking_that_is_not_there_is_not_found": func(t *testing.T, b *bench) {
		_, _, err := b.Settle(t.Context(), capture(sale("bk_1", alice, show, "A1")))
		isFault(t, err, fault.NotFound, "booking_not_found")
		_, found, err := b.Register(t.Context(), booking.KindPayment, "pay_bk_1")
		require.NoError(t, err)
		require.False(t, found)
	},
	"tickets_of_another_booking_are_refused": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.reserve(t, want)
		r := capture(want)
		r.Tickets[0].Booking = "bk_2"
		_, _, err := b.Settle(t.Context(), r)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	},
	"a_free_booking_settles": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		want.Amount, want.Lines[0].Price = money.Of(0, "GBP"), money.Of(0, "GBP")
		require.Equal(t, booking.Booked, b.sell(t, want).Status)
	},
}

var statusCases = map[string]func(t *testing.T, b *bench){
	"moves_forward_with_its_events": func(t *testing.T, b *bench) {
		want := b.reserve(t, sale("bk_1", alice, show, "A1"))
		got, err := b.SetStatus(t.Context(), "bk_1", booking.Failed, booking.ReasonDeclined, []booking.OutboxEvent{event(want, "booking.failed")})
		require.NoError(t, err)
		require.Equal(t, booking.Failed, got.Status)
		require.Equal(t, booking.ReasonDeclined, got.Reason)
		require.Equal(t, []string{"bk_1:booking.failed:1"}, b.events(t))
	},
	"equal_or_lower_rank_changes_nothing": func(t *testing.T, b *bench) {
		want := b.reserve(t, sale("bk_1", alice, show, "A1"))
		b.raise(t, "bk_1", booking.Failed, booking.ReasonDeclined)
		before := b.facts(t, "bk_1")
		for _, s := range []booking.Status{booking.Reserving, booking.Pending, booking.Voiding, booking.Booked, booking.Failed, booking.Cancelled} {
			got, err := b.SetStatus(t.Context(), "bk_1", s, "late", []booking.OutboxEvent{event(want, "booking.late")})
			require.NoError(t, err)
			require.Equal(t, before.Booking, got, "%s", s)
		}
		require.Equal(t, before, b.facts(t, "bk_1"))
	},
	"unknown_status_or_booking": func(t *testing.T, b *bench) {
		_, err := b.SetStatus(t.Context(), "bk_1", booking.Voiding, "", nil)
		isFault(t, err, fault.NotFound, "booking_not_found")
		b.reserve(t, sale("bk_1", alice, show, "A1"))
		_, err = b.SetStatus(t.Context(), "bk_1", "SOLD", "", nil)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	},
	"never_goes_back_whatever_the_order": statusNeverGoesBack,
}

// statusNeverGoesBack runs any order of settles, rejects, repeats and status writes: the rank only grows, what is terminal stays, and a
// booking has tickets exactly when it was booked.
func statusNeverGoesBack(t *testing.T, b *bench) {
	all := []booking.Status{
		booking.Reserving, booking.Pending, booking.Paid, booking.Voiding, booking.Booked, booking.Cancelling, booking.Cancelled, booking.Failed,
	}
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		want := sale("bk_"+ident.New("p"), alice, ident.Showtime(ident.New("st")), "A1", "A2")
		last := b.reserve(t, want)
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			var got booking.Booking
			var err error
			switch rapid.IntRange(0, 4).Draw(rt, "step") {
			case 0:
				got, _, err = b.Settle(t.Context(), capture(want))
			case 1:
				got, err = b.Reject(t.Context(), want.ID, booking.ReasonAbandoned, nil)
			case 2:
				var res booking.Reservation
				res, err = b.Reserve(t.Context(), want, 0)
				got = res.Booking
			default:
				got, err = b.SetStatus(t.Context(), want.ID, rapid.SampledFrom(all).Draw(rt, "status"), "", nil)
			}
			require.NoError(rt, err)
			require.GreaterOrEqual(rt, got.Status.Rank(), last.Status.Rank())
			if last.Status.Terminal() {
				require.Equal(rt, last.Status, got.Status)
			}
			if got.Status.Open() {
				require.Empty(rt, got.Tickets)
				require.Len(rt, b.claimed(t, want.Showtime), 2, "an open booking keeps its claims")
			}
			last = got
		}
	})
	require.Positive(t, n)
}

var claimCases = map[string]func(t *testing.T, b *bench){
	"release_only_by_the_owner": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1", "A2"))
		b.reserve(t, sale("bk_2", bob, show, "A3"))
		require.NoError(t, b.ReleaseClaims(t.Context(), "bk_2", []ident.Seat{"A1", "A2"}))
		require.Len(t, b.claimed(t, show), 3, "another booking's claims are nobody else's to release")
		require.NoError(t, b.ReleaseClaims(t.Context(), "bk_2", nil))
		require.Equal(t, map[ident.Seat]ident.Booking{"A1": "bk_1", "A2": "bk_1"}, b.claimed(t, show))
	},
	"release_of_some_seats_and_again": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1", "A2"))
		for range 2 {
			require.NoError(t, b.ReleaseClaims(t.Context(), "bk_1", []ident.Seat{"A1"}))
			require.Equal(t, map[ident.Seat]ident.Booking{"A2": "bk_1"}, b.claimed(t, show))
		}
	},
	"a_late_release_does_not_free_the_next_owner": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1"))
		b.raise(t, "bk_1", booking.Failed, booking.ReasonCancelled)
		require.NoError(t, b.ReleaseClaims(t.Context(), "bk_1", nil))
		b.reserve(t, sale("bk_2", bob, show, "A1"))
		require.NoError(t, b.ReleaseClaims(t.Context(), "bk_1", nil))
		require.NoError(t, b.ReleaseClaims(t.Context(), "bk_1", []ident.Seat{"A1"}))
		require.Equal(t, map[ident.Seat]ident.Booking{"A1": "bk_2"}, b.claimed(t, show))
	},
	"claims_tell_what_a_hydrate_needs": func(t *testing.T, b *bench) {
		one := b.reserve(t, sale("bk_1", alice, show, "A2"))
		b.sell(t, sale("bk_2", bob, show, "A1"))
		b.reserve(t, sale("bk_3", bob, other, "A1"))
		claims, err := b.Claims(t.Context(), show)
		require.NoError(t, err)
		require.Equal(t, []booking.Claim{
			{Seat: "A1", Booking: "bk_2", Owner: bob, Request: "request-bk_2", Status: booking.Booked, Sealed: true, PayDeadline: one.PayDeadline},
			{Seat: "A2", Booking: "bk_1", Owner: alice, Request: "request-bk_1", Status: booking.Pending, Sealed: true, PayDeadline: one.PayDeadline},
		}, claims)
		none, err := b.Claims(t.Context(), "st_none")
		require.NoError(t, err)
		require.Empty(t, none)
	},
	"outbox_is_oldest_first_and_dropped_by_id": func(t *testing.T, b *bench) {
		for _, id := range []string{"bk_1", "bk_2", "bk_3"} {
			want := b.reserve(t, sale(id, alice, ident.Showtime("st_"+id), "A1"))
			_, err := b.SetStatus(t.Context(), want.ID, booking.Failed, booking.ReasonDeclined, []booking.OutboxEvent{event(want, "booking.failed")})
			require.NoError(t, err)
		}
		list, err := b.Outbox(t.Context(), 2)
		require.NoError(t, err)
		require.Len(t, list, 2)
		want := event(sale("bk_1", alice, "st_bk_1", "A1"), "booking.failed")
		require.Equal(t, want, list[0], "the fact is kept to the letter")
		require.NoError(t, b.DropOutbox(t.Context(), []string{list[1].ID, "unknown"}))
		require.NoError(t, b.DropOutbox(t.Context(), nil))
		require.Equal(t, []string{"bk_1:booking.failed:1", "bk_3:booking.failed:1"}, b.events(t))
	},
	"an_event_id_is_there_once": func(t *testing.T, b *bench) {
		want := b.reserve(t, sale("bk_1", alice, show, "A1"))
		e := event(want, "booking.cancelled")
		_, err := b.SetStatus(t.Context(), "bk_1", booking.Voiding, "", []booking.OutboxEvent{e})
		require.NoError(t, err)
		_, err = b.SetStatus(t.Context(), "bk_1", booking.Failed, booking.ReasonCancelled, []booking.OutboxEvent{e})
		require.NoError(t, err)
		require.Equal(t, []string{e.ID}, b.events(t))
	},
}
