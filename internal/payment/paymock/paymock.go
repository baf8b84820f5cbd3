// Package paymock is a payment provider that lives inside the product: no money moves, but every rule of a real one holds.
// Its outcome is a sticky register of the store, so that kill -9 changes nothing that was answered.
//
// Test tokens steer it: approve at once, decline, ask the customer's bank, be slow, or leave the outcome unknown for a while. A plain
// provider takes none but the first: outside development nobody plays with outcomes.
package paymock

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment"
)

// Test tokens.
const (
	Approve = "tok_approve" // authorised at once; the default
	Decline = "tok_decline" // refused
	Action  = "tok_action"  // the customer must approve at the bank page
	Slow    = "tok_slow"    // processing for SlowFor, then captured
	Unknown = "tok_unknown" // nothing is answered for UnknownFor, then captured
)

// How long the slow tokens take.
const (
	SlowFor    = 5 * time.Second
	UnknownFor = 10 * time.Second
)

// Decline reasons.
const (
	CardDeclined = "card_declined"
	BankDeclined = "authentication_failed"
)

const (
	name       = "mock"
	prefix     = "mock_"
	kindDetail = "paymock" // <reference>|create, <reference>|bank, <reference>|refund|<n>
	cancelled  = "cancelled"
	captured   = "captured"
	approved   = "approved"
	declined   = "declined"
	maxRefunds = 64
	maxRecent  = 8192
)

// Gateway is the provider.
type Gateway struct {
	registers payment.Registers
	clock     clock.Clock
	plain     bool // approves, and takes no other test token

	mu     sync.Mutex // guards recent and order
	recent map[string]payment.Payment
	order  []string // references of recent, oldest first
}

var (
	_ payment.Gateway    = (*Gateway)(nil)
	_ payment.Embedded   = (*Gateway)(nil)
	_ payment.TestTokens = (*Gateway)(nil)
)

// New makes a provider on the registers of a store that takes every test token.
func New(registers payment.Registers, c clock.Clock) *Gateway {
	return &Gateway{registers: registers, clock: c, recent: make(map[string]payment.Payment)}
}

// NewPlain makes a provider that approves everything at once and knows no other test token than Approve.
func NewPlain(registers payment.Registers, c clock.Clock) *Gateway {
	g := New(registers, c)
	g.plain = true
	return g
}

// record is what Create was told; it is written for every token but Approve, whose payment needs none until it is captured.
type record struct {
	Token    string        `json:"token"`
	At       int64         `json:"at"` // unix ms
	Minor    int64         `json:"minor"`
	Currency string        `json:"currency"`
	Booking  ident.Booking `json:"booking"`
	Attempt  int           `json:"attempt"`
}

// Name is "mock".
func (g *Gateway) Name() string { return name }

// RefFor tells the reference of an attempt before it exists.
func (g *Gateway) RefFor(b ident.Booking, attempt int) string {
	return prefix + string(b) + "_" + strconv.Itoa(attempt)
}

// Create opens an attempt. A repeat gives the attempt as it is now, whatever token comes with it.
func (g *Gateway) Create(ctx context.Context, r payment.CreateRequest) (payment.Payment, error) {
	ref := g.RefFor(r.Booking, r.Attempt)
	token := r.Token
	if token == "" {
		token = Approve
	}
	if !g.KnownToken(token) {
		return payment.Payment{}, fmt.Errorf("%w: unknown test token", payment.ErrRefused)
	}
	if r.Amount.Minor < 0 || r.Amount.Currency == "" {
		return payment.Payment{}, fmt.Errorf("%w: bad amount %s", payment.ErrRefused, r.Amount)
	}
	raw, err := json.Marshal(record{
		Token: token, At: g.clock.Now().UnixMilli(), Minor: r.Amount.Minor, Currency: r.Amount.Currency, Booking: r.Booking, Attempt: r.Attempt,
	})
	if err != nil {
		return payment.Payment{}, fmt.Errorf("encode payment %s: %w", ref, err)
	}
	if token != Approve {
		if _, err := g.registers.PutOnce(ctx, kindDetail, ref+"|create", string(raw)); err != nil {
			return payment.Payment{}, fmt.Errorf("create %s: %w", ref, err)
		}
		return g.Get(ctx, ref)
	}
	p, err := g.Get(ctx, ref)
	if err != nil || p.Attempt != 0 || p.State != payment.NeedsMethod {
		return p, err
	}
	p = payment.Payment{Ref: ref, State: payment.Authorised, Amount: r.Amount, Booking: r.Booking, Attempt: r.Attempt}
	g.remember(p)
	return p, nil
}

// Get tells an attempt's state. An attempt that nobody presented a card to needs a method.
func (g *Gateway) Get(ctx context.Context, ref string) (payment.Payment, error) {
	p := payment.Payment{Ref: ref, State: payment.NeedsMethod}
	b, attempt, ok := parse(ref)
	if !ok {
		return payment.Payment{}, fmt.Errorf("%w: no payment %q", payment.ErrRefused, ref)
	}
	rec, found, err := g.record(ctx, ref)
	if err != nil {
		return payment.Payment{}, err
	}
	if found && rec.Token == Unknown && !g.elapsed(rec, UnknownFor) {
		return payment.Payment{}, fmt.Errorf("get %s: %w", ref, payment.ErrUnknown)
	}
	outcome, settled, err := g.registers.Register(ctx, booking.KindPayment, ref)
	if err != nil {
		return payment.Payment{}, fmt.Errorf("get %s: %w", ref, err)
	}
	switch {
	case settled:
		p.Booking, p.Attempt = b, attempt
		return withOutcome(p, outcome)
	case found:
		p.Booking, p.Attempt, p.Amount = rec.Booking, rec.Attempt, money.Of(rec.Minor, rec.Currency)
		return g.progress(ctx, p, rec)
	default:
		if q, ok := g.recall(ref); ok {
			return q, nil
		}
		return p, nil
	}
}

// progress is where an attempt without an outcome stands.
func (g *Gateway) progress(ctx context.Context, p payment.Payment, rec record) (payment.Payment, error) {
	switch rec.Token {
	case Decline:
		p.Decline = CardDeclined
		return p, nil
	case Action:
		return g.atBank(ctx, p)
	case Slow:
		if !g.elapsed(rec, SlowFor) {
			p.State = payment.Processing
			return p, nil
		}
		return g.end(ctx, p, captureValue(p.Amount))
	default: // Unknown, and its time has come
		return g.end(ctx, p, captureValue(p.Amount))
	}
}

func (g *Gateway) atBank(ctx context.Context, p payment.Payment) (payment.Payment, error) {
	said, found, err := g.registers.Register(ctx, kindDetail, p.Ref+"|bank")
	switch {
	case err != nil:
		return payment.Payment{}, fmt.Errorf("get %s: %w", p.Ref, err)
	case !found:
		p.State = payment.NeedsAction
		p.Next = &payment.NextAction{Type: "redirect", URL: "/bank/" + p.Ref}
	case said == approved:
		p.State = payment.Authorised
	default:
		p.Decline = BankDeclined
	}
	return p, nil
}

// Approve is the customer's answer at the bank page. The first answer counts.
func (g *Gateway) Approve(ctx context.Context, ref string, ok bool) (payment.Payment, error) {
	p, err := g.Get(ctx, ref)
	if err != nil || p.State != payment.NeedsAction {
		return p, err
	}
	answer := declined
	if ok {
		answer = approved
	}
	if _, err := g.registers.PutOnce(ctx, kindDetail, ref+"|bank", answer); err != nil {
		return payment.Payment{}, fmt.Errorf("answer %s: %w", ref, err)
	}
	return g.Get(ctx, ref)
}

// Cancel ends an attempt unless its money has moved.
func (g *Gateway) Cancel(ctx context.Context, _, ref string) (payment.Payment, error) {
	p, err := g.Get(ctx, ref)
	if err != nil || p.State == payment.Captured || p.State == payment.Cancelled {
		return p, err
	}
	return g.end(ctx, p, cancelled)
}

// Capture takes the money of an authorised attempt; any other is returned as it is.
func (g *Gateway) Capture(ctx context.Context, _, ref string) (payment.Payment, error) {
	p, err := g.Get(ctx, ref)
	if err != nil || p.State != payment.Authorised {
		return p, err
	}
	return g.end(ctx, p, captureValue(p.Amount))
}

// CaptureRegister names the register that Capture would write.
func (g *Gateway) CaptureRegister(p payment.Payment) (kind, id, value string) {
	return booking.KindPayment, p.Ref, captureValue(p.Amount)
}

// ParseWebhook refuses: this provider sends none.
func (g *Gateway) ParseWebhook([]byte, string) (payment.Event, error) {
	return payment.Event{}, payment.ErrNoWebhook
}

// end writes the outcome unless there is one, and answers what it is.
func (g *Gateway) end(ctx context.Context, p payment.Payment, value string) (payment.Payment, error) {
	b, attempt, _ := parse(p.Ref)
	p.Booking, p.Attempt, p.Next = b, attempt, nil
	outcome, err := g.registers.PutOnce(ctx, booking.KindPayment, p.Ref, value)
	if err != nil {
		return payment.Payment{}, fmt.Errorf("end %s: %w", p.Ref, err)
	}
	g.forget(p.Ref)
	return withOutcome(p, outcome)
}

func (g *Gateway) record(ctx context.Context, ref string) (rec record, found bool, err error) {
	raw, found, err := g.registers.Register(ctx, kindDetail, ref+"|create")
	if err != nil || !found {
		return record{}, false, err
	}
	if err := json.Unmarshal([]byte(raw), &rec); err != nil {
		return record{}, false, fmt.Errorf("decode payment %s: %w", ref, err)
	}
	return rec, true, nil
}

func (g *Gateway) elapsed(rec record, d time.Duration) bool {
	return !g.clock.Now().Before(time.UnixMilli(rec.At).Add(d))
}

// remember keeps an authorisation that has no register. It is bounded; one that falls out, or is lost with the process,
// was never captured and needs its card again.
func (g *Gateway) remember(p payment.Payment) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.recent[p.Ref]; !ok {
		g.order = append(g.order, p.Ref)
	}
	g.recent[p.Ref] = p
	for len(g.order) > maxRecent {
		delete(g.recent, g.order[0])
		g.order = g.order[1:]
	}
}

func (g *Gateway) recall(ref string) (payment.Payment, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p, ok := g.recent[ref]
	return p, ok
}

func (g *Gateway) forget(ref string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.recent, ref)
}

// KnownToken tells whether a token is one that this provider takes; the empty one is Approve.
func (g *Gateway) KnownToken(token string) bool {
	switch token {
	case "", Approve:
		return true
	case Decline, Action, Slow, Unknown:
		return !g.plain
	default:
		return false
	}
}

// parse takes a reference apart.
func parse(ref string) (b ident.Booking, attempt int, ok bool) {
	rest, ok := strings.CutPrefix(ref, prefix)
	i := strings.LastIndexByte(rest, '_')
	if !ok || i <= 0 {
		return "", 0, false
	}
	attempt, err := strconv.Atoi(rest[i+1:])
	if err != nil || attempt < 1 || strconv.Itoa(attempt) != rest[i+1:] {
		return "", 0, false
	}
	if _, err := ident.ParseID(rest[:i]); err != nil {
		return "", 0, false
	}
	return ident.Booking(rest[:i]), attempt, true
}

// captureValue is the outcome of a capture with its amount, for example "captured 2500 GBP".
func captureValue(a money.Amount) string {
	return captured + " " + strconv.FormatInt(a.Minor, 10) + " " + a.Currency
}

func withOutcome(p payment.Payment, outcome string) (payment.Payment, error) {
	if outcome == cancelled {
		p.State = payment.Cancelled
		return p, nil
	}
	parts := strings.Split(outcome, " ")
	if len(parts) != 3 || parts[0] != captured {
		return payment.Payment{}, fmt.Errorf("payment %s has the outcome %q", p.Ref, outcome)
	}
	minor, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return payment.Payment{}, fmt.Errorf("payment %s has the outcome %q: %w", p.Ref, outcome, err)
	}
	p.State, p.Amount = payment.Captured, money.Of(minor, parts[2])
	return p, nil
}
