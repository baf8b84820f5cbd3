package storesqlite

import (
	"context"
	"errors"
	"slices"

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
		var facts settleFacts
		b, err = scanBookingAnd(w.SettleFacts.QueryRowContext(ctx, string(r.Booking)), &facts.seal, &facts.claims, &facts.intent)
		if err != nil {
			return noBooking(err)
		}
		var proceed bool
		if result, proceed, err = maySettle(ctx, w, b, facts, r); err != nil {
			return err
		}
		if !proceed {
			return loadTickets(ctx, w.TicketsOf, &b)
		}
		b.Status, b.PaymentRef, b.Tickets, b.UpdatedAt = booking.Booked, r.PaymentRef, slices.Clone(r.Tickets), fromMillis(s.now())
		orderTickets(&b)
		return settle(ctx, w, b, r.Events)
	})
	if err != nil {
		return booking.Booking{}, 0, err
	}
	return b, result, nil
}

type settleFacts struct {
	seal   booking.SealValue
	claims int
	intent bool
}

// maySettle weighs the sticky facts. When it says proceed, the outcome register holds this settle's value.
func maySettle(ctx context.Context, w *writes, b booking.Booking, facts settleFacts, r booking.SettleRequest) (booking.SettleResult, bool, error) {
	switch {
	case facts.intent:
		return booking.IntentFound, false, nil
	case b.Status.Terminal():
		_, err := w.DeleteClaims.ExecContext(ctx, string(b.ID))
		return booking.AlreadyEnded, false, err
	case facts.seal != booking.SealReserved:
		return booking.NotSealed, false, nil
	case b.Status.Rank() >= booking.Booked.Rank():
		return booking.Settled, false, nil
	case facts.claims < len(b.Seats):
		return booking.ClaimsMissing, false, nil
	case r.RegisterKind == "":
		return booking.Settled, true, nil
	}
	holds, err := putOnce(ctx, w, r.RegisterKind, r.RegisterID, r.RegisterValue)
	if err != nil || holds != r.RegisterValue {
		return booking.OutcomeLost, false, err
	}
	return booking.Settled, true, nil
}

// settle writes tickets and events and then the status.
func settle(ctx context.Context, w *writes, b booking.Booking, events []booking.OutboxEvent) error {
	for _, t := range b.Tickets {
		if err := insertTicket(ctx, w, t); err != nil {
			return err
		}
	}
	if err := insertEvents(ctx, w, events); err != nil {
		return err
	}
	booked, err := affected(w.Book.ExecContext(ctx, string(b.ID), b.PaymentRef, toMillis(b.UpdatedAt)))
	if err == nil && !booked {
		err = errors.New("a booking changed within the act that settles it")
	}
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
		if err := s.raise(ctx, w, move{id, to, reason, events}); err != nil {
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

// move is a booking's step to another status.
type move struct {
	id     ident.Booking
	to     booking.Status
	reason string
	events []booking.OutboxEvent
}

// raise writes status and events when the rank grows. A repeat writes nothing: the events left with the first.
func (s *Store) raise(ctx context.Context, w *writes, m move) error {
	moved, err := affected(w.RaiseStatus.ExecContext(ctx, string(m.id), string(m.to), m.to.Rank(), m.reason, s.now()))
	if err != nil || !moved {
		return err
	}
	return insertEvents(ctx, w, m.events)
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
