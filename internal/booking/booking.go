// Package booking sells seats: hold, reserve, pay, book, each step resumable, each booking's status derived from sticky facts.
// protocol: claims before money, provider's word before release, hold markers last.
package booking

import (
	"time"

	"cinema/internal/catalog"
	"cinema/internal/ident"
	"cinema/internal/money"
)

// Status is the stored state of a booking. It only ever moves to a higher rank.
type Status string

// Statuses, in the order of their ranks.
const (
	Reserving  Status = "RESERVING"
	Pending    Status = "PENDING"
	Paid       Status = "PAID"
	Voiding    Status = "VOIDING"
	Booked     Status = "BOOKED"
	Cancelling Status = "CANCELLING"
	Cancelled  Status = "CANCELLED"
	Failed     Status = "FAILED"
)

// Rank orders the statuses; a lower rank never overwrites a higher one. Unknown statuses rank below all.
func (s Status) Rank() int {
	switch s {
	case Reserving:
		return 0
	case Pending:
		return 1
	case Paid:
		return 2
	case Voiding:
		return 3
	case Booked:
		return 4
	case Cancelling:
		return 5
	case Cancelled, Failed:
		return 6
	default:
		return -1
	}
}

// Terminal tells whether nothing can happen to the booking any more.
func (s Status) Terminal() bool { return s == Cancelled || s == Failed }

// Open tells whether the booking waits for money.
func (s Status) Open() bool { return s.Rank() >= 0 && s.Rank() <= Voiding.Rank() }

// Public is the status of the contract: PENDING, BOOKED, FAILED or CANCELLED.
func (s Status) Public() string {
	switch {
	case s.Open():
		return "PENDING"
	case s == Cancelling:
		return "CANCELLED"
	default:
		return string(s)
	}
}

// Failure reasons.
const (
	ReasonConflict       = "conflict"
	ReasonAbandoned      = "abandoned"
	ReasonPaymentExpired = "payment_expired"
	ReasonDeclined       = "declined"
	ReasonCancelled      = "cancelled"
	ReasonCaptureFailed  = "capture_failed"
)

// AliasPrefix begins the identifier that stands for the user in bookings whose customer was erased. Nobody can sign in as one.
const AliasPrefix = "er_"

// Customer is whom the tickets are for, as given at checkout.
type Customer struct {
	Email string
	Name  string
}

// Line is one seat of a booking with its price, fixed at Reserve.
type Line struct {
	Seat       ident.Seat
	TicketType string
	TypeName   string
	Price      money.Amount
	Includes   []catalog.Part
}

// Booking is one sale of seats of one showtime to one user.
type Booking struct {
	ID          ident.Booking
	Reference   string // eight characters for people, e.g. K7M2-9QXD
	User        ident.User
	Owner       ident.User // the hold's owner at Reserve: User, or a guest merged into it later
	Request     ident.Request
	Showtime    ident.Showtime
	Cinema      ident.Cinema // the showtime's
	Seats       []ident.Seat // sorted
	Lines       []Line       // one per seat, in the order of Seats
	Amount      money.Amount
	Fingerprint string // hash of seats and ticket types
	Customer    Customer
	Status      Status
	Reason      string // of FAILED
	Provider    string
	PaymentRef  string // the attempt that was captured
	Tickets     []Ticket
	Refund      *Refund
	Demo        bool
	Epoch       string // hold epoch at Reserve, for diagnosis
	CreatedAt   time.Time
	PayDeadline time.Time
	UpdatedAt   time.Time
}

// Ticket is one admission. It exists only in a booking that was BOOKED.
type Ticket struct {
	ID         ident.Ticket
	Booking    ident.Booking
	Showtime   ident.Showtime
	Seat       ident.Seat
	TicketType string
	TypeName   string
	Price      money.Amount
	Code       string // signed text of the QR
	Generation int
	Void       string // refund id that voided it; empty: valid
}

// Refund sums up the money given back.
type Refund struct {
	State  string // "submitted", "succeeded"
	Amount money.Amount
}
