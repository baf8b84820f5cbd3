// Package blackbox holds the product to its contract from outside: the built binary, HTTP and WebSocket, nothing else. Every answer and
// every frame of every test is also searched for what belongs to other people. BLACKBOX_ENV (NAME=value, separated by blanks) is added to
// the environment of the servers, so that the same proof runs on other engines. Each server has a store of its own, and an engine holds
// what its store says: on an engine that outlives the servers, run one test at a time (-run) and empty the engine before each.
package blackbox_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/test/harness"
)

// run tells this run's people and requests from those of an earlier run on the same store.
var run = fmt.Sprintf("%08x", rand.Uint32())

var serial atomic.Int64

// world is one server and everybody who uses it.
type world struct {
	server *harness.Server

	mu     sync.Mutex // guards all below
	people []*person
	halls  map[string][]string // by auditorium name: showtimes that no test has taken yet, emptiest first
}

// each runs tests that do not meet, together.
func (w *world) each(t *testing.T, tests map[string]func(*testing.T, *world)) {
	t.Helper()
	t.Run("together", func(t *testing.T) {
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, w)
			})
		}
	})
}

// alone runs a test that the others would notice.
func (w *world) alone(t *testing.T, name string, test func(*testing.T, *world)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { test(t, w) })
}

func newWorld(t *testing.T, env ...string) *world {
	t.Helper()
	return &world{server: harness.Start(t, append(env, strings.Fields(os.Getenv("BLACKBOX_ENV"))...)...)}
}

// person is a browser or an API client, with what nobody else may learn of it.
type person struct {
	*harness.Client

	w   *world
	all bool // an administrator sees everything

	mu       sync.Mutex // guards all below; the person's own test is the only one that writes, and reads without it
	id       string
	email    string
	requests []string
	also     []*person // the same human being: a guest who signed in
}

// visitor is somebody without a session.
func (w *world) visitor(t *testing.T) *person {
	t.Helper()
	p := &person{Client: harness.NewClient(w.server), w: w}
	t.Cleanup(p.Close)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.people = append(w.people, p)
	return p
}

func (w *world) guest(t *testing.T) *person {
	t.Helper()
	p := w.visitor(t)
	p.me(t, p.want(t, http.StatusOK, "POST /api/auth/guest", nil))
	return p
}

// account is somebody new who signed in.
func (w *world) account(t *testing.T) *person {
	t.Helper()
	p := w.visitor(t)
	p.signIn(t, fmt.Sprintf("p%d-%s@example.com", serial.Add(1), run))
	return p
}

func (w *world) admin(t *testing.T) *person {
	t.Helper()
	p := w.visitor(t)
	p.all = true
	p.signIn(t, "admin@example.com")
	return p
}

func (p *person) signIn(t *testing.T, email string) {
	t.Helper()
	p.mu.Lock()
	p.email = email
	p.mu.Unlock()
	p.me(t, p.want(t, http.StatusOK, "POST /api/auth/dev/login", map[string]string{"email": email, "name": "Person of a test"}))
}

func (p *person) me(t *testing.T, a harness.Answer) {
	t.Helper()
	var v struct{ User struct{ ID string } }
	require.NoError(t, a.JSON(&v))
	require.NotEmpty(t, v.User.ID)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.id = v.User.ID
}

// bearer is the same person as an API client: a token, no cookie.
func (p *person) bearer(t *testing.T) *person {
	t.Helper()
	var v struct {
		Token string `json:"access_token"`
		Type  string `json:"token_type"`
		Life  int    `json:"expires_in"`
	}
	require.NoError(t, p.want(t, http.StatusOK, "POST /api/auth/token", nil).JSON(&v))
	require.Equal(t, "Bearer", v.Type)
	require.Positive(t, v.Life)
	q := p.w.visitor(t)
	q.mu.Lock()
	q.Bearer, q.id, q.email = v.Token, p.id, p.email
	q.mu.Unlock()
	same(p, q)
	return q
}

// same says that two are one human being.
func same(p, q *person) {
	p.mu.Lock()
	p.also = append(p.also, q)
	p.mu.Unlock()
	q.mu.Lock()
	q.also = append(q.also, p)
	q.mu.Unlock()
}

// request makes a request id of this person's.
func (p *person) request() string {
	r := fmt.Sprintf("req-%d-%s", serial.Add(1), run)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r)
	return r
}

// do sends a request ("METHOD /path") and searches the answer for what belongs to others.
func (p *person) do(t *testing.T, target string, body any, header ...string) harness.Answer {
	t.Helper()
	method, path, _ := strings.Cut(target, " ")
	a, err := p.Do(context.Background(), method, path, body, header...)
	require.NoError(t, err, target)
	p.search(t, target, a.Body)
	for name, values := range a.Header {
		p.search(t, target+" "+name, []byte(strings.Join(values, "\n")))
	}
	return a
}

// want sends a request whose answer must have a status.
func (p *person) want(t *testing.T, status int, target string, body any, header ...string) harness.Answer {
	t.Helper()
	a := p.do(t, target, body, header...)
	require.Equal(t, status, a.Status, "%s: %s", target, a.Body)
	return a
}

// refused sends a request that must be answered by a problem document with a code, and nothing else.
func (p *person) refused(t *testing.T, code, target string, body any, header ...string) harness.Answer {
	t.Helper()
	a := p.do(t, target, body, header...)
	isProblem(t, a, code, target)
	return a
}

// statuses is the contract's table of codes.
var statuses = map[string]int{
	"invalid_body": 400, "invalid_seat_ids": 400, "invalid_request_id": 400, "invalid_idempotency_key": 400, "invalid_query": 400, "unauthorized": 401,
	"sign_in_required": 401, "payment_declined": 402, "forbidden": 403, "cross_origin": 403, "showtime_not_found": 404, "booking_not_found": 404,
	"ticket_not_found": 404, "not_found": 404, "method_not_allowed": 405, "seats_unavailable": 409, "seat_limit_exceeded": 409, "seat_rule": 409,
	"hold_limit_reached": 409, "not_on_sale": 409, "booking_open": 409, "hold_expired": 409, "not_owner": 409, "hold_lost": 409, "already_booked": 409,
	"request_in_progress": 409, "sales_closed": 410, "payment_expired": 410, "body_too_large": 413, "unsupported_media_type": 415,
	"insufficient_scope": 403, "session_not_found": 404, "token_not_found": 404, "invalid_grant": 400, "invalid_redirect": 400, "invalid_scope": 400,
	"unsupported_grant_type": 400, "too_many_tokens": 409, "idempotency_mismatch": 422, "upgrade_required": 426, "rate_limited": 429, "sign_in_failed": 400, "step_up_failed": 403, "step_up_required": 403, "sign_in_unavailable": 503,
	"payment_open": 409,
	"last_admin":   409, "bootstrap_admin": 409, "guest": 409, "role_changed": 409, "not_refundable": 409, "invalid_role": 400, "invalid_cinema": 400,
	"invalid_reason": 400, "user_not_found": 404,
}

// isProblem holds an answer against RFC 9457, the contract's members and its table of codes.
func isProblem(t *testing.T, a harness.Answer, code, what string) {
	t.Helper()
	status := statuses[code]
	require.Equal(t, status, a.Status, "%s: %s", what, a.Body)
	require.Equal(t, code, a.Code(), "%s: %s", what, a.Body)
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"), what)
	var v struct {
		Type, Title, Instance string
		Status                int
		OK                    *bool
	}
	require.NoError(t, a.JSON(&v))
	require.NotNil(t, v.OK, "%s: %s", what, a.Body)
	require.False(t, *v.OK, what)
	require.Equal(t, status, v.Status, what)
	require.NotEmpty(t, v.Title, what)
	require.Equal(t, "/problems/"+strings.ReplaceAll(code, "_", "-"), v.Type, what)
	require.Equal(t, a.Header.Get("X-Request-Id"), v.Instance, what)
}

// search fails when a text that reaches p names another person's id, address or request.
func (p *person) search(t *testing.T, where string, text []byte) {
	t.Helper()
	if p.all {
		return
	}
	p.mu.Lock()
	mine := append([]*person{p}, p.also...)
	p.mu.Unlock()
	p.w.mu.Lock()
	others := slices.Clone(p.w.people)
	p.w.mu.Unlock()
	s := string(text)
	for _, q := range others {
		if slices.Contains(mine, q) {
			continue
		}
		q.mu.Lock()
		secrets := append([]string{q.id, q.email}, q.requests...)
		q.mu.Unlock()
		if secrets[0] == p.id {
			continue
		}
		for _, secret := range secrets {
			if secret != "" && strings.Contains(s, secret) {
				t.Errorf("%s tells %s what belongs to another person: %s in %.400s", where, p.id, secret, s)
			}
		}
	}
}
