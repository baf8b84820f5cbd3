package blackbox_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/redistest"
	"cinema/test/harness"
)

// spellingsOfReserved are addresses that a router or a proxy might take for one of a reserved folder. None is a page.
var spellingsOfReserved = []string{
	"/api%2fme", "/API/me", "//api/me", "/api//me", "/x/../api/me", "/api/./me", "/api%5cme", "/api/me/", "/api;x/me", "/%2e/api/me", "/api%00/me", "/metrics/", "/Metrics", "/debug%2fpprof/", "/DEBUG/pprof/", "/ws", "/WS/x",
	"/media", "/media/avatars", "/media/avatars/", "/.well-known", "/.well-known/security.txt", "/.well-known/openid-configuration", "/.git/HEAD",
}

func reservedFolders(t *testing.T, w *world) {
	p := w.account(t)
	for _, path := range spellingsOfReserved {
		status, body := raw(t, w, path, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+cookieLine(p)+"\r\n")
		require.Equal(t, http.StatusNotFound, status, path)
		require.Contains(t, body, `"not_found"`, path)
		require.NotContains(t, body, p.id, path)
	}
}

// pictures: a person's picture is here and nobody else's affair.
func pictures(t *testing.T, w *world) {
	p, q, g := w.account(t), w.account(t), w.guest(t)
	for _, x := range []*person{p, g} {
		a := x.want(t, http.StatusOK, "GET /media/avatars/"+x.id, nil)
		require.Contains(t, string(x.want(t, http.StatusOK, "GET /api/me", nil).Body), `"picture":"/media/avatars/`+x.id+`"`)
		require.Equal(t, "image/svg+xml", a.Header.Get("Content-Type"))
		require.Equal(t, "private, no-cache", a.Header.Get("Cache-Control"))
		require.Contains(t, a.Header.Get("Content-Security-Policy"), "default-src 'none'")
		require.Empty(t, x.want(t, http.StatusNotModified, "GET /media/avatars/"+x.id, nil, "If-None-Match", a.Header.Get("Etag")).Body)
	}
	for _, path := range []string{"/media/avatars/us_nobody", "/media/avatars/../avatars/x", "/media/avatars/%2e%2e", "/media/avatars/x%2fy"} {
		p.refused(t, "not_found", "GET "+path, nil)
	}
	a := q.Client
	answer, err := a.Do(context.Background(), http.MethodGet, "/media/avatars/"+p.id, nil) // the answer names nobody, the request does
	require.NoError(t, err)
	isProblem(t, answer, "not_found", "another person's picture")
	answer, err = w.visitor(t).Do(context.Background(), http.MethodGet, "/media/avatars/"+p.id, nil)
	require.NoError(t, err)
	isProblem(t, answer, "unauthorized", "a picture without a session")
	w.admin(t).want(t, http.StatusOK, "GET /media/avatars/"+p.id, nil)
}

// browserReports are taken in both forms and in no other; what is logged of them is short, printable and without what may be secret.
func browserReports(t *testing.T, w *world) {
	v := w.visitor(t)
	now, old := "application/reports+json", "application/csp-report"
	send := func(status int, media, body string) {
		t.Helper()
		v.want(t, status, "POST /api/csp-reports", []byte(body), "Content-Type", media, "X-Requested-With", "")
	}
	send(http.StatusNoContent, now, `[{"type":"csp-violation","body":{"effectiveDirective":"script-src-elem-of-a-test","blockedURL":"https://evil.example/x.js?token=t0psecret#frag","sourceFile":"https://u:pw0rd@x.example/"}}]`)
	send(http.StatusNoContent, old, `{"csp-report":{"violated-directive":"img-src-of-a-test\n{\"level\":\"ERROR\"}\u001b[31m","blocked-uri":"`+strings.Repeat("y", 5000)+`"}}`)
	for _, body := range []string{"", "null", "[]", "{}", "nonsense", strings.Repeat("[", 5000), `[{"body":` + strings.Repeat(`{"body":`, 2000)} {
		send(http.StatusNoContent, now, body)
	}
	for _, media := range []string{"application/json", "text/plain", "multipart/form-data", ""} {
		v.refused(t, "unsupported_media_type", "POST /api/csp-reports", []byte(`[]`), "Content-Type", media)
	}
	v.refused(t, "body_too_large", "POST /api/csp-reports", []byte(strings.Repeat(" ", 70<<10)), "Content-Type", now)
	v.refused(t, "cross_origin", "POST /api/csp-reports", []byte(`[]`), "Content-Type", now, "Origin", "https://elsewhere.example")
	log := w.server.Log()
	for _, never := range []string{"t0psecret", "pw0rd", "frag", "\x1b", strings.Repeat("y", 300)} {
		require.NotContains(t, log, never)
	}
	require.Contains(t, log, "https://evil.example/x.js")
	for line := range strings.SplitSeq(log, "\n") {
		require.False(t, strings.HasPrefix(line, `{"level"`), "a report made a line of its own: %s", line)
	}
}

// privateListener answers to its own names alone, has nothing of the product, and the product nothing of it.
func privateListener(t *testing.T, w *world) {
	ask := func(path string, header ...string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.AdminURL()+path, nil)
		require.NoError(t, err)
		for i := 0; i+1 < len(header); i += 2 {
			if header[i] == "Host" {
				r.Host = header[i+1]
				continue
			}
			r.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, "nosniff", res.Header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-store", res.Header.Get("Cache-Control"), path)
		return res.StatusCode, string(body)
	}
	status, body := ask("/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "cinema_rate_limit_refused_total")
	for _, path := range []string{"/debug/pprof/", "/livez"} {
		status, _ = ask(path, "Host", "backend:9090")
		require.Equal(t, http.StatusOK, status, path)
	}
	for _, header := range [][]string{{"Host", "rebound.example:9090"}, {"Host", "127.0.0.1.rebound.example"}, {"Origin", "https://elsewhere.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"}} {
		for _, path := range []string{"/metrics", "/debug/pprof/goroutine?debug=2", "/livez"} {
			status, body = ask(path, header...)
			require.Equal(t, http.StatusForbidden, status, header)
			require.NotContains(t, body, "goroutine")
		}
	}
	for _, path := range []string{"/", "/api/me", "/health", "/api/admin/ping", "/index.html"} {
		status, _ = ask(path)
		require.Equal(t, http.StatusNotFound, status, path)
	}
	v := w.visitor(t)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/goroutine", "/debug/holds/lose"} {
		v.refused(t, "not_found", "GET "+path, nil)
		v.refused(t, "not_found", "POST "+path, nil)
	}
}

// slowHeads: connections whose request never gets complete are ended by the server, and cost the others nothing.
func slowHeads(t *testing.T, w *world) {
	p := w.account(t)
	var open []net.Conn
	for i := range 60 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL(), "http://"))
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		start := "GET /api/movies HTTP/1.1\r\nHost: x\r\nX-Slow: "
		if i%2 == 1 {
			start = "GET /ws/showtimes/x/seats HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgr"
		}
		_, err = io.WriteString(conn, start)
		require.NoError(t, err)
		open = append(open, conn)
	}
	for range 20 {
		p.want(t, http.StatusOK, "GET /api/me", nil)
	}
	for _, c := range open {
		require.NoError(t, c.SetReadDeadline(time.Now().Add(patience)))
		rest, err := io.ReadAll(c)
		require.NoError(t, err, "the server waits for ever")
		require.NotContains(t, string(rest), "200 OK")
	}
}

// told reads a RateLimit field: the quota's name, what is left, and the seconds to wait.
func told(t *testing.T, a harness.Answer) (name string, left, wait int) {
	t.Helper()
	field := a.Header.Get("RateLimit")
	n, err := fmt.Sscanf(field, "%q;r=%d;t=%d", &name, &left, &wait)
	require.NoError(t, err, field)
	require.Equal(t, 3, n)
	var policy string
	var limit, window int
	_, err = fmt.Sscanf(a.Header.Get("RateLimit-Policy"), "%q;q=%d;w=%d", &policy, &limit, &window)
	require.NoError(t, err, a.Header.Get("RateLimit-Policy"))
	require.Equal(t, name, policy)
	require.Positive(t, window)
	require.GreaterOrEqual(t, limit, left)
	return name, left, wait
}

// whatIsLeft is told with every charged answer, whatever its status, and a refusal costs nothing.
func whatIsLeft(t *testing.T, w *world) {
	h, p := w.take(t, "Studio"), w.account(t)
	seats := h.free(t, 1, "standard")
	body := sale{Request: p.request(), Seats: seats}
	for i := range 3 {
		a := p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), body)
		name, left, _ := told(t, a)
		require.Equal(t, "lock", name)
		require.Equal(t, 2-i, left)
	}
	var last int
	for range 5 {
		a := p.refused(t, "rate_limited", "POST "+h.path("/seats/lock"), body)
		_, left, wait := told(t, a)
		require.Zero(t, left)
		require.Equal(t, strconv.Itoa(wait), a.Header.Get("Retry-After"))
		require.True(t, last == 0 || wait <= last, "a refused act moved the wait from %d to %d", last, wait)
		last = wait
	}
	for target, name := range map[string]string{
		"GET /api/me": "reads", "GET /api/movies": "reads", "GET /api/bookings/bk_none": "reads", "GET /api/openapi.json": "reads", "POST /api/auth/token": "signin", "POST /api/auth/guest": "guests",
	} {
		got, _, _ := told(t, p.do(t, target, nil))
		require.Equal(t, name, got, target)
	}
	for _, target := range []string{"GET /health", "GET /", "DELETE " + h.path("/seats/lock"), "GET /media/avatars/" + p.id} {
		require.Empty(t, p.do(t, target, nil).Header.Get("RateLimit"), target)
	}
	name, _, _ := told(t, p.want(t, http.StatusOK, "POST /api/auth/logout", nil))
	require.Equal(t, "changes", name)
}

// TestSockets_of_the_process: there is an end to all sockets together, whoever opens them.
func TestSockets_of_the_process(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "RATE_LIMITS=allsockets=3")
	h := w.take(t, "Studio")
	for range 3 {
		require.Equal(t, "snapshot", w.visitor(t).watch(t, h.id, "", nil).next().Type)
	}
	s, _, err := w.account(t).dial(t, h.id, "", nil)
	require.NoError(t, err)
	require.EqualValues(t, 1013, s.closed())
}

// figure reads one figure of a server's private listener.
func figure(t *testing.T, s *harness.Server, name string) int {
	t.Helper()
	res, err := http.Get(s.AdminURL() + "/metrics")
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(text), "\n") {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			require.NoError(t, err)
			return int(n)
		}
	}
	t.Fatal("no figure ", name)
	return 0
}

// TestQuotas_across_processes: servers on one Redis count together; without it each goes on by what it let through itself, and nobody gets
// an error or more than the quota of each.
func TestQuotas_across_processes(t *testing.T) {
	t.Parallel()
	const limit = 6
	redis := redistest.StartPlain(t)
	env := []string{"REDIS_ADDR=" + redis.Addr, "JWT_SECRET=" + strong(), "RATE_LIMITS=lookup=" + strconv.Itoa(limit) + "/1h"}
	servers := []*world{newWorld(t, env...), newWorld(t, env...)}
	ask := func(rounds int) (allowed int) {
		for n := range rounds {
			w := servers[n%2]
			a := w.visitor(t).do(t, "POST /api/bookings/lookup", map[string]string{"reference": "ZZZZ-9999", "email": "nobody@example.com"})
			if a.Status == http.StatusNotFound {
				allowed++
				continue
			}
			isProblem(t, a, "rate_limited", "lookup")
		}
		return allowed
	}
	alone := func() int {
		return figure(t, servers[0].server, "cinema_rate_limit_fallbacks_total") + figure(t, servers[1].server, "cinema_rate_limit_fallbacks_total")
	}
	first := ask(3 * limit)
	require.GreaterOrEqual(t, first, limit)
	require.LessOrEqual(t, first, limit+alone(), "two processes gave more than one quota") // a busy machine may make Redis late
	redis.Kill()
	before := alone()
	rest := ask(6 * limit)
	require.LessOrEqual(t, first+rest, 2*limit, "an outage gave somebody a new quota")
	require.Greater(t, alone(), before, "the outage is counted")
}
