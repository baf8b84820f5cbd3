package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"time"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/privacy"
)

// BeginErasure keeps the decision unless there is one.
func (s *Store) BeginErasure(ctx context.Context, e privacy.Erasure) (privacy.Erasure, error) {
	if e.User == "" || e.Alias == "" && e.Open() {
		return privacy.Erasure{}, fault.New(fault.Invalid, "invalid_erasure", "An erasure needs a user and an alias.")
	}
	var holds privacy.Erasure
	err := s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		if err := insertErasure(ctx, w, e); err != nil {
			return err
		}
		holds, err = scanErasure(w.Erasure.QueryRowContext(ctx, string(e.User)))
		return err
	})
	return holds, err
}

func insertErasure(ctx context.Context, w *writes, e privacy.Erasure) error {
	_, err := w.BeginErasure.ExecContext(ctx, string(e.User), string(e.Alias), string(e.Actor), e.Reason, toMillis(e.AskedAt), toMillis(e.Closed))
	return err
}

func scanErasure(row scanner) (privacy.Erasure, error) {
	var e privacy.Erasure
	var asked, closed int64
	err := row.Scan(&e.User, &e.Alias, &e.Actor, &e.Reason, &asked, &closed)
	e.AskedAt, e.Closed = fromMillis(asked), fromMillis(closed)
	return e, err
}

// Erasure reads a decision; found is false when there is none.
func (s *Store) Erasure(ctx context.Context, u ident.User) (e privacy.Erasure, found bool, err error) {
	e, err = scanErasure(s.reads.Erasure.QueryRowContext(ctx, string(u)))
	if errors.Is(err, sql.ErrNoRows) {
		return privacy.Erasure{}, false, nil
	}
	return e, err == nil, s.read(err)
}

// notErased refuses an act that would keep something new of an erased user.
func notErased(ctx context.Context, w *writes, users ...ident.User) error {
	for _, u := range users {
		var gone bool
		if err := w.Erased.QueryRowContext(ctx, string(u)).Scan(&gone); err != nil {
			return err
		}
		if gone {
			return privacy.ErrErased()
		}
	}
	return nil
}

// OpenErasures lists decisions that are not closed, oldest first.
func (s *Store) OpenErasures(ctx context.Context, limit int) ([]privacy.Erasure, error) {
	limit, _ = page(limit, 0, mostOpen, mostOpen)
	rows, err := s.reads.OpenErasures.QueryContext(ctx, limit)
	items, err := collect(rows, err, scanErasure)
	return items, s.read(err)
}

// CloseErasure ends the work on a decision and forgets the alias, the actor and the reason.
func (s *Store) CloseErasure(ctx context.Context, u ident.User, at time.Time) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		_, err := w.CloseErasure.ExecContext(ctx, string(u), max(toMillis(at), 1))
		return err
	})
}

// IdentitiesOf lists the identities that are bound to a user.
func (s *Store) IdentitiesOf(ctx context.Context, u ident.User) ([]privacy.Identity, error) {
	rows, err := s.reads.IdentitiesOf.QueryContext(ctx, string(u))
	items, err := collect(rows, err, func(row scanner) (privacy.Identity, error) {
		var key string
		if err := row.Scan(&key); err != nil {
			return privacy.Identity{}, err
		}
		escaped, subject, _ := strings.Cut(key, "|")
		issuer, err := url.QueryUnescape(escaped)
		return privacy.Identity{Issuer: issuer, Subject: subject}, err
	})
	return items, s.read(err)
}

// DropIdentitiesOf unbinds a user's identities.
func (s *Store) DropIdentitiesOf(ctx context.Context, u ident.User) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		if _, err := w.DeleteIdentitiesOf.ExecContext(ctx, string(u)); err != nil {
			return err
		}
		return s.soil(ctx)
	})
}

// DropMerge forgets that a guest was merged into an account.
func (s *Store) DropMerge(ctx context.Context, guest, account ident.User) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		if _, err := w.DeleteMerge.ExecContext(ctx, string(guest), string(account)); err != nil {
			return err
		}
		_, err := w.DeleteRegister.ExecContext(ctx, booking.KindMerge, string(guest), string(account))
		return err
	})
}

// DropUser deletes a user with the words by which he is found.
func (s *Store) DropUser(ctx context.Context, u ident.User) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		if _, err := w.DeleteUserTerms.ExecContext(ctx, string(u)); err != nil {
			return err
		}
		if _, err := w.DeleteUser.ExecContext(ctx, string(u)); err != nil {
			return err
		}
		return s.soil(ctx)
	})
}

// contact is what a booking says of who made it.
type contact struct {
	booking     ident.Booking
	email, name string
}

func (c contact) terms() []string { return append(words(c.name), words(c.email)...) }

// Disown gives at most limit of a user's finished bookings to an alias.
func (s *Store) Disown(ctx context.Context, u, alias ident.User, limit int) (n int, err error) {
	if u == "" || alias == "" || u == alias {
		return 0, fault.New(fault.Invalid, "invalid_erasure", "Bookings are given to an alias.")
	}
	limit, _ = page(limit, 0, standardPage, mostPage)
	err = s.do(ctx, func(ctx context.Context, w *writes) error {
		rows, err := w.FinishedBookingsOf.QueryContext(ctx, string(u), limit)
		all, err := collect(rows, err, func(row scanner) (c contact, err error) {
			err = row.Scan(&c.booking, &c.email, &c.name)
			return c, err
		})
		if err != nil || len(all) == 0 {
			return err
		}
		for _, c := range all {
			if _, err := w.DisownBooking.ExecContext(ctx, string(c.booking), string(alias)); err != nil {
				return err
			}
			if _, err := w.DeleteBookingTerms.ExecContext(ctx, list(c.terms()), string(c.booking)); err != nil {
				return err
			}
		}
		n = len(all)
		return s.soil(ctx)
	})
	return n, err
}

// BlankContacts takes name and address, and the words of both, out of bookings.
func (s *Store) BlankContacts(ctx context.Context, ids []ident.Booking) (n int, err error) {
	err = s.do(ctx, func(ctx context.Context, w *writes) error {
		n = 0
		for _, id := range ids {
			c := contact{booking: id}
			err := w.ContactOf.QueryRowContext(ctx, string(id)).Scan(&c.email, &c.name)
			if errors.Is(err, sql.ErrNoRows) || err == nil && c.email == "" && c.name == "" {
				continue
			}
			if err != nil {
				return err
			}
			if _, err := w.BlankContact.ExecContext(ctx, string(id)); err != nil {
				return err
			}
			if _, err := w.DeleteBookingTerms.ExecContext(ctx, list(c.terms()), string(id)); err != nil {
				return err
			}
			n++
		}
		if n == 0 {
			return nil
		}
		return s.soil(ctx)
	})
	return n, err
}

// DropRequestsOf deletes what is kept of a user's requests.
func (s *Store) DropRequestsOf(ctx context.Context, u ident.User) (n int, err error) {
	if u == "" {
		return 0, nil
	}
	err = s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		if n, err = count(w.DeleteRequestsOf.ExecContext(ctx, string(u))); err != nil || n == 0 {
			return err
		}
		return s.soil(ctx)
	})
	return n, err
}
