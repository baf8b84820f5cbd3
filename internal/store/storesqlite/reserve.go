package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// maxSeats bounds a booking; the house rule on how many a customer may buy is stricter and not the store's.
const maxSeats = 200

// Reserve claims every seat and seals the booking RESERVED; all of it or, on a conflict, the booking as FAILED(conflict), sealed
// REJECTED, without claims. maxOpen zero or less sets no limit.
func (s *Store) Reserve(ctx context.Context, b booking.Booking, maxOpen int) (booking.Reservation, error) {
	if err := checkIdents(b); err != nil {
		return booking.Reservation{}, err
	}
	var res booking.Reservation
	err := s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		res, err = s.reserve(ctx, w, b, maxOpen)
		return err
	})
	if err != nil {
		return booking.Reservation{}, err
	}
	return res, nil
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

func (s *Store) reserve(ctx context.Context, w *writes, b booking.Booking, maxOpen int) (booking.Reservation, error) {
	var seal booking.SealValue
	var there bool
	var open int
	if err := w.ReserveFacts.QueryRowContext(ctx, string(b.ID), string(b.User), string(b.Showtime)).Scan(&seal, &there, &open); err != nil {
		return booking.Reservation{}, err
	}
	if there {
		return resume(ctx, w, b, seal)
	}
	if err := notErased(ctx, w, b.User); err != nil {
		return booking.Reservation{}, err
	}
	b.Status, b.Reason, b.Tickets, b.Refund = booking.Pending, "", nil, nil
	b.UpdatedAt = fromMillis(s.now())
	if b.CreatedAt.IsZero() {
		b.CreatedAt = b.UpdatedAt
	}
	b.CreatedAt, b.PayDeadline = fromMillis(toMillis(b.CreatedAt)), fromMillis(toMillis(b.PayDeadline)) // as a repeat will read them
	if seal == booking.SealRejected || seal == booking.SealMoved {
		// Somebody decided before there was a row: the merged account, or a confirm that gave up. The request means the same on a repeat.
		b.Status, b.Reason = booking.Failed, booking.ReasonAbandoned
		return booking.Reservation{Outcome: booking.Ended, Booking: b}, insertBooking(ctx, w, b)
	}
	if maxOpen > 0 && open >= maxOpen {
		return booking.Reservation{}, fault.New(fault.Conflict, "booking_open",
			"There are unpaid bookings for this showtime already. Finish or give up one of them first.")
	}
	taken, err := claim(ctx, w, b)
	if err != nil {
		return booking.Reservation{}, err
	}
	res := booking.Reservation{Outcome: booking.Reserved, Conflict: taken}
	v := booking.SealReserved
	if len(taken) > 0 {
		res.Outcome, v = booking.Conflicts, booking.SealRejected
		b.Status, b.Reason = booking.Failed, booking.ReasonConflict
	}
	if err := insertBooking(ctx, w, b); err != nil {
		return booking.Reservation{}, err
	}
	res.Booking = b
	_, err = putOnce(ctx, w, booking.KindSeal, string(b.ID), string(v))
	return res, err
}

// resume answers a repeat from what is stored. Only a row that was never sealed still has something to do.
func resume(ctx context.Context, w *writes, b booking.Booking, seal booking.SealValue) (booking.Reservation, error) {
	stored, err := loadBooking(ctx, w.Booking, w.TicketsOf, b.ID)
	if err != nil {
		return booking.Reservation{}, err
	}
	if stored.Fingerprint != b.Fingerprint {
		return booking.Reservation{}, fault.New(fault.Invalid, "idempotency_mismatch", "This request was made before for other seats or ticket types.")
	}
	res := booking.Reservation{Outcome: booking.Ended, Booking: stored}
	switch {
	case stored.Status.Terminal(), seal == booking.SealRejected, seal == booking.SealMoved:
		if stored.Status.Rank() >= booking.Booked.Rank() && !stored.Status.Terminal() {
			return res, nil
		}
		_, err := w.DeleteClaims.ExecContext(ctx, string(b.ID))
		return res, err
	case seal == booking.SealReserved:
		res.Outcome = booking.Reserved
		return res, nil
	}
	return finishUnsealed(ctx, w, stored)
}

// finishUnsealed claims and seals for a row that came here half done, moved from a store whose Reserve is not one act.
func finishUnsealed(ctx context.Context, w *writes, stored booking.Booking) (booking.Reservation, error) {
	taken, err := claim(ctx, w, stored)
	if err != nil {
		return booking.Reservation{}, err
	}
	res := booking.Reservation{Outcome: booking.Reserved, Conflict: taken}
	next, reason, v := booking.Pending, "", booking.SealReserved
	if len(taken) > 0 {
		res.Outcome = booking.Conflicts
		next, reason, v = booking.Failed, booking.ReasonConflict, booking.SealRejected
	}
	if _, err := putOnce(ctx, w, booking.KindSeal, string(stored.ID), string(v)); err != nil {
		return booking.Reservation{}, err
	}
	if _, err := w.RaiseStatus.ExecContext(ctx, string(stored.ID), string(next), next.Rank(), reason, toMillis(stored.UpdatedAt)); err != nil {
		return booking.Reservation{}, err
	}
	res.Booking, err = loadBooking(ctx, w.Booking, w.TicketsOf, stored.ID)
	return res, err
}

// claim inserts the booking's claims in seat order and returns every seat that another live booking has; then it has left none.
func claim(ctx context.Context, w *writes, b booking.Booking) ([]ident.Seat, error) {
	seats := slices.Clone(b.Seats)
	slices.Sort(seats)
	if n, err := count(w.InsertClaims.ExecContext(ctx, string(b.Showtime), list(seats), string(b.ID))); err != nil || n == len(seats) {
		return nil, err
	}
	// Some are claimed already, by this booking or another: look at each.
	var taken []ident.Seat
	for _, seat := range seats {
		won, err := claimSeat(ctx, w, b.Showtime, seat, b.ID)
		if err != nil {
			return nil, err
		}
		if !won {
			taken = append(taken, seat)
		}
	}
	if len(taken) > 0 {
		if _, err := w.DeleteClaims.ExecContext(ctx, string(b.ID)); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// claimSeat takes one seat, helping the claim of a booking that ended away first. A claim whose booking is not there is left alone:
// nobody knows that it ended.
func claimSeat(ctx context.Context, w *writes, show ident.Showtime, seat ident.Seat, id ident.Booking) (bool, error) {
	for range 2 {
		won, err := affected(w.InsertClaim.ExecContext(ctx, string(show), string(seat), string(id)))
		if err != nil || won {
			return won, err
		}
		var holder ident.Booking
		var rank int
		if err := w.ClaimHolder.QueryRowContext(ctx, string(show), string(seat)).Scan(&holder, &rank); err != nil {
			if errors.Is(err, sql.ErrNoRows) {
				return false, errors.New("a claim was refused by one that is not there")
			}
			return false, err
		}
		if holder == id {
			return true, nil
		}
		if rank < booking.Failed.Rank() {
			return false, nil
		}
		if _, err := w.DeleteClaim.ExecContext(ctx, string(show), string(seat), string(holder)); err != nil {
			return false, err
		}
	}
	return false, nil
}

// Reject seals the booking REJECTED and ends it as FAILED with the reason, its claims gone. A booking that was sealed RESERVED before
// is returned as it is. Without a row the seal alone is written, which ends a later Reserve, and the answer is booking_not_found.
func (s *Store) Reject(ctx context.Context, id ident.Booking, reason string, events []booking.OutboxEvent) (booking.Booking, error) {
	var b booking.Booking
	var missing error
	err := s.do(ctx, func(ctx context.Context, w *writes) error {
		seal, err := putOnce(ctx, w, booking.KindSeal, string(id), string(booking.SealRejected))
		if err != nil {
			return err
		}
		if booking.SealValue(seal) != booking.SealReserved {
			if _, err := w.DeleteClaims.ExecContext(ctx, string(id)); err != nil {
				return err
			}
			if err := s.raise(ctx, w, move{id, booking.Failed, reason, events}); err != nil {
				return err
			}
		}
		b, err = loadBooking(ctx, w.Booking, w.TicketsOf, id)
		if fault.KindOf(err) == fault.NotFound {
			missing = err // said after the commit, which keeps the seal
			return nil
		}
		return err
	})
	if err == nil {
		err = missing
	}
	if err != nil {
		return booking.Booking{}, err
	}
	return b, nil
}
