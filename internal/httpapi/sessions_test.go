package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/clock"
	"cinema/internal/httpapi"
)

// elsewhere is the account service of another process on the same store.
func (b *bench) elsewhere() *account.Service {
	b.t.Helper()
	s, err := account.New(account.Deps{Store: b.store, Clock: b.clock, Secret: "0123456789abcdef0123456789abcdef", Development: true})
	require.NoError(b.t, err)
	return s
}

// sessionsOf lists the caller's sessions.
func (c *client) sessionsOf() []any {
	c.b.t.Helper()
	r := c.get("/api/auth/sessions")
	require.Equal(c.b.t, http.StatusOK, r.status, r.text)
	return r.body["items"].([]any)
}

// acts are the recorded actions of a type, newest first.
func (b *bench) acts(kind string) []audit.Entry {
	b.t.Helper()
	entries, _, err := b.store.Entries(context.Background(), audit.Query{Type: kind, Limit: 50})
	require.NoError(b.t, err)
	return entries
}

func TestSessions(t *testing.T) {
	t.Parallel()

	t.Run("a person sees where he is signed in, and ends one of them", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		here := b.person("ann@example.com")
		b.clock.Advance(time.Minute)
		phone := b.visitor().with("User-Agent", "Mozilla/5.0 (Android 15; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0")
		phone.signIn("ann@example.com")
		bob := b.person("bob@example.com")
		items := here.sessionsOf()
		require.Len(t, items, 2)
		one := items[0].(fields)
		require.Equal(t, "Firefox on Android", one["agent"])
		require.Equal(t, "dev", one["issuer"])
		require.Equal(t, false, one["current"])
		require.Equal(t, true, items[1].(fields)["current"])
		id := one["id"].(string)
		require.NotContains(t, here.get("/api/auth/sessions").text, phone.cookie[len("session="):])

		r := bob.delete("/api/auth/sessions/"+id, nil)
		require.Equal(t, http.StatusNotFound, r.status)
		require.Equal(t, "session_not_found", r.code(t))
		w := phone.watch()
		w.next()
		require.Equal(t, http.StatusOK, here.delete("/api/auth/sessions/"+id, nil).status)
		require.EqualValues(t, 4401, w.code(), "its sockets end at once")
		require.Equal(t, http.StatusUnauthorized, phone.get("/api/me").status)
		require.Equal(t, http.StatusOK, here.get("/api/me").status)
		require.Equal(t, http.StatusNotFound, here.delete("/api/auth/sessions/"+id, nil).status)
		acts := b.acts("session.ended")
		require.Len(t, acts, 1)
		require.Contains(t, string(acts[0].Payload), id)
		here.post("/api/auth/logout", nil)
		require.Len(t, b.acts("session.ended"), 2, "a logout is an end as well")
	})
	t.Run("a guest has one too", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		items := b.guest().sessionsOf()
		require.Len(t, items, 1)
		require.Equal(t, "guest", items[0].(fields)["issuer"])
		require.Equal(t, http.StatusUnauthorized, b.visitor().get("/api/auth/sessions").status)
	})
	t.Run("sign out everywhere", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		here, phone, bob := b.person("ann@example.com"), b.person("ann@example.com"), b.person("bob@example.com")
		stays, goes, theirs := here.watch(), phone.watch(), bob.watch()
		stays.next()
		goes.next()
		api := phone.token()
		r := here.post("/api/auth/logout-everywhere", fields{"keep_current": true})
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.EqualValues(t, 1, r.body["ended"])
		require.Empty(t, r.header.Get("Clear-Site-Data"))
		require.EqualValues(t, 4401, goes.code())
		for _, c := range []*client{phone, api} {
			require.Equal(t, http.StatusUnauthorized, c.get("/api/me").status)
		}
		require.Equal(t, "snapshot", stays.next()["type"], "the one to keep goes on")

		old := *here
		r = here.post("/api/auth/logout-everywhere", nil)
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.EqualValues(t, 1, r.body["ended"])
		require.Contains(t, r.header.Get("Clear-Site-Data"), "cookies")
		require.Equal(t, "session=", here.cookie, "the cookie is taken away")
		require.EqualValues(t, 4401, stays.code())
		require.Equal(t, http.StatusUnauthorized, old.get("/api/me").status)
		require.Equal(t, "hello", theirs.next()["type"], "others stay")
		require.Len(t, b.acts("session.ended_everywhere"), 2)
	})
	t.Run("personal tokens stay unless asked", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		secret, _ := ann.personal("read")
		api := b.exchange(secret)
		w := b.watch(dial{header: http.Header{"Authorization": {"Bearer " + api.bearer}}})
		w.next()
		ann.post("/api/auth/logout-everywhere", fields{})
		require.Equal(t, http.StatusOK, api.get("/api/me").status)
		require.Equal(t, "snapshot", w.next()["type"])
		ann.signIn("ann@example.com")
		ann.post("/api/auth/logout-everywhere", fields{"tokens": true})
		require.Equal(t, http.StatusUnauthorized, api.get("/api/me").status)
		require.EqualValues(t, 4401, w.code())
		require.Equal(t, http.StatusUnauthorized, (&client{b: b, bearer: secret}).post("/api/auth/token", nil).status)
	})
}

// Any request changes the value that is due, whatever it asks for and however many there are at once.
func TestSessions_rotate_at_any_request(t *testing.T) {
	t.Parallel()

	t.Run("also for somebody who never asks who he is", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/api/bookings", statePath, "/api/config"} {
			b := setup(t)
			ann := b.person("ann@example.com")
			old := ann.cookie
			b.clock.Advance(25 * time.Hour)
			require.Equal(t, http.StatusOK, ann.get(path).status)
			require.NotEqual(t, old, ann.cookie, path)
			require.Equal(t, http.StatusOK, ann.get("/api/me").status)
		}
	})
	t.Run("an answer that is the same for everybody carries nobody's cookie", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		b.clock.Advance(25 * time.Hour)
		require.Empty(t, ann.get("/api/movies").header.Get("Set-Cookie"))
		require.Empty(t, b.visitor().get("/api/movies").header.Get("Set-Cookie"))
	})
	t.Run("a token changes nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		b.clock.Advance(25 * time.Hour)
		still := *ann
		api := still.token()
		require.NotEqual(t, ann.cookie, still.cookie)
		require.Empty(t, api.get("/api/me").header.Get("Set-Cookie"))
	})
	t.Run("many at once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		b.clock.Advance(25 * time.Hour)
		clients := make([]client, 8)
		var wg sync.WaitGroup
		for i := range clients {
			clients[i] = *ann
			wg.Go(func() {
				if r := clients[i].get("/api/bookings"); r.status != http.StatusOK {
					t.Errorf("answered %d", r.status)
				}
			})
		}
		wg.Wait()
		for i := range clients {
			require.Equal(t, clients[0].cookie, clients[i].cookie)
		}
		require.NotEqual(t, ann.cookie, clients[0].cookie)
		require.Equal(t, http.StatusOK, clients[0].get("/api/me").status)
		require.Len(t, clients[0].sessionsOf(), 1)
	})
	t.Run("logging out at that moment signs out", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person("ann@example.com")
		old := *ann
		b.clock.Advance(25 * time.Hour)
		require.Equal(t, http.StatusOK, ann.post("/api/auth/logout", nil).status)
		require.Equal(t, "session=", ann.cookie)
		require.Equal(t, http.StatusUnauthorized, old.get("/api/me").status)
	})
	t.Run("a socket goes on under the new value", func(t *testing.T) {
		t.Parallel()
		c := newTicking(start)
		b := setup(t, func(d *httpapi.Deps) { c.Fake = d.Clock.(*clock.Fake); d.Clock = c })
		ann := b.person("ann@example.com")
		b.clock.Advance(25 * time.Hour)
		w := b.watch(dial{path: strings.Replace(streamOf, onSale, later, 1), header: http.Header{"Cookie": {ann.cookie}}})
		w.next()
		c.wait(t)
		ann.get("/api/bookings")
		ann.get("/api/bookings") // with the new value
		b.clock.Advance(2 * time.Minute)
		c.wait(t)
		require.Equal(t, http.StatusOK, ann.post(strings.Replace(lockPath, onSale, later, 1), fields{"seat_ids": []string{"A1"}, "request_id": "request-1"}).status)
		require.Equal(t, "snapshot", w.next()["type"])
		kind := w.next()["type"]
		for kind == "ping" {
			kind = w.next()["type"]
		}
		require.Equal(t, "seat.locked", kind)
	})
}

// ticking is a clock that tells when the checker of sockets waits on it.
type ticking struct {
	*clock.Fake

	waiting chan struct{}
}

const checkEvery = 1500 * time.Millisecond

func newTicking(at time.Time) *ticking {
	return &ticking{Fake: clock.NewFake(at), waiting: make(chan struct{}, 100)}
}

// After waits on the clock.
func (c *ticking) After(d time.Duration) <-chan time.Time {
	ch := c.Fake.After(d)
	if d == checkEvery {
		c.waiting <- struct{}{}
	}
	return ch
}

// wait until the checker waits again.
func (c *ticking) wait(t *testing.T) {
	t.Helper()
	select {
	case <-c.waiting:
	case <-t.Context().Done():
	}
}

// deaf is a store that does not answer when it is asked about open sockets.
type deaf struct {
	account.Store

	asked atomic.Int32
	fails atomic.Int32
}

// SessionsNamed fails for as long as it should.
func (s *deaf) SessionsNamed(ctx context.Context, ids []string) ([]account.Session, error) {
	s.asked.Add(1)
	if s.fails.Add(-1) >= 0 {
		return nil, errors.New("no answer")
	}
	return s.Store.SessionsNamed(ctx, ids)
}

// A session that is ended in another process is over here within five seconds, for requests and for sockets, whatever this process
// remembers at that moment.
func TestSessions_end_everywhere_in_time(t *testing.T) {
	t.Parallel()
	watchers := map[string]func(b *bench, p *client) *stream{
		"a cookie": func(_ *bench, p *client) *stream { return p.watch() },
		"a token": func(b *bench, p *client) *stream {
			return b.watch(dial{protocols: []string{"cinema.v1", "bearer." + p.token().bearer}})
		},
		"a single-use pass": func(b *bench, p *client) *stream {
			return b.watch(dial{path: streamOf + "?ticket=" + p.post("/api/ws-tickets", fields{"showtime_id": onSale}).str("ticket")})
		},
	}
	for name, open := range watchers {
		t.Run("a socket opened with "+name, func(t *testing.T) {
			t.Parallel()
			c := newTicking(start)
			b := setup(t, func(d *httpapi.Deps) { c.Fake = d.Clock.(*clock.Fake); d.Clock = c })
			p := b.person("ann@example.com")
			w := open(b, p)
			w.next()
			c.wait(t)
			require.Equal(t, http.StatusOK, p.get("/api/me").status, "remembered for three seconds from now")
			caller, err := b.elsewhere().BySession(t.Context(), p.cookie[len("session="):])
			require.NoError(t, err)
			_, err = b.elsewhere().EndSessionsOf(t.Context(), caller.User.ID, nil)
			require.NoError(t, err)
			b.clock.Advance(checkEvery)
			require.EqualValues(t, 4401, w.code())
			b.clock.Advance(checkEvery)
			require.Equal(t, http.StatusUnauthorized, p.get("/api/me").status)
		})
	}
	t.Run("a socket of a personal token", func(t *testing.T) {
		t.Parallel()
		c := newTicking(start)
		b := setup(t, func(d *httpapi.Deps) { c.Fake = d.Clock.(*clock.Fake); d.Clock = c })
		p := b.person("ann@example.com")
		secret, id := p.personal("read")
		w := b.watch(dial{header: http.Header{"Authorization": {"Bearer " + b.exchange(secret).bearer}}})
		w.next()
		c.wait(t)
		caller, err := b.elsewhere().BySession(t.Context(), p.cookie[len("session="):])
		require.NoError(t, err)
		require.NoError(t, b.elsewhere().DeleteToken(t.Context(), caller, id))
		b.clock.Advance(checkEvery)
		require.EqualValues(t, 4401, w.code())
	})
	t.Run("one look for all sockets, and one that fails is made up for in time", func(t *testing.T) {
		t.Parallel()
		c := newTicking(start)
		store := &deaf{}
		b := setupWith(t, func(d *account.Deps) { store.Store, d.Store = d.Store, store },
			func(d *httpapi.Deps) { c.Fake = d.Clock.(*clock.Fake); d.Clock = c })
		p, other := b.person("ann@example.com"), b.person("bob@example.com")
		watchers := []*stream{p.watch(), p.watch(), other.watch()}
		for _, w := range watchers {
			w.next()
		}
		c.wait(t)
		caller, err := b.elsewhere().BySession(t.Context(), p.cookie[len("session="):])
		require.NoError(t, err)
		require.NoError(t, b.elsewhere().Logout(t.Context(), caller))
		asked := store.asked.Load()
		store.fails.Store(1)
		b.clock.Advance(checkEvery)
		c.wait(t)
		b.clock.Advance(checkEvery)
		require.EqualValues(t, 4401, watchers[0].code())
		require.EqualValues(t, 4401, watchers[1].code())
		require.Equal(t, "snapshot", watchers[2].next()["type"])
		require.EqualValues(t, 2, store.asked.Load()-asked)
		require.Contains(t, b.log.String(), "were not checked")
	})
}
