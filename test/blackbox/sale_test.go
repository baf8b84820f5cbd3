package blackbox_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestSale is the life of a booking, and what a repeat of its confirm answers whatever happened in between.
func TestSale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.each(t, map[string]func(*testing.T, *world){
		"health":                            health,
		"whole sale by cookie":              func(t *testing.T, w *world) { wholeSale(t, w, w.account(t)) },
		"whole sale by bearer":              func(t *testing.T, w *world) { wholeSale(t, w, w.account(t).bearer(t)) },
		"whole sale by guest":               func(t *testing.T, w *world) { wholeSale(t, w, w.guest(t)) },
		"a repeat answers the same booking": repeats,
		"a guest becomes an account":        becomes,
		"a guest is merged into an account": merges,
		"a late settle changes nothing":     lateSettle,
		"two open bookings at most":         openBookings,
		"cards":                             cards,
		"lookup":                            lookup,
	})
	w.alone(t, "all at once", atOnce)
	w.alone(t, "kill", afterKill) // last: the address changes
}

func health(t *testing.T, w *world) {
	var v struct {
		OK, MongoOK, RedisOK *bool
		Env, Port, Version   string
		Engine               struct{ Holds, Store string }
		Mongo                *bool `json:"mongo_ok"`
		Redis                *bool `json:"redis_ok"`
	}
	p := w.visitor(t)
	require.NoError(t, p.want(t, http.StatusOK, "GET /health", nil).JSON(&v))
	require.True(t, v.OK != nil && *v.OK && v.Mongo != nil && *v.Mongo && v.Redis != nil && *v.Redis)
	require.Equal(t, "development", v.Env)
	require.True(t, strings.HasSuffix(w.server.URL(), ":"+v.Port), "health tells port %q", v.Port)
	require.Contains(t, []string{"memory", "redis"}, v.Engine.Holds)
	require.Contains(t, []string{"sqlite", "mongo"}, v.Engine.Store)
	require.NotEmpty(t, v.Version)
	p.want(t, http.StatusOK, "GET /livez", nil)
	p.want(t, http.StatusOK, "GET /readyz", nil)
}

func wholeSale(t *testing.T, w *world, p *person) {
	h := w.take(t, "Grand")
	other := w.account(t)
	seats := h.free(t, 2, "standard")
	before := h.state(t, p)

	request := p.request()
	lock := sale{Request: request, Seats: seats}
	v := holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), lock))
	require.ElementsMatch(t, seats, v.Locked)
	require.Equal(t, request, v.RequestID)
	require.Equal(t, 300, v.TTL)
	require.True(t, v.ExpiresIn > 0 && v.ExpiresIn <= 300_000, "expires in %d ms", v.ExpiresIn)
	at, err := time.Parse("2006-01-02T15:04:05.000Z", v.ExpiresAt)
	require.NoError(t, err, "an instant is RFC 3339 UTC with milliseconds")
	require.False(t, at.IsZero())
	require.Equal(t, before.Seq+1, v.Seq)
	require.Equal(t, before.Epoch, v.Epoch)
	require.Positive(t, v.Quote.Total.Amount)
	require.Len(t, v.Quote.Lines, len(seats))

	again := holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), lock))
	require.Equal(t, v.Seq, again.Seq, "a repeated lock is no event")
	require.Equal(t, v.ExpiresAt, again.ExpiresAt, "a retry never lengthens a hold")
	for _, s := range seats {
		require.Equal(t, "mine", h.state(t, p).taken()[s])
		require.Equal(t, "held", h.state(t, other).taken()[s])
	}
	more := holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/extend"), map[string]string{"request_id": request, "epoch": v.Epoch}))
	require.Equal(t, v.ExtensionsLeft-1, more.ExtensionsLeft)
	require.Greater(t, more.ExpiresAt, v.ExpiresAt)

	b := bookingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), p.sale(request, seats)))
	require.Equal(t, "BOOKED", b.Status)
	require.Equal(t, h.id, b.ShowtimeID)
	require.ElementsMatch(t, seats, b.SeatIDs)
	require.Equal(t, v.Quote.Total.Amount, b.Amount, "the quote of the hold is honoured")
	require.Equal(t, v.Quote.Total.Currency, b.Currency)
	require.NotEmpty(t, b.PaymentRef)
	require.Len(t, b.Tickets, len(seats))
	sum := int64(0)
	for _, k := range b.Tickets {
		require.Contains(t, seats, k.SeatID)
		require.NotEmpty(t, k.Code)
		sum += k.Price.Amount
	}
	require.Equal(t, b.Amount, sum)
	tickets(t, p, other, b)

	for _, s := range seats {
		require.Equal(t, "booked", h.state(t, other).taken()[s])
	}
	give := h.free(t, 1, "standard")
	h.hold(t, p, give...)
	var out struct{ Released []string }
	require.NoError(t, p.want(t, http.StatusOK, "DELETE "+h.path("/seats/lock"), sale{Seats: give}).JSON(&out))
	require.Equal(t, give, out.Released)
	require.NoError(t, p.want(t, http.StatusOK, "DELETE "+h.path("/seats/lock"), sale{Seats: give}).JSON(&out))
	require.Empty(t, out.Released)

	r := p.request()
	best := map[string]any{"count": 3, "request_id": r}
	one := holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/best"), best))
	require.Len(t, one.Locked, 3)
	require.Equal(t, one.Locked, holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/best"), best)).Locked, "the same request gets the same seats")
	mine := p.bookings(t)
	require.Len(t, mine, 1)
	require.Equal(t, b.ID, mine[0].ID)
}

// tickets are for their owner's eyes.
func tickets(t *testing.T, p, other *person, b booking) {
	t.Helper()
	paths := map[string]string{
		"/api/bookings/" + b.ID:                       "booking_not_found",
		"/api/bookings/" + b.ID + "/tickets.pdf":      "booking_not_found",
		"/api/bookings/" + b.ID + "/calendar.ics":     "booking_not_found",
		"/api/tickets/" + b.Tickets[0].ID:             "ticket_not_found",
		"/api/tickets/" + b.Tickets[0].ID + "/qr.svg": "ticket_not_found",
	}
	for path, code := range paths {
		a := p.want(t, http.StatusOK, "GET "+path, nil)
		require.Equal(t, "no-store", a.Header.Get("Cache-Control"), path)
		switch {
		case strings.HasSuffix(path, ".svg"):
			require.Contains(t, string(a.Body), "<svg")
			require.Contains(t, a.Header.Get("Content-Type"), "image/svg+xml")
		case strings.HasSuffix(path, ".pdf"):
			require.Contains(t, string(a.Body[:8]), "%PDF-")
		}
		other.refused(t, code, "GET "+path, nil)
		p.w.visitor(t).refused(t, "unauthorized", "GET "+path, nil)
	}
	other.refused(t, "booking_not_found", "POST /api/bookings/"+b.ID+"/settle", map[string]string{})
	other.refused(t, "booking_not_found", "POST /api/bookings/"+b.ID+"/cancel", nil)
	require.Equal(t, "BOOKED", bookingOf(t, p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil)).Status)
}

// sameAgain confirms a request again: the same booking must come back and nothing may move.
func sameAgain(t *testing.T, h *hall, p *person, s sale, b booking) {
	t.Helper()
	h.unchanged(t, p, func() { again(t, h, p, s, b) })
}

// again confirms a request again, whatever else goes on in the hall.
func again(t *testing.T, h *hall, p *person, s sale, b booking) {
	t.Helper()
	got := bookingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s))
	require.Equal(t, b.ID, got.ID)
	require.Equal(t, b.Reference, got.Reference)
	require.Equal(t, b.Tickets, got.Tickets)
	require.Equal(t, b.Amount, got.Amount)
	require.Equal(t, b.PaymentRef, got.PaymentRef)
}

func repeats(t *testing.T, w *world) {
	h, p := w.take(t, "Grand"), w.account(t)
	seats := h.free(t, 2, "standard")
	r, b := h.buy(t, p, seats...)
	sameAgain(t, h, p, p.sale(r, seats), b)
	sameAgain(t, h, p, sale{Request: r, Seats: []string{seats[1], strings.ToLower(seats[0])}}, b) // a set, in any order and case
	sameAgain(t, h, p.bearer(t), p.sale(r, seats), b)
	p.refused(t, "idempotency_mismatch", "POST "+h.path("/bookings/confirm"), p.sale(r, seats[:1]))
	h.unchanged(t, p, func() { // another person's request of the same name is another booking, which has no hold
		w.account(t).refused(t, "already_booked", "POST "+h.path("/bookings/confirm"), sale{Request: r + "x", Seats: seats})
	})
	// The same request id of somebody else names his own booking and reveals nothing of this one.
	thief := w.account(t)
	a := thief.do(t, "POST "+h.path("/bookings/confirm"), sale{Request: "named-by-two-" + run, Seats: seats})
	require.Equal(t, http.StatusConflict, a.Status, string(a.Body))
}

// becomes: the first sign-in of a new address keeps the guest's id, holds and bookings.
func becomes(t *testing.T, w *world) {
	h, g := w.take(t, "Grand"), w.guest(t)
	sold, held := h.free(t, 1, "standard"), h.free(t, 2, "standard")
	s := g.sale(h.hold(t, g, sold...), sold)
	b := bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s))
	open := h.hold(t, g, held...)
	id := g.id
	g.signIn(t, "becomes-"+run+"@example.com")
	require.Equal(t, id, g.id, "a first sign-in keeps the user")
	sameAgain(t, h, g, s, b)
	require.Equal(t, "mine", h.state(t, g).taken()[held[0]])
	require.Equal(t, "BOOKED", bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), sale{Request: open, Seats: held})).Status)
	require.Len(t, g.bookings(t), 2)
}

// merges: signing in to an account that exists brings the guest's holds and bookings along.
func merges(t *testing.T, w *world) {
	h, account := w.take(t, "Grand"), w.account(t)
	g := w.guest(t)
	same(account, g)
	sold, held, pending := h.free(t, 1, "standard"), h.free(t, 2, "standard"), h.free(t, 1, "standard")
	s := g.sale(h.hold(t, g, sold...), sold)
	b := bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s))
	p := g.sale(h.hold(t, g, pending...), pending)
	waiting := bookingOf(t, g.want(t, http.StatusCreated, "POST "+h.path("/bookings/checkout"), p))
	open := h.hold(t, g, held...)
	g.signIn(t, account.email)
	require.Equal(t, account.id, g.id)
	sameAgain(t, h, g, s, b)
	sameAgain(t, h, account, s, b)
	require.Equal(t, "mine", h.state(t, g).taken()[held[0]])
	got := bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), sale{Request: open, Seats: held}))
	require.Equal(t, "BOOKED", got.Status)
	paid := bookingOf(t, account.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), p))
	require.Equal(t, waiting.ID, paid.ID, "an open booking of the guest is resumed, not made again")
	require.Len(t, account.bookings(t), 3)
	account.want(t, http.StatusOK, "GET /api/tickets/"+b.Tickets[0].ID+"/qr.svg", nil)
}

// lateSettle: a booking that was given up stays so, and its seats are another's to buy.
func lateSettle(t *testing.T, w *world) {
	h, p, next := w.take(t, "Grand"), w.account(t), w.account(t)
	seats := h.free(t, 2, "standard")
	r := h.hold(t, p, seats...)
	b := bookingOf(t, p.want(t, http.StatusCreated, "POST "+h.path("/bookings/checkout"), p.sale(r, seats)))
	require.Equal(t, "PENDING", b.Status)
	require.NotEmpty(t, b.PayDeadline)
	h.unchanged(t, p, func() {
		p.refused(t, "booking_open", "POST "+h.path("/seats/lock"), sale{Request: p.request(), Seats: seats})
		a := p.do(t, "DELETE "+h.path("/seats/lock"), sale{Seats: seats})
		isProblem(t, a, "booking_open", "release of an open booking's seats")
		next.refused(t, "seats_unavailable", "POST "+h.path("/seats/lock"), sale{Request: next.request(), Seats: seats})
	})
	ended := bookingOf(t, p.want(t, http.StatusOK, "POST /api/bookings/"+b.ID+"/cancel", nil))
	require.Equal(t, "FAILED", ended.Status)
	h.unchanged(t, p, func() {
		for _, token := range []string{"tok_approve", "tok_unknown", ""} {
			a := p.do(t, "POST /api/bookings/"+b.ID+"/settle", map[string]string{"payment_token": token})
			require.Contains(t, []int{http.StatusOK, http.StatusConflict, http.StatusGone}, a.Status, string(a.Body))
			require.Equal(t, "FAILED", bookingOf(t, p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil)).Status)
		}
	})
	_, sold := h.buy(t, next, seats...)
	p.do(t, "POST /api/bookings/"+b.ID+"/settle", map[string]string{"payment_token": "tok_approve"})
	require.Equal(t, "FAILED", bookingOf(t, p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil)).Status)
	require.Equal(t, "BOOKED", bookingOf(t, next.want(t, http.StatusOK, "GET /api/bookings/"+sold.ID, nil)).Status)
	a := p.do(t, "POST "+h.path("/bookings/confirm"), p.sale(r, seats)) // ended stays ended
	require.GreaterOrEqual(t, a.Status, http.StatusBadRequest, string(a.Body))
	require.Len(t, p.bookings(t), 1)
}

func openBookings(t *testing.T, w *world) {
	h, p := w.take(t, "Grand"), w.account(t)
	for range 2 {
		seats := h.free(t, 1, "standard")
		p.want(t, http.StatusCreated, "POST "+h.path("/bookings/checkout"), p.sale(h.hold(t, p, seats...), seats))
	}
	seats := h.free(t, 1, "standard")
	r := h.hold(t, p, seats...)
	a := p.do(t, "POST "+h.path("/bookings/checkout"), p.sale(r, seats))
	require.Equal(t, http.StatusConflict, a.Status, string(a.Body))
	require.Len(t, p.bookings(t), 2)
	require.Equal(t, "mine", h.state(t, p).taken()[seats[0]], "the hold stays")
	b := p.bookings(t)[0]
	p.want(t, http.StatusOK, "POST /api/bookings/"+b.ID+"/cancel", nil)
	p.want(t, http.StatusCreated, "POST "+h.path("/bookings/checkout"), p.sale(r, seats))
}

// cards: every outcome of a payment, and the way on from each.
func cards(t *testing.T, w *world) {
	h, p := w.take(t, "Grand"), w.account(t)
	seats := h.free(t, 1, "standard")
	s := p.sale(h.hold(t, p, seats...), seats)
	s.Token = "tok_decline"
	p.refused(t, "payment_declined", "POST "+h.path("/bookings/confirm"), s)
	require.Equal(t, "mine", h.state(t, p).taken()[seats[0]], "a declined card keeps the seats")
	s.Token = "tok_approve"
	b := bookingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s))
	require.Equal(t, "BOOKED", b.Status)
	require.Len(t, p.bookings(t), 1, "another card is the same booking")

	seats = h.free(t, 1, "standard")
	s = p.sale(h.hold(t, p, seats...), seats)
	s.Token = "tok_action"
	b = bookingOf(t, p.want(t, http.StatusAccepted, "POST "+h.path("/bookings/confirm"), s))
	require.Equal(t, "PENDING", b.Status)
	require.NotNil(t, b.Payment)
	require.NotNil(t, b.Payment.Next)
	require.True(t, strings.HasPrefix(b.Payment.Next.URL, "/"), "the bank's page is %s", b.Payment.Next.URL)
	again := bookingOf(t, p.want(t, http.StatusAccepted, "POST "+h.path("/bookings/confirm"), s))
	require.Equal(t, b.ID, again.ID)
	for _, token := range []string{"tok_nonsense", "4242424242424242"} {
		s := p.sale(h.hold(t, p, h.free(t, 1, "standard")...), seats)
		s.Token = token
		a := p.do(t, "POST "+h.path("/bookings/confirm"), s)
		require.Equal(t, http.StatusBadRequest, a.Status, "token %s: %s", token, a.Body)
	}
}

func lookup(t *testing.T, w *world) {
	h, g := w.take(t, "Grand"), w.guest(t)
	seats := h.free(t, 1, "standard")
	s := g.sale(h.hold(t, g, seats...), seats)
	b := bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s))
	email := s.Customer["email"]
	stranger := w.visitor(t)
	for _, c := range []map[string]string{
		{"reference": b.Reference, "email": "else@example.com"},
		{"reference": "ZZZZ-9999", "email": email},
		{"reference": b.Reference + "' OR '1'='1", "email": email},
		{"reference": "%", "email": "%"},
		{"reference": "", "email": ""},
	} {
		stranger.refused(t, "booking_not_found", "POST /api/bookings/lookup", c)
	}
	device := w.visitor(t)
	same(device, g)
	got := bookingOf(t, device.want(t, http.StatusOK, "POST /api/bookings/lookup", map[string]string{"reference": b.Reference, "email": email}))
	require.Equal(t, b.ID, got.ID)
	device.want(t, http.StatusOK, "GET /api/tickets/"+b.Tickets[0].ID+"/qr.svg", nil)
}

// afterKill: a power cut loses no acknowledged booking, and a repeat after it answers as before.
func afterKill(t *testing.T, w *world) {
	h, p, g := w.take(t, "Grand"), w.account(t), w.guest(t)
	mine, theirs, open := h.free(t, 2, "standard"), h.free(t, 1, "standard"), h.free(t, 2, "standard")
	r, b := h.buy(t, p, mine...)
	gs := g.sale(h.hold(t, g, theirs...), theirs)
	gb := bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), gs))
	ps := p.sale(h.hold(t, p, open...), open)
	pending := bookingOf(t, p.want(t, http.StatusCreated, "POST "+h.path("/bookings/checkout"), ps))
	w.server.Kill()
	w.server.Up() // from here on the server renews the holds of open bookings by itself: the hall moves
	again(t, h, p, p.sale(r, mine), b)
	again(t, h, g, gs, gb)
	require.Equal(t, "mine", h.state(t, p).taken()[open[0]], "an open booking's seats are shown as held after a restart")
	paid := bookingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), ps))
	require.Equal(t, pending.ID, paid.ID)
	require.Equal(t, "BOOKED", paid.Status)
	same(g, p)
	g.signIn(t, p.email)
	again(t, h, p, gs, gb)
}

// atOnce sends the same things at the same time: one winner, one booking, one answer per key.
func atOnce(t *testing.T, w *world) {
	h := w.take(t, "Grand")
	seats := h.free(t, 2, "standard")
	people := make([]*person, 24)
	locks := make([]sale, len(people))
	for i := range people {
		people[i] = w.guest(t)
		locks[i] = sale{Request: people[i].request(), Seats: seats}
	}
	winners := atTheSameTime(len(people), func(i int) string { return people[i].outcome(h.path("/seats/lock"), locks[i]) })
	require.Equal(t, map[string]int{"200": 1, "409 seats_unavailable": len(people) - 1}, winners)

	p := w.account(t)
	seats = h.free(t, 2, "standard")
	s := p.sale(h.hold(t, p, seats...), seats)
	twins := atTheSameTime(12, func(int) string { return p.outcome(h.path("/bookings/confirm"), s) })
	require.Equal(t, map[string]int{"200": 12}, twins)
	require.Len(t, p.bookings(t), 1)

	key, body, before := "key-"+p.request(), map[string]int{"count": 2}, h.state(t, p).Seq
	keyed := atTheSameTime(8, func(int) string { return p.outcome(h.path("/seats/best"), body, "Idempotency-Key", key) })
	require.Equal(t, 8, keyed["200"]+keyed["409 request_in_progress"], "%v", keyed)
	require.Equal(t, before+1, h.state(t, p).Seq, "one key, one hold")
}

// outcome posts and tells status and code. It may be called from any goroutine.
func (p *person) outcome(path string, body any, header ...string) string {
	a, err := p.Do(context.Background(), http.MethodPost, path, body, header...)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", a.Status, a.Code()))
}

// atTheSameTime makes n calls at once and counts their outcomes.
func atTheSameTime(n int, call func(i int) string) map[string]int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	out := map[string]int{}
	for i := range n {
		wg.Go(func() {
			what := call(i)
			mu.Lock()
			defer mu.Unlock()
			out[what]++
		})
	}
	wg.Wait()
	return out
}
