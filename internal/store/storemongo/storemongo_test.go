package storemongo_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/clock"
	"cinema/internal/store"
	"cinema/internal/store/storemongo"
	"cinema/internal/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	var opened sync.Map // the options of each store, to open its database once more
	storetest.Run(t, func(t *testing.T, c clock.Clock) store.Backend {
		t.Helper()
		o := options(t, c)
		s := open(t, o)
		opened.Store(s, o)
		return s
	}, storetest.Stepwise(), storetest.Reopen(func(t *testing.T, b store.Backend, c clock.Clock) store.Backend {
		t.Helper()
		require.NoError(t, b.Close())
		was, _ := opened.Load(b)
		o, ok := was.(storemongo.Options)
		require.True(t, ok)
		o.Clock = c
		return open(t, o)
	}))
}
