package httpapi

import (
	"context"
	"net/http"

	"cinema/internal/account"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// saleBody is what confirm and checkout take.
type saleBody struct {
	RequestID    string         `json:"request_id,omitempty" doc:"Names the hold and the booking; else X-Request-Id."`
	SeatIDs      []string       `json:"seat_ids" minItems:"1"`
	Tickets      []choiceView   `json:"tickets,omitempty" doc:"Seats left out take the default ticket type."`
	Customer     *customerInput `json:"customer,omitempty" doc:"Guests must, others may."`
	PaymentToken string         `json:"payment_token,omitempty" doc:"A test token of the mock provider."`
	Epoch        string         `json:"epoch,omitempty" doc:"As the hold's answer told it."`
}

type choiceView struct {
	SeatID     string `json:"seat_id"`
	TicketType string `json:"ticket_type"`
}

type customerInput struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

type saleInput struct {
	ShowtimePath

	Body saleBody
}

type bookingAnswer struct {
	OK      bool        `json:"ok"`
	Booking BookingView `json:"booking"`
}

// saleReply is a booking with the status that tells how far it got.
type saleReply struct {
	Status int
	Body   bookingAnswer
}

// BookingPath names a booking in an address.
type BookingPath struct {
	Booking string `path:"bookingId"`
}

type tokenBody struct {
	PaymentToken string `json:"payment_token,omitempty"`
}

type lookupBody struct {
	Reference string `json:"reference"`
	Email     string `json:"email"`
}

type cancelBody struct {
	TicketIDs []string `json:"ticket_ids,omitempty" doc:"Without them: the whole booking."`
}

type cancelView struct {
	OK      bool         `json:"ok"`
	Booking BookingView  `json:"booking"`
	DryRun  bool         `json:"dry_run"`
	Refund  *refundView  `json:"refund,omitempty"`
	Tickets []string     `json:"tickets" doc:"Given back."`
	Left    []ticketLeft `json:"left" doc:"Could not be given back."`
}

type ticketLeft struct {
	TicketID string `json:"ticket_id"`
	Reason   string `json:"reason"`
}

type bookingsInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"200"`
	Show   string `query:"showtime_id"`
	Status string `query:"status" enum:"PENDING,BOOKED,FAILED,CANCELLED"`
}

type lookupReply struct {
	SetCookie string `header:"Set-Cookie"`
	Body      bookingAnswer
}

func (s *Server) registerBookings() {
	const tag = "Bookings"
	add(s, route{
		method: http.MethodPost, path: "/api/showtimes/{showtimeId}/bookings/confirm", id: "confirm", tag: tag, access: session,
		charge: confirmQuota, money: true, also: []int{http.StatusAccepted}, summary: "Reserve, pay and book in one call",
		about: "200 when booked, 202 while the payment needs the customer or more time. A repeat answers the same booking.",
	}, s.confirm)
	add(s, route{
		method: http.MethodPost, path: "/api/showtimes/{showtimeId}/bookings/checkout", id: "checkout", tag: tag, access: session,
		charge: confirmQuota, money: true, keyed: true, status: http.StatusCreated, also: []int{http.StatusOK},
		summary: "Reserve and open the payment without finishing it",
	}, s.checkout)
	add(s, route{
		method: http.MethodPost, path: "/api/bookings/{bookingId}/settle", id: "settle", tag: tag, access: session,
		charge: changes, money: true, keyed: true, summary: "Ask the provider and move the booking on",
	}, s.settle)
	add(s, route{
		method: http.MethodGet, path: "/api/bookings", id: "list-bookings", tag: tag, access: session, charge: reads,
		summary: "My bookings, newest first",
	}, s.myBookings)
	add(s, route{
		method: http.MethodGet, path: "/api/bookings/{bookingId}", id: "get-booking", tag: tag, access: session, charge: reads,
		summary: "One of my bookings",
	}, s.booking)
	add(s, route{
		method: http.MethodPost, path: "/api/bookings/lookup", id: "lookup-booking", tag: tag, charge: lookup,
		summary: "Find a booking by reference and address", about: "Starts a guest session when there is none.",
	}, s.lookup)
	add(s, route{
		method: http.MethodPost, path: "/api/bookings/{bookingId}/cancel", id: "cancel-booking", tag: tag, access: session,
		charge: confirmQuota, money: true, keyed: true, summary: "Give up an open booking, or give tickets back",
	}, s.cancel)
	if s.settings.TestTokens {
		add(s, route{
			method: http.MethodPost, path: "/api/payments/mock/{ref}/action", id: "mock-bank", tag: tag, access: session,
			charge: confirmQuota, money: true, keyed: true, summary: "Answer as the bank of a test payment",
		}, s.bankAnswer)
	}
}

func (s *Server) sale(ctx context.Context, in *saleInput) (booking.Request, error) {
	d, err := s.detail(ctx, in.Showtime)
	if err != nil {
		return booking.Request{}, err
	}
	b := in.Body
	r := booking.Request{Caller: bookingCaller(callOf(ctx).principal), Showtime: d.Showtime.ID, Token: b.PaymentToken, Epoch: b.Epoch}
	if r.Request, err = namedRequest(ctx, b.RequestID); err != nil {
		return booking.Request{}, err
	}
	if r.Seats, err = s.parseSeats(b.SeatIDs); err != nil {
		return booking.Request{}, err
	}
	for _, t := range b.Tickets {
		seat, err := ident.ParseSeat(t.SeatID)
		if err != nil {
			return booking.Request{}, errSeats
		}
		r.Tickets = append(r.Tickets, catalog.TicketChoice{Seat: seat, TicketType: t.TicketType})
	}
	if len(r.Tickets) > len(r.Seats) {
		return booking.Request{}, fault.New(fault.Invalid, "invalid_body", "There are more tickets than seats.")
	}
	r.Customer = customerOf(callOf(ctx).principal, b.Customer)
	return r, nil
}

// customerOf is whom the tickets are for: what was given, else the account's own address and name.
func customerOf(p *account.Principal, in *customerInput) booking.Customer {
	c := booking.Customer{}
	if in != nil {
		c = booking.Customer{Email: in.Email, Name: in.Name}
	}
	if p.User.Guest {
		return c
	}
	if c.Email == "" {
		c.Email = p.User.Email
	}
	if c.Name == "" {
		c.Name = p.User.Name
	}
	return c
}

func (s *Server) confirm(ctx context.Context, in *saleInput) (*saleReply, error) {
	r, err := s.sale(ctx, in)
	if err != nil {
		return nil, err
	}
	result, err := s.bookings.Confirm(ctx, r)
	if err != nil {
		return nil, err
	}
	return s.sold(ctx, result, http.StatusAccepted), nil
}

func (s *Server) checkout(ctx context.Context, in *saleInput) (*saleReply, error) {
	r, err := s.sale(ctx, in)
	if err != nil {
		return nil, err
	}
	result, err := s.bookings.Checkout(ctx, r)
	if err != nil {
		return nil, err
	}
	return s.sold(ctx, result, http.StatusCreated), nil
}

// sold answers a sale: open says what an open booking answers.
func (s *Server) sold(ctx context.Context, r booking.Result, open int) *saleReply {
	out := &saleReply{Status: http.StatusOK, Body: bookingAnswer{OK: true, Booking: s.bookingOf(ctx, r)}}
	if r.Booking.Status.Open() {
		out.Status = open
	}
	return out
}

func (s *Server) settle(ctx context.Context, in *struct {
	BookingPath

	Body *tokenBody
},
) (*reply[bookingAnswer], error) {
	id, err := bookingID(in.Booking)
	if err != nil {
		return nil, err
	}
	token := ""
	if in.Body != nil {
		token = in.Body.PaymentToken
	}
	return s.settled(ctx, id, token)
}

func (s *Server) settled(ctx context.Context, id ident.Booking, token string) (*reply[bookingAnswer], error) {
	result, err := s.bookings.Settle(ctx, bookingCaller(callOf(ctx).principal), id, token)
	if err != nil {
		return nil, err
	}
	return &reply[bookingAnswer]{bookingAnswer{OK: true, Booking: s.bookingOf(ctx, result)}}, nil
}

func (s *Server) bankAnswer(ctx context.Context, in *struct {
	Ref  string `path:"ref"`
	Body struct {
		Approve bool `json:"approve"`
	}
},
) (*reply[bookingAnswer], error) {
	if s.bank == nil || len(in.Ref) > 200 {
		return nil, errUnknown
	}
	b, err := s.bookings.Payment(ctx, bookingCaller(callOf(ctx).principal), in.Ref)
	if err != nil {
		return nil, err
	}
	if _, err := s.bank.Approve(ctx, in.Ref, in.Body.Approve); err != nil {
		return nil, err
	}
	return s.settled(ctx, b.ID, "")
}

func (s *Server) myBookings(ctx context.Context, in *bookingsInput) (*reply[listView[BookingView]], error) {
	at, id, err := parseCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	show, err := queryID[ident.Showtime](in.Show)
	if err != nil {
		return nil, err
	}
	q := booking.Query{Showtime: show, Public: in.Status, Limit: in.Limit, Before: booking.Place{CreatedAt: at, ID: ident.Booking(id)}}
	items, _, err := s.bookings.List(ctx, bookingCaller(callOf(ctx).principal), q)
	if err != nil {
		return nil, err
	}
	out := listView[BookingView]{Items: make([]BookingView, len(items))}
	for i, b := range items {
		out.Items[i] = s.bookingOf(ctx, booking.Result{Booking: b})
	}
	if len(items) == in.Limit {
		last := items[len(items)-1]
		out.NextCursor = pageCursor(last.CreatedAt, string(last.ID))
	}
	return &reply[listView[BookingView]]{out}, nil
}

func (s *Server) booking(ctx context.Context, in *BookingPath) (*reply[bookingAnswer], error) {
	id, err := bookingID(in.Booking)
	if err != nil {
		return nil, err
	}
	r, err := s.bookings.Get(ctx, bookingCaller(callOf(ctx).principal), id)
	if err != nil {
		return nil, err
	}
	return &reply[bookingAnswer]{bookingAnswer{OK: true, Booking: s.bookingOf(ctx, r)}}, nil
}

// lookup lets whoever knows reference and address see the booking; any mismatch is the same "not found".
func (s *Server) lookup(ctx context.Context, in *struct {
	AgentHeader

	Body lookupBody
},
) (*lookupReply, error) {
	b, err := s.bookings.Lookup(ctx, in.Body.Reference, in.Body.Email)
	if err != nil {
		return nil, err
	}
	out := &lookupReply{}
	k := callOf(ctx)
	if k.principal == nil {
		signed, err := s.accounts.StartGuest(ctx, in.Agent)
		if err != nil {
			return nil, err
		}
		k.principal = signed.Principal
		out.SetCookie = s.sessionCookie(signed)
	}
	if err := s.accounts.AllowBooking(ctx, k.principal, b.ID); err != nil {
		return nil, err
	}
	caller := bookingCaller(k.principal)
	caller.Sees = append(append([]ident.Booking{}, caller.Sees...), b.ID)
	r, err := s.bookings.Get(ctx, caller, b.ID)
	if err != nil {
		return nil, err
	}
	out.Body = bookingAnswer{OK: true, Booking: s.bookingOf(ctx, r)}
	return out, nil
}

func (s *Server) cancel(ctx context.Context, in *struct {
	BookingPath

	DryRun bool `query:"dry_run" doc:"Only tell what would happen."`
	Body   *cancelBody
},
) (*reply[cancelView], error) {
	id, err := bookingID(in.Booking)
	if err != nil {
		return nil, err
	}
	r := booking.CancelRequest{Caller: bookingCaller(callOf(ctx).principal), Booking: id, DryRun: in.DryRun}
	if in.Body != nil {
		if r.Tickets, err = ticketIDs(in.Body.TicketIDs); err != nil {
			return nil, err
		}
	}
	result, err := s.bookings.Cancel(ctx, r)
	if err != nil {
		return nil, err
	}
	v := cancelledView(result, s.bookingOf(ctx, booking.Result{Booking: result.Booking}))
	v.DryRun = in.DryRun
	return &reply[cancelView]{v}, nil
}

// cancelledView tells what a cancellation did.
func cancelledView(r booking.CancelResult, b BookingView) cancelView {
	v := cancelView{OK: true, Booking: b, Refund: refundOf(r.Refund), Tickets: texts(r.Tickets), Left: make([]ticketLeft, len(r.Left))}
	for i, l := range r.Left {
		v.Left[i] = ticketLeft{TicketID: string(l.Ticket), Reason: l.Reason}
	}
	return v
}

func ticketIDs(list []string) ([]ident.Ticket, error) {
	out := make([]ident.Ticket, 0, len(list))
	for _, t := range list {
		if _, err := ident.ParseID(t); err != nil || len(out) == maxTickets {
			return nil, fault.New(fault.Invalid, "invalid_body", "A ticket id is malformed, or there are too many.")
		}
		out = append(out, ident.Ticket(t))
	}
	return out, nil
}

const maxTickets = 100

var errBooking = fault.New(fault.NotFound, "booking_not_found", "There is no such booking.")

// bookingID checks the identifier of a path: what cannot be one does not exist.
func bookingID(id string) (ident.Booking, error) {
	if _, err := ident.ParseID(id); err != nil {
		return "", errBooking
	}
	return ident.Booking(id), nil
}

// namedRequest is the hold's request id: the body's, else the header's. Without one there is no hold to speak of.
func namedRequest(ctx context.Context, body string) (ident.Request, error) {
	if body == "" && callOf(ctx).named == "" {
		return "", fault.New(fault.Invalid, "invalid_request_id", "Name the hold by its request_id.")
	}
	return requestID(ctx, body)
}

func bookingCaller(p *account.Principal) booking.Caller {
	return booking.Caller{User: p.User.ID, Merged: p.Merged, Guest: p.User.Guest, Sees: p.Session.Bookings}
}
