package audit_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/audit"
	"cinema/internal/store/storesqlite"
)

// edits are the tables whose every row is protected, with the link at or before which a change of a row has to be found.
var edits = map[string]string{
	"audit_logs":        "CAST(substr(id, 2) AS INTEGER) + 1",
	"audit_chain":       "n",
	"audit_checkpoints": "6 * seq",
	"audit_marks":       "24",
}

// TestVerify_finds_any_edit makes one change at random, of any column of any row, or takes a row away, and takes it back afterwards.
func TestVerify_finds_any_edit(t *testing.T) {
	t.Parallel()
	w := whole(t)
	heads, err := audit.ReadHeads(w.dir)
	require.NoError(t, err)
	clean := filepath.Join(w.dir, "clean.db")
	require.NoError(t, os.WriteFile(clean, model.files[storesqlite.FileName], 0o600))
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, storesqlite.FileName)+"?_pragma=busy_timeout(5000)&_pragma=synchronous(0)")
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), "ATTACH ?1 AS clean", clean)
	require.NoError(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		table := rapid.SampledFrom([]string{"audit_logs", "audit_logs", "audit_logs", "audit_chain", "audit_chain", "audit_checkpoints", "audit_marks"}).Draw(rt, "table")
		defer func() {
			_, err := db.ExecContext(t.Context(), fmt.Sprintf("DELETE FROM %[1]s; INSERT INTO %[1]s SELECT * FROM clean.%[1]s", table))
			require.NoError(rt, err)
		}()
		what, n := randomEdit(rt, db, table)
		r, err := audit.Verify(t.Context(), audit.VerifyDeps{Chain: w.store, Trusted: w.keys.Trusted(), Heads: heads, Clock: hurried{}})
		require.NoError(rt, err, what)
		require.NotNil(rt, r.First, "not noticed: %s", what)
		require.LessOrEqual(rt, r.First.N, n, "%s was told as %s", what, r.First)
	})
	require.Nil(t, w.verify(t, nil).First, "every change was taken back")
}

// randomEdit changes one row of a table and tells what it did and to which link.
func randomEdit(rt *rapid.T, db *sql.DB, table string) (what string, n int64) {
	ctx := rt.Context()
	var rows int
	where := "true"
	if table == "audit_marks" {
		where = "name <> 'verified'"
	}
	require.NoError(rt, db.QueryRowContext(ctx, "SELECT count(*) FROM "+table+" WHERE "+where).Scan(&rows))
	offset := rapid.IntRange(0, rows-1).Draw(rt, "row")
	key := map[string]string{"audit_logs": "id", "audit_chain": "n", "audit_checkpoints": "seq", "audit_marks": "name"}[table]
	var id any
	pick := fmt.Sprintf("SELECT %s, %s FROM %s WHERE %s ORDER BY %s LIMIT 1 OFFSET %d", key, edits[table], table, where, key, offset)
	require.NoError(rt, db.QueryRowContext(ctx, pick).Scan(&id, &n))
	one := fmt.Sprintf(" FROM %s WHERE %s = ?1", table, key)

	if rapid.IntRange(0, 5).Draw(rt, "delete") == 0 {
		_, err := db.ExecContext(ctx, "DELETE"+one, id)
		require.NoError(rt, err)
		return fmt.Sprintf("deletion of %v in %s", id, table), n
	}
	column, kind := randomColumn(rt, db, table)
	changed := map[string][]string{
		"INTEGER": {"@ + 1", "@ - 1", "@ * 3 + 1000", "-@ - 1"},
		"TEXT":    {"@ || 'x'", "substr(@, 2)", "''", "upper(@) || lower(@)", "replace(@, substr(@, 3, 1), 'ß')"},
		"BLOB":    {"CAST(@ || 'x' AS BLOB)", "substr(@, 2)", "x''", "zeroblob(length(@))", "x'00'"},
	}[kind]
	if column == "payload" {
		changed = append(changed, "NULL")
	}
	expression := strings.ReplaceAll(rapid.SampledFrom(changed).Draw(rt, "change"), "@", column)
	what = fmt.Sprintf("%s = %s of %v in %s", column, expression, id, table)
	result, err := db.ExecContext(ctx, fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s = ?1 AND %s IS NOT %s", table, column, expression, key, column, expression), id)
	if err != nil && strings.Contains(err.Error(), "constraint") {
		rt.Skip("the store itself refuses it")
	}
	require.NoError(rt, err, what)
	if changed, err := result.RowsAffected(); err != nil || changed != 1 {
		rt.Skip("it changes nothing")
	}
	return what, n
}

func randomColumn(rt *rapid.T, db *sql.DB, table string) (name, kind string) {
	rows, err := db.QueryContext(rt.Context(), "SELECT name, type FROM pragma_table_info(?1)", table)
	require.NoError(rt, err)
	defer rows.Close()
	var all [][2]string
	for rows.Next() {
		require.NoError(rt, rows.Scan(&name, &kind))
		all = append(all, [2]string{name, kind})
	}
	require.NoError(rt, rows.Err())
	one := rapid.SampledFrom(all).Draw(rt, "column")
	return one[0], one[1]
}
