package blackbox_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// operation is one entry of the contract that the server itself hands out. What is asked of all of them is asked of those to come.
type operation struct {
	method, path string // the path with plausible names in the place of its parameters
	pattern      string // the path as the contract has it
	signed       bool   // it asks for a session or more
	body         bool   // it takes one
}

func (o operation) target() string { return o.method + " " + o.path }

func (o operation) changes() bool { return o.method != http.MethodGet && o.method != http.MethodHead }

// house tells the routes of the people who run a cinema.
func (o operation) house() bool {
	return strings.HasPrefix(o.path, "/api/admin/") || strings.HasPrefix(o.path, "/api/checkin/")
}

// operations reads the contract.
func operations(t *testing.T, v *person) []operation {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	require.NoError(t, v.want(t, http.StatusOK, "GET /api/openapi.json", nil).JSON(&doc))
	parameter := regexp.MustCompile(`\{[^}]+\}`)
	var all []operation
	for path, methods := range doc.Paths {
		for method, raw := range methods {
			method = strings.ToUpper(method)
			if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, method) {
				continue
			}
			var o struct {
				Security    []map[string][]string
				RequestBody *struct{ Content map[string]any }
			}
			require.NoError(t, json.Unmarshal(raw, &o), path)
			takes := false
			if o.RequestBody != nil {
				_, takes = o.RequestBody.Content["application/json"]
			}
			all = append(all, operation{method: method, path: parameter.ReplaceAllString(path, "xx_none"), pattern: path, signed: len(o.Security) > 0, body: takes})
		}
	}
	require.Greater(t, len(all), 30, "the contract is short")
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.target(), b.target()) })
	return all
}

// TestRoutes asks of every operation of the contract what must hold for all.
func TestRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "CORS_ORIGINS=https://partner.example")
	w.each(t, map[string]func(*testing.T, *world){
		"headers":           routeHeaders,
		"credentials":       routeCredentials,
		"roles":             routeRoles,
		"other people's":    routeObjects,
		"other sites":       routeOrigins,
		"strict bodies":     routeBodies,
		"sizes and types":   routeSizes,
		"methods":           routeMethods,
		"queries":           routeQueries,
		"foreign spellings": routeNames,
	})
}

// routeHeaders: whatever is asked, by whomever, the answer has the headers, and what is not meant for everybody is kept by nobody.
func routeHeaders(t *testing.T, w *world) {
	v, p := w.visitor(t), w.account(t)
	shared := regexp.MustCompile(`^/(api/(cinemas|movies|showtimes|layouts|openapi|docs)|media/|\.well-known/)`)
	for _, o := range operations(t, v) {
		if strings.HasSuffix(o.path, "/logout") || strings.HasSuffix(o.path, "/logout-everywhere") {
			continue // p stays signed in
		}
		for _, x := range []*person{v, p} {
			a := x.do(t, o.target(), nil)
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			} {
				require.Equal(t, want, a.Header.Get(name), "%s: %s", o.target(), name)
			}
			for _, name := range []string{"Permissions-Policy", "Cross-Origin-Resource-Policy", "X-Request-Id"} {
				require.NotEmpty(t, a.Header.Get(name), "%s: %s", o.target(), name)
			}
			csp := a.Header.Get("Content-Security-Policy")
			require.Contains(t, csp, "default-src 'none'", o.target())
			require.Contains(t, csp, "frame-ancestors 'none'", o.target())
			require.NotContains(t, csp, "unsafe", o.target())
			require.NotContains(t, csp, "*", o.target())
			require.True(t, a.Status < 500 || a.Code() == "sign_in_unavailable", "%s: %s", o.target(), a.Body)
			if !shared.MatchString(o.path) {
				cache := a.Header.Get("Cache-Control")
				require.True(t, strings.Contains(cache, "no-store") || strings.Contains(cache, "private"), "%s is kept: %q", o.target(), cache)
			}
		}
	}
}

// routeCredentials: what asks for a session has nothing for a visitor, for a stranger's guess or for a token that is none.
func routeCredentials(t *testing.T, w *world) {
	v := w.visitor(t)
	for _, o := range operations(t, v) {
		for _, head := range [][]string{nil, {"Cookie", "session=" + strings.Repeat("A", 43)}, {"Authorization", "Bearer nonsense"}} {
			if !o.signed && (head == nil || head[0] == "Cookie") {
				continue // a dead cookie is a visitor where visitors are welcome
			}
			if strings.HasPrefix(o.path, "/health") || strings.HasSuffix(o.path, "z") {
				continue // probes look at nobody
			}
			a := v.do(t, o.target(), nil, head...)
			require.Equal(t, http.StatusUnauthorized, a.Status, "%s with %v: %s", o.target(), head, a.Body)
		}
	}
}

// routeRoles: every route of the house refuses a customer, by cookie and by token, before it looks at anything.
func routeRoles(t *testing.T, w *world) {
	v, g, p := w.visitor(t), w.guest(t), w.account(t)
	client := p.bearer(t)
	n := 0
	for _, o := range operations(t, v) {
		if !o.house() {
			continue
		}
		n++
		require.True(t, o.signed, "%s does not say that it asks for a session", o.target())
		for _, x := range []*person{g, p, client} {
			for _, body := range []any{nil, []byte(`{`), map[string]string{"role": "ADMIN"}} {
				if o.method == http.MethodGet && body != nil {
					continue
				}
				a := x.do(t, o.target(), body, "X-Role", "ADMIN", "X-Original-URL", "/api/movies")
				require.Equal(t, http.StatusForbidden, a.Status, "%s: %s", o.target(), a.Body)
				require.Contains(t, []string{"forbidden", "insufficient_scope"}, a.Code(), o.target())
			}
		}
	}
	require.GreaterOrEqual(t, n, 3)
}

// routeObjects: with the name of what belongs to another, every operation answers as if there were no such thing, changes nothing of it,
// and never says that it is forbidden.
func routeObjects(t *testing.T, w *world) {
	h, owner := w.take(t, "Grand"), w.account(t)
	_, b := h.buy(t, owner, h.free(t, 2, "standard")...)
	seats := h.free(t, 1, "standard")
	s := owner.sale(h.hold(t, owner, seats...), seats)
	s.Token = "tok_action"
	open := bookingOf(t, owner.want(t, http.StatusAccepted, "POST "+h.path("/bookings/confirm"), s))
	_, session := sessionIDs(t, owner)
	names := map[string]string{"bookingId": b.ID, "ticketId": b.Tickets[0].ID, "sessionId": session, "ref": open.PaymentRef}
	if open.Payment != nil && open.Payment.Next != nil {
		names["ref"] = open.Payment.Next.URL[strings.LastIndexByte(open.Payment.Next.URL, '/')+1:]
	}
	n := 0
	h.unchanged(t, owner, func() {
		for _, o := range operations(t, owner) {
			target, known := o.target(), false
			for parameter, name := range names {
				if strings.Contains(o.pattern, "{"+parameter+"}") {
					target, known = o.method+" "+strings.ReplaceAll(o.pattern, "{"+parameter+"}", name), true
				}
			}
			if !known || o.house() {
				continue
			}
			n++
			for _, x := range []*person{w.account(t), w.guest(t), w.account(t).bearer(t)} {
				same(x, owner) // the names are known, and may be repeated in the answer's address
				bodies := []any{nil}
				if o.body {
					bodies = []any{[]byte(`{}`), []byte(`{"approve":true}`), []byte(`{"payment_token":"tok_approve"}`)}
				}
				for _, b := range bodies {
					a := x.do(t, target, b)
					if a.Status == http.StatusBadRequest && a.Code() == "invalid_body" {
						continue // a body of another operation
					}
					require.Equal(t, http.StatusNotFound, a.Status, "%s: %s", target, a.Body)
				}
			}
		}
	})
	require.GreaterOrEqual(t, n, 8)
	require.Equal(t, "BOOKED", bookingOf(t, owner.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil)).Status)
	require.Equal(t, "PENDING", bookingOf(t, owner.want(t, http.StatusOK, "GET /api/bookings/"+open.ID, nil)).Status)
}

// routeOrigins: no operation that changes something does so for a page of another site, nor by cookie without the header.
func routeOrigins(t *testing.T, w *world) {
	p := w.admin(t)
	for _, o := range operations(t, p) {
		if !o.changes() {
			continue
		}
		for _, head := range [][]string{
			{"Origin", "https://elsewhere.example"},
			{"Origin", "null"},
			{"Sec-Fetch-Site", "cross-site"},
			{"X-Requested-With", ""},
			{"X-Requested-With", "XMLHttpRequest"},
			{"Origin", "https://partner.example", "X-Requested-With", ""},
		} {
			p.refused(t, "cross_origin", o.target(), nil, head...)
		}
	}
	p.want(t, http.StatusOK, "GET /api/me", nil)
}

// routeBodies: every body is strict JSON, and no field that nobody knows of is swallowed: not even one that looks useful.
func routeBodies(t *testing.T, w *world) {
	p := w.admin(t)
	n := 0
	for _, o := range operations(t, p) {
		if !o.body {
			continue
		}
		n++
		for _, body := range []string{
			`{"no_such_member":1}`, `{"__proto__":{}}`, `{"$where":"1"}`, `{"amount":1,"currency":"EUR"}`, `{"price":{"amount":1}}`, `{"status":"BOOKED"}`, `{"owner":"x"}`, `{"user_id":"x"}`,
			`[]`, `"x"`, `{`, `{} {}`, "\xff", `{"a":1,"a":2}`,
		} {
			a := p.do(t, o.target(), []byte(body))
			require.Equal(t, http.StatusBadRequest, a.Status, "%s %s: %s", o.target(), body, a.Body)
			require.Equal(t, "invalid_body", a.Code(), "%s %s: %s", o.target(), body, a.Body)
			require.NotContains(t, string(a.Body), "no_such_member", "the answer repeats what was sent")
		}
	}
	require.Greater(t, n, 8)
	p.want(t, http.StatusOK, "GET /api/me", nil)
}

// routeSizes: a body that is too large is refused before it is read, and one of another kind too.
func routeSizes(t *testing.T, w *world) {
	p := w.admin(t)
	large := []byte(`{"x":"` + strings.Repeat("a", 64<<10) + `"}`)
	for _, o := range operations(t, p) {
		if !o.body {
			continue
		}
		p.refused(t, "body_too_large", o.target(), large)
		for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=utf-16", ""} {
			p.refused(t, "unsupported_media_type", o.target(), []byte(`{}`), "Content-Type", media)
		}
	}
}

// routeMethods: what changes something is no GET, and no other method than its own reaches it, whatever header says so.
func routeMethods(t *testing.T, w *world) {
	p := w.account(t)
	all := operations(t, p)
	has := map[string]bool{}
	for _, o := range all {
		has[o.target()] = true
	}
	for _, o := range all {
		if !o.changes() {
			continue
		}
		for _, method := range []string{"GET", "HEAD", "PUT", "PATCH"} {
			meant := method
			if method == "HEAD" {
				meant = "GET"
			}
			if has[meant+" "+o.path] {
				continue
			}
			for _, head := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
				a := p.do(t, method+" "+o.path+"?_method="+o.method, nil, head, o.method)
				require.Contains(t, []int{http.StatusMethodNotAllowed, http.StatusNotFound}, a.Status, "%s instead of %s: %s", method, o.target(), a.Body)
			}
		}
	}
	p.want(t, http.StatusOK, "GET /api/me", nil)
}

// routeQueries: the parameters of a list are typed; what is not of their type is refused, and none becomes an operator.
func routeQueries(t *testing.T, w *world) {
	p := w.admin(t)
	for _, o := range operations(t, p) {
		if o.method != http.MethodGet || strings.Contains(o.path, "/google/") {
			continue
		}
		for _, query := range []string{"?limit[$ne]=1&q[$regex]=.*", "?showtime_id[$gt]=&status[$ne]=x", "?limit=1;drop", "?%00=1", "?user_id=%7B%22$ne%22:1%7D", "?from=now&cursor=%00"} {
			a := p.do(t, o.target()+query, nil)
			require.Less(t, a.Status, 500, "%s%s: %s", o.target(), query, a.Body)
			for _, word := range []string{"goroutine", "sqlite", "mongodb", "bson", "SELECT"} {
				require.False(t, a.Status >= 400 && strings.Contains(string(a.Body), word), "%s%s: %s", o.target(), query, a.Body)
			}
		}
	}
}

// routeNames: a name in an address that does not fit the grammar is not found, and is looked up nowhere.
func routeNames(t *testing.T, w *world) {
	p := w.admin(t)
	for _, o := range operations(t, p) {
		if !strings.Contains(o.path, "xx_none") || strings.Contains(o.path, "/payments/") {
			continue
		}
		for _, name := range []string{"a%3Ab", "a%7Cb", "%7Ba%7D", "a%20b", "%C3%85", "..%2f..%2fetc%2fpasswd", "a%00b", "%24ne", "*", strings.Repeat("a", 65)} {
			target := strings.Replace(o.target(), "xx_none", name, 1)
			a := p.do(t, target, body(o))
			require.Contains(t, []int{http.StatusNotFound, http.StatusBadRequest, http.StatusMethodNotAllowed}, a.Status, "%s: %s", target, a.Body)
		}
	}
}

// body is an empty document for an operation that takes one.
func body(o operation) any {
	if o.body {
		return []byte(`{}`)
	}
	return nil
}
