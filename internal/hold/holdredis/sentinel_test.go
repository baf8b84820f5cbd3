package holdredis_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/redisconn"
	"cinema/internal/redistest"
)

// TestSentinel follows the master: after a failover holds are taken on the promoted replica, by the same connection and by itself.
func TestSentinel(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("left out: a failover takes some seconds")
	}
	sentinel, master, replica := redistest.StartSentinel(t)
	conn, err := redisconn.Open(t.Context(), redisconn.Options{
		Mode: redisconn.Sentinel, Addrs: []string{sentinel.Addr}, Master: redistest.SentinelMaster, Timeout: time.Second,
	})
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	h := newHouse(t, master.Now())
	p := h.process(conn)
	_, err = p.lock(t.Context(), show, ada, tab1, "A1")
	require.NoError(t, err)
	master.CLI("WAIT", "1", "10000")
	master.Kill()
	eventually(t, p, show, "A2")
	require.Equal(t, "usr_ada:request-1", replica.CLI("GET", "seatlock:st_one:A2"))
	require.Len(t, p.snapshot(t, show).Locks, 2)
	agree(t, p, show)
}
