package booking

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment"
)

// Cancel gives up an open booking, or gives back tickets of a booked one: the whole price until CancelUntil before the start, then
// nothing any more. A repeat answers the same. When the provider keeps silent the booking is returned as it is and the
// reconciler goes on.
//
// Faults: booking_not_found, ticket_not_found, cancellation_closed, store_unavailable.
func (s *Service) Cancel(ctx context.Context, r CancelRequest) (CancelResult, error) {
	b, err := s.mine(ctx, r.Caller, r.Booking, r.Force)
	if err != nil {
		return CancelResult{}, err
	}
	if r.DryRun {
		return s.wouldCancel(ctx, b, r)
	}
	return run(ctx, s, func(ctx context.Context, seen func(ident.Booking)) (CancelResult, error) {
		seen(b.ID)
		if b.Status.Open() {
			return s.abandon(ctx, b)
		}
		return s.cancelBooked(ctx, b, r)
	}, func(ctx context.Context, id *ident.Booking) (CancelResult, error) {
		b, err := s.store.Booking(ctx, *id)
		return CancelResult{Booking: reveal(b)}, err
	})
}

// wouldCancel tells what Cancel would do.
func (s *Service) wouldCancel(ctx context.Context, b Booking, r CancelRequest) (CancelResult, error) {
	if b.Status != Booked {
		sum, err := s.summary(ctx, b)
		return CancelResult{Booking: reveal(b), Refund: sum}, err
	}
	in, left, err := s.plan(ctx, b, r)
	if err != nil {
		return CancelResult{}, err
	}
	res := CancelResult{Booking: reveal(b), Left: left, RefundID: in.RefundID, Refund: &Refund{State: "offered", Amount: money.Of(0, in.Currency)}}
	for _, t := range in.Tickets {
		use, found, err := s.store.Register(ctx, KindTicket, useID(t.ID, t.Generation))
		if err != nil {
			return CancelResult{}, err
		}
		if found {
			res.Left = append(res.Left, TicketLeft{t.ID, useName(use)})
			continue
		}
		res.Tickets = append(res.Tickets, t.ID)
		res.Refund.Amount.Minor += t.Amount
	}
	return res, nil
}

func useName(use string) string {
	if len(use) >= len(voidPrefix) && use[:len(voidPrefix)] == voidPrefix {
		return "void"
	}
	return "checked_in"
}

// abandon closes a booking that is not paid.
func (s *Service) abandon(ctx context.Context, b Booking) (CancelResult, error) {
	sealed, err := s.sealed(ctx, b)
	if err != nil {
		return CancelResult{}, err
	}
	if !sealed {
		b, err = s.store.Reject(ctx, b.ID, ReasonCancelled, nil)
		return CancelResult{Booking: reveal(b)}, err
	}
	closed, _, err := s.close(ctx, b, ReasonCancelled)
	if waits(err) {
		s.log.Warn("a booking is given up, but the provider has not said so yet", "booking_id", b.ID, "error", err)
		closed, err = s.store.Booking(ctx, b.ID)
	}
	return CancelResult{Booking: reveal(closed)}, err
}

// waits tells an error of the provider, which the reconciler gets over, from one of ours.
func waits(err error) bool {
	return errors.Is(err, payment.ErrUnknown) || errors.Is(err, payment.ErrRefused)
}

func (s *Service) cancelBooked(ctx context.Context, b Booking, r CancelRequest) (CancelResult, error) {
	if b.Status != Booked {
		return s.told(ctx, b)
	}
	in, left, err := s.plan(ctx, b, r)
	if err != nil {
		return CancelResult{}, err
	}
	if len(in.Tickets) == 0 {
		res, err := s.told(ctx, b)
		res.Left = left
		return res, err
	}
	if in, err = s.decide(ctx, b, in); err != nil {
		return CancelResult{}, err
	}
	after, out, err := s.carryOut(ctx, b, in)
	if waits(err) {
		s.log.Warn("a refund is not answered yet", "booking_id", b.ID, "refund_id", in.RefundID, "error", err)
		err = nil
	}
	if err != nil {
		return CancelResult{}, err
	}
	if after, err = s.store.Booking(ctx, after.ID); err != nil {
		return CancelResult{}, err
	}
	res, err := s.told(ctx, after)
	res.RefundID, res.Left = in.RefundID, append(left, out.left...)
	res.Refund = &Refund{State: "submitted", Amount: out.amount}
	if out.done {
		res.Refund.State = "succeeded"
	}
	for _, t := range out.voided {
		res.Tickets = append(res.Tickets, t.ID)
	}
	return res, err
}

// told is the answer of a booking that is given back already, or can not be.
func (s *Service) told(ctx context.Context, b Booking) (CancelResult, error) {
	sum, err := s.summary(ctx, b)
	b.Refund = sum
	return CancelResult{Booking: reveal(b), Refund: sum}, err
}

// plan is the intent of a request by the policy. The refund id follows from the tickets, so that a repeat is the same intent.
func (s *Service) plan(ctx context.Context, b Booking, r CancelRequest) (intent, []TicketLeft, error) {
	d, err := s.programme.Detail(ctx, b.Showtime)
	if err != nil {
		return intent{}, nil, err
	}
	now := s.clock.Now()
	if until := d.Showtime.StartsAt.Add(-s.limits.CancelUntil); !r.Force && now.After(until) {
		return intent{}, nil, fault.New(fault.Conflict, "cancellation_closed", "It is too late to give these tickets back.").With("until", wireTime(until))
	}
	in := intent{Currency: b.Amount.Currency, Ref: b.PaymentRef, Reason: r.Reason, By: r.Caller.User, At: now.UnixMilli()}
	if in.Reason == "" {
		in.Reason = "customer"
	}
	for _, id := range r.Tickets {
		if !slices.ContainsFunc(b.Tickets, func(t Ticket) bool { return t.ID == id }) {
			return intent{}, nil, fault.New(fault.NotFound, "ticket_not_found", "This booking has no such ticket.")
		}
	}
	var left []TicketLeft
	h := sha256.New()
	for _, t := range b.Tickets {
		if len(r.Tickets) > 0 && !slices.Contains(r.Tickets, t.ID) {
			continue
		}
		if t.Void != "" {
			left = append(left, TicketLeft{t.ID, "void"})
			continue
		}
		h.Write([]byte(useID(t.ID, t.Generation) + "\n"))
		in.Tickets = append(in.Tickets, intentTicket{ID: t.ID, Seat: t.Seat, Generation: t.Generation, Amount: t.Price.Minor})
	}
	in.RefundID = "rf_" + idEncoding.EncodeToString(h.Sum(nil)[:10])
	return in, left, nil
}
