package holdredis_test

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/rueidis"
	"github.com/stretchr/testify/require"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdredis"
	"cinema/internal/hold/holdtest"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
	"cinema/internal/redistest"
)

// minimal is the least that a hold of two seats can be: the locks, the index, the event, no checks, no numbers.
const minimal = `redis.call('SET', KEYS[1], ARGV[1], 'PX', 300000)
redis.call('SET', KEYS[2], ARGV[1], 'PX', 300000)
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[3], ARGV[2], ARGV[4])
redis.call('XADD', KEYS[4], 'MAXLEN', '~', '100000', '*', 'e', ARGV[5])
redis.call('PUBLISH', ARGV[6], ARGV[5])
return 1`

// used is the CPU time of this process so far.
func used() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // never fails for the own process
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// usedBy is the CPU time of a server so far.
func usedBy(s *redistest.Server) time.Duration {
	var sum float64
	for line := range strings.SplitSeq(s.CLI("INFO", "cpu"), "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name == "used_cpu_sys" || name == "used_cpu_user" {
			f, _ := strconv.ParseFloat(value, 64)
			sum += f
		}
	}
	return time.Duration(sum * float64(time.Second))
}

const benchShows, benchHolds = 64, 150 // two seats each: halls of 300

// stage is a server with open, empty halls.
func stage(b *testing.B, e *holdredis.Engine, s *redistest.Server) {
	b.Helper()
	s.CLI("FLUSHALL")
	for i := range benchShows {
		room := holdtest.Room(ident.Showtime(fmt.Sprintf("st_%d", i)), s.Now().Add(3*time.Hour))
		_, err := e.Hydrate(b.Context(), hold.HydrateRequest{Room: room, Epoch: "epoch"})
		require.NoError(b, err)
	}
}

// BenchmarkLock is a hold of two free seats through the engine, by so many callers at once.
func BenchmarkLock(b *testing.B) {
	seats := holdtest.Room("st", time.Time{}).Seats
	for _, callers := range []int{1, 32, 128} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := redistest.StartPlain(b)
			conn := dial(b, redisconn.Single, s.Addr)
			e := holdredis.New(holdredis.Options{Conn: conn, Clock: clock.System{}})
			var app, server time.Duration
			b.ReportAllocs()
			b.ResetTimer()
			for done := 0; done < b.N; {
				b.StopTimer()
				stage(b, e, s)
				n := min(b.N-done, benchShows*benchHolds)
				app0, server0 := used(), usedBy(s)
				b.StartTimer()
				var next atomic.Int64
				var wg sync.WaitGroup
				for range callers {
					wg.Go(func() {
						for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
							at := 2 * (i / benchShows)
							_, err := e.Lock(b.Context(), hold.LockRequest{
								Showtime: ident.Showtime("st_" + strconv.Itoa(i%benchShows)), Owner: ident.User("usr_" + strconv.Itoa(i)), Request: tab1,
								Seats: seats[at : at+2], TTL: 5 * time.Minute, MaxSeats: 8, MaxHold: 25 * time.Minute,
							})
							if err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.StopTimer()
				app += used() - app0
				server += usedBy(s) - server0
				done += n
				b.StartTimer()
			}
			b.ReportMetric(float64(app.Microseconds())/float64(b.N), "app-µs/op")
			b.ReportMetric(float64(server.Microseconds())/float64(b.N), "redis-µs/op")
		})
	}
}

// BenchmarkScripts compares the server's CPU time for scripts with that for a hold that checks nothing: a hold of two seats, a sweep of 64
// holds, a snapshot of a full hall of 300 seats. Callers come in crowds, so that commands travel together and the network's share is small.
func BenchmarkScripts(b *testing.B) {
	s := redistest.StartPlain(b)
	conn := dial(b, redisconn.Single, s.Addr)
	e := holdredis.New(holdredis.Options{Conn: conn, Clock: clock.System{}})
	seats := holdtest.Room("st", time.Time{}).Seats
	lock := func(show, owner int, ttl time.Duration, seats ...ident.Seat) {
		_, err := e.Lock(b.Context(), hold.LockRequest{
			Showtime: benchShow(show), Owner: ident.User("usr_" + strconv.Itoa(owner)), Request: tab1, Seats: seats, TTL: ttl, MaxSeats: 8, MaxHold: 25 * time.Minute,
		})
		if err != nil {
			b.Error(err)
		}
	}
	c := conn.Client
	for b.Loop() {
		stage(b, e, s)
		least := crowd(s, benchShows*benchHolds, func(i int) {
			st, at := string(benchShow(i%benchShows)), 2*(i/benchShows)
			x, y := string(seats[at]), string(seats[at+1])
			keys := []string{"m:lock:" + st + ":" + x, "m:lock:" + st + ":" + y, "m:exp:" + st, "m:stream:" + st}
			args := []string{"usr_1:request-1", "1790000000000", x + "|usr_1|request-1", y + "|usr_1|request-1", strings.Repeat("e", 260), "m:" + st}
			if err := minimalScript.Exec(b.Context(), c, keys, args).Error(); err != nil {
				b.Error(err)
			}
		})
		stage(b, e, s)
		held := crowd(s, benchShows*benchHolds, func(i int) {
			at := 2 * (i / benchShows)
			lock(i%benchShows, i, 5*time.Minute, seats[at:at+2]...)
		})
		read := crowd(s, 20*benchShows, func(i int) {
			_, err := e.Snapshot(b.Context(), holdtest.Room(benchShow(i%benchShows), s.Now()))
			if err != nil {
				b.Error(err)
			}
		})
		stage(b, e, s)
		crowd(s, 8*benchShows, func(i int) {
			k := i / benchShows
			lock(i%benchShows, k, 3*time.Second, seats[8*k:8*k+8]...)
		})
		time.Sleep(3 * time.Second)
		swept := crowd(s, benchShows, func(i int) {
			a, err := e.Sweep(b.Context(), hold.SweepRequest{Room: hold.Room{Showtime: benchShow(i), End: s.Now().Add(3 * time.Hour)}})
			if err != nil || a.Swept != 64 {
				b.Errorf("%d swept: %v", a.Swept, err)
			}
		})
		b.ReportMetric(least, "minimal-µs")
		b.ReportMetric(held/least, "lock-x")
		b.ReportMetric(read/least, "snapshot-x")
		b.ReportMetric(swept/least, "sweep-x")
	}
}

var minimalScript = rueidis.NewLuaScript(minimal)

func benchShow(i int) ident.Showtime { return ident.Showtime("st_" + strconv.Itoa(i)) }

// crowd lets 64 callers make n calls and gives the server's CPU time for each, in microseconds.
func crowd(s *redistest.Server, n int, call func(i int)) float64 {
	before := usedBy(s)
	var next atomic.Int64
	together(64, func(int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			call(i)
		}
	})
	return float64((usedBy(s) - before).Microseconds()) / float64(n)
}

// BenchmarkRaw is the same script by redis-benchmark: what a client can reach that does nothing but send. Its holds pile up in one
// showtime, which makes them dearer than those of a hall.
func BenchmarkRaw(b *testing.B) {
	s := redistest.StartPlain(b)
	conn := dial(b, redisconn.Single, s.Addr)
	e := holdredis.New(holdredis.Options{Conn: conn, Clock: clock.System{}})
	stage(b, e, s)
	sha := s.CLI("SCRIPT", "LOAD", holdredis.Texts["lock"])
	const n = 50000
	for b.Loop() {
		before := usedBy(s)
		r := "__rand_int__"
		cmd := exec.CommandContext(b.Context(), "redis-benchmark", "-p", strconv.Itoa(s.Port()), "-n", strconv.Itoa(n), "-c", "32", "-r", "100000000", "-q", //nolint:gosec // a test's own arguments
			"EVALSHA", sha, "7", "seatmeta:st_0", "seatlockexp:st_0", "seatstream:st_0", "seatlock:st_0:A"+r, "seatlock:st_0:B"+r, "seatbooked:st_0:A"+r,
			"seatbooked:st_0:B"+r, "seat-events:st_0", "PUBLISH", "seatlock:st_0:", "seatbooked:st_0:", "st_0", "usr_"+r, "request-1", "300000", "8", "1500000",
			"A"+r, "B"+r)
		began := time.Now()
		out, err := cmd.CombinedOutput()
		require.NoError(b, err, "%s", out)
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "ops/s")
		b.ReportMetric(float64((usedBy(s)-before).Microseconds())/n, "redis-µs/op")
	}
}
