package storemongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"cinema/internal/fault"
)

const codeUnavailable = "store_unavailable"

// Codes of the server that this package tells apart (github.com/mongodb/mongo, src/mongo/base/error_codes.yml).
const (
	codeDuplicate       = 11000
	codeNamespaceExists = 48
)

// outcomeUnknown are the codes after which nobody knows whether a write holds: an election, a shutdown, a wait that was cut short.
var outcomeUnknown = []int{
	6, 7, 50, 64, 89, 91, 100, 112, 134, 189, 202, 262, 317, 358, 9001, 10058, 10107, 11600, 11601, 11602, 13388, 13435, 13436,
}

// errNoWinner says that an insert was refused by a document that a majority read does not find: the winner is not committed by a
// majority yet, or was rolled back. Only a winner that a majority has counts, so this is an unknown outcome.
var errNoWinner = errors.New("refused by a document that is not there for a majority")

// again runs a step until its outcome is known, at most for the store's patience, and then says Unavailable. Steps are idempotent.
func (s *Store) again(ctx context.Context, step func(ctx context.Context) error) error {
	patient, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 500*time.Millisecond) {
		err := s.once(patient, step)
		if err == nil || !unknown(err) {
			return s.translate(ctx, err)
		}
		if !wait(patient, pause) {
			return s.translate(ctx, err)
		}
	}
}

// once runs a step under its own timeout.
func (s *Store) once(ctx context.Context, step func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return step(ctx)
}

// wait pauses; false when the context ended first. It is a pause between tries and so keeps to the machine's time.
func wait(ctx context.Context, pause time.Duration) bool {
	t := time.NewTimer(pause) //nolint:forbidigo // a pause between tries of the driver, no rule of the business
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// unknown tells whether the server may have carried the step out although it did not say so, or could not decide it.
func unknown(err error) bool {
	if errors.Is(err, errNoWinner) || errors.Is(err, context.DeadlineExceeded) || mongo.IsNetworkError(err) || mongo.IsTimeout(err) {
		return true
	}
	if e, ok := errors.AsType[mongo.WriteException](err); ok && e.WriteConcernError != nil {
		return true
	}
	if e, ok := errors.AsType[mongo.BulkWriteException](err); ok && e.WriteConcernError != nil {
		return true
	}
	e, ok := errors.AsType[mongo.ServerError](err)
	return ok && (e.HasErrorLabel("RetryableWriteError") || slices.ContainsFunc(outcomeUnknown, e.HasErrorCode))
}

// duplicate tells whether every fault of a write is a primary key that is there already.
func duplicate(err error) bool {
	if e, ok := errors.AsType[mongo.BulkWriteException](err); ok {
		return e.WriteConcernError == nil && len(e.WriteErrors) > 0 &&
			!slices.ContainsFunc(e.WriteErrors, func(w mongo.BulkWriteError) bool { return w.Code != codeDuplicate })
	}
	if e, ok := errors.AsType[mongo.WriteException](err); ok && e.WriteConcernError != nil {
		return false
	}
	return mongo.IsDuplicateKeyError(err)
}

// translate turns an error of the driver into the product's vocabulary, by its kind and code. A caller that left is told so. What the
// server refuses otherwise is a bug of this package and stays internal.
func (s *Store) translate(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Fault](err); ok {
		return err
	}
	if gone := ctx.Err(); gone != nil {
		return gone
	}
	if unknown(err) || errors.Is(err, context.Canceled) || errors.Is(err, mongo.ErrClientDisconnected) {
		return fault.Wrap(errors.New(err.Error()), fault.Unavailable, codeUnavailable, "The store does not answer. Please try again.")
	}
	return fmt.Errorf("store: %s", err.Error())
}

func notFound(code, detail string) error { return fault.New(fault.NotFound, code, detail) }
