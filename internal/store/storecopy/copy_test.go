package storecopy_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/idem"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/mongotest"
	"cinema/internal/privacy"
	"cinema/internal/store"
	"cinema/internal/store/storecopy"
	"cinema/internal/store/storemongo"
	"cinema/internal/store/storesqlite"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

var keys = must(audit.NewKeys())

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var start = time.Date(2026, 10, 24, 18, 30, 0, 0, time.UTC)

func embedded(t *testing.T) *storesqlite.Store {
	t.Helper()
	s, err := storesqlite.Open(t.Context(), storesqlite.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func mongo(t *testing.T) *storemongo.Store {
	t.Helper()
	server := mongotest.Shared(t)
	s, err := storemongo.Open(t.Context(), storemongo.Options{
		URI: server.URI(t), Database: server.Database(t), AllowStandalone: server.Standalone, Timeout: 30 * time.Second, Patience: time.Minute,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// fill writes one or more of everything.
func fill(t *testing.T, s store.Backend, entries int) {
	t.Helper()
	ctx := t.Context()
	_, err := s.PutOnce(ctx, booking.KindKey, "booking", t.Name())
	require.NoError(t, err)
	require.NoError(t, s.SaveProgramme(ctx, programme()))
	require.NoError(t, s.SaveUser(ctx, account.User{ID: "us_a", Email: "ada@example.com", Name: "Ada", Granted: account.RoleStaff, Cinemas: []ident.Cinema{"ci_1", "ci_2"}, CreatedAt: start, UpdatedAt: start}))
	require.NoError(t, s.SaveUser(ctx, account.User{ID: "us_g", Guest: true, CreatedAt: start, UpdatedAt: start}))
	_, err = s.BindIdentity(ctx, "https://issuer", "sub|1", "us_a")
	require.NoError(t, err)
	_, err = s.Merge(ctx, "us_g", "us_a")
	require.NoError(t, err)
	require.NoError(t, s.PutSession(ctx, account.Session{Hash: "h1", User: "us_a", CreatedAt: start, LastSeen: start, Bookings: []ident.Booking{"bk_sold"}}))
	require.NoError(t, s.PutSession(ctx, account.Session{Hash: "h2", User: "us_g", CreatedAt: start, LastSeen: start}))
	require.NoError(t, s.AddToken(ctx, account.PersonalToken{
		ID: "pt_1", Hash: "hash", User: "us_a", Name: "Backup", Scopes: account.ScopeRead, CreatedAt: start, ExpiresAt: start.AddDate(0, 1, 0),
	}, account.MaxTokens))
	require.NoError(t, s.RevokeToken(ctx, "jti-1", start.Add(time.Minute)))
	sell(t, s)
	for i, u := range []ident.User{"us_gone", "us_going"} {
		_, err = s.BeginErasure(ctx, privacy.Erasure{User: u, Alias: "er_1", Actor: u, Reason: "r", AskedAt: start})
		require.NoError(t, err)
		if i == 0 {
			require.NoError(t, s.CloseErasure(ctx, u, start))
		}
	}
	_, _, err = s.BeginRequest(ctx, idem.Record{ID: "k1", User: "us_a", Fingerprint: "f", LeaseUntil: start.AddDate(20, 0, 0), Expires: start.AddDate(20, 0, 0)})
	require.NoError(t, err)
	require.NoError(t, s.FinishRequest(ctx, idem.Record{
		ID: "k2", Fingerprint: "f", Done: true, Status: 201, Body: []byte(`{"ok":true}`), Header: map[string]string{"Location": "/x"},
		LeaseUntil: start, Expires: start.AddDate(20, 0, 0),
	}))
	var all []audit.Entry
	for i := range entries {
		all = append(all, audit.Entry{ID: fmt.Sprintf("e%d", i), Type: "seat.locked", Showtime: "st_1", User: "us_a", At: start.Add(time.Duration(i/3) * time.Second)})
	}
	require.NoError(t, s.Append(ctx, all))
	_, err = s.PutUserKey(ctx, "us_a", "secret", []byte{0, 1, 2})
	require.NoError(t, err)
	require.NoError(t, s.DestroyUserKeys(ctx, "us_gone", start))
	seal(t, s)
	require.NoError(t, s.Append(ctx, []audit.Entry{{ID: "fresh", Type: "seat.locked", At: start}}))
}

// seal chains what is in the record.
func seal(t *testing.T, s store.Backend) {
	t.Helper()
	sealer := audit.NewSealer(audit.SealerDeps{Chain: s, Keys: keys, Clock: clock.NewFake(start)})
	for more := true; more; {
		var err error
		more, err = sealer.SealOnce(t.Context())
		require.NoError(t, err)
	}
}

// verified wants the record of a store to be whole.
func verified(t *testing.T, s store.Backend) {
	t.Helper()
	r, err := audit.Verify(t.Context(), audit.VerifyDeps{Chain: s, Trusted: keys.Trusted(), Clock: clock.System{}})
	require.NoError(t, err)
	require.Nil(t, r.First)
	require.Positive(t, r.Walked)
	require.Positive(t, r.Checkpoints)
}

func programme() catalog.Programme {
	at := start.Add(time.Hour)
	return catalog.Programme{
		Cinemas:     []catalog.Cinema{{ID: "ci_1", Slug: "lumen", Name: "Lumen", Zone: "Europe/London", Currency: "GBP", DayCut: 6 * time.Hour}},
		Auditoriums: []catalog.Auditorium{{ID: "au_1", Cinema: "ci_1", Name: "One", Attributes: []string{"Laser"}, Turnaround: 20 * time.Minute}},
		Layouts: []*catalog.Layout{{ID: "ly_1", Auditorium: "au_1", Version: 1, Width: 0.1 + 0.2, Rows: []catalog.Row{{
			Label: "A", Gaps: []int{1}, Seats: []catalog.Seat{{ID: "A1", Row: "A", Number: 1, X: 1.0 / 3, Kind: catalog.Standard, Category: "standard"}},
		}}}},
		Movies: []catalog.Movie{{ID: "mv_1", Slug: "low-tide", Title: "Low Tide", Runtime: 101 * time.Minute, Rating: catalog.Rating{Code: "All"}, Tags: []string{"New"}}},
		PriceCards: []catalog.PriceCard{{
			ID: "pc_1", Name: "Standard", Currency: "GBP", Types: []catalog.TicketType{{ID: "adult", Name: "Adult", Default: true}},
			Prices: []catalog.Price{{Category: "standard", TicketType: "adult", Amount: money.Of(1250, "GBP"), Includes: []catalog.Part{{Label: "VAT", Amount: 208}}}},
		}},
		Showtimes: []catalog.Showtime{{
			ID: "st_1", Cinema: "ci_1", Auditorium: "au_1", Layout: "ly_1", Movie: "mv_1", StartsAt: at, EndsAt: at.Add(2 * time.Hour), ClearsAt: at.Add(3 * time.Hour),
			BusinessDate: "2026-10-24", OnSaleAt: start, SalesCloseAt: at, PriceCard: "pc_1", Status: catalog.Scheduled,
		}},
		Blocks: []catalog.Block{{Showtime: "st_1", Seat: "B9", Reason: "broken"}},
	}
}

// sell leaves a sold booking with a void ticket, one that waits for money, one that lost its seats and one that was given up.
func sell(t *testing.T, s store.Backend) {
	t.Helper()
	ctx := t.Context()
	for id, seats := range map[string][]ident.Seat{"bk_sold": {"A1", "A10"}, "bk_open": {"A2"}, "bk_gone": {"A3"}} {
		res, err := s.Reserve(ctx, want(id, seats...), 0)
		require.NoError(t, err)
		require.Equal(t, booking.Reserved, res.Outcome)
	}
	res, err := s.Reserve(ctx, want("bk_late", "A2"), 0)
	require.NoError(t, err)
	require.Equal(t, booking.Conflicts, res.Outcome)
	b := want("bk_sold", "A1", "A10")
	r := booking.SettleRequest{
		Booking: b.ID, PaymentRef: "pay_1", RegisterKind: booking.KindPayment, RegisterID: "pay_1", RegisterValue: "captured",
		Events: []booking.OutboxEvent{{ID: "bk_sold:booking.success:1", Type: "booking.success", Booking: b.ID, Showtime: b.Showtime, Seats: b.Seats, Payload: []byte("{}"), At: start}},
	}
	for i, seat := range b.Seats {
		r.Tickets = append(r.Tickets, booking.Ticket{
			ID: ident.Ticket(fmt.Sprintf("tk_%d", i)), Booking: b.ID, Showtime: b.Showtime, Seat: seat, Price: money.Of(1250, "GBP"), Code: "CT1", Generation: 1,
		})
	}
	_, result, err := s.Settle(ctx, r)
	require.NoError(t, err)
	require.Equal(t, booking.Settled, result)
	_, err = s.PutOnce(ctx, booking.KindTicket, "tk_0|1", "VOID:r1")
	require.NoError(t, err)
	_, err = s.SetStatus(ctx, "bk_gone", booking.Failed, booking.ReasonDeclined, nil)
	require.NoError(t, err)
	require.NoError(t, s.ReleaseClaims(ctx, "bk_gone", nil))
}

func want(id string, seats ...ident.Seat) booking.Booking {
	b := booking.Booking{
		ID: ident.Booking(id), Reference: "K7M2-9QXD", User: "us_a", Owner: "us_a", Request: ident.Request("request-" + id), Showtime: "st_1", Cinema: "ci_1", Seats: seats,
		Fingerprint: id, Customer: booking.Customer{Email: "ada@example.com", Name: "Ada"}, Provider: "mock", Amount: money.Of(1250, "GBP"),
		CreatedAt: start, PayDeadline: start.Add(10 * time.Minute),
	}
	for _, seat := range seats {
		b.Lines = append(b.Lines, booking.Line{Seat: seat, TicketType: "adult", Price: money.Of(1250, "GBP")})
	}
	return b
}

func TestCopy_thereAndBackIsTheSame(t *testing.T) {
	t.Parallel()
	first, second, third := embedded(t), mongo(t), embedded(t)
	fill(t, first, 30)
	var seen []storecopy.Progress
	there, err := storecopy.Copy(t.Context(), first, second, func(p storecopy.Progress) { seen = append(seen, p) })
	require.NoError(t, err)
	require.False(t, there.Resumed)
	require.NotEmpty(t, seen)
	for _, p := range seen {
		require.LessOrEqual(t, p.Done, p.Total, "%+v", p)
	}
	for _, table := range store.Tables() {
		require.Positive(t, there.Rows[table], "the test moves nothing of %s", table)
	}
	back, err := storecopy.Copy(t.Context(), second, third, nil)
	require.NoError(t, err)
	require.Equal(t, there, back)
	for _, s := range []store.Backend{first, second, third} {
		verified(t, s)
		seal(t, s) // what waited still waits there
		n, err := s.CountUnsealed(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
		verified(t, s)
	}

	for _, id := range []ident.Booking{"bk_sold", "bk_open", "bk_gone", "bk_late"} {
		one, err := first.Booking(t.Context(), id)
		require.NoError(t, err)
		for _, s := range []store.Backend{second, third} {
			got, err := s.Booking(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, one, got)
		}
	}
	items, total, err := third.Bookings(t.Context(), booking.Query{Text: "k7m29qxd"})
	require.NoError(t, err)
	require.Equal(t, 4, total, "what was moved is found by its words: %v", items)
	guests, err := second.MergedGuests(t.Context(), "us_a")
	require.NoError(t, err)
	require.Equal(t, []ident.User{"us_g"}, guests)
}

func TestCopy_aSeatSoldBeforeIsSoldAfter(t *testing.T) {
	t.Parallel()
	from, to := embedded(t), mongo(t)
	fill(t, from, 1)
	_, err := storecopy.Copy(t.Context(), from, to, nil)
	require.NoError(t, err)
	res, err := to.Reserve(t.Context(), want("bk_new", "A1", "A2", "A3"), 0)
	require.NoError(t, err)
	require.Equal(t, booking.Conflicts, res.Outcome)
	require.Equal(t, []ident.Seat{"A1", "A2"}, res.Conflict)
}

func TestCopy_refusesATargetThatIsNotEmpty(t *testing.T) {
	t.Parallel()
	from, to := embedded(t), embedded(t)
	fill(t, from, 1)
	_, err := to.PutOnce(t.Context(), booking.KindKey, "booking", "another")
	require.NoError(t, err)
	_, err = storecopy.Copy(t.Context(), from, to, nil)
	require.ErrorIs(t, err, storecopy.ErrNotEmpty)
	n, err := to.Count(t.Context(), store.Bookings)
	require.NoError(t, err)
	require.Zero(t, n, "nothing was written")

	whole := embedded(t)
	_, err = storecopy.Copy(t.Context(), from, whole, nil)
	require.NoError(t, err)
	_, err = storecopy.Copy(t.Context(), from, whole, nil)
	require.ErrorIs(t, err, storecopy.ErrNotEmpty, "a copy that is complete may have been served from since")
}

var errBroken = errors.New("the line broke")

// breaking fails every import after some.
type breaking struct {
	storecopy.Backend
	left    int
	imports int
}

func (b *breaking) Import(ctx context.Context, t store.Table, rows []store.Row) error {
	if b.left == 0 {
		return errBroken
	}
	b.left--
	b.imports++
	return b.Backend.Import(ctx, t, rows)
}

func TestCopy_goesOnWhereItWas(t *testing.T) {
	t.Parallel()
	from, to := embedded(t), embedded(t)
	fill(t, from, 6_000) // 12 pages
	_, err := storecopy.Copy(t.Context(), from, &breaking{Backend: to, left: slices.Index(store.Tables(), store.Audit) + 11}, nil)
	require.ErrorIs(t, err, errBroken)
	unfinished, err := storecopy.Unfinished(t.Context(), to)
	require.NoError(t, err)
	require.True(t, unfinished, "a part must not be served")

	_, err = storecopy.Copy(t.Context(), to, embedded(t), nil)
	require.ErrorIs(t, err, storecopy.ErrUnfinished, "nor copied further")

	stranger := embedded(t)
	_, err = stranger.PutOnce(t.Context(), booking.KindKey, "booking", "another")
	require.NoError(t, err)
	_, err = storecopy.Copy(t.Context(), stranger, to, nil)
	require.ErrorIs(t, err, storecopy.ErrNotEmpty, "two stores are never mixed")

	rest := &breaking{Backend: to, left: -1}
	result, err := storecopy.Copy(t.Context(), from, rest, nil)
	require.NoError(t, err)
	require.True(t, result.Resumed)
	require.Less(t, rest.imports, len(store.Tables())+22, "marked pages are not sent again")
	require.Equal(t, 6_001, result.Rows[store.Audit])
	unfinished, err = storecopy.Unfinished(t.Context(), to)
	require.NoError(t, err)
	require.False(t, unfinished)
}

// losing drops one claim on its way.
type losing struct{ storecopy.Backend }

func (l losing) Import(ctx context.Context, t store.Table, rows []store.Row) error {
	if t == store.Claims {
		rows = rows[1:]
	}
	return l.Backend.Import(ctx, t, rows)
}

func TestCopy_saysWhenSomethingIsMissing(t *testing.T) {
	t.Parallel()
	from, to := embedded(t), embedded(t)
	fill(t, from, 1)
	_, err := storecopy.Copy(t.Context(), from, losing{to}, nil)
	require.ErrorIs(t, err, storecopy.ErrDiffers)
	require.ErrorContains(t, err, "claims (3 rows against 2)")
	unfinished, err := storecopy.Unfinished(t.Context(), to)
	require.NoError(t, err)
	require.True(t, unfinished)
}

func TestUnfinished_anOrdinaryStoreIsWhole(t *testing.T) {
	t.Parallel()
	s := embedded(t)
	fill(t, s, 1)
	unfinished, err := storecopy.Unfinished(t.Context(), s)
	require.NoError(t, err)
	require.False(t, unfinished)
}
