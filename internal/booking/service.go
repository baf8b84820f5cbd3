package booking

import (
	"context"
	"log/slog"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/payment"
	"cinema/internal/ticket"
)

// Holds is what a sale asks of the hold engine. It answers ErrUninit and ErrAgain by itself (hold.Keeper does).
type Holds interface {
	Extend(ctx context.Context, r hold.ExtendRequest) (hold.Answer, error)
	Transfer(ctx context.Context, r hold.TransferRequest) (hold.Answer, error)
	Confirm(ctx context.Context, r hold.ConfirmRequest) (hold.Answer, error)
	Unbook(ctx context.Context, r hold.UnbookRequest) (hold.Answer, error)
}

// Programme tells what is sold. Fault: NotFound "showtime_not_found".
type Programme interface {
	Detail(ctx context.Context, showtime ident.Showtime) (*catalog.Detail, error)
	// CheckSale refuses a showtime that cannot be bought now: not_on_sale, sales_closed.
	CheckSale(ctx context.Context, d *catalog.Detail) error
}

// Signer makes the text of a ticket's code (ticket.Ring does).
type Signer interface {
	Sign(p ticket.Pass) (string, error)
}

// Limits are the values of a sale. A zero field takes its default.
type Limits struct {
	MaxSeats      int           // per booking; 8
	MaxOpen       int           // open bookings per user and showtime; 2
	MaxAttempts   int           // payment attempts per booking; 10
	MaxHold       time.Duration // from the first moment the owner held the seat; 25 min
	PaymentWindow time.Duration // Reserve to pay_deadline; 10 min
	Grace         time.Duration // after pay_deadline, before the reconciler closes; 30 s
	Patience      time.Duration // until an unfinished confirm is answered as pending; 3 s
	Work          time.Duration // deadline of the work behind a confirm, settle or cancel; 20 s
	InFlight      int           // works at the same time; 1024
	Reconcilers   int           // bookings reconciled at the same time; 4
	CancelUntil   time.Duration // before the start: a customer may cancel until then; 20 min
	NoGuests      bool          // guests must sign in before they pay
}

// Deps is what the service is made of. All but Log and Limits are needed.
type Deps struct {
	Store     Store
	Holds     Holds
	Programme Programme
	Gateway   payment.Gateway
	Signer    Signer
	Clock     clock.Clock
	Log       *slog.Logger
	Limits    Limits
}

// Caller is who asks.
type Caller struct {
	User   ident.User
	Merged []ident.User    // guests merged into User
	Guest  bool            // User has no identity
	Sees   []ident.Booking // bookings of others that the session may see after a look-up
}

// Request asks for a sale.
type Request struct {
	Caller   Caller
	Showtime ident.Showtime
	Request  ident.Request
	Seats    []ident.Seat
	Tickets  []catalog.TicketChoice // seats left out take the default ticket type
	Customer Customer               // for a person with an account: the account's when nothing else was given
	Token    string                 // the mock provider's; empty: its default
	Epoch    string                 // of the hold's answer; empty: not known
}

// PaymentView is what the customer's page may know of the payment.
type PaymentView struct {
	Provider     string
	State        payment.State // StateUnknown while the provider does not answer
	ClientSecret string
	Next         *payment.NextAction
	Decline      string // machine reason of the last refusal
	Attempt      int
}

// StateUnknown says that the provider has not answered: do not pay again, the outcome will be found out.
const StateUnknown payment.State = "unknown"

// Result is a booking and, while it waits for money, its payment.
type Result struct {
	Booking Booking
	Payment *PaymentView // nil unless the booking waits for money
}

// CancelRequest gives up an open booking or gives back tickets of a booked one.
type CancelRequest struct {
	Caller  Caller
	Booking ident.Booking
	Tickets []ident.Ticket // empty: all
	Reason  string         // for the record; empty: "customer"
	DryRun  bool           // tell only
	Force   bool           // staff: the policy's window does not count and any booking is theirs
}

// CancelResult tells what a cancellation did, or would do.
type CancelResult struct {
	Booking  Booking
	Refund   *Refund        // nil when nothing was paid
	Tickets  []ident.Ticket // given back by this call
	Left     []TicketLeft
	RefundID string
}

// TicketLeft is a ticket that could not be given back, and why: "checked_in", "void".
type TicketLeft struct {
	Ticket ident.Ticket
	Reason string
}

// Service sells.
type Service struct {
	store     Store
	holds     Holds
	programme Programme
	gateway   payment.Gateway
	embedded  payment.Embedded // the gateway, when its capture is a register of the store; else nil
	signer    Signer
	clock     clock.Clock
	log       *slog.Logger
	limits    Limits
	key       []byte // of booking ids
	stats     counters
	works     works
	watch     watch
}

// New makes the service; it reads or makes the key of the booking ids.
func New(ctx context.Context, d Deps) (*Service, error) {
	key, err := bookingKey(ctx, d.Store)
	if err != nil {
		return nil, err
	}
	s := &Service{
		store: d.Store, holds: d.Holds, programme: d.Programme, gateway: d.Gateway, signer: d.Signer, clock: d.Clock, log: d.Log,
		limits: d.Limits.withDefaults(), key: key,
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.embedded, _ = d.Gateway.(payment.Embedded)
	s.works.slots = make(chan struct{}, s.limits.InFlight)
	return s, nil
}

func (l Limits) withDefaults() Limits {
	orInt := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	orTime := func(v *time.Duration, def time.Duration) {
		if *v <= 0 {
			*v = def
		}
	}
	orInt(&l.MaxSeats, 8)
	orInt(&l.MaxOpen, 2)
	orInt(&l.MaxAttempts, 10)
	orInt(&l.InFlight, 1024)
	orInt(&l.Reconcilers, 4)
	orTime(&l.MaxHold, 25*time.Minute)
	orTime(&l.PaymentWindow, 10*time.Minute)
	orTime(&l.Grace, 30*time.Second)
	orTime(&l.Patience, 3*time.Second)
	orTime(&l.Work, 20*time.Second)
	orTime(&l.CancelUntil, 20*time.Minute)
	return l
}
