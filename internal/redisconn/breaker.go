package redisconn

import (
	"sync"
	"time"

	"cinema/internal/clock"
)

const (
	// opensAfter so many failures in a row the breaker opens.
	opensAfter = 5
	// probeEvery is how often one call is let through while the breaker is open.
	probeEvery = time.Second
)

// outcome is what a call said of Redis.
type outcome int

const (
	alive   outcome = iota // it answered, be it with a refusal
	away                   // it did not
	unknown                // the call was given up by its caller
)

// breaker refuses calls at once after Redis failed to answer several of them, and lets one through from time to time to see whether it is
// back. Without it each caller would wait for a deadline, and the requests would pile up in front of a server that is away.
type breaker struct {
	clock     clock.Clock
	recovered chan struct{} // a token after it closed again

	mu      sync.Mutex // guards the rest
	failed  int        // in a row
	open    bool
	probeAt time.Time // when the next call is let through
	probing bool      // one is under way
}

func newBreaker(c clock.Clock, recovered chan struct{}) *breaker {
	return &breaker{clock: c, recovered: recovered}
}

// enter says whether a call may go on; whoever may must leave.
func (b *breaker) enter() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open {
		return nil
	}
	if b.probing || b.clock.Now().Before(b.probeAt) {
		return ErrOpen
	}
	b.probing = true
	return nil
}

// leave notes what a call said of Redis.
func (b *breaker) leave(o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	switch o {
	case alive:
		if b.open {
			select {
			case b.recovered <- struct{}{}:
			default:
			}
		}
		b.failed, b.open = 0, false
	case away:
		if b.failed++; b.failed >= opensAfter {
			b.open = true
			b.probeAt = b.clock.Now().Add(probeEvery)
		}
	case unknown:
	}
}

// isOpen tells whether calls are refused.
func (b *breaker) isOpen() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}
