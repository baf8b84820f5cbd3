package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

// Authorization codes let a command line tool get an access token by way of the person's browser: a redirect to the loopback interface
// (RFC 8252) with a proof of possession (RFC 7636, S256 alone). A code is signed, so that any process can redeem it; that each is used
// once is for the caller to see to, by its id.
const (
	codeType   = "authorization-code+jwt"
	codeLife   = time.Minute
	defaultCLI = "Command line tool"

	maxRedirect  = 512
	maxState     = 512
	minVerifier  = 43
	maxVerifier  = 128
	challengeLen = 43 // SHA-256 in base64url
)

type codeClaims struct {
	jwt.RegisteredClaims // sub is who allowed it

	Session   string `json:"sid"`
	Scope     string `json:"scope"`
	Tool      string `json:"client_id"`
	Redirect  string `json:"redirect_uri"`
	Challenge string `json:"code_challenge"`
}

var codeNames = []string{"jti", "exp", "sub", "sid", "scope", "client_id", "redirect_uri", "code_challenge"}

// CodeRequest is what a tool asks for.
type CodeRequest struct {
	RedirectURI string // http://127.0.0.1:port or http://[::1]:port, with or without a path
	Challenge   string // base64url of the SHA-256 of the verifier
	State       string // given back as it is
	Scopes      Scopes // zero: read
	Name        string // what the tool calls itself; empty: a general name
}

// Code is an authorization code as it was read. Until Redeem nothing but its signature and its end is known to be good.
type Code struct {
	ID     string // 128 random bits
	Scopes Scopes
	Tool   string

	claims codeClaims
}

var (
	errRedirect  = fault.New(fault.Invalid, "invalid_redirect", "The address must be http://127.0.0.1:port or http://[::1]:port.")
	errChallenge = fault.New(fault.Invalid, "invalid_challenge", "The challenge must be the SHA-256 of the verifier in base64url (S256).")
	errState     = fault.New(fault.Invalid, "invalid_state", "The state must be 1 to 512 visible ASCII characters.")
	errGrant     = fault.New(fault.Invalid, "invalid_grant", "The code is not valid, or was used before.")
)

// MintCode makes a code for a tool that the caller allows to act for him, and the address that takes it there. Faults: Invalid
// "invalid_redirect", "invalid_challenge", "invalid_state", "invalid_body".
func (s *Service) MintCode(p *Principal, r CodeRequest) (redirectTo string, err error) {
	target, err := loopback(r.RedirectURI)
	if err != nil {
		return "", err
	}
	if len(r.Challenge) != challengeLen || !isValue(r.Challenge) {
		return "", errChallenge
	}
	if r.State == "" || len(r.State) > maxState || !visible(r.State) {
		return "", errState
	}
	name := strings.TrimSpace(r.Name)
	if !plainLabel(name) {
		return "", errTokenName
	}
	if name == "" {
		name = defaultCLI
	}
	if r.Scopes == 0 {
		r.Scopes = ScopeRead
	}
	code, err := s.codes.seal(codeType, codeClaims{
		Session: p.Session.ID, Scope: r.Scopes.String(), Tool: name, Redirect: r.RedirectURI, Challenge: r.Challenge,
		RegisteredClaims: jwt.RegisteredClaims{
			ID: randomID(), Subject: string(p.User.ID), ExpiresAt: jwt.NewNumericDate(s.clock.Now().Add(codeLife)),
		},
	})
	if err != nil {
		return "", err
	}
	q := target.Query()
	q.Set("code", code)
	q.Set("state", r.State)
	target.RawQuery = q.Encode()
	return target.String(), nil
}

// ReadCode reads a code. Fault: Invalid "invalid_grant".
func (s *Service) ReadCode(text string) (Code, error) {
	c := Code{}
	if err := s.unseal(&s.codes, codeType, text, codeNames, &c.claims); err != nil {
		return Code{}, fault.Wrap(err, errGrant.Kind, errGrant.Code, errGrant.Detail)
	}
	scopes, err := ParseScopes(strings.Split(c.claims.Scope, " "))
	if err != nil {
		return Code{}, errGrant
	}
	c.ID, c.Scopes, c.Tool = c.claims.ID, scopes, c.claims.Tool
	return c, nil
}

// Ends is when the code is worth nothing any more, and what was minted from it neither.
func (c *Code) Ends() time.Time { return c.claims.ExpiresAt.Add(tokenLife + tokenLeeway) }

// Redeem makes the access token that a code stands for, when the tool that asked for the code comes with it. The session that allowed it
// must be alive. Fault: Invalid "invalid_grant".
func (s *Service) Redeem(ctx context.Context, c Code, redirectURI, verifier string) (p *Principal, token string, expires time.Duration, err error) {
	if !sameText(redirectURI, c.claims.Redirect) || !isVerifier(verifier) || !sameText(challengeOf(verifier), c.claims.Challenge) {
		return nil, "", 0, errGrant
	}
	e, err := s.byName(ctx, c.claims.Session)
	if fault.KindOf(err) == fault.Unauthorized || err == nil && string(e.principal.User.ID) != c.claims.Subject {
		return nil, "", 0, errGrant
	}
	if err != nil {
		return nil, "", 0, err
	}
	caller := *e.principal
	caller.Scopes, caller.Access.Tool = c.Scopes, c.Tool
	token, expires, err = s.mint(&caller, c.Minted())
	return &caller, token, expires, err
}

// RevokeCode revokes what was minted from a code: somebody came with it twice, and one of them has no right to it (RFC 6749, 4.1.2).
func (s *Service) RevokeCode(ctx context.Context, c Code) error {
	return s.revoke(ctx, c.Minted(), c.Ends())
}

// User is who allowed the tool to act for him.
func (c *Code) User() ident.User { return ident.User(c.claims.Subject) }

// Minted is the jti of the token that the code gives.
func (c *Code) Minted() string {
	sum := sha256.Sum256([]byte("token of code|" + c.ID))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// loopback reads an address on the loopback interface, by number: names are the business of whoever answers for them.
func loopback(address string) (*url.URL, error) {
	if len(address) > maxRedirect || !visible(address) || strings.ContainsAny(address, "#\\") {
		return nil, errRedirect
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Opaque != "" {
		return nil, errRedirect
	}
	at, err := netip.ParseAddrPort(u.Host)
	if err != nil || at.Port() == 0 || at.Addr().Zone() != "" {
		return nil, errRedirect
	}
	if ip := at.Addr().String(); ip != "127.0.0.1" && ip != "::1" || u.Host != at.String() {
		return nil, errRedirect
	}
	return u, nil
}

func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func isVerifier(v string) bool {
	if len(v) < minVerifier || len(v) > maxVerifier {
		return false
	}
	return !strings.ContainsFunc(v, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r)
	})
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
