package app

import (
	"context"
	"log/slog"

	"cinema/internal/clock"
	"cinema/internal/config"
	"cinema/internal/hold/holdmem"
	"cinema/internal/store"
	"cinema/internal/store/storesqlite"
)

// openHolds makes the hold engine that the configuration names.
func (p *product) openHolds() {
	e := holdmem.New(p.clock)
	p.engine, p.lose = p.probe.Holds(e), e.Lose
}

// openStore opens the store that the configuration names and proves that it refuses what it must refuse.
func (p *product) openStore(ctx context.Context) error {
	s, err := openBackend(ctx, p.cfg, p.clock, p.log, p.die)
	if err != nil {
		return err
	}
	p.store = p.probe.Store(s)
	if err := s.Canary(ctx); err != nil {
		p.close()
		return err
	}
	return nil
}

// openBackend opens the store without using it. fatal is called when it cannot go on.
func openBackend(ctx context.Context, cfg *config.Config, c clock.Clock, log *slog.Logger, fatal func(error)) (store.Backend, error) {
	return storesqlite.Open(ctx, storesqlite.Options{Dir: cfg.DataDir, Clock: c, Logger: log, Fatal: fatal})
}
