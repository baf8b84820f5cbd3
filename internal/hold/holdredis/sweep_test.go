package holdredis_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
	"cinema/internal/redistest"
)

// together runs n workers at once.
func together(n int, work func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { work(i) })
	}
	wg.Wait()
}

// events reads everything that happened in a showtime since its first event.
func events(t testing.TB, s *redistest.Server, key string) []string {
	t.Helper()
	var out []string
	for line := range strings.SplitSeq(s.CLI("XRANGE", key, "-", "+"), "\n") {
		if strings.HasPrefix(line, "{") {
			out = append(out, line)
		}
	}
	return out
}

// TestSweepers_end_each_hold_once lets three processes sweep what a fourth one holds: 300 seats that fall due in the same instant, and
// buyers who want them in that instant. Every seat is told as timed out exactly once, and before it is held again.
func TestSweepers_end_each_hold_once(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Freeze()
	h := newHouse(t, s.Now())
	p := h.process(dial(t, redisconn.Single, s.Addr))
	seats := p.roomSeats(t)
	for i := range 300 / 6 { // whole holds: six seats each
		_, err := p.lock(t.Context(), show, ident.User(fmt.Sprintf("usr_%d", i)), tab1, seats[6*i:6*i+6]...)
		require.NoError(t, err)
	}
	s.Advance(5 * time.Minute)
	const sweepers, buyers = 3, 5
	swept := make([]int, sweepers)
	errs := make([]error, sweepers+buyers)
	together(sweepers+buyers, func(i int) {
		other := h.process(dial(t, redisconn.Single, s.Addr))
		if i < sweepers {
			swept[i], errs[i] = other.sweeper.RunOnce(t.Context(), false)
			return
		}
		owner := ident.User(fmt.Sprintf("usr_new_%d", i))
		_, errs[i] = other.lock(t.Context(), show, owner, tab1, seats[300-i])
	})
	require.NoError(t, errors.Join(errs...))
	ended := map[string]int{}
	held := map[string]bool{}
	for _, e := range events(t, s, "seatstream:"+string(show)) {
		ev := wireOf(t, e)
		for _, seat := range ev.Seats {
			switch ev.Type {
			case "seat.timeout":
				ended[seat]++
				require.True(t, held[seat])
				held[seat] = false
			case "seat.locked":
				require.False(t, held[seat], "%s was held again before its end was told", seat)
				held[seat] = true
			}
		}
	}
	require.Len(t, ended, 300)
	for seat, n := range ended {
		require.Equal(t, 1, n, seat)
	}
	require.Len(t, p.snapshot(t, show).Locks, buyers)
}

// TestSweeper_visits_what_others_hold finds the holds of every process through the index, and leaves a showtime once nothing is held,
// nothing is unread, and its horizon has passed.
func TestSweeper_visits_what_others_hold(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Freeze()
	h := newHouse(t, s.Now())
	holder, other := h.process(dial(t, redisconn.Single, s.Addr)), h.process(dial(t, redisconn.Single, s.Addr))
	for i := range 40 {
		_, err := holder.lock(t.Context(), ident.Showtime(fmt.Sprintf("st_%d", i)), ada, tab1, "A1")
		require.NoError(t, err)
	}
	list, err := other.engine.Active(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 40)
	sweep := func(want int) {
		t.Helper()
		n, err := other.sweeper.RunOnce(t.Context(), false)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	sweep(0)
	s.Advance(5 * time.Minute)
	sweep(40)
	s.Advance(time.Hour)
	sweep(0)
	list, err = other.engine.Active(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 40, "their events are not recorded")
	for _, id := range list {
		read(t, other, id)
		_, err := other.engine.Trim(t.Context(), id, 10*time.Minute)
		require.NoError(t, err)
	}
	sweep(0)
	list, err = other.engine.Active(t.Context())
	require.NoError(t, err)
	require.Empty(t, list)
	_, err = holder.lock(t.Context(), "st_1", bob, tab1, "A1")
	require.NoError(t, err)
	list, err = other.engine.Active(t.Context())
	require.NoError(t, err)
	require.Equal(t, []ident.Showtime{"st_1"}, list, "a new hold brings it back")
}

// TestSweeper_belt ends holds whose entry in the index was lost.
func TestSweeper_belt(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Freeze()
	h := newHouse(t, s.Now())
	holder, other := h.process(dial(t, redisconn.Single, s.Addr)), h.process(dial(t, redisconn.Single, s.Addr))
	_, err := holder.lock(t.Context(), show, ada, tab1, "A1")
	require.NoError(t, err)
	for n := range 16 {
		s.CLI("DEL", fmt.Sprintf("seatactive:%d", n))
	}
	s.Advance(5 * time.Minute)
	other.sweeper.Belt(func(context.Context) ([]ident.Showtime, error) { return []ident.Showtime{"st_never", show}, nil })
	n, err := other.sweeper.RunOnce(t.Context(), false)
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = other.sweeper.RunOnce(t.Context(), true)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func (p *process) roomSeats(t testing.TB) []ident.Seat {
	t.Helper()
	room, err := p.house.Room(t.Context(), show)
	require.NoError(t, err)
	return room.Seats
}

// read takes and acknowledges everything that waits for the record.
func read(t testing.TB, p *process, id ident.Showtime) []hold.Event {
	t.Helper()
	var all []hold.Event
	for {
		got, lost, err := p.engine.Take(t.Context(), id, 100)
		require.NoError(t, err)
		require.Zero(t, lost)
		if len(got) == 0 {
			return all
		}
		cursors := make([]string, len(got))
		for i, e := range got {
			cursors[i] = e.Cursor
		}
		require.NoError(t, p.engine.Recorded(t.Context(), id, cursors))
		all = append(all, got...)
	}
}
