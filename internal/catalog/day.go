package catalog

import (
	"fmt"
	"time"
)

// dateForm is how a business day is written.
const dateForm = "2006-01-02"

// DefaultDayCut is when the business day changes, in local time, unless the site says otherwise.
const DefaultDayCut = 6 * time.Hour

// Cut is the site's day cut, or the default.
func (c Cinema) Cut() time.Duration {
	if c.DayCut <= 0 || c.DayCut >= 24*time.Hour {
		return DefaultDayCut
	}
	return c.DayCut
}

// BusinessDate is the business day of an instant: the night after midnight belongs to the day before, until the cut.
func BusinessDate(zone *time.Location, cut time.Duration, at time.Time) string {
	y, m, d := at.In(zone).Date()
	if at.Before(dayStart(zone, cut, y, m, d)) {
		d--
	} else if !at.Before(dayStart(zone, cut, y, m, d+1)) {
		d++
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format(dateForm)
}

// DayRange is the instants [from, to) of a business day: 23, 24 or 25 hours. The error says that the date is not one.
func DayRange(zone *time.Location, cut time.Duration, date string) (from, to time.Time, err error) {
	day, err := time.Parse(dateForm, date)
	if err != nil {
		return time.Time{}, time.Time{}, fmt.Errorf("business date %q: %w", date, err)
	}
	y, m, d := day.Date()
	return dayStart(zone, cut, y, m, d), dayStart(zone, cut, y, m, d+1), nil
}

// AddDays moves a date; it needs no zone because it is no instant.
func AddDays(date string, days int) (string, error) {
	day, err := time.Parse(dateForm, date)
	if err != nil {
		return "", fmt.Errorf("business date %q: %w", date, err)
	}
	return day.AddDate(0, 0, days).Format(dateForm), nil
}

// Instants are the moments at which the clocks on the wall of a zone show a time of a date: one usually, none when the clocks jump
// over it in spring, two (earlier first) when they go back in autumn. wall may exceed 24 h: 25 h is one o'clock of the next date.
func Instants(zone *time.Location, date string, wall time.Duration) ([]time.Time, error) {
	day, err := time.Parse(dateForm, date)
	if err != nil {
		return nil, fmt.Errorf("date %q: %w", date, err)
	}
	naive := day.Add(wall) // the wall clock's reading as if it were UTC
	var out []time.Time
	for _, near := range [2]time.Time{naive.Add(-26 * time.Hour), naive.Add(26 * time.Hour)} {
		_, offset := near.In(zone).Zone()
		at := naive.Add(-time.Duration(offset) * time.Second)
		if _, actual := at.In(zone).Zone(); actual == offset && (len(out) == 0 || !out[0].Equal(at)) {
			out = append(out, at)
		}
	}
	if len(out) == 2 && out[1].Before(out[0]) {
		out[0], out[1] = out[1], out[0]
	}
	return out, nil
}

// dayStart is the moment the business day of a date begins. A cut inside the hour that spring skips moves with the clocks.
func dayStart(zone *time.Location, cut time.Duration, y int, m time.Month, d int) time.Time {
	return time.Date(y, m, d, 0, 0, int(cut/time.Second), 0, zone)
}
