package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cinema/internal/audit"
	"cinema/internal/fault"
)

var _ audit.Chain = (*Store)(nil)

// chainReads reads the chain over the record.
type chainReads struct{ stmts *chainStatements }

// Chain is the chain over the record in a data folder, for reading alone.
type Chain struct {
	chainReads

	db *sql.DB
}

// OpenChain opens the record in a data folder beside whoever uses it. It neither makes nor changes anything. Close must be called.
func OpenChain(ctx context.Context, dir string) (*Chain, error) {
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		return nil, fmt.Errorf("no store in %s: %w", dir, err)
	}
	db, err := sql.Open("sqlite", address(dir, "ro", pragma("query_only", "1")))
	if err != nil {
		return nil, err
	}
	c := &Chain{chainReads: chainReads{&chainStatements{}}, db: db}
	queries, err := loadQueries(queryFiles)
	if err == nil {
		_, err = prepare(ctx, db, queries, c.stmts)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the record in %s (is its schema of this version?): %w", dir, err), db.Close())
	}
	return c, nil
}

// Close lets the file go.
func (c *Chain) Close() error { return errors.Join(closeStatements(c.stmts), c.db.Close()) }

// Unsealed lists entries that wait for their link, oldest first.
func (c chainReads) Unsealed(ctx context.Context, after audit.Waiting, limit int) ([]audit.Waiting, error) {
	rows, err := c.stmts.Unsealed.QueryContext(ctx, after.Position, after.Entry, limit)
	items, err := collect(rows, err, scanWaiting)
	return items, translate(err)
}

// CountUnsealed tells how many entries wait.
func (c chainReads) CountUnsealed(ctx context.Context) (n int, err error) {
	err = c.stmts.CountUnsealed.QueryRowContext(ctx).Scan(&n)
	return n, translate(err)
}

// Kept reads entries as they are stored, in no order; an unknown id is left out.
func (c chainReads) Kept(ctx context.Context, ids []string) ([]audit.Kept, error) {
	rows, err := c.stmts.KeptEntries.QueryContext(ctx, list(ids))
	items, err := collect(rows, err, func(row scanner) (audit.Kept, error) { return scanKept(row) })
	return items, translate(err)
}

// LastLink is the end of the chain.
func (c chainReads) LastLink(ctx context.Context) (audit.Link, error) {
	l, err := scanLink(c.stmts.LastLink.QueryRowContext(ctx))
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Link{}, nil
	}
	return l, translate(err)
}

// Links lists links after a number.
func (c chainReads) Links(ctx context.Context, after int64, limit int) ([]audit.Link, error) {
	rows, err := c.stmts.Links.QueryContext(ctx, after, limit)
	items, err := collect(rows, err, scanLink)
	return items, translate(err)
}

// LinksOf finds the links of entries.
func (c chainReads) LinksOf(ctx context.Context, entries []string) ([]audit.Link, error) {
	rows, err := c.stmts.LinksOf.QueryContext(ctx, list(entries))
	items, err := collect(rows, err, scanLink)
	return items, translate(err)
}

// Loose looks through entries for those that neither have a link nor wait for one. Each page is one snapshot.
func (c chainReads) Loose(ctx context.Context, after string, limit int) (loose []audit.Kept, next string, err error) {
	from := after
	if after != "" { // an entry whose id is empty must not be passed over
		from += "\x00"
	}
	rows, err := c.stmts.LooseEntries.QueryContext(ctx, from, limit)
	looked := 0
	_, err = collect(rows, err, func(row scanner) (struct{}, error) {
		var alone bool
		k, err := scanKept(row, &alone)
		looked, next = looked+1, k.ID
		if alone {
			loose = append(loose, k)
		}
		return struct{}{}, err
	})
	if looked < limit {
		next = ""
	}
	return loose, next, translate(err)
}

// Checkpoints lists kept checkpoints after a number.
func (c chainReads) Checkpoints(ctx context.Context, after int64, limit int) ([]audit.KeptCheckpoint, error) {
	rows, err := c.stmts.Checkpoints.QueryContext(ctx, after, limit)
	items, err := collect(rows, err, scanCheckpoint)
	return items, translate(err)
}

// LastCheckpoint is the newest kept one.
func (c chainReads) LastCheckpoint(ctx context.Context) (audit.KeptCheckpoint, error) {
	k, err := scanCheckpoint(c.stmts.LastCheckpoint.QueryRowContext(ctx))
	if errors.Is(err, sql.ErrNoRows) {
		return audit.KeptCheckpoint{}, nil
	}
	return k, translate(err)
}

// Mark reads a named statement.
func (c chainReads) Mark(ctx context.Context, name string) (audit.Mark, error) {
	m, err := scanMark(c.stmts.Mark.QueryRowContext(ctx, name))
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Mark{}, nil
	}
	return m, translate(err)
}

// SealEntries writes links at the end of the chain and takes entries off the queue, as one act.
func (s *Store) SealEntries(ctx context.Context, links []audit.Link, done []audit.Waiting) error {
	if len(links) == 0 && len(done) == 0 {
		return nil
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		for _, l := range links {
			won, err := insertLink(ctx, w, l)
			if err != nil {
				return err
			}
			if !won {
				return audit.ErrMoved
			}
		}
		if len(done) == 0 {
			return nil
		}
		_, err := w.UnqueueEntries.ExecContext(ctx, list(places(done)))
		return err
	})
}

func insertLink(ctx context.Context, w *writes, l audit.Link) (won bool, err error) {
	return affected(w.InsertLink.ExecContext(ctx, l.N, l.Entry, l.Digest, l.Prev, l.Hash))
}

// places are waiting entries as JSON.
func places(waiting []audit.Waiting) [][2]any {
	out := make([][2]any, len(waiting))
	for i, w := range waiting {
		out[i] = [2]any{w.Position, w.Entry}
	}
	return out
}

// KeepCheckpoint writes a checkpoint unless its number is taken.
func (s *Store) KeepCheckpoint(ctx context.Context, k audit.KeptCheckpoint) (kept bool, err error) {
	if k.Seq < 1 || k.Statement == "" {
		return false, fault.New(fault.Invalid, "invalid_checkpoint", "A checkpoint needs a number and a statement.")
	}
	err = s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		kept, err = affected(w.KeepCheckpoint.ExecContext(ctx, k.Seq, k.Statement))
		return err
	})
	return kept, err
}

// PutMark writes a named statement unless there is one with the same or a higher rank.
func (s *Store) PutMark(ctx context.Context, m audit.Mark) error {
	if m.Name == "" {
		return fault.New(fault.Invalid, "invalid_mark", "A mark needs a name.")
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		_, err := w.PutMark.ExecContext(ctx, m.Name, m.Rank, m.Value)
		return err
	})
}

func scanWaiting(row scanner) (w audit.Waiting, err error) {
	err = row.Scan(&w.Position, &w.Entry)
	return w, err
}

func scanLink(row scanner) (l audit.Link, err error) {
	err = row.Scan(&l.N, &l.Entry, &l.Digest, &l.Prev, &l.Hash)
	return l, err
}

func scanCheckpoint(row scanner) (k audit.KeptCheckpoint, err error) {
	err = row.Scan(&k.Seq, &k.Statement)
	return k, err
}

func scanMark(row scanner) (m audit.Mark, err error) {
	err = row.Scan(&m.Name, &m.Rank, &m.Value)
	return m, err
}

// scanKept reads an entry with its place, and what else the row holds. A list of seats that is not as this package writes it is told and
// no error: somebody else wrote it.
func scanKept(row scanner, more ...any) (audit.Kept, error) {
	var k audit.Kept
	var seats string
	var at int64
	err := row.Scan(append([]any{
		&k.ID, &k.Type, &k.Showtime, &k.Booking, &k.User, &seats, &k.Request, &k.Payload, &at, &k.Position,
	}, more...)...)
	k.At = fromMillis(at)
	if decode(seats, &k.Seats) != nil || list(k.Seats) != seats {
		k.Fault = "its list of seats is not readable"
	}
	return k, err
}

// scanWhole is scanKept for a move, which carries nothing that is not readable.
func scanWhole(row scanner) (audit.Kept, error) {
	k, err := scanKept(row)
	if err == nil && k.Fault != "" {
		err = errors.New("entry " + k.ID + " of the record: " + k.Fault)
	}
	return k, err
}
