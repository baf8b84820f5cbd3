package telemetry

import (
	"context"
	"time"

	"cinema/internal/account"
	"cinema/internal/ident"
)

// User reads a user.
func (s *Store) User(ctx context.Context, id ident.User) (account.User, error) {
	ctx, t := s.begin(ctx, "User")
	v, err := s.Backend.User(ctx, id)
	t.end(err)
	return v, err
}

// UserByIdentity finds the user of an identity.
func (s *Store) UserByIdentity(ctx context.Context, issuer, subject string) (account.User, error) {
	ctx, t := s.begin(ctx, "UserByIdentity")
	v, err := s.Backend.UserByIdentity(ctx, issuer, subject)
	t.end(err)
	return v, err
}

// SaveUser writes a user.
func (s *Store) SaveUser(ctx context.Context, u account.User) error {
	ctx, t := s.begin(ctx, "SaveUser")
	err := s.Backend.SaveUser(ctx, u)
	t.end(err)
	return err
}

// BindIdentity gives an identity to a user.
func (s *Store) BindIdentity(ctx context.Context, issuer, subject string, u ident.User) (ident.User, error) {
	ctx, t := s.begin(ctx, "BindIdentity")
	v, err := s.Backend.BindIdentity(ctx, issuer, subject, u)
	t.end(err)
	return v, err
}

// Users searches users.
func (s *Store) Users(ctx context.Context, q account.UserQuery) ([]account.User, int, error) {
	ctx, t := s.begin(ctx, "Users")
	v, more, err := s.Backend.Users(ctx, q)
	t.end(err)
	return v, more, err
}

// GrantRole changes what a person may do.
func (s *Store) GrantRole(ctx context.Context, c account.RoleChange) (account.User, error) {
	ctx, t := s.begin(ctx, "GrantRole")
	v, err := s.Backend.GrantRole(ctx, c)
	t.end(err)
	return v, err
}

// LastSeen tells when users were last seen.
func (s *Store) LastSeen(ctx context.Context, users []ident.User) (map[ident.User]time.Time, error) {
	ctx, t := s.begin(ctx, "LastSeen")
	v, err := s.Backend.LastSeen(ctx, users)
	t.end(err)
	return v, err
}

// Issuers lists who vouches for a user.
func (s *Store) Issuers(ctx context.Context, u ident.User) ([]string, error) {
	ctx, t := s.begin(ctx, "Issuers")
	v, err := s.Backend.Issuers(ctx, u)
	t.end(err)
	return v, err
}

// Merge records that a guest belongs to an account.
func (s *Store) Merge(ctx context.Context, guest, into ident.User) (ident.User, error) {
	ctx, t := s.begin(ctx, "Merge")
	v, err := s.Backend.Merge(ctx, guest, into)
	t.end(err)
	return v, err
}

// MergedGuests lists the guests of an account.
func (s *Store) MergedGuests(ctx context.Context, account ident.User) ([]ident.User, error) {
	ctx, t := s.begin(ctx, "MergedGuests")
	v, err := s.Backend.MergedGuests(ctx, account)
	t.end(err)
	return v, err
}

// MergedInto follows a guest to the account.
func (s *Store) MergedInto(ctx context.Context, guest ident.User) (ident.User, error) {
	ctx, t := s.begin(ctx, "MergedInto")
	v, err := s.Backend.MergedInto(ctx, guest)
	t.end(err)
	return v, err
}

// PutSession writes a session.
func (s *Store) PutSession(ctx context.Context, session account.Session) error {
	ctx, t := s.begin(ctx, "PutSession")
	err := s.Backend.PutSession(ctx, session)
	t.end(err)
	return err
}

// TouchSession moves the last use of a session.
func (s *Store) TouchSession(ctx context.Context, hash string, seen time.Time) error {
	ctx, t := s.begin(ctx, "TouchSession")
	err := s.Backend.TouchSession(ctx, hash, seen)
	t.end(err)
	return err
}

// AllowBooking lets a session see a booking.
func (s *Store) AllowBooking(ctx context.Context, hash string, id ident.Booking) error {
	ctx, t := s.begin(ctx, "AllowBooking")
	err := s.Backend.AllowBooking(ctx, hash, id)
	t.end(err)
	return err
}

// Session reads a session.
func (s *Store) Session(ctx context.Context, hash string) (account.Session, error) {
	ctx, t := s.begin(ctx, "Session")
	v, err := s.Backend.Session(ctx, hash)
	t.end(err)
	return v, err
}

// DeleteSession ends a session.
func (s *Store) DeleteSession(ctx context.Context, hash string) error {
	ctx, t := s.begin(ctx, "DeleteSession")
	err := s.Backend.DeleteSession(ctx, hash)
	t.end(err)
	return err
}

// DeleteSessionsOf ends the sessions of a user.
func (s *Store) DeleteSessionsOf(ctx context.Context, u ident.User, except string) error {
	ctx, t := s.begin(ctx, "DeleteSessionsOf")
	err := s.Backend.DeleteSessionsOf(ctx, u, except)
	t.end(err)
	return err
}

// SessionsOf lists the sessions of a user.
func (s *Store) SessionsOf(ctx context.Context, u ident.User) ([]account.Session, error) {
	ctx, t := s.begin(ctx, "SessionsOf")
	v, err := s.Backend.SessionsOf(ctx, u)
	t.end(err)
	return v, err
}

// DropSessions deletes old sessions.
func (s *Store) DropSessions(ctx context.Context, before time.Time) (int, error) {
	ctx, t := s.begin(ctx, "DropSessions")
	v, err := s.Backend.DropSessions(ctx, before)
	t.end(err)
	return v, err
}
