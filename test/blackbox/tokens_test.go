package blackbox_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"cinema/internal/redistest"
	"cinema/test/harness"
)

// personalToken makes a personal token of this person.
func (p *person) personalToken(t *testing.T, scopes ...string) string {
	t.Helper()
	var v struct{ Token string }
	require.NoError(t, p.want(t, http.StatusCreated, "POST /api/auth/tokens", map[string]any{"name": "Of a test", "scopes": scopes, "days": 1}).JSON(&v))
	require.Regexp(t, "^cin_[a-z2-7]{50,}$", v.Token)
	return v.Token
}

// exchange is this person's program with a personal token: it has an access token.
func (p *person) exchange(t *testing.T, personal string) *person {
	t.Helper()
	q := p.w.visitor(t)
	same(p, q)
	var v struct {
		Token string `json:"access_token"`
	}
	require.NoError(t, q.want(t, http.StatusOK, "POST /api/auth/token", nil, "Authorization", "Bearer "+personal).JSON(&v))
	q.mu.Lock()
	q.Bearer, q.id, q.email = v.Token, p.id, p.email
	q.mu.Unlock()
	return q
}

// another is another browser of the same person.
func (p *person) another(t *testing.T) *person {
	t.Helper()
	q := p.w.visitor(t)
	same(p, q)
	q.signIn(t, p.email)
	return q
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "LOG_LEVEL=debug", "WS_ALLOW_QUERY_TOKEN=1", "CORS_ORIGINS=https://front.example")
	w.each(t, map[string]func(*testing.T, *world){
		"own sessions":              ownSessions,
		"sign out everywhere":       everywhere,
		"personal tokens":           personalTokens,
		"scopes":                    scopes,
		"a command line tool":       commandLine,
		"forged access tokens":      forged,
		"credentials of a socket":   socketCredentials,
		"one token is revoked":      revokedToken,
		"a rotated session answers": noForeignSessions,
	})
}

func sessionIDs(t *testing.T, p *person) (all []string, current string) {
	t.Helper()
	var v struct {
		Items []struct {
			ID, Agent, Issuer string
			Current           bool
		}
	}
	require.NoError(t, p.want(t, http.StatusOK, "GET /api/auth/sessions", nil).JSON(&v))
	for _, s := range v.Items {
		require.Equal(t, "dev", s.Issuer)
		require.NotEmpty(t, s.Agent)
		all = append(all, s.ID)
		if s.Current {
			current = s.ID
		}
	}
	return all, current
}

func ownSessions(t *testing.T, w *world) {
	h, p := w.take(t, "Grand"), w.account(t)
	q := p.another(t)
	s := q.watch(t, h.id, "", nil)
	all, here := sessionIDs(t, p)
	require.Len(t, all, 2)
	_, there := sessionIDs(t, q)
	require.NotEqual(t, here, there)
	for name, values := range p.Cookies() {
		require.NotContains(t, strings.Join(values, name), there)
	}
	w.account(t).refused(t, "session_not_found", "DELETE /api/auth/sessions/"+there, nil)
	p.want(t, http.StatusOK, "DELETE /api/auth/sessions/"+there, nil)
	require.Equal(t, websocket.StatusCode(4401), s.closed())
	q.refused(t, "unauthorized", "GET /api/me", nil)
	p.want(t, http.StatusOK, "GET /api/me", nil)
}

func everywhere(t *testing.T, w *world) {
	h, p := w.take(t, "Grand"), w.account(t)
	q, personal := p.another(t), p.personalToken(t, "read")
	program, api := p.exchange(t, personal), q.bearer(t)
	s := q.watch(t, h.id, "", nil)
	var v struct{ Ended int }
	require.NoError(t, p.want(t, http.StatusOK, "POST /api/auth/logout-everywhere", map[string]bool{"keep_current": true}).JSON(&v))
	require.Equal(t, 1, v.Ended)
	require.Equal(t, websocket.StatusCode(4401), s.closed())
	q.refused(t, "unauthorized", "GET /api/me", nil)
	api.refused(t, "unauthorized", "GET /api/me", nil)
	p.want(t, http.StatusOK, "GET /api/me", nil)
	program.want(t, http.StatusOK, "GET /api/me", nil)
	a := p.want(t, http.StatusOK, "POST /api/auth/logout-everywhere", map[string]bool{"tokens": true})
	require.Contains(t, a.Header.Get("Clear-Site-Data"), "cookies")
	program.refused(t, "unauthorized", "GET /api/me", nil)
	p.refused(t, "unauthorized", "GET /api/me", nil)
}

func personalTokens(t *testing.T, w *world) {
	p := w.account(t)
	personal := p.personalToken(t, "read")
	raw := w.visitor(t)
	raw.Bearer = personal
	raw.refused(t, "unauthorized", "GET /api/me", nil)
	raw.refused(t, "unauthorized", "GET /api/movies", nil)
	raw.refused(t, "unauthorized", "DELETE /api/auth/token", nil)
	program := p.exchange(t, personal)
	program.want(t, http.StatusOK, "GET /api/me", nil)
	var v struct{ Items []struct{ ID string } }
	a := p.want(t, http.StatusOK, "GET /api/auth/tokens", nil)
	require.NoError(t, a.JSON(&v))
	require.Len(t, v.Items, 1)
	require.NotContains(t, string(a.Body), personal)
	w.account(t).refused(t, "token_not_found", "DELETE /api/auth/tokens/"+v.Items[0].ID, nil)
	p.want(t, http.StatusOK, "DELETE /api/auth/tokens/"+v.Items[0].ID, nil)
	program.refused(t, "unauthorized", "GET /api/me", nil)
	raw.refused(t, "unauthorized", "POST /api/auth/token", nil)
	for range 20 {
		p.personalToken(t, "read")
	}
	p.refused(t, "too_many_tokens", "POST /api/auth/tokens", map[string]any{"name": "one more", "scopes": []string{"read"}})
	require.NotContains(t, w.server.Log(), personal)
	g := w.guest(t)
	require.Equal(t, http.StatusForbidden, g.do(t, "POST /api/auth/tokens", map[string]any{"name": "a", "scopes": []string{"read"}}).Status)
}

func scopes(t *testing.T, w *world) {
	h, p, boss := w.take(t, "Grand"), w.account(t), w.admin(t)
	seats := h.free(t, 1, "standard")
	reader, buyer := p.exchange(t, p.personalToken(t, "read")), p.exchange(t, p.personalToken(t, "book"))
	reader.want(t, http.StatusOK, "GET /api/bookings", nil)
	reader.refused(t, "insufficient_scope", "POST "+h.path("/seats/lock"), sale{Request: reader.request(), Seats: seats})
	buyer.refused(t, "insufficient_scope", "GET /api/bookings", nil)
	r := h.hold(t, buyer, seats...)
	b := bookingOf(t, buyer.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), p.sale(r, seats)))
	require.Equal(t, "BOOKED", b.Status)

	office := boss.exchange(t, boss.personalToken(t, "read", "book"))
	office.all = true
	for _, path := range []string{"/api/admin/ping", "/api/admin/bookings", "/api/admin/audit"} {
		office.refused(t, "insufficient_scope", "GET "+path, nil)
	}
	manager := boss.exchange(t, boss.personalToken(t, "manage"))
	manager.all = true
	manager.want(t, http.StatusOK, "GET /api/admin/ping", nil)
	for _, target := range []string{"GET /api/auth/sessions", "GET /api/auth/tokens", "POST /api/auth/logout-everywhere", "POST /api/auth/codes", "POST /api/auth/token"} {
		manager.refused(t, "insufficient_scope", target, nil)
	}
	p.exchange(t, p.personalToken(t, "read", "book", "manage")).refused(t, "forbidden", "GET /api/admin/ping", nil)
}

// commandLine is a tool as RFC 8252 has it: a listener on the loopback interface, a browser that is sent there, and a proof.
func commandLine(t *testing.T, w *world) {
	p, boss := w.account(t), w.admin(t)
	verifier := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	got := make(chan url.Values, 1)
	listener := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.URL.Query() }))
	defer listener.Close()
	ask := map[string]string{
		"redirect_uri": listener.URL + "/done", "code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "state": "state-of-the-tool",
		"scope": "read", "name": "box office export",
	}
	var v struct {
		To string `json:"redirect_to"`
	}
	require.NoError(t, p.want(t, http.StatusOK, "POST /api/auth/codes", ask).JSON(&v))
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, v.To, http.NoBody)
	require.NoError(t, err)
	res, err := listener.Client().Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	q := <-got
	require.Equal(t, "state-of-the-tool", q.Get("state"))

	tool, thief := w.visitor(t), w.visitor(t)
	same(p, tool)
	body := map[string]string{"grant_type": "authorization_code", "code": q.Get("code"), "code_verifier": verifier, "redirect_uri": ask["redirect_uri"]}
	var token struct {
		Token string `json:"access_token"`
		Scope string
	}
	require.NoError(t, tool.want(t, http.StatusOK, "POST /api/auth/token", body).JSON(&token))
	require.Equal(t, "read", token.Scope)
	tool.Bearer = token.Token
	tool.want(t, http.StatusOK, "GET /api/me", nil)
	tool.refused(t, "insufficient_scope", "GET /api/auth/sessions", nil)
	thief.refused(t, "invalid_grant", "POST /api/auth/token", body)
	tool.refused(t, "unauthorized", "GET /api/me", nil)
	require.Contains(t, string(boss.want(t, http.StatusOK, "GET /api/admin/audit?type=tool.code_replayed", nil).Body), "tool.code_replayed")

	for _, bad := range []string{"http://localhost:8080/", "https://127.0.0.1:8080/", "http://127.0.0.1.evil.example:8080/", "http://10.0.0.1:8080/", "myapp://done"} {
		ask["redirect_uri"] = bad
		p.refused(t, "invalid_redirect", "POST /api/auth/codes", ask)
	}
}

// parts takes a token apart.
func parts(t *testing.T, token string) (header, claims map[string]any, signature string) {
	t.Helper()
	p := strings.Split(token, ".")
	require.Len(t, p, 3)
	for i, into := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(p[i])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(raw, into))
	}
	return header, claims, p[2]
}

func joined(t *testing.T, header, claims map[string]any, signature string) string {
	t.Helper()
	h, err := json.Marshal(header)
	require.NoError(t, err)
	c, err := json.Marshal(claims)
	require.NoError(t, err)
	return base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c) + "." + signature
}

func forged(t *testing.T, w *world) {
	p, other := w.account(t), w.account(t)
	token := p.bearer(t).Bearer
	header, claims, signature := parts(t, token)
	require.Equal(t, "at+jwt", header["typ"])
	for _, name := range []string{"iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "scope"} {
		require.NotEmpty(t, claims[name], name)
	}
	change := func(into map[string]any, name string, v any) map[string]any {
		out := map[string]any{}
		maps.Copy(out, into)
		out[name] = v
		return out
	}
	var tried []string
	for _, alg := range []string{"none", "None", "NONE", "HS384", "HS512", "RS256", "ES256", "EdDSA", ""} {
		for _, sig := range []string{"", signature} {
			tried = append(tried, joined(t, change(header, "alg", alg), claims, sig))
		}
	}
	for name, v := range map[string]any{
		"kid": "../../../../dev/null", "jku": w.server.URL() + "/.well-known/jwks.json", "x5u": "https://evil.example/", "jwk": map[string]string{"kty": "oct", "k": ""}, "crit": []string{"exp"},
		"typ": "JWT",
	} {
		tried = append(tried, joined(t, change(header, name, v), claims, signature))
	}
	for name, v := range map[string]any{"sub": other.id, "scope": "manage", "exp": 9999999999, "role": "ADMIN", "aud": "other"} {
		tried = append(tried, joined(t, header, change(claims, name, v), signature))
	}
	tried = append(tried, token+".", token+"=", "."+token, token[:len(token)-1], token+token, strings.Repeat("a.", 900), strings.Repeat("x", 4000), "null", "e30.e30.", "e30.e30.e30")
	for _, bad := range tried {
		v := w.visitor(t)
		v.Bearer = bad
		v.refused(t, "unauthorized", "GET /api/me", nil)
		v.refused(t, "unauthorized", "GET /api/movies", nil)
	}
	twoHeaders(t, w, token)
}

// twoHeaders sends what no client of ours can: the same header twice, as a proxy in the way might read it once.
func twoHeaders(t *testing.T, w *world, token string) {
	t.Helper()
	u, err := url.Parse(w.server.URL())
	require.NoError(t, err)
	for _, second := range []string{"Bearer " + token, "Bearer x", ""} {
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", u.Host)
		require.NoError(t, err)
		_, err = conn.Write([]byte("GET /api/me HTTP/1.1\r\nHost: " + u.Host + "\r\nAuthorization: Bearer " + token + "\r\nAuthorization: " + second + "\r\nConnection: close\r\n\r\n"))
		require.NoError(t, err)
		status := make([]byte, len("HTTP/1.1 401"))
		_, err = conn.Read(status)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		require.Equal(t, "HTTP/1.1 401", string(status))
	}
}

func socketCredentials(t *testing.T, w *world) {
	h, p := w.take(t, "Grand"), w.account(t)
	seats := h.free(t, 1, "standard")
	h.hold(t, p, seats...)
	mine := func(s *socket) bool {
		f := s.next()
		require.Equal(t, "snapshot", f.Type)
		for _, l := range f.Locks {
			if l.SeatID == seats[0] {
				return l.Mine
			}
		}
		return false
	}
	token, v := p.bearer(t).Bearer, w.visitor(t)
	same(p, v)
	require.True(t, mine(p.watch(t, h.id, "", nil)), "the cookie")
	require.True(t, mine(v.watch(t, h.id, "", &websocket.DialOptions{Subprotocols: []string{"cinema.v1", "bearer." + token}})), "the subprotocol")
	require.True(t, mine(v.watch(t, h.id, "", &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})), "the header")
	require.True(t, mine(v.watch(t, h.id, "?token="+token, nil)), "the query, where it is allowed")
	require.NotContains(t, w.server.Log(), token, "and it stands in no log")
	require.True(t, mine(p.watch(t, h.id, "", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://front.example"}}})), "a listed origin")
	for _, origin := range []string{"https://evil.example", "https://front.example.evil.example", "http://front.example", "null", "https://front.example:444"} {
		_, res, err := p.dial(t, h.id, "", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		require.Error(t, err, origin)
		require.Equal(t, http.StatusForbidden, res.StatusCode, origin)
	}
	buyer := p.exchange(t, p.personalToken(t, "book"))
	s, _, err := buyer.dial(t, h.id, "", nil)
	require.NoError(t, err)
	require.Equal(t, websocket.StatusCode(4403), s.closed(), "a token that may not read")
	s, _, err = v.dial(t, h.id, "", &websocket.DialOptions{Subprotocols: []string{"cinema.v1", "bearer." + p.personalToken(t, "read")}})
	require.NoError(t, err)
	require.Equal(t, websocket.StatusCode(4401), s.closed(), "a personal token opens nothing")
}

func revokedToken(t *testing.T, w *world) {
	h, p := w.take(t, "Grand"), w.account(t)
	api, twin := p.bearer(t), p.bearer(t)
	s := api.watch(t, h.id, "", nil)
	api.want(t, http.StatusOK, "DELETE /api/auth/token", nil)
	require.Equal(t, websocket.StatusCode(4401), s.closed())
	api.refused(t, "unauthorized", "GET /api/me", nil)
	twin.want(t, http.StatusOK, "GET /api/me", nil)
	p.want(t, http.StatusOK, "GET /api/me", nil)
}

// noForeignSessions is what a session's name is worth to others: nothing.
func noForeignSessions(t *testing.T, w *world) {
	p, other := w.account(t), w.account(t)
	_, id := sessionIDs(t, p)
	for _, name := range []string{"session", "__Host-session"} {
		v := w.visitor(t)
		v.refused(t, "unauthorized", "GET /api/me", nil, "Cookie", name+"="+id)
	}
	v := w.visitor(t)
	v.Bearer = id
	v.refused(t, "unauthorized", "GET /api/me", nil)
	for _, bad := range []string{id, "se_", "..%2f..%2f", "%00", strings.Repeat("x", 3000), "*"} {
		a := other.do(t, "DELETE /api/auth/sessions/"+bad, nil)
		require.Contains(t, []int{http.StatusNotFound, http.StatusBadRequest}, a.Status, bad)
	}
	p.want(t, http.StatusOK, "GET /api/me", nil)
}

// TestKeyPair runs the product with an Ed25519 key: anybody can verify its tokens, and tokens of the secret are worth nothing.
func TestKeyPair(t *testing.T) {
	t.Parallel()
	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "jwt_key.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), 0o600))
	w := newWorld(t)
	p := w.account(t)
	bySecret := p.bearer(t)
	w.visitor(t).refused(t, "not_found", "GET /.well-known/jwks.json", nil)

	w.server.Restart("JWT_PRIVATE_KEY_FILE=" + file)
	bySecret.refused(t, "unauthorized", "GET /api/me", nil)
	api := p.bearer(t)
	api.want(t, http.StatusOK, "GET /api/me", nil)
	var set struct {
		Keys []struct{ Kty, Crv, Alg, Kid, X, D string }
	}
	a := w.visitor(t).want(t, http.StatusOK, "GET /.well-known/jwks.json", nil)
	require.NoError(t, a.JSON(&set))
	require.Len(t, set.Keys, 1)
	require.Empty(t, set.Keys[0].D)
	header, _, signature := parts(t, api.Bearer)
	require.Equal(t, set.Keys[0].Kid, header["kid"])
	require.Equal(t, "EdDSA", header["alg"])
	public, err := base64.RawURLEncoding.DecodeString(set.Keys[0].X)
	require.NoError(t, err)
	sig, err := base64.RawURLEncoding.DecodeString(signature)
	require.NoError(t, err)
	require.True(t, ed25519.Verify(public, []byte(api.Bearer[:strings.LastIndexByte(api.Bearer, '.')]), sig))

	out := refusedStart(t, "serve", append(production(strong()), "JWT_PRIVATE_KEY_FILE=/nothing/here.pem")...)
	require.Contains(t, out, "JWT_PRIVATE_KEY_FILE")
	broken := filepath.Join(t.TempDir(), "broken.pem")
	require.NoError(t, os.WriteFile(broken, []byte("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"), 0o600))
	out = refusedStart(t, "serve", append(production(strong()), "JWT_PRIVATE_KEY_FILE="+broken)...)
	require.Contains(t, out, "JWT_PRIVATE_KEY_FILE")
	require.NotContains(t, out, "c2VjcmV0")
}

// TestTokens_elsewhere signs out at one process and watches the other, on one Redis and one MongoDB: requests and sockets there end by
// themselves, a token is good at both, and a code that one made the other redeems.
func TestTokens_elsewhere(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	servers := harness.StartShared(t, 2, "REDIS_ADDR="+redis.Addr, "MONGO_URI="+database(t), "MONGO_ALLOW_STANDALONE=1")
	here, there := &world{server: servers[0]}, &world{server: servers[1]}
	h, p := here.take(t, "Grand"), here.account(t)
	cookie := p.Cookies().Get("Cookie")
	q, api, program := there.visitor(t), there.visitor(t), there.visitor(t)
	api.Bearer = p.bearer(t).Bearer
	personal := p.personalToken(t, "read")
	program.Bearer = p.exchange(t, personal).Bearer
	for _, v := range []*person{q, api, program} {
		v.email, v.id = p.email, p.id
	}
	q.want(t, http.StatusOK, "GET /api/me", nil, "Cookie", cookie)
	sockets := []*socket{
		q.watch(t, h.id, "", &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {cookie}}}), api.watch(t, h.id, "", nil), program.watch(t, h.id, "", nil),
	}
	verifier := rand.Text() + rand.Text()
	sum := sha256.Sum256([]byte(verifier))
	ask := map[string]string{"redirect_uri": "http://127.0.0.1:49152/", "code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "state": "s"}
	var code struct {
		To string `json:"redirect_to"`
	}
	require.NoError(t, p.want(t, http.StatusOK, "POST /api/auth/codes", ask).JSON(&code))
	u, err := url.Parse(code.To)
	require.NoError(t, err)
	grant := map[string]string{"grant_type": "authorization_code", "code": u.Query().Get("code"), "code_verifier": verifier, "redirect_uri": ask["redirect_uri"]}
	there.visitor(t).want(t, http.StatusOK, "POST /api/auth/token", grant)
	here.visitor(t).refused(t, "invalid_grant", "POST /api/auth/token", grant)

	from := time.Now()
	p.want(t, http.StatusOK, "POST /api/auth/logout-everywhere", map[string]bool{"tokens": true})
	for _, s := range sockets {
		require.Equal(t, websocket.StatusCode(4401), s.closed())
	}
	t.Logf("sockets of the other process were closed after %s", time.Since(from).Round(10*time.Millisecond))
	until := func(v *person, header ...string) {
		require.Eventually(t, func() bool { return v.do(t, "GET /api/me", nil, header...).Status == http.StatusUnauthorized }, patience, 50*time.Millisecond)
	}
	until(q, "Cookie", cookie)
	until(api)
	until(program)
	t.Logf("requests were refused there after %s", time.Since(from).Round(10*time.Millisecond))
	q.refused(t, "unauthorized", "POST /api/auth/token", nil, "Authorization", "Bearer "+personal)
}
