// Package oidc signs people in at an OpenID Connect provider, Google by default: the code flow with PKCE, state and nonce. What must
// survive the way through the browser is sealed in a cookie of the attempt; what must happen once is noted in the store.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"cinema/internal/account"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/idem"
)

const (
	// Life is how long an attempt may take, from the login to the callback.
	Life = 10 * time.Minute

	google     = "https://accounts.google.com"
	stateBytes = 32
	maxCode    = 4 << 10
	// stepUpAge is how long ago the person may have proved who he is when a step-up is asked for, in seconds as the provider takes it.
	stepUpAge = "900"
	// anyAge is longer than any session: asking for it makes a provider tell when the person proved who he is.
	anyAge = "2592000"
	// authTime asks for the claim by name, of providers that know the claims parameter.
	authTime = `{"id_token":{"auth_time":{"essential":true}}}`
)

// Options are what a Provider needs.
type Options struct {
	Issuer   string // exactly as the provider writes it
	ClientID string
	Secret   string // of the client
	Redirect string // the callback's address, as it is registered with the provider

	SealKey         string // attempts are sealed with a key derived from it
	PreviousSealKey string // attempts sealed with it can still be opened; empty: none

	Once  idem.Store // remembers the attempts that were used
	Clock clock.Clock
	Log   *slog.Logger
}

// Provider is the identity provider as the product sees it. It is safe for concurrent use.
type Provider struct {
	o         Options
	seals     sealer
	discovery *discovery
	stats     stats
}

type stats struct{ begun, proved, cancelled, refused, unavailable atomic.Uint64 }

// Stats are figures since the start.
type Stats struct {
	Begun       uint64 // people sent to the provider
	Proved      uint64 // people whom the provider vouched for
	Cancelled   uint64
	Refused     uint64 // callbacks that proved nothing
	Unavailable uint64 // logins and callbacks that met a provider that is away
}

// New makes a Provider. Nothing is asked of the provider before the first sign-in. It fails only when a secret is empty.
func New(o Options) (*Provider, error) {
	seals, err := newSealer(o.SealKey, o.PreviousSealKey)
	if err != nil {
		return nil, err
	}
	if o.Issuer == "" || o.ClientID == "" || o.Redirect == "" {
		return nil, errors.New("a provider needs its issuer, the client's id and the callback's address")
	}
	return &Provider{o: o, seals: seals, discovery: newDiscovery(o.Issuer, o.ClientID, o.Clock, o.Log)}, nil
}

// Close lets go of the connections to the provider.
func (p *Provider) Close() { p.discovery.http.CloseIdleConnections() }

// Stats tells the figures.
func (p *Provider) Stats() Stats {
	return Stats{
		Begun: p.stats.begun.Load(), Proved: p.stats.proved.Load(), Cancelled: p.stats.cancelled.Load(),
		Refused: p.stats.refused.Load(), Unavailable: p.stats.unavailable.Load(),
	}
}

// Begin starts an attempt. Fault: Unavailable "sign_in_unavailable" with the time to wait.
func (p *Provider) Begin(ctx context.Context, a account.Attempt) (account.Begun, error) {
	meta, err := p.discovery.get(ctx)
	if err != nil {
		return account.Begun{}, p.away(ctx, err)
	}
	l := &letter{
		State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), Issuer: p.o.Issuer,
		Session: a.Asker.Session, User: a.Asker.User, ReturnTo: a.ReturnTo, StepUp: a.StepUp, at: p.o.Clock.Now(),
	}
	sealed, err := p.seals.seal(l)
	if err != nil {
		return account.Begun{}, err
	}
	options := append(p.freshness(a.StepUp), goidc.Nonce(l.Nonce), oauth2.S256ChallengeOption(l.Verifier))
	p.stats.begun.Add(1)
	return account.Begun{Address: p.config(meta).AuthCodeURL(l.State, options...), State: l.State, Sealed: sealed}, nil
}

// freshness is what the provider is asked about when the person proves who he is. Google takes neither prompt=login nor max_age: the
// most that it does is to let the person choose the account.
func (p *Provider) freshness(stepUp bool) []oauth2.AuthCodeOption {
	set := oauth2.SetAuthURLParam
	switch {
	case stepUp && p.o.Issuer == google:
		return []oauth2.AuthCodeOption{set("prompt", "select_account"), set("claims", authTime)}
	case stepUp:
		return []oauth2.AuthCodeOption{set("prompt", "login"), set("max_age", stepUpAge), set("claims", authTime)}
	case p.o.Issuer == google:
		return nil
	}
	return []oauth2.AuthCodeOption{set("max_age", anyAge)}
}

func (p *Provider) config(m *metadata) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.o.ClientID, ClientSecret: p.o.Secret, Endpoint: m.endpoint, RedirectURL: p.o.Redirect,
		Scopes: []string{goidc.ScopeOpenID, "email", "profile"},
	}
}

// Finish ends an attempt with what the browser brought back. It can succeed once. The proof holds the attempt whenever the browser
// kept one of ours, on errors too. Errors: ErrCancelled, or the faults Invalid "sign_in_failed" and Unavailable "sign_in_unavailable".
func (p *Provider) Finish(ctx context.Context, c account.Callback) (account.Proof, error) {
	l, err := p.letterOf(c)
	if err != nil {
		return account.Proof{}, p.refuse(ctx, err)
	}
	proof := account.Proof{Attempt: l.attempt()}
	meta, err := p.discovery.get(ctx)
	if err != nil {
		return proof, p.away(ctx, err)
	}
	if err := p.sameProvider(c.Issuer, meta); err != nil {
		return proof, p.refuse(ctx, err)
	}
	if err := p.once(ctx, l); err != nil {
		if fault.KindOf(err) == fault.Invalid {
			return proof, p.refuse(ctx, err)
		}
		return proof, err
	}
	if c.Error != "" {
		return proof, p.declined(ctx, c.Error)
	}
	proof.Identity, proof.AuthTime, err = p.redeem(ctx, meta, l, c.Code)
	if err != nil {
		return proof, p.judge(ctx, err)
	}
	p.stats.proved.Add(1)
	return proof, nil
}

// letterOf opens what the browser kept and holds the callback against it.
func (p *Provider) letterOf(c account.Callback) (*letter, error) {
	if c.Sealed == "" {
		return nil, errors.New("no login cookie for this state")
	}
	l, err := p.seals.open(c.Sealed)
	if err != nil {
		return nil, err
	}
	age := p.o.Clock.Now().Sub(l.at)
	switch {
	case subtle.ConstantTimeCompare([]byte(l.State), []byte(c.State)) != 1:
		return nil, errors.New("the state is not that of the login cookie")
	case age >= Life || age < -leeway:
		return nil, errors.New("the login cookie is too old")
	case l.Issuer != p.o.Issuer:
		return nil, errors.New("the attempt was begun at another provider")
	case c.Error == "" && (c.Code == "" || len(c.Code) > maxCode):
		return nil, errors.New("no code")
	}
	return l, nil
}

// sameProvider refuses the answer of a provider that was not asked (RFC 9207).
func (p *Provider) sameProvider(named string, m *metadata) error {
	switch {
	case named == "" && m.namesItself:
		return errors.New("the answer does not name its issuer")
	case named != "" && named != p.o.Issuer:
		return errors.New("the answer is of another issuer")
	}
	return nil
}

var errUsed = fault.New(fault.Invalid, "sign_in_failed", "The attempt was used before.")

// once takes the attempt for this callback: of all that bring the same state, one goes on, whichever process they meet.
func (p *Provider) once(ctx context.Context, l *letter) error {
	sum := sha256.Sum256([]byte("sign-in|" + l.State))
	end := l.at.Add(Life + leeway)
	_, first, err := p.o.Once.BeginRequest(ctx, idem.Record{ID: hex.EncodeToString(sum[:]), Fingerprint: "sign-in", LeaseUntil: end, Expires: end})
	if err != nil {
		return err
	}
	if !first {
		return errUsed
	}
	return nil
}

// declined is the provider's refusal.
func (p *Provider) declined(ctx context.Context, code string) error {
	switch code {
	case "access_denied":
		p.stats.cancelled.Add(1)
		return account.ErrCancelled
	case "server_error", "temporarily_unavailable":
		return p.away(ctx, errors.New("the provider says that it cannot"))
	}
	return p.refuse(ctx, fmt.Errorf("the provider answers %s", word(code)))
}

// judge tells a provider that is away from an answer that proves nothing.
func (p *Provider) judge(ctx context.Context, err error) error {
	var refusal *oauth2.RetrieveError
	_, away := errors.AsType[*unreachable](err)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case away || errors.Is(err, context.DeadlineExceeded):
		return p.away(ctx, err)
	case errors.As(err, &refusal):
		// Its text may repeat anything; the code is of a fixed list.
		err = fmt.Errorf("the provider refuses the code: %s", word(refusal.ErrorCode))
		if refusal.ErrorCode == "invalid_client" || refusal.ErrorCode == "unauthorized_client" {
			p.o.Log.ErrorContext(ctx, "sign-in: the provider does not know us: look at GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET", slog.String("error", err.Error()))
			return p.away(ctx, err)
		}
	}
	return p.refuse(ctx, err)
}

// away is the answer while the provider does not do its part.
func (p *Provider) away(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	p.stats.unavailable.Add(1)
	wait := time.Second
	if w, ok := errors.AsType[*waitError](err); ok {
		wait = w.wait
	} else {
		p.o.Log.WarnContext(ctx, "sign-in: the provider is away", slog.String("error", clip(err)))
	}
	return fault.Wrap(short(err), fault.Unavailable, "sign_in_unavailable", "Sign-in is not possible at the moment. Try again shortly.").After(wait)
}

// refuse is the answer to a callback that proves nothing. What was wrong stays in the log; it holds nothing of the person.
func (p *Provider) refuse(ctx context.Context, err error) error {
	p.stats.refused.Add(1)
	p.o.Log.InfoContext(ctx, "sign-in: refused", slog.String("reason", clip(err)))
	return fault.Wrap(short(err), fault.Invalid, "sign_in_failed", "The sign-in could not be completed. Start again.")
}

// word keeps a code of the protocol, and nothing else, for the log.
func word(s string) string {
	if s == "" || len(s) > 40 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "something else"
	}
	return s
}

func random() string {
	b := make([]byte, stateBytes)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
