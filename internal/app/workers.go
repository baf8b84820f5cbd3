package app

import (
	"context"
	"slices"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/demo"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/lifecycle"
)

// workerNames are the workers that can run in processes of their own.
var workerNames = []string{"audit", "outbox", "reconciler", "sweeper"}

// always is the part that ends the process when the store cannot go on.
func (p *product) always() lifecycle.Part {
	return lifecycle.Part{Name: "store", Run: func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return nil
		case err := <-p.fatal:
			return err
		}
	}}
}

// workers are what a process does beside answering: each ends with its context. only names those that run; empty: all.
func (p *product) workers(only []string) []lifecycle.Part {
	wanted := func(name string) bool { return len(only) == 0 || slices.Contains(only, name) }
	var parts []lifecycle.Part
	if wanted("audit") || wanted("outbox") { // first to start, last to stop: it writes what the others did
		parts = append(parts, p.sealing()...)
		parts = append(parts, lifecycle.Part{Name: "audit", Run: p.record.Run})
	}
	if wanted("reconciler") {
		p.repair = hold.NewAntiEntropy(p.keeper, p.catalog, claims{p.store}, p.clock, p.log)
		parts = append(parts,
			lifecycle.Part{Name: "reconciler", Run: p.bookings.Run},
			lifecycle.Part{Name: "anti-entropy", Run: func(ctx context.Context) error { return p.repair.Run(ctx, p.onSale) }},
			lifecycle.Part{Name: "housekeeping", Run: p.housekeep},
			lifecycle.Part{Name: "privacy", Run: p.privacy.Run})
	}
	if wanted("sweeper") {
		p.sweeper = hold.NewSweeper(p.keeper, p.clock, p.log).Belt(p.onSale)
		parts = append(parts, lifecycle.Part{Name: "sweeper", Run: p.sweeper.Run})
	}
	if len(only) == 0 {
		parts = append(parts, p.demoParts()...)
	}
	return parts
}

// demoParts keep the demonstration going.
func (p *product) demoParts() []lifecycle.Part {
	var parts []lifecycle.Part
	if p.cfg.DemoData != "off" {
		parts = append(parts, lifecycle.Part{Name: "demo", Run: func(ctx context.Context) error {
			d := demoDeps(p.store, p.clock, p.log)
			d.Signer = p.ring
			return demo.Run(ctx, d, demo.Options{})
		}})
	}
	if p.cfg.DemoData == "lively" {
		parts = append(parts, lifecycle.Part{Name: "lively", Run: p.lively})
	}
	return parts
}

// onSale lists the showtimes that may be bought now or soon.
func (p *product) onSale(ctx context.Context) ([]ident.Showtime, error) {
	now := p.clock.Now()
	q := catalog.ShowtimeQuery{From: now.Add(-time.Hour), To: now.Add(8 * 24 * time.Hour), Limit: 200}
	var out []ident.Showtime
	for len(out) < maxOnSale {
		page, err := p.store.Showtimes(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, s := range page {
			if s.Sale(now) == catalog.OnSale {
				out = append(out, s.ID)
			}
			q.After = catalog.Place{StartsAt: s.StartsAt, ID: s.ID}
		}
		if len(page) < q.Limit {
			break
		}
	}
	return out, nil
}

// maxOnSale bounds one walk over the programme.
const maxOnSale = 20000

// Housekeeping periods.
const (
	tidyEvery   = 10 * time.Minute
	sessionLife = 31 * 24 * time.Hour // longer than any session lives
)

// housekeep deletes what has run out: sessions, tokens and the answers kept for repeated requests.
func (p *product) housekeep(ctx context.Context) error {
	for {
		now := p.clock.Now()
		if _, err := p.store.DropSessions(ctx, now.Add(-sessionLife)); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "old sessions were not deleted", "error", err.Error())
		}
		if _, err := p.store.DropEnded(ctx, now); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "what ended was not deleted", "error", err.Error())
		}
		if _, err := p.store.DropRequests(ctx, now); err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "old request records were not deleted", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-p.clock.After(tidyEvery):
		}
	}
}

// lively makes the demonstration's halls move.
func (p *product) lively(ctx context.Context) error {
	l, err := demo.NewLively(p.catalog, locker{p.seats}, clock.System{}, demo.Options{})
	if err != nil {
		return err
	}
	return l.Run(ctx)
}

// locker holds seats as a customer would.
type locker struct{ seats *hold.Service }

// Lock takes seats for a user of the demonstration.
func (l locker) Lock(ctx context.Context, user ident.User, showtime ident.Showtime, request ident.Request, seats []ident.Seat) error {
	_, err := l.seats.Lock(ctx, hold.Caller{User: user}, showtime, request, seats)
	return err
}

// Release gives them back.
func (l locker) Release(ctx context.Context, user ident.User, showtime ident.Showtime, request ident.Request, seats []ident.Seat) error {
	_, err := l.seats.Release(ctx, hold.Caller{User: user}, showtime, request, seats)
	return err
}
