package storesqlite

import (
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A store of before has sessions without names: each gets one of its own, and goes on.
func TestMigration_names_the_sessions_of_before(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", fileAddress(filepath.Join(dir, FileName), "mode=rwc"))
	require.NoError(t, err)
	p, err := newProvider(db, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	_, err = p.UpTo(t.Context(), 4)
	require.NoError(t, err)
	for i := range 2 {
		_, err := db.ExecContext(t.Context(), `INSERT INTO sessions (hash, user, issuer, created_at, last_seen, auth_time, rotated, agent, bookings)
			VALUES (?1, 'us_1', 'dev', 1, ?2, 1, 1, '', '[]')`, fmt.Sprintf("h%d", i), 10-i)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())

	s, err := Open(t.Context(), Options{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	list, err := s.SessionsOf(t.Context(), "us_1")
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Regexp(t, `^se_[0-9a-f]{32}$`, list[0].ID)
	require.NotEqual(t, list[0].ID, list[1].ID)
	require.Zero(t, list[0].Ends)
	named, err := s.SessionsNamed(t.Context(), []string{list[0].ID})
	require.NoError(t, err)
	require.Len(t, named, 1)
	require.Equal(t, "h0", named[0].Hash)
}
