package httpapi_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
)

// Who a route is for, in rising order.
const (
	anybody = iota
	signedIn
	forStaff
	forManagers
	forAdmins
)

// audience says who each route is for, with * for what an address names. It is written by hand, beside the server's own list, so that a
// route which lost its guard is found: a route without a line here fails.
var audience = map[string]int{
	"GET /health": anybody, "GET /livez": anybody, "GET /readyz": anybody,
	"GET /.well-known/jwks.json": anybody, "GET /api/openapi.json": anybody, "GET /api/docs": anybody, "GET /api/docs/*": anybody,
	"GET /api/config": anybody, "POST /api/csp-reports": anybody, "GET /media/posters/*": anybody,
	"GET /api/cinemas": anybody, "GET /api/movies": anybody, "GET /api/movies/*": anybody, "GET /api/layouts/*": anybody,
	"GET /api/showtimes": anybody, "GET /api/showtimes/*": anybody, "GET /api/showtimes/*/seats/state": anybody,
	"GET /ws/showtimes/*/seats": anybody,
	"POST /api/bookings/lookup": anybody, "POST /api/auth/guest": anybody, "POST /api/auth/dev/login": anybody,
	"GET /api/auth/google/login": anybody, "GET /api/auth/google/callback": anybody,

	"GET /api/me": signedIn, "GET /api/me/export": signedIn, "DELETE /api/me": signedIn, "GET /media/avatars/*": signedIn,
	"POST /api/auth/logout": signedIn, "POST /api/auth/logout-everywhere": signedIn, "GET /api/auth/sessions": signedIn,
	"DELETE /api/auth/sessions/*": signedIn, "GET /api/auth/tokens": signedIn, "POST /api/auth/tokens": signedIn,
	"DELETE /api/auth/tokens/*": signedIn, "POST /api/auth/codes": signedIn, "DELETE /api/auth/token": signedIn,
	// An access token is also made from a code or from a personal token, which say who somebody is by themselves.
	"POST /api/auth/token": anybody,

	"POST /api/showtimes/*/seats/lock": signedIn, "DELETE /api/showtimes/*/seats/lock": signedIn, "POST /api/showtimes/*/seats/extend": signedIn,
	"POST /api/showtimes/*/seats/best": signedIn, "POST /api/ws-tickets": signedIn, "POST /api/showtimes/*/bookings/confirm": signedIn,
	"POST /api/showtimes/*/bookings/checkout": signedIn, "GET /api/bookings": signedIn, "GET /api/bookings/*": signedIn,
	"POST /api/bookings/*/settle": signedIn, "POST /api/bookings/*/cancel": signedIn, "GET /api/bookings/*/tickets.pdf": signedIn,
	"GET /api/bookings/*/calendar.ics": signedIn, "GET /api/tickets/*": signedIn, "GET /api/tickets/*/qr.svg": signedIn,
	"POST /api/payments/mock/*/action": signedIn,

	"GET /api/admin/bookings": forManagers, "GET /api/admin/bookings.csv": forManagers, "POST /api/admin/bookings/*/refund": forManagers,

	"GET /api/admin/ping": forAdmins, "GET /api/admin/audit": forAdmins, "GET /api/admin/audit/chain": forAdmins,
	"GET /api/admin/users": forAdmins, "GET /api/admin/users/*": forAdmins, "POST /api/admin/users/*/role": forAdmins,
	"PATCH /api/admin/users/*/role": forAdmins, "POST /api/admin/users/*/sign-out": forAdmins, "DELETE /api/admin/users/*": forAdmins,
}

var parameter = regexp.MustCompile(`[:*][A-Za-z]+`)

// routesFor are the server's own routes with those whom the table admits.
func routesFor(t *testing.T, b *bench) map[string]int {
	t.Helper()
	routes := make(map[string]int)
	for _, r := range b.server.RouteList() {
		pattern := parameter.ReplaceAllString(r, "*")
		who, ok := audience[pattern]
		require.True(t, ok, "nobody said who may use %q: add it to the table", pattern)
		routes[pattern] = who
	}
	require.Greater(t, len(routes), 50)
	return routes
}

// caller is somebody of each kind, by cookie or by token.
type caller struct {
	name  string
	is    int
	token bool
}

func callers() (all []caller) {
	for _, c := range []caller{
		{name: "visitor", is: anybody},
		{name: "guest", is: signedIn},
		{name: "user", is: signedIn},
		{name: "clerk", is: forStaff},
		{name: "scoped clerk", is: forStaff},
		{name: "manager", is: forManagers},
		{name: "scoped manager", is: forManagers},
		{name: "boss", is: forAdmins},
		{name: "granted admin", is: forAdmins},
	} {
		all = append(all, c)
		if c.is > anybody {
			c.token = true
			all = append(all, c)
		}
	}
	return all
}

// call makes a client of the caller.
func (b *bench) call(c caller) *client {
	b.t.Helper()
	p := b.visitor()
	switch c.name {
	case "visitor":
		return p
	case "guest":
		p = b.guest()
	default:
		p.signIn(strings.ReplaceAll(c.name, " ", ".") + "@example.com")
	}
	if c.token {
		return p.token()
	}
	return p
}

// hire gives the callers their roles.
func (b *bench) hire() {
	b.t.Helper()
	for name, role := range map[string]string{"clerk": "STAFF", "manager": "MANAGER", "granted.admin": "ADMIN"} {
		b.granted(name+"@example.com", role)
	}
	b.granted("scoped.clerk@example.com", "STAFF", "ci_lumen")
	b.granted("scoped.manager@example.com", "MANAGER", "ci_lumen")
}

// try sends a request straight to the handler, the path as it is.
func (c *client) try(method, path string, header map[string]string) (status int, body string, media string) {
	c.b.t.Helper()
	req, err := http.NewRequestWithContext(c.b.t.Context(), method, c.b.url+path, strings.NewReader("{}"))
	if err != nil {
		return 0, "", "" // no client can send that
	}
	req.RequestURI, req.RemoteAddr = path, "127.0.0.1:1"
	req.Header.Set("Content-Type", "application/json")
	for _, h := range []map[string]string{c.header, header} {
		for name, value := range h {
			req.Header.Set(name, value)
		}
	}
	if c.cookie != "" {
		req.Header.Set("Cookie", c.cookie)
	}
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	w := httptest.NewRecorder()
	c.b.server.Handler().ServeHTTP(w, req)
	return w.Code, w.Body.String(), w.Header().Get("Content-Type")
}

// spellings are ways to write a path that a router, a proxy or a guard may read differently.
func spellings(path string) []string {
	first, rest, _ := strings.Cut(path[1:], "/")
	head, last := path[:strings.LastIndex(path, "/")], path[strings.LastIndex(path, "/")+1:]
	all := []string{
		path, strings.ToUpper(path), "/" + strings.ToUpper(first) + "/" + rest, path + "/", "/" + path, strings.ReplaceAll(path, "/", "//"),
		head + "%2f" + last, head + "%2F" + last, head + "//" + last, head + "/./" + last, head + "/x/../" + last, head + "/%2e/" + last,
		"/." + path, "/x/.." + path, "/..;" + path, "/assets/.." + path, path + "..;/", path + "/..;/", path + ";x=1", head + ";x=1/" + last,
		path + "%20", path + "%00", path + "%0a", path + ".json", path + "?x=1", path + "?/api/movies", path + "/.", path + "%2f", "/%61" + path[2:],
		"/%2561" + path[2:], strings.ReplaceAll(path, "/", `\`), strings.Replace(path, "/", `/\`, 1), head + "/%5c" + last, path + "%23",
		head + "/" + strings.ToUpper(last[:1]) + last[1:],
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// overrides are headers by which some servers take another method or another path.
func overrides(method, path string) []map[string]string {
	return []map[string]string{
		{"X-HTTP-Method-Override": method, "X-HTTP-Method": method, "X-Method-Override": method},
		{"X-Original-URL": path, "X-Rewrite-URL": path, "X-Forwarded-Prefix": "/api/admin"},
		{"X-Role": "ADMIN", "X-User-Id": "us_admin", "X-Forwarded-User": "boss@example.com", "X-Remote-User": "boss@example.com", "X-Step-Up": "true"},
	}
}

// refused wants an answer that gives nothing away: no credentials, no right, or nothing there.
func refused(t *testing.T, status int, body, what string) {
	t.Helper()
	require.Contains(t, []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, status, "%s: %.200s", what, body)
	require.NotContains(t, body, `"items"`, what)
	require.NotContains(t, body, `"ok":true`, what)
}

// Nobody below the role that a route asks for gets anything from it, however he writes its address.
func TestRoutes_refuse_everybody_below_their_role(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.hire()
	routes := routesFor(t, b)
	for _, who := range callers() {
		t.Run(name(who), func(t *testing.T) {
			t.Parallel()
			c := b.call(who)
			for _, r := range slices.Sorted(maps.Keys(routes)) {
				if routes[r] <= who.is {
					continue
				}
				method, pattern, _ := strings.Cut(r, " ")
				path := strings.ReplaceAll(pattern, "*", "none")
				for _, spelt := range spellings(path) {
					status, body, media := c.try(method, spelt, nil)
					if status == 0 || status == http.StatusOK && strings.HasPrefix(media, "text/html") && strings.Contains(body, "<title>Lumen</title>") {
						continue // no request at all, or the page of the app, which holds nothing
					}
					if status == http.StatusMethodNotAllowed {
						continue // no route of that method is there
					}
					refused(t, status, body, method+" "+spelt)
				}
				for _, header := range overrides(method, path) {
					status, body, _ := c.try(method, path, header)
					refused(t, status, body, r+" with headers")
				}
			}
		})
	}
}

// A method that is written over by a header, a parameter or a body stays what it is.
func TestRoutes_have_no_method_override(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.hire()
	routes := routesFor(t, b)
	before := len(b.record(""))
	t.Cleanup(func() { // after every caller
		_, after, err := b.store.Entries(context.WithoutCancel(t.Context()), audit.Query{})
		require.NoError(t, err)
		require.Equal(t, before, after, "something was done")
	})
	for _, who := range callers() {
		t.Run(name(who), func(t *testing.T) {
			t.Parallel()
			c := b.call(who)
			for r, need := range routes {
				if need >= forStaff {
					c.overridden(t, routes, r, who.is)
				}
			}
		})
	}
}

// overridden sends every other method with a header that asks for the route's.
func (c *client) overridden(t *testing.T, routes map[string]int, route string, is int) {
	t.Helper()
	method, pattern, _ := strings.Cut(route, " ")
	path := strings.ReplaceAll(pattern, "*", "none")
	for _, sent := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, "TRACE", "CONNECT"} {
		own, there := routes[strings.Replace(sent, http.MethodHead, http.MethodGet, 1)+" "+pattern]
		if there && own <= is {
			continue // his own
		}
		for _, query := range []string{"", "?_method=" + method + "&method=" + method} {
			status, body, _ := c.try(sent, path+query, overrides(method, path)[0])
			if !there && status == http.StatusMethodNotAllowed {
				continue
			}
			refused(t, status, body, sent+" for "+route)
		}
	}
}

// Whoever may use a route is let in: the table tells both sides.
func TestRoutes_let_their_audience_in(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.hire()
	routes := routesFor(t, b)
	ends := map[string]bool{ // they end the session they are asked with
		"POST /api/auth/logout": true, "POST /api/auth/logout-everywhere": true, "DELETE /api/auth/token": true,
	}
	for _, who := range callers() {
		t.Run(name(who), func(t *testing.T) {
			t.Parallel()
			c := b.call(who)
			for _, r := range slices.Sorted(maps.Keys(routes)) {
				if routes[r] > who.is || ends[r] || strings.HasPrefix(r, "GET /ws/") || strings.HasSuffix(r, "bookings.csv") {
					continue // a recorder is no connection: streams have tests of their own
				}
				method, pattern, _ := strings.Cut(r, " ")
				status, body, _ := c.try(method, strings.ReplaceAll(pattern, "*", "none"), nil)
				if status == http.StatusForbidden || status == http.StatusUnauthorized {
					require.NotContains(t, body, `"error":"forbidden"`, r)
					require.NotContains(t, body, `"error":"unauthorized"`, r)
				}
				require.NotEqual(t, http.StatusInternalServerError, status, "%s: %s", r, body)
			}
		})
	}
}

func name(c caller) string {
	if c.token {
		return c.name + " by token"
	}
	return c.name
}
