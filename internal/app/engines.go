package app

import (
	"context"
	"errors"
	"log/slog"

	"cinema/internal/audit"
	"cinema/internal/clock"
	"cinema/internal/config"
	"cinema/internal/hold/holdmem"
	"cinema/internal/hold/holdredis"
	"cinema/internal/redisconn"
	"cinema/internal/store"
	"cinema/internal/store/storecopy"
	"cinema/internal/store/storemongo"
	"cinema/internal/store/storesqlite"
)

// openHolds makes the hold engine that the configuration names, and the worker that records its events.
func (p *product) openHolds(ctx context.Context) error {
	d := audit.Deps{Store: p.store, Outbox: p.store, Clock: p.clock, Log: p.log}
	if p.cfg.RedisAddr == "" {
		e := holdmem.New(p.clock)
		d.Tap = audit.NewTap(p.probe.Holds(e))
		p.engine, p.lose = d.Tap, e.Lose
		p.record = audit.New(d)
		return nil
	}
	addrs, err := redisconn.Addrs(p.cfg.RedisAddr)
	if err != nil {
		return errors.New("REDIS_ADDR: " + err.Error())
	}
	p.redis, err = redisconn.Open(ctx, redisconn.Options{
		Mode: redisconn.Mode(p.cfg.RedisMode), Addrs: addrs, Master: p.cfg.RedisMaster, Password: p.cfg.RedisPassword, Clock: p.clock, Log: p.log,
	})
	if err != nil {
		return err
	}
	e := holdredis.New(holdredis.Options{Conn: p.redis, Clock: p.clock})
	d.Streams, d.Announcer = e, e
	p.engine = p.probe.Holds(e)
	p.record = audit.New(d)
	return nil
}

// pingHolds tells whether the hold engine answers.
func (p *product) pingHolds(ctx context.Context) error {
	if p.redis == nil {
		return nil
	}
	return p.redis.Ping(ctx)
}

// openStore opens the store that the configuration names and proves that it refuses what it must refuse.
func (p *product) openStore(ctx context.Context) error {
	s, err := openBackend(ctx, p.cfg, p.clock, p.log, p.die)
	if err != nil {
		return err
	}
	p.store = p.probe.Store(s)
	if err := errors.Join(refuseHalfCopied(ctx, s), s.Canary(ctx)); err != nil {
		p.close()
		return err
	}
	return nil
}

// refuseHalfCopied keeps the target of a copy that did not end from serving: a part of its facts is missing.
func refuseHalfCopied(ctx context.Context, s store.Backend) error {
	m, ok := s.(storecopy.Backend)
	if !ok {
		return nil
	}
	unfinished, err := storecopy.Unfinished(ctx, m)
	if err == nil && unfinished {
		err = errors.New("this store is the target of a copy that did not end: give the same cinema copy command again")
	}
	return err
}

// openBackend opens the store without using it. fatal is called when it cannot go on.
func openBackend(ctx context.Context, cfg *config.Config, c clock.Clock, log *slog.Logger, fatal func(error)) (store.Backend, error) {
	if cfg.MongoURI != "" {
		return storemongo.Open(ctx, storemongo.Options{URI: cfg.MongoURI, AllowStandalone: cfg.MongoStandalone, Clock: c, Logger: log})
	}
	return storesqlite.Open(ctx, storesqlite.Options{Dir: cfg.DataDir, Clock: c, Logger: log, Fatal: fatal})
}

// shared tells whether other processes may stand on the same engines.
func shared(cfg *config.Config) bool { return cfg.RedisAddr != "" && cfg.MongoURI != "" }

func holdsName(cfg *config.Config) string {
	if cfg.RedisAddr != "" {
		return "redis"
	}
	return "memory"
}

func storeName(cfg *config.Config) string {
	if cfg.MongoURI != "" {
		return "mongo"
	}
	return "sqlite"
}
