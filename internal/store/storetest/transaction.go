package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

var transactionCases = map[string]func(t *testing.T, b *bench){
	"canary_passes_and_leaves_nothing": func(t *testing.T, b *bench) {
		for range 2 {
			require.NoError(t, b.Canary(t.Context()))
		}
		require.NoError(t, b.Ping(t.Context()))
	},
	// A store error after the hold layer flipped must not leave a seat blocked by a failed booking: the claim ends with its booking.
	"a_failed_booking_blocks_no_seat": func(t *testing.T, b *bench) {
		for i, reason := range []string{booking.ReasonDeclined, booking.ReasonPaymentExpired, booking.ReasonCaptureFailed} {
			id := ident.Booking(string(rune('a'+i)) + "_bk")
			b.reserve(t, sale(string(id), alice, show, "A1", "A2"))
			b.raise(t, id, booking.Failed, reason) // and the process dies before it releases the claims
		}
		b.sell(t, sale("bk_last", bob, show, "A1", "A2"))
	},
	// A confirm that is repeated must not make a second booking beside the first.
	"a_repeated_confirm_makes_one_booking": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		for range 3 {
			b.sell(t, want)
		}
		items, total, err := b.Bookings(t.Context(), booking.Query{Users: []ident.User{alice}})
		require.NoError(t, err)
		require.Equal(t, 1, total)
		require.Equal(t, booking.Booked, items[0].Status)
		require.Len(t, items[0].Tickets, 1)
		require.Len(t, b.events(t), 1)
	},
	"an_act_that_is_refused_leaves_the_next_alone": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1"))
		_, err := b.Reserve(t.Context(), sale("bk_2", alice, show, "A2"), 1)
		isFault(t, err, fault.Conflict, "booking_open")
		b.reserve(t, sale("bk_3", bob, show, "A2"))
	},
	"settle_with_a_lost_outcome_writes_no_ticket": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		b.reserve(t, want)
		b.put(t, booking.KindPayment, "pay_bk_1", "cancelled")
		_, result, err := b.Settle(t.Context(), capture(want))
		require.NoError(t, err)
		require.Equal(t, booking.OutcomeLost, result)
		_, err = b.Ticket(t.Context(), capture(want).Tickets[0].ID)
		isFault(t, err, fault.NotFound, "ticket_not_found")
		require.Empty(t, b.events(t))
	},
	"what_was_answered_can_be_read": func(t *testing.T, b *bench) {
		for _, id := range []string{"bk_1", "bk_2", "bk_3"} {
			b.sell(t, sale(id, alice, ident.Showtime("st_"+id), "A1"))
			got, err := b.Booking(t.Context(), ident.Booking(id))
			require.NoError(t, err)
			require.Equal(t, booking.Booked, got.Status)
		}
	},
}

var durabilityCases = map[string]func(t *testing.T, b *bench){
	"everything_survives_a_restart": func(t *testing.T, b *bench) {
		p := b.planned(t)
		sold := b.sell(t, sale("bk_1", alice, "st_1", "A1"))
		open := b.reserve(t, sale("bk_2", bob, "st_1", "A2"))
		require.NoError(t, b.PutSession(t.Context(), session("h1", alice)))
		_, err := b.Merge(t.Context(), "us_g1", alice)
		require.NoError(t, err)
		b.restart(t)
		require.NoError(t, b.Canary(t.Context()))
		got, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		require.Equal(t, sold, got)
		waiting, err := b.OpenBookings(t.Context(), start.AddDate(1, 0, 0), 0)
		require.NoError(t, err)
		require.Equal(t, []booking.Booking{open}, waiting)
		require.Equal(t, map[ident.Seat]ident.Booking{"A1": "bk_1", "A2": "bk_2"}, b.claimed(t, "st_1"))
		require.Equal(t, []string{"bk_1:booking.success:1"}, b.events(t))
		st, err := b.Showtime(t.Context(), "st_1")
		require.NoError(t, err)
		require.Equal(t, p.Showtimes[0], st)
		_, err = b.Session(t.Context(), "h1")
		require.NoError(t, err)
		into, err := b.MergedInto(t.Context(), "us_g1")
		require.NoError(t, err)
		require.Equal(t, alice, into)
	},
	"a_repeat_after_a_restart_is_the_same_booking": func(t *testing.T, b *bench) {
		want := sale("bk_1", alice, show, "A1")
		sold := b.sell(t, want)
		b.restart(t)
		require.Equal(t, sold, b.sell(t, want))
		require.Len(t, b.events(t), 1)
	},
}
