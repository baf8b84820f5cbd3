package hold

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"cinema/internal/ident"
)

// Errors that every method may return.
var (
	// ErrUninit says that the engine knows nothing of the showtime: hydrate it from the store, then call again.
	ErrUninit = errors.New("showtime is not initialised in the hold engine")
	// ErrAgain says that many holds fell due and were swept first, and nothing else was done: call again.
	ErrAgain = errors.New("due holds were swept first")
	// ErrBadIdent says that an identifier does not fit the grammar; nothing was done.
	ErrBadIdent = errors.New("bad identifier in the hold engine")
	// ErrUnavailable says that the engine cannot be reached; whether the call took effect is unknown.
	ErrUnavailable = errors.New("hold engine unavailable")
	// ErrGap says that a subscription's cursor is no longer in the stream: take a snapshot and subscribe from there.
	ErrGap = errors.New("events are missing after the cursor")
	// ErrClosed says that the subscription was closed by its reader.
	ErrClosed = errors.New("subscription closed")
)

// ConflictError refuses a lock and lists every seat that stands in the way. Nothing was written.
type ConflictError struct{ Seats []SeatReason }

// Error lists the seats.
func (e *ConflictError) Error() string { return "seats in conflict: " + list(e.Seats) }

// SeatLimitError refuses a lock that would give its owner more than the allowed seats of the showtime.
type SeatLimitError struct{ Held, Max int }

// Error tells the numbers.
func (e *SeatLimitError) Error() string {
	return fmt.Sprintf("owner holds %d of at most %d seats", e.Held, e.Max)
}

// HoldLimitError refuses a lock or an extension of seats that their owner has held for MaxHold already.
type HoldLimitError struct{ Seats []ident.Seat }

// Error lists the seats.
func (e *HoldLimitError) Error() string { return fmt.Sprintf("hold limit reached for %v", e.Seats) }

// RefusedError refuses an extension because some seats are not exactly the caller's hold. Nothing was written.
type RefusedError struct{ Seats []SeatReason }

// Error lists the seats.
func (e *RefusedError) Error() string { return "hold refused: " + list(e.Seats) }

func list(seats []SeatReason) string {
	parts := make([]string, len(seats))
	for i, s := range seats {
		parts[i] = string(s.Seat) + " " + string(s.Reason)
	}
	return strings.Join(parts, ", ")
}

// LockRequest asks for seats. Seats is the whole selection of the request: seats it already holds stay as they are.
type LockRequest struct {
	Showtime ident.Showtime
	Owner    ident.User
	Request  ident.Request
	Seats    []ident.Seat
	TTL      time.Duration // life of a new hold
	MaxSeats int           // per owner and showtime, over all requests
	MaxHold  time.Duration // no hold lives longer than this from the first moment its owner held the seat
}

// ExtendMode says who asks for more time.
type ExtendMode int

// Extend modes.
const (
	ExtendMore    ExtendMode = iota // the customer: the earliest deadline + By, capped by MaxHold
	ExtendStrict                    // confirm and checkout: now + By, capped by MaxHold; all seats must be exactly owner's and request's
	ExtendDurable                   // an open booking: now + By (at least 60 s), uncapped; re-creates missing locks, evicts foreign holds, reserves
)

// ExtendRequest prolongs a hold.
type ExtendRequest struct {
	Showtime ident.Showtime
	Owner    ident.User
	Request  ident.Request
	Seats    []ident.Seat // empty: every seat of the request (never empty for durable)
	By       time.Duration
	MaxHold  time.Duration
	Mode     ExtendMode
	Booking  ident.Booking // durable only
}

// ReleaseRequest gives seats back.
type ReleaseRequest struct {
	Showtime ident.Showtime
	Owner    ident.User
	Request  ident.Request // empty: whatever request of the owner holds the seat
	Seats    []ident.Seat
}

// TransferRequest moves a merged guest's holds to the account.
type TransferRequest struct {
	Showtime ident.Showtime
	From, To ident.User
	Request  ident.Request // the request the seats belong to afterwards
	Seats    []ident.Seat  // empty: every seat of From
	MaxSeats int
}

// ConfirmRequest flips seats to sold after the store said BOOKED.
type ConfirmRequest struct {
	Showtime ident.Showtime
	Owner    ident.User
	Request  ident.Request
	Booking  ident.Booking
	Seats    []ident.Seat
	Expires  time.Time // end of the marker's life
}

// UnbookRequest forgets an ended booking: its markers and the locks reserved for it.
type UnbookRequest struct {
	Showtime ident.Showtime
	Booking  ident.Booking
	Owner    ident.User
	Request  ident.Request
	Seats    []ident.Seat
}

// SweepRequest ends the holds of a showtime that fell due.
type SweepRequest struct {
	Room    Room // Showtime and End are used
	Recount bool // make the owners' counters again from the holds
}

// SweepAnswer tells what a sweep did.
type SweepAnswer struct {
	Position
	Swept int
	Next  time.Time // the next deadline; zero when nothing is held
	Again bool      // more are due: sweep again
}

// HydrateRequest gives an engine that knows nothing of a showtime its durable facts. The first caller wins.
type HydrateRequest struct {
	Room  Room
	Epoch string // 128 random bits, made by the caller
	Facts Facts
}

// Facts are the durable facts of a showtime's seats.
type Facts struct {
	Markers  []Marker       // seats of BOOKED bookings
	Reserved []ReservedSeat // seats of open bookings
}

// ReservedSeat is a seat that an open booking has claimed.
type ReservedSeat struct {
	Seat    ident.Seat
	Owner   ident.User // the hold's owner at Reserve
	Request ident.Request
	Booking ident.Booking
	For     time.Duration // how long the lock should live from now; at least 60 s is used
}

// Engine keeps the holds of showtimes. Each method is one atomic act: all or nothing, with its events leaving in the same
// act, in order and without gaps. Every writing method first ends the holds that are due. A refusal carries position and
// time in its Answer too, so that a caller can tell a hold that was lost from one that ended. holdtest is the court of these rules.
type Engine interface {
	// Lock takes seats. Errors: *ConflictError, *SeatLimitError, *HoldLimitError.
	Lock(ctx context.Context, r LockRequest) (Answer, error)
	// Extend prolongs a hold. Errors: *RefusedError, *HoldLimitError. Durable is never refused: seats with a marker come back in Left.
	Extend(ctx context.Context, r ExtendRequest) (Answer, error)
	// Release frees the owner's seats among those named; the others come back in Left. Idempotent.
	Release(ctx context.Context, r ReleaseRequest) (Answer, error)
	// Transfer moves unreserved holds to another owner; what exceeds MaxSeats is released.
	Transfer(ctx context.Context, r TransferRequest) (Answer, error)
	// Confirm marks seats sold. Idempotent by booking.
	Confirm(ctx context.Context, r ConfirmRequest) (Answer, error)
	// Unbook removes what belongs to an ended booking and nothing else. Idempotent.
	Unbook(ctx context.Context, r UnbookRequest) (Answer, error)
	// Sweep ends at most 64 due holds. ErrUninit means that nothing is due.
	Sweep(ctx context.Context, r SweepRequest) (SweepAnswer, error)
	// Snapshot reads the whole state at one position.
	Snapshot(ctx context.Context, room Room) (Snapshot, error)
	// Hydrate initialises the showtime unless that is done already; the answer carries the winner's epoch.
	Hydrate(ctx context.Context, r HydrateRequest) (Answer, error)
	// Subscribe follows the events after a position. ErrGap when its cursor is gone or the epoch is another.
	Subscribe(ctx context.Context, showtime ident.Showtime, after Position) (Subscription, error)
}

// Positioner is what an engine may offer beside the port: the present position without the state, so that a picture of the state
// can be kept for as long as nothing changed. It is false when the engine knows nothing of the showtime or cannot tell cheaply.
type Positioner interface {
	Position(showtime ident.Showtime) (Position, bool)
}

// Subscription is one reader of a showtime's events. It is not safe for concurrent use, Close excepted.
type Subscription interface {
	// Next waits for the events after those it returned last, in order and without a hole, at most 256 at a time.
	// ErrGap when continuity is lost (the reader was too slow, the engine lost its memory): snapshot and subscribe again.
	Next(ctx context.Context) ([]Event, error)
	// Close ends the subscription and any Next that waits.
	Close()
}
