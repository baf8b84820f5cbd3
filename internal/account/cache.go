package account

import (
	"sync"
	"time"
)

// cacheSize bounds the principals one process remembers: beyond it the eldest half of what a walk meets is forgotten.
const cacheSize = 50_000

// cache remembers principals for freshFor.
type cache struct {
	mu      sync.RWMutex // guards all below
	entries map[string]cached
	drops   int // how often something was forgotten
}

type cached struct {
	principal *Principal
	until     time.Time
}

func newCache() *cache { return &cache{entries: make(map[string]cached)} }

func (c *cache) get(key string, now time.Time) (cached, bool) {
	c.mu.RLock()
	e, ok := c.entries[key]
	c.mu.RUnlock()
	return e, ok && now.Before(e.until)
}

// mark is asked for before what is to be remembered is read.
func (c *cache) mark() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.drops
}

// put remembers what was read since the mark, unless something was forgotten meanwhile: it might be what was read before that.
func (c *cache) put(key string, e cached, now time.Time, mark int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.drops != mark {
		return
	}
	if len(c.entries) >= cacheSize {
		c.shrinkLocked(now)
	}
	c.entries[key] = e
}

// shrinkLocked drops what is stale, and then anything until half is free.
func (c *cache) shrinkLocked(now time.Time) {
	for k, e := range c.entries {
		if !now.Before(e.until) {
			delete(c.entries, k)
		}
	}
	for k := range c.entries {
		if len(c.entries) <= cacheSize/2 {
			return
		}
		delete(c.entries, k)
	}
}

func (c *cache) drop(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, key)
	c.drops++
}

// dropNamed forgets every entry of a session or a personal token, by its ID.
func (c *cache) dropNamed(id string) {
	c.dropAll(func(p *Principal) bool { return p.Session.ID == id })
}

// dropAccess forgets an access token, by its jti.
func (c *cache) dropAccess(jti string) {
	c.dropAll(func(p *Principal) bool { return p.Access.ID == jti })
}

// dropUser forgets every entry of a user.
func (c *cache) dropUser(p *Principal) {
	c.dropAll(func(other *Principal) bool { return other.User.ID == p.User.ID })
}

func (c *cache) dropAll(which func(*Principal) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	for k, e := range c.entries {
		if which(e.principal) {
			delete(c.entries, k)
		}
	}
}
