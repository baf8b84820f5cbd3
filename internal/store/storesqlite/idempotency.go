package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"cinema/internal/fault"
	"cinema/internal/store"
)

// BeginRequest takes the key for the caller until the lease ends. A key whose lease ran out is taken over; one that expired is new.
func (s *Store) BeginRequest(ctx context.Context, r store.RequestRecord) (stored store.RequestRecord, fresh bool, err error) {
	if r.ID == "" {
		return store.RequestRecord{}, false, fault.New(fault.Invalid, "invalid_idempotency_key", "A request record needs an identifier.")
	}
	now := s.now()
	err = s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		stored, err = scanRequest(w.Request.QueryRowContext(ctx, r.ID))
		switch {
		case err == nil && toMillis(stored.Expires) > now:
			fresh, err = takeOver(ctx, w, &stored, r, now)
			return err
		case err == nil:
			if _, err := w.DeleteRequest.ExecContext(ctx, r.ID); err != nil {
				return err
			}
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		fresh, stored = true, r
		stored.Done = false
		_, err = w.InsertRequest.ExecContext(ctx, r.ID, r.Fingerprint, false, 0, nil, "{}", toMillis(r.LeaseUntil), toMillis(r.Expires), string(r.User))
		return err
	})
	if err != nil {
		return store.RequestRecord{}, false, err
	}
	return stored, fresh, nil
}

// takeOver gives a request that nobody runs any more to the caller.
func takeOver(ctx context.Context, w *writes, stored *store.RequestRecord, r store.RequestRecord, now int64) (bool, error) {
	if stored.Done || stored.Fingerprint != r.Fingerprint || toMillis(stored.LeaseUntil) > now {
		return false, nil
	}
	stored.LeaseUntil, stored.Expires = r.LeaseUntil, r.Expires
	_, err := w.LeaseRequest.ExecContext(ctx, r.ID, toMillis(r.LeaseUntil), toMillis(r.Expires))
	return true, err
}

func scanRequest(row scanner) (store.RequestRecord, error) {
	var r store.RequestRecord
	var header string
	var lease, expires int64
	if err := row.Scan(&r.ID, &r.Fingerprint, &r.Done, &r.Status, &r.Body, &header, &lease, &expires, &r.User); err != nil {
		return store.RequestRecord{}, err
	}
	r.LeaseUntil, r.Expires = fromMillis(lease), fromMillis(expires)
	return r, decode(header, &r.Header)
}

// FinishRequest stores the answer to replay. The first answer stays. Of an erased user none is kept.
func (s *Store) FinishRequest(ctx context.Context, r store.RequestRecord) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		err := notErased(ctx, w, r.User)
		switch {
		case fault.KindOf(err) == fault.Unauthorized:
			_, err = w.DeleteRequest.ExecContext(ctx, r.ID)
		case err == nil:
			_, err = w.FinishRequest.ExecContext(ctx, r.ID, r.Fingerprint, r.Status, r.Body, encode(r.Header), toMillis(r.LeaseUntil),
				toMillis(r.Expires), string(r.User))
		}
		return err
	})
}

// DropRequest forgets a key whose request began nothing. A stored answer stays.
func (s *Store) DropRequest(ctx context.Context, id string) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		_, err := w.DropRequest.ExecContext(ctx, id)
		return err
	})
}

// DropRequests deletes records that expired before an instant.
func (s *Store) DropRequests(ctx context.Context, before time.Time) (n int, err error) {
	err = s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		n, err = count(w.DropRequests.ExecContext(ctx, toMillis(before)))
		return err
	})
	return n, err
}
