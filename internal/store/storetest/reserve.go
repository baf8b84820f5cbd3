package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

var registerCases = map[string]func(t *testing.T, b *bench){
	"put_once_keeps_the_first_value": func(t *testing.T, b *bench) {
		b.put(t, booking.KindPayref, "bk_1|1", "ref_a")
		holds, err := b.PutOnce(t.Context(), booking.KindPayref, "bk_1|1", booking.VOID)
		require.NoError(t, err)
		require.Equal(t, "ref_a", holds)
		v, found, err := b.Register(t.Context(), booking.KindPayref, "bk_1|1")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, "ref_a", v)
	},
	"a_register_that_was_never_written_is_not_found": func(t *testing.T, b *bench) {
		v, found, err := b.Register(t.Context(), booking.KindPayref, "bk_1|1")
		require.NoError(t, err)
		require.False(t, found)
		require.Empty(t, v)
	},
	"an_empty_value_is_a_value": func(t *testing.T, b *bench) {
		b.put(t, booking.KindRefunded, "bk_1|r1", "")
		_, found, err := b.Register(t.Context(), booking.KindRefunded, "bk_1|r1")
		require.NoError(t, err)
		require.True(t, found)
	},
	"kinds_do_not_mix": func(t *testing.T, b *bench) {
		b.put(t, booking.KindPayment, "x", "captured")
		b.put(t, booking.KindPayref, "x", "other")
	},
	"empty_kind_or_id_is_refused": func(t *testing.T, b *bench) {
		_, err := b.PutOnce(t.Context(), "", "id", "v")
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		_, err = b.PutOnce(t.Context(), booking.KindPayment, "", "v")
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	},
	"by_prefix_lists_in_id_order_and_nothing_else": func(t *testing.T, b *bench) {
		for _, id := range []string{"bk_1|3", "bk_1|1", "bk_1|2", "bk_10|1", "bk_2|1"} {
			b.put(t, booking.KindPayref, id, "v"+id)
		}
		b.put(t, booking.KindCancel, "bk_1|9", "other kind")
		got, err := b.RegistersByPrefix(t.Context(), booking.KindPayref, "bk_1|")
		require.NoError(t, err)
		require.Equal(t, []booking.RegisterEntry{{ID: "bk_1|1", Value: "vbk_1|1"}, {ID: "bk_1|2", Value: "vbk_1|2"}, {ID: "bk_1|3", Value: "vbk_1|3"}}, got)
	},
	"seal_is_sticky_and_needs_no_booking": func(t *testing.T, b *bench) {
		won, err := b.Seal(t.Context(), "bk_1", booking.SealMoved)
		require.NoError(t, err)
		require.Equal(t, booking.SealMoved, won)
		won, err = b.Seal(t.Context(), "bk_1", booking.SealReserved)
		require.NoError(t, err)
		require.Equal(t, booking.SealMoved, won)
	},
	"seal_refuses_other_values": func(t *testing.T, b *bench) {
		_, err := b.Seal(t.Context(), "bk_1", "MAYBE")
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	},
	"ticket_is_checked_in_or_void_never_both": func(t *testing.T, b *bench) {
		id := string(b.sell(t, sale("bk_1", alice, show, "A1")).Tickets[0].ID)
		b.put(t, booking.KindTicket, id+"|1", "CHECKED_IN")
		holds, err := b.PutOnce(t.Context(), booking.KindTicket, id+"|1", "VOID:r1")
		require.NoError(t, err)
		require.Equal(t, "CHECKED_IN", holds)
		got, err := b.Ticket(t.Context(), ident.Ticket(id))
		require.NoError(t, err)
		require.Empty(t, got.Void, "a ticket that was used is not void")
	},
	"void_register_shows_on_the_ticket": func(t *testing.T, b *bench) {
		sold := b.sell(t, sale("bk_1", alice, show, "A1", "A2"))
		b.put(t, booking.KindTicket, string(sold.Tickets[0].ID)+"|1", "CHECKED_IN")
		b.put(t, booking.KindTicket, string(sold.Tickets[0].ID)+"|2", "VOID:r7") // opened by an audited undo
		got, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		require.Equal(t, "r7", got.Tickets[0].Void)
		require.Empty(t, got.Tickets[1].Void)
	},
}

var reserveCases = map[string]func(t *testing.T, b *bench){
	"claims_every_seat_and_seals": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1", "A2", "A3")
		got := b.reserve(t, want)
		require.Equal(t, booking.Pending, got.Status)
		require.Equal(t, "PENDING", got.Status.Public())
		require.Equal(t, booking.SealReserved, b.sealOf(t, "bk_1"))
		require.Equal(t, map[ident.Seat]ident.Booking{"A1": "bk_1", "A2": "bk_1", "A3": "bk_1"}, b.claimed(t, show))

		stored, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		want.Status, want.UpdatedAt = booking.Pending, stored.UpdatedAt
		require.Equal(t, want, stored, "the snapshot of seats, prices and customer is kept to the letter")
	},
	"price_parts_survive": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		want.Lines[0].Includes = parts()
		b.reserve(t, want)
		stored, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		require.Equal(t, want.Lines, stored.Lines)
	},
	"a_repeat_resumes_the_same_booking": func(t *testing.T, b *bench) {
		first := b.reserve(t, sale("bk_1", alice, show, "A1"))
		again := sale("bk_1", alice, show, "A1")
		again.Customer.Name, again.PayDeadline = "Somebody Else", start.Add(time.Hour)
		require.Equal(t, first, b.reserve(t, again), "what was stored first is what holds")
	},
	"a_repeat_gets_the_same_answer_to_the_instant": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		want.CreatedAt, want.PayDeadline = start.Add(123_456_789), start.Add(time.Minute+987_654_321)
		b.clock.Advance(111_222_333)
		first := b.reserve(t, want)
		require.Equal(t, first, b.reserve(t, want))
		settled := b.sell(t, want)
		stored, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		require.Equal(t, stored, settled)
	},
	"a_repeat_does_not_count_as_another_open_booking": func(t *testing.T, b *bench) {
		for range 3 {
			res, err := b.Reserve(t.Context(), sale("bk_1", alice, show, "A1"), 1)
			require.NoError(t, err)
			require.Equal(t, booking.Reserved, res.Outcome)
		}
	},
	"a_repeat_after_the_sale_finds_it_booked": func(t *testing.T, b *bench) {
		sold := b.sell(t, sale("bk_1", alice, show, "A1"))
		res, err := b.Reserve(t.Context(), sale("bk_1", alice, show, "A1"), 0)
		require.NoError(t, err)
		require.Equal(t, booking.Reserved, res.Outcome)
		require.Equal(t, sold, res.Booking)
	},
	"another_fingerprint_is_a_mismatch": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1"))
		before := b.facts(t, "bk_1")
		_, err := b.Reserve(t.Context(), sale("bk_1", alice, show, "A2"), 0)
		isFault(t, err, fault.Invalid, "idempotency_mismatch")
		require.Equal(t, before, b.facts(t, "bk_1"))
	},
	"a_conflict_lists_every_seat_and_claims_nothing": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A2", "A4"))
		b.reserve(t, sale("bk_2", alice, show, "A5"))
		res, err := b.Reserve(t.Context(), sale("bk_3", bob, show, "A1", "A2", "A3", "A4", "A5", "A6"), 0)
		require.NoError(t, err)
		require.Equal(t, booking.Conflicts, res.Outcome)
		require.ElementsMatch(t, []ident.Seat{"A2", "A4", "A5"}, res.Conflict)
		require.Equal(t, booking.Failed, res.Booking.Status)
		require.Equal(t, booking.ReasonConflict, res.Booking.Reason)
		require.Equal(t, booking.SealRejected, b.sealOf(t, "bk_3"))
		require.Equal(t, map[ident.Seat]ident.Booking{"A2": "bk_1", "A4": "bk_1", "A5": "bk_2"}, b.claimed(t, show))
	},
	"a_request_that_failed_stays_ended": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1"))
		_, err := b.Reserve(t.Context(), sale("bk_2", bob, show, "A1"), 0)
		require.NoError(t, err)
		b.raise(t, "bk_1", booking.Failed, booking.ReasonCancelled)
		require.NoError(t, b.ReleaseClaims(t.Context(), "bk_1", nil))
		res, err := b.Reserve(t.Context(), sale("bk_2", bob, show, "A1"), 0)
		require.NoError(t, err)
		require.Equal(t, booking.Ended, res.Outcome)
		require.Equal(t, booking.ReasonConflict, res.Booking.Reason)
		require.Empty(t, b.claimed(t, show), "an ended request takes nothing although the seat is free now")
	},
	"a_claim_of_an_ended_booking_is_helped_away": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1", "A2"))
		b.raise(t, "bk_1", booking.Failed, booking.ReasonPaymentExpired)
		b.reserve(t, sale("bk_2", bob, show, "A1"))
		require.Equal(t, map[ident.Seat]ident.Booking{"A1": "bk_2", "A2": "bk_1"}, b.claimed(t, show))
	},
	"a_claim_that_is_being_cancelled_still_holds": func(t *testing.T, b *bench) {
		b.sell(t, sale("bk_1", alice, show, "A1"))
		b.raise(t, "bk_1", booking.Cancelling, "")
		res, err := b.Reserve(t.Context(), sale("bk_2", bob, show, "A1"), 0)
		require.NoError(t, err)
		require.Equal(t, booking.Conflicts, res.Outcome, "a seat is free only after its refund is recorded")
	},
	"the_same_seat_of_another_showtime_is_another_seat": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1"))
		b.reserve(t, sale("bk_2", bob, other, "A1"))
	},
	"a_booking_sealed_before_it_was_there_is_ended": func(t *testing.T, b *bench) {
		for i, v := range []booking.SealValue{booking.SealMoved, booking.SealRejected} {
			id := fmt.Sprintf("bk_%d", i)
			_, err := b.Seal(t.Context(), ident.Booking(id), v)
			require.NoError(t, err)
			res, err := b.Reserve(t.Context(), sale(id, alice, show, "A1"), 0)
			require.NoError(t, err)
			require.Equal(t, booking.Ended, res.Outcome)
			require.True(t, res.Booking.Status.Terminal())
			require.Equal(t, v, b.sealOf(t, ident.Booking(id)))
		}
		require.Empty(t, b.claimed(t, show))
	},
	"too_many_open_bookings_are_refused": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1"))
		b.reserve(t, sale("bk_2", alice, show, "A2"))
		_, err := b.Reserve(t.Context(), sale("bk_3", alice, show, "A3"), 2)
		isFault(t, err, fault.Conflict, "booking_open")
		_, err = b.Booking(t.Context(), "bk_3")
		isFault(t, err, fault.NotFound, "booking_not_found")
		require.NotContains(t, b.claimed(t, show), ident.Seat("A3"))
		require.Empty(t, b.sealOf(t, "bk_3"), "a refused request may be made again")

		_, err = b.Reserve(t.Context(), sale("bk_4", alice, other, "A3"), 2)
		require.NoError(t, err, "another showtime counts by itself")
		_, err = b.Reserve(t.Context(), sale("bk_5", bob, show, "A4"), 2)
		require.NoError(t, err, "another user counts by himself")
		_, _, err = b.Settle(t.Context(), capture(sale("bk_1", alice, show, "A1")))
		require.NoError(t, err)
		res, err := b.Reserve(t.Context(), sale("bk_3", alice, show, "A3"), 2)
		require.NoError(t, err, "a paid booking is not open")
		require.Equal(t, booking.Reserved, res.Outcome)
	},
	"seats_outside_the_grammar_are_refused": func(t *testing.T, b *bench) {
		for _, seats := range [][]ident.Seat{nil, {"A1", "A1"}, {"a1"}, {"A1|B2"}, {"Ä1"}, {""}} {
			_, err := b.Reserve(t.Context(), sale("bk_1", alice, show, seats...), 0)
			require.Equal(t, fault.Invalid, fault.KindOf(err), "%v", seats)
		}
		_, err := b.Booking(t.Context(), "bk_1")
		isFault(t, err, fault.NotFound, "booking_not_found")
	},
	"identifiers_outside_the_grammar_are_refused": func(t *testing.T, b *bench) {
		for _, want := range []booking.Booking{sale("bk|1", alice, show, "A1"), sale("bk_1", "us:1", show, "A1"), sale("bk_1", alice, "st{1}", "A1"), sale("bk_1", alice, "", "A1")} {
			_, err := b.Reserve(t.Context(), want, 0)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
			want.Status = booking.Booked
			_, err = b.ImportSales(t.Context(), []booking.Booking{want})
			require.Equal(t, fault.Invalid, fault.KindOf(err))
		}
	},
	"a_context_that_ended_begins_nothing": func(t *testing.T, b *bench) {
		_, err := b.Reserve(cancelled(t), sale("bk_1", alice, show, "A1"), 0)
		require.ErrorIs(t, err, context.Canceled)
		_, err = b.Booking(t.Context(), "bk_1")
		isFault(t, err, fault.NotFound, "booking_not_found")
		b.reserve(t, sale("bk_1", alice, show, "A1"))
	},
	"reject_ends_a_booking_that_was_not_sealed": func(t *testing.T, b *bench) {
		_, err := b.Reject(t.Context(), "bk_1", booking.ReasonAbandoned, nil)
		isFault(t, err, fault.NotFound, "booking_not_found")
		require.Equal(t, booking.SealRejected, b.sealOf(t, "bk_1"), "the seal alone ends a later Reserve")
		res, err := b.Reserve(t.Context(), sale("bk_1", alice, show, "A1"), 0)
		require.NoError(t, err)
		require.Equal(t, booking.Ended, res.Outcome)
		require.Empty(t, b.claimed(t, show))
	},
	"reject_leaves_a_reserved_booking_alone": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1"))
		before := b.facts(t, "bk_1")
		got, err := b.Reject(t.Context(), "bk_1", booking.ReasonAbandoned, []booking.OutboxEvent{event(before.Booking, "booking.failed")})
		require.NoError(t, err)
		require.Equal(t, booking.Pending, got.Status)
		require.Equal(t, before, b.facts(t, "bk_1"))
	},
	"reject_of_a_rejected_booking_changes_nothing": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1"))
		_, err := b.Reserve(t.Context(), sale("bk_2", bob, show, "A1"), 0)
		require.NoError(t, err)
		before := b.facts(t, "bk_2")
		got, err := b.Reject(t.Context(), "bk_2", booking.ReasonAbandoned, []booking.OutboxEvent{event(before.Booking, "booking.failed")})
		require.NoError(t, err)
		require.Equal(t, booking.ReasonConflict, got.Reason)
		require.Equal(t, before, b.facts(t, "bk_2"))
	},
}
