package account

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cinema/internal/fault"
)

// Access tokens are for API clients: short-lived, minted from a live session, dead with it. They carry no role.
const (
	tokenLife   = 15 * time.Minute
	tokenLeeway = 30 * time.Second
	tokenType   = "at+jwt"
	tokenName   = "cinema" // issuer and audience are the same service
	maxToken    = 2048
)

// ring is the keys that verify tokens; the first one signs.
type ring struct {
	kid  string
	keys map[string][]byte
}

type claims struct {
	jwt.RegisteredClaims

	Session string `json:"sid"`
}

// newRing derives the keys for one purpose, so that a token of one kind never passes for another.
func newRing(secret, previous, purpose string) (ring, error) {
	if secret == "" {
		return ring{}, errors.New("the token secret is empty")
	}
	r := ring{keys: make(map[string][]byte, 2)}
	for _, s := range []string{previous, secret} {
		if s == "" {
			continue
		}
		key, err := hkdf.Key(sha256.New, []byte(s), nil, purpose, sha256.Size)
		if err != nil {
			return ring{}, fmt.Errorf("derive the token key: %w", err)
		}
		id := sha256.Sum256(append([]byte("kid:"), key...))
		r.kid = hex.EncodeToString(id[:6])
		r.keys[r.kid] = key
	}
	return r, nil
}

// Mint makes an access token for the caller's session.
func (s *Service) Mint(p *Principal) (token string, expires time.Duration, err error) {
	now := s.clock.Now()
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Session: p.Session.Hash,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: tokenName, Audience: jwt.ClaimStrings{tokenName}, Subject: string(p.User.ID),
			ID: base64.RawURLEncoding.EncodeToString(id), IssuedAt: jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(tokenLife)),
		},
	})
	t.Header["typ"], t.Header["kid"] = tokenType, s.ring.kid
	token, err = t.SignedString(s.ring.keys[s.ring.kid])
	return token, tokenLife, err
}

// ByToken finds the caller by an access token. A token is as good as the session it was minted from. Fault: Unauthorized "unauthorized".
func (s *Service) ByToken(ctx context.Context, token string) (*Principal, error) {
	if token == "" || len(token) > maxToken {
		return nil, errBadToken
	}
	now := s.clock.Now()
	if e, ok := s.tokens.get(token, now); ok {
		return e.principal, nil
	}
	var c claims
	if err := s.verify(token, &c); err != nil {
		return nil, fault.Wrap(err, fault.Unauthorized, errBadToken.Code, errBadToken.Detail)
	}
	e, err := s.byHash(ctx, c.Session)
	if err != nil {
		return nil, err
	}
	if string(e.principal.User.ID) != c.Subject {
		return nil, errBadToken
	}
	// Remembering the token must not outlive what is known of its session, nor the token itself.
	if dead := c.ExpiresAt.Add(tokenLeeway); dead.Before(e.until) {
		e.until = dead
	}
	s.tokens.put(token, e, now)
	return e.principal, nil
}

func (s *Service) verify(token string, c *claims) error {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(tokenName), jwt.WithAudience(tokenName),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithIssuedAt(),
		jwt.WithStrictDecoding(), jwt.WithLeeway(tokenLeeway), jwt.WithTimeFunc(s.clock.Now),
	)
	_, err := parser.ParseWithClaims(token, c, func(t *jwt.Token) (any, error) {
		if typ, _ := t.Header["typ"].(string); typ != tokenType {
			return nil, errors.New("not an access token")
		}
		kid, _ := t.Header["kid"].(string)
		key, ok := s.ring.keys[kid]
		if !ok {
			return nil, errors.New("unknown key")
		}
		return key, nil
	})
	if err != nil {
		return err
	}
	if len(c.Session) != sha256.Size*2 {
		return errors.New("no session in the token")
	}
	return nil
}
