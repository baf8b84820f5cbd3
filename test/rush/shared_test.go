package rush_test

import (
	"context"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"cinema/internal/mongotest"
	"cinema/internal/redistest"
	"cinema/test/harness"
)

// TestRush_shared is the rush on shared engines: three processes on one Redis and one store, buyers and watchers spread over them. Redis
// is flushed, loses its scripts and one record, stands still, is full, and dies; a process dies. Nobody has to do anything.
func TestRush_shared(t *testing.T) {
	t.Parallel()
	p := plan{buyers: 30, seats: 60, watchers: 9, hall: 64}
	if os.Getenv("RUSH") == "big" {
		p = plan{buyers: 300, watchers: 100, hall: 300, think: 12_000} // the stand-in of MongoDB takes one command at a time
	}
	redis := redistest.Start(t)
	servers := harness.StartShared(t, 3, "SEAT_LOCK_TTL_SECONDS=20", "MAX_SEATS=8", "REDIS_ADDR="+redis.Addr, "MONGO_URI="+database(t), "MONGO_ALLOW_STANDALONE=1")
	r := setup(t, p, servers...)
	r.faults = redisFaults(t, redis, r.showtime)
	r.faults = append(r.faults, kill(servers[2]))
	r.run(t)
}

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

// database is the address of a fresh database.
func database(t *testing.T) string {
	t.Helper()
	s := mongotest.Shared(t)
	u, err := url.Parse(s.URI(t))
	require.NoError(t, err)
	u.Path = "/" + s.Database(t)
	return u.String()
}

// redisFaults are the things that a Redis does.
func redisFaults(t *testing.T, redis *redistest.Server, showtime string) []fault {
	t.Helper()
	do := func(ctx context.Context, command ...string) {
		c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{redis.Addr}, DisableCache: true, ForceSingleClient: true})
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, c.Do(ctx, c.B().Arbitrary(command...).Build()).Error())
	}
	return []fault{
		{"flush", func(ctx context.Context) { do(ctx, "FLUSHALL") }},
		{"meta deleted", func(ctx context.Context) { do(ctx, "DEL", "seatmeta:"+showtime) }},
		{"scripts flushed", func(ctx context.Context) { do(ctx, "SCRIPT", "FLUSH") }},
		{"redis full", func(ctx context.Context) {
			do(ctx, "CONFIG", "SET", "maxmemory", "1")
			wait(ctx, time.Second)
			do(ctx, "CONFIG", "SET", "maxmemory", "0")
		}},
		{"redis stopped", func(ctx context.Context) {
			redis.Pause()
			wait(ctx, 2*time.Second)
			redis.Resume()
		}},
		{"redis killed", func(context.Context) {
			redis.Kill()
			redis.Up()
		}},
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
