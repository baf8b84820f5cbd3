package storesqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewer says that the file was written by a newer version of the program, which must not be followed by an older one.
var ErrNewer = errors.New("the database was written by a newer version of this program")

// Migration is one step of the schema.
type Migration struct {
	Version int64
	Name    string
	Applied time.Time // zero: pending
}

func newProvider(db *sql.DB, log *slog.Logger) (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithSlog(log), goose.WithDisableGlobalRegistry(true))
}

// migrateUp applies what is pending, each step in a transaction of its own.
func migrateUp(ctx context.Context, db *sql.DB, log *slog.Logger) error {
	p, err := newProvider(db, log)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if current > target {
		return fmt.Errorf("%w (schema %d, this one knows %d)", ErrNewer, current, target)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Migrate brings the schema in the data folder up to date, without starting the store. The folder must not be in use.
func Migrate(ctx context.Context, o Options) ([]Migration, error) {
	s, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return MigrateStatus(ctx, o.Dir)
}

// MigrateStatus lists every step and when it was applied. It only reads, so that it works beside a running process, and a folder
// without a database has every step pending.
func MigrateStatus(ctx context.Context, dir string) (steps []Migration, err error) {
	steps, err = listMigrations()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, FileName)); errors.Is(err, fs.ErrNotExist) {
		return steps, nil
	}
	db, err := sql.Open("sqlite", address(dir, "ro", pragma("query_only", "1")))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	applied, err := appliedMigrations(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("read schema version: %w", err)
	}
	for i := range steps {
		steps[i].Applied = applied[steps[i].Version]
	}
	return steps, nil
}

func listMigrations() (steps []Migration, err error) {
	// The provider wants a pool to talk to; listing the files opens no connection of it.
	db, err := sql.Open("sqlite", "file::memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := newProvider(db, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	for _, s := range p.ListSources() {
		steps = append(steps, Migration{Version: s.Version, Name: filepath.Base(s.Path)})
	}
	return steps, nil
}

func appliedMigrations(ctx context.Context, db *sql.DB) (map[int64]time.Time, error) {
	var there bool
	const table = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'goose_db_version')"
	if err := db.QueryRowContext(ctx, table).Scan(&there); err != nil || !there {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, "SELECT version_id, unixepoch(tstamp) FROM goose_db_version WHERE is_applied = 1")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	applied := make(map[int64]time.Time)
	for rows.Next() {
		var version, at int64
		if err := rows.Scan(&version, &at); err != nil {
			return nil, err
		}
		applied[version] = time.Unix(at, 0).UTC()
	}
	return applied, rows.Err()
}
