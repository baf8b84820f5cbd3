package httpapi

import (
	"context"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/privacy"
)

type adminBookingView struct {
	BookingView

	UserID   string `json:"user_id"`
	CinemaID string `json:"cinema_id"`
}

// BookingsFilter is what the office's lists of bookings take beside AdminQuery.
type BookingsFilter struct {
	Status string `query:"status" enum:"PENDING,BOOKED,FAILED,CANCELLED"`
	Text   string `query:"q" maxLength:"200" doc:"Reference, e-mail or name."`
}

type refundBody struct {
	TicketIDs []string `json:"ticket_ids,omitempty" doc:"Without them: the whole booking."`
	Reason    string   `json:"reason" doc:"Why, in 3 to 500 characters. It stays in the record: no personal details."`
}

// Bounds of a reason, in characters.
const (
	minReason = 3
	maxReason = 500
)

func (s *Server) registerOffice() {
	const tag = "Administration"
	add(s, route{
		method: http.MethodGet, path: "/api/admin/bookings", id: "admin-bookings", tag: tag, access: manager, charge: reads,
		summary: "Find bookings", about: "Managers find those of their cinemas.",
	}, s.adminBookings)
	add(s, route{
		method: http.MethodGet, path: "/api/admin/bookings.csv", id: "export-bookings", tag: tag, access: manager, charge: exports,
		stream: true, produces: "text/csv", summary: "Bookings for a spreadsheet",
		about: "All that fit, newest first. Cells that a spreadsheet would compute begin with an apostrophe.",
	}, s.exportBookings)
	add(s, route{
		method: http.MethodPost, path: "/api/admin/bookings/{bookingId}/refund", id: "refund-booking", tag: tag, access: manager,
		charge: confirmQuota, money: true, stepUp: true, keyed: true, summary: "Give tickets back on behalf of a customer",
		about: "The customer's own deadline does not count. Answers as cancel does; a repeat gives nothing back twice.",
	}, s.refundBooking)
}

func (s *Server) adminBookings(ctx context.Context, in *struct {
	AdminQuery
	BookingsFilter
},
) (*reply[adminList[adminBookingView]], error) {
	q, err := bookingQuery(ctx, in.AdminQuery, in.BookingsFilter)
	if err != nil {
		return nil, err
	}
	q.Limit, q.Skip = in.Limit, in.Skip
	items, total, err := s.bookings.Search(ctx, q)
	if err != nil {
		return nil, err
	}
	out := adminList[adminBookingView]{OK: true, Total: total, Items: make([]adminBookingView, len(items))}
	for i, b := range items {
		out.Items[i] = adminBookingView{BookingView: s.officeBooking(ctx, b), UserID: string(b.User), CinemaID: string(b.Cinema)}
	}
	return &reply[adminList[adminBookingView]]{out}, nil
}

// officeBooking is a booking without the texts of its tickets: they admit whoever shows them, and only their owner gets them.
func (s *Server) officeBooking(ctx context.Context, b booking.Booking) BookingView {
	v := s.bookingOf(ctx, booking.Result{Booking: b})
	for i := range v.Tickets {
		v.Tickets[i].Code = ""
	}
	return v
}

// bookingQuery reads the filters and binds them to the caller's cinemas.
func bookingQuery(ctx context.Context, list AdminQuery, more BookingsFilter) (booking.Query, error) {
	f, err := list.parse()
	if err != nil {
		return booking.Query{}, err
	}
	if strings.ContainsFunc(more.Text, unicode.IsControl) { // no reference, address or name has one, and not every store takes them
		return booking.Query{}, errControl
	}
	q := booking.Query{
		Cinemas: callOf(ctx).principal.Cinemas(), Showtime: f.showtime, Public: more.Status, Text: more.Text, From: f.from, To: f.to,
	}
	if f.user != "" {
		q.Users = []ident.User{f.user}
	}
	return q, nil
}

var errControl = fault.New(fault.Invalid, "invalid_query", "The text to look for holds control characters.")

// refundBooking records who gives back what and why, and then does it. Where nothing is left to be given back there is nothing to record.
func (s *Server) refundBooking(ctx context.Context, in *struct {
	BookingPath

	Body refundBody
},
) (*reply[cancelView], error) {
	r, err := s.officeRefund(ctx, in.Booking, in.Body)
	if err != nil {
		return nil, err
	}
	r.DryRun = true
	plan, err := s.bookings.Refund(ctx, r)
	if err != nil {
		return nil, err
	}
	if b := plan.Booking; len(plan.Tickets) > 0 {
		err := s.act(ctx, audit.Action{
			Type: "booking.refund_ordered", Subject: b.User, Booking: b.ID, Showtime: b.Showtime,
			Before: map[string]any{"status": b.Status.Public()},
			After: map[string]any{
				"reason": r.Reason, "ticket_ids": plan.Tickets, "amount": plan.Refund.Amount.Minor, "currency": plan.Refund.Amount.Currency,
				"refund_id": plan.RefundID,
			},
		})
		if err != nil {
			return nil, err
		}
	}
	r.DryRun = false
	result, err := s.bookings.Refund(ctx, r)
	if err != nil {
		return nil, err
	}
	v := cancelledView(result, s.officeBooking(ctx, result.Booking))
	return &reply[cancelView]{v}, nil
}

// officeRefund reads a refund. A booking of another cinema does not exist for whoever is bound to his own.
func (s *Server) officeRefund(ctx context.Context, raw string, body refundBody) (booking.CancelRequest, error) {
	id, err := bookingID(raw)
	if err != nil {
		return booking.CancelRequest{}, err
	}
	p := callOf(ctx).principal
	b, err := s.bookings.Read(ctx, id)
	if err != nil {
		return booking.CancelRequest{}, err
	}
	if !p.MayIn(b.Cinema) {
		return booking.CancelRequest{}, errBooking
	}
	r := booking.CancelRequest{Caller: bookingCaller(p), Booking: id}
	if r.Reason, err = reason(body.Reason); err != nil {
		return booking.CancelRequest{}, err
	}
	if privacy.Names(r.Reason, b.Customer.Email, b.Customer.Name) {
		return booking.CancelRequest{}, fault.New(fault.Invalid, "invalid_reason", "Leave the customer's name and address out: the reason stays in the record.")
	}
	r.Tickets, err = ticketIDs(body.TicketIDs)
	return r, err
}

// reason checks what somebody says for the record. Fault: Invalid "invalid_reason".
func reason(given string) (string, error) {
	said := strings.TrimSpace(given)
	n := utf8.RuneCountInString(said)
	if n < minReason || n > maxReason || strings.ContainsFunc(said, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return "", fault.New(fault.Invalid, "invalid_reason", "Say why, in 3 to 500 characters on one line.")
	}
	return said, nil
}
