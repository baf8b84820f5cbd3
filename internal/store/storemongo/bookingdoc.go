package storemongo

import (
	"context"
	"slices"
	"time"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/ident"
	"cinema/internal/money"
)

// bookingDoc is a booking as it is stored. Its rank follows from its status and is what a status is written by.
type bookingDoc struct {
	ID          string     `bson:"_id"`
	Reference   string     `bson:"reference"`
	User        string     `bson:"user_id"`
	Owner       string     `bson:"hold_owner"`
	Request     string     `bson:"request_id"`
	Showtime    string     `bson:"showtime_id"`
	Cinema      string     `bson:"cinema_id"`
	Seats       []string   `bson:"seat_ids"`
	Lines       []lineDoc  `bson:"lines"`
	Amount      moneyDoc   `bson:"amount"`
	Fingerprint string     `bson:"fingerprint"`
	Email       string     `bson:"email"`
	Name        string     `bson:"name"`
	Status      string     `bson:"status"`
	Rank        int        `bson:"rank"`
	Reason      string     `bson:"reason"`
	Provider    string     `bson:"provider"`
	PaymentRef  string     `bson:"payment_ref"`
	Refund      *refundDoc `bson:"refund"`
	Demo        bool       `bson:"demo"`
	Epoch       string     `bson:"epoch"`
	CreatedAt   time.Time  `bson:"created_at"`
	PayDeadline time.Time  `bson:"pay_deadline"`
	UpdatedAt   time.Time  `bson:"updated_at"`
	Terms       []string   `bson:"terms"` // what a search finds it by, folded
}

type moneyDoc struct {
	Minor    int64  `bson:"minor"`
	Currency string `bson:"currency"`
}

type lineDoc struct {
	Seat     string    `bson:"seat"`
	Type     string    `bson:"type"`
	Name     string    `bson:"name"`
	Price    moneyDoc  `bson:"price"`
	Includes []partDoc `bson:"includes"`
}

type partDoc struct {
	Label  string `bson:"label"`
	Amount int64  `bson:"amount"`
}

type refundDoc struct {
	State  string   `bson:"state"`
	Amount moneyDoc `bson:"amount"`
}

type ticketDoc struct {
	ID         string   `bson:"_id"`
	Booking    string   `bson:"booking_id"`
	Showtime   string   `bson:"showtime_id"`
	Seat       string   `bson:"seat_id"`
	TicketType string   `bson:"ticket_type"`
	TypeName   string   `bson:"type_name"`
	Price      moneyDoc `bson:"price"`
	Code       string   `bson:"code"`
	Generation int      `bson:"generation"`
}

func toBooking(b booking.Booking) bookingDoc {
	d := bookingDoc{
		ID: string(b.ID), Reference: b.Reference, User: string(b.User), Owner: string(b.Owner), Request: string(b.Request),
		Showtime: string(b.Showtime), Seats: convert(b.Seats, func(s ident.Seat) string { return string(s) }), Lines: convert(b.Lines, toLine),
		Amount: moneyDoc(b.Amount), Fingerprint: b.Fingerprint, Email: b.Customer.Email, Name: b.Customer.Name,
		Status: string(b.Status), Rank: b.Status.Rank(), Reason: b.Reason, Provider: b.Provider, PaymentRef: b.PaymentRef,
		Demo: b.Demo, Epoch: b.Epoch, Cinema: string(b.Cinema), CreatedAt: millis(b.CreatedAt), PayDeadline: millis(b.PayDeadline), UpdatedAt: millis(b.UpdatedAt),
		Terms: bookingTerms(b),
	}
	if b.Refund != nil {
		d.Refund = &refundDoc{State: b.Refund.State, Amount: moneyDoc(b.Refund.Amount)}
	}
	return d
}

// bookingTerms are the reference without its dash, the address, and each word of the name.
func bookingTerms(b booking.Booking) []string {
	terms := append(words(b.Customer.Name), words(b.Customer.Email)...)
	if ref := foldReference(b.Reference); ref != "" {
		terms = append(terms, ref)
	}
	return terms
}

// booking is the stored part: without tickets, and with the status as it stands in the document.
func (d bookingDoc) booking() booking.Booking {
	b := booking.Booking{
		ID: ident.Booking(d.ID), Reference: d.Reference, User: ident.User(d.User), Owner: ident.User(d.Owner), Request: ident.Request(d.Request),
		Showtime: ident.Showtime(d.Showtime), Seats: convert(d.Seats, func(s string) ident.Seat { return ident.Seat(s) }), Lines: convert(d.Lines, fromLine),
		Amount: money.Amount(d.Amount), Fingerprint: d.Fingerprint, Customer: booking.Customer{Email: d.Email, Name: d.Name},
		Status: booking.Status(d.Status), Reason: d.Reason, Provider: d.Provider, PaymentRef: d.PaymentRef, Demo: d.Demo, Epoch: d.Epoch,
		Cinema: ident.Cinema(d.Cinema), CreatedAt: d.CreatedAt, PayDeadline: d.PayDeadline, UpdatedAt: d.UpdatedAt,
	}
	if d.Refund != nil {
		b.Refund = &booking.Refund{State: d.Refund.State, Amount: money.Amount(d.Refund.Amount)}
	}
	return b
}

func toLine(l booking.Line) lineDoc {
	return lineDoc{Seat: string(l.Seat), Type: l.TicketType, Name: l.TypeName, Price: moneyDoc(l.Price), Includes: convert(l.Includes, toPart)}
}

func fromLine(d lineDoc) booking.Line {
	return booking.Line{
		Seat: ident.Seat(d.Seat), TicketType: d.Type, TypeName: d.Name, Price: money.Amount(d.Price), Includes: convert(d.Includes, fromPart),
	}
}

func toPart(p catalog.Part) partDoc   { return partDoc(p) }
func fromPart(d partDoc) catalog.Part { return catalog.Part(d) }

func toTicket(t booking.Ticket) ticketDoc {
	return ticketDoc{
		ID: string(t.ID), Booking: string(t.Booking), Showtime: string(t.Showtime), Seat: string(t.Seat), TicketType: t.TicketType,
		TypeName: t.TypeName, Price: moneyDoc(t.Price), Code: t.Code, Generation: t.Generation,
	}
}

func (d ticketDoc) ticket() booking.Ticket {
	return booking.Ticket{
		ID: ident.Ticket(d.ID), Booking: ident.Booking(d.Booking), Showtime: ident.Showtime(d.Showtime), Seat: ident.Seat(d.Seat),
		TicketType: d.TicketType, TypeName: d.TypeName, Price: money.Amount(d.Price), Code: d.Code, Generation: d.Generation,
	}
}

// bookingsOf completes stored bookings: their status from the seal, and their tickets.
func (s *Store) bookingsOf(ctx context.Context, docs []bookingDoc) ([]booking.Booking, error) {
	items := convert(docs, bookingDoc.booking)
	if err := s.deriveStatus(ctx, items); err != nil {
		return nil, err
	}
	return items, s.addTickets(ctx, items)
}

// bookingSealed completes one stored booking whose seal is known.
func (s *Store) bookingSealed(ctx context.Context, d bookingDoc, seal booking.SealValue) (booking.Booking, error) {
	one := []booking.Booking{d.booking()}
	if one[0].Status == booking.Reserving && seal == booking.SealReserved {
		one[0].Status = booking.Pending
	}
	err := s.addTickets(ctx, one)
	return one[0], err
}

// deriveStatus makes PENDING of bookings that are sealed RESERVED and nothing later: that step of a sale needs no write.
func (s *Store) deriveStatus(ctx context.Context, items []booking.Booking) error {
	var ids []ident.Booking
	for _, b := range items {
		if b.Status == booking.Reserving {
			ids = append(ids, b.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	seals, err := s.seals(ctx, ids)
	if err != nil {
		return err
	}
	for i, b := range items {
		if b.Status == booking.Reserving && seals[b.ID] == booking.SealReserved {
			items[i].Status = booking.Pending
		}
	}
	return nil
}

// addTickets reads the tickets of all bookings at once. A ticket exists only in a booking that was booked.
func (s *Store) addTickets(ctx context.Context, items []booking.Booking) error {
	at := make(map[string]int, len(items))
	var ids []ident.Booking
	for i, b := range items {
		if b.Status.Rank() >= booking.Booked.Rank() && b.Status != booking.Failed {
			at[string(b.ID)] = i
			ids = append(ids, b.ID)
		}
	}
	docs, err := listAmong[ticketDoc](ctx, s, s.tickets, "booking_id", ids)
	if err != nil || len(docs) == 0 {
		return err
	}
	void, err := s.voids(ctx, convert(docs, func(d ticketDoc) ident.Ticket { return ident.Ticket(d.ID) }))
	if err != nil {
		return err
	}
	for _, d := range docs {
		t := d.ticket()
		t.Void = void[t.ID]
		b := &items[at[d.Booking]]
		b.Tickets = append(b.Tickets, t)
	}
	for _, i := range at {
		orderTickets(&items[i])
	}
	return nil
}

// orderTickets puts a booking's tickets in the order of its seats.
func orderTickets(b *booking.Booking) {
	place := make(map[ident.Seat]int, len(b.Seats))
	for i, seat := range b.Seats {
		place[seat] = i
	}
	slices.SortStableFunc(b.Tickets, func(x, y booking.Ticket) int { return place[x.Seat] - place[y.Seat] })
}
