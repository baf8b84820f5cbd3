package storemongo

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// Settle books a captured booking. Every fact is read again before the steps that cannot be undone; each step has a deterministic id, so
// that any number of settles, also half done ones, end as one.
func (s *Store) Settle(ctx context.Context, r booking.SettleRequest) (booking.Booking, booking.SettleResult, error) {
	for _, t := range r.Tickets {
		if t.ID == "" || t.Booking != r.Booking {
			return booking.Booking{}, 0, fault.New(fault.Invalid, "invalid_tickets", "Every ticket must have an identifier and belong to the booking.")
		}
	}
	b, result, err := s.settle(ctx, r)
	if err != nil {
		return booking.Booking{}, 0, err
	}
	return b, result, nil
}

func (s *Store) settle(ctx context.Context, r booking.SettleRequest) (booking.Booking, booking.SettleResult, error) {
	d, found, err := find[bookingDoc](ctx, s, s.bookings, byID(string(r.Booking)))
	if err == nil && !found {
		err = noBooking()
	}
	if err != nil {
		return booking.Booking{}, 0, err
	}
	b, result, proceed, err := s.maySettle(ctx, d.booking())
	if err != nil || !proceed {
		return b, result, err
	}
	if r.RegisterKind != "" {
		holds, err := s.PutOnce(ctx, r.RegisterKind, r.RegisterID, r.RegisterValue)
		if err != nil || holds != r.RegisterValue {
			return b, booking.OutcomeLost, err
		}
		if b, result, proceed, err = s.maySettle(ctx, b); err != nil || !proceed {
			return b, result, err
		}
	}
	return s.book(ctx, b, r)
}

// maySettle weighs the sticky facts and returns the booking as it stands. When it says proceed, nothing is in the way of the next step.
func (s *Store) maySettle(ctx context.Context, b booking.Booking) (now booking.Booking, result booking.SettleResult, proceed bool, err error) {
	f, err := s.facts(ctx, b)
	if err != nil {
		return b, 0, false, err
	}
	if now, err = s.bookingSealed(ctx, f.doc, f.seal); err != nil {
		return b, 0, false, err
	}
	switch {
	case f.intent:
		return now, booking.IntentFound, false, nil
	case now.Status.Terminal():
		return now, booking.AlreadyEnded, false, s.release(ctx, now)
	case f.seal != booking.SealReserved:
		return now, booking.NotSealed, false, nil
	case now.Status.Rank() >= booking.Booked.Rank():
		return now, booking.Settled, false, nil
	case f.claims < len(now.Seats):
		return now, booking.ClaimsMissing, false, nil
	}
	return now, booking.Settled, true, nil
}

type facts struct {
	claims int
	seal   booking.SealValue
	intent bool
	doc    bookingDoc
}

// facts reads the claims first and cancel intents after them, in one causal session, because a missing claim counts only when no intent
// explains it. The status comes last, so that a booking that was closed meanwhile is seen as ended.
func (s *Store) facts(ctx context.Context, b booking.Booking) (f facts, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		session, err := s.client.StartSession(options.Session().SetCausalConsistency(true))
		if err != nil {
			return err
		}
		defer session.EndSession(ctx)
		f, err = s.factsIn(mongo.NewSessionContext(ctx, session), b)
		return err
	})
	return f, err
}

func (s *Store) factsIn(ctx context.Context, b booking.Booking) (f facts, err error) {
	claims, err := findAll[claimDoc](ctx, s.claims, ownedClaims(b.Showtime, b.Seats, b.ID))
	if err != nil {
		return f, err
	}
	f.claims = len(claims)
	registers, err := findAll[registerDoc](ctx, s.decisions, sealAndIntents(b.ID))
	if err != nil {
		return f, err
	}
	for _, d := range registers {
		if strings.HasPrefix(d.ID, booking.KindSeal+"|") {
			f.seal = booking.SealValue(d.Value)
		} else {
			f.intent = true
		}
	}
	d, found, err := findOnce[bookingDoc](ctx, s.bookings, byID(string(b.ID)))
	if err == nil && !found {
		err = errNoWinner // it was there a moment ago
	}
	f.doc = d
	return f, err
}

func findAll[D any](ctx context.Context, c *mongo.Collection, filter bson.D) (docs []D, err error) {
	cursor, err := c.Find(ctx, filter)
	if err != nil {
		return nil, err
	}
	return docs, cursor.All(ctx, &docs)
}

// book writes tickets and events, one beside the other, and then the status. A crash before the status leaves a settle to repeat that
// writes the same ids again.
func (s *Store) book(ctx context.Context, b booking.Booking, r booking.SettleRequest) (booking.Booking, booking.SettleResult, error) {
	both, inner := errgroup.WithContext(ctx)
	both.Go(func() error { return insertAll(inner, s, s.tickets, convert(r.Tickets, toTicket)) })
	both.Go(func() error { return s.Emit(inner, r.Events) })
	if err := both.Wait(); err != nil {
		return b, 0, err
	}
	now := s.now()
	booked, err := s.update(ctx, s.bookings, lowerRank(b.ID, booking.Booked), field("$set", bson.D{
		{Key: "status", Value: string(booking.Booked)},
		{Key: "rank", Value: booking.Booked.Rank()},
		{Key: "payment_ref", Value: r.PaymentRef},
		{Key: "updated_at", Value: now},
	}))
	if err != nil {
		return b, 0, err
	}
	if booked {
		b.Status, b.PaymentRef, b.UpdatedAt, b.Tickets = booking.Booked, r.PaymentRef, now, slices.Clone(r.Tickets)
		orderTickets(&b)
		return b, booking.Settled, nil
	}
	// A twin was faster, or an earlier try of this write: look at what it came to.
	b, result, _, err := s.maySettle(ctx, b)
	return b, result, err
}

// SetStatus moves the status forward when the new rank is higher, the events first: they leave before the status says so.
func (s *Store) SetStatus(ctx context.Context, id ident.Booking, to booking.Status, reason string, events []booking.OutboxEvent) (booking.Booking, error) {
	if to.Rank() < 0 {
		return booking.Booking{}, fault.New(fault.Invalid, "invalid_status", "This is not a status of a booking.")
	}
	if err := s.raise(ctx, move{id, to, reason, events}); err != nil {
		return booking.Booking{}, err
	}
	return s.Booking(ctx, id)
}

// move is a booking's step to another status.
type move struct {
	id     ident.Booking
	to     booking.Status
	reason string
	events []booking.OutboxEvent
}

// raise writes events and status when the rank grows. A repeat writes nothing. A booking that is not there is left to the caller.
func (s *Store) raise(ctx context.Context, m move) error {
	d, found, err := find[bookingDoc](ctx, s, s.bookings, byID(string(m.id)))
	if err != nil || !found {
		return err
	}
	one := []booking.Booking{d.booking()}
	if err := s.deriveStatus(ctx, one); err != nil || one[0].Status.Rank() >= m.to.Rank() {
		return err
	}
	if err := s.Emit(ctx, m.events); err != nil {
		return err
	}
	_, err = s.update(ctx, s.bookings, lowerRank(m.id, m.to), field("$set", bson.D{
		{Key: "status", Value: string(m.to)}, {Key: "rank", Value: m.to.Rank()}, {Key: "reason", Value: m.reason}, {Key: "updated_at", Value: s.now()},
	}))
	return err
}
