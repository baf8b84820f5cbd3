package holdredis_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/clock"
	"cinema/internal/hold/holdredis"
	"cinema/internal/hold/holdtest"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
	"cinema/internal/redistest"
)

func TestMain(m *testing.M) {
	// The client keeps connections to nodes that left the cluster for five seconds, beyond its own end.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*clusterClient)._refresh.func2"))
}

// dial connects with deadlines that a busy test machine does not reach.
func dial(t testing.TB, mode redisconn.Mode, addrs ...string) *redisconn.Conn {
	t.Helper()
	c, err := redisconn.Open(t.Context(), redisconn.Options{Mode: mode, Addrs: addrs, Timeout: 20 * time.Second})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// harness is an engine on a server whose clock stands until a test moves it.
func harness(t *testing.T, mode redisconn.Mode, s *redistest.Server) holdtest.Harness {
	t.Helper()
	s.Freeze()
	conn := dial(t, mode, s.Addr)
	c := conn.Client
	meta := func(showtime ident.Showtime) string {
		if mode == redisconn.Cluster {
			return "seatmeta:{" + string(showtime) + "}"
		}
		return "seatmeta:" + string(showtime)
	}
	return holdtest.Harness{
		Engine: holdredis.New(holdredis.Options{Conn: conn, Clock: clock.System{}}), Now: s.Now, Advance: s.Advance,
		Lose: func() { require.NoError(t, c.Do(t.Context(), c.B().Flushall().Build()).Error()) },
		LoseMeta: func(showtime ident.Showtime) {
			require.NoError(t, c.Do(t.Context(), c.B().Del().Key(meta(showtime)).Build()).Error())
		},
	}
}

func TestEngine_single(t *testing.T) {
	t.Parallel()
	pool := redistest.NewPool(t, func(t testing.TB) *redistest.Server { return redistest.Start(t) })
	holdtest.Run(t, func(t *testing.T) holdtest.Harness {
		t.Helper()
		return harness(t, redisconn.Single, pool.Borrow(t))
	})
}

func TestEngine_cluster_of_one(t *testing.T) {
	t.Parallel()
	pool := redistest.NewPool(t, redistest.StartCluster)
	holdtest.Run(t, func(t *testing.T) holdtest.Harness {
		t.Helper()
		return harness(t, redisconn.Cluster, pool.Borrow(t))
	})
}
