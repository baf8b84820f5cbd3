package storemongo

import (
	"context"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/privacy"
)

// maxSeats bounds a booking; the house rule on how many a customer may buy is stricter and not the store's.
const maxSeats = 200

// Reserve inserts the booking, claims its seats in seat order and seals it, each a step that may be repeated by anybody. On a conflict
// the seal is REJECTED, the claims go and the booking is FAILED(conflict). Who finds the seal set follows it. maxOpen zero or less sets
// no limit; the limit is exact within a process, and several processes that reserve for one customer at the same moment may exceed it.
func (s *Store) Reserve(ctx context.Context, b booking.Booking, maxOpen int) (booking.Reservation, error) {
	if err := checkIdents(b); err != nil {
		return booking.Reservation{}, err
	}
	b.Status, b.Reason, b.Tickets, b.Refund, b.UpdatedAt = booking.Reserving, "", nil, nil, s.now()
	if b.CreatedAt.IsZero() {
		b.CreatedAt = b.UpdatedAt
	}
	there, err := s.enter(ctx, b, maxOpen)
	if err != nil {
		return booking.Reservation{}, err
	}
	if there {
		return s.resume(ctx, b)
	}
	return s.finish(ctx, b)
}

// checkIdents repeats the edge's check: no identifier outside the grammar reaches a claim, and no seat twice.
func checkIdents(b booking.Booking) error {
	_, badShow := ident.ParseShowtime(string(b.Showtime))
	_, badUser := ident.ParseUser(string(b.User))
	_, badID := ident.ParseID(string(b.ID))
	if badShow != nil || badUser != nil || badID != nil {
		return fault.New(fault.Invalid, "invalid_booking", "The booking, its user or its showtime has no valid identifier.")
	}
	bad := fault.New(fault.Invalid, "invalid_seat_ids", "The seats of a booking must be valid, and each named once.")
	if len(b.Seats) == 0 || len(b.Seats) > maxSeats {
		return bad
	}
	seen := make(map[ident.Seat]bool, len(b.Seats))
	for _, seat := range b.Seats {
		if !seat.Valid() || seen[seat] {
			return bad
		}
		seen[seat] = true
	}
	return nil
}

// enter inserts the booking; there is true when it was there already, by an earlier try or by this one's unknown outcome.
func (s *Store) enter(ctx context.Context, b booking.Booking, maxOpen int) (there bool, err error) {
	// A user who is erased at this very moment may pass: the erasure looks for such bookings until it is closed.
	gone, err := s.erased(ctx, b.User)
	if err != nil {
		return false, err
	}
	if gone {
		_, there, err = find[bookingDoc](ctx, s, s.bookings, byID(string(b.ID)))
		if err == nil && !there {
			err = privacy.ErrErased()
		}
		return there, err
	}
	if maxOpen > 0 {
		give, err := s.turns.take(ctx, string(b.User)+"|"+string(b.Showtime))
		if err != nil {
			return false, err
		}
		defer give()
		open, err := s.count(ctx, s.bookings, openOf(b))
		if err != nil {
			return false, err
		}
		if open >= maxOpen {
			return s.full(ctx, b)
		}
	}
	won, err := s.insert(ctx, s.bookings, toBooking(b))
	return !won, err
}

// full refuses one booking too many; the booking itself may be among those that are open, by an earlier try.
func (s *Store) full(ctx context.Context, b booking.Booking) (there bool, err error) {
	_, there, err = find[bookingDoc](ctx, s, s.bookings, byID(string(b.ID)))
	if err == nil && !there {
		err = fault.New(fault.Conflict, "booking_open",
			"There are unpaid bookings for this showtime already. Finish or give up one of them first.")
	}
	return there, err
}

// resume answers a repeat from what is stored. Only a booking that was never sealed still has something to do.
func (s *Store) resume(ctx context.Context, b booking.Booking) (booking.Reservation, error) {
	stored, err := s.winner(ctx, b.ID)
	if err != nil {
		return booking.Reservation{}, err
	}
	if stored.Fingerprint != b.Fingerprint {
		return booking.Reservation{}, fault.New(fault.Invalid, "idempotency_mismatch", "This request was made before for other seats or ticket types.")
	}
	value, sealed, err := s.Register(ctx, booking.KindSeal, string(b.ID))
	if err != nil {
		return booking.Reservation{}, err
	}
	switch seal := booking.SealValue(value); {
	case stored.Status.Terminal(), seal == booking.SealRejected, seal == booking.SealMoved:
		return s.end(ctx, stored, booking.ReasonAbandoned)
	case sealed:
		return s.sealedReserved(ctx, b.ID)
	}
	return s.finish(ctx, stored)
}

// winner reads the booking that an insert met. A majority must have it.
func (s *Store) winner(ctx context.Context, id ident.Booking) (b booking.Booking, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		d, found, err := findOnce[bookingDoc](ctx, s.bookings, byID(string(id)))
		if err == nil && !found {
			err = errNoWinner
		}
		b = d.booking()
		return err
	})
	return b, err
}

// finish claims the seats and seals.
func (s *Store) finish(ctx context.Context, b booking.Booking) (booking.Reservation, error) {
	taken, err := s.claim(ctx, b)
	if err != nil {
		return booking.Reservation{}, err
	}
	want := booking.SealReserved
	if len(taken) > 0 {
		want = booking.SealRejected
	}
	seal, err := s.Seal(ctx, b.ID, want)
	if err != nil {
		return booking.Reservation{}, err
	}
	if seal == booking.SealReserved {
		return s.sealedReserved(ctx, b.ID)
	}
	reason := booking.ReasonAbandoned // somebody else ended it: the merged account, the reconciler, a confirm that gave up
	if len(taken) > 0 && seal == booking.SealRejected {
		reason = booking.ReasonConflict
	}
	res, err := s.end(ctx, b, reason)
	if err == nil && res.Booking.Reason == booking.ReasonConflict {
		res.Outcome, res.Conflict = booking.Conflicts, taken
	}
	return res, err
}

// sealedReserved reads the booking again after the seal: a twin may have taken it to its end meanwhile, and then the claims that this
// act inserted late must go.
func (s *Store) sealedReserved(ctx context.Context, id ident.Booking) (booking.Reservation, error) {
	d, found, err := find[bookingDoc](ctx, s, s.bookings, byID(string(id)))
	if err == nil && !found {
		err = noBooking()
	}
	if err != nil {
		return booking.Reservation{}, err
	}
	stored, err := s.bookingSealed(ctx, d, booking.SealReserved)
	if err != nil {
		return booking.Reservation{}, err
	}
	if stored.Status.Terminal() {
		return booking.Reservation{Outcome: booking.Ended, Booking: stored}, s.release(ctx, stored)
	}
	return booking.Reservation{Outcome: booking.Reserved, Booking: stored}, nil
}

// end releases the claims of a booking that will never be paid and makes it FAILED, unless it ended otherwise before. One that was
// booked in spite of its seal is left alone.
func (s *Store) end(ctx context.Context, b booking.Booking, reason string) (booking.Reservation, error) {
	if b.Status.Terminal() || b.Status.Open() {
		if err := s.release(ctx, b); err != nil {
			return booking.Reservation{}, err
		}
		if err := s.raise(ctx, move{b.ID, booking.Failed, reason, nil}); err != nil {
			return booking.Reservation{}, err
		}
	}
	stored, err := s.Booking(ctx, b.ID)
	return booking.Reservation{Outcome: booking.Ended, Booking: stored}, err
}

// Reject seals the booking REJECTED and ends it as FAILED with the reason, its claims gone. A booking that was sealed RESERVED before
// is returned as it is. Without a row the seal alone is written, which ends a later Reserve, and the answer is booking_not_found.
func (s *Store) Reject(ctx context.Context, id ident.Booking, reason string, events []booking.OutboxEvent) (booking.Booking, error) {
	seal, err := s.Seal(ctx, id, booking.SealRejected)
	if err != nil {
		return booking.Booking{}, err
	}
	if seal != booking.SealReserved {
		if err := s.ReleaseClaims(ctx, id, nil); err != nil {
			return booking.Booking{}, err
		}
		if err := s.raise(ctx, move{id, booking.Failed, reason, events}); err != nil {
			return booking.Booking{}, err
		}
	}
	return s.Booking(ctx, id)
}
