package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/httpapi"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment/paymock"
	"cinema/internal/privacy"
	"cinema/internal/ratelimit"
	"cinema/internal/store/storesqlite"
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "edge")
	if err != nil {
		panic(err)
	}
	template = filepath.Join(dir, "template")
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// template is a store that holds the fixture, made by the first test that needs it: migrations are most of a set-up's time.
var (
	template     string
	templateOnce sync.Once
)

// newStore opens a copy of the template.
func newStore(t testing.TB, c clock.Clock) *storesqlite.Store {
	t.Helper()
	ctx := context.Background()
	templateOnce.Do(func() {
		s, err := storesqlite.Open(ctx, storesqlite.Options{Dir: template, Clock: c})
		require.NoError(t, err)
		require.NoError(t, s.SaveProgramme(ctx, programme(t)))
		require.NoError(t, s.Close())
	})
	dir := t.TempDir()
	raw, err := os.ReadFile(filepath.Join(template, storesqlite.FileName))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, storesqlite.FileName), raw, 0o600))
	s, err := storesqlite.Open(ctx, storesqlite.Options{Dir: dir, Clock: c})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// Showtimes of the fixture, all in the same hall of three rows of ten: A is ordinary, B1+B2 are a couple seat, C1 is a wheelchair
// space with its companion C2, A10 is out of sale.
const (
	onSale   = "st_sale"
	later    = "st_later"
	notYet   = "st_notyet"
	closed   = "st_closed"
	stranger = "st_nowhere"
)

var start = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// bench is a whole edge on real engines, in memory and in a temporary folder.
type bench struct {
	t        testing.TB
	clock    *clock.Fake
	store    *storesqlite.Store
	accounts *account.Service
	catalog  *catalog.Service
	server   *httpapi.Server
	engine   *holdmem.Engine
	keeper   *hold.Keeper
	bank     *paymock.Gateway
	bookings *booking.Service
	privacy  *privacy.Service
	url      string
	log      *journal
	keys     *audit.Keys
	vault    *audit.Vault
	contract *contract // set: every answer is held against the document
}

type option func(*httpapi.Deps)

func setup(t testing.TB, options ...option) *bench {
	t.Helper()
	return setupWith(t, func(*account.Deps) {}, options...)
}

// setupWith is setup with another account service.
func setupWith(t testing.TB, change func(*account.Deps), options ...option) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock.NewFake(start), log: &journal{}}
	b.store = newStore(t, b.clock)
	var err error
	b.keys, err = audit.NewKeys()
	require.NoError(t, err)
	b.vault = audit.NewVault(b.store, b.keys, b.clock)

	d := httpapi.Deps{
		Settings: httpapi.Settings{
			Development: true, Env: "development", Port: "8080", Version: "test", HoldEngine: "memory", StoreEngine: "sqlite",
			GuestCheckout: true, Provider: "mock", TestTokens: true,
			Limits: httpapi.SaleLimits{MaxSeats: 8, Hold: 5 * time.Minute, Extension: 2 * time.Minute, MaxHold: 25 * time.Minute, PaymentWindow: 10 * time.Minute},
		},
		Clock: b.clock, Log: slog.New(slog.NewJSONHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Audit: b.store, Actions: audit.NewActions(b.store, b.vault, b.clock), Vault: b.vault,
		Chain: func(ctx context.Context) (audit.ChainState, error) { return audit.ReadState(ctx, b.store, b.keys) }, Answers: b.store, Rules: ratelimit.Rules{Off: true},
		Holds: func(context.Context) error { return nil }, Store: b.store.Ping,
		Pages: fstest.MapFS{
			"index.html":            {Data: []byte("<!doctype html><title>Lumen</title>")},
			"assets/app-1234.js":    {Data: []byte("export {}")},
			"assets/app-1234.js.gz": {Data: []byte("packed")},
			"icon.svg":              {Data: []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")},
			".vite/manifest.json":   {Data: []byte("{}")},
			"docs/swagger-ui.css":   {Data: []byte("body{}")},
		},
	}
	for _, o := range options {
		o(&d)
	}
	deps := account.Deps{
		Store: b.store, Clock: b.clock, Secret: "0123456789abcdef0123456789abcdef", AdminEmails: []string{"Boss@Example.com"},
		Development: d.Settings.Development,
	}
	change(&deps)
	b.accounts, err = account.New(deps)
	require.NoError(t, err)
	b.catalog = catalog.New(b.store, b.clock)
	d.Accounts, d.Catalog = b.accounts, b.catalog
	b.wire(&d)
	b.server, err = httpapi.New(d)
	require.NoError(t, err)
	front := httptest.NewServer(b.server.Handler())
	t.Cleanup(front.Close)
	t.Cleanup(b.server.Close)
	b.url = front.URL
	return b
}

// programme is the fixture: one cinema, one hall, one film, four showtimes.
func programme(t testing.TB) catalog.Programme {
	t.Helper()
	layout := &catalog.Layout{ID: "ly_hall1", Auditorium: "au_1", Version: 1, Width: 12, Height: 5, ScreenX: 1, ScreenY: 0, ScreenWidth: 10}
	for r, label := range []string{"A", "B", "C"} {
		row := catalog.Row{Label: label}
		for n := 1; n <= 10; n++ {
			row.Seats = append(row.Seats, catalog.Seat{
				ID: ident.Seat(fmt.Sprintf("%s%d", label, n)), Row: label, Number: n, X: float64(n), Y: float64(r + 2),
				Kind: catalog.Standard, Category: "standard",
			})
		}
		layout.Rows = append(layout.Rows, row)
	}
	b, c := layout.Rows[1].Seats, layout.Rows[2].Seats
	b[0].Kind, b[0].Pair, b[1].Kind, b[1].Pair = catalog.Couple, "B2", catalog.Couple, "B1"
	c[0].Kind, c[1].Kind, c[1].Pair = catalog.Wheelchair, catalog.Companion, "C1"
	layout.Rows[0].Seats[9].Blocked = true
	layout, err := catalog.NewLayout(layout)
	require.NoError(t, err)
	card := catalog.PriceCard{
		ID: "pc_1", Name: "Evening", Currency: "GBP",
		Types: []catalog.TicketType{{ID: "adult", Name: "Adult", Default: true}, {ID: "child", Name: "Child", MaxAge: 14, Proof: true}},
		Prices: []catalog.Price{
			{Category: "standard", TicketType: "adult", Amount: money.Of(1250, "GBP"), Includes: []catalog.Part{{Label: "Ticket", Amount: 1150}, {Label: "Booking fee", Amount: 100}}},
			{Category: "standard", TicketType: "child", Amount: money.Of(750, "GBP")},
		},
	}
	show := func(id string, starts time.Time, opens time.Time) catalog.Showtime {
		return catalog.Showtime{
			ID: ident.Showtime(id), Cinema: "ci_lumen", Auditorium: "au_1", Layout: "ly_hall1", Movie: "mo_orbit", StartsAt: starts,
			EndsAt: starts.Add(2 * time.Hour), ClearsAt: starts.Add(140 * time.Minute), BusinessDate: starts.Format(time.DateOnly),
			Language: "en", OnSaleAt: opens, SalesCloseAt: starts.Add(15 * time.Minute), PriceCard: "pc_1", Status: catalog.Scheduled,
		}
	}
	return catalog.Programme{
		Cinemas:     []catalog.Cinema{{ID: "ci_lumen", Slug: "lumen", Name: "Lumen", Address: "1 High Street", Zone: "Europe/London", Currency: "GBP"}},
		Auditoriums: []catalog.Auditorium{{ID: "au_1", Cinema: "ci_lumen", Name: "One"}},
		Layouts:     []*catalog.Layout{layout},
		Movies: []catalog.Movie{{
			ID: "mo_orbit", Slug: "low-orbit", Title: "Low Orbit", Tagline: "Come home.", Runtime: 110 * time.Minute, Motif: "orbit",
			Hue: 250, Language: "en", Rating: catalog.Rating{Code: "12+", MinAge: 12, Notice: "For people of twelve and over."},
		}},
		PriceCards: []catalog.PriceCard{card},
		Showtimes: []catalog.Showtime{
			show(closed, start.Add(-30*time.Minute), start.Add(-48*time.Hour)),
			show(onSale, start.Add(24*time.Hour), start.Add(-24*time.Hour)),
			show(later, start.Add(30*time.Hour), start.Add(-24*time.Hour)),
			show(notYet, start.Add(72*time.Hour), start.Add(24*time.Hour)),
		},
	}
}

// client is one browser or API client.
type client struct {
	b      *bench
	cookie string
	bearer string
	header map[string]string
}

func (b *bench) visitor() *client {
	return &client{b: b, header: map[string]string{"X-Requested-With": "cinema"}}
}

// guest starts a guest session.
func (b *bench) guest() *client {
	b.t.Helper()
	c := b.visitor()
	require.Equal(b.t, http.StatusOK, c.post("/api/auth/guest", nil).status)
	require.NotEmpty(b.t, c.cookie)
	return c
}

// person signs in.
func (b *bench) person(email string) *client {
	b.t.Helper()
	c := b.visitor()
	c.signIn(email)
	return c
}

func (c *client) signIn(email string) {
	c.b.t.Helper()
	r := c.post("/api/auth/dev/login", map[string]any{"email": email, "name": "Robin"})
	require.Equal(c.b.t, http.StatusOK, r.status, r.text)
}

// with is the same client with one more header; an empty value takes a header away.
func (c *client) with(name, value string) *client {
	n := *c
	n.header = map[string]string{name: value}
	for k, v := range c.header {
		if _, changed := n.header[k]; !changed {
			n.header[k] = v
		}
	}
	return &n
}

// token makes an API client of the caller's session.
func (c *client) token() *client {
	c.b.t.Helper()
	r := c.post("/api/auth/token", nil)
	require.Equal(c.b.t, http.StatusOK, r.status, r.text)
	return &client{b: c.b, bearer: r.str("access_token")}
}

type response struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (r response) str(name string) string {
	s, _ := r.body[name].(string)
	return s
}

// code is the error code of a problem document, checked for its form.
func (r response) code(t *testing.T) string {
	t.Helper()
	require.Equal(t, "application/problem+json", r.header.Get("Content-Type"), r.text)
	require.Equal(t, false, r.body["ok"])
	require.EqualValues(t, r.status, r.body["status"])
	require.Equal(t, r.header.Get("X-Request-Id"), r.body["instance"])
	require.NotEmpty(t, r.body["title"])
	return r.str("error")
}

func (c *client) get(path string) response              { return c.do(http.MethodGet, path, nil) }
func (c *client) post(path string, body any) response   { return c.do(http.MethodPost, path, body) }
func (c *client) delete(path string, body any) response { return c.do(http.MethodDelete, path, body) }

// do sends a request; a string body is sent as it is.
func (c *client) do(method, path string, body any) response {
	c.b.t.Helper()
	var reader io.Reader
	switch v := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(v)
	default:
		raw, err := json.Marshal(v)
		require.NoError(c.b.t, err)
		reader = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, c.b.url+path, reader)
	require.NoError(c.b.t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range c.header {
		req.Header.Del(k)
		if v != "" {
			req.Header.Set(k, v)
		}
	}
	if c.cookie != "" {
		req.Header.Set("Cookie", c.cookie)
	}
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	res, err := (&http.Transport{DisableKeepAlives: true, DisableCompression: true}).RoundTrip(req)
	require.NoError(c.b.t, err)
	raw, err := io.ReadAll(res.Body)
	require.NoError(c.b.t, err)
	require.NoError(c.b.t, res.Body.Close())
	for _, ck := range res.Cookies() {
		c.cookie = ck.Name + "=" + ck.Value
	}
	out := response{status: res.StatusCode, header: res.Header, text: string(raw)}
	_ = json.Unmarshal(raw, &out.body) // not every answer is JSON
	if c.b.contract != nil {
		c.b.contract.check(req, out)
	}
	return out
}

func newVault(t testing.TB, s audit.KeyStore, c clock.Clock) *audit.Vault {
	t.Helper()
	keys, err := audit.NewKeys()
	require.NoError(t, err)
	return audit.NewVault(s, keys, c)
}
