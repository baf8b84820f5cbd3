package storesqlite

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
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
			stmt, err := s.readDB.PrepareContext(t.Context(), q.text(labels...))
			require.NoError(t, err, "query %s with %v", name, labels)
			require.NoError(t, stmt.Close())
		}
	}

	var w writes
	var r reads
	used, err := prepare(t.Context(), s.readDB, queries, &w)
	require.NoError(t, err)
	more, err := prepare(t.Context(), s.readDB, queries, &r)
	require.NoError(t, err)
	require.NoError(t, closeStatements(&w))
	require.NoError(t, closeStatements(&r))
	for name := range queries {
		require.Contains(t, append(used, more...), name, "nothing uses this query")
	}
}
