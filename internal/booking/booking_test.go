package booking_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/booking"
	"cinema/internal/ident"
	"cinema/internal/payment/paymock"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	public := map[booking.Status]string{
		booking.Reserving: "PENDING", booking.Pending: "PENDING", booking.Paid: "PENDING", booking.Voiding: "PENDING", booking.Booked: "BOOKED",
		booking.Cancelling: "CANCELLED", booking.Cancelled: "CANCELLED", booking.Failed: "FAILED",
	}
	for s, want := range public {
		require.Equal(t, want, s.Public())
		require.Equal(t, want == "PENDING", s.Open(), s)
		require.Equal(t, s == booking.Cancelled || s == booking.Failed, s.Terminal(), s)
	}
	require.Negative(t, booking.Status("").Rank())
}

// TestReference reads what people make of a reference, and refuses one wrong character.
func TestReference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := ident.Booking("bk_" + rapid.StringMatching(`[0-9a-z]{26}`).Draw(t, "id"))
		ref := booking.Reference(id)
		require.Regexp(t, `^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`, ref)
		typed := strings.NewReplacer("0", "o", "1", rapid.SampledFrom([]string{"i", "l", "1"}).Draw(t, "one")).Replace(strings.ToLower(ref))
		if rapid.Bool().Draw(t, "without dash") {
			typed = " " + strings.ReplaceAll(typed, "-", " ") + " "
		}
		got, ok := booking.ParseReference(typed)
		require.True(t, ok, typed)
		require.Equal(t, ref, got)

		at := rapid.IntRange(0, len(ref)-1).Draw(t, "at")
		letter := rapid.SampledFrom([]byte("0123456789ABCDEFGHJKMNPQRSTVWXYZ")).Draw(t, "letter")
		if ref[at] != '-' && ref[at] != letter {
			_, ok = booking.ParseReference(ref[:at] + string(letter) + ref[at+1:])
			require.False(t, ok)
		}
	})
	for _, bad := range []string{"", "K7M2", "K7M2-9QX", "K7M2-9QXDD", "U7M2-9QXD", "Ä7M2-9QX"} {
		_, ok := booking.ParseReference(bad)
		require.False(t, ok, bad)
	}
}

// TestService_any_order plays random acts of two customers, the bank, the clock, the reconciler and crashes against each other. After
// each act no status has gone back and no seat has two owners; in the end everything is explained.
func TestService_any_order(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		y := &play{w: w, s: w.service(), p: &process{}, acked: map[ident.Booking]bool{}}
		ranks := map[ident.Booking]int{}
		cancelled := map[ident.Booking]bool{}
		people := []ident.User{alice, bob}
		tokens := []string{paymock.Approve, paymock.Decline, paymock.Action, paymock.Slow, paymock.Unknown}
		person := func() ident.User { return rapid.SampledFrom(people).Draw(rt, "person") }
		some := func() []ident.Seat {
			n := rapid.IntRange(1, 2).Draw(rt, "seats")
			from := rapid.IntRange(1, 4).Draw(rt, "from")
			return []ident.Seat{"A1", "A2", "A3", "A4", "A5", "A6"}[from : from+n]
		}
		request := func() ident.Request {
			return rapid.SampledFrom([]ident.Request{"request-1", "request-2"}).Draw(rt, "request")
		}
		one := func() (booking.Booking, bool) {
			all := w.store.all()
			if len(all) == 0 {
				return booking.Booking{}, false
			}
			return rapid.SampledFrom(all).Draw(rt, "booking"), true
		}
		rt.Repeat(map[string]func(*rapid.T){
			"lock": func(*rapid.T) { _ = w.lock(person(), request(), some()...) },
			"confirm": func(*rapid.T) {
				y.ack(y.s.Confirm(context.Background(), ask(person(), request(), rapid.SampledFrom(tokens).Draw(rt, "token"), some()...)))
			},
			"settle": func(*rapid.T) {
				if b, ok := one(); ok {
					y.ack(y.s.Settle(context.Background(), booking.Caller{User: b.User}, b.ID, rapid.SampledFrom(append(tokens, "")).Draw(rt, "token")))
				}
			},
			"cancel": func(*rapid.T) {
				if b, ok := one(); ok {
					cancelled[b.ID] = true
					_, _ = y.s.Cancel(context.Background(), booking.CancelRequest{Caller: booking.Caller{User: b.User}, Booking: b.ID})
				}
			},
			"bank": func(*rapid.T) {
				if b, ok := one(); ok {
					_, _ = w.mock().Approve(context.Background(), w.mock().RefFor(b.ID, 1), rapid.Bool().Draw(rt, "ok"))
				}
			},
			"wait":      func(*rapid.T) { y.reconcile(w.patience(rt)) },
			"lose":      func(*rapid.T) { w.engine.Lose() },
			"restart":   func(*rapid.T) { y.s = w.service() },
			"reconcile": func(*rapid.T) { _, _ = y.s.RunOnce(context.Background()) },
			"": func(*rapid.T) {
				for _, b := range w.store.all() {
					require.GreaterOrEqual(t, b.Status.Rank(), ranks[b.ID], "%s went back to %s", b.ID, b.Status)
					ranks[b.ID] = b.Status.Rank()
				}
			},
		})
		w.converge()
		for id := range y.acked {
			b, err := w.store.Booking(context.Background(), id)
			require.NoError(t, err)
			require.True(t, b.Status == booking.Booked || cancelled[id] && b.Status == booking.Cancelled, "%s was acknowledged and is %s", id, b.Status)
		}
		y.settledUp(t, "in the end")
	})
}
