package blackbox_test

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"cinema/test/harness"
)

// refusedStart runs the product on a configuration that it must refuse: it ends by itself with status 1 and says why in one message.
func refusedStart(t *testing.T, command string, env ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience) // one that starts would serve for ever
	defer cancel()
	cmd := exec.CommandContext(ctx, harness.Binary(t), command)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{"HOME=" + cmd.Dir, "ADDR=127.0.0.1", "PORT=0", "ADMIN_ADDR=off"}, env...)
	out, err := cmd.CombinedOutput()
	exit := &exec.ExitError{}
	require.ErrorAs(t, err, &exit, "the server started with %v:\n%s", env, out)
	require.Equal(t, 1, exit.ExitCode(), "%s", out)
	require.NotContains(t, string(out), "goroutine")
	require.Equal(t, 1, strings.Count(string(out), "fault(s)"), "one message: %s", out)
	return string(out)
}

// TestProduction_refuses_weak_settings: one message, every fault, each by the name of its variable, and no secret in it.
func TestProduction_refuses_weak_settings(t *testing.T) {
	t.Parallel()
	weak, weaker := "change-me-"+"32chars-min", strings.Repeat("hunter2", 6)
	for _, command := range []string{"serve", "worker", "seed"} {
		out := refusedStart(t, command, "JWT_SECRET="+weak, "JWT_SECRET_PREVIOUS="+weaker, "CORS_ORIGINS=*", "RATE_LIMITS=off", "PORT=http", "MAX_SEATS=none", "SEAT_LOCK_TTL_SECONDS=-1",
			"DEMO_DATA=perhaps", "ADMIN_EMAILS=nobody", "TRUSTED_PROXIES=everybody", "FRONTEND_URL=javascript:alert(1)", "LOG_LEVEL=loud", "GUEST_CHECKOUT=sometimes", "MONGO_ALLOW_STANDALONE=1",
			"MONGO_URI=mysql://root:hunter2@db", "STRIPE_SECRET_KEY=a", "STRIPE_SECRET_KEY_FILE=/b", "REDIS_PASSWORD_FILE=/nothing/here",
			"REDIS_ADDR=redis://default:hunter2@redis:6379")
		for _, name := range []string{
			"JWT_SECRET must", "JWT_SECRET_PREVIOUS", "CORS_ORIGINS", "RATE_LIMITS", "PORT", "MAX_SEATS", "SEAT_LOCK_TTL_SECONDS", "DEMO_DATA", "ADMIN_EMAILS", "TRUSTED_PROXIES", "FRONTEND_URL",
			"LOG_LEVEL", "GUEST_CHECKOUT", "ALLOW_MOCK_PAYMENTS", "GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET", "MONGO_ALLOW_STANDALONE", "MONGO_URI", "STRIPE_SECRET_KEY", "REDIS_PASSWORD_FILE",
			"REDIS_ADDR",
		} {
			require.Contains(t, out, name)
		}
		require.NotContains(t, out, weak, "a secret stands in the message")
		require.NotContains(t, out, "hunter2", "a secret stands in the message")
	}
	out := refusedStart(t, "serve") // a bare binary is a production one
	require.Contains(t, out, "JWT_SECRET")
	require.Contains(t, out, "ALLOW_MOCK_PAYMENTS")
}

// TestProduction_refuses_each_alone: one weak setting in an otherwise sound configuration is enough.
func TestProduction_refuses_each_alone(t *testing.T) {
	t.Parallel()
	for _, c := range []string{
		"JWT_SECRET=" + strings.Repeat("k", 31), "JWT_SECRET=" + strings.Repeat("k", 64), "JWT_SECRET=", "JWT_SECRET=changeme-" + strong(), "JWT_SECRET_PREVIOUS=" + strong(), "JWT_SECRET_PREVIOUS=short",
		"CORS_ORIGINS=*", "CORS_ORIGINS=http://tickets.example", "FRONTEND_URL=http://tickets.example", "GOOGLE_CLIENT_ID=your-client-id", "GOOGLE_CLIENT_SECRET=", "ALLOW_MOCK_PAYMENTS=",
		"RATE_LIMITS=off", "TRUSTED_PROXIES=0.0.0.0/0", "TRUSTED_PROXIES=::/0", "MONGO_ALLOW_STANDALONE=1", "APP_ENV=staging", "RATE_LIMITS=lock=often", "PAYMENT_PROVIDER=bitcoin",
	} {
		name, value, _ := strings.Cut(c, "=")
		out := refusedStart(t, "serve", append(production(strong()), c)...)
		require.Contains(t, out, "1 fault(s)", "%s: %s", c, out)
		told := map[string]string{"ALLOW_MOCK_PAYMENTS": "PAYMENT_PROVIDER"}[name]
		require.Contains(t, out, name, out)
		require.Contains(t, out, told, out)
		if strings.HasPrefix(name, "JWT_SECRET") && value != "" {
			require.NotContains(t, out, value)
		}
	}
}

// strong is a secret of this run.
func strong() string { return "s3cr3t-Of-A-Test-" + strings.Repeat(run, 4) }

// production is the least that a production process starts with.
func production(secret string) []string {
	return []string{
		"APP_ENV=production", "JWT_SECRET=" + secret, "ALLOW_MOCK_PAYMENTS=1", "RATE_LIMITS=sockets=50", "GOOGLE_CLIENT_ID=client-of-a-test", "GOOGLE_CLIENT_SECRET=hush-" + run,
		"GOOGLE_REDIRECT_URL=https://tickets.example/api/auth/google/callback", "OIDC_ISSUER=https://issuer.invalid", "DEMO_DATA=off",
	}
}

// TestProduction_closes_the_doors_of_development is the same binary on a production configuration.
func TestProduction_closes_the_doors_of_development(t *testing.T) {
	t.Parallel()
	secret := strong()
	w := newWorld(t, production(secret)...)
	w.each(t, map[string]func(*testing.T, *world){
		"routes": closedRoutes, "what it tells of itself": toldOfItself, "cookie": productionCookie, "test cards": noTestCards, "a sale": productionSale,
	})
	require.NotContains(t, w.server.Log(), secret)
	require.NotContains(t, w.server.Log(), "hush-"+run)
}

// closedRoutes do not exist: they answer as any address that nobody ever built, and the contract does not name them.
func closedRoutes(t *testing.T, w *world) {
	v, g := w.visitor(t), w.guest(t)
	v.refused(t, "not_found", "POST /api/auth/dev/login", map[string]string{"email": "admin@example.com"})
	for _, path := range []string{"/debug/holds/lose", "/debug/pprof/", "/metrics", "/debug/vars", "/bank/mock_bk_1_1", "/Bank/x", "/bank", "/api/auth/dev/login"} {
		v.refused(t, "not_found", "GET "+path, nil)
	}
	g.refused(t, "not_found", "POST /api/payments/mock/mock_bk_1_1/action", map[string]bool{"approve": true})
	document := string(v.want(t, http.StatusOK, "GET /api/openapi.json", nil).Body)
	require.NotContains(t, document, "/api/auth/dev/login")
	require.NotContains(t, document, "/api/payments/mock")
	v.want(t, http.StatusOK, "GET /api/docs", nil) // the contract is public
	res, err := http.Post(w.server.AdminURL()+"/debug/holds/lose", "", nil)
	require.NoError(t, err)
	_ = res.Body.Close()
	require.GreaterOrEqual(t, res.StatusCode, 400, "the hold engine of a production process can be emptied")
}

func toldOfItself(t *testing.T, w *world) {
	v := w.visitor(t)
	var config struct {
		Env    string
		Demo   bool
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
	require.False(t, config.Demo, "the ribbon of invented data")
	for _, path := range []string{"/api/config", "/", "/health", "/api/docs", "/api/none", "/assets/none.js"} {
		a := v.do(t, "GET "+path, nil)
		require.Contains(t, a.Header.Get("Strict-Transport-Security"), "max-age=", path)
	}
	require.Contains(t, string(v.want(t, http.StatusOK, "GET /health", nil).Body), `"env":"production"`)
}

// productionCookie goes over TLS alone, and the plain name of development opens nothing, neither for a request nor for a socket.
func productionCookie(t *testing.T, w *world) {
	v, g := w.visitor(t), w.guest(t)
	c := g.want(t, http.StatusOK, "GET /api/me", nil)
	require.Empty(t, c.Header.Get("Set-Cookie"))
	cookie := w.visitor(t).want(t, http.StatusOK, "POST /api/auth/guest", nil).Header.Get("Set-Cookie")
	require.True(t, strings.HasPrefix(cookie, "__Host-session="), cookie)
	for _, part := range []string{"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} {
		require.Contains(t, cookie, part)
	}
	require.NotContains(t, cookie, "Domain")
	plain := strings.Replace(g.Cookies().Get("Cookie"), "__Host-session", "session", 1)
	v.refused(t, "unauthorized", "GET /api/me", nil, "Cookie", plain)
	h := w.take(t, "Studio")
	h.hold(t, g, h.free(t, 1, "standard")...)
	locks := func(p *person, o *websocket.DialOptions) bool {
		for _, l := range p.watch(t, h.id, "", o).next().Locks {
			if l.Mine {
				return true
			}
		}
		return false
	}
	require.True(t, locks(g, nil))
	require.False(t, locks(v, &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {plain}}}), "the plain cookie signs a socket in")
}

// noTestCards: a card that plays with outcomes is refused before anything is reserved, and the default one buys.
func noTestCards(t *testing.T, w *world) {
	h, g := w.take(t, "Gallery"), w.guest(t)
	seats := h.free(t, 2, "standard")
	r := h.hold(t, g, seats...)
	s := g.sale(r, seats)
	h.unchanged(t, g, func() {
		for _, token := range []string{"tok_decline", "tok_action", "tok_slow", "tok_unknown", "tok_other", "TOK_APPROVE", " tok_approve", "4242424242424242"} {
			for _, path := range []string{h.path("/bookings/confirm"), h.path("/bookings/checkout")} {
				s.Token = token
				g.refused(t, "invalid_body", "POST "+path, s)
			}
		}
	})
	require.Empty(t, g.bookings(t), "something was reserved")
	s.Token = ""
	open := bookingOf(t, g.want(t, http.StatusCreated, "POST "+h.path("/bookings/checkout"), s))
	for _, token := range []string{"tok_decline", "tok_action", "tok_slow", "tok_unknown", "tok_other"} {
		g.refused(t, "invalid_body", "POST /api/bookings/"+open.ID+"/settle", map[string]string{"payment_token": token})
	}
	s.Token = "tok_approve"
	require.Equal(t, "BOOKED", bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s)).Status)
}

func productionSale(t *testing.T, w *world) {
	h, g := w.take(t, "Studio"), w.guest(t)
	seats := h.free(t, 1, "standard")
	s := g.sale(h.hold(t, g, seats...), seats)
	require.Equal(t, "BOOKED", bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s)).Status)
}

// TestProduction_development_leaves_no_key: a store that was used in development is opened in production with the same secret. Neither the
// sessions nor the tokens nor the roles that development gave away open anything.
func TestProduction_development_leaves_no_key(t *testing.T) {
	t.Parallel()
	secret := strong()
	w := newWorld(t, "JWT_SECRET="+secret)
	var cookies []string
	var bearers []*person
	for _, email := range []string{"admin@example.com", "clerk@example.com", "nobody-" + run + "@example.com"} {
		p := w.visitor(t)
		p.all = true
		p.signIn(t, email)
		cookies = append(cookies, p.Cookies().Get("Cookie"))
		bearers = append(bearers, p.bearer(t))
	}
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte(secret+"\n"), 0o600))
	w.server.Restart(append(production(""), "JWT_SECRET_FILE="+file, "ADMIN_EMAILS=admin@example.com,clerk@example.com")...)
	v := w.visitor(t)
	for i, c := range cookies {
		for _, name := range []string{"session=", "__Host-session="} {
			value := name + strings.TrimPrefix(c, "session=")
			v.refused(t, "unauthorized", "GET /api/me", nil, "Cookie", value)
			v.refused(t, "unauthorized", "GET /api/admin/ping", nil, "Cookie", value)
			v.refused(t, "unauthorized", "POST /api/auth/token", nil, "Cookie", value)
		}
		bearers[i].refused(t, "unauthorized", "GET /api/me", nil)
		bearers[i].refused(t, "unauthorized", "GET /api/admin/bookings", nil)
	}
	require.NotContains(t, w.server.Log(), secret)
	w.guest(t)
}
