package booking_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/ident"
	"cinema/internal/payment/paymock"
	"cinema/internal/store/storesqlite"
	"cinema/internal/ticket"
)

// endless is a programme in which every identifier is a showtime of the same hall.
type endless struct{ *programme }

func (e endless) Detail(ctx context.Context, id ident.Showtime) (*catalog.Detail, error) {
	if id == "" {
		return nil, fault.New(fault.NotFound, "showtime_not_found", "")
	}
	return e.programme.Detail(ctx, show)
}

// BenchmarkConfirm sells two seats durably: hold, reserve, capture, tickets, flip, on SQLite with full synchronisation.
func BenchmarkConfirm(b *testing.B) {
	for _, buyers := range []int{1, 32, 128} {
		b.Run(fmt.Sprintf("buyers=%d", buyers), func(b *testing.B) {
			c := clock.System{}
			var acts, commits atomic.Int64
			store, err := storesqlite.Open(context.Background(), storesqlite.Options{Dir: b.TempDir(), Clock: c, Grouped: func(n int) {
				acts.Add(int64(n))
				commits.Add(1)
			}})
			require.NoError(b, err)
			fixed := newProgramme(b, c)
			fixed.detail.Showtime.SalesCloseAt = time.Now().Add(24 * time.Hour)
			fixed.detail.Showtime.EndsAt = time.Now().Add(24 * time.Hour)
			fixed.detail.Showtime.StartsAt = time.Now().Add(22 * time.Hour)
			p := endless{fixed}
			ring, err := ticket.OpenRing(context.Background(), store)
			require.NoError(b, err)
			holds := hold.NewKeeper(holdmem.New(c), booking.NewSource(store, p, c))
			s, err := booking.New(context.Background(), booking.Deps{
				Store: store, Holds: holds, Programme: p, Gateway: paymock.New(store, c), Signer: ring, Clock: c,
			})
			require.NoError(b, err)
			var next atomic.Int64
			b.SetParallelism(buyers)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := next.Add(1)
					id, u, r := ident.Showtime(fmt.Sprintf("st_%d", n/7)), ident.User(fmt.Sprintf("u_%d", n)), ident.Request(fmt.Sprintf("request-%d", n))
					seats := fixed.detail.Layout.Seats()[2*(n%7) : 2*(n%7)+2]
					_, err := holds.Lock(context.Background(), hold.LockRequest{
						Showtime: id, Owner: u, Request: r, Seats: seats, TTL: 5 * time.Minute, MaxSeats: 8, MaxHold: 25 * time.Minute,
					})
					if err != nil {
						b.Error(err)
						return
					}
					ask := ask(u, r, paymock.Approve, seats...)
					ask.Showtime = id
					res, err := s.Confirm(context.Background(), ask)
					if err != nil || res.Booking.Status != booking.Booked {
						b.Error(err, res.Booking.Status)
						return
					}
				}
			})
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sales/s")
			b.ReportMetric(float64(acts.Load())/float64(max(commits.Load(), 1)), "acts/commit")
			require.NoError(b, store.Close())
		})
	}
}
