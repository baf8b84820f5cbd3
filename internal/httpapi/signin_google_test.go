package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/clock"
	"cinema/internal/httpapi"
	"cinema/internal/idem"
	"cinema/internal/oidc"
	"cinema/internal/oidc/oidctest"
	"cinema/internal/ratelimit"
)

const (
	loginPath    = "/api/auth/google/login"
	callbackPath = "/api/auth/google/callback"
	sealSecret   = "0123456789abcdef0123456789abcdef"
)

// google is an edge before a provider of tests.
type google struct {
	*bench

	issuer *oidctest.Provider
	party  switched
	once   idem.Store
	clock  clock.Clock
	log    *slog.Logger
}

// switched is a sign-in that can be changed for that of another process.
type switched struct{ now *httpapi.SignIn }

func (s switched) Begin(ctx context.Context, a account.Attempt) (account.Begun, error) {
	return (*s.now).Begin(ctx, a)
}

func (s switched) Finish(ctx context.Context, c account.Callback) (account.Proof, error) {
	return (*s.now).Finish(ctx, c)
}

func setupGoogle(t testing.TB, options ...option) *google {
	t.Helper()
	g := &google{party: switched{now: new(httpapi.SignIn)}}
	with := func(d *httpapi.Deps) {
		g.once, g.clock, g.log = d.Answers, d.Clock, d.Log
		g.issuer = oidctest.New(t, oidctest.Options{Clock: d.Clock})
		*g.party.now = g.process(t, func(*oidc.Options) {})
		d.SignIn, d.Settings.Google = g.party, true
	}
	g.bench = setup(t, append([]option{with}, options...)...)
	return g
}

// process is another process of the product before the same provider.
func (g *google) process(t testing.TB, change func(*oidc.Options)) *oidc.Provider {
	t.Helper()
	o := oidc.Options{
		Issuer: g.issuer.Issuer(), ClientID: oidctest.ClientID, Secret: oidctest.Secret, Redirect: "https://tickets.example" + callbackPath,
		SealKey: sealSecret, Once: g.once, Clock: g.clock, Log: g.log,
	}
	change(&o)
	p, err := oidc.New(o)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

// browser keeps cookies as browsers do: by name, with their site rule.
type browser struct {
	g      *google
	accept string
	jar    map[string]*http.Cookie
}

func (g *google) browser() *browser {
	return &browser{g: g, accept: "application/json", jar: make(map[string]*http.Cookie)}
}

// visit goes to an address without following; fromAbroad is a navigation that begins on another site: strict cookies stay at home.
func (br *browser) visit(target string, fromAbroad bool, header ...string) response {
	br.g.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, br.g.url+target, nil)
	require.NoError(br.g.t, err)
	req.Header.Set("Accept", br.accept)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	for _, ck := range br.jar {
		if !fromAbroad || ck.SameSite != http.SameSiteStrictMode {
			req.AddCookie(&http.Cookie{Name: ck.Name, Value: ck.Value})
		}
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	require.NoError(br.g.t, err)
	raw, err := io.ReadAll(res.Body)
	require.NoError(br.g.t, err)
	require.NoError(br.g.t, res.Body.Close())
	for _, ck := range res.Cookies() {
		if ck.MaxAge < 0 {
			delete(br.jar, ck.Name)
		} else {
			br.jar[ck.Name] = ck
		}
	}
	out := response{status: res.StatusCode, header: res.Header, text: string(raw)}
	_ = json.Unmarshal(raw, &out.body) // pages are no JSON
	if br.g.contract != nil {
		br.g.contract.check(req, out)
	}
	return out
}

// login begins an attempt and returns where the browser is sent.
func (br *browser) login(query string) string {
	br.g.t.Helper()
	r := br.visit(loginPath+query, false)
	require.Equal(br.g.t, http.StatusFound, r.status, r.text)
	return r.header.Get("Location")
}

// back is the person at the provider: what the browser is sent back with.
func (br *browser) back(address string) string {
	br.g.t.Helper()
	u := br.g.issuer.Browse(br.g.t, address)
	require.Equal(br.g.t, "https://tickets.example"+callbackPath, u.Scheme+"://"+u.Host+u.Path)
	return callbackPath + "?" + u.RawQuery
}

// signIn is a whole attempt and its last answer.
func (br *browser) signIn(query string) response {
	br.g.t.Helper()
	return br.visit(br.back(br.login(query)), true)
}

// client is the page in the browser.
func (br *browser) client() *client {
	c := br.g.visitor()
	for name, ck := range br.jar {
		if strings.HasSuffix(name, "session") {
			c.cookie = name + "=" + ck.Value
		}
	}
	return c
}

// adopt gives a client's session to the browser.
func (br *browser) adopt(c *client) {
	name, value, _ := strings.Cut(c.cookie, "=")
	br.jar[name] = &http.Cookie{Name: name, Value: value, SameSite: http.SameSiteStrictMode}
}

func (br *browser) logins() []*http.Cookie {
	var out []*http.Cookie
	for name, ck := range br.jar {
		if strings.Contains(name, "login-") {
			out = append(out, ck)
		}
	}
	return out
}

func (g *google) recorded(kind string) []audit.Entry {
	g.t.Helper()
	items, _, err := g.store.Entries(context.Background(), audit.Query{Type: kind})
	require.NoError(g.t, err)
	return items
}

func me(c *client) fields {
	u, _ := c.get("/api/me").body["user"].(fields)
	return u
}

func TestGoogle(t *testing.T) {
	t.Parallel()

	t.Run("a person signs in and is back where he was", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		g.contract = newContract(t)
		g.issuer.Be(oidctest.Person{Subject: "sub-1", Email: "Ann@example.com", Name: "Ann Lee"})
		br := g.browser()
		address := br.login("?return_to=" + url.QueryEscape("/films/low-orbit?day=2026-03-11#seats"))
		require.Len(t, br.logins(), 1)
		ck := br.logins()[0]
		u, err := url.Parse(address)
		require.NoError(t, err)
		require.Equal(t, "login-"+u.Query().Get("state")[:8], ck.Name)
		require.True(t, ck.HttpOnly)
		require.Equal(t, http.SameSiteLaxMode, ck.SameSite)
		require.Equal(t, 600, ck.MaxAge)
		require.Equal(t, "/", ck.Path)
		r := br.visit(br.back(address), true)
		require.Equal(t, http.StatusSeeOther, r.status, r.text)
		require.Equal(t, "/films/low-orbit?day=2026-03-11#seats", r.header.Get("Location"))
		require.Equal(t, "no-store", r.header.Get("Cache-Control"))
		require.Empty(t, br.logins(), "used up")
		require.Equal(t, http.SameSiteStrictMode, br.jar["session"].SameSite)
		user := me(br.client())
		require.Equal(t, "ann@example.com", user["email"])
		require.Equal(t, "Ann Lee", user["name"])
		require.Equal(t, false, user["guest"])

		started := g.recorded("session.started")
		require.Len(t, started, 1)
		require.EqualValues(t, user["id"], started[0].User)
		require.Contains(t, string(started[0].Payload), g.issuer.Issuer())
		require.NotContains(t, string(started[0].Payload), "ann@example.com", "only sealed")
		for _, s := range append(g.issuer.Secrets(), oidctest.Secret, sealSecret, "ann@", "Ann@", "sub-1", br.jar["session"].Value, u.Query().Get("state")) {
			require.NotContains(t, g.bench.log.String(), s, "the log tells too much")
		}
	})
	t.Run("production: prefixed, secure, to the front end of another origin", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t, production, func(d *httpapi.Deps) { d.Settings.FrontendURL = "https://tickets.example/" })
		br := g.browser()
		r := br.visit(loginPath+"?return_to=/account", false)
		set := r.header.Get("Set-Cookie")
		require.True(t, strings.HasPrefix(set, "__Host-login-"), set)
		require.Contains(t, set, "; Secure")
		require.NotContains(t, set, "Domain")
		r = br.visit(br.back(r.header.Get("Location")), true)
		require.Equal(t, "https://tickets.example/account", r.header.Get("Location"))
		require.Contains(t, br.jar, "__Host-session")
		require.Contains(t, r.header.Get("Strict-Transport-Security"), "max-age")
		require.Equal(t, true, g.visitor().get("/api/config").body["sign_in"].(fields)["google"])
		require.Equal(t, loginPath, g.visitor().get("/api/config").body["sign_in"].(fields)["google_url"])
	})
	t.Run("an address is worth something once it is verified", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		br := g.browser()
		g.issuer.Be(oidctest.Person{Subject: "1", Email: "boss@example.com", Unverified: true})
		br.signIn("")
		require.Equal(t, "USER", br.client().get("/api/me").str("role"))
		require.Equal(t, http.StatusForbidden, br.client().get("/api/admin/ping").status)
		g.issuer.Be(oidctest.Person{Subject: "1", Email: "boss@example.com"})
		br.signIn("")
		require.Equal(t, http.StatusOK, br.client().get("/api/admin/ping").status)
		g.issuer.Be(oidctest.Person{Subject: "1"})
		br.signIn("")
		require.Equal(t, http.StatusForbidden, br.client().get("/api/admin/ping").status, "nobody vouches for the address any more")
	})
	t.Run("back to our own pages and nowhere else", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		for _, evil := range []string{"//evil.example", "https://evil.example", "/\\evil.example", "/%2Fevil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x=y", "/api/auth/logout", strings.Repeat("/a", 2000)} {
			require.Equal(t, "/", g.browser().signIn("?return_to="+url.QueryEscape(evil)).header.Get("Location"), evil)
		}
		require.Equal(t, "/", g.browser().signIn("?return_to=/a&return_to=//evil.example").header.Get("Location"))
		require.Equal(t, "/account", g.browser().signIn("?return_to=/account").header.Get("Location"))
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		g.issuer.Behave(oidctest.Behaviour{Callback: func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }})
		br := g.browser()
		r := br.signIn("?return_to=/films")
		require.Equal(t, http.StatusSeeOther, r.status)
		require.Equal(t, "/signin?error=cancelled&return_to=%2Ffilms", r.header.Get("Location"))
		require.Empty(t, br.jar)
	})
	t.Run("few attempts are kept, the eldest go", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		br := g.browser()
		first := br.login("")
		for range 6 {
			g.bench.clock.Advance(time.Second)
			br.login("")
		}
		require.Len(t, br.logins(), 4)
		r := br.visit(br.back(first), true)
		require.Equal(t, "sign_in_failed", r.code(t))
		last := br.login("?return_to=/b")
		require.Equal(t, "/b", br.visit(br.back(last), true).header.Get("Location"))
		long := "?return_to=/" + strings.Repeat("a", 2000)
		for range 6 {
			br.login(long)
		}
		size := 0
		for _, ck := range br.logins() {
			size += len(ck.Value)
		}
		require.LessOrEqual(t, size, 8<<10)
		require.Equal(t, http.StatusSeeOther, br.signIn(long).status)
	})
	t.Run("no picture, no frame, not for the headers alone", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		br := g.browser()
		for _, dest := range []string{"image", "iframe", "script", "empty"} {
			r := br.visit(loginPath, true, "Sec-Fetch-Dest", dest)
			require.Equal(t, "cross_origin", r.code(t))
		}
		require.Empty(t, br.jar)
		require.Equal(t, http.StatusFound, br.visit(loginPath, true, "Sec-Fetch-Dest", "document").status)
		back := br.back(br.login(""))
		c := g.visitor()
		for _, path := range []string{loginPath, back} {
			r := c.do(http.MethodHead, path, nil)
			require.Equal(t, http.StatusMethodNotAllowed, r.status)
			require.Empty(t, r.header.Get("Set-Cookie"))
		}
		require.Equal(t, http.StatusMethodNotAllowed, c.post(loginPath, nil).status)
		require.Equal(t, http.StatusSeeOther, br.visit(back, true).status, "the question for the headers used nothing up")
	})
	t.Run("a quota", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t, func(d *httpapi.Deps) {
			rules, err := ratelimit.Parse("signin=2/1m")
			require.NoError(t, err)
			d.Rules = rules
		})
		br := g.browser()
		br.login("")
		br.login("")
		require.Equal(t, "rate_limited", br.visit(loginPath, false).code(t))
		br.accept = "text/html"
		require.Contains(t, br.visit(loginPath, false).text, "Too many tries")
	})
}

// Whoever was here as a guest loses nothing by signing in: neither held seats nor bookings, at a first sign-in and at a later one.
func TestGoogle_guest(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"who is new": false, "who has an account": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := setupGoogle(t)
			account := ""
			if known {
				elsewhere := g.browser()
				elsewhere.signIn("")
				account, _ = me(elsewhere.client())["id"].(string)
			}
			guest, br := g.guest(), g.browser()
			guest.hold("request-1", "A1", "A2")
			id := booked(guest.post(confirmPath, sale("request-1", "A1", "A2")))["id"].(string)
			guest.hold("request-2", "C3", "C4")
			before, _ := me(guest)["id"].(string)
			br.adopt(guest)
			r := br.signIn("?return_to=/checkout")
			require.Equal(t, http.StatusSeeOther, r.status, r.text)
			p := br.client()
			after, _ := me(p)["id"].(string)
			if known {
				require.Equal(t, account, after)
			} else {
				require.Equal(t, before, after)
			}
			require.Equal(t, http.StatusUnauthorized, guest.get("/api/me").status, "the guest's session is over")
			require.Equal(t, http.StatusOK, p.get("/api/bookings/"+id).status)
			for _, l := range p.get(statePath).body["locks"].([]any) {
				require.Equal(t, true, l.(fields)["mine"])
			}
			require.Equal(t, "BOOKED", booked(p.post(confirmPath, sale("request-2", "C3", "C4")))["status"])
			require.Equal(t, id, booked(p.post(confirmPath, sale("request-1", "A1", "A2")))["id"], "a repeat is the same booking")
		})
	}
	t.Run("who signed out meanwhile", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		guest, br := g.guest(), g.browser()
		before := me(guest)["id"]
		br.adopt(guest)
		back := br.back(br.login(""))
		require.Equal(t, http.StatusOK, guest.post("/api/auth/logout", nil).status)
		require.Equal(t, http.StatusSeeOther, br.visit(back, true).status)
		require.NotEqual(t, before, me(br.client())["id"])
	})
	t.Run("a bearer token is no browser's session", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		guest := g.guest()
		before := me(guest)["id"]
		br := g.browser()
		r := br.visit(loginPath, false, "Authorization", "Bearer "+guest.token().bearer)
		require.Equal(t, http.StatusFound, r.status)
		br.visit(br.back(r.header.Get("Location")), true)
		require.NotEqual(t, before, me(br.client())["id"])
		require.Equal(t, http.StatusOK, guest.get("/api/me").status)
	})
}
