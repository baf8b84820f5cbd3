package app

import (
	"context"

	"cinema/internal/audit"
	"cinema/internal/catalog"
	"cinema/internal/ident"
	"cinema/internal/privacy"
	"cinema/internal/store"
	"cinema/internal/telemetry"
)

// shows tells privacy what was played and when it was over.
type shows struct {
	catalog *catalog.Service
	store   store.Backend
}

// Detail is a showtime with what belongs to it.
func (s shows) Detail(ctx context.Context, id ident.Showtime) (*catalog.Detail, error) {
	return s.catalog.Detail(ctx, id)
}

// Showtimes lists the programme by start.
func (s shows) Showtimes(ctx context.Context, q catalog.ShowtimeQuery) ([]catalog.Showtime, error) {
	return s.store.Showtimes(ctx, q)
}

// openPrivacy makes what erases people and copies out what is kept of them.
func (p *product) openPrivacy() {
	p.privacy = privacy.New(privacy.Deps{
		Records: p.store, Accounts: p.accounts, Holds: p.keeper, Sales: p.bookings, Programme: shows{p.catalog, p.store},
		Record: audit.NewActions(p.store, p.vault, p.clock), Vault: p.vault, Pictures: p.avatars, Admins: p.cfg.AdminEmails, Keep: p.cfg.ContactsFor(),
		Clock: p.clock, Log: p.log,
	})
}

func (p *product) privacyCounters() []telemetry.Gauge {
	return []telemetry.Gauge{
		counter("cinema_erasures_total", "People erased.", func() uint64 { return p.privacy.Stats().Erased }),
		counter("cinema_contacts_blanked_total", "Bookings whose contact was kept long enough.", func() uint64 { return p.privacy.Stats().Blanked }),
		counter("cinema_privacy_failures_total", "Passes over erasures and contacts that failed and are repeated.", func() uint64 { return p.privacy.Stats().Failures }),
		{
			Name: "cinema_erasures_open", Help: "Erasures with something left to do; each is closed ten minutes after it was asked for.",
			Read: func() float64 { return float64(p.privacy.Stats().Open) },
		},
	}
}
