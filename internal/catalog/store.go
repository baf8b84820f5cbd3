package catalog

import (
	"context"
	"time"

	"cinema/internal/ident"
)

// ShowtimeQuery filters showtimes. Zero fields do not filter.
type ShowtimeQuery struct {
	Cinema       ident.Cinema
	Movie        ident.Movie
	BusinessDate string    // YYYY-MM-DD
	From, To     time.Time // of StartsAt, [From, To)
	Limit        int       // zero: 200
	After        Place     // keyset paging: strictly after this place
}

// Place is a showtime's place in the order by start and id.
type Place struct {
	StartsAt time.Time
	ID       ident.Showtime
}

// Block takes a seat of one showtime out of sale.
type Block struct {
	Showtime ident.Showtime
	Seat     ident.Seat
	Reason   string
}

// Store keeps the programme. A missing row is a fault of kind NotFound.
type Store interface {
	Cinemas(ctx context.Context) ([]Cinema, error)
	Cinema(ctx context.Context, id ident.Cinema) (Cinema, error)
	Auditoriums(ctx context.Context, cinema ident.Cinema) ([]Auditorium, error)
	Auditorium(ctx context.Context, id ident.Auditorium) (Auditorium, error)
	Layout(ctx context.Context, id ident.Layout) (*Layout, error)
	Movies(ctx context.Context) ([]Movie, error)
	Movie(ctx context.Context, idOrSlug string) (Movie, error)
	Showtimes(ctx context.Context, q ShowtimeQuery) ([]Showtime, error)
	Showtime(ctx context.Context, id ident.Showtime) (Showtime, error)
	PriceCard(ctx context.Context, id ident.PriceCard) (PriceCard, error)
	Blocks(ctx context.Context, showtime ident.Showtime) ([]Block, error)

	// SaveProgramme writes everything named in one act. A layout that exists already must be equal: published layouts are
	// immutable (fault Conflict "layout_published"). Two showtimes of one auditorium whose [StartsAt, ClearsAt) overlap are a fault
	// Conflict "hall_conflict", and nothing is written.
	SaveProgramme(ctx context.Context, p Programme) error
}

// Programme is a set of catalogue rows to write together.
type Programme struct {
	Cinemas     []Cinema
	Auditoriums []Auditorium
	Layouts     []*Layout
	Movies      []Movie
	PriceCards  []PriceCard
	Showtimes   []Showtime
	Blocks      []Block
}
