package blackbox_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEdge attacks what stands before every handler.
func TestEdge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "CORS_ORIGINS=https://partner.example")
	w.each(t, map[string]func(*testing.T, *world){
		"headers":                 everyHeader,
		"cross origin":            crossOrigin,
		"cors":                    listedOrigin,
		"credentials":             wrongCredentials,
		"reading changes nothing": safeMethods,
		"spellings of an address": spellings,
		"redirects":               redirects,
		"sizes":                   sizes,
		"media types":             mediaTypes,
		"request ids":             requestIDs,
		"raw requests":            rawRequests,
		"slow bodies":             slowBodies,
		"forwarding headers":      forwarded,
		"cookies":                 cookies,
		"text stays text":         textStaysText,
		"reserved folders":        reservedFolders,
		"pictures":                pictures,
		"browsers' reports":       browserReports,
		"the private listener":    privateListener,
		"slow heads":              slowHeads,
	})
	w.alone(t, "alive", health) // after all of the above
}

func everyHeader(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	asset := firstAsset(t, p)
	for _, c := range []struct{ method, path string }{
		{"GET", "/"},
		{"GET", "/any/page/of/the/app"},
		{"GET", asset},
		{"GET", "/health"},
		{"GET", "/livez"},
		{"GET", "/readyz"},
		{"GET", "/api/me"},
		{"GET", "/api/nothing"},
		{"GET", "/api"},
		{"GET", "/ws"},
		{"GET", "/ws/showtimes/" + h.id + "/seats"},
		{"GET", "/metrics"},
		{"GET", "/debug/pprof/"},
		{"GET", "/media/posters/none.svg"},
		{"GET", "/api/movies"},
		{"GET", "/api/showtimes"},
		{"GET", h.path("/seats/state")},
		{"POST", h.path("/seats/lock")},
		{"PUT", h.path("/seats/lock")},
		{"DELETE", "/api/movies"},
		{"PATCH", "/"},
		{"OPTIONS", "/api/movies"},
		{"TRACE", "/api/me"},
		{"GET", "/api/openapi.json"},
		{"GET", "/api/docs"},
		{"GET", "/api/admin/bookings"},
		{"HEAD", "/"},
		{"GET", "/missing.js"},
		{"GET", "/api/bookings/bk_none"},
		{"GET", "/favicon.ico"},
		{"GET", "/robots.txt"},
		{"GET", "/.env"},
		{"GET", "/.git/config"},
		{"GET", "/assets/"},
		{"GET", "/index.html"},
	} {
		a := p.do(t, c.method+" "+c.path, nil)
		what := c.method + " " + c.path
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "", "Permissions-Policy": "",
			"Content-Security-Policy": "", "X-Request-Id": "", "Cache-Control": "",
		} {
			got := a.Header.Get(name)
			require.NotEmpty(t, got, "%s lacks %s", what, name)
			if want != "" {
				require.Equal(t, want, got, "%s %s", what, name)
			}
		}
		csp := a.Header.Get("Content-Security-Policy")
		require.Contains(t, csp, "default-src 'none'", what)
		require.Contains(t, csp, "frame-ancestors 'none'", what)
		require.NotContains(t, csp, "unsafe", what)
		require.Empty(t, a.Header.Get("Server"), what)
		require.Empty(t, a.Header.Get("X-Powered-By"), what)
		require.Empty(t, a.Header.Get("Strict-Transport-Security"), "%s: no HSTS in development", what)
		require.Empty(t, a.Header.Get("Access-Control-Allow-Origin"), what)
		require.Less(t, a.Status, 500, what)
		if strings.HasPrefix(c.path, "/api") && a.Status >= 400 && c.method != "HEAD" {
			require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), what)
		}
	}
	for _, path := range []string{"/.env", "/.git/config", "/missing.js", "/metrics", "/debug/pprof/", "/debug/holds/lose", "/debug", "/api", "/ws", "/media", "/api/..", "/ws/x"} {
		p.refused(t, "not_found", "GET "+path, nil)
	}
	require.Contains(t, p.want(t, http.StatusOK, "GET "+asset, nil).Header.Get("Cache-Control"), "immutable")
	require.Equal(t, "no-store", p.want(t, http.StatusOK, "GET /", nil).Header.Get("Cache-Control"))
	for _, path := range []string{"/api/me", "/api/bookings"} {
		require.Equal(t, "no-store", p.want(t, http.StatusOK, "GET "+path, nil).Header.Get("Cache-Control"))
	}
	a := p.want(t, http.StatusOK, "GET "+h.path("/seats/state"), nil)
	vary := strings.Join(a.Header.Values("Vary"), ",")
	require.Contains(t, vary, "Cookie")
	require.Contains(t, vary, "Authorization")
	tag := a.Header.Get("Etag")
	require.NotEmpty(t, tag)
	require.Empty(t, p.want(t, http.StatusNotModified, "GET "+h.path("/seats/state"), nil, "If-None-Match", tag).Body)
	require.NotEqual(t, tag, w.account(t).want(t, http.StatusOK, "GET "+h.path("/seats/state"), nil).Header.Get("Etag"), "the tag differs by viewer")
}

// firstAsset is a script that the page loads.
func firstAsset(t *testing.T, p *person) string {
	t.Helper()
	page := string(p.want(t, http.StatusOK, "GET /", nil).Body)
	_, rest, ok := strings.Cut(page, `src="/assets/`)
	require.True(t, ok, "the page loads no script")
	name, _, _ := strings.Cut(rest, `"`)
	return "/assets/" + name
}

func crossOrigin(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	seats := h.free(t, 1, "standard")
	body := sale{Request: p.request(), Seats: seats}
	h.unchanged(t, p, func() {
		for _, head := range [][]string{
			{"X-Requested-With", ""},
			{"X-Requested-With", "XMLHttpRequest"},
			{"X-Requested-With", "cinema, cinema"},
			{"Origin", "https://elsewhere.example"},
			{"Origin", "null"},
			{"Origin", w.server.URL() + ".elsewhere.example"},
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"},
			{"Origin", "https://elsewhere.example", "Sec-Fetch-Site", "cross-site"},
		} {
			for _, c := range []struct{ method, path string }{
				{http.MethodPost, h.path("/seats/lock")},
				{http.MethodDelete, h.path("/seats/lock")},
				{http.MethodPost, "/api/auth/logout"},
				{http.MethodPost, "/api/auth/token"},
				{http.MethodPost, h.path("/bookings/confirm")},
				{http.MethodPost, "/api/ws-tickets"},
				{http.MethodPost, "/api/nothing"},
				{http.MethodPost, "/api/auth/dev/login"},
			} {
				p.refused(t, "cross_origin", c.method+" "+c.path, body, head...)
			}
		}
	})
	p.want(t, http.StatusOK, "GET /api/me", nil) // still signed in
	client := p.bearer(t)
	client.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), sale{Request: p.request(), Seats: seats}, "X-Requested-With", "")
	// Both credentials: the bearer wins, a bad one is not rescued by the cookie, and the cookie's header rule does not apply.
	p.refused(t, "unauthorized", "GET /api/me", nil, "Authorization", "Bearer nonsense")
	other := w.account(t)
	same(other, p) // both credentials are known to one browser
	same(other, client)
	a := other.want(t, http.StatusOK, "GET /api/me", nil, "Authorization", "Bearer "+client.Bearer)
	require.Contains(t, string(a.Body), p.id)
}

func listedOrigin(t *testing.T, w *world) {
	p := w.account(t)
	a := p.do(t, "OPTIONS /api/me", nil, "Origin", "https://partner.example", "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "x-requested-with")
	require.Equal(t, http.StatusNoContent, a.Status)
	require.Equal(t, "https://partner.example", a.Header.Get("Access-Control-Allow-Origin"))
	a = p.do(t, "GET /api/me", nil, "Origin", "https://partner.example")
	require.Equal(t, "https://partner.example", a.Header.Get("Access-Control-Allow-Origin"))
	for _, origin := range []string{"https://partner.example.org", "http://partner.example", "https://partner.example:444", "https://x.partner.example", "null"} {
		a := p.do(t, "GET /api/me", nil, "Origin", origin)
		require.Empty(t, a.Header.Get("Access-Control-Allow-Origin"), origin)
	}
}

func wrongCredentials(t *testing.T, w *world) {
	v, p := w.visitor(t), w.account(t)
	token := p.bearer(t).Bearer
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	for _, auth := range []string{
		"Bearer", "Bearer ", "Basic YWRtaW46YWRtaW4=", token, "Bearer " + parts[0] + "." + parts[1] + ".", "Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + parts[1] + ".",
		"Bearer " + parts[0] + ".eyJzdWIiOiJhZG1pbiJ9." + parts[2], "Bearer " + token + " x", "Bearer " + strings.Repeat("a", 8000), "Digest x", "Bearer " + token[:len(token)-2],
	} {
		a := v.do(t, "GET /api/me", nil, "Authorization", auth)
		isProblem(t, a, "unauthorized", auth)
		a = v.do(t, "GET /api/movies", nil, "Authorization", auth)
		require.Equal(t, http.StatusUnauthorized, a.Status, "a wrong token is told everywhere: %s", auth)
	}
	for _, cookie := range []string{"session=", "session=nonsense", "session=" + strings.Repeat("A", 43), "session=' OR 1=1 --", "session=" + p.id, "session=..%2f..", "__Host-session=x"} {
		v.refused(t, "unauthorized", "GET /api/me", nil, "Cookie", cookie)
	}
	v.refused(t, "unauthorized", "GET /api/me?token="+token+"&access_token="+token, nil)
	p.refused(t, "forbidden", "GET /api/admin/ping", nil)
	w.guest(t).refused(t, "forbidden", "GET /api/admin/audit", nil)
	w.admin(t).want(t, http.StatusOK, "GET /api/admin/ping", nil)
	a := w.admin(t).want(t, http.StatusOK, "GET /api/admin/bookings?limit=5&status=BOOKED", nil)
	require.NotContains(t, string(a.Body), "CT1:", "a list admits nobody")
}

// safeMethods: GET and HEAD change nothing, and no header or field makes one method another.
func safeMethods(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	seats := h.free(t, 1, "standard")
	_, b := h.buy(t, p, h.free(t, 1, "standard")...)
	body := sale{Request: p.request(), Seats: seats}
	h.unchanged(t, p, func() {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			for _, path := range []string{
				h.path("/seats/lock"), h.path("/seats/best"), h.path("/seats/extend"), h.path("/bookings/confirm"), h.path("/bookings/checkout"), "/api/bookings/" + b.ID + "/cancel",
				"/api/bookings/" + b.ID + "/settle", "/api/auth/logout", "/api/auth/guest", "/api/auth/token", "/api/ws-tickets", "/api/bookings/lookup", "/api/auth/dev/login",
			} {
				for _, head := range [][]string{nil, {"X-HTTP-Method-Override", "POST"}, {"X-HTTP-Method", "POST"}, {"X-Method-Override", "POST"}} {
					a := p.do(t, method+" "+path+"?_method=POST&method=POST", body, head...)
					require.Contains(t, []int{http.StatusMethodNotAllowed, http.StatusNotFound}, a.Status, "%s %s", method, path)
				}
			}
		}
		for _, head := range [][]string{{"X-HTTP-Method-Override", "DELETE"}, {"X-HTTP-Method", "DELETE"}} {
			p.refused(t, "invalid_seat_ids", "POST "+h.path("/seats/lock"), sale{Seats: []string{"Z99"}}, head...)
		}
	})
	p.want(t, http.StatusOK, "GET /api/me", nil)
	require.Equal(t, "BOOKED", bookingOf(t, p.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil)).Status)
	for _, path := range []string{"/", "/health", "/api/movies", "/api/me", h.path("/seats/state"), "/api/tickets/" + b.Tickets[0].ID + "/qr.svg"} {
		a := p.want(t, http.StatusOK, "HEAD "+path, nil)
		require.Empty(t, a.Body, path)
		require.Equal(t, p.do(t, "GET "+path, nil).Header.Get("Content-Type"), a.Header.Get("Content-Type"), path)
	}
	a := p.do(t, "PUT "+h.path("/seats/lock"), body)
	isProblem(t, a, "method_not_allowed", "PUT lock")
	for _, m := range []string{http.MethodPost, http.MethodDelete} {
		require.Contains(t, a.Header.Get("Allow"), m, "405 names what is allowed")
	}
}

func sizes(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	big := []byte(`{"seat_ids":["` + strings.Repeat("A", 70<<10) + `"]}`)
	h.unchanged(t, p, func() {
		for _, path := range sales(h) {
			p.refused(t, "body_too_large", "POST "+path, big)
		}
		p.refused(t, "body_too_large", "POST "+h.path("/seats/extend"), big, "Idempotency-Key", "key-of-a-large-body")
		p.refused(t, "body_too_large", "POST /api/csp-reports", big, "Content-Type", "application/csp-report")
		// Chunked: the size is not told beforehand.
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.server.URL()+h.path("/seats/lock"), io.MultiReader(bytes.NewReader(big), bytes.NewReader(big)))
		require.NoError(t, err)
		req.Header = p.Cookies()
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Requested-With", "cinema")
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_ = res.Body.Close()
		require.Equal(t, http.StatusRequestEntityTooLarge, res.StatusCode)
		// Packed: a small body that would unfold to a large one is not unfolded.
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(bytes.Repeat([]byte(" "), 8<<20))
		_ = z.Close()
		a := p.do(t, "POST "+h.path("/seats/lock"), packed.Bytes(), "Content-Encoding", "gzip")
		require.Contains(t, []int{http.StatusBadRequest, http.StatusUnsupportedMediaType}, a.Status)
	})
	status, _ := raw(t, w, "large header", "GET /health HTTP/1.1\r\nHost: x\r\nX-Large: "+strings.Repeat("a", 64<<10)+"\r\n\r\n")
	require.Contains(t, []int{0, http.StatusRequestHeaderFieldsTooLarge}, status)
	status, _ = raw(t, w, "large address", "GET /"+strings.Repeat("a", 64<<10)+" HTTP/1.1\r\nHost: x\r\n\r\n")
	require.Contains(t, []int{0, http.StatusRequestURITooLong, http.StatusRequestHeaderFieldsTooLarge}, status)
}

func mediaTypes(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	seats := h.free(t, 1, "standard")
	body := []byte(`{"seat_ids":["` + seats[0] + `"],"request_id":"` + p.request() + `"}`)
	h.unchanged(t, p, func() {
		for _, media := range []string{
			"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", "application/json; charset=utf-16", "text/json", "application/jsonx", "", "nonsense", "application/cbor",
		} {
			p.refused(t, "unsupported_media_type", "POST "+h.path("/seats/lock"), body, "Content-Type", media)
		}
	})
	p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), body, "Content-Type", "application/json; charset=UTF-8")
	for _, accept := range []string{"application/cbor", "text/html", "*/*;q=0", "application/xml, */*"} {
		a := p.do(t, "GET /api/me", nil, "Accept", accept)
		require.Contains(t, []int{http.StatusOK, http.StatusNotAcceptable}, a.Status, accept)
		if a.Status == http.StatusOK {
			require.Contains(t, a.Header.Get("Content-Type"), "application/json", accept)
		}
	}
}

func requestIDs(t *testing.T, w *world) {
	v := w.visitor(t)
	a := v.do(t, "GET /health", nil, "X-Request-Id", "my-own-request-1")
	require.Equal(t, "my-own-request-1", a.Header.Get("X-Request-Id"))
	for _, id := range []string{"short", strings.Repeat("a", 200), "with space in", "<script>alert(1)</script>", "a,b;c=d\"", "äöüäöüäöü", "../../../etc/passwd", "${jndi:ldap://x}"} {
		a := v.do(t, "GET /api/nothing", nil, "X-Request-Id", id)
		require.NotContains(t, a.Header.Get("X-Request-Id"), id)
		require.NotContains(t, string(a.Body), id)
	}
	status, body := raw(t, w, "injection", "GET /api/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Request-Id: abcdefgh\rX-Evil: 1\r\n\r\n")
	require.NotContains(t, body, "Evil")
	require.Less(t, status, 500)
	// Two requests without a name get two names.
	one, two := v.do(t, "GET /health", nil), v.do(t, "GET /health", nil)
	require.NotEqual(t, one.Header.Get("X-Request-Id"), two.Header.Get("X-Request-Id"))
}

// rawRequests: what no library sends. The server refuses or hangs up, and lives.
func rawRequests(t *testing.T, w *world) {
	for what, request := range map[string]string{
		"two lengths":            "POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
		"length and chunked":     "POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/admin/ping HTTP/1.1\r\n\r\n",
		"odd transfer encoding":  "POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
		"negative length":        "POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
		"huge length":            "POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
		"no host":                "GET /api/me HTTP/1.1\r\n\r\n",
		"two hosts":              "GET /api/me HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
		"nul in a header":        "GET /api/me HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
		"no method":              " /api/me HTTP/1.1\r\nHost: x\r\n\r\n",
		"newline in the address": "GET /api/\nme HTTP/1.1\r\nHost: x\r\n\r\n",
		"folded header":          "GET /api/me HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n",
		"space before the colon": "GET /api/me HTTP/1.1\r\nHost: x\r\nCookie : session=x\r\n\r\n",
		"connect":                "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\n\r\n",
		"proxy":                  "GET http://elsewhere.example/api/me HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close\r\n\r\n",
		"half an upgrade":        "GET /ws/showtimes/x/seats HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 12\r\n\r\n",
	} {
		status, body := raw(t, w, what, request)
		require.True(t, status == 0 || status >= 400 && status <= 501 && status != 500, "%s: %d %s", what, status, body)
		require.NotContains(t, body, "goroutine", what)
	}
}

// slowBodies hold no handler: others are served while a body does not come, and a short body is refused.
func slowBodies(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	head := "POST " + h.path("/seats/lock") + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Requested-With: cinema\r\n" + cookieLine(p) + "Content-Length: 200\r\n\r\n{\"seat_ids\":["
	h.unchanged(t, p, func() {
		var open []net.Conn
		for range 50 {
			conn, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL(), "http://"))
			require.NoError(t, err)
			_, err = io.WriteString(conn, head)
			require.NoError(t, err)
			open = append(open, conn)
		}
		p.want(t, http.StatusOK, "GET /api/me", nil)
		for _, c := range open {
			half, ok := c.(*net.TCPConn)
			require.True(t, ok)
			require.NoError(t, half.CloseWrite())
			require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err == nil {
				_ = res.Body.Close()
				require.Equal(t, http.StatusBadRequest, res.StatusCode)
			}
			_ = c.Close()
		}
	})
}

// forwarded: without a trusted proxy nobody may choose his own address, host or scheme.
func forwarded(t *testing.T, w *world) {
	p := w.account(t)
	a := p.want(t, http.StatusOK, "GET /", nil, "X-Forwarded-Host", "elsewhere.example", "X-Forwarded-Proto", "https", "Forwarded", "host=elsewhere.example", "X-Forwarded-For", "1.2.3.4")
	require.NotContains(t, string(a.Body), "elsewhere.example")
	a = p.want(t, http.StatusOK, "GET /api/openapi.json", nil, "X-Forwarded-Host", "elsewhere.example")
	require.NotContains(t, string(a.Body), "elsewhere.example")
	p.refused(t, "cross_origin", "POST /api/auth/token", nil, "Origin", "https://elsewhere.example", "X-Forwarded-Host", "elsewhere.example")
	a = w.visitor(t).want(t, http.StatusOK, "POST /api/auth/guest", nil, "X-Forwarded-Proto", "https", "X-Forwarded-Host", "elsewhere.example", "X-Forwarded-Scheme", "https", "X-Forwarded-Ssl", "on", "Front-End-Https", "on")
	require.NotContains(t, a.Header.Get("Set-Cookie"), "Secure", "no header says how the browser came here")
	require.NotContains(t, a.Header.Get("Set-Cookie"), "elsewhere")
}

func cookies(t *testing.T, w *world) {
	v := w.visitor(t)
	a := v.want(t, http.StatusOK, "POST /api/auth/guest", nil)
	c := a.Header.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		require.Contains(t, c, part)
	}
	require.NotContains(t, c, "Domain")
	before := v.Cookies().Get("Cookie")
	v.signIn(t, fmt.Sprintf("rotation-%s@example.com", run))
	require.NotEqual(t, before, v.Cookies().Get("Cookie"), "a sign-in rotates the session")
	old := w.visitor(t)
	old.refused(t, "unauthorized", "GET /api/me", nil, "Cookie", before)
	now := v.Cookies().Get("Cookie")
	a = v.want(t, http.StatusOK, "POST /api/auth/logout", nil)
	require.Contains(t, a.Header.Get("Clear-Site-Data"), "cookies")
	old.refused(t, "unauthorized", "GET /api/me", nil, "Cookie", now)
}

// textStaysText: what people write is kept as it is, and is never markup, SQL or a header.
func textStaysText(t *testing.T, w *world) {
	h, g := w.take(t, "Studio"), w.guest(t)
	seats := h.free(t, 1, "standard")
	name := `<img src=x onerror=alert(1)> "Robert'); DROP TABLE bookings;--" {{7*7}} \u202e Å`
	s := sale{Request: h.hold(t, g, seats...), Seats: seats, Customer: map[string]string{"email": "text-" + run + "@example.com", "name": name}}
	a := g.do(t, "POST "+h.path("/bookings/confirm"), s)
	require.Equal(t, http.StatusOK, a.Status, string(a.Body))
	var v struct {
		Booking struct{ Customer struct{ Name string } }
	}
	require.NoError(t, a.JSON(&v))
	require.Equal(t, name, v.Booking.Customer.Name)
	b := bookingOf(t, a)
	for _, file := range []string{"/tickets.pdf", "/calendar.ics"} {
		a := g.want(t, http.StatusOK, "GET /api/bookings/"+b.ID+file, nil)
		require.Contains(t, a.Header.Get("Content-Disposition"), "attachment")
		require.NotContains(t, a.Header.Get("Content-Disposition"), "<")
	}
	seats = h.free(t, 1, "standard")
	for _, bad := range []string{"line\nbreak", "nul\u0000", strings.Repeat("x", 5000)} {
		s := sale{Request: h.hold(t, g, seats...), Seats: seats, Customer: map[string]string{"email": "text-" + run + "@example.com", "name": bad}}
		a := g.do(t, "POST "+h.path("/bookings/confirm"), s)
		require.Equal(t, http.StatusBadRequest, a.Status, "%.20q: %s", bad, a.Body)
	}
}
