package paymock_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment"
	"cinema/internal/payment/paymock"
	"cinema/internal/payment/paytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// registers is the sticky store in memory.
type registers struct {
	mu     sync.Mutex
	values map[string]string
	writes int
}

func newRegisters() *registers { return &registers{values: map[string]string{}} }

func (r *registers) PutOnce(_ context.Context, kind, id, value string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := kind + "/" + id
	if v, ok := r.values[key]; ok {
		return v, nil
	}
	r.values[key] = value
	r.writes++
	return value, nil
}

func (r *registers) Register(_ context.Context, kind, id string) (string, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.values[kind+"/"+id]
	return v, ok, nil
}

func TestGateway(t *testing.T) {
	t.Parallel()
	paytest.Run(t, func(*testing.T) paytest.Harness {
		store := newRegisters()
		at := clock.NewFake(time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC))
		g := paymock.New(store, at)
		return paytest.Harness{
			Gateway: g,
			Restart: func() payment.Gateway { return paymock.New(store, at) },
			Approve: paymock.Approve, Decline: paymock.Decline, Action: paymock.Action, Slow: paymock.Slow, Silent: paymock.Unknown,
			Answer: func(ctx context.Context, ref string, ok bool) error {
				_, err := g.Approve(ctx, ref, ok)
				return err
			},
			Wait: func() { at.Advance(paymock.UnknownFor) },
		}
	})
}

// TestGateway_approve_writes_only_its_outcome keeps the common sale at one register, the one that the booking's act writes.
func TestGateway_approve_writes_only_its_outcome(t *testing.T) {
	t.Parallel()
	store := newRegisters()
	g := paymock.New(store, clock.NewFake(time.Unix(0, 0)))
	p, err := g.Create(t.Context(), payment.CreateRequest{Booking: "bk_1", Attempt: 1, Amount: money.Of(900, "JPY")})
	require.NoError(t, err)
	require.Zero(t, store.writes)

	kind, id, value := g.CaptureRegister(p)
	require.Equal(t, booking.KindPayment, kind)
	_, err = store.PutOnce(t.Context(), kind, id, value)
	require.NoError(t, err)
	again, err := paymock.New(store, clock.NewFake(time.Unix(0, 0))).Get(t.Context(), p.Ref)
	require.NoError(t, err)
	p.State = payment.Captured
	require.Equal(t, p, again)
}

// TestGateway_first_token_counts shows that a repeat of Create with another card does not change the attempt.
func TestGateway_first_token_counts(t *testing.T) {
	t.Parallel()
	g := paymock.New(newRegisters(), clock.NewFake(time.Unix(0, 0)))
	r := payment.CreateRequest{Booking: "bk_1", Attempt: 1, Amount: money.Of(900, "GBP"), Token: paymock.Decline}
	_, err := g.Create(t.Context(), r)
	require.NoError(t, err)
	r.Token = paymock.Approve
	p, err := g.Create(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, payment.NeedsMethod, p.State)
	require.Equal(t, paymock.CardDeclined, p.Decline)
}

// TestNewPlain_takes_no_other_card shows that a plain provider opens no attempt for a card that would play with the outcome, writes nothing
// for it, and still reads what another process opened.
func TestNewPlain_takes_no_other_card(t *testing.T) {
	t.Parallel()
	store, at := newRegisters(), clock.NewFake(time.Unix(0, 0))
	g := paymock.NewPlain(store, at)
	for _, token := range []string{paymock.Decline, paymock.Action, paymock.Slow, paymock.Unknown, "tok_other", "4242424242424242"} {
		require.False(t, g.KnownToken(token), token)
		_, err := g.Create(t.Context(), payment.CreateRequest{Booking: "bk_1", Attempt: 1, Amount: money.Of(900, "GBP"), Token: token})
		require.ErrorIs(t, err, payment.ErrRefused, token)
	}
	require.Zero(t, store.writes)
	for _, token := range []string{"", paymock.Approve} {
		require.True(t, g.KnownToken(token))
		p, err := g.Create(t.Context(), payment.CreateRequest{Booking: "bk_1", Attempt: 1, Amount: money.Of(900, "GBP"), Token: token})
		require.NoError(t, err)
		require.Equal(t, payment.Authorised, p.State)
	}
	_, err := paymock.New(store, at).Create(t.Context(), payment.CreateRequest{Booking: "bk_2", Attempt: 1, Amount: money.Of(900, "GBP"), Token: paymock.Decline})
	require.NoError(t, err)
	p, err := g.Get(t.Context(), g.RefFor("bk_2", 1))
	require.NoError(t, err)
	require.Equal(t, paymock.CardDeclined, p.Decline)
}

func TestGateway_references(t *testing.T) {
	t.Parallel()
	g := paymock.New(newRegisters(), clock.NewFake(time.Unix(0, 0)))
	require.NotEqual(t, g.RefFor("bk_1", 11), g.RefFor(ident.Booking("bk_11"), 1))
	for _, ref := range []string{"", "mock_", "mock_1", "mock_bk_1_0", "mock_bk_1_01", "mock_bk|1_1", "other_bk_1_1"} {
		_, err := g.Get(t.Context(), ref)
		require.ErrorIs(t, err, payment.ErrRefused, ref)
	}
}
