package telemetry

import (
	"context"
	"time"

	"cinema/internal/account"
	"cinema/internal/ident"
)

// RotateSession puts a session beside the one it follows.
func (s *Store) RotateSession(ctx context.Context, old string, next account.Session) error {
	ctx, t := s.begin(ctx, "RotateSession")
	err := s.Backend.RotateSession(ctx, old, next)
	t.end(err)
	return err
}

// ConfirmSession notes that a session is in use.
func (s *Store) ConfirmSession(ctx context.Context, hash string, ends time.Time) error {
	ctx, t := s.begin(ctx, "ConfirmSession")
	err := s.Backend.ConfirmSession(ctx, hash, ends)
	t.end(err)
	return err
}

// RenewSessionsOf asks for new values of a user's sessions.
func (s *Store) RenewSessionsOf(ctx context.Context, u ident.User) error {
	ctx, t := s.begin(ctx, "RenewSessionsOf")
	err := s.Backend.RenewSessionsOf(ctx, u)
	t.end(err)
	return err
}

// SessionsNamed lists sessions by their IDs.
func (s *Store) SessionsNamed(ctx context.Context, ids []string) ([]account.Session, error) {
	ctx, t := s.begin(ctx, "SessionsNamed")
	v, err := s.Backend.SessionsNamed(ctx, ids)
	t.end(err)
	return v, err
}

// EndSession deletes a user's session.
func (s *Store) EndSession(ctx context.Context, u ident.User, id string) (int, error) {
	ctx, t := s.begin(ctx, "EndSession")
	v, err := s.Backend.EndSession(ctx, u, id)
	t.end(err)
	return v, err
}

// AddToken keeps a personal token.
func (s *Store) AddToken(ctx context.Context, t account.PersonalToken, most int) error {
	ctx, timed := s.begin(ctx, "AddToken")
	err := s.Backend.AddToken(ctx, t, most)
	timed.end(err)
	return err
}

// TokenByHash finds a personal token.
func (s *Store) TokenByHash(ctx context.Context, hash string) (account.PersonalToken, error) {
	ctx, t := s.begin(ctx, "TokenByHash")
	v, err := s.Backend.TokenByHash(ctx, hash)
	t.end(err)
	return v, err
}

// TokensNamed lists personal tokens by their IDs.
func (s *Store) TokensNamed(ctx context.Context, ids []string) ([]account.PersonalToken, error) {
	ctx, t := s.begin(ctx, "TokensNamed")
	v, err := s.Backend.TokensNamed(ctx, ids)
	t.end(err)
	return v, err
}

// TokensOf lists the personal tokens of a user.
func (s *Store) TokensOf(ctx context.Context, u ident.User) ([]account.PersonalToken, error) {
	ctx, t := s.begin(ctx, "TokensOf")
	v, err := s.Backend.TokensOf(ctx, u)
	t.end(err)
	return v, err
}

// TouchToken moves the last use of a personal token.
func (s *Store) TouchToken(ctx context.Context, id string, used time.Time) error {
	ctx, t := s.begin(ctx, "TouchToken")
	err := s.Backend.TouchToken(ctx, id, used)
	t.end(err)
	return err
}

// DeleteToken deletes a user's personal token.
func (s *Store) DeleteToken(ctx context.Context, u ident.User, id string) (bool, error) {
	ctx, t := s.begin(ctx, "DeleteToken")
	v, err := s.Backend.DeleteToken(ctx, u, id)
	t.end(err)
	return v, err
}

// DeleteTokensOf deletes the personal tokens of a user.
func (s *Store) DeleteTokensOf(ctx context.Context, u ident.User) (int, error) {
	ctx, t := s.begin(ctx, "DeleteTokensOf")
	v, err := s.Backend.DeleteTokensOf(ctx, u)
	t.end(err)
	return v, err
}

// RevokeToken revokes an access token.
func (s *Store) RevokeToken(ctx context.Context, jti string, until time.Time) error {
	ctx, t := s.begin(ctx, "RevokeToken")
	err := s.Backend.RevokeToken(ctx, jti, until)
	t.end(err)
	return err
}

// RevokedTokens tells which access tokens were revoked.
func (s *Store) RevokedTokens(ctx context.Context, jtis []string) ([]string, error) {
	ctx, t := s.begin(ctx, "RevokedTokens")
	v, err := s.Backend.RevokedTokens(ctx, jtis)
	t.end(err)
	return v, err
}

// DropEnded deletes what ended.
func (s *Store) DropEnded(ctx context.Context, before time.Time) (int, error) {
	ctx, t := s.begin(ctx, "DropEnded")
	v, err := s.Backend.DropEnded(ctx, before)
	t.end(err)
	return v, err
}
