// Package ratelimit says when somebody asks too often. The rule is the generic cell rate algorithm in whole numbers: one level per key that
// falls with time, no windows, a burst of the whole quota. Engines keep the levels; the Limiter asks the one that all processes share and
// falls back on this process's own.
package ratelimit

import (
	"context"
	"time"
)

// MaxCharges bounds the charges of one act.
const MaxCharges = 4

// Charge is one quota that an act is counted against.
type Charge struct {
	Name  string // of the quota
	Who   string // whose share of it: a user, an address
	Quota Quota
}

// Decision is the answer to one act. Its figures are those of the strictest charge: the one with the longest wait when the act is refused,
// else the one with the fewest acts left.
type Decision struct {
	OK         bool
	Of         int           // index of the strictest charge; -1: none of them has a limit
	Limit      int           // of its quota
	Remaining  int           // acts that could follow at once
	RetryAfter time.Duration // when refused: until the next act may happen
	Reset      time.Duration // until the whole quota is there again
}

// Engine keeps the levels. Implementations pass ratelimittest.
type Engine interface {
	// Spend counts one act against every charge, or against none of them when one refuses: a refused act costs nothing. At most
	// MaxCharges, no two with the same name and who. Charges without a limit are left out of account.
	// An error says that the engine could not judge; the act may have been counted.
	Spend(ctx context.Context, charges []Charge) (Decision, error)
}

// Judge makes the decision of the levels that an engine found: those after the act when it is counted, those before it when one of them
// leaves no room. There is a level for each charge; that of a charge without a limit does not matter.
func Judge(charges []Charge, levels []int64, counted bool) Decision {
	best := Decision{OK: counted, Of: -1}
	for i := range charges {
		if charges[i].Quota.none() {
			continue
		}
		u := charges[i].Quota.Units()
		d := Decision{OK: counted, Of: i, Limit: int(u.Limit), Reset: u.until(levels[i])}
		if counted {
			d.Remaining = int((u.full() - levels[i]) / u.Per)
		} else if over := levels[i] + u.Per - u.full(); over > 0 {
			d.RetryAfter = u.until(over)
		} else {
			continue // this one would have let the act pass
		}
		if best.Of < 0 || counted && d.Remaining < best.Remaining || d.RetryAfter > best.RetryAfter {
			best = d
		}
	}
	return best
}
