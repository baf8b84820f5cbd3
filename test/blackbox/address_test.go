package blackbox_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// spellings of administrative addresses never reach the handler without the role, whatever a router makes of them.
func spellings(t *testing.T, w *world) {
	p, v := w.account(t), w.visitor(t)
	for _, path := range []string{
		"//api/admin/bookings", "/api//admin/bookings", "/api/./admin/bookings", "/api/x/../admin/bookings", "/api/admin/bookings/", "/api/admin//bookings", "/API/ADMIN/BOOKINGS",
		"/api/Admin/bookings", "/api/%61dmin/bookings", "/api/admin%2fbookings", "/api/admin%2Fbookings", "/%2e/api/admin/bookings", "/api/%2e%2e/api/admin/bookings", "/api/admin/bookings;x=1",
		"/api/admin/bookings%20", "/api/admin/bookings%00", "/api/admin/bookings.json", "/api/admin/bookings#x", "/api/admin/bookings?a=/api/movies", "/api\\admin\\bookings", "/api/movies/../admin/bookings",
		"/./api/admin/bookings", "/api/admin/./bookings", "/api/admin/bookings/.", "/api/admin/bookings/..", "/api/admin/%62ookings", "/api/%2561dmin/bookings", "/assets/../api/admin/bookings",
	} {
		for who, x := range map[string]*person{"user": p, "visitor": v} {
			status, body := raw(t, w, who+" "+path, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"+cookieLine(x)+"\r\n")
			require.NotContains(t, body, `"total"`, "%s as %s", path, who)
			require.NotContains(t, body, `"items"`, "%s as %s", path, who)
			require.Less(t, status, 500, path)
			if status == http.StatusOK { // the app's own page, which holds nothing
				require.Contains(t, body, "<!doctype html", path)
				require.NotContains(t, strings.ToLower(path), "/api/admin", "the page answers for %s", path)
			}
		}
	}
	for _, path := range []string{"/api/admin/ping", "/api/admin/bookings", "/api/admin/audit"} {
		v.refused(t, "unauthorized", "GET "+path, nil)
		p.refused(t, "forbidden", "GET "+path, nil)
		p.refused(t, "forbidden", "GET "+path, nil, "X-Original-URL", "/api/movies", "X-Rewrite-URL", "/api/movies", "X-Role", "ADMIN")
	}
}

func cookieLine(p *person) string {
	line := strings.Join(p.Cookies().Values("Cookie"), "; ")
	if line == "" {
		return ""
	}
	return "Cookie: " + line + "\r\n"
}

// raw sends bytes as they are and reads one answer.
func raw(t *testing.T, w *world, what, request string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL(), "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, request)
	require.NoError(t, err, what)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, "" // the server hung up without an answer
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res.StatusCode, string(b)
}

func redirects(t *testing.T, w *world) {
	v := w.visitor(t)
	for _, path := range []string{
		"//elsewhere.example", "//elsewhere.example/%2e%2e", "/\\elsewhere.example", "/%5Celsewhere.example", "/?return_to=https://elsewhere.example", "/api/auth/google/login?return_to=https://elsewhere.example",
		"/api/auth/google/login?return_to=//elsewhere.example", "/api/auth/google/login?return_to=/%5Celsewhere.example", "/api/auth/google/callback?code=x&state=y", "/api/auth/dev/login?return_to=//elsewhere.example",
		"/sign-in?open=//elsewhere.example", "/%0d%0aLocation:%20https://elsewhere.example", "/api/movies/",
	} {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, w.server.URL(), nil)
		require.NoError(t, err)
		req.URL.Opaque = path // as it is
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Do(req)
		require.NoError(t, err, path)
		_ = res.Body.Close()
		require.NotContains(t, res.Header.Get("Location"), "elsewhere.example", path)
		require.True(t, res.StatusCode < 500 || strings.HasPrefix(path, "/api/auth/google/"), "%s: %d", path, res.StatusCode) // no provider here: 503
	}
	v.want(t, http.StatusOK, "GET /", nil)
}
