package storesqlite

import (
	"context"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// Settle books a captured booking: outcome register, tickets, events and status as one act, after every fact was read again.
func (s *Store) Settle(ctx context.Context, r booking.SettleRequest) (booking.Booking, booking.SettleResult, error) {
	for _, t := range r.Tickets {
		if t.ID == "" || t.Booking != r.Booking {
			return booking.Booking{}, 0, fault.New(fault.Invalid, "invalid_tickets", "Every ticket must have an identifier and belong to the booking.")
		}
	}
	var b booking.Booking
	var result booking.SettleResult
	err := s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		if b, err = loadBooking(ctx, w.Booking, w.TicketsOf, r.Booking); err != nil {
			return err
		}
		var proceed bool
		if result, proceed, err = maySettle(ctx, w, b, r); err != nil || !proceed {
			return err
		}
		if err := s.settle(ctx, w, r); err != nil {
			return err
		}
		b, err = loadBooking(ctx, w.Booking, w.TicketsOf, r.Booking)
		return err
	})
	if err != nil {
		return booking.Booking{}, 0, err
	}
	return b, result, nil
}

// maySettle reads the sticky facts. When it says go, the outcome register holds this settle's value.
func maySettle(ctx context.Context, w *writes, b booking.Booking, r booking.SettleRequest) (booking.SettleResult, bool, error) {
	if intent, err := hasIntent(ctx, w, b.ID); err != nil || intent {
		return booking.IntentFound, false, err
	}
	if b.Status.Terminal() {
		_, err := w.DeleteClaims.ExecContext(ctx, string(b.ID))
		return booking.AlreadyEnded, false, err
	}
	seal, _, err := register(ctx, w.Register, booking.KindSeal, string(b.ID))
	if err != nil || booking.SealValue(seal) != booking.SealReserved {
		return booking.NotSealed, false, err
	}
	if b.Status.Rank() >= booking.Booked.Rank() {
		return booking.Settled, false, nil
	}
	var claims int
	if err := w.CountClaims.QueryRowContext(ctx, string(b.ID)).Scan(&claims); err != nil || claims < len(b.Seats) {
		return booking.ClaimsMissing, false, err
	}
	if r.RegisterKind != "" {
		holds, err := putOnce(ctx, w, r.RegisterKind, r.RegisterID, r.RegisterValue)
		if err != nil || holds != r.RegisterValue {
			return booking.OutcomeLost, false, err
		}
	}
	return booking.Settled, true, nil
}

func (s *Store) settle(ctx context.Context, w *writes, r booking.SettleRequest) error {
	for _, t := range r.Tickets {
		if err := insertTicket(ctx, w, t); err != nil {
			return err
		}
	}
	if err := insertEvents(ctx, w, r.Events); err != nil {
		return err
	}
	_, err := w.Book.ExecContext(ctx, string(r.Booking), r.PaymentRef, s.now())
	return err
}

func insertTicket(ctx context.Context, w *writes, t booking.Ticket) error {
	_, err := w.InsertTicket.ExecContext(ctx, string(t.ID), string(t.Booking), string(t.Showtime), string(t.Seat), t.TicketType, t.TypeName,
		t.Price.Minor, t.Price.Currency, t.Code, t.Generation)
	return err
}

func insertEvents(ctx context.Context, w *writes, events []booking.OutboxEvent) error {
	for _, e := range events {
		_, err := w.InsertEvent.ExecContext(ctx, e.ID, e.Type, string(e.Showtime), string(e.Booking), string(e.User), list(e.Seats), string(e.Request),
			e.Payload, toMillis(e.At))
		if err != nil {
			return err
		}
	}
	return nil
}

// SetStatus moves the status forward when the new rank is higher, with the events in the same act.
func (s *Store) SetStatus(ctx context.Context, id ident.Booking, to booking.Status, reason string, events []booking.OutboxEvent) (booking.Booking, error) {
	if to.Rank() < 0 {
		return booking.Booking{}, fault.New(fault.Invalid, "invalid_status", "This is not a status of a booking.")
	}
	var b booking.Booking
	err := s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		if err := s.raise(ctx, w, id, to, reason, events); err != nil {
			return err
		}
		b, err = loadBooking(ctx, w.Booking, w.TicketsOf, id)
		return err
	})
	if err != nil {
		return booking.Booking{}, err
	}
	return b, nil
}

// raise writes status and events when the rank grows. A repeat writes nothing: the events left with the first.
func (s *Store) raise(ctx context.Context, w *writes, id ident.Booking, to booking.Status, reason string, events []booking.OutboxEvent) error {
	moved, err := affected(w.RaiseStatus.ExecContext(ctx, string(id), string(to), to.Rank(), reason, s.now()))
	if err != nil || !moved {
		return err
	}
	return insertEvents(ctx, w, events)
}

// ReleaseClaims deletes the claims that belong to this booking among the seats, or all of its claims when none are named.
func (s *Store) ReleaseClaims(ctx context.Context, id ident.Booking, seats []ident.Seat) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		if len(seats) == 0 {
			_, err := w.DeleteClaims.ExecContext(ctx, string(id))
			return err
		}
		for _, seat := range seats {
			if _, err := w.DeleteClaimOf.ExecContext(ctx, string(id), string(seat)); err != nil {
				return err
			}
		}
		return nil
	})
}

// DropOutbox deletes events that were relayed.
func (s *Store) DropOutbox(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		_, err := w.DeleteEvents.ExecContext(ctx, list(ids))
		return err
	})
}

// Emit writes events that no change of status carries. An id that waits in the outbox already is left alone.
func (s *Store) Emit(ctx context.Context, events []booking.OutboxEvent) error {
	if len(events) == 0 {
		return nil
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error { return insertEvents(ctx, w, events) })
}
