package booking

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/payment"
)

const (
	maxName  = 100
	maxEmail = 254
)

// checked makes the request canonical (seats sorted) and refuses what no world could accept.
func (s *Service) checked(r Request) (Request, error) {
	if len(r.Seats) == 0 || len(r.Seats) > s.limits.MaxSeats {
		return Request{}, badSeats("Choose at least one seat and not more than the limit.").With("max_seats", s.limits.MaxSeats)
	}
	r.Seats = slices.Sorted(slices.Values(r.Seats))
	for i, seat := range r.Seats {
		if !seat.Valid() {
			return Request{}, badSeats("A seat is a row and a number.").With("seat_ids", []ident.Seat{seat})
		}
		if i > 0 && r.Seats[i-1] == seat {
			return Request{}, badSeats("A seat is named twice.").With("seat_ids", []ident.Seat{seat})
		}
	}
	for i, c := range r.Tickets {
		twice := slices.ContainsFunc(r.Tickets[:i], func(o catalog.TicketChoice) bool { return o.Seat == c.Seat })
		if _, in := slices.BinarySearch(r.Seats, c.Seat); !in || twice {
			return Request{}, badSeats("Each ticket needs a seat of its own among the chosen ones.").With("seat_ids", []ident.Seat{c.Seat})
		}
	}
	customer, err := checkCustomer(r.Customer)
	if err != nil {
		return Request{}, err
	}
	r.Customer = customer
	return r, s.checkToken(r.Token)
}

func badSeats(detail string) *fault.Fault {
	return fault.New(fault.Invalid, "invalid_seat_ids", detail)
}

func badBody(field, detail string) *fault.Fault {
	return fault.New(fault.Invalid, "invalid_body", detail).With("field", field)
}

// checkToken keeps an unknown test token from opening a booking that nobody can pay.
func (s *Service) checkToken(token string) error {
	known := token == ""
	if t, ok := s.gateway.(payment.TestTokens); ok {
		known = t.KnownToken(token)
	}
	if !known {
		return badBody("payment_token", "This payment token is not known.")
	}
	return nil
}

// checkCustomer takes an address and a name literally: they are stored and shown as they are, never interpreted.
func checkCustomer(c Customer) (Customer, error) {
	c.Email, c.Name = strings.TrimSpace(c.Email), strings.TrimSpace(c.Name)
	if n := utf8.RuneCountInString(c.Name); n > maxName || !utf8.ValidString(c.Name) || strings.ContainsFunc(c.Name, unicode.IsControl) {
		return Customer{}, badBody("customer.name", "The name must have at most 100 characters.")
	}
	if c.Email == "" {
		return c, nil
	}
	a, err := mail.ParseAddress(c.Email)
	if err != nil || a.Address != c.Email || len(c.Email) > maxEmail || strings.ContainsFunc(c.Email, unicode.IsControl) || !strings.Contains(c.Email[strings.LastIndexByte(c.Email, '@')+1:], ".") {
		return Customer{}, badBody("customer.email", "This is not an e-mail address.")
	}
	return c, nil
}

// checkGuest asks of a visitor without an account whom the tickets are for.
func (s *Service) checkGuest(r Request) error {
	switch {
	case !r.Caller.Guest:
		return nil
	case s.limits.NoGuests:
		return fault.New(fault.Unauthorized, "sign_in_required", "Sign in to buy these tickets. Your seats stay held.")
	case r.Customer.Name == "":
		return badBody("customer.name", "Tell us the name the tickets are for.")
	case r.Customer.Email == "":
		return badBody("customer.email", "Tell us where to send the tickets.")
	default:
		return nil
	}
}

// draft is the booking that a request would make, with the server's prices of this moment.
func (s *Service) draft(ctx context.Context, r Request) (Booking, error) {
	d, err := s.programme.Detail(ctx, r.Showtime)
	if err != nil {
		return Booking{}, err
	}
	var unknown []ident.Seat
	for _, seat := range r.Seats {
		if _, ok := d.Layout.Seat(seat); !ok {
			unknown = append(unknown, seat)
		}
	}
	if len(unknown) > 0 {
		return Booking{}, badSeats("This hall has no such seat.").With("seat_ids", unknown)
	}
	quote, err := catalog.Quoted(d, choices(r))
	if err != nil {
		return Booking{}, err
	}
	if err := s.programme.CheckSale(ctx, d); err != nil {
		return Booking{}, err
	}
	if broken := catalog.CheckSeats(d.Layout, r.Seats); len(broken) > 0 {
		return Booking{}, seatRule(broken)
	}
	now := s.clock.Now().Truncate(time.Millisecond) // what a store keeps
	b := Booking{
		User: r.Caller.User, Owner: r.Caller.User, Request: r.Request, Showtime: r.Showtime, Cinema: d.Cinema.ID, Seats: r.Seats,
		Amount: quote.Total, Customer: r.Customer, Status: Reserving, Provider: s.gateway.Name(), CreatedAt: now, UpdatedAt: now,
		PayDeadline: now.Add(s.limits.PaymentWindow),
	}
	for _, l := range quote.Lines {
		b.Lines = append(b.Lines, Line{Seat: l.Seat, TicketType: l.TicketType, TypeName: l.Name, Price: l.Price, Includes: l.Includes})
	}
	b.ID = s.id(b.User, b.Showtime, b.Request)
	b.Reference = Reference(b.ID)
	b.Fingerprint = fingerprint(b.Lines)
	return b, nil
}

func seatRule(broken []catalog.Violation) error {
	rules := make([]map[string]any, len(broken))
	for i, v := range broken {
		rules[i] = map[string]any{"rule": v.Rule, "seat_ids": v.Seats}
	}
	return fault.New(fault.Conflict, "seat_rule", "These seats can only be bought together with others.").With("rules", rules)
}

// choices gives each seat of the request its ticket type, in the order of the seats.
func choices(r Request) []catalog.TicketChoice {
	out := catalog.DefaultChoices(r.Seats)
	for _, c := range r.Tickets {
		if i, ok := slices.BinarySearch(r.Seats, c.Seat); ok {
			out[i].TicketType = c.TicketType
		}
	}
	return out
}

// fingerprint identifies what is bought: seats and ticket types, nothing of how it is paid or by whom.
func fingerprint(lines []Line) string {
	h := sha256.New()
	for _, l := range lines {
		h.Write([]byte(string(l.Seat) + "|" + l.TicketType + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// same tells whether a repeat asks for what the booking is.
func (s *Service) same(ctx context.Context, b Booking, r Request) error {
	mismatch := fault.New(fault.Invalid, "idempotency_mismatch", "This request was made before for other seats or ticket types.")
	if !slices.Equal(b.Seats, r.Seats) {
		return mismatch
	}
	d, err := s.programme.Detail(ctx, b.Showtime)
	for i, c := range choices(r) {
		if c.TicketType == "" && err == nil {
			if seat, ok := d.Layout.Seat(c.Seat); ok {
				c.TicketType = d.PriceCard.DefaultType(seat)
			}
		}
		if c.TicketType != "" && i < len(b.Lines) && b.Lines[i].TicketType != c.TicketType {
			return mismatch
		}
	}
	return nil
}
