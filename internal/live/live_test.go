package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/ident"
	"cinema/internal/live"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const show = ident.Showtime("st_test")

// house is a hall of 40 seats, A1 blocked, behind the real in-memory engine.
type house struct {
	*holdmem.Engine
	room hold.Room
	n    int
}

func newHouse() *house {
	h := &house{Engine: holdmem.New(clock.System{})}
	h.room = hold.Room{Showtime: show, End: time.Now().Add(4 * time.Hour)}
	for _, row := range []string{"A", "B", "C", "D"} {
		for i := range 10 {
			h.room.Seats = append(h.room.Seats, ident.Seat(fmt.Sprint(row, i+1)))
		}
	}
	return h
}

func (h *house) Hall(_ context.Context, showtime ident.Showtime) (live.Hall, error) {
	if showtime != show {
		return live.Hall{}, fault.New(fault.NotFound, "showtime_not_found", "No such showtime.")
	}
	return live.Hall{Room: h.room, Blocked: []ident.Seat{"A1"}}, nil
}

// Snapshot hydrates when the engine knows nothing, as the keeper does.
func (h *house) Snapshot(ctx context.Context, room hold.Room) (hold.Snapshot, error) {
	s, err := h.Engine.Snapshot(ctx, room)
	if !errors.Is(err, hold.ErrUninit) {
		return s, err
	}
	h.n++
	if _, err := h.Hydrate(ctx, hold.HydrateRequest{Room: room, Epoch: fmt.Sprintf("epoch%d", h.n)}); err != nil {
		return hold.Snapshot{}, err
	}
	return h.Engine.Snapshot(ctx, room)
}

func (h *house) lock(t *testing.T, owner ident.User, seats ...ident.Seat) {
	t.Helper()
	_, err := h.Lock(t.Context(), hold.LockRequest{
		Showtime: show, Owner: owner, Request: ident.Request("request-" + string(owner)), Seats: seats,
		TTL: 5 * time.Minute, MaxSeats: 40, MaxHold: 25 * time.Minute,
	})
	require.NoError(t, err)
}

func (h *house) release(t *testing.T, owner ident.User, seats ...ident.Seat) {
	t.Helper()
	_, err := h.Release(t.Context(), hold.ReleaseRequest{Showtime: show, Owner: owner, Seats: seats})
	require.NoError(t, err)
}

// frame is any frame of the stream.
type frame struct {
	Type      string
	Epoch     string
	Seq       uint64
	Cursor    string
	SeatIDs   []string `json:"seat_ids"`
	Mine      bool
	ExpiresIn *int64 `json:"expires_in_ms"`
	Locks     []struct {
		SeatID string `json:"seat_id"`
		Mine   bool
	}
	Booked  []string
	Blocked []string
	FromSeq uint64 `json:"from_seq"`
	ToSeq   uint64 `json:"to_seq"`
	Changes []struct {
		SeatID string `json:"seat_id"`
		State  string
		Mine   bool
	}
}

// screen is a connection that keeps what it was sent, and the map it makes of that.
type screen struct {
	mu     sync.Mutex // guards all below
	frames []frame
	raw    [][]byte
	code   uint16
	reason string
	stuck  chan struct{} // writes wait for it; nil: none
	states map[string]string
	seq    uint64
	broken string
}

func (s *screen) Write(frames [][]byte) error {
	if s.stuck != nil {
		<-s.stuck
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range frames {
		text := unwrap(w)
		var f frame
		if err := json.Unmarshal(text, &f); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
		s.raw = append(s.raw, text)
		s.frames = append(s.frames, f)
		s.draw(&f)
	}
	return nil
}

func (s *screen) Close(code uint16, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.code == 0 {
		s.code, s.reason = code, reason
	}
}

func (s *screen) draw(f *frame) {
	if s.states == nil {
		s.states = map[string]string{}
	}
	from, to := f.Seq, f.Seq
	switch f.Type {
	case "hello":
		s.seq = f.Seq
		return
	case "resync", "ping":
		return
	case "snapshot":
		s.states, s.seq = map[string]string{}, f.Seq
		for _, l := range f.Locks {
			s.states[l.SeatID] = "locked"
		}
		for _, b := range f.Booked {
			s.states[b] = "booked"
		}
		return
	case "batch":
		from, to = f.FromSeq, f.ToSeq
		for _, c := range f.Changes {
			s.set(c.SeatID, c.State)
		}
	default:
		state := map[string]string{"seat.locked": "locked", "seat.booked": "booked"}[f.Type]
		for _, id := range f.SeatIDs {
			s.set(id, state)
		}
	}
	if from != s.seq+1 {
		s.broken = fmt.Sprintf("%s %d..%d after %d", f.Type, from, to, s.seq)
	}
	s.seq = to
}

func (s *screen) set(id, state string) {
	if state == "" || state == "free" || state == "blocked" {
		delete(s.states, id)
		return
	}
	s.states[id] = state
}

func (s *screen) types() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, f := range s.frames {
		out = append(out, f.Type)
	}
	return out
}

func (s *screen) last() frame {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.frames[len(s.frames)-1]
}

// unwrap takes the payload out of an unmasked text frame.
func unwrap(w []byte) []byte {
	switch n := w[1]; n {
	case 126:
		return w[4:]
	case 127:
		return w[10:]
	default:
		return w[2:]
	}
}

func setup(t *testing.T) (*live.Hub, *house) {
	t.Helper()
	h := newHouse()
	hub := live.New(h, h, clock.System{}, slog.New(slog.DiscardHandler))
	t.Cleanup(hub.Close)
	return hub, h
}

func join(t *testing.T, hub *live.Hub, r live.JoinRequest) (*live.Member, *screen) {
	t.Helper()
	s := &screen{}
	m, err := hub.Join(t.Context(), show, r, s)
	require.NoError(t, err)
	synctest.Wait()
	return m, s
}

func TestHub_hello_snapshot_then_each_change(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub, h := setup(t)
		_, s := join(t, hub, live.JoinRequest{Owners: []ident.User{"ann"}})
		require.Equal(t, []string{"hello", "snapshot"}, s.types())
		require.Equal(t, []string{"A1"}, s.last().Blocked)

		h.lock(t, "ann", "B1", "B2")
		synctest.Wait()
		f := s.last()
		require.Equal(t, "seat.locked", f.Type)
		require.Equal(t, []string{"B1", "B2"}, f.SeatIDs)
		require.True(t, f.Mine)
		require.EqualValues(t, 300_000, *f.ExpiresIn)

		h.lock(t, "bob", "C1")
		synctest.Wait()
		f = s.last()
		require.False(t, f.Mine)
		require.Nil(t, f.ExpiresIn, "another's deadline is nobody's business")
		require.Empty(t, s.broken)
	})
}

func TestHub_no_frame_names_an_owner_or_a_request(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub, h := setup(t)
		_, s := join(t, hub, live.JoinRequest{Owners: []ident.User{"ann"}})
		h.lock(t, "bob", "C1", "C2")
		h.lock(t, "ann", "D1")
		_, late := join(t, hub, live.JoinRequest{})
		for _, raw := range append(s.raw, late.raw...) {
			for _, secret := range []string{"bob", "ann", "request-"} {
				require.False(t, bytes.Contains(raw, []byte(secret)), "%s", raw)
			}
		}
	})
}

func TestHub_unknown_showtime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub, _ := setup(t)
		_, err := hub.Join(t.Context(), "st_other", live.JoinRequest{}, &screen{})
		require.Equal(t, fault.NotFound, fault.KindOf(err))
		require.Zero(t, hub.Stats().Rooms)
	})
}

func TestHub_resumes_by_cursor_or_starts_over(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub, h := setup(t)
		m, s := join(t, hub, live.JoinRequest{})
		h.lock(t, "bob", "C1")
		synctest.Wait()
		cursor, seq := s.last().Cursor, s.last().Seq
		m.Leave()
		h.lock(t, "bob", "C1", "C2")
		h.release(t, "bob", "C1")
		synctest.Wait()

		_, back := join(t, hub, live.JoinRequest{Since: cursor})
		require.Equal(t, []string{"hello", "seat.locked", "seat.released"}, back.types())
		require.Equal(t, seq, back.frames[0].Seq)
		require.Empty(t, back.broken)

		_, lost := join(t, hub, live.JoinRequest{Since: "1-1"})
		require.Equal(t, []string{"hello", "snapshot"}, lost.types())
	})
}

func TestHub_resyncs_when_the_engine_loses_its_memory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub, h := setup(t)
		h2 := live.JoinRequest{}
		_, s := join(t, hub, h2)
		h.lock(t, "bob", "C1")
		synctest.Wait()
		h.Lose()
		synctest.Wait()
		types := s.types()
		require.Equal(t, []string{"resync", "snapshot"}, types[len(types)-2:])
		require.Empty(t, s.states)
		h.lock(t, "bob", "C2")
		synctest.Wait()
		require.Equal(t, map[string]string{"C2": "locked"}, s.states)
		require.Empty(t, s.broken)
	})
}

func TestHub_conflates_a_busy_tick_and_not_a_calm_one(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub, h := setup(t)
		_, s := join(t, hub, live.JoinRequest{Owners: []ident.User{"u3"}})
		for i := range 30 {
			h.lock(t, ident.User(fmt.Sprint("u", i)), h.room.Seats[i+5])
		}
		h.release(t, "u3", h.room.Seats[8])
		time.Sleep(150 * time.Millisecond)
		synctest.Wait()
		types := s.types()
		require.LessOrEqual(t, len(types), 2+8+2, "%v", types)
		require.Contains(t, types, "batch")
		require.Len(t, s.states, 29)
		require.Empty(t, s.broken)

		before := len(types)
		time.Sleep(time.Second)
		h.lock(t, "u40", "A2")
		synctest.Wait()
		require.Equal(t, "seat.locked", s.types()[before])
	})
}

func TestHub_a_slow_reader_gets_one_fresh_snapshot_then_must_go(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub, h := setup(t)
		s := &screen{stuck: make(chan struct{})}
		loosen := sync.OnceFunc(func() { close(s.stuck) })
		t.Cleanup(loosen)
		_, err := hub.Join(t.Context(), show, live.JoinRequest{}, s)
		require.NoError(t, err)
		synctest.Wait()
		flood := func() {
			for range 200 {
				h.lock(t, "bob", "C1")
				h.release(t, "bob", "C1")
				synctest.Wait()
				time.Sleep(30 * time.Millisecond)
			}
		}
		flood()
		require.EqualValues(t, 1, hub.Stats().Overflows)
		loosen()
		synctest.Wait()
		require.Equal(t, "snapshot", s.types()[3], "after hello, snapshot and what was being written: resync, snapshot")
		require.Empty(t, s.broken)
		require.Zero(t, s.code)

		s2 := &screen{stuck: make(chan struct{})}
		t.Cleanup(func() { close(s2.stuck) })
		_, err = hub.Join(t.Context(), show, live.JoinRequest{}, s2)
		require.NoError(t, err)
		for range 600 { // more than two queues within the window
			h.lock(t, "bob", "C1")
			h.release(t, "bob", "C1")
			synctest.Wait()
			time.Sleep(13 * time.Millisecond)
		}
		require.EqualValues(t, live.CloseTooSlow, s2.code)
	})
}

func TestHub_pings_and_ends_an_empty_room(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub, _ := setup(t)
		m, s := join(t, hub, live.JoinRequest{})
		time.Sleep(16 * time.Second)
		synctest.Wait()
		require.Equal(t, "ping", s.last().Type)
		m.Leave()
		m.Leave()
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, live.Stats{}.Rooms, hub.Stats().Rooms)
		require.Zero(t, hub.Stats().Members)
		_, s = join(t, hub, live.JoinRequest{})
		require.Equal(t, []string{"hello", "snapshot"}, s.types())
	})
}

func TestHub_drain_sends_members_away_with_a_time_to_come_back(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hub, _ := setup(t)
		_, s := join(t, hub, live.JoinRequest{})
		hub.Drain(func() time.Duration { return 1500 * time.Millisecond })
		require.EqualValues(t, live.CloseGoingAway, s.code)
		require.Equal(t, "retry_after=1500", s.reason)
		hub.Close()
		_, err := hub.Join(t.Context(), show, live.JoinRequest{}, &screen{})
		require.ErrorIs(t, err, live.ErrClosed)
	})
}

// TestHub_every_screen_equals_the_engine is invariant I10: snapshot and deltas are the engine's state, whoever joins when, through losses.
func TestHub_every_screen_equals_the_engine(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			hub, h := setup(t)
			rnd := rand.New(rand.NewPCG(seed, 1))
			var screens []*screen
			_, first := join(t, hub, live.JoinRequest{Owners: []ident.User{"u1"}})
			screens = append(screens, first)
			for range 300 {
				h.step(t, rnd)
				if rnd.IntN(4) == 0 {
					time.Sleep(time.Duration(rnd.IntN(80)) * time.Millisecond)
				}
				if rnd.IntN(30) == 0 {
					_, s := join(t, hub, live.JoinRequest{Owners: []ident.User{ident.User(fmt.Sprint("u", rnd.IntN(5)))}})
					screens = append(screens, s)
				}
				if rnd.IntN(100) == 0 {
					h.Lose()
					synctest.Wait()
				}
			}
			time.Sleep(time.Second)
			synctest.Wait()
			snap, err := h.Snapshot(t.Context(), h.room)
			require.NoError(t, err)
			want := map[string]string{}
			for _, l := range snap.Locks {
				want[string(l.Seat)] = "locked"
			}
			for _, b := range snap.Booked {
				want[string(b.Seat)] = "booked"
			}
			for i, s := range screens {
				require.Empty(t, s.broken, "screen %d", i)
				require.Equal(t, want, s.states, "screen %d", i)
				require.Equal(t, snap.Seq, s.seq, "screen %d", i)
			}
		})
	}
}

// step does one random legal thing; refusals are fine.
func (h *house) step(t *testing.T, rnd *rand.Rand) {
	t.Helper()
	owner := ident.User(fmt.Sprint("u", rnd.IntN(5)))
	request := ident.Request("request-" + string(owner))
	at := rnd.IntN(len(h.room.Seats) - 2)
	seats := h.room.Seats[at : at+1+rnd.IntN(2)]
	ctx := t.Context()
	switch rnd.IntN(5) {
	case 0:
		_, _ = h.Release(ctx, hold.ReleaseRequest{Showtime: show, Owner: owner, Seats: seats})
	case 1:
		_, _ = h.Confirm(ctx, hold.ConfirmRequest{
			Showtime: show, Owner: owner, Request: request, Seats: seats, Booking: ident.Booking("bk_" + string(owner)), Expires: time.Now().Add(time.Hour),
		})
	case 2:
		_, _ = h.Unbook(ctx, hold.UnbookRequest{Showtime: show, Owner: owner, Request: request, Seats: seats, Booking: ident.Booking("bk_" + string(owner))})
	default:
		_, _ = h.Lock(ctx, hold.LockRequest{
			Showtime: show, Owner: owner, Request: request, Seats: seats, TTL: 3 * time.Second, MaxSeats: 8, MaxHold: time.Minute,
		})
	}
}
