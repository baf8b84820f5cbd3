package httpapi_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/httpapi"
	"cinema/internal/ratelimit"
)

// personal makes a personal token of the caller.
func (c *client) personal(scopes ...string) (secret, id string) {
	c.b.t.Helper()
	r := c.post("/api/auth/tokens", fields{"name": "Backup", "scopes": scopes, "days": 30})
	require.Equal(c.b.t, http.StatusCreated, r.status, r.text)
	return r.str("token"), r.body["item"].(fields)["id"].(string)
}

// exchange makes an API client of a personal token.
func (b *bench) exchange(secret string) *client {
	b.t.Helper()
	c := &client{b: b, bearer: secret}
	r := c.post("/api/auth/token", nil)
	require.Equal(b.t, http.StatusOK, r.status, r.text)
	return &client{b: b, bearer: r.str("access_token")}
}

func TestPersonalTokens(t *testing.T) {
	t.Parallel()

	t.Run("are made, listed, used and revoked", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		r := ann.post("/api/auth/tokens", fields{"name": "Backup", "scopes": []string{"read", "book"}})
		require.Equal(t, http.StatusCreated, r.status, r.text)
		secret, item := r.str("token"), r.body["item"].(fields)
		require.Regexp(t, "^cin_", secret)
		require.Equal(t, []any{"read", "book"}, item["scopes"])
		require.Nil(t, item["last_used_at"])
		require.Equal(t, start.Add(30*24*time.Hour).Format(time.RFC3339), item["expires_at"])
		list := ann.get("/api/auth/tokens")
		require.Equal(t, []any{item}, list.body["items"])
		require.NotContains(t, list.text, secret[4:])

		plain := &client{b: b, bearer: secret}
		for _, path := range []string{"/api/me", "/api/movies", "/api/auth/tokens"} {
			require.Equal(t, http.StatusUnauthorized, plain.get(path).status, path)
		}
		require.EqualValues(t, 4401, b.watch(dial{protocols: []string{"cinema.v1", "bearer." + secret}}).code())
		r = plain.post("/api/auth/token", nil)
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, "read book", r.str("scope"))
		require.EqualValues(t, 900, r.body["expires_in"])
		api := &client{b: b, bearer: r.str("access_token")}
		require.Equal(t, http.StatusOK, api.get("/api/me").status)
		require.Equal(t, start.Format(time.RFC3339), ann.get("/api/auth/tokens").body["items"].([]any)[0].(fields)["last_used_at"])

		w := b.watch(dial{header: http.Header{"Authorization": {"Bearer " + api.bearer}}})
		w.next()
		id := item["id"].(string)
		require.Equal(t, "token_not_found", b.person("bob@example.com").delete("/api/auth/tokens/"+id, nil).code(t))
		require.Equal(t, http.StatusOK, ann.delete("/api/auth/tokens/"+id, nil).status)
		require.EqualValues(t, 4401, w.code(), "its sockets end at once")
		require.Equal(t, http.StatusUnauthorized, api.get("/api/me").status)
		require.Equal(t, http.StatusUnauthorized, plain.post("/api/auth/token", nil).status)
		require.NotContains(t, b.log.String(), secret[4:20])
		created, revoked := b.acts("token.created"), b.acts("token.revoked")
		require.Len(t, created, 1)
		require.Len(t, revoked, 1)
		require.NotContains(t, string(created[0].Payload), secret[4:20])
		require.Contains(t, string(revoked[0].Payload), id)
	})
	t.Run("need a fresh sign-in and a person", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		body := fields{"name": "Backup", "scopes": []string{"read"}}
		require.Equal(t, "step_up_required", b.guest().post("/api/auth/tokens", body).code(t))
		b.clock.Advance(16 * time.Minute)
		require.Equal(t, "step_up_required", ann.post("/api/auth/tokens", body).code(t))
		require.Empty(t, ann.get("/api/auth/tokens").body["items"])
	})
	t.Run("bounds", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		for _, bad := range []string{
			`{}`, `{"name":"","scopes":["read"]}`, `{"name":"a","scopes":[]}`, `{"name":"a","scopes":["read","read"]}`, `{"name":"a","scopes":["admin"]}`,
			`{"name":"a","scopes":["read"],"days":91}`, `{"name":"a","scopes":["read"],"days":-1}`, `{"name":"a","scopes":["read"],"days":9223372036854775807}`,
			`{"name":"a\u0000","scopes":["read"]}`, `{"name":"` + strings.Repeat("x", 61) + `","scopes":["read"]}`, `{"name":"a","scopes":["read"],"user":"us_1"}`,
		} {
			r := ann.post("/api/auth/tokens", bad)
			require.Equal(t, http.StatusBadRequest, r.status, bad)
		}
		for range account.MaxTokens {
			ann.personal("read")
		}
		require.Equal(t, "too_many_tokens", ann.post("/api/auth/tokens", fields{"name": "one more", "scopes": []string{"read"}}).code(t))
	})
	t.Run("guesses are limited by address, and so are good ones", func(t *testing.T) {
		t.Parallel()
		rules := ratelimit.Defaults()
		rules.SignIn = ratelimit.Quota{Limit: 3, Per: time.Minute}
		b := setup(t, func(d *httpapi.Deps) { d.Rules = rules })
		bad := &client{b: b, bearer: "cin_" + strings.Repeat("a", 55)}
		for range 3 {
			require.Equal(t, http.StatusUnauthorized, bad.post("/api/auth/token", nil).status)
		}
		r := bad.post("/api/auth/token", nil)
		require.Equal(t, http.StatusTooManyRequests, r.status)
		require.NotEmpty(t, r.header.Get("Retry-After"))
	})
}

// What a token is good for is the route's business, whatever the role.
func TestScopes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	boss := b.person("boss@example.com")
	clients := make(map[string]*client)
	for _, scope := range []string{"read", "book", "manage"} {
		secret, _ := boss.personal(scope)
		clients[scope] = b.exchange(secret)
	}
	for _, c := range []struct {
		method, path string
		body         any
		scope        string
		status       int
	}{
		{http.MethodGet, "/api/me", nil, "read", http.StatusOK},
		{http.MethodGet, "/api/bookings", nil, "read", http.StatusOK},
		{http.MethodGet, "/api/movies", nil, "read", http.StatusOK},
		{http.MethodPost, "/api/ws-tickets", fields{"showtime_id": onSale}, "read", http.StatusCreated},
		{http.MethodPost, lockPath, fields{"seat_ids": []string{"A1"}, "request_id": "request-1"}, "book", http.StatusOK},
		{http.MethodDelete, lockPath, fields{"seat_ids": []string{"A1"}}, "book", http.StatusOK},
		{http.MethodGet, "/api/admin/ping", nil, "manage", http.StatusOK},
		{http.MethodGet, "/api/admin/audit", nil, "manage", http.StatusOK},
	} {
		for scope, api := range clients {
			r := api.do(c.method, c.path, c.body)
			if scope == c.scope {
				require.Equal(t, c.status, r.status, "%s %s: %s", c.method, c.path, r.text)
				continue
			}
			require.Equal(t, http.StatusForbidden, r.status, "%s %s with %s", c.method, c.path, scope)
			require.Equal(t, "insufficient_scope", r.code(t))
		}
	}
	t.Run("sockets need to read", func(t *testing.T) {
		t.Parallel()
		for scope, api := range clients {
			for _, d := range []dial{
				{header: http.Header{"Authorization": {"Bearer " + api.bearer}}}, {protocols: []string{"cinema.v1", "bearer." + api.bearer}},
			} {
				w := b.watch(d)
				if scope == "read" {
					require.Equal(t, "hello", w.next()["type"])
				} else {
					require.EqualValues(t, 4403, w.code())
				}
			}
		}
	})
	t.Run("manage needs the role too", func(t *testing.T) {
		t.Parallel()
		secret, _ := b.person("ann@example.com").personal("read", "book", "manage")
		require.Equal(t, "forbidden", b.exchange(secret).get("/api/admin/ping").code(t))
	})
	t.Run("a program never does what is for the person alone", func(t *testing.T) {
		t.Parallel()
		secret, id := boss.personal("read", "book", "manage")
		for _, api := range []*client{b.exchange(secret), b.tool(boss, "read book manage")} {
			for _, c := range [][2]string{
				{"GET", "/api/auth/sessions"},
				{"DELETE", "/api/auth/sessions/se_1"},
				{"POST", "/api/auth/logout-everywhere"},
				{"POST", "/api/auth/logout"},
				{"GET", "/api/auth/tokens"},
				{"POST", "/api/auth/tokens"},
				{"DELETE", "/api/auth/tokens/" + id},
				{"POST", "/api/auth/codes"},
				{"POST", "/api/auth/token"},
				{"POST", "/api/auth/dev/login"},
			} {
				r := api.do(c[0], c[1], nil)
				require.Equal(t, http.StatusForbidden, r.status, "%s %s", c[0], c[1])
				require.Equal(t, "insufficient_scope", r.code(t))
			}
		}
	})
	t.Run("a session's own token has every scope", func(t *testing.T) {
		t.Parallel()
		api := boss.token()
		require.Equal(t, http.StatusOK, api.get("/api/auth/sessions").status)
		require.Equal(t, http.StatusOK, api.get("/api/admin/ping").status)
		require.Equal(t, "read book manage", api.post("/api/auth/token", nil).str("scope"))
	})
}

func TestRevokeToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.person("ann@example.com")
	api, twin := ann.token(), ann.token()
	w := b.watch(dial{header: http.Header{"Authorization": {"Bearer " + api.bearer}}})
	w.next()
	require.Equal(t, "invalid_request", ann.delete("/api/auth/token", nil).code(t), "a cookie is no token")
	secret, _ := ann.personal("read")
	require.Equal(t, http.StatusUnauthorized, (&client{b: b, bearer: secret}).delete("/api/auth/token", nil).status)
	require.Equal(t, http.StatusOK, api.delete("/api/auth/token", nil).status)
	require.EqualValues(t, 4401, w.code())
	require.Equal(t, http.StatusUnauthorized, api.get("/api/me").status)
	require.Equal(t, http.StatusOK, twin.get("/api/me").status)
	require.Equal(t, http.StatusOK, b.exchange(secret).delete("/api/auth/token", nil).status, "whatever it is good for")
	require.Len(t, b.acts("access_token.revoked"), 2)
}

const toolAddress = "http://127.0.0.1:49152/callback"

func proofOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// allow lets a tool act for the caller and takes its code.
func (c *client) allow(verifier, scope string) string {
	c.b.t.Helper()
	r := c.post("/api/auth/codes", fields{"redirect_uri": toolAddress, "code_challenge": proofOf(verifier), "state": "s-1", "scope": scope, "name": "box"})
	require.Equal(c.b.t, http.StatusOK, r.status, r.text)
	u, err := url.Parse(r.str("redirect_to"))
	require.NoError(c.b.t, err)
	require.Equal(c.b.t, toolAddress, fmt.Sprintf("%s://%s%s", u.Scheme, u.Host, u.Path))
	require.Equal(c.b.t, "s-1", u.Query().Get("state"))
	return u.Query().Get("code")
}

func grant(code, verifier string) fields {
	return fields{"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": toolAddress}
}

// tool is an API client that a person allowed to act for him.
func (b *bench) tool(p *client, scope string) *client {
	b.t.Helper()
	verifier := strings.Repeat("v", 43)
	r := (&client{b: b}).post("/api/auth/token", grant(p.allow(verifier, scope), verifier))
	require.Equal(b.t, http.StatusOK, r.status, r.text)
	return &client{b: b, bearer: r.str("access_token")}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	verifier := strings.Repeat("v", 43)

	t.Run("a tool gets what the person allowed, once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		code := ann.allow(verifier, "read")
		tool := &client{b: b}
		r := tool.post("/api/auth/token", grant(code, verifier))
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, "read", r.str("scope"))
		api := &client{b: b, bearer: r.str("access_token")}
		require.Equal(t, http.StatusOK, api.get("/api/me").status)
		require.Equal(t, "insufficient_scope", api.post(lockPath, fields{"seat_ids": []string{"A1"}}).code(t))
		w := b.watch(dial{header: http.Header{"Authorization": {"Bearer " + api.bearer}}})
		w.next()

		require.Equal(t, "invalid_grant", tool.post("/api/auth/token", grant(code, verifier)).code(t))
		require.Equal(t, http.StatusUnauthorized, api.get("/api/me").status, "what came from a code that two know is revoked")
		require.EqualValues(t, 4401, w.code())
		require.Len(t, b.acts("tool.authorized"), 1)
		require.Len(t, b.acts("tool.code_replayed"), 1)
	})
	t.Run("a wrong proof uses the code up", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		for _, change := range []fields{{"code_verifier": strings.Repeat("w", 43)}, {"redirect_uri": "http://127.0.0.1:49153/callback"}, {"code_verifier": ""}} {
			body := grant(ann.allow(verifier, "read"), verifier)
			good := grant(body["code"].(string), verifier)
			maps.Copy(body, change)
			require.Equal(t, "invalid_grant", (&client{b: b}).post("/api/auth/token", body).code(t))
			require.Equal(t, "invalid_grant", (&client{b: b}).post("/api/auth/token", good).code(t))
		}
	})
	t.Run("late, foreign and malformed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		code := ann.allow(verifier, "")
		b.clock.Advance(61 * time.Second)
		tool := &client{b: b}
		require.Equal(t, "invalid_grant", tool.post("/api/auth/token", grant(code, verifier)).code(t))
		require.Equal(t, "invalid_grant", tool.post("/api/auth/token", grant(ann.token().bearer, verifier)).code(t))
		for body, want := range map[string]string{
			`{"grant_type":"password"}`: "unsupported_grant_type", `{"grant_type":"refresh_token","code":"x"}`: "unsupported_grant_type", `{}`: "unsupported_grant_type",
			`{"grant_type":"authorization_code"}`: "invalid_grant", `{"grant_type":"authorization_code","user":"us_1"}`: "invalid_body", `[]`: "invalid_body",
		} {
			r := tool.post("/api/auth/token", body)
			require.Equal(t, http.StatusBadRequest, r.status, body)
			require.Equal(t, want, r.code(t), body)
		}
		require.Equal(t, "unauthorized", tool.post("/api/auth/token", nil).code(t))
	})
	t.Run("a session that is over allows nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		code := ann.allow(verifier, "read")
		api := b.tool(ann, "read")
		ann.post("/api/auth/logout", nil)
		require.Equal(t, "invalid_grant", (&client{b: b}).post("/api/auth/token", grant(code, verifier)).code(t))
		require.Equal(t, http.StatusUnauthorized, api.get("/api/me").status)
	})
	t.Run("what cannot be allowed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		good := fields{"redirect_uri": toolAddress, "code_challenge": proofOf(verifier), "state": "s-1"}
		for _, c := range []struct {
			name string
			v    any
			code string
		}{
			{"redirect_uri", "http://localhost:49152/", "invalid_redirect"},
			{"redirect_uri", "https://evil.example/", "invalid_redirect"},
			{"code_challenge", verifier + "=", "invalid_challenge"},
			{"code_challenge_method", "plain", "invalid_challenge"},
			{"state", "", "invalid_state"},
			{"scope", "admin", "invalid_scope"},
			{"scope", "read read", "invalid_scope"},
			{"name", "a\u0007", "invalid_body"},
		} {
			body := fields{c.name: c.v}
			for k, v := range good {
				if k != c.name {
					body[k] = v
				}
			}
			require.Equal(t, c.code, ann.post("/api/auth/codes", body).code(t), "%s %v", c.name, c.v)
		}
		require.Equal(t, "unauthorized", b.visitor().post("/api/auth/codes", good).code(t))
		require.Equal(t, "cross_origin", ann.with("X-Requested-With", "").post("/api/auth/codes", good).code(t))
		require.Equal(t, "cross_origin", ann.with("Origin", "http://127.0.0.1:49152").post("/api/auth/codes", good).code(t))
	})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	t.Run("none when the secret signs", func(t *testing.T) {
		t.Parallel()
		r := setup(t).visitor().get("/.well-known/jwks.json")
		require.Equal(t, http.StatusNotFound, r.status)
		require.Equal(t, "not_found", r.code(t))
	})
	t.Run("the public half of the pair", func(t *testing.T) {
		t.Parallel()
		_, private, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		raw, err := x509.MarshalPKCS8PrivateKey(private)
		require.NoError(t, err)
		b := setupWith(t, func(d *account.Deps) { d.SigningKeys = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}) })
		r := b.visitor().get("/.well-known/jwks.json")
		require.Equal(t, http.StatusOK, r.status)
		require.Contains(t, r.header.Get("Cache-Control"), "max-age")
		key := r.body["keys"].([]any)[0].(fields)
		require.Equal(t, base64.RawURLEncoding.EncodeToString(private.Public().(ed25519.PublicKey)), key["x"])
		require.NotContains(t, key, "d")
		ann := b.person("ann@example.com")
		api := ann.token()
		require.Equal(t, http.StatusOK, api.get("/api/me").status)
		other := setup(t).person("ann@example.com").token()
		require.Equal(t, http.StatusUnauthorized, (&client{b: b, bearer: other.bearer}).get("/api/me").status, "one family at a time")
		b.clock.Advance(25 * time.Hour)
		require.Empty(t, ann.get("/.well-known/jwks.json").header.Get("Set-Cookie"), "caches keep it, and give it to anybody")
	})
}

func TestBearer_twice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	api := b.person("ann@example.com").token()
	for _, values := range [][]string{
		{"Bearer " + api.bearer, "Bearer " + api.bearer},
		{"Bearer " + api.bearer, ""},
		{"", "Bearer " + api.bearer},
		{"Basic YTpi"},
		{"Bearer"},
		{""},
		{"Bearer " + api.bearer + ", Bearer x"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.url+"/api/movies", http.NoBody)
		require.NoError(t, err)
		req.Header["Authorization"] = values
		res, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusUnauthorized, res.StatusCode, "%q", values)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// walkTokens asks once for everything about sessions and tokens.
func walkTokens(b *bench) {
	p := b.person("ann@example.com")
	other := b.person("ann@example.com")
	p.get("/api/auth/sessions")
	p.delete("/api/auth/sessions/"+p.sessionsOf()[0].(fields)["id"].(string), nil)
	for _, c := range []*client{p, other} {
		if c.get("/api/me").status == http.StatusOK {
			p = c
		}
	}
	secret, id := p.personal("read")
	b.exchange(secret).delete("/api/auth/token", nil)
	p.get("/api/auth/tokens")
	b.tool(p, "read")
	p.delete("/api/auth/tokens/"+id, nil)
	p.delete("/api/auth/tokens/"+id, nil)
	p.post("/api/auth/logout-everywhere", fields{"keep_current": true})
	b.visitor().get("/.well-known/jwks.json")
}
