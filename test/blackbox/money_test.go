package blackbox_test

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMoney follows payments that do not go straight, refunds, and who owns what after somebody signed in.
func TestMoney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.each(t, map[string]func(*testing.T, *world){
		"refund":                             refund,
		"part of a booking":                  partRefund,
		"bank":                               bank,
		"slow and unknown":                   slowAndUnknown,
		"ticket types":                       ticketTypes,
		"another account is no merge":        switchAccount,
		"a merge over the cap":               mergeOverCap,
		"pages of bookings":                  bookingPages,
		"the record":                         record,
		"tokens die with their session":      tokenLife,
		"a session nobody began is no one's": fixation,
	})
}

type cancelled struct {
	OK      bool
	DryRun  bool `json:"dry_run"`
	Booking booking
	Refund  *struct {
		State    string
		Amount   int64
		Currency string
	}
	Tickets []string
	Left    []struct{ Reason string }
}

func (p *person) cancel(t *testing.T, id, query string, body any) cancelled {
	t.Helper()
	var v cancelled
	require.NoError(t, p.want(t, http.StatusOK, "POST /api/bookings/"+id+"/cancel"+query, body).JSON(&v))
	require.True(t, v.OK)
	return v
}

func refund(t *testing.T, w *world) {
	h, p, next := w.take(t, "Grand"), w.account(t), w.account(t)
	seats := h.free(t, 2, "standard")
	r, b := h.buy(t, p, seats...)
	h.unchanged(t, p, func() {
		v := p.cancel(t, b.ID, "?dry_run=true", nil)
		require.True(t, v.DryRun)
		require.NotNil(t, v.Refund)
		require.Equal(t, "BOOKED", bookingOf(t, p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil)).Status)
		next.refused(t, "booking_not_found", "POST /api/bookings/"+b.ID+"/cancel?dry_run=true", nil)
	})
	v := p.cancel(t, b.ID, "", nil)
	require.Equal(t, "CANCELLED", v.Booking.Status)
	require.LessOrEqual(t, v.Refund.Amount, b.Amount)
	require.Equal(t, b.Currency, v.Refund.Currency)
	require.Empty(t, h.state(t, next).taken()[seats[0]], "the seats are free again")
	for _, k := range b.Tickets {
		p.refused(t, "ticket_not_found", "GET /api/tickets/"+k.ID+"/qr.svg", nil)
	}
	again := p.cancel(t, b.ID, "", nil) // nothing is refunded twice
	require.Equal(t, "CANCELLED", again.Booking.Status)
	require.Equal(t, v.Refund.Amount, again.Refund.Amount)
	_, sold := h.buy(t, next, seats...)
	h.unchanged(t, p, func() {
		p.do(t, "POST /api/bookings/"+b.ID+"/settle", map[string]string{"payment_token": "tok_approve"})
		p.do(t, "POST "+h.path("/bookings/confirm"), sale{Request: r, Seats: seats})
		p.do(t, "POST /api/bookings/"+b.ID+"/cancel", nil)
	})
	require.Equal(t, "CANCELLED", bookingOf(t, p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil)).Status)
	require.Equal(t, "BOOKED", bookingOf(t, next.want(t, http.StatusOK, "GET /api/bookings/"+sold.ID, nil)).Status)
	require.Len(t, p.bookings(t), 1)
}

func partRefund(t *testing.T, w *world) {
	h, p, other := w.take(t, "Grand"), w.account(t), w.account(t)
	seats := h.free(t, 3, "standard")
	_, b := h.buy(t, p, seats...)
	_, foreign := h.buy(t, other, h.free(t, 1, "standard")...)
	h.unchanged(t, p, func() {
		for _, ids := range [][]string{{foreign.Tickets[0].ID}, {b.Tickets[0].ID, foreign.Tickets[0].ID}, {"tk_nothing"}, {"a|b"}} {
			a := p.do(t, "POST /api/bookings/"+b.ID+"/cancel", map[string]any{"ticket_ids": ids})
			require.Contains(t, []int{http.StatusBadRequest, http.StatusNotFound}, a.Status, "%v: %s", ids, a.Body)
		}
		for _, body := range []string{`{"amount":1}`, `{"refund_id":"x"}`, `{"ticket_ids":"x"}`, `{"ticket_ids":[1]}`} {
			p.refused(t, "invalid_body", "POST /api/bookings/"+b.ID+"/cancel", []byte(body))
		}
	})
	v := p.cancel(t, b.ID, "", map[string]any{"ticket_ids": []string{b.Tickets[0].ID}})
	require.Equal(t, "BOOKED", v.Booking.Status, "two tickets are left")
	require.Equal(t, []string{b.Tickets[0].ID}, v.Tickets)
	taken := h.state(t, other).taken()
	for _, k := range b.Tickets {
		want := "booked"
		if k.ID == b.Tickets[0].ID {
			want = ""
		}
		require.Equal(t, want, taken[k.SeatID])
	}
	p.want(t, http.StatusOK, "GET /api/tickets/"+b.Tickets[1].ID+"/qr.svg", nil)
}

// bank plays the customer's bank, which only he reaches.
func bank(t *testing.T, w *world) {
	h, p, other := w.take(t, "Grand"), w.account(t), w.account(t)
	open := func() (booking, string) {
		t.Helper()
		seats := h.free(t, 1, "standard")
		s := p.sale(h.hold(t, p, seats...), seats)
		s.Token = "tok_action"
		b := bookingOf(t, p.want(t, http.StatusAccepted, "POST "+h.path("/bookings/confirm"), s))
		require.NotNil(t, b.Payment)
		require.NotNil(t, b.Payment.Next)
		return b, "POST /api/payments/mock/" + path.Base(b.Payment.Next.URL) + "/action"
	}
	b, answer := open()
	h.unchanged(t, p, func() {
		a := other.do(t, answer, map[string]bool{"approve": true})
		require.Equal(t, http.StatusNotFound, a.Status, string(a.Body))
		a = w.visitor(t).do(t, answer, map[string]bool{"approve": true})
		require.Equal(t, http.StatusUnauthorized, a.Status)
		a = p.do(t, "POST /api/payments/mock/nothing/action", map[string]bool{"approve": true})
		require.Equal(t, http.StatusNotFound, a.Status)
		p.refused(t, "invalid_body", answer, map[string]any{"approve": true, "amount": 0})
	})
	require.Equal(t, "BOOKED", bookingOf(t, p.want(t, http.StatusOK, answer, map[string]bool{"approve": true})).Status)
	p.do(t, answer, map[string]bool{"approve": false}) // a second answer comes too late
	require.Equal(t, "BOOKED", bookingOf(t, p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil)).Status)
	for _, token := range []string{"tok_decline", "tok_unknown", "tok_action"} {
		require.Equal(t, "BOOKED", bookingOf(t, p.want(t, http.StatusOK, "POST /api/bookings/"+b.ID+"/settle", map[string]string{"payment_token": token})).Status)
	}
	b, answer = open()
	p.do(t, answer, map[string]bool{"approve": false})
	got := bookingOf(t, p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil))
	require.Equal(t, "PENDING", got.Status, "a bank that says no is a declined card: another may be tried")
	require.Equal(t, "BOOKED", bookingOf(t, p.want(t, http.StatusOK, "POST /api/bookings/"+b.ID+"/settle", map[string]string{"payment_token": "tok_approve"})).Status)
}

// slowAndUnknown: no answer is ever a guess.
func slowAndUnknown(t *testing.T, w *world) {
	h, p := w.take(t, "Grand"), w.account(t)
	for _, token := range []string{"tok_slow", "tok_unknown"} {
		seats := h.free(t, 1, "standard")
		s := p.sale(h.hold(t, p, seats...), seats)
		s.Token = token
		a := p.do(t, "POST "+h.path("/bookings/confirm"), s)
		require.Contains(t, []int{http.StatusOK, http.StatusAccepted, http.StatusServiceUnavailable}, a.Status, "%s: %s", token, a.Body)
		require.Contains(t, []string{"booked", "mine"}, h.state(t, p).taken()[seats[0]], "%s gave the seat away", token)
		if a.Status == http.StatusServiceUnavailable {
			require.NotEmpty(t, a.Header.Get("Retry-After"))
		}
	}
	for _, b := range p.bookings(t) {
		require.Contains(t, []string{"PENDING", "BOOKED"}, b.Status)
	}
}

func ticketTypes(t *testing.T, w *world) {
	h, p := w.take(t, "Grand"), w.account(t)
	seats := h.free(t, 2, "standard")
	r := h.hold(t, p, seats...)
	body := fmt.Sprintf(`{"request_id":%q,"seat_ids":[%q,%q],"tickets":[{"seat_id":%q,"ticket_type":"child"}]}`, r, seats[0], seats[1], seats[1])
	b := bookingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), []byte(body)))
	price := map[string]int64{}
	for _, k := range b.Tickets {
		price[k.Type] = k.Price.Amount
	}
	require.Len(t, price, 2)
	require.Equal(t, b.Amount, price["adult"]+price["child"])
	require.Less(t, price["child"], price["adult"])
	h.unchanged(t, p, func() { // the types are part of what was asked
		p.refused(t, "idempotency_mismatch", "POST "+h.path("/bookings/confirm"), []byte(strings.Replace(body, "child", "senior", 1)))
		again := bookingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), []byte(body)))
		require.Equal(t, b.ID, again.ID)
	})
}

// switchAccount: only a guest is merged; who signs in as somebody else takes nothing along.
func switchAccount(t *testing.T, w *world) {
	h, a, b := w.take(t, "Grand"), w.account(t), w.account(t)
	_, bought := h.buy(t, a, h.free(t, 1, "standard")...)
	held := h.free(t, 1, "standard")
	h.hold(t, a, held...)
	browser := w.visitor(t)
	browser.signIn(t, fmt.Sprintf("switch-%s@example.com", run))
	_, own := h.buy(t, browser, h.free(t, 1, "standard")...)
	first := browser.id
	same(browser, b)
	browser.signIn(t, b.email)
	require.Equal(t, b.id, browser.id)
	require.NotEqual(t, first, browser.id)
	require.Empty(t, browser.bookings(t))
	browser.refused(t, "booking_not_found", "GET /api/bookings/"+own.ID, nil)
	browser.refused(t, "booking_not_found", "GET /api/bookings/"+bought.ID, nil)
	require.Equal(t, "held", h.state(t, browser).taken()[held[0]])
}

// mergeOverCap: the account's own seats stay, what is more than one person may hold is given back.
func mergeOverCap(t *testing.T, w *world) {
	h, account, g := w.take(t, "Grand"), w.account(t), w.guest(t)
	same(account, g)
	mine, theirs := h.free(t, 5, "standard"), h.free(t, 5, "standard")
	h.hold(t, account, mine...)
	h.hold(t, g, theirs...)
	g.signIn(t, account.email)
	a := g.do(t, "POST "+h.path("/seats/lock"), sale{Request: g.request(), Seats: h.free(t, 1, "standard")})
	require.Equal(t, http.StatusConflict, a.Status, string(a.Body))
	count := 0
	taken := h.state(t, g).taken()
	for _, s := range mine {
		require.Equal(t, "mine", taken[s])
	}
	for _, s := range append(mine, theirs...) {
		if taken[s] == "mine" {
			count++
		}
	}
	require.Equal(t, 8, count)
}

func bookingPages(t *testing.T, w *world) {
	h, p, other := w.take(t, "Grand"), w.account(t), w.account(t)
	var want []string
	for range 5 {
		_, b := h.buy(t, p, h.free(t, 1, "standard")...)
		want = append([]string{b.ID}, want...)
	}
	h.buy(t, other, h.free(t, 1, "standard")...)
	page := func(x *person, cursor string) (ids []string, next string) {
		t.Helper()
		var v struct {
			Items []booking
			Next  string `json:"next_cursor"`
		}
		require.NoError(t, x.want(t, http.StatusOK, "GET /api/bookings?limit=2&cursor="+cursor, nil).JSON(&v))
		for _, b := range v.Items {
			ids = append(ids, b.ID)
		}
		return ids, v.Next
	}
	var got []string
	ids, cursor := page(p, "")
	first := cursor
	for got = append(got, ids...); cursor != ""; got = append(got, ids...) {
		ids, cursor = page(p, cursor)
	}
	require.Equal(t, want, got, "newest first, each once")
	ids, _ = page(other, first) // another's cursor opens nothing
	for _, id := range ids {
		require.NotContains(t, want, id)
	}
}

// record: the administrator sees who did what; the durable events are there as soon as the sale is.
func record(t *testing.T, w *world) {
	h, p, admin := w.take(t, "Grand"), w.account(t), w.admin(t)
	_, b := h.buy(t, p, h.free(t, 2, "standard")...)
	var v struct {
		OK    bool
		Total int
		Items []struct {
			ID, Type  string
			BookingID string   `json:"booking_id"`
			UserID    string   `json:"user_id"`
			SeatIDs   []string `json:"seat_ids"`
		}
	}
	require.Eventually(t, func() bool {
		v.Total = 0
		return admin.do(t, "GET /api/admin/audit?type=booking.success&booking_id="+b.ID, nil).JSON(&v) == nil && v.Total > 0
	}, patience, patience/200)
	require.Equal(t, 1, v.Total, "one effect per event")
	require.Equal(t, b.ID, v.Items[0].BookingID)
	require.Equal(t, p.id, v.Items[0].UserID)
	require.ElementsMatch(t, b.SeatIDs, v.Items[0].SeatIDs)
	p.refused(t, "forbidden", "GET /api/admin/audit?booking_id="+b.ID, nil)
}

func tokenLife(t *testing.T, w *world) {
	p := w.account(t)
	client := p.bearer(t)
	client.want(t, http.StatusOK, "GET /api/me", nil)
	client.want(t, http.StatusOK, "POST /api/auth/logout", nil)
	client.refused(t, "unauthorized", "GET /api/me", nil)
	p.refused(t, "unauthorized", "GET /api/me", nil)
	p.refused(t, "unauthorized", "POST /api/auth/token", nil)
}

func fixation(t *testing.T, w *world) {
	planted := "session=" + strings.Repeat("F", 43)
	v := w.visitor(t)
	a := v.want(t, http.StatusOK, "POST /api/auth/guest", nil, "Cookie", planted)
	require.NotContains(t, a.Header.Get("Set-Cookie"), planted)
	w.visitor(t).refused(t, "unauthorized", "GET /api/me", nil, "Cookie", planted)
}
