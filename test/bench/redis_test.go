package bench_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"cinema/internal/redistest"
	"cinema/test/harness"
)

// BenchmarkRedis measures holds over HTTP with Redis as the hold engine, at 1, 32 and 128 connections, and what they cost Redis itself.
// The raw scripts stand beside the engine: BenchmarkScripts and BenchmarkRaw of internal/hold/holdredis, in the same make bench.
func BenchmarkRedis(b *testing.B) {
	redis := redistest.Start(b)
	server := harness.Start(b, "MAX_SEATS=50", "SEAT_LOCK_TTL_SECONDS=3600", "MAX_HOLD_SECONDS=7200", "REDIS_ADDR="+redis.Addr)
	bearers := tokens(b, server, people)
	seats := pairs(b, server, 9000)
	locks := make([]job, len(seats))
	for i, p := range seats {
		locks[i] = job{
			http.MethodPost, "/api/showtimes/" + p.showtime + "/seats/lock", bearers[i%len(bearers)],
			fmt.Appendf(nil, `{"seat_ids":[%q,%q],"request_id":"redis-%08d"}`, p.one, p.two, i),
		}
	}
	at := 0
	for _, part := range []struct{ connections, share int }{{1, 9}, {32, 2}, {128, 3}} {
		n := min(len(locks)/part.share, len(locks)-at)
		jobs := locks[at : at+n]
		at += n
		b.Run(fmt.Sprintf("hold-%d", part.connections), func(b *testing.B) {
			once(b, func() {
				before := cpu(b, redis.PID())
				target{server.URL(), server.PID()}.load(b, part.connections, jobs, http.StatusOK)
				used := cpu(b, redis.PID()) - before
				b.ReportMetric(float64(used/time.Microsecond)/float64(len(jobs)), "redis-cpu-µs/req")
			})
		})
	}
}
