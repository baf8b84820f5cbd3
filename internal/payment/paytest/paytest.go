// Package paytest is the conformance suite of payment.Gateway: what the sale relies on, whoever the provider is.
package paytest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment"
)

// Harness is one provider under test, fresh for each case.
type Harness struct {
	Gateway payment.Gateway
	Restart func() payment.Gateway // the same account after the process was killed; nil: that case is left out, and says so

	Approve string // token that authorises at once
	Decline string // token that is refused
	Action  string // token that needs the customer's bank; empty: those cases are left out
	Slow    string // token that is processed for a while, then captured; empty: left out
	Silent  string // token with which nothing is answered for a while, then captured; empty: left out

	Answer func(ctx context.Context, ref string, ok bool) error // the customer at his bank
	Wait   func()                                               // until Slow and Silent have ended
}

// Run runs the suite.
func Run(t *testing.T, fresh func(t *testing.T) Harness) {
	t.Helper()
	cases := map[string]func(*testing.T, Harness){
		"create/same key, same payment":          createTwice,
		"create/attempts are separate":           createAttempts,
		"create/nothing to pay":                  createFree,
		"create/unknown token refused":           createBadToken,
		"get/unknown reference refused":          getUnknown,
		"capture/once":                           captureOnce,
		"capture/not authorised changes nothing": captureEarly,
		"capture/survives a restart":             captureSurvives,
		"cancel/final":                           cancelFinal,
		"cancel/never created":                   cancelUncreated,
		"cancel/after capture says captured":     cancelLate,
		"cancel and capture race":                cancelRace,
		"decline/another attempt":                declineThenApprove,
		"action/approved":                        actionApproved,
		"action/refused":                         actionRefused,
		"action/first answer counts":             actionTwice,
		"slow/captured in the end":               slowCaptured,
		"slow/cancelled in time":                 slowCancelled,
		"silent/unknown, then captured":          silentCaptured,
		"refund/same key, same refund":           refundTwice,
		"refund/never more than captured":        refundTooMuch,
		"refund/race keeps the sum":              refundRace,
		"refund/needs a capture":                 refundEarly,
		"webhook/garbage refused":                webhookGarbage,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, fresh(t))
		})
	}
}

const sold = ident.Booking("bk_0123456789abcdefghjkmnpqrs")

func request(token string, attempt int) payment.CreateRequest {
	return payment.CreateRequest{
		Key: fmt.Sprintf("bk:%s:%d:create", sold, attempt), Booking: sold, Showtime: "st_1", Seats: []ident.Seat{"A1", "A2"},
		Attempt: attempt, Amount: money.Of(2500, "GBP"), Token: token,
	}
}

func create(t *testing.T, h Harness, token string, attempt int) payment.Payment {
	t.Helper()
	p, err := h.Gateway.Create(t.Context(), request(token, attempt))
	require.NoError(t, err)
	return p
}

func createTwice(t *testing.T, h Harness) {
	first := create(t, h, h.Approve, 1)
	require.Equal(t, payment.Authorised, first.State)
	require.Equal(t, sold, first.Booking)
	require.Equal(t, 1, first.Attempt)
	require.Equal(t, money.Of(2500, "GBP"), first.Amount)
	require.Equal(t, first, create(t, h, h.Approve, 1))
	if ref := h.Gateway.RefFor(sold, 1); ref != "" {
		require.Equal(t, ref, first.Ref)
	}
	got, err := h.Gateway.Get(t.Context(), first.Ref)
	require.NoError(t, err)
	require.Equal(t, first, got)
}

func createAttempts(t *testing.T, h Harness) {
	require.NotEqual(t, create(t, h, h.Approve, 1).Ref, create(t, h, h.Approve, 2).Ref)
}

func createFree(t *testing.T, h Harness) {
	r := request(h.Approve, 1)
	r.Amount = money.Of(0, "GBP")
	p, err := h.Gateway.Create(t.Context(), r)
	require.NoError(t, err)
	p, err = h.Gateway.Capture(t.Context(), "k", p.Ref)
	require.NoError(t, err)
	require.Equal(t, payment.Captured, p.State)
	require.Equal(t, money.Of(0, "GBP"), p.Amount)
}

func createBadToken(t *testing.T, h Harness) {
	_, err := h.Gateway.Create(t.Context(), request("tok_nonsense", 1))
	require.ErrorIs(t, err, payment.ErrRefused)
}

func getUnknown(t *testing.T, h Harness) {
	_, err := h.Gateway.Get(t.Context(), "no|such|payment")
	require.ErrorIs(t, err, payment.ErrRefused)
}

func captureOnce(t *testing.T, h Harness) {
	ref := create(t, h, h.Approve, 1).Ref
	for range 2 {
		p, err := h.Gateway.Capture(t.Context(), "k", ref)
		require.NoError(t, err)
		require.Equal(t, payment.Captured, p.State)
		require.Equal(t, money.Of(2500, "GBP"), p.Amount)
		require.Equal(t, sold, p.Booking)
		require.Equal(t, 1, p.Attempt)
	}
}

func captureEarly(t *testing.T, h Harness) {
	ref := create(t, h, h.Decline, 1).Ref
	p, err := h.Gateway.Capture(t.Context(), "k", ref)
	require.NoError(t, err)
	require.Equal(t, payment.NeedsMethod, p.State)
}

func captureSurvives(t *testing.T, h Harness) {
	if h.Restart == nil {
		t.Skip("left out: the harness cannot restart the provider")
	}
	ref := create(t, h, h.Approve, 1).Ref
	_, err := h.Gateway.Capture(t.Context(), "k", ref)
	require.NoError(t, err)
	refund, err := h.Gateway.Refund(t.Context(), payment.RefundRequest{Key: "r", Ref: ref, RefundID: "x", Amount: money.Of(100, "GBP")})
	require.NoError(t, err)
	again := h.Restart()
	p, err := again.Get(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, payment.Captured, p.State)
	require.Equal(t, money.Of(2500, "GBP"), p.Amount)
	list, err := again.Refunds(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, []payment.Refund{refund}, list)
}

func cancelFinal(t *testing.T, h Harness) {
	ref := create(t, h, h.Approve, 1).Ref
	p, err := h.Gateway.Cancel(t.Context(), "k", ref)
	require.NoError(t, err)
	require.Equal(t, payment.Cancelled, p.State)
	p, err = h.Gateway.Capture(t.Context(), "k", ref)
	require.NoError(t, err)
	require.Equal(t, payment.Cancelled, p.State, "no money after the provider said cancelled")
	require.Equal(t, payment.Cancelled, create(t, h, h.Approve, 1).State)
}

func cancelUncreated(t *testing.T, h Harness) {
	ref := h.Gateway.RefFor(sold, 1)
	if ref == "" {
		t.Skip("left out: references are not known before they exist")
	}
	p, err := h.Gateway.Cancel(t.Context(), "k", ref)
	require.NoError(t, err)
	require.Equal(t, payment.Cancelled, p.State)
	require.Equal(t, payment.Cancelled, create(t, h, h.Approve, 1).State, "an attempt that arrives late is over")
}

func cancelLate(t *testing.T, h Harness) {
	ref := create(t, h, h.Approve, 1).Ref
	_, err := h.Gateway.Capture(t.Context(), "k", ref)
	require.NoError(t, err)
	p, err := h.Gateway.Cancel(t.Context(), "k", ref)
	require.NoError(t, err)
	require.Equal(t, payment.Captured, p.State)
}

func cancelRace(t *testing.T, h Harness) {
	ref := create(t, h, h.Approve, 1).Ref
	ctx := t.Context()
	const each = 8
	states := make([]payment.State, 2*each)
	errs := make([]error, 2*each)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range states {
		wg.Go(func() {
			<-start
			act := h.Gateway.Cancel
			if i%2 == 0 {
				act = h.Gateway.Capture
			}
			p, err := act(ctx, fmt.Sprintf("k%d", i), ref)
			states[i], errs[i] = p.State, err
		})
	}
	close(start)
	wg.Wait()
	for i := range states {
		require.NoError(t, errs[i])
		require.Equal(t, states[0], states[i], "everybody hears the same end")
	}
	require.Contains(t, []payment.State{payment.Captured, payment.Cancelled}, states[0])
}

func declineThenApprove(t *testing.T, h Harness) {
	p := create(t, h, h.Decline, 1)
	require.Equal(t, payment.NeedsMethod, p.State)
	require.NotEmpty(t, p.Decline)
	p, err := h.Gateway.Cancel(t.Context(), "k", p.Ref)
	require.NoError(t, err)
	require.Equal(t, payment.Cancelled, p.State)
	require.Equal(t, payment.Authorised, create(t, h, h.Approve, 2).State)
}

func webhookGarbage(t *testing.T, h Harness) {
	_, err := h.Gateway.ParseWebhook([]byte(`{}`), "t=1,v1=00")
	require.Error(t, err)
}
