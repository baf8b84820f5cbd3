package httpapi

import (
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/lxzan/gws"

	"cinema/internal/account"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/live"
)

const (
	subprotocol  = "cinema.v1"
	bearerPrefix = "bearer."
	wsVersion    = "13"
	streamPath   = "/ws/showtimes/:showtimeId/seats"

	closeSession  = 4401
	closeNotYours = 4403
	closeNoShow   = 4404
	closeBusy     = 1013
	closeAway     = 1001

	maxFrame  = 4 << 10 // a client has nothing to say but pings
	readRoom  = 512
	writeWait = 10 * time.Second
	closeWait = time.Second
	joinWait  = 5 * time.Second
)

// viewer is who opens a socket: nobody, or a caller whose own seats are marked.
type viewer struct {
	principal *account.Principal
	refusal   uint16 // close code when the credentials are not good; zero: they are
}

func (s *Server) registerStream() {
	r := &route{method: http.MethodGet, path: "/ws/showtimes/{showtimeId}/seats", charge: connects, stream: true, frequent: true}
	s.routes[r.method+" "+r.ginPath()] = r
	s.engine.GET(streamPath, s.stream)
	add(s, route{
		method: http.MethodPost, path: "/api/ws-tickets", id: "ws-ticket", tag: "Seats", access: session, charge: connects,
		scope: account.ScopeRead, status: http.StatusCreated, summary: "A ticket that opens one socket",
		about: "For front ends of another origin: 30 s, single use, for this showtime only, as ?ticket= of the socket's address.",
	}, s.wsTicket)
}

type wsTicketBody struct {
	ShowtimeID string `json:"showtime_id"`
}

type wsTicketView struct {
	Ticket    string `json:"ticket"`
	ExpiresIn int    `json:"expires_in" doc:"Seconds."`
}

func (s *Server) wsTicket(ctx context.Context, in *struct{ Body wsTicketBody }) (*reply[wsTicketView], error) {
	d, err := s.detail(ctx, in.Body.ShowtimeID)
	if err != nil {
		return nil, err
	}
	t, err := s.accounts.MintStreamTicket(callOf(ctx).principal, d.Showtime.ID, ticketLife)
	if err != nil {
		return nil, err
	}
	return &reply[wsTicketView]{wsTicketView{Ticket: t, ExpiresIn: int(ticketLife.Seconds())}}, nil
}

// stream upgrades to a WebSocket. A foreign origin is refused before the upgrade; everything a browser must be able to read comes
// as a close code after it.
func (s *Server) stream(c *gin.Context) {
	if !s.sameOrigin(c.Request) {
		s.fail(c, errOrigin)
		return
	}
	if !isHandshake(c.Request) {
		h := c.Writer.Header()
		h["Upgrade"], h["Connection"], h["Sec-Websocket-Version"] = []string{"websocket"}, []string{"Upgrade"}, []string{wsVersion}
		s.fail(c, newProblem(callOf(c.Request.Context()).id, http.StatusUpgradeRequired, "upgrade_required", "This address is a WebSocket."))
		return
	}
	v := s.viewer(c)
	address := s.addressOf(c.Request)
	busy := s.connect(c, v.principal, address)
	conn, err := s.streams.upgrader(c.Request).Upgrade(c.Writer, c.Request)
	if err != nil {
		s.log.DebugContext(c.Request.Context(), "websocket upgrade", slog.Any("error", err))
		c.Abort()
		return
	}
	sock := &socket{conn: conn, streams: s.streams, address: address, principal: v.principal}
	showtime, since := c.Param("showtimeId"), c.Query("since")
	s.streams.serve(sock, func() uint16 {
		switch {
		case busy:
			return closeBusy
		case v.refusal != 0:
			return v.refusal
		}
		return s.join(sock, showtime, since)
	})
}

// isHandshake tells whether a request opens a WebSocket as RFC 6455 has it. Whatever is wrong is answered here, like every other request;
// the library would hang up without our headers.
func isHandshake(r *http.Request) bool {
	h := r.Header
	key, err := base64.StdEncoding.DecodeString(h.Get("Sec-Websocket-Key"))
	return err == nil && len(key) == 16 && h.Get("Sec-Websocket-Version") == wsVersion &&
		strings.EqualFold(h.Get("Upgrade"), "websocket") && strings.Contains(strings.ToLower(h.Get("Connection")), "upgrade")
}

// join takes the socket into the showtime's room; a close code says why not.
func (s *Server) join(sock *socket, showtime, since string) uint16 {
	id, err := ident.ParseShowtime(showtime)
	if err != nil {
		return closeNoShow
	}
	if len(since) > maxCursor {
		since = ""
	}
	ctx, cancel := context.WithTimeout(s.streams.ctx, joinWait)
	defer cancel()
	var owners []ident.User
	if sock.principal != nil {
		owners = sock.principal.Owners()
	}
	m, err := s.live.Join(ctx, id, live.JoinRequest{Owners: owners, Since: since}, sock)
	switch {
	case err == nil:
		sock.member = m
		return 0
	case fault.KindOf(err) == fault.NotFound:
		return closeNoShow
	case errors.Is(err, live.ErrClosed):
		return closeAway
	default:
		s.log.WarnContext(ctx, "websocket join", slog.String("showtime_id", string(id)), slog.Any("error", err))
		return closeBusy
	}
}

const maxCursor = 64

// viewer reads the credentials of a socket: Authorization, the bearer subprotocol, a ticket, the older token in the query where that
// is allowed, or the cookie. A dead cookie makes an anonymous viewer; anything else that is wrong is told.
func (s *Server) viewer(c *gin.Context) viewer {
	ctx := c.Request.Context()
	token := bearerOf(c.Request)
	if token == "" {
		token = offeredBearer(c.Request)
	}
	if token == "" && s.settings.WSQueryToken {
		token = c.Query("token")
	}
	if token != "" {
		p, err := s.accounts.ByToken(ctx, token)
		if err == nil && !p.Scopes.Has(account.ScopeRead) {
			return viewer{refusal: closeNotYours}
		}
		return viewerOf(p, err)
	}
	if t := c.Query("ticket"); t != "" {
		return s.redeem(ctx, t, ident.Showtime(c.Param("showtimeId")))
	}
	p, _, err := s.caller(c.Request, false)
	return viewerOf(p, err)
}

// redeem uses a ticket up, whichever process made it: the first to take its id in the store has it.
func (s *Server) redeem(ctx context.Context, text string, showtime ident.Showtime) viewer {
	t, err := s.accounts.ReadStreamTicket(ctx, text)
	if err != nil {
		return viewerOf(nil, err)
	}
	first, err := s.useUp(ctx, "stream ticket", t.ID, s.clock.Now().Add(2*ticketLife))
	switch {
	case err != nil:
		return viewerOf(nil, err)
	case !first:
		return viewer{refusal: closeSession}
	case t.Showtime != showtime:
		return viewer{refusal: closeNotYours}
	}
	return viewer{principal: t.Principal}
}

func viewerOf(p *account.Principal, err error) viewer {
	switch {
	case err == nil:
		return viewer{principal: p}
	case fault.KindOf(err) == fault.Unauthorized:
		return viewer{refusal: closeSession}
	default:
		return viewer{refusal: closeBusy}
	}
}

func offeredBearer(r *http.Request) string {
	for _, p := range offered(r) {
		if token, ok := strings.CutPrefix(p, bearerPrefix); ok {
			return token
		}
	}
	return ""
}

func offered(r *http.Request) []string {
	var out []string
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for p := range strings.SplitSeq(line, ",") {
			out = append(out, strings.TrimSpace(p))
		}
	}
	return out
}

// sameOrigin tells whether a socket comes from our own page, from a listed origin, or from no page at all.
func (s *Server) sameOrigin(r *http.Request) bool {
	o := strings.ToLower(r.Header.Get("Origin"))
	if o == "" || s.origins[o] {
		return true
	}
	_, host, ok := strings.Cut(o, "://")
	return ok && host == strings.ToLower(r.Host)
}

// socket is one open connection: the sink of its member.
type socket struct {
	conn      *gws.Conn
	streams   *streams
	address   string
	principal *account.Principal // nil: a visitor
	member    *live.Member       // set before the socket is read
}

var _ live.Sink = (*socket)(nil)

// Write sends prepared frames within the write deadline. The connection's own frames (pong, close) cannot come in between: one
// call holds the connection's write lock until all is written.
func (k *socket) Write(frames [][]byte) error {
	c := k.conn.NetConn()
	if err := c.SetWriteDeadline(time.Now().Add(writeWait)); err != nil { //nolint:forbidigo // the kernel's clock, not the product's
		return err
	}
	buffers := net.Buffers(frames)
	_, err := buffers.WriteTo(c)
	if err != nil {
		_ = c.Close() // the reader ends with it
	}
	return err
}

// Close tells the client why and ends the connection, in the background.
func (k *socket) Close(code uint16, reason string) {
	k.streams.wg.Go(func() {
		_ = k.conn.NetConn().SetWriteDeadline(time.Now().Add(closeWait)) //nolint:forbidigo // as above
		_ = k.conn.WriteClose(code, []byte(reason))                      // gone already is as good
	})
}
