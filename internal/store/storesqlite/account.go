package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"time"

	"cinema/internal/account"
	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// kindIdentity is the register `<issuer, escaped>|<subject>` → user.
const kindIdentity = "identity"

const (
	mostGuests   = 100
	mostSessions = 200
)

func scanUser(row scanner) (account.User, error) {
	var u account.User
	var cinemas string
	var created, updated int64
	if err := row.Scan(&u.ID, &u.Email, &u.Name, &u.Picture, &u.Verified, &u.Guest, &u.Granted, &cinemas, &created, &updated); err != nil {
		return account.User{}, err
	}
	u.CreatedAt, u.UpdatedAt = fromMillis(created), fromMillis(updated)
	return u, decode(cinemas, &u.Cinemas)
}

// User reads a guest or a person.
func (s *Store) User(ctx context.Context, id ident.User) (account.User, error) {
	u, err := scanUser(s.reads.User.QueryRowContext(ctx, string(id)))
	if err != nil {
		return account.User{}, s.read(orNotFound(err, "user_not_found", "There is no such user."))
	}
	return u, nil
}

// UserByIdentity follows the (issuer, subject) register.
func (s *Store) UserByIdentity(ctx context.Context, issuer, subject string) (account.User, error) {
	id, found, err := s.Register(ctx, kindIdentity, identityKey(issuer, subject))
	if err != nil {
		return account.User{}, err
	}
	if found {
		var gone bool
		if err := s.reads.Erased.QueryRowContext(ctx, id).Scan(&gone); err != nil {
			return account.User{}, s.read(err)
		}
		found = !gone
	}
	if !found {
		return account.User{}, notFound("user_not_found", "Nobody has this identity.")
	}
	return s.User(ctx, ident.User(id))
}

// identityKey can not be read two ways: the escaped issuer has no bar in it.
func identityKey(issuer, subject string) string { return url.QueryEscape(issuer) + "|" + subject }

// SaveUser inserts a user, or replaces what is known of one but for his role and scope.
func (s *Store) SaveUser(ctx context.Context, u account.User) error {
	if u.ID == "" {
		return fault.New(fault.Invalid, "invalid_user", "A user needs an identifier.")
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		if err := notErased(ctx, w, u.ID); err != nil {
			return err
		}
		return saveUser(ctx, w, u)
	})
}

func saveUser(ctx context.Context, w *writes, u account.User) error {
	if _, err := w.SaveUser.ExecContext(ctx, string(u.ID), u.Email, u.Name, u.Picture, u.Verified, u.Guest, string(u.Granted),
		list(u.Cinemas), toMillis(u.CreatedAt), toMillis(u.UpdatedAt)); err != nil {
		return err
	}
	if _, err := w.DeleteUserTerms.ExecContext(ctx, string(u.ID)); err != nil {
		return err
	}
	for _, term := range append(words(u.Name), words(u.Email)...) {
		if _, err := w.InsertUserTerm.ExecContext(ctx, term, string(u.ID)); err != nil {
			return err
		}
	}
	return nil
}

// BindIdentity gives the identity to the user unless it has one; it returns the user who has it afterwards.
func (s *Store) BindIdentity(ctx context.Context, issuer, subject string, u ident.User) (ident.User, error) {
	if issuer == "" || subject == "" || u == "" {
		return "", fault.New(fault.Invalid, "invalid_identity", "An identity needs an issuer, a subject and a user.")
	}
	var holds string
	err := s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		if err := notErased(ctx, w, u); err != nil {
			return err
		}
		key := identityKey(issuer, subject)
		if holds, err = putOnce(ctx, w, kindIdentity, key, string(u)); err != nil {
			return err
		}
		if err := notErased(ctx, w, ident.User(holds)); fault.KindOf(err) != fault.Unauthorized {
			return err
		}
		// What an erased user left behind is free again.
		if _, err := w.DeleteRegister.ExecContext(ctx, kindIdentity, key, holds); err != nil {
			return err
		}
		holds, err = putOnce(ctx, w, kindIdentity, key, string(u))
		return err
	})
	return ident.User(holds), err
}

// Merge records once that a guest belongs to an account; it returns the account that the register holds.
func (s *Store) Merge(ctx context.Context, guest, into ident.User) (ident.User, error) {
	if guest == "" || into == "" || guest == into {
		return "", fault.New(fault.Invalid, "invalid_merge", "A guest is merged into another user.")
	}
	var holds string
	err := s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		if err := notErased(ctx, w, guest, into); err != nil {
			return err
		}
		holds, err = putOnce(ctx, w, booking.KindMerge, string(guest), string(into))
		return err
	})
	return ident.User(holds), err
}

// MergedGuests lists the guests merged into an account, oldest first, at most 100.
func (s *Store) MergedGuests(ctx context.Context, user ident.User) ([]ident.User, error) {
	rows, err := s.reads.MergedGuests.QueryContext(ctx, string(user), mostGuests)
	guests, err := collect(rows, err, func(row scanner) (ident.User, error) {
		var g ident.User
		err := row.Scan(&g)
		return g, err
	})
	return guests, s.read(err)
}

// MergedInto follows a guest's merge register; empty when there is none.
func (s *Store) MergedInto(ctx context.Context, guest ident.User) (ident.User, error) {
	id, _, err := s.Register(ctx, booking.KindMerge, string(guest))
	return ident.User(id), err
}

func scanSession(row scanner) (account.Session, error) {
	var v account.Session
	var created, seen, auth, rotated, ends int64
	var bookings string
	if err := row.Scan(&v.Hash, &v.User, &v.Issuer, &created, &seen, &auth, &rotated, &v.Agent, &bookings,
		&v.ID, &v.Subject, &v.Label, &v.Replaces, &ends); err != nil {
		return account.Session{}, err
	}
	v.Ends = fromMillis(ends)
	v.CreatedAt, v.LastSeen, v.AuthTime, v.Rotated = fromMillis(created), fromMillis(seen), fromMillis(auth), fromMillis(rotated)
	return v, decode(bookings, &v.Bookings)
}

func noSession() error { return notFound("session_not_found", "There is no such session.") }

// PutSession inserts or replaces a session.
func (s *Store) PutSession(ctx context.Context, v account.Session) error {
	if v.Hash == "" || v.User == "" {
		return fault.New(fault.Invalid, "invalid_session", "A session needs a hash and a user.")
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		if err := notErased(ctx, w, v.User); err != nil {
			return err
		}
		return putSession(ctx, w, v)
	})
}

func putSession(ctx context.Context, w *writes, v account.Session) error {
	_, err := w.PutSession.ExecContext(ctx, sessionValues(v)...)
	return err
}

// sessionValues are the columns of a session, in their order.
func sessionValues(v account.Session) []any {
	return []any{
		v.Hash, string(v.User), v.Issuer, toMillis(v.CreatedAt), toMillis(v.LastSeen), toMillis(v.AuthTime), toMillis(v.Rotated), v.Agent,
		list(v.Bookings), v.ID, v.Subject, v.Label, v.Replaces, toMillis(v.Ends),
	}
}

// TouchSession moves LastSeen of a live session.
func (s *Store) TouchSession(ctx context.Context, hash string, seen time.Time) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		there, err := affected(w.TouchSession.ExecContext(ctx, hash, toMillis(seen)))
		if err == nil && !there {
			err = noSession()
		}
		return err
	})
}

// AllowBooking adds a booking to those a live session may see, under each of its values.
func (s *Store) AllowBooking(ctx context.Context, hash string, id ident.Booking) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		rows, err := w.ValuesOfSession.QueryContext(ctx, hash)
		values, err := collect(rows, err, func(row scanner) (v account.Session, err error) {
			var text string
			if err := row.Scan(&v.Hash, &text); err != nil {
				return v, err
			}
			return v, decode(text, &v.Bookings)
		})
		if err != nil {
			return err
		}
		if len(values) == 0 {
			return noSession()
		}
		for _, v := range values {
			if slices.Contains(v.Bookings, id) || len(v.Bookings) >= account.MaxSessionBookings {
				continue
			}
			if _, err := w.SetSessionBookings.ExecContext(ctx, v.Hash, list(append(v.Bookings, id))); err != nil {
				return err
			}
		}
		return nil
	})
}

// Session reads a session by the hash of its cookie.
func (s *Store) Session(ctx context.Context, hash string) (account.Session, error) {
	v, err := scanSession(s.reads.Session.QueryRowContext(ctx, hash))
	if errors.Is(err, sql.ErrNoRows) {
		err = noSession()
	}
	return v, s.read(err)
}

// DeleteSession ends a session. One that is gone is no fault.
func (s *Store) DeleteSession(ctx context.Context, hash string) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		_, err := w.DeleteSession.ExecContext(ctx, hash)
		return err
	})
}

// DeleteSessionsOf ends every session of a user but one; no exception when except is empty.
func (s *Store) DeleteSessionsOf(ctx context.Context, u ident.User, except string) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		_, err := w.DeleteSessionsOf.ExecContext(ctx, string(u), except)
		return err
	})
}

// SessionsOf lists the sessions of a user, last seen first, at most 200.
func (s *Store) SessionsOf(ctx context.Context, u ident.User) ([]account.Session, error) {
	rows, err := s.reads.SessionsOf.QueryContext(ctx, string(u), mostSessions)
	sessions, err := collect(rows, err, scanSession)
	return sessions, s.read(err)
}

// DropSessions deletes sessions last seen before an instant.
func (s *Store) DropSessions(ctx context.Context, before time.Time) (n int, err error) {
	err = s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		n, err = count(w.DropSessions.ExecContext(ctx, toMillis(before)))
		return err
	})
	return n, err
}
