package storesqlite

import (
	"database/sql"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/ident"
)

// subsets lists every combination of the labels.
func subsets(labels []string) [][]string {
	out := [][]string{nil}
	for _, l := range labels {
		for _, s := range slices.Clone(out) {
			out = append(out, append(slices.Clone(s), l))
		}
	}
	return out
}

func TestQueries_EveryNamedQueryPreparesAndIsUsed(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	queries, err := loadQueries(queryFiles)
	require.NoError(t, err)
	require.NotEmpty(t, queries)

	for name, q := range queries {
		for _, labels := range subsets(q.labels()) {
			if slices.Contains(labels, "word2") && !slices.Contains(labels, "text") {
				continue // a second word comes after a first
			}
			if slices.Contains(labels, "word3") && !slices.Contains(labels, "word2") {
				continue
			}
			f := filtered{query: q, db: s.readDB}
			_, err := f.stmt(t.Context(), labels) //nolint:sqlclosecheck // closed with its set below
			require.NoError(t, err, "query %s with %v", name, labels)
			require.NoError(t, f.close())
		}
	}

	var w writes
	var r reads
	used, err := prepare(t.Context(), s.readDB, queries, &w)
	require.NoError(t, err)
	more, err := prepare(t.Context(), s.readDB, queries, &r)
	require.NoError(t, err)
	var c chainStatements
	chain, err := prepare(t.Context(), s.readDB, queries, &c)
	require.NoError(t, err)
	more = append(more, chain...)
	require.NoError(t, closeStatements(&c))
	require.NoError(t, closeStatements(&w))
	require.NoError(t, closeStatements(&r))
	for name := range queries {
		require.Contains(t, append(used, more...), name, "nothing uses this query")
	}
}

// TestQueries_useTheirIndexes asks SQLite how it would answer. A list that scans a whole table is slow where it hurts most: in a
// cinema that has been running for years.
func TestQueries_useTheirIndexes(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	queries, err := loadQueries(queryFiles)
	require.NoError(t, err)
	for _, c := range []struct {
		query  string
		labels []string
		want   string
	}{
		{"bookings", nil, "USING INDEX bookings_by_creation"},
		{"bookings", []string{"before"}, "USING INDEX bookings_by_creation"},
		{"bookings", []string{"from", "to"}, "USING INDEX bookings_by_creation"},
		{"bookings", []string{"public"}, "USING INDEX bookings_by_public_status"},
		{"bookings", []string{"public", "before"}, "USING INDEX bookings_by_public_status"},
		{"count_bookings", []string{"public"}, "INDEX bookings_by_public_status"},
		{"bookings", []string{"users"}, "USING INDEX bookings_by_user"},
		{"bookings", []string{"users", "also_public", "before"}, "USING INDEX bookings_by_user"},
		{"bookings", []string{"showtime"}, "USING INDEX bookings_by_showtime"},
		{"bookings", []string{"showtime", "also_public", "before"}, "USING INDEX bookings_by_showtime"},
		{"bookings", []string{"cinema"}, "USING INDEX bookings_by_cinema"},
		{"bookings", []string{"cinema", "from", "before"}, "USING INDEX bookings_by_cinema"},
		{"count_bookings", []string{"cinema"}, "INDEX bookings_by_cinema"},
		{"bookings", []string{"cinemas"}, "USING INDEX bookings_by_creation"},
		{"bookings", []string{"cinemas", "also_public", "before"}, "USING INDEX bookings_by_creation"},
		{"bookings", []string{"showtime", "cinemas"}, "USING INDEX bookings_by_showtime"},
		{"bookings", []string{"text"}, "booking_terms USING PRIMARY KEY"},
		{"count_bookings", []string{"text"}, "booking_terms USING PRIMARY KEY"},
		{"count_bookings", []string{"users"}, "INDEX bookings_by_user"},
		{"count_bookings", []string{"showtime"}, "INDEX bookings_by_showtime"},
		{"open_bookings", nil, "USING INDEX bookings_unfinished"},
		{"reserve_facts", nil, "USING INDEX bookings_unpaid"},
		{"settle_facts", nil, "USING COVERING INDEX seat_claims_by_booking"},
		{"tickets_of_many", nil, "USING INDEX tickets_by_booking"},
		{"showtimes", nil, "USING INDEX showtimes_by_start"},
		{"showtimes", []string{"from", "to", "after"}, "USING INDEX showtimes_by_start"},
		{"showtimes", []string{"cinema", "day"}, "USING INDEX showtimes_by_day"},
		{"showtimes", []string{"movie", "from"}, "USING INDEX showtimes_by_movie"},
		{"show_before", nil, "INDEX showtimes_in_hall"},
		{"show_after", nil, "INDEX showtimes_in_hall"},
		{"entries", nil, "USING INDEX audit_logs_by_time"},
		{"entries", []string{"type"}, "USING INDEX audit_logs_by_type"},
		{"entries", []string{"showtime", "from"}, "USING INDEX audit_logs_by_showtime"},
		{"entries", []string{"user"}, "USING INDEX audit_logs_by_user"},
		{"entries", []string{"booking"}, "USING INDEX audit_logs_by_booking"},
		{"unsealed", nil, "audit_unsealed USING PRIMARY KEY"},
		{"unqueue_entries", nil, "audit_unsealed USING PRIMARY KEY"},
		{"links_of", nil, "INDEX sqlite_autoindex_audit_chain_1"},
		{"loose_entries", nil, "SEARCH c USING COVERING INDEX sqlite_autoindex_audit_chain_1"},
		{"links", nil, "audit_chain USING INTEGER PRIMARY KEY"},
		{"last_link", nil, "SCAN audit_chain"},
		{"users", nil, "USING INDEX users_by_creation"},
		{"users", []string{"text"}, "user_terms USING PRIMARY KEY"},
		{"users", []string{"people", "role"}, "USING INDEX users_by_role"},
		{"count_users", []string{"people", "raised"}, "INDEX users_by_role"},
		{"other_admin", nil, "INDEX users_by_email"},
		{"last_seen", nil, "INDEX sessions_by_user"},
		{"merged_guests", nil, "USING INDEX merged_guests_by_account"},
		{"drop_sessions", nil, "INDEX sessions_by_last_seen"},
		{"drop_requests", nil, "INDEX idempotent_requests_by_expiry"},
	} {
		plan := explain(t, s, queries[c.query].text(c.labels...))
		require.Contains(t, plan, c.want, "%s %v:\n%s", c.query, c.labels, plan)
		if !slices.ContainsFunc(c.labels, func(l string) bool { return l == "text" || l == "users" || l == "role" }) { // few of many
			require.NotContains(t, plan, "TEMP B-TREE", "%s %v sorts:\n%s", c.query, c.labels, plan)
		}
	}
}

func explain(t *testing.T, s *Store, text string) string {
	t.Helper()
	args := make([]any, 0, 32)
	for _, name := range []string{
		"users", "showtime", "public", "reference", "reference_end", "word1", "word1_end", "word2", "word2_end", "word3", "word3_end", "from", "to",
		"before_at", "before_id", "limit", "skip", "cinema", "movie", "day", "after_at", "after_id", "type", "user", "booking", "cinemas", "exact", "at_most", "here", "above",
	} {
		args = append(args, sql.Named(name, "1"))
	}
	if !strings.Contains(text, ":") {
		args = []any{"1", "1", "1"}
	}
	rows, err := s.readDB.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	require.NoError(t, err)
	lines, err := collect(rows, err, func(row scanner) (string, error) {
		var id, parent, unused int
		var detail string
		err := row.Scan(&id, &parent, &unused, &detail)
		return detail, err
	})
	require.NoError(t, err)
	return strings.Join(lines, "\n")
}

// TestWipe_emptiesEveryTableButTheKeys looks at the schema, so that a new table can not be forgotten.
func TestWipe_emptiesEveryTableButTheKeys(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	rows, err := s.readDB.QueryContext(t.Context(), "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
	tables, err := collect(rows, err, func(row scanner) (string, error) {
		var name string
		err := row.Scan(&name)
		return name, err
	})
	require.NoError(t, err)
	require.ElementsMatch(t, tables, append(slices.Clone(wiped[:]), "registers", "goose_db_version", "user_keys",
		"audit_logs", "audit_unsealed", "audit_chain", "audit_checkpoints", "audit_marks"))

	for kind, holds := range map[string]string{"key": "secret", "seal": "RESERVED"} {
		_, err := s.PutOnce(t.Context(), kind, "x", holds)
		require.NoError(t, err)
	}
	require.NoError(t, s.Wipe(t.Context()))
	_, found, err := s.Register(t.Context(), "key", "x")
	require.NoError(t, err)
	require.True(t, found, "a signed ticket must still be readable")
	_, found, err = s.Register(t.Context(), "seal", "x")
	require.NoError(t, err)
	require.False(t, found)
}

// A booking made before cinemas were kept with it gets the cinema of its showtime.
func TestMigrate_fillsTheCinemasOfBookings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := sql.Open("sqlite", fileAddress(filepath.Join(dir, FileName), "mode=rwc"))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	p, err := newProvider(db, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	_, err = p.UpTo(t.Context(), 4)
	require.NoError(t, err)
	for _, row := range []string{
		`INSERT INTO showtimes VALUES ('st_1', 'ci_1', 'au', 'ly', 'mo', 0, 0, 0, '', '[]', '', '', '[]', 0, 0, 'pc', 'scheduled', 0)`,
		`INSERT INTO bookings VALUES ('bk_1', '', 'us', 'us', '', 'st_1', '[]', '[]', 0, 'GBP', '', '', '', 'BOOKED', 4, '', '', '', '', 0, '', 0, 0, 0)`,
		`INSERT INTO bookings VALUES ('bk_2', '', 'us', 'us', '', 'st_gone', '[]', '[]', 0, 'GBP', '', '', '', 'BOOKED', 4, '', '', '', '', 0, '', 0, 0, 0)`,
	} {
		_, err := db.ExecContext(t.Context(), row)
		require.NoError(t, err)
	}
	require.NoError(t, db.Close())

	s, err := Open(t.Context(), Options{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	for id, want := range map[ident.Booking]ident.Cinema{"bk_1": "ci_1", "bk_2": ""} {
		b, err := s.Booking(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, want, b.Cinema)
	}
}
