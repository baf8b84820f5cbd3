package app

import "cinema/internal/telemetry"

// gauges are the figures of the moment.
func (p *product) gauges() []telemetry.Gauge {
	return []telemetry.Gauge{
		{Name: "cinema_live_rooms", Help: "Showtimes that somebody watches.", Read: func() float64 { return float64(p.hub.Stats().Rooms) }},
		{Name: "cinema_live_sockets", Help: "Open seat streams.", Read: func() float64 { return float64(p.hub.Stats().Members) }},
		{Name: "cinema_audit_queue", Help: "Seat events that wait to be recorded.", Read: func() float64 { return float64(p.record.Stats().Queued) }},
		{Name: "cinema_sales_in_flight", Help: "Sales under way.", Read: func() float64 { return float64(p.bookings.Stats().InFlight) }},
	}
}

// counters are the figures since the start.
func (p *product) counters() []telemetry.Gauge {
	counter := func(name, help string, read func() uint64) telemetry.Gauge {
		return telemetry.Gauge{Name: name, Help: help, Read: func() float64 { return float64(read()) }}
	}
	return []telemetry.Gauge{
		counter("cinema_live_frames_total", "Seat frames built.", func() uint64 { return uint64(p.hub.Stats().Frames) }),
		counter("cinema_live_deliveries_total", "Seat frames handed to sockets.", func() uint64 { return uint64(p.hub.Stats().Deliveries) }),
		counter("cinema_live_overflows_total", "Times a socket lagged too far behind.", func() uint64 { return uint64(p.hub.Stats().Overflows) }),
		counter("cinema_live_resyncs_total", "Times a room started over from a snapshot.", func() uint64 { return uint64(p.hub.Stats().Resyncs) }),
		counter("cinema_bookings_booked_total", "Bookings that became BOOKED.", func() uint64 { return p.bookings.Stats().Booked }),
		counter("cinema_bookings_failed_total", "Bookings that ended unpaid.", func() uint64 { return p.bookings.Stats().Failed }),
		counter("cinema_bookings_conflicts_total", "Reservations that lost a seat to another booking.", func() uint64 { return p.bookings.Stats().Conflicts }),
		counter("cinema_payments_declined_total", "Refused cards.", func() uint64 { return p.bookings.Stats().Declined }),
		counter("cinema_p0_total", "Money without seats: somebody must look.", func() uint64 { return p.bookings.Stats().P0 }),
		counter("cinema_hold_errors_total", "Hold engine calls after a sale that failed and are repaired later.", func() uint64 { return p.bookings.Stats().HoldErrors }),
		counter("cinema_audit_entries_total", "Booking events recorded.", func() uint64 { return p.record.Stats().Relayed }),
		counter("cinema_audit_gaps_total", "Times that seat events were lost to the record.", func() uint64 { return p.record.Stats().Gaps }),
	}
}
