package booking_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"cinema/internal/booking"
	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/payment"
)

var errDead = errors.New("the process is dead")

// process counts the calls that leave a service and makes something happen at one of them.
type process struct {
	at    int    // the call, from 1; 0: never
	after bool   // the call takes effect, its answer is lost
	pause func() // instead of dying: what the rest of the world does meanwhile

	mu    sync.Mutex // guards calls and dead
	calls int
	dead  bool
}

func call[T any](p *process, f func() (T, error)) (T, error) {
	var none T
	p.mu.Lock()
	p.calls++
	now := p.calls == p.at
	dead := p.dead
	if now && p.pause == nil {
		p.dead = true
	}
	p.mu.Unlock()
	switch {
	case dead, now && p.pause == nil && !p.after:
		return none, errDead
	case now && p.pause != nil:
		p.pause()
		return f()
	case now:
		_, _ = f()
		return none, errDead
	}
	return f()
}

func (p *process) alive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.dead
}

// nothing adapts methods that return an error alone.
func nothing(err error) (struct{}, error) { return struct{}{}, err }

// mortalStore is the store as a process sees it that may die at any call.
type mortalStore struct {
	booking.Store
	p *process
}

func (m mortalStore) PutOnce(ctx context.Context, kind, id, value string) (string, error) {
	return call(m.p, func() (string, error) { return m.Store.PutOnce(ctx, kind, id, value) })
}

type lookup struct {
	value string
	found bool
}

func (m mortalStore) Register(ctx context.Context, kind, id string) (string, bool, error) {
	l, err := call(m.p, func() (lookup, error) {
		v, ok, err := m.Store.Register(ctx, kind, id)
		return lookup{v, ok}, err
	})
	return l.value, l.found, err
}

func (m mortalStore) RegistersByPrefix(ctx context.Context, kind, prefix string) ([]booking.RegisterEntry, error) {
	return call(m.p, func() ([]booking.RegisterEntry, error) { return m.Store.RegistersByPrefix(ctx, kind, prefix) })
}

func (m mortalStore) Reserve(ctx context.Context, b booking.Booking, maxOpen int) (booking.Reservation, error) {
	return call(m.p, func() (booking.Reservation, error) { return m.Store.Reserve(ctx, b, maxOpen) })
}

func (m mortalStore) Reject(ctx context.Context, id ident.Booking, reason string, e []booking.OutboxEvent) (booking.Booking, error) {
	return call(m.p, func() (booking.Booking, error) { return m.Store.Reject(ctx, id, reason, e) })
}

func (m mortalStore) Seal(ctx context.Context, id ident.Booking, v booking.SealValue) (booking.SealValue, error) {
	return call(m.p, func() (booking.SealValue, error) { return m.Store.Seal(ctx, id, v) })
}

type settled struct {
	b booking.Booking
	r booking.SettleResult
}

func (m mortalStore) Settle(ctx context.Context, r booking.SettleRequest) (booking.Booking, booking.SettleResult, error) {
	s, err := call(m.p, func() (settled, error) {
		b, res, err := m.Store.Settle(ctx, r)
		return settled{b, res}, err
	})
	return s.b, s.r, err
}

func (m mortalStore) SetStatus(ctx context.Context, id ident.Booking, st booking.Status, reason string, e []booking.OutboxEvent) (booking.Booking, error) {
	return call(m.p, func() (booking.Booking, error) { return m.Store.SetStatus(ctx, id, st, reason, e) })
}

func (m mortalStore) Emit(ctx context.Context, e []booking.OutboxEvent) error {
	_, err := call(m.p, func() (struct{}, error) { return nothing(m.Store.Emit(ctx, e)) })
	return err
}

func (m mortalStore) ReleaseClaims(ctx context.Context, id ident.Booking, seats []ident.Seat) error {
	_, err := call(m.p, func() (struct{}, error) { return nothing(m.Store.ReleaseClaims(ctx, id, seats)) })
	return err
}

func (m mortalStore) Booking(ctx context.Context, id ident.Booking) (booking.Booking, error) {
	return call(m.p, func() (booking.Booking, error) { return m.Store.Booking(ctx, id) })
}

func (m mortalStore) OpenBookings(ctx context.Context, before time.Time, limit int) ([]booking.Booking, error) {
	return call(m.p, func() ([]booking.Booking, error) { return m.Store.OpenBookings(ctx, before, limit) })
}

func (m mortalStore) Claims(ctx context.Context, showtime ident.Showtime) ([]booking.Claim, error) {
	return call(m.p, func() ([]booking.Claim, error) { return m.Store.Claims(ctx, showtime) })
}

// mortalHolds is the hold engine as that process sees it.
type mortalHolds struct {
	booking.Holds
	p *process
}

func (m mortalHolds) Extend(ctx context.Context, r hold.ExtendRequest) (hold.Answer, error) {
	return call(m.p, func() (hold.Answer, error) { return m.Holds.Extend(ctx, r) })
}

func (m mortalHolds) Transfer(ctx context.Context, r hold.TransferRequest) (hold.Answer, error) {
	return call(m.p, func() (hold.Answer, error) { return m.Holds.Transfer(ctx, r) })
}

func (m mortalHolds) Confirm(ctx context.Context, r hold.ConfirmRequest) (hold.Answer, error) {
	return call(m.p, func() (hold.Answer, error) { return m.Holds.Confirm(ctx, r) })
}

func (m mortalHolds) Unbook(ctx context.Context, r hold.UnbookRequest) (hold.Answer, error) {
	return call(m.p, func() (hold.Answer, error) { return m.Holds.Unbook(ctx, r) })
}

// mortalCards is an outside provider as that process sees it.
type mortalCards struct {
	*cards
	p *process
}

func (m mortalCards) Create(ctx context.Context, r payment.CreateRequest) (payment.Payment, error) {
	return call(m.p, func() (payment.Payment, error) { return m.cards.Create(ctx, r) })
}

func (m mortalCards) Get(ctx context.Context, ref string) (payment.Payment, error) {
	return call(m.p, func() (payment.Payment, error) { return m.cards.Get(ctx, ref) })
}

func (m mortalCards) Cancel(ctx context.Context, key, ref string) (payment.Payment, error) {
	return call(m.p, func() (payment.Payment, error) { return m.cards.Cancel(ctx, key, ref) })
}

func (m mortalCards) Capture(ctx context.Context, key, ref string) (payment.Payment, error) {
	return call(m.p, func() (payment.Payment, error) { return m.cards.Capture(ctx, key, ref) })
}

func (m mortalCards) Refund(ctx context.Context, r payment.RefundRequest) (payment.Refund, error) {
	return call(m.p, func() (payment.Refund, error) { return m.cards.Refund(ctx, r) })
}

func (m mortalCards) Refunds(ctx context.Context, ref string) ([]payment.Refund, error) {
	return call(m.p, func() ([]payment.Refund, error) { return m.cards.Refunds(ctx, ref) })
}
