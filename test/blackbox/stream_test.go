package blackbox_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// frame is any frame of the seat stream.
type frame struct {
	Type       string
	ShowtimeID string `json:"showtime_id"`
	Epoch      string
	Seq        uint64
	Cursor     string
	SeatIDs    []string `json:"seat_ids"`
	Mine       bool
	At         string
	ExpiresIn  *int64 `json:"expires_in_ms"`
	Locks      []struct {
		SeatID string `json:"seat_id"`
		Mine   bool
	}
	Booked, Blocked []string
	FromSeq         uint64 `json:"from_seq"`
	ToSeq           uint64 `json:"to_seq"`
	Changes         []struct {
		SeatID string `json:"seat_id"`
		State  string
		Mine   bool
	}
}

// socket is one connection of a person.
type socket struct {
	t    *testing.T
	p    *person
	conn *websocket.Conn
	last frame // hello or the newest position
}

// patience bounds every wait for a frame; it is never measured.
const patience = 20 * time.Second

// dial opens a stream as the person; a refusal before the upgrade is an error with its answer.
func (p *person) dial(t *testing.T, showtime, query string, o *websocket.DialOptions) (*socket, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if o == nil {
		o = &websocket.DialOptions{Subprotocols: []string{"cinema.v1"}}
	}
	if o.HTTPHeader == nil {
		o.HTTPHeader = http.Header{}
	}
	for name, values := range p.Cookies() {
		o.HTTPHeader[name] = append(o.HTTPHeader[name], values...)
	}
	if p.Bearer != "" {
		o.HTTPHeader.Set("Authorization", "Bearer "+p.Bearer)
	}
	target := "ws" + strings.TrimPrefix(p.w.server.URL(), "http") + "/ws/showtimes/" + showtime + "/seats" + query
	conn, res, err := websocket.Dial(ctx, target, o)
	if err != nil {
		return nil, res, err
	}
	conn.SetReadLimit(1 << 20)
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &socket{t: t, p: p, conn: conn}, res, nil
}

// watch opens a stream and reads its hello.
func (p *person) watch(t *testing.T, showtime, query string, o *websocket.DialOptions) *socket {
	t.Helper()
	s, _, err := p.dial(t, showtime, query, o)
	require.NoError(t, err)
	hello := s.next()
	require.Equal(t, "hello", hello.Type)
	require.Equal(t, showtime, hello.ShowtimeID)
	s.last = hello
	return s
}

// read takes one frame, or the code the server closed with.
func (s *socket) read() (f frame, closed websocket.StatusCode) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	kind, raw, err := s.conn.Read(ctx)
	if err != nil {
		if code := websocket.CloseStatus(err); code != -1 {
			return frame{}, code
		}
		require.ErrorIs(s.t, err, io.EOF)
		return frame{}, websocket.StatusAbnormalClosure
	}
	require.Equal(s.t, websocket.MessageText, kind)
	s.p.search(s.t, "frame", raw)
	for _, word := range []string{`"owner"`, `"request_id"`, `"user`, `"booking_id"`, `"prev"`, `"evicted"`} {
		require.NotContains(s.t, string(raw), word)
	}
	require.NoError(s.t, json.Unmarshal(raw, &f), string(raw))
	return f, 0
}

// next is the next frame that is not a ping.
func (s *socket) next() frame {
	s.t.Helper()
	for {
		f, closed := s.read()
		require.Zero(s.t, closed, "the server closed the stream")
		if f.Type != "ping" {
			return f
		}
	}
}

// closed waits for the end of the stream.
func (s *socket) closed() websocket.StatusCode {
	s.t.Helper()
	for pings := 0; pings < 3; {
		f, code := s.read()
		if code != 0 {
			return code
		}
		if f.Type == "ping" {
			pings++
		}
	}
	require.FailNow(s.t, "the stream stays open")
	return 0
}

// follow applies deltas until the stream has reached a position; it returns the map's changes and fails on a hole.
func (s *socket) follow(seq uint64) map[string]string {
	s.t.Helper()
	out := map[string]string{}
	for s.last.Seq < seq {
		f := s.next()
		from, to := f.Seq, f.Seq
		if f.Type == "batch" {
			from, to = f.FromSeq, f.ToSeq
		}
		require.Equal(s.t, s.last.Seq+1, from, "a hole before %+v", f)
		for _, c := range f.Changes {
			out[c.SeatID] = c.State
			if c.State == "locked" {
				out[c.SeatID] = held(c.Mine)
			}
		}
		for _, id := range f.SeatIDs {
			switch f.Type {
			case "seat.locked":
				out[id] = held(f.Mine)
			case "seat.booked":
				out[id] = "booked"
			default:
				out[id] = "free"
			}
		}
		s.last.Seq, s.last.Cursor = to, f.Cursor
	}
	require.Equal(s.t, seq, s.last.Seq)
	return out
}

func held(mine bool) string {
	if mine {
		return "mine"
	}
	return "held"
}

// TestStream holds the WebSocket to its promise.
func TestStream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.each(t, map[string]func(*testing.T, *world){
		"snapshot and deltas":                snapshotAndDeltas,
		"resume":                             resume,
		"credentials":                        credentials,
		"tickets":                            streamTickets,
		"origin":                             foreignOrigin,
		"refusals":                           streamRefusals,
		"logout":                             logoutCloses,
		"sign-in marks what was the guest's": signInMarks,
	})
	w.alone(t, "loss", lossResyncs)
	w.alone(t, "end", endSaysAway) // last: the address changes
}

func snapshotAndDeltas(t *testing.T, w *world) {
	h, p, other := w.take(t, "Gallery"), w.account(t), w.visitor(t)
	old := h.free(t, 2, "standard")
	h.hold(t, p, old...)
	mine, theirs := p.watch(t, h.id, "", nil), other.watch(t, h.id, "", &websocket.DialOptions{}) // one offers no subprotocol
	for _, s := range []*socket{mine, theirs} {
		snap := s.next()
		require.Equal(t, "snapshot", snap.Type)
		want := h.state(t, s.p)
		require.Equal(t, want.Seq, snap.Seq)
		require.Equal(t, want.Epoch, snap.Epoch)
		require.Equal(t, want.Cursor, snap.Cursor)
		require.ElementsMatch(t, want.Booked, snap.Booked)
		require.ElementsMatch(t, want.Blocked, snap.Blocked)
		require.Len(t, snap.Locks, 2)
		for _, l := range snap.Locks {
			require.Equal(t, s == mine, l.Mine)
		}
		require.Equal(t, s.last.Seq, snap.Seq, "hello tells where the connection starts")
	}
	seats, give := h.free(t, 2, "standard"), h.free(t, 1, "standard")
	h.buy(t, p, seats...)
	h.hold(t, p, give...)
	p.want(t, http.StatusOK, "DELETE "+h.path("/seats/lock"), sale{Seats: give})
	want := h.state(t, other).Seq
	for _, s := range []*socket{mine, theirs} {
		got := s.follow(want)
		require.Equal(t, map[string]string{seats[0]: "booked", seats[1]: "booked", give[0]: "free"}, got)
	}
}

func resume(t *testing.T, w *world) {
	h, p, other := w.take(t, "Gallery"), w.account(t), w.visitor(t)
	h.hold(t, p, h.free(t, 1, "standard")...)
	s := other.watch(t, h.id, "", nil)
	require.Equal(t, "snapshot", s.next().Type)
	at := s.last
	_ = s.conn.Close(websocket.StatusNormalClosure, "")
	seats := h.free(t, 2, "standard")
	h.buy(t, p, seats...)
	want := h.state(t, other)

	again := other.watch(t, h.id, "?since="+url.QueryEscape(at.Cursor), nil)
	if again.last.Seq != want.Seq { // hello names the place of the cursor: the deltas after it follow
		require.Equal(t, at.Seq, again.last.Seq)
		require.Equal(t, at.Cursor, again.last.Cursor)
		require.Equal(t, "booked", again.follow(want.Seq)[seats[0]])
	}
	same := other.watch(t, h.id, "?since="+url.QueryEscape(want.Cursor), nil)
	require.Equal(t, want.Seq, same.last.Seq)
	require.Equal(t, want.Cursor, same.last.Cursor)
	h.hold(t, p, h.free(t, 1, "standard")...)
	same.follow(want.Seq + 1) // no snapshot: the cursor is the present
	for _, since := range []string{"0-0", "99999999999999-0", "1-1", "nonsense", "%00", strings.Repeat("9", 500), at.Cursor + "9", "'", ""} {
		s := other.watch(t, h.id, "?since="+url.QueryEscape(since), nil)
		f := s.next()
		if f.Type == "resync" {
			f = s.next()
		}
		require.Equal(t, "snapshot", f.Type, "since=%s: never a silent hole", since)
		require.Equal(t, h.state(t, other).Seq, f.Seq)
	}
}

func credentials(t *testing.T, w *world) {
	h, p := w.take(t, "Gallery"), w.account(t)
	seats := h.free(t, 1, "standard")
	h.hold(t, p, seats...)
	bare := p.bearer(t)
	token := bare.Bearer
	isMine := func(s *socket) bool {
		t.Helper()
		f := s.next()
		require.Equal(t, "snapshot", f.Type)
		require.Len(t, f.Locks, 1)
		return f.Locks[0].Mine
	}
	require.True(t, isMine(p.watch(t, h.id, "", nil)))
	require.True(t, isMine(bare.watch(t, h.id, "", nil)), "Authorization")
	v := w.visitor(t)
	s := v.watch(t, h.id, "", &websocket.DialOptions{Subprotocols: []string{"cinema.v1", "bearer." + token}})
	require.Equal(t, "cinema.v1", s.conn.Subprotocol(), "a token is never echoed")
	require.True(t, isMine(s))
	for _, query := range []string{"?token=" + token, "?access_token=" + token, "?token=garbage"} {
		s, res, err := v.dial(t, h.id, query, nil)
		if err != nil { // refused before the upgrade is as good
			require.GreaterOrEqual(t, res.StatusCode, 400)
			continue
		}
		if f, closed := s.read(); closed == 0 {
			require.Equal(t, "hello", f.Type)
			require.False(t, isMine(s), "a token in the address was taken")
		}
	}
	for _, bad := range []string{"garbage", token + "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."} {
		s, _, err := v.dial(t, h.id, "", &websocket.DialOptions{Subprotocols: []string{"cinema.v1", "bearer." + bad}})
		require.NoError(t, err)
		require.EqualValues(t, 4401, s.closed(), "token %s", bad)
	}
}

func streamTickets(t *testing.T, w *world) {
	h, elsewhere, p, v := w.take(t, "Gallery"), w.take(t, "Gallery"), w.account(t), w.visitor(t)
	same(v, p)
	h.hold(t, p, h.free(t, 1, "standard")...)
	issue := func() string {
		t.Helper()
		var k struct {
			Ticket    string
			ExpiresIn int `json:"expires_in"`
		}
		require.NoError(t, p.want(t, http.StatusCreated, "POST /api/ws-tickets", map[string]string{"showtime_id": h.id}).JSON(&k))
		require.GreaterOrEqual(t, len(k.Ticket), 22, "128 bits")
		require.Positive(t, k.ExpiresIn)
		return "?ticket=" + url.QueryEscape(k.Ticket)
	}
	first := issue()
	s := v.watch(t, h.id, first, nil)
	require.True(t, s.next().Locks[0].Mine)
	code := func(showtime, query string) websocket.StatusCode {
		t.Helper()
		s, _, err := v.dial(t, showtime, query, nil)
		require.NoError(t, err)
		return s.closed()
	}
	require.EqualValues(t, 4401, code(h.id, first), "a ticket opens one socket")
	require.EqualValues(t, 4401, code(h.id, "?ticket=AAAAAAAAAAAAAAAAAAAAAA"))
	second := issue()
	require.Contains(t, []websocket.StatusCode{4401, 4403}, code(elsewhere.id, second), "a ticket is for one showtime")
	require.EqualValues(t, 4401, code(h.id, second), "a ticket that was tried is used up")
	v.refused(t, "unauthorized", "POST /api/ws-tickets", map[string]string{"showtime_id": h.id})
	p.refused(t, "showtime_not_found", "POST /api/ws-tickets", map[string]string{"showtime_id": "nothing"})
}

func foreignOrigin(t *testing.T, w *world) {
	h, p := w.take(t, "Gallery"), w.account(t)
	self := w.server.URL()
	for _, origin := range []string{
		"https://elsewhere.example", "null", "http://127.0.0.1.elsewhere.example", self + ".elsewhere.example", self + "0", "http://localhost:1", "file://",
		strings.Replace(self, "http://", "http://user@", 1) + "@elsewhere.example", "https://elsewhere.example#" + self,
	} {
		_, res, err := p.dial(t, h.id, "", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		require.Error(t, err, "origin %s was let in", origin)
		require.NotNil(t, res)
		require.Equal(t, http.StatusForbidden, res.StatusCode, origin)
	}
	p.watch(t, h.id, "", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {self}}})
}

func streamRefusals(t *testing.T, w *world) {
	p := w.visitor(t)
	for _, id := range []string{"nothing", strings.Repeat("a", 65), "a%7Cb", "%C3%85"} {
		s, res, err := p.dial(t, id, "", nil)
		if err != nil {
			require.Equal(t, http.StatusNotFound, res.StatusCode, id)
			continue
		}
		require.EqualValues(t, 4404, s.closed(), id)
	}
	h := w.take(t, "Gallery")
	s := p.watch(t, h.id, "", nil)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, s.conn.Write(ctx, websocket.MessageText, []byte(`{"type":"lock","seat_ids":["A1"]}`))) // nobody listens
	require.Equal(t, "snapshot", s.next().Type)
	_ = s.conn.Write(ctx, websocket.MessageText, []byte(strings.Repeat("x", 64<<10)))
	require.Equal(t, websocket.StatusMessageTooBig, s.closed())
	a := p.do(t, "GET /ws/showtimes/"+h.id+"/seats", nil)
	require.Equal(t, http.StatusUpgradeRequired, a.Status)
	p.refused(t, "method_not_allowed", "POST /ws/showtimes/"+h.id+"/seats", nil)
	p.refused(t, "not_found", "GET /ws/showtimes/"+h.id, nil)
}

func logoutCloses(t *testing.T, w *world) {
	h, p := w.take(t, "Gallery"), w.account(t)
	client := p.bearer(t)
	sockets := []*socket{p.watch(t, h.id, "", nil), client.watch(t, h.id, "", nil)}
	public := w.visitor(t).watch(t, h.id, "", nil)
	p.want(t, http.StatusOK, "POST /api/auth/logout", nil)
	for _, s := range sockets {
		require.EqualValues(t, 4401, s.closed())
	}
	require.Equal(t, "snapshot", public.next().Type)
	p.refused(t, "unauthorized", "GET /api/me", nil)
	client.refused(t, "unauthorized", "GET /api/me", nil)
}

// signInMarks: after sign-in the guest's old sockets end and the account sees the guest's seats as its own.
func signInMarks(t *testing.T, w *world) {
	h, account, g := w.take(t, "Gallery"), w.account(t), w.guest(t)
	same(account, g)
	seats := h.free(t, 2, "standard")
	h.hold(t, g, seats...)
	old := g.watch(t, h.id, "", nil)
	g.signIn(t, account.email)
	require.EqualValues(t, 4401, old.closed())
	require.Equal(t, "mine", h.state(t, g).taken()[seats[0]])
	s := g.watch(t, h.id, "", nil)
	snap := s.next()
	require.Equal(t, "snapshot", snap.Type)
	require.Len(t, snap.Locks, 2)
	require.True(t, snap.Locks[0].Mine && snap.Locks[1].Mine)
}

// lossResyncs empties the hold engine: sold seats come back from the store, the map is told to be thrown away, a lost hold is told as lost.
func lossResyncs(t *testing.T, w *world) {
	h, p := w.take(t, "Gallery"), w.account(t)
	sold, held := h.free(t, 1, "standard"), h.free(t, 1, "standard")
	h.buy(t, p, sold...)
	r := p.request()
	v := holdingOf(t, p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), sale{Request: r, Seats: held}))
	s := w.visitor(t).watch(t, h.id, "", nil)
	require.Equal(t, "snapshot", s.next().Type)
	res, err := http.Post(w.server.AdminURL()+"/debug/holds/lose", "", nil)
	require.NoError(t, err)
	_ = res.Body.Close()
	if res.StatusCode == http.StatusNotFound {
		t.Log("this engine cannot be emptied from here")
		return
	}
	w.visitor(t).refused(t, "unauthorized", "POST "+h.path("/seats/lock"), sale{Seats: sold})
	q := w.account(t)
	q.refused(t, "seats_unavailable", "POST "+h.path("/seats/lock"), sale{Request: q.request(), Seats: sold})
	p.refused(t, "hold_lost", "POST "+h.path("/bookings/confirm"), sale{Request: r, Seats: held, Epoch: v.Epoch})
	p.refused(t, "hold_lost", "POST "+h.path("/seats/extend"), map[string]string{"request_id": r, "epoch": v.Epoch})
	require.Equal(t, "resync", s.next().Type)
	snap := s.next()
	require.Equal(t, "snapshot", snap.Type)
	require.NotEqual(t, v.Epoch, snap.Epoch)
	require.Contains(t, snap.Booked, sold[0])
	require.Empty(t, snap.Locks)
	p.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), sale{Request: r, Seats: held}) // one click and it is held again
}

func endSaysAway(t *testing.T, w *world) {
	h := w.take(t, "Gallery")
	s := w.visitor(t).watch(t, h.id, "", nil)
	require.Equal(t, "snapshot", s.next().Type)
	done := make(chan struct{})
	go func() { defer close(done); w.server.Stop() }()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var end websocket.CloseError
	for {
		_, _, err := s.conn.Read(ctx)
		if err == nil {
			continue
		}
		require.ErrorAs(t, err, &end)
		break
	}
	require.Equal(t, websocket.StatusGoingAway, end.Code)
	require.Regexp(t, `^retry_after=\d+$`, end.Reason)
	<-done
}
