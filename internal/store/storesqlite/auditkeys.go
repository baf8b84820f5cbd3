package storesqlite

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"cinema/internal/audit"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// PutUserKey keeps a key unless the user has one under the same secret or the keys were destroyed.
func (s *Store) PutUserKey(ctx context.Context, user ident.User, secret string, wrapped []byte) (audit.UserKeys, error) {
	if user == "" || secret == "" || len(wrapped) == 0 {
		return audit.UserKeys{}, fault.New(fault.Invalid, "invalid_user_key", "A key needs a user, a secret and a value.")
	}
	var holds audit.UserKeys
	err := s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		if _, err := w.PutUserKey.ExecContext(ctx, string(user), secret, base64.StdEncoding.EncodeToString(wrapped)); err != nil {
			return err
		}
		holds, err = scanUserKeys(w.UserKeys.QueryRowContext(ctx, string(user)))
		return err
	})
	return holds, err
}

// UserKeys reads a user's keys; one who never had any gets none.
func (s *Store) UserKeys(ctx context.Context, user ident.User) (audit.UserKeys, error) {
	k, err := scanUserKeys(s.reads.UserKeys.QueryRowContext(ctx, string(user)))
	if errors.Is(err, sql.ErrNoRows) {
		return audit.UserKeys{User: user}, nil
	}
	return k, s.read(err)
}

// DestroyUserKeys deletes a user's keys for ever.
func (s *Store) DestroyUserKeys(ctx context.Context, user ident.User, at time.Time) error {
	if user == "" {
		return fault.New(fault.Invalid, "invalid_user_key", "Keys belong to a user.")
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		_, err := w.DestroyUserKeys.ExecContext(ctx, string(user), max(toMillis(at), 1))
		return err
	})
}

func scanUserKeys(row scanner) (audit.UserKeys, error) {
	var k audit.UserKeys
	var wrapped string
	var destroyed int64
	if err := row.Scan(&k.User, &wrapped, &destroyed); err != nil {
		return audit.UserKeys{}, err
	}
	k.Destroyed = fromMillis(destroyed)
	err := json.Unmarshal([]byte(wrapped), &k.Wrapped) // bytes are base64 in JSON
	if len(k.Wrapped) == 0 {
		k.Wrapped = nil
	}
	return k, err
}

func importUserKeys(ctx context.Context, w *writes, k audit.UserKeys) error {
	wrapped := "{}"
	if len(k.Wrapped) > 0 {
		wrapped = encode(k.Wrapped)
	}
	_, err := w.ImportUserKeys.ExecContext(ctx, string(k.User), wrapped, toMillis(k.Destroyed))
	return err
}
