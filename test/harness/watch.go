package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// Frame is any frame of the seat stream.
type Frame struct {
	Type    string
	Epoch   string
	Seq     uint64
	Cursor  string
	SeatIDs []string `json:"seat_ids"`
	Mine    bool
	Locks   []struct {
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
	}
}

// Watcher keeps the map of a hall from the stream alone, as a page does, and refuses any hole it can see.
type Watcher struct {
	server   *Server
	showtime string

	mu        sync.Mutex // guards all below
	state     map[string]string
	epoch     string
	seq       uint64
	cursor    string
	synced    bool
	holes     []string
	Snapshots int
	Resumes   int
	Resyncs   int
	Frames    int
}

// NewWatcher makes a watcher; Run follows the hall.
func NewWatcher(s *Server, showtime string) *Watcher {
	return &Watcher{server: s, showtime: showtime, state: map[string]string{}}
}

// Run connects, and connects again after every loss, until the context ends.
func (w *Watcher) Run(ctx context.Context) {
	for ctx.Err() == nil {
		w.session(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(10+rand.IntN(50)) * time.Millisecond):
		}
	}
}

func (w *Watcher) session(ctx context.Context) {
	target := "ws" + strings.TrimPrefix(w.server.URL(), "http") + "/ws/showtimes/" + w.showtime + "/seats"
	w.mu.Lock()
	if w.cursor != "" {
		target += "?since=" + url.QueryEscape(w.cursor)
	}
	w.synced = false
	w.mu.Unlock()
	conn, _, err := websocket.Dial(ctx, target, &websocket.DialOptions{Subprotocols: []string{"cinema.v1"}})
	if err != nil {
		return
	}
	conn.SetReadLimit(1 << 20)
	defer func() { _ = conn.CloseNow() }()
	for {
		_, raw, err := conn.Read(ctx)
		if err != nil {
			return
		}
		var f Frame
		if err := json.Unmarshal(raw, &f); err != nil {
			w.hole("frame %s: %v", raw, err)
			return
		}
		if !w.apply(&f) {
			return
		}
	}
}

func (w *Watcher) hole(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holes = append(w.holes, fmt.Sprintf(format, args...))
}

func (w *Watcher) apply(f *Frame) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Frames++
	switch f.Type {
	case "hello":
		w.hello(f)
	case "snapshot":
		w.snapshot(f)
	case "resync":
		w.Resyncs++
		w.synced = false
	case "ping":
		if w.synced && f.Seq != w.seq {
			w.holes = append(w.holes, fmt.Sprintf("ping at %d, the map is at %d", f.Seq, w.seq))
			return false
		}
	case "batch":
		if !w.next(f.FromSeq, f.ToSeq) {
			return false
		}
		for _, c := range f.Changes {
			w.set(c.SeatID, c.State)
		}
		w.cursor = f.Cursor
	default:
		if !w.next(f.Seq, f.Seq) {
			return false
		}
		state := map[string]string{"seat.locked": "locked", "seat.booked": "booked"}[f.Type]
		for _, s := range f.SeatIDs {
			w.set(s, state)
		}
		w.cursor = f.Cursor
	}
	return true
}

// hello says where the connection starts: a resumed one at a place the map has, else a snapshot follows.
func (w *Watcher) hello(f *Frame) {
	if f.Cursor == w.cursor && f.Epoch == w.epoch && f.Seq == w.seq && w.cursor != "" {
		w.Resumes++
		w.synced = true
	}
}

func (w *Watcher) snapshot(f *Frame) {
	w.Snapshots++
	w.state = map[string]string{}
	for _, l := range f.Locks {
		w.state[l.SeatID] = "locked"
	}
	for _, s := range f.Booked {
		w.state[s] = "booked"
	}
	w.epoch, w.seq, w.cursor, w.synced = f.Epoch, f.Seq, f.Cursor, true
}

func (w *Watcher) next(from, to uint64) bool {
	if !w.synced || from != w.seq+1 || to < from {
		w.holes = append(w.holes, fmt.Sprintf("got %d..%d after %d (synced %v)", from, to, w.seq, w.synced))
		return false
	}
	w.seq = to
	return true
}

func (w *Watcher) set(seat, state string) {
	if state == "" || state == "free" || state == "blocked" {
		delete(w.state, seat)
		return
	}
	w.state[seat] = state
}

// View is the map as the watcher has it.
func (w *Watcher) View() (seq uint64, state map[string]string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seq, maps.Clone(w.state)
}

// Holes lists what broke the stream's promise.
func (w *Watcher) Holes() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.holes)
}
