package booking

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/payment"
)

// works owns the goroutines that go on after their caller has left: paying and selling is finished, whoever waits for it.
type works struct {
	slots chan struct{} // bounds them

	mu     sync.Mutex // guards closed and every Add of wg
	closed bool
	wg     sync.WaitGroup
}

// enter takes a place unless the service is full or closing.
func (w *works) enter() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	select {
	case w.slots <- struct{}{}:
		w.wg.Add(1)
		return true
	default:
		return false
	}
}

func (w *works) leave() {
	<-w.slots
	w.wg.Done()
}

// close refuses new works and waits for those under way; each has a deadline.
func (w *works) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.wg.Wait()
}

type reply[T any] struct {
	result T
	err    error
}

// run does a work under its own deadline. A caller who has waited for Patience gets late's answer; one who left gets nothing; the
// work goes on in both cases.
func run[T any](ctx context.Context, s *Service, f func(ctx context.Context, seen func(ident.Booking)) (T, error),
	late func(ctx context.Context, id *ident.Booking) (T, error),
) (T, error) {
	var none T
	if !s.works.enter() {
		s.stats.refused.Add(1)
		return none, fault.New(fault.Unavailable, "store_unavailable", "Too many sales at once. Try again in a moment.").After(s.limits.Patience)
	}
	patience := s.clock.After(s.limits.Patience)
	done := make(chan reply[T], 1)
	var known atomic.Pointer[ident.Booking] // the booking the work is about, once that is certain
	seen := func(id ident.Booking) { known.Store(&id) }
	go func() {
		defer s.works.leave()
		// The customer may have closed the page; his money and his seats must end in a known state all the same.
		work, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.Work)
		defer cancel()
		r, err := guard(s, func() (T, error) { return f(work, seen) })
		done <- reply[T]{r, err}
	}()
	select {
	case r := <-done:
		return r.result, r.err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-patience:
		s.stats.slow.Add(1)
		return late(ctx, known.Load())
	}
}

// underWay is the answer while a work goes on.
func (s *Service) underWay(ctx context.Context, id *ident.Booking) (Result, error) {
	if id == nil {
		return Result{}, fault.New(fault.Unavailable, "store_unavailable", "This takes longer than usual. Try again with the same request.").
			After(s.limits.Patience)
	}
	b, err := s.store.Booking(ctx, *id)
	if err != nil {
		return Result{}, err
	}
	if !b.Status.Open() {
		return s.answer(b, payment.Payment{}, nil)
	}
	return Result{Booking: b, Payment: &PaymentView{Provider: b.Provider, State: StateUnknown}}, nil
}

// guard turns a panic of a work, which no middleware could catch, into an error.
func guard[T any](s *Service, f func() (T, error)) (r T, err error) {
	defer func() {
		if v := recover(); v != nil {
			s.stats.panics.Add(1)
			s.log.Error("a sale panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("sale panicked: %v", v)
		}
	}()
	return f()
}
