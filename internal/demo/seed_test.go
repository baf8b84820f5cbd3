package demo_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/demo"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/store/storesqlite"
)

const lumen ident.Cinema = "cin_demo_lumen"

// bundle is a store with a clock that stands where the test wants it.
type bundle struct {
	store *storesqlite.Store
	clock *clock.Fake
	deps  demo.Deps
}

func setup(t *testing.T, now time.Time) *bundle {
	t.Helper()
	clk := clock.NewFake(now)
	st, err := storesqlite.Open(t.Context(), storesqlite.Options{Dir: t.TempDir(), Clock: clk})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	return &bundle{store: st, clock: clk, deps: demo.Deps{Catalog: st, Sales: st, Users: st, Clock: clk}}
}

func (b *bundle) topUp(t *testing.T) {
	t.Helper()
	require.NoError(t, demo.TopUp(t.Context(), b.deps, demo.Options{}))
}

// days counts the showtimes of each business day.
func (b *bundle) days(t *testing.T) map[string]int {
	t.Helper()
	out := make(map[string]int)
	q := catalog.ShowtimeQuery{Cinema: lumen, Limit: 200}
	for {
		page, err := b.store.Showtimes(t.Context(), q)
		require.NoError(t, err)
		for _, st := range page {
			out[st.BusinessDate]++
			q.After = catalog.Place{StartsAt: st.StartsAt, ID: st.ID}
		}
		if len(page) < q.Limit {
			return out
		}
	}
}

func (b *bundle) sales(t *testing.T, public string) int {
	t.Helper()
	_, n, err := b.store.Bookings(t.Context(), booking.Query{Public: public, Limit: 1})
	require.NoError(t, err)
	return n
}

// faulty loses the store once, at a day's sales, after its showtimes were written.
type faulty struct {
	demo.Sales
	left int
}

var errLost = errors.New("store lost")

func (f *faulty) ImportSales(ctx context.Context, bookings []booking.Booking) (int, error) {
	f.left--
	if f.left == 0 {
		n, err := f.Sales.ImportSales(ctx, bookings[:len(bookings)/2])
		return n, errors.Join(errLost, err)
	}
	return f.Sales.ImportSales(ctx, bookings)
}

// A run that was interrupted is finished by the next, and one more changes nothing.
func TestSeed(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Date(2026, 11, 25, 17, 0, 0, 0, time.UTC))
	var steps, last, total int
	b.deps.Progress = func(done, all int, _ string) { steps, last, total = steps+1, done, all }
	b.deps.Sales = &faulty{Sales: b.store, left: 5}
	require.ErrorIs(t, demo.Seed(t.Context(), b.deps, demo.Options{}), errLost)
	assert.Equal(t, 4, steps)
	steps = 0
	require.NoError(t, demo.Seed(t.Context(), b.deps, demo.Options{}))
	assert.Equal(t, 21, steps)
	assert.Equal(t, total, last, "progress ends at its end")

	days := b.days(t)
	assert.Len(t, days, 21, "two weeks of history and seven days")
	for date, n := range days {
		assert.True(t, n >= 25 && n <= 35, "%s has %d showtimes", date, n)
		assert.True(t, b.soldOut(t, date), "%s has its sold-out screening", date)
	}
	films, err := b.store.Movies(t.Context())
	require.NoError(t, err)
	assert.Len(t, films, 12)
	for _, public := range []string{"BOOKED", "FAILED", "CANCELLED"} {
		assert.Positive(t, b.sales(t, public), public)
	}
	genuine, err := b.store.RealSales(t.Context())
	require.NoError(t, err)
	assert.Zero(t, genuine)

	before := b.sales(t, "")
	require.NoError(t, demo.Seed(t.Context(), b.deps, demo.Options{}))
	b.topUp(t)
	assert.Equal(t, before, b.sales(t, ""), "another run adds nothing")
	assert.Equal(t, days, b.days(t))
}

// soldOut tells whether a screening of the Loft has no seat left.
func (b *bundle) soldOut(t *testing.T, date string) bool {
	t.Helper()
	shows, err := b.store.Showtimes(t.Context(), catalog.ShowtimeQuery{Cinema: lumen, BusinessDate: date})
	require.NoError(t, err)
	for _, st := range shows {
		if st.Auditorium != "aud_demo_loft" {
			continue
		}
		claims, err := b.store.Claims(t.Context(), st.ID)
		require.NoError(t, err)
		if len(claims) == 64 {
			return true
		}
	}
	return false
}

// The week rolls on: every booking is one that the product could have made; people come and go; the next day the programme reaches a day further and
// what was there is as it was; a reset refuses to delete a genuine sale.
func TestTopUp(t *testing.T) {
	t.Parallel()
	b := setup(t, time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC))
	b.topUp(t)
	b.checkBookings(t)
	b.checkLively(t)

	before := b.days(t)
	assert.Len(t, before, 7)
	bookings := b.sales(t, "")
	b.clock.Advance(time.Date(2026, 7, 11, 5, 0, 0, 0, time.UTC).Sub(b.clock.Now())) // 06:00 in London: the business day has just changed
	b.topUp(t)
	after := b.days(t)
	assert.Len(t, after, 8)
	for date, n := range before {
		assert.Equal(t, n, after[date], date)
	}
	assert.Contains(t, after, "2026-07-17")
	assert.Greater(t, b.sales(t, ""), bookings)

	b.checkReset(t)
}

func (b *bundle) checkBookings(t *testing.T) {
	t.Helper()
	service := catalog.New(b.store, b.clock)
	seen := 0
	var before booking.Place
	for {
		page, _, err := b.store.Bookings(t.Context(), booking.Query{Limit: 200, Before: before})
		require.NoError(t, err)
		for _, bk := range page {
			seen++
			checkBooking(t, b, service, bk)
			before = booking.Place{CreatedAt: bk.CreatedAt, ID: bk.ID}
		}
		if len(page) < 200 {
			break
		}
	}
	assert.Greater(t, seen, 1000)
}

func (b *bundle) checkReset(t *testing.T) {
	t.Helper()
	wiped := 0
	b.deps.Wipe = func(context.Context) error { wiped++; return errLost }
	require.ErrorIs(t, demo.Seed(t.Context(), b.deps, demo.Options{Reset: true}), errLost)
	assert.Equal(t, 1, wiped)

	page, _, err := b.store.Bookings(t.Context(), booking.Query{Public: "FAILED", Limit: 1})
	require.NoError(t, err)
	genuine := page[0]
	genuine.ID, genuine.Reference, genuine.Demo = "bk_genuine", "AAAA-BBBB", false
	_, err = b.store.ImportSales(t.Context(), []booking.Booking{genuine})
	require.NoError(t, err)
	err = demo.Seed(t.Context(), b.deps, demo.Options{Reset: true})
	assert.Equal(t, "real_sales", fault.CodeOf(err))
	assert.Equal(t, fault.Conflict, fault.KindOf(err))
	assert.Equal(t, 1, wiped, "nothing was deleted")
}

func checkBooking(t *testing.T, b *bundle, service *catalog.Service, bk booking.Booking) {
	t.Helper()
	d, err := service.Detail(t.Context(), bk.Showtime)
	require.NoError(t, err)
	require.True(t, bk.Demo)
	require.Empty(t, catalog.CheckSeats(d.Layout, bk.Seats), "%s %v", bk.ID, bk.Seats)
	require.Len(t, bk.Lines, len(bk.Seats))
	require.False(t, bk.CreatedAt.After(b.clock.Now()), "%s was bought in the future", bk.ID)
	require.False(t, bk.CreatedAt.Before(d.Showtime.OnSaleAt), "%s was bought before sales opened", bk.ID)
	require.Regexp(t, `^[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$`, bk.Reference)
	require.Regexp(t, `@example\.com$`, bk.Customer.Email)
	sum := money.Amount{Currency: "GBP"}
	for i, l := range bk.Lines {
		require.Equal(t, bk.Seats[i], l.Seat)
		_, known := d.Layout.Seat(l.Seat)
		require.True(t, known)
		require.NotContains(t, d.Blocked, l.Seat)
		sum, err = sum.Add(l.Price)
		require.NoError(t, err)
	}
	require.Equal(t, sum, bk.Amount)
	switch bk.Status {
	case booking.Booked, booking.Cancelled:
		require.Len(t, bk.Tickets, len(bk.Seats))
	default:
		require.Empty(t, bk.Tickets, "%s %s has tickets", bk.ID, bk.Status)
	}
}
