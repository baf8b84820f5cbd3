package booking

import (
	"errors"
	"time"

	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/payment"
)

// wireTime is the contract's form of an instant, for members of problem documents.
func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func notFound() *fault.Fault {
	return fault.New(fault.NotFound, "booking_not_found", "There is no such booking.")
}

func alreadyBooked(seats []ident.Seat) error {
	return fault.New(fault.Conflict, "already_booked", "These seats have been sold to somebody else.").With("conflicted", seats)
}

// ended is what a request hears whose booking failed. It stays failed: a new attempt needs a new request.
func ended(b Booking) error {
	f := fault.New(fault.Conflict, "hold_expired", "This booking was given up before it was paid. Choose your seats again.")
	switch b.Reason {
	case ReasonConflict:
		f = fault.New(fault.Conflict, "already_booked", "These seats have been sold to somebody else.").With("conflicted", b.Seats)
	case ReasonPaymentExpired:
		f = fault.New(fault.Gone, "payment_expired", "The time to pay is over. Nothing was charged.")
	case ReasonDeclined, ReasonCaptureFailed:
		f = fault.New(fault.Declined, "payment_declined", "The payment did not go through. Nothing was charged.").With("final", true)
	}
	return f.With("booking_id", b.ID).With("reason", b.Reason)
}

// declined is a refused card on a booking that may be paid with another.
func (s *Service) declined(b Booking, p payment.Payment) error {
	return fault.New(fault.Declined, "payment_declined", "The card was declined. Your seats are kept; try another card.").
		With("booking_id", b.ID).
		With("pay_deadline", wireTime(b.PayDeadline)).
		With("reason", p.Decline).
		With("attempts_left", max(s.limits.MaxAttempts-p.Attempt, 0))
}

// holdFault explains why a hold is not good for a sale. sent is the epoch the caller knows, now the engine's.
func holdFault(err error, sent, now string) error {
	var refused *hold.RefusedError
	var over *hold.HoldLimitError
	switch {
	case errors.As(err, &refused):
		return refusal(refused.Seats, sent != "" && now != "" && sent != now)
	case errors.As(err, &over):
		return fault.New(fault.Conflict, "hold_limit_reached", "These seats were held for as long as is allowed.").With("seat_ids", over.Seats)
	case errors.Is(err, hold.ErrUnavailable), errors.Is(err, hold.ErrUninit), errors.Is(err, hold.ErrAgain):
		return fault.Wrap(err, fault.Unavailable, "hold_store_unavailable", "Holds cannot be checked at the moment. Try again with the same request.").
			After(time.Second)
	default:
		return err
	}
}

// refusal names the reason that helps most when seats have several.
func refusal(seats []hold.SeatReason, lost bool) error {
	reasons := make(map[string]string, len(seats))
	by := make(map[hold.Reason][]ident.Seat)
	all := make([]ident.Seat, 0, len(seats))
	for _, r := range seats {
		reasons[string(r.Seat)] = string(r.Reason)
		by[r.Reason] = append(by[r.Reason], r.Seat)
		all = append(all, r.Seat)
	}
	var f *fault.Fault
	switch {
	case len(by[hold.Booked]) > 0:
		f, all = fault.New(fault.Conflict, "already_booked", "These seats have been sold."), by[hold.Booked]
	case len(by[hold.Reserved]) == len(seats):
		f = fault.New(fault.Conflict, "booking_open", "These seats belong to a booking of yours that is not paid yet.")
	case len(by[hold.MissingLock]) > 0 && lost:
		f = fault.New(fault.Conflict, "hold_lost", "Your hold was lost on our side. Choose the seats again; most are still free.")
	case len(by[hold.MissingLock]) > 0:
		f = fault.New(fault.Conflict, "hold_expired", "Your hold has run out.").With("reason", string(hold.MissingLock))
	default:
		f = fault.New(fault.Conflict, "not_owner", "These seats are held elsewhere, perhaps in another tab of yours.")
	}
	return f.With("conflicted", all).With("reasons", reasons)
}
