package account

import (
	"context"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

const (
	maxEmail = 254
	maxName  = 100
)

// StartGuest opens a session for a visitor without identity, so that seats can be held and bought.
func (s *Service) StartGuest(ctx context.Context, agent string) (Signed, error) {
	now := s.clock.Now()
	u := User{ID: ident.User(ident.New("us")), Guest: true, Granted: RoleUser, CreatedAt: now, UpdatedAt: now}
	if err := s.store.SaveUser(ctx, u); err != nil {
		return Signed{}, err
	}
	return s.open(ctx, u, fresh(Identity{}, now), agent)
}

// SignIn opens a session for a person. The caller's present session, when there is one, ends. A guest becomes the account and
// keeps his id when the identity is new, and is merged into the account when it is known; bookings that the old session was
// allowed to see stay visible.
func (s *Service) SignIn(ctx context.Context, id Identity, current *Principal, agent string) (Signed, error) {
	return s.signIn(ctx, id, current, agent, s.clock.Now())
}

func (s *Service) signIn(ctx context.Context, id Identity, current *Principal, agent string, proved time.Time) (Signed, error) {
	now := s.clock.Now()
	id = id.clean()
	if current != nil && current.User.Guest {
		// Two tabs of one guest may sign in at once: the second finds out here that the guest is one no longer.
		s.upgrade.Lock()
		defer s.upgrade.Unlock()
		var err error
		if current, err = s.free(ctx, current, id); err != nil {
			return Signed{}, err
		}
	}
	u, err := s.resolve(ctx, id, current, now)
	if err != nil {
		return Signed{}, err
	}
	session := fresh(id, now)
	session.AuthTime = proved
	if current != nil {
		session.Bookings = current.Session.Bookings
	}
	if current != nil && current.User.Guest && current.User.ID != u.ID {
		if err := s.merge(ctx, current, u.ID); err != nil {
			return Signed{}, err
		}
	}
	signed, err := s.open(ctx, u, session, agent)
	if err != nil {
		return Signed{}, err
	}
	return signed, s.retire(ctx, current, signed.Principal)
}

// free is a guest as he is now. Nil: he is somebody else's already, merged into another account or bound to another identity by a sign-in
// that did not come to its end. Whoever signs in now must not become, or take over, what that person comes back to.
func (s *Service) free(ctx context.Context, guest *Principal, id Identity) (*Principal, error) {
	u, err := s.store.User(ctx, guest.User.ID)
	if err != nil {
		return nil, missing(err)
	}
	again := *guest
	again.User = u
	if !u.Guest {
		return &again, nil
	}
	known, err := s.store.UserByIdentity(ctx, id.Issuer, id.Subject)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return nil, err
	}
	into, err := s.store.MergedInto(ctx, u.ID)
	if err != nil || into != "" && into != known.ID {
		return nil, err
	}
	if known.ID == u.ID {
		return &again, nil
	}
	bound, err := s.store.Issuers(ctx, u.ID)
	if err != nil || len(bound) > 0 {
		return nil, err
	}
	return &again, nil
}

// resolve finds or makes the account of an identity. The register of identities decides between two first sign-ins at once.
func (s *Service) resolve(ctx context.Context, id Identity, current *Principal, now time.Time) (User, error) {
	u, err := s.store.UserByIdentity(ctx, id.Issuer, id.Subject)
	switch {
	case err == nil:
		return s.refresh(ctx, u, id, now)
	case fault.KindOf(err) != fault.NotFound:
		return User{}, err
	}
	u = User{ID: ident.User(ident.New("us")), Granted: RoleUser, CreatedAt: now}
	guest := current != nil && current.User.Guest
	if guest {
		u.ID, u.CreatedAt = current.User.ID, current.User.CreatedAt
	}
	winner, err := s.store.BindIdentity(ctx, id.Issuer, id.Subject, u.ID)
	if err != nil {
		return User{}, err
	}
	if winner != u.ID {
		known, err := s.store.User(ctx, winner)
		switch {
		case err == nil:
			u = known
		case fault.KindOf(err) == fault.NotFound: // bound by a process that ended before it saved the user
			u = User{ID: winner, Granted: RoleUser, CreatedAt: now}
		default:
			return User{}, err
		}
	}
	return s.refresh(ctx, u, id, now)
}

// refresh takes over what the identity provider says of the person today.
func (s *Service) refresh(ctx context.Context, u User, id Identity, now time.Time) (User, error) {
	next := u
	next.Guest = false
	// Without an address the one of before stays to write to, and vouches for nothing any more.
	if next.Verified = id.Verified; id.Email != "" {
		next.Email = NormalEmail(id.Email)
	}
	if id.Name != "" {
		next.Name = id.Name
	}
	if next.Name == "" {
		next.Name, _, _ = strings.Cut(next.Email, "@")
	}
	if id.Picture != "" {
		next.Picture = id.Picture
	}
	if next.profile() == u.profile() && !u.UpdatedAt.IsZero() { // a new user of whom nothing is known is saved too
		return u, nil
	}
	next.UpdatedAt = now
	return next, s.store.SaveUser(ctx, next)
}

// profile is what an identity provider says of a person.
type profile struct {
	email, name, picture string
	verified, guest      bool
}

func (u User) profile() profile { return profile{u.Email, u.Name, u.Picture, u.Verified, u.Guest} }

// merge hands a guest's holds and bookings to an account, once and for ever. A guest that another account took over first stays
// there: whoever signs in now gets a session without that guest.
func (s *Service) merge(ctx context.Context, guest *Principal, into ident.User) error {
	if _, err := s.store.Merge(ctx, guest.User.ID, into); err != nil {
		return err
	}
	s.sessions.dropUser(&Principal{User: User{ID: into}})
	s.tokens.dropUser(&Principal{User: User{ID: into}})
	return nil
}

// retire ends the sessions that the new one replaces: the caller's own, and every other one of a guest who is a guest no longer.
func (s *Service) retire(ctx context.Context, old, now *Principal) error {
	if old == nil {
		return nil
	}
	s.sessions.dropUser(old)
	s.tokens.dropUser(old)
	if old.User.Guest {
		return s.store.DeleteSessionsOf(ctx, old.User.ID, now.Session.Hash)
	}
	if old.Session.ID != now.Session.ID {
		return s.end(ctx, old)
	}
	return s.store.DeleteSession(ctx, old.Session.Hash)
}

func fresh(id Identity, now time.Time) Session {
	return Session{Issuer: id.Issuer, Subject: id.Subject, CreatedAt: now, LastSeen: now, AuthTime: now, Rotated: now}
}

// DevIdentity is the identity of a development sign-in: the address is the subject and counts as verified.
// The error is ErrEmail, or a fault Invalid "invalid_body" for a name that is too long or holds control characters.
func DevIdentity(email, name string) (Identity, error) {
	address, err := ParseEmail(email)
	if err != nil {
		return Identity{}, err
	}
	name = strings.TrimSpace(name)
	if !plainText(name, maxName) {
		return Identity{}, fault.New(fault.Invalid, "invalid_body", "The name is too long or holds control characters.")
	}
	return Identity{Issuer: DevIssuer, Subject: address, Email: address, Verified: true, Name: name}, nil
}

// ParseEmail checks an address by its form and returns it as it is compared. The error is ErrEmail.
func ParseEmail(s string) (string, error) {
	s = NormalEmail(s)
	if len(s) > maxEmail || !plainText(s, maxEmail) {
		return "", ErrEmail
	}
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" {
		return "", ErrEmail
	}
	return s, nil
}

func plainText(s string, most int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > most {
		return false
	}
	return !strings.ContainsFunc(s, unicode.IsControl)
}
