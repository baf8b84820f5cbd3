package hold

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

const (
	sweepEvery   = time.Second
	recountEvery = time.Minute
	// maxBatches bounds the visit of one showtime: 64 holds each.
	maxBatches = 256
)

// Sweeper ends holds that fell due in showtimes that nobody touches, so that viewers see seats come free on time. Any number of
// them may run beside each other.
type Sweeper struct {
	keeper *Keeper
	clock  clock.Clock
	log    *slog.Logger
}

// NewSweeper makes the worker.
func NewSweeper(k *Keeper, c clock.Clock, log *slog.Logger) *Sweeper {
	return &Sweeper{keeper: k, clock: c, log: log}
}

// Run sweeps every second, and recounts the owners' counters every minute, until the context ends.
func (w *Sweeper) Run(ctx context.Context) error {
	recounted := w.clock.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.clock.After(sweepEvery):
		}
		recount := w.clock.Now().Sub(recounted) >= recountEvery
		if recount {
			recounted = w.clock.Now()
		}
		if _, err := w.RunOnce(ctx, recount); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "some showtimes were not swept", slog.Any("error", err))
		}
	}
}

// RunOnce visits the showtimes with due holds, or all that have holds when their owners' counters are to be made again, and
// tells how many holds it ended. It goes on after an error; what failed is visited again.
func (w *Sweeper) RunOnce(ctx context.Context, recount bool) (swept int, err error) {
	var errs []error
	visit := w.keeper.active.take(w.clock.Now())
	for _, id := range visit {
		n, err := w.sweep(ctx, id, recount)
		swept += n
		if err != nil {
			errs = append(errs, err)
			w.keeper.active.touch(id, w.clock.Now())
		}
	}
	if recount {
		for _, id := range w.keeper.active.all() {
			n, err := w.sweep(ctx, id, true)
			swept += n
			errs = append(errs, err)
		}
	}
	return swept, errors.Join(errs...)
}

// sweep visits one showtime until nothing is due.
func (w *Sweeper) sweep(ctx context.Context, showtime ident.Showtime, recount bool) (swept int, err error) {
	room, err := w.keeper.source.Room(ctx, showtime)
	if fault.KindOf(err) == fault.NotFound {
		w.keeper.active.settle(showtime, time.Time{})
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	for range maxBatches {
		a, err := w.keeper.Sweep(ctx, SweepRequest{Room: room, Recount: recount})
		if errors.Is(err, ErrUninit) {
			w.keeper.active.settle(showtime, time.Time{})
			return swept, nil
		}
		if err != nil {
			return swept, err
		}
		swept += a.Swept
		if !a.Again {
			w.keeper.active.settle(showtime, a.Next)
			return swept, nil
		}
	}
	w.keeper.active.settle(showtime, w.clock.Now())
	return swept, nil
}
