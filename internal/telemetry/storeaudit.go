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

// Unsealed lists entries that wait for their link.
func (s *Store) Unsealed(ctx context.Context, after audit.Waiting, limit int) ([]audit.Waiting, error) {
	ctx, t := s.begin(ctx, "Unsealed")
	v, err := s.Backend.Unsealed(ctx, after, limit)
	t.end(err)
	return v, err
}

// CountUnsealed counts entries that wait for their link.
func (s *Store) CountUnsealed(ctx context.Context) (int, error) {
	ctx, t := s.begin(ctx, "CountUnsealed")
	v, err := s.Backend.CountUnsealed(ctx)
	t.end(err)
	return v, err
}

// Kept reads entries as they are stored.
func (s *Store) Kept(ctx context.Context, ids []string) ([]audit.Kept, error) {
	ctx, t := s.begin(ctx, "Kept")
	v, err := s.Backend.Kept(ctx, ids)
	t.end(err)
	return v, err
}

// LastLink reads the end of the chain.
func (s *Store) LastLink(ctx context.Context) (audit.Link, error) {
	ctx, t := s.begin(ctx, "LastLink")
	v, err := s.Backend.LastLink(ctx)
	t.end(err)
	return v, err
}

// Links lists links.
func (s *Store) Links(ctx context.Context, after int64, limit int) ([]audit.Link, error) {
	ctx, t := s.begin(ctx, "Links")
	v, err := s.Backend.Links(ctx, after, limit)
	t.end(err)
	return v, err
}

// LinksOf finds the links of entries.
func (s *Store) LinksOf(ctx context.Context, entries []string) ([]audit.Link, error) {
	ctx, t := s.begin(ctx, "LinksOf")
	v, err := s.Backend.LinksOf(ctx, entries)
	t.end(err)
	return v, err
}

// Loose looks for entries without a link.
func (s *Store) Loose(ctx context.Context, after string, limit int) ([]audit.Kept, string, error) {
	ctx, t := s.begin(ctx, "Loose")
	v, next, err := s.Backend.Loose(ctx, after, limit)
	t.end(err)
	return v, next, err
}

// Checkpoints lists kept checkpoints.
func (s *Store) Checkpoints(ctx context.Context, after int64, limit int) ([]audit.KeptCheckpoint, error) {
	ctx, t := s.begin(ctx, "Checkpoints")
	v, err := s.Backend.Checkpoints(ctx, after, limit)
	t.end(err)
	return v, err
}

// LastCheckpoint reads the newest kept checkpoint.
func (s *Store) LastCheckpoint(ctx context.Context) (audit.KeptCheckpoint, error) {
	ctx, t := s.begin(ctx, "LastCheckpoint")
	v, err := s.Backend.LastCheckpoint(ctx)
	t.end(err)
	return v, err
}

// Mark reads a named statement.
func (s *Store) Mark(ctx context.Context, name string) (audit.Mark, error) {
	ctx, t := s.begin(ctx, "Mark")
	v, err := s.Backend.Mark(ctx, name)
	t.end(err)
	return v, err
}

// SealEntries writes links.
func (s *Store) SealEntries(ctx context.Context, links []audit.Link, done []audit.Waiting) error {
	ctx, t := s.begin(ctx, "SealEntries")
	err := s.Backend.SealEntries(ctx, links, done)
	t.end(err)
	return err
}

// KeepCheckpoint keeps a checkpoint.
func (s *Store) KeepCheckpoint(ctx context.Context, k audit.KeptCheckpoint) (bool, error) {
	ctx, t := s.begin(ctx, "KeepCheckpoint")
	v, err := s.Backend.KeepCheckpoint(ctx, k)
	t.end(err)
	return v, err
}

// PutMark writes a named statement.
func (s *Store) PutMark(ctx context.Context, m audit.Mark) error {
	ctx, t := s.begin(ctx, "PutMark")
	err := s.Backend.PutMark(ctx, m)
	t.end(err)
	return err
}
