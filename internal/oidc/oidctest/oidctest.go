// Package oidctest is an OpenID Connect provider for tests. It keeps to the standard (code flow, PKCE, codes that work once) until it
// is told to misbehave.
package oidctest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cinema/internal/clock"
)

// The one client that the provider knows.
const (
	ClientID = "client-of-a-test"
	Secret   = "hush: of a test" // with signs that the header's form must escape
)

// Places of the provider, as Hits counts them.
const (
	Discovery = "/.well-known/openid-configuration"
	Authorize = "/authorize"
	Token     = "/token"
	Keys      = "/keys"
)

// Person is who sits before the provider.
type Person struct {
	Subject    string
	Email      string // empty: not told
	Unverified bool
	Name       string
	Picture    string
	AuthTime   time.Time // zero: told only when asked for, as now
}

// Behaviour is what the provider does otherwise than the standard says. The zero value keeps to it.
type Behaviour struct {
	Document  func(map[string]any)        // changes the discovery document
	Claims    func(jwt.MapClaims)         // changes the id token's claims
	Sign      func(jwt.MapClaims) string  // makes the id token
	Callback  func(url.Values)            // changes what goes back with the browser
	Answer    func(map[string]any)        // changes the token endpoint's answer
	Handle    map[string]http.HandlerFunc // answers in place of a place
	Status    int                         // every answer is this status; zero: as it should be
	Reusable  bool                        // codes work again and again
	NoChecks  bool                        // the token endpoint takes any verifier
	Forgetful bool                        // auth_time is never told
}

// Grant is what a login asked for.
type Grant struct {
	Query    url.Values // of the login
	Redirect string
	person   Person
	at       time.Time
}

// Options say where the provider listens and what time it is.
type Options struct {
	Listener net.Listener // nil: a free port
	Clock    clock.Clock  // nil: the machine's
}

// Provider is a running provider.
type Provider struct {
	server *httptest.Server
	clock  clock.Clock

	mu      sync.Mutex // guards all below
	person  Person
	does    Behaviour
	key     *Key
	keys    []*Key // published
	grants  map[string]Grant
	latest  Grant
	hits    map[string]int
	secrets []string // what a relying party must not write down: codes, tokens, verifiers
}

// firstKey signs until a test rotates it. Making one takes a while: all providers of a test binary share it.
var firstKey = sync.OnceValue(func() *Key { return newRSA("first") })

// New starts a provider; it ends with the test.
func New(t testing.TB, o Options) *Provider {
	t.Helper()
	p := &Provider{clock: o.Clock, grants: make(map[string]Grant), hits: make(map[string]int)}
	if p.clock == nil {
		p.clock = clock.System{}
	}
	p.key = firstKey()
	p.keys = []*Key{p.key}
	p.person = Person{Subject: "person-1", Email: "ann@example.com", Name: "Ann"}
	p.server = httptest.NewUnstartedServer(p.mux())
	if o.Listener != nil {
		_ = p.server.Listener.Close()
		p.server.Listener = o.Listener
	}
	p.server.Start()
	t.Cleanup(p.server.Close)
	return p
}

// Issuer is the provider's name.
func (p *Provider) Issuer() string { return p.server.URL }

// Be changes who sits before the provider.
func (p *Provider) Be(who Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.person = who
}

// Behave changes what the provider does from now on.
func (p *Provider) Behave(b Behaviour) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.does = b
}

// Rotate signs with another key. The keys before are published no longer.
func (p *Provider) Rotate(k *Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key, p.keys = k, []*Key{k}
}

// Publish changes the published keys alone.
func (p *Provider) Publish(keys ...*Key) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = keys
}

// Key is the key that signs now.
func (p *Provider) Key() *Key {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.key
}

// Hits counts the requests to a place.
func (p *Provider) Hits(place string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hits[place]
}

// Latest is what the latest login asked for.
func (p *Provider) Latest() Grant {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.latest
}

// Secrets are the codes, verifiers and tokens that went over the wire so far.
func (p *Provider) Secrets() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.secrets...)
}

// Browse goes where a login sends the browser, and returns where the provider sends it back.
func (p *Provider) Browse(t testing.TB, address string) *url.URL {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	back, err := res.Location()
	if err != nil {
		t.Fatalf("the provider answers %d to %s: %v", res.StatusCode, address, err)
	}
	return back
}

func (p *Provider) mux() http.Handler {
	mux := http.NewServeMux()
	for place, handle := range map[string]func(http.ResponseWriter, *http.Request, Behaviour){
		Discovery: p.document, Authorize: p.authorize, Token: p.token, Keys: p.published,
	} {
		mux.HandleFunc(place, func(w http.ResponseWriter, r *http.Request) {
			p.mu.Lock()
			p.hits[place]++
			does := p.does
			p.mu.Unlock()
			switch {
			case does.Handle[place] != nil:
				does.Handle[place](w, r)
			case does.Status != 0:
				w.WriteHeader(does.Status)
			default:
				handle(w, r, does)
			}
		})
	}
	return mux
}

func (p *Provider) document(w http.ResponseWriter, _ *http.Request, does Behaviour) {
	doc := map[string]any{
		"issuer": p.Issuer(), "authorization_endpoint": p.Issuer() + Authorize, "token_endpoint": p.Issuer() + Token, "jwks_uri": p.Issuer() + Keys,
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "HS256", "none"},
		"code_challenge_methods_supported":      []string{"S256"}, "authorization_response_iss_parameter_supported": true,
	}
	if does.Document != nil {
		does.Document(doc)
	}
	write(w, http.StatusOK, doc)
}

// authorize lets the person in without asking.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request, does Behaviour) {
	q := r.URL.Query()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("redirect_uri") == "" ||
		!strings.Contains(" "+q.Get("scope")+" ", " openid ") || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	g := Grant{Query: q, Redirect: q.Get("redirect_uri"), person: p.person, at: p.clock.Now()}
	p.grants[code], p.latest = g, g
	p.secrets = append(p.secrets, code)
	p.mu.Unlock()
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.Issuer()}}
	if does.Callback != nil {
		does.Callback(back)
	}
	http.Redirect(w, r, g.Redirect+"?"+back.Encode(), http.StatusFound)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request, does Behaviour) {
	refuse := func(status int, code string) {
		write(w, status, map[string]any{"error": code, "error_description": "says ann@example.com"})
	}
	id, secret, ok := r.BasicAuth()
	if ok {
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	if r.Method != http.MethodPost || id != ClientID || secret != Secret {
		refuse(http.StatusUnauthorized, "invalid_client")
		return
	}
	code, verifier := r.PostFormValue("code"), r.PostFormValue("code_verifier")
	p.mu.Lock()
	g, known := p.grants[code]
	if !does.Reusable {
		delete(p.grants, code)
	}
	p.mu.Unlock()
	challenge := sha256.Sum256([]byte(verifier))
	proves := subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(challenge[:])), []byte(g.Query.Get("code_challenge"))) == 1
	if !known || r.PostFormValue("grant_type") != "authorization_code" || r.PostFormValue("redirect_uri") != g.Redirect || !proves && !does.NoChecks {
		refuse(http.StatusBadRequest, "invalid_grant")
		return
	}
	access := rand.Text()
	token := p.sign(g, access, does)
	p.mu.Lock()
	p.secrets = append(p.secrets, verifier, access, token)
	p.mu.Unlock()
	answer := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": token}
	if does.Answer != nil {
		does.Answer(answer)
	}
	write(w, http.StatusOK, answer)
}

// sign makes the id token of a grant.
func (p *Provider) sign(g Grant, access string, does Behaviour) string {
	now := p.clock.Now()
	hash := sha256.Sum256([]byte(access))
	c := jwt.MapClaims{
		"iss": p.Issuer(), "aud": ClientID, "sub": g.person.Subject, "nonce": g.Query.Get("nonce"), "iat": now.Unix(),
		"exp": now.Add(5 * time.Minute).Unix(), "at_hash": base64.RawURLEncoding.EncodeToString(hash[:16]),
	}
	if g.person.Email != "" {
		c["email"], c["email_verified"] = g.person.Email, !g.person.Unverified
	}
	for name, value := range map[string]string{"name": g.person.Name, "picture": g.person.Picture} {
		if value != "" {
			c[name] = value
		}
	}
	switch asked := g.Query.Get("max_age"); {
	case does.Forgetful:
	case !g.person.AuthTime.IsZero():
		c["auth_time"] = g.person.AuthTime.Unix()
	case asked != "" || strings.Contains(g.Query.Get("claims"), "auth_time"):
		c["auth_time"] = g.at.Unix()
	}
	if does.Claims != nil {
		does.Claims(c)
	}
	if does.Sign != nil {
		return does.Sign(c)
	}
	return p.Key().Sign(c)
}

func (p *Provider) published(w http.ResponseWriter, _ *http.Request, _ Behaviour) {
	p.mu.Lock()
	defer p.mu.Unlock()
	set := make([]map[string]any, len(p.keys))
	for i, k := range p.keys {
		set[i] = maps.Clone(k.public)
	}
	write(w, http.StatusOK, map[string]any{"keys": set})
}

func write(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone
}
