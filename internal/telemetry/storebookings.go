package telemetry

import (
	"context"
	"time"

	"cinema/internal/booking"
	"cinema/internal/ident"
)

// PutOnce writes a register once.
func (s *Store) PutOnce(ctx context.Context, kind, id, value string) (string, error) {
	ctx, t := s.begin(ctx, "PutOnce")
	v, err := s.Backend.PutOnce(ctx, kind, id, value)
	t.end(err)
	return v, err
}

// Register reads a register.
func (s *Store) Register(ctx context.Context, kind, id string) (string, bool, error) {
	ctx, t := s.begin(ctx, "Register")
	v, more, err := s.Backend.Register(ctx, kind, id)
	t.end(err)
	return v, more, err
}

// RegistersByPrefix lists registers.
func (s *Store) RegistersByPrefix(ctx context.Context, kind, prefix string) ([]booking.RegisterEntry, error) {
	ctx, t := s.begin(ctx, "RegistersByPrefix")
	v, err := s.Backend.RegistersByPrefix(ctx, kind, prefix)
	t.end(err)
	return v, err
}

// Reserve claims the seats of a booking.
func (s *Store) Reserve(ctx context.Context, b booking.Booking, maxOpen int) (booking.Reservation, error) {
	ctx, t := s.begin(ctx, "Reserve")
	v, err := s.Backend.Reserve(ctx, b, maxOpen)
	t.end(err)
	return v, err
}

// Reject ends a booking that was never paid.
func (s *Store) Reject(ctx context.Context, id ident.Booking, reason string, events []booking.OutboxEvent) (booking.Booking, error) {
	ctx, t := s.begin(ctx, "Reject")
	v, err := s.Backend.Reject(ctx, id, reason, events)
	t.end(err)
	return v, err
}

// Seal decides whether a booking may be paid.
func (s *Store) Seal(ctx context.Context, id ident.Booking, v booking.SealValue) (booking.SealValue, error) {
	ctx, t := s.begin(ctx, "Seal")
	v, err := s.Backend.Seal(ctx, id, v)
	t.end(err)
	return v, err
}

// Settle books a captured booking.
func (s *Store) Settle(ctx context.Context, r booking.SettleRequest) (booking.Booking, booking.SettleResult, error) {
	ctx, t := s.begin(ctx, "Settle")
	v, more, err := s.Backend.Settle(ctx, r)
	t.end(err)
	return v, more, err
}

// SetStatus moves a booking on.
func (s *Store) SetStatus(ctx context.Context, id ident.Booking, status booking.Status, reason string, events []booking.OutboxEvent) (booking.Booking, error) {
	ctx, t := s.begin(ctx, "SetStatus")
	v, err := s.Backend.SetStatus(ctx, id, status, reason, events)
	t.end(err)
	return v, err
}

// Emit writes events.
func (s *Store) Emit(ctx context.Context, events []booking.OutboxEvent) error {
	ctx, t := s.begin(ctx, "Emit")
	err := s.Backend.Emit(ctx, events)
	t.end(err)
	return err
}

// ReleaseClaims deletes claims.
func (s *Store) ReleaseClaims(ctx context.Context, id ident.Booking, seats []ident.Seat) error {
	ctx, t := s.begin(ctx, "ReleaseClaims")
	err := s.Backend.ReleaseClaims(ctx, id, seats)
	t.end(err)
	return err
}

// Booking reads a booking.
func (s *Store) Booking(ctx context.Context, id ident.Booking) (booking.Booking, error) {
	ctx, t := s.begin(ctx, "Booking")
	v, err := s.Backend.Booking(ctx, id)
	t.end(err)
	return v, err
}

// Bookings searches bookings.
func (s *Store) Bookings(ctx context.Context, q booking.Query) ([]booking.Booking, int, error) {
	ctx, t := s.begin(ctx, "Bookings")
	v, more, err := s.Backend.Bookings(ctx, q)
	t.end(err)
	return v, more, err
}

// OpenBookings lists bookings that are under way.
func (s *Store) OpenBookings(ctx context.Context, before time.Time, limit int) ([]booking.Booking, error) {
	ctx, t := s.begin(ctx, "OpenBookings")
	v, err := s.Backend.OpenBookings(ctx, before, limit)
	t.end(err)
	return v, err
}

// Claims lists the claims of a showtime.
func (s *Store) Claims(ctx context.Context, showtime ident.Showtime) ([]booking.Claim, error) {
	ctx, t := s.begin(ctx, "Claims")
	v, err := s.Backend.Claims(ctx, showtime)
	t.end(err)
	return v, err
}

// Ticket reads a ticket.
func (s *Store) Ticket(ctx context.Context, id ident.Ticket) (booking.Ticket, error) {
	ctx, t := s.begin(ctx, "Ticket")
	v, err := s.Backend.Ticket(ctx, id)
	t.end(err)
	return v, err
}

// Outbox lists events that wait.
func (s *Store) Outbox(ctx context.Context, limit int) ([]booking.OutboxEvent, error) {
	ctx, t := s.begin(ctx, "Outbox")
	v, err := s.Backend.Outbox(ctx, limit)
	t.end(err)
	return v, err
}

// DropOutbox deletes events that were relayed.
func (s *Store) DropOutbox(ctx context.Context, ids []string) error {
	ctx, t := s.begin(ctx, "DropOutbox")
	err := s.Backend.DropOutbox(ctx, ids)
	t.end(err)
	return err
}

// ImportSales writes finished bookings in bulk.
func (s *Store) ImportSales(ctx context.Context, bookings []booking.Booking) (int, error) {
	ctx, t := s.begin(ctx, "ImportSales")
	v, err := s.Backend.ImportSales(ctx, bookings)
	t.end(err)
	return v, err
}

// RealSales counts bookings that are not demonstration data.
func (s *Store) RealSales(ctx context.Context) (int, error) {
	ctx, t := s.begin(ctx, "RealSales")
	v, err := s.Backend.RealSales(ctx)
	t.end(err)
	return v, err
}
