package storesqlite_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/ident"
	"cinema/internal/money"
	"cinema/internal/store/storesqlite"
)

// pair is a booking of two seats with what settles it.
func pair(id string, showtime ident.Showtime, seats ...ident.Seat) (booking.Booking, booking.SettleRequest) {
	now := time.Date(2026, 10, 24, 18, 30, 0, 0, time.UTC)
	b := booking.Booking{
		ID: ident.Booking(id), Reference: "K7M2-9QXD", User: ident.User("us_" + id), Owner: ident.User("us_" + id), Request: ident.Request("request-" + id),
		Showtime: showtime, Seats: seats, Amount: money.Of(1250*int64(len(seats)), "GBP"), Fingerprint: id,
		Customer: booking.Customer{Email: id + "@example.com", Name: "Ada Lovelace"}, Provider: "mock", CreatedAt: now, PayDeadline: now.Add(10 * time.Minute),
	}
	r := booking.SettleRequest{
		Booking: b.ID, PaymentRef: "pay_" + id, RegisterKind: booking.KindPayment, RegisterID: "pay_" + id, RegisterValue: "captured",
		Events: []booking.OutboxEvent{{
			ID: id + ":booking.success:1", Type: "booking.success", Showtime: showtime, Booking: b.ID, User: b.User, Seats: seats, Payload: []byte(`{}`), At: now,
		}},
	}
	for _, s := range seats {
		price := money.Of(1250, "GBP")
		b.Lines = append(b.Lines, booking.Line{Seat: s, TicketType: "adult", TypeName: "Adult", Price: price})
		r.Tickets = append(r.Tickets, booking.Ticket{
			ID: ident.Ticket("tk_" + id + string(s)), Booking: b.ID, Showtime: showtime, Seat: s, TicketType: "adult", TypeName: "Adult", Price: price, Code: "CT1:X",
		})
	}
	return b, r
}

// BenchmarkSell is a durable sale of two seats, Reserve and Settle, by 1, 32 and 128 buyers at once, with synchronous=FULL.
func BenchmarkSell(b *testing.B) {
	for _, buyers := range []int{1, 32, 128} {
		b.Run(fmt.Sprintf("buyers=%d", buyers), func(b *testing.B) {
			var commits, next atomic.Int64
			s, err := storesqlite.Open(b.Context(), storesqlite.Options{Dir: b.TempDir(), Grouped: func(int) { commits.Add(1) }})
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, s.Close()) })
			b.ReportAllocs()
			b.ResetTimer()
			commits.Store(0)
			var wait sync.WaitGroup
			for range buyers {
				wait.Go(func() {
					for {
						n := next.Add(1)
						if n > int64(b.N) {
							return
						}
						want, settle := pair(fmt.Sprintf("bk_%08d", n), ident.Showtime(fmt.Sprintf("st_%d", n)), "A1", "A2")
						if res, err := s.Reserve(b.Context(), want, 2); err != nil || res.Outcome != booking.Reserved {
							b.Errorf("reserve: %v %v", res.Outcome, err)
							return
						}
						if _, result, err := s.Settle(b.Context(), settle); err != nil || result != booking.Settled {
							b.Errorf("settle: %v %v", result, err)
							return
						}
					}
				})
			}
			wait.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "bookings/s")
			b.ReportMetric(float64(commits.Load())/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64(2*b.N)/float64(commits.Load()), "acts/commit")
		})
	}
}

// BenchmarkImportSales is the speed at which demonstration data is written.
func BenchmarkImportSales(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s, err := storesqlite.Open(b.Context(), storesqlite.Options{Dir: b.TempDir()})
		require.NoError(b, err)
		var all []booking.Booking
		for n := range 8000 {
			want, settle := pair(fmt.Sprintf("bk_%06d", n), ident.Showtime(fmt.Sprintf("st_%d", n/100)),
				ident.Seat(fmt.Sprintf("A%d", n%100+1)), ident.Seat(fmt.Sprintf("B%d", n%100+1)), ident.Seat(fmt.Sprintf("C%d", n%100+1)))
			want.Status, want.Tickets = booking.Booked, settle.Tickets
			all = append(all, want)
		}
		b.StartTimer()
		n, err := s.ImportSales(b.Context(), all)
		require.NoError(b, err)
		require.Equal(b, len(all), n)
		b.StopTimer()
		require.NoError(b, s.Close())
		b.StartTimer()
	}
	b.ReportMetric(24000*float64(b.N)/b.Elapsed().Seconds(), "tickets/s")
}

// BenchmarkOpen is a start on an empty folder and on one that is up to date.
func BenchmarkOpen(b *testing.B) {
	b.Run("empty", func(b *testing.B) {
		for b.Loop() {
			s, err := storesqlite.Open(b.Context(), storesqlite.Options{Dir: b.TempDir()})
			require.NoError(b, err)
			require.NoError(b, s.Close())
		}
	})
	b.Run("current", func(b *testing.B) {
		dir := b.TempDir()
		for b.Loop() {
			s, err := storesqlite.Open(b.Context(), storesqlite.Options{Dir: dir})
			require.NoError(b, err)
			require.NoError(b, s.Close())
		}
	})
}

// BenchmarkLists is what the back office asks of a store that has been in use: 100,000 bookings, a page of 50.
func BenchmarkLists(b *testing.B) {
	s, err := storesqlite.Open(b.Context(), storesqlite.Options{Dir: b.TempDir()})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	const bookings = 100_000
	var last booking.Booking
	batch := make([]booking.Booking, 0, 1000)
	for n := range bookings {
		want, settle := pair(fmt.Sprintf("bk_%07d", n), ident.Showtime(fmt.Sprintf("st_%d", n/100)), ident.Seat(fmt.Sprintf("A%d", n%100+1)))
		want.CreatedAt = want.CreatedAt.Add(time.Duration(n) * time.Second)
		want.User, want.Status, want.Tickets = ident.User(fmt.Sprintf("us_%d", n%5000)), booking.Booked, settle.Tickets
		if batch = append(batch, want); len(batch) == cap(batch) {
			_, err := s.ImportSales(b.Context(), batch)
			require.NoError(b, err)
			batch, last = batch[:0], want
		}
	}
	for name, q := range map[string]booking.Query{
		"newest":     {},
		"deep_skip":  {Skip: 50_000},
		"deep_place": {Before: booking.Place{CreatedAt: last.CreatedAt.Add(-50_000 * time.Second), ID: last.ID}},
		"user":       {Users: []ident.User{"us_7"}},
		"showtime":   {Showtime: "st_500"},
		"status":     {Public: "FAILED"},
		"address":    {Text: "bk_0050000@example.com"},
		"name":       {Text: "lovelace ada"}, // every booking has this name: the worst there is
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_, _, err := s.Bookings(b.Context(), q)
				require.NoError(b, err)
			}
		})
	}
	b.Run("claims_of_a_showtime", func(b *testing.B) {
		for b.Loop() {
			claims, err := s.Claims(b.Context(), "st_500")
			require.NoError(b, err)
			require.Len(b, claims, 100)
		}
	})
}

// BenchmarkAppend compares the record's writes with their queue for the chain and without it, in turns.
func BenchmarkAppend(b *testing.B) {
	for _, batch := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("entries=%d", batch), func(b *testing.B) {
			var took [2]time.Duration
			var sides [2]*storesqlite.Store
			for i := range sides {
				var err error
				sides[i], err = storesqlite.Open(b.Context(), storesqlite.Options{Dir: b.TempDir()})
				require.NoError(b, err)
			}
			n := 0
			for b.Loop() {
				all := make([]audit.Entry, batch)
				for i := range all {
					all[i] = audit.Entry{
						ID: fmt.Sprintf("st_1|e|%09d", n), Type: "seat.locked", Showtime: "st_1", User: "us_a", Seats: []ident.Seat{"A1", "A2"},
						Payload: []byte(`{"epoch":"0123456789abcdef","seq":1}`), At: time.Now(),
					}
					n++
				}
				began := time.Now()
				require.NoError(b, sides[0].AppendUnqueued(b.Context(), all))
				took[0] += time.Since(began)
				began = time.Now()
				require.NoError(b, sides[1].Append(b.Context(), all))
				took[1] += time.Since(began)
				if n%4096 < batch {
					require.NoError(b, sides[1].SealEntries(b.Context(), nil, unsealed(b, sides[1]))) // the queue is short, as beside a sealer
				}
			}
			b.ReportMetric(float64(took[0].Nanoseconds())/float64(n), "plain_ns/entry")
			b.ReportMetric(float64(took[1].Nanoseconds())/float64(n), "queued_ns/entry")
			b.ReportMetric(took[1].Seconds()/took[0].Seconds(), "ratio")
			for _, s := range sides {
				require.NoError(b, s.Close())
			}
		})
	}
}

func unsealed(b *testing.B, s *storesqlite.Store) []audit.Waiting {
	b.Helper()
	all, err := s.Unsealed(b.Context(), audit.Waiting{}, 1<<20)
	require.NoError(b, err)
	return all
}
