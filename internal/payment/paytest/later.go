package paytest

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/money"
	"cinema/internal/payment"
)

func bank(t *testing.T, h Harness, ok bool) payment.Payment {
	t.Helper()
	if h.Action == "" {
		t.Skip("left out: the provider has no test token for the customer's bank")
	}
	p := create(t, h, h.Action, 1)
	require.Equal(t, payment.NeedsAction, p.State)
	require.NotNil(t, p.Next)
	require.NoError(t, h.Answer(t.Context(), p.Ref, ok))
	got, err := h.Gateway.Get(t.Context(), p.Ref)
	require.NoError(t, err)
	return got
}

func actionApproved(t *testing.T, h Harness) {
	p := bank(t, h, true)
	require.Equal(t, payment.Authorised, p.State)
	require.Nil(t, p.Next)
}

func actionRefused(t *testing.T, h Harness) {
	p := bank(t, h, false)
	require.Equal(t, payment.NeedsMethod, p.State)
	require.NotEmpty(t, p.Decline)
}

func actionTwice(t *testing.T, h Harness) {
	p := bank(t, h, false)
	require.NoError(t, h.Answer(t.Context(), p.Ref, true))
	got, err := h.Gateway.Get(t.Context(), p.Ref)
	require.NoError(t, err)
	require.Equal(t, payment.NeedsMethod, got.State)
}

func slow(t *testing.T, h Harness) payment.Payment {
	t.Helper()
	if h.Slow == "" {
		t.Skip("left out: the provider has no slow test token")
	}
	p := create(t, h, h.Slow, 1)
	require.Equal(t, payment.Processing, p.State)
	return p
}

func slowCaptured(t *testing.T, h Harness) {
	p := slow(t, h)
	h.Wait()
	got, err := h.Gateway.Get(t.Context(), p.Ref)
	require.NoError(t, err)
	require.Equal(t, payment.Captured, got.State)
	require.Equal(t, money.Of(2500, "GBP"), got.Amount)
}

func slowCancelled(t *testing.T, h Harness) {
	p := slow(t, h)
	got, err := h.Gateway.Cancel(t.Context(), "k", p.Ref)
	require.NoError(t, err)
	require.Equal(t, payment.Cancelled, got.State)
	h.Wait()
	got, err = h.Gateway.Get(t.Context(), p.Ref)
	require.NoError(t, err)
	require.Equal(t, payment.Cancelled, got.State)
}

func silentCaptured(t *testing.T, h Harness) {
	ref := h.Gateway.RefFor(sold, 1)
	if h.Silent == "" || ref == "" {
		t.Skip("left out: the provider has no silent test token with a reference known before")
	}
	_, err := h.Gateway.Create(t.Context(), request(h.Silent, 1))
	require.ErrorIs(t, err, payment.ErrUnknown)
	_, err = h.Gateway.Get(t.Context(), ref)
	require.ErrorIs(t, err, payment.ErrUnknown)
	_, err = h.Gateway.Cancel(t.Context(), "k", ref)
	require.ErrorIs(t, err, payment.ErrUnknown)
	h.Wait()
	p, err := h.Gateway.Cancel(t.Context(), "k", ref)
	require.NoError(t, err)
	require.Equal(t, payment.Captured, p.State)
}

func paid(t *testing.T, h Harness) string {
	t.Helper()
	ref := create(t, h, h.Approve, 1).Ref
	p, err := h.Gateway.Capture(t.Context(), "k", ref)
	require.NoError(t, err)
	require.Equal(t, payment.Captured, p.State)
	return ref
}

func refundTwice(t *testing.T, h Harness) {
	ref := paid(t, h)
	r := payment.RefundRequest{Key: "bk:1:refund:a:1", Ref: ref, RefundID: "a", Amount: money.Of(1250, "GBP")}
	first, err := h.Gateway.Refund(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, "a", first.RefundID)
	again, err := h.Gateway.Refund(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, first, again)
	list, err := h.Gateway.Refunds(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, []payment.Refund{first}, list)
}

func refundTooMuch(t *testing.T, h Harness) {
	ref := paid(t, h)
	_, err := h.Gateway.Refund(t.Context(), payment.RefundRequest{Key: "a", Ref: ref, RefundID: "a", Amount: money.Of(2000, "GBP")})
	require.NoError(t, err)
	_, err = h.Gateway.Refund(t.Context(), payment.RefundRequest{Key: "b", Ref: ref, RefundID: "b", Amount: money.Of(501, "GBP")})
	require.ErrorIs(t, err, payment.ErrRefused)
	_, err = h.Gateway.Refund(t.Context(), payment.RefundRequest{Key: "c", Ref: ref, RefundID: "c", Amount: money.Of(500, "EUR")})
	require.ErrorIs(t, err, payment.ErrRefused)
}

func refundRace(t *testing.T, h Harness) {
	ref := paid(t, h)
	ctx := t.Context()
	const tries = 8
	errs := make([]error, tries)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range tries {
		wg.Go(func() {
			<-start
			id := fmt.Sprintf("r%d", i)
			_, errs[i] = h.Gateway.Refund(ctx, payment.RefundRequest{Key: id, Ref: ref, RefundID: id, Amount: money.Of(1000, "GBP")})
		})
	}
	close(start)
	wg.Wait()
	given := 0
	for _, err := range errs {
		if err == nil {
			given++
			continue
		}
		require.ErrorIs(t, err, payment.ErrRefused)
	}
	require.Equal(t, 2, given, "2500 hold two refunds of 1000")
}

func refundEarly(t *testing.T, h Harness) {
	ref := create(t, h, h.Approve, 1).Ref
	_, err := h.Gateway.Refund(t.Context(), payment.RefundRequest{Key: "a", Ref: ref, RefundID: "a", Amount: money.Of(1, "GBP")})
	require.ErrorIs(t, err, payment.ErrRefused)
}
