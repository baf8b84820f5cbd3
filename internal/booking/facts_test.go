package booking_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/booking"
	"cinema/internal/payment/paymock"
)

// TestFacts_only_forward adds facts in every order that the protocol allows: the derived status never goes back, an end stays.
func TestFacts_only_forward(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := booking.Facts{Tickets: rapid.IntRange(1, 8).Draw(t, "tickets")}
		require.Equal(t, booking.Reserving, f.Status())
		for range 30 {
			before := f.Status()
			switch rapid.IntRange(0, 5).Draw(t, "fact") {
			case 0:
				if f.Seal == "" {
					f.Seal = rapid.SampledFrom([]booking.SealValue{booking.SealReserved, booking.SealRejected, booking.SealMoved}).Draw(t, "seal")
				}
			case 1: // the provider captures what was not cancelled
				f.Captured = f.Captured || f.Seal == booking.SealReserved && !f.Closed
			case 2: // VOID is written after the provider cancelled
				f.Closed = f.Closed || f.Seal == booking.SealReserved && !f.Captured
			case 3:
				if f.Captured && f.Void < f.Tickets {
					f.Void++
				}
			case 4:
				if f.Refunded < f.Void {
					f.Refunded++
				}
			case 5: // late money, and its refund
				if f.Closed {
					f.Captured, f.Void, f.Refunded = true, f.Tickets, f.Tickets
				}
			}
			after := f.Status()
			require.GreaterOrEqual(t, after.Rank(), before.Rank(), "%s became %s", before, after)
			if before.Terminal() {
				require.Equal(t, before, after)
			}
		}
	})
}

// TestVerify tells each broken promise apart.
func TestVerify(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mustLock(alice, req, "A1", "A2")
	s := w.service()
	res, err := s.Confirm(t.Context(), ask(alice, req, paymock.Approve, "A1", "A2"))
	require.NoError(t, err)
	w.mustLock(bob, "request-2", "A3")
	open, err := s.Confirm(t.Context(), ask(bob, "request-2", paymock.Action, "A3"))
	require.NoError(t, err)
	found, err := s.Verify(t.Context(), show)
	require.NoError(t, err)
	require.Empty(t, found)

	delete(w.store.claims, string(show)+"|A2")
	w.store.registers["payment/"+w.mock().RefFor(res.Booking.ID, 1)] = "cancelled"
	b := w.store.bookings[open.Booking.ID]
	b.Status = booking.Failed
	w.store.bookings[b.ID] = b
	found, err = s.Verify(t.Context(), show)
	require.NoError(t, err)
	broken := map[string]int{}
	for _, f := range found {
		broken[f.Invariant]++
	}
	require.Equal(t, map[string]int{"I1": 1, "I3": 2, "I12": 1}, broken)
}
