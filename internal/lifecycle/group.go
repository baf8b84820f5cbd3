// Package lifecycle runs the long-lived parts of a process: started in order, stopped in reverse, first error wins.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// Part is something that runs until its context ends. Run returns nil when it was asked to stop.
type Part struct {
	Name string
	Run  func(ctx context.Context) error
}

// Run starts every part and waits. When the context ends, or when a part fails, the parts are stopped one after another
// in reverse order; each is waited for before the next is told. The first error is returned.
func Run(ctx context.Context, parts ...Part) error {
	type running struct {
		cancel context.CancelFunc
		done   chan struct{}
	}
	failed := make(chan error, len(parts))
	all := make([]running, 0, len(parts))
	base := context.WithoutCancel(ctx)
	var wg sync.WaitGroup
	for _, p := range parts {
		pctx, cancel := context.WithCancel(base)
		r := running{cancel: cancel, done: make(chan struct{})}
		all = append(all, r)
		wg.Go(func() {
			defer close(r.done)
			if err := p.Run(pctx); err != nil && !errors.Is(err, context.Canceled) {
				failed <- fmt.Errorf("%s: %w", p.Name, err)
			}
		})
	}
	var first error
	select {
	case <-ctx.Done():
	case first = <-failed:
	}
	for _, part := range slices.Backward(all) {
		part.cancel()
		<-part.done
	}
	wg.Wait()
	select {
	case err := <-failed:
		if first == nil {
			first = err
		}
	default:
	}
	return first
}
