package hold

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

const (
	sweepEvery   = time.Second
	recountEvery = time.Minute
	// maxBatches bounds the visit of one showtime: 64 holds each.
	maxBatches = 256
	// sweepers is how many showtimes are visited at the same time.
	sweepers = 4
)

// Sweeper ends holds that fell due in showtimes that nobody touches, so that viewers see seats come free on time. Any number of
// them may run beside each other, in any number of processes.
type Sweeper struct {
	keeper *Keeper
	clock  clock.Clock
	log    *slog.Logger
	belt   func(context.Context) ([]ident.Showtime, error)

	swept, failures atomic.Uint64
	passed          atomic.Int64 // when the latest pass without an error ended, in Unix nanoseconds
}

// SweepStats are the counters since the start.
type SweepStats struct {
	Swept    uint64        // holds ended
	Failures uint64        // passes with an error
	Late     time.Duration // how much longer than its period the latest good pass is ago: holds that nobody touches may end that late
}

// Stats reads the counters.
func (w *Sweeper) Stats() SweepStats {
	s := SweepStats{Swept: w.swept.Load(), Failures: w.failures.Load()}
	s.Late = max(0, w.clock.Now().Sub(time.Unix(0, w.passed.Load()))-sweepEvery)
	return s
}

// NewSweeper makes the worker.
func NewSweeper(k *Keeper, c clock.Clock, log *slog.Logger) *Sweeper {
	w := &Sweeper{keeper: k, clock: c, log: log}
	w.passed.Store(c.Now().UnixNano())
	return w
}

// Belt names the showtimes that are swept once a minute whatever an engine's list says: a hold whose entry in the list was lost ends
// late, but ends. It is called before Run.
func (w *Sweeper) Belt(onSale func(context.Context) ([]ident.Showtime, error)) *Sweeper {
	w.belt = onSale
	return w
}

// Run sweeps every second, and recounts the owners' counters every minute, until the context ends.
func (w *Sweeper) Run(ctx context.Context) error {
	recounted := w.clock.Now()
	failing := false
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
		_, err := w.RunOnce(ctx, recount)
		if err != nil && ctx.Err() == nil && !failing { // once for an outage, not once a second
			w.log.WarnContext(ctx, "some showtimes were not swept", slog.Any("error", err))
		}
		failing = err != nil
	}
}

// RunOnce visits the showtimes with due holds, or all that have holds when their owners' counters are to be made again, and
// tells how many holds it ended. Of a shared engine it visits what any process holds. It goes on after an error; what failed is visited
// again.
func (w *Sweeper) RunOnce(ctx context.Context, recount bool) (swept int, err error) {
	list, listed := w.list(ctx, recount)
	ended, errs := make([]int, len(list)), make([]error, len(list))
	var g errgroup.Group
	g.SetLimit(sweepers)
	for i, id := range list {
		g.Go(func() error {
			if ended[i], errs[i] = w.sweep(ctx, id, recount); errs[i] != nil {
				w.keeper.active.touch(id, w.clock.Now())
			}
			return nil
		})
	}
	_ = g.Wait() // the errors are in errs
	for _, n := range ended {
		swept += n
	}
	w.swept.Add(uint64(swept))
	if err = errors.Join(listed, firstOf(errs)); err != nil {
		w.failures.Add(1)
	} else {
		w.passed.Store(w.clock.Now().UnixNano())
	}
	return swept, err
}

// firstOf is one error of many visits: an engine that is away fails them all alike.
func firstOf(errs []error) error {
	n := 0
	var first error
	for _, err := range errs {
		if err != nil {
			n++
			if first == nil {
				first = err
			}
		}
	}
	if n < 2 {
		return first
	}
	return fmt.Errorf("%d showtimes, first: %w", n, first)
}

// list is what is to be visited now, each showtime once.
func (w *Sweeper) list(ctx context.Context, recount bool) ([]ident.Showtime, error) {
	list := w.keeper.active.take(w.clock.Now())
	var errs []error
	if recount {
		list = append(list, w.keeper.active.all()...)
	}
	index := w.keeper.index()
	if index != nil {
		shared, err := index.Active(ctx)
		list, errs = append(list, shared...), append(errs, err)
	}
	if index != nil && recount && w.belt != nil {
		onSale, err := w.belt(ctx)
		list, errs = append(list, onSale...), append(errs, err)
	}
	slices.Sort(list)
	return slices.Compact(list), errors.Join(errs...)
}

// sweep visits one showtime until nothing is due.
func (w *Sweeper) sweep(ctx context.Context, showtime ident.Showtime, recount bool) (swept int, err error) {
	room, err := w.keeper.source.Room(ctx, showtime)
	if fault.KindOf(err) == fault.NotFound {
		return 0, w.leave(ctx, showtime)
	}
	if err != nil {
		return 0, err
	}
	for range maxBatches {
		a, err := w.keeper.Sweep(ctx, SweepRequest{Room: room, Recount: recount})
		if errors.Is(err, ErrUninit) {
			return swept, w.leave(ctx, showtime)
		}
		if err != nil {
			return swept, err
		}
		swept += a.Swept
		if a.Again {
			continue
		}
		if a.Next.IsZero() {
			return swept, w.leave(ctx, showtime)
		}
		w.keeper.active.settle(showtime, a.Next)
		return swept, nil
	}
	w.keeper.active.settle(showtime, w.clock.Now())
	return swept, nil
}

// leave forgets a showtime in which nothing is held.
func (w *Sweeper) leave(ctx context.Context, showtime ident.Showtime) error {
	w.keeper.active.settle(showtime, time.Time{})
	if index := w.keeper.index(); index != nil {
		return index.Retire(ctx, showtime)
	}
	return nil
}
