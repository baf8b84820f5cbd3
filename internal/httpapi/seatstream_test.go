package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"cinema/internal/clock"
	"cinema/internal/httpapi"
	"cinema/internal/ratelimit"
)

const streamOf = "/ws/showtimes/" + onSale + "/seats"

// stream is a watcher's connection.
type stream struct {
	t    testing.TB
	conn *websocket.Conn
}

type dial struct {
	path      string
	header    http.Header
	protocols []string
}

func (b *bench) dial(d dial) (*stream, *http.Response, error) {
	b.t.Helper()
	if d.path == "" {
		d.path = streamOf
	}
	conn, res, err := websocket.Dial(b.t.Context(), "ws"+strings.TrimPrefix(b.url, "http")+d.path, &websocket.DialOptions{
		HTTPHeader: d.header, Subprotocols: d.protocols, HTTPClient: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}},
	})
	if err != nil {
		return nil, res, err
	}
	s := &stream{t: b.t, conn: conn}
	b.t.Cleanup(func() { _ = conn.CloseNow() })
	return s, res, nil
}

func (b *bench) watch(d dial) *stream {
	b.t.Helper()
	s, _, err := b.dial(d)
	require.NoError(b.t, err)
	return s
}

// watch opens a socket with the client's cookie.
func (c *client) watch() *stream {
	return c.b.watch(dial{header: http.Header{"Cookie": {c.cookie}}})
}

func (s *stream) next() fields {
	s.t.Helper()
	_, raw, err := s.conn.Read(s.t.Context())
	require.NoError(s.t, err)
	var f fields
	require.NoError(s.t, json.Unmarshal(raw, &f))
	return f
}

// code reads until the socket closes.
func (s *stream) code() websocket.StatusCode {
	for {
		if _, _, err := s.conn.Read(context.Background()); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()

	t.Run("a snapshot, then each change, mine marked", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		g.hold("request-1", "A1")
		mine, theirs := g.watch(), b.watch(dial{})
		hello := mine.next()
		require.Equal(t, "hello", hello["type"])
		require.Equal(t, onSale, hello["showtime_id"])
		snapshot := mine.next()
		require.Equal(t, "snapshot", snapshot["type"])
		require.Equal(t, hello["seq"], snapshot["seq"])
		require.Equal(t, []any{fields{"seat_id": "A1", "mine": true}}, snapshot["locks"])
		require.Equal(t, []string{"A10"}, list(snapshot["blocked"]))
		theirs.next()
		require.Equal(t, []any{fields{"seat_id": "A1", "mine": false}}, theirs.next()["locks"])

		g.hold("request-1", "A1", "A2")
		delta, seen := mine.next(), theirs.next()
		require.Equal(t, "seat.locked", delta["type"])
		require.Equal(t, true, delta["mine"])
		require.Equal(t, false, seen["mine"])
		require.InDelta(t, hello["seq"], delta["seq"], 1)
		require.Greater(t, delta["seq"], hello["seq"])
		require.NotContains(t, seen, "expires_in_ms")
		raw, err := json.Marshal(seen)
		require.NoError(t, err)
		require.NotContains(t, string(raw), "request-1")
		require.NotContains(t, string(raw), "us_")
	})
	t.Run("resumes where it stopped", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.guest()
		g.hold("request-1", "A1")
		w := b.watch(dial{})
		cursor := w.next()["cursor"].(string)
		w.next()
		require.NoError(t, w.conn.CloseNow())
		g.hold("request-1", "A1", "A2")
		again := b.watch(dial{path: streamOf + "?since=" + cursor})
		require.Equal(t, cursor, again.next()["cursor"])
		require.Equal(t, []string{"A2"}, list(again.next()["seat_ids"]))
		lost := b.watch(dial{path: streamOf + "?since=1-1"})
		lost.next()
		require.Equal(t, "snapshot", lost.next()["type"], "an unknown place begins anew")
	})
	t.Run("a foreign origin is refused before the upgrade", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(d *httpapi.Deps) { d.Settings.Origins = []string{"https://front.example"} })
		for _, origin := range []string{"https://evil.example", "null", "http://127.0.0.1.evil.example"} {
			_, res, err := b.dial(dial{header: http.Header{"Origin": {origin}}})
			require.Error(t, err, origin)
			require.Equal(t, http.StatusForbidden, res.StatusCode)
		}
		b.watch(dial{header: http.Header{"Origin": {b.url}}}).next()
		b.watch(dial{header: http.Header{"Origin": {"https://front.example"}}}).next()
		require.Equal(t, http.StatusUpgradeRequired, b.visitor().get(streamOf).status)
	})
	t.Run("subprotocols", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.person("ann@example.com")
		api := p.token()
		p.hold("request-1", "A1")
		s, res, err := b.dial(dial{protocols: []string{"cinema.v1", "bearer." + api.bearer}})
		require.NoError(t, err)
		require.Equal(t, "cinema.v1", res.Header.Get("Sec-WebSocket-Protocol"))
		s.next()
		require.Equal(t, []any{fields{"seat_id": "A1", "mine": true}}, s.next()["locks"])
		_, res, err = b.dial(dial{})
		require.NoError(t, err)
		require.Empty(t, res.Header.Get("Sec-WebSocket-Protocol"))
		_, res, err = b.dial(dial{protocols: []string{"something.else"}})
		require.NoError(t, err, "a client that offers none of ours is served too")
		require.Empty(t, res.Header.Get("Sec-WebSocket-Protocol"))
		header := b.watch(dial{header: http.Header{"Authorization": {"Bearer " + api.bearer}}})
		header.next()
		require.Equal(t, []any{fields{"seat_id": "A1", "mine": true}}, header.next()["locks"])
	})
	t.Run("close codes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.EqualValues(t, 4404, b.watch(dial{path: "/ws/showtimes/" + stranger + "/seats"}).code())
		require.EqualValues(t, 4404, b.watch(dial{path: "/ws/showtimes/a%7Cb/seats"}).code())
		require.EqualValues(t, 4401, b.watch(dial{protocols: []string{"cinema.v1", "bearer.nonsense"}}).code())
		require.EqualValues(t, 4401, b.watch(dial{path: streamOf + "?ticket=nonsense"}).code())
		big := b.watch(dial{})
		require.NoError(t, big.conn.Write(t.Context(), websocket.MessageText, []byte(strings.Repeat("x", 5000))))
		require.EqualValues(t, 1009, big.code())
		dead := b.watch(dial{header: http.Header{"Cookie": {"session=" + strings.Repeat("A", 43)}}})
		require.Equal(t, "hello", dead.next()["type"], "a dead cookie is a visitor")
	})
	t.Run("tickets", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.person("ann@example.com")
		p.hold("request-1", "A1")
		issue := func() string {
			r := p.post("/api/ws-tickets", fields{"showtime_id": onSale})
			require.Equal(t, http.StatusCreated, r.status, r.text)
			require.EqualValues(t, 30, r.body["expires_in"])
			return r.str("ticket")
		}
		one := issue()
		s := b.watch(dial{path: streamOf + "?ticket=" + one})
		s.next()
		require.Equal(t, []any{fields{"seat_id": "A1", "mine": true}}, s.next()["locks"])
		require.EqualValues(t, 4401, b.watch(dial{path: streamOf + "?ticket=" + one}).code(), "used up")
		require.EqualValues(t, 4403, b.watch(dial{path: "/ws/showtimes/" + later + "/seats?ticket=" + issue()}).code(), "another showtime")
		old := issue()
		b.clock.Advance(31 * time.Second)
		require.EqualValues(t, 4401, b.watch(dial{path: streamOf + "?ticket=" + old}).code(), "too old")
		require.Equal(t, "showtime_not_found", p.post("/api/ws-tickets", fields{"showtime_id": stranger}).code(t))
		require.Equal(t, "unauthorized", b.visitor().post("/api/ws-tickets", fields{"showtime_id": onSale}).code(t))
	})
	t.Run("a token in the query only where it is allowed", func(t *testing.T) {
		t.Parallel()
		for _, allowed := range []bool{false, true} {
			b := setup(t, func(d *httpapi.Deps) { d.Settings.WSQueryToken = allowed })
			p := b.person("ann@example.com")
			p.hold("request-1", "A1")
			s := b.watch(dial{path: streamOf + "?token=" + p.token().bearer})
			s.next()
			require.Equal(t, []any{fields{"seat_id": "A1", "mine": allowed}}, s.next()["locks"])
			require.NotContains(t, b.log.String(), "token=")
		}
	})
	t.Run("caps", func(t *testing.T) {
		t.Parallel()
		rules := ratelimit.Defaults()
		rules.Sockets = 2
		b := setup(t, func(d *httpapi.Deps) { d.Rules = rules })
		p := b.person("ann@example.com")
		first := p.watch()
		first.next()
		p.watch().next()
		require.EqualValues(t, 1013, p.watch().code())
		b.watch(dial{}).next()

		rules.AllSockets = 2
		b = setup(t, func(d *httpapi.Deps) { d.Rules = rules })
		one := b.watch(dial{})
		one.next()
		b.guest().watch().next()
		require.EqualValues(t, 1013, b.person("ann@example.com").watch().code(), "the process is full")
		require.NoError(t, one.conn.Close(websocket.StatusNormalClosure, ""))
		require.Eventually(t, func() bool { // the server sees the end when it sees it
			s := b.watch(dial{})
			defer func() { _ = s.conn.CloseNow() }()
			_, _, err := s.conn.Read(t.Context())
			return err == nil
		}, 20*time.Second, 10*time.Millisecond, "a place that is left is free again")

		rules.Connects = ratelimit.Quota{Limit: 1, Per: time.Minute}
		b = setup(t, func(d *httpapi.Deps) { d.Rules = rules })
		p = b.person("ann@example.com")
		p.watch().next()
		require.EqualValues(t, 1013, p.watch().code())
	})
	t.Run("a broken handshake is answered like any other request", func(t *testing.T) {
		t.Parallel()
		v := setup(t).visitor()
		whole := map[string]string{
			"Connection": "keep-alive, Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
		}
		for name, value := range map[string]string{
			"Connection": "keep-alive", "Upgrade": "h2c", "Sec-WebSocket-Version": "8", "Sec-WebSocket-Key": "c2hvcnQ=", "": "",
		} {
			c := v
			for n, v := range whole {
				if n == name {
					v = value
				}
				if name == "" {
					v = ""
				}
				c = c.with(n, v)
			}
			r := c.get(streamOf)
			require.Equal(t, http.StatusUpgradeRequired, r.status, name)
			require.Equal(t, "upgrade_required", r.code(t))
			require.Equal(t, "websocket", r.header.Get("Upgrade"))
			require.Equal(t, "13", r.header.Get("Sec-WebSocket-Version"))
			require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
		}
	})
	t.Run("ends with its session", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.person("ann@example.com")
		w, visitor := p.watch(), b.watch(dial{})
		w.next()
		require.Equal(t, http.StatusOK, p.post("/api/auth/logout", nil).status)
		require.EqualValues(t, 4401, w.code())
		require.Equal(t, "hello", visitor.next()["type"], "others stay")
	})
	t.Run("ends with a session that was ended elsewhere", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.person("ann@example.com")
		w := p.watch()
		w.next()
		user := identUser(p.get("/api/me").body["user"].(fields)["id"])
		require.NoError(t, b.store.DeleteSessionsOf(t.Context(), user, ""))
		closed := make(chan websocket.StatusCode, 1)
		go func() { closed <- w.code() }()
		for {
			select {
			case code := <-closed:
				require.EqualValues(t, 4401, code)
				return
			case <-clock.System{}.After(5 * time.Millisecond): // the checker may not wait on the other clock yet
				b.clock.Advance(3 * time.Second)
			}
		}
	})
	t.Run("a stopping server sends everybody away", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		w := b.watch(dial{})
		w.next()
		w.next()
		b.server.Close()
		_, _, err := w.conn.Read(t.Context())
		require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err))
		require.ErrorContains(t, err, "retry_after=")
		require.EqualValues(t, 1001, b.watch(dial{}).code())
		require.Equal(t, http.StatusServiceUnavailable, b.visitor().get("/readyz").status)
	})
}
