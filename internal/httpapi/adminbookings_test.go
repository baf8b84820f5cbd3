package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/ident"
)

func refundPath(id any) string { return "/api/admin/bookings/" + id.(string) + "/refund" }

// office is a bench of two cinemas with one booking of one seat in each, and a manager of the first.
func office(t *testing.T, options ...option) (b *bench, manager *client, near, far fields) {
	t.Helper()
	b = setup(t, options...)
	b.secondCinema()
	near = b.guest().buyAt(onSale, "request-1", "A1")
	b.clock.Advance(time.Second)
	far = b.guest().buyAt(farSale, "request-2", "A1")
	return b, b.granted("mia@example.com", "MANAGER", "ci_lumen"), near, far
}

func ids(t *testing.T, r response) (out []string) {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r.text)
	for _, i := range r.body["items"].([]any) {
		out = append(out, i.(fields)["id"].(string))
	}
	require.EqualValues(t, len(out), r.body["total"])
	return out
}

func TestOffice_managers_see_their_cinemas(t *testing.T) {
	t.Parallel()
	b, mia, near, far := office(t)
	boss := b.person("boss@example.com")
	both := []string{far["id"].(string), near["id"].(string)}
	require.Equal(t, both, ids(t, boss.get("/api/admin/bookings")))
	require.Equal(t, both[1:], ids(t, mia.get("/api/admin/bookings")))
	require.Empty(t, ids(t, mia.get("/api/admin/bookings?showtime_id="+farSale)), "another cinema's showtime has none for her")
	require.Empty(t, ids(t, mia.get("/api/admin/bookings?q="+far["reference"].(string))))
	require.Equal(t, both[1:], ids(t, mia.get("/api/admin/bookings?q=ann@example.com&status=BOOKED")))
	row := mia.get("/api/admin/bookings").body["items"].([]any)[0].(fields)
	require.Equal(t, "ci_lumen", row["cinema_id"])
	require.NotContains(t, mia.get("/api/admin/bookings").text, "CT1:", "nobody is admitted by a list")

	everywhere := b.granted("max@example.com", "MANAGER")
	require.Equal(t, both, ids(t, everywhere.get("/api/admin/bookings")))
	for path, want := range map[string]int{
		"/api/admin/bookings": http.StatusOK, "/api/admin/ping": http.StatusForbidden, "/api/admin/audit": http.StatusForbidden,
		"/api/admin/users": http.StatusForbidden,
	} {
		require.Equal(t, want, everywhere.get(path).status, path)
		require.Equal(t, http.StatusForbidden, b.granted("stu@example.com", "STAFF").get(path).status, path)
	}
}

func TestRefund(t *testing.T) {
	t.Parallel()

	t.Run("gives the money of the tickets back, once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		g.hold("request-1", "A1", "A2")
		body := sale("request-1", "A1", "A2")
		body["tickets"] = []fields{{"seat_id": "A2", "ticket_type": "child"}}
		sold := g.post(confirmPath, body)
		require.Equal(t, http.StatusOK, sold.status, sold.text)
		id, child := booked(sold)["id"], sold.tickets(t)[1]["id"]
		mia := b.granted("mia@example.com", "MANAGER")

		r := mia.post(refundPath(id), fields{"ticket_ids": []any{child}, "reason": "  The child was ill "})
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, []any{child}, r.body["tickets"])
		require.Equal(t, fields{"state": "succeeded", "amount": 750.0, "currency": "GBP"}, r.body["refund"])
		require.Equal(t, "BOOKED", booked(r)["status"])
		require.NotContains(t, r.text, "CT1:")
		entries := b.record("booking.refund_ordered")
		require.Len(t, entries, 1)
		require.EqualValues(t, id, entries[0].Booking)
		require.EqualValues(t, g.id(), entries[0].User)
		for _, part := range []string{`"reason":"The child was ill"`, `"amount":750`, `"actor":"` + mia.id() + `"`, child.(string)} {
			require.Contains(t, string(entries[0].Payload), part)
		}

		r = mia.post(refundPath(id), fields{"ticket_ids": []any{child}, "reason": "once more"})
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Empty(t, r.body["tickets"], "nothing goes back twice")
		require.EqualValues(t, 750, r.body["refund"].(fields)["amount"])
		require.Equal(t, []any{fields{"ticket_id": child, "reason": "void"}}, r.body["left"])
		require.Len(t, b.record("booking.refund_ordered"), 1)

		r = mia.post(refundPath(id), fields{"reason": "the rest"})
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.EqualValues(t, 1250, r.body["refund"].(fields)["amount"])
		require.Equal(t, "CANCELLED", booked(r)["status"])
		again := mia.post(refundPath(id), fields{"reason": "the rest"})
		require.EqualValues(t, 2000, again.body["refund"].(fields)["amount"], "all that went back")
		require.Len(t, b.record("booking.refund_ordered"), 2)
		b.moneyBack(t, booked(sold)["payment_ref"].(string), 2000)
		require.Empty(t, list(g.get(statePath).body["booked"]), "the seats are free")
	})
	t.Run("after the customer's deadline", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		id := g.buy("request-1", "A1")["id"]
		b.clock.Advance(26 * time.Hour)
		require.Equal(t, "cancellation_closed", g.post("/api/bookings/"+id.(string)+"/cancel", nil).code(t))
		r := b.granted("mia@example.com", "MANAGER", "ci_lumen").post(refundPath(id), fields{"reason": "the projector broke"})
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.EqualValues(t, 1250, r.body["refund"].(fields)["amount"])
	})
	t.Run("another cinema's booking does not exist", func(t *testing.T) {
		t.Parallel()
		b, mia, near, far := office(t)
		r := mia.post(refundPath(far["id"]), fields{"reason": "not mine"})
		require.Equal(t, http.StatusNotFound, r.status)
		require.Equal(t, "booking_not_found", r.code(t))
		none := mia.post(refundPath("bk_none"), fields{"reason": "not there"})
		none.body["instance"], r.body["instance"] = nil, nil
		require.Equal(t, none.body, r.body, "both answers are alike")
		require.Empty(t, b.record("booking.refund_ordered"))
		require.Equal(t, http.StatusOK, mia.post(refundPath(near["id"]), fields{"reason": "mine"}).status)
		require.Equal(t, http.StatusOK, b.person("boss@example.com").post(refundPath(far["id"]), fields{"reason": "an administrator's"}).status)
	})
	t.Run("asks for a reason and a fresh sign-in", func(t *testing.T) {
		t.Parallel()
		b, mia, near, _ := office(t)
		for _, reason := range []any{nil, "", "  ", "no", "a\u0000bc", "two\nlines", strings.Repeat("x", 501), "right\u202eleft"} {
			r := mia.post(refundPath(near["id"]), fields{"reason": reason})
			require.Equal(t, http.StatusBadRequest, r.status, "%q", reason)
			require.Contains(t, []string{"invalid_reason", "invalid_body"}, r.code(t))
		}
		for _, body := range []fields{{"reason": "fine", "amount": 1}, {"reason": "fine", "ticket_ids": []string{"a b"}}, {"reason": "fine", "force": true}} {
			require.Equal(t, "invalid_body", mia.post(refundPath(near["id"]), body).code(t))
		}
		r := mia.post(refundPath(near["id"]), fields{"reason": "fine", "ticket_ids": []string{"tk_none"}})
		require.Equal(t, "ticket_not_found", r.code(t))
		b.clock.Advance(16 * time.Minute)
		require.Equal(t, "step_up_required", mia.post(refundPath(near["id"]), fields{"reason": "fine"}).code(t))
		require.Empty(t, b.record("booking.refund_ordered"))
		got, err := b.store.Booking(t.Context(), ident.Booking(near["id"].(string)))
		require.NoError(t, err)
		require.Equal(t, booking.Booked, got.Status)
	})
	t.Run("what was never paid gives nothing back", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		g.hold("request-1", "A1")
		open := booked(g.post(checkoutPath, sale("request-1", "A1")))
		mia := b.granted("mia@example.com", "MANAGER")
		require.Equal(t, "not_refundable", mia.post(refundPath(open["id"]), fields{"reason": "not paid"}).code(t))
		require.Equal(t, http.StatusOK, g.post("/api/bookings/"+open["id"].(string)+"/cancel", nil).status)
		require.Equal(t, "not_refundable", mia.post(refundPath(open["id"]), fields{"reason": "not paid"}).code(t))
	})
	t.Run("a repeat by its key is the same answer", func(t *testing.T) {
		t.Parallel()
		_, mia, near, _ := office(t)
		keyed := mia.with("Idempotency-Key", "refund-key-1")
		one := keyed.post(refundPath(near["id"]), fields{"reason": "by key"})
		two := keyed.post(refundPath(near["id"]), fields{"reason": "by key"})
		require.Equal(t, one.text, two.text)
		require.Equal(t, "true", two.header.Get("Idempotent-Replayed"))
		require.Equal(t, "idempotency_mismatch", keyed.post(refundPath(near["id"]), fields{"reason": "another"}).code(t))
	})
	t.Run("not without its record", func(t *testing.T) {
		t.Parallel()
		broken := &brokenRecord{}
		b, mia, near, _ := office(t, broken.install(t))
		broken.down.Store(true)
		require.Equal(t, http.StatusServiceUnavailable, mia.post(refundPath(near["id"]), fields{"reason": "unseen"}).status)
		got, err := b.store.Booking(t.Context(), ident.Booking(near["id"].(string)))
		require.NoError(t, err)
		require.Equal(t, booking.Booked, got.Status)
		require.Empty(t, got.Tickets[0].Void)
	})
}

// moneyBack wants the provider to have given back an amount of a payment.
func (b *bench) moneyBack(t *testing.T, ref string, minor int64) {
	t.Helper()
	refunds, err := b.bank.Refunds(t.Context(), ref)
	require.NoError(t, err)
	var sum int64
	for _, r := range refunds {
		sum += r.Amount.Minor
	}
	require.Equal(t, minor, sum)
}
