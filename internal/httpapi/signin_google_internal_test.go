package httpapi

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"/", "/films", "/films/", "/films/low-orbit?day=2026-03-10&sort=a%20b#seats", "/bookings/bk_1", "/account?tab=devices", "/films/100%25", "/films/%C3%A9t%C3%A9",
		"/authorize?redirect_uri=http://127.0.0.1:4000/cb&state=a", "/search?q=//evil.example", "/films?next=https://evil.example", "/#//evil.example", "/a;b=c", "/@me",
	} {
		require.Equal(t, good, localPath(good))
	}
	for _, bad := range []string{
		"", "films", "%2f", "%2Ffilms", "?q=1", "#a", "//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/films\\..\\x",
		"https://evil.example", "HTTPS://evil.example/films", "https:evil.example", "https:/evil.example", "javascript:alert(1)", "data:text/html,x", "//user@evil.example",
		"https://tickets.example@evil.example/", "/%2Fevil.example", "/%2f%2fevil.example", "/%5Cevil.example", "/%5c%5cevil.example", "/%252Fevil.example", "/%25252fevil.example",
		"/%2e%2e//evil.example", "/films//x", "/./films", "/../films", "/films/..", "/films/%2e%2e/x", "/.//evil.example", "/%0d%0aSet-Cookie:a=b", "/films\r\nSet-Cookie: a=b",
		"/films\x00", "/%00", "/%09/evil.example", "/\t/evil.example", "/ /evil.example", "/films%20x", " /films", "/films ", "/films\u2028", "/été", "/%7f", "/%zz", "/%",
		"/api/auth/google/login", "/API/auth/google/login", "/api%2Fauth/google/login", "/%61pi/me", "/api", "/ws/showtimes/x/seats", "/media/posters/a.svg", "/metrics", "/.env", "/<script>",
		"/films\"onload=\"x", "/" + strings.Repeat("a", 2048),
	} {
		require.Equal(t, "/", localPath(bad), "%q", bad)
	}
	require.Equal(t, "/"+strings.Repeat("a", 2047), localPath("/"+strings.Repeat("a", 2047)))
}

// Whatever is asked for, a browser stays at the product: a path of the web app, as it was sent or the first page.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{
		"/films?x=1#y", "//evil.example", "/%2f%2fevil", "/\\evil", "/%5cevil", "/%25252e%25252e/", "/a/../b", "https://a@b/c", "/\t/evil", "/%E0%A4%A", "/a%2fapi/b", "/..;/x", "/%2e%2e%2f", "%2f",
	} {
		f.Add(seed)
	}
	base, err := url.Parse("https://tickets.example/api/auth/google/callback?code=x")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, s string) {
		got := localPath(s)
		if got != "/" && got != s {
			t.Fatalf("%q became %q", s, got)
		}
		if got != "/" && localPath(got) != got {
			t.Fatalf("%q is taken once and not twice", got)
		}
		for i := range len(got) {
			if c := got[i]; c <= ' ' || c >= 0x7f || c == '\\' || c == '"' || c == '<' {
				t.Fatalf("%q in %q", c, got)
			}
		}
		// As browsers read a Location: tabs and newlines are dropped, a backslash is a slash.
		u, err := base.Parse(strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(got))
		if err != nil || u.Scheme != base.Scheme || u.Host != base.Host || u.User != nil {
			t.Fatalf("%q leads to %v (%v)", got, u, err)
		}
		for p, last := u.Path, ""; p != last; {
			if strings.HasPrefix(p, "//") || strings.Contains(p, `\`) || strings.Contains(p, "/../") || isReserved(p) {
				t.Fatalf("%q leads to %q", got, p)
			}
			last = p
			if next, err := url.PathUnescape(p); err == nil {
				p = next
			}
		}
		joined, err := url.Parse("https://front.example" + got) // as it is joined to FRONTEND_URL
		if err != nil || joined.Host != "front.example" || joined.User != nil {
			t.Fatalf("%q joins to %v (%v)", got, joined, err)
		}
	})
}

func TestWantsPage(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": true, "TEXT/HTML": true, "application/json, text/html;q=0.1": true,
		"": false, "*/*": false, "application/json": false, "text/html;q=0": false, "text/html; q=0.000": false, "text/htmlx": false,
	} {
		r := newRequest(t, "/", accept)
		require.Equal(t, want, wantsPage(r), accept)
	}
}

func newRequest(t *testing.T, target, accept string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	r.Header.Set("Accept", accept)
	return r
}
