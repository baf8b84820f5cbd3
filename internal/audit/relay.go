package audit

import (
	"context"
	"fmt"

	"cinema/internal/booking"
)

// relay moves booking facts from the outbox into the record until the context ends, and once more after that.
func (w *Worker) relay(ctx context.Context) {
	for ctx.Err() == nil {
		more, err := w.RelayOnce(ctx)
		pause := relayEvery
		if err != nil && ctx.Err() == nil {
			w.stats.failures.Add(1)
			w.log.Warn("booking events wait in the outbox", "error", err)
			pause = retryPause
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
		case <-w.clock.After(pause):
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	for more := true; more; {
		var err error
		if more, err = w.RelayOnce(last); err != nil {
			w.log.Warn("booking events stay in the outbox for the next start", "error", err)
		}
	}
}

// RelayOnce moves one batch; more says that it was full. A row goes only after its record is kept, so that a crash repeats it, and
// the record's id makes the repeat write nothing.
func (w *Worker) RelayOnce(ctx context.Context) (more bool, err error) {
	rows, err := w.outbox.Outbox(ctx, relayBatch)
	if err != nil {
		return false, err
	}
	if len(rows) == 0 {
		w.stats.outboxSince.Store(0)
		return false, nil
	}
	w.stats.outboxSince.Store(rows[0].At.UnixNano())
	entries := make([]Entry, len(rows))
	ids := make([]string, len(rows))
	for i, r := range rows {
		entries[i], ids[i] = entryOf(r), r.ID
	}
	if err := w.store.Append(ctx, entries); err != nil {
		return false, fmt.Errorf("record booking events: %w", err)
	}
	if err := w.announce(ctx, rows); err != nil {
		return false, err
	}
	if err := w.outbox.DropOutbox(ctx, ids); err != nil {
		return false, fmt.Errorf("drop relayed events: %w", err)
	}
	w.stats.relayed.Add(uint64(len(rows)))
	w.stats.outboxSince.Store(0)
	return len(rows) == relayBatch, nil
}

func entryOf(e booking.OutboxEvent) Entry {
	return Entry{
		ID: e.ID, Type: e.Type, Showtime: e.Showtime, Booking: e.Booking, User: e.User, Seats: e.Seats, Request: e.Request, Payload: e.Payload, At: e.At,
	}
}
