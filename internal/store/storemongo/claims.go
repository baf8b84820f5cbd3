package storemongo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/booking"
	"cinema/internal/ident"
)

// claimDoc is a seat's durable owner. Its primary key is the seat: a second claim of it cannot be there.
type claimDoc struct {
	ID      string    `bson:"_id"` // <showtime>|<seat>
	Booking string    `bson:"booking_id"`
	At      time.Time `bson:"at"`
}

func claimID(show ident.Showtime, seat ident.Seat) string { return string(show) + "|" + string(seat) }

func claimIDs(show ident.Showtime, seats []ident.Seat) []string {
	return convert(seats, func(seat ident.Seat) string { return claimID(show, seat) })
}

// splitSeat takes a claim's id apart.
func splitSeat(id string) (ident.Showtime, ident.Seat) {
	show, seat, _ := strings.Cut(id, "|")
	return ident.Showtime(show), ident.Seat(seat)
}

func (d claimDoc) seat() ident.Seat {
	_, seat := splitSeat(d.ID)
	return seat
}

// claim inserts the booking's claims in seat order, so that of overlapping bookings somebody always wins. It returns every seat that
// another live booking has; then some of its own claims may be there, which the caller releases once the seal says so.
func (s *Store) claim(ctx context.Context, b booking.Booking) (taken []ident.Seat, err error) {
	seats := slices.Clone(b.Seats)
	slices.Sort(seats)
	now := s.now()
	rest := convert(seats, func(seat ident.Seat) claimDoc { return claimDoc{claimID(b.Showtime, seat), string(b.ID), now} })
	err = s.again(ctx, func(ctx context.Context) error {
		for len(rest) > 0 {
			at, err := s.insertClaims(ctx, rest)
			if err != nil || at < 0 {
				return err
			}
			rest = rest[at:]
			met, err := s.meet(ctx, rest[0])
			if err != nil {
				return err
			}
			switch met {
			case own:
				rest = rest[1:]
			case helped:
			case foreign:
				if taken, err = s.conflicts(ctx, b); err != nil || len(taken) > 0 {
					return err
				}
			}
		}
		return nil
	})
	return taken, err
}

// insertClaims inserts in order and stops at the first that is there already, whose place it returns; -1 when all are inserted.
func (s *Store) insertClaims(ctx context.Context, docs []claimDoc) (refused int, err error) {
	_, err = s.claims.InsertMany(ctx, docs, options.InsertMany().SetOrdered(true))
	if err == nil {
		return -1, nil
	}
	if e, ok := errors.AsType[mongo.BulkWriteException](err); ok && duplicate(err) {
		return e.WriteErrors[0].Index, nil
	}
	return 0, err
}

// meeting is what stood in the way of a claim.
type meeting int

const (
	own     meeting = iota // an earlier try of the same booking: it has the seat
	helped                 // the claim of a booking that ended, which is gone now
	foreign                // another booking's
)

// meet looks at the claim that stands in the way of another. One of a booking that ended is helped away. One whose booking is not there
// is left alone: nobody knows that it ended.
func (s *Store) meet(ctx context.Context, want claimDoc) (meeting, error) {
	there, found, err := findOnce[claimDoc](ctx, s.claims, byID(want.ID))
	if err != nil {
		return foreign, err
	}
	if !found {
		return foreign, errNoWinner
	}
	if there.Booking == want.Booking {
		return own, nil
	}
	holder, found, err := findOnce[bookingDoc](ctx, s.bookings, byID(there.Booking))
	if err != nil || !found || !booking.Status(holder.Status).Terminal() {
		return foreign, err
	}
	_, err = s.claims.DeleteOne(ctx, bson.D{{Key: "_id", Value: want.ID}, {Key: "booking_id", Value: there.Booking}})
	return helped, err
}

// conflicts lists every seat of the booking that another live booking has.
func (s *Store) conflicts(ctx context.Context, b booking.Booking) ([]ident.Seat, error) {
	claims, err := list[claimDoc](ctx, s, s.claims, foreignClaims(b.Showtime, b.Seats, b.ID), options.Find().SetSort(field("_id", 1)))
	if err != nil {
		return nil, err
	}
	holders, err := s.holders(ctx, claims)
	if err != nil {
		return nil, err
	}
	var taken []ident.Seat
	for _, c := range claims {
		if !booking.Status(holders[c.Booking].Status).Terminal() {
			taken = append(taken, c.seat())
		}
	}
	return taken, nil
}

// holders reads the bookings behind claims.
func (s *Store) holders(ctx context.Context, claims []claimDoc) (map[string]bookingDoc, error) {
	ids := convert(claims, func(c claimDoc) string { return c.Booking })
	slices.Sort(ids)
	docs, err := listAmong[bookingDoc](ctx, s, s.bookings, "_id", slices.Compact(ids))
	out := make(map[string]bookingDoc, len(docs))
	for _, d := range docs {
		out[d.ID] = d
	}
	return out, err
}

// release deletes a booking's own claims among its seats, which another process may have inserted a moment ago.
func (s *Store) release(ctx context.Context, b booking.Booking) error {
	_, err := s.remove(ctx, s.claims, ownedClaims(b.Showtime, b.Seats, b.ID))
	return err
}

// ReleaseClaims deletes the claims that belong to this booking among the seats, or all of its claims when none are named.
func (s *Store) ReleaseClaims(ctx context.Context, id ident.Booking, seats []ident.Seat) error {
	claims, err := list[claimDoc](ctx, s, s.claims, field("booking_id", string(id)), options.Find())
	if err != nil {
		return err
	}
	var ids []string
	for _, c := range claims {
		if len(seats) == 0 || slices.Contains(seats, c.seat()) {
			ids = append(ids, c.ID)
		}
	}
	for part := range slices.Chunk(ids, batch) {
		if _, err := s.remove(ctx, s.claims, bson.D{{Key: "_id", Value: among(part)}, {Key: "booking_id", Value: string(id)}}); err != nil {
			return err
		}
	}
	return nil
}

// Claims lists the durable owners of a showtime's seats, in seat order. A sale in the making may be seen half claimed.
func (s *Store) Claims(ctx context.Context, showtime ident.Showtime) ([]booking.Claim, error) {
	claims, err := list[claimDoc](ctx, s, s.claims, under(string(showtime)), options.Find().SetSort(field("_id", 1)))
	if err != nil || len(claims) == 0 {
		return nil, err
	}
	holders, err := s.holders(ctx, claims)
	if err != nil {
		return nil, err
	}
	ids := make([]ident.Booking, 0, len(holders))
	for id := range holders {
		ids = append(ids, ident.Booking(id))
	}
	seals, err := s.seals(ctx, ids)
	if err != nil {
		return nil, err
	}
	return convert(claims, func(c claimDoc) booking.Claim {
		id, h := ident.Booking(c.Booking), holders[c.Booking]
		status, sealed := booking.Status(h.Status), seals[id] == booking.SealReserved
		if sealed && status == booking.Reserving {
			status = booking.Pending
		}
		return booking.Claim{
			Seat: c.seat(), Booking: id, Owner: ident.User(h.Owner), Request: ident.Request(h.Request), Status: status, Sealed: sealed,
			PayDeadline: h.PayDeadline,
		}
	}), nil
}
