// Package clock is where time comes from, so that tests can move it.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time and wakes a caller at a later one.
type Clock interface {
	Now() time.Time
	// After returns a channel that receives once d has passed. A channel nobody reads costs nothing further.
	After(d time.Duration) <-chan time.Time
}

// System is the machine's clock.
type System struct{}

// Now is the current instant.
func (System) Now() time.Time { return time.Now() }

// After waits on the machine's clock.
func (System) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Fake is a clock that stands still until it is moved.
type Fake struct {
	mu     sync.Mutex // guards now and timers
	now    time.Time
	timers []fakeTimer
}

type fakeTimer struct {
	at time.Time
	ch chan time.Time
}

// NewFake starts a fake clock at an instant.
func NewFake(at time.Time) *Fake { return &Fake{now: at} }

// Now is the instant the clock stands at.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// After fires when the clock has been moved far enough.
func (f *Fake) After(d time.Duration) <-chan time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	ch := make(chan time.Time, 1)
	if d <= 0 {
		ch <- f.now
		return ch
	}
	f.timers = append(f.timers, fakeTimer{at: f.now.Add(d), ch: ch})
	return ch
}

// Advance moves the clock forward and fires what falls due.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
	kept := f.timers[:0]
	for _, t := range f.timers {
		if t.at.After(f.now) {
			kept = append(kept, t)
			continue
		}
		t.ch <- f.now
	}
	f.timers = kept
}
