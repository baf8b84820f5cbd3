package oidc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cinema/internal/clock"
)

// When the provider's document is fetched.
const (
	freshFor   = time.Hour // older than that it is fetched again, and with it the keys: a key that was withdrawn is good no longer
	firstWait  = 500 * time.Millisecond
	longestGap = 30 * time.Second
	maxReason  = 300         // bytes of a reason in the log
	keysAge    = time.Minute // a signature that no key fits makes for a new look at a document that is older
)

// algorithms are those of signatures with a public key. None and the HMAC family are not among them, whatever a provider lists.
var algorithms = []string{
	goidc.RS256, goidc.RS384, goidc.RS512, goidc.PS256, goidc.PS384, goidc.PS512, goidc.ES256, goidc.ES384, goidc.ES512, goidc.EdDSA,
}

// metadata is what the provider's document says.
type metadata struct {
	at          time.Time
	endpoint    oauth2.Endpoint
	verifier    *goidc.IDTokenVerifier
	namesItself bool // its callbacks carry iss
}

// document are the members that the library does not hand out.
type document struct {
	Token       string   `json:"token_endpoint"`
	Authorize   string   `json:"authorization_endpoint"`
	Keys        string   `json:"jwks_uri"`
	Algorithms  []string `json:"id_token_signing_alg_values_supported"`
	Methods     []string `json:"token_endpoint_auth_methods_supported"`
	NamesItself bool     `json:"authorization_response_iss_parameter_supported"`
}

// waitError says how long it is not worth asking the provider again.
type waitError struct {
	wait  time.Duration
	cause error
}

// Error gives the cause.
func (w *waitError) Error() string { return w.cause.Error() }

// Unwrap gives the cause.
func (w *waitError) Unwrap() error { return w.cause }

// discovery fetches the provider's document when it is first needed, one caller at a time, and less and less often while that fails.
type discovery struct {
	issuer, client string
	http           *http.Client
	clock          clock.Clock
	log            *slog.Logger
	turn           chan struct{} // holds the right to fetch; one place

	mu       sync.Mutex // guards all below
	known    *metadata  // nil: never fetched
	next     time.Time  // no fetch before
	failures int
	cause    error // of the latest failure
}

func newDiscovery(issuer, client string, c clock.Clock, log *slog.Logger) *discovery {
	return &discovery{issuer: issuer, client: client, http: newClient(), clock: c, log: log, turn: make(chan struct{}, 1)}
}

// get is the provider's document: the known one, or a fetched one. The error is a waitError, or the context's.
func (d *discovery) get(ctx context.Context) (*metadata, error) {
	return d.newer(ctx, d.clock.Now().Add(-freshFor))
}

// newer is a document that was fetched after an instant. While one that is known is being renewed, or cannot be, it serves on.
func (d *discovery) newer(ctx context.Context, than time.Time) (*metadata, error) {
	known, ask, err := d.look(than)
	if !ask {
		return known, err
	}
	select {
	case d.turn <- struct{}{}:
	default:
		if known != nil { // somebody renews it
			return known, nil
		}
		select {
		case d.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() { <-d.turn }()
	if known, ask, err = d.look(than); !ask { // somebody fetched while this caller waited
		return known, err
	}
	// A caller who leaves must not spoil the answer for those who wait: the fetch has a bound of its own.
	return d.settle(d.fetch(context.WithoutCancel(ctx)))
}

// look is what is known, and whether it is time to ask. An error says that it is too early.
func (d *discovery) look(than time.Time) (known *metadata, ask bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	wait := d.next.Sub(d.clock.Now())
	switch {
	case d.known != nil:
		return d.known, wait <= 0 && !d.known.at.After(than), nil
	case wait > 0:
		return nil, false, &waitError{wait: wait, cause: d.cause}
	}
	return nil, true, nil
}

// settle keeps what a fetch brought. After a failure the next one waits: twice as long each time, and not in step with other processes.
func (d *discovery) settle(got *metadata, err error) (*metadata, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		d.known, d.failures, d.next, d.cause = got, 0, time.Time{}, nil
		return got, nil
	}
	wait := min(firstWait<<min(d.failures, 10), longestGap)
	wait = wait/2 + rand.N(wait/2+1)
	d.failures++
	d.next, d.cause = d.clock.Now().Add(wait), err
	if d.known != nil {
		return d.known, nil
	}
	return nil, &waitError{wait: wait, cause: err}
}

// fetch asks the provider for its document and checks what it says of itself.
func (d *discovery) fetch(ctx context.Context) (*metadata, error) {
	ctx = goidc.ClientContext(ctx, d.http)
	p, err := goidc.NewProvider(ctx, d.issuer)
	if err != nil {
		d.log.WarnContext(ctx, "sign-in: the provider's document cannot be had", slog.String("issuer", d.issuer), slog.String("error", clip(err)))
		return nil, short(fmt.Errorf("discover %s: %w", d.issuer, err))
	}
	var doc document
	if err := p.Claims(&doc); err != nil {
		return nil, fmt.Errorf("discover %s: %w", d.issuer, err)
	}
	if err := d.check(doc); err != nil {
		d.log.ErrorContext(ctx, "sign-in: the provider's document is refused", slog.String("issuer", d.issuer), slog.String("error", clip(err)))
		return nil, fmt.Errorf("discover %s: %w", d.issuer, err)
	}
	endpoint := p.Endpoint()
	// Named, not found out by trial: a code that is sent twice is a replay.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if len(doc.Methods) > 0 && !slices.Contains(doc.Methods, "client_secret_basic") {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	//nolint:forbidigo // the key set keeps its context for an hour, and takes nothing from it but the client: it must not keep a request's
	keys := goidc.NewRemoteKeySet(goidc.ClientContext(context.Background(), d.http), doc.Keys)
	return &metadata{
		at: d.clock.Now(), endpoint: endpoint, namesItself: doc.NamesItself,
		verifier: goidc.NewVerifier(d.issuer, keySet{keys}, &goidc.Config{
			ClientID: d.client, Now: d.clock.Now, SupportedSigningAlgs: allowed(doc.Algorithms),
		}),
	}, nil
}

// check refuses a document whose places cannot be used, or would carry secrets in the clear though the issuer is named by https.
func (d *discovery) check(doc document) error {
	issuer, err := url.Parse(d.issuer)
	if err != nil {
		return fmt.Errorf("issuer: %w", err)
	}
	for name, place := range map[string]string{"token_endpoint": doc.Token, "authorization_endpoint": doc.Authorize, "jwks_uri": doc.Keys} {
		u, err := url.Parse(place)
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || issuer.Scheme != "http") {
			return fmt.Errorf("%s is no address to use", name)
		}
	}
	if len(doc.Algorithms) > 0 && len(allowed(doc.Algorithms)) == 0 {
		return errors.New("the provider signs with no algorithm that is allowed")
	}
	return nil
}

// allowed are the algorithms of a provider that are also ours; none listed means the mandatory one.
func allowed(listed []string) []string {
	if len(listed) == 0 {
		return []string{goidc.RS256}
	}
	var out []string
	for _, a := range listed {
		if slices.Contains(algorithms, a) {
			out = append(out, a)
		}
	}
	return out
}

// keySet is the provider's keys. It leaves in the context's note why a signature was not verified: the library tells that by text alone.
type keySet struct{ remote *goidc.RemoteKeySet }

// VerifySignature implements the library's port.
func (k keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, token)
	if n := noteOf(ctx); n != nil {
		n.failure = err
		if errors.Unwrap(err) != nil { // not a signature that no key fits: the keys could not be had
			_ = n.away(err)
		}
	}
	return payload, err
}

// clip keeps a stranger's text short in the log: libraries repeat whole answers in their errors.
func clip(err error) string {
	s := err.Error()
	return s[:min(len(s), maxReason)]
}

// short is an error without the length of a stranger's text.
func short(err error) error {
	if len(err.Error()) <= maxReason {
		return err
	}
	return errors.New(clip(err))
}
