// Package demo writes a demonstration cinema: a site with four halls, invented films, a rolling week of showtimes and the sales that
// go with them. What it writes follows from a seed and from dates, so that running it again adds what is missing and changes
// nothing that is there. At every hour of the day the next 36 hours hold a screening of each state a customer can meet.
package demo

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"cinema/internal/account"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// The rolling window, in business days from today.
const (
	daysAhead = 7
	daysBack  = 14
)

const defaultSeed = 20260101

// topUpEvery bounds how late a new business day is noticed; retryAfter is the pause after a fault.
const (
	topUpEvery = 10 * time.Minute
	retryAfter = time.Minute
)

// Users keeps the people of the demonstration.
type Users interface {
	SaveUser(ctx context.Context, u account.User) error
}

// Sales keeps their bookings.
type Sales interface {
	ImportSales(ctx context.Context, bookings []booking.Booking) (written int, err error)
	RealSales(ctx context.Context) (int, error)
	Bookings(ctx context.Context, q booking.Query) (items []booking.Booking, total int, err error)
}

// Deps is what seeding needs. Users, Signer, Log, Progress and Wipe may be nil.
type Deps struct {
	Catalog catalog.Store
	Sales   Sales
	Users   Users
	Signer  booking.Signer // signs the tickets' texts
	Clock   clock.Clock
	Log     *slog.Logger
	// Progress tells how far the work is, and what was done last.
	Progress func(done, total int, what string)
	// Wipe empties the store, for Reset.
	Wipe func(ctx context.Context) error
}

// Options say how to seed.
type Options struct {
	Seed  uint64 // of every random choice; zero: the product's own
	Reset bool   // empty the store first; refused when it holds sales that are not demonstration data
	Bare  bool   // the programme alone: no sales and no history, for tests of stores that are slow
}

// Seed writes the demonstration cinema into a store: two weeks of history and a week ahead. What is there already, whole days as
// well as parts of one after an interruption, is left as it is.
// Faults: Conflict "real_sales" when Reset would delete sales that are not demonstration data.
func Seed(ctx context.Context, d Deps, o Options) error {
	if o.Reset {
		if err := reset(ctx, d); err != nil {
			return err
		}
	}
	return write(ctx, d, o, !o.Bare)
}

// TopUp adds the business days that are missing until a week from now.
func TopUp(ctx context.Context, d Deps, o Options) error { return write(ctx, d, o, false) }

// Run tops up now and with each new business day, until ctx ends. A fault is logged and tried again.
func Run(ctx context.Context, d Deps, o Options) error {
	for {
		wait := topUpEvery
		if err := TopUp(ctx, d, o); err != nil && ctx.Err() == nil {
			wait = retryAfter
			if d.Log != nil {
				d.Log.WarnContext(ctx, "demonstration data not topped up", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.Clock.After(wait):
		}
	}
}

func reset(ctx context.Context, d Deps) error {
	n, err := d.Sales.RealSales(ctx)
	if err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Conflict, "real_sales", fmt.Sprintf("The store holds %d sales that are not demonstration data; nothing was deleted.", n))
	}
	if d.Wipe == nil {
		return fault.New(fault.Unavailable, "no_reset", "This store cannot be emptied from here.")
	}
	return d.Wipe(ctx)
}

// seeding is one run.
type seeding struct {
	Deps
	planner *planner
	layouts map[ident.Auditorium]*catalog.Layout
	cards   map[ident.PriceCard]catalog.PriceCard
	now     time.Time
	bare    bool
	done    int
	total   int
}

func write(ctx context.Context, d Deps, o Options, history bool) error {
	s, err := newSeeding(d, o)
	if err != nil {
		return err
	}
	_, err = d.Catalog.Cinema(ctx, cinemaID)
	fresh := fault.KindOf(err) == fault.NotFound
	if err != nil && !fresh {
		return err
	}
	if fresh {
		if err := s.base(ctx); err != nil {
			return err
		}
	}
	first := 0
	if history {
		first = -daysBack
	}
	s.total = daysAhead - first
	today := catalog.BusinessDate(s.planner.zone, s.planner.cinema.Cut(), s.now)
	for n := first; n < daysAhead; n++ {
		date, err := catalog.AddDays(today, n)
		if err != nil {
			return err
		}
		if err := s.day(ctx, date, n < 0); err != nil {
			return fmt.Errorf("demo day %s: %w", date, err)
		}
	}
	return nil
}

func newSeeding(d Deps, o Options) (*seeding, error) {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, fmt.Errorf("zone of the demonstration cinema: %w", err)
	}
	if o.Seed == 0 {
		o.Seed = defaultSeed
	}
	s := &seeding{
		Deps: d, now: d.Clock.Now(), bare: o.Bare,
		layouts: make(map[ident.Auditorium]*catalog.Layout), cards: make(map[ident.PriceCard]catalog.PriceCard),
		planner: &planner{seed: o.Seed, zone: zone, films: films(), halls: halls(), cinema: catalog.Cinema{
			ID: cinemaID, Slug: "lumen", Name: "Lumen", Address: "4 Candlewick Yard, Bexholm", Zone: zone.String(), Currency: currency,
			DayCut: catalog.DefaultDayCut, Policy: catalog.Policy{Orphan: catalog.OrphanLenient},
		}},
	}
	for _, h := range s.planner.halls {
		if s.layouts[h.room.ID], err = h.layout(); err != nil {
			return nil, err
		}
	}
	for _, m := range s.planner.films {
		if err := m.Validate(); err != nil {
			return nil, err
		}
	}
	cards, err := priceCards()
	if err != nil {
		return nil, err
	}
	for _, c := range cards {
		s.cards[c.ID] = c
	}
	return s, nil
}

// base writes what does not depend on the day.
func (s *seeding) base(ctx context.Context) error {
	p := catalog.Programme{Cinemas: []catalog.Cinema{s.planner.cinema}, Movies: s.planner.films}
	for _, h := range s.planner.halls {
		p.Auditoriums = append(p.Auditoriums, h.room)
		p.Layouts = append(p.Layouts, s.layouts[h.room.ID])
	}
	for _, c := range s.cards {
		p.PriceCards = append(p.PriceCards, c)
	}
	if s.Users != nil {
		for _, who := range people() {
			u := who.user()
			u.CreatedAt, u.UpdatedAt = s.now, s.now
			if err := s.Users.SaveUser(ctx, u); err != nil {
				return fmt.Errorf("demo people: %w", err)
			}
		}
	}
	return s.Catalog.SaveProgramme(ctx, p) // last: the cinema's presence says that all of this is there
}

// day writes one business day: its showtimes unless they are there, then its sales unless they are there.
func (s *seeding) day(ctx context.Context, date string, past bool) error {
	shows, err := s.planner.day(date)
	if err != nil {
		return err
	}
	stored, err := s.Catalog.Showtimes(ctx, catalog.ShowtimeQuery{Cinema: cinemaID, BusinessDate: date})
	if err != nil {
		return err
	}
	if len(stored) == 0 {
		if err := s.saveShows(ctx, shows); err != nil {
			return err
		}
	} else {
		shows = slices.DeleteFunc(shows, func(sh show) bool {
			return !slices.ContainsFunc(stored, func(st catalog.Showtime) bool { return st.ID == sh.ID })
		})
	}
	what := fmt.Sprintf("%d showtimes", len(shows))
	if !s.bare {
		if what, err = s.saveSales(ctx, shows, past); err != nil {
			return err
		}
	}
	s.done++
	if s.Progress != nil {
		s.Progress(s.done, s.total, date+": "+what)
	}
	return nil
}

func (s *seeding) saveShows(ctx context.Context, shows []show) error {
	var p catalog.Programme
	for _, sh := range shows {
		p.Showtimes = append(p.Showtimes, sh.Showtime)
		for seat, reason := range s.blocked(sh) {
			p.Blocks = append(p.Blocks, catalog.Block{Showtime: sh.ID, Seat: seat, Reason: reason})
		}
	}
	return s.Catalog.SaveProgramme(ctx, p)
}

// saveSales imports a day's bookings in one act, unless the sold-out screening shows that they are there.
func (s *seeding) saveSales(ctx context.Context, shows []show, past bool) (string, error) {
	for _, sh := range shows {
		if sh.role != soldOut {
			continue
		}
		_, n, err := s.Sales.Bookings(ctx, booking.Query{Showtime: sh.ID, Limit: 1})
		if err != nil {
			return "", err
		}
		if n > 0 {
			return "already there", nil
		}
	}
	// The sold-out screening goes last, so that its bookings prove that all the others were written.
	shows = slices.SortedStableFunc(slices.Values(shows), func(a, b show) int { return cmp.Compare(last(a), last(b)) })
	sell := &seller{planner: s.planner, people: people(), signer: s.Signer, now: s.now, details: make(map[ident.Showtime]*catalog.Detail)}
	var all []booking.Booking
	seats := 0
	for _, sh := range shows {
		sell.details[sh.ID] = s.detail(sh)
		bookings, err := sell.sales(ctx, sh, past)
		if err != nil {
			return "", err
		}
		for _, b := range bookings {
			seats += len(b.Tickets)
		}
		all = append(all, bookings...)
	}
	if _, err := s.Sales.ImportSales(ctx, all); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d showtimes, %d bookings, %d tickets", len(shows), len(all), seats), nil
}

func last(sh show) int {
	if sh.role == soldOut {
		return 1
	}
	return 0
}

func (s *seeding) detail(sh show) *catalog.Detail {
	h := s.planner.halls[sh.hall]
	return &catalog.Detail{
		Showtime: sh.Showtime, Cinema: s.planner.cinema, Auditorium: h.room, Movie: s.planner.film(sh.Movie),
		Layout: s.layouts[h.room.ID], PriceCard: s.cards[sh.PriceCard], Blocked: s.blocked(sh), Zone: s.planner.zone,
	}
}

// blocked are the seats of a screening that are out of sale: now and then something is broken or kept by the house.
func (s *seeding) blocked(sh show) map[ident.Seat]string {
	if sh.role != ordinary || s.planner.random("blocks", string(sh.ID)).IntN(3) > 0 {
		return map[ident.Seat]string{}
	}
	switch s.planner.halls[sh.hall].key {
	case "grand":
		return map[ident.Seat]string{"H26": "broken", "T1": "sightline", "T23": "sightline"}
	case "gallery":
		return map[ident.Seat]string{"N19": "house", "N20": "house"}
	case "studio":
		return map[ident.Seat]string{"J7": "broken"}
	default:
		return map[ident.Seat]string{"B10": "broken"}
	}
}
