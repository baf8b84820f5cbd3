package booking

import (
	"context"
	"errors"
	"fmt"

	"cinema/internal/hold"
	"cinema/internal/payment"
)

// close ends an open booking: the provider cancels every attempt, VOID keeps a further one from beginning, and only then the claims
// go. When the provider says captured instead, the customer paid in time and the booking is settled. An error leaves the booking
// VOIDING; closing again goes on from there.
func (s *Service) close(ctx context.Context, b Booking, reason string) (Booking, payment.Payment, error) {
	b, err := s.store.SetStatus(ctx, b.ID, Voiding, reason, nil)
	if err != nil || !b.Status.Open() {
		return b, payment.Payment{}, err
	}
	if b.Reason != "" {
		reason = b.Reason // who began to close said why
	}
	paid, err := s.endAttempts(ctx, b)
	if err != nil {
		return b, payment.Payment{}, err
	}
	if paid.State == payment.Captured {
		return s.take(ctx, b, paid)
	}
	if err := s.store.ReleaseClaims(ctx, b.ID, nil); err != nil {
		return b, paid, err
	}
	e, err := s.event(b, "booking.failed", 1, b.Seats, map[string]any{"booking_id": b.ID, "showtime_id": b.Showtime, "reason": reason})
	if err != nil {
		return b, paid, err
	}
	b, err = s.store.SetStatus(ctx, b.ID, Failed, reason, []OutboxEvent{e})
	if err != nil {
		return b, paid, err
	}
	if b.Status == Failed {
		s.stats.failed.Add(1)
		s.unbook(ctx, b)
	}
	return b, paid, nil
}

// endAttempts cancels every attempt and forbids the next. The answer is the last one's end, or the captured one.
func (s *Service) endAttempts(ctx context.Context, b Booking) (payment.Payment, error) {
	ended := 0
	last := payment.Payment{State: payment.Cancelled}
	for range s.limits.MaxAttempts + 2 {
		a, err := s.attempts(ctx, b)
		if err != nil {
			return last, err
		}
		for ; ended < len(a.refs); ended++ {
			p, err := s.gateway.Cancel(ctx, key(b, ended+1, "cancel"), a.refs[ended])
			if errors.Is(err, payment.ErrRefused) {
				continue // the provider knows of no such payment: nothing can be charged
			}
			if err != nil {
				return p, fmt.Errorf("cancel attempt %d of %s: %w", ended+1, b.ID, err)
			}
			if last = numberedPayment(p, ended+1); p.State != payment.Cancelled {
				return last, unlessCaptured(last)
			}
		}
		if a.void {
			return last, nil
		}
		if v, err := s.store.PutOnce(ctx, KindPayref, payrefID(b, ended+1), VOID); err != nil || v == VOID {
			return last, err
		}
	}
	return last, fmt.Errorf("booking %s has too many payment attempts", b.ID)
}

// unlessCaptured refuses to go on while the provider has not said how an attempt ended.
func unlessCaptured(p payment.Payment) error {
	if p.State == payment.Captured {
		return nil
	}
	return fmt.Errorf("attempt %s is %s after its cancellation: %w", p.Ref, p.State, payment.ErrUnknown)
}

// unbook clears the map of an ended booking's seats; anti-entropy repeats what fails here.
func (s *Service) unbook(ctx context.Context, b Booking) {
	_, err := s.holds.Unbook(ctx, hold.UnbookRequest{Showtime: b.Showtime, Booking: b.ID, Owner: b.Owner, Request: b.Request, Seats: b.Seats})
	if err != nil {
		s.stats.holdErrors.Add(1)
		s.log.Warn("seats of an ended booking were not freed on the map", "booking_id", b.ID, "error", err)
	}
}
