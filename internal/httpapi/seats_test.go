package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/httpapi"
	"cinema/internal/ratelimit"
)

const (
	seatsPath = "/api/showtimes/" + onSale + "/seats"
	lockPath  = seatsPath + "/lock"
	statePath = seatsPath + "/state"
)

type fields = map[string]any

func list(v any) []string {
	items, _ := v.([]any)
	out := make([]string, 0, len(items))
	for _, i := range items {
		s, _ := i.(string)
		out = append(out, s)
	}
	return out
}

// hold locks seats and returns the answer.
func (c *client) hold(request string, seats ...string) response {
	c.b.t.Helper()
	r := c.post(lockPath, fields{"seat_ids": seats, "request_id": request})
	require.Equal(c.b.t, http.StatusOK, r.status, r.text)
	return r
}

func TestLock(t *testing.T) {
	t.Parallel()

	t.Run("the answer tells all", func(t *testing.T) {
		t.Parallel()
		r := setup(t).guest().hold("request-1", "a1", "A2")
		require.Equal(t, true, r.body["ok"])
		require.Equal(t, []string{"A1", "A2"}, list(r.body["locked"]))
		require.EqualValues(t, 300, r.body["ttl_seconds"])
		require.EqualValues(t, 300_000, r.body["expires_in_ms"])
		require.Equal(t, "2026-03-10T12:05:00.000Z", r.str("expires_at"))
		require.Equal(t, "request-1", r.str("request_id"))
		require.Len(t, r.str("epoch"), 32)
		require.EqualValues(t, 10, r.body["extensions_left"])
		require.Equal(t, fields{"amount": 2500.0, "currency": "GBP"}, r.body["quote"].(fields)["total"])
		require.Equal(t, "no-store", r.header.Get("Cache-Control"))
	})
	t.Run("a retry changes nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		first := g.hold("request-1", "A1", "A2")
		b.clock.Advance(time.Minute)
		again := g.hold("request-1", "A1", "A2")
		require.Equal(t, first.body["seq"], again.body["seq"])
		require.Equal(t, first.str("expires_at"), again.str("expires_at"))
	})
	t.Run("the header names the request, the body wins, else the server does", func(t *testing.T) {
		t.Parallel()
		g := setup(t).guest()
		r := g.with("X-Request-Id", "header-request").post(lockPath, fields{"seat_ids": []string{"A1"}})
		require.Equal(t, "header-request", r.str("request_id"))
		r = g.with("X-Request-Id", "header-request").post(lockPath, fields{"seat_ids": []string{"A2"}, "request_id": "body-request"})
		require.Equal(t, "body-request", r.str("request_id"))
		r = g.post(lockPath, fields{"seat_ids": []string{"A3"}})
		require.GreaterOrEqual(t, len(r.str("request_id")), 8)
	})
	t.Run("all conflicts, reasons, and other seats", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.guest().hold("request-1", "A1", "A2")
		r := b.guest().post(lockPath, fields{"seat_ids": []string{"A2", "A3", "A10", "A1"}, "request_id": "request-2"})
		require.Equal(t, http.StatusConflict, r.status)
		require.Equal(t, "seats_unavailable", r.code(t))
		require.ElementsMatch(t, []string{"A1", "A2", "A10"}, list(r.body["conflicted"]))
		require.Equal(t, fields{"A1": "held", "A2": "held", "A10": "blocked"}, r.body["reasons"])
		require.Equal(t, "/problems/seats-unavailable", r.str("type"))
		for _, a := range r.body["alternatives"].([]any) {
			require.Len(t, a.(fields)["seat_ids"], 4)
			require.NotEmpty(t, a.(fields)["total"])
		}
		require.NotContains(t, r.text, "request-1")
	})
	t.Run("needs a session", func(t *testing.T) {
		t.Parallel()
		r := setup(t).visitor().post(lockPath, fields{"seat_ids": []string{"A1"}})
		require.Equal(t, http.StatusUnauthorized, r.status)
		require.Equal(t, "unauthorized", r.code(t))
	})
}

// TestLock_refusals holds every malformed or impossible lock against its code, and shows that nothing was done.
func TestLock_refusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guest()
	before := g.get(statePath)
	nine := `{"seat_ids":["A1","A2","A3","A4","A5","A6","A7","A8","A9"]}`
	for name, c := range map[string]struct {
		path, body string
		status     int
		code       string
	}{
		"unknown field":           {lockPath, `{"seat_ids":["A1"],"owner":"me"}`, 400, "invalid_body"},
		"price in the body":       {lockPath, `{"seat_ids":["A1"],"amount":1}`, 400, "invalid_body"},
		"double field":            {lockPath, `{"seat_ids":["A1"],"seat_ids":["A2"]}`, 400, "invalid_body"},
		"trailing data":           {lockPath, `{"seat_ids":["A1"]}[]`, 400, "invalid_body"},
		"wrong type":              {lockPath, `{"seat_ids":"A1"}`, 400, "invalid_body"},
		"null":                    {lockPath, `{"seat_ids":null}`, 400, "invalid_body"},
		"null seat":               {lockPath, `{"seat_ids":[null]}`, 400, "invalid_body"},
		"no seats named":          {lockPath, `{"request_id":"request-1"}`, 400, "invalid_seat_ids"},
		"empty":                   {lockPath, `{"seat_ids":[]}`, 400, "invalid_seat_ids"},
		"nine":                    {lockPath, nine, 400, "invalid_seat_ids"},
		"twice":                   {lockPath, `{"seat_ids":["A1","a1"]}`, 400, "invalid_seat_ids"},
		"another hall's":          {lockPath, `{"seat_ids":["Z99"]}`, 400, "invalid_seat_ids"},
		"not ASCII":               {lockPath, `{"seat_ids":["Ａ1"]}`, 400, "invalid_seat_ids"},
		"separators":              {lockPath, `{"seat_ids":["A1|B2"]}`, 400, "invalid_seat_ids"},
		"short request id":        {lockPath, `{"seat_ids":["A1"],"request_id":"short"}`, 400, "invalid_request_id"},
		"request id with a colon": {lockPath, `{"seat_ids":["A1"],"request_id":"a:b:c:d:e"}`, 400, "invalid_request_id"},
		"half a couple seat":      {lockPath, `{"seat_ids":["B1"]}`, 409, "seat_rule"},
		"companion alone":         {lockPath, `{"seat_ids":["C2"]}`, 409, "seat_rule"},
		"blocked":                 {lockPath, `{"seat_ids":["A10"]}`, 409, "seats_unavailable"},
		"not on sale":             {"/api/showtimes/" + notYet + "/seats/lock", `{"seat_ids":["A1"]}`, 409, "not_on_sale"},
		"closed":                  {"/api/showtimes/" + closed + "/seats/lock", `{"seat_ids":["A1"]}`, 410, "sales_closed"},
		"unknown showtime":        {"/api/showtimes/" + stranger + "/seats/lock", `{"seat_ids":["A1"]}`, 404, "showtime_not_found"},
		"showtime before seats":   {"/api/showtimes/" + stranger + "/seats/lock", `{"seat_ids":[]}`, 404, "showtime_not_found"},
		"body before showtime":    {"/api/showtimes/" + stranger + "/seats/lock", `{`, 400, "invalid_body"},
		"seats before sale state": {"/api/showtimes/" + closed + "/seats/lock", `{"seat_ids":["Z99"]}`, 400, "invalid_seat_ids"},
	} {
		r := g.post(c.path, c.body)
		require.Equal(t, c.status, r.status, "%s: %s", name, r.text)
		require.Equal(t, c.code, r.code(t), name)
	}
	state := g.get(statePath)
	require.Empty(t, state.body["locks"])
	require.Equal(t, before.body["seq"], state.body["seq"], "nothing was done")

	g.hold("request-1", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8")
	r := g.post(lockPath, fields{"seat_ids": []string{"A9"}, "request_id": "request-2"})
	require.Equal(t, http.StatusConflict, r.status)
	require.Equal(t, "seat_limit_exceeded", r.code(t))
	couple := b.guest().post(lockPath, fields{"seat_ids": []string{"B2"}})
	require.Equal(t, "seat_rule", couple.code(t))
	require.Equal(t, "couple", couple.body["rules"].([]any)[0].(fields)["rule"])
}

func TestRelease(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g, other := b.guest(), b.guest()
	g.hold("request-1", "A1", "A2")
	other.hold("request-2", "A3")

	r := other.delete(lockPath, fields{"seat_ids": []string{"A1", "A3", "A5"}})
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.Equal(t, []string{"A3"}, list(r.body["released"]))
	require.Equal(t, fields{"A1": "not_owner", "A5": "missing"}, r.body["not_released"])

	r = g.delete(lockPath, fields{"seat_ids": []string{"A1"}, "request_id": "request-9"})
	require.Empty(t, list(r.body["released"]), "another request's seats stay")
	require.Equal(t, []any{}, r.body["released"])
	require.Equal(t, []string{"A1", "A2"}, list(g.delete(lockPath, fields{"seat_ids": []string{"A1", "A2"}, "request_id": "request-1"}).body["released"]))
	require.Empty(t, g.get(statePath).body["locks"])

	key := g.with("Idempotency-Key", "release-key-1")
	g.hold("request-3", "A1")
	first := key.delete(lockPath, fields{"seat_ids": []string{"A1"}})
	g.hold("request-3", "A1")
	again := key.delete(lockPath, fields{"seat_ids": []string{"A1"}})
	require.Equal(t, first.text, again.text)
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
	require.Len(t, g.get(statePath).body["locks"], 1, "a replay does nothing")
	require.Equal(t, "not_found", g.delete("/api/showtimes/"+onSale+"/seats/locks", nil).code(t))
}

func TestExtend(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guest()
	first := g.hold("request-1", "A1", "A2")

	r := g.post(seatsPath+"/extend", fields{"request_id": "request-1", "epoch": first.str("epoch")})
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.EqualValues(t, 420_000, r.body["expires_in_ms"])
	require.EqualValues(t, 9, r.body["extensions_left"])
	require.Equal(t, []string{"A1", "A2"}, list(r.body["locked"]))

	r = g.post(seatsPath+"/extend", fields{"request_id": "request-2"})
	require.Equal(t, "not_owner", r.code(t))
	require.Equal(t, "invalid_request_id", g.post(seatsPath+"/extend", `{}`).code(t))
	require.Equal(t, "hold_expired", b.guest().post(seatsPath+"/extend", fields{"request_id": "request-1"}).code(t))

	for range 9 {
		require.Equal(t, http.StatusOK, g.post(seatsPath+"/extend", fields{"request_id": "request-1"}).status)
	}
	r = g.post(seatsPath+"/extend", fields{"request_id": "request-1"})
	require.Equal(t, "hold_limit_reached", r.code(t))

	b.clock.Advance(26 * time.Minute)
	require.Equal(t, "hold_expired", g.post(seatsPath+"/extend", fields{"request_id": "request-1"}).code(t))
	lost := b.guest()
	before := lost.hold("request-7", "C5")
	b.engine.Lose()
	r = lost.post(seatsPath+"/extend", fields{"request_id": "request-7", "epoch": before.str("epoch")})
	require.Equal(t, http.StatusConflict, r.status)
	require.Equal(t, "hold_lost", r.code(t))
}

func TestState(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guest()
	g.hold("request-1", "A1")
	b.guest().hold("request-2", "A2")

	mine := g.get(statePath)
	require.Equal(t, http.StatusOK, mine.status)
	require.Equal(t, []any{
		fields{"seat_id": "A1", "mine": true, "request_id": "request-1", "expires_in_ms": 300_000.0},
		fields{"seat_id": "A2", "mine": false},
	}, mine.body["locks"])
	require.Equal(t, []string{"A10"}, list(mine.body["blocked"]))
	require.Equal(t, []any{}, mine.body["booked"])
	require.Equal(t, "Cookie, Authorization", mine.header.Get("Vary"))

	theirs := b.visitor().get(statePath)
	require.Equal(t, http.StatusOK, theirs.status, "the map is public")
	require.NotContains(t, theirs.text, "request")
	require.NotContains(t, theirs.text, "us_", "it never says who")
	require.NotEqual(t, mine.header.Get("ETag"), theirs.header.Get("ETag"))

	same := g.with("If-None-Match", mine.header.Get("ETag")).get(statePath)
	require.Equal(t, http.StatusNotModified, same.status)
	require.Empty(t, same.text)
	g.hold("request-1", "A1", "A3")
	require.Equal(t, http.StatusOK, g.with("If-None-Match", mine.header.Get("ETag")).get(statePath).status)
	require.Equal(t, "showtime_not_found", g.get("/api/showtimes/"+stranger+"/seats/state").code(t))
}

func TestBest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guest()
	r := g.post(seatsPath+"/best", fields{"count": 3, "request_id": "request-1"})
	require.Equal(t, http.StatusOK, r.status, r.text)
	seats := list(r.body["locked"])
	require.Len(t, seats, 3)
	again := g.post(seatsPath+"/best", fields{"count": 3, "request_id": "request-1"})
	require.Equal(t, seats, list(again.body["locked"]), "the same request gives the same seats")
	access := g.post(seatsPath+"/best", fields{"count": 2, "accessible": true, "request_id": "request-2"})
	require.Equal(t, []string{"C1", "C2"}, list(access.body["locked"]), access.text)
	require.Equal(t, "invalid_seat_ids", g.post(seatsPath+"/best", fields{"count": 0}).code(t))
	require.Equal(t, "invalid_seat_ids", g.post(seatsPath+"/best", fields{"count": 9}).code(t))
	require.Equal(t, "invalid_body", g.post(seatsPath+"/best", fields{"count": 1.5}).code(t))
}

// A guest's holds come along when he signs in to an account he has already.
func TestMergedGuest_keeps_holds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.person("ann@example.com")
	g := b.guest()
	g.hold("request-1", "A1", "A2")
	g.signIn("ann@example.com")
	locks := g.get(statePath).body["locks"].([]any)
	require.Len(t, locks, 2)
	for _, l := range locks {
		require.Equal(t, true, l.(fields)["mine"])
	}
	require.Equal(t, http.StatusOK, g.post(seatsPath+"/extend", fields{"request_id": "request-1"}).status)
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	g := b.guest()
	g.hold("request-1", "A1")
	path := seatsPath + "/extend"
	body := fields{"request_id": "request-1"}
	key := g.with("Idempotency-Key", "extend-key-1")

	first := key.post(path, body)
	require.Equal(t, http.StatusOK, first.status)
	again := key.post(path, `{ "request_id" : "request-1" }`)
	require.Equal(t, first.text, again.text, "byte for byte, whatever the spaces")
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
	require.EqualValues(t, 9, again.body["extensions_left"], "extended once")

	other := key.post(path, fields{"request_id": "request-2"})
	require.Equal(t, http.StatusUnprocessableEntity, other.status)
	require.Equal(t, "idempotency_mismatch", other.code(t))

	for _, bad := range []string{"short", strings.Repeat("x", 129), "with space"} {
		r := g.with("Idempotency-Key", bad).post(path, body)
		require.Equal(t, http.StatusBadRequest, r.status)
		require.Equal(t, "invalid_idempotency_key", r.code(t))
	}
	stranger := b.guest().with("Idempotency-Key", "extend-key-1").post(path, body)
	require.Equal(t, "hold_expired", stranger.code(t), "a key belongs to its user")

	failed := g.with("Idempotency-Key", "extend-key-2")
	require.Equal(t, "invalid_body", failed.post(path, `{"nothing":1}`).code(t))
	require.Equal(t, http.StatusOK, failed.post(path, body).status, "a request that began nothing leaves its key free")
	require.Equal(t, http.StatusUnauthorized, b.visitor().with("Idempotency-Key", "extend-key-1").post(path, body).status, "credentials come first")
}

func TestLock_is_limited_per_user(t *testing.T) {
	t.Parallel()
	rules := ratelimit.Defaults()
	rules.Lock = ratelimit.Quota{Limit: 2, Per: time.Minute}
	b := setup(t, func(d *httpapi.Deps) { d.Rules = rules })
	g := b.guest()
	g.hold("request-1", "A1")
	g.hold("request-1", "A1")
	require.Equal(t, "rate_limited", g.post(lockPath, `{`).code(t), "rate comes before body")
	require.Equal(t, http.StatusOK, g.delete(lockPath, fields{"seat_ids": []string{"A1"}}).status, "giving back is not charged")
	b.guest().hold("request-2", "A1")
}
