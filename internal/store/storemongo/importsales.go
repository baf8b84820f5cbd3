package storemongo

import (
	"context"
	"fmt"
	"slices"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// importChunk bounds the bookings that are written together.
const importChunk = 200

// ImportSales writes finished bookings in bulk. Bookings that exist are left alone; one whose seats are claimed already is skipped whole.
// The row is written last: a booking is there when everything that belongs to it is, and a repeat after a crash goes on.
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
		n, err := s.importChunk(ctx, chunk)
		if err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}

func (s *Store) importChunk(ctx context.Context, bookings []booking.Booking) (int, error) {
	fit, err := s.importable(ctx, bookings)
	if err != nil {
		return 0, err
	}
	if fit, err = s.importClaims(ctx, fit); err != nil || len(fit) == 0 {
		return 0, err
	}
	var registers []registerDoc
	var tickets []ticketDoc
	for _, b := range fit {
		registers = append(registers, s.registerOf(booking.KindSeal, string(b.ID), string(importSeal(b))))
		if b.Status == booking.Failed {
			continue // a ticket exists only in a booking that was booked
		}
		for _, t := range b.Tickets {
			tickets = append(tickets, toTicket(t))
			if t.Void != "" {
				registers = append(registers, s.registerOf(booking.KindTicket, fmt.Sprintf("%s|%d", t.ID, t.Generation), voidPrefix+t.Void))
			}
		}
	}
	if err := insertAll(ctx, s, s.decisions, registers); err != nil {
		return 0, err
	}
	if err := insertAll(ctx, s, s.tickets, tickets); err != nil {
		return 0, err
	}
	return len(fit), insertAll(ctx, s, s.bookings, convert(fit, toBooking))
}

func importSeal(b booking.Booking) booking.SealValue {
	if b.Status == booking.Failed {
		return booking.SealRejected
	}
	return booking.SealReserved
}

// importable leaves out what exists, what comes twice, and what was sealed otherwise.
func (s *Store) importable(ctx context.Context, bookings []booking.Booking) (fit []booking.Booking, err error) {
	ids := convert(bookings, func(b booking.Booking) ident.Booking { return b.ID })
	docs, err := listAmong[slug](ctx, s, s.bookings, "_id", ids)
	if err != nil {
		return nil, err
	}
	seals, err := s.seals(ctx, ids)
	if err != nil {
		return nil, err
	}
	there := make(map[ident.Booking]bool, len(docs))
	for _, d := range docs {
		there[ident.Booking(d.ID)] = true
	}
	for _, b := range bookings {
		if seal := seals[b.ID]; !there[b.ID] && (seal == "" || seal == importSeal(b)) {
			fit = append(fit, b)
			there[b.ID] = true
		}
	}
	return fit, nil
}

// importClaims claims the seats of all booked bookings at once. Whoever does not have all of its seats afterwards claims for itself,
// which helps claims of ended bookings away, and gives back what it has when it cannot have all.
func (s *Store) importClaims(ctx context.Context, bookings []booking.Booking) (fit []booking.Booking, err error) {
	var claims []claimDoc
	now := s.now()
	for _, b := range bookings {
		if b.Status == booking.Booked {
			claims = append(claims, convert(claimIDs(b.Showtime, b.Seats), func(id string) claimDoc { return claimDoc{id, string(b.ID), now} })...)
		}
	}
	if err := insertAll(ctx, s, s.claims, claims); err != nil {
		return nil, err
	}
	there, err := listAmong[claimDoc](ctx, s, s.claims, "_id", convert(claims, func(c claimDoc) string { return c.ID }))
	if err != nil {
		return nil, err
	}
	owned := make(map[string]int, len(bookings))
	for _, c := range there {
		owned[c.Booking]++
	}
	for _, b := range bookings {
		if b.Status == booking.Booked && owned[string(b.ID)] < len(b.Seats) {
			taken, err := s.claim(ctx, b)
			if err != nil {
				return nil, err
			}
			if len(taken) > 0 {
				if err := s.release(ctx, b); err != nil {
					return nil, err
				}
				continue
			}
		}
		fit = append(fit, b)
	}
	return fit, nil
}
