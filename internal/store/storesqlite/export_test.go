package storesqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
)

// HoldWriter occupies the writer with an act that waits until release is called.
func HoldWriter(t *testing.T, s *Store) (release func()) {
	t.Helper()
	began, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.do(context.WithoutCancel(t.Context()), func(context.Context, *writes) error {
			close(began)
			<-end
			return nil
		})
	}()
	<-began
	return func() {
		close(end)
		if err := <-done; err != nil {
			t.Log("the act that held the writer:", err)
		}
	}
}

// AwaitQueue returns when n acts wait for the writer.
func AwaitQueue(s *Store, n int) {
	for len(s.writer.queue) < n {
		runtime.Gosched()
	}
}

// FailCommits makes every further commit fail before it reaches SQLite.
func FailCommits(s *Store) {
	s.writer.commit = func(context.Context) error { return errors.New("the disk went away") }
}

// RunAct writes a register from an act that cancels its caller's context after it began.
func RunAct(ctx context.Context, s *Store, cancel context.CancelFunc, kind, id string) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		cancel()
		_, err := putOnce(ctx, w, kind, id, "v")
		return err
	})
}

// LimitPages leaves the file a few pages to grow by, which SQLite reports like a full disk.
func LimitPages(t *testing.T, s *Store) (lift func()) {
	t.Helper()
	limit := func(n int64) {
		require.NoError(t, s.do(t.Context(), func(ctx context.Context, _ *writes) error {
			var pages int64
			if err := s.writer.conn.QueryRowContext(ctx, "SELECT page_count FROM pragma_page_count").Scan(&pages); err != nil {
				return err
			}
			_, err := s.writer.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages+n))
			return err
		}))
	}
	limit(20)
	return func() { limit(1 << 20) }
}

// PretendNewer records a schema version that this program does not know.
func PretendNewer(t *testing.T, s *Store) {
	t.Helper()
	require.NoError(t, s.do(t.Context(), func(ctx context.Context, _ *writes) error {
		_, err := s.writer.conn.ExecContext(ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		return err
	}))
}

// OnNetwork makes the folder seem to be on a file system of the kind.
func (o Options) OnNetwork(kind string) Options {
	o.networkKind = func(string) string { return kind }
	return o
}

// AppendUnqueued writes entries that do not wait for a link, to compare with.
func (s *Store) AppendUnqueued(ctx context.Context, entries []audit.Entry) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		for _, e := range entries {
			if _, err := insertEntry(ctx, w, audit.Kept{Entry: e, Position: s.next()}); err != nil {
				return err
			}
		}
		return nil
	})
}
