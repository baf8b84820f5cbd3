package ratelimit

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cinema/internal/clock"
)

// pause is how long the shared engine is left alone after it did not answer.
const pause = time.Second

// Options are what a Limiter needs.
type Options struct {
	Clock  clock.Clock  // nil: the machine's
	Log    *slog.Logger // nil: nothing is told
	Shared Engine       // of all processes; nil: this process counts alone
}

// Limiter judges acts by the shared engine while it answers, and at once by this process's memory while it does not: an act is never an
// error and never unlimited. The memory also counts what the shared engine let through here, so that an outage gives nobody a new quota.
// It is safe for concurrent use.
type Limiter struct {
	memory *Memory
	shared Engine
	clock  clock.Clock
	log    *slog.Logger

	refused   atomic.Uint64
	fallbacks atomic.Uint64
	outages   atomic.Uint64

	away  atomic.Bool // the shared engine did not answer lately
	mu    sync.Mutex  // guards askAt and the changes of away
	askAt time.Time   // when it may be asked again
}

// New makes a limiter.
func New(o Options) *Limiter {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Limiter{memory: NewMemory(o.Clock), shared: o.Shared, clock: o.Clock, log: o.Log}
}

// Spend counts one act against every charge, or against none of them when one refuses.
func (l *Limiter) Spend(ctx context.Context, charges ...Charge) Decision {
	d, ok := l.ask(ctx, charges)
	if !ok {
		d = l.memory.spend(charges, false)
	}
	if !d.OK {
		l.refused.Add(1)
	}
	return d
}

// ask puts the question to the shared engine; ok is false when it has no answer.
func (l *Limiter) ask(ctx context.Context, charges []Charge) (d Decision, ok bool) {
	if l.shared == nil {
		return d, false
	}
	if l.mayAsk() {
		d, err := l.shared.Spend(ctx, charges)
		if err == nil {
			l.back(ctx)
			if d.OK {
				l.memory.Note(charges)
			}
			return d, true
		}
		if ctx.Err() == nil { // otherwise the caller has gone, which says nothing of the engine
			l.lost(ctx, err)
		}
	}
	l.fallbacks.Add(1)
	return d, false
}

// mayAsk tells whether the shared engine is asked: always while it answers, else one call after each pause.
func (l *Limiter) mayAsk() bool {
	if !l.away.Load() {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if now.Before(l.askAt) {
		return false
	}
	l.askAt = now.Add(pause)
	return true
}

// lost notes that the shared engine does not answer. One outage is one line in the log.
func (l *Limiter) lost(ctx context.Context, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.askAt = l.clock.Now().Add(pause)
	if !l.away.Swap(true) {
		l.outages.Add(1)
		l.log.WarnContext(ctx, "rate limits count in this process alone: the shared engine does not answer", slog.Any("error", err))
	}
}

// back notes that it answers again.
func (l *Limiter) back(ctx context.Context) {
	if !l.away.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away.Swap(false) {
		l.log.InfoContext(ctx, "rate limits count in all processes again")
	}
}

// Stats are figures since the start.
type Stats struct {
	Refused   uint64 // acts
	Fallbacks uint64 // acts judged by this process alone although there is a shared engine
	Outages   uint64 // of the shared engine
}

// Stats gives the figures.
func (l *Limiter) Stats() Stats {
	return Stats{Refused: l.refused.Load(), Fallbacks: l.fallbacks.Load(), Outages: l.outages.Load()}
}
