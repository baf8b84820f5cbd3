package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// Bounds of the caches. A showtime is looked at again after detailLife, so that a change made by another process shows; layouts
// never change.
const (
	detailLife = 15 * time.Second
	maxDetails = 2048
	maxParts   = 512
	maxLayouts = 256
)

// horizon is how far ahead "now showing" and "the next showtime" look; maxPages bounds the walk.
const (
	horizon  = 14 * 24 * time.Hour
	pageSize = 200
	maxPages = 50
)

// instant is the least step of time that every store keeps.
const instant = time.Millisecond

// MovieQuery filters films. Zero fields do not filter.
type MovieQuery struct {
	NowShowing bool         // only films with a showtime ahead that is not cancelled
	Cinema     ident.Cinema // of those showtimes
	Text       string       // every word must occur in title, tagline, genres or tags, in any case
}

// Service answers questions about the programme. It is safe for concurrent use.
type Service struct {
	store   Store
	clock   clock.Clock
	details *cache[ident.Showtime, *Detail]
	cinemas *cache[ident.Cinema, site]
	halls   *cache[ident.Auditorium, Auditorium]
	movies  *cache[string, Movie]
	cards   *cache[ident.PriceCard, PriceCard]
	layouts *cache[ident.Layout, *Layout]
}

// site is a cinema with its zone loaded.
type site struct {
	cinema Cinema
	zone   *time.Location
}

// New makes the service.
func New(store Store, clk clock.Clock) *Service {
	return &Service{
		store: store, clock: clk,
		details: newCache[ident.Showtime, *Detail](clk, maxDetails, detailLife),
		cinemas: newCache[ident.Cinema, site](clk, maxParts, detailLife),
		halls:   newCache[ident.Auditorium, Auditorium](clk, maxParts, detailLife),
		movies:  newCache[string, Movie](clk, maxParts, detailLife),
		cards:   newCache[ident.PriceCard, PriceCard](clk, maxParts, detailLife),
		layouts: newCache[ident.Layout, *Layout](clk, maxLayouts, 0),
	}
}

// Cinemas lists the sites.
func (s *Service) Cinemas(ctx context.Context) ([]Cinema, error) { return s.store.Cinemas(ctx) }

// Auditoriums lists the halls of a site.
func (s *Service) Auditoriums(ctx context.Context, cinema ident.Cinema) ([]Auditorium, error) {
	return s.store.Auditoriums(ctx, cinema)
}

// Movies lists films in the order of the store.
func (s *Service) Movies(ctx context.Context, q MovieQuery) ([]Movie, error) {
	all, err := s.store.Movies(ctx)
	if err != nil {
		return nil, err
	}
	showing := func(ident.Movie) bool { return true }
	if q.NowShowing {
		set, err := s.showing(ctx, q.Cinema)
		if err != nil {
			return nil, err
		}
		showing = func(id ident.Movie) bool { return set[id] }
	}
	words := strings.Fields(strings.ToLower(q.Text))
	return slices.DeleteFunc(slices.Clone(all), func(m Movie) bool { return !showing(m.ID) || !m.mentions(words) }), nil
}

// Movie finds a film by id or slug; fault NotFound.
func (s *Service) Movie(ctx context.Context, idOrSlug string) (Movie, error) {
	if _, err := ident.ParseID(idOrSlug); err != nil {
		return Movie{}, fault.New(fault.NotFound, "movie_not_found", "There is no such film.")
	}
	return s.movies.get(idOrSlug, func() (Movie, error) { return s.store.Movie(ctx, idOrSlug) })
}

// Showtimes lists showtimes by start and id.
func (s *Service) Showtimes(ctx context.Context, q ShowtimeQuery) ([]Showtime, error) {
	return s.store.Showtimes(ctx, q)
}

// Layout finds a published seat plan; fault NotFound. It must not be changed.
func (s *Service) Layout(ctx context.Context, id ident.Layout) (*Layout, error) {
	if _, err := ident.ParseID(string(id)); err != nil {
		return nil, fault.New(fault.NotFound, "layout_not_found", "There is no such seat plan.")
	}
	return s.layouts.get(id, func() (*Layout, error) { return s.store.Layout(ctx, id) })
}

// Detail gathers a showtime and all that belongs to it; fault NotFound "showtime_not_found". It is shared and must not be changed.
func (s *Service) Detail(ctx context.Context, id ident.Showtime) (*Detail, error) {
	if _, err := ident.ParseShowtime(string(id)); err != nil {
		return nil, notFound()
	}
	return s.details.get(id, func() (*Detail, error) {
		st, err := s.store.Showtime(ctx, id)
		if fault.KindOf(err) == fault.NotFound {
			return nil, notFound()
		}
		if err != nil {
			return nil, err
		}
		return s.gather(ctx, st)
	})
}

// Details gathers what belongs to showtimes that were just listed, in their order.
func (s *Service) Details(ctx context.Context, shows []Showtime) ([]*Detail, error) {
	out := make([]*Detail, len(shows))
	for i, st := range shows {
		d, err := s.details.get(st.ID, func() (*Detail, error) { return s.gather(ctx, st) })
		if err != nil {
			return nil, err
		}
		out[i] = d
	}
	return out, nil
}

// Invalidate forgets what is remembered of a showtime, after it or its blocks were changed.
func (s *Service) Invalidate(id ident.Showtime) { s.details.drop(id) }

// Reload forgets everything, after the programme was changed at large.
func (s *Service) Reload() {
	s.details.clear()
	s.cinemas.clear()
	s.halls.clear()
	s.movies.clear()
	s.cards.clear()
}

// Zone is the time zone of a cinema.
func (s *Service) Zone(ctx context.Context, cinema ident.Cinema) (*time.Location, error) {
	c, err := s.site(ctx, cinema)
	return c.zone, err
}

// BusinessDate is the cinema's business day at an instant.
func (s *Service) BusinessDate(ctx context.Context, cinema ident.Cinema, at time.Time) (string, error) {
	c, err := s.site(ctx, cinema)
	if err != nil {
		return "", err
	}
	return BusinessDate(c.zone, c.cinema.Cut(), at), nil
}

// Day is the instants [from, to) of a business day of the cinema; fault Invalid "invalid_query" when the date is not one.
func (s *Service) Day(ctx context.Context, cinema ident.Cinema, date string) (from, to time.Time, err error) {
	c, err := s.site(ctx, cinema)
	if err != nil {
		return time.Time{}, time.Time{}, err
	}
	from, to, err = DayRange(c.zone, c.cinema.Cut(), date)
	if err != nil {
		return from, to, fault.Wrap(err, fault.Invalid, "invalid_query", "A date is written YYYY-MM-DD.")
	}
	return from, to, nil
}

// LocalStart is a showtime's advertised start on its cinema's clock.
func (s *Service) LocalStart(ctx context.Context, st Showtime) (time.Time, error) {
	c, err := s.site(ctx, st.Cinema)
	if err != nil {
		return time.Time{}, err
	}
	return st.StartsAt.In(c.zone), nil
}

// NextOnSale finds the first showtime of a film that starts after an instant and is on sale now; seats may still be gone.
func (s *Service) NextOnSale(ctx context.Context, movie ident.Movie, after time.Time) (next Showtime, found bool, err error) {
	return s.firstOnSale(ctx, ShowtimeQuery{Movie: movie, From: after.Add(instant), To: after.Add(horizon)})
}

// Next is what to offer instead of a showtime that cannot be bought: the film's next one on sale in the same cinema, or the first
// one from now when there is none later.
func (s *Service) Next(ctx context.Context, d *Detail) (next Showtime, found bool, err error) {
	now := s.clock.Now()
	q := ShowtimeQuery{Cinema: d.Cinema.ID, Movie: d.Movie.ID, To: now.Add(horizon)}
	if start := d.Showtime.StartsAt; start.After(now) {
		q.From = start.Add(instant)
		if next, found, err = s.firstOnSale(ctx, q); found || err != nil {
			return next, found, err
		}
	}
	q.From = now
	next, found, err = s.firstOnSale(ctx, q)
	if next.ID == d.Showtime.ID {
		return Showtime{}, false, err // sold out, and the only one
	}
	return next, found, err
}

func (s *Service) firstOnSale(ctx context.Context, q ShowtimeQuery) (next Showtime, found bool, err error) {
	now := s.clock.Now()
	err = s.walk(ctx, q, func(st Showtime) bool {
		if found = st.Sale(now) == OnSale; found {
			next = st
		}
		return !found
	})
	return next, found, err
}

// CheckSale refuses a showtime that cannot be bought now, as the function of that name, and adds the film's next showtime on sale
// (member next: id, starts_at, local_start, zone) when there is one.
func (s *Service) CheckSale(ctx context.Context, d *Detail) error {
	refused := CheckSale(d.Showtime, s.clock.Now())
	f, ok := errors.AsType[*fault.Fault](refused)
	if !ok {
		return refused
	}
	next, found, err := s.Next(ctx, d)
	if err != nil || !found {
		return refused // the refusal stands; the offer is a courtesy
	}
	local, err := s.LocalStart(ctx, next)
	if err != nil {
		return refused
	}
	return f.With("next", map[string]string{
		"id": string(next.ID), "starts_at": wireTime(next.StartsAt),
		"local_start": local.Format("2006-01-02T15:04:05"), "zone": local.Location().String(),
	})
}

func (s *Service) site(ctx context.Context, id ident.Cinema) (site, error) {
	return s.cinemas.get(id, func() (site, error) {
		c, err := s.store.Cinema(ctx, id)
		if err != nil {
			return site{}, err
		}
		zone, err := time.LoadLocation(c.Zone)
		if err != nil {
			return site{}, fmt.Errorf("zone of cinema %s: %w", id, err)
		}
		return site{cinema: c, zone: zone}, nil
	})
}

func (s *Service) gather(ctx context.Context, st Showtime) (*Detail, error) {
	c, err := s.site(ctx, st.Cinema)
	if err != nil {
		return nil, err
	}
	d := &Detail{Showtime: st, Cinema: c.cinema, Zone: c.zone, Blocked: map[ident.Seat]string{}}
	if d.Auditorium, err = s.halls.get(st.Auditorium, func() (Auditorium, error) { return s.store.Auditorium(ctx, st.Auditorium) }); err != nil {
		return nil, fmt.Errorf("showtime %s: %w", st.ID, err)
	}
	if d.Movie, err = s.Movie(ctx, string(st.Movie)); err != nil {
		return nil, fmt.Errorf("showtime %s: %w", st.ID, err)
	}
	if d.Layout, err = s.Layout(ctx, st.Layout); err != nil {
		return nil, fmt.Errorf("showtime %s: %w", st.ID, err)
	}
	if d.PriceCard, err = s.cards.get(st.PriceCard, func() (PriceCard, error) { return s.store.PriceCard(ctx, st.PriceCard) }); err != nil {
		return nil, fmt.Errorf("showtime %s: %w", st.ID, err)
	}
	blocks, err := s.store.Blocks(ctx, st.ID)
	if err != nil {
		return nil, fmt.Errorf("blocks of showtime %s: %w", st.ID, err)
	}
	for _, seat := range d.Layout.index().seats {
		if seat.Blocked {
			d.Blocked[seat.ID] = "out of service"
		}
	}
	for _, b := range blocks {
		if _, known := d.Layout.Seat(b.Seat); known {
			d.Blocked[b.Seat] = b.Reason
		}
	}
	return d, nil
}

// showing collects the films with a showtime ahead.
func (s *Service) showing(ctx context.Context, cinema ident.Cinema) (map[ident.Movie]bool, error) {
	now := s.clock.Now()
	set := make(map[ident.Movie]bool)
	q := ShowtimeQuery{Cinema: cinema, From: now.Add(-DefaultCutoff), To: now.Add(horizon)}
	err := s.walk(ctx, q, func(st Showtime) bool {
		if st.Status != Cancelled && now.Before(st.SalesCloseAt) {
			set[st.Movie] = true
		}
		return true
	})
	return set, err
}

// walk reads showtimes page by page until visit says stop.
func (s *Service) walk(ctx context.Context, q ShowtimeQuery, visit func(Showtime) bool) error {
	q.Limit = pageSize
	for range maxPages {
		page, err := s.store.Showtimes(ctx, q)
		if err != nil {
			return err
		}
		for _, st := range page {
			if !visit(st) {
				return nil
			}
		}
		if len(page) < pageSize {
			return nil
		}
		last := page[len(page)-1]
		q.After = Place{StartsAt: last.StartsAt, ID: last.ID}
	}
	return nil
}

func (m Movie) mentions(words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := strings.ToLower(strings.Join([]string{m.Title, m.Tagline, strings.Join(m.Genres, " "), strings.Join(m.Tags, " ")}, " "))
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

func notFound() error {
	return fault.New(fault.NotFound, "showtime_not_found", "There is no such showtime.")
}
