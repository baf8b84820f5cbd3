package bench_test

import (
	"fmt"
	"net/http"
	"testing"

	"cinema/test/harness"
)

const people = 400

// BenchmarkHTTP measures requests against the built binary over 32 keep-alive connections, and beside them, in the same run, a
// handler that does nothing and one that reads a token and a lock's body and does nothing with them.
func BenchmarkHTTP(b *testing.B) {
	base, token, pid := yardstick(b)
	nothing := repeat(20000, job{method: http.MethodGet, path: "/nothing"})
	body := []byte(`{"seat_ids":["A1","A2"],"request_id":"request-0001"}`)
	hollow := repeat(20000, job{method: http.MethodPost, path: "/lock", bearer: token, body: body})
	b.Run("nothing", func(b *testing.B) { once(b, func() { target{base, pid}.load(b, 32, nothing, http.StatusOK) }) })
	b.Run("hollow-lock", func(b *testing.B) { once(b, func() { target{base, pid}.load(b, 32, hollow, http.StatusOK) }) })

	server := harness.Start(b, "MAX_SEATS=50", "SEAT_LOCK_TTL_SECONDS=3600", "MAX_HOLD_SECONDS=7200")
	bearers := tokens(b, server, people)
	seats := pairs(b, server, 12000)
	locks, confirms := make([]job, len(seats)), make([]job, len(seats))
	for i, p := range seats {
		who := bearers[i%len(bearers)]
		body := fmt.Appendf(nil, `{"seat_ids":[%q,%q],"request_id":"bench-%08d"}`, p.one, p.two, i)
		locks[i] = job{http.MethodPost, "/api/showtimes/" + p.showtime + "/seats/lock", who, body}
		confirms[i] = job{http.MethodPost, "/api/showtimes/" + p.showtime + "/bookings/confirm", who, body}
	}
	state := repeat(10000, job{method: http.MethodGet, path: "/api/showtimes/" + seats[0].showtime + "/seats/state"})
	run := func(name string, connections int, jobs []job, want int) {
		b.Run(name, func(b *testing.B) {
			once(b, func() { target{server.URL(), server.PID()}.load(b, connections, jobs, want) })
		})
	}
	run("state", 32, state, http.StatusOK)
	run("hold", 32, locks, http.StatusOK)
	conflicts := make([]job, 0, len(locks)) // the same seats again, by the next person
	for i, j := range locks[:4000] {
		j.bearer = bearers[(i+1)%len(bearers)]
		conflicts = append(conflicts, j)
	}
	run("conflict", 32, conflicts, http.StatusConflict)
	third := len(confirms) / 3
	run("confirm-1", 1, confirms[:third/8], http.StatusOK)
	run("confirm-32", 32, confirms[third:2*third], http.StatusOK)
	run("confirm-128", 128, confirms[2*third:], http.StatusOK)
}

func repeat(n int, j job) []job {
	out := make([]job, n)
	for i := range out {
		out[i] = j
	}
	return out
}

// once runs a measurement a single time: seats can be sold only once. The benchmarks of this package want -benchtime 1x.
func once(b *testing.B, measure func()) {
	b.Helper()
	if b.N > 1 {
		b.Fatal("run this package's benchmarks with -benchtime 1x, as make bench does")
	}
	measure()
}
