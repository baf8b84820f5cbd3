package blackbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSteps_cannot_be_skipped: no hold, no booking; no money, no ticket; and nothing that an answer showed lets anybody in before its time.
func TestSteps_cannot_be_skipped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.each(t, map[string]func(*testing.T, *world){"no ticket before the money": noTicketYet, "no price of one's own": noPriceOfOnesOwn})
}

// noTicketYet: while the payment is open there is no ticket, no code, no document and no entry, whatever is asked.
func noTicketYet(t *testing.T, w *world) {
	h := w.take(t, "Grand")
	for _, token := range []string{"", "tok_action", "tok_decline", "tok_slow"} {
		p := w.account(t)
		seats := h.free(t, 1, "standard")
		s := p.sale(h.hold(t, p, seats...), seats)
		s.Token = token
		a := p.do(t, "POST "+h.path("/bookings/checkout"), s)
		var v struct{ Booking booking }
		require.NoError(t, a.JSON(&v))
		if v.Booking.ID == "" { // a card that is declined at once
			require.Equal(t, http.StatusPaymentRequired, a.Status, string(a.Body))
			v.Booking = p.bookings(t)[0]
		}
		b := v.Booking
		require.Equal(t, "PENDING", b.Status, "%s", token)
		require.Empty(t, b.Tickets)
		require.NotContains(t, string(a.Body), "CT1:")
		p.refused(t, "booking_not_found", "POST /api/bookings/lookup", map[string]string{"reference": b.Reference, "email": "nobody@example.com"})
		for _, path := range []string{"/api/bookings/" + b.ID + "/tickets.pdf", "/api/bookings/" + b.ID + "/calendar.ics"} {
			a := p.do(t, "GET "+path, nil)
			require.GreaterOrEqual(t, a.Status, 400, path)
			require.Less(t, a.Status, 500, path)
			require.False(t, strings.HasPrefix(string(a.Body), "%PDF"), path)
		}
		again := p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil)
		require.NotContains(t, string(again.Body), "CT1:")
		require.NotEqual(t, "booked", h.state(t, p).taken()[seats[0]])
	}
}

// noPriceOfOnesOwn: what is charged is the quote of the server, whatever ticket type is named and however often, and it is never less than
// the cheapest seat.
func noPriceOfOnesOwn(t *testing.T, w *world) {
	h, p := w.take(t, "Gallery"), w.account(t)
	seats := h.free(t, 2, "standard")
	r := p.request()
	v := holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), sale{Request: r, Seats: seats}))
	require.Positive(t, v.Quote.Total.Amount)
	h.unchanged(t, p, func() {
		for _, more := range []string{
			`"amount":1`, `"total":{"amount":1,"currency":"EUR"}`, `"quote":{}`, `"currency":"KWD"`, `"discount":100`, `"tickets":[{"seat_id":"` + seats[0] + `","ticket_type":"adult","price":1}]`,
			`"tickets":[{"seat_id":"` + seats[0] + `","ticket_type":"free"}]`, `"tickets":[{"seat_id":"` + seats[0] + `","ticket_type":"ADULT"}]`, `"tickets":[{"seat_id":"` + seats[0] + `","ticket_type":"adult","amount":0}]`,
		} {
			a := p.do(t, "POST "+h.path("/bookings/confirm"), []byte(`{"request_id":"`+r+`","seat_ids":["`+strings.Join(seats, `","`)+`"],`+more+`}`))
			require.Equal(t, http.StatusBadRequest, a.Status, "%s: %s", more, a.Body)
		}
	})
	b := bookingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), p.sale(r, seats)))
	require.Equal(t, v.Quote.Total.Amount, b.Amount, "the price of the hold is the price of the sale")
	require.Equal(t, v.Quote.Total.Currency, b.Currency)
	sum := int64(0)
	for _, k := range b.Tickets {
		sum += k.Price.Amount
	}
	require.Equal(t, b.Amount, sum)
}
