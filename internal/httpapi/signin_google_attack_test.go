package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/httpapi"
	"cinema/internal/oidc"
	"cinema/internal/oidc/oidctest"
	"cinema/internal/store/storesqlite"
)

func TestGoogle_attacks(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, br *browser, r response) {
		t.Helper()
		require.Equal(t, http.StatusBadRequest, r.status, r.text)
		require.Equal(t, "sign_in_failed", r.code(t))
		require.NotContains(t, br.jar, "session", "somebody is signed in")
		require.Empty(t, br.g.recorded("session.started"))
	}

	t.Run("a victim is not signed in to the attacker's account", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		attacker, victim := g.browser(), g.browser()
		back := attacker.back(attacker.login(""))
		refused(t, victim, victim.visit(back, true))
		victim.login("") // an attempt of his own does not help either
		refused(t, victim, victim.visit(back, true))
		own, err := url.ParseQuery(strings.TrimPrefix(victim.back(victim.login("")), callbackPath+"?"))
		require.NoError(t, err)
		theirs, err := url.ParseQuery(strings.TrimPrefix(back, callbackPath+"?"))
		require.NoError(t, err)
		own.Set("code", theirs.Get("code")) // the attacker's code under the victim's state
		refused(t, victim, victim.visit(callbackPath+"?"+own.Encode(), true))
	})
	t.Run("a copied callback with a copied cookie works once", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		g.issuer.Behave(oidctest.Behaviour{Reusable: true})
		br, thief := g.browser(), g.browser()
		back := br.back(br.login(""))
		ck := br.logins()[0]
		thief.jar[ck.Name] = ck
		require.Equal(t, http.StatusSeeOther, br.visit(back, true).status)
		r := thief.visit(back, true)
		require.Equal(t, "sign_in_failed", r.code(t))
		require.NotContains(t, thief.jar, "session")
		require.Len(t, g.recorded("session.started"), 1)
	})
	t.Run("of many at once, one", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		g.issuer.Behave(oidctest.Behaviour{Reusable: true})
		br := g.browser()
		back := br.back(br.login(""))
		ck := br.logins()[0]
		var good, bad atomic.Int64
		var wg sync.WaitGroup
		gate := make(chan struct{})
		for range 10 {
			wg.Go(func() {
				one := g.browser()
				one.jar[ck.Name] = ck
				<-gate
				switch one.visit(back, true).status {
				case http.StatusSeeOther:
					good.Add(1)
				case http.StatusBadRequest:
					bad.Add(1)
				}
			})
		}
		close(gate)
		wg.Wait()
		require.EqualValues(t, 1, good.Load())
		require.EqualValues(t, 9, bad.Load())
	})
	t.Run("a cookie that was changed", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		for _, change := range []func(string) string{
			func(string) string { return "" },
			func(v string) string { return v[:len(v)-2] + "AA" },
			func(v string) string { return strings.Replace(v, ".", "0.", 1) },
			func(v string) string { return v + v },
		} {
			br := g.browser()
			back := br.back(br.login(""))
			ck := br.logins()[0]
			ck.Value = change(ck.Value)
			refused(t, br, br.visit(back, true))
			require.Empty(t, br.logins())
		}
	})
	t.Run("parameters twice, or none, or odd", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		for _, change := range []func(string) string{
			func(s string) string { return s + "&state=x" },
			func(s string) string { return s + "&code=x" },
			func(string) string { return callbackPath },
			func(string) string { return callbackPath + "?state=../../x&code=y" },
			func(string) string { return callbackPath + "?state=" + strings.Repeat("%00", 43) + "&code=y" },
			func(s string) string { return strings.Replace(s, "iss=", "iss=https%3A%2F%2Fother.example&x=", 1) },
		} {
			br := g.browser()
			refused(t, br, br.visit(change(br.back(br.login(""))), true))
		}
	})
	t.Run("tokens that are not for us", func(t *testing.T) {
		t.Parallel()
		for name, change := range map[string]func(jwt.MapClaims){
			"nonce":    func(c jwt.MapClaims) { c["nonce"] = "another" },
			"audience": func(c jwt.MapClaims) { c["aud"] = "another" },
			"issuer":   func(c jwt.MapClaims) { c["iss"] = "https://other.example" },
			"old":      func(c jwt.MapClaims) { c["exp"] = start.Add(-time.Minute).Unix() },
		} {
			g := setupGoogle(t)
			g.issuer.Behave(oidctest.Behaviour{Claims: change})
			br := g.browser()
			r := br.signIn("")
			require.Equal(t, "sign_in_failed", r.code(t), name)
			require.NotContains(t, r.text, "nonce", "the answer tells what was wrong")
			refused(t, br, r)
		}
	})
	t.Run("an attempt survives the rotation of the secret", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		one, two := g.browser(), g.browser()
		before, dropped := one.back(one.login("")), two.back(two.login(""))
		*g.party.now = g.process(t, func(o *oidc.Options) { o.SealKey, o.PreviousSealKey = strings.Repeat("n", 32), sealSecret })
		require.Equal(t, http.StatusSeeOther, one.visit(before, true).status)
		*g.party.now = g.process(t, func(o *oidc.Options) { o.SealKey = strings.Repeat("n", 32) })
		require.Equal(t, "sign_in_failed", two.visit(dropped, true).code(t))
	})
	t.Run("an attempt of half an hour ago", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		br := g.browser()
		address := br.login("")
		g.bench.clock.Advance(30 * time.Minute)
		refused(t, br, br.visit(br.back(address), true))
	})
}

func TestGoogle_step_up(t *testing.T) {
	t.Parallel()
	boss := oidctest.Person{Subject: "boss", Email: "boss@example.com"}
	recent := func(t *testing.T, br *browser) bool {
		t.Helper()
		p, err := br.g.accounts.BySession(t.Context(), br.jar["session"].Value)
		require.NoError(t, err)
		return br.g.accounts.Recent(p)
	}

	t.Run("the person proves once more who he is", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		g.issuer.Be(boss)
		br := g.browser()
		br.signIn("")
		old := br.client()
		require.True(t, recent(t, br))
		g.bench.clock.Advance(20 * time.Minute)
		require.False(t, recent(t, br))
		r := br.signIn("?step_up=true&return_to=/staff/people")
		require.Equal(t, http.StatusSeeOther, r.status, r.text)
		require.Equal(t, "/staff/people", r.header.Get("Location"))
		require.True(t, recent(t, br))
		q := g.issuer.Latest().Query
		require.Equal(t, "login", q.Get("prompt"))
		require.Equal(t, "900", q.Get("max_age"))
		require.NotEqual(t, old.cookie, br.client().cookie)
		require.Equal(t, http.StatusUnauthorized, old.get("/api/me").status, "the old value is over")
		require.Len(t, g.recorded("session.step_up"), 1)
	})
	t.Run("another person, or a provider that asked nobody", func(t *testing.T) {
		t.Parallel()
		for name, change := range map[string]func(g *google){
			"another person": func(g *google) { g.issuer.Be(oidctest.Person{Subject: "ann", Email: "ann@example.com"}) },
			"long ago": func(g *google) {
				who := boss
				who.AuthTime = g.bench.clock.Now().Add(-16 * time.Minute)
				g.issuer.Be(who)
			},
			"not told": func(g *google) { g.issuer.Behave(oidctest.Behaviour{Forgetful: true}) },
		} {
			g := setupGoogle(t)
			g.issuer.Be(boss)
			br := g.browser()
			br.signIn("")
			before := br.jar["session"].Value
			g.bench.clock.Advance(20 * time.Minute)
			change(g)
			r := br.signIn("?step_up=true")
			require.Equal(t, http.StatusForbidden, r.status, name)
			require.Equal(t, "step_up_failed", r.code(t), name)
			require.Equal(t, before, br.jar["session"].Value, name)
			require.False(t, recent(t, br), name)
			require.Empty(t, g.recorded("session.step_up"))
		}
	})
	t.Run("without a session it is a sign-in", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		br := g.browser()
		require.Equal(t, http.StatusSeeOther, br.signIn("?step_up=true").status)
		require.Empty(t, g.issuer.Latest().Query.Get("prompt"))
		require.Len(t, g.recorded("session.started"), 1)
	})
	t.Run("signed out meanwhile", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		g.issuer.Be(boss)
		br := g.browser()
		br.signIn("")
		back := br.back(br.login("?step_up=true"))
		require.Equal(t, http.StatusOK, br.client().post("/api/auth/logout", nil).status)
		require.Equal(t, "step_up_failed", br.visit(back, true).code(t))
	})
}

// Errors are documents for programs and pages for people; both with the same status.
func TestGoogle_errors(t *testing.T) {
	t.Parallel()
	page := func(t *testing.T, r response) {
		t.Helper()
		require.Equal(t, "text/html; charset=utf-8", r.header.Get("Content-Type"))
		require.Contains(t, r.text, `<link rel="stylesheet" href="/plain.css">`)
		require.NotContains(t, r.text, "<script")
		require.NotContains(t, r.text, "style=")
		policy := r.header.Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'")
		require.Contains(t, policy, "frame-ancestors 'none'")
		require.NotContains(t, policy, "script-src")
		require.Equal(t, "no-store", r.header.Get("Cache-Control"))
		require.Contains(t, r.text, r.header.Get("X-Request-Id"))
	}

	t.Run("not configured", func(t *testing.T) {
		t.Parallel()
		g := &google{bench: setup(t)}
		br := g.browser()
		for _, path := range []string{loginPath, callbackPath + "?state=a&code=b"} {
			r := br.visit(path, false)
			require.Equal(t, http.StatusServiceUnavailable, r.status)
			require.Equal(t, "sign_in_unavailable", r.code(t))
			require.NotEmpty(t, r.header.Get("Retry-After"))
		}
		require.Equal(t, false, g.visitor().get("/api/config").body["sign_in"].(fields)["google"])
		br.accept = "text/html,application/xhtml+xml"
		page(t, br.visit(loginPath, false))
	})
	t.Run("the provider is away, then there", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		g.issuer.Behave(oidctest.Behaviour{Status: http.StatusBadGateway})
		br := g.browser()
		r := br.visit(loginPath+"?return_to=/films", false)
		require.Equal(t, http.StatusServiceUnavailable, r.status)
		require.Equal(t, "sign_in_unavailable", r.code(t))
		require.Equal(t, "1", r.header.Get("Retry-After"))
		require.Empty(t, br.jar)
		br.accept = "text/html"
		r = br.visit(loginPath+"?return_to=/films", false)
		require.Equal(t, http.StatusServiceUnavailable, r.status)
		page(t, r)
		require.Contains(t, r.text, `href="/api/auth/google/login?return_to=%2Ffilms"`)
		g.issuer.Behave(oidctest.Behaviour{})
		g.bench.clock.Advance(time.Minute)
		require.Equal(t, http.StatusSeeOther, br.signIn("").status)
	})
	t.Run("an attempt that failed can be begun again from its page", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		g.issuer.Behave(oidctest.Behaviour{Claims: func(c jwt.MapClaims) { c["nonce"] = "x" }})
		br := g.browser()
		br.accept = "text/html"
		r := br.signIn("?return_to=" + url.QueryEscape(`/films?q="><script>alert(1)</script>`))
		require.Equal(t, http.StatusBadRequest, r.status)
		page(t, r)
		require.Contains(t, r.text, `href="/api/auth/google/login?return_to=%2F"`)
		r = br.visit(callbackPath+"?state=%3Cscript%3E&code=x", true)
		page(t, r)
		require.Contains(t, r.text, `href="/signin"`)
	})
	t.Run("a session that cannot be recorded is none", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t, func(d *httpapi.Deps) {
			store, ok := d.Audit.(*storesqlite.Store)
			require.True(t, ok)
			d.Actions = audit.NewActions(noRecord{d.Audit}, newVault(t, store, d.Clock), d.Clock)
		})
		br := g.browser()
		r := br.signIn("")
		require.Equal(t, http.StatusInternalServerError, r.status)
		require.NotContains(t, br.jar, "session")
		who, err := g.store.UserByIdentity(t.Context(), g.issuer.Issuer(), "person-1")
		require.NoError(t, err)
		left, err := g.store.SessionsOf(t.Context(), who.ID)
		require.NoError(t, err)
		require.Empty(t, left)
	})
	t.Run("without a store nobody signs in", func(t *testing.T) {
		t.Parallel()
		g := setupGoogle(t)
		br := g.browser()
		back := br.back(br.login(""))
		require.NoError(t, g.store.Close())
		r := br.visit(back, true)
		require.GreaterOrEqual(t, r.status, http.StatusInternalServerError)
		require.NotContains(t, br.jar, "session")
	})
}

// noRecord is a record that cannot be written.
type noRecord struct{ audit.Store }

func (noRecord) Append(context.Context, []audit.Entry) error { return errors.New("the disk is full") }
