package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cinema/internal/fault"
)

// Access tokens are for API clients: short-lived, and dead with the session or the personal token that they were minted from. They carry
// no role.
const (
	tokenLife   = 15 * time.Minute
	tokenLeeway = 30 * time.Second
	tokenType   = "at+jwt"
	tokenName   = "cinema" // issuer and audience are the same service
	maxToken    = 2048
)

// claims are those of RFC 9068 that the product needs. client_id is there when a command line tool asked.
type claims struct {
	jwt.RegisteredClaims

	Session string `json:"sid"` // the session, or the personal token
	Scope   string `json:"scope"`
	Tool    string `json:"client_id,omitempty"`
}

var claimNames = []string{"iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "scope", "client_id"}

// Access is the access token that a request came with. The zero value: it came with a cookie.
type Access struct {
	ID       string    // its jti
	Expires  time.Time // when it is worth nothing any more, by any clock
	Personal string    // the personal token that it was minted from; empty: a session
	Tool     string    // the command line tool that asked for it; empty: none
}

// Delegated tells whether the caller is a program that a person lets act, and not the person.
func (p *Principal) Delegated() bool { return p.Access.Personal != "" || p.Access.Tool != "" }

// Mint makes an access token as good as the caller's credentials.
func (s *Service) Mint(p *Principal) (token string, expires time.Duration, err error) {
	return s.mint(p, randomID())
}

func (s *Service) mint(p *Principal, jti string) (token string, expires time.Duration, err error) {
	now := s.clock.Now()
	t := jwt.NewWithClaims(s.ring.method, claims{
		Session: p.Session.ID, Scope: p.Scopes.String(), Tool: p.Access.Tool,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: tokenName, Audience: jwt.ClaimStrings{tokenName}, Subject: string(p.User.ID),
			ID: jti, IssuedAt: jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(tokenLife)),
		},
	})
	t.Header["typ"], t.Header["kid"] = tokenType, s.ring.kid
	token, err = t.SignedString(s.ring.sign)
	return token, tokenLife, err
}

// randomID is 128 random bits.
func randomID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return base64.RawURLEncoding.EncodeToString(id)
}

// ByToken finds the caller by an access token. A token is as good as the session or the personal token it was minted from. Fault:
// Unauthorized "unauthorized".
func (s *Service) ByToken(ctx context.Context, token string) (*Principal, error) {
	if token == "" || len(token) > maxToken {
		return nil, errBadToken
	}
	now := s.clock.Now()
	sum := sha256.Sum256([]byte(token))
	key := string(sum[:])
	if e, ok := s.tokens.get(key, now); ok {
		return e.principal, nil
	}
	var c claims
	scopes, err := s.verify(token, &c)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unauthorized, errBadToken.Code, errBadToken.Detail)
	}
	mark := s.tokens.mark()
	e, err := s.byName(ctx, c.Session)
	if err != nil {
		return nil, err
	}
	if string(e.principal.User.ID) != c.Subject {
		return nil, errBadToken
	}
	if revoked, err := s.store.RevokedTokens(ctx, []string{c.ID}); err != nil || len(revoked) > 0 {
		return nil, cond(err, errBadToken)
	}
	p := *e.principal
	dead := c.ExpiresAt.Add(tokenLeeway)
	p.Scopes &= scopes
	p.Access.ID, p.Access.Expires, p.Access.Tool = c.ID, dead, c.Tool
	// Remembering the token must not outlive what is known of its session, nor the token itself.
	e = cached{principal: &p, until: e.until}
	if dead.Before(e.until) {
		e.until = dead
	}
	s.tokens.put(key, e, now, mark)
	return &p, nil
}

// cond is the first error, or else the second.
func cond(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (s *Service) verify(token string, c *claims) (Scopes, error) {
	if err := checkForm(token, claimNames); err != nil {
		return 0, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{s.ring.method.Alg()}),
		jwt.WithIssuer(tokenName), jwt.WithAudience(tokenName),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(),
		jwt.WithStrictDecoding(), jwt.WithLeeway(tokenLeeway), jwt.WithTimeFunc(s.clock.Now),
	)
	if _, err := parser.ParseWithClaims(token, c, s.ring.find(tokenType)); err != nil {
		return 0, err
	}
	if c.Session == "" || c.ID == "" || c.Subject == "" || c.IssuedAt == nil {
		return 0, errors.New("a claim is missing")
	}
	return ParseScopes(strings.Split(c.Scope, " "))
}

// find picks the key of a token by its id, out of the ring alone, and wants the token to be of a type.
func (r *ring) find(typ string) jwt.Keyfunc {
	return func(t *jwt.Token) (any, error) {
		if given, _ := t.Header["typ"].(string); given != typ {
			return nil, errors.New("another type of token")
		}
		kid, _ := t.Header["kid"].(string)
		key, ok := r.keys[kid]
		if !ok {
			return nil, errors.New("unknown key")
		}
		return key, nil
	}
}

// RevokeToken makes an access token worth nothing before its end.
func (s *Service) RevokeToken(ctx context.Context, p *Principal) error {
	if p.Access.ID == "" {
		return errBadToken
	}
	return s.revoke(ctx, p.Access.ID, p.Access.Expires)
}

func (s *Service) revoke(ctx context.Context, jti string, until time.Time) error {
	err := s.store.RevokeToken(ctx, jti, until)
	s.tokens.dropAccess(jti)
	return err
}
