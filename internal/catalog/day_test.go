package catalog_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/catalog"
	"cinema/internal/fault"
)

func zone(t require.TestingT, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func at(t require.TestingT, s string) time.Time {
	v, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return v
}

func TestBusinessDate(t *testing.T) {
	t.Parallel()
	london := zone(t, "Europe/London")
	for instant, want := range map[string]string{
		"2026-07-10T18:00:00Z": "2026-07-10",
		"2026-07-10T23:30:00Z": "2026-07-10", // half past midnight on the wall: still Friday night
		"2026-07-11T04:59:59Z": "2026-07-10",
		"2026-07-11T05:00:00Z": "2026-07-11",
		"2026-01-01T05:59:59Z": "2025-12-31",
		"2026-03-29T00:30:00Z": "2026-03-28", // the night that has no half past one
		"2026-03-29T04:59:59Z": "2026-03-28",
		"2026-03-29T05:00:00Z": "2026-03-29",
		"2026-10-25T00:30:00Z": "2026-10-24", // half past one, first time
		"2026-10-25T01:30:00Z": "2026-10-24", // half past one, second time
		"2026-10-25T06:00:00Z": "2026-10-25",
	} {
		assert.Equal(t, want, catalog.BusinessDate(london, catalog.DefaultDayCut, at(t, instant)), instant)
	}
}

func TestDayRange_changing_clocks(t *testing.T) {
	t.Parallel()
	london := zone(t, "Europe/London")
	for date, hours := range map[string]int{"2026-03-28": 23, "2026-10-24": 25, "2026-07-01": 24} {
		from, to, err := catalog.DayRange(london, catalog.DefaultDayCut, date)
		require.NoError(t, err)
		assert.Equal(t, time.Duration(hours)*time.Hour, to.Sub(from), date)
	}
	_, _, err := catalog.DayRange(london, catalog.DefaultDayCut, "2026-02-30")
	require.Error(t, err)
}

// Days tile the time line: every instant lies in the range of its business day, and in no other.
func TestBusinessDate_property(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		loc := zone(t, rapid.SampledFrom([]string{
			"Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca", "UTC",
		}).Draw(t, "zone"))
		cut := time.Duration(rapid.IntRange(0, 47).Draw(t, "cut half hours")) * 30 * time.Minute
		instant := time.Unix(rapid.Int64Range(1735689600, 1893456000).Draw(t, "instant"), 0)
		date := catalog.BusinessDate(loc, cut, instant)
		from, to, err := catalog.DayRange(loc, cut, date)
		if err != nil || instant.Before(from) || !instant.Before(to) {
			t.Fatalf("%s is not in %s = [%s, %s) %v", instant.In(loc), date, from, to, err)
		}
		next, err := catalog.AddDays(date, 1)
		if err != nil {
			t.Fatal(err)
		}
		if begins, _, _ := catalog.DayRange(loc, cut, next); !begins.Equal(to) {
			t.Fatalf("%s ends at %s, %s begins at %s", date, to, next, begins)
		}
	})
}

func TestInstants(t *testing.T) {
	t.Parallel()
	london := zone(t, "Europe/London")
	for name, c := range map[string]struct {
		date string
		wall time.Duration
		want []string
	}{
		"summer":         {"2026-07-10", 20 * time.Hour, []string{"2026-07-10T19:00:00Z"}},
		"winter":         {"2026-01-10", 20 * time.Hour, []string{"2026-01-10T20:00:00Z"}},
		"after midnight": {"2026-07-10", 25 * time.Hour, []string{"2026-07-11T00:00:00Z"}},
		"skipped":        {"2026-03-29", 90 * time.Minute, nil},
		"before it":      {"2026-03-29", 59 * time.Minute, []string{"2026-03-29T00:59:00Z"}},
		"after it":       {"2026-03-29", 2 * time.Hour, []string{"2026-03-29T01:00:00Z"}},
		"twice":          {"2026-10-25", 90 * time.Minute, []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := catalog.Instants(london, c.date, c.wall)
			require.NoError(t, err)
			require.Len(t, got, len(c.want))
			for i, w := range c.want {
				assert.True(t, at(t, w).Equal(got[i]), "%s instead of %s", got[i].UTC(), w)
			}
		})
	}
}

func TestNewShowtime(t *testing.T) {
	t.Parallel()
	start := at(t, "2026-07-10T23:30:00Z")
	plan := catalog.Plan{
		ID: "st_1", Cinema: catalog.Cinema{ID: "cin_1"}, Hall: catalog.Auditorium{ID: "aud_1", Turnaround: 25 * time.Minute},
		Layout: "lay_1", Movie: catalog.Movie{ID: "mov_1", Runtime: 100 * time.Minute, Language: "en"}, PriceCard: "pc_1",
		Zone: zone(t, "Europe/London"), StartsAt: start, Trailers: 15 * time.Minute, OnSaleAt: start.Add(-time.Hour),
	}
	s, err := catalog.NewShowtime(plan)
	require.NoError(t, err)
	assert.Equal(t, "2026-07-10", s.BusinessDate)
	assert.Equal(t, start.Add(115*time.Minute), s.EndsAt)
	assert.Equal(t, start.Add(140*time.Minute), s.ClearsAt)
	assert.Equal(t, start.Add(15*time.Minute), s.SalesCloseAt)

	plan.OnSaleAt = start.Add(time.Hour)
	plan.ID = "st:1"
	_, err = catalog.NewShowtime(plan)
	require.ErrorContains(t, err, "bad identifier")
	require.ErrorContains(t, err, "sales close before they open")
	plan.Movie.Runtime = 0
	_, err = catalog.NewShowtime(plan)
	require.ErrorContains(t, err, "no runtime")
}

func TestMovie_Validate(t *testing.T) {
	t.Parallel()
	m := catalog.Movie{ID: "mov_1", Slug: "copper-weather", Title: "Copper Weather", Runtime: time.Hour}
	require.NoError(t, m.Validate())
	m.Slug, m.Title, m.Runtime, m.Rating.Tick = "Copper--Weather", "", 0, true
	err := m.Validate()
	for _, says := range []string{"bad slug", "no title", "runtime", "declaration"} {
		require.ErrorContains(t, err, says)
	}
}

func TestSale(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-07-10T12:00:00Z")
	d := &catalog.Detail{Showtime: catalog.Showtime{OnSaleAt: now, SalesCloseAt: now.Add(time.Hour), Status: catalog.Scheduled}}
	assert.Equal(t, catalog.OnSale, catalog.Sale(d, now, 1))
	assert.Equal(t, catalog.SoldOut, catalog.Sale(d, now, 0))
	assert.Equal(t, catalog.NotYet, catalog.Sale(d, now.Add(-1), 0))
	assert.Equal(t, catalog.Closed, catalog.Sale(d, now.Add(time.Hour), 0))
	require.NoError(t, catalog.CheckSale(d.Showtime, now))

	err := catalog.CheckSale(d.Showtime, now.Add(-1))
	assert.Equal(t, "not_on_sale", fault.CodeOf(err))
	assert.Equal(t, fault.Conflict, fault.KindOf(err))
	err = catalog.CheckSale(d.Showtime, now.Add(time.Hour))
	assert.Equal(t, "sales_closed", fault.CodeOf(err))
	assert.Equal(t, fault.Gone, fault.KindOf(err))
	d.Showtime.Status = catalog.Cancelled
	assert.Equal(t, catalog.Withdrawn, catalog.Sale(d, now, 5))
	assert.Equal(t, "sales_closed", fault.CodeOf(catalog.CheckSale(d.Showtime, now)))
}
