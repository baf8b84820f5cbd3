package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"cinema/internal/fault"
)

// queueSize bounds the acts that wait for the writer; more callers wait to be let into the queue, each within its own context.
const queueSize = 1024

// groupSize bounds the acts that share one transaction, and with it the time that the first of them waits for the others.
const groupSize = 256

// act is one atomic change: all of it or, when it returns an error, none of it. It runs on the writer's connection and must
// not call anything that waits for another act.
type act func(ctx context.Context, w *writes) error

// States of a request.
const (
	waiting   int32 = iota
	begun           // the writer has it: it will be finished and answered
	abandoned       // the caller left before it began
)

type request struct {
	ctx   context.Context // the caller's: asked once, when the act's turn comes
	do    act
	state atomic.Int32
	err   error
	done  chan struct{} // closed when err is final
}

// writer runs acts one after another on one connection. Acts that wait at the same time share one transaction, each inside its
// own savepoint, so that they share the disk's flush. Nothing is answered before the commit returns.
type writer struct {
	conn    *sql.Conn
	stmts   *writes
	log     *slog.Logger
	fatal   func(error)
	grouped func(acts int)
	commit  func(ctx context.Context) error

	queue   chan *request
	closing chan struct{}
	stopped chan struct{}
	acts    atomic.Int64 // that were committed
	broken  atomic.Bool  // a commit failed: what is on the disk is not known, so nothing more is written
}

// submit hands an act to the writer and waits for its end. A context that ends before the act began takes the act back;
// an act that began is waited for.
func (w *writer) submit(ctx context.Context, do act) error {
	r := &request{ctx: ctx, do: do, done: make(chan struct{})}
	select {
	case w.queue <- r:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.closing:
		return errClosed()
	}
	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, abandoned) {
			return ctx.Err()
		}
	case <-w.stopped:
		if r.state.CompareAndSwap(waiting, abandoned) {
			return errClosed()
		}
	}
	<-r.done
	return r.err
}

// run serves the queue until closing, then what is still in it. The context has no end of its own: an act that began is finished.
func (w *writer) run(ctx context.Context) {
	defer close(w.stopped)
	group := make([]*request, 0, groupSize)
	for {
		var first *request
		select {
		case first = <-w.queue:
		case <-w.closing:
			select {
			case first = <-w.queue:
			default:
				return
			}
		}
		group = w.serve(ctx, first, group[:0])
		clear(group)
	}
}

// serve runs one group and answers it.
func (w *writer) serve(ctx context.Context, first *request, group []*request) []*request {
	if w.broken.Load() {
		answer([]*request{first}, errBroken(nil))
		return group
	}
	if _, err := w.stmts.Begin.ExecContext(ctx); err != nil {
		answer([]*request{first}, translate(fmt.Errorf("begin: %w", err)))
		return group
	}
	for r := first; r != nil; r = w.next(group) {
		began, err := w.runAct(ctx, r)
		if began {
			group = append(group, r)
		}
		if err != nil {
			w.rollback(ctx)
			answer(group, translate(err))
			return group
		}
	}
	if len(group) == 0 {
		w.rollback(ctx)
		return group
	}
	if err := w.commit(ctx); err != nil {
		w.fail(ctx, group, err)
		return group
	}
	w.acts.Add(int64(len(group)))
	w.grouped(len(group))
	for _, r := range group {
		close(r.done)
	}
	return group
}

// next is the following act of the group; nil when none waits now or the group is full.
func (w *writer) next(group []*request) *request {
	if len(group) >= groupSize {
		return nil
	}
	select {
	case r := <-w.queue:
		return r
	default:
		return nil
	}
}

// runAct runs one act in its savepoint. The error is of the transaction as a whole; the act's own error waits in the request.
func (w *writer) runAct(ctx context.Context, r *request) (began bool, err error) {
	if cause := r.ctx.Err(); cause != nil {
		if r.state.CompareAndSwap(waiting, abandoned) {
			r.err = cause
			close(r.done)
		}
		return false, nil
	}
	if !r.state.CompareAndSwap(waiting, begun) {
		return false, nil
	}
	if _, err := w.stmts.Savepoint.ExecContext(ctx); err != nil {
		return true, fmt.Errorf("savepoint: %w", err)
	}
	if r.err = translate(r.do(ctx, w.stmts)); r.err != nil {
		if _, err := w.stmts.Undo.ExecContext(ctx); err != nil {
			return true, fmt.Errorf("undo: %w", err)
		}
	}
	if _, err := w.stmts.Release.ExecContext(ctx); err != nil {
		return true, fmt.Errorf("release: %w", err)
	}
	return true, nil
}

// rollback ends a transaction of which nothing may stay. SQLite may have ended it by itself.
func (w *writer) rollback(ctx context.Context) {
	if _, err := w.stmts.Rollback.ExecContext(ctx); err != nil {
		w.log.WarnContext(ctx, "transaction was gone before it was rolled back", slog.String("error", err.Error()))
	}
}

// fail is the end after a failed commit: whether the group is on the disk is not known, so everybody is told to ask again, and
// only a new start, which reads what the disk has, may answer.
func (w *writer) fail(ctx context.Context, group []*request, cause error) {
	w.broken.Store(true)
	w.log.ErrorContext(ctx, "commit failed, the store stops", slog.String("error", cause.Error()))
	answer(group, errBroken(cause))
	w.rollback(ctx)
	w.fatal(fmt.Errorf("commit: %w", cause))
}

func answer(group []*request, err error) {
	for _, r := range group {
		r.state.Store(begun)
		r.err = err
		close(r.done)
	}
}

func errClosed() error {
	return fault.New(fault.Unavailable, codeUnavailable, "The store is closing.")
}

func errBroken(cause error) error {
	if cause == nil {
		cause = errors.New("an earlier commit failed")
	}
	return fault.Wrap(cause, fault.Unavailable, codeUnavailable, "The store could not save this. Please try again.")
}
