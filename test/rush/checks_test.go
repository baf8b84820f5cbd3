package rush_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/test/harness"
)

// rush is one run.
type rush struct {
	t        *testing.T
	plan     plan
	servers  []*harness.Server
	faults   []fault
	showtime string
	seats    []seat
	buyers   []*buyer
	watchers []*harness.Watcher
	admin    *harness.Client
	progress atomic.Int64 // seats acknowledged as sold

	mu     sync.Mutex // guards counts
	counts map[string]int
}

func (r *rush) count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	r.counts[what]++
}

func (r *rush) failf(format string, args ...any) { r.t.Errorf(format, args...) }

func (r *rush) tally() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(r.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", k, r.counts[k]))
	}
	return strings.Join(parts, ", ")
}

// fault is something that goes wrong in the middle of a sale.
type fault struct {
	name string
	do   func(ctx context.Context)
}

// breakThings lets the faults happen one after another, at even steps of the sale.
func (r *rush) breakThings(ctx context.Context) {
	for i, f := range r.faults {
		goal := int64(len(r.seats) * (i + 1) / (len(r.faults) + 2))
		for r.progress.Load() < goal {
			select {
			case <-ctx.Done():
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
		f.do(ctx)
		r.count(f.name)
	}
}

// kill ends a server as a power cut would, and starts it again.
func kill(s *harness.Server) fault {
	return fault{"kill", func(context.Context) {
		s.Kill()
		s.Up()
	}}
}

// lose empties the hold engine in a server's memory, as a flush of an external one would.
func (r *rush) lose(ctx context.Context) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.servers[0].AdminURL()+"/debug/holds/lose", nil)
	require.NoError(r.t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	_ = res.Body.Close()
	require.Equal(r.t, http.StatusNoContent, res.StatusCode)
}

// soldOut asks whether every seat of the rush is sold for good, so that waiting is pointless.
func (r *rush) soldOut(ctx context.Context, c *harness.Client) bool {
	a, err := c.Do(ctx, http.MethodGet, "/api/showtimes/"+r.showtime+"/seats/state", nil)
	if err != nil || a.Status != http.StatusOK {
		return false
	}
	taken := takenOf(a)
	for _, s := range r.seats {
		if taken[s.ID] != "booked" {
			return false
		}
	}
	return true
}

type bookingView struct {
	ID, Status string
	SeatIDs    []string `json:"seat_ids"`
	UserID     string   `json:"user_id"`
	Tickets    []struct {
		ID     string
		SeatID string `json:"seat_id"`
	}
}

func bookingOf(a harness.Answer) (bookingView, error) {
	var v struct{ Booking bookingView }
	err := a.JSON(&v)
	return v.Booking, err
}

// takenOf reads a seat state: seat to locked, booked or blocked.
func takenOf(a harness.Answer) map[string]string {
	var v struct {
		Locks []struct {
			SeatID string `json:"seat_id"`
		}
		Booked, Blocked []string
	}
	if a.JSON(&v) != nil {
		return nil
	}
	out := map[string]string{}
	for _, l := range v.Locks {
		out[l.SeatID] = "locked"
	}
	for _, s := range v.Booked {
		out[s] = "booked"
	}
	for _, s := range v.Blocked {
		out[s] = "blocked"
	}
	return out
}

func state(t *testing.T, c *harness.Client, showtime string) (seq uint64, taken map[string]string) {
	t.Helper()
	a, err := c.Do(context.Background(), http.MethodGet, "/api/showtimes/"+showtime+"/seats/state", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, a.Status, string(a.Body))
	var v struct{ Seq uint64 }
	require.NoError(t, a.JSON(&v))
	return v.Seq, takenOf(a)
}

// all lists the showtime's bookings as the administrator sees them.
func (r *rush) all(ctx context.Context) []bookingView {
	var out []bookingView
	for {
		a, err := r.admin.Do(ctx, http.MethodGet, fmt.Sprintf("/api/admin/bookings?showtime_id=%s&limit=200&skip=%d", r.showtime, len(out)), nil)
		require.NoError(r.t, err)
		require.Equal(r.t, http.StatusOK, a.Status, string(a.Body))
		var page struct {
			Total int
			Items []bookingView
		}
		require.NoError(r.t, a.JSON(&page))
		out = append(out, page.Items...)
		if len(page.Items) == 0 || len(out) >= page.Total {
			return out
		}
	}
}

// held counts the seats that are locked. Straight after the last fault a server may still look for the engine: that is one thing open.
func (r *rush) held(ctx context.Context) int {
	clients := []*harness.Client{r.admin}
	for _, b := range r.buyers[:min(len(r.servers), len(r.buyers))] { // they are spread over the servers
		clients = append(clients, b.client)
	}
	locked := 0
	for _, c := range clients {
		a, err := c.Do(ctx, http.MethodGet, "/api/showtimes/"+r.showtime+"/seats/state", nil)
		require.NoError(r.t, err)
		if a.Status == http.StatusServiceUnavailable {
			return 1
		}
		require.Equal(r.t, http.StatusOK, a.Status, string(a.Body))
		for _, s := range takenOf(a) {
			if s == "locked" {
				locked++
			}
		}
	}
	return locked
}

// settleAll waits until no booking is open and nothing is held: the server must get there alone.
func (r *rush) settleAll(ctx context.Context) {
	for {
		open := 0
		for _, b := range r.all(ctx) {
			if b.Status == "PENDING" {
				open++
			}
		}
		open += r.held(ctx)
		if open == 0 {
			return
		}
		select {
		case <-ctx.Done():
			r.t.Fatalf("%d bookings or holds are still open; the server said:\n%s", open, r.servers[0].Log())
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// checkRecord proves that whatever was killed meanwhile, and however many sealed at once, the record is one chain.
func (r *rush) checkRecord() {
	for _, s := range r.servers {
		code, out := s.Command("audit", "verify")
		require.Zero(r.t, code, out)
		require.NotContains(r.t, out, "looked at 0;", "nothing was sealed")
		require.NotContains(r.t, s.Log(), "the record was tampered with")
	}
}

// checkSales proves that nothing was sold twice and nothing acknowledged is missing.
func (r *rush) checkSales(ctx context.Context) {
	owner := map[string]string{}
	byID := map[string]bookingView{}
	for _, b := range r.all(ctx) {
		byID[b.ID] = b
		if b.Status != "BOOKED" {
			continue
		}
		for _, s := range b.SeatIDs {
			if first, twice := owner[s]; twice {
				r.t.Errorf("seat %s is sold to %s and to %s", s, first, b.ID)
			}
			owner[s] = b.ID
		}
	}
	for _, b := range r.buyers {
		for _, s := range b.sales {
			got, there := byID[s.id]
			want := slices.Sorted(slices.Values(s.seats))
			if !there || got.Status != "BOOKED" || !slices.Equal(want, slices.Sorted(slices.Values(got.SeatIDs))) {
				r.t.Errorf("acknowledged booking %s of %v is now %+v", s.id, want, got)
			}
		}
	}
	_, taken := state(r.t, r.admin, r.showtime)
	for s, st := range taken {
		if st == "booked" && owner[s] == "" {
			r.t.Errorf("the map shows %s as sold, no booking has it", s)
		}
	}
	for s := range owner {
		if taken[s] != "booked" {
			r.t.Errorf("seat %s is sold to %s, the map shows %q", s, owner[s], taken[s])
		}
	}
	r.t.Logf("%d seats sold in %d bookings", len(owner), len(byID))
}

// checkRepeats confirms each sale again: the same booking must come back.
func (r *rush) checkRepeats(ctx context.Context) {
	for _, b := range r.buyers {
		for _, s := range b.sales {
			a, err := b.client.Do(ctx, http.MethodPost, "/api/showtimes/"+r.showtime+"/bookings/confirm",
				map[string]any{"request_id": s.request, "seat_ids": s.seats})
			require.NoError(r.t, err)
			require.Equal(r.t, http.StatusOK, a.Status, string(a.Body))
			bk, err := bookingOf(a)
			require.NoError(r.t, err)
			require.Equal(r.t, s.id, bk.ID, "a repeated confirm made another booking")
		}
	}
}

// checkWatchers compares every map with the server's once all have its position.
func (r *rush) checkWatchers(ctx context.Context) {
	for i, w := range r.watchers {
		for {
			seq, want := state(r.t, r.admin, r.showtime)
			got, have := w.View()
			for s, st := range want {
				if st == "blocked" {
					delete(want, s)
				}
			}
			if seq == got {
				require.Equal(r.t, want, have, "watcher %d", i)
				break
			}
			select {
			case <-ctx.Done():
				r.t.Fatalf("watcher %d stands at %d, the server at %d", i, got, seq)
			case <-time.After(50 * time.Millisecond):
			}
		}
		require.Empty(r.t, w.Holes(), "watcher %d", i)
	}
}
