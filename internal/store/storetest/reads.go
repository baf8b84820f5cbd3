package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/money"
)

func parts() []catalog.Part {
	return []catalog.Part{{Label: "Booking fee", Amount: 50}, {Label: "VAT", Amount: 208}}
}

// ids lists the bookings found.
func (b *bench) ids(t *testing.T, q booking.Query) []ident.Booking {
	t.Helper()
	items, total, err := b.Bookings(t.Context(), q)
	require.NoError(t, err)
	var ids []ident.Booking
	for _, it := range items {
		ids = append(ids, it.ID)
	}
	if q.Limit == 0 && q.Skip == 0 && q.Before == (booking.Place{}) {
		require.Equal(t, len(ids), total)
	}
	return ids
}

// many reserves bk_00 … bk_(n-1), a minute apart, each for a seat of its own.
func (b *bench) many(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		want := sale(fmt.Sprintf("bk_%02d", i), alice, show, ident.Seat(fmt.Sprintf("A%d", i+1)))
		want.CreatedAt = start.Add(time.Duration(i) * time.Minute)
		b.reserve(t, want)
	}
}

var readCases = map[string]func(t *testing.T, b *bench){
	"unknown_ids_are_not_found": func(t *testing.T, b *bench) {
		_, err := b.Booking(t.Context(), "bk_none")
		isFault(t, err, fault.NotFound, "booking_not_found")
		_, err = b.Ticket(t.Context(), "tk_none")
		isFault(t, err, fault.NotFound, "ticket_not_found")
	},
	"a_read_whose_caller_left_says_so": func(t *testing.T, b *bench) {
		b.reserve(t, sale("bk_1", alice, show, "A1"))
		_, err := b.Booking(cancelled(t), "bk_1")
		require.ErrorIs(t, err, context.Canceled)
		_, _, err = b.Bookings(cancelled(t), booking.Query{})
		require.ErrorIs(t, err, context.Canceled)
		_, err = b.Claims(cancelled(t), show)
		require.ErrorIs(t, err, context.Canceled)
		_, err = b.Booking(t.Context(), "bk_1")
		require.NoError(t, err, "the next reader is served")
	},
	"filters": func(t *testing.T, b *bench) {
		b.many(t, 3)
		b.sell(t, sale("bk_bob", bob, other, "B1"))
		later := sale("bk_late", "us_carol", other, "B2")
		later.CreatedAt = start.Add(48 * time.Hour)
		b.reserve(t, later)
		require.Equal(t, []ident.Booking{"bk_late", "bk_02", "bk_01", "bk_bob", "bk_00"}, b.ids(t, booking.Query{}), "newest first, then by id")
		require.Equal(t, []ident.Booking{"bk_02", "bk_01", "bk_00"}, b.ids(t, booking.Query{Users: []ident.User{alice}}))
		require.Equal(t, []ident.Booking{"bk_late", "bk_bob"}, b.ids(t, booking.Query{Users: []ident.User{bob, "us_carol"}}))
		require.Equal(t, []ident.Booking{"bk_late", "bk_bob"}, b.ids(t, booking.Query{Showtime: other}))
		require.Equal(t, []ident.Booking{"bk_bob"}, b.ids(t, booking.Query{Showtime: other, Public: "BOOKED"}))
		require.Equal(t, []ident.Booking{"bk_02", "bk_01"}, b.ids(t, booking.Query{From: start.Add(time.Minute), To: start.Add(48 * time.Hour)}))
		require.Empty(t, b.ids(t, booking.Query{Users: []ident.User{"us_nobody"}}))
	},
	"public_statuses": func(t *testing.T, b *bench) {
		b.many(t, 4)
		b.raise(t, "bk_00", booking.Voiding, "")
		b.raise(t, "bk_01", booking.Cancelling, "")
		b.raise(t, "bk_02", booking.Cancelled, "")
		b.raise(t, "bk_03", booking.Failed, booking.ReasonDeclined)
		require.Equal(t, []ident.Booking{"bk_00"}, b.ids(t, booking.Query{Public: "PENDING"}))
		require.Equal(t, []ident.Booking{"bk_02", "bk_01"}, b.ids(t, booking.Query{Public: "CANCELLED"}))
		require.Equal(t, []ident.Booking{"bk_03"}, b.ids(t, booking.Query{Public: "FAILED"}))
		require.Empty(t, b.ids(t, booking.Query{Public: "BOOKED"}))
	},
	"paging_by_skip_and_by_place": func(t *testing.T, b *bench) {
		b.many(t, 7)
		all := b.ids(t, booking.Query{})
		require.Len(t, all, 7)
		items, total, err := b.Bookings(t.Context(), booking.Query{Limit: 3, Skip: 3})
		require.NoError(t, err)
		require.Equal(t, 7, total, "all that fit, not the page")
		require.Len(t, items, 3)
		require.Equal(t, all[3], items[0].ID)

		var walked []ident.Booking
		q := booking.Query{Limit: 2}
		for {
			items, total, err := b.Bookings(t.Context(), q)
			require.NoError(t, err)
			require.Equal(t, 7, total)
			if len(items) == 0 {
				break
			}
			for _, it := range items {
				walked = append(walked, it.ID)
			}
			last := items[len(items)-1]
			q.Before = booking.Place{CreatedAt: last.CreatedAt, ID: last.ID}
		}
		require.Equal(t, all, walked)
	},
	"paging_by_place_survives_equal_instants": func(t *testing.T, b *bench) {
		for i := range 5 {
			b.reserve(t, sale(fmt.Sprintf("bk_%d", i), alice, show, ident.Seat(fmt.Sprintf("A%d", i+1))))
		}
		require.Equal(t, []ident.Booking{"bk_1", "bk_0"}, b.ids(t, booking.Query{Limit: 3, Before: booking.Place{CreatedAt: start, ID: "bk_2"}}))
	},
	"a_page_has_a_bound": func(t *testing.T, b *bench) {
		var all []booking.Booking
		for i := range 230 {
			all = append(all, finished(fmt.Sprintf("bk_%03d", i), booking.Failed, ident.Seat(fmt.Sprintf("A%d", i+1))))
		}
		n, err := b.ImportSales(t.Context(), all)
		require.NoError(t, err)
		require.Equal(t, 230, n)
		for limit, want := range map[int]int{0: 50, 10: 10, 10_000: 200, -1: 50} {
			items, total, err := b.Bookings(t.Context(), booking.Query{Limit: limit})
			require.NoError(t, err)
			require.Equal(t, 230, total)
			require.Len(t, items, want)
		}
	},
	"search_by_reference_address_and_name": func(t *testing.T, b *bench) {
		one := sale("bk_1", alice, show, "A1")
		one.Reference, one.Customer = "K7M2-9QXD", booking.Customer{Email: "Grace.Hopper@example.com", Name: "Grace Brewster Hopper"}
		b.reserve(t, one)
		two := sale("bk_2", bob, show, "A2")
		two.Reference, two.Customer = "0101-ABCD", booking.Customer{Email: "grace@example.org", Name: "Grace O'Malley"}
		b.reserve(t, two)
		for text, want := range map[string][]ident.Booking{
			"K7M2-9QXD":                {"bk_1"},
			"k7m29qxd":                 {"bk_1"},
			" k7m2 9qxd ":              {"bk_1"},
			"k7m2":                     {"bk_1"},
			"oloi-abcd":                {"bk_2"}, // letters that look like digits
			"grace.hopper@EXAMPLE.com": {"bk_1"},
			"grace.hop":                {"bk_1"},
			"HOPPER":                   {"bk_1"},
			"hopper grace":             {"bk_1"},
			"grace":                    {"bk_2", "bk_1"},
			"grace o'm":                {"bk_2"},
			"opper":                    nil,
			"grace lovelace":           nil,
			"100%":                     nil,
			"_":                        nil,
			"   ":                      {"bk_2", "bk_1"},
		} {
			require.Equal(t, want, b.ids(t, booking.Query{Text: text}), "%q", text)
		}
		require.Equal(t, []ident.Booking{"bk_2"}, b.ids(t, booking.Query{Text: "grace", Users: []ident.User{bob}}), "filters add up")

		three := sale("bk_3", bob, show, "A3")
		three.Reference, three.Customer = "2222-EFGH", booking.Customer{Email: "mallory@example.com", Name: "K7M29QXD K7M2-9QXD"}
		b.reserve(t, three)
		require.Equal(t, []ident.Booking{"bk_3", "bk_1"}, b.ids(t, booking.Query{Text: one.Reference}))
		require.Equal(t, []ident.Booking{"bk_1"}, b.ids(t, booking.Query{Text: one.Reference, Reference: one.Reference}), "a name is no reference")
	},
	"open_bookings_are_those_that_wait": func(t *testing.T, b *bench) {
		b.many(t, 6)
		_, _, err := b.Settle(t.Context(), capture(sale("bk_01", alice, show, "A2")))
		require.NoError(t, err)
		b.raise(t, "bk_02", booking.Failed, booking.ReasonDeclined)
		b.raise(t, "bk_03", booking.Voiding, "")
		b.raise(t, "bk_04", booking.Cancelling, "")
		got := func(before time.Time, limit int) []ident.Booking {
			items, err := b.OpenBookings(t.Context(), before, limit)
			require.NoError(t, err)
			var ids []ident.Booking
			for _, it := range items {
				ids = append(ids, it.ID)
			}
			return ids
		}
		require.Equal(t, []ident.Booking{"bk_00", "bk_03", "bk_04", "bk_05"}, got(start.Add(time.Hour), 0), "oldest first")
		require.Equal(t, []ident.Booking{"bk_00", "bk_03"}, got(start.Add(time.Hour), 2))
		require.Equal(t, []ident.Booking{"bk_00"}, got(start.Add(3*time.Minute), 0), "created before the instant")
	},
	"lists_carry_tickets": func(t *testing.T, b *bench) {
		sold := b.sell(t, sale("bk_1", alice, show, "A1", "A2"))
		b.reserve(t, sale("bk_2", alice, show, "A3"))
		items, _, err := b.Bookings(t.Context(), booking.Query{})
		require.NoError(t, err)
		i := slices.IndexFunc(items, func(x booking.Booking) bool { return x.ID == "bk_1" })
		require.Equal(t, sold, items[i])
		require.Empty(t, items[1-i].Tickets)
	},
}

// finished is a booking as an import brings it.
func finished(id string, s booking.Status, seats ...ident.Seat) booking.Booking {
	b := sale(id, alice, show, seats...)
	b.Status, b.Demo, b.PaymentRef = s, true, "pay_"+id
	if s == booking.Failed {
		b.Reason, b.PaymentRef = booking.ReasonDeclined, ""
		return b
	}
	b.Tickets = capture(b).Tickets
	if s == booking.Cancelled {
		b.Refund = &booking.Refund{State: "succeeded", Amount: money.Of(b.Amount.Minor, "GBP")}
		for i := range b.Tickets {
			b.Tickets[i].Void = "r1"
		}
	}
	return b
}

var importCases = map[string]func(t *testing.T, b *bench){
	"writes_finished_bookings_with_all_that_belongs_to_them": func(t *testing.T, b *bench) {
		want := []booking.Booking{
			finished("bk_1", booking.Booked, "A1", "A2"), finished("bk_2", booking.Failed, "A3"), finished("bk_3", booking.Cancelled, "A4"),
		}
		n, err := b.ImportSales(t.Context(), want)
		require.NoError(t, err)
		require.Equal(t, 3, n)
		for _, w := range want {
			got, err := b.Booking(t.Context(), w.ID)
			require.NoError(t, err)
			require.Equal(t, w, got)
		}
		require.Equal(t, map[ident.Seat]ident.Booking{"A1": "bk_1", "A2": "bk_1"}, b.claimed(t, show))
		require.Equal(t, booking.SealReserved, b.sealOf(t, "bk_1"))
		require.Equal(t, booking.SealRejected, b.sealOf(t, "bk_2"))
		require.Equal(t, booking.SealReserved, b.sealOf(t, "bk_3"))
		require.Empty(t, b.events(t), "what is imported did not happen now")
	},
	"leaves_what_exists_alone": func(t *testing.T, b *bench) {
		mine := b.sell(t, sale("bk_1", alice, show, "A1"))
		n, err := b.ImportSales(t.Context(), []booking.Booking{
			finished("bk_1", booking.Failed, "A1"), finished("bk_2", booking.Booked, "A2", "A1"), finished("bk_3", booking.Booked, "A3"),
		})
		require.NoError(t, err)
		require.Equal(t, 1, n, "one exists, one wants a seat that is sold")
		got, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		require.Equal(t, mine, got)
		_, err = b.Booking(t.Context(), "bk_2")
		isFault(t, err, fault.NotFound, "booking_not_found")
		require.Equal(t, map[ident.Seat]ident.Booking{"A1": "bk_1", "A3": "bk_3"}, b.claimed(t, show))
		n, err = b.ImportSales(t.Context(), []booking.Booking{finished("bk_3", booking.Booked, "A3")})
		require.NoError(t, err)
		require.Zero(t, n, "a repeat writes nothing")
	},
	"tickets_are_listed_in_the_order_of_the_seats": func(t *testing.T, b *bench) {
		want := finished("bk_1", booking.Booked, "A1", "A2", "A3")
		for i := range want.Tickets {
			want.Tickets[i].ID = ident.Ticket(fmt.Sprintf("tk_%d", 9-i)) // nor by their ids
		}
		slices.Reverse(want.Tickets) // not by the order they were written in
		_, err := b.ImportSales(t.Context(), []booking.Booking{want})
		require.NoError(t, err)
		one, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		items, _, err := b.Bookings(t.Context(), booking.Query{})
		require.NoError(t, err)
		for _, got := range []booking.Booking{one, items[0]} {
			require.Len(t, got.Tickets, 3)
			for i, seat := range got.Seats {
				require.Equal(t, seat, got.Tickets[i].Seat)
			}
		}
	},
	"refuses_unfinished_bookings": func(t *testing.T, b *bench) {
		for _, s := range []booking.Status{booking.Reserving, booking.Pending, booking.Paid, booking.Voiding, booking.Cancelling} {
			_, err := b.ImportSales(t.Context(), []booking.Booking{finished("bk_1", s, "A1")})
			require.Equal(t, fault.Invalid, fault.KindOf(err), "%s", s)
		}
	},
	"real_sales_are_those_that_are_not_demonstration": func(t *testing.T, b *bench) {
		_, err := b.ImportSales(t.Context(), []booking.Booking{finished("bk_1", booking.Booked, "A1")})
		require.NoError(t, err)
		n, err := b.RealSales(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
		b.reserve(t, sale("bk_2", alice, show, "A2"))
		n, err = b.RealSales(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, n)
	},
}
