package telemetry

import (
	"context"
	"time"

	"cinema/internal/ident"
	"cinema/internal/privacy"
)

// BeginErasure keeps the decision to erase a user.
func (s *Store) BeginErasure(ctx context.Context, e privacy.Erasure) (privacy.Erasure, error) {
	ctx, t := s.begin(ctx, "BeginErasure")
	v, err := s.Backend.BeginErasure(ctx, e)
	t.end(err)
	return v, err
}

// Erasure reads the decision to erase a user.
func (s *Store) Erasure(ctx context.Context, u ident.User) (privacy.Erasure, bool, error) {
	ctx, t := s.begin(ctx, "Erasure")
	v, found, err := s.Backend.Erasure(ctx, u)
	t.end(err)
	return v, found, err
}

// OpenErasures lists erasures with something left to do.
func (s *Store) OpenErasures(ctx context.Context, limit int) ([]privacy.Erasure, error) {
	ctx, t := s.begin(ctx, "OpenErasures")
	v, err := s.Backend.OpenErasures(ctx, limit)
	t.end(err)
	return v, err
}

// CloseErasure ends the work on an erasure.
func (s *Store) CloseErasure(ctx context.Context, u ident.User, at time.Time) error {
	ctx, t := s.begin(ctx, "CloseErasure")
	err := s.Backend.CloseErasure(ctx, u, at)
	t.end(err)
	return err
}

// IdentitiesOf lists a user's identities.
func (s *Store) IdentitiesOf(ctx context.Context, u ident.User) ([]privacy.Identity, error) {
	ctx, t := s.begin(ctx, "IdentitiesOf")
	v, err := s.Backend.IdentitiesOf(ctx, u)
	t.end(err)
	return v, err
}

// DropIdentitiesOf unbinds a user's identities.
func (s *Store) DropIdentitiesOf(ctx context.Context, u ident.User) error {
	ctx, t := s.begin(ctx, "DropIdentitiesOf")
	err := s.Backend.DropIdentitiesOf(ctx, u)
	t.end(err)
	return err
}

// DropMerge forgets the merge of a guest.
func (s *Store) DropMerge(ctx context.Context, guest, account ident.User) error {
	ctx, t := s.begin(ctx, "DropMerge")
	err := s.Backend.DropMerge(ctx, guest, account)
	t.end(err)
	return err
}

// DropUser deletes a user.
func (s *Store) DropUser(ctx context.Context, u ident.User) error {
	ctx, t := s.begin(ctx, "DropUser")
	err := s.Backend.DropUser(ctx, u)
	t.end(err)
	return err
}

// Disown gives a user's bookings to an alias.
func (s *Store) Disown(ctx context.Context, u, alias ident.User, limit int) (int, error) {
	ctx, t := s.begin(ctx, "Disown")
	v, err := s.Backend.Disown(ctx, u, alias, limit)
	t.end(err)
	return v, err
}

// BlankContacts takes names and addresses out of bookings.
func (s *Store) BlankContacts(ctx context.Context, ids []ident.Booking) (int, error) {
	ctx, t := s.begin(ctx, "BlankContacts")
	v, err := s.Backend.BlankContacts(ctx, ids)
	t.end(err)
	return v, err
}

// DropRequestsOf deletes what is kept of a user's requests.
func (s *Store) DropRequestsOf(ctx context.Context, u ident.User) (int, error) {
	ctx, t := s.begin(ctx, "DropRequestsOf")
	v, err := s.Backend.DropRequestsOf(ctx, u)
	t.end(err)
	return v, err
}

// Scrub takes what was deleted off the disk.
func (s *Store) Scrub(ctx context.Context) error {
	ctx, t := s.begin(ctx, "Scrub")
	err := s.Backend.Scrub(ctx)
	t.end(err)
	return err
}
