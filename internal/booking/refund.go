package booking

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"cinema/internal/money"
	"cinema/internal/payment"
)

// loudTries is how often a refund may be refused before somebody must look; it goes on all the same.
const loudTries = 10

// refund sends an intent's money back once. The provider's list is read first, so that a try which took effect without an answer is
// found. The same try is sent until the provider has answered it; a new one only after it said no.
func (s *Service) refund(ctx context.Context, b Booking, in intent, amount money.Amount) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, refundWindow)
	defer cancel()
	list, err := s.gateway.Refunds(ctx, in.Ref)
	if err != nil {
		return "", fmt.Errorf("list refunds of %s: %w", b.ID, err)
	}
	failed := 0
	for _, r := range list {
		if r.RefundID != in.RefundID {
			continue
		}
		switch r.State {
		case "failed":
			failed++
		case "succeeded":
			return r.ID, nil
		default:
			return "", fmt.Errorf("refund %s of %s is %s: %w", in.RefundID, b.ID, r.State, payment.ErrUnknown)
		}
	}
	retries, err := s.store.RegistersByPrefix(ctx, KindRetry, intentID(b.ID, in.RefundID)+"|")
	if err != nil {
		return "", err
	}
	try := 1 + max(failed, len(retries))
	if try%loudTries == 0 {
		s.alert(b, "a refund was refused again and again", "refund_id", in.RefundID, "tries", try)
	}
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("refund %s of %s: %w", in.RefundID, b.ID, err)
	}
	r, err := s.gateway.Refund(ctx, payment.RefundRequest{
		Key: "bk:" + string(b.ID) + ":refund:" + in.RefundID + ":" + strconv.Itoa(try), Ref: in.Ref, RefundID: in.RefundID, Amount: amount,
	})
	if errors.Is(err, payment.ErrRefused) || err == nil && r.State == "failed" {
		_, put := s.store.PutOnce(ctx, KindRetry, intentID(b.ID, in.RefundID)+"|"+strconv.Itoa(try), "refused")
		return "", errors.Join(fmt.Errorf("refund %s of %s was refused: %w", in.RefundID, b.ID, payment.ErrRefused), put)
	}
	if err != nil {
		return "", fmt.Errorf("refund %s of %s: %w", in.RefundID, b.ID, err)
	}
	if r.State != "succeeded" {
		return "", fmt.Errorf("refund %s of %s is %s: %w", in.RefundID, b.ID, r.State, payment.ErrUnknown)
	}
	return r.ID, nil
}
