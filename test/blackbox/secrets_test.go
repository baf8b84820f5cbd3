package blackbox_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

// TestSecrets_stay_where_they_are plays a day with a log of everything, and searches what the process writes, measures and hands out for
// what it was told in confidence.
func TestSecrets_stay_where_they_are(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"JWT_SECRET": strong(), "JWT_SECRET_PREVIOUS": "previous-" + strong(), "GOOGLE_CLIENT_SECRET": "client-hush-" + run, "REDIS_PASSWORD": "redis-hush-" + run, "STRIPE_SECRET_KEY": "sk-hush-" + run}
	env := []string{"LOG_LEVEL=debug", "GOOGLE_CLIENT_ID=client", "OIDC_ISSUER=http://127.0.0.1:1", "GOOGLE_REDIRECT_URL=http://127.0.0.1:1/api/auth/google/callback"}
	for name, value := range settings {
		env = append(env, name+"="+value)
	}
	w := newWorld(t, env...)
	heard := ""
	secrets := maps.Clone(settings)
	hear := func() { heard += w.server.Log() } // the log keeps its last lines only

	h, g, p := w.take(t, "Grand"), w.guest(t), w.account(t)
	secrets["the address of a person"] = p.email
	secrets["a session"] = valueOf(p)
	seats := h.free(t, 2, "standard")
	s := sale{Request: g.request(), Seats: seats, Customer: map[string]string{"email": "hush-" + run + "@example.com", "name": "Hush Hush-" + run}}
	secrets["a customer's address"], secrets["a customer's name"] = s.Customer["email"], s.Customer["name"]
	g.want(t, http.StatusOK, "POST "+h.path("/seats/lock"), sale{Request: s.Request, Seats: seats})
	b := bookingOf(t, g.want(t, http.StatusOK, "POST "+h.path("/bookings/confirm"), s))
	secrets["the code of a ticket"] = b.Tickets[0].Code
	hear()
	client := p.bearer(t)
	secrets["an access token"] = client.Bearer
	client.want(t, http.StatusOK, "GET /api/me", nil)
	client.want(t, http.StatusOK, "GET /api/bookings?limit=1&token="+client.Bearer, nil)
	client.refused(t, "unauthorized", "GET /api/me", nil, "Authorization", "Bearer "+client.Bearer+"x")
	var k struct{ Ticket string }
	require.NoError(t, p.want(t, http.StatusCreated, "POST /api/ws-tickets", map[string]string{"showtime_id": h.id}).JSON(&k))
	secrets["a ticket of the stream"] = k.Ticket
	w.visitor(t).watch(t, h.id, "?ticket="+k.Ticket, nil)
	w.visitor(t).watch(t, h.id, "", &websocket.DialOptions{Subprotocols: []string{"cinema.v1", "bearer." + client.Bearer}})
	hear()
	v := w.visitor(t)
	v.refused(t, "booking_not_found", "POST /api/bookings/lookup", map[string]string{"reference": b.Reference, "email": "guess-" + run + "@example.com"})
	secrets["an address that was asked for"] = "guess-" + run + "@example.com"
	admin := w.admin(t)
	admin.want(t, http.StatusOK, "GET /api/admin/bookings?q="+url.QueryEscape(s.Customer["email"]), nil)
	v.do(t, "GET /api/auth/google/login?return_to=/tickets%3Fkey%3D"+"keyword-"+run, nil)
	v.do(t, "GET /api/auth/google/callback?code=code-"+run+"&state=state-"+run, nil)
	secrets["a code of the provider"], secrets["a state"] = "code-"+run, "state-"+run
	g.want(t, http.StatusOK, "POST /api/bookings/"+b.ID+"/cancel", nil)
	p.want(t, http.StatusOK, "POST /api/auth/logout", nil)
	hear()

	for name, value := range secrets {
		require.Greater(t, len(value), 8, name)
		require.NotContains(t, heard, value, "%s stands in the log", name)
	}
	require.Contains(t, heard, `"route"`, "the log says nothing, so it proves nothing")
	told := metrics(t, w) + assets(t, v)
	for _, path := range []string{"/", "/health", "/api/config", "/api/openapi.json", "/readyz", "/api/docs"} {
		told += string(v.do(t, "GET "+path, nil).Body)
	}
	for name, value := range secrets {
		require.NotContains(t, told, value, "%s is handed out", name)
	}
	for _, id := range []string{b.ID, p.id, g.id, s.Request, h.id} {
		require.NotContains(t, metrics(t, w), id, "a label without a bound")
	}
}

// valueOf is the value of a person's session cookie.
func valueOf(p *person) string {
	_, value, _ := strings.Cut(p.Cookies().Get("Cookie"), "=")
	return value
}

func metrics(t *testing.T, w *world) string {
	t.Helper()
	res, err := http.Get(w.server.AdminURL() + "/metrics")
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	require.NoError(t, err)
	require.Contains(t, string(raw), "cinema_")
	return string(raw)
}

// assets is every script and style of the web app, as far as its files name each other.
func assets(t *testing.T, v *person) string {
	t.Helper()
	name := regexp.MustCompile(`[A-Za-z0-9_.-]+-[A-Za-z0-9_-]{8}\.(js|css)`)
	queue, seen, text := []string{}, map[string]bool{}, strings.Builder{}
	add := func(body string) {
		for _, n := range name.FindAllString(body, -1) {
			if !seen[n] && len(seen) < 400 {
				seen[n] = true
				queue = append(queue, n)
			}
		}
		text.WriteString(body)
	}
	add(string(v.want(t, http.StatusOK, "GET /", nil).Body))
	for len(queue) > 0 {
		a, err := v.Do(context.Background(), http.MethodGet, "/assets/"+queue[0], nil)
		require.NoError(t, err)
		queue = queue[1:]
		if a.Status == http.StatusOK {
			add(string(a.Body))
		}
	}
	require.Greater(t, len(seen), 5, "the app has no files")
	return text.String()
}

// TestSecrets_nothing_is_echoed: what somebody sends by mistake, or on purpose, is in no answer that refuses it.
func TestSecrets_nothing_is_echoed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.account(t)
	const word = "hunter2hunter2"
	for _, o := range operations(t, p) {
		if strings.HasSuffix(o.path, "/logout") || strings.HasSuffix(o.path, "logout-everywhere") {
			continue
		}
		for _, x := range []struct {
			target string
			body   any
			header []string
		}{
			{o.target() + "?" + word + "=" + word, nil, nil},
			{strings.Replace(o.target(), "xx_none", word, 1), nil, nil},
			{o.target(), []byte(`{"` + word + `":"` + word + `"}`), nil},
			{o.target(), []byte(word), []string{"Content-Type", word}},
			{o.target(), nil, []string{"Authorization", "Bearer " + word, "Cookie", "session=" + word, "Origin", "https://" + word}},
		} {
			a := p.do(t, x.target, x.body, x.header...)
			if a.Status >= 400 {
				require.NotContains(t, string(a.Body), word, "%s", x.target)
			}
		}
	}
	a := p.do(t, "GET /"+word+".php?"+word, nil)
	require.NotContains(t, string(a.Body), word)
}
