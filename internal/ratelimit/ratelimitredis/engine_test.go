package ratelimitredis_test

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"cinema/internal/clock"
	"cinema/internal/ratelimit"
	"cinema/internal/ratelimit/ratelimitredis"
	"cinema/internal/ratelimit/ratelimittest"
	"cinema/internal/redisconn"
	"cinema/internal/redistest"
)

func TestMain(m *testing.M) {
	// The client keeps connections to nodes that left the cluster for five seconds, beyond its own end.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/rueidis.(*clusterClient)._refresh.func2"))
}

// patient is longer than a busy test machine takes.
const patient = 20 * time.Second

func dial(t testing.TB, mode redisconn.Mode, s *redistest.Server) *redisconn.Conn {
	t.Helper()
	c, err := redisconn.Open(t.Context(), redisconn.Options{Mode: mode, Addrs: []string{s.Addr}, Timeout: patient})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func open(t testing.TB, mode redisconn.Mode, s *redistest.Server) *ratelimitredis.Engine {
	t.Helper()
	return ratelimitredis.New(ratelimitredis.Options{Conn: dial(t, mode, s), Secret: "secret", Wait: patient})
}

func TestEngine(t *testing.T) {
	t.Parallel()
	single := redistest.NewPool(t, func(t testing.TB) *redistest.Server { return redistest.Start(t) })
	ratelimittest.Run(t, func(t *testing.T) ratelimittest.Harness {
		t.Helper()
		s := single.Borrow(t)
		s.Freeze()
		return ratelimittest.Harness{Engine: open(t, redisconn.Single, s), Advance: s.Advance}
	})
}

func TestEngine_cluster_of_one(t *testing.T) {
	t.Parallel()
	pool := redistest.NewPool(t, redistest.StartCluster)
	ratelimittest.Run(t, func(t *testing.T) ratelimittest.Harness {
		t.Helper()
		s := pool.Borrow(t)
		s.Freeze()
		return ratelimittest.Harness{Engine: open(t, redisconn.Cluster, s), Advance: s.Advance}
	})
}

// Both engines give the same answer, figures included, to any sequence of acts.
func TestEngine_decides_as_memory_does(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Freeze()
	redis, fake := open(t, redisconn.Single, s), clock.NewFake(s.Now())
	memory := ratelimit.NewMemory(fake)
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		var charges []ratelimit.Charge
		for i := range rapid.IntRange(1, ratelimit.MaxCharges).Draw(r, "charges") {
			charges = append(charges, ratelimit.Charge{Name: "lock", Who: fmt.Sprint(run, "/", i), Quota: ratelimit.Quota{
				Limit: rapid.OneOf(rapid.IntRange(0, 9), rapid.IntRange(1, ratelimit.MaxLimit)).Draw(r, "limit"),
				Per:   time.Duration(rapid.OneOf(rapid.Int64Range(0, 5_000), rapid.Int64Range(1, 2*ratelimit.MaxPer.Milliseconds())).Draw(r, "ms")) * time.Millisecond,
			}})
		}
		for range rapid.IntRange(1, 30).Draw(r, "acts") {
			wait := time.Duration(rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, 3_000), rapid.IntRange(0, 90_000_000)).Draw(r, "wait ms")) * time.Millisecond
			s.Advance(wait)
			fake.Advance(wait)
			some := charges[:rapid.IntRange(1, len(charges)).Draw(r, "some")]
			mine, err1 := memory.Spend(context.Background(), some)
			theirs, err2 := redis.Spend(context.Background(), some)
			if err1 != nil || err2 != nil || mine != theirs {
				r.Fatalf("memory %+v %v, redis %+v %v", mine, err1, theirs, err2)
			}
		}
	})
}

func charge(who string, limit int) ratelimit.Charge {
	return ratelimit.Charge{Name: "lock", Who: who, Quota: ratelimit.Quota{Limit: limit, Per: time.Minute}}
}

func spend(t *testing.T, e ratelimit.Engine, charges ...ratelimit.Charge) ratelimit.Decision {
	t.Helper()
	d, err := e.Spend(t.Context(), charges)
	require.NoError(t, err)
	return d
}

func TestEngine_keys(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Freeze()
	e := open(t, redisconn.Single, s)
	spend(t, e, charge("u:us_ada", 60), charge("a:203.0.113.7", 1200))
	keys := strings.Fields(s.CLI("KEYS", "*"))
	require.Len(t, keys, 2)
	for _, key := range keys {
		require.Regexp(t, `^rl:\{lock\}:[A-Za-z0-9_-]{22}$`, key, "no user and no address in a key's name")
	}
	ttl := map[string]bool{}
	for _, key := range keys {
		ttl[strings.TrimSpace(s.CLI("PTTL", key))] = true
	}
	require.Equal(t, map[string]bool{"1000": true, "50": true}, ttl, "a key lives until its quota is whole again")
	require.Regexp(t, `^\d{13} 60000\n?$`, s.CLI("GET", keys[0]))

	// Another secret, other names: nobody who reads Redis can try addresses out.
	spend(t, ratelimitredis.New(ratelimitredis.Options{Conn: dial(t, redisconn.Single, s), Secret: "another", Wait: patient}), charge("u:us_ada", 60))
	require.Len(t, strings.Fields(s.CLI("KEYS", "*")), 3)

	// One round trip for both quotas, and a refusal writes nothing.
	one := []ratelimit.Charge{charge("u:us_bob", 1), charge("a:203.0.113.8", 1)}
	spend(t, e, one...)
	before := calls(s)
	require.False(t, spend(t, e, one...).OK)
	after := calls(s)
	require.Equal(t, before["evalsha"]+1, after["evalsha"])
	require.Equal(t, before["set"], after["set"])

	// What somebody else wrote there counts as nothing spent.
	for key := range strings.FieldsSeq(s.CLI("KEYS", "*")) {
		s.CLI("SET", key, "nonsense")
	}
	require.True(t, spend(t, e, one...).OK)
}

var called = regexp.MustCompile(`cmdstat_(\w+):calls=(\d+)`)

// calls counts the commands that a server carried out.
func calls(s *redistest.Server) map[string]int {
	out := make(map[string]int)
	for _, m := range called.FindAllStringSubmatch(s.CLI("INFO", "commandstats"), -1) {
		out[m[1]], _ = strconv.Atoi(m[2])
	}
	return out
}

// A Redis that is away or stuck costs a process its share of the count, never the limit, and nothing but the first caller's wait.
func TestLimiter_without_redis(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*redistest.Server){
		"away":    (*redistest.Server).Kill,
		"stuck":   (*redistest.Server).Pause,
		"full":    func(s *redistest.Server) { s.CLI("CONFIG", "SET", "maxmemory", "1") },
		"deposed": func(s *redistest.Server) { s.CLI("REPLICAOF", "127.0.0.1", "1") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			fake := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
			e := ratelimitredis.New(ratelimitredis.Options{Conn: dial(t, redisconn.Single, s), Secret: "secret", Wait: time.Second})
			l := ratelimit.New(ratelimit.Options{Clock: fake, Shared: e})
			c := charge("u:us_ada", 3)
			require.True(t, l.Spend(t.Context(), c).OK)
			stop(s)
			if name == "stuck" {
				t.Cleanup(s.Resume)
			}
			allowed := 0
			for range 100 {
				if l.Spend(t.Context(), c).OK {
					allowed++
				}
			}
			require.Equal(t, 2, allowed)
			require.Equal(t, ratelimit.Stats{Refused: 98, Fallbacks: 100, Outages: 1}, l.Stats())
		})
	}
}

func TestLimiter_comes_back(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	fake := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	one := ratelimit.New(ratelimit.Options{Clock: fake, Shared: open(t, redisconn.Single, s)})
	two := ratelimit.New(ratelimit.Options{Clock: fake, Shared: open(t, redisconn.Single, s)})
	c := charge("u:us_ada", 3)
	require.True(t, one.Spend(t.Context(), c).OK)
	s.Kill()
	require.True(t, one.Spend(t.Context(), c).OK)
	require.EqualValues(t, 1, one.Stats().Outages)
	s.Up()
	try := 0
	require.Eventually(t, func() bool { // each of the client's connections comes back by itself
		fake.Advance(time.Second)
		try++
		next := charge(fmt.Sprint("u:us_", try), 1)
		return two.Spend(t.Context(), next).OK && !one.Spend(t.Context(), next).OK
	}, patient, 10*time.Millisecond, "they count together again")
}

// BenchmarkSpend is one act with two quotas, in memory and in Redis.
func BenchmarkSpend(b *testing.B) {
	s := redistest.StartPlain(b)
	memory := ratelimit.NewMemory(clock.System{})
	redis := open(b, redisconn.Single, s)
	for name, e := range map[string]ratelimit.Engine{"memory": memory, "redis": redis} {
		b.Run(name, func(b *testing.B) {
			charges := []ratelimit.Charge{charge("u:us_ada", ratelimit.MaxLimit), charge("a:203.0.113.7", ratelimit.MaxLimit)}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Spend(b.Context(), charges); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
