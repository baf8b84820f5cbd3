package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// What is deleted is overwritten at once (secure_delete). Two things stay behind: older states of pages in the log, and copies that a
// page keeps beyond its rows when SQLite moves rows between pages. The first go by emptying the log, the second by writing the whole
// file anew, which takes about 20 ms for each MB and lets no other write in meanwhile: it is done in a quiet minute, or at the start.

const (
	// rewriteMost bounds the file that is written anew beside the work, in bytes.
	rewriteMost = 128 << 20
	quietFor    = time.Minute
	quietActs   = 5 // of housekeeping
)

// scrubbing is what Scrub remembers from call to call.
type scrubbing struct {
	mu   sync.Mutex // guards all below
	at   time.Time
	acts int64
}

// quiet tells whether next to nothing was written for a minute.
func (q *scrubbing) quiet(now time.Time, acts int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.at.IsZero() && now.Sub(q.at) < quietFor {
		return false
	}
	quiet := !q.at.IsZero() && acts-q.acts <= quietActs
	q.at, q.acts = now, acts
	return quiet
}

// soil notes in an act that something was taken away that must not be found in the file any more. The count lives in the file's header.
func (s *Store) soil(ctx context.Context) error {
	n, err := soiled(ctx, s.writer.conn)
	if err != nil {
		return err
	}
	_, err = s.writer.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", n%(1<<30)+1))
	return err
}

// querier is a connection or a pool of them.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func soiled(ctx context.Context, q querier) (n int, err error) {
	err = q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&n)
	return n, err
}

// Scrub takes what was deleted off the disk: it empties the log, and writes the file anew when that is due, the file is small enough and
// nobody has written for a minute; it is to be called about once a minute. A reader of an old state keeps the log for longer; then a
// later call does it. Without anything to do it costs one read.
func (s *Store) Scrub(ctx context.Context) error {
	n, err := soiled(ctx, s.readDB)
	if err != nil || n == 0 {
		return s.read(err)
	}
	if s.scrubs.quiet(s.clock.Now(), s.writer.acts.Load()) {
		info, err := os.Stat(filepath.Join(s.dir, FileName))
		if err != nil {
			return err
		}
		if info.Size() <= rewriteMost {
			if err := s.read(rewrite(ctx, s.dir)); err != nil {
				return err
			}
		}
	}
	return s.read(emptyLog(ctx, s.readDB))
}

func emptyLog(ctx context.Context, q querier) error {
	var busy, pages, moved int
	return q.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
}

// rewrite writes the whole file anew, and notes that this is done unless something more was taken away meanwhile.
func rewrite(ctx context.Context, dir string) (err error) {
	db, err := sql.Open("sqlite", address(dir, "rw"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	before, err := soiled(ctx, db)
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "VACUUM"); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	after, err := soiled(ctx, tx)
	if err == nil && after == before {
		_, err = tx.ExecContext(ctx, "PRAGMA user_version = 0")
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// scrubAtStart writes a file anew that is too large to do so beside the work.
func (s *Store) scrubAtStart(ctx context.Context) error {
	n, err := soiled(ctx, s.writeDB)
	if err != nil || n == 0 {
		return err
	}
	info, err := os.Stat(filepath.Join(s.dir, FileName))
	if err != nil || info.Size() <= rewriteMost {
		return err
	}
	s.log.InfoContext(ctx, "the file is written anew, because people were erased", "megabytes", info.Size()>>20)
	return rewrite(ctx, s.dir)
}
