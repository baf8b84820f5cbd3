package telemetry_test

import (
	"testing"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/telemetry"
)

// BenchmarkHolds is what the measuring of one call costs: the engine behind it does nothing.
func BenchmarkHolds(b *testing.B) {
	e := telemetry.NewProbe(clock.System{}, nil).Holds(refusing{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Lock(b.Context(), hold.LockRequest{}); err != nil {
			b.Fatal(err)
		}
	}
}
