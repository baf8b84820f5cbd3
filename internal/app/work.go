package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cinema/internal/clock"
	"cinema/internal/config"
	"cinema/internal/lifecycle"
	"cinema/internal/telemetry"
)

// errNotShared says that the workers cannot leave the process.
var errNotShared = errors.New("workers can only run apart from the server on shared engines: set REDIS_ADDR and MONGO_URI")

// Work runs workers without serving, until the context ends. only names them; empty: all. Any number of such processes may run.
func Work(ctx context.Context, cfg *config.Config, o Options, only []string) error {
	for _, name := range only {
		if !slices.Contains(workerNames, name) {
			return fmt.Errorf("there is no worker %q; there are %s", name, strings.Join(workerNames, ", "))
		}
	}
	if !shared(cfg) {
		return errNotShared
	}
	if len(only) == 0 {
		only = workerNames
	}
	log := telemetry.Logger(o.Stderr, cfg.LogLevel, cfg.LogFormat)
	announce(log, cfg)
	p := &product{cfg: cfg, log: log, clock: clock.System{}, version: o.Version, fatal: make(chan error, 1)}
	admin, err := p.listenAdmin(ctx)
	if err != nil {
		return err
	}
	if err := p.open(ctx, 0); err != nil {
		return errors.Join(err, closeIf(admin))
	}
	defer p.close()
	log.Info("working", "workers", strings.Join(only, ","), "admin", addressOf(admin))
	err = lifecycle.Run(ctx, append(append([]lifecycle.Part{p.always()}, p.workers(only)...), p.adminPart(admin))...)
	log.Info("stopped")
	return err
}
