package booking_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"cinema/internal/ident"
	"cinema/internal/payment"
	"cinema/internal/payment/paymock"
	"cinema/internal/payment/paytest"
)

// cards is a provider outside the product: references are its own, capture is a separate step, and errors stick to their keys.
type cards struct {
	mu      sync.Mutex // guards everything below
	byKey   map[string]string
	byRef   map[string]*payment.Payment
	refunds map[string][]payment.Refund
	keys    map[string]payment.Refund
	deny    map[string]bool // refund keys that were refused, for good
	refuse  int             // how many refunds are still refused
}

func newCards() *cards {
	return &cards{
		byKey: map[string]string{}, byRef: map[string]*payment.Payment{}, refunds: map[string][]payment.Refund{}, keys: map[string]payment.Refund{},
		deny: map[string]bool{},
	}
}

func (c *cards) Name() string { return "cards" }

func (c *cards) RefFor(ident.Booking, int) string { return "" }

func (c *cards) KnownToken(token string) bool {
	return slices.Contains([]string{"", paymock.Approve, paymock.Decline}, token)
}

func (c *cards) Create(_ context.Context, r payment.CreateRequest) (payment.Payment, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ref, ok := c.byKey[r.Key]; ok {
		return *c.byRef[ref], nil
	}
	if !c.KnownToken(r.Token) {
		return payment.Payment{}, payment.ErrRefused
	}
	p := &payment.Payment{
		Ref: fmt.Sprintf("pi_%d", len(c.byRef)+1), State: payment.NeedsMethod, Amount: r.Amount, Booking: r.Booking, Attempt: r.Attempt, ClientSecret: "secret",
	}
	switch r.Token {
	case paymock.Approve:
		p.State = payment.Authorised
	case paymock.Decline:
		p.Decline = "card_declined"
	}
	c.byKey[r.Key], c.byRef[p.Ref] = p.Ref, p
	return *p, nil
}

// act changes an attempt by its present state.
func (c *cards) act(ref string, f func(p *payment.Payment)) (payment.Payment, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.byRef[ref]
	if !ok {
		return payment.Payment{}, payment.ErrRefused
	}
	f(p)
	return *p, nil
}

func (c *cards) Get(_ context.Context, ref string) (payment.Payment, error) {
	return c.act(ref, func(*payment.Payment) {})
}

// pay is the customer presenting a card in his browser.
func (c *cards) pay(ref string) {
	_, _ = c.act(ref, func(p *payment.Payment) {
		if p.State == payment.NeedsMethod {
			p.State, p.Decline = payment.Authorised, ""
		}
	})
}

func (c *cards) Cancel(_ context.Context, _, ref string) (payment.Payment, error) {
	return c.act(ref, func(p *payment.Payment) {
		if p.State != payment.Captured {
			p.State = payment.Cancelled
		}
	})
}

func (c *cards) Capture(_ context.Context, _, ref string) (payment.Payment, error) {
	return c.act(ref, func(p *payment.Payment) {
		if p.State == payment.Authorised {
			p.State = payment.Captured
		}
	})
}

func (c *cards) Refund(_ context.Context, r payment.RefundRequest) (payment.Refund, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.keys[r.Key]; ok {
		return old, nil
	}
	if c.deny[r.Key] {
		return payment.Refund{}, payment.ErrRefused
	}
	if c.refuse > 0 {
		c.refuse--
		c.deny[r.Key] = true
		return payment.Refund{}, payment.ErrRefused
	}
	p, sum := c.byRef[r.Ref], r.Amount.Minor
	for _, old := range c.refunds[r.Ref] {
		sum += old.Amount.Minor
	}
	if p == nil || p.State != payment.Captured || sum > p.Amount.Minor || r.Amount.Currency != p.Amount.Currency {
		return payment.Refund{}, payment.ErrRefused
	}
	made := payment.Refund{ID: "re_" + r.Key, RefundID: r.RefundID, Amount: r.Amount, State: "succeeded"}
	c.keys[r.Key] = made
	c.refunds[r.Ref] = append(c.refunds[r.Ref], made)
	return made, nil
}

func (c *cards) Refunds(_ context.Context, ref string) ([]payment.Refund, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.refunds[ref]), nil
}

func (c *cards) ParseWebhook(body []byte, signature string) (payment.Event, error) {
	parts := strings.Split(string(body), " ")
	if signature != "right" || len(parts) != 3 {
		return payment.Event{}, errors.New("bad signature")
	}
	return payment.Event{ID: parts[0], Ref: parts[1], Booking: ident.Booking(parts[2])}, nil
}

// balance is what a provider has taken for a booking and given back, by attempt.
type balance struct {
	captures         int
	captured, repaid int64
}

func (c *cards) money(id ident.Booking) (m balance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.byRef {
		if p.Booking != id || p.State != payment.Captured {
			continue
		}
		m.captures++
		m.captured += p.Amount.Minor
		for _, r := range c.refunds[p.Ref] {
			m.repaid += r.Amount.Minor
		}
	}
	return m
}

// TestCards_is_a_provider holds the provider of these tests to the suite that real ones must pass.
func TestCards_is_a_provider(t *testing.T) {
	t.Parallel()
	paytest.Run(t, func(*testing.T) paytest.Harness {
		c := newCards()
		return paytest.Harness{Gateway: c, Restart: func() payment.Gateway { return c }, Approve: paymock.Approve, Decline: paymock.Decline}
	})
}
