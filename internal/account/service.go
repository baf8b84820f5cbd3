package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// DevIssuer vouches for development sign-ins. Outside development its sessions are worth nothing.
const DevIssuer = "dev"

// How long sessions live: users keep theirs for weeks, people with rights for a shift.
const (
	userIdle      = 7 * 24 * time.Hour
	userAbsolute  = 30 * 24 * time.Hour
	staffIdle     = 30 * time.Minute
	staffAbsolute = 8 * time.Hour
)

// freshFor bounds how long a process may act on a session that was ended elsewhere.
const freshFor = 3 * time.Second

const (
	valueBytes = 32
	sessionID  = "se_" // begins the ID of every session
)

// Deps is what a Service needs.
type Deps struct {
	Store       Store
	Clock       clock.Clock
	AdminEmails []string // verified addresses that are ADMIN while listed
	Issuer      string   // only its word makes an administrator of an address, beside development's; empty: any issuer's
	Secret      string   // tokens are signed with a key derived from it
	Previous    string   // tokens signed with it are still accepted; empty: none
	// SigningKeys are Ed25519 keys in PEM that sign access tokens instead of the secret, so that others can verify them (see
	// PublicKeys). Empty: the secret signs. Tokens of the other kind are refused either way.
	SigningKeys []byte
	Development bool // development sign-ins count
	// DevRoles are the least roles of development sign-ins by address, so that every part of the product can be tried without a
	// grant. Outside development they are worth nothing.
	DevRoles map[string]Role
}

// Service keeps users, sessions and tokens. It is safe for concurrent use.
type Service struct {
	store       Store
	clock       clock.Clock
	admins      map[string]bool
	issuer      string // empty: any
	development bool
	devRoles    map[string]Role
	ring        ring   // of access tokens
	tickets     ring   // of stream tickets
	codes       ring   // of authorization codes
	rotation    []byte // makes the next value of a session out of the present one
	sessions    *cache // by hash of the cookie's value, and by ID of sessions and personal tokens
	tokens      *cache // by SHA-256 of the access token

	upgrade sync.Mutex // one guest at a time becomes a person
}

// New makes a Service. It fails when a secret is empty or a key cannot be read.
func New(d Deps) (*Service, error) {
	s := &Service{
		store: d.Store, clock: d.Clock, admins: make(map[string]bool, len(d.AdminEmails)), issuer: d.Issuer, development: d.Development, devRoles: d.DevRoles,
		sessions: newCache(), tokens: newCache(),
	}
	for _, a := range d.AdminEmails {
		if a = NormalEmail(a); a != "" {
			s.admins[a] = true
		}
	}
	return s, s.openKeys(d)
}

// openKeys makes the keys, one for each purpose.
func (s *Service) openKeys(d Deps) (err error) {
	if s.ring, err = newRing(d.Secret, d.Previous, tokenType); err != nil {
		return err
	}
	if len(d.SigningKeys) > 0 {
		if s.ring, err = newKeyPairs(d.SigningKeys); err != nil {
			return fmt.Errorf("signing keys: %w", err)
		}
	}
	if s.tickets, err = newRing(d.Secret, d.Previous, ticketType); err != nil {
		return err
	}
	if s.codes, err = newRing(d.Secret, d.Previous, codeType); err != nil {
		return err
	}
	s.rotation, err = derive(d.Secret, rotateLabel)
	return err
}

// Principal is who makes a request. It is shared between requests and must not be changed.
type Principal struct {
	User    User
	Role    Role
	Session Session      // of a personal token: its ID and who vouched, and nothing else of a session
	Merged  []ident.User // guests that this account took over, oldest first
	Scopes  Scopes       // what the credentials are good for
	Access  Access       // the access token that the request came with
}

// Owners are the user and the guests merged into it: whoever's seats and bookings count as the caller's.
func (p *Principal) Owners() []ident.User {
	return append([]ident.User{p.User.ID}, p.Merged...)
}

// Signed is a new session: the value goes to the browser and nowhere else.
type Signed struct {
	Value     string
	Principal *Principal
}

var (
	errNoSession = fault.New(fault.Unauthorized, "unauthorized", "Sign in first.")
	errBadToken  = fault.New(fault.Unauthorized, "unauthorized", "The access token is not valid.")
)

// BySession finds the caller by the value of the session cookie. Fault: Unauthorized "unauthorized".
func (s *Service) BySession(ctx context.Context, value string) (*Principal, error) {
	if !isValue(value) {
		return nil, errNoSession
	}
	e, err := s.byHash(ctx, hashOf(value))
	return e.principal, err
}

// recentFor is how long a sign-in counts as fresh for acts that ask for it.
const recentFor = 15 * time.Minute

// Recent tells whether the caller proved who he is a short while ago. A program that acts for a person never did.
func (s *Service) Recent(p *Principal) bool {
	return p != nil && !s.clock.Now().After(p.RecentUntil())
}

// byHash finds a caller by the hash of the cookie's value.
func (s *Service) byHash(ctx context.Context, hash string) (cached, error) {
	return s.remembered(hash, func(now time.Time) (*Principal, error) {
		p, err := s.load(ctx, hash, now)
		if err != nil {
			return nil, err
		}
		return p, s.confirm(ctx, p.Session, now)
	})
}

// byName finds a caller by the ID of a session, whatever its value is today, or of a personal token.
func (s *Service) byName(ctx context.Context, id string) (cached, error) {
	if !strings.HasPrefix(id, sessionID) && !strings.HasPrefix(id, personalID) { // a hash is no name
		return cached{}, errNoSession
	}
	return s.remembered(id, func(now time.Time) (*Principal, error) {
		if strings.HasPrefix(id, personalID) {
			tokens, err := s.store.TokensNamed(ctx, []string{id})
			if err != nil || len(tokens) == 0 {
				return nil, cond(err, errBadToken)
			}
			return s.personal(ctx, tokens[0], now)
		}
		values, err := s.store.SessionsNamed(ctx, []string{id})
		if err != nil || len(values) == 0 {
			return nil, cond(err, errNoSession)
		}
		return s.judge(ctx, slices.MaxFunc(values, later), now)
	})
}

// later orders the values of one session: one that goes on is later than one that ends.
func later(a, b Session) int {
	if a.Ends.IsZero() != b.Ends.IsZero() {
		if a.Ends.IsZero() {
			return 1
		}
		return -1
	}
	return a.Rotated.Compare(b.Rotated)
}

// remembered is what this process knows under a key, or else what load finds.
func (s *Service) remembered(key string, load func(now time.Time) (*Principal, error)) (cached, error) {
	now := s.clock.Now()
	if e, ok := s.sessions.get(key, now); ok {
		return e, nil
	}
	mark := s.sessions.mark()
	p, err := load(now)
	if err != nil {
		return cached{}, err
	}
	e := cached{principal: p, until: now.Add(freshFor)}
	s.sessions.put(key, e, now, mark)
	return e, nil
}

// load reads a session and judges it.
func (s *Service) load(ctx context.Context, hash string, now time.Time) (*Principal, error) {
	session, err := s.store.Session(ctx, hash)
	if err != nil {
		return nil, missing(err)
	}
	return s.judge(ctx, session, now)
}

// judge reads all that hangs on a session, judges its age, and notes that it was used.
func (s *Service) judge(ctx context.Context, session Session, now time.Time) (*Principal, error) {
	user, err := s.store.User(ctx, session.User)
	if err != nil {
		return nil, missing(err)
	}
	role := s.role(user, session)
	if !s.fit(session, role, now) || session.Issuer == "" && !user.Guest { // whoever shared it with a guest is not who the guest became
		return nil, errNoSession
	}
	p := &Principal{User: user, Role: role, Session: session, Scopes: AllScopes}
	if user.Guest {
		into, err := s.store.MergedInto(ctx, user.ID)
		if err != nil {
			return nil, err
		}
		if into != "" {
			return nil, errNoSession
		}
	} else if p.Merged, err = s.store.MergedGuests(ctx, user.ID); err != nil {
		return nil, err
	}
	idle, _ := limits(role)
	if now.Sub(session.LastSeen) > idle/30 {
		if err := s.store.TouchSession(ctx, session.Hash, now); err != nil {
			return nil, missing(err)
		}
		p.Session.LastSeen = now
	}
	return p, nil
}

// fit judges a session by its age and by who vouched for it.
func (s *Service) fit(session Session, role Role, now time.Time) bool {
	if session.Issuer == DevIssuer && !s.development || !session.Ends.IsZero() && !now.Before(session.Ends) {
		return false
	}
	idle, absolute := limits(role)
	return now.Sub(session.LastSeen) < idle && now.Sub(session.CreatedAt) < absolute
}

// role is the stored role, or ADMIN while the verified address is listed. The issuer is the one of this session: an address that
// a development sign-in vouched for is worth nothing in production, because such sessions are refused there.
func (s *Service) role(u User, session Session) Role {
	if u.Guest {
		return RoleUser
	}
	if u.Verified && s.vouches(session.Issuer) && s.admins[NormalEmail(u.Email)] {
		return RoleAdmin
	}
	role := u.Granted
	if role == "" {
		role = RoleUser
	}
	if session.Issuer == DevIssuer && s.development {
		if least, ok := s.devRoles[NormalEmail(u.Email)]; ok && least.Rank() > role.Rank() {
			return least
		}
	}
	return role
}

// vouches tells whether an issuer's word about an address counts. A session of a provider that was configured before does not make an
// administrator any more.
func (s *Service) vouches(issuer string) bool {
	return issuer != "" && (s.issuer == "" || issuer == s.issuer || issuer == DevIssuer && s.development)
}

// limits tell how long an untouched session of the role lasts and how long it lasts at most.
func limits(r Role) (idle, absolute time.Duration) {
	if r.Rank() > RoleUser.Rank() {
		return staffIdle, staffAbsolute
	}
	return userIdle, userAbsolute
}

// CookieLife is how long the browser may keep the session's cookie.
func CookieLife(r Role) time.Duration {
	_, absolute := limits(r)
	return absolute
}

// AllowBooking lets the caller's session see a booking that it named correctly by reference and address. A personal token remembers
// nothing.
func (s *Service) AllowBooking(ctx context.Context, p *Principal, id ident.Booking) error {
	if p.Access.Personal != "" {
		return nil
	}
	if err := s.store.AllowBooking(ctx, p.Session.Hash, id); err != nil {
		return missing(err)
	}
	s.dropNamed(p.Session.ID)
	return nil
}

// open stores a session under a new random value.
func (s *Service) open(ctx context.Context, u User, session Session, agent string) (Signed, error) {
	value := newValue()
	session.Hash, session.User, session.Agent, session.Label = hashOf(value), u.ID, agentHash(agent), Label(agent)
	if session.ID == "" {
		session.ID = newID(sessionID)
	}
	if err := s.store.PutSession(ctx, session); err != nil {
		return Signed{}, err
	}
	e, err := s.byHash(ctx, session.Hash)
	if err != nil {
		return Signed{}, err
	}
	return Signed{Value: value, Principal: e.principal}, nil
}

// missing turns a session or user that is not there into "sign in".
func missing(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return errNoSession
	}
	return err
}

// NormalEmail is the form in which addresses are compared: trimmed and lower-cased. Only ASCII is: among the other letters are some whose
// lower case is an ASCII letter, and whoever has such an address is not who has the one that it would become.
func NormalEmail(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, strings.Trim(s, " \t\r\n"))
}

// ErrEmail says that a string is not an e-mail address as the product takes it.
var ErrEmail = errors.New("not an e-mail address")

func newValue() string {
	b := make([]byte, valueBytes)
	_, _ = rand.Read(b) // never fails: the process ends when the machine has no randomness
	return base64.RawURLEncoding.EncodeToString(b)
}

// newID makes an identifier with a prefix that ends in an underscore.
func newID(prefix string) string { return ident.New(strings.TrimSuffix(prefix, "_")) }

func isValue(v string) bool {
	return len(v) == base64.RawURLEncoding.EncodedLen(valueBytes) && !strings.ContainsFunc(v, func(r rune) bool { return !isBase64(r) })
}

func hashOf(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

func agentHash(agent string) string {
	if agent == "" {
		return ""
	}
	return hashOf(agent)[:16]
}
