package catalog

import (
	"sync"
	"time"

	"cinema/internal/clock"
)

// cache keeps at most size values, each for a life. When it is full it drops what is stale, then whatever comes first: the values
// are cheap to read again, and the bound is what matters. Faults are not kept. Two callers that miss together both load.
type cache[K comparable, V any] struct {
	clock clock.Clock
	size  int
	life  time.Duration // zero: for ever

	mu     sync.Mutex // guards values and writes
	values map[K]cached[V]
	writes uint64 // counts drops, so that a load that was overtaken by one is not kept
}

type cached[V any] struct {
	value V
	until time.Time
}

func newCache[K comparable, V any](clk clock.Clock, size int, life time.Duration) *cache[K, V] {
	return &cache[K, V]{clock: clk, size: size, life: life, values: make(map[K]cached[V])}
}

func (c *cache[K, V]) get(key K, load func() (V, error)) (V, error) {
	now := c.clock.Now()
	c.mu.Lock()
	hit, ok := c.values[key]
	seen := c.writes
	c.mu.Unlock()
	if ok && c.fresh(hit, now) {
		return hit.value, nil
	}
	value, err := load()
	if err != nil {
		var none V
		return none, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if seen != c.writes {
		return value, nil
	}
	if _, there := c.values[key]; !there && len(c.values) >= c.size {
		c.evictLocked(now)
	}
	c.values[key] = cached[V]{value: value, until: now.Add(c.life)}
	return value, nil
}

func (c *cache[K, V]) drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	delete(c.values, key)
}

func (c *cache[K, V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	clear(c.values)
}

func (c *cache[K, V]) fresh(v cached[V], now time.Time) bool {
	return c.life == 0 || now.Before(v.until)
}

// evictLocked makes room for at least an eighth of the size.
func (c *cache[K, V]) evictLocked(now time.Time) {
	for k, v := range c.values {
		if !c.fresh(v, now) {
			delete(c.values, k)
		}
	}
	for k := range c.values {
		if len(c.values) <= c.size-max(1, c.size/8) {
			return
		}
		delete(c.values, k)
	}
}
