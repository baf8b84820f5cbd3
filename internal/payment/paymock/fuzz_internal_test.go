package paymock

import (
	"testing"

	"cinema/internal/clock"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/payment"
)

// FuzzReference: a payment reference that is accepted names one attempt of one booking, and only as RefFor writes it.
func FuzzReference(f *testing.F) {
	g := New(nil, clock.System{})
	for _, s := range []string{g.RefFor("bk_1", 1), "mock_", "mock__1", "mock_bk_1_0", "mock_bk_1_01", "mock_bk|1_1", "mock_bk_1_-1", "mock_bk_1_99999999999999999999", "other_bk_1_1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, attempt, ok := parse(s)
		if !ok {
			return
		}
		if _, err := ident.ParseID(string(b)); err != nil || attempt < 1 || g.RefFor(b, attempt) != s {
			t.Fatalf("%q is attempt %d of %q", s, attempt, b)
		}
	})
}

// FuzzOutcome: an outcome that is accepted is either the end of an attempt or a sum that would be written the same way.
func FuzzOutcome(f *testing.F) {
	for _, s := range []string{cancelled, captureValue(money.Of(2500, "GBP")), "captured", "captured 1", "captured x GBP", "captured -1 GBP", "captured 1 GBP ", "captured 9223372036854775808 GBP", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := withOutcome(payment.Payment{}, s)
		if err != nil || s == cancelled && p.State == payment.Cancelled {
			return
		}
		again, err := withOutcome(payment.Payment{}, captureValue(p.Amount))
		if p.State != payment.Captured || err != nil || again.Amount != p.Amount {
			t.Fatalf("%q is %+v, then %+v, %v", s, p, again, err)
		}
	})
}
