package storemongo

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/booking"
	"cinema/internal/ident"
)

const mostEvents = 1000

// eventDoc is a fact on its way out.
type eventDoc struct {
	ID       string    `bson:"_id"` // <booking>:<type>:<n>
	Position int64     `bson:"pos"`
	Type     string    `bson:"type"`
	Showtime string    `bson:"showtime_id"`
	Booking  string    `bson:"booking_id"`
	User     string    `bson:"user_id"`
	Seats    []string  `bson:"seat_ids"`
	Request  string    `bson:"request_id"`
	Payload  []byte    `bson:"payload"`
	At       time.Time `bson:"at"`
}

func (s *Store) toEvent(e booking.OutboxEvent) eventDoc {
	return eventDoc{
		ID: e.ID, Position: s.next(), Type: e.Type, Showtime: string(e.Showtime), Booking: string(e.Booking), User: string(e.User),
		Seats: convert(e.Seats, func(s ident.Seat) string { return string(s) }), Request: string(e.Request), Payload: e.Payload, At: millis(e.At),
	}
}

func (d eventDoc) event() booking.OutboxEvent {
	return booking.OutboxEvent{
		ID: d.ID, Type: d.Type, Showtime: ident.Showtime(d.Showtime), Booking: ident.Booking(d.Booking), User: ident.User(d.User),
		Seats: convert(d.Seats, func(s string) ident.Seat { return ident.Seat(s) }), Request: ident.Request(d.Request), Payload: d.Payload, At: d.At,
	}
}

// Emit writes events that no change of status carries. An id that waits in the outbox already is left alone.
func (s *Store) Emit(ctx context.Context, events []booking.OutboxEvent) error {
	return insertAll(ctx, s, s.outbox, convert(events, s.toEvent))
}

// Outbox lists the oldest events, at most 1000.
func (s *Store) Outbox(ctx context.Context, limit int) ([]booking.OutboxEvent, error) {
	most, _ := page(limit, 0, mostEvents, mostEvents)
	order := bson.D{{Key: "pos", Value: 1}, {Key: "_id", Value: 1}}
	docs, err := list[eventDoc](ctx, s, s.outbox, bson.D{}, options.Find().SetSort(order).SetLimit(most))
	return convert(docs, eventDoc.event), err
}

// DropOutbox deletes events that were relayed.
func (s *Store) DropOutbox(ctx context.Context, ids []string) error {
	for part := range slices.Chunk(ids, batch) {
		if _, err := s.remove(ctx, s.outbox, field("_id", among(part))); err != nil {
			return err
		}
	}
	return nil
}
