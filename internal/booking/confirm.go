package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/payment"
)

// strictFor is how long a hold must live on for its seats to be claimed.
const strictFor = time.Minute

// Confirm reserves, pays and books, as far as the provider lets it: the result is BOOKED, or PENDING with a payment that needs the
// customer, takes its time, or is unknown. A repeat of a request resumes, and answers, the same booking.
//
// Faults: showtime_not_found, invalid_seat_ids, invalid_ticket_type, invalid_body, sign_in_required, not_on_sale, sales_closed,
// seat_rule, hold_expired, hold_lost, not_owner, booking_open, already_booked, idempotency_mismatch, payment_declined,
// payment_expired, hold_store_unavailable, store_unavailable, payment_unavailable.
func (s *Service) Confirm(ctx context.Context, r Request) (Result, error) {
	return s.sell(ctx, r, true)
}

// Checkout reserves and opens the payment without finishing it: the result is PENDING with the payment. Faults as Confirm.
func (s *Service) Checkout(ctx context.Context, r Request) (Result, error) {
	return s.sell(ctx, r, false)
}

func (s *Service) sell(ctx context.Context, r Request, finish bool) (Result, error) {
	r, err := s.checked(r)
	if err != nil {
		return Result{}, err
	}
	return run(ctx, s, func(ctx context.Context, seen func(ident.Booking)) (Result, error) {
		b, found, err := s.find(ctx, r)
		if err != nil {
			return Result{}, err
		}
		if found {
			seen(b.ID)
			return s.again(ctx, b, r, finish)
		}
		b, fresh, err := s.reserve(ctx, r)
		if err != nil {
			return Result{}, err
		}
		seen(b.ID)
		if !fresh {
			return s.again(ctx, b, r, finish)
		}
		return s.proceed(ctx, b, r.Token, finish, true)
	}, s.underWay)
}

// find looks for the booking of this request, the caller's own first, then those of guests who became him. A booking that is not
// sealed yet counts as not there.
func (s *Service) find(ctx context.Context, r Request) (Booking, bool, error) {
	for _, u := range append([]ident.User{r.Caller.User}, r.Caller.Merged...) {
		b, err := s.store.Booking(ctx, s.id(u, r.Showtime, r.Request))
		if fault.KindOf(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return Booking{}, false, err
		}
		sealed, err := s.sealed(ctx, b)
		if err != nil {
			return Booking{}, false, err
		}
		if sealed {
			return b, true, nil
		}
	}
	return Booking{}, false, nil
}

// sealed tells whether a booking's seal is decided.
func (s *Service) sealed(ctx context.Context, b Booking) (bool, error) {
	if b.Status != Reserving {
		return true, nil
	}
	_, found, err := s.store.Register(ctx, KindSeal, string(b.ID))
	return found, err
}

// again resumes a booking that was sealed before: no hold is asked for, nothing is sold a second time.
func (s *Service) again(ctx context.Context, b Booking, r Request, finish bool) (Result, error) {
	if err := s.same(ctx, b, r); err != nil {
		return Result{}, err
	}
	if b.Status == Reserving {
		seal, _, err := s.store.Register(ctx, KindSeal, string(b.ID))
		if err != nil {
			return Result{}, err
		}
		if SealValue(seal) != SealReserved {
			return Result{}, ended(Booking{ID: b.ID, Status: Failed, Reason: ReasonAbandoned})
		}
	}
	return s.proceed(ctx, b, r.Token, finish, false)
}

// reserve makes the booking durable. fresh is false when somebody else's act decided it first.
func (s *Service) reserve(ctx context.Context, r Request) (b Booking, fresh bool, err error) {
	if err := s.checkGuest(r); err != nil {
		return Booking{}, false, err
	}
	draft, err := s.draft(ctx, r)
	if err != nil {
		return Booking{}, false, err
	}
	if draft.Epoch, err = s.strict(ctx, r); err != nil {
		return s.giveUp(ctx, draft, err)
	}
	if b, moved, err := s.takeOver(ctx, r); err != nil || !moved {
		return b, false, err
	}
	res, err := s.store.Reserve(ctx, draft, s.limits.MaxOpen)
	if err != nil {
		return Booking{}, false, err
	}
	switch res.Outcome {
	case Reserved:
		return res.Booking, res.Booking.CreatedAt.Equal(draft.CreatedAt) && res.Booking.Status == Pending, nil
	case Conflicts:
		s.stats.conflicts.Add(1)
		s.repair(ctx, draft.Showtime, res.Conflict)
		return Booking{}, false, alreadyBooked(res.Conflict)
	default:
		return res.Booking, false, nil
	}
}

// giveUp ends an unsealed row of a request whose hold is gone, so that nobody revives it, and returns the reason. A twin of this
// request may have been faster, and its sale is why the hold is gone: then its booking is the answer.
func (s *Service) giveUp(ctx context.Context, draft Booking, why error) (b Booking, fresh bool, err error) {
	if fault.KindOf(why) == fault.Unavailable {
		return Booking{}, false, why
	}
	_, err = s.store.Booking(ctx, draft.ID)
	if fault.KindOf(err) == fault.NotFound {
		return Booking{}, false, why
	}
	if err != nil {
		return Booking{}, false, err
	}
	b, err = s.store.Reject(ctx, draft.ID, ReasonAbandoned, nil)
	if err != nil {
		return Booking{}, false, err
	}
	if b.Status == Failed {
		return Booking{}, false, why
	}
	return b, false, nil
}

// takeOver decides, before an account inserts a booking, that the same request of each merged guest will never become one.
// moved is false when a guest's booking was decided first: that one is the answer.
func (s *Service) takeOver(ctx context.Context, r Request) (b Booking, moved bool, err error) {
	for _, guest := range r.Caller.Merged {
		id := s.id(guest, r.Showtime, r.Request)
		seal, err := s.store.Seal(ctx, id, SealMoved)
		if err != nil {
			return Booking{}, false, err
		}
		if seal == SealMoved {
			continue
		}
		b, err := s.store.Booking(ctx, id)
		if fault.KindOf(err) == fault.NotFound && seal != SealReserved {
			b, err = Booking{ID: id, Seats: r.Seats, Status: Failed, Reason: ReasonAbandoned}, nil
		}
		return b, false, err
	}
	return Booking{}, true, nil
}

// strict proves that the caller holds exactly these seats and keeps them for the claims to be made. It returns the hold's epoch.
func (s *Service) strict(ctx context.Context, r Request) (string, error) {
	ask := hold.ExtendRequest{
		Showtime: r.Showtime, Owner: r.Caller.User, Request: r.Request, Seats: r.Seats, By: strictFor, MaxHold: s.limits.MaxHold, Mode: hold.ExtendStrict,
	}
	answer, err := s.holds.Extend(ctx, ask)
	var refused *hold.RefusedError
	if errors.As(err, &refused) && len(r.Caller.Merged) > 0 {
		if err := s.bring(ctx, r); err != nil {
			return "", err
		}
		answer, err = s.holds.Extend(ctx, ask)
	}
	if err != nil {
		return "", holdFault(err, r.Epoch, answer.Epoch)
	}
	return answer.Epoch, nil
}

// bring moves the holds of merged guests on these seats to the caller.
func (s *Service) bring(ctx context.Context, r Request) error {
	for _, guest := range r.Caller.Merged {
		_, err := s.holds.Transfer(ctx, hold.TransferRequest{
			Showtime: r.Showtime, From: guest, To: r.Caller.User, Request: r.Request, Seats: r.Seats, MaxSeats: s.limits.MaxSeats,
		})
		if err != nil {
			return holdFault(err, "", "")
		}
	}
	return nil
}

// proceed pays and settles a reserved booking; fresh says that this call reserved it.
func (s *Service) proceed(ctx context.Context, b Booking, token string, finish, fresh bool) (Result, error) {
	if !b.Status.Open() {
		return s.answer(b, payment.Payment{}, nil)
	}
	if !fresh {
		if ended, p, err := s.overdue(ctx, b); ended.ID != "" || err != nil {
			return s.answer(ended, p, err)
		}
	}
	p, err := s.pay(ctx, b, token, finish, fresh)
	if err == nil {
		b, p, err = s.take(ctx, b, p)
	}
	if b.Status.Open() {
		s.renew(ctx, b)
	}
	return s.answer(b, p, err)
}

// overdue settles or closes a booking that is past its deadline or being closed; no new card may be tried on it. It answers no
// booking when there is still time.
func (s *Service) overdue(ctx context.Context, b Booking) (Booking, payment.Payment, error) {
	if b.Status != Voiding && s.clock.Now().Before(b.PayDeadline) {
		return Booking{}, payment.Payment{}, nil
	}
	b, p, err := s.settle(ctx, b)
	if err != nil || !b.Status.Open() || p.State == payment.Authorised {
		return b, p, err
	}
	reason := ReasonPaymentExpired
	if b.Status == Voiding && b.Reason != "" {
		reason = b.Reason
	}
	return s.close(ctx, b, reason)
}

// renew keeps the seats of an open booking off the map. The claims decide, so a failure is only logged.
func (s *Service) renew(ctx context.Context, b Booking) {
	_, err := s.holds.Extend(ctx, hold.ExtendRequest{
		Showtime: b.Showtime, Owner: b.Owner, Request: b.Request, Seats: b.Seats, Booking: b.ID, Mode: hold.ExtendDurable,
		By: max(b.PayDeadline.Add(time.Minute).Sub(s.clock.Now()), time.Minute),
	})
	if err != nil {
		s.stats.holdErrors.Add(1)
		s.log.Warn("reserved seats were not renewed", "booking_id", b.ID, "error", err)
	}
}

// flip shows the seats of a booked booking as sold. It comes last: until then they show as held, never as free.
func (s *Service) flip(ctx context.Context, b Booking) {
	seats := b.live()
	if len(seats) == 0 {
		return
	}
	expires := s.clock.Now().Add(time.Hour)
	if d, err := s.programme.Detail(ctx, b.Showtime); err == nil && d.Showtime.EndsAt.Add(24*time.Hour).After(expires) {
		expires = d.Showtime.EndsAt.Add(24 * time.Hour)
	}
	_, err := s.holds.Confirm(ctx, hold.ConfirmRequest{
		Showtime: b.Showtime, Owner: b.Owner, Request: b.Request, Booking: b.ID, Seats: seats, Expires: expires,
	})
	if err != nil {
		s.stats.holdErrors.Add(1)
		s.watch.flip(b.ID)
		s.log.Warn("sold seats were not flipped", "booking_id", b.ID, "error", err)
	}
}

// live are the seats whose tickets are not void.
func (b Booking) live() []ident.Seat {
	if len(b.Tickets) == 0 {
		return b.Seats
	}
	var seats []ident.Seat
	for _, t := range b.Tickets {
		if t.Void == "" {
			seats = append(seats, t.Seat)
		}
	}
	return seats
}

// repair makes the map agree with the claims of seats that were thought free.
func (s *Service) repair(ctx context.Context, showtime ident.Showtime, seats []ident.Seat) {
	claims, err := s.store.Claims(ctx, showtime)
	if err != nil {
		s.log.Warn("claims could not be read for repair", "showtime_id", showtime, "error", err)
		return
	}
	done := make(map[ident.Booking]bool)
	for _, seat := range seats {
		for _, c := range claims {
			if c.Seat != seat || done[c.Booking] {
				continue
			}
			done[c.Booking] = true
			if b, err := s.store.Booking(ctx, c.Booking); err == nil {
				s.show(ctx, b)
			}
		}
	}
}

// show makes the map show a booking's seats as what they are.
func (s *Service) show(ctx context.Context, b Booking) {
	switch {
	case b.Status == Booked:
		s.flip(ctx, b)
	case b.Status.Open() && b.Status != Reserving:
		s.renew(ctx, b)
	}
}

// answer turns where a booking stands into what the caller hears.
func (s *Service) answer(b Booking, p payment.Payment, err error) (Result, error) {
	if b.Status == Failed {
		return Result{}, ended(b)
	}
	if !b.Status.Open() {
		return Result{Booking: reveal(b)}, nil
	}
	view := &PaymentView{Provider: b.Provider, State: p.State, ClientSecret: p.ClientSecret, Next: p.Next, Decline: p.Decline, Attempt: p.Attempt}
	switch {
	case errors.Is(err, payment.ErrUnknown):
		view.State = StateUnknown
	case err != nil && fault.KindOf(err) != fault.Internal:
		return Result{}, err
	case err != nil:
		return Result{}, fmt.Errorf("pay %s: %w", b.ID, err)
	case p.State == payment.NeedsMethod && p.Decline != "":
		s.stats.declined.Add(1)
		return Result{Booking: b, Payment: view}, s.declined(b, p)
	case p.State == "":
		view.State = StateUnknown
	}
	return Result{Booking: b, Payment: view}, nil
}
