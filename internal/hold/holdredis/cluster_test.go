package holdredis_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/hold"
	"cinema/internal/ident"
	"cinema/internal/redisconn"
	"cinema/internal/redistest"
)

// follow reads a showtime's events until one takes the seat. A gap is answered as a reader would: by a snapshot and a new subscription.
func follow(ctx context.Context, p *process, id ident.Showtime, seat ident.Seat) error {
	room, err := p.house.Room(ctx, id)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		snap, err := p.keeper.Snapshot(ctx, room)
		if err != nil {
			continue
		}
		for _, l := range snap.Locks {
			if l.Seat == seat {
				return nil
			}
		}
		sub, err := p.keeper.Subscribe(ctx, id, snap.Position)
		if err != nil {
			continue
		}
		for err == nil {
			var got []hold.Event
			got, err = sub.Next(ctx)
			for _, e := range got {
				if len(e.Seats) > 0 && e.Seats[0] == seat {
					sub.Close()
					return nil
				}
			}
		}
		sub.Close()
	}
	return ctx.Err()
}

// eventually locks as soon as the cluster lets it.
func eventually(t *testing.T, p *process, id ident.Showtime, seat ident.Seat) {
	t.Helper()
	var err error
	require.Eventually(t, func() bool {
		_, err = p.lock(t.Context(), id, ada, tab1, seat)
		return err == nil || !errors.Is(err, hold.ErrUnavailable)
	}, time.Minute, 50*time.Millisecond)
	require.NoError(t, err)
}

// TestCluster_of_three masters with a replica each: showtimes spread, a slot moves to another master under load, a master dies. Holds are
// refused as unavailable for a while at most; followers go on; nothing is sold twice.
func TestCluster_of_three(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("left out: six servers take some seconds to find each other")
	}
	const masters = 3
	nodes := redistest.StartClusterOf(t, masters)
	h := newHouse(t, nodes[0].Now())
	p := h.process(dialCluster(t, nodes[0].Addr, nodes[1].Addr))
	shows := map[int]ident.Showtime{} // one for each master
	for i := 0; len(shows) < masters; i++ {
		id := ident.Showtime(fmt.Sprintf("st_%d", i))
		if m := slotOf(t, nodes[0], id) * masters / 16384; shows[m] == "" {
			shows[m] = id
		}
	}
	for _, id := range shows {
		eventually(t, p, id, "A1")
	}

	slotMoves(t, p, nodes, shows[0])
	masterDies(t, p, nodes[2], shows[2], shows[1])
}

func slotMoves(t *testing.T, p *process, nodes []*redistest.Server, id ident.Showtime) {
	t.Helper()
	followed := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { followed <- follow(ctx, p, id, "A3") }()
	move(t, slotOf(t, nodes[0], id), nodes[0], nodes[1], func() {
		_, err := p.lock(t.Context(), id, ada, tab1, "A2")
		require.True(t, err == nil || errors.Is(err, hold.ErrUnavailable), "%v", err)
	})
	eventually(t, p, id, "A2")
	require.Len(t, p.snapshot(t, id).Locks, 2, "nothing was lost on the way")
	eventually(t, p, id, "A3")
	require.NoError(t, <-followed)
}

func masterDies(t *testing.T, p *process, master *redistest.Server, id, elsewhere ident.Showtime) {
	t.Helper()
	sold, err := p.sell(t.Context(), id, 1, "B1")
	require.NoError(t, err)
	require.True(t, sold)
	followed := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { followed <- follow(ctx, p, id, "C1") }()
	master.Kill()
	eventually(t, p, elsewhere, "C1")
	eventually(t, p, id, "C1")
	require.NoError(t, <-followed)
	agree(t, p, id)
	_, err = p.lock(t.Context(), id, bob, tab1, "B1")
	require.ErrorAs(t, err, new(*hold.ConflictError))
	require.Eventually(t, func() bool {
		list, err := p.engine.Active(t.Context())
		return err == nil && len(list) > 0
	}, time.Minute, 50*time.Millisecond)
}

func dialCluster(t testing.TB, addrs ...string) *redisconn.Conn {
	t.Helper()
	c, err := redisconn.Open(t.Context(), redisconn.Options{Mode: redisconn.Cluster, Addrs: addrs, Timeout: time.Second})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func slotOf(t testing.TB, s *redistest.Server, id ident.Showtime) int {
	t.Helper()
	n, err := strconv.Atoi(s.CLI("CLUSTER", "KEYSLOT", "{"+string(id)+"}"))
	require.NoError(t, err)
	return n
}

// move gives a slot to another master as an operator's tool does: key by key, while meanwhile is called.
func move(t *testing.T, slot int, from, to *redistest.Server, meanwhile func()) {
	t.Helper()
	n := strconv.Itoa(slot)
	to.CLI("CLUSTER", "SETSLOT", n, "IMPORTING", from.ID())
	from.CLI("CLUSTER", "SETSLOT", n, "MIGRATING", to.ID())
	for {
		meanwhile()
		key, _, _ := strings.Cut(from.CLI("CLUSTER", "GETKEYSINSLOT", n, "1"), "\n")
		if key == "" {
			break
		}
		from.CLI("MIGRATE", "127.0.0.1", strconv.Itoa(to.Port()), key, "0", "5000")
	}
	to.CLI("CLUSTER", "SETSLOT", n, "NODE", to.ID())
	from.CLI("CLUSTER", "SETSLOT", n, "NODE", to.ID())
}
