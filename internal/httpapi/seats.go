package httpapi

import (
	"context"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// Available counts the seats of a showtime.
type Available struct{ Capacity, Free, AccessibleFree int }

// Seats holds seats.
type Seats interface {
	Availability(ctx context.Context, d *catalog.Detail) (Available, error)
}

var errSeats = fault.New(fault.Invalid, "invalid_seat_ids", "Name between one and the allowed number of seats of this hall, each once.")

// parseSeats checks the seats of a body: at least one, no more than anybody may hold, each once, in the grammar.
func (s *Server) parseSeats(list []string) ([]ident.Seat, error) {
	if len(list) == 0 || len(list) > s.settings.Limits.MaxSeats {
		return nil, errSeats
	}
	out := make([]ident.Seat, 0, len(list))
	for _, text := range list {
		seat, err := ident.ParseSeat(text)
		if err != nil {
			return nil, errSeats
		}
		for _, o := range out {
			if o == seat {
				return nil, errSeats
			}
		}
		out = append(out, seat)
	}
	return out, nil
}

func (s *Server) registerSeats() {}
