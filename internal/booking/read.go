package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/payment"
	"cinema/internal/ticket"
)

// Settle asks the provider and moves the booking on; with a token it tries another card when the last was refused. Safe at any time:
// the booking is answered whatever became of it. Faults: booking_not_found, invalid_body, payment_declined (only with a token),
// store_unavailable, payment_unavailable.
func (s *Service) Settle(ctx context.Context, c Caller, id ident.Booking, token string) (Result, error) {
	if err := s.checkToken(token); err != nil {
		return Result{}, err
	}
	b, err := s.mine(ctx, c, id, false)
	if err != nil {
		return Result{}, err
	}
	return run(ctx, s, func(ctx context.Context, seen func(ident.Booking)) (Result, error) {
		seen(b.ID)
		if token != "" && b.Status.Open() {
			r, err := s.proceed(ctx, b, token, true, false)
			return s.orBooking(ctx, b.ID, r, err)
		}
		return s.ask(ctx, b)
	}, s.underWay)
}

// ask settles without presenting a card.
func (s *Service) ask(ctx context.Context, b Booking) (Result, error) {
	b, p, err := s.settle(ctx, b)
	if err == nil && b.Status.Open() && p.State != payment.Authorised && (b.Status == Voiding || !s.clock.Now().Before(b.PayDeadline)) {
		reason := ReasonPaymentExpired
		b, p, err = s.close(ctx, b, reason)
	}
	if waits(err) {
		p.State, err = StateUnknown, nil
	}
	if err != nil {
		return Result{}, err
	}
	if b, err = s.enriched(ctx, b); err != nil || !b.Status.Open() {
		return Result{Booking: b}, err
	}
	return Result{Booking: b, Payment: s.view(b, p)}, nil
}

// orBooking answers the booking itself where Confirm would tell that it has ended.
func (s *Service) orBooking(ctx context.Context, id ident.Booking, r Result, err error) (Result, error) {
	if err == nil || fault.KindOf(err) == fault.Unavailable || fault.KindOf(err) == fault.Internal {
		return r, err
	}
	b, readErr := s.store.Booking(ctx, id)
	if readErr == nil && b.Status == Failed {
		return Result{Booking: b}, nil
	}
	return r, err
}

func (s *Service) view(b Booking, p payment.Payment) *PaymentView {
	v := &PaymentView{Provider: b.Provider, State: p.State, ClientSecret: p.ClientSecret, Next: p.Next, Decline: p.Decline, Attempt: p.Attempt}
	if v.State == "" {
		v.State = StateUnknown
	}
	return v
}

// Webhook verifies a provider's message over its raw bytes, remembers it, and settles its booking. Nothing else of the message is
// believed.
func (s *Service) Webhook(ctx context.Context, body []byte, signature string) error {
	e, err := s.gateway.ParseWebhook(body, signature)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "invalid_body", "The message is not a signed one of the payment provider.")
	}
	if _, err := s.store.PutOnce(ctx, KindEvent, s.gateway.Name()+"|"+e.ID, e.Ref); err != nil {
		return err
	}
	_, err = run(ctx, s, func(ctx context.Context, _ func(ident.Booking)) (Result, error) {
		b, _, err := s.settle(ctx, Booking{ID: e.Booking})
		return Result{Booking: b}, err
	}, func(context.Context, *ident.Booking) (Result, error) {
		return Result{}, fault.New(fault.Unavailable, "store_unavailable", "Not settled yet; send it again.")
	})
	return err
}

// Get is one booking of the caller with its payment while it is open.
func (s *Service) Get(ctx context.Context, c Caller, id ident.Booking) (Result, error) {
	b, err := s.mine(ctx, c, id, false)
	if err != nil {
		return Result{}, err
	}
	if b, err = s.enriched(ctx, b); err != nil || !b.Status.Open() {
		return Result{Booking: b}, err
	}
	a, err := s.attempts(ctx, b)
	if err != nil {
		return Result{}, err
	}
	if len(a.refs) == 0 {
		return Result{Booking: b, Payment: s.view(b, payment.Payment{State: payment.NeedsMethod})}, nil
	}
	p, err := s.gateway.Get(ctx, a.refs[len(a.refs)-1])
	if err != nil {
		p = payment.Payment{}
	}
	return Result{Booking: b, Payment: s.view(b, numberedPayment(p, len(a.refs)))}, nil
}

// List is the bookings of the caller and of the guests who became him, newest first.
func (s *Service) List(ctx context.Context, c Caller, q Query) ([]Booking, int, error) {
	q.Users = append([]ident.User{c.User}, c.Merged...)
	return s.Search(ctx, q)
}

// Search is the staff's list.
func (s *Service) Search(ctx context.Context, q Query) ([]Booking, int, error) {
	items, total, err := s.store.Bookings(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	for i := range items {
		if items[i], err = s.enriched(ctx, items[i]); err != nil {
			return nil, 0, err
		}
	}
	return items, total, nil
}

// Read is any booking, for staff.
func (s *Service) Read(ctx context.Context, id ident.Booking) (Booking, error) {
	b, err := s.store.Booking(ctx, id)
	if err != nil {
		return Booking{}, err
	}
	return s.enriched(ctx, b)
}

// Lookup finds a booking by its reference and the e-mail address it was made with; every mismatch is the same fault.
func (s *Service) Lookup(ctx context.Context, reference, email string) (Booking, error) {
	ref, ok := ParseReference(reference)
	email = strings.TrimSpace(email)
	if !ok || email == "" {
		return Booking{}, notFound()
	}
	items, _, err := s.store.Bookings(ctx, Query{Text: ref, Reference: ref, Limit: 20, Uncounted: true})
	if err != nil {
		return Booking{}, err
	}
	for _, b := range items {
		if b.Reference == ref && strings.EqualFold(b.Customer.Email, email) {
			return s.enriched(ctx, b)
		}
	}
	return Booking{}, notFound()
}

// Ticket is a ticket of the caller with its booking.
func (s *Service) Ticket(ctx context.Context, c Caller, id ident.Ticket) (Ticket, Booking, error) {
	missing := fault.New(fault.NotFound, "ticket_not_found", "There is no such ticket.")
	t, err := s.store.Ticket(ctx, id)
	if err != nil {
		return Ticket{}, Booking{}, err
	}
	b, err := s.mine(ctx, c, t.Booking, false)
	if fault.KindOf(err) == fault.NotFound {
		return Ticket{}, Booking{}, missing
	}
	if err != nil {
		return Ticket{}, Booking{}, err
	}
	if b, err = s.enriched(ctx, b); err != nil {
		return Ticket{}, Booking{}, err
	}
	for _, t := range b.Tickets {
		if t.ID == id {
			return t, b, nil
		}
	}
	return Ticket{}, Booking{}, missing
}

// Payment finds the caller's booking that a provider's reference belongs to.
func (s *Service) Payment(ctx context.Context, c Caller, ref string) (Booking, error) {
	p, err := s.gateway.Get(ctx, ref)
	if errors.Is(err, payment.ErrRefused) || err == nil && p.Booking == "" {
		return Booking{}, notFound()
	}
	if err != nil {
		return Booking{}, fault.Wrap(err, fault.Unavailable, "payment_unavailable", "The payment provider does not answer.")
	}
	return s.mine(ctx, c, p.Booking, false)
}

// Document is what is printed of a booking: its valid tickets. Fault: booking_not_found when it is not booked.
func (s *Service) Document(ctx context.Context, c Caller, id ident.Booking) (ticket.Document, error) {
	r, err := s.Get(ctx, c, id)
	if err != nil {
		return ticket.Document{}, err
	}
	b := r.Booking
	if b.Status != Booked {
		return ticket.Document{}, notFound()
	}
	d, err := s.programme.Detail(ctx, b.Showtime)
	if err != nil {
		return ticket.Document{}, err
	}
	return document(b, d), nil
}

func document(b Booking, d *catalog.Detail) ticket.Document {
	st := d.Showtime
	doc := ticket.Document{
		Booking: b.ID, Reference: b.Reference, Film: d.Movie.Title, Rating: d.Movie.Rating.Code, Notice: d.Movie.Rating.Notice,
		Cinema: d.Cinema.Name, Address: d.Cinema.Address, Auditorium: d.Auditorium.Name, Accessibility: d.Auditorium.Accessibility,
		Formats: slices.Clone(st.Formats), Start: d.LocalStart(), Doors: st.Doors().In(d.Zone), End: st.EndsAt.In(d.Zone), Name: b.Customer.Name,
		Total: b.Amount, Issued: b.UpdatedAt.In(d.Zone),
	}
	for _, t := range b.Tickets {
		if t.Void != "" {
			continue
		}
		kind, _ := d.PriceCard.Type(t.TicketType)
		doc.Admissions = append(doc.Admissions, ticket.Admission{ID: t.ID, Seat: t.Seat, Type: t.TypeName, Proof: kind.Proof, Price: t.Price, Code: t.Code})
	}
	return doc
}

// mine reads a booking that the caller may see. Another's does not exist for him.
func (s *Service) mine(ctx context.Context, c Caller, id ident.Booking, everybody bool) (Booking, error) {
	b, err := s.store.Booking(ctx, id)
	if err != nil {
		return Booking{}, err
	}
	seen := slices.Contains(c.Sees, b.ID) && !strings.HasPrefix(string(b.User), AliasPrefix) // nobody's, since its customer was erased
	if everybody || b.User == c.User || slices.Contains(c.Merged, b.User) || seen {
		return b, nil
	}
	return Booking{}, notFound()
}

// enriched adds the refunds that the registers tell and hides codes that are not good for entry.
func (s *Service) enriched(ctx context.Context, b Booking) (Booking, error) {
	if b.Status == Cancelling || b.Status == Cancelled || slices.ContainsFunc(b.Tickets, func(t Ticket) bool { return t.Void != "" }) {
		sum, err := s.summary(ctx, b)
		if err != nil {
			return Booking{}, fmt.Errorf("refunds of %s: %w", b.ID, err)
		}
		b.Refund = sum
	}
	return reveal(b), nil
}

// reveal hides the codes of tickets that are void or whose booking is not booked.
func reveal(b Booking) Booking {
	b.Tickets = slices.Clone(b.Tickets)
	for i := range b.Tickets {
		if b.Status != Booked || b.Tickets[i].Void != "" {
			b.Tickets[i].Code = ""
		}
	}
	return b
}
