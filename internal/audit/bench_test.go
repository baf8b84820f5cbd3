package audit_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/store/storesqlite"
)

// sold is a booking of two seats with what settles it.
func sold(n int64) (booking.Booking, booking.SettleRequest) {
	id := fmt.Sprintf("bk_%09d", n)
	show, seats, price, now := ident.Showtime(fmt.Sprintf("st_%d", n)), []ident.Seat{"A1", "A2"}, money.Of(1250, "GBP"), time.Now()
	b := booking.Booking{
		ID: ident.Booking(id), Reference: "K7M2-9QXD", User: ident.User("us_" + id), Owner: ident.User("us_" + id), Request: ident.Request("request-" + id),
		Showtime: show, Seats: seats, Amount: money.Of(2500, "GBP"), Fingerprint: id, Customer: booking.Customer{Email: id + "@example.com", Name: "Ada Lovelace"},
		Provider: "mock", CreatedAt: now, PayDeadline: now.Add(10 * time.Minute),
	}
	r := booking.SettleRequest{
		Booking: b.ID, PaymentRef: "pay_" + id, RegisterKind: booking.KindPayment, RegisterID: "pay_" + id, RegisterValue: "captured",
		Events: []booking.OutboxEvent{{
			ID: id + ":booking.success:1", Type: "booking.success", Showtime: show, Booking: b.ID, User: b.User, Seats: seats, Payload: []byte(`{"amount":2500}`), At: now,
		}},
	}
	for _, s := range seats {
		b.Lines = append(b.Lines, booking.Line{Seat: s, TicketType: "adult", TypeName: "Adult", Price: price})
		r.Tickets = append(r.Tickets, booking.Ticket{
			ID: ident.Ticket("tk_" + id + string(s)), Booking: b.ID, Showtime: show, Seat: s, TicketType: "adult", TypeName: "Adult", Price: price, Code: "CT1:X",
		})
	}
	return b, r
}

// side is a store that is sold from while its record is written, with a sealer beside it or without.
type side struct {
	store *storesqlite.Store
	next  atomic.Int64
	took  time.Duration
	sales int
	stop  func()
}

func newSide(b *testing.B, sealed bool) *side {
	b.Helper()
	s := &side{}
	var err error
	s.store, err = storesqlite.Open(b.Context(), storesqlite.Options{Dir: b.TempDir()})
	require.NoError(b, err)
	w := audit.New(audit.Deps{Store: s.store, Outbox: s.store, Clock: clock.System{}})
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	wait.Go(func() { _ = w.Run(ctx) })
	if sealed {
		keys, err := audit.NewKeys()
		require.NoError(b, err)
		sealer := audit.NewSealer(audit.SealerDeps{Chain: s.store, Keys: keys, Dir: b.TempDir(), Clock: clock.System{}})
		wait.Go(func() { _ = sealer.Run(ctx) })
	}
	s.stop = func() {
		cancel()
		wait.Wait()
		require.NoError(b, s.store.Close())
	}
	return s
}

// sell makes sales with so many buyers at once, and adds up how long they took.
func (s *side) sell(b *testing.B, buyers, sales int) {
	b.Helper()
	began, end := time.Now(), s.next.Load()+int64(sales)
	var wait sync.WaitGroup
	for range buyers {
		wait.Go(func() {
			for {
				n := s.next.Add(1)
				if n > end {
					return
				}
				want, settle := sold(n)
				if _, err := s.store.Reserve(b.Context(), want, 2); err != nil {
					b.Error(err)
					return
				}
				if _, result, err := s.store.Settle(b.Context(), settle); err != nil || result != booking.Settled {
					b.Error(result, err)
					return
				}
			}
		})
	}
	wait.Wait()
	s.next.Store(end)
	s.took += time.Since(began)
	s.sales += sales
}

// BenchmarkSale_beside_a_sealer compares durable sales whose events are recorded with and without a sealer beside them, in turns.
func BenchmarkSale_beside_a_sealer(b *testing.B) {
	for _, buyers := range []int{1, 32} {
		b.Run(fmt.Sprintf("buyers=%d", buyers), func(b *testing.B) {
			plain, sealed := newSide(b, false), newSide(b, true)
			defer plain.stop()
			defer sealed.stop()
			b.ResetTimer()
			for b.Loop() {
				plain.sell(b, buyers, 16*buyers)
				sealed.sell(b, buyers, 16*buyers)
			}
			b.ReportMetric(float64(plain.sales)/plain.took.Seconds(), "plain_sales/s")
			b.ReportMetric(float64(sealed.sales)/sealed.took.Seconds(), "sealed_sales/s")
			b.ReportMetric(sealed.took.Seconds()/plain.took.Seconds(), "ratio")
		})
	}
}

// BenchmarkSeal is how fast a sealer chains what waits.
func BenchmarkSeal(b *testing.B) {
	s, err := storesqlite.Open(b.Context(), storesqlite.Options{Dir: b.TempDir()})
	require.NoError(b, err)
	defer func() { require.NoError(b, s.Close()) }()
	keys, err := audit.NewKeys()
	require.NoError(b, err)
	sealer := audit.NewSealer(audit.SealerDeps{Chain: s, Keys: keys, Dir: b.TempDir(), Clock: clock.System{}})
	const many = 5000
	entries, rounds := 0, 0
	for b.Loop() {
		b.StopTimer()
		all := make([]audit.Entry, many)
		for i := range all {
			all[i] = audit.Entry{
				ID: fmt.Sprintf("st_1|%d|%d", rounds, i), Type: "seat.locked", Showtime: "st_1", User: "us_a", Seats: []ident.Seat{"A1", "A2"}, Payload: []byte(`{"seq":1}`), At: time.Now(),
			}
		}
		require.NoError(b, s.Append(b.Context(), all))
		entries, rounds = entries+many, rounds+1
		b.StartTimer()
		for more := true; more; {
			more, err = sealer.SealOnce(b.Context())
			require.NoError(b, err)
		}
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
	b.StopTimer()
	began := time.Now()
	r, err := audit.Verify(b.Context(), audit.VerifyDeps{Chain: s, Trusted: keys.Trusted(), Clock: clock.System{}})
	require.NoError(b, err)
	require.Nil(b, r.First)
	b.ReportMetric(float64(r.Links)/time.Since(began).Seconds(), "verified/s")
}
