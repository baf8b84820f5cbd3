package blackbox_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"cinema/internal/oidc/oidctest"
	"cinema/test/harness"
)

const (
	loginPath    = "/api/auth/google/login"
	callbackPath = "/api/auth/google/callback"
	callbackURL  = "https://tickets.example" + callbackPath
)

// withProvider are the variables of a server whose people sign in at a provider of tests.
func withProvider(issuer string) []string {
	return []string{
		"OIDC_ISSUER=" + issuer, "GOOGLE_CLIENT_ID=" + oidctest.ClientID, "GOOGLE_CLIENT_SECRET=" + oidctest.Secret, "GOOGLE_REDIRECT_URL=" + callbackURL,
	}
}

// provided is a world with a provider.
type provided struct {
	*world

	issuer *oidctest.Provider
	turn   sync.Mutex // one person at a time sits before the provider
}

// somebody is a new person at the provider.
func somebody(name string) oidctest.Person {
	id := fmt.Sprintf("%s-%d-%s", name, serial.Add(1), run)
	return oidctest.Person{Subject: "sub-" + id, Email: id + "@example.com", Name: name}
}

// is says who a person is at the provider, so that nobody else may learn of it.
func (p *person) is(who oidctest.Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.email = who.Email
}

// jarOf are the cookies of a browser as a header carries them.
func jarOf(p *person) string { return strings.Join(p.Cookies()["Cookie"], "; ") }

// begin asks for a sign-in and returns where the browser is sent.
func (p *person) begin(t *testing.T, query string) string {
	t.Helper()
	to := p.want(t, http.StatusFound, "GET "+loginPath+query, nil, "Accept", "text/html").Header.Get("Location")
	require.NotEmpty(t, to)
	return to
}

// sits is the person at the provider: the callback that the browser is sent back to.
func (w *provided) sits(t *testing.T, who oidctest.Person, address string) string {
	t.Helper()
	w.turn.Lock()
	defer w.turn.Unlock()
	w.issuer.Be(who)
	u := w.issuer.Browse(t, address)
	require.Equal(t, callbackURL, u.Scheme+"://"+u.Host+u.Path)
	return callbackPath + "?" + u.RawQuery
}

// arrive brings a callback to the product, as a browser does that comes from another site.
func (p *person) arrive(t *testing.T, callback string, header ...string) harness.Answer {
	t.Helper()
	p.Abroad = true
	defer func() { p.Abroad = false }()
	return p.do(t, "GET "+callback, nil, header...)
}

// enters signs a person in and returns where he lands.
func (w *provided) enters(t *testing.T, p *person, who oidctest.Person, query string) string {
	t.Helper()
	p.is(who)
	a := p.arrive(t, w.sits(t, who, p.begin(t, query)))
	require.Equal(t, http.StatusSeeOther, a.Status, "%s", a.Body)
	p.me(t, p.want(t, http.StatusOK, "GET /api/me", nil))
	return a.Header.Get("Location")
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	issuer := oidctest.New(t, oidctest.Options{})
	w := &provided{world: newWorld(t, withProvider(issuer.Issuer())...), issuer: issuer}
	with := func(f func(*testing.T, *provided)) func(*testing.T, *world) {
		return func(t *testing.T, _ *world) { f(t, w) }
	}
	w.each(t, map[string]func(*testing.T, *world){
		"back where one was":               with(landing),
		"a guest keeps seats and bookings": with(guestEnters),
		"who signed out meanwhile":         with(leftMeanwhile),
		"no other person's account":        with(loginForgery),
		"once":                             with(attemptOnce),
		"step-up":                          with(provesAgain),
		"administrators":                   with(houseEnters),
	})
	w.alone(t, "a provider that lies", with(lyingProvider))
	for _, secret := range append(issuer.Secrets(), oidctest.Secret, url.QueryEscape(oidctest.Secret)) {
		require.NotContains(t, w.server.Log(), secret)
	}
}

func landing(t *testing.T, w *provided) {
	p := w.visitor(t)
	require.Equal(t, "/films?day=today#a", w.enters(t, p, somebody("Ann"), "?return_to="+url.QueryEscape("/films?day=today#a")))
	for _, evil := range []string{"//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere.example", "/%2felsewhere.example", "/api/auth/google/login", "/a\nb"} {
		require.Equal(t, "/", w.enters(t, w.visitor(t), somebody("Eve"), "?return_to="+url.QueryEscape(evil)), evil)
	}
	var config struct {
		SignIn struct {
			Google bool
			URL    string `json:"google_url"`
		} `json:"sign_in"`
	}
	require.NoError(t, p.want(t, http.StatusOK, "GET /api/config", nil).JSON(&config))
	require.True(t, config.SignIn.Google)
	require.Equal(t, loginPath, config.SignIn.URL)
}

func guestEnters(t *testing.T, w *provided) {
	known := somebody("Known")
	first := w.visitor(t)
	w.enters(t, first, known, "")
	for _, who := range []oidctest.Person{somebody("New"), known} {
		h := w.take(t, "Grand")
		g := w.guest(t)
		guest := g.id
		sold := h.free(t, 2, "standard")
		request, b := h.buy(t, g, sold...)
		held := h.free(t, 2, "standard")
		hold := h.hold(t, g, held...)
		if who == known {
			same(first, g)
		}
		w.enters(t, g, who, "?return_to=/checkout")
		if who == known {
			require.Equal(t, first.id, g.id)
		} else {
			require.Equal(t, guest, g.id)
		}
		require.Equal(t, b.ID, bookingOf(t, g.want(t, http.StatusOK, "GET /api/bookings/"+b.ID, nil)).ID)
		require.Equal(t, b.ID, bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), g.sale(request, sold))).ID, "a repeat is the same booking")
		require.Equal(t, "BOOKED", bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), g.sale(hold, held))).Status)
	}
}

func leftMeanwhile(t *testing.T, w *provided) {
	g := w.guest(t)
	guest := g.id
	who := somebody("Left")
	callback := w.sits(t, who, g.begin(t, ""))
	other := w.visitor(t)
	same(g, other)
	other.do(t, "POST /api/auth/logout", nil, "Cookie", jarOf(g))
	g.is(who)
	require.Equal(t, http.StatusSeeOther, g.arrive(t, callback).Status)
	g.me(t, g.want(t, http.StatusOK, "GET /api/me", nil))
	require.NotEqual(t, guest, g.id)
}

// loginForgery: a callback that another browser began signs nobody in.
func loginForgery(t *testing.T, w *provided) {
	attacker, victim := w.visitor(t), w.visitor(t)
	callback := w.sits(t, somebody("Attacker"), attacker.begin(t, ""))
	for range 2 {
		a := victim.arrive(t, callback)
		isProblem(t, a, "sign_in_failed", "a stranger's callback")
		require.Empty(t, a.Header.Get("Set-Cookie"))
		victim.refused(t, "unauthorized", "GET /api/me", nil)
		victim.begin(t, "") // an attempt of his own does not help
	}
}

// attemptOnce: of all copies of a callback, cookie included, one signs in.
func attemptOnce(t *testing.T, w *provided) {
	p := w.visitor(t)
	callback := w.sits(t, somebody("Once"), p.begin(t, ""))
	jar := jarOf(p)
	var good, bad atomic.Int64
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for range 8 {
		wg.Go(func() {
			c := harness.NewClient(w.server)
			defer c.Close()
			<-gate
			a, err := c.Do(context.Background(), http.MethodGet, callback, nil, "Cookie", jar)
			switch {
			case err == nil && a.Status == http.StatusSeeOther:
				good.Add(1)
			case err == nil && a.Code() == "sign_in_failed":
				bad.Add(1)
			}
		})
	}
	close(gate)
	wg.Wait()
	require.EqualValues(t, 1, good.Load())
	require.EqualValues(t, 7, bad.Load())
}

// provesAgain: what asks for a fresh sign-in is refused after an old one, and done after a step-up as the same person.
func provesAgain(t *testing.T, w *provided) {
	p, who := w.visitor(t), somebody("Careful")
	who.AuthTime = time.Now().Add(-time.Hour)
	w.enters(t, p, who, "")
	token := map[string]any{"name": "laptop", "scopes": []string{"read"}, "days": 1}
	p.refused(t, "step_up_required", "POST /api/auth/tokens", token)

	a := p.arrive(t, w.sits(t, who, p.begin(t, "?step_up=true&return_to=/account")))
	isProblem(t, a, "step_up_failed", "a provider that asked nobody")
	a = p.arrive(t, w.sits(t, somebody("Other"), p.begin(t, "?step_up=true&return_to=/account")))
	isProblem(t, a, "step_up_failed", "another person")
	p.refused(t, "step_up_required", "POST /api/auth/tokens", token)

	who.AuthTime = time.Now()
	before := jarOf(p)
	a = p.arrive(t, w.sits(t, who, p.begin(t, "?step_up=true&return_to=/account")))
	require.Equal(t, http.StatusSeeOther, a.Status, "%s", a.Body)
	require.Equal(t, "/account", a.Header.Get("Location"))
	p.want(t, http.StatusCreated, "POST /api/auth/tokens", token)
	w.visitor(t).refused(t, "unauthorized", "GET /api/me", nil, "Cookie", before)
}

// houseEnters: a listed address makes an administrator when the provider vouches for it, and only then.
func houseEnters(t *testing.T, w *provided) {
	p := w.visitor(t)
	p.all = true
	boss := somebody("Boss")
	boss.Email, boss.Unverified = "admin@example.com", true
	w.enters(t, p, boss, "")
	p.refused(t, "forbidden", "GET /api/admin/audit", nil)
	boss.Unverified = false
	w.enters(t, p, boss, "")
	a := p.want(t, http.StatusOK, "GET /api/admin/audit?type=session.started&user_id="+p.id, nil)
	var v struct{ Total int }
	require.NoError(t, a.JSON(&v))
	require.GreaterOrEqual(t, v.Total, 2, "%s", a.Body)
}

func lyingProvider(t *testing.T, w *provided) {
	for name, lie := range map[string]oidctest.Behaviour{
		"nonce":    {Claims: func(c jwt.MapClaims) { c["nonce"] = "another" }},
		"audience": {Claims: func(c jwt.MapClaims) { c["aud"] = "another" }},
		"issuer":   {Claims: func(c jwt.MapClaims) { c["iss"] = "https://accounts.google.com" }},
		"expired":  {Claims: func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-time.Minute).Unix() }},
		"unsigned": {Sign: oidctest.Unsigned},
		"key":      {Sign: oidctest.NewEC(t, "first").Sign},
		"mix-up":   {Callback: func(q url.Values) { q.Set("iss", "https://elsewhere.example") }},
		"code":     {Callback: func(q url.Values) { q.Set("code", "made-up") }},
	} {
		w.issuer.Behave(lie)
		p := w.visitor(t)
		a := p.arrive(t, w.sits(t, somebody("Liar"), p.begin(t, "")))
		isProblem(t, a, "sign_in_failed", name)
		p.refused(t, "unauthorized", "GET /api/me", nil)
	}
	w.issuer.Behave(oidctest.Behaviour{})
	w.issuer.Rotate(oidctest.NewEC(t, "rotated"))
	w.enters(t, w.visitor(t), somebody("Late"), "")
}

// TestSignIn_production: the product starts before its provider, says so to programs and to people, and serves once it is there.
func TestSignIn_production(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())
	secret := strong()
	// Of a variable that is named twice, the later one counts.
	w := &provided{world: newWorld(t, append(production(secret), append(withProvider("http://"+address), "FRONTEND_URL=https://tickets.example")...)...)}
	p := w.visitor(t)
	p.want(t, http.StatusOK, "GET /readyz", nil)
	a := p.refused(t, "sign_in_unavailable", "GET "+loginPath, nil)
	require.NotEmpty(t, a.Header.Get("Retry-After"))
	a = p.do(t, "GET "+loginPath, nil, "Accept", "text/html")
	require.Equal(t, http.StatusServiceUnavailable, a.Status)
	require.Contains(t, a.Header.Get("Content-Type"), "text/html")
	require.NotContains(t, string(a.Body), "<script")
	require.Contains(t, string(a.Body), "/plain.css")
	require.NotContains(t, a.Header.Get("Content-Security-Policy"), "script-src")
	style := p.want(t, http.StatusOK, "GET /plain.css", nil)
	require.Contains(t, style.Header.Get("Content-Type"), "text/css")

	l, err = net.Listen("tcp", address)
	require.NoError(t, err)
	w.issuer = oidctest.New(t, oidctest.Options{Listener: l})
	to := w.comesBack(t, p)
	jar := jarOf(p)
	require.Contains(t, jar, "__Host-login-")
	who := somebody("Ann")
	p.is(who)
	a = p.arrive(t, w.sits(t, who, to))
	require.Equal(t, http.StatusSeeOther, a.Status, "%s", a.Body)
	require.Equal(t, "https://tickets.example/account", a.Header.Get("Location"))
	set := strings.Join(a.Header.Values("Set-Cookie"), "\n")
	for _, part := range []string{"__Host-session=", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"} {
		require.Contains(t, set, part)
	}
	require.NotContains(t, jarOf(p), "login-", "used up")
	p.me(t, p.want(t, http.StatusOK, "GET /api/me", nil))
	w.visitor(t).refused(t, "sign_in_failed", "GET "+callbackPath+"?state="+strings.Repeat("A", 43)+"&code=x", nil)
	for _, s := range append(w.issuer.Secrets(), oidctest.Secret, secret, who.Email) {
		require.NotContains(t, w.server.Log(), s)
	}
}

// comesBack asks again after the time that the product tells, until it sends the browser to the provider.
func (w *provided) comesBack(t *testing.T, p *person) string {
	t.Helper()
	for range 20 {
		a := p.do(t, "GET "+loginPath+"?return_to=/account", nil)
		if a.Status == http.StatusFound {
			return a.Header.Get("Location")
		}
		isProblem(t, a, "sign_in_unavailable", "login")
		wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
		require.NoError(t, err)
		<-time.After(time.Duration(wait) * time.Second)
	}
	t.Fatal("the provider is there, and nobody can sign in")
	return ""
}
