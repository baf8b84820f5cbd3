package blackbox_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLimits runs a server with small quotas and the stricter options.
func TestLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "RATE_LIMITS=lock=3/1h,confirm=2/1h,lookup=2/1h,sockets=2,reads=100000/1m,signin=100000/1m,guests=100000/1m", "GUEST_CHECKOUT=false",
		"WS_ALLOW_QUERY_TOKEN=1", "HOLD_EXTENSION_SECONDS=600", "MAX_HOLD_SECONDS=1200", "MAX_SEATS=4")
	w.each(t, map[string]func(*testing.T, *world){
		"quotas":               quotas,
		"what is left":         whatIsLeft,
		"sockets":              socketCap,
		"hold limit":           holdLimit,
		"guest checkout off":   noGuests,
		"token in the address": queryToken,
	})
}

func quotas(t *testing.T, w *world) {
	h, p, q := w.take(t, "Studio"), w.account(t), w.account(t)
	seats := h.free(t, 3, "standard")
	for i := range seats {
		h.hold(t, p, seats[i])
	}
	over := func(a []string, x *person, target string, body any) {
		t.Helper()
		res := x.refused(t, "rate_limited", target, body, a...)
		require.NotEmpty(t, res.Header.Get("RateLimit"))
		require.NotEmpty(t, res.Header.Get("RateLimit-Policy"))
		wait, err := strconv.Atoi(res.Header.Get("Retry-After"))
		require.NoError(t, err)
		require.Positive(t, wait)
	}
	h.unchanged(t, p, func() {
		over(nil, p, "POST "+h.path("/seats/lock"), sale{Request: p.request(), Seats: h.free(t, 1, "standard")})
		over(nil, p, "POST "+h.path("/seats/best"), map[string]int{"count": 1})
		over([]string{"X-Forwarded-For", "203.0.113.7", "X-Real-IP", "203.0.113.7"}, p, "POST "+h.path("/seats/lock"), []byte(`{`)) // rate before body
		over(nil, p.bearer(t), "POST "+h.path("/seats/lock"), sale{Request: p.request(), Seats: seats})
	})
	p.want(t, http.StatusOK, "DELETE "+h.path("/seats/lock"), sale{Seats: seats}) // giving back is never charged
	h.hold(t, q, seats[0])                                                        // others are not touched
	v := w.visitor(t)
	for i := range 4 {
		body := map[string]string{"reference": "ZZZZ-9999", "email": "nobody@example.com"}
		if i < 2 {
			v.refused(t, "booking_not_found", "POST /api/bookings/lookup", body)
			continue
		}
		over([]string{"X-Forwarded-For", "203.0.113." + strconv.Itoa(i)}, w.visitor(t), "POST /api/bookings/lookup", body) // by address, which nobody chooses
	}
}

func socketCap(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	one := p.watch(t, h.id, "", nil)
	p.bearer(t).watch(t, h.id, "", nil)
	s, _, err := p.dial(t, h.id, "", nil)
	require.NoError(t, err)
	require.EqualValues(t, 1013, s.closed())
	require.Equal(t, "snapshot", one.next().Type, "the others go on")
	w.account(t).watch(t, h.id, "", nil)
}

func holdLimit(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	seats := h.free(t, 1, "standard")
	r := h.hold(t, p, seats...)
	left := 10
	for n := 0; left > 0; n++ {
		v := holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/extend"), map[string]string{"request_id": r}))
		require.Less(t, v.ExtensionsLeft, left)
		require.LessOrEqual(t, v.ExpiresIn, int64(1_200_000))
		left = v.ExtensionsLeft
		require.Less(t, n, 10)
	}
	// What is left is less than a whole extension: one more may stretch to the limit, none goes beyond it.
	a := p.do(t, "POST "+h.path("/seats/extend"), map[string]string{"request_id": r})
	if a.Status == http.StatusOK {
		require.LessOrEqual(t, holdingOf(t, a).ExpiresIn, int64(1_200_000))
	}
	h.unchanged(t, p, func() {
		p.refused(t, "hold_limit_reached", "POST "+h.path("/seats/extend"), map[string]string{"request_id": r})
	})
	p.refused(t, "invalid_seat_ids", "POST "+h.path("/seats/lock"), sale{Request: p.request(), Seats: h.free(t, 5, "standard")})
}

func noGuests(t *testing.T, w *world) {
	h, g := w.take(t, "Studio"), w.guest(t)
	seats := h.free(t, 1, "standard")
	r := h.hold(t, g, seats...)
	h.unchanged(t, g, func() {
		g.refused(t, "sign_in_required", "POST "+h.path("/bookings/confirm"), g.sale(r, seats))
	})
	g.signIn(t, "signed-"+run+"@example.com")
	b := bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), sale{Request: r, Seats: seats}))
	require.Equal(t, "BOOKED", b.Status)
}

func queryToken(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	h.hold(t, p, h.free(t, 1, "standard")...)
	s := w.visitor(t).watch(t, h.id, "?token="+p.bearer(t).Bearer, nil)
	snap := s.next()
	require.True(t, snap.Locks[0].Mine, "older clients are let in where that is allowed")
	require.NotContains(t, w.server.Log(), "?token=")
}

// TestExpiry lets holds run out. The stream tells when; nothing waits by the clock.
func TestExpiry(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "SEAT_LOCK_TTL_SECONDS=1")
	h, p, q := w.take(t, "Studio"), w.account(t), w.account(t)
	seats := h.free(t, 2, "standard")
	s := w.visitor(t).watch(t, h.id, "", nil)
	require.Equal(t, "snapshot", s.next().Type)
	r := h.hold(t, p, seats...)
	locked := s.next()
	require.Equal(t, "seat.locked", locked.Type)
	require.False(t, locked.Mine)
	require.Nil(t, locked.ExpiresIn, "the time left is its owner's affair")
	over := s.next()
	require.Equal(t, "seat.timeout", over.Type)
	require.ElementsMatch(t, seats, over.SeatIDs, "one event for the hold")
	require.Equal(t, locked.Seq+1, over.Seq)
	h.unchanged(t, p, func() {
		p.refused(t, "hold_expired", "POST "+h.path("/bookings/confirm"), p.sale(r, seats))
		p.refused(t, "hold_expired", "POST "+h.path("/bookings/checkout"), p.sale(r, seats))
		p.refused(t, "hold_expired", "POST "+h.path("/seats/extend"), map[string]string{"request_id": r})
		p.want(t, http.StatusOK, "DELETE "+h.path("/seats/lock"), sale{Seats: seats})
	})
	require.Empty(t, p.bookings(t))
	h.hold(t, q, seats...)
	require.Equal(t, "seat.locked", s.next().Type)
}
