package privacy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

const (
	// kindRetention are the registers of what was gone through: a day of shows, a month of addresses.
	kindRetention = "retention"
	day           = 24 * time.Hour
	// maxDays bounds the days that one run goes through; the next goes on.
	maxDays = 400
	// maxMonths is how far back months of addresses are looked for.
	maxMonths = 6
)

// Retention is what a run came to.
type Retention struct {
	Shows   int // gone through
	Blanked int // bookings
}

// BlankOnce takes name and address out of the bookings of people without an account whose show ended long enough ago, day by day, and
// destroys the keys of addresses that belong to nobody and are as old. Days that were gone through are remembered.
func (s *Service) BlankOnce(ctx context.Context) (Retention, error) {
	var r Retention
	until := s.clock.Now().Add(-s.keep)
	from, err := s.firstDay(ctx, until)
	if err != nil {
		return r, err
	}
	for days := 0; !from.IsZero() && !from.After(until) && days < maxDays; days++ {
		if err := s.blankDay(ctx, from, until, &r); err != nil {
			return r, err
		}
		// A show begins on its day and may end on the next.
		if next := from.Add(2 * day); !next.After(until) {
			if _, err := s.records.PutOnce(ctx, kindRetention, from.Format(time.DateOnly), "done"); err != nil {
				return r, err
			}
		}
		from = from.Add(day)
	}
	s.count(func(st *Stats) { st.Blanked += uint64(r.Blanked) })
	if r.Blanked > 0 {
		s.log.InfoContext(ctx, "contacts of past shows were taken out of bookings", "bookings", r.Blanked, "shows", r.Shows)
	}
	return r, s.forgetNobody(ctx, until)
}

// firstDay is the first day of shows that was not gone through, zero when there is none.
func (s *Service) firstDay(ctx context.Context, until time.Time) (time.Time, error) {
	shows, err := s.programme.Showtimes(ctx, catalog.ShowtimeQuery{To: until, Limit: 1})
	if err != nil || len(shows) == 0 {
		return time.Time{}, err
	}
	first := shows[0].StartsAt.UTC().Truncate(day)
	for d := until.UTC().Truncate(day); d.After(first); d = d.Add(-day) {
		_, done, err := s.records.Register(ctx, kindRetention, d.Add(-day).Format(time.DateOnly))
		if err != nil || done {
			return d, err
		}
	}
	return first, nil
}

// blankDay goes through the shows that begin on a day and are over long enough.
func (s *Service) blankDay(ctx context.Context, from, until time.Time, r *Retention) error {
	guests := make(map[ident.User]bool)
	q := catalog.ShowtimeQuery{From: from, To: from.Add(day), Limit: bookingsPage}
	for {
		shows, err := s.programme.Showtimes(ctx, q)
		if err != nil {
			return err
		}
		for _, show := range shows {
			q.After = catalog.Place{StartsAt: show.StartsAt, ID: show.ID}
			if show.EndsAt.After(until) {
				continue
			}
			n, err := s.blankShow(ctx, show.ID, guests)
			if err != nil {
				return fmt.Errorf("contacts of %s: %w", show.ID, err)
			}
			r.Shows++
			r.Blanked += n
		}
		if len(shows) < bookingsPage {
			return nil
		}
	}
}

// blankShow blanks the bookings of one show, but for those of people with an account. guests remembers who has none.
func (s *Service) blankShow(ctx context.Context, show ident.Showtime, guests map[ident.User]bool) (int, error) {
	var ids []ident.Booking
	err := s.eachBooking(ctx, booking.Query{Showtime: show}, func(b booking.Booking) error {
		if b.Customer == (booking.Customer{}) || b.Demo || b.Status.Open() {
			return nil
		}
		guest, known := guests[b.User]
		if !known {
			var err error
			if guest, err = s.hasNoAccount(ctx, b.User); err != nil {
				return err
			}
			guests[b.User] = guest
		}
		if guest {
			ids = append(ids, b.ID)
		}
		return nil
	})
	n := 0
	for part := range slices.Chunk(ids, bookingsPage) {
		done, blank := s.records.BlankContacts(ctx, part)
		n, err = n+done, errors.Join(err, blank)
	}
	return n, err
}

// hasNoAccount tells whether a user is a guest who was merged into no account.
func (s *Service) hasNoAccount(ctx context.Context, id ident.User) (bool, error) {
	u, err := s.records.User(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return true, nil
	}
	if err != nil || !u.Guest {
		return false, err
	}
	account, err := s.records.MergedInto(ctx, id)
	return account == "", err
}

// forgetNobody makes the addresses of acts that belong to no user unreadable, a month at a time.
func (s *Service) forgetNobody(ctx context.Context, until time.Time) error {
	month := time.Date(until.UTC().Year(), until.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	for range maxMonths {
		month = month.AddDate(0, -1, 0)
		id := string(audit.Nobody(month))
		_, done, err := s.records.Register(ctx, kindRetention, id)
		if err != nil || done {
			return err
		}
		if err := s.vault.DestroyKey(ctx, audit.Nobody(month)); err != nil {
			return err
		}
		if _, err := s.records.PutOnce(ctx, kindRetention, id, "done"); err != nil {
			return err
		}
	}
	return nil
}

const (
	passEvery  = time.Minute
	blankEvery = 24 * time.Hour
	blankRetry = time.Hour
	runTime    = 10 * time.Minute
)

// Run goes on with open erasures at once and every minute, and blanks contacts at once and every day, until the context ends. Any
// number of processes may run it.
func (s *Service) Run(ctx context.Context) error {
	var next time.Time
	for {
		if err := s.ResumeOnce(ctx); s.failed(ctx, err) {
			s.log.WarnContext(ctx, "erasures are not finished and go on", "error", err)
		}
		if err := s.records.Scrub(ctx); s.failed(ctx, err) {
			s.log.WarnContext(ctx, "the disk was not scrubbed", "error", err)
		}
		if now := s.clock.Now(); !now.Before(next) {
			next = now.Add(blankEvery)
			if err := s.blank(ctx); s.failed(ctx, err) {
				next = now.Add(blankRetry)
				s.log.WarnContext(ctx, "contacts of past shows were not taken out of bookings", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.clock.After(passEvery):
		}
	}
}

func (s *Service) blank(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	_, err := s.BlankOnce(bounded)
	return err
}

// failed counts an error, but for one that the end of the process made.
func (s *Service) failed(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	s.count(func(st *Stats) { st.Failures++ })
	return true
}
