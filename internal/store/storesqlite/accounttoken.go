package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"cinema/internal/account"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/store"
)

// mostTokens bounds a listing of personal tokens.
const mostTokens = 100

// RotateSession puts a session that follows another beside it, in one act.
func (s *Store) RotateSession(ctx context.Context, old string, next account.Session) error {
	if next.Hash == "" || next.User == "" || next.Hash == old {
		return fault.New(fault.Invalid, "invalid_session", "A session needs a hash of its own and a user.")
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		before, err := scanSession(w.Session.QueryRowContext(ctx, old))
		if errors.Is(err, sql.ErrNoRows) || err == nil && !before.Ends.IsZero() {
			return noSession()
		}
		if err != nil {
			return err
		}
		next.Bookings = before.Bookings
		_, err = w.InsertSession.ExecContext(ctx, sessionValues(next)...)
		return err
	})
}

// ConfirmSession notes that a session which replaces another is in use.
func (s *Store) ConfirmSession(ctx context.Context, hash string, ends time.Time) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		if _, err := w.EndReplaced.ExecContext(ctx, hash, toMillis(ends)); err != nil {
			return err
		}
		_, err := w.ConfirmSession.ExecContext(ctx, hash)
		return err
	})
}

// RenewSessionsOf asks for a new value of every session of a user at its next request.
func (s *Store) RenewSessionsOf(ctx context.Context, u ident.User) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		_, err := w.RenewSessionsOf.ExecContext(ctx, string(u))
		return err
	})
}

// SessionsNamed lists the sessions with these IDs, every value of each.
func (s *Store) SessionsNamed(ctx context.Context, ids []string) ([]account.Session, error) {
	rows, err := s.reads.SessionsNamed.QueryContext(ctx, list(ids))
	sessions, err := collect(rows, err, scanSession)
	return sessions, s.read(err)
}

// EndSession deletes every value of a user's session by its ID and tells how many there were.
func (s *Store) EndSession(ctx context.Context, u ident.User, id string) (n int, err error) {
	err = s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		n, err = count(w.EndSession.ExecContext(ctx, string(u), id))
		return err
	})
	return n, err
}

func scanToken(row scanner) (account.PersonalToken, error) {
	var t account.PersonalToken
	var created, expires, used int64
	err := row.Scan(&t.ID, &t.Hash, &t.User, &t.Name, &t.Scopes, &t.Issuer, &created, &expires, &used)
	t.CreatedAt, t.ExpiresAt, t.LastUsed = fromMillis(created), fromMillis(expires), fromMillis(used)
	return t, err
}

// AddToken keeps a personal token unless the user has as many live ones already.
func (s *Store) AddToken(ctx context.Context, t account.PersonalToken, most int) error {
	if t.ID == "" || t.Hash == "" || t.User == "" {
		return fault.New(fault.Invalid, "invalid_token", "A token needs an identifier, a hash and a user.")
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		if err := notErased(ctx, w, t.User); err != nil {
			return err
		}
		var live int
		if err := w.CountLiveTokens.QueryRowContext(ctx, string(t.User), toMillis(t.CreatedAt)).Scan(&live); err != nil {
			return err
		}
		if live >= most {
			return fault.New(fault.Conflict, "too_many_tokens", "There are as many tokens as one person may have. Delete one first.")
		}
		return insertToken(ctx, w, t)
	})
}

func insertToken(ctx context.Context, w *writes, t account.PersonalToken) error {
	_, err := w.InsertToken.ExecContext(ctx, t.ID, t.Hash, string(t.User), t.Name, int(t.Scopes), t.Issuer,
		toMillis(t.CreatedAt), toMillis(t.ExpiresAt), toMillis(t.LastUsed))
	return err
}

// TokenByHash finds a personal token by the hash of its secret.
func (s *Store) TokenByHash(ctx context.Context, hash string) (account.PersonalToken, error) {
	t, err := scanToken(s.reads.TokenByHash.QueryRowContext(ctx, hash))
	if err != nil {
		return account.PersonalToken{}, s.read(orNotFound(err, "token_not_found", "There is no such token."))
	}
	return t, nil
}

// TokensNamed lists the personal tokens with these IDs.
func (s *Store) TokensNamed(ctx context.Context, ids []string) ([]account.PersonalToken, error) {
	rows, err := s.reads.TokensNamed.QueryContext(ctx, list(ids))
	tokens, err := collect(rows, err, scanToken)
	return tokens, s.read(err)
}

// TokensOf lists the personal tokens of a user, newest first, at most 100.
func (s *Store) TokensOf(ctx context.Context, u ident.User) ([]account.PersonalToken, error) {
	rows, err := s.reads.TokensOf.QueryContext(ctx, string(u), mostTokens)
	tokens, err := collect(rows, err, scanToken)
	return tokens, s.read(err)
}

// TouchToken moves LastUsed of a personal token that is there.
func (s *Store) TouchToken(ctx context.Context, id string, used time.Time) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		_, err := w.TouchToken.ExecContext(ctx, id, toMillis(used))
		return err
	})
}

// DeleteToken deletes a user's personal token and tells whether it was there.
func (s *Store) DeleteToken(ctx context.Context, u ident.User, id string) (there bool, err error) {
	err = s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		there, err = affected(w.DeleteToken.ExecContext(ctx, string(u), id))
		return err
	})
	return there, err
}

// DeleteTokensOf deletes every personal token of a user and tells how many there were.
func (s *Store) DeleteTokensOf(ctx context.Context, u ident.User) (n int, err error) {
	err = s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		n, err = count(w.DeleteTokensOf.ExecContext(ctx, string(u)))
		return err
	})
	return n, err
}

// RevokeToken remembers until an instant that an access token is worth nothing.
func (s *Store) RevokeToken(ctx context.Context, jti string, until time.Time) error {
	if jti == "" {
		return fault.New(fault.Invalid, "invalid_token", "A token needs an identifier.")
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		_, err := w.RevokeToken.ExecContext(ctx, jti, toMillis(until))
		return err
	})
}

// RevokedTokens tells which of these access tokens were revoked.
func (s *Store) RevokedTokens(ctx context.Context, jtis []string) ([]string, error) {
	rows, err := s.reads.RevokedTokens.QueryContext(ctx, list(jtis))
	revoked, err := collect(rows, err, func(row scanner) (id string, err error) {
		err = row.Scan(&id)
		return id, err
	})
	return revoked, s.read(err)
}

// DropEnded deletes what ended before an instant.
func (s *Store) DropEnded(ctx context.Context, before time.Time) (n int, err error) {
	err = s.do(ctx, func(ctx context.Context, w *writes) error {
		n = 0
		for _, stmt := range []*sql.Stmt{w.DropEndedSessions, w.DropEndedTokens, w.DropRevocations} {
			some, err := count(stmt.ExecContext(ctx, toMillis(before)))
			if err != nil {
				return err
			}
			n += some
		}
		return nil
	})
	return n, err
}

func scanRevocation(row scanner) (r store.RevocationRow, err error) {
	var until int64
	err = row.Scan(&r.ID, &until)
	r.Until = fromMillis(until)
	return r, err
}
