package storesqlite

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"cinema/internal/booking"
	"cinema/internal/ident"
)

// Bounds of one answer.
const (
	standardPage = 50
	mostPage     = 200
	mostOpen     = 1000
	mostEvents   = 1000
)

// Booking reads one booking with its tickets.
func (s *Store) Booking(ctx context.Context, id ident.Booking) (booking.Booking, error) {
	b, err := loadBooking(ctx, s.reads.Booking, s.reads.TicketsOf, id)
	return b, s.read(err)
}

// Bookings lists bookings, newest first, and tells how many the filters fit in all, wherever the page begins.
func (s *Store) Bookings(ctx context.Context, q booking.Query) ([]booking.Booking, int, error) {
	labels, args := bookingFilter(q)
	total := 0
	if !q.Uncounted {
		var err error
		if total, err = s.countFiltered(ctx, &s.reads.CountBookings, labels, args); err != nil || total == 0 {
			return nil, 0, err
		}
	}
	if q.Before != (booking.Place{}) {
		labels = append(labels, "before")
		args = append(args, sql.Named("before_at", toMillis(q.Before.CreatedAt)), sql.Named("before_id", string(q.Before.ID)))
	}
	limit, skip := page(q.Limit, q.Skip, standardPage, mostPage)
	items, err := listFiltered(ctx, &s.reads.Bookings, labels, append(args, sql.Named("limit", limit), sql.Named("skip", skip)), scanBooking)
	if err != nil {
		return nil, 0, s.read(err)
	}
	return items, total, s.read(s.addTickets(ctx, items))
}

func bookingFilter(q booking.Query) (labels []string, args []any) {
	add := func(label string, values ...any) { labels, args = append(labels, label), append(args, values...) }
	if len(q.Users) > 0 {
		add("users", sql.Named("users", list(q.Users)))
	}
	if q.Showtime != "" {
		add("showtime", sql.Named("showtime", string(q.Showtime)))
	}
	if found, ranges := wordRanges(q.Text); len(found) > 0 {
		ref := foldReference(q.Text)
		labels, args = append(labels, found...), append(args, ranges...)
		args = append(args, sql.Named("reference", ref), sql.Named("reference_end", ref+maxRune))
	}
	if q.Reference != "" {
		add("exact", sql.Named("exact", q.Reference))
	}
	switch {
	case len(q.Cinemas) == 1 && len(labels) == 0 && q.Public == "":
		add("cinema", sql.Named("cinema", string(q.Cinemas[0])))
	case len(q.Cinemas) > 0:
		add("cinemas", sql.Named("cinemas", list(q.Cinemas)))
	}
	if q.Public != "" {
		label := "public"
		if len(labels) > 0 {
			label = "also_public"
		}
		add(label, sql.Named("public", q.Public))
	}
	if !q.From.IsZero() {
		add("from", sql.Named("from", toMillis(q.From)))
	}
	if !q.To.IsZero() {
		add("to", sql.Named("to", toMillis(q.To)))
	}
	return labels, args
}

func (s *Store) countFiltered(ctx context.Context, f *filtered, labels []string, args []any) (n int, err error) {
	stmt, err := f.stmt(ctx, labels) //nolint:sqlclosecheck // the set keeps it
	if err != nil {
		return 0, s.read(err)
	}
	err = stmt.QueryRowContext(ctx, args...).Scan(&n)
	return n, s.read(err)
}

func listFiltered[T any](ctx context.Context, f *filtered, labels []string, args []any, scan func(scanner) (T, error)) ([]T, error) {
	stmt, err := f.stmt(ctx, labels) //nolint:sqlclosecheck // the set keeps it
	if err != nil {
		return nil, err
	}
	rows, err := stmt.QueryContext(ctx, args...)
	return collect(rows, err, scan)
}

// addTickets reads the tickets of all bookings at once.
func (s *Store) addTickets(ctx context.Context, items []booking.Booking) error {
	if len(items) == 0 {
		return nil
	}
	at := make(map[ident.Booking]int, len(items))
	ids := make([]ident.Booking, len(items))
	for i, b := range items {
		at[b.ID], ids[i] = i, b.ID
	}
	rows, err := s.reads.TicketsOfMany.QueryContext(ctx, list(ids))
	tickets, err := collect(rows, err, scanTicket)
	if err != nil {
		return err
	}
	for _, t := range tickets {
		b := &items[at[t.Booking]]
		b.Tickets = append(b.Tickets, t)
	}
	for i := range items {
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

// OpenBookings lists bookings that wait for money or for their end, oldest first, created before an instant; at most 1000.
func (s *Store) OpenBookings(ctx context.Context, before time.Time, limit int) ([]booking.Booking, error) {
	limit, _ = page(limit, 0, mostOpen, mostOpen)
	rows, err := s.reads.OpenBookings.QueryContext(ctx, toMillis(before), limit)
	items, err := collect(rows, err, scanBooking)
	if err != nil {
		return nil, s.read(err)
	}
	return items, s.read(s.addTickets(ctx, items))
}

// Claims lists the durable owners of a showtime's seats, in seat order.
func (s *Store) Claims(ctx context.Context, showtime ident.Showtime) ([]booking.Claim, error) {
	rows, err := s.reads.Claims.QueryContext(ctx, string(showtime))
	claims, err := collect(rows, err, func(row scanner) (booking.Claim, error) {
		var c booking.Claim
		var deadline int64
		err := row.Scan(&c.Seat, &c.Booking, &c.Owner, &c.Request, &c.Status, &c.Sealed, &deadline)
		c.PayDeadline = fromMillis(deadline)
		return c, err
	})
	return claims, s.read(err)
}

// Ticket reads one ticket.
func (s *Store) Ticket(ctx context.Context, id ident.Ticket) (booking.Ticket, error) {
	t, err := scanTicket(s.reads.Ticket.QueryRowContext(ctx, string(id)))
	if err != nil {
		return booking.Ticket{}, s.read(orNotFound(err, "ticket_not_found", "There is no such ticket."))
	}
	return t, nil
}

// Outbox lists the oldest events, at most 1000.
func (s *Store) Outbox(ctx context.Context, limit int) ([]booking.OutboxEvent, error) {
	limit, _ = page(limit, 0, mostEvents, mostEvents)
	rows, err := s.reads.Events.QueryContext(ctx, limit)
	events, err := collect(rows, err, scanEvent)
	return events, s.read(err)
}

func scanEvent(row scanner) (booking.OutboxEvent, error) {
	var e booking.OutboxEvent
	var seats string
	var at int64
	if err := row.Scan(&e.ID, &e.Type, &e.Showtime, &e.Booking, &e.User, &seats, &e.Request, &e.Payload, &at); err != nil {
		return e, err
	}
	e.At = fromMillis(at)
	return e, decode(seats, &e.Seats)
}

// RealSales counts bookings that are not demonstration data.
func (s *Store) RealSales(ctx context.Context) (n int, err error) {
	err = s.reads.CountRealSales.QueryRowContext(ctx).Scan(&n)
	return n, s.read(err)
}
