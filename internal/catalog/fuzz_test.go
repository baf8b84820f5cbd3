package catalog_test

import (
	"testing"
	"time"

	"cinema/internal/catalog"
)

// FuzzDates: a business date that is accepted has one form, a day of 22 to 26 hours, and its own instants belong to it.
func FuzzDates(f *testing.F) {
	for _, s := range []string{"2026-03-01", "2026-03-29", "2026-10-25", "2026-02-30", "0001-01-01", "9999-12-31", "2026-3-1", "2026-03-01T00:00", " 2026-03-01", "2026-03-01\n", "-001-01-01"} {
		f.Add(s, int64(6*time.Hour), int64(0))
	}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, date string, cut, at int64) {
		c := catalog.Cinema{DayCut: time.Duration(cut)}
		from, to, err := catalog.DayRange(zone, c.Cut(), date)
		if err != nil {
			return
		}
		if len(date) != len("2006-01-02") || to.Sub(from) < 22*time.Hour || to.Sub(from) > 26*time.Hour {
			t.Fatalf("%q is from %v to %v", date, from, to)
		}
		inside := from.Add(time.Duration(uint64(at) % uint64(to.Sub(from)))) //nolint:gosec // a place within the day
		if y := inside.Year(); y < 2 || y > 9998 {
			return // the form of a date has four digits
		}
		if got := catalog.BusinessDate(zone, c.Cut(), inside); got != date {
			t.Fatalf("%v of %q belongs to %q", inside, date, got)
		}
		next, err := catalog.AddDays(date, 1)
		back, err2 := catalog.AddDays(next, -1)
		if err != nil || err2 != nil || back != date || next <= date {
			t.Fatalf("%q, then %q, then %q", date, next, back)
		}
	})
}
