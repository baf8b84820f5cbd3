package booking

import (
	"context"
	"time"

	"cinema/internal/ident"
)

// SealValue decides once whether a booking may be paid.
type SealValue string

// Seal values.
const (
	SealReserved SealValue = "RESERVED" // every claim is there; payment may begin
	SealRejected SealValue = "REJECTED" // it will never be paid
	SealMoved    SealValue = "MOVED"    // a merged guest's request that its account took over; counts as REJECTED for the guest
)

// Register kinds. A register is written once and never changes.
const (
	KindSeal     = "seal"      // <booking>
	KindPayref   = "payref"    // <booking>|<attempt> → provider's reference or VOID
	KindPayment  = "payment"   // <reference> → captured or cancelled (the mock's outcome)
	KindCancel   = "cancel"    // <booking>|<refund_id> → intent (JSON)
	KindTicket   = "ticket"    // <ticket>|<generation> → CHECKED_IN… or VOID:<refund_id>
	KindRefunded = "refunded"  // <booking>|<refund_id>
	KindMerge    = "merge"     // <guest> → account
	KindKey      = "key"       // <name> → secret made once (booking-id key, ticket-signing keys)
	KindEvent    = "psp_event" // <provider>|<event id> → reference
	KindRetry    = "refundtry" // <booking>|<refund_id>|<try> → the provider's refusal of that try
)

// VOID in a payref register says that no further attempt can begin.
const VOID = "VOID"

// Outcome is how a Reserve ended.
type Outcome int

// Outcomes of Reserve.
const (
	Reserved  Outcome = iota // sealed RESERVED (now or earlier) and not terminal: go on with the payment
	Conflicts                // seats belong to other bookings; the booking is FAILED(conflict) and sealed REJECTED
	Ended                    // sealed REJECTED or MOVED, or terminal, earlier: see the booking
)

// Reservation is the answer of Reserve.
type Reservation struct {
	Outcome  Outcome
	Booking  Booking      // as stored
	Conflict []ident.Seat // every seat that another live booking has claimed
}

// SettleRequest is what the provider said: the money of this booking has been captured.
type SettleRequest struct {
	Booking    ident.Booking
	PaymentRef string
	Tickets    []Ticket // ids derived from booking and seat
	// Register, when set, is written in the same act: the mock's outcome. If it holds another value already, the act writes
	// nothing and the result is OutcomeLost.
	RegisterKind, RegisterID, RegisterValue string
	Events                                  []OutboxEvent
}

// SettleResult is how a Settle ended.
type SettleResult int

// Results of Settle.
const (
	Settled       SettleResult = iota // BOOKED now or earlier: tickets, outbox and status are there
	IntentFound                       // a cancel intent exists: nothing was touched
	AlreadyEnded                      // the booking is terminal: its claims were released, nothing else was touched
	ClaimsMissing                     // fewer claims than seats and no cancel intent names them: nothing was touched
	NotSealed                         // not sealed RESERVED: nothing was touched
	OutcomeLost                       // the outcome register held another value: nothing was touched
)

// Claim is a seat's durable owner.
type Claim struct {
	Seat    ident.Seat
	Booking ident.Booking
	// Of the claiming booking:
	Owner       ident.User
	Request     ident.Request
	Status      Status
	Sealed      bool // RESERVED
	PayDeadline time.Time
}

// OutboxEvent is a fact that leaves with the act that caused it. Its id is deterministic, so that a repeat writes nothing.
type OutboxEvent struct {
	ID       string // <booking>:<type>:<n>
	Type     string // "booking.success", "booking.failed", "booking.cancelled", …
	Showtime ident.Showtime
	Booking  ident.Booking
	User     ident.User
	Seats    []ident.Seat
	Request  ident.Request
	Payload  []byte // JSON
	At       time.Time
}

// Query filters bookings, newest first. Zero fields do not filter.
type Query struct {
	Users    []ident.User
	Showtime ident.Showtime
	Cinemas  []ident.Cinema
	Public   string // PENDING, BOOKED, FAILED, CANCELLED
	Text     string // reference, e-mail or name, case-insensitive; a reference with or without its dash
	// Reference is the whole of it, as it is kept. With Text it is found by the index of Text; a name that looks like it is not it.
	Reference string
	From, To  time.Time
	Limit     int // zero: 50; at most 200
	Skip      int
	Before    Place // keyset paging: strictly before this place
	// Uncounted leaves the total out, which is then 0: whoever walks through everything need not know it at every page.
	Uncounted bool
}

// Place is a booking's place in the order by creation and id.
type Place struct {
	CreatedAt time.Time
	ID        ident.Booking
}

// Store keeps bookings, claims and registers. Every method is one atomic, idempotent act; what it answered survives a crash.
// Faults: NotFound "booking_not_found" / "ticket_not_found", Unavailable "store_unavailable" (outcome unknown: repeat).
type Store interface {
	PutOnce(ctx context.Context, kind, id, value string) (string, error)
	Register(ctx context.Context, kind, id string) (value string, found bool, err error)
	// RegistersByPrefix lists the registers of a kind whose id begins with prefix, at most 1000, in id order.
	RegistersByPrefix(ctx context.Context, kind, prefix string) ([]RegisterEntry, error)

	// Reserve inserts the booking, claims every seat in seat order and seals it RESERVED; all of it or, on a conflict, the booking
	// as FAILED(conflict), sealed REJECTED, without claims. A claim of a terminal booking is helped away first. A repeat with the same id resumes:
	// it returns the stored booking. A booking with another fingerprint is a fault Invalid "idempotency_mismatch".
	// More than maxOpen open bookings of the user for the showtime is a fault Conflict "booking_open".
	Reserve(ctx context.Context, b Booking, maxOpen int) (Reservation, error)
	// Reject stores the booking (when it is not there) as FAILED with a reason and seals it REJECTED; the stored booking is
	// returned, which is another outcome when it was sealed before.
	Reject(ctx context.Context, id ident.Booking, reason string, events []OutboxEvent) (Booking, error)
	// Seal decides the booking's seal once and returns the winner. It needs no booking row.
	Seal(ctx context.Context, id ident.Booking, v SealValue) (SealValue, error)
	// Settle books a captured booking: outcome register, ticket rows, outbox rows and status as one act.
	Settle(ctx context.Context, r SettleRequest) (Booking, SettleResult, error)
	// SetStatus moves the status forward when the new rank is higher, writes the events in the same act, and returns the booking
	// as it is afterwards.
	SetStatus(ctx context.Context, id ident.Booking, s Status, reason string, events []OutboxEvent) (Booking, error)
	// Emit writes events that no change of status carries. An id that waits in the outbox already is left alone.
	Emit(ctx context.Context, events []OutboxEvent) error
	// ReleaseClaims deletes the claims that belong to this booking among the seats, or all of its claims when none are named.
	ReleaseClaims(ctx context.Context, id ident.Booking, seats []ident.Seat) error

	Booking(ctx context.Context, id ident.Booking) (Booking, error)
	Bookings(ctx context.Context, q Query) (items []Booking, total int, err error)
	// OpenBookings lists bookings that wait for money or for their end (RESERVING…VOIDING, CANCELLING), oldest first, created before an instant.
	OpenBookings(ctx context.Context, before time.Time, limit int) ([]Booking, error)
	Claims(ctx context.Context, showtime ident.Showtime) ([]Claim, error)
	Ticket(ctx context.Context, id ident.Ticket) (Ticket, error)

	// Outbox lists the oldest events; DropOutbox deletes those that were relayed.
	Outbox(ctx context.Context, limit int) ([]OutboxEvent, error)
	DropOutbox(ctx context.Context, ids []string) error

	// ImportSales writes finished bookings (BOOKED, FAILED, CANCELLED) with their claims, seals and tickets in bulk: demonstration
	// data and moves between stores. Bookings that exist are left alone; a seat that is claimed already skips the booking.
	ImportSales(ctx context.Context, bookings []Booking) (written int, err error)
	// RealSales counts bookings that are not demonstration data.
	RealSales(ctx context.Context) (int, error)
}

// RegisterEntry is one register.
type RegisterEntry struct{ ID, Value string }
