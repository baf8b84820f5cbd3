package storesqlite

import (
	"context"
	"fmt"
	"slices"

	"cinema/internal/booking"
	"cinema/internal/fault"
)

// importChunk bounds the bookings of one act, so that an import beside a running sale never holds it up for long.
const importChunk = 200

// ImportSales writes finished bookings in bulk. Bookings that exist are left alone; one whose seats are claimed already is skipped
// whole. Each chunk is an act of its own: after an error the bookings of earlier chunks are there, and a repeat goes on.
func (s *Store) ImportSales(ctx context.Context, bookings []booking.Booking) (written int, err error) {
	for _, b := range bookings {
		if err := checkIdents(b); err != nil {
			return 0, err
		}
		if b.Status != booking.Booked && !b.Status.Terminal() {
			return 0, fault.New(fault.Invalid, "invalid_status", "Only finished bookings can be imported.")
		}
	}
	for chunk := range slices.Chunk(bookings, importChunk) {
		var n int
		err := s.do(ctx, func(ctx context.Context, w *writes) (err error) {
			n, err = importAll(ctx, w, chunk)
			return err
		})
		if err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

func importAll(ctx context.Context, w *writes, bookings []booking.Booking) (n int, err error) {
	for _, b := range bookings {
		done, err := importOne(ctx, w, b)
		if err != nil {
			return 0, err
		}
		if done {
			n++
		}
	}
	return n, nil
}

func importOne(ctx context.Context, w *writes, b booking.Booking) (bool, error) {
	var holds booking.SealValue
	var there bool
	var open int
	err := w.ReserveFacts.QueryRowContext(ctx, string(b.ID), string(b.User), string(b.Showtime)).Scan(&holds, &there, &open)
	if err != nil || there {
		return false, err
	}
	seal := booking.SealReserved
	if b.Status == booking.Failed {
		seal = booking.SealRejected
	}
	if holds != "" && holds != seal {
		return false, nil
	}
	if b.Status == booking.Booked {
		taken, err := claim(ctx, w, b)
		if err != nil || len(taken) > 0 {
			return false, err
		}
	}
	if err := insertBooking(ctx, w, b); err != nil {
		return false, err
	}
	if _, err := putOnce(ctx, w, booking.KindSeal, string(b.ID), string(seal)); err != nil {
		return false, err
	}
	if b.Status == booking.Failed {
		return true, nil // a ticket exists only in a booking that was booked
	}
	return true, importTickets(ctx, w, b.Tickets)
}

// importTickets writes tickets; one that was void brings its use register along, which is what makes it void.
func importTickets(ctx context.Context, w *writes, tickets []booking.Ticket) error {
	for _, t := range tickets {
		if err := insertTicket(ctx, w, t); err != nil {
			return err
		}
		if t.Void == "" {
			continue
		}
		if _, err := putOnce(ctx, w, booking.KindTicket, fmt.Sprintf("%s|%d", t.ID, t.Generation), "VOID:"+t.Void); err != nil {
			return err
		}
	}
	return nil
}
