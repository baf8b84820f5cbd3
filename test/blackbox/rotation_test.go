package blackbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRotation changes JWT_SECRET as an operator does: first with the previous one beside it, then without. Whatever must outlive that is
// not made of the secret.
func TestRotation(t *testing.T) {
	t.Parallel()
	first, second := "first-"+strong(), "second-"+strong()
	w := newWorld(t, "JWT_SECRET="+first)
	h := w.take(t, "Grand")
	p, g := w.account(t), w.guest(t)
	seats := h.free(t, 2, "standard")
	request, b := h.buy(t, p, seats...)
	theirs := h.free(t, 1, "standard")
	guestRequest, gb := h.buy(t, g, theirs...)
	open := h.free(t, 1, "standard")
	held := h.hold(t, p, open...)
	personal := p.personalToken(t, "read", "book")
	api := p.bearer(t)
	old := p.exchange(t, personal)
	qr := p.want(t, http.StatusOK, "GET /api/tickets/"+b.Tickets[0].ID+"/qr.svg", nil).Body

	same := func(t *testing.T) {
		t.Helper()
		p.want(t, http.StatusOK, "GET /api/me", nil) // a cookie is looked up, not verified
		sameAgain(t, h, p, p.sale(request, seats), b)
		sameAgain(t, h, g, g.sale(guestRequest, theirs), gb)
		got := bookingOf(t, p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil))
		require.Equal(t, b.Tickets, got.Tickets, "the codes on the tickets are the same, byte for byte")
		require.Equal(t, qr, p.want(t, http.StatusOK, "GET /api/tickets/"+b.Tickets[0].ID+"/qr.svg", nil).Body)
		require.Equal(t, "%PDF-", string(p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID+"/tickets.pdf", nil).Body[:5]))
	}

	w.server.Restart("JWT_SECRET="+second, "JWT_SECRET_PREVIOUS="+first)
	same(t)
	for _, c := range []*person{api, old} {
		c.want(t, http.StatusOK, "GET /api/me", nil)
	}
	fresh := p.bearer(t)
	fresh.want(t, http.StatusOK, "GET /api/me", nil)

	w.server.Restart("JWT_SECRET="+second, "JWT_SECRET_PREVIOUS=")
	same(t)
	for _, c := range []*person{api, old} {
		c.refused(t, "unauthorized", "GET /api/me", nil)
	}
	fresh.want(t, http.StatusOK, "GET /api/me", nil)
	p.exchange(t, personal).want(t, http.StatusOK, "GET /api/me", nil)

	// What was begun before is finished after: the hold is in the memory of the first process, the request's name is for ever.
	p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), sale{Request: held, Seats: open})
	done := bookingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), p.sale(held, open)))
	require.Equal(t, "BOOKED", done.Status)
	require.NotEqual(t, b.ID, done.ID)
	require.True(t, strings.HasPrefix(done.Tickets[0].Code, "CT1:"))
	for _, secret := range []string{first, second, personal, api.Bearer} {
		require.NotContains(t, w.server.Log(), secret)
	}
}
