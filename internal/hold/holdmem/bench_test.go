package holdmem_test

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/hold/holdtest"
	"cinema/internal/ident"
)

func hydrated(b *testing.B) (*holdmem.Engine, hold.Room) {
	b.Helper()
	e := holdmem.New(clock.System{})
	room := holdtest.Room("st_bench", time.Now().Add(3*time.Hour))
	if _, err := e.Hydrate(b.Context(), hold.HydrateRequest{Room: room, Epoch: "bench"}); err != nil {
		b.Fatal(err)
	}
	return e, room
}

func lockRequest(owner ident.User, seats []ident.Seat) hold.LockRequest {
	return hold.LockRequest{
		Showtime: "st_bench", Owner: owner, Request: "req-0123456789", Seats: seats,
		TTL: 5 * time.Minute, MaxSeats: 8, MaxHold: 25 * time.Minute,
	}
}

// BenchmarkLock takes two free seats. The room is emptied outside the clock whenever it is full.
func BenchmarkLock(b *testing.B) {
	e, room := hydrated(b)
	pairs := len(room.Seats) / 2
	owners := make([]ident.User, pairs)
	for i := range owners {
		owners[i] = ident.User(fmt.Sprintf("usr_%026d", i))
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n == pairs {
			b.StopTimer()
			release(b, e, room, owners)
			n = 0
			b.StartTimer()
		}
		if _, err := e.Lock(b.Context(), lockRequest(owners[n], room.Seats[2*n:2*n+2])); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

func release(b *testing.B, e *holdmem.Engine, room hold.Room, owners []ident.User) {
	b.Helper()
	for i, owner := range owners {
		q := hold.ReleaseRequest{Showtime: room.Showtime, Owner: owner, Seats: room.Seats[2*i : 2*i+2]}
		if _, err := e.Release(b.Context(), q); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLockRelease takes two seats and gives them back.
func BenchmarkLockRelease(b *testing.B) {
	e, room := hydrated(b)
	seats := room.Seats[10:12]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Lock(b.Context(), lockRequest("usr_bench", seats)); err != nil {
			b.Fatal(err)
		}
		if _, err := e.Release(b.Context(), hold.ReleaseRequest{Showtime: room.Showtime, Owner: "usr_bench", Seats: seats}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkContended is many callers that want the same two seats of one showtime.
func BenchmarkContended(b *testing.B) {
	e, room := hydrated(b)
	seats := room.Seats[10:12]
	var callers atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		q := lockRequest(ident.User(fmt.Sprintf("usr_%026d", callers.Add(1))), seats)
		for pb.Next() {
			_, err := e.Lock(b.Context(), q)
			if _, conflict := errors.AsType[*hold.ConflictError](err); err != nil && !conflict {
				b.Error(err)
			}
		}
	})
}

// BenchmarkSnapshot reads a room of 300 seats, a third of them held and a third sold.
func BenchmarkSnapshot(b *testing.B) {
	e, room := hydrated(b)
	for i := 0; i+2 <= 100; i += 2 {
		owner := ident.User(fmt.Sprintf("usr_%026d", i))
		if _, err := e.Lock(b.Context(), lockRequest(owner, room.Seats[i:i+2])); err != nil {
			b.Fatal(err)
		}
	}
	q := hold.ConfirmRequest{Showtime: room.Showtime, Owner: "usr_b", Request: "req-0123456789", Booking: "bk_1", Seats: room.Seats[100:200]}
	if _, err := e.Confirm(b.Context(), q); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Snapshot(b.Context(), room); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkIdleRoom hydrates showtimes of one hall and reports what each costs in memory while nobody touches it.
func BenchmarkIdleRoom(b *testing.B) {
	e := holdmem.New(clock.System{})
	end := time.Now().Add(3 * time.Hour)
	seats := holdtest.Room("st_bench", end).Seats
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for b.Loop() {
		n++
		room := hold.Room{Showtime: ident.Showtime(fmt.Sprintf("st_%d", n)), Seats: seats, End: end}
		if _, err := e.Hydrate(b.Context(), hold.HydrateRequest{Room: room, Epoch: "bench"}); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "B/room")
	runtime.KeepAlive(e)
}
