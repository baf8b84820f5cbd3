package account

import (
	"context"
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
	Access   string         `json:"access,omitempty"` // jti of the access token that asked for it
}

var ticketNames = []string{"jti", "exp", "sid", "showtime", "access"}

// StreamTicket is a ticket as it was read.
type StreamTicket struct {
	Principal *Principal
	Showtime  ident.Showtime
	ID        string // 128 random bits
}

// MintStreamTicket makes a ticket for one showtime's seat stream.
func (s *Service) MintStreamTicket(p *Principal, showtime ident.Showtime, life time.Duration) (string, error) {
	return s.tickets.seal(ticketType, ticketClaims{
		Session: p.Session.ID, Showtime: showtime, Access: p.Access.ID,
		RegisteredClaims: jwt.RegisteredClaims{ID: randomID(), ExpiresAt: jwt.NewNumericDate(s.clock.Now().Add(life))},
	})
}

// ReadStreamTicket reads a ticket. It is as good as what it was minted from. Fault: Unauthorized "unauthorized".
func (s *Service) ReadStreamTicket(ctx context.Context, text string) (StreamTicket, error) {
	var c ticketClaims
	if err := s.unseal(&s.tickets, ticketType, text, ticketNames, &c); err != nil {
		return StreamTicket{}, fault.Wrap(err, fault.Unauthorized, errBadToken.Code, errBadToken.Detail)
	}
	e, err := s.byName(ctx, c.Session)
	if err != nil {
		return StreamTicket{}, err
	}
	p := *e.principal
	p.Access.ID = c.Access
	ended, err := s.Ended(ctx, []*Principal{&p})
	if err != nil || ended[0] {
		return StreamTicket{}, cond(err, errBadToken)
	}
	return StreamTicket{Principal: &p, Showtime: c.Showtime, ID: c.ID}, nil
}

// seal signs the claims of a short-lived token that only the product reads.
func (r *ring) seal(typ string, c jwt.Claims) (string, error) {
	t := jwt.NewWithClaims(r.method, c)
	t.Header["typ"], t.Header["kid"] = typ, r.kid
	return t.SignedString(r.sign)
}

// unseal reads such a token back.
func (s *Service) unseal(r *ring, typ, text string, names []string, c jwt.Claims) error {
	if len(text) > maxToken {
		return errForm
	}
	if err := checkForm(text, names); err != nil {
		return err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{r.method.Alg()}), jwt.WithExpirationRequired(), jwt.WithStrictDecoding(), jwt.WithTimeFunc(s.clock.Now),
	)
	_, err := parser.ParseWithClaims(text, c, r.find(typ))
	return err
}
