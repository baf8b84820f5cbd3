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
	buyers, seats, watchers, kills, losses int
	hall                                   int // capacity wanted
}

// TestRush is the small rush of every test run; RUSH=big makes it 200 buyers for the 300-seat hall with 50 watchers, 3 kills and 2 losses.
func TestRush(t *testing.T) {
	t.Parallel()
	p := plan{buyers: 40, seats: 60, watchers: 10, kills: 2, losses: 1, hall: 64}
	if os.Getenv("RUSH") == "big" {
		p = plan{buyers: 200, seats: 0, watchers: 50, kills: 3, losses: 2, hall: 300}
	}
	r := setup(t, p)
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()

	watching, stopWatching := context.WithCancel(ctx)
	defer stopWatching()
	var watchers sync.WaitGroup
	for _, w := range r.watchers {
		watchers.Go(func() { w.Run(watching) })
	}
	faults := make(chan struct{})
	go func() { defer close(faults); r.break_(ctx) }()
	var buying sync.WaitGroup
	for _, b := range r.buyers {
		buying.Go(func() { b.run(ctx) })
	}
	began := time.Now()
	buying.Wait()
	<-faults
	require.NoError(t, ctx.Err(), "the rush did not end in time; the server said:\n%s", r.server.Log())
	t.Logf("the rush took %v: %s", time.Since(began).Round(time.Millisecond), r.tally())

	r.settleAll(ctx)
	r.checkSales(ctx)
	r.checkRepeats(ctx)
	r.checkWatchers(ctx)
	stopWatching()
	watchers.Wait()
}

// setup starts a server, picks a showtime nobody has bought, and signs the buyers in.
func setup(t *testing.T, p plan) *rush {
	t.Helper()
	server := harness.Start(t, "SEAT_LOCK_TTL_SECONDS=20", "MAX_SEATS=8")
	r := &rush{t: t, plan: p, server: server, killed: make(chan struct{}, 64)}
	r.showtime = pick(t, server, p.hall)
	r.seats = sellable(t, server, r.showtime)
	if p.seats > 0 && len(r.seats) > p.seats {
		r.seats = r.seats[:p.seats]
	}
	for range p.watchers {
		r.watchers = append(r.watchers, harness.NewWatcher(server, r.showtime))
	}
	for i := range p.buyers {
		c := harness.NewClient(server)
		c.SignIn(t, fmt.Sprintf("buyer%d@example.com", i), fmt.Sprintf("Buyer %d", i))
		t.Cleanup(c.Close)
		r.buyers = append(r.buyers, &buyer{rush: r, client: c, number: i})
	}
	r.admin = harness.NewClient(server)
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
