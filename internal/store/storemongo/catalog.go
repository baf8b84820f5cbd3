package storemongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

const (
	standardShowtimes = 200
	mostShowtimes     = 5000
)

func sorted(fields ...string) *options.FindOptionsBuilder {
	order := bson.D{}
	for _, f := range fields {
		order = append(order, bson.E{Key: f, Value: 1})
	}
	return options.Find().SetSort(order)
}

// Cinemas lists the sites by name.
func (s *Store) Cinemas(ctx context.Context) ([]catalog.Cinema, error) {
	docs, err := list[cinemaDoc](ctx, s, s.cinemas, bson.D{}, sorted("name", "_id"))
	return convert(docs, cinemaDoc.cinema), err
}

// Cinema reads one site.
func (s *Store) Cinema(ctx context.Context, id ident.Cinema) (catalog.Cinema, error) {
	d, found, err := find[cinemaDoc](ctx, s, s.cinemas, byID(string(id)))
	if err == nil && !found {
		err = notFound("cinema_not_found", "There is no such cinema.")
	}
	return d.cinema(), err
}

// Auditoriums lists the halls of a site by name.
func (s *Store) Auditoriums(ctx context.Context, cinema ident.Cinema) ([]catalog.Auditorium, error) {
	docs, err := list[auditoriumDoc](ctx, s, s.auditoriums, field("cinema_id", string(cinema)), sorted("name", "_id"))
	return convert(docs, auditoriumDoc.auditorium), err
}

// Auditorium reads one hall.
func (s *Store) Auditorium(ctx context.Context, id ident.Auditorium) (catalog.Auditorium, error) {
	d, found, err := find[auditoriumDoc](ctx, s, s.auditoriums, byID(string(id)))
	if err == nil && !found {
		err = notFound("auditorium_not_found", "There is no such auditorium.")
	}
	return d.auditorium(), err
}

// Layout reads one published plan.
func (s *Store) Layout(ctx context.Context, id ident.Layout) (*catalog.Layout, error) {
	d, found, err := find[layoutDoc](ctx, s, s.layouts, byID(string(id)))
	if err == nil && !found {
		err = notFound("layout_not_found", "There is no such seat layout.")
	}
	if err != nil {
		return nil, err
	}
	return d.layout(), nil
}

// Movies lists the films by title.
func (s *Store) Movies(ctx context.Context) ([]catalog.Movie, error) {
	docs, err := list[movieDoc](ctx, s, s.movies, bson.D{}, sorted("title", "_id"))
	return convert(docs, movieDoc.movie), err
}

// Movie reads one film by its identifier or its slug. An identifier wins over a slug that reads the same.
func (s *Store) Movie(ctx context.Context, idOrSlug string) (catalog.Movie, error) {
	docs, err := list[movieDoc](ctx, s, s.movies, field("$or", bson.A{byID(idOrSlug), field("slug", idOrSlug)}), options.Find().SetLimit(2))
	if err != nil {
		return catalog.Movie{}, err
	}
	if len(docs) == 0 {
		return catalog.Movie{}, notFound("movie_not_found", "There is no such film.")
	}
	for _, d := range docs {
		if d.ID == idOrSlug {
			return d.movie(), nil
		}
	}
	return docs[0].movie(), nil
}

// Showtimes lists screenings by start.
func (s *Store) Showtimes(ctx context.Context, q catalog.ShowtimeQuery) ([]catalog.Showtime, error) {
	limit, _ := page(q.Limit, 0, standardShowtimes, mostShowtimes)
	docs, err := list[showtimeDoc](ctx, s, s.showtimes, showsAsked(q), sorted("starts_at", "_id").SetLimit(limit))
	return convert(docs, showtimeDoc.showtime), err
}

// Showtime reads one screening.
func (s *Store) Showtime(ctx context.Context, id ident.Showtime) (catalog.Showtime, error) {
	d, found, err := find[showtimeDoc](ctx, s, s.showtimes, byID(string(id)))
	if err == nil && !found {
		err = notFound("showtime_not_found", "There is no such showtime.")
	}
	if err != nil {
		return catalog.Showtime{}, err
	}
	return d.showtime(), nil
}

// PriceCard reads the ticket types and prices of a showtime.
func (s *Store) PriceCard(ctx context.Context, id ident.PriceCard) (catalog.PriceCard, error) {
	d, found, err := find[cardDoc](ctx, s, s.cards, byID(string(id)))
	if err == nil && !found {
		err = notFound("price_card_not_found", "There is no such price card.")
	}
	return d.card(), err
}

// Blocks lists the seats of one showtime that are out of sale.
func (s *Store) Blocks(ctx context.Context, showtime ident.Showtime) ([]catalog.Block, error) {
	docs, err := list[blockDoc](ctx, s, s.blocked, under(string(showtime)), sorted("_id"))
	return convert(docs, blockDoc.block), err
}
