// Package storesqlite keeps the product in one SQLite file: the embedded store, no service needed.
//
// One connection writes, and acts that wait at the same time share one transaction and one flush of the disk (group commit);
// a small pool of connections reads. The file is in WAL mode with synchronous=FULL, so that what was answered survives a loss
// of power. A data folder belongs to one process at a time.
package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver registers itself

	"cinema/internal/clock"
	"cinema/internal/store"
)

// FileName is the database inside the data folder. To restore a backup, put the copy there under this name.
const FileName = "cinema.db"

const (
	defaultReaders = 4
	busyTimeout    = 5 * time.Second
)

// Options say where the store lives. Only Dir is required.
type Options struct {
	Dir    string       // the data folder; made when it is missing
	Clock  clock.Clock  // nil: the machine's
	Logger *slog.Logger // nil: discarded
	// Fatal is called once, from the writer, when a commit failed: what the disk holds is not known and nothing more is written.
	// The process is expected to end and to start again. It must not wait for Close, which waits for the writer. Nil: nothing
	// beyond the Unavailable answers.
	Fatal func(error)
	// Grouped is called after each commit with the number of acts that shared it, for metrics. It must not wait. Nil: nothing.
	Grouped func(acts int)
	Readers int // connections that read; zero: 4

	networkKind func(dir string) string // what the folder is on; nil: ask the system
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Fatal == nil {
		o.Fatal = func(error) {}
	}
	if o.Grouped == nil {
		o.Grouped = func(int) {}
	}
	if o.Readers <= 0 {
		o.Readers = defaultReaders
	}
	if o.networkKind == nil {
		o.networkKind = networkKind
	}
	return o
}

// Store is the embedded store.
type Store struct {
	chainReads

	dir   string
	clock clock.Clock
	log   *slog.Logger

	lock    *os.File
	writeDB *sql.DB
	readDB  *sql.DB
	writer  *writer
	reads   *reads
	writes  *writes
	scrubs  scrubbing

	position atomic.Int64 // the last place in the record that was given out

	closeOnce sync.Once
	closeErr  error
	wait      sync.WaitGroup // the writer's goroutine
}

var _ store.Backend = (*Store)(nil)

// Open takes the data folder for this process, brings the schema up to date and starts the writer. It refuses a folder that
// another process has, one on a network file system, and a file that a newer version wrote. Close must be called.
func Open(ctx context.Context, o Options) (*Store, error) {
	o = o.withDefaults()
	lock, err := takeFolder(o.Dir, o.networkKind)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: o.Dir, clock: o.Clock, log: o.Logger, lock: lock, chainReads: chainReads{&chainStatements{}}, reads: &reads{}, writes: &writes{}}
	if err := s.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open store in %s: %w", o.Dir, err), s.closeFiles())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, o Options) error {
	if err := createPrivately(filepath.Join(o.Dir, FileName)); err != nil {
		return err
	}
	var err error
	// A longer log than SQLite's own choice writes a page that changes often less often into the file; both bounds keep it short.
	logPages, logBytes := pragma("wal_autocheckpoint", "4000"), pragma("journal_size_limit", "67108864")
	if s.writeDB, err = sql.Open("sqlite", address(o.Dir, "rw", pragma("journal_mode", "WAL"), pragma("synchronous", "FULL"),
		pragma("secure_delete", "1"), logPages, logBytes)); err != nil {
		return err
	}
	s.writeDB.SetMaxOpenConns(1)
	if err := migrateUp(ctx, s.writeDB, o.Logger); err != nil {
		return err
	}
	if err := s.scrubAtStart(ctx); err != nil {
		return fmt.Errorf("scrub: %w", err)
	}
	if s.readDB, err = sql.Open("sqlite", address(o.Dir, "rw", pragma("query_only", "1"))); err != nil {
		return err
	}
	s.readDB.SetMaxOpenConns(o.Readers)
	s.readDB.SetMaxIdleConns(o.Readers)
	return s.start(ctx, o)
}

// start prepares every statement and the writer.
func (s *Store) start(ctx context.Context, o Options) error {
	queries, err := loadQueries(queryFiles)
	if err != nil {
		return err
	}
	conn, err := s.writeDB.Conn(ctx)
	if err != nil {
		return err
	}
	if _, err := prepare(ctx, conn, queries, s.writes); err != nil {
		return errors.Join(err, conn.Close())
	}
	for _, statements := range []any{s.reads, s.stmts} {
		if _, err := prepare(ctx, s.readDB, queries, statements); err != nil {
			return errors.Join(err, conn.Close())
		}
	}
	s.writer = &writer{
		conn: conn, stmts: s.writes, log: o.Logger, fatal: o.Fatal, grouped: o.Grouped,
		commit: func(ctx context.Context) error {
			_, err := s.writes.Commit.ExecContext(ctx)
			return err
		},
		queue: make(chan *request, queueSize), closing: make(chan struct{}), stopped: make(chan struct{}),
	}
	// The writer outlives the start: it ends with Close, after the acts that began.
	background := context.WithoutCancel(ctx)
	s.wait.Go(func() { s.writer.run(background) })
	return nil
}

// Ping tells whether the store answers.
func (s *Store) Ping(ctx context.Context) error {
	if s.writer.broken.Load() {
		return errBroken(nil)
	}
	var one int
	return s.read(s.readDB.QueryRowContext(ctx, "SELECT 1").Scan(&one))
}

// Close finishes the acts that wait, moves the log into the file and lets the folder go. A second call does nothing.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.writer.closing)
		s.wait.Wait()
		s.closeErr = s.closeFiles()
	})
	return s.closeErr
}

func (s *Store) closeFiles() error {
	errs := []error{closeStatements(s.reads), closeStatements(s.stmts), closeStatements(s.writes)}
	if s.readDB != nil {
		errs = append(errs, s.readDB.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.conn.Close())
	}
	if s.writeDB != nil {
		errs = append(errs, s.writeDB.Close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

// do runs an act and waits for its commit.
func (s *Store) do(ctx context.Context, a act) error { return s.writer.submit(ctx, a) }

// read translates the error of a read.
func (s *Store) read(err error) error { return translate(err) }

// next gives out places in the record: the order in which things that share an instant were written. They grow with the clock, in
// microseconds.
func (s *Store) next() int64 {
	for {
		last := s.position.Load()
		at := max(s.clock.Now().UnixMicro(), last+1)
		if s.position.CompareAndSwap(last, at) {
			return at
		}
	}
}

// now is the store's clock in the unit that it keeps.
func (s *Store) now() int64 { return toMillis(s.clock.Now()) }

func pragma(name, value string) string { return "_pragma=" + url.QueryEscape(name+"("+value+")") }

// address is the driver's name for the file. Pragmas hold for each connection; busy_timeout comes first, because the others may wait.
func address(dir, mode string, pragmas ...string) string {
	all := append([]string{
		"mode=" + mode,
		pragma("busy_timeout", fmt.Sprint(busyTimeout.Milliseconds())),
		pragma("foreign_keys", "1"),
		pragma("trusted_schema", "0"),
		pragma("cache_size", "-16384"), // KiB for each connection
		pragma("temp_store", "MEMORY"),
	}, pragmas...)
	return fileAddress(filepath.Join(dir, FileName), all...)
}

func fileAddress(path string, params ...string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: strings.Join(params, "&")}).String()
}

// createPrivately makes the file readable by its owner only: it holds people's addresses and signing keys. SQLite gives the log
// beside it the same mode. A new file's name is flushed with the folder, so that a loss of power does not take it.
func createPrivately(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), syncFolder(filepath.Dir(path)))
}
