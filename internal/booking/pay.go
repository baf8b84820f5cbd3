package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cinema/internal/fault"
	"cinema/internal/payment"
)

// attempts are the payment attempts of a booking, as its registers tell them. Attempt n+1 begins only after the provider
// cancelled attempt n.
type attempts struct {
	refs []string // of attempts 1, 2, 3, …
	void bool     // no further attempt can begin
}

// attempts reads them. With a provider whose references are known before, the first attempt needs no register.
func (s *Service) attempts(ctx context.Context, b Booking) (attempts, error) {
	entries, err := s.store.RegistersByPrefix(ctx, KindPayref, string(b.ID)+"|")
	if err != nil {
		return attempts{}, err
	}
	type numbered struct {
		n     int
		value string
	}
	list := make([]numbered, 0, len(entries)+1)
	for _, e := range entries {
		n, err := strconv.Atoi(strings.TrimPrefix(e.ID, string(b.ID)+"|"))
		if err != nil {
			return attempts{}, fmt.Errorf("payment reference %s: %w", e.ID, err)
		}
		list = append(list, numbered{n, e.Value})
	}
	if ref := s.gateway.RefFor(b.ID, 1); ref != "" && !slices.ContainsFunc(list, func(e numbered) bool { return e.n == 1 }) {
		list = append(list, numbered{1, ref})
	}
	slices.SortFunc(list, func(a, b numbered) int { return cmp.Compare(a.n, b.n) })
	var out attempts
	for _, e := range list {
		if e.value == VOID {
			out.void = true
			break
		}
		out.refs = append(out.refs, e.value)
	}
	return out, nil
}

func payrefID(b Booking, attempt int) string { return string(b.ID) + "|" + strconv.Itoa(attempt) }

// pay brings a booking's payment as far as it goes without the customer: it opens the first attempt, or the next one when the last
// card was refused. finish false opens and looks only. A payment of state Cancelled says that no attempt can begin any more.
func (s *Service) pay(ctx context.Context, b Booking, token string, finish, fresh bool) (payment.Payment, error) {
	known := s.gateway.RefFor(b.ID, 1) != "" // references exist before their payments: the last one may not have been opened
	if fresh && finish && known {
		return s.create(ctx, b, 1, token)
	}
	a, err := s.attempts(ctx, b)
	if err != nil {
		return payment.Payment{}, err
	}
	n := len(a.refs)
	if n == 0 {
		if a.void {
			return payment.Payment{State: payment.Cancelled}, nil
		}
		return s.begin(ctx, b, 1, token)
	}
	p, err := s.gateway.Get(ctx, a.refs[n-1])
	if err != nil || moving(p) || !finish {
		return numberedPayment(p, n), err
	}
	if p.State == payment.NeedsMethod && p.Decline == "" {
		if !known {
			return p, nil // the customer's page presents the card
		}
		return s.create(ctx, b, n, token)
	}
	if p.State != payment.Cancelled && !known && token == "" {
		return p, nil // another card goes onto the same attempt, at the provider
	}
	return s.next(ctx, b, a, token)
}

// next opens the attempt after the last one, which the provider must cancel first.
func (s *Service) next(ctx context.Context, b Booking, a attempts, token string) (payment.Payment, error) {
	n := len(a.refs)
	if n >= s.limits.MaxAttempts {
		return payment.Payment{}, fault.New(fault.Declined, "payment_declined", "Too many cards were refused. Your seats are kept until the time to pay is over.").
			With("booking_id", b.ID).With("pay_deadline", wireTime(b.PayDeadline)).With("attempts_left", 0)
	}
	p, err := s.gateway.Cancel(ctx, key(b, n, "cancel"), a.refs[n-1])
	if err != nil || p.State != payment.Cancelled || a.void {
		return numberedPayment(p, n), err
	}
	return s.begin(ctx, b, n+1, token)
}

// moving tells whether an attempt is on its way and must not be replaced.
func moving(p payment.Payment) bool {
	switch p.State {
	case payment.NeedsAction, payment.Processing, payment.Authorised, payment.Captured:
		return true
	default:
		return false
	}
}

// numberedPayment fills the attempt's number in where the provider knows nothing of the attempt yet.
func numberedPayment(p payment.Payment, n int) payment.Payment {
	if p.Attempt == 0 {
		p.Attempt = n
	}
	return p
}

// begin opens attempt n. Its reference is a register before anything about it leaves the server; where the register says VOID, the
// booking is being closed, and an object that was made at the provider is cancelled.
func (s *Service) begin(ctx context.Context, b Booking, n int, token string) (payment.Payment, error) {
	if ref := s.gateway.RefFor(b.ID, n); ref != "" {
		if n > 1 {
			v, err := s.store.PutOnce(ctx, KindPayref, payrefID(b, n), ref)
			if err != nil || v == VOID {
				return payment.Payment{State: payment.Cancelled, Attempt: n}, err
			}
		}
		return s.create(ctx, b, n, token)
	}
	p, err := s.create(ctx, b, n, token)
	if err != nil {
		return p, err
	}
	v, err := s.store.PutOnce(ctx, KindPayref, payrefID(b, n), p.Ref)
	switch {
	case err != nil:
		return payment.Payment{}, err
	case v == VOID:
		return s.gateway.Cancel(ctx, key(b, n, "cancel"), p.Ref)
	case v != p.Ref:
		return s.gateway.Get(ctx, v)
	}
	return p, nil
}

func (s *Service) create(ctx context.Context, b Booking, n int, token string) (payment.Payment, error) {
	p, err := s.gateway.Create(ctx, payment.CreateRequest{
		Key: key(b, n, "create"), Booking: b.ID, Showtime: b.Showtime, Seats: b.Seats, Attempt: n, Amount: b.Amount, Token: token,
	})
	if errors.Is(err, payment.ErrRefused) {
		return p, fault.Wrap(err, fault.Unavailable, "payment_unavailable", "The payment could not be opened. Try again with the same request.")
	}
	return numberedPayment(p, n), err
}

// key is a provider's idempotency key, scoped to booking and attempt.
func key(b Booking, attempt int, act string) string {
	return "bk:" + string(b.ID) + ":" + strconv.Itoa(attempt) + ":" + act
}
