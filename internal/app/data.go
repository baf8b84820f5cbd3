package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"cinema/internal/account"
	"cinema/internal/clock"
	"cinema/internal/config"
	"cinema/internal/demo"
	"cinema/internal/store"
	"cinema/internal/store/storemongo"
	"cinema/internal/store/storesqlite"
	"cinema/internal/telemetry"
	"cinema/internal/ticket"
)

// SeedOptions say how to seed.
type SeedOptions struct {
	Reset bool // delete the demonstration data first
	Bare  bool // the programme without sales
}

// Seed writes the demonstration cinema into the store; no server may be using it. Progress goes to w.
func Seed(ctx context.Context, cfg *config.Config, o SeedOptions, w io.Writer) error {
	log := telemetry.Logger(w, cfg.LogLevel, cfg.LogFormat)
	store, err := openBackend(ctx, cfg, clock.System{}, log, nil)
	if err != nil {
		return err
	}
	d := demoDeps(store, clock.System{}, log)
	d.Progress = progress(w)
	d.Signer, err = ticket.OpenRing(ctx, store)
	if err == nil {
		err = demo.Seed(ctx, d, demo.Options{Reset: o.Reset, Bare: o.Bare})
	}
	if closed := store.Close(); err == nil {
		err = closed
	}
	return err
}

// progress draws one line that is written over; the last one stays.
func progress(w io.Writer) func(done, total int, what string) {
	return func(done, total int, what string) {
		end := ""
		if done == total {
			end = "\n"
		}
		fmt.Fprintf(w, "\r\033[K%3d %%  %s%s", 100*done/max(total, 1), what, end)
	}
}

// wiper is a store that can be emptied for the demonstration.
type wiper interface {
	Wipe(ctx context.Context) error
}

func demoDeps(s store.Backend, c clock.Clock, log *slog.Logger) demo.Deps {
	d := demo.Deps{Catalog: s, Sales: s, Users: s, Clock: c, Log: log}
	if w, ok := s.(wiper); ok {
		d.Wipe = w.Wipe
	}
	return d
}

// seedDemo fills an empty store or tops it up, before the product serves.
func seedDemo(ctx context.Context, store store.Backend, c clock.Clock, log *slog.Logger) error {
	d := demoDeps(store, c, log)
	ring, err := ticket.OpenRing(ctx, store)
	if err != nil {
		return err
	}
	d.Signer = ring
	began := c.Now()
	if err := demo.Seed(ctx, d, demo.Options{}); err != nil {
		return fmt.Errorf("demonstration data: %w", err)
	}
	log.Info("demonstration data is there", "took", c.Now().Sub(began).Round(time.Millisecond).String())
	return nil
}

// Migrate brings the schema up to date and lists its steps.
func Migrate(ctx context.Context, cfg *config.Config, w io.Writer) error {
	if cfg.MongoURI != "" {
		steps, err := storemongo.Migrate(ctx, mongoOptions(cfg))
		if err != nil {
			return err
		}
		listMongo(w, steps)
		return nil
	}
	steps, err := storesqlite.Migrate(ctx, storesqlite.Options{Dir: cfg.DataDir})
	if err != nil {
		return err
	}
	list(w, steps)
	return nil
}

// MigrateStatus lists the steps of the schema and when each was applied. It changes nothing.
func MigrateStatus(ctx context.Context, cfg *config.Config, w io.Writer) error {
	if cfg.MongoURI != "" {
		steps, err := storemongo.MigrateStatus(ctx, mongoOptions(cfg))
		if err != nil {
			return err
		}
		listMongo(w, steps)
		return nil
	}
	steps, err := storesqlite.MigrateStatus(ctx, cfg.DataDir)
	if err != nil {
		return err
	}
	list(w, steps)
	return nil
}

func mongoOptions(cfg *config.Config) storemongo.Options {
	return storemongo.Options{URI: cfg.MongoURI, AllowStandalone: cfg.MongoStandalone}
}

func list(w io.Writer, steps []storesqlite.Migration) {
	for _, s := range steps {
		listStep(w, s.Version, s.Name, s.Applied)
	}
}

func listMongo(w io.Writer, steps []storemongo.Migration) {
	for _, s := range steps {
		listStep(w, int64(s.Version), s.Name, s.Applied)
	}
}

func listStep(w io.Writer, version int64, name string, applied time.Time) {
	state := "pending"
	if !applied.IsZero() {
		state = "applied " + applied.UTC().Format(time.RFC3339)
	}
	fmt.Fprintf(w, "%04d %-28s %s\n", version, name, state)
}

// Backup writes a consistent copy of the store, beside a running server too.
func Backup(ctx context.Context, cfg *config.Config, target string) error {
	if cfg.MongoURI != "" {
		return errors.New("backup copies the embedded store; MongoDB has mongodump --oplog for that")
	}
	if _, err := os.Stat(cfg.DataDir); err != nil {
		return fmt.Errorf("DATA_DIR: %w", err)
	}
	return storesqlite.Backup(ctx, cfg.DataDir, target)
}

// demoRoles are the rights of the people whom the sign-in page of a demonstration offers.
func demoRoles(cfg *config.Config) map[string]account.Role {
	if !cfg.Development() || cfg.DemoData == "off" {
		return nil
	}
	return map[string]account.Role{
		"clerk@example.com": account.RoleStaff, "manager@example.com": account.RoleManager, "admin@example.com": account.RoleAdmin,
	}
}
