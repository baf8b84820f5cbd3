package catalog_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/store/storesqlite"
)

// noon is when the tests' clock starts: one o'clock in London.
func noon() time.Time { return time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC) }

// counting counts how often the store is asked for a showtime.
type counting struct {
	catalog.Store
	mu    sync.Mutex // guards reads
	reads int
}

func (c *counting) Showtime(ctx context.Context, id ident.Showtime) (catalog.Showtime, error) {
	c.mu.Lock()
	c.reads++
	c.mu.Unlock()
	return c.Store.Showtime(ctx, id)
}

type bundle struct {
	store   *counting
	clock   *clock.Fake
	service *catalog.Service
	plan    catalog.Plan // of a showtime; change and save
}

// setup makes a cinema with one hall and two films, of which only the first has showtimes.
func setup(t *testing.T) *bundle {
	t.Helper()
	clk := clock.NewFake(noon())
	st, err := storesqlite.Open(t.Context(), storesqlite.Options{Dir: t.TempDir(), Clock: clk})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	l := hall(t, "ssss", "wc L")
	cinema := catalog.Cinema{ID: "cin_1", Slug: "one", Name: "One", Zone: "Europe/London", Currency: "EUR", DayCut: catalog.DefaultDayCut}
	room := catalog.Auditorium{ID: "aud_test", Cinema: "cin_1", Name: "Hall 1", Turnaround: 15 * time.Minute}
	movies := []catalog.Movie{
		{ID: "mov_1", Slug: "first-light", Title: "First Light", Tagline: "Too early", Runtime: 90 * time.Minute, Genres: []string{"Drama"}, Language: "en"},
		{ID: "mov_2", Slug: "last-bus", Title: "Last Bus", Runtime: 80 * time.Minute, Genres: []string{"Comedy"}, Language: "en"},
	}
	require.NoError(t, st.SaveProgramme(t.Context(), catalog.Programme{
		Cinemas: []catalog.Cinema{cinema}, Auditoriums: []catalog.Auditorium{room}, Layouts: []*catalog.Layout{l},
		Movies: movies, PriceCards: []catalog.PriceCard{card("EUR", 1000)},
	}))
	b := &bundle{store: &counting{Store: st}, clock: clk, plan: catalog.Plan{
		Cinema: cinema, Hall: room, Layout: l.ID, Movie: movies[0], PriceCard: "pc_test", Zone: zone(t, "Europe/London"),
		Trailers: 10 * time.Minute, OnSaleAt: noon().Add(-24 * time.Hour),
	}}
	b.service = catalog.New(b.store, clk)
	return b
}

// show saves a showtime that starts so many hours from the beginning.
func (b *bundle) show(t *testing.T, id ident.Showtime, hours float64, change func(s *catalog.Showtime)) catalog.Showtime {
	t.Helper()
	b.plan.ID, b.plan.StartsAt = id, noon().Add(time.Duration(hours*float64(time.Hour)))
	s, err := catalog.NewShowtime(b.plan)
	require.NoError(t, err)
	if change != nil {
		change(&s)
	}
	require.NoError(t, b.store.SaveProgramme(t.Context(), catalog.Programme{Showtimes: []catalog.Showtime{s}}))
	return s
}

func TestService_Detail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.show(t, "st_1", 8, nil)
	require.NoError(t, b.store.SaveProgramme(t.Context(), catalog.Programme{Blocks: []catalog.Block{
		{Showtime: "st_1", Seat: "A4", Reason: "broken"},
	}}))
	d, err := b.service.Detail(t.Context(), "st_1")
	require.NoError(t, err)
	assert.Equal(t, "First Light", d.Movie.Title)
	assert.Equal(t, "Hall 1", d.Auditorium.Name)
	assert.Equal(t, map[ident.Seat]string{"A4": "broken"}, d.Blocked)
	assert.Equal(t, 7, d.Capacity())
	assert.Equal(t, "2026-07-10T21:00:00", d.LocalStart().Format("2006-01-02T15:04:05"))
	_, priced := d.PriceCard.Price("standard", "adult")
	assert.True(t, priced)

	for _, id := range []ident.Showtime{"st_none", "", "st:1", "../x"} {
		_, err := b.service.Detail(t.Context(), id)
		assert.Equal(t, "showtime_not_found", fault.CodeOf(err), id)
		assert.Equal(t, fault.NotFound, fault.KindOf(err), id)
	}
}

// What is remembered is asked for again after a while, and at once when it was changed here.
func TestService_Detail_cache(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.show(t, "st_1", 8, nil)
	look := func() *catalog.Detail {
		d, err := b.service.Detail(t.Context(), "st_1")
		require.NoError(t, err)
		return d
	}
	for range 10 {
		look()
	}
	assert.Equal(t, 1, b.store.reads)
	b.show(t, "st_1", 8, func(s *catalog.Showtime) { s.Status = catalog.Cancelled })
	b.service.Invalidate("st_1")
	assert.Equal(t, catalog.Cancelled, look().Showtime.Status)
	b.show(t, "st_1", 8, nil)
	b.clock.Advance(15 * time.Second)
	assert.Equal(t, catalog.Scheduled, look().Showtime.Status, "another process's change shows")
	b.service.Reload()
	look()
	assert.Equal(t, 4, b.store.reads)
}

// The cache does not grow with the number of showtimes asked for, and many readers at once agree.
func TestService_Detail_many(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 40 {
		b.show(t, ident.Showtime(fmt.Sprintf("st_%d", i)), float64(2*i+1), nil)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 40 {
				id := ident.Showtime(fmt.Sprintf("st_%d", i))
				d, err := b.service.Detail(t.Context(), id)
				assert.NoError(t, err)
				assert.Equal(t, id, d.Showtime.ID)
			}
		})
	}
	wg.Wait()
	list, err := b.service.Showtimes(t.Context(), catalog.ShowtimeQuery{Cinema: "cin_1"})
	require.NoError(t, err)
	details, err := b.service.Details(t.Context(), list)
	require.NoError(t, err)
	for i, d := range details {
		assert.Equal(t, list[i].ID, d.Showtime.ID)
	}
}

func TestService_Movies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	titles := func(q catalog.MovieQuery) []string {
		list, err := b.service.Movies(t.Context(), q)
		require.NoError(t, err)
		out := []string{}
		for _, m := range list {
			out = append(out, m.Title)
		}
		return out
	}
	assert.Equal(t, []string{"First Light", "Last Bus"}, titles(catalog.MovieQuery{}))
	assert.Empty(t, titles(catalog.MovieQuery{NowShowing: true}))
	b.show(t, "st_1", 8, nil)
	assert.Equal(t, []string{"First Light"}, titles(catalog.MovieQuery{NowShowing: true}))
	assert.Equal(t, []string{"First Light"}, titles(catalog.MovieQuery{NowShowing: true, Cinema: "cin_1"}))
	assert.Empty(t, titles(catalog.MovieQuery{NowShowing: true, Cinema: "cin_2"}))
	b.show(t, "st_1", 8, func(s *catalog.Showtime) { s.Status = catalog.Cancelled })
	assert.Empty(t, titles(catalog.MovieQuery{NowShowing: true}), "a cancelled showtime shows nothing")
	b.show(t, "st_1", 8, nil)
	b.clock.Advance(8*time.Hour + 14*time.Minute)
	assert.Len(t, titles(catalog.MovieQuery{NowShowing: true}), 1, "online sales go on for a quarter of an hour")
	b.clock.Advance(time.Minute)
	assert.Empty(t, titles(catalog.MovieQuery{NowShowing: true}))

	assert.Equal(t, []string{"Last Bus"}, titles(catalog.MovieQuery{Text: "bus COMEDY"}))
	assert.Equal(t, []string{"First Light"}, titles(catalog.MovieQuery{Text: "early"}))
	assert.Empty(t, titles(catalog.MovieQuery{Text: "early bus"}))

	m, err := b.service.Movie(t.Context(), "last-bus")
	require.NoError(t, err)
	assert.Equal(t, ident.Movie("mov_2"), m.ID)
	for _, id := range []string{"no-such-film", "", "a b"} {
		_, err = b.service.Movie(t.Context(), id)
		assert.Equal(t, fault.NotFound, fault.KindOf(err), id)
	}
}

func TestService_CheckSale(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.show(t, "st_gone", -3, nil)
	b.show(t, "st_later", 5, func(s *catalog.Showtime) { s.OnSaleAt = noon().Add(2 * time.Hour) })
	check := func(id ident.Showtime) *fault.Fault {
		d, err := b.service.Detail(t.Context(), id)
		require.NoError(t, err)
		var f *fault.Fault
		require.ErrorAs(t, b.service.CheckSale(t.Context(), d), &f)
		return f
	}
	f := check("st_gone")
	assert.Equal(t, "sales_closed", f.Code)
	assert.NotContains(t, f.Extra, "next", "nothing of this film is on sale")

	b.show(t, "st_next", 8, nil)
	b.show(t, "st_cancelled", 20, func(s *catalog.Showtime) { s.Status = catalog.Cancelled })
	next := map[string]string{
		"id": "st_next", "starts_at": "2026-07-10T20:00:00.000Z", "local_start": "2026-07-10T21:00:00", "zone": "Europe/London",
	}
	assert.Equal(t, next, check("st_gone").Extra["next"])
	assert.Equal(t, next, check("st_later").Extra["next"])
	assert.Equal(t, "2026-07-10T14:00:00.000Z", check("st_later").Extra["on_sale_at"])
	f = check("st_cancelled")
	assert.Equal(t, "cancelled", f.Extra["reason"])
	assert.Equal(t, fault.Gone, f.Kind)

	d, err := b.service.Detail(t.Context(), "st_next")
	require.NoError(t, err)
	require.NoError(t, b.service.CheckSale(t.Context(), d))
}

// The offer is a later showtime of the same film and cinema; an earlier one when there is none later; never the showtime itself.
func TestService_Next(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.show(t, "st_1", 3, nil)
	b.show(t, "st_2", 6, func(s *catalog.Showtime) { s.Status = catalog.Cancelled })
	last := b.show(t, "st_3", 9, nil)
	next := func(id ident.Showtime) ident.Showtime {
		d, err := b.service.Detail(t.Context(), id)
		require.NoError(t, err)
		s, found, err := b.service.Next(t.Context(), d)
		require.NoError(t, err)
		assert.Equal(t, found, s.ID != "")
		return s.ID
	}
	assert.Equal(t, last.ID, next(first.ID))
	assert.Equal(t, last.ID, next("st_2"))
	assert.Equal(t, first.ID, next(last.ID))
	b.clock.Advance(4 * time.Hour)
	assert.Empty(t, next(last.ID))
	s, found, err := b.service.NextOnSale(t.Context(), "mov_1", noon())
	require.NoError(t, err)
	assert.True(t, found)
	assert.Equal(t, last.ID, s.ID, "the first one has begun and its sales are closed")
}

func TestService_days(t *testing.T) {
	t.Parallel()
	b := setup(t)
	date, err := b.service.BusinessDate(t.Context(), "cin_1", noon().Add(13*time.Hour))
	require.NoError(t, err)
	assert.Equal(t, "2026-07-10", date)
	from, to, err := b.service.Day(t.Context(), "cin_1", date)
	require.NoError(t, err)
	assert.Equal(t, at(t, "2026-07-10T05:00:00Z"), from.UTC())
	assert.Equal(t, 24*time.Hour, to.Sub(from))
	_, _, err = b.service.Day(t.Context(), "cin_1", "10.07.2026")
	assert.Equal(t, "invalid_query", fault.CodeOf(err))
	_, err = b.service.BusinessDate(t.Context(), "cin_none", noon())
	assert.Equal(t, fault.NotFound, fault.KindOf(err))
	l, err := b.service.Layout(t.Context(), "lay_test")
	require.NoError(t, err)
	assert.Equal(t, 8, l.Len())
	_, err = b.service.Layout(t.Context(), "lay_none")
	assert.Equal(t, fault.NotFound, fault.KindOf(err))
}
