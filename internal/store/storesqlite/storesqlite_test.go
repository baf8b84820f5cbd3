package storesqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/clock"
	"cinema/internal/store"
	"cinema/internal/store/storesqlite"
	"cinema/internal/store/storetest"
)

func TestMain(m *testing.M) {
	runChild()
	goleak.VerifyTestMain(m)
}

// opened is a store with the folder it lives in.
type opened struct {
	*storesqlite.Store
	dir string
}

func open(t *testing.T, o storesqlite.Options) opened {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := storesqlite.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return opened{Store: s, dir: o.Dir}
}

// migrated is the file of an empty store, made once: migrating is half of what a case costs.
var migrated = sync.OnceValues(func() (raw []byte, err error) {
	dir, err := os.MkdirTemp("", "storesqlite")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := storesqlite.Open(rootContext(), storesqlite.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, storesqlite.FileName))
})

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t,
		func(t *testing.T, c clock.Clock) store.Backend {
			t.Helper()
			raw, err := migrated()
			require.NoError(t, err)
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, storesqlite.FileName), raw, 0o600))
			return open(t, storesqlite.Options{Dir: dir, Clock: c})
		},
		storetest.Reopen(func(t *testing.T, b store.Backend, c clock.Clock) store.Backend {
			t.Helper()
			was, ok := b.(opened)
			require.True(t, ok)
			require.NoError(t, was.Close())
			return open(t, storesqlite.Options{Dir: was.dir, Clock: c})
		}),
	)
}
