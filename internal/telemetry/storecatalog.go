package telemetry

import (
	"context"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

// Cinemas lists cinemas.
func (s *Store) Cinemas(ctx context.Context) ([]catalog.Cinema, error) {
	ctx, t := s.begin(ctx, "Cinemas")
	v, err := s.Backend.Cinemas(ctx)
	t.end(err)
	return v, err
}

// Cinema reads a cinema.
func (s *Store) Cinema(ctx context.Context, id ident.Cinema) (catalog.Cinema, error) {
	ctx, t := s.begin(ctx, "Cinema")
	v, err := s.Backend.Cinema(ctx, id)
	t.end(err)
	return v, err
}

// Auditoriums lists auditoriums.
func (s *Store) Auditoriums(ctx context.Context, cinema ident.Cinema) ([]catalog.Auditorium, error) {
	ctx, t := s.begin(ctx, "Auditoriums")
	v, err := s.Backend.Auditoriums(ctx, cinema)
	t.end(err)
	return v, err
}

// Auditorium reads an auditorium.
func (s *Store) Auditorium(ctx context.Context, id ident.Auditorium) (catalog.Auditorium, error) {
	ctx, t := s.begin(ctx, "Auditorium")
	v, err := s.Backend.Auditorium(ctx, id)
	t.end(err)
	return v, err
}

// Layout reads a seat map.
func (s *Store) Layout(ctx context.Context, id ident.Layout) (*catalog.Layout, error) {
	ctx, t := s.begin(ctx, "Layout")
	v, err := s.Backend.Layout(ctx, id)
	t.end(err)
	return v, err
}

// Movies lists films.
func (s *Store) Movies(ctx context.Context) ([]catalog.Movie, error) {
	ctx, t := s.begin(ctx, "Movies")
	v, err := s.Backend.Movies(ctx)
	t.end(err)
	return v, err
}

// Movie reads a film.
func (s *Store) Movie(ctx context.Context, idOrSlug string) (catalog.Movie, error) {
	ctx, t := s.begin(ctx, "Movie")
	v, err := s.Backend.Movie(ctx, idOrSlug)
	t.end(err)
	return v, err
}

// Showtimes lists showtimes.
func (s *Store) Showtimes(ctx context.Context, q catalog.ShowtimeQuery) ([]catalog.Showtime, error) {
	ctx, t := s.begin(ctx, "Showtimes")
	v, err := s.Backend.Showtimes(ctx, q)
	t.end(err)
	return v, err
}

// Showtime reads a showtime.
func (s *Store) Showtime(ctx context.Context, id ident.Showtime) (catalog.Showtime, error) {
	ctx, t := s.begin(ctx, "Showtime")
	v, err := s.Backend.Showtime(ctx, id)
	t.end(err)
	return v, err
}

// PriceCard reads a price card.
func (s *Store) PriceCard(ctx context.Context, id ident.PriceCard) (catalog.PriceCard, error) {
	ctx, t := s.begin(ctx, "PriceCard")
	v, err := s.Backend.PriceCard(ctx, id)
	t.end(err)
	return v, err
}

// Blocks lists seats out of sale.
func (s *Store) Blocks(ctx context.Context, showtime ident.Showtime) ([]catalog.Block, error) {
	ctx, t := s.begin(ctx, "Blocks")
	v, err := s.Backend.Blocks(ctx, showtime)
	t.end(err)
	return v, err
}

// SaveProgramme writes a programme.
func (s *Store) SaveProgramme(ctx context.Context, p catalog.Programme) error {
	ctx, t := s.begin(ctx, "SaveProgramme")
	err := s.Backend.SaveProgramme(ctx, p)
	t.end(err)
	return err
}
