package httpapi

import (
	"context"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/payment"
)

// BookingView is a booking as its owner sees it.
type BookingView struct {
	ID          string       `json:"id"`
	Reference   string       `json:"reference"`
	ShowtimeID  string       `json:"showtime_id"`
	RequestID   string       `json:"request_id"`
	SeatIDs     []string     `json:"seat_ids"`
	Amount      int64        `json:"amount" doc:"Minor units."`
	Currency    string       `json:"currency"`
	Status      string       `json:"status" enum:"PENDING,BOOKED,FAILED,CANCELLED"`
	Reason      string       `json:"reason,omitempty" doc:"Of FAILED."`
	PaymentRef  string       `json:"payment_ref,omitempty"`
	Tickets     []ticketView `json:"tickets"`
	Lines       []lineView   `json:"lines"`
	Customer    customerView `json:"customer"`
	CreatedAt   string       `json:"created_at" format:"date-time"`
	PayDeadline string       `json:"pay_deadline,omitempty" format:"date-time" doc:"Of PENDING."`
	Payment     *paymentView `json:"payment,omitempty" doc:"Of PENDING."`
	Refund      *refundView  `json:"refund,omitempty"`
	Showtime    *showingView `json:"showtime,omitempty"`
}

type customerView struct {
	Email string `json:"email"`
	Name  string `json:"name"`
}

type ticketView struct {
	ID         string    `json:"id"`
	SeatID     string    `json:"seat_id"`
	TicketType string    `json:"ticket_type"`
	TypeName   string    `json:"type_name"`
	Price      moneyView `json:"price"`
	Code       string    `json:"code" doc:"Text of the QR."`
	Void       bool      `json:"void" doc:"Given back: it admits nobody."`
}

type lineView struct {
	SeatID     string     `json:"seat_id"`
	TicketType string     `json:"ticket_type"`
	Name       string     `json:"name"`
	Price      moneyView  `json:"price"`
	Includes   []partView `json:"includes"`
}

type paymentView struct {
	Provider     string          `json:"provider"`
	State        string          `json:"state" enum:"needs_method,needs_action,processing,authorised,captured,cancelled,unknown"`
	ClientSecret string          `json:"client_secret,omitempty"`
	NextAction   *nextActionView `json:"next_action,omitempty"`
	Decline      string          `json:"decline,omitempty" doc:"Why the last card was refused."`
}

type nextActionView struct {
	Type string `json:"type" enum:"redirect"`
	URL  string `json:"url"`
}

type refundView struct {
	State    string `json:"state"`
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// showingView is what a ticket says of its showtime.
type showingView struct {
	ID         string `json:"id"`
	MovieTitle string `json:"movie_title"`
	MovieSlug  string `json:"movie_slug"`
	Rating     string `json:"rating"`
	Notice     string `json:"rating_notice,omitempty"`
	Cinema     string `json:"cinema_name"`
	Address    string `json:"cinema_address"`
	Auditorium string `json:"auditorium_name"`
	StartsAt   string `json:"starts_at" format:"date-time"`
	LocalStart string `json:"local_start"`
	Zone       string `json:"zone"`
	DoorsAt    string `json:"doors_at" format:"date-time"`
	EndsAt     string `json:"ends_at" format:"date-time"`
	// The night that a show after midnight belongs to; the customer's labels need it.
	BusinessDate string `json:"business_date" format:"date"`
}

// bookingOf is a booking as its owner sees it. What the programme knows of the showtime is added when it still knows it.
func (s *Server) bookingOf(ctx context.Context, r booking.Result) BookingView {
	b := r.Booking
	v := BookingView{
		ID: string(b.ID), Reference: b.Reference, ShowtimeID: string(b.Showtime), RequestID: string(b.Request), SeatIDs: texts(b.Seats),
		Amount: b.Amount.Minor, Currency: b.Amount.Currency, Status: b.Status.Public(), Reason: b.Reason, PaymentRef: b.PaymentRef,
		Tickets: make([]ticketView, len(b.Tickets)), Lines: make([]lineView, len(b.Lines)),
		Customer: customerView{Email: b.Customer.Email, Name: b.Customer.Name}, CreatedAt: stamp(b.CreatedAt), Refund: refundOf(b.Refund),
	}
	for i, t := range b.Tickets {
		v.Tickets[i] = ticketOf(t)
	}
	for i, l := range b.Lines {
		v.Lines[i] = lineView{
			SeatID: string(l.Seat), TicketType: l.TicketType, Name: l.TypeName, Price: moneyOf(l.Price), Includes: partsOf(l.Includes),
		}
	}
	if b.Status.Open() {
		v.PayDeadline, v.Payment = stamp(b.PayDeadline), paymentOf(r.Payment)
	}
	if s.catalog != nil {
		if d, err := s.catalog.Detail(ctx, b.Showtime); err == nil {
			v.Showtime = showingOf(d)
		}
	}
	return v
}

func ticketOf(t booking.Ticket) ticketView {
	return ticketView{
		ID: string(t.ID), SeatID: string(t.Seat), TicketType: t.TicketType, TypeName: t.TypeName, Price: moneyOf(t.Price), Code: t.Code,
		Void: t.Void != "",
	}
}

func paymentOf(p *booking.PaymentView) *paymentView {
	if p == nil {
		return nil
	}
	v := &paymentView{Provider: p.Provider, State: string(p.State), ClientSecret: p.ClientSecret, Decline: p.Decline}
	if v.State == "" {
		v.State = string(payment.Processing)
	}
	if p.Next != nil {
		v.NextAction = &nextActionView{Type: p.Next.Type, URL: p.Next.URL}
	}
	return v
}

func refundOf(r *booking.Refund) *refundView {
	if r == nil {
		return nil
	}
	return &refundView{State: r.State, Amount: r.Amount.Minor, Currency: r.Amount.Currency}
}

func showingOf(d *catalog.Detail) *showingView {
	st := d.Showtime
	return &showingView{
		ID: string(st.ID), MovieTitle: d.Movie.Title, MovieSlug: d.Movie.Slug, Rating: d.Movie.Rating.Code, Notice: d.Movie.Rating.Notice,
		Cinema: d.Cinema.Name, Address: d.Cinema.Address, Auditorium: d.Auditorium.Name, StartsAt: stamp(st.StartsAt),
		LocalStart: wall(d.LocalStart()), Zone: d.Zone.String(), DoorsAt: stamp(st.Doors()), EndsAt: stamp(st.EndsAt),
		BusinessDate: st.BusinessDate,
	}
}
