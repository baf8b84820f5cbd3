package app

import (
	"context"
	"io/fs"
	"strconv"
	"time"

	"cinema/internal/audit"
	"cinema/internal/avatar"
	"cinema/internal/config"
	"cinema/internal/egress"
	"cinema/internal/httpapi"
	"cinema/internal/payment/paymock"
	"cinema/internal/ratelimit"
	"cinema/internal/ratelimit/ratelimitredis"
	"cinema/web"
)

// openEdge makes the HTTP and WebSocket side.
func (p *product) openEdge(mock *paymock.Gateway, port int) error {
	rules, err := ratelimit.Parse(p.cfg.RateLimits)
	if err != nil {
		return err
	}
	pages, err := fs.Sub(web.Dist, "dist")
	if err != nil {
		return err
	}
	var bank httpapi.Bank
	if testTokens(p.cfg) {
		bank = mock
	}
	p.edge, err = httpapi.New(httpapi.Deps{
		Settings: p.settings(port), Clock: p.clock, Log: p.log, Accounts: p.accounts, Catalog: p.catalog, Seats: p.seats, Bookings: p.bookings,
		Live: p.hub, Audit: p.store, Actions: audit.NewActions(p.store, p.vault, p.clock), Vault: p.vault, Chain: p.chainState, Privacy: p.privacy, Answers: p.store, Rules: rules, Bank: bank, Pages: pages,
		Holds: p.pingHolds, Store: p.store.Ping, Observe: p.observe, Limiter: p.limiter, SignIn: p.signIn(), Avatars: p.avatars,
	})
	return err
}

// maxPicture bounds the file behind a picture's address, in bytes; fetchTime how long it may take to come.
const (
	maxPicture = 1 << 20
	fetchTime  = 3 * time.Second
)

// openAvatars makes what fetches people's pictures.
func (p *product) openAvatars() {
	client := egress.New(egress.Options{Timeout: fetchTime, MaxBody: maxPicture})
	p.avatars = avatar.New(avatar.Deps{Clock: p.clock, Log: p.log, Fetch: func(ctx context.Context, address string) ([]byte, error) {
		a, err := egress.Get(ctx, client, address, "image/png, image/jpeg, image/gif;q=0.5")
		return a.Body, err
	}})
}

// openLimiter makes what counts requests: with Redis for all processes together, else for this one.
func (p *product) openLimiter(secret string) {
	o := ratelimit.Options{Clock: p.clock, Log: p.log}
	if p.redis != nil {
		o.Shared = ratelimitredis.New(ratelimitredis.Options{Conn: p.redis, Secret: secret})
	}
	p.limiter = ratelimit.New(o)
}

// testTokens tells whether cards that decline, wait or ask a pretend bank are taken: a convenience of development.
func testTokens(c *config.Config) bool { return c.PaymentProvider == "mock" && c.Development() }

func (p *product) settings(port int) httpapi.Settings {
	c := p.cfg
	return httpapi.Settings{
		Development: c.Development(), Env: c.Env, Port: strconv.Itoa(port), Version: p.version, HoldEngine: holdsName(c), StoreEngine: storeName(c),
		FrontendURL: c.FrontendURL, Origins: c.CORSOrigins, Proxies: c.Proxies, GuestCheckout: c.GuestCheckout, Demo: c.DemoData != "off",
		Provider: c.PaymentProvider, TestTokens: testTokens(c), Google: c.Google(), WSQueryToken: c.WSQueryToken,
		Limits: httpapi.SaleLimits{
			MaxSeats: c.MaxSeats, Hold: c.HoldTTL(), Extension: c.HoldExtension(), MaxHold: c.MaxHoldFor(), PaymentWindow: c.PayWindow(),
		},
	}
}

// OpenAPI is the API contract. It needs no configuration and no store.
func OpenAPI() ([]byte, error) { return httpapi.OpenAPI() }
