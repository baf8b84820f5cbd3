package booking

import (
	"context"
	"fmt"

	"cinema/internal/ident"
	"cinema/internal/payment"
)

// Facts are what is sticky about one booking: each can appear, none disappears.
type Facts struct {
	Seal     SealValue // empty: not decided
	Closed   bool      // VOID stands where the next payment attempt would begin: every attempt before it was cancelled
	Captured bool      // the provider has the money, or the outcome of a price of nothing
	Tickets  int       // seats sold
	Void     int       // of them: void
	Refunded int       // of them: void, with the refund of the intent that voided them on record
}

// Status derives where the booking stands. The stored status may lag behind while an act is under way; it is never ahead.
func (f Facts) Status() Status {
	switch {
	case f.Seal == SealRejected, f.Seal == SealMoved, f.Closed:
		return Failed // money that comes after VOID is another booking's, or goes back
	case f.Seal == "":
		return Reserving
	case f.Tickets > 0 && f.Refunded == f.Tickets:
		return Cancelled
	case f.Tickets > 0 && f.Void == f.Tickets:
		return Cancelling
	case f.Captured:
		return Booked
	default:
		return Pending
	}
}

// Finding is a promise that the stored data break.
type Finding struct {
	Booking   ident.Booking
	Invariant string // "I1", …
	Text      string
}

// verifyPage is how many bookings are read at a time.
const verifyPage = 200

// Verify holds every booking of a showtime against its facts: who owns its seats, whether money and status agree, whether an end is an
// end. Bookings that are being worked on may be reported; what is reported twice a minute apart is wrong.
func (s *Service) Verify(ctx context.Context, showtime ident.Showtime) ([]Finding, error) {
	claims, err := s.store.Claims(ctx, showtime)
	if err != nil {
		return nil, err
	}
	owned := make(map[ident.Booking]map[ident.Seat]bool)
	for _, c := range claims {
		if owned[c.Booking] == nil {
			owned[c.Booking] = make(map[ident.Seat]bool)
		}
		owned[c.Booking][c.Seat] = true
	}
	var out []Finding
	q := Query{Showtime: showtime, Limit: verifyPage}
	for {
		page, _, err := s.store.Bookings(ctx, q)
		if err != nil {
			return out, err
		}
		for _, b := range page {
			found, err := s.verify(ctx, b, owned[b.ID])
			if err != nil {
				return out, err
			}
			out = append(out, found...)
			q.Before = Place{CreatedAt: b.CreatedAt, ID: b.ID}
		}
		if len(page) < verifyPage {
			return out, nil
		}
	}
}

// verify holds one booking against the seats it owns and the facts behind its status.
func (s *Service) verify(ctx context.Context, b Booking, owned map[ident.Seat]bool) ([]Finding, error) {
	var out []Finding
	add := func(invariant, format string, args ...any) {
		out = append(out, Finding{b.ID, invariant, fmt.Sprintf(format, args...)})
	}
	if b.Status.Terminal() && len(owned) > 0 {
		add("I12", "it is %s and still owns %d seats", b.Status, len(owned))
	}
	if b.Status == Booked {
		for _, seat := range b.live() {
			if !owned[seat] {
				add("I1", "it is BOOKED and does not own %s", seat)
			}
		}
	}
	if b.Demo {
		return out, nil // written as it is, without a provider
	}
	f, err := s.facts(ctx, b)
	if err != nil {
		return out, err
	}
	if derived := f.Status(); derived.Rank() < b.Status.Rank() || b.Status.Terminal() && derived != b.Status {
		add("I3", "it is %s, its facts say %s", b.Status, derived)
	}
	return out, nil
}

// facts gathers a booking's facts from the registers and the provider.
func (s *Service) facts(ctx context.Context, b Booking) (Facts, error) {
	f := Facts{Tickets: len(b.Seats)}
	seal, _, err := s.store.Register(ctx, KindSeal, string(b.ID))
	if err != nil {
		return f, err
	}
	f.Seal = SealValue(seal)
	a, err := s.attempts(ctx, b)
	if err != nil {
		return f, err
	}
	f.Closed = a.void
	refs := a.refs
	if b.PaymentRef != "" {
		refs = append(refs, b.PaymentRef) // late money was paid under another booking's attempt
	}
	for _, ref := range refs {
		p, err := s.gateway.Get(ctx, ref)
		if err != nil {
			return f, fmt.Errorf("payment %s of %s: %w", ref, b.ID, err)
		}
		f.Captured = f.Captured || p.State == payment.Captured
	}
	for _, id := range b.ticketIDs() {
		rid, err := s.voidedBy(ctx, id)
		if err != nil {
			return f, err
		}
		if rid == "" {
			continue
		}
		f.Void++
		if _, found, err := s.store.Register(ctx, KindRefunded, intentID(b.ID, rid)); err != nil {
			return f, err
		} else if found {
			f.Refunded++
		}
	}
	return f, nil
}
