package privacy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/idem"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment/paymock"
	"cinema/internal/privacy"
	"cinema/internal/store"
	"cinema/internal/store/storesqlite"
	"cinema/internal/ticket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const show ident.Showtime = "st_evening"

const listed = "boss@example.com"

var evening = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// What tells who the person is. Each is nowhere else.
const (
	email   = "zz.unmistakable@person.example"
	name    = "Zzunmistakable Personsdottir"
	subject = "zz-subject-7712345"
	picture = "https://pictures.example/zz-picture"
	agent   = "ZZAgent/7.7 (unmistakable)"
	address = "203.0.113.77"
	other   = "zz.as.guest@person.example" // his address at guest checkouts
)

// traces are what must be nowhere after the erasure, folded.
var traces = []string{"zz.unmistakable", "zzunmistakable", "personsdottir", "zz-subject", "zz-picture", "zzagent", address, "zz.as.guest"}

// programme is shows in one hall.
type programme struct {
	clock clock.Clock
	base  *catalog.Detail

	mu    sync.Mutex // guards shows
	shows map[ident.Showtime]*catalog.Detail
}

func newProgramme(t testing.TB, c clock.Clock) *programme {
	t.Helper()
	row := catalog.Row{Label: "A"}
	for n := 1; n <= 20; n++ {
		row.Seats = append(row.Seats, catalog.Seat{
			ID: ident.Seat(fmt.Sprintf("A%d", n)), Row: "A", Number: n, X: float64(n), Y: 1, Kind: catalog.Standard, Category: "std",
		})
	}
	layout, err := catalog.NewLayout(&catalog.Layout{ID: "l_1", Auditorium: "a_1", Version: 1, Width: 22, Height: 3, Rows: []catalog.Row{row}})
	require.NoError(t, err)
	p := &programme{clock: c, shows: make(map[ident.Showtime]*catalog.Detail), base: &catalog.Detail{
		Cinema: catalog.Cinema{ID: "c_1", Name: "Lumen"}, Auditorium: catalog.Auditorium{ID: "a_1", Name: "Hall 1"},
		Movie: catalog.Movie{ID: "m_1", Title: "Night Ferry"}, Layout: layout, Zone: time.UTC,
		PriceCard: catalog.PriceCard{
			ID: "pc_1", Currency: "GBP", Types: []catalog.TicketType{{ID: "adult", Name: "Adult", Default: true}},
			Prices: []catalog.Price{{Category: "std", TicketType: "adult", Amount: money.Of(1250, "GBP")}},
		},
	}}
	p.add(show, evening.Add(8*time.Hour))
	return p
}

func (p *programme) add(id ident.Showtime, start time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := *p.base
	d.Showtime = catalog.Showtime{
		ID: id, Cinema: "c_1", Auditorium: "a_1", Layout: "l_1", Movie: "m_1", StartsAt: start, EndsAt: start.Add(2 * time.Hour),
		ClearsAt: start.Add(150 * time.Minute), OnSaleAt: start.AddDate(0, 0, -60), SalesCloseAt: start.Add(15 * time.Minute), PriceCard: "pc_1",
		Status: catalog.Scheduled,
	}
	p.shows[id] = &d
}

func (p *programme) Detail(_ context.Context, id ident.Showtime) (*catalog.Detail, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.shows[id]; d != nil {
		return d, nil
	}
	return nil, fault.New(fault.NotFound, "showtime_not_found", "")
}

func (p *programme) CheckSale(_ context.Context, d *catalog.Detail) error {
	return catalog.CheckSale(d.Showtime, p.clock.Now())
}

func (p *programme) Showtimes(_ context.Context, q catalog.ShowtimeQuery) ([]catalog.Showtime, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []catalog.Showtime
	for _, d := range p.shows {
		s := d.Showtime
		if s.StartsAt.Before(q.From) || !q.To.IsZero() && !s.StartsAt.Before(q.To) || !s.StartsAt.After(q.After.StartsAt) {
			continue
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b catalog.Showtime) int { return a.StartsAt.Compare(b.StartsAt) })
	return all[:min(len(all), max(q.Limit, 1))], nil
}

// world is the product without its edge, and one person who did everything that a person can do.
type world struct {
	t         testing.TB
	dir       string
	clock     *clock.Fake
	store     *storesqlite.Store
	programme *programme
	keeper    *hold.Keeper
	bookings  *booking.Service
	accounts  *account.Service
	vault     *audit.Vault
	actions   *audit.Actions
	pictures  *album

	person, merged ident.User
	sold           booking.Booking // with a valid ticket of a show to come
}

// album notes which pictures are forgotten.
type album struct{ forgotten []string }

func (a *album) Forget(address string) { a.forgotten = append(a.forgotten, address) }

// template is the file of an empty store.
var template = sync.OnceValues(func() (raw []byte, err error) {
	dir, err := os.MkdirTemp("", "privacy")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := storesqlite.Open(context.Background(), storesqlite.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, storesqlite.FileName))
})

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), clock: clock.NewFake(evening), pictures: &album{}}
	raw, err := template()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(w.dir, storesqlite.FileName), raw, 0o600))
	w.store, err = storesqlite.Open(t.Context(), storesqlite.Options{Dir: w.dir, Clock: w.clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.store.Close()) })
	w.programme = newProgramme(t, w.clock)
	w.keeper = hold.NewKeeper(holdmem.New(w.clock), booking.NewSource(w.store, w.programme, w.clock))
	ring, err := ticket.OpenRing(t.Context(), w.store)
	require.NoError(t, err)
	w.bookings, err = booking.New(t.Context(), booking.Deps{
		Store: w.store, Holds: w.keeper, Programme: w.programme, Gateway: paymock.New(w.store, w.clock), Signer: ring, Clock: w.clock,
		Limits: booking.Limits{Patience: 1000 * time.Hour},
	})
	require.NoError(t, err)
	w.accounts, err = account.New(account.Deps{
		Store: w.store, Clock: w.clock, Secret: "0123456789abcdef0123456789abcdef", Development: true, AdminEmails: []string{listed},
	})
	require.NoError(t, err)
	keys, err := audit.NewKeys()
	require.NoError(t, err)
	w.vault = audit.NewVault(w.store, keys, w.clock)
	w.actions = audit.NewActions(w.store, w.vault, w.clock)
	return w
}

func (w *world) deps() privacy.Deps {
	return privacy.Deps{
		Records: w.store, Accounts: w.accounts, Holds: w.keeper, Sales: w.bookings, Programme: w.programme, Record: w.actions, Vault: w.vault,
		Pictures: w.pictures, Admins: []string{listed}, Clock: w.clock,
	}
}

func (w *world) service() *privacy.Service { return privacy.New(w.deps()) }

// signIn makes a session; guest is who the caller was before.
func (w *world) signIn(id account.Identity, guest *account.Principal) *account.Principal {
	w.t.Helper()
	s, err := w.accounts.SignIn(context.Background(), id, guest, agent)
	require.NoError(w.t, err)
	return s.Principal
}

func (w *world) guest() *account.Principal {
	w.t.Helper()
	s, err := w.accounts.StartGuest(context.Background(), agent)
	require.NoError(w.t, err)
	return s.Principal
}

func (w *world) lock(u ident.User, r ident.Request, seats ...ident.Seat) {
	w.t.Helper()
	_, err := w.keeper.Lock(context.Background(), hold.LockRequest{
		Showtime: show, Owner: u, Request: r, Seats: seats, TTL: 5 * time.Minute, MaxSeats: 8, MaxHold: 25 * time.Minute,
	})
	require.NoError(w.t, err)
}

func (w *world) buy(p *account.Principal, r ident.Request, c booking.Customer, seats ...ident.Seat) booking.Booking {
	w.t.Helper()
	w.lock(p.User.ID, r, seats...)
	res, err := w.bookings.Confirm(context.Background(), booking.Request{
		Caller: booking.Caller{User: p.User.ID, Merged: p.Merged, Guest: p.User.Guest}, Showtime: show, Request: r, Seats: seats, Customer: c,
	})
	require.NoError(w.t, err)
	require.Equal(w.t, booking.Booked, res.Booking.Status)
	return res.Booking
}

func identity() account.Identity {
	return account.Identity{Issuer: account.DevIssuer, Subject: subject, Email: email, Verified: true, Name: name, Picture: picture}
}

// live makes the person: he buys as a guest, becomes an account, is a guest once more on another device, holds, buys, cancels.
func (w *world) live() *account.Principal {
	w.t.Helper()
	ctx := context.Background()
	c := booking.Customer{Email: other, Name: name}
	first := w.guest()
	w.buy(first, "request-guest-1", c, "A1")
	p := w.signIn(identity(), first)
	w.person = p.User.ID
	second := w.guest()
	w.merged = second.User.ID
	w.buy(second, "request-guest-2", c, "A2", "A3")
	p = w.signIn(identity(), second)
	require.Equal(w.t, w.person, p.User.ID)
	w.sold = w.buy(p, "request-sold", booking.Customer{Email: email, Name: name}, "A4", "A5")
	back := w.buy(p, "request-back", booking.Customer{Email: email, Name: name}, "A6")
	_, err := w.bookings.Cancel(ctx, booking.CancelRequest{Caller: booking.Caller{User: w.person, Merged: p.Merged}, Booking: back.ID})
	require.NoError(w.t, err)
	w.lock(w.person, "request-hold", "A10", "A11")
	_, _, err = w.accounts.CreateToken(ctx, p, "Zzunmistakable's laptop", account.ScopeRead, time.Hour)
	require.NoError(w.t, err)
	for _, u := range []ident.User{w.person, w.merged} {
		r := idem.Record{ID: "key-" + string(u), User: u, Fingerprint: "f", LeaseUntil: evening, Expires: evening.AddDate(0, 0, 3)}
		_, _, err := w.store.BeginRequest(ctx, r)
		require.NoError(w.t, err)
		r.Status, r.Body = 200, []byte(`{"customer":{"email":"`+email+`"}}`)
		require.NoError(w.t, w.store.FinishRequest(ctx, r))
		require.NoError(w.t, w.actions.Record(ctx, audit.Action{
			Type: "session.started", Actor: u, Personal: map[string]string{"email": email}, From: address, After: map[string]any{"n": 1},
		}))
	}
	return p
}

// drain moves the outbox into the record.
func (w *world) drain() {
	w.t.Helper()
	worker := audit.New(audit.Deps{Store: w.store, Outbox: w.store, Clock: w.clock})
	for more := true; more; {
		var err error
		more, err = worker.RelayOnce(context.Background())
		require.NoError(w.t, err)
	}
}

// rows is every row of every table as JSON, folded.
func (w *world) rows() map[store.Table][]byte {
	w.t.Helper()
	out := make(map[store.Table][]byte)
	for _, t := range store.Tables() {
		for after := ""; ; {
			rows, err := w.store.Export(context.Background(), t, after, 500)
			require.NoError(w.t, err)
			for _, r := range rows {
				raw, err := json.Marshal(r)
				require.NoError(w.t, err)
				out[t] = append(append(out[t], bytes.ToLower(raw)...), '\n')
				after = r.Key
			}
			if len(rows) < 500 {
				break
			}
		}
	}
	return out
}

// files is the store's folder, folded.
func (w *world) files() map[string][]byte {
	w.t.Helper()
	out := make(map[string][]byte)
	list, err := os.ReadDir(w.dir)
	require.NoError(w.t, err)
	for _, f := range list {
		raw, err := os.ReadFile(filepath.Join(w.dir, f.Name()))
		require.NoError(w.t, err)
		out[f.Name()] = bytes.ToLower(raw)
	}
	return out
}

// found lists where the person can still be found.
func (w *world) found() (where []string) {
	w.t.Helper()
	for t, raw := range w.rows() {
		for _, text := range traces {
			if bytes.Contains(raw, []byte(text)) {
				where = append(where, string(t)+": "+text)
			}
		}
	}
	return where
}
