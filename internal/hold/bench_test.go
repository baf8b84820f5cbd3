package hold_test

import (
	"testing"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/ident"
)

func benchHouse(b *testing.B) *hold.Service {
	b.Helper()
	c := clock.System{}
	d := detail(b, show)
	d.Showtime.OnSaleAt, d.Showtime.StartsAt = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	d.Showtime.SalesCloseAt, d.Showtime.EndsAt = d.Showtime.StartsAt, d.Showtime.StartsAt.Add(2*time.Hour)
	p := &programme{clock: c}
	p.shows = map[ident.Showtime]*catalog.Detail{show: d}
	return hold.NewService(hold.NewKeeper(holdmem.New(c), &source{programme: p}), p, c, hold.Limits{})
}

// BenchmarkService_Lock holds two seats with all rules, quote and warnings, and gives them back.
func BenchmarkService_Lock(b *testing.B) {
	s, who, seats := benchHouse(b), hold.Caller{User: ada}, []ident.Seat{"C4", "C5"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Lock(b.Context(), who, show, tab1, seats); err != nil {
			b.Fatal(err)
		}
		if _, err := s.Release(b.Context(), who, show, tab1, seats); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkService_Conflict is refused with alternatives.
func BenchmarkService_Conflict(b *testing.B) {
	s, seats := benchHouse(b), []ident.Seat{"C4", "C5"}
	if _, err := s.Lock(b.Context(), hold.Caller{User: ada}, show, tab1, seats); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Lock(b.Context(), hold.Caller{User: bob}, show, tab1, seats); err == nil {
			b.Fatal("the seats were held twice")
		}
	}
}

// BenchmarkService_Best chooses two seats, holds them and gives them back.
func BenchmarkService_Best(b *testing.B) {
	s, who := benchHouse(b), hold.Caller{User: ada}
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Best(b.Context(), who, show, hold.BestRequest{Count: 2, Request: tab1})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Release(b.Context(), who, show, tab1, r.Seats); err != nil {
			b.Fatal(err)
		}
	}
}
