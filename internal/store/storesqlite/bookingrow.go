package storesqlite

import (
	"context"
	"database/sql"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/ident"
	"cinema/internal/money"
)

// lineDoc is a booking's line as it is stored.
type lineDoc struct {
	Seat     string    `json:"seat"`
	Type     string    `json:"type"`
	Name     string    `json:"name"`
	Amount   int64     `json:"amount"`
	Currency string    `json:"currency"`
	Includes []partDoc `json:"includes,omitempty"`
}

type partDoc struct {
	Label  string `json:"label"`
	Amount int64  `json:"amount"`
}

type refundDoc struct {
	State    string `json:"state"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

func toLines(lines []booking.Line) []lineDoc {
	out := make([]lineDoc, len(lines))
	for i, l := range lines {
		out[i] = lineDoc{
			Seat: string(l.Seat), Type: l.TicketType, Name: l.TypeName, Amount: l.Price.Minor, Currency: l.Price.Currency,
			Includes: toParts(l.Includes),
		}
	}
	return out
}

func fromLines(docs []lineDoc) []booking.Line {
	if docs == nil {
		return nil
	}
	out := make([]booking.Line, len(docs))
	for i, d := range docs {
		out[i] = booking.Line{
			Seat: ident.Seat(d.Seat), TicketType: d.Type, TypeName: d.Name, Price: money.Of(d.Amount, d.Currency), Includes: fromParts(d.Includes),
		}
	}
	return out
}

func toParts(parts []catalog.Part) []partDoc {
	if parts == nil {
		return nil
	}
	out := make([]partDoc, len(parts))
	for i, p := range parts {
		out[i] = partDoc(p)
	}
	return out
}

func fromParts(docs []partDoc) []catalog.Part {
	if docs == nil {
		return nil
	}
	out := make([]catalog.Part, len(docs))
	for i, d := range docs {
		out[i] = catalog.Part(d)
	}
	return out
}

func toRefund(r *booking.Refund) string {
	if r == nil {
		return ""
	}
	return encode(refundDoc{State: r.State, Amount: r.Amount.Minor, Currency: r.Amount.Currency})
}

func fromRefund(text string) (*booking.Refund, error) {
	if text == "" {
		return nil, nil
	}
	var d refundDoc
	if err := decode(text, &d); err != nil {
		return nil, err
	}
	return &booking.Refund{State: d.State, Amount: money.Of(d.Amount, d.Currency)}, nil
}

// insertBooking writes the row with the words it is found by.
func insertBooking(ctx context.Context, w *writes, b booking.Booking) error {
	_, err := w.InsertBooking.ExecContext(ctx, string(b.ID), b.Reference, string(b.User), string(b.Owner), string(b.Request), string(b.Showtime),
		list(b.Seats), list(toLines(b.Lines)), b.Amount.Minor, b.Amount.Currency, b.Fingerprint, b.Customer.Email, b.Customer.Name,
		string(b.Status), b.Status.Rank(), b.Reason, b.Provider, b.PaymentRef, toRefund(b.Refund), b.Demo, b.Epoch,
		string(b.Cinema), toMillis(b.CreatedAt), toMillis(b.PayDeadline), toMillis(b.UpdatedAt))
	if err != nil {
		return err
	}
	terms := append(words(b.Customer.Name), words(b.Customer.Email)...)
	if ref := foldReference(b.Reference); ref != "" {
		terms = append(terms, ref)
	}
	_, err = w.InsertBookingTerms.ExecContext(ctx, list(terms), string(b.ID))
	return err
}

// scanBooking reads the columns of the fragment booking_columns, without the tickets.
func scanBooking(row scanner) (booking.Booking, error) { return scanBookingAnd(row) }

// scanBookingAnd reads the columns of the fragment booking_columns and what follows them.
func scanBookingAnd(row scanner, more ...any) (booking.Booking, error) {
	var b booking.Booking
	var seats, lines, refund string
	var created, deadline, updated int64
	err := row.Scan(append([]any{
		&b.ID, &b.Reference, &b.User, &b.Owner, &b.Request, &b.Showtime, &seats, &lines, &b.Amount.Minor, &b.Amount.Currency,
		&b.Fingerprint, &b.Customer.Email, &b.Customer.Name, &b.Status, &b.Reason, &b.Provider, &b.PaymentRef, &refund, &b.Demo, &b.Epoch,
		&b.Cinema, &created, &deadline, &updated,
	}, more...)...)
	if err != nil {
		return booking.Booking{}, err
	}
	var docs []lineDoc
	if err := decode(seats, &b.Seats); err != nil {
		return booking.Booking{}, err
	}
	if err := decode(lines, &docs); err != nil {
		return booking.Booking{}, err
	}
	b.Lines = fromLines(docs)
	if b.Refund, err = fromRefund(refund); err != nil {
		return booking.Booking{}, err
	}
	b.CreatedAt, b.PayDeadline, b.UpdatedAt = fromMillis(created), fromMillis(deadline), fromMillis(updated)
	return b, nil
}

func scanTicket(row scanner) (booking.Ticket, error) {
	var t booking.Ticket
	err := row.Scan(&t.ID, &t.Booking, &t.Showtime, &t.Seat, &t.TicketType, &t.TypeName, &t.Price.Minor, &t.Price.Currency, &t.Code, &t.Generation, &t.Void)
	return t, err
}

// loadBooking reads a booking with its tickets through the two statements of either the writer or the readers.
func loadBooking(ctx context.Context, one, tickets *sql.Stmt, id ident.Booking) (booking.Booking, error) {
	b, err := scanBooking(one.QueryRowContext(ctx, string(id)))
	if err != nil {
		return booking.Booking{}, noBooking(err)
	}
	return b, loadTickets(ctx, tickets, &b)
}

func noBooking(err error) error {
	return orNotFound(err, "booking_not_found", "There is no such booking.")
}

// loadTickets adds the tickets. A ticket exists only in a booking that was booked.
func loadTickets(ctx context.Context, tickets *sql.Stmt, b *booking.Booking) error {
	if b.Status.Rank() < booking.Booked.Rank() || b.Status == booking.Failed {
		return nil
	}
	rows, err := tickets.QueryContext(ctx, string(b.ID))
	if b.Tickets, err = collect(rows, err, scanTicket); err != nil {
		return err
	}
	orderTickets(b)
	return nil
}
