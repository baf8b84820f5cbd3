package httpapi

import (
	"context"
	"net/http"
	"strings"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/ticket"
)

type ticketPath struct {
	Ticket string `path:"ticketId"`
}

type ticketAnswer struct {
	OK        bool         `json:"ok"`
	Ticket    ticketView   `json:"ticket"`
	Reference string       `json:"reference"`
	BookingID string       `json:"booking_id"`
	Showtime  *showingView `json:"showtime,omitempty"`
}

type fileReply struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

var errTicket = fault.New(fault.NotFound, "ticket_not_found", "There is no such ticket.")

func (s *Server) registerTickets() {
	const tag = "Tickets"
	add(s, route{
		method: http.MethodGet, path: "/api/bookings/{bookingId}/tickets.pdf", id: "tickets-pdf", tag: tag, access: session,
		charge: exports, produces: "application/pdf", summary: "The tickets to print",
	}, s.ticketsPDF)
	add(s, route{
		method: http.MethodGet, path: "/api/bookings/{bookingId}/calendar.ics", id: "calendar", tag: tag, access: session,
		charge: reads, produces: "text/calendar", summary: "The showtime for a calendar",
	}, s.calendar)
	add(s, route{
		method: http.MethodGet, path: "/api/tickets/{ticketId}", id: "get-ticket", tag: tag, access: session, charge: reads,
		summary: "One ticket",
	}, s.ticket)
	add(s, route{
		method: http.MethodGet, path: "/api/tickets/{ticketId}/qr.svg", id: "ticket-qr", tag: tag, access: session,
		charge: reads, produces: "image/svg+xml", summary: "The ticket's QR code",
	}, s.qr)
}

func (s *Server) ticketsPDF(ctx context.Context, in *BookingPath) (*fileReply, error) {
	doc, err := s.printed(ctx, in.Booking)
	if err != nil {
		return nil, err
	}
	b, err := ticket.PDF(doc)
	if err != nil {
		return nil, err
	}
	return &fileReply{ContentType: "application/pdf", Disposition: attachment(doc.Reference, "pdf"), Body: b}, nil
}

func (s *Server) calendar(ctx context.Context, in *BookingPath) (*fileReply, error) {
	doc, err := s.printed(ctx, in.Booking)
	if err != nil {
		return nil, err
	}
	return &fileReply{
		ContentType: "text/calendar; charset=utf-8", Disposition: attachment(doc.Reference, "ics"), Body: ticket.Calendar(doc),
	}, nil
}

func (s *Server) ticket(ctx context.Context, in *ticketPath) (*reply[ticketAnswer], error) {
	t, b, err := s.ownTicket(ctx, in.Ticket)
	if err != nil {
		return nil, err
	}
	v := ticketAnswer{OK: true, Ticket: ticketOf(t), Reference: b.Reference, BookingID: string(b.ID)}
	if d, err := s.catalog.Detail(ctx, b.Showtime); err == nil {
		v.Showtime = showingOf(d)
	}
	return &reply[ticketAnswer]{v}, nil
}

func (s *Server) qr(ctx context.Context, in *ticketPath) (*fileReply, error) {
	t, _, err := s.ownTicket(ctx, in.Ticket)
	if err != nil {
		return nil, err
	}
	if t.Void != "" || t.Code == "" {
		return nil, errTicket
	}
	svg, err := ticket.QR(t.Code)
	if err != nil {
		return nil, err
	}
	return &fileReply{ContentType: "image/svg+xml; charset=utf-8", Body: svg}, nil
}

func (s *Server) ownTicket(ctx context.Context, raw string) (booking.Ticket, booking.Booking, error) {
	if _, err := ident.ParseID(raw); err != nil {
		return booking.Ticket{}, booking.Booking{}, errTicket
	}
	return s.bookings.Ticket(ctx, bookingCaller(callOf(ctx).principal), ident.Ticket(raw))
}

// printed gathers what the documents of a booking say. Only a booking with valid tickets has any.
func (s *Server) printed(ctx context.Context, raw string) (ticket.Document, error) {
	id, err := bookingID(raw)
	if err != nil {
		return ticket.Document{}, err
	}
	r, err := s.bookings.Get(ctx, bookingCaller(callOf(ctx).principal), id)
	if err != nil {
		return ticket.Document{}, err
	}
	d, err := s.catalog.Detail(ctx, r.Booking.Showtime)
	if err != nil {
		return ticket.Document{}, err
	}
	doc := documentOf(r.Booking, d)
	if len(doc.Admissions) == 0 {
		return ticket.Document{}, errTicket
	}
	doc.Issued = s.clock.Now().In(d.Zone)
	return doc, nil
}

func documentOf(b booking.Booking, d *catalog.Detail) ticket.Document {
	st := d.Showtime
	doc := ticket.Document{
		Booking: b.ID, Reference: b.Reference, Film: d.Movie.Title, Rating: d.Movie.Rating.Code, Notice: d.Movie.Rating.Notice,
		Cinema: d.Cinema.Name, Address: d.Cinema.Address, Auditorium: d.Auditorium.Name, Accessibility: d.Auditorium.Accessibility,
		Formats: st.Formats, Start: d.LocalStart(), Doors: st.Doors().In(d.Zone), End: st.EndsAt.In(d.Zone), Name: b.Customer.Name,
		Total: b.Amount,
	}
	for _, t := range b.Tickets {
		if t.Void != "" || t.Code == "" {
			continue
		}
		kind, _ := d.PriceCard.Type(t.TicketType)
		doc.Admissions = append(doc.Admissions, ticket.Admission{
			ID: t.ID, Seat: t.Seat, Type: t.TypeName, Proof: kind.Proof, Price: t.Price, Code: t.Code,
		})
	}
	return doc
}

// attachment names a file after the booking's reference, which holds nothing but letters, digits and a dash.
func attachment(reference, extension string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, reference)
	return `attachment; filename="tickets-` + safe + `.` + extension + `"`
}
