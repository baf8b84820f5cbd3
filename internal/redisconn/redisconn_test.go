package redisconn_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/clock"
	"cinema/internal/redisconn"
	"cinema/internal/redistest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, o redisconn.Options) *redisconn.Conn {
	t.Helper()
	c, err := redisconn.Open(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestAddrs(t *testing.T) {
	t.Parallel()
	got, err := redisconn.Addrs("redis:6379, 127.0.0.1:7000,cache,[::1]:6380")
	require.NoError(t, err)
	require.Equal(t, []string{"redis:6379", "127.0.0.1:7000", "cache:6379", "[::1]:6380"}, got)
	for _, bad := range []string{"", " , ", "redis:0", "redis:x", ":6379", "redis://redis:6379", "a b:1"} {
		_, err := redisconn.Addrs(bad)
		require.Error(t, err, bad)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()

	t.Run("a_policy_that_drops_holds_is_a_warning", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t, "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru")
		var log strings.Builder
		c := open(t, redisconn.Options{Mode: redisconn.Single, Addrs: []string{s.Addr}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, c.Ping(t.Context()))
		require.Contains(t, log.String(), "maxmemory-policy noeviction")
	})

	t.Run("a_server_that_is_no_cluster_is_refused_as_one", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t)
		_, err := redisconn.Open(t.Context(), redisconn.Options{Mode: redisconn.Cluster, Addrs: []string{s.Addr}})
		require.ErrorContains(t, err, "REDIS_MODE is cluster")
	})

	t.Run("a_wrong_password_is_told_at_once", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t, "--requirepass", "right")
		_, err := redisconn.Open(t.Context(), redisconn.Options{Mode: redisconn.Single, Addrs: []string{s.Addr}, Password: "wrong", Clock: clock.NewFake(time.Unix(0, 0))})
		require.ErrorContains(t, err, "WRONGPASS")
		open(t, redisconn.Options{Mode: redisconn.Single, Addrs: []string{s.Addr}, Password: "right"})
	})

	t.Run("a_server_that_starts_late_is_waited_for", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t)
		s.Kill()
		back := make(chan struct{})
		c := lateClock{clock.NewFake(time.Unix(0, 0)), func() { s.Up(); close(back) }}
		open(t, redisconn.Options{Mode: redisconn.Single, Addrs: []string{s.Addr}, Clock: c})
		<-back
	})

	t.Run("the_wait_ends", func(t *testing.T) {
		t.Parallel()
		s := redistest.Start(t)
		s.Kill()
		_, err := redisconn.Open(t.Context(), redisconn.Options{Mode: redisconn.Single, Addrs: []string{s.Addr}, Patience: time.Nanosecond})
		require.Error(t, err)
		require.True(t, redisconn.Down(err))
	})
}

// lateClock starts something at the first wait.
type lateClock struct {
	*clock.Fake
	once func()
}

func (c lateClock) After(time.Duration) <-chan time.Time {
	c.once()
	ch := make(chan time.Time, 1)
	ch <- c.Now()
	return ch
}

// TestConn_Do opens the breaker after failures in a row, asks again from time to time, and closes it when Redis is back.
func TestConn_Do(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	fake := clock.NewFake(time.Unix(0, 0))
	c := open(t, redisconn.Options{Mode: redisconn.Single, Addrs: []string{s.Addr}, Clock: fake, Timeout: 50 * time.Millisecond})
	asked := 0
	ask := func(ctx context.Context) error {
		return c.Do(ctx, 0, func(ctx context.Context) error {
			asked++
			return c.Client.Do(ctx, c.Client.B().Ping().Build()).Error()
		})
	}
	require.NoError(t, ask(t.Context()))
	s.Pause()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		require.ErrorIs(t, ask(gone), context.Canceled)
	}
	require.False(t, c.Open(), "callers that went away say nothing of Redis")
	for range 5 {
		require.Error(t, ask(t.Context()))
	}
	require.True(t, c.Open())
	asked = 0
	for range 100 {
		require.ErrorIs(t, ask(t.Context()), redisconn.ErrOpen)
	}
	require.Zero(t, asked, "an open breaker asks nobody")
	fake.Advance(time.Second)
	require.NotErrorIs(t, ask(t.Context()), redisconn.ErrOpen, "one call looks whether it is back")
	require.ErrorIs(t, ask(t.Context()), redisconn.ErrOpen)
	require.Equal(t, 1, asked)
	s.Resume()
	require.Eventually(t, func() bool { fake.Advance(time.Second); return ask(t.Context()) == nil }, 20*time.Second, time.Millisecond)
	require.False(t, c.Open())
	<-c.Recovered()
	require.NoError(t, ask(t.Context()))
}

// TestDown tells the errors of an absent Redis from those of a script.
func TestDown(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--maxmemory", "1", "--maxmemory-policy", "noeviction")
	c := open(t, redisconn.Options{Mode: redisconn.Single, Addrs: []string{s.Addr}})
	run := func(script string) error {
		return c.Client.Do(t.Context(), c.Client.B().Eval().Script(script).Numkeys(1).Key("k").Build()).Error()
	}
	require.False(t, redisconn.Down(nil))
	require.False(t, redisconn.Down(run("return nil")), "no answer is an answer")
	require.False(t, redisconn.Down(run("return redis.error_reply('ERR x')")))
	require.False(t, redisconn.Down(run("return nothing.here")))
	require.True(t, redisconn.Down(run("return redis.error_reply('LOADING x')")))
	require.True(t, redisconn.Down(run("return redis.error_reply('READONLY x')")))
	full := run("#!lua\nreturn redis.call('SET', KEYS[1], 'x')")
	require.True(t, redisconn.Full(full), "%v", full)
	require.False(t, redisconn.Down(full))
	s.Kill()
	require.True(t, redisconn.Down(run("return 1")))
}
