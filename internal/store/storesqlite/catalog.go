package storesqlite

import (
	"context"
	"database/sql"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

const (
	standardShowtimes = 200
	mostShowtimes     = 5000
)

func scanCinema(row scanner) (catalog.Cinema, error) {
	var c catalog.Cinema
	var cut int64
	err := row.Scan(&c.ID, &c.Slug, &c.Name, &c.Address, &c.Zone, &c.Currency, &cut, &c.Policy.Orphan)
	c.DayCut = time.Duration(cut) * time.Millisecond
	return c, err
}

// Cinemas lists the sites by name.
func (s *Store) Cinemas(ctx context.Context) ([]catalog.Cinema, error) {
	rows, err := s.reads.Cinemas.QueryContext(ctx)
	out, err := collect(rows, err, scanCinema)
	return out, s.read(err)
}

// Cinema reads one site.
func (s *Store) Cinema(ctx context.Context, id ident.Cinema) (catalog.Cinema, error) {
	c, err := scanCinema(s.reads.Cinema.QueryRowContext(ctx, string(id)))
	return c, s.read(orNotFound(err, "cinema_not_found", "There is no such cinema."))
}

func scanAuditorium(row scanner) (catalog.Auditorium, error) {
	var a catalog.Auditorium
	var attributes string
	var turnaround int64
	if err := row.Scan(&a.ID, &a.Cinema, &a.Name, &attributes, &a.Accessibility, &turnaround); err != nil {
		return catalog.Auditorium{}, err
	}
	a.Turnaround = time.Duration(turnaround) * time.Millisecond
	return a, decode(attributes, &a.Attributes)
}

// Auditoriums lists the halls of a site by name.
func (s *Store) Auditoriums(ctx context.Context, cinema ident.Cinema) ([]catalog.Auditorium, error) {
	rows, err := s.reads.Auditoriums.QueryContext(ctx, string(cinema))
	out, err := collect(rows, err, scanAuditorium)
	return out, s.read(err)
}

// Auditorium reads one hall.
func (s *Store) Auditorium(ctx context.Context, id ident.Auditorium) (catalog.Auditorium, error) {
	a, err := scanAuditorium(s.reads.Auditorium.QueryRowContext(ctx, string(id)))
	return a, s.read(orNotFound(err, "auditorium_not_found", "There is no such auditorium."))
}

func scanLayout(row scanner) (*catalog.Layout, error) {
	var l catalog.Layout
	var plan string
	if err := row.Scan(&l.ID, &l.Auditorium, &l.Version, &plan); err != nil {
		return nil, err
	}
	var d planDoc
	if err := decode(plan, &d); err != nil {
		return nil, err
	}
	d.into(&l)
	return &l, nil
}

// Layout reads one published plan.
func (s *Store) Layout(ctx context.Context, id ident.Layout) (*catalog.Layout, error) {
	l, err := scanLayout(s.reads.Layout.QueryRowContext(ctx, string(id)))
	return l, s.read(orNotFound(err, "layout_not_found", "There is no such seat layout."))
}

func scanMovie(row scanner) (catalog.Movie, error) {
	var m catalog.Movie
	var runtime int64
	var genres, rating, tags string
	err := row.Scan(&m.ID, &m.Slug, &m.Title, &m.Tagline, &m.Synopsis, &runtime, &genres, &rating, &m.Motif, &m.Hue, &m.Language, &tags)
	if err != nil {
		return catalog.Movie{}, err
	}
	m.Runtime = time.Duration(runtime) * time.Millisecond
	var r ratingDoc
	if err := decode(rating, &r); err != nil {
		return catalog.Movie{}, err
	}
	m.Rating = catalog.Rating(r)
	if err := decode(genres, &m.Genres); err != nil {
		return catalog.Movie{}, err
	}
	return m, decode(tags, &m.Tags)
}

// Movies lists the films by title.
func (s *Store) Movies(ctx context.Context) ([]catalog.Movie, error) {
	rows, err := s.reads.Movies.QueryContext(ctx)
	out, err := collect(rows, err, scanMovie)
	return out, s.read(err)
}

// Movie reads one film by its identifier or its slug.
func (s *Store) Movie(ctx context.Context, idOrSlug string) (catalog.Movie, error) {
	m, err := scanMovie(s.reads.Movie.QueryRowContext(ctx, idOrSlug))
	return m, s.read(orNotFound(err, "movie_not_found", "There is no such film."))
}

func scanShowtime(row scanner) (catalog.Showtime, error) {
	var t catalog.Showtime
	var starts, ends, clears, onSale, saleEnds int64
	var formats, tags string
	err := row.Scan(&t.ID, &t.Cinema, &t.Auditorium, &t.Layout, &t.Movie, &starts, &ends, &clears, &t.BusinessDate, &formats, &t.Language,
		&t.Subtitles, &tags, &onSale, &saleEnds, &t.PriceCard, &t.Status, &t.MaxSeats)
	if err != nil {
		return catalog.Showtime{}, err
	}
	t.StartsAt, t.EndsAt, t.ClearsAt = fromMillis(starts), fromMillis(ends), fromMillis(clears)
	t.OnSaleAt, t.SalesCloseAt = fromMillis(onSale), fromMillis(saleEnds)
	if err := decode(formats, &t.Formats); err != nil {
		return catalog.Showtime{}, err
	}
	return t, decode(tags, &t.Tags)
}

// Showtimes lists screenings by start.
func (s *Store) Showtimes(ctx context.Context, q catalog.ShowtimeQuery) ([]catalog.Showtime, error) {
	limit, _ := page(q.Limit, 0, standardShowtimes, mostShowtimes)
	var labels []string
	args := []any{sql.Named("limit", limit)}
	add := func(label string, values ...any) { labels, args = append(labels, label), append(args, values...) }
	if q.Cinema != "" {
		add("cinema", sql.Named("cinema", string(q.Cinema)))
	}
	if q.Movie != "" {
		add("movie", sql.Named("movie", string(q.Movie)))
	}
	if q.BusinessDate != "" {
		add("day", sql.Named("day", q.BusinessDate))
	}
	if !q.From.IsZero() {
		add("from", sql.Named("from", toMillis(q.From)))
	}
	if !q.To.IsZero() {
		add("to", sql.Named("to", toMillis(q.To)))
	}
	if q.After != (catalog.Place{}) {
		add("after", sql.Named("after_at", toMillis(q.After.StartsAt)), sql.Named("after_id", string(q.After.ID)))
	}
	out, err := listFiltered(ctx, &s.reads.Showtimes, labels, args, scanShowtime)
	return out, s.read(err)
}

// Showtime reads one screening.
func (s *Store) Showtime(ctx context.Context, id ident.Showtime) (catalog.Showtime, error) {
	t, err := scanShowtime(s.reads.Showtime.QueryRowContext(ctx, string(id)))
	return t, s.read(orNotFound(err, "showtime_not_found", "There is no such showtime."))
}

// PriceCard reads the ticket types and prices of a showtime.
func (s *Store) PriceCard(ctx context.Context, id ident.PriceCard) (catalog.PriceCard, error) {
	c, err := scanPriceCard(s.reads.PriceCard.QueryRowContext(ctx, string(id)))
	return c, s.read(orNotFound(err, "price_card_not_found", "There is no such price card."))
}

func scanPriceCard(row scanner) (catalog.PriceCard, error) {
	var c catalog.PriceCard
	var types, prices string
	if err := row.Scan(&c.ID, &c.Name, &c.Currency, &types, &prices); err != nil {
		return catalog.PriceCard{}, err
	}
	var ts []ticketTypeDoc
	if err := decode(types, &ts); err != nil {
		return catalog.PriceCard{}, err
	}
	var ps []priceDoc
	if err := decode(prices, &ps); err != nil {
		return catalog.PriceCard{}, err
	}
	c.Types, c.Prices = fromTicketTypes(ts), fromPrices(ps)
	return c, nil
}

// Blocks lists the seats of one showtime that are out of sale.
func (s *Store) Blocks(ctx context.Context, showtime ident.Showtime) ([]catalog.Block, error) {
	rows, err := s.reads.Blocks.QueryContext(ctx, string(showtime))
	out, err := collect(rows, err, scanBlock)
	return out, s.read(err)
}

func scanBlock(row scanner) (catalog.Block, error) {
	var b catalog.Block
	err := row.Scan(&b.Showtime, &b.Seat, &b.Reason)
	return b, err
}
