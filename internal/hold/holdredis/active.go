package holdredis

import (
	"context"
	"hash/fnv"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"cinema/internal/clock"
	"cinema/internal/ident"
)

// buckets is how many small indexes the active showtimes are spread over, each in a slot of its own.
const buckets = 16

// refresh is how often a process renews a showtime's entry: a hold stays one round trip.
const refresh = 30 * time.Second

// maxTouched bounds the memory of what was renewed lately.
const maxTouched = 20000

// active tells the sweepers which showtimes have holds, without a scan.
type active struct {
	client rueidis.Client
	clock  clock.Clock

	mu      sync.Mutex // guards touched
	touched map[ident.Showtime]time.Time
}

func newActive(client rueidis.Client, c clock.Clock) *active {
	return &active{client: client, clock: c, touched: map[ident.Showtime]time.Time{}}
}

func bucketKey(n int) string { return "seatactive:" + strconv.Itoa(n) }

func bucketOf(showtime ident.Showtime) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(showtime)) // never fails
	return int(h.Sum32() % buckets)
}

// touch renews the showtime's horizon at most every 30 s. A refusal (a full Redis) is left to the sweep of all on-sale showtimes.
func (a *active) touch(ctx context.Context, showtime ident.Showtime, horizon time.Time) {
	now := a.clock.Now()
	a.mu.Lock()
	if now.Sub(a.touched[showtime]) < refresh {
		a.mu.Unlock()
		return
	}
	if len(a.touched) >= maxTouched {
		clear(a.touched)
	}
	a.touched[showtime] = now
	a.mu.Unlock()
	cmd := a.client.B().Zadd().Key(bucketKey(bucketOf(showtime))).Gt().ScoreMember().ScoreMember(float64(horizon.UnixMilli()), string(showtime)).Build()
	if err := a.client.Do(ctx, cmd).Error(); err != nil {
		a.mu.Lock()
		delete(a.touched, showtime)
		a.mu.Unlock()
	}
}

// list reads the showtimes of a bucket.
func (a *active) list(ctx context.Context, bucket int) ([]ident.Showtime, error) {
	names, err := a.client.Do(ctx, a.client.B().Zrange().Key(bucketKey(bucket)).Min("0").Max("-1").Build()).AsStrSlice()
	if err != nil {
		return nil, unavailable(err)
	}
	out := make([]ident.Showtime, 0, len(names))
	for _, n := range names {
		if s, err := ident.ParseShowtime(n); err == nil {
			out = append(out, s)
		}
	}
	return out, nil
}

// Active lists the showtimes that may have holds.
func (e *Engine) Active(ctx context.Context) ([]ident.Showtime, error) {
	var out []ident.Showtime
	for n := range buckets {
		s, err := e.active.list(ctx, n)
		if err != nil {
			return nil, err
		}
		out = append(out, s...)
	}
	return out, nil
}
