// Package app is the composition root: it makes the engines that the configuration names, hands them to the features, and runs
// everything until the process is told to stop. It is the only place that knows all parts.
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/avatar"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/config"
	"cinema/internal/hold"
	"cinema/internal/httpapi"
	"cinema/internal/lifecycle"
	"cinema/internal/live"
	"cinema/internal/oidc"
	"cinema/internal/payment/paymock"
	"cinema/internal/privacy"
	"cinema/internal/ratelimit"
	"cinema/internal/redisconn"
	"cinema/internal/store"
	"cinema/internal/telemetry"
	"cinema/internal/ticket"
)

// Options are what the command adds to the configuration.
type Options struct {
	Version   string
	Stderr    io.Writer // the log
	NoWorkers bool      // other processes run them
}

// Checks are the parts' own checks of the configuration, reported together with the others.
func Checks() []func(*config.Config) error {
	return []func(*config.Config) error{
		func(c *config.Config) error {
			if _, err := ratelimit.Parse(c.RateLimits); err != nil {
				return errors.New("RATE_LIMITS: " + err.Error())
			}
			return nil
		},
		func(c *config.Config) error {
			if _, err := redisconn.Addrs(c.RedisAddr); c.RedisAddr != "" && err != nil {
				return errors.New("REDIS_ADDR: " + err.Error())
			}
			return nil
		},
		func(c *config.Config) error {
			_, err := signingKeys(c)
			return err
		},
	}
}

// product is every part of a running process.
type product struct {
	cfg      *config.Config
	log      *slog.Logger
	clock    clock.Clock
	store    store.Backend
	redis    *redisconn.Conn // nil: holds are in this process's memory
	engine   hold.Engine
	lose     func() // empties the hold engine, for tests of the loss; nil: it cannot
	keeper   *hold.Keeper
	sweeper  *hold.Sweeper
	repair   *hold.AntiEntropy
	seats    *hold.Service
	catalog  *catalog.Service
	accounts *account.Service
	ring     *ticket.Ring
	provider *oidc.Provider // nil: nobody can sign in with one
	bookings *booking.Service
	record   *audit.Worker
	keys     *audit.Keys   // of the record, from outside the store
	vault    *audit.Vault  // seals what tells who somebody is
	sealer   *audit.Sealer // nil: other processes seal
	nightly  *audit.Nightly
	privacy  *privacy.Service
	hub      *live.Hub
	limiter  *ratelimit.Limiter
	avatars  *avatar.Service
	edge     *httpapi.Server
	version  string
	tracer   *telemetry.Tracer // nil: nothing is traced
	probe    *telemetry.Probe
	fatal    chan error // a part that cannot go on: the process ends with its error
}

// die ends the process; what was acknowledged is on the disk, and a new start reads it.
func (p *product) die(err error) {
	select {
	case p.fatal <- err:
	default:
	}
}

// Serve runs the product until the context ends.
func Serve(ctx context.Context, cfg *config.Config, o Options) error {
	if o.NoWorkers && !shared(cfg) {
		return errNotShared
	}
	log := telemetry.Logger(o.Stderr, cfg.LogLevel, cfg.LogFormat)
	announce(log, cfg)
	p := &product{cfg: cfg, log: log, clock: clock.System{}, version: o.Version, fatal: make(chan error, 1)}
	main, admin, err := p.listen(ctx)
	if err != nil {
		return err
	}
	if err := p.open(ctx, portOf(main)); err != nil {
		return errors.Join(err, main.Close(), closeIf(admin))
	}
	defer p.close()
	parts := []lifecycle.Part{p.always()}
	if !o.NoWorkers {
		parts = append(parts, p.workers(nil)...)
	}
	parts = append(parts, p.adminPart(admin), p.edgePart(main))
	log.Info("listening", "addr", main.Addr().String(), "admin", addressOf(admin), "url", urlOf(cfg, main))
	err = lifecycle.Run(ctx, parts...)
	log.Info("stopped")
	return err
}

// announce prints the effective configuration and what production would refuse.
func announce(log *slog.Logger, cfg *config.Config) {
	log.Info("configuration", "settings", strings.Join(cfg.Effective(), " "))
	log.Info("starting", "env", cfg.Env, "store", storeName(cfg), "holds", holdsName(cfg), "data_dir", cfg.DataDir, "demo_data", cfg.DemoData)
	if shared(cfg) && cfg.JWTSecret == "" {
		log.Warn("configuration", "warning", "JWT_SECRET is empty: each process makes its own, and tokens are good at one of them only")
	}
	if cfg.RedisAddr == "" && cfg.MongoURI != "" {
		log.Warn("configuration", "warning", "holds are in this process's memory while the store is shared: a second process would not see them (no seat can be sold twice even then)")
	}
	for _, w := range cfg.Warnings() {
		log.Warn("configuration", "warning", w)
	}
}

// open makes every part, the store first. On an error what was opened is closed again.
func (p *product) open(ctx context.Context, port int) (err error) {
	if err := p.openProbe(ctx); err != nil {
		return err
	}
	if err := p.openStore(ctx); err != nil {
		p.closeProbe()
		return err
	}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if err := p.openRecord(ctx); err != nil {
		return err
	}
	if p.cfg.DemoData != "off" {
		if err := seedDemo(ctx, p.store, p.clock, p.log); err != nil {
			return err
		}
	}
	p.catalog = catalog.New(p.store, p.clock)
	if err := p.openHolds(ctx); err != nil {
		return err
	}
	p.keeper = hold.NewKeeper(p.engine, booking.NewSource(p.store, p.catalog, p.clock))
	p.seats = hold.NewService(p.keeper, p.catalog, p.clock, hold.Limits{
		TTL: p.cfg.HoldTTL(), Extension: p.cfg.HoldExtension(), MaxHold: p.cfg.MaxHoldFor(), MaxSeats: p.cfg.MaxSeats,
	})
	secret, err := secretOf(p.cfg)
	if err != nil {
		return err
	}
	p.openLimiter(secret)
	if err := p.openSignIn(secret, port); err != nil {
		return err
	}
	tokenKeys, err := signingKeys(p.cfg)
	if err != nil {
		return err
	}
	p.accounts, err = account.New(account.Deps{
		Store: p.store, Clock: p.clock, AdminEmails: p.cfg.AdminEmails, Secret: secret, Previous: p.cfg.JWTPrevious, Development: p.cfg.Development(),
		DevRoles: demoRoles(p.cfg), SigningKeys: tokenKeys, Issuer: p.cfg.OIDCIssuer,
	})
	if err != nil {
		return err
	}
	return p.openSales(ctx, port)
}

// openSales makes what sells: payments, tickets, bookings, the live map and the edge.
func (p *product) openSales(ctx context.Context, port int) error {
	gateway := paymock.NewPlain(p.store, p.clock)
	if testTokens(p.cfg) {
		gateway = paymock.New(p.store, p.clock)
	}
	var err error
	if p.ring, err = ticket.OpenRing(ctx, p.store); err != nil {
		return err
	}
	p.bookings, err = booking.New(ctx, booking.Deps{
		Store: p.store, Holds: p.keeper, Programme: p.catalog, Gateway: gateway, Signer: p.ring, Clock: p.clock, Log: p.log,
		Limits: booking.Limits{
			MaxSeats: p.cfg.MaxSeats, MaxHold: p.cfg.MaxHoldFor(), PaymentWindow: p.cfg.PayWindow(), NoGuests: !p.cfg.GuestCheckout,
		},
	})
	if err != nil {
		return err
	}
	p.openAvatars()
	p.openPrivacy()
	p.hub = live.New(p.keeper, halls{p.catalog}, p.clock, p.log)
	return p.openEdge(gateway, port)
}

// close ends what holds files and goroutines, newest first. Safe when only a part was opened.
func (p *product) close() {
	if p.avatars != nil {
		p.avatars.Close()
	}
	if p.hub != nil {
		p.hub.Close()
	}
	if p.provider != nil {
		p.provider.Close()
	}
	if p.redis != nil {
		p.redis.Close()
	}
	if p.store != nil {
		if err := p.store.Close(); err != nil {
			p.log.Error("the store did not close cleanly", "error", err.Error())
		}
	}
	p.closeProbe()
}

// grace is how long a stopping server waits for requests in flight: longer than the money routes' own deadline.
const grace = 25 * time.Second
