package booking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/ident"
	"cinema/internal/payment"
	"cinema/internal/ticket"
)

// generation of a ticket when it is issued.
const firstGeneration = 1

// lateUser stands for whoever's late money it is. No user has this identifier.
const lateUser ident.User = "late"

// captureSlot spaces the keys of repeated captures: a provider may replay a stored error for a key.
const captureSlot = 15 * time.Second

// settle asks the provider where the money is and moves the booking on. It is the one way to BOOKED, for confirm, webhook, the
// customer's page and the reconciler; it is safe at any time and any number of times.
func (s *Service) settle(ctx context.Context, b Booking) (Booking, payment.Payment, error) {
	b, err := s.store.Booking(ctx, b.ID)
	if err != nil {
		return b, payment.Payment{}, err
	}
	if b.Status.Rank() >= Booked.Rank() && b.Status != Failed {
		return b, payment.Payment{}, nil
	}
	if intents, err := s.intents(ctx, b.ID); err != nil || len(intents) > 0 {
		return b, payment.Payment{}, err
	}
	a, err := s.attempts(ctx, b)
	if err != nil {
		return b, payment.Payment{}, err
	}
	var last payment.Payment
	for n := len(a.refs); n >= 1; n-- {
		p, err := s.gateway.Get(ctx, a.refs[n-1])
		if errors.Is(err, payment.ErrRefused) {
			continue // the provider knows of no such payment
		}
		if err != nil {
			return b, p, err
		}
		p = numberedPayment(p, n)
		if p.State == payment.Captured || p.State == payment.Authorised {
			return s.take(ctx, b, p)
		}
		if last.Ref == "" {
			last = p
		}
		if b.Status != Failed {
			break // earlier attempts were cancelled before this one began
		}
	}
	return b, last, nil
}

// take books a payment that has the money or may have it.
func (s *Service) take(ctx context.Context, b Booking, p payment.Payment) (Booking, payment.Payment, error) {
	switch {
	case p.State != payment.Captured && p.State != payment.Authorised:
		return b, p, nil
	case b.Status == Failed && p.State == payment.Captured:
		b, err := s.late(ctx, b, p)
		return b, p, err
	case b.Status == Failed:
		p, err := s.gateway.Cancel(ctx, key(b, p.Attempt, "cancel"), p.Ref)
		return b, p, err
	case !right(b, p):
		return s.wrongMoney(ctx, b, p)
	case p.State == payment.Authorised && s.embedded == nil:
		return s.capture(ctx, b, p)
	}
	return s.book(ctx, b, p)
}

// right compares what the provider says with what was sold.
func right(b Booking, p payment.Payment) bool { return p.Booking == b.ID && p.Amount == b.Amount }

// wrongMoney handles a payment that is not this booking's price: a captured one is given back, an authorised one is let go.
func (s *Service) wrongMoney(ctx context.Context, b Booking, p payment.Payment) (Booking, payment.Payment, error) {
	s.alert(b, "a payment differs from its booking", "state", string(p.State), "amount", p.Amount.String(), "price", b.Amount.String())
	if p.State == payment.Captured {
		b, err := s.giveBack(ctx, b, p)
		return b, p, err
	}
	return s.close(ctx, b, ReasonCaptureFailed)
}

// capture takes the money of an authorised attempt once the claims are still all there.
func (s *Service) capture(ctx context.Context, b Booking, p payment.Payment) (Booking, payment.Payment, error) {
	whole, err := s.whole(ctx, b)
	if err != nil {
		return b, p, err
	}
	if !whole {
		return s.claimsGone(ctx, b, p)
	}
	if now, err := s.gateway.Get(ctx, p.Ref); err != nil || now.State != payment.Authorised {
		if err == nil && now.State == payment.Captured {
			return s.book(ctx, b, now)
		}
		return b, now, err
	}
	try := 1 + int(s.clock.Now().Sub(b.CreatedAt)/captureSlot)
	taken, err := s.gateway.Capture(ctx, key(b, p.Attempt, "capture:"+strconv.Itoa(try)), p.Ref)
	if errors.Is(err, payment.ErrRefused) {
		return s.close(ctx, b, ReasonCaptureFailed)
	}
	if err != nil || taken.State != payment.Captured {
		return b, taken, err
	}
	if !right(b, taken) {
		return s.wrongMoney(ctx, b, taken)
	}
	return s.book(ctx, b, taken)
}

// whole tells whether every seat of the booking is claimed by it, but for seats that a cancel intent names.
func (s *Service) whole(ctx context.Context, b Booking) (bool, error) {
	claims, err := s.store.Claims(ctx, b.Showtime)
	if err != nil {
		return false, err
	}
	mine := make(map[ident.Seat]bool, len(b.Seats))
	for _, c := range claims {
		if c.Booking == b.ID {
			mine[c.Seat] = true
		}
	}
	intents, err := s.intents(ctx, b.ID)
	if err != nil {
		return false, err
	}
	for _, in := range intents {
		for _, t := range in.Tickets {
			mine[t.Seat] = true
		}
	}
	return !slices.ContainsFunc(b.Seats, func(seat ident.Seat) bool { return !mine[seat] }), nil
}

// book is the act that makes a booking BOOKED, after which its seats flip. With an embedded provider the same act captures.
func (s *Service) book(ctx context.Context, b Booking, p payment.Payment) (Booking, payment.Payment, error) {
	r, err := s.settleRequest(ctx, b, p)
	if err != nil {
		return b, p, err
	}
	after, result, err := s.store.Settle(ctx, r)
	if err != nil {
		return b, p, err
	}
	switch result {
	case Settled:
		if b.Status != Booked {
			s.stats.booked.Add(1)
		}
		if p.State == payment.Captured && after.PaymentRef != "" && after.PaymentRef != p.Ref {
			s.alert(after, "a booking was paid twice", "ref", p.Ref)
		}
		s.flip(ctx, after)
		return after, p, nil
	case ClaimsMissing:
		return s.claimsGone(ctx, b, p)
	case OutcomeLost:
		p, err := s.gateway.Get(ctx, p.Ref)
		return b, p, err
	case AlreadyEnded:
		if after.Status == Failed {
			return s.take(ctx, after, p)
		}
	case IntentFound:
	case NotSealed:
		return b, p, fmt.Errorf("booking %s was paid before it was reserved", b.ID)
	}
	return after, p, nil // a cancel intent exists, or has been carried out: it decides
}

// claimsGone handles a payment whose seats are somebody else's. It cannot happen while every part keeps the order of the protocol.
func (s *Service) claimsGone(ctx context.Context, b Booking, p payment.Payment) (Booking, payment.Payment, error) {
	if p.State == payment.Authorised {
		now, err := s.gateway.Cancel(ctx, key(b, p.Attempt, "cancel"), p.Ref)
		if err != nil {
			return b, now, err
		}
		if p = now; p.State != payment.Captured {
			s.log.Warn("an authorised booking had lost its seats", "booking_id", b.ID)
			return s.close(ctx, b, ReasonConflict)
		}
	}
	s.alert(b, "money was captured for seats that are gone", "ref", p.Ref)
	b, err := s.giveBack(ctx, b, p)
	return b, p, err
}

// late handles money that arrives for a booking that has ended: the same seats under a new booking while they are free, else the
// money goes back. The new booking's seal remembers the decision.
func (s *Service) late(ctx context.Context, b Booking, p payment.Payment) (Booking, error) {
	if intents, err := s.intents(ctx, b.ID); err != nil || len(intents) > 0 {
		return b, err
	}
	s.alert(b, "money arrived for a booking that had ended", "ref", p.Ref)
	d, err := s.programme.Detail(ctx, b.Showtime)
	if err != nil {
		return b, err
	}
	again := b
	again.Request = ident.Request("late." + string(b.ID))
	again.ID = s.id(lateUser, b.Showtime, again.Request) // not by the user, who may be erased between two tries
	again.Reference = Reference(again.ID)
	again.Status, again.Reason, again.Owner = Reserving, "", b.User
	again.CreatedAt = s.clock.Now().Truncate(time.Millisecond)
	again.PayDeadline = again.CreatedAt.Add(s.limits.PaymentWindow)
	nobody := strings.HasPrefix(string(b.User), AliasPrefix) // its customer was erased: nobody could show the tickets
	if nobody || !again.CreatedAt.Before(d.Showtime.EndsAt) || !right(b, p) {
		if _, err := s.store.Seal(ctx, again.ID, SealRejected); err != nil {
			return b, err
		}
	}
	res, err := s.store.Reserve(ctx, again, 0)
	if err != nil {
		return b, err
	}
	if res.Outcome != Reserved {
		return s.giveBack(ctx, b, p)
	}
	r, err := s.settleRequest(ctx, res.Booking, p)
	if err != nil {
		return b, err
	}
	r.RegisterKind = "" // the outcome was written when the money moved
	after, result, err := s.store.Settle(ctx, r)
	if err != nil {
		return b, err
	}
	if result == Settled {
		s.flip(ctx, after)
		return b, nil
	}
	return s.giveBack(ctx, b, p)
}

// settleRequest writes the tickets and the event of a sale. Their ids follow from the booking, so that a repeat changes nothing.
func (s *Service) settleRequest(ctx context.Context, b Booking, p payment.Payment) (SettleRequest, error) {
	d, err := s.programme.Detail(ctx, b.Showtime)
	if err != nil {
		return SettleRequest{}, err
	}
	r := SettleRequest{Booking: b.ID, PaymentRef: p.Ref}
	if s.embedded != nil && p.State == payment.Authorised {
		r.RegisterKind, r.RegisterID, r.RegisterValue = s.embedded.CaptureRegister(p)
	}
	for _, l := range b.Lines {
		t, err := s.issue(b, l, d)
		if err != nil {
			return SettleRequest{}, err
		}
		r.Tickets = append(r.Tickets, t)
	}
	e, err := s.event(b, "booking.success", 1, b.Seats, map[string]any{
		"booking_id": b.ID, "showtime_id": b.Showtime, "user_id": b.User, "seat_ids": b.Seats, "amount": b.Amount.Minor,
		"currency": b.Amount.Currency, "at": s.clock.Now().Unix(), "reference": b.Reference, "payment_ref": p.Ref,
	})
	r.Events = []OutboxEvent{e}
	return r, err
}

// issue makes the ticket of a seat. It is called only on the way to BOOKED.
func (s *Service) issue(b Booking, l Line, d *catalog.Detail) (Ticket, error) {
	t := Ticket{
		ID: ticket.NewID(b.ID, l.Seat, firstGeneration), Booking: b.ID, Showtime: b.Showtime, Seat: l.Seat, TicketType: l.TicketType,
		TypeName: l.TypeName, Price: l.Price, Generation: firstGeneration,
	}
	kind, _ := d.PriceCard.Type(l.TicketType)
	code, err := s.signer.Sign(ticket.Pass{
		ID: t.ID, Showtime: b.Showtime, Seat: l.Seat, NotBefore: d.Showtime.Doors(), NotAfter: d.Showtime.EndsAt, Proof: kind.Proof, Demo: b.Demo,
	})
	if err != nil {
		return Ticket{}, fmt.Errorf("sign ticket %s: %w", t.ID, err)
	}
	t.Code = code
	return t, nil
}

// event makes the n-th event of a type of a booking.
func (s *Service) event(b Booking, kind string, n int, seats []ident.Seat, payload map[string]any) (OutboxEvent, error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return OutboxEvent{}, fmt.Errorf("encode %s of %s: %w", kind, b.ID, err)
	}
	return OutboxEvent{
		ID: string(b.ID) + ":" + kind + ":" + strconv.Itoa(n), Type: kind, Showtime: b.Showtime, Booking: b.ID, User: b.User, Seats: seats,
		Request: b.Request, Payload: raw, At: s.clock.Now(),
	}, nil
}

// alert reports money and seats that do not fit together: an operator must look.
func (s *Service) alert(b Booking, what string, more ...any) {
	s.stats.p0.Add(1)
	s.log.Error("money and seats do not fit together", append([]any{
		"what", what, "priority", "P0", "booking_id", b.ID, "showtime_id", b.Showtime, "status", string(b.Status),
	}, more...)...)
}
