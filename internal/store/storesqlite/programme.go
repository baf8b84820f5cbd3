package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// SaveProgramme writes everything named in one act. The overlap of shows in a hall is checked inside the act: of two planners who
// take the same hour at once, the later one is refused.
func (s *Store) SaveProgramme(ctx context.Context, p catalog.Programme) error {
	for _, t := range p.Showtimes {
		if !t.ClearsAt.After(t.StartsAt) {
			return fault.New(fault.Invalid, "invalid_showtime", "A show must clear its hall after it started.").With("showtime_id", string(t.ID))
		}
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		err := saveProgramme(ctx, w, p)
		switch {
		case refused(err, resultForeignKey):
			return fault.Wrap(errors.New(err.Error()), fault.Invalid, "unknown_reference", "The programme names something that does not exist.")
		case refused(err, resultUnique):
			return fault.Wrap(errors.New(err.Error()), fault.Conflict, "already_exists", "Another entry has this short name or version already.")
		}
		return err
	})
}

func saveProgramme(ctx context.Context, w *writes, p catalog.Programme) error {
	for _, step := range []error{
		each(p.Cinemas, func(c catalog.Cinema) error {
			_, err := w.SaveCinema.ExecContext(ctx, string(c.ID), c.Slug, c.Name, c.Address, c.Zone, c.Currency, c.DayCut.Milliseconds(), string(c.Policy.Orphan))
			return err
		}),
		each(p.Auditoriums, func(a catalog.Auditorium) error {
			_, err := w.SaveAuditorium.ExecContext(ctx, string(a.ID), string(a.Cinema), a.Name, list(a.Attributes), a.Accessibility, a.Turnaround.Milliseconds())
			return err
		}),
		each(p.Layouts, func(l *catalog.Layout) error { return publish(ctx, w, l) }),
		each(p.Movies, func(m catalog.Movie) error {
			_, err := w.SaveMovie.ExecContext(ctx, string(m.ID), m.Slug, m.Title, m.Tagline, m.Synopsis, m.Runtime.Milliseconds(), list(m.Genres),
				encode(ratingDoc(m.Rating)), m.Motif, m.Hue, m.Language, list(m.Tags))
			return err
		}),
		each(p.PriceCards, func(c catalog.PriceCard) error {
			_, err := w.SavePriceCard.ExecContext(ctx, string(c.ID), c.Name, c.Currency, list(toTicketTypes(c.Types)), list(toPrices(c.Prices)))
			return err
		}),
		each(p.Showtimes, func(t catalog.Showtime) error { return saveShowtime(ctx, w, t) }),
		each(p.Showtimes, func(t catalog.Showtime) error { return checkHall(ctx, w, t) }),
		each(p.Blocks, func(b catalog.Block) error {
			_, err := w.SaveBlock.ExecContext(ctx, string(b.Showtime), string(b.Seat), b.Reason)
			return err
		}),
	} {
		if step != nil {
			return step
		}
	}
	return nil
}

func each[T any](items []T, do func(T) error) error {
	for _, it := range items {
		if err := do(it); err != nil {
			return err
		}
	}
	return nil
}

// publish inserts a plan, or checks that the one that is there is the same.
func publish(ctx context.Context, w *writes, l *catalog.Layout) error {
	there, err := scanLayout(w.Layout.QueryRowContext(ctx, string(l.ID)))
	if errors.Is(err, sql.ErrNoRows) {
		_, err := w.InsertLayout.ExecContext(ctx, string(l.ID), string(l.Auditorium), l.Version, encode(toPlan(l)))
		return err
	}
	if err != nil {
		return err
	}
	if !there.Equal(l) {
		return fault.New(fault.Conflict, "layout_published", "A published seat layout can not be changed; make a new version.").With("layout_id", string(l.ID))
	}
	return nil
}

func saveShowtime(ctx context.Context, w *writes, t catalog.Showtime) error {
	status := t.Status
	if status == "" {
		status = catalog.Scheduled
	}
	_, err := w.SaveShowtime.ExecContext(ctx, string(t.ID), string(t.Cinema), string(t.Auditorium), string(t.Layout), string(t.Movie),
		toMillis(t.StartsAt), toMillis(t.EndsAt), toMillis(t.ClearsAt), t.BusinessDate, list(t.Formats), t.Language, t.Subtitles, list(t.Tags),
		toMillis(t.OnSaleAt), toMillis(t.SalesCloseAt), string(t.PriceCard), string(status), t.MaxSeats)
	return err
}

// checkHall looks at the shows right before and right after in the hall. That is enough: of shows that overlap, in the order of
// their starts, some two neighbours overlap, and one of them is new.
func checkHall(ctx context.Context, w *writes, t catalog.Showtime) error {
	if t.Status == catalog.Cancelled {
		return nil
	}
	starts := toMillis(t.StartsAt)
	var other ident.Showtime
	var at int64
	switch err := w.ShowBefore.QueryRowContext(ctx, string(t.Auditorium), starts, string(t.ID)).Scan(&other, &at); {
	case err == nil && at > starts:
		return hallConflict(t.ID, other)
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	}
	switch err := w.ShowAfter.QueryRowContext(ctx, string(t.Auditorium), starts, string(t.ID)).Scan(&other, &at); {
	case err == nil && at < toMillis(t.ClearsAt):
		return hallConflict(t.ID, other)
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	}
	return nil
}

func hallConflict(a, b ident.Showtime) error {
	return fault.New(fault.Conflict, "hall_conflict", fmt.Sprintf("Show %s overlaps with show %s in the same hall.", a, b)).
		With("showtime_ids", []string{string(a), string(b)})
}
