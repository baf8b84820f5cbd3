package booking

import "sync/atomic"

// Stats are the counters since the start.
type Stats struct {
	Booked     uint64 // bookings that became BOOKED here
	Declined   uint64 // refused cards
	Conflicts  uint64 // reservations that lost a seat
	Failed     uint64 // bookings that ended unpaid
	Refunds    uint64 // refunds recorded
	Slow       uint64 // answers given while the work went on
	Refused    uint64 // works refused because too many were under way
	Panics     uint64
	HoldErrors uint64 // hold engine calls after the sale that failed; repaired later
	Passes     uint64 // reconciliation passes
	P0         uint64 // money without seats: somebody must look
	InFlight   int    // works under way now
}

type counters struct {
	booked, declined, conflicts, failed, refunds, slow, refused, panics, holdErrors, passes, p0 atomic.Uint64
}

// Stats reads the counters.
func (s *Service) Stats() Stats {
	c := &s.stats
	return Stats{
		Booked: c.booked.Load(), Declined: c.declined.Load(), Conflicts: c.conflicts.Load(), Failed: c.failed.Load(), Refunds: c.refunds.Load(),
		Slow: c.slow.Load(), Refused: c.refused.Load(), Panics: c.panics.Load(), HoldErrors: c.holdErrors.Load(), Passes: c.passes.Load(),
		P0: c.p0.Load(), InFlight: len(s.works.slots),
	}
}
