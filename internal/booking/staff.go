package booking

import (
	"context"

	"cinema/internal/fault"
)

// Refund gives tickets of a paid booking back because staff say so: any booking, whenever it is; the reason stands in for the policy.
// What tickets go back and for how much is Cancel's affair, and so is a repeat.
//
// Faults: those of Cancel but for cancellation_closed, and Conflict "not_refundable" for a booking that nobody has paid.
func (s *Service) Refund(ctx context.Context, r CancelRequest) (CancelResult, error) {
	b, err := s.store.Booking(ctx, r.Booking)
	if err != nil {
		return CancelResult{}, err
	}
	if b.Status.Open() || b.Status == Failed {
		return CancelResult{}, fault.New(fault.Conflict, "not_refundable", "Nothing was paid for this booking, so that nothing can be given back.")
	}
	r.Force = true
	return s.Cancel(ctx, r)
}

// Pages walks through every booking that fits a query, newest first. A page at a time is in memory, however many there are. Bookings that
// come to be meanwhile are left out.
type Pages struct {
	service *Service
	query   Query
	over    bool
}

// Pages begins a walk. The query's Limit is the size of a page; Skip and Before do not count.
func (s *Service) Pages(q Query) *Pages {
	q.Skip, q.Before, q.Uncounted = 0, Place{}, true
	if q.Limit <= 0 || q.Limit > maxPage {
		q.Limit = maxPage
	}
	return &Pages{service: s, query: q}
}

// maxPage is the most bookings that a store lists at once.
const maxPage = 200

// Next is the following page; an empty one is the end.
func (p *Pages) Next(ctx context.Context) ([]Booking, error) {
	if p.over {
		return nil, nil
	}
	items, _, err := p.service.Search(ctx, p.query)
	if err != nil {
		return nil, err
	}
	if len(items) > 0 {
		last := items[len(items)-1]
		p.query.Before = Place{CreatedAt: last.CreatedAt, ID: last.ID}
	}
	p.over = len(items) < p.query.Limit
	return items, nil
}
