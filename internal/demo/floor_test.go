package demo_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/ident"
)

// At every hour the next 36 hours hold a screening of each kind, and tomorrow has room in every hall: at every hour of the two
// days around both nights on which the clocks change.
func TestFloor(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]time.Time{
		"spring": time.Date(2026, 3, 28, 5, 59, 0, 0, time.UTC),
		"autumn": time.Date(2026, 10, 24, 4, 59, 0, 0, time.UTC), // 05:59 in London
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, from)
			f := &floor{bundle: b, service: catalog.New(b.store, b.clock), seen: make(map[ident.Showtime]known)}
			for range 48 {
				b.topUp(t)
				f.check(t)
				b.clock.Advance(51 * time.Minute) // most minutes of the hour come up, 23:50 among them within the minute
			}
			b.clock.Advance(from.Add(42*time.Hour + 51*time.Minute).Sub(b.clock.Now())) // 23:50
			b.topUp(t)
			f.check(t)
			f.checkHalls(t)
		})
	}
}

type floor struct {
	*bundle
	service *catalog.Service
	seen    map[ident.Showtime]known // showtimes and their sales do not change once they are written
}

type known struct {
	detail *catalog.Detail
	free   int
}

func (f *floor) check(t *testing.T) {
	t.Helper()
	now := f.clock.Now()
	zone, err := f.service.Zone(t.Context(), lumen)
	require.NoError(t, err)
	shows, err := f.store.Showtimes(t.Context(), catalog.ShowtimeQuery{Cinema: lumen, From: now, To: now.Add(36 * time.Hour)})
	require.NoError(t, err)
	count := make(map[string]int)
	for _, st := range shows {
		d, free := f.look(t, st)
		switch sale := catalog.Sale(d, now, free); {
		case sale == catalog.OnSale && free == d.Layout.Len():
			count["on sale"]++
			count["empty "+d.Auditorium.Name]++
		case sale == catalog.OnSale:
			count["on sale"]++
			if free*100 <= 8*d.Capacity() {
				count["nearly full"]++
			}
		default:
			count[string(sale)]++
		}
	}
	at := now.In(zone).Format("Mon 2006-01-02 15:04 MST")
	assert.GreaterOrEqual(t, count["on sale"], 8, at)
	for _, what := range []string{"empty Gallery", "empty Grand", "nearly full", "sold_out", "not_yet", "closed"} {
		assert.Positive(t, count[what], "%s at %s: %v", what, at, count)
	}
	f.checkTomorrow(t, now)
}

// checkTomorrow wants a screening in each hall that is on sale and has most of its seats free, and the programme to reach seven days.
func (f *floor) checkTomorrow(t *testing.T, now time.Time) {
	t.Helper()
	today, err := f.service.BusinessDate(t.Context(), lumen, now)
	require.NoError(t, err)
	tomorrow, err := catalog.AddDays(today, 1)
	require.NoError(t, err)
	shows, err := f.store.Showtimes(t.Context(), catalog.ShowtimeQuery{Cinema: lumen, BusinessDate: tomorrow})
	require.NoError(t, err)
	roomy := make(map[string]bool)
	for _, st := range shows {
		if d, free := f.look(t, st); st.Sale(now) == catalog.OnSale && free*100 >= 85*d.Layout.Len() {
			roomy[d.Auditorium.Name] = true
		}
	}
	assert.Len(t, roomy, 4, "halls with room tomorrow at %s: %v", now, roomy)
	last, err := catalog.AddDays(today, 6)
	require.NoError(t, err)
	shows, err = f.store.Showtimes(t.Context(), catalog.ShowtimeQuery{Cinema: lumen, BusinessDate: last})
	require.NoError(t, err)
	assert.NotEmpty(t, shows, last)
}

// checkHalls proves that no two screenings overlap in a hall, that some run past midnight, and that every film is shown.
func (f *floor) checkHalls(t *testing.T) {
	t.Helper()
	q := catalog.ShowtimeQuery{Cinema: lumen, Limit: 200}
	clears := make(map[ident.Auditorium]time.Time)
	films := make(map[ident.Movie]bool)
	night := 0
	for {
		page, err := f.store.Showtimes(t.Context(), q)
		require.NoError(t, err)
		for _, st := range page {
			require.False(t, st.StartsAt.Before(clears[st.Auditorium]), "%s begins before its hall is clear", st.ID)
			clears[st.Auditorium] = st.ClearsAt
			films[st.Movie] = true
			d, err := f.service.Detail(t.Context(), st.ID)
			require.NoError(t, err)
			if d.LocalStart().Format(time.DateOnly) != st.BusinessDate {
				night++
			}
			q.After = catalog.Place{StartsAt: st.StartsAt, ID: st.ID}
		}
		if len(page) < q.Limit {
			break
		}
	}
	assert.Positive(t, night, "screenings after midnight that belong to the day before")
	assert.Len(t, films, 12)
}

func (f *floor) look(t *testing.T, st catalog.Showtime) (*catalog.Detail, int) {
	t.Helper()
	if k, ok := f.seen[st.ID]; ok {
		return k.detail, k.free
	}
	d, err := f.service.Detail(t.Context(), st.ID)
	require.NoError(t, err)
	claims, err := f.store.Claims(t.Context(), st.ID)
	require.NoError(t, err)
	for _, c := range claims {
		require.Equal(t, booking.Booked, c.Status)
	}
	for _, id := range []ident.Seat{"A1", "A2"} {
		seat, _ := d.Layout.Seat(id)
		require.Equal(t, catalog.Standard, seat.Kind)
		require.NotContains(t, d.Blocked, id)
	}
	k := known{detail: d, free: d.Capacity() - len(claims)}
	f.seen[st.ID] = k
	return k.detail, k.free
}
