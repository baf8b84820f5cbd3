// Package payment is the port to payment providers. The provider's own record is the truth about money; nothing here guesses.
package payment

import (
	"context"
	"errors"
	"time"

	"cinema/internal/ident"
	"cinema/internal/money"
)

// State is what the provider says of one payment attempt.
type State string

// Attempt states. Captured and Cancelled are final.
const (
	NeedsMethod State = "needs_method" // created, no card yet, or the last card was declined (see Decline)
	NeedsAction State = "needs_action" // the customer must approve at the bank (see NextAction)
	Processing  State = "processing"   // the provider is working on it
	Authorised  State = "authorised"   // money reserved, not taken
	Captured    State = "captured"     // money taken
	Cancelled   State = "cancelled"    // over, no money moves
)

// NextAction is what the customer has to do.
type NextAction struct {
	Type string // "redirect"
	URL  string // a path of ours or the provider's address
}

// Payment is the provider's view of one attempt.
type Payment struct {
	Ref          string // the provider's id
	State        State
	Amount       money.Amount
	Booking      ident.Booking // from the provider's metadata
	Attempt      int           // from the provider's metadata, from 1
	Decline      string        // machine reason of the last refusal; empty: none
	ClientSecret string
	Next         *NextAction
}

// ErrUnknown says that the provider did not answer in time: whether the call took effect is not known. Get before any repeat.
var ErrUnknown = errors.New("payment provider did not answer")

// ErrRefused says that the provider answered and said no for good: repeating the same call gives the same answer.
var ErrRefused = errors.New("payment provider refused")

// ErrNoWebhook says that the provider sends no webhooks.
var ErrNoWebhook = errors.New("payment provider sends no webhooks")

// CreateRequest opens an attempt. Key is the idempotency key, scoped to booking and attempt: the same key gives the same payment.
type CreateRequest struct {
	Key      string
	Booking  ident.Booking
	Showtime ident.Showtime
	Seats    []ident.Seat
	Attempt  int
	Amount   money.Amount
	Token    string // a test token of the mock; empty: its default
}

// RefundRequest gives money back. RefundID is ours and goes into the provider's metadata.
type RefundRequest struct {
	Key      string
	Ref      string
	RefundID string
	Amount   money.Amount
}

// Refund is the provider's record of money given back.
type Refund struct {
	ID       string
	RefundID string
	Amount   money.Amount
	State    string // "succeeded", "pending", "failed"
	At       time.Time
}

// Event is a verified webhook: a hint to go and look, nothing more.
type Event struct {
	ID      string
	Ref     string
	Booking ident.Booking
}

// Gateway is a payment provider. The idempotency key is an argument, not an option. Any method may return ErrUnknown.
type Gateway interface {
	Name() string
	// RefFor tells the reference of an attempt when it can be known before Create; otherwise empty. With such a provider no
	// payref register is needed for the first attempt.
	RefFor(booking ident.Booking, attempt int) string
	Create(ctx context.Context, r CreateRequest) (Payment, error)
	Get(ctx context.Context, ref string) (Payment, error)
	// Cancel ends an attempt. The answer is the final truth: Cancelled, or Captured when the money had moved already.
	Cancel(ctx context.Context, key, ref string) (Payment, error)
	Capture(ctx context.Context, key, ref string) (Payment, error)
	Refund(ctx context.Context, r RefundRequest) (Refund, error)
	Refunds(ctx context.Context, ref string) ([]Refund, error)
	// ParseWebhook verifies the signature over the raw bytes.
	ParseWebhook(body []byte, signature string) (Event, error)
}

// Embedded is a provider whose capture is one register of the product's own store. Settle writes that register in the act that
// books, so that money and booking can never differ; Capture writes the same register alone.
type Embedded interface {
	// CaptureRegister names the register and the value that make an authorised payment captured.
	CaptureRegister(p Payment) (kind, id, value string)
}

// TestTokens is a provider that takes test tokens instead of cards.
type TestTokens interface {
	// KnownToken tells whether a token is one of its own; the empty one is the default.
	KnownToken(token string) bool
}

// Registers is the sticky store that a provider living inside the product (the mock) keeps its outcomes in.
type Registers interface {
	// PutOnce stores the value unless the register has one; it returns the value that the register holds afterwards.
	PutOnce(ctx context.Context, kind, id, value string) (string, error)
	// Register reads a value; found is false when there is none.
	Register(ctx context.Context, kind, id string) (value string, found bool, err error)
}
