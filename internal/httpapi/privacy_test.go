package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/httpapi"
	"cinema/internal/ratelimit"
)

// user is the caller's id.
func (c *client) user() string {
	c.b.t.Helper()
	u, _ := c.get("/api/me").body["user"].(fields)
	id, _ := u["id"].(string)
	return id
}

// walkPrivacy goes through everything that a person may ask of his data.
func walkPrivacy(b *bench) {
	p, boss := b.person("eve@example.com"), b.person("boss@example.com")
	p.buy("request-eve", "C5")
	p.hold("request-eve-2", "C6")
	p.get("/api/me/export")
	p.delete("/api/me", fields{"confirm": "no"})
	id := p.user()
	p.delete("/api/me", fields{"confirm": "eve@example.com"})
	boss.delete("/api/admin/users/"+id, fields{"reason": "a second time"})
	boss.delete("/api/admin/users/"+b.guest().user(), fields{"reason": "asked at the desk"})
	boss.delete("/api/me", fields{"confirm": "boss@example.com"})
}

func TestExportMe(t *testing.T) {
	t.Parallel()

	t.Run("everything of mine and nothing of others", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		other := b.person("other@example.com")
		other.buy("request-other", "A9")
		other.hold("request-other-2", "A8")
		g := b.guest()
		g.buy("request-1", "A1")
		p := b.person("eve@example.com")
		g.signIn("eve@example.com")
		g.buy("request-2", "A2")
		g.hold("request-3", "A3")
		p.personal("read")
		r := g.get("/api/me/export")
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, `attachment; filename="my-cinema-data-2026-03-10.json"`, r.header.Get("Content-Disposition"))
		require.Equal(t, "no-store", r.header.Get("Cache-Control"))
		items := func(part string) []any {
			v, ok := r.body[part].(fields)
			require.True(t, ok, part)
			require.NotEmpty(t, v["for"], part)
			require.NotEmpty(t, v["kept"], part)
			return v["items"].([]any)
		}
		require.Equal(t, true, r.body["complete"])
		require.Equal(t, "eve@example.com", r.body["profile"].(fields)["email"])
		require.Len(t, r.body["profile"].(fields)["merged_guests"], 1)
		require.Equal(t, []any{fields{"issuer": "dev", "subject": "eve@example.com"}}, items("identities"))
		require.Len(t, items("bookings"), 2)
		require.Len(t, items("holds"), 1)
		require.Len(t, items("personal_tokens"), 1)
		require.NotEmpty(t, items("sessions"))
		require.NotEmpty(t, items("activity"))
		require.NotEmpty(t, items("elsewhere"))
		require.NotContains(t, r.text, "other@example.com")
		require.NotContains(t, r.text, other.user())
		require.NotContains(t, r.text, "cin_", "no secret")
		_, value, _ := strings.Cut(g.cookie, "=")
		require.NotContains(t, r.text, value)
	})
	t.Run("for the person alone, and seldom", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(d *httpapi.Deps) { d.Rules = ratelimit.Defaults() })
		require.Equal(t, http.StatusUnauthorized, b.visitor().get("/api/me/export").status)
		p := b.person("eve@example.com")
		secret, _ := p.personal("read", "book", "manage")
		r := b.exchange(secret).get("/api/me/export")
		require.Equal(t, http.StatusForbidden, r.status, r.text)
		require.Equal(t, http.StatusForbidden, b.exchange(secret).delete("/api/me", fields{"confirm": "eve@example.com"}).status)
		for range ratelimit.Defaults().MyData.Limit {
			require.Equal(t, http.StatusOK, p.get("/api/me/export").status)
		}
		r = p.get("/api/me/export")
		require.Equal(t, "rate_limited", r.code(t))
		require.NotEmpty(t, r.header.Get("Retry-After"))
		require.Equal(t, http.StatusOK, b.person("adam@example.com").get("/api/me/export").status)
	})
}

func TestEraseMe(t *testing.T) {
	t.Parallel()

	t.Run("ends everything", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p, phone := b.person("eve@example.com"), b.person("eve@example.com")
		id, api := p.user(), b.person("eve@example.com").token()
		secret, _ := p.personal("read")
		personal := b.exchange(secret)
		p.buy("request-1", "A1", "A2")
		p.hold("request-2", "A3")
		sockets := []*stream{p.watch(), phone.watch()}
		for _, s := range sockets {
			s.next()
		}
		require.Equal(t, "invalid_body", p.delete("/api/me", fields{"confirm": "DELETE"}).code(t))
		require.Equal(t, "invalid_body", p.delete("/api/me", fields{"confirm": ""}).code(t))
		r := p.delete("/api/me", fields{"confirm": " Eve@Example.com "})
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, fields{"ok": true, "done": true, "kept": fields{"bookings": 1.0, "tickets": 2.0, "until": "2034-01-01T00:00:00.000Z"}}, r.body)
		require.Contains(t, r.header.Get("Set-Cookie"), "Max-Age=0")
		require.Contains(t, r.header.Get("Clear-Site-Data"), "cookies")
		for _, s := range sockets {
			require.EqualValues(t, 4401, s.code())
		}
		b.clock.Advance(3 * time.Second)
		for name, c := range map[string]*client{"this browser": p, "another": phone, "an access token": api, "a program": personal} {
			require.Equal(t, http.StatusUnauthorized, c.get("/api/me").status, name)
		}
		require.Equal(t, http.StatusUnauthorized, (&client{b: b, bearer: secret}).post("/api/auth/token", nil).status)
		seats := b.visitor().get(statePath).body
		require.Equal(t, []string{"A1", "A2"}, list(seats["booked"]))
		require.Empty(t, seats["locks"], "what was held is for sale")

		again := b.person("eve@example.com")
		require.NotEqual(t, id, again.user())
		require.Empty(t, again.get("/api/bookings").body["items"])
		boss := b.person("boss@example.com")
		found := boss.get("/api/admin/bookings?q=eve").body
		require.EqualValues(t, 0, found["total"])
		entries := b.acts("user.erased")
		require.Len(t, entries, 1)
		require.Equal(t, id, string(entries[0].User))
		require.NotContains(t, b.log.String(), "eve@example.com")
	})
	t.Run("a guest says so in a word", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		one := g.buy("request-1", "A1")
		b.clock.Advance(time.Hour)
		require.Equal(t, "invalid_body", g.delete("/api/me", fields{"confirm": "ann@example.com"}).code(t))
		require.Equal(t, http.StatusOK, g.delete("/api/me", fields{"confirm": "DELETE"}).status)
		r := b.visitor().post("/api/bookings/lookup", fields{"reference": one["reference"], "email": "ann@example.com"})
		require.Equal(t, "booking_not_found", r.code(t))
	})
	t.Run("asks an account for a fresh sign-in", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.person("eve@example.com")
		b.clock.Advance(16 * time.Minute)
		require.Equal(t, "step_up_required", p.delete("/api/me", fields{"confirm": "eve@example.com"}).code(t))
		p.signIn("eve@example.com")
		require.Equal(t, http.StatusOK, p.delete("/api/me", fields{"confirm": "eve@example.com"}).status)
	})
	t.Run("not from another site", func(t *testing.T) {
		t.Parallel()
		p := setup(t).person("eve@example.com")
		require.Equal(t, "cross_origin", p.with("X-Requested-With", "").delete("/api/me", fields{"confirm": "eve@example.com"}).code(t))
		require.Equal(t, http.StatusOK, p.get("/api/me").status)
	})
	t.Run("waits for money", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		g.hold("request-1", "A1")
		require.Equal(t, http.StatusCreated, g.post(checkoutPath, sale("request-1", "A1")).status)
		r := g.delete("/api/me", fields{"confirm": "DELETE"})
		require.Equal(t, http.StatusConflict, r.status)
		require.Equal(t, "payment_open", r.code(t))
		require.Equal(t, http.StatusOK, g.get("/api/me").status)
	})
	t.Run("the last administrator stays", func(t *testing.T) {
		t.Parallel()
		boss := setup(t).person("boss@example.com")
		require.Equal(t, "last_admin", boss.delete("/api/me", fields{"confirm": "boss@example.com"}).code(t))
		require.Equal(t, "last_admin", boss.delete("/api/admin/users/"+boss.user(), fields{"reason": ""}).code(t))
	})
}

func TestEraseUser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p, boss := b.person("eve@example.com"), b.person("boss@example.com")
	path := "/api/admin/users/" + p.user()
	require.Equal(t, http.StatusUnauthorized, b.visitor().delete(path, fields{"reason": "x"}).status)
	require.Equal(t, "forbidden", p.delete(path, fields{"reason": "x"}).code(t))
	require.Equal(t, "invalid_body", boss.delete(path, fields{"reason": ""}).code(t))
	require.Equal(t, "invalid_body", boss.delete(path, fields{"reason": "Robin asked"}).code(t), "a name is no reason")
	require.Equal(t, "user_not_found", boss.delete("/api/admin/users/us_nobody", fields{"reason": "x"}).code(t))
	require.Equal(t, "user_not_found", boss.delete("/api/admin/users/%7Bx", fields{"reason": "x"}).code(t))
	b.clock.Advance(16 * time.Minute)
	require.Equal(t, "step_up_required", boss.delete(path, fields{"reason": "asked by letter"}).code(t))
	boss.signIn("boss@example.com")
	id := p.user()
	r := boss.delete(path, fields{"reason": "asked by letter"})
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.Empty(t, r.header.Get("Set-Cookie"), "it is not the administrator's session that ends")
	require.Equal(t, fields{"bookings": 0.0, "tickets": 0.0}, r.body["kept"])
	b.clock.Advance(3 * time.Second)
	require.Equal(t, http.StatusUnauthorized, p.get("/api/me").status)
	entries, _, err := b.store.Entries(t.Context(), audit.Query{Type: "user.erased"})
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, id, string(entries[0].User))
	require.Contains(t, string(entries[0].Payload), "asked by letter")
}
