package booking

import (
	"context"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

// New makes the service; it reads or makes the key of the booking ids.
func New(ctx context.Context, d Deps) (*Service, error) { return nil, errLater }

// Confirm reserves, pays and books. Booking.Status.Public() tells the edge what to answer: BOOKED 200, PENDING 202.
func (s *Service) Confirm(ctx context.Context, r Request) (Result, error) { return Result{}, errLater }

// Checkout reserves and opens the payment without finishing it.
func (s *Service) Checkout(ctx context.Context, r Request) (Result, error) { return Result{}, errLater }

// Settle asks the provider and moves the booking on; with a token it tries another card when the last was refused.
func (s *Service) Settle(ctx context.Context, c Caller, id ident.Booking, token string) (Result, error) {
	return Result{}, errLater
}

// Cancel gives up an open booking or gives back tickets of a booked one.
func (s *Service) Cancel(ctx context.Context, r CancelRequest) (CancelResult, error) {
	return CancelResult{}, errLater
}

// Get is one booking of the caller (his own, his merged guests' or one his session may see) with its payment while it is open.
func (s *Service) Get(ctx context.Context, c Caller, id ident.Booking) (Result, error) {
	return Result{}, errLater
}

// List is the caller's bookings, newest first.
func (s *Service) List(ctx context.Context, c Caller, q Query) ([]Booking, int, error) {
	return nil, 0, errLater
}

// Lookup finds a booking by reference and e-mail.
func (s *Service) Lookup(ctx context.Context, reference, email string) (Booking, error) {
	return Booking{}, errLater
}

// Search is the staff's list.
func (s *Service) Search(ctx context.Context, q Query) ([]Booking, int, error) {
	return nil, 0, errLater
}

// Ticket is a ticket of the caller with its booking.
func (s *Service) Ticket(ctx context.Context, c Caller, id ident.Ticket) (Ticket, Booking, error) {
	return Ticket{}, Booking{}, errLater
}

// Webhook verifies a provider's message and settles its booking.
func (s *Service) Webhook(ctx context.Context, body []byte, signature string) error { return errLater }

// Payment tells which booking a provider's reference belongs to, for the bank page; the caller must own it.
func (s *Service) Payment(ctx context.Context, c Caller, ref string) (Booking, error) {
	return Booking{}, errLater
}

// Run reconciles until the context ends, then waits for the works under way.
func (s *Service) Run(ctx context.Context) error { return errLater }

// RunOnce makes one reconciliation pass.
func (s *Service) RunOnce(ctx context.Context) (Report, error) { return Report{}, errLater }

// Report tells what a pass did.
type Report struct{ Looked, Settled, Closed, Failed, Resumed int }

// Stats are the counters since the start.
type Stats struct{ Booked uint64 }

// Stats reads the counters.
func (s *Service) Stats() Stats { return Stats{} }

type counters struct{}

var errLater = fault.New(fault.Unavailable, "store_unavailable", "")
