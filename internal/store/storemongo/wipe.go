package storemongo

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"cinema/internal/booking"
)

// Wipe empties the store but for its keys, which signed tickets and named bookings that may still be shown somewhere, and but for the
// record, from which nothing is ever taken. It is for demonstration data; the caller has made sure that nothing real is lost. Claims go last, so that no seat is free while its sale is there.
func (s *Store) Wipe(ctx context.Context) error {
	for _, c := range []*mongo.Collection{
		s.erasures, s.outbox, s.requests, s.personal, s.revoked, s.sessions, s.users, s.blocked, s.showtimes, s.cards, s.movies, s.layouts, s.auditoriums, s.cinemas,
		s.tickets, s.bookings, s.claims,
	} {
		if _, err := s.remove(ctx, c, bson.D{}); err != nil {
			return err
		}
	}
	notKeys := field("$or", bson.A{field("_id", field("$lt", booking.KindKey+"|")), field("_id", field("$gte", booking.KindKey+afterBar))})
	_, err := s.remove(ctx, s.decisions, notKeys)
	return err
}
