package audit

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

const (
	streamEvery = 500 * time.Millisecond
	trimEvery   = time.Minute
	takeBatch   = 256
	// maxTakes bounds the visit of one showtime: its turn comes again.
	maxTakes = 64
	// visitors is how many showtimes are read at the same time.
	visitors = 4
	// keepEvents is how far back readers of an engine's stream can resume.
	keepEvents = 10 * time.Minute
)

// Streams is an engine that keeps its seat events until they are recorded. Any number of workers share them: an event goes to whoever
// takes it first, and to another one when it was not recorded for long.
type Streams interface {
	// Active lists the showtimes that may have events.
	Active(ctx context.Context) ([]ident.Showtime, error)
	// Take gives at most limit new events, and as many that were taken long ago and not recorded. lost is how many are gone unread.
	Take(ctx context.Context, showtime ident.Showtime, limit int) (events []hold.Event, lost int, err error)
	// Recorded says that events are kept, by their cursors.
	Recorded(ctx context.Context, showtime ident.Showtime, cursors []string) error
	// Trim drops events that are recorded and older than keep.
	Trim(ctx context.Context, showtime ident.Showtime, keep time.Duration) (dropped int, err error)
}

// followStreams records what the engine's streams hold until the context ends. What is left then waits in the engine.
func (w *Worker) followStreams(ctx context.Context) {
	var trimmed time.Time
	failing := false
	for {
		now := w.clock.Now()
		trim := now.Sub(trimmed) >= trimEvery
		if trim {
			trimmed = now
		}
		err := w.StreamsOnce(ctx, trim)
		if err == nil {
			w.stats.seatsSince.Store(0)
		} else {
			w.stats.seatsSince.CompareAndSwap(0, now.UnixNano())
		}
		if err != nil && ctx.Err() == nil {
			w.stats.failures.Add(1)
			if !failing {
				w.log.Warn("seat events wait in the engine's streams", "error", err)
			}
		}
		if failing && err == nil {
			w.log.Info("seat events are recorded again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-w.clock.After(streamEvery):
		}
	}
}

// StreamsOnce records what waits now. It goes on after an error; what failed comes again.
func (w *Worker) StreamsOnce(ctx context.Context, trim bool) error {
	list, err := w.streams.Active(ctx)
	if err != nil {
		return err
	}
	errs := make([]error, len(list))
	var g errgroup.Group
	g.SetLimit(visitors)
	for i, id := range list {
		g.Go(func() error {
			errs[i] = w.visit(ctx, id, trim)
			return nil
		})
	}
	_ = g.Wait() // the errors are in errs
	return errors.Join(errs...)
}

// visit records the events of one showtime.
func (w *Worker) visit(ctx context.Context, showtime ident.Showtime, trim bool) error {
	for range maxTakes {
		events, lost, err := w.streams.Take(ctx, showtime, takeBatch)
		if err != nil {
			return err
		}
		if lost > 0 {
			w.stats.trimmed.Add(uint64(lost))
			w.log.Error("seat events were dropped before they were recorded", "showtime_id", showtime, "events", lost)
		}
		if err := w.keep(ctx, showtime, events); err != nil {
			return err
		}
		if len(events) < takeBatch {
			break
		}
	}
	if !trim {
		return nil
	}
	_, err := w.streams.Trim(ctx, showtime, keepEvents)
	return err
}

// keep writes events and tells the engine only then.
func (w *Worker) keep(ctx context.Context, showtime ident.Showtime, events []hold.Event) error {
	if len(events) == 0 {
		return nil
	}
	entries := make([]Entry, 0, len(events))
	cursors := make([]string, len(events))
	for i, e := range events {
		cursors[i] = e.Cursor
		if e.Type != hold.Resync {
			entries = append(entries, seatEntry(e))
		}
	}
	if len(entries) > 0 {
		if err := w.store.Append(ctx, entries); err != nil {
			return err
		}
		if err := w.keepTwins(ctx, entries); err != nil {
			return err
		}
		w.stats.seats.Add(uint64(len(entries)))
	}
	return w.streams.Recorded(ctx, showtime, cursors)
}
