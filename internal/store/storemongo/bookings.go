package storemongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/booking"
	"cinema/internal/ident"
)

// Bounds of one answer.
const (
	standardPage = 50
	mostPage     = 200
	mostOpen     = 1000
)

// Booking reads one booking with its tickets.
func (s *Store) Booking(ctx context.Context, id ident.Booking) (booking.Booking, error) {
	d, found, err := find[bookingDoc](ctx, s, s.bookings, byID(string(id)))
	if err != nil {
		return booking.Booking{}, err
	}
	if !found {
		return booking.Booking{}, noBooking()
	}
	items, err := s.bookingsOf(ctx, []bookingDoc{d})
	if err != nil {
		return booking.Booking{}, err
	}
	return items[0], nil
}

func noBooking() error { return notFound("booking_not_found", "There is no such booking.") }

// Bookings lists bookings, newest first, and tells how many the filters fit in all, wherever the page begins.
func (s *Store) Bookings(ctx context.Context, q booking.Query) ([]booking.Booking, int, error) {
	filter := bookingsAsked(q)
	total := 0
	if !q.Uncounted {
		var err error
		if total, err = s.count(ctx, s.bookings, filter); err != nil || total == 0 {
			return nil, 0, err
		}
	}
	limit, skip := page(q.Limit, q.Skip, standardPage, mostPage)
	newest := bson.D{{Key: "created_at", Value: -1}, {Key: "_id", Value: -1}}
	docs, err := list[bookingDoc](ctx, s, s.bookings, beforePlace(filter, q.Before), options.Find().SetSort(newest).SetLimit(limit).SetSkip(skip))
	if err != nil {
		return nil, 0, err
	}
	items, err := s.bookingsOf(ctx, docs)
	return items, total, err
}

// OpenBookings lists bookings that wait for money or for their end, oldest first, created before an instant; at most 1000.
func (s *Store) OpenBookings(ctx context.Context, before time.Time, limit int) ([]booking.Booking, error) {
	most, _ := page(limit, 0, mostOpen, mostOpen)
	oldest := bson.D{{Key: "created_at", Value: 1}, {Key: "_id", Value: 1}}
	docs, err := list[bookingDoc](ctx, s, s.bookings, waiting(millis(before)), options.Find().SetSort(oldest).SetLimit(most))
	if err != nil {
		return nil, err
	}
	return s.bookingsOf(ctx, docs)
}

// Ticket reads one ticket.
func (s *Store) Ticket(ctx context.Context, id ident.Ticket) (booking.Ticket, error) {
	d, found, err := find[ticketDoc](ctx, s, s.tickets, byID(string(id)))
	if err != nil {
		return booking.Ticket{}, err
	}
	if !found {
		return booking.Ticket{}, notFound("ticket_not_found", "There is no such ticket.")
	}
	void, err := s.voids(ctx, []ident.Ticket{id})
	if err != nil {
		return booking.Ticket{}, err
	}
	t := d.ticket()
	t.Void = void[id]
	return t, nil
}

// RealSales counts bookings that are not demonstration data.
func (s *Store) RealSales(ctx context.Context) (int, error) {
	return s.count(ctx, s.bookings, field("demo", false))
}
