package blackbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRules sends what must be refused: the code of the contract, and a hall that is as it was.
func TestRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.each(t, map[string]func(*testing.T, *world){
		"bodies":                       badBodies,
		"seats":                        badSeats,
		"requests":                     badRequests,
		"seat rules":                   seatRules,
		"other people's seats":         othersSeats,
		"confirm without a hold":       confirmWithout,
		"limits over several requests": capOverall,
		"showtimes":                    badShowtimes,
		"queries":                      badQueries,
		"keys":                         keys,
		"order of checks":              orderOfChecks,
	})
}

// sales are the addresses that take a selection.
func sales(h *hall) []string {
	return []string{h.path("/seats/lock"), h.path("/bookings/confirm"), h.path("/bookings/checkout")}
}

func badBodies(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	seat := h.free(t, 1, "standard")[0]
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	bodies := []string{
		``, `null`, `[]`, `"text"`, `42`, `{`, `{"seat_ids":["` + seat + `"]`, `{"seat_ids":["` + seat + `"]} {}`, `{"seat_ids":["` + seat + `"]}]`,
		`{"seat_ids":["` + seat + `"],"seat_ids":["` + seat + `"]}`, `{"seat_ids":["` + seat + `"],"Seat_IDs":["` + seat + `"]}`,
		`{"SEAT_IDS":["` + seat + `"]}`, `{"seat_ids":"` + seat + `"}`, `{"seat_ids":[1]}`, `{"seat_ids":[null]}`, `{"seat_ids":null}`, `{"seat_ids":{}}`,
		`{"seat_ids":["` + seat + `"],"request_id":12345678}`, `{"seat_ids":["` + seat + `"],"request_id":null}`, `{"seat_ids":["` + seat + `"],"request_id":{"$ne":""}}`,
		`{"seat_ids":["` + seat + `"],"owner":"usr_x"}`, `{"seat_ids":["` + seat + `"],"amount":1}`, `{"seat_ids":["` + seat + `"],"price":{"amount":1}}`,
		`{"seat_ids":["` + seat + `"],"currency":"XXX"}`, `{"seat_ids":["` + seat + `"],"user_id":"x"}`, `{"seat_ids":["` + seat + `"],"ttl_seconds":99999}`,
		`{"seat_ids":["` + seat + `"],"status":"BOOKED"}`, `{"seat_ids":["` + seat + `"],"role":"ADMIN"}`, `{"seat_ids":["` + seat + `"],"__proto__":{}}`,
		`{"seat_ids":["` + seat + `"],"":1}`, `{"seat_ids":` + deep + `}`, deep, "{\"seat_ids\":[\"" + seat + "\"],\"request_id\":\"\xff\xfe12345678\"}",
		`{"seat_ids":["` + seat + `"],"request_id":"abcdefgh",}`, `{"seat_ids":["` + seat + `"] /* x */}`, `{seat_ids:["` + seat + `"]}`, "\xef\xbb\xbf" + `{"seat_ids":["` + seat + `"]}`,
		`{"seat_ids":["` + seat + `"],"count":1e999}`, `{"seat_ids":["` + seat + `"],"extra":` + strings.Repeat("9", 5000) + `}`,
	}
	h.unchanged(t, p, func() {
		for _, path := range sales(h) {
			for _, b := range bodies {
				p.refused(t, "invalid_body", "POST "+path, []byte(b), "X-Request-Id", p.request())
			}
		}
		for _, b := range []string{`{"count":2,"price":1}`, `{"count":"2"}`, `{"count":2.5}`, `{"count":1e99}`, `{"count":99999999999999999999}`, `{"count":null}`, `{"count":2,"count":3}`} {
			p.refused(t, "invalid_body", "POST "+h.path("/seats/best"), []byte(b))
		}
		for _, b := range []string{`{"email":"a@example.com","role":"ADMIN"}`, `{"email":["a@example.com"]}`, `{"email":"a@example.com","Email":"b@example.com"}`, `{"email":"no address"}`, `{"email":"a@example.com\r\nX: y"}`} {
			p.refused(t, "invalid_body", "POST /api/auth/dev/login", []byte(b))
		}
	})
	require.Empty(t, p.bookings(t))
}

func badSeats(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	nine := h.free(t, 9, "standard")
	seat := nine[0]
	letters, digits := seat[:1], seat[1:]
	wide := string(rune(0xFF10+int(digits[0]-'0'))) + digits[1:]
	lists := [][]string{
		{},
		nine,
		{seat, seat},
		{seat, strings.ToLower(seat)},
		{"Z99"},
		{seat, "Z99"},
		{"T1"},
		{""},
		{" " + seat},
		{seat + " "},
		{letters},
		{digits},
		{letters + "0" + digits},
		{letters + "-" + digits},
		{letters + ":" + digits},
		{letters + "|1"},
		{letters + "{1}"},
		{"Å1"},
		{"ſ1"},
		{"K1"},
		{"А1"},
		{letters + wide},
		{letters + "١"},
		{letters + "1\u0000"},
		{letters + "1\n"},
		{"AAAA1"},
		{letters + "1000"},
		{letters + "1e0"},
		{strings.Repeat("A", 5000) + "1"},
		{"$ne"},
		{"*"},
		{"A1,A2"},
		{"' OR 1=1 --"},
		{"../../etc/passwd"},
		{letters + "+1"},
		{letters + "99999999999999999999"},
	}
	h.unchanged(t, p, func() {
		for _, path := range append(sales(h), h.path("/seats/lock")) {
			for _, l := range lists {
				p.refused(t, "invalid_seat_ids", "POST "+path, sale{Request: p.request(), Seats: l})
			}
		}
		for _, l := range lists {
			p.refused(t, "invalid_seat_ids", "DELETE "+h.path("/seats/lock"), sale{Seats: l})
		}
		for _, n := range []int{0, -1, 9, 1 << 31} {
			a := p.do(t, "POST "+h.path("/seats/best"), map[string]int{"count": n})
			require.Equal(t, http.StatusBadRequest, a.Status, "best %d: %s", n, a.Body)
		}
	})
	// A ticket for a seat that is not bought, or twice for one that is, or of a type the hall does not sell.
	r := h.hold(t, p, seat)
	for _, k := range []string{
		`[{"seat_id":"` + nine[1] + `","ticket_type":"adult"}]`, `[{"seat_id":"` + seat + `","ticket_type":"nobody"}]`,
		`[{"seat_id":"` + seat + `","ticket_type":"adult"},{"seat_id":"` + seat + `","ticket_type":"adult"}]`, `[{"seat_id":"` + seat + `","ticket_type":"adult","price":0}]`,
		`[{"seat_id":"` + seat + `","ticket_type":"companion"}]`,
	} {
		a := p.do(t, "POST "+h.path("/bookings/confirm"), []byte(`{"request_id":"`+r+`","seat_ids":["`+seat+`"],"tickets":`+k+`}`))
		require.Equal(t, http.StatusBadRequest, a.Status, "%s: %s", k, a.Body)
	}
	require.Empty(t, p.bookings(t))
	require.Equal(t, "mine", h.state(t, p).taken()[seat], "the hold survives a bad body")
}

func badRequests(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	seats := h.free(t, 1, "standard")
	h.unchanged(t, p, func() {
		for _, r := range []string{"short", strings.Repeat("a", 129), "with space", "with:colon", "with|pipe", "with{brace}", "with/slash", "umläute-1", "new\nline-1", "nul\x00byte1", "ａｂｃｄｅｆｇｈ", "a'; DROP TABLE bookings;--"} {
			for _, path := range append(sales(h), h.path("/seats/extend"), h.path("/seats/best")) {
				body := map[string]any{"request_id": r, "seat_ids": seats}
				switch {
				case strings.HasSuffix(path, "extend"):
					delete(body, "seat_ids")
				case strings.HasSuffix(path, "best"):
					delete(body, "seat_ids")
					body["count"] = 1
				}
				p.refused(t, "invalid_request_id", "POST "+path, body)
			}
		}
		for _, path := range []string{h.path("/bookings/confirm"), h.path("/bookings/checkout")} {
			p.refused(t, "invalid_request_id", "POST "+path, sale{Seats: seats})
		}
	})
	r := p.request()
	v := holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), sale{Seats: seats}, "X-Request-Id", r))
	require.Equal(t, r, v.RequestID, "the header names the hold when the body does not")
	other := p.request()
	v = holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), sale{Request: other, Seats: seats}, "X-Request-Id", r))
	require.Equal(t, other, v.RequestID, "the body's request id wins")
	for _, l := range h.state(t, p).Locks {
		if l.SeatID == seats[0] {
			require.Equal(t, other, l.RequestID)
		}
	}
	p.refused(t, "not_owner", "POST "+h.path("/bookings/confirm"), sale{Request: r, Seats: seats}) // the other tab
	p.refused(t, "not_owner", "POST "+h.path("/seats/extend"), map[string]string{"request_id": r})
}

// pairs finds a free love seat and a free wheelchair space with its companion.
func (h *hall) pairs(t *testing.T, kind string) []string {
	t.Helper()
	for _, row := range h.rows {
		for _, s := range row {
			if s.Kind == kind && s.Pair != "" && h.was[s.ID] == "" && h.was[s.Pair] == "" {
				h.mark([]string{s.ID, s.Pair})
				return []string{s.ID, s.Pair}
			}
		}
	}
	require.FailNow(t, "no free pair", kind)
	return nil
}

func seatRules(t *testing.T, w *world) {
	h, p, q := w.take(t, "Gallery"), w.account(t), w.account(t)
	couple, companion := h.pairs(t, "couple"), h.pairs(t, "companion")
	h.unchanged(t, p, func() {
		for _, half := range couple {
			a := p.refused(t, "seat_rule", "POST "+h.path("/seats/lock"), sale{Request: p.request(), Seats: []string{half}})
			ruled(t, a.Body, "couple")
		}
		a := p.refused(t, "seat_rule", "POST "+h.path("/seats/lock"), sale{Request: p.request(), Seats: companion[:1]})
		ruled(t, a.Body, "companion")
	})
	r := h.hold(t, p, couple...)
	a := p.do(t, "POST "+h.path("/bookings/confirm"), p.sale(r, couple[:1]))
	isProblem(t, a, "seat_rule", "confirm of half a love seat")
	_ = p.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), p.sale(r, couple))
	h.buy(t, p, companion...)
	h.unchanged(t, q, func() {
		q.refused(t, "seats_unavailable", "POST "+h.path("/seats/lock"), sale{Request: q.request(), Seats: couple})
	})
}

func ruled(t *testing.T, body []byte, rule string) {
	t.Helper()
	var v struct {
		Rules []struct {
			Rule    string
			SeatIDs []string `json:"seat_ids"`
		}
	}
	require.NoError(t, json.Unmarshal(body, &v))
	require.NotEmpty(t, v.Rules, string(body))
	require.Contains(t, v.Rules[0].Rule, rule, string(body))
	require.NotEmpty(t, v.Rules[0].SeatIDs)
}

func othersSeats(t *testing.T, w *world) {
	h, p, q := w.take(t, "Gallery"), w.account(t), w.account(t)
	held, sold, free := h.free(t, 2, "standard"), h.free(t, 2, "standard"), h.free(t, 2, "standard")
	r := h.hold(t, p, held...)
	h.buy(t, p, sold...)
	h.unchanged(t, q, func() {
		a := q.refused(t, "seats_unavailable", "POST "+h.path("/seats/lock"), sale{Request: q.request(), Seats: []string{held[0], sold[1], free[0], held[1]}})
		var v struct {
			Conflicted   []string
			Reasons      map[string]string
			Alternatives []struct {
				SeatIDs []string `json:"seat_ids"`
				Total   struct{ Amount int64 }
			}
		}
		require.NoError(t, a.JSON(&v))
		require.ElementsMatch(t, []string{held[0], held[1], sold[1]}, v.Conflicted, "all conflicts, and only they")
		require.Equal(t, map[string]string{held[0]: "held", held[1]: "held", sold[1]: "booked"}, v.Reasons)
		require.LessOrEqual(t, len(v.Alternatives), 3)
		for _, o := range v.Alternatives {
			require.Len(t, o.SeatIDs, 4)
			require.Positive(t, o.Total.Amount)
			for _, s := range o.SeatIDs {
				require.Empty(t, h.state(t, q).taken()[s], "an offered seat is free")
			}
		}
		// The owner's request id in a stranger's hands is a name of the stranger's own, empty hold.
		released(t, q.want(t, http.StatusOK, "DELETE "+h.path("/seats/lock"), []byte(`{"seat_ids":["`+held[0]+`","`+held[1]+`"]}`)).Body, nil, held)
		thief := w.visitor(t)
		same(thief, p) // he knows the request id; the answers may repeat it
		thief.signIn(t, fmt.Sprintf("thief-%s@example.com", run))
		thief.refused(t, "not_owner", "POST "+h.path("/bookings/confirm"), sale{Request: r, Seats: held})
		a = thief.do(t, "POST "+h.path("/seats/extend"), map[string]string{"request_id": r})
		require.Equal(t, http.StatusConflict, a.Status, string(a.Body))
		require.Contains(t, []string{"not_owner", "hold_expired"}, a.Code())
		released(t, thief.want(t, http.StatusOK, "DELETE "+h.path("/seats/lock"), sale{Request: r, Seats: held}).Body, nil, held)
	})
	// A mixed release gives back what is one's own and nothing else.
	mine := h.free(t, 1, "standard")
	h.hold(t, q, mine...)
	before := h.state(t, q).Seq
	released(t, q.want(t, http.StatusOK, "DELETE "+h.path("/seats/lock"), sale{Seats: append(mine, held...)}).Body, mine, held)
	require.Equal(t, before+1, h.state(t, q).Seq)
	require.Equal(t, "mine", h.state(t, p).taken()[held[0]])
	// Neither can a hold that another tab took over be freed by the first one.
	second := p.request()
	p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), sale{Request: second, Seats: held})
	h.unchanged(t, p, func() {
		released(t, p.want(t, http.StatusOK, "DELETE "+h.path("/seats/lock"), sale{Request: r, Seats: held}).Body, nil, held)
	})
}

func released(t *testing.T, body []byte, want, left []string) {
	t.Helper()
	var v struct {
		OK          bool
		Released    []string
		NotReleased map[string]string `json:"not_released"`
	}
	require.NoError(t, json.Unmarshal(body, &v))
	require.True(t, v.OK)
	require.ElementsMatch(t, want, v.Released)
	require.Len(t, v.NotReleased, len(left))
	for _, s := range left {
		require.Equal(t, "not_owner", v.NotReleased[s])
	}
}

func confirmWithout(t *testing.T, w *world) {
	h, p, q := w.take(t, "Studio"), w.account(t), w.account(t)
	never, sold := h.free(t, 2, "standard"), h.free(t, 1, "standard")
	h.buy(t, q, sold...)
	h.unchanged(t, p, func() {
		for _, path := range sales(h)[1:] {
			p.refused(t, "hold_expired", "POST "+path, sale{Request: p.request(), Seats: never})
			p.refused(t, "already_booked", "POST "+path, sale{Request: p.request(), Seats: sold})
			p.refused(t, "hold_lost", "POST "+path, sale{Request: p.request(), Seats: never, Epoch: strings.Repeat("0", 32)})
		}
		p.refused(t, "hold_expired", "POST "+h.path("/seats/extend"), map[string]string{"request_id": p.request()})
	})
	r := h.hold(t, p, never[0])
	h.unchanged(t, p, func() { // half held is not held
		p.refused(t, "hold_expired", "POST "+h.path("/bookings/confirm"), sale{Request: r, Seats: never})
	})
	require.Empty(t, p.bookings(t))
	g := w.guest(t)
	seats := h.free(t, 1, "standard")
	gr := h.hold(t, g, seats...)
	h.unchanged(t, g, func() { // a guest says who he is
		a := g.do(t, "POST "+h.path("/bookings/confirm"), sale{Request: gr, Seats: seats})
		require.Equal(t, http.StatusBadRequest, a.Status, string(a.Body))
		for _, email := range []string{"", "nobody", "a@b@c", "a@example.com\nBcc: x@example.com", strings.Repeat("a", 400) + "@example.com"} {
			a := g.do(t, "POST "+h.path("/bookings/confirm"), sale{Request: gr, Seats: seats, Customer: map[string]string{"email": email, "name": "G"}})
			require.Equal(t, http.StatusBadRequest, a.Status, "%q: %s", email, a.Body)
		}
	})
}

func capOverall(t *testing.T, w *world) {
	h, p := w.take(t, "Gallery"), w.account(t)
	h.hold(t, p, h.free(t, 5, "standard")...)
	h.hold(t, p, h.free(t, 3, "standard")...)
	h.unchanged(t, p, func() {
		p.refused(t, "seat_limit_exceeded", "POST "+h.path("/seats/lock"), sale{Request: p.request(), Seats: h.free(t, 1, "standard")})
		p.bearer(t).refused(t, "seat_limit_exceeded", "POST "+h.path("/seats/lock"), sale{Request: p.request(), Seats: h.free(t, 1, "standard")})
	})
}

func badShowtimes(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	seats := h.free(t, 1, "standard")
	for _, id := range []string{"nothing", "st_demo_none", strings.Repeat("a", 65), "a%3Ab", "a%7Cb", "%7Ba%7D", "a%20b", "%C3%85", "..%2f..%2fetc", "a%00b", "a*"} {
		for _, rest := range []string{"/seats/lock", "/seats/extend", "/seats/best", "/bookings/confirm", "/bookings/checkout"} {
			body := map[string]any{"request_id": p.request(), "seat_ids": seats}
			switch {
			case strings.HasSuffix(rest, "extend"):
				delete(body, "seat_ids")
			case strings.HasSuffix(rest, "best"):
				delete(body, "seat_ids")
				body["count"] = 1
			}
			a := p.do(t, "POST /api/showtimes/"+id+rest, body)
			require.Equal(t, http.StatusNotFound, a.Status, "%s%s: %s", id, rest, a.Body)
			require.Contains(t, []string{"showtime_not_found", "not_found"}, a.Code(), "%s%s", id, rest)
		}
		for _, rest := range []string{"", "/seats/state"} {
			a := p.do(t, "GET /api/showtimes/"+id+rest, nil)
			require.Equal(t, http.StatusNotFound, a.Status, "%s%s: %s", id, rest, a.Body)
		}
	}
	for sale_, code := range map[string]string{"not_yet": "not_on_sale", "closed": "sales_closed"} {
		for _, id := range w.shows(t, sale_) {
			path := "/api/showtimes/" + id
			body := sale{Request: p.request(), Seats: []string{"B5"}}
			p.refused(t, code, "POST "+path+"/seats/lock", body)
			p.refused(t, code, "POST "+path+"/seats/best", map[string]any{"count": 2})
			p.refused(t, code, "POST "+path+"/bookings/confirm", body)
		}
	}
}

// shows lists showtimes in a state of their sale.
func (w *world) shows(t *testing.T, state string) []string {
	t.Helper()
	var list struct {
		Items []struct{ ID, Sale string }
	}
	require.NoError(t, w.visitor(t).want(t, http.StatusOK, "GET /api/showtimes?limit=200", nil).JSON(&list))
	var out []string
	for _, s := range list.Items {
		if s.Sale == state && len(out) < 3 {
			out = append(out, s.ID)
		}
	}
	return out
}

func badQueries(t *testing.T, w *world) {
	p, admin := w.account(t), w.admin(t)
	for _, q := range []string{
		"/api/showtimes?date=tomorrow", "/api/showtimes?date=2026-02-31", "/api/showtimes?limit=0", "/api/showtimes?limit=201", "/api/showtimes?limit=-1",
		"/api/showtimes?limit=x", "/api/showtimes?limit=99999999999999999999", "/api/showtimes?cursor=%00", "/api/showtimes?cinema_id=a%7Cb", "/api/bookings?cursor=garbage!",
		"/api/bookings?limit=1e3", "/api/bookings?status=booked", "/api/bookings?showtime_id=a%20b", "/api/movies?now_showing=maybe",
	} {
		p.refused(t, "invalid_query", "GET "+q, nil)
	}
	for _, q := range []string{"limit=201", "skip=-1", "skip=abc", "from=yesterday", "to=2026-01-01", "status=SOLD", "showtime_id=%27", "user_id=a%3Ab", "q=a%00b", "q=a%0Ab", "q=" + strings.Repeat("a", 201)} {
		admin.refused(t, "invalid_query", "GET /api/admin/bookings?"+q, nil)
	}
	h := w.take(t, "Studio")
	_, b := h.buy(t, p, h.free(t, 1, "standard")...)
	find := func(q string) int {
		var v struct {
			OK    bool
			Total int
			Items []struct{ ID string }
		}
		require.NoError(t, admin.want(t, http.StatusOK, "GET /api/admin/bookings?showtime_id="+h.id+"&q="+q, nil).JSON(&v))
		require.True(t, v.OK)
		require.LessOrEqual(t, len(v.Items), v.Total)
		return v.Total
	}
	require.Equal(t, 1, find(b.Reference))
	require.Equal(t, 1, find(strings.ReplaceAll(p.email, "@", "%40")))
	for _, q := range []string{"%25", "_", "%27", "%22", "%27%20OR%20%271%27%3D%271", "%5C", "*", "%27%3B--", "%24ne", ".*", "%28%5B"} { // text is text
		require.Zero(t, find(q), "q=%s", q)
	}
}

func keys(t *testing.T, w *world) {
	h, p, q := w.take(t, "Gallery"), w.account(t), w.account(t)
	for _, bad := range []string{"short", strings.Repeat("k", 129), "with space", "umläut-key", "tab\tkey-1"} {
		p.refused(t, "invalid_idempotency_key", "POST "+h.path("/seats/best"), map[string]int{"count": 1}, "Idempotency-Key", bad)
	}
	r := h.hold(t, p, h.free(t, 2, "standard")...)
	key, body := "key-"+p.request(), map[string]string{"request_id": r}
	one := p.want(t, http.StatusOK, "POST "+h.path("/seats/extend"), body, "Idempotency-Key", key)
	require.Empty(t, one.Header.Get("Idempotent-Replayed"))
	h.unchanged(t, p, func() {
		two := p.want(t, http.StatusOK, "POST "+h.path("/seats/extend"), []byte(`{ "request_id" : "`+r+`" }`), "Idempotency-Key", key)
		require.Equal(t, one.Body, two.Body, "a replay is byte-identical")
		require.Equal(t, "true", two.Header.Get("Idempotent-Replayed"))
		require.Equal(t, one.Header.Get("Content-Type"), two.Header.Get("Content-Type"))
		p.refused(t, "idempotency_mismatch", "POST "+h.path("/seats/extend"), map[string]string{"request_id": "another-one"}, "Idempotency-Key", key)
	})
	a := q.do(t, "POST "+h.path("/seats/extend"), map[string]string{"request_id": q.request()}, "Idempotency-Key", key)
	isProblem(t, a, "hold_expired", "another person's key is another key")
	w.visitor(t).refused(t, "unauthorized", "POST "+h.path("/seats/extend"), body, "Idempotency-Key", key)
	// A final refusal is replayed too.
	gone := map[string]string{"request_id": q.request()}
	key = "key-" + q.request()
	one = q.refused(t, "hold_expired", "POST "+h.path("/seats/extend"), gone, "Idempotency-Key", key)
	two := q.do(t, "POST "+h.path("/seats/extend"), gone, "Idempotency-Key", key)
	require.Equal(t, one.Body, two.Body)
	require.Equal(t, "true", two.Header.Get("Idempotent-Replayed"))
	// A release and a best under one key each happen once.
	key, body2 := "key-"+p.request(), map[string]int{"count": 2}
	got := holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/best"), body2, "Idempotency-Key", key))
	h.unchanged(t, p, func() {
		require.Equal(t, got.Locked, holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/best"), body2, "Idempotency-Key", key)).Locked)
	})
}

// orderOfChecks: origin, credentials, rate, body, showtime, seats, sale, engine; the first that fails answers.
func orderOfChecks(t *testing.T, w *world) {
	p, v := w.account(t), w.visitor(t)
	path := "/api/showtimes/nothing/seats/lock"
	p.refused(t, "cross_origin", "POST "+path, []byte(`{`), "Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site")
	v.refused(t, "unauthorized", "POST "+path, []byte(`{`))
	p.refused(t, "invalid_body", "POST "+path, []byte(`{`))
	p.refused(t, "showtime_not_found", "POST "+path, sale{Request: "x", Seats: []string{"??"}})
	p.refused(t, "forbidden", "GET /api/admin/bookings?limit=x", nil)
	v.refused(t, "unauthorized", "GET /api/admin/bookings?limit=x", nil)
}
