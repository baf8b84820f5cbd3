package audit

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/ident"
)

// Outbox is where the facts of bookings wait for their record. Each has an id of its own and is there until it is dropped.
type Outbox interface {
	Outbox(ctx context.Context, limit int) ([]booking.OutboxEvent, error)
	DropOutbox(ctx context.Context, ids []string) error
}

const (
	relayBatch  = 256
	relayEvery  = 500 * time.Millisecond
	flushEvery  = 200 * time.Millisecond
	flushBatch  = 512
	queueSize   = 4096
	maxReaders  = 1 << 13
	lastWords   = 5 * time.Second // to write what is left when the process ends
	retryPause  = time.Second
	tidyReaders = time.Hour
)

// Worker writes the record: booking facts from the outbox, seat events from the hold engine, actions of people at once.
type Worker struct {
	store     Store
	outbox    Outbox
	tap       *Tap
	streams   Streams
	announcer Announcer
	clock     clock.Clock
	log       *slog.Logger
	queue     chan Entry
	stats     counters
}

// Deps is what the worker is made of. Seat events come from a Tap, which stands before an engine in this process, or from the Streams of
// a shared one; with neither none are recorded. Without an Announcer nobody but the record learns of bookings.
type Deps struct {
	Store     Store
	Outbox    Outbox
	Tap       *Tap
	Streams   Streams
	Announcer Announcer
	Clock     clock.Clock
	Log       *slog.Logger
}

// New makes a worker.
func New(d Deps) *Worker {
	w := &Worker{store: d.Store, outbox: d.Outbox, tap: d.Tap, streams: d.Streams, announcer: d.Announcer, clock: d.Clock, log: d.Log, queue: make(chan Entry, queueSize)}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	return w
}

// Stats are the counters since the start, and how far the record is behind.
type Stats struct {
	Seats    uint64 // seat events written
	Relayed  uint64 // booking events written
	Actions  uint64 // people's actions written
	Gaps     uint64 // times that seat events were lost, because the engine's or the worker's memory was too short
	Failures uint64 // writes that were repeated
	Trimmed  uint64 // seat events that the engine dropped before they were recorded
	Twins    uint64 // seat events whose id belonged to another one
	Queued   int    // seat events that wait
	Readers  int    // showtimes followed

	OutboxLag time.Duration // age of the oldest booking event that the latest look into the outbox found and could not record yet
	SeatsLag  time.Duration // how long seat events have waited for a write that does not succeed
}

type counters struct {
	seats, relayed, actions, gaps, failures, trimmed, twins atomic.Uint64
	readers                                                 atomic.Int64

	outboxSince, seatsSince atomic.Int64 // the oldest event's time in Unix nanoseconds, zero when nothing waits
}

// lag is how long ago an event was that still waits.
func (w *Worker) lag(since *atomic.Int64) time.Duration {
	at := since.Load()
	if at == 0 {
		return 0
	}
	return max(0, w.clock.Now().Sub(time.Unix(0, at)))
}

// Stats reads the counters.
func (w *Worker) Stats() Stats {
	c := &w.stats
	s := Stats{
		Seats: c.seats.Load(), Relayed: c.relayed.Load(), Actions: c.actions.Load(), Gaps: c.gaps.Load(), Failures: c.failures.Load(),
		Trimmed: c.trimmed.Load(), Twins: c.twins.Load(),
		Queued: len(w.queue), Readers: int(c.readers.Load()), OutboxLag: w.lag(&c.outboxSince), SeatsLag: w.lag(&c.seatsSince),
	}
	if w.tap != nil {
		w.tap.mu.Lock()
		s.Gaps += w.tap.missed
		w.tap.mu.Unlock()
	}
	return s
}

// Record writes what a person did, at once: the action is not done before its record is kept. An entry without an id or a time gets them.
func (w *Worker) Record(ctx context.Context, e Entry) error {
	if e.ID == "" {
		e.ID = ident.New("au")
	}
	if e.At.IsZero() {
		e.At = w.clock.Now()
	}
	if err := w.store.Append(ctx, []Entry{e}); err != nil {
		return fmt.Errorf("record %s: %w", e.Type, err)
	}
	w.stats.actions.Add(1)
	return nil
}

// Run writes until the context ends; then it writes what has happened until that moment, for at most five seconds, and returns.
func (w *Worker) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	if w.tap != nil {
		wg.Go(func() {
			defer close(w.queue) // its readers, who alone write to it, have ended
			w.follow(ctx)
		})
		wg.Go(func() { w.flush(ctx) })
	}
	if w.streams != nil {
		wg.Go(func() { w.followStreams(ctx) })
	}
	w.relay(ctx)
	wg.Wait()
	return nil
}
