package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

const (
	corsAge       = time.Hour
	cspPath       = "/api/csp-reports"
	serverKey     = "server"
	headerRequest = "X-Request-Id"
	headerWith    = "X-Requested-With"
	withValue     = "cinema"
)

// Header values are shared slices: they are set on every answer and never appended to.
var (
	noStore     = []string{"no-store"}
	noSniff     = []string{"nosniff"}
	sameOrigin  = []string{"same-origin"}
	permissions = []string{"accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=()"}
	hsts        = []string{"max-age=31536000"}
	reporting   = []string{`csp="/api/csp-reports"`}
	denyFrames  = []string{"DENY"}
	// dataPolicy is for answers that are no documents.
	dataPolicy = []string{"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
	// pagePolicy is for the web app's documents: everything from here, no inline script or style, no script text from strings.
	pagePolicy = []string{strictPolicy + "; require-trusted-types-for 'script'; trusted-types vue"}
	// stripePolicy is for the checkout's document where Stripe takes the payments.
	stripePolicy = []string{"default-src 'none'; script-src 'self' https://js.stripe.com; connect-src 'self' https://api.stripe.com; " +
		"frame-src https://js.stripe.com https://hooks.stripe.com; img-src 'self' data:; style-src 'self'; font-src 'self'; " +
		"manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; report-to csp"}
	// docsPolicy is pagePolicy for the reader of the API document, whose descriptions pass the policy that its start script makes.
	docsPolicy = []string{strictPolicy + "; require-trusted-types-for 'script'; trusted-types default dompurify"}
)

const strictPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; " +
	"font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; report-to csp"

var (
	errMethod  = fault.New(fault.Invalid, "method_not_allowed", "This address does not take that method.")
	errUnknown = fault.New(fault.NotFound, "not_found", "There is nothing at this address.")
	errOrigin  = fault.New(fault.Forbidden, "cross_origin",
		"The request comes from another site, or lacks the header X-Requested-With: cinema.")
)

// begin gives the request its id, its deadline and the headers of every answer, and logs its end.
func (s *Server) begin(c *gin.Context) {
	k := &call{named: c.Request.Header.Get(headerRequest), started: s.clock.Now()}
	k.id = k.named
	if _, err := ident.ParseRequest(k.id); err != nil {
		k.id = "rq_" + rand.Text()
	}
	r := s.routes[c.Request.Method+" "+c.FullPath()]
	ctx := context.WithValue(c.Request.Context(), callKey{}, k)
	if r == nil || !r.stream {
		budget := requestTime
		if r != nil && r.money {
			budget = moneyTime
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, budget)
		defer cancel()
	}
	c.Request = c.Request.WithContext(ctx)
	c.Set(serverKey, s)
	s.headers(c.Writer.Header(), k.id)
	c.Next()
	if s.observe != nil && (r == nil || !r.stream) {
		s.observe(ctx, Observation{Method: c.Request.Method, Route: routeOf(c), Status: c.Writer.Status(), Took: s.clock.Now().Sub(k.started)})
	}
	s.logEnd(c, k, r)
}

// routeOf is the pattern that a request met.
func routeOf(c *gin.Context) string {
	if p := c.FullPath(); p != "" {
		return p
	}
	return "unrouted"
}

func (s *Server) headers(h http.Header, id string) {
	h[headerRequest] = []string{id}
	h["X-Content-Type-Options"] = noSniff
	h["X-Frame-Options"] = denyFrames
	h["Referrer-Policy"] = sameOrigin
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Permissions-Policy"] = permissions
	h["Content-Security-Policy"] = dataPolicy
	h["Cache-Control"] = noStore
	if !s.settings.Development {
		h["Strict-Transport-Security"] = hsts
	}
}

// logEnd writes the access log. Frequent requests that went well are for debugging only: at thousands a second the log would be
// most of the work.
func (s *Server) logEnd(c *gin.Context, k *call, r *route) {
	status := c.Writer.Status()
	level := slog.LevelInfo
	if status < http.StatusBadRequest && (c.Request.Method == http.MethodGet || r != nil && r.frequent) || status == statusClientGone {
		level = slog.LevelDebug
	}
	ctx := c.Request.Context()
	if !s.log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("method", c.Request.Method), slog.String("route", routeOf(c)), slog.Int("status", status),
		slog.Int("bytes", c.Writer.Size()), slog.Duration("took", s.clock.Now().Sub(k.started)), slog.String("request_id", k.id),
	}
	if k.principal != nil {
		attrs = append(attrs, slog.String("user_id", string(k.principal.User.ID)))
	}
	s.log.LogAttrs(ctx, level, "request", attrs...)
}

// recover turns a panic into an answer with an id; the process goes on.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(v)
		}
		s.log.ErrorContext(c.Request.Context(), "panic", slog.String("request_id", callOf(c.Request.Context()).id),
			slog.String("panic", fmt.Sprint(v)), slog.String("stack", string(debug.Stack())))
		if h, ok := c.Writer.(*held); ok {
			c.Writer = h.ResponseWriter
		}
		if c.Writer.Written() {
			c.Abort()
			return
		}
		s.fail(c, fault.New(fault.Internal, "internal", ""))
	}()
	c.Next()
}

// cors answers the browsers of foreign front ends that are listed. Everybody else gets no permission headers, and no error either:
// public data may be fetched by anything that is not a browser page.
func (s *Server) cors() gin.HandlerFunc {
	if len(s.origins) == 0 {
		return func(*gin.Context) {}
	}
	list := make([]string, 0, len(s.origins))
	for o := range s.origins {
		list = append(list, o)
	}
	handle := cors.New(cors.Config{
		AllowOrigins: list, AllowCredentials: true,
		AllowMethods:  []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowHeaders:  []string{"Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", headerRequest, headerWith},
		ExposeHeaders: []string{"ETag", "Idempotent-Replayed", "RateLimit", "RateLimit-Policy", "Retry-After", headerRequest},
		MaxAge:        corsAge,
	})
	return func(c *gin.Context) {
		if o := c.Request.Header.Get("Origin"); o != "" && s.origins[strings.ToLower(o)] {
			handle(c)
			return
		}
		c.Writer.Header().Add("Vary", "Origin") // a cache between must not give this answer to a page of a listed origin
	}
}

// origin refuses changes that a page of another site asks a browser to make, and changes authenticated by cookie that do not carry
// the header which no form can send.
func (s *Server) origin(c *gin.Context) {
	switch c.Request.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return
	}
	if err := s.cross.Check(c.Request); err != nil {
		s.fail(c, errOrigin)
		return
	}
	if c.FullPath() == cspPath { // browsers report without our header, and nothing changes by it
		return
	}
	if bearerOf(c.Request) == "" && s.cookie(c.Request) != "" && c.Request.Header.Get(headerWith) != withValue {
		s.fail(c, errOrigin)
	}
}

// originOf brings an address to the form of an Origin header.
func originOf(address string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return "", err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", errors.New("want http(s)://host")
	}
	return strings.ToLower(u.Scheme + "://" + u.Host), nil
}
