// Package storecopy moves everything from one store into another, of any kind, while nobody writes to either. A move that was
// interrupted goes on where it was; at its end both stores are read through and compared.
package storecopy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"cinema/internal/booking"
	"cinema/internal/store"
)

const (
	page      = 500 // rows that are read and written together
	markEvery = 10  // pages between two marks of how far a table came
)

// ErrNotEmpty says that the target holds something that this move did not bring.
var ErrNotEmpty = errors.New("the target is not empty")

// ErrUnfinished says that the source is itself the target of a copy that did not end: a part is missing.
var ErrUnfinished = errors.New("the source is the rest of an interrupted copy")

// ErrDiffers says that the stores do not hold the same after the move.
var ErrDiffers = errors.New("source and target differ after the copy")

// Backend is a store that rows can be moved out of and into.
type Backend interface {
	store.Mover
	PutOnce(ctx context.Context, kind, id, value string) (string, error)
	Register(ctx context.Context, kind, id string) (value string, found bool, err error)
	RegistersByPrefix(ctx context.Context, kind, prefix string) ([]booking.RegisterEntry, error)
}

// Phase is what a move does at the moment.
type Phase string

// Phases.
const (
	Copying   Phase = "copying"
	Comparing Phase = "comparing"
)

// Progress is how far a move is with a table.
type Progress struct {
	Phase       Phase
	Table       store.Table
	Done, Total int // rows
}

// Result is what a move came to.
type Result struct {
	Rows     map[store.Table]int
	Resumed  bool   // an interrupted move was continued
	Checksum string // of all rows, the same for both stores
}

// Copy moves everything from one store into an empty one and compares them. Nobody else may write to either meanwhile. progress is called
// after each page; nil: nothing. Faults: ErrNotEmpty, ErrUnfinished, ErrDiffers; after any other error a repeat goes on.
func Copy(ctx context.Context, from, to Backend, progress func(Progress)) (Result, error) {
	if progress == nil {
		progress = func(Progress) {}
	}
	m := &mover{from: from, to: to, progress: progress}
	resumed, err := m.begin(ctx)
	if err != nil {
		return Result{}, err
	}
	for _, t := range store.Tables() {
		if err := m.table(ctx, t); err != nil {
			return Result{}, fmt.Errorf("copy %s: %w", t, err)
		}
	}
	result, err := m.compare(ctx)
	if err != nil {
		return Result{}, err
	}
	result.Resumed = resumed
	_, err = to.PutOnce(ctx, store.KindCopy, markDone, result.Checksum)
	return result, err
}

// Unfinished tells whether a store is the target of a move that did not end: it must not serve, because a part is missing.
func Unfinished(ctx context.Context, b Backend) (bool, error) {
	_, begun, err := b.Register(ctx, store.KindCopy, markFrom)
	if err != nil || !begun {
		return false, err
	}
	_, done, err := b.Register(ctx, store.KindCopy, markDone)
	return !done, err
}

// Registers of the target that remember the move.
const (
	markFrom = "from" // which store is moved
	markDone = "done" // the checksum
)

type mover struct {
	from, to Backend
	progress func(Progress)
}

// begin refuses a target that holds something, unless it is the rest of an interrupted move of the same source.
func (m *mover) begin(ctx context.Context) (resumed bool, err error) {
	if half, err := Unfinished(ctx, m.from); err != nil || half {
		if half {
			err = ErrUnfinished
		}
		return false, err
	}
	source, err := identity(ctx, m.from)
	if err != nil {
		return false, err
	}
	was, begun, err := m.to.Register(ctx, store.KindCopy, markFrom)
	if err != nil {
		return false, err
	}
	if begun {
		if _, done, err := m.to.Register(ctx, store.KindCopy, markDone); err != nil || done {
			return false, errors.Join(err, fmt.Errorf("%w: a copy into it is complete already", ErrNotEmpty))
		}
		if was != source {
			return false, fmt.Errorf("%w: it holds a part of another store's copy", ErrNotEmpty)
		}
		return true, nil
	}
	for _, t := range store.Tables() {
		n, err := m.to.Count(ctx, t)
		if err != nil {
			return false, err
		}
		if n > 0 {
			return false, fmt.Errorf("%w: it has %d %s", ErrNotEmpty, n, t)
		}
	}
	was, err = m.to.PutOnce(ctx, store.KindCopy, markFrom, source)
	if err == nil && was != source {
		err = fmt.Errorf("%w: another copy began at the same time", ErrNotEmpty)
	}
	return false, err
}

// identity tells stores apart by their keys, which are made once and at random. Two stores that never served have the same: they hold
// nothing that could be mixed up.
func identity(ctx context.Context, b Backend) (string, error) {
	keys, err := b.RegistersByPrefix(ctx, booking.KindKey, "")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, k := range keys {
		fmt.Fprintf(h, "%q %q\n", k.ID, k.Value)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// table copies what is missing of one table.
func (m *mover) table(ctx context.Context, t store.Table) error {
	total, err := m.from.Count(ctx, t)
	if err != nil {
		return err
	}
	after, mark, err := m.reached(ctx, t)
	if err != nil {
		return err
	}
	p := Progress{Phase: Copying, Table: t, Done: mark * markEvery * page, Total: total}
	for pages := 1; ; pages++ {
		rows, err := m.from.Export(ctx, t, after, page)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			if err := m.to.Import(ctx, t, rows); err != nil {
				return err
			}
			after = rows[len(rows)-1].Key
		}
		p.Done += len(rows)
		m.progress(p)
		if len(rows) < page {
			return nil
		}
		if pages%markEvery == 0 {
			mark++
			if _, err := m.to.PutOnce(ctx, store.KindCopy, markOf(t, mark), after); err != nil {
				return err
			}
		}
	}
}

// reached finds the last mark of a table: marks are numbered without gaps, so that halving finds the end.
func (m *mover) reached(ctx context.Context, t store.Table) (after string, mark int, err error) {
	there := func(n int) (bool, error) {
		v, found, err := m.to.Register(ctx, store.KindCopy, markOf(t, n))
		if found {
			after = v
		}
		return found, err
	}
	low, high := 0, 1 // low is there or 0, high is not
	for {
		found, err := there(high)
		if err != nil {
			return "", 0, err
		}
		if !found {
			break
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		middle := (low + high) / 2
		found, err := there(middle)
		if err != nil {
			return "", 0, err
		}
		if found {
			low = middle
		} else {
			high = middle
		}
	}
	return after, low, nil
}

func markOf(t store.Table, n int) string { return fmt.Sprintf("%s|%08d", t, n) }
