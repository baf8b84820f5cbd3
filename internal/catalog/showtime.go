package catalog

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"cinema/internal/ident"
)

// What a plan that says nothing gets.
const (
	DefaultTurnaround = 20 * time.Minute
	DefaultCutoff     = 15 * time.Minute // online sales go on this long after the advertised start
)

// Plan is a screening as a planner thinks of it; NewShowtime derives the rest.
type Plan struct {
	ID        ident.Showtime
	Cinema    Cinema
	Hall      Auditorium
	Layout    ident.Layout
	Movie     Movie
	PriceCard ident.PriceCard
	Zone      *time.Location // the cinema's
	StartsAt  time.Time
	Trailers  time.Duration
	OnSaleAt  time.Time
	Cutoff    time.Duration // after the start; zero: the default; negative: before the start
	Formats   []string
	Subtitles string
	Tags      []string
	MaxSeats  int
}

// NewShowtime checks a plan and derives its end, its clearing, its business day and its sales window.
func NewShowtime(p Plan) (Showtime, error) {
	if p.Movie.Runtime <= 0 {
		return Showtime{}, fmt.Errorf("showtime %s: the film has no runtime", p.ID)
	}
	cutoff := p.Cutoff
	if cutoff == 0 {
		cutoff = DefaultCutoff
	}
	turnaround := p.Hall.Turnaround
	if turnaround <= 0 {
		turnaround = DefaultTurnaround
	}
	end := p.StartsAt.Add(p.Trailers + p.Movie.Runtime)
	s := Showtime{
		ID: p.ID, Cinema: p.Cinema.ID, Auditorium: p.Hall.ID, Layout: p.Layout, Movie: p.Movie.ID,
		StartsAt: p.StartsAt, EndsAt: end, ClearsAt: end.Add(turnaround),
		BusinessDate: BusinessDate(p.Zone, p.Cinema.Cut(), p.StartsAt),
		Formats:      p.Formats, Language: p.Movie.Language, Subtitles: p.Subtitles, Tags: p.Tags,
		OnSaleAt: p.OnSaleAt, SalesCloseAt: p.StartsAt.Add(cutoff),
		PriceCard: p.PriceCard, Status: Scheduled, MaxSeats: p.MaxSeats,
	}
	if err := s.Validate(); err != nil {
		return Showtime{}, err
	}
	return s, nil
}

// Validate reports every fault of a showtime at once.
func (s Showtime) Validate() error {
	var faults []error
	wrong := func(bad bool, what string) {
		if bad {
			faults = append(faults, errors.New(what))
		}
	}
	_, err := ident.ParseShowtime(string(s.ID))
	wrong(err != nil, "bad identifier")
	wrong(s.Cinema == "" || s.Auditorium == "" || s.Layout == "" || s.Movie == "" || s.PriceCard == "", "cinema, hall, layout, film or price card is missing")
	wrong(s.StartsAt.IsZero(), "no start")
	wrong(!s.EndsAt.After(s.StartsAt), "it ends before it starts")
	wrong(s.ClearsAt.Before(s.EndsAt), "the hall is cleared before the film ends")
	wrong(!s.OnSaleAt.Before(s.SalesCloseAt), "sales close before they open")
	wrong(s.SalesCloseAt.After(s.EndsAt), "sales close after the film ends")
	wrong(s.Status != Scheduled && s.Status != Cancelled, "unknown status")
	wrong(s.MaxSeats < 0, "negative seat limit")
	if len(faults) > 0 {
		return fmt.Errorf("showtime %s: %w", s.ID, errors.Join(faults...))
	}
	return nil
}

// Validate reports every fault of a film at once. A slug is lower-case words joined by hyphens, because it stands in addresses.
func (m Movie) Validate() error {
	var faults []error
	if _, err := ident.ParseID(string(m.ID)); err != nil {
		faults = append(faults, errors.New("bad identifier"))
	}
	if ok, err := regexp.MatchString(`^[a-z0-9]+(-[a-z0-9]+)*$`, m.Slug); !ok || err != nil || len(m.Slug) > 80 {
		faults = append(faults, fmt.Errorf("bad slug %q", m.Slug))
	}
	if m.Title == "" {
		faults = append(faults, errors.New("no title"))
	}
	if m.Runtime <= 0 || m.Runtime > 12*time.Hour {
		faults = append(faults, fmt.Errorf("runtime %s", m.Runtime))
	}
	if m.Rating.MinAge < 0 || m.Rating.Tick && m.Rating.Notice == "" {
		faults = append(faults, errors.New("a declaration needs a notice to agree to"))
	}
	if len(faults) > 0 {
		return fmt.Errorf("film %s: %w", m.ID, errors.Join(faults...))
	}
	return nil
}
