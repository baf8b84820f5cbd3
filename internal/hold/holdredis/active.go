package holdredis

import (
	"context"
	"hash/fnv"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"cinema/internal/ident"
	"cinema/internal/redisconn"
)

// buckets is how many small indexes the active showtimes are spread over, each in a slot of its own.
const buckets = 16

const (
	// refresh is how much later a horizon must be before it is written again.
	refresh = 30 * time.Second
	// after is how long beyond its last hold a showtime is visited, opened how long beyond its initialisation: as long as processes may
	// believe that a horizon from before the loss is still there.
	after  = 2 * time.Minute
	opened = 15 * time.Minute
)

// maxHorizons bounds the memory of what was written.
const maxHorizons = 20000

// active tells the sweepers of all processes which showtimes have holds, without a scan.
type active struct {
	client rueidis.Client

	mu       sync.Mutex                   // guards horizons
	horizons map[ident.Showtime]time.Time // as this process wrote them last, in Redis' time
}

func newActive(conn *redisconn.Conn) *active {
	return &active{client: conn.Client, horizons: map[ident.Showtime]time.Time{}}
}

func bucketKey(n int) string { return "seatactive:" + strconv.Itoa(n) }

func bucketOf(showtime ident.Showtime) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(showtime)) // never fails
	return int(h.Sum32() % buckets)
}

// touch moves the showtime's horizon, unless what this process wrote last is within 30 s of it: a hold stays one round trip. A refusal
// (a full Redis) is left to the sweep of all on-sale showtimes and to the next call.
func (e *Engine) touch(ctx context.Context, showtime ident.Showtime, horizon time.Time) {
	a := e.active
	if !a.moves(showtime, horizon) {
		return
	}
	key := bucketKey(bucketOf(showtime))
	err := e.do(context.WithoutCancel(ctx), key, func(ctx context.Context) error {
		cmd := a.client.B().Zadd().Key(key).Gt().ScoreMember().ScoreMember(float64(horizon.UnixMilli()), string(showtime)).Build()
		return a.client.Do(ctx, cmd).Error()
	})
	if err != nil {
		a.forget(showtime)
	}
}

func (a *active) moves(showtime ident.Showtime, horizon time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if known, ok := a.horizons[showtime]; ok && horizon.Sub(known) < refresh {
		return false
	}
	if len(a.horizons) >= maxHorizons {
		clear(a.horizons)
	}
	a.horizons[showtime] = horizon
	return true
}

func (a *active) forget(showtime ident.Showtime) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.horizons, showtime)
}

// Active lists the showtimes that may have holds, of all processes.
func (e *Engine) Active(ctx context.Context) ([]ident.Showtime, error) {
	var out []ident.Showtime
	for n := range buckets {
		list, err := e.bucket(ctx, n)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// bucket reads the showtimes of a bucket.
func (e *Engine) bucket(ctx context.Context, n int) ([]ident.Showtime, error) {
	key := bucketKey(n)
	var names []string
	err := e.do(ctx, key, func(ctx context.Context) (err error) {
		names, err = e.client.Do(ctx, e.client.B().Zrange().Key(key).Min("0").Max("-1").Build()).AsStrSlice()
		return err
	})
	if err != nil {
		return nil, err
	}
	out := make([]ident.Showtime, 0, len(names))
	for _, n := range names {
		if s, err := ident.ParseShowtime(n); err == nil {
			out = append(out, s)
		}
	}
	return out, nil
}

// Retire takes a showtime without holds off the index once its horizon has passed: a hold that is made meanwhile moves the horizon
// first. It stays while the record has not read its events.
func (e *Engine) Retire(ctx context.Context, showtime ident.Showtime) error {
	if err := check(ctx, showtime); err != nil {
		return err
	}
	waits, err := e.unread(ctx, showtime)
	if err != nil || waits {
		return err
	}
	key := bucketKey(bucketOf(showtime))
	return e.do(ctx, key, func(ctx context.Context) error {
		return e.scripts.retire.Exec(ctx, e.client, []string{key}, []string{string(showtime)}).Error()
	})
}

// Recovered has a token when Redis is back after it was away: what it knew may be gone or old.
func (e *Engine) Recovered() <-chan struct{} { return e.conn.Recovered() }
