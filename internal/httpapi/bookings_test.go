package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/httpapi"
)

const (
	confirmPath  = "/api/showtimes/" + onSale + "/bookings/confirm"
	checkoutPath = "/api/showtimes/" + onSale + "/bookings/checkout"
)

var ann = fields{"email": "ann@example.com", "name": "Ann"}

func sale(request string, seats ...string) fields {
	return fields{"request_id": request, "seat_ids": seats, "customer": ann}
}

// buy holds and confirms seats.
func (c *client) buy(request string, seats ...string) fields {
	c.b.t.Helper()
	c.hold(request, seats...)
	r := c.post(confirmPath, sale(request, seats...))
	require.Equal(c.b.t, http.StatusOK, r.status, r.text)
	return booked(r)
}

func booked(r response) fields {
	b, _ := r.body["booking"].(fields)
	return b
}

func (f response) tickets(t *testing.T) []fields {
	t.Helper()
	var out []fields
	items, ok := booked(f)["tickets"].([]any)
	require.True(t, ok, f.text)
	for _, i := range items {
		out = append(out, i.(fields))
	}
	return out
}

func TestConfirm(t *testing.T) {
	t.Parallel()

	t.Run("sells once and answers the same again", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		g.hold("request-1", "A1", "A2")
		body := sale("request-1", "A2", "A1")
		body["tickets"] = []fields{{"seat_id": "A2", "ticket_type": "child"}}
		r := g.post(confirmPath, body)
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, true, r.body["ok"])
		one := booked(r)
		require.Equal(t, "BOOKED", one["status"])
		require.EqualValues(t, 2000, one["amount"])
		require.Equal(t, "GBP", one["currency"])
		require.Equal(t, []string{"A1", "A2"}, list(one["seat_ids"]))
		require.NotEmpty(t, one["payment_ref"])
		require.Len(t, one["reference"].(string), 9)
		tickets := r.tickets(t)
		require.Len(t, tickets, 2)
		require.True(t, strings.HasPrefix(tickets[0]["code"].(string), "CT1:"))
		require.Equal(t, "Low Orbit", one["showtime"].(fields)["movie_title"])

		again := g.post(confirmPath, body)
		require.Equal(t, one["id"], booked(again)["id"])
		require.Equal(t, []string{"A1", "A2"}, list(g.get(statePath).body["booked"]))

		other := b.guest().post(lockPath, fields{"seat_ids": []string{"A1"}, "request_id": "request-2"})
		require.Equal(t, "seats_unavailable", other.code(t))
		require.Equal(t, fields{"A1": "booked"}, other.body["reasons"])
	})
	t.Run("the same booking after sign-in", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.person("ann@example.com")
		g := b.guest()
		one := g.buy("request-1", "A1")
		g.signIn("ann@example.com")
		again := g.post(confirmPath, sale("request-1", "A1"))
		require.Equal(t, http.StatusOK, again.status, again.text)
		require.Equal(t, one["id"], booked(again)["id"])
	})
	t.Run("an account needs no customer", func(t *testing.T) {
		t.Parallel()
		p := setup(t).person("ann@example.com")
		p.hold("request-1", "A1")
		r := p.post(confirmPath, fields{"request_id": "request-1", "seat_ids": []string{"A1"}})
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, fields{"email": "ann@example.com", "name": "Robin"}, booked(r)["customer"])
	})
	t.Run("by bearer", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		api := b.person("ann@example.com").token()
		one := api.buy("request-1", "A1")
		require.Equal(t, http.StatusOK, api.get("/api/bookings/"+one["id"].(string)).status)
	})
	t.Run("guests may have to sign in", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(d *httpapi.Deps) { d.Settings.GuestCheckout = false })
		g := b.guest()
		g.hold("request-1", "A1")
		r := g.post(confirmPath, sale("request-1", "A1"))
		require.Equal(t, http.StatusUnauthorized, r.status)
		require.Equal(t, "sign_in_required", r.code(t))
		require.Len(t, g.get(statePath).body["locks"], 1, "the hold stays")
	})
}

func TestConfirm_refusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guest()
	first := g.hold("request-1", "A1", "A2")
	b.guest().hold("request-2", "A5")
	for name, c := range map[string]struct {
		body   any
		status int
		code   string
	}{
		"amount in the body":    {`{"request_id":"request-1","seat_ids":["A1"],"amount":1}`, 400, "invalid_body"},
		"status in the body":    {`{"request_id":"request-1","seat_ids":["A1"],"status":"BOOKED"}`, 400, "invalid_body"},
		"no request":            {`{"seat_ids":["A1"]}`, 400, "invalid_request_id"},
		"no seats":              {`{"request_id":"request-1"}`, 400, "invalid_seat_ids"},
		"another hall's seat":   {sale("request-1", "Z9"), 400, "invalid_seat_ids"},
		"no hold":               {sale("request-1", "A3"), 409, "hold_expired"},
		"somebody else's hold":  {sale("request-2", "A5"), 409, "not_owner"},
		"another tab's request": {sale("request-3", "A1", "A2"), 409, "not_owner"},
		"a guest without a name": {
			fields{"request_id": "request-1", "seat_ids": []string{"A1", "A2"}}, 400, "invalid_body",
		},
		"an address that is none": {
			fields{"request_id": "request-1", "seat_ids": []string{"A1", "A2"}, "customer": fields{"email": "x", "name": "Ann"}}, 400, "invalid_body",
		},
		"an unknown ticket type": {
			fields{"request_id": "request-1", "seat_ids": []string{"A1", "A2"}, "customer": ann, "tickets": []fields{{"seat_id": "A1", "ticket_type": "free"}}},
			400, "invalid_ticket_type",
		},
		"an unknown token": {
			fields{"request_id": "request-1", "seat_ids": []string{"A1", "A2"}, "customer": ann, "payment_token": "4242424242424242"}, 400, "invalid_body",
		},
	} {
		r := g.post(confirmPath, c.body)
		require.Equal(t, c.status, r.status, "%s: %s", name, r.text)
		require.Equal(t, c.code, r.code(t), name)
	}
	require.Len(t, g.get(statePath).body["locks"], 3)
	require.Empty(t, g.get("/api/bookings").body["items"])

	b.engine.Lose()
	body := sale("request-1", "A1", "A2")
	body["epoch"] = first.str("epoch")
	require.Equal(t, "hold_lost", g.post(confirmPath, body).code(t))
	require.Equal(t, http.StatusUnauthorized, b.visitor().post(confirmPath, sale("request-1", "A1")).status)
}

func TestPaymentGoesWrong(t *testing.T) {
	t.Parallel()

	t.Run("declined, then another card", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		g.hold("request-1", "A1")
		body := sale("request-1", "A1")
		body["payment_token"] = "tok_decline"
		r := g.post(confirmPath, body)
		require.Equal(t, http.StatusPaymentRequired, r.status, r.text)
		require.Equal(t, "payment_declined", r.code(t))
		id := r.str("booking_id")
		require.NotEmpty(t, id)
		require.Equal(t, "booking_open", g.delete(lockPath, fields{"seat_ids": []string{"A1"}}).code(t))
		r = g.post("/api/bookings/"+id+"/settle", fields{"payment_token": "tok_approve"})
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, "BOOKED", booked(r)["status"])
	})
	t.Run("the bank asks", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		g.hold("request-1", "A1")
		body := sale("request-1", "A1")
		body["payment_token"] = "tok_action"
		r := g.post(confirmPath, body)
		require.Equal(t, http.StatusAccepted, r.status, r.text)
		one := booked(r)
		require.Equal(t, "PENDING", one["status"])
		require.NotEmpty(t, one["pay_deadline"])
		next := one["payment"].(fields)["next_action"].(fields)
		require.Equal(t, "redirect", next["type"])
		ref := strings.TrimPrefix(next["url"].(string), "/bank/")
		action := "/api/payments/mock/" + ref + "/action"
		require.Equal(t, "booking_not_found", b.guest().post(action, fields{"approve": true}).code(t), "another's payment")
		r = g.post(action, fields{"approve": true})
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, "BOOKED", booked(r)["status"])
	})
	t.Run("given up", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		g.hold("request-1", "A1")
		r := g.post(checkoutPath, sale("request-1", "A1"))
		require.Equal(t, http.StatusCreated, r.status, r.text)
		id := booked(r)["id"].(string)
		require.Equal(t, id, booked(g.post(checkoutPath, sale("request-1", "A1")))["id"])
		require.Equal(t, "ticket_not_found", g.get("/api/bookings/"+id+"/tickets.pdf").code(t), "no ticket before it is paid")
		require.Empty(t, g.get("/api/bookings/"+id).tickets(t))
		r = g.post("/api/bookings/"+id+"/cancel", nil)
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, "FAILED", booked(r)["status"])
		require.Equal(t, "cancelled", booked(r)["reason"])
		require.Empty(t, g.get(statePath).body["locks"])
		b.guest().hold("request-2", "A1")
	})
	t.Run("late settle after a cancellation changes nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		id := g.buy("request-1", "A1")["id"].(string)
		r := g.post("/api/bookings/"+id+"/cancel?dry_run=true", nil)
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, "BOOKED", booked(g.get("/api/bookings/" + id))["status"], "a dry run only tells")
		require.EqualValues(t, 1250, r.body["refund"].(fields)["amount"])
		r = g.post("/api/bookings/"+id+"/cancel", nil)
		require.Equal(t, "CANCELLED", booked(r)["status"], r.text)
		r = g.post("/api/bookings/"+id+"/settle", nil)
		require.Equal(t, "CANCELLED", booked(r)["status"], r.text)
		require.Empty(t, g.get(statePath).body["booked"])
	})
}

func TestBookings_are_their_owners(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g, other := b.guest(), b.guest()
	one := g.buy("request-1", "A1")
	id := one["id"].(string)
	ticket := g.get("/api/bookings/" + id).tickets(t)[0]["id"].(string)

	for _, path := range []string{"/api/bookings/" + id, "/api/bookings/" + id + "/tickets.pdf", "/api/bookings/" + id + "/calendar.ics"} {
		r := other.get(path)
		require.Equal(t, http.StatusNotFound, r.status, path)
		require.Equal(t, "booking_not_found", r.code(t))
		require.Equal(t, http.StatusUnauthorized, b.visitor().get(path).status)
	}
	for _, path := range []string{"/api/tickets/" + ticket, "/api/tickets/" + ticket + "/qr.svg"} {
		r := other.get(path)
		require.Equal(t, http.StatusNotFound, r.status, path)
		require.Equal(t, "ticket_not_found", r.code(t))
	}
	for _, act := range []string{"settle", "cancel"} {
		r := other.post("/api/bookings/"+id+"/"+act, nil)
		require.Equal(t, "booking_not_found", r.code(t), act)
	}
	require.Equal(t, "booking_not_found", g.get("/api/bookings/bk_nothing").code(t))
	require.Equal(t, "booking_not_found", g.get("/api/bookings/a%7Cb").code(t))
	require.Empty(t, other.get("/api/bookings").body["items"])
	mine := g.get("/api/bookings")
	require.Len(t, mine.body["items"], 1)
	require.Equal(t, "BOOKED", booked(g.get("/api/bookings/" + id))["status"])

	require.Equal(t, "Low Orbit", g.get("/api/tickets/" + ticket).body["showtime"].(fields)["movie_title"])
	qr := g.get("/api/tickets/" + ticket + "/qr.svg")
	require.Equal(t, "image/svg+xml; charset=utf-8", qr.header.Get("Content-Type"))
	require.Contains(t, qr.text, "<svg")
	pdf := g.get("/api/bookings/" + id + "/tickets.pdf")
	require.Equal(t, "application/pdf", pdf.header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(pdf.text, "%PDF-"))
	require.Equal(t, `attachment; filename="tickets-`+one["reference"].(string)+`.pdf"`, pdf.header.Get("Content-Disposition"))
	ics := g.get("/api/bookings/" + id + "/calendar.ics")
	require.Equal(t, "text/calendar; charset=utf-8", ics.header.Get("Content-Type"))
	require.Contains(t, ics.text, "BEGIN:VEVENT")
}

func TestLookup(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.guest().buy("request-1", "A1")
	id, reference := one["id"].(string), one["reference"].(string)

	elsewhere := b.visitor()
	for _, body := range []fields{
		{"reference": reference, "email": "eve@example.com"}, {"reference": "AAAA-AAAA", "email": "ann@example.com"}, {"reference": "", "email": ""},
	} {
		r := elsewhere.post("/api/bookings/lookup", body)
		require.Equal(t, http.StatusNotFound, r.status, r.text)
		require.Equal(t, "booking_not_found", r.code(t))
		require.Empty(t, r.header.Get("Set-Cookie"))
	}
	r := elsewhere.post("/api/bookings/lookup", fields{"reference": strings.ToLower(reference), "email": "Ann@Example.com"})
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.Equal(t, id, booked(r)["id"])
	require.NotEmpty(t, elsewhere.cookie)
	require.Equal(t, http.StatusOK, elsewhere.get("/api/bookings/"+id).status, "the session may see it from now on")
	require.Equal(t, http.StatusOK, elsewhere.get("/api/bookings/"+id+"/tickets.pdf").status)
	require.Equal(t, http.StatusNotFound, b.guest().get("/api/bookings/"+id).status)
	elsewhere.signIn("bob@example.com")
	require.Equal(t, http.StatusOK, elsewhere.get("/api/bookings/"+id).status, "sign-in keeps it")
}

func TestAdmin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss, g := b.person("boss@example.com"), b.guest()
	one := g.buy("request-1", "A1")

	for _, q := range []string{"?q=" + one["reference"].(string), "?q=ann@example.com", "?q=ANN", "?showtime_id=" + onSale, "?status=BOOKED", "?limit=1&skip=0"} {
		r := boss.get("/api/admin/bookings" + q)
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.EqualValues(t, 1, r.body["total"], q)
		item := r.body["items"].([]any)[0].(fields)
		require.Equal(t, one["id"], item["id"])
		require.NotEmpty(t, item["user_id"])
		require.NotContains(t, r.text, "CT1:", "a list admits nobody")
	}
	require.EqualValues(t, 0, boss.get("/api/admin/bookings?status=FAILED").body["total"])
	require.EqualValues(t, 0, boss.get("/api/admin/bookings?from=2030-01-01T00:00:00Z").body["total"])
	for _, q := range []string{"?status=OPEN", "?from=yesterday", "?limit=1000", "?skip=-1", "?user_id=a:b"} {
		require.Equal(t, "invalid_query", boss.get("/api/admin/bookings"+q).code(t), q)
	}
	r := boss.get("/api/admin/audit?type=booking.success&showtime_id=" + onSale)
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.Equal(t, []any{}, r.body["items"])
	for _, path := range []string{"/api/admin/ping", "/api/admin/bookings", "/api/admin/audit"} {
		require.Equal(t, "forbidden", g.get(path).code(t), path)
		require.Equal(t, "unauthorized", b.visitor().get(path).code(t), path)
	}
}

// A hold that runs out is free for others, and cannot be confirmed any more.
func TestHold_expires(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guest()
	g.hold("request-1", "A1")
	b.clock.Advance(5*time.Minute + time.Second)
	require.Equal(t, "hold_expired", g.post(confirmPath, sale("request-1", "A1")).code(t))
	b.guest().hold("request-2", "A1")
}
