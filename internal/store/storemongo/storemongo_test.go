package storemongo_test

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/clock"
	"cinema/internal/mongotest"
	"cinema/internal/store"
	"cinema/internal/store/storemongo"
	"cinema/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

// options are those of a test's own database.
func options(t *testing.T, c clock.Clock) storemongo.Options {
	t.Helper()
	server := mongotest.Shared(t)
	return storemongo.Options{
		URI: server.URI(t), Database: server.Database(t), AllowStandalone: server.Standalone, Clock: c, Logger: slog.New(slog.DiscardHandler),
		Timeout: 30 * time.Second, Patience: time.Minute, // a loaded machine is not an unknown outcome
	}
}

func open(t *testing.T, o storemongo.Options) *storemongo.Store {
	t.Helper()
	s, err := storemongo.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestStore(t *testing.T) {
	t.Parallel()
	var of again
	storetest.Run(t, of.open, storetest.Stepwise(), storetest.Reopen(of.reopen))
}

// again remembers the database of each store, to open it once more.
type again struct{ opened syncMap }

func (a *again) open(t *testing.T, c clock.Clock) store.Backend {
	t.Helper()
	o := options(t, c)
	s := open(t, o)
	a.opened.put(s, o)
	return s
}

func (a *again) reopen(t *testing.T, b store.Backend, c clock.Clock) store.Backend {
	t.Helper()
	require.NoError(t, b.Close())
	o := a.opened.get(b)
	o.Clock = c
	return open(t, o)
}
