package ratelimit

import (
	"context"
	"hash/maphash"
	"math/bits"
	"sync"

	"cinema/internal/clock"
)

const (
	shards   = 16
	perShard = 32_768 // bounds the memory: about 2 MiB a shard when full
)

// Memory keeps the levels of one process. It is safe for concurrent use.
type Memory struct {
	clock clock.Clock
	seed  maphash.Seed
	shard [shards]shard
}

type shard struct {
	mu    sync.Mutex // guards level
	level map[uint64]level
}

// level is how much of a quota was spent at an instant.
type level struct {
	at     int64 // Unix milliseconds
	amount int64 // in Units
	empty  int64 // when it will be nothing, Unix milliseconds
}

var _ Engine = (*Memory)(nil)

// NewMemory makes an engine in memory.
func NewMemory(c clock.Clock) *Memory {
	m := &Memory{clock: c, seed: maphash.MakeSeed()}
	for i := range m.shard {
		m.shard[i].level = make(map[uint64]level)
	}
	return m
}

// Spend counts one act. It never fails.
func (m *Memory) Spend(_ context.Context, charges []Charge) (Decision, error) {
	return m.spend(charges, false), nil
}

// Note counts an act that was let through elsewhere, whether there is room for it or not.
func (m *Memory) Note(charges []Charge) { m.spend(charges, true) }

func (m *Memory) spend(charges []Charge, always bool) Decision {
	var keys [MaxCharges]uint64
	var levels [MaxCharges]int64
	var mask uint32
	charges = charges[:min(len(charges), MaxCharges)]
	for i := range charges {
		if !charges[i].Quota.none() {
			keys[i] = m.hash(&charges[i])
			mask |= 1 << (keys[i] % shards)
		}
	}
	for left := mask; left != 0; left &= left - 1 { // always in the same order: two acts cannot wait for each other
		m.shard[bits.TrailingZeros32(left)].mu.Lock()
	}
	counted := m.countLocked(charges, &keys, &levels, always)
	for left := mask; left != 0; left &= left - 1 {
		m.shard[bits.TrailingZeros32(left)].mu.Unlock()
	}
	return Judge(charges, levels[:len(charges)], counted)
}

// countLocked finds the levels and counts the act when there is room in all of them, or always. The keys' shards are locked.
func (m *Memory) countLocked(charges []Charge, keys *[MaxCharges]uint64, levels *[MaxCharges]int64, always bool) bool {
	now := m.clock.Now().UnixMilli()
	counted := true
	for i := range charges {
		if q := charges[i].Quota; !q.none() {
			u := q.Units()
			levels[i] = m.shard[keys[i]%shards].readLocked(keys[i], u, now)
			counted = counted && levels[i]+u.Per <= u.full()
		}
	}
	if !counted && !always {
		return false
	}
	for i := range charges {
		if q := charges[i].Quota; !q.none() {
			u := q.Units()
			levels[i] = min(levels[i]+u.Per, u.full())
			m.shard[keys[i]%shards].writeLocked(keys[i], level{at: now, amount: levels[i], empty: now + u.until(levels[i]).Milliseconds()}, now)
		}
	}
	return counted
}

func (m *Memory) hash(c *Charge) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	_, _ = h.WriteString(c.Name) // never fails
	_ = h.WriteByte(0)
	_, _ = h.WriteString(c.Who)
	return h.Sum64()
}

// readLocked is a key's level now. A level of the future, written before the clock was set back, counts from now on.
func (s *shard) readLocked(key uint64, u Units, now int64) int64 {
	l := s.level[key]
	if l.at > now {
		l.at = now
		s.level[key] = l
	}
	return u.drain(min(l.amount, u.full()), now-l.at)
}

func (s *shard) writeLocked(key uint64, l level, now int64) {
	if _, known := s.level[key]; !known && len(s.level) >= perShard {
		s.shrinkLocked(now)
	}
	s.level[key] = l
}

// shrinkLocked forgets keys whose quota is whole again, and, when a flood left none such, anything until half is free: a flood from
// many addresses then costs some of them their count, never the process its memory.
func (s *shard) shrinkLocked(now int64) {
	for k, l := range s.level {
		if l.empty <= now {
			delete(s.level, k)
		}
	}
	for k := range s.level {
		if len(s.level) <= perShard/2 {
			return
		}
		delete(s.level, k)
	}
}
