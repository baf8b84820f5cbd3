package paymock

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"cinema/internal/money"
	"cinema/internal/payment"
)

// refund is one register of the sequence <reference>|refund|1, 2, 3, …: sticky numbers make the sum safe against races.
type refund struct {
	Key      string `json:"key"`
	RefundID string `json:"refund_id"`
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
	At       int64  `json:"at"` // unix ms
}

func (r refund) public(ref string, n int) payment.Refund {
	return payment.Refund{
		ID:       ref + "_r" + strconv.Itoa(n),
		RefundID: r.RefundID,
		Amount:   money.Of(r.Minor, r.Currency),
		State:    "succeeded",
		At:       time.UnixMilli(r.At).UTC(),
	}
}

// Refund gives money back at once. The same key gives the same refund; more than was captured is refused.
func (g *Gateway) Refund(ctx context.Context, r payment.RefundRequest) (payment.Refund, error) {
	p, err := g.Get(ctx, r.Ref)
	if err != nil {
		return payment.Refund{}, err
	}
	if p.State != payment.Captured {
		return payment.Refund{}, fmt.Errorf("%w: payment %s is not captured", payment.ErrRefused, r.Ref)
	}
	if r.Amount.Minor <= 0 || r.Amount.Currency != p.Amount.Currency {
		return payment.Refund{}, fmt.Errorf("%w: refund of %s", payment.ErrRefused, r.Amount)
	}
	wanted := refund{Key: r.Key, RefundID: r.RefundID, Minor: r.Amount.Minor, Currency: r.Amount.Currency, At: g.clock.Now().UnixMilli()}
	raw, err := json.Marshal(wanted)
	if err != nil {
		return payment.Refund{}, fmt.Errorf("encode refund of %s: %w", r.Ref, err)
	}
	var sum int64
	for n := 1; n <= maxRefunds; n++ {
		have, found, err := g.refund(ctx, r.Ref, n)
		if err != nil {
			return payment.Refund{}, err
		}
		if !found {
			if sum+wanted.Minor > p.Amount.Minor {
				return payment.Refund{}, fmt.Errorf("%w: refunds of %s exceed the payment", payment.ErrRefused, r.Ref)
			}
			if have, err = g.putRefund(ctx, r.Ref, n, string(raw)); err != nil {
				return payment.Refund{}, err
			}
		}
		if have.Key == r.Key {
			return sameRefund(have, wanted, r.Ref, n)
		}
		sum += have.Minor
	}
	return payment.Refund{}, fmt.Errorf("%w: too many refunds of %s", payment.ErrRefused, r.Ref)
}

// Refunds lists the refunds of a payment, oldest first.
func (g *Gateway) Refunds(ctx context.Context, ref string) ([]payment.Refund, error) {
	var out []payment.Refund
	for n := 1; n <= maxRefunds; n++ {
		have, found, err := g.refund(ctx, ref, n)
		if err != nil || !found {
			return out, err
		}
		out = append(out, have.public(ref, n))
	}
	return out, nil
}

func sameRefund(have, wanted refund, ref string, n int) (payment.Refund, error) {
	if have.RefundID != wanted.RefundID || have.Minor != wanted.Minor {
		return payment.Refund{}, fmt.Errorf("%w: the key belongs to another refund of %s", payment.ErrRefused, ref)
	}
	return have.public(ref, n), nil
}

func (g *Gateway) refund(ctx context.Context, ref string, n int) (refund, bool, error) {
	raw, found, err := g.registers.Register(ctx, kindDetail, refundID(ref, n))
	if err != nil || !found {
		return refund{}, false, err
	}
	r, err := decodeRefund(raw, ref)
	return r, err == nil, err
}

func (g *Gateway) putRefund(ctx context.Context, ref string, n int, raw string) (refund, error) {
	stored, err := g.registers.PutOnce(ctx, kindDetail, refundID(ref, n), raw)
	if err != nil {
		return refund{}, fmt.Errorf("refund %s: %w", ref, err)
	}
	return decodeRefund(stored, ref)
}

func decodeRefund(raw, ref string) (r refund, err error) {
	if err := json.Unmarshal([]byte(raw), &r); err != nil {
		return refund{}, fmt.Errorf("decode refund of %s: %w", ref, err)
	}
	return r, nil
}

func refundID(ref string, n int) string { return ref + "|refund|" + strconv.Itoa(n) }
