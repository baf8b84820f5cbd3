// Package holdtest is the court of the hold.Engine port: behaviour, contention, loss and a comparison with a small reference
// model. Every engine, and every wrapper of one, passes it unchanged.
package holdtest

import (
	"fmt"
	"testing"
	"time"

	"cinema/internal/hold"
	"cinema/internal/ident"
)

// Harness is an engine under test with the handles that a test needs on its surroundings.
type Harness struct {
	Engine hold.Engine
	// Now tells engine time. Nil: the machine's clock.
	Now func() time.Time
	// Advance moves engine time. Nil: it cannot be moved; short lives are then waited for, and cases that need minutes are skipped.
	Advance func(d time.Duration)
	// Lose makes the engine forget everything. Nil: it cannot; the cases of loss are skipped.
	Lose func()
	// LoseMeta makes the engine forget that a showtime was initialised, its seats still there. Nil: it cannot.
	LoseMeta func(showtime ident.Showtime)
	// Heals says that the engine hydrates and sweeps by itself: callers never see ErrUninit or ErrAgain.
	Heals bool
}

// test is one case. It runs beside the others, on an engine of its own.
type test struct {
	name string
	run  func(s *stage)
}

// Run judges an engine. open makes a fresh one that knows no showtime.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	groups := map[string][]test{
		"lock": lockTests(), "extend": extendTests(), "durable": durableTests(), "release": releaseTests(), "transfer": transferTests(),
		"confirm": confirmTests(), "unbook": unbookTests(), "sweep": sweepTests(), "hydrate": hydrateTests(), "idents": identTests(),
		"events": eventTests(), "contention": contentionTests(), "loss": lossTests(), "reference_faults": faultTests(), "property": propertyTests(),
	}
	for group, tests := range groups {
		t.Run(group, func(t *testing.T) {
			t.Parallel()
			for _, c := range tests {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					s := newStage(t, open(t))
					c.run(s)
					s.verify()
				})
			}
		})
	}
}

// Room is the seat map that the suite plays in: 10 rows of 30 seats, A1 to J30.
func Room(showtime ident.Showtime, end time.Time) hold.Room {
	room := hold.Room{Showtime: showtime, End: end, Seats: make([]ident.Seat, 0, 300)}
	for row := range 10 {
		for number := range 30 {
			room.Seats = append(room.Seats, ident.Seat(fmt.Sprintf("%c%d", 'A'+row, number+1)))
		}
	}
	return room
}
