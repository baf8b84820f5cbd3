package httpapi

import (
	"context"
	"crypto/rand"
	"log/slog"
	"math/big"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/lxzan/gws"

	"cinema/internal/account"
	"cinema/internal/ident"
	"cinema/internal/ratelimit"
)

const (
	addressTimes = ratelimit.AddressFactor
	sessionCheck = 1500 * time.Millisecond // how soon a session that was ended elsewhere closes its sockets
	checkTime    = 750 * time.Millisecond  // within which the store must answer; a check that fails is made up for by the next, still within 5 s
	comeBack     = 5 * time.Second         // over which clients spread when the process ends
	ticketLife   = 30 * time.Second
)

// streams is every open socket of this process: it caps them altogether, per user and per address, closes those whose session is over, and ends
// all of them with the process.
type streams struct {
	server *Server
	plain  *gws.Upgrader // for clients that offer no subprotocol of ours
	named  *gws.Upgrader

	ctx    context.Context // ends with close; the checks and joins live under it
	cancel context.CancelFunc
	wg     sync.WaitGroup // readers, closers and the checker

	mu       sync.Mutex // guards all below
	open     map[*socket]struct{}
	byUser   map[ident.User]int
	byAddr   map[string]int
	checking bool
	ended    bool
}

func newStreams(s *Server) *streams {
	//nolint:forbidigo // the streams own their sockets' lives; close is their end
	ctx, cancel := context.WithCancel(context.Background())
	handler := &quiet{}
	option := func(protocols ...string) *gws.ServerOption {
		return &gws.ServerOption{
			ReadMaxPayloadSize: maxFrame, ReadBufferSize: readRoom, HandshakeTimeout: readHeaderTime, SubProtocols: protocols,
			CheckUtf8Enabled: true, NewSession: func() gws.SessionStorage { return nil },
		}
	}
	return &streams{
		server: s, plain: gws.NewUpgrader(handler, option()), named: gws.NewUpgrader(handler, option(subprotocol)),
		ctx: ctx, cancel: cancel, open: map[*socket]struct{}{}, byUser: map[ident.User]int{}, byAddr: map[string]int{},
	}
}

// quiet ignores what clients send: they have nothing to say. Pings are answered.
type quiet struct{ gws.BuiltinEventHandler }

// OnPing answers.
func (quiet) OnPing(c *gws.Conn, payload []byte) { _ = c.WritePong(payload) }

// OnMessage drops the message.
func (quiet) OnMessage(_ *gws.Conn, m *gws.Message) { _ = m.Close() }

func (t *streams) upgrader(r *http.Request) *gws.Upgrader {
	if slices.Contains(offered(r), subprotocol) {
		return t.named
	}
	return t.plain
}

// serve runs a socket in a goroutine of its own, so that the request's memory is free: admit, join, read until it ends.
func (t *streams) serve(k *socket, join func() (refusal uint16)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended { // nobody waits for new readers any more
		_ = k.conn.WriteClose(closeAway, []byte("retry_after="+jitter(comeBack)))
		return
	}
	t.wg.Go(func() {
		code := t.admit(k)
		if code == 0 {
			defer t.release(k)
			code = join()
		}
		if code != 0 {
			k.Close(code, "")
		}
		k.conn.ReadLoop()
		if k.member != nil {
			k.member.Leave()
		}
	})
}

// admit counts a socket, or refuses it: too many of this user or address, or the process is ending.
func (t *streams) admit(k *socket) uint16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return closeAway
	}
	if t.fullLocked(k) {
		return closeBusy
	}
	t.open[k] = struct{}{}
	t.byAddr[k.address]++
	if k.principal != nil {
		t.byUser[k.principal.User.ID]++
	}
	if !t.checking {
		t.checking = true
		t.wg.Go(t.check)
	}
	return 0
}

// fullLocked tells whether the process, the socket's user or its address has as many sockets as they may.
func (t *streams) fullLocked(k *socket) bool {
	r := &t.server.rules
	if r.Off {
		return false
	}
	if r.AllSockets > 0 && len(t.open) >= r.AllSockets {
		return true
	}
	return r.Sockets > 0 && (t.byAddr[k.address] >= r.Sockets*addressTimes || k.principal != nil && t.byUser[k.principal.User.ID] >= r.Sockets)
}

func (t *streams) release(k *socket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.open, k)
	drop(t.byAddr, k.address)
	if k.principal != nil {
		drop(t.byUser, k.principal.User.ID)
	}
}

func drop[K comparable](counts map[K]int, key K) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}

// check looks again and again whether the callers of the open sockets may still act; a broadcast could be lost, a look cannot.
func (t *streams) check() {
	for {
		select {
		case <-t.ctx.Done():
			return
		case <-t.server.clock.After(sessionCheck):
		}
		t.checkOnce()
	}
}

// checkOnce asks the store about all of them at once, past what this process remembers. When it does not answer nobody is sent away: a
// socket is not worth closing for that.
func (t *streams) checkOnce() {
	var known []*socket
	var callers []*account.Principal
	for _, k := range t.all() {
		if k.principal != nil {
			known, callers = append(known, k), append(callers, k.principal)
		}
	}
	if len(known) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(t.ctx, checkTime)
	defer cancel()
	ended, err := t.server.accounts.Ended(ctx, callers)
	if err != nil {
		if t.ctx.Err() == nil {
			t.server.log.WarnContext(ctx, "sessions of open sockets were not checked", slog.Any("error", err))
		}
		return
	}
	for i, over := range ended {
		if over {
			known[i].Close(closeSession, sessionOver)
		}
	}
}

const sessionOver = "session over"

// endSession closes the sockets of a session, or of a personal token, by its ID.
func (t *streams) endSession(id string) {
	t.end(func(p *account.Principal) bool { return p.Session.ID == id })
}

// endUser closes the sockets of a user, but for those of the session to keep.
func (t *streams) endUser(u ident.User, keep string) {
	t.end(func(p *account.Principal) bool { return p.User.ID == u && p.Session.ID != keep })
}

// endToken closes the sockets that an access token opened, by its jti.
func (t *streams) endToken(jti string) {
	t.end(func(p *account.Principal) bool { return p.Access.ID == jti })
}

func (t *streams) end(which func(*account.Principal) bool) {
	for _, k := range t.all() {
		if k.principal != nil && which(k.principal) {
			k.Close(closeSession, sessionOver)
		}
	}
}

func (t *streams) all() []*socket {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]*socket, 0, len(t.open))
	for k := range t.open {
		out = append(out, k)
	}
	return out
}

func (t *streams) closing() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended
}

// close sends everybody away with a different moment to come back, and waits for the readers.
func (t *streams) close() {
	t.mu.Lock()
	t.ended = true
	t.mu.Unlock()
	for _, k := range t.all() {
		k.Close(closeAway, "retry_after="+jitter(comeBack))
	}
	t.cancel()
	t.wg.Wait()
}

// jitter is a random share of a duration in milliseconds.
func jitter(most time.Duration) string {
	n, err := rand.Int(rand.Reader, big.NewInt(most.Milliseconds()))
	if err != nil { // the process would have ended
		return "0"
	}
	return n.String()
}
