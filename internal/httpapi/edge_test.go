package httpapi_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/httpapi"
	"cinema/internal/payment"
	"cinema/internal/ratelimit"
)

func TestStrictJSON(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, body := range map[string]string{
		"no body":          ``,
		"not JSON":         `email=a`,
		"an array":         `[]`,
		"a wrong type":     `{"email":1}`,
		"an unknown field": `{"email":"a@b.c","admin":true}`,
		"a double field":   `{"email":"a@b.c","email":"d@e.f"}`,
		"another case":     `{"Email":"a@b.c"}`,
		"an escaped twin":  `{"email":"a@b.c","em\u0061il":"d@e.f"}`,
		"trailing data":    `{"email":"a@b.c"} {}`,
		"null":             `{"email":null}`,
		"broken UTF-8":     "{\"email\":\"a@b.c\xff\"}",
		"too deep":         strings.Repeat("[", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := b.visitor().post("/api/auth/dev/login", body)
			require.Equal(t, http.StatusBadRequest, r.status, r.text)
			require.Equal(t, "invalid_body", r.code(t))
			require.NotContains(t, r.text, "d@e.f")
			require.Empty(t, r.header.Get("Set-Cookie"), "nothing is done")
		})
	}
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		huge := `{"email":"a@b.c","name":"` + strings.Repeat("x", 70_000) + `"}`
		r := b.visitor().post("/api/auth/dev/login", huge)
		require.Equal(t, http.StatusRequestEntityTooLarge, r.status)
		require.Equal(t, "body_too_large", r.code(t))
	})
	t.Run("another media type", func(t *testing.T) {
		t.Parallel()
		for _, media := range []string{"text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "nonsense/", ""} {
			r := b.visitor().with("Content-Type", media).post("/api/auth/dev/login", `{"email":"a@b.c"}`)
			require.Equal(t, http.StatusUnsupportedMediaType, r.status, media)
			require.Equal(t, "unsupported_media_type", r.code(t))
		}
	})
	t.Run("utf-8 may be said", func(t *testing.T) {
		t.Parallel()
		r := b.visitor().with("Content-Type", "application/json; charset=UTF-8").post("/api/auth/dev/login", `{"email":"a@b.c"}`)
		require.Equal(t, http.StatusOK, r.status)
	})
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *httpapi.Deps) { d.Settings.FrontendURL = "https://front.example" })
	ann := b.person("ann@example.com")
	refused := func(t *testing.T, r response) {
		t.Helper()
		require.Equal(t, http.StatusForbidden, r.status, r.text)
		require.Equal(t, "cross_origin", r.code(t))
	}

	t.Run("a cookie without the header", func(t *testing.T) {
		t.Parallel()
		refused(t, ann.with("X-Requested-With", "").post("/api/auth/token", nil))
		refused(t, ann.with("X-Requested-With", "XMLHttpRequest").post("/api/auth/token", nil))
		require.Equal(t, http.StatusOK, ann.with("X-Requested-With", "").get("/api/me").status, "reading needs none")
	})
	t.Run("another site", func(t *testing.T) {
		t.Parallel()
		refused(t, ann.with("Origin", "https://evil.example").post("/api/auth/token", nil))
		refused(t, ann.with("Sec-Fetch-Site", "cross-site").post("/api/auth/token", nil))
		refused(t, b.visitor().with("Origin", "null").post("/api/auth/guest", nil))
		refused(t, b.visitor().with("Sec-Fetch-Site", "same-site").with("Origin", "https://sub.example").post("/api/auth/dev/login", `{"email":"a@b.c"}`))
	})
	t.Run("origin comes before credentials and body", func(t *testing.T) {
		t.Parallel()
		c := &client{b: b, bearer: "nonsense", header: map[string]string{"Origin": "https://evil.example"}}
		refused(t, c.post("/api/auth/token", "not json"))
	})
	t.Run("the listed front end", func(t *testing.T) {
		t.Parallel()
		r := ann.with("Origin", "https://front.example").post("/api/auth/token", nil)
		require.Equal(t, http.StatusOK, r.status)
		require.Equal(t, "https://front.example", r.header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "true", r.header.Get("Access-Control-Allow-Credentials"))
		pre := b.visitor().with("Origin", "https://front.example").with("Access-Control-Request-Method", "POST").do(http.MethodOptions, "/api/auth/token", nil)
		require.Equal(t, http.StatusNoContent, pre.status)
		require.Contains(t, pre.header.Get("Access-Control-Allow-Headers"), "X-Requested-With")
	})
	t.Run("a foreign page may read public data without permission headers", func(t *testing.T) {
		t.Parallel()
		r := b.visitor().with("Origin", "https://evil.example").get("/api/cinemas")
		require.Equal(t, http.StatusOK, r.status)
		require.Empty(t, r.header.Get("Access-Control-Allow-Origin"))
		require.Contains(t, r.header.Values("Vary"), "Origin", "a cache must not give it to a page that may read")
	})
	t.Run("no method override", func(t *testing.T) {
		t.Parallel()
		r := ann.with("X-HTTP-Method-Override", "POST").get("/api/auth/logout")
		require.Equal(t, http.StatusMethodNotAllowed, r.status)
		require.Equal(t, "method_not_allowed", r.code(t))
		require.Equal(t, http.StatusOK, ann.get("/api/me").status)
	})
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t, production)
	v := b.visitor()
	for _, path := range []string{"/", "/checkout/x", "/assets/app-1234.js", "/health", "/api/movies", "/api/nothing", "/api/me", "/api/docs", "/media/posters/low-orbit.svg"} {
		h := v.get(path).header
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "same-origin", h.Get("Referrer-Policy"), path)
		require.Equal(t, "same-origin", h.Get("Cross-Origin-Opener-Policy"), path)
		require.NotEmpty(t, h.Get("Cross-Origin-Resource-Policy"), path)
		require.Contains(t, h.Get("Permissions-Policy"), "camera=()", path)
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'", path)
		require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		require.NotContains(t, h.Get("Content-Security-Policy"), "unsafe", path)
		require.Contains(t, h.Get("Strict-Transport-Security"), "max-age=", path)
		require.NotEmpty(t, h.Get("X-Request-Id"), path)
		require.NotEmpty(t, h.Get("Cache-Control"), path)
		require.Empty(t, h.Get("Server"), path)
	}
	for _, c := range []struct{ method, path string }{
		{"PUT", "/api/movies"},
		{"OPTIONS", "/api/movies"},
		{"TRACE", "/api/me"},
		{"TRACE", "/"},
		{"PATCH", "/"},
		{"BREW", "/api/me"},
		{"CONNECT", "/api/me"},
		{"DELETE", "/metrics"},
		{"GET", "/ws"},
		{"GET", streamOf},
		{"POST", streamOf},
		{"GET", "/.well-known/x"},
		{"GET", "/media/none"},
		{"GET", "/api%2fme"},
		{"HEAD", "/api/nothing"},
	} {
		r := v.do(c.method, c.path, nil)
		what := c.method + " " + c.path
		require.GreaterOrEqual(t, r.status, 400, what)
		require.Less(t, r.status, 500, what)
		require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"), what)
		require.Equal(t, "DENY", r.header.Get("X-Frame-Options"), what)
		require.Equal(t, "no-store", r.header.Get("Cache-Control"), what)
		require.Contains(t, r.header.Get("Content-Security-Policy"), "default-src 'none'", what)
		require.Contains(t, r.header.Get("Strict-Transport-Security"), "max-age=", what)
		if c.method != "HEAD" {
			require.Equal(t, "application/problem+json", r.header.Get("Content-Type"), what)
		}
	}
	page := v.get("/").header.Get("Content-Security-Policy")
	require.Contains(t, page, "require-trusted-types-for 'script'; trusted-types vue")
	require.Contains(t, page, "report-to csp")
	require.Equal(t, "no-store", v.get("/api/me").header.Get("Cache-Control"))
	require.Empty(t, setup(t).visitor().get("/").header.Get("Strict-Transport-Security"), "plain http in development")

	r := v.with("X-Request-Id", "my-request-1").get("/api/nothing")
	require.Equal(t, "my-request-1", r.body["instance"])
	r = v.with("X-Request-Id", "bad id!").get("/api/nothing")
	require.NotEqual(t, "bad id!", r.body["instance"], "an id that is none is replaced")
}

// The policy belongs to the document: the checkout alone may load what the payment provider needs, and only where that is Stripe.
func TestHeaders_policy_of_the_checkout(t *testing.T) {
	t.Parallel()
	const checkout = "/showtimes/" + onSale + "/checkout"
	stripe := setup(t, func(d *httpapi.Deps) { d.Settings.Provider = "stripe" }).visitor()
	mock := setup(t).visitor()
	strict := mock.get("/").header.Get("Content-Security-Policy")
	require.Contains(t, strict, "script-src 'self';")
	for _, path := range []string{checkout, checkout + "/", "/showtimes/x/checkout?step=2"} {
		require.Equal(t, "default-src 'none'; script-src 'self' https://js.stripe.com; connect-src 'self' https://api.stripe.com; "+
			"frame-src https://js.stripe.com https://hooks.stripe.com; img-src 'self' data:; style-src 'self'; font-src 'self'; manifest-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; report-to csp", stripe.get(path).header.Get("Content-Security-Policy"), path)
		require.Equal(t, strict, mock.get(path).header.Get("Content-Security-Policy"), path)
	}
	for _, path := range []string{
		"/", "/index.html", "/checkout", "/showtimes/checkout", "/showtimes//checkout", "/showtimes/x/y/checkout", "/showtimes/x/checkout/y", "/x/showtimes/x/checkout", "/showtimes/x/seats", "/tickets",
		"/Showtimes/x/checkout", "/bank/x",
	} {
		require.Equal(t, strict, stripe.get(path).header.Get("Content-Security-Policy"), path)
	}
	require.Contains(t, mock.get("/api/docs").header.Get("Content-Security-Policy"), "require-trusted-types-for 'script'")
	require.NotContains(t, stripe.get("/api/docs").header.Get("Content-Security-Policy"), "stripe")
	require.NotContains(t, stripe.get("/api/me").header.Get("Content-Security-Policy"), "stripe")
}

func TestPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.visitor()

	t.Run("the document is never kept", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/", "/films/low-orbit", "/tickets", "/index.html"} {
			r := v.get(path)
			require.Equal(t, http.StatusOK, r.status, path)
			require.Equal(t, "no-store", r.header.Get("Cache-Control"))
			require.Contains(t, r.text, "Lumen")
		}
	})
	t.Run("hashed assets for ever, packed where the client takes it", func(t *testing.T) {
		t.Parallel()
		r := v.get("/assets/app-1234.js")
		require.Equal(t, "export {}", r.text)
		require.Contains(t, r.header.Get("Cache-Control"), "immutable")
		require.Equal(t, "text/javascript; charset=utf-8", r.header.Get("Content-Type"))
		r = v.with("Accept-Encoding", "br;q=0, gzip").get("/assets/app-1234.js")
		require.Equal(t, "packed", r.text)
		require.Equal(t, "gzip", r.header.Get("Content-Encoding"))
		require.Equal(t, "Accept-Encoding", r.header.Get("Vary"))
		require.Equal(t, http.StatusNotModified, v.with("If-None-Match", r.header.Get("ETag")).get("/assets/app-1234.js").status)
	})
	t.Run("the rest an hour", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "public, max-age=3600", v.get("/icon.svg").header.Get("Cache-Control"))
	})
	t.Run("never for the API, missing files or hidden ones", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/api", "/api/nothing", "/ws/x", "/metrics", "/media/x", "/debug/pprof", "/assets/gone.js", "/.vite/manifest.json", "/..%2f..%2fetc/passwd.txt", "/docs/swagger-ui.css"} {
			r := v.get(path)
			require.Equal(t, http.StatusNotFound, r.status, path)
			require.Equal(t, "not_found", r.code(t), path)
		}
	})
	t.Run("nor for what is spelled like it", func(t *testing.T) {
		t.Parallel()
		ann := b.person("ann@example.com")
		for _, path := range []string{
			"/api%2fme", "/api%2Fme", "/API/me", "/Api/me", "//api/me", "/api//me", "/./api/me", "/x/../api/me", "/api/./me", "/api/../api/me", "/api/%2e%2e/api/me", "/%2e/api/me", "/api%5cme", "/api\\me", "/\\api/me",
			"/api/me/", "/api;x=1/me", "/api.json", "/api%00/me", "/api%20/me", "/api%0a/me", "/api:80/me", "/api%c2%a0/me", "/api%ff/me", "/%2fapi/me", "/WS/showtimes/x/seats", "/ws;/x", "/Metrics", "/metrics/", "/metrics;x",
			"/DEBUG/pprof/", "/debug%2fpprof/", "/debug/pprof/heap", "/media", "/media/", "/media/nothing", "/MEDIA/posters/low-orbit.svg", "/.well-known/security.txt", "/.well-known/openid-configuration", "/.well-known", "/x/.git/config",
			"/assets/..%2fapi/me", "/a%00b", "/a%0d%0ab", "/a%7fb",
		} {
			r := ann.get(path)
			require.Equal(t, http.StatusNotFound, r.status, path)
			require.Equal(t, "not_found", r.code(t), path)
			require.NotContains(t, r.text, "ann@example.com", path)
		}
		for _, path := range []string{"/apiary", "/wsx", "/media-night", "/films/api/me", "/debugging", "/api-terms"} {
			require.Equal(t, http.StatusOK, ann.get(path).status, "%s is the app's", path)
		}
		require.Equal(t, http.StatusOK, ann.get("/api/%6de").status, "another spelling of the same address, guarded as ever")
	})
	t.Run("only for reading", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, http.StatusMethodNotAllowed, v.post("/tickets", nil).status)
		r := v.do(http.MethodHead, "/", nil)
		require.Equal(t, http.StatusOK, r.status)
		require.Empty(t, r.text)
		require.Equal(t, http.StatusOK, v.do(http.MethodHead, "/health", nil).status)
	})
	t.Run("docs", func(t *testing.T) {
		t.Parallel()
		r := v.get("/api/docs")
		require.Equal(t, http.StatusOK, r.status)
		require.NotContains(t, r.text, "<script>", "nothing is inline")
		require.Equal(t, http.StatusOK, v.get("/api/docs/init.js").status)
		require.Equal(t, http.StatusOK, v.get("/api/docs/swagger-ui.css").status)
		require.Equal(t, http.StatusNotFound, v.get("/api/docs/other.js").status)
		require.Equal(t, "3.1.0", v.get("/api/openapi.json").str("openapi"))
	})
}

func TestHealth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.visitor().get("/health")
	require.Equal(t, map[string]any{
		"ok": true, "env": "development", "port": "8080", "mongo_ok": true, "redis_ok": true,
		"engine": map[string]any{"holds": "memory", "store": "sqlite"}, "version": "test",
	}, r.body)
	require.Equal(t, http.StatusOK, b.visitor().get("/livez").status)
	require.Equal(t, http.StatusOK, b.visitor().get("/readyz").status)

	down := setup(t, func(d *httpapi.Deps) { d.Holds = nil })
	r = down.visitor().get("/health")
	require.Equal(t, http.StatusOK, r.status)
	require.Equal(t, false, r.body["ok"])
	require.Equal(t, false, r.body["redis_ok"])
	require.Equal(t, true, r.body["mongo_ok"])
	r = down.visitor().get("/readyz")
	require.Equal(t, http.StatusServiceUnavailable, r.status)
	require.Equal(t, "hold_store_unavailable", r.code(t))
	require.Equal(t, "1", r.header.Get("Retry-After"))

	cfg := b.visitor().get("/api/config").body
	require.Equal(t, map[string]any{"google": false, "dev": true, "google_url": "/api/auth/google/login"}, cfg["sign_in"])
	require.Equal(t, map[string]any{"provider": "mock", "test_tokens": true}, cfg["payment"])
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	rules := ratelimit.Defaults()
	rules.Guests = ratelimit.Quota{Limit: 2, Per: time.Hour}
	rules.Reads = ratelimit.Quota{Limit: 3, Per: time.Minute}
	limited := func(d *httpapi.Deps) { d.Rules = rules }

	t.Run("by address", func(t *testing.T) {
		t.Parallel()
		b := setup(t, limited)
		b.guest()
		b.guest()
		r := b.visitor().post("/api/auth/guest", nil)
		require.Equal(t, http.StatusTooManyRequests, r.status)
		require.Equal(t, "rate_limited", r.code(t))
		require.Equal(t, "1800", r.header.Get("Retry-After"))
		require.EqualValues(t, 1800, r.body["retry_after"])
		require.Equal(t, `"guests";q=2;w=3600`, r.header.Get("RateLimit-Policy"))
		require.NotEmpty(t, r.header.Get("RateLimit"))
	})
	t.Run("by user", func(t *testing.T) {
		t.Parallel()
		b := setup(t, limited)
		g := b.guest()
		for range 3 {
			require.Equal(t, http.StatusOK, g.get("/api/cinemas").status)
		}
		require.Equal(t, http.StatusTooManyRequests, g.get("/api/cinemas").status)
		require.Equal(t, http.StatusOK, b.guest().get("/api/cinemas").status, "another person is not meant")
		b.clock.Advance(time.Minute)
		require.Equal(t, http.StatusOK, g.get("/api/cinemas").status)
	})
	t.Run("what is left is told, of the stricter quota", func(t *testing.T) {
		t.Parallel()
		few := rules
		few.Lock = ratelimit.Quota{Limit: 2, Per: time.Minute}
		b := setup(t, func(d *httpapi.Deps) { d.Rules = few })
		g := b.guest()
		told := func(r response, status int, policy, left string) {
			t.Helper()
			require.Equal(t, status, r.status, r.text)
			require.Equal(t, policy, r.header.Get("RateLimit-Policy"))
			require.Equal(t, left, r.header.Get("RateLimit"))
		}
		told(g.get("/api/cinemas"), 200, `"reads";q=3;w=60`, `"reads";r=2;t=20`)
		told(g.get("/api/cinemas"), 200, `"reads";q=3;w=60`, `"reads";r=1;t=40`) // kept for a moment, counted all the same
		told(g.get("/api/bookings/bk_none"), 404, `"reads";q=3;w=60`, `"reads";r=0;t=60`)
		refused := g.get("/api/cinemas")
		told(refused, 429, `"reads";q=3;w=60`, `"reads";r=0;t=20`)
		require.Equal(t, "20", refused.header.Get("Retry-After"))
		told(b.visitor().get("/api/cinemas"), 200, `"reads";q=60;w=60`, `"reads";r=56;t=4`) // by address; the refused one cost nothing
		hold := fields{"seat_ids": []string{"A1"}, "request_id": "request-1"}
		told(g.post(lockPath, hold), 200, `"lock";q=2;w=60`, `"lock";r=1;t=30`)
		told(g.with("Content-Type", "text/plain").post(lockPath, hold), 415, `"lock";q=2;w=60`, `"lock";r=0;t=60`)
		told(g.with("Content-Type", "text/plain").post(lockPath, hold), 429, `"lock";q=2;w=60`, `"lock";r=0;t=30`) // rate before body
		told(g.delete(lockPath, fields{"seat_ids": []string{"A1"}}), 200, "", "")
		told(b.visitor().get("/health"), 200, "", "")
		told(b.visitor().get("/"), 200, "", "")
		// Others fill the address: then its quota is the stricter one.
		for range 54 {
			require.Equal(t, 200, b.visitor().get("/api/cinemas").status)
		}
		told(b.guest().get("/api/cinemas"), 200, `"reads";q=60;w=60`, `"reads";r=1;t=59`)
	})
	t.Run("a made-up address does not help", func(t *testing.T) {
		t.Parallel()
		b := setup(t, limited)
		b.guest()
		b.guest()
		r := b.visitor().with("X-Forwarded-For", "203.0.113.7").post("/api/auth/guest", nil)
		require.Equal(t, http.StatusTooManyRequests, r.status)
	})
	t.Run("a trusted proxy is believed", func(t *testing.T) {
		t.Parallel()
		b := setup(t, limited, func(d *httpapi.Deps) { d.Settings.Proxies = []string{"127.0.0.1"} })
		b.guest()
		b.guest()
		r := b.visitor().with("X-Forwarded-For", "203.0.113.7").post("/api/auth/guest", nil)
		require.Equal(t, http.StatusOK, r.status)
	})
}

func TestReports(t *testing.T) {
	t.Parallel()
	b := setup(t)
	c := b.guest().with("X-Requested-With", "").with("Content-Type", "application/reports+json")
	r := c.post("/api/csp-reports", `[{"type":"csp-violation","body":{"effectiveDirective":"script-src","blockedURL":"inline"}}]`)
	require.Equal(t, http.StatusNoContent, r.status, r.text)
	require.Contains(t, b.log.String(), "script-src")
	require.Equal(t, "reports", strings.Trim(strings.Split(setup(t, func(d *httpapi.Deps) { d.Rules = ratelimit.Defaults() }).guest().
		with("Content-Type", "application/csp-report").post("/api/csp-reports", `{}`).header.Get("RateLimit"), ";")[0], `"`))
	r = c.with("Content-Type", "application/csp-report").post("/api/csp-reports",
		`{"csp-report":{"violated-directive":"img-src","blocked-uri":"https://name:pw@evil.example/a?token=secret#x","source-file":"x\nlevel=ERROR"}}`)
	require.Equal(t, http.StatusNoContent, r.status, r.text)
	require.Contains(t, b.log.String(), "https://evil.example/a")
	for _, never := range []string{"token=secret", "name:pw", `\nlevel=ERROR`} {
		require.NotContains(t, b.log.String(), never)
	}
	require.Equal(t, http.StatusUnsupportedMediaType, c.with("Content-Type", "application/json").post("/api/csp-reports", `[]`).status)
	require.Equal(t, http.StatusNoContent, c.post("/api/csp-reports", `garbage`).status)
	require.Equal(t, http.StatusRequestEntityTooLarge, c.post("/api/csp-reports", strings.Repeat("x", 70_000)).status)
}

func TestLog_holds_no_secrets(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.person("ann@example.com")
	api := p.token()
	api.get("/api/me")
	p.get("/api/me?token=" + api.bearer)
	p.post("/api/auth/logout", nil)
	log := b.log.String()
	require.Contains(t, log, `"route":"/api/me"`)
	for _, secret := range []string{api.bearer, strings.TrimPrefix(p.cookie, "session="), "ann@example.com"} {
		if secret != "" {
			require.NotContains(t, log, secret)
		}
	}
}

// A panic ends one request, not the process, and tells nothing but an id.
func TestPanic(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *httpapi.Deps) { d.Store = func(context.Context) error { panic("secret plans") } })
	r := b.visitor().get("/health")
	require.Equal(t, http.StatusInternalServerError, r.status)
	require.Equal(t, "internal", r.code(t))
	require.NotContains(t, r.text, "secret plans")
	require.Contains(t, b.log.String(), "secret plans")
	require.Contains(t, b.log.String(), r.str("instance"))
	require.Equal(t, http.StatusOK, b.visitor().get("/livez").status)
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.visitor()
	for _, path := range []string{"/api/nothing", "/api/bookings/a/b/c", "/api/MOVIES", "/api/movies/"} {
		r := v.get(path)
		require.Equal(t, http.StatusNotFound, r.status, path)
		require.Equal(t, "not_found", r.code(t), path)
	}
	r := v.do(http.MethodPut, "/api/movies", nil)
	require.Equal(t, http.StatusMethodNotAllowed, r.status)
	require.Equal(t, "method_not_allowed", r.code(t))
	require.Equal(t, "GET", r.header.Get("Allow"))
}

// waitingBank answers once it is let go.
type waitingBank struct {
	asked, free chan struct{}
}

func (w waitingBank) Approve(context.Context, string, bool) (payment.Payment, error) {
	close(w.asked)
	<-w.free
	return payment.Payment{}, nil
}

// A repeat while the first request is still running is told to wait.
func TestIdempotencyKey_in_progress(t *testing.T) {
	t.Parallel()
	bank := waitingBank{asked: make(chan struct{}), free: make(chan struct{})}
	b := setup(t, func(d *httpapi.Deps) { d.Bank = bank })
	g := b.guest()
	g.hold("request-1", "A1")
	body := sale("request-1", "A1")
	body["payment_token"] = "tok_action"
	next := booked(g.post(confirmPath, body))["payment"].(fields)["next_action"].(fields)["url"].(string)
	action := "/api/payments/mock/" + strings.TrimPrefix(next, "/bank/") + "/action"

	one, two := g.with("Idempotency-Key", "bank-key-1"), g.with("Idempotency-Key", "bank-key-1")
	first := make(chan response, 1)
	go func() { first <- one.post(action, fields{"approve": true}) }()
	<-bank.asked
	r := two.post(action, fields{"approve": true})
	require.Equal(t, http.StatusConflict, r.status, r.text)
	require.Equal(t, "request_in_progress", r.code(t))
	require.Equal(t, "1", r.header.Get("Retry-After"))
	close(bank.free)
	done := <-first
	require.Equal(t, http.StatusOK, done.status, done.text)
	again := two.post(action, fields{"approve": true})
	require.Equal(t, done.text, again.text)
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
}
