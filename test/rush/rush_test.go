// Package rush is the proof under fire: many buyers want the same seats while the server is killed and its hold engine loses its
// memory. Nothing may be sold twice, nothing acknowledged may be lost, every map must end equal to the server's.
package rush_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/test/harness"
)

// plan is the size of a rush.
type plan struct {
	buyers, seats, watchers int
	hall                    int // capacity wanted
	think                   int // most milliseconds between two tries of a buyer; zero: none
}

// TestRush is the small rush of every test run; RUSH=big makes it 200 buyers for the 300-seat hall with 50 watchers, 3 kills and 2 losses.
func TestRush(t *testing.T) {
	t.Parallel()
	p, kills, losses := plan{buyers: 40, seats: 60, watchers: 10, hall: 64}, 2, 1
	if os.Getenv("RUSH") == "big" {
		p, kills, losses = plan{buyers: 200, watchers: 50, hall: 300}, 3, 2
	}
	r := setup(t, p, harness.Start(t, "SEAT_LOCK_TTL_SECONDS=20", "MAX_SEATS=8"))
	for i := range kills {
		r.faults = append(r.faults, kill(r.servers[0]))
		if i < losses {
			r.faults = append(r.faults, fault{"loss", r.lose})
		}
	}
	r.run(t)
}

// run lets the buyers buy while things break, and then checks everything.
func (r *rush) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	var watchers sync.WaitGroup
	for _, w := range r.watchers {
		watchers.Go(func() { w.Run(watching) })
	}
	faults := make(chan struct{})
	go func() {
		defer close(faults)
		r.breakThings(ctx)
	}()
	var buying sync.WaitGroup
	for _, b := range r.buyers {
		buying.Go(func() { b.run(ctx) })
	}
	began := time.Now()
	buying.Wait()
	<-faults
	require.NoError(t, ctx.Err(), "the rush did not end in time; the server said:\n%s", r.servers[0].Log())
	t.Logf("the rush took %v: %s", time.Since(began).Round(time.Millisecond), r.tally())

	r.settleAll(ctx)
	r.checkSales(ctx)
	r.checkRepeats(ctx)
	r.checkWatchers(ctx)
	r.checkRecord()
	stopWatching()
	watchers.Wait()
}

// setup picks a showtime nobody has bought and signs the buyers in, spread over the servers.
func setup(t *testing.T, p plan, servers ...*harness.Server) *rush {
	t.Helper()
	r := &rush{t: t, plan: p, servers: servers}
	r.showtime = pick(t, servers[0], p.hall)
	r.seats = sellable(t, servers[0], r.showtime)
	if p.seats > 0 && len(r.seats) > p.seats {
		r.seats = r.seats[:p.seats]
	}
	at := func(i int) *harness.Server { return servers[i%len(servers)] }
	for i := range p.watchers {
		r.watchers = append(r.watchers, harness.NewWatcher(at(i), r.showtime))
	}
	for i := range p.buyers {
		c := harness.NewClient(at(i))
		c.SignIn(t, fmt.Sprintf("buyer%d@example.com", i), fmt.Sprintf("Buyer %d", i))
		t.Cleanup(c.Close)
		r.buyers = append(r.buyers, &buyer{rush: r, client: c, number: i})
	}
	r.admin = harness.NewClient(servers[0])
	r.admin.SignIn(t, "admin@example.com", "Admin")
	t.Cleanup(r.admin.Close)
	return r
}

// pick finds the emptiest showtime on sale in a hall of at least the wanted size.
func pick(t *testing.T, s *harness.Server, hall int) string {
	t.Helper()
	c := harness.NewClient(s)
	defer c.Close()
	var list struct {
		Items []struct {
			ID, Sale     string
			Availability struct{ Capacity, Free int }
		}
	}
	best, free := "", -1
	for day := range 3 {
		date := time.Now().AddDate(0, 0, day+1).Format(time.DateOnly)
		a, err := c.Do(context.Background(), http.MethodGet, "/api/showtimes?limit=200&date="+date, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, a.Status, string(a.Body))
		require.NoError(t, a.JSON(&list))
		for _, st := range list.Items {
			near := st.Availability.Capacity >= hall*9/10 && st.Availability.Capacity <= hall*11/10
			if st.Sale == "on_sale" && near && st.Availability.Free > free {
				best, free = st.ID, st.Availability.Free
			}
		}
	}
	require.NotEmpty(t, best, "no showtime on sale in a hall of about %d seats", hall)
	return best
}

// seat is a place that can be sold alone.
type seat struct {
	ID  string
	Row string
}

// sellable lists the standard and premium seats that nobody has.
func sellable(t *testing.T, s *harness.Server, showtime string) []seat {
	t.Helper()
	c := harness.NewClient(s)
	defer c.Close()
	var detail struct {
		Layout struct {
			Rows []struct {
				Label string
				Seats []struct{ ID, Kind string }
			}
		}
	}
	a, err := c.Do(context.Background(), http.MethodGet, "/api/showtimes/"+showtime, nil)
	require.NoError(t, err)
	require.NoError(t, a.JSON(&detail))
	_, taken := state(t, c, showtime)
	var out []seat
	for _, row := range detail.Layout.Rows {
		for _, st := range row.Seats {
			if (st.Kind == "standard" || st.Kind == "premium") && taken[st.ID] == "" {
				out = append(out, seat{ID: st.ID, Row: row.Label})
			}
		}
	}
	require.NotEmpty(t, out)
	return out
}
