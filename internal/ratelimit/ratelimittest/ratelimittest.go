// Package ratelimittest is the court of the ratelimit.Engine port: behaviour, figures, exact rates, contention, and a comparison with a
// reference that counts in fractions.
package ratelimittest

import (
	"context"
	"fmt"
	"math/big"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/ratelimit"
)

// Harness is an engine under test and its clock, which stands until it is moved.
type Harness struct {
	Engine  ratelimit.Engine
	Advance func(d time.Duration) // may be negative
}

// Run judges an engine. open makes a fresh one.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	cases := map[string]func(*testing.T, *stage){
		"a burst of the whole quota, then one per step": burst, "a refused act costs nothing": refusalIsFree, "all charges or none": together,
		"the strictest charge is told": strictest, "names and people do not share": apart, "no limit, no account": unlimited,
		"no drift": noDrift, "the largest quota": largest, "a clock set back": setBack, "contention": contention, "reference": reference,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, &stage{Harness: open(t), t: t})
		})
	}
}

type stage struct {
	Harness
	t *testing.T
}

func (s *stage) spend(charges ...ratelimit.Charge) ratelimit.Decision {
	s.t.Helper()
	d, err := s.Engine.Spend(s.t.Context(), charges)
	require.NoError(s.t, err)
	return d
}

func of(name, who string, limit int, per time.Duration) ratelimit.Charge {
	return ratelimit.Charge{Name: name, Who: who, Quota: ratelimit.Quota{Limit: limit, Per: per}}
}

func burst(t *testing.T, s *stage) {
	t.Helper()
	c := of("lock", "a", 3, time.Minute)
	for i := range 3 {
		d := s.spend(c)
		require.Equal(t, ratelimit.Decision{OK: true, Limit: 3, Remaining: 2 - i, Reset: time.Duration(i+1) * 20 * time.Second}, d)
	}
	require.Equal(t, ratelimit.Decision{Limit: 3, RetryAfter: 20 * time.Second, Reset: time.Minute}, s.spend(c))
	s.Advance(20*time.Second - time.Millisecond)
	require.Equal(t, time.Millisecond, s.spend(c).RetryAfter)
	s.Advance(time.Millisecond)
	require.True(t, s.spend(c).OK)
	require.False(t, s.spend(c).OK)
	s.Advance(time.Hour)
	require.Equal(t, 2, s.spend(c).Remaining, "a long rest gives the whole quota and no more")
}

func refusalIsFree(t *testing.T, s *stage) {
	t.Helper()
	c := of("lock", "a", 1, time.Minute)
	require.True(t, s.spend(c).OK)
	for range 100 {
		require.Equal(t, time.Minute, s.spend(c).RetryAfter)
	}
	s.Advance(time.Minute)
	require.True(t, s.spend(c).OK)
}

func together(t *testing.T, s *stage) {
	t.Helper()
	user, address := of("lock", "u:ada", 5, time.Minute), of("lock", "a:1", 2, time.Minute)
	require.True(t, s.spend(user, address).OK)
	require.True(t, s.spend(user, address).OK)
	for range 10 {
		require.False(t, s.spend(user, address).OK)
	}
	require.Equal(t, 2, s.spend(user).Remaining, "what the address refused was not counted against the user")
	other := of("lock", "a:2", 10, time.Minute)
	for range 2 {
		require.True(t, s.spend(user, other).OK)
	}
	require.False(t, s.spend(user, other).OK)
	require.Equal(t, 7, s.spend(other).Remaining, "what the user's own quota refused was not counted against the address")
}

func strictest(t *testing.T, s *stage) {
	t.Helper()
	small, large := of("lock", "u", 3, time.Minute), of("lock", "a", 60, time.Minute)
	d := s.spend(small, large)
	require.Equal(t, []int{0, 2, 3}, []int{d.Of, d.Remaining, d.Limit})
	require.Equal(t, 1, s.spend(large, small).Of, "by its figures, not by its place")
	s.spend(small)
	slow := of("lock", "slow", 1, time.Hour)
	require.True(t, s.spend(slow).OK)
	d = s.spend(small, slow, large)
	require.Equal(t, ratelimit.Decision{Of: 1, Limit: 1, RetryAfter: time.Hour, Reset: time.Hour}, d, "both refuse: the longer wait is told")
	d = s.spend(small, large)
	require.Equal(t, []any{false, 0, 20 * time.Second}, []any{d.OK, d.Of, d.RetryAfter}, "the one that refuses is told")
}

func apart(t *testing.T, s *stage) {
	t.Helper()
	for _, c := range []ratelimit.Charge{of("lock", "a", 1, time.Minute), of("lock", "b", 1, time.Minute), of("confirm", "a", 1, time.Minute), of("loc", "ka", 1, time.Minute)} {
		require.True(t, s.spend(c).OK, c)
		require.False(t, s.spend(c).OK, c)
	}
}

func unlimited(t *testing.T, s *stage) {
	t.Helper()
	one := of("lock", "a", 1, time.Minute)
	for range 100 {
		require.Equal(t, ratelimit.Decision{OK: true, Of: -1}, s.spend(ratelimit.Charge{Name: "x", Who: "a"}))
		require.True(t, s.spend().OK)
	}
	require.Equal(t, 1, s.spend(ratelimit.Charge{Name: "x", Who: "a"}, one).Of)
	require.False(t, s.spend(one, ratelimit.Charge{Name: "x", Who: "a"}).OK)
}

// noDrift: seven acts a minute do not divide a minute, and are still exactly seven in every one.
func noDrift(t *testing.T, s *stage) {
	t.Helper()
	c := of("lock", "a", 7, time.Minute)
	for range 7 {
		require.True(t, s.spend(c).OK)
	}
	for minute := range 20 {
		s.Advance(time.Minute - time.Millisecond)
		for i := range 6 {
			require.True(t, s.spend(c).OK, "minute %d, act %d", minute, i)
		}
		require.Equal(t, time.Millisecond, s.spend(c).RetryAfter, "minute %d", minute)
		s.Advance(time.Millisecond)
		require.True(t, s.spend(c).OK, "minute %d", minute)
	}
}

func largest(t *testing.T, s *stage) {
	t.Helper()
	c := of("x", "a", ratelimit.MaxLimit, ratelimit.MaxPer)
	for i := range 3 {
		d := s.spend(c)
		require.Equal(t, ratelimit.Decision{OK: true, Limit: ratelimit.MaxLimit, Remaining: ratelimit.MaxLimit - 1 - i, Reset: d.Reset}, d)
	}
	s.Advance(time.Millisecond)
	require.Equal(t, ratelimit.MaxLimit-3, s.spend(c).Remaining)
	rare := of("x", "b", 1, ratelimit.MaxPer)
	require.True(t, s.spend(rare).OK)
	s.Advance(ratelimit.MaxPer - time.Millisecond)
	require.Equal(t, time.Millisecond, s.spend(rare).RetryAfter)
}

// setBack: a clock that was wrong by an hour gives nothing back, and locks nobody out for that hour.
func setBack(t *testing.T, s *stage) {
	t.Helper()
	c := of("lock", "a", 2, time.Minute)
	require.True(t, s.spend(c).OK)
	require.True(t, s.spend(c).OK)
	s.Advance(-time.Hour)
	require.Equal(t, 30*time.Second, s.spend(c).RetryAfter)
	s.Advance(30 * time.Second)
	require.True(t, s.spend(c).OK)
	require.False(t, s.spend(c).OK)
}

// contention: many at once get the quota and not one act more.
func contention(t *testing.T, s *stage) {
	t.Helper()
	const people, tries, limit = 8, 40, 50
	var allowed atomic.Int64
	var wg sync.WaitGroup
	barrier := make(chan struct{})
	for p := range people {
		wg.Go(func() {
			<-barrier
			mine := of("lock", fmt.Sprint("u:", p), limit, time.Hour)
			for range tries {
				d, err := s.Engine.Spend(context.Background(), []ratelimit.Charge{mine, of("lock", "a:1", limit, time.Hour)})
				if err == nil && d.OK {
					allowed.Add(1)
				}
			}
		})
	}
	close(barrier)
	wg.Wait()
	require.EqualValues(t, limit, allowed.Load())
	left := 0
	for p := range people {
		left += limit - s.spend(of("lock", fmt.Sprint("u:", p), limit, time.Hour)).Remaining - 1
	}
	require.Equal(t, limit, left, "nobody was charged for a refused act")
}

// reference compares random acts with a model in fractions.
func reference(t *testing.T, s *stage) {
	t.Helper()
	run := 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		quotas := []ratelimit.Quota{
			{Limit: rapid.IntRange(1, 12).Draw(r, "user limit"), Per: time.Duration(rapid.IntRange(1, 90_000).Draw(r, "user ms")) * time.Millisecond},
			{Limit: rapid.IntRange(1, 30).Draw(r, "address limit"), Per: time.Duration(rapid.IntRange(1, 90_000).Draw(r, "address ms")) * time.Millisecond},
		}
		charges := []ratelimit.Charge{
			{Name: "reference", Who: fmt.Sprint("u:", run), Quota: quotas[0]}, {Name: "reference", Who: fmt.Sprint("a:", run), Quota: quotas[1]},
		}
		m := newModel(quotas)
		for i := range rapid.IntRange(1, 40).Draw(r, "acts") {
			wait := rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 20_000)).Draw(r, "wait ms")
			s.Advance(time.Duration(wait) * time.Millisecond)
			m.pass(int64(wait))
			d, err := s.Engine.Spend(context.Background(), charges)
			if err != nil {
				r.Fatal(err)
			}
			if want := m.spend(); d.OK != want {
				r.Fatalf("act %d: %+v, the model says %t", i, d, want)
			}
		}
	})
}

// model is a bucket of acts for each quota, in fractions.
type model struct {
	quotas []ratelimit.Quota
	free   []*big.Rat // acts that may follow at once
}

func newModel(quotas []ratelimit.Quota) *model {
	m := &model{quotas: quotas}
	for _, q := range quotas {
		m.free = append(m.free, big.NewRat(int64(q.Limit), 1))
	}
	return m
}

func (m *model) pass(ms int64) {
	for i, q := range m.quotas {
		m.free[i].Add(m.free[i], big.NewRat(ms*int64(q.Limit), q.Per.Milliseconds()))
		if whole := big.NewRat(int64(q.Limit), 1); m.free[i].Cmp(whole) > 0 {
			m.free[i] = whole
		}
	}
}

func (m *model) spend() bool {
	one := big.NewRat(1, 1)
	for i := range m.free {
		if m.free[i].Cmp(one) < 0 {
			return false
		}
	}
	for i := range m.free {
		m.free[i].Sub(m.free[i], one)
	}
	return true
}
