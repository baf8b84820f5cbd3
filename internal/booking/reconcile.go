package booking

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/payment"
)

const (
	period       = 15 * time.Second
	abandonedAge = time.Minute
	maxOpenRead  = 2000
	maxWatched   = 10000
	registerPage = 1000 // the store's bound of one listing
)

// Report tells what a reconciliation pass did.
type Report struct {
	Looked  int // open bookings that were due
	Booked  int // became BOOKED
	Ended   int // became FAILED
	Resumed int // cancel intents carried on
	Errors  int // left for the next pass
}

// watch is what the reconciler remembers between passes. Losing it costs work, never truth.
type watch struct {
	mu      sync.Mutex // guards everything below
	asked   map[ident.Booking]time.Time
	flips   map[ident.Booking]bool
	intents map[ident.Booking]bool
	walked  bool // intents that an earlier process left behind were looked for
}

// flip remembers a sold booking whose seats could not be shown as sold.
func (w *watch) flip(id ident.Booking) { w.add(&w.flips, id) }

// intent remembers a booking with a cancel intent.
func (w *watch) intent(id ident.Booking) { w.add(&w.intents, id) }

func (w *watch) add(set *map[ident.Booking]bool, id ident.Booking) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if *set == nil {
		*set = make(map[ident.Booking]bool)
	}
	if len(*set) < maxWatched {
		(*set)[id] = true
	} else {
		w.walked = false // found again by walking the registers
	}
}

// take empties a set and returns what was in it.
func (w *watch) take(set *map[ident.Booking]bool) []ident.Booking {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]ident.Booking, 0, len(*set))
	for id := range *set {
		ids = append(ids, id)
	}
	*set = nil
	return ids
}

// Run reconciles at once and then every 15 s until the context ends; then it waits for the works under way, each of which has a
// deadline. Sales that come later are refused.
func (s *Service) Run(ctx context.Context) error {
	defer s.works.close()
	for {
		if _, err := guard(s, func() (Report, error) { return s.RunOnce(ctx) }); err != nil && ctx.Err() == nil {
			s.log.Error("reconciliation did not finish", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.clock.After(period):
		}
	}
}

// RunOnce makes one pass: open bookings, oldest first and seldom when they are old; cancel intents; flips that were missed.
func (s *Service) RunOnce(ctx context.Context) (Report, error) {
	s.stats.passes.Add(1)
	now := s.clock.Now()
	open, err := s.store.OpenBookings(ctx, now.Add(time.Millisecond), maxOpenRead)
	if err != nil {
		return Report{}, err
	}
	var r tally
	group, work := errgroup.WithContext(ctx)
	group.SetLimit(s.limits.Reconcilers)
	for _, b := range s.due(open, now) {
		group.Go(func() error {
			r.count(s.tend(work, b))
			return work.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return r.report(), err
	}
	for _, id := range s.watch.take(&s.watch.flips) {
		if b, err := s.store.Booking(ctx, id); err == nil && b.Status == Booked {
			s.flip(ctx, b)
		}
	}
	err = s.resumeIntents(ctx, &r)
	return r.report(), err
}

// due picks the bookings whose turn it is and forgets those that are not open any more.
func (s *Service) due(open []Booking, now time.Time) []Booking {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	asked := make(map[ident.Booking]time.Time, len(open))
	var out []Booking
	for _, b := range open {
		last, known := s.watch.asked[b.ID]
		deadline := b.PayDeadline.Add(s.limits.Grace)
		fallen := last.Before(deadline) && !now.Before(deadline) // it was not due then, and is over now
		if known && !fallen && now.Before(last.Add(patience(now.Sub(b.CreatedAt)))) {
			asked[b.ID] = last
			continue
		}
		asked[b.ID] = now
		out = append(out, b)
	}
	s.watch.asked = asked
	return out
}

// patience is how long to wait before the provider is asked again of a booking of this age.
func patience(age time.Duration) time.Duration {
	switch {
	case age < 2*time.Minute:
		return period
	case age < 15*time.Minute:
		return 2 * period
	case age < time.Hour:
		return time.Minute
	default:
		return 5 * time.Minute
	}
}

// tend moves one open booking on.
func (s *Service) tend(ctx context.Context, b Booking) (before, after Booking, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Work)
	defer cancel()
	after, err = guard(s, func() (Booking, error) { return s.tendOne(ctx, b) })
	if err != nil && ctx.Err() == nil {
		s.log.Warn("a booking waits for the next pass", "booking_id", b.ID, "status", string(b.Status), "error", err)
	}
	return b, after, err
}

func (s *Service) tendOne(ctx context.Context, b Booking) (Booking, error) {
	switch b.Status {
	case Reserving:
		return s.tendReserving(ctx, b)
	case Cancelling:
		return s.resumeBooking(ctx, b)
	case Voiding:
		b, _, err := s.close(ctx, b, ReasonPaymentExpired)
		return b, err
	case Booked, Cancelled, Failed:
		return b, nil
	case Pending, Paid:
	}
	return s.tendPending(ctx, b)
}

// tendPending settles a booking that waits for money, or closes it when its time is over.
func (s *Service) tendPending(ctx context.Context, b Booking) (Booking, error) {
	if intents, err := s.intents(ctx, b.ID); err != nil || len(intents) > 0 {
		if err != nil {
			return b, err
		}
		return s.resumeBooking(ctx, b)
	}
	now, p, err := s.settle(ctx, b)
	if err != nil && !errors.Is(err, payment.ErrUnknown) {
		return now, err
	}
	if !now.Status.Open() {
		return now, nil
	}
	if s.clock.Now().Before(b.PayDeadline.Add(s.limits.Grace)) || p.State == payment.Authorised {
		s.renew(ctx, now)
		return now, nil
	}
	closed, _, err := s.close(ctx, now, ReasonPaymentExpired)
	if errors.Is(err, payment.ErrUnknown) {
		s.renew(ctx, now) // no release without the provider's word
	}
	return closed, err
}

// tendReserving ends a booking whose reservation stopped half way.
func (s *Service) tendReserving(ctx context.Context, b Booking) (Booking, error) {
	if s.clock.Now().Sub(b.CreatedAt) < abandonedAge {
		return b, nil
	}
	e, err := s.event(b, "booking.failed", 1, b.Seats, map[string]any{"booking_id": b.ID, "showtime_id": b.Showtime, "reason": ReasonAbandoned})
	if err != nil {
		return b, err
	}
	after, err := s.store.Reject(ctx, b.ID, ReasonAbandoned, []OutboxEvent{e})
	if err != nil {
		return b, err
	}
	if after.Status == Failed {
		s.stats.failed.Add(1)
		s.unbook(ctx, after)
		return after, nil
	}
	// Sealed RESERVED before: it waits for its money like any other.
	after, err = s.store.SetStatus(ctx, b.ID, Pending, "", nil)
	if err != nil {
		return b, err
	}
	return s.tendOne(ctx, after)
}

// resumeBooking carries on every intent of a booking.
func (s *Service) resumeBooking(ctx context.Context, b Booking) (Booking, error) {
	intents, err := s.intents(ctx, b.ID)
	if err != nil {
		return b, err
	}
	for _, in := range intents {
		if b, _, err = s.carryOut(ctx, b, in); err != nil {
			return b, err
		}
	}
	return b, nil
}

// resumeIntents carries on the cancel intents that are not finished: those of this process, and once after the start those that
// an earlier one left behind.
func (s *Service) resumeIntents(ctx context.Context, r *tally) error {
	s.watch.mu.Lock()
	walked := s.watch.walked
	s.watch.walked = true
	s.watch.mu.Unlock()
	if !walked {
		if err := s.walkIntents(ctx, idPrefix); err != nil {
			s.watch.mu.Lock()
			s.watch.walked = false
			s.watch.mu.Unlock()
			return err
		}
	}
	for _, id := range s.watch.take(&s.watch.intents) {
		if err := s.resumeOne(ctx, id, r); err != nil {
			s.watch.intent(id)
			r.errors.Add(1)
			s.log.Warn("a refund waits for the next pass", "booking_id", id, "error", err)
		}
	}
	return ctx.Err()
}

func (s *Service) resumeOne(ctx context.Context, id ident.Booking, r *tally) error {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Work)
	defer cancel()
	open, err := s.unfinished(ctx, id)
	if err != nil || !open {
		return err
	}
	b, err := s.store.Booking(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	r.resumed.Add(1)
	_, err = s.resumeBooking(ctx, b)
	return err
}

// unfinished tells whether a booking still has an intent to carry out: a refund without its record, or a booking not yet ended
// though everything was refunded.
func (s *Service) unfinished(ctx context.Context, id ident.Booking) (bool, error) {
	intents, err := s.store.RegistersByPrefix(ctx, KindCancel, string(id)+"|")
	if err != nil {
		return false, err
	}
	b, err := s.store.Booking(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, e := range intents {
		if _, found, err := s.store.Register(ctx, KindRefunded, e.ID); err != nil || !found {
			return err == nil, err
		}
	}
	return len(intents) > 0 && !b.Status.Terminal(), nil
}

// walkIntents finds the bookings with an unfinished intent. A listing is bounded, so a full page is split by the next character.
func (s *Service) walkIntents(ctx context.Context, prefix string) error {
	page, err := s.store.RegistersByPrefix(ctx, KindCancel, prefix)
	if err != nil {
		return err
	}
	if len(page) >= registerPage && len(prefix) < len(idPrefix)+idLength {
		for _, c := range strings.ToLower(crockford) {
			if err := s.walkIntents(ctx, prefix+string(c)); err != nil {
				return err
			}
		}
		return nil
	}
	for _, e := range page {
		id, _, _ := strings.Cut(e.ID, "|")
		open, err := s.unfinished(ctx, ident.Booking(id))
		if err != nil {
			return err
		}
		if open {
			s.watch.intent(ident.Booking(id))
		}
	}
	return nil
}

// tally counts a pass.
type tally struct {
	looked, booked, ended, resumed, errors atomic.Int64
}

func (t *tally) count(before, after Booking, err error) {
	t.looked.Add(1)
	switch {
	case err != nil:
		t.errors.Add(1)
	case after.Status == Booked && before.Status != Booked:
		t.booked.Add(1)
	case after.Status == Failed:
		t.ended.Add(1)
	}
}

func (t *tally) report() Report {
	return Report{
		Looked: int(t.looked.Load()), Booked: int(t.booked.Load()), Ended: int(t.ended.Load()), Resumed: int(t.resumed.Load()), Errors: int(t.errors.Load()),
	}
}
