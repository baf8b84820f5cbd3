// Package ratelimit says when somebody asks too often. It is the generic cell rate algorithm in memory: one instant per key, no
// windows, a burst of the whole quota.
package ratelimit

import (
	"hash/maphash"
	"sync"
	"time"

	"cinema/internal/clock"
)

// Quota allows Limit acts per Per, at any spacing within it. The zero Quota allows everything.
type Quota struct {
	Limit int
	Per   time.Duration
}

// Times returns the quota with its limit multiplied.
func (q Quota) Times(n int) Quota { return Quota{Limit: q.Limit * n, Per: q.Per} }

// Decision is the answer to one act.
type Decision struct {
	OK         bool
	Limit      int
	Remaining  int           // acts that could follow at once
	RetryAfter time.Duration // when refused: until the next act may happen
	Reset      time.Duration // until the whole quota is there again
}

const (
	shards   = 16
	perShard = 32_768 // bounds the memory: about 1 MiB a shard when full
)

// Limiter keeps the instants. It is safe for concurrent use.
type Limiter struct {
	clock clock.Clock
	seed  maphash.Seed
	shard [shards]shard
}

type shard struct {
	mu  sync.Mutex       // guards due
	due map[uint64]int64 // key → unix ns at which its quota is whole again
}

// New makes an empty limiter.
func New(c clock.Clock) *Limiter {
	l := &Limiter{clock: c, seed: maphash.MakeSeed()}
	for i := range l.shard {
		l.shard[i].due = make(map[uint64]int64)
	}
	return l
}

// Allow counts one act of key under the quota called name. A refused act costs nothing.
func (l *Limiter) Allow(name, key string, q Quota) Decision {
	if q.Limit <= 0 || q.Per <= 0 {
		return Decision{OK: true}
	}
	k := l.hash(name, key)
	now := l.clock.Now().UnixNano()
	s := &l.shard[k%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	step := int64(q.Per) / int64(q.Limit)
	due := max(s.due[k], now)
	next := due + step
	if over := next - now - int64(q.Per); over > 0 {
		return Decision{Limit: q.Limit, RetryAfter: time.Duration(over), Reset: time.Duration(due - now)}
	}
	if len(s.due) >= perShard {
		s.shrinkLocked(now)
	}
	s.due[k] = next
	left := (int64(q.Per) - (next - now)) / max(step, 1)
	return Decision{OK: true, Limit: q.Limit, Remaining: int(left), Reset: time.Duration(next - now)}
}

func (l *Limiter) hash(name, key string) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	_, _ = h.WriteString(name) // never fails
	_ = h.WriteByte(0)
	_, _ = h.WriteString(key)
	return h.Sum64()
}

// shrinkLocked forgets keys whose quota is whole again, and, when a flood left none such, anything until half is free: a flood from
// many addresses then costs some of them their count, never the process its memory.
func (s *shard) shrinkLocked(now int64) {
	for k, due := range s.due {
		if due <= now {
			delete(s.due, k)
		}
	}
	for k := range s.due {
		if len(s.due) <= perShard/2 {
			return
		}
		delete(s.due, k)
	}
}
