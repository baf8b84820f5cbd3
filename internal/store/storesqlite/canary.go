package storesqlite

import (
	"context"
	"errors"
	"fmt"
)

// errCanaryDone takes the canary's rows back: an act that ends with an error leaves nothing.
var errCanaryDone = errors.New("canary done")

// Canary inserts a claim and a register twice. The primary keys must let the second of each lose, and the connection must flush
// as promised; otherwise a seat could be sold twice or a sale be lost, and an error says so. It leaves nothing behind.
func (s *Store) Canary(ctx context.Context) error {
	if err := s.do(ctx, s.canary); !errors.Is(err, errCanaryDone) {
		return fmt.Errorf("store canary: %w", err)
	}
	return nil
}

func (s *Store) canary(ctx context.Context, w *writes) error {
	for i, booking := range []string{"canary_first", "canary_second"} {
		won, err := affected(w.InsertClaim.ExecContext(ctx, "canary|showtime", "A1", booking))
		if err != nil {
			return err
		}
		if won != (i == 0) {
			return fmt.Errorf("claim %d of the same seat: won is %t", i+1, won)
		}
		holds, err := putOnce(ctx, w, "canary|kind", "id", booking)
		if err != nil {
			return err
		}
		if holds != "canary_first" {
			return fmt.Errorf("register holds %q after it was written as %q", holds, "canary_first")
		}
	}
	for _, raw := range []string{
		"INSERT INTO seat_claims (showtime, seat, booking) VALUES ('canary|showtime', 'A1', 'canary_third')",
		"INSERT INTO registers (kind, id, value) VALUES ('canary|kind', 'id', 'canary_third')",
	} {
		if _, err := s.writer.conn.ExecContext(ctx, raw); !refused(err, resultPrimaryKey) {
			return fmt.Errorf("a double insert was not refused by the primary key: %w", err)
		}
	}
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var is string
		if err := s.writer.conn.QueryRowContext(ctx, "PRAGMA "+name).Scan(&is); err != nil {
			return err
		}
		if is != want {
			return fmt.Errorf("%s is %s, must be %s", name, is, want)
		}
	}
	return errCanaryDone
}
