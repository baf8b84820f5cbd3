package ratelimit

import "time"

// Quota allows Limit acts per Per, at any spacing within it. The zero Quota allows everything. Per counts in whole milliseconds.
type Quota struct {
	Limit int
	Per   time.Duration
}

// Times returns the quota with its limit multiplied.
func (q Quota) Times(n int) Quota { return Quota{Limit: q.Limit * n, Per: q.Per} }

// none tells whether the quota allows everything.
func (q Quota) none() bool { return q.Limit <= 0 || q.Per <= 0 }

// Bounds of a quota. Their product stays below 2^53, so that every engine can count in whole numbers, one that has only doubles too.
const (
	MaxLimit = 100_000_000
	MaxPer   = 24 * time.Hour
)

// Units are a quota in whole numbers: an act adds Per to a key's level, each millisecond takes Limit off it, and the level never exceeds
// Limit × Per. Nothing is rounded, so that seven a minute are seven a minute after a year too.
type Units struct{ Limit, Per int64 }

// Units gives the quota's numbers, within the bounds.
func (q Quota) Units() Units {
	return Units{Limit: int64(min(max(q.Limit, 1), MaxLimit)), Per: min(max(q.Per, time.Millisecond), MaxPer).Milliseconds()}
}

// full is the highest level.
func (u Units) full() int64 { return u.Limit * u.Per }

// drain is what is left of a level after some milliseconds. A clock that went back gives nothing back.
func (u Units) drain(level, passed int64) int64 {
	return max(level-min(max(passed, 0), u.Per)*u.Limit, 0)
}

// until is how long a level takes to fall by so much, rounded up to a millisecond.
func (u Units) until(amount int64) time.Duration {
	return time.Duration((amount+u.Limit-1)/u.Limit) * time.Millisecond
}
