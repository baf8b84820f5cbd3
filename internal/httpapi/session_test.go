package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/httpapi"
)

func TestSession(t *testing.T) {
	t.Parallel()

	t.Run("a visitor is nobody", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		r := b.visitor().get("/api/me")
		require.Equal(t, http.StatusUnauthorized, r.status)
		require.Equal(t, "unauthorized", r.code(t))
	})
	t.Run("a guest has no address", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		r := g.get("/api/me")
		require.Equal(t, http.StatusOK, r.status)
		user := r.body["user"].(map[string]any)
		require.Equal(t, true, user["guest"])
		require.Nil(t, user["email"])
		require.Equal(t, "USER", r.str("role"))
		again := g.post("/api/auth/guest", nil)
		require.Equal(t, user["id"], again.body["user"].(map[string]any)["id"], "a caller who has a session keeps it")
	})
	t.Run("a guest keeps his id at the first sign-in", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		before := g.get("/api/me").body["user"].(map[string]any)["id"]
		old := *g
		g.signIn("ann@example.com")
		after := g.get("/api/me").body["user"].(map[string]any)
		require.Equal(t, before, after["id"])
		require.Equal(t, "ann@example.com", after["email"])
		require.Equal(t, http.StatusUnauthorized, old.get("/api/me").status, "the old cookie ends at sign-in")
	})
	t.Run("a guest is merged into a known account", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		known := b.person("ann@example.com").get("/api/me").body["user"].(map[string]any)["id"]
		g := b.guest()
		guest := g.get("/api/me").body["user"].(map[string]any)["id"]
		g.signIn("Ann@Example.com ")
		require.Equal(t, known, g.get("/api/me").body["user"].(map[string]any)["id"])
		into, err := b.store.MergedInto(t.Context(), identUser(guest))
		require.NoError(t, err)
		require.EqualValues(t, known, into)
	})
	t.Run("logout ends the session and its tokens", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.person("ann@example.com")
		old := *p
		api := p.token()
		require.Equal(t, http.StatusOK, api.get("/api/me").status)
		r := p.post("/api/auth/logout", nil)
		require.Equal(t, http.StatusOK, r.status)
		require.Contains(t, r.header.Get("Clear-Site-Data"), "cookies")
		require.Equal(t, http.StatusUnauthorized, old.get("/api/me").status)
		require.Equal(t, http.StatusUnauthorized, api.get("/api/me").status)
	})
	t.Run("listed addresses are administrators", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.Equal(t, "ADMIN", b.person("boss@example.com").get("/api/me").str("role"))
		require.Equal(t, http.StatusOK, b.person("boss@example.com").get("/api/admin/ping").status)
		r := b.person("ann@example.com").get("/api/admin/ping")
		require.Equal(t, http.StatusForbidden, r.status)
		require.Equal(t, "forbidden", r.code(t))
		require.Equal(t, http.StatusUnauthorized, b.visitor().get("/api/admin/ping").status)
		require.Equal(t, http.StatusForbidden, b.guest().get("/api/%61dmin/ping").status, "another spelling is the same route")
		require.Equal(t, http.StatusNotFound, b.person("boss@example.com").get("/api/admin%2Fping").status, "a coded separator is none")
	})
	t.Run("idle staff are signed out, users stay", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		boss, ann := b.person("boss@example.com"), b.person("ann@example.com")
		b.clock.Advance(31 * time.Minute)
		require.Equal(t, http.StatusUnauthorized, boss.get("/api/me").status)
		require.Equal(t, http.StatusOK, ann.get("/api/me").status)
		b.clock.Advance(8 * 24 * time.Hour)
		require.Equal(t, http.StatusUnauthorized, ann.get("/api/me").status)
	})
	t.Run("a session is rotated after a day", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		old := *ann
		b.clock.Advance(25 * time.Hour)
		require.Equal(t, http.StatusOK, ann.get("/api/me").status)
		require.NotEqual(t, old.cookie, ann.cookie)
		late := old
		require.Equal(t, http.StatusOK, late.post("/api/auth/token", nil).status, "the old value works until the new one is used")
		require.Equal(t, ann.cookie, late.cookie, "and comes to the same")
		require.Equal(t, http.StatusOK, ann.get("/api/me").status)
		late = old
		require.Equal(t, http.StatusOK, late.get("/api/me").status, "and for a moment longer")
		b.clock.Advance(2 * time.Minute)
		require.Equal(t, http.StatusUnauthorized, old.get("/api/me").status)
		require.Equal(t, http.StatusOK, ann.get("/api/me").status)
	})
	t.Run("development sign-in is not there in production", func(t *testing.T) {
		t.Parallel()
		b := setup(t, production)
		r := b.visitor().post("/api/auth/dev/login", map[string]any{"email": "a@b.c"})
		require.Equal(t, http.StatusNotFound, r.status)
		require.Equal(t, "not_found", r.code(t))
	})
	t.Run("the cookie is strict, hidden from scripts and prefixed", func(t *testing.T) {
		t.Parallel()
		b := setup(t, production)
		set := b.visitor().post("/api/auth/guest", nil).header.Get("Set-Cookie")
		require.True(t, strings.HasPrefix(set, "__Host-session="), set)
		for _, part := range []string{"; Path=/", "; HttpOnly", "; Secure", "; SameSite=Strict"} {
			require.Contains(t, set, part)
		}
		require.NotContains(t, set, "Domain")
	})
	t.Run("bad sign-ins", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, body := range []string{`{}`, `{"email":"nobody"}`, `{"email":"a@b.c","name":"\u0007"}`, `{"email":"a@b.c","role":"ADMIN"}`, `{"email":null}`} {
			r := b.visitor().post("/api/auth/dev/login", body)
			require.Equal(t, http.StatusBadRequest, r.status, body)
			require.Equal(t, "invalid_body", r.code(t))
		}
	})
}

func TestBearer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.person("ann@example.com")
	api := p.token()

	t.Run("works without the browser's header", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, http.StatusOK, api.get("/api/me").status)
		require.Equal(t, http.StatusOK, api.post("/api/auth/token", nil).status)
	})
	t.Run("wins over the cookie, and never falls back to it", func(t *testing.T) {
		t.Parallel()
		both := *p
		both.bearer = "nonsense"
		r := both.get("/api/me")
		require.Equal(t, http.StatusUnauthorized, r.status)
		require.Equal(t, "unauthorized", r.code(t))
	})
	t.Run("a wrong token is refused on public routes too", func(t *testing.T) {
		t.Parallel()
		c := &client{b: b, bearer: "a.b.c"}
		require.Equal(t, http.StatusUnauthorized, c.get("/api/movies").status)
	})
	t.Run("tampered tokens", func(t *testing.T) {
		t.Parallel()
		parts := strings.Split(api.bearer, ".")
		none := "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + parts[1] + "."
		swapped := parts[0] + "." + parts[1] + "." + strings.Repeat("A", len(parts[2]))
		for _, bad := range []string{none, swapped, parts[0] + "." + parts[1], strings.Repeat("x", 5000)} {
			require.Equal(t, http.StatusUnauthorized, (&client{b: b, bearer: bad}).get("/api/me").status)
		}
	})
	t.Run("ends after a quarter of an hour", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		api := b.person("ann@example.com").token()
		b.clock.Advance(16 * time.Minute)
		require.Equal(t, http.StatusUnauthorized, api.get("/api/me").status)
	})
}

func production(d *httpapi.Deps) {
	d.Settings.Development, d.Settings.Env, d.Settings.Provider = false, "production", "stripe"
}
