package storesqlite

import (
	"context"

	"cinema/internal/booking"
)

// wiped are the tables that a reset empties, children before what they refer to.
var wiped = [...]string{
	"erasures", "seat_claims", "tickets", "booking_terms", "bookings", "outbox", "idempotent_requests", "personal_tokens", "revoked_tokens", "sessions", "merged_guests", "user_terms", "users",
	"seat_blocks", "showtimes", "price_cards", "movies", "layouts", "auditoriums", "cinemas",
}

// Wipe empties the store but for its keys, which signed tickets and named bookings that may still be shown somewhere, and but for the
// record, from which nothing is ever taken. It is for demonstration data; the caller has made sure that nothing real is lost.
func (s *Store) Wipe(ctx context.Context) error {
	return s.do(ctx, func(ctx context.Context, _ *writes) error {
		for _, table := range wiped {
			if _, err := s.writer.conn.ExecContext(ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		_, err := s.writer.conn.ExecContext(ctx, "DELETE FROM registers WHERE kind <> ?1", booking.KindKey)
		return err
	})
}
