package audit

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// reader follows one showtime.
type reader struct {
	cancel context.CancelFunc
	epoch  string
	until  time.Time // after this nothing happens any more
}

// follow keeps one reader for each showtime that the engine opened, until the context ends; then it waits for them.
func (w *Worker) follow(ctx context.Context) {
	readers := make(map[ident.Showtime]*reader)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer func() {
		for _, r := range readers {
			r.cancel()
		}
	}()
	for {
		for id, o := range w.tap.take() {
			old := readers[id]
			if old != nil && old.epoch == o.at.Epoch {
				continue
			}
			if old == nil && len(readers) >= maxReaders {
				w.stats.gaps.Add(1)
				continue
			}
			if old != nil {
				old.cancel()
			}
			rctx, cancel := context.WithCancel(ctx)
			readers[id] = &reader{cancel: cancel, epoch: o.at.Epoch, until: o.room.End.Add(26 * time.Hour)}
			w.stats.readers.Add(1)
			wg.Go(func() {
				defer w.stats.readers.Add(-1)
				w.read(rctx, o)
			})
		}
		select {
		case <-ctx.Done():
			return
		case <-w.tap.arrived:
		case <-w.clock.After(tidyReaders):
			w.tidy(readers)
		}
	}
}

// tidy ends the readers of showtimes that are long over.
func (w *Worker) tidy(readers map[ident.Showtime]*reader) {
	now := w.clock.Now()
	for id, r := range readers {
		if now.After(r.until) {
			r.cancel()
			delete(readers, id)
		}
	}
}

// read queues the events of one epoch of a showtime. When its context ends it still takes what has happened until then.
func (w *Worker) read(ctx context.Context, o opening) {
	for at := o.at; ; {
		sub, err := w.tap.Subscribe(context.WithoutCancel(ctx), o.room.Showtime, at)
		if err == nil {
			err = w.drain(ctx, sub)
			sub.Close()
		}
		switch {
		case ctx.Err() != nil, errors.Is(err, hold.ErrClosed), errors.Is(err, hold.ErrUninit):
			return // a lost engine's next epoch is opened anew
		case !errors.Is(err, hold.ErrGap):
			w.log.Warn("seat events are not readable", "showtime_id", o.room.Showtime, "error", err)
		}
		snap, err := w.tap.Snapshot(ctx, o.room)
		if err != nil || snap.Epoch != o.at.Epoch {
			return
		}
		w.stats.gaps.Add(1)
		at = snap.Position
		select {
		case <-ctx.Done():
			return
		case <-w.clock.After(retryPause):
		}
	}
}

// drain passes events on until there is an error.
func (w *Worker) drain(ctx context.Context, sub hold.Subscription) error {
	for {
		events, err := sub.Next(ctx)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Type != hold.Resync {
				w.queue <- seatEntry(e) // the writer takes them until the queue is closed
			}
		}
	}
}

// seatEntry is the record of a seat event.
func seatEntry(e hold.Event) Entry {
	return Entry{
		ID: string(e.Showtime) + "|" + e.Epoch + "|" + e.Cursor, Type: string(e.Type), Showtime: e.Showtime, Booking: e.Booking, User: e.Owner,
		Seats: e.Seats, Request: e.Request, Payload: seatPayload(e), At: e.At,
	}
}

func seatPayload(e hold.Event) []byte {
	p := map[string]any{"epoch": e.Epoch, "seq": e.Seq}
	if !e.Deadline.IsZero() {
		p["expires_at_ms"] = e.Deadline.UnixMilli()
	}
	if len(e.Evicted) > 0 {
		evicted := make([]map[string]any, len(e.Evicted))
		for i, v := range e.Evicted {
			evicted[i] = map[string]any{"seat_id": v.Seat, "owner": v.Owner, "request_id": v.Request}
		}
		p["evicted"] = evicted
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return nil // strings and numbers always encode
	}
	return raw
}

// flush writes queued events in batches until the queue is closed. A failed write is repeated while the process lives; the queue fills
// meanwhile and its writers wait, the engine's own memory behind them.
func (w *Worker) flush(ctx context.Context) {
	batch := make([]Entry, 0, flushBatch)
	for open := true; open; {
		batch, open = w.gather(batch[:0])
		w.write(ctx, batch)
	}
}

// gather waits for a first event and takes what follows within a moment; open is false once the queue is closed and empty.
func (w *Worker) gather(batch []Entry) (_ []Entry, open bool) {
	e, ok := <-w.queue
	if !ok {
		return batch, false
	}
	batch = append(batch, e)
	moment := w.clock.After(flushEvery)
	for len(batch) < flushBatch {
		select {
		case e, ok := <-w.queue:
			if !ok {
				return batch, false
			}
			batch = append(batch, e)
		case <-moment:
			return batch, true
		}
	}
	return batch, true
}

// write keeps a batch; after the context's end it tries for lastWords, then gives the batch up.
func (w *Worker) write(ctx context.Context, batch []Entry) {
	if len(batch) == 0 {
		return
	}
	w.stats.seatsSince.Store(batch[0].At.UnixNano())
	defer w.stats.seatsSince.Store(0)
	for {
		wctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
		err := w.store.Append(wctx, batch)
		cancel()
		if err == nil {
			w.stats.seats.Add(uint64(len(batch)))
			return
		}
		w.stats.failures.Add(1)
		w.log.Warn("seat events are not recorded yet", "events", len(batch), "error", err)
		if ctx.Err() != nil {
			w.stats.gaps.Add(1)
			return
		}
		select {
		case <-ctx.Done():
		case <-w.clock.After(retryPause):
		}
	}
}
