package storesqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const lockName = "cinema.lock"

// ErrInUse says that another process has the data folder.
var ErrInUse = errors.New("the data folder is in use by another process")

// ErrNetworkFolder says that the data folder is on a file system whose locks and flushes SQLite can not rely on.
var ErrNetworkFolder = errors.New("the data folder is on a network file system")

// takeFolder makes the folder and locks it for this process. The lock ends with the file, so also with a killed process.
func takeFolder(dir string, networkKind func(string) string) (*os.File, error) {
	if dir == "" {
		return nil, errors.New("no data folder was named")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	if kind := networkKind(dir); kind != "" {
		return nil, fmt.Errorf("%w (%s): %s: choose a folder on a local disk", ErrNetworkFolder, kind, dir)
	}
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w%s: %s: stop that process, or start this one with another folder", ErrInUse, holderOf(path), dir)
		}
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := writeHolder(f); err != nil {
		return nil, errors.Join(fmt.Errorf("write %s: %w", path, err), f.Close())
	}
	return f, nil
}

// writeHolder leaves the process's id in the lock file: a help for people, the lock itself is the kernel's.
func writeHolder(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func holderOf(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (process %d)", pid)
}
