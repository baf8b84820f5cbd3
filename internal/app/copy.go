package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"cinema/internal/clock"
	"cinema/internal/store/storecopy"
	"cinema/internal/store/storemongo"
	"cinema/internal/store/storesqlite"
)

// movable is a store that can be copied and closed.
type movable interface {
	storecopy.Backend
	Close() error
}

// CopyOptions say what is copied where.
type CopyOptions struct {
	From, To        string // "sqlite:FOLDER" or "mongodb://…"
	AllowStandalone bool   // a MongoDB that is no replica set, for tests
}

// Copy moves everything from one store into an empty other one and compares them. Nobody may use either meanwhile. A repeat goes on
// where an interrupted one ended.
func Copy(ctx context.Context, o CopyOptions, w io.Writer) (err error) {
	from, err := openAddress(ctx, o.From, o.AllowStandalone, true)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := openAddress(ctx, o.To, o.AllowStandalone, false)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	result, err := storecopy.Copy(ctx, from, to, copyProgress(w))
	fmt.Fprintln(w)
	if err != nil {
		return err
	}
	how := "copied"
	if result.Resumed {
		how = "copied, going on where an earlier copy ended"
	}
	rows := 0
	for _, n := range result.Rows {
		rows += n
	}
	fmt.Fprintf(w, "%s: %d rows, equal on both sides (checksum %s)\n", how, rows, result.Checksum)
	return nil
}

// openAddress opens a store by its address. A source must exist already.
func openAddress(ctx context.Context, address string, standalone, source bool) (movable, error) {
	if dir, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if _, err := os.Stat(filepath.Join(dir, storesqlite.FileName)); source && err != nil {
			return nil, fmt.Errorf("there is no store in %s", dir)
		}
		return storesqlite.Open(ctx, storesqlite.Options{Dir: dir, Clock: clock.System{}, Logger: slog.New(slog.DiscardHandler)})
	}
	if strings.HasPrefix(address, "mongodb://") || strings.HasPrefix(address, "mongodb+srv://") {
		return storemongo.Open(ctx, storemongo.Options{URI: address, AllowStandalone: standalone, Clock: clock.System{}})
	}
	return nil, errors.New("the address is sqlite:FOLDER or mongodb://…")
}

// barWidth is how many characters the progress bar has.
const barWidth = 30

// copyProgress draws one bar a table, written over as it grows.
func copyProgress(w io.Writer) func(storecopy.Progress) {
	last := ""
	return func(p storecopy.Progress) {
		name := fmt.Sprintf("%s %s", p.Phase, p.Table)
		if last != "" && last != name {
			fmt.Fprintln(w)
		}
		last = name
		full := barWidth * p.Done / max(p.Total, 1)
		fmt.Fprintf(w, "\r%-32s [%s%s] %d/%d", name, strings.Repeat("#", full), strings.Repeat(".", barWidth-min(full, barWidth)), p.Done, p.Total)
	}
}
