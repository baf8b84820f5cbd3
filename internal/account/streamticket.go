package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

// Stream tickets open one socket each, for front ends of another origin, which have neither cookie nor header there. Any process can
// read them; that each is used once is for the caller to see to, by its id.
const ticketType = "seat-stream+jwt"

type ticketClaims struct {
	jwt.RegisteredClaims

	Session  string         `json:"sid"`
	Showtime ident.Showtime `json:"showtime"`
}

// StreamTicket is a ticket as it was read.
type StreamTicket struct {
	Principal *Principal
	Showtime  ident.Showtime
	ID        string // 128 random bits
}

// MintStreamTicket makes a ticket for one showtime's seat stream.
func (s *Service) MintStreamTicket(p *Principal, showtime ident.Showtime, life time.Duration) (string, error) {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, ticketClaims{
		Session: p.Session.Hash, Showtime: showtime,
		RegisteredClaims: jwt.RegisteredClaims{
			ID: base64.RawURLEncoding.EncodeToString(id), ExpiresAt: jwt.NewNumericDate(s.clock.Now().Add(life)),
		},
	})
	t.Header["typ"], t.Header["kid"] = ticketType, s.tickets.kid
	return t.SignedString(s.tickets.keys[s.tickets.kid])
}

// ReadStreamTicket reads a ticket. It is as good as the session it was minted from. Fault: Unauthorized "unauthorized".
func (s *Service) ReadStreamTicket(ctx context.Context, text string) (StreamTicket, error) {
	if text == "" || len(text) > maxToken {
		return StreamTicket{}, errBadToken
	}
	var c ticketClaims
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(), jwt.WithStrictDecoding(), jwt.WithTimeFunc(s.clock.Now),
	)
	_, err := parser.ParseWithClaims(text, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		key, ok := s.tickets.keys[kid]
		if !ok || t.Header["typ"] != ticketType {
			return nil, errBadToken
		}
		return key, nil
	})
	if err != nil {
		return StreamTicket{}, fault.Wrap(err, fault.Unauthorized, errBadToken.Code, errBadToken.Detail)
	}
	e, err := s.byHash(ctx, c.Session)
	if err != nil {
		return StreamTicket{}, err
	}
	return StreamTicket{Principal: e.principal, Showtime: c.Showtime, ID: c.ID}, nil
}
