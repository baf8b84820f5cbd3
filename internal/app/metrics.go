package app

import (
	"context"
	"slices"
	"time"

	"cinema/internal/hold"
	"cinema/internal/telemetry"
)

// pulseTime bounds the look at a part when figures are read.
const pulseTime = time.Second

// gauges are the figures of the moment.
func (p *product) gauges() []telemetry.Gauge {
	gauge := func(name, help string, read func() float64) telemetry.Gauge {
		return telemetry.Gauge{Name: name, Help: help, Read: read}
	}
	all := []telemetry.Gauge{
		{
			Name: "cinema_build_info", Help: "Always 1: which version runs on which engines.",
			Labels: map[string]string{"version": p.version, "holds": holdsName(p.cfg), "store": storeName(p.cfg)}, Read: func() float64 { return 1 },
		},
		gauge("cinema_holds_up", "1 when the hold engine answers.", pulse(p.pingHolds)),
		gauge("cinema_store_up", "1 when the store answers.", pulse(p.store.Ping)),
		gauge("cinema_live_rooms", "Showtimes that somebody watches.", func() float64 { return float64(p.hub.Stats().Rooms) }),
		gauge("cinema_live_sockets", "Open seat streams.", func() float64 { return float64(p.hub.Stats().Members) }),
		gauge("cinema_audit_queue", "Seat events that wait to be recorded.", func() float64 { return float64(p.record.Stats().Queued) }),
		gauge("cinema_audit_seats_lag_seconds", "How long seat events have waited for a write.",
			func() float64 { return p.record.Stats().SeatsLag.Seconds() }),
		gauge("cinema_outbox_lag_seconds", "Age of the oldest booking event that is not recorded.",
			func() float64 { return p.record.Stats().OutboxLag.Seconds() }),
		gauge("cinema_audit_chain_links", "Length of the chain over the record, as this process knows it.", func() float64 { return float64(p.sealed().Links) }),
		gauge("cinema_audit_seal_lag_seconds", "How long entries of the record have waited for a link that they do not get.",
			func() float64 { return p.sealed().Lag.Seconds() }),
		gauge("cinema_audit_chain_intact", "0 when the record was found to be tampered with, 1 otherwise.", p.chainIntact),
		gauge("cinema_audit_verified_age_seconds", "How long ago the record was verified; 0 when this process does not know of a verification.", p.verifiedAge),
		gauge("cinema_sales_in_flight", "Sales under way.", func() float64 { return float64(p.bookings.Stats().InFlight) }),
	}
	if p.sweeper != nil {
		all = append(all, gauge("cinema_sweeper_late_seconds", "How much longer ago than its period the sweeper's latest good pass is.",
			func() float64 { return p.sweeper.Stats().Late.Seconds() }))
	}
	return all
}

// pulse reads a part's health as a figure.
func pulse(ping func(context.Context) error) func() float64 {
	return func() float64 {
		//nolint:forbidigo // a figure is read without a caller's context, and the look has a bound of its own
		ctx, cancel := context.WithTimeout(context.Background(), pulseTime)
		defer cancel()
		if ping(ctx) != nil {
			return 0
		}
		return 1
	}
}

// counters are the figures since the start.
func (p *product) counters() []telemetry.Gauge {
	return slices.Concat(p.saleCounters(), p.liveCounters(), p.limitCounters(), p.workerCounters(), p.privacyCounters(), p.signInCounters())
}

func counter(name, help string, read func() uint64) telemetry.Gauge {
	return telemetry.Gauge{Name: name, Help: help, Read: func() float64 { return float64(read()) }}
}

func (p *product) liveCounters() []telemetry.Gauge {
	return []telemetry.Gauge{
		counter("cinema_live_frames_total", "Seat frames built.", func() uint64 { return uint64(p.hub.Stats().Frames) }),
		counter("cinema_live_deliveries_total", "Seat frames handed to sockets.", func() uint64 { return uint64(p.hub.Stats().Deliveries) }),
		counter("cinema_live_overflows_total", "Times a socket lagged too far behind.", func() uint64 { return uint64(p.hub.Stats().Overflows) }),
		counter("cinema_live_resyncs_total", "Times a room started over from a snapshot.", func() uint64 { return uint64(p.hub.Stats().Resyncs) }),
	}
}

func (p *product) limitCounters() []telemetry.Gauge {
	return []telemetry.Gauge{
		counter("cinema_rate_limit_refused_total", "Requests and sockets over a quota.", func() uint64 { return p.limiter.Stats().Refused }),
		counter("cinema_rate_limit_fallbacks_total", "Requests counted in this process alone because Redis did not answer.",
			func() uint64 { return p.limiter.Stats().Fallbacks }),
	}
}

func (p *product) saleCounters() []telemetry.Gauge {
	return []telemetry.Gauge{
		counter("cinema_bookings_booked_total", "Bookings that became BOOKED.", func() uint64 { return p.bookings.Stats().Booked }),
		counter("cinema_bookings_failed_total", "Bookings that ended unpaid.", func() uint64 { return p.bookings.Stats().Failed }),
		counter("cinema_bookings_conflicts_total", "Reservations that lost a seat to another booking.", func() uint64 { return p.bookings.Stats().Conflicts }),
		counter("cinema_bookings_refunds_total", "Refunds recorded.", func() uint64 { return p.bookings.Stats().Refunds }),
		counter("cinema_bookings_refused_total", "Sales refused because too many were under way.", func() uint64 { return p.bookings.Stats().Refused }),
		counter("cinema_payments_declined_total", "Refused cards.", func() uint64 { return p.bookings.Stats().Declined }),
		counter("cinema_p0_total", "Money without seats: somebody must look.", func() uint64 { return p.bookings.Stats().P0 }),
		counter("cinema_panics_total", "Sales that met a bug and are taken up again.", func() uint64 { return p.bookings.Stats().Panics }),
		counter("cinema_hold_errors_total", "Hold engine calls after a sale that failed and are repaired later.", func() uint64 { return p.bookings.Stats().HoldErrors }),
		counter("cinema_reconciler_passes_total", "Passes over the bookings that wait for money or for their end.", func() uint64 { return p.bookings.Stats().Passes }),
	}
}

func (p *product) workerCounters() []telemetry.Gauge {
	all := []telemetry.Gauge{
		counter("cinema_audit_entries_total", "Booking events recorded.", func() uint64 { return p.record.Stats().Relayed }),
		counter("cinema_audit_seat_events_total", "Seat events recorded.", func() uint64 { return p.record.Stats().Seats }),
		counter("cinema_audit_gaps_total", "Times that seat events were lost to the record.", func() uint64 { return p.record.Stats().Gaps }),
		counter("cinema_audit_seal_failures_total", "Passes of the sealer that failed and are repeated.", func() uint64 { return p.sealed().Failures }),
		counter("cinema_audit_failures_total", "Writes of the record that failed and are repeated.", func() uint64 { return p.record.Stats().Failures }),
	}
	if p.sweeper != nil {
		all = append(all,
			counter("cinema_holds_swept_total", "Holds that the sweeper ended.", func() uint64 { return p.sweeper.Stats().Swept }),
			counter("cinema_sweeper_failures_total", "Sweeps that could not reach every showtime.", func() uint64 { return p.sweeper.Stats().Failures }))
	}
	if p.repair != nil {
		for _, kind := range hold.RepairKinds() {
			all = append(all, telemetry.Gauge{
				Name: "cinema_repairs_total", Help: "Seats that were made to agree with the store, by kind; pass_stopped counts passes.",
				Labels: map[string]string{"kind": kind}, Read: func() float64 { return float64(p.repair.Counts()[kind]) },
			})
		}
	}
	return all
}
