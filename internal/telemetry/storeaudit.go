package telemetry

import (
	"context"
	"time"

	"cinema/internal/audit"
	"cinema/internal/ident"
)

// PutUserKey keeps a user's data key.
func (s *Store) PutUserKey(ctx context.Context, user ident.User, secret string, wrapped []byte) (audit.UserKeys, error) {
	ctx, t := s.begin(ctx, "PutUserKey")
	v, err := s.Backend.PutUserKey(ctx, user, secret, wrapped)
	t.end(err)
	return v, err
}

// UserKeys reads a user's data keys.
func (s *Store) UserKeys(ctx context.Context, user ident.User) (audit.UserKeys, error) {
	ctx, t := s.begin(ctx, "UserKeys")
	v, err := s.Backend.UserKeys(ctx, user)
	t.end(err)
	return v, err
}

// DestroyUserKeys deletes a user's data keys.
func (s *Store) DestroyUserKeys(ctx context.Context, user ident.User, at time.Time) error {
	ctx, t := s.begin(ctx, "DestroyUserKeys")
	err := s.Backend.DestroyUserKeys(ctx, user, at)
	t.end(err)
	return err
}
