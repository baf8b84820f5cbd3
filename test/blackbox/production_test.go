package blackbox_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/test/harness"
)

// TestProduction_refuses_weak_settings: one message, every fault, each by the name of its variable, and no secret in it.
func TestProduction_refuses_weak_settings(t *testing.T) {
	t.Parallel()
	weak := "change-me-" + "32chars-min"
	start := func(env ...string) string {
		t.Helper()
		cmd := exec.Command(harness.Binary(t), "serve")
		cmd.Dir = t.TempDir()
		cmd.Env = append([]string{"HOME=" + cmd.Dir, "ADDR=127.0.0.1", "PORT=0", "ADMIN_ADDR=off"}, env...)
		out, err := cmd.CombinedOutput()
		require.Error(t, err, "the server started with %v:\n%s", env, out)
		require.NotContains(t, string(out), "goroutine")
		return string(out)
	}
	out := start("JWT_SECRET="+weak, "CORS_ORIGINS=*", "RATE_LIMITS=off", "PORT=http", "MAX_SEATS=none", "SEAT_LOCK_TTL_SECONDS=-1", "DEMO_DATA=perhaps", "ADMIN_EMAILS=nobody",
		"TRUSTED_PROXIES=everybody", "FRONTEND_URL=javascript:alert(1)", "LOG_LEVEL=loud", "GUEST_CHECKOUT=sometimes")
	for _, name := range []string{
		"JWT_SECRET", "CORS_ORIGINS", "RATE_LIMITS", "PORT", "MAX_SEATS", "SEAT_LOCK_TTL_SECONDS", "DEMO_DATA", "ADMIN_EMAILS", "TRUSTED_PROXIES", "FRONTEND_URL", "LOG_LEVEL",
		"GUEST_CHECKOUT", "ALLOW_MOCK_PAYMENTS", "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET",
	} {
		require.Contains(t, out, name)
	}
	require.NotContains(t, out, weak, "a secret stands in the message")
	out = start() // a bare binary is a production one
	require.Contains(t, out, "JWT_SECRET")
	require.Contains(t, out, "ALLOW_MOCK_PAYMENTS")
	require.Contains(t, start("JWT_SECRET="+strings.Repeat("x", 31), "ALLOW_MOCK_PAYMENTS=1", "GOOGLE_CLIENT_ID=a", "GOOGLE_CLIENT_SECRET=b"), "JWT_SECRET")
	require.Contains(t, start("APP_ENV=staging", "JWT_SECRET="+strong()), "APP_ENV")
	require.Contains(t, start("APP_ENV=development", "RATE_LIMITS=lock=often"), "RATE_LIMITS")
}

// strong is a secret of this run.
func strong() string { return "s3cr3t-" + strings.Repeat(run, 5) }

// TestProduction_closes_the_doors_of_development is the same binary on a production configuration.
func TestProduction_closes_the_doors_of_development(t *testing.T) {
	t.Parallel()
	secret := strong()
	w := newWorld(t, "APP_ENV=production", "JWT_SECRET="+secret, "ALLOW_MOCK_PAYMENTS=1", "RATE_LIMITS=sockets=50", "GOOGLE_CLIENT_ID=client-of-a-test", "GOOGLE_CLIENT_SECRET=hush-"+run,
		"GOOGLE_REDIRECT_URL=https://tickets.example/api/auth/google/callback", "OIDC_ISSUER=https://issuer.invalid")
	v := w.visitor(t)
	v.refused(t, "not_found", "POST /api/auth/dev/login", map[string]string{"email": "admin@example.com"})
	var config struct {
		Env    string
		SignIn struct{ Dev bool } `json:"sign_in"`
		Pay    struct {
			Tokens bool `json:"test_tokens"`
		} `json:"payment"`
	}
	a := v.want(t, http.StatusOK, "GET /api/config", nil)
	require.NoError(t, a.JSON(&config))
	require.Equal(t, "production", config.Env)
	require.False(t, config.SignIn.Dev)
	require.False(t, config.Pay.Tokens)
	require.Contains(t, a.Header.Get("Strict-Transport-Security"), "max-age=")
	require.Contains(t, string(v.want(t, http.StatusOK, "GET /health", nil).Body), `"env":"production"`)
	for _, path := range []string{"/debug/holds/lose", "/debug/pprof/", "/metrics", "/debug/vars"} {
		v.refused(t, "not_found", "GET "+path, nil)
	}
	res, err := http.Post(w.server.AdminURL()+"/debug/holds/lose", "", nil)
	require.NoError(t, err)
	_ = res.Body.Close()
	require.GreaterOrEqual(t, res.StatusCode, 400, "the hold engine of a production process can be emptied")

	g := w.guest(t)
	c := g.want(t, http.StatusOK, "GET /api/me", nil)
	require.Empty(t, c.Header.Get("Set-Cookie"))
	cookie := w.visitor(t).want(t, http.StatusOK, "POST /api/auth/guest", nil).Header.Get("Set-Cookie")
	require.True(t, strings.HasPrefix(cookie, "__Host-session="), cookie)
	for _, part := range []string{"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} {
		require.Contains(t, cookie, part)
	}
	v.refused(t, "unauthorized", "GET /api/me", nil, "Cookie", strings.Replace(g.Cookies().Get("Cookie"), "__Host-session", "session", 1))

	h := w.take(t, "Studio")
	seats := h.free(t, 1, "standard")
	s := g.sale(h.hold(t, g, seats...), seats)
	require.Equal(t, "BOOKED", bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s)).Status)
	require.NotContains(t, w.server.Log(), secret)
	require.NotContains(t, w.server.Log(), "hush-"+run)
}
