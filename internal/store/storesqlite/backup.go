package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrTargetExists says that a backup would have overwritten something.
var ErrTargetExists = errors.New("the backup's target exists already")

// Backup writes a consistent copy of the running store to a new file. Sales go on meanwhile.
func (s *Store) Backup(ctx context.Context, target string) error { return Backup(ctx, s.dir, target) }

// Backup writes a consistent copy of the store in a data folder to a new file, also while another process serves from that
// folder: it reads one snapshot and takes no lock that a writer waits for. The copy is checked, flushed and only then given its
// name, so that a file with the target's name is a whole backup. An existing target is refused with ErrTargetExists.
func Backup(ctx context.Context, dir, target string) (err error) {
	if _, err := os.Lstat(target); err == nil {
		return fmt.Errorf("%w: %s", ErrTargetExists, target)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at backup target: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, FileName)); err != nil {
		return fmt.Errorf("no store in %s: %w", dir, err)
	}
	part, err := os.CreateTemp(filepath.Dir(target), filepath.Base(target)+".*.part") // mode 0600
	if err != nil {
		return fmt.Errorf("make backup file: %w", err)
	}
	defer func() { err = errors.Join(err, part.Close(), os.Remove(part.Name())) }()
	if err := copyInto(ctx, dir, part.Name()); err != nil {
		return fmt.Errorf("copy store: %w", err)
	}
	if err := checkCopy(ctx, part.Name()); err != nil {
		return fmt.Errorf("check backup: %w", err)
	}
	if err := part.Sync(); err != nil {
		return fmt.Errorf("flush backup: %w", err)
	}
	if err := os.Link(part.Name(), target); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%w: %s", ErrTargetExists, target)
		}
		return fmt.Errorf("name backup: %w", err)
	}
	return syncFolder(filepath.Dir(target))
}

// copyInto runs VACUUM INTO, which accepts an empty file.
func copyInto(ctx context.Context, dir, target string) (err error) {
	db, err := sql.Open("sqlite", address(dir, "ro"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, "VACUUM INTO ?1", target)
	return err
}

func checkCopy(ctx context.Context, path string) (err error) {
	db, err := sql.Open("sqlite", fileAddress(path, "mode=ro", "immutable=1"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return errors.New(verdict)
	}
	return nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
