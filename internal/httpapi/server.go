// Package httpapi is the edge: HTTP and WebSocket in, one service call, an answer out. It is the only package that knows Gin, and
// the only one that maps faults to statuses. The order of checks is that of the contract: origin, credentials, rate, body, then the service.
package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/avatar"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/idem"
	"cinema/internal/live"
	"cinema/internal/payment"
	"cinema/internal/privacy"
	"cinema/internal/ratelimit"
)

// Bounds of a request.
const (
	maxBody        = 64 << 10
	maxHeader      = 16 << 10
	readHeaderTime = 5 * time.Second
	readTime       = 15 * time.Second
	writeTime      = 30 * time.Second
	idleTime       = 60 * time.Second
	requestTime    = 5 * time.Second
	moneyTime      = 20 * time.Second
	defaultRetry   = time.Second
)

// Settings are the values of the edge.
type Settings struct {
	Development   bool
	Env           string // as /health tells it
	Port          string // as /health tells it
	Version       string
	HoldEngine    string   // "memory", "redis"
	StoreEngine   string   // "sqlite", "mongo"
	FrontendURL   string   // origin of the web app when it is another one; empty: the product's own
	Origins       []string // further origins that may call the API and open sockets
	Proxies       []string // addresses or networks whose forwarding headers are believed
	GuestCheckout bool
	Demo          bool
	Provider      string // payment provider
	TestTokens    bool   // the provider takes test tokens
	Google        bool   // sign-in with the identity provider is configured
	WSQueryToken  bool   // ?token= on the WebSocket, for older clients
	Limits        SaleLimits
}

// SaleLimits are the limits that a showtime's detail tells.
type SaleLimits struct {
	MaxSeats                                int
	Hold, Extension, MaxHold, PaymentWindow time.Duration
}

// Bank plays the customer's bank for payments of the mock provider. A false answer declines. Fault: NotFound.
type Bank interface {
	Approve(ctx context.Context, ref string, ok bool) (payment.Payment, error)
}

// Ping tells whether a part answers.
type Ping func(ctx context.Context) error

// Deps is what the edge stands on. Only the document can be made without them.
type Deps struct {
	Settings Settings
	Clock    clock.Clock
	Log      *slog.Logger
	Accounts *account.Service
	Catalog  *catalog.Service
	Seats    *hold.Service
	Bookings *booking.Service
	Live     *live.Hub
	Audit    audit.Store
	Actions  *audit.Actions // what people did
	Vault    *audit.Vault   // opens what the record seals
	Chain    AuditChain
	Privacy  *privacy.Service
	Answers  idem.Store
	Rules    ratelimit.Rules
	Limiter  *ratelimit.Limiter // nil: this process counts alone
	Bank     Bank               // nil unless the provider takes test tokens
	SignIn   SignIn             // nil: no identity provider is configured
	Avatars  *avatar.Service    // nil: pictures are drawn
	Pages    fs.FS              // the built web app; nil: none
	Holds    Ping
	Store    Ping
	Observe  Observer // nil: nobody watches
}

// Observation is one answered request. Route is the pattern that it met, "unrouted" when it met none.
type Observation struct {
	Method, Route string
	Status        int
	Took          time.Duration
}

// Observer is told of every answered request but seat streams, whose length says nothing. The context is the request's.
type Observer func(ctx context.Context, o Observation)

// Server is the edge.
type Server struct {
	settings Settings
	clock    clock.Clock
	log      *slog.Logger
	accounts *account.Service
	catalog  *catalog.Service
	seats    *hold.Service
	bookings *booking.Service
	live     *live.Hub
	audit    audit.Store
	actions  *audit.Actions
	vault    *audit.Vault
	chain    AuditChain
	privacy  *privacy.Service
	copies   chan struct{} // a place for each copy that is made now
	answers  idem.Store
	rules    ratelimit.Rules
	limits   [charges]limit
	limiter  *ratelimit.Limiter
	proxies  []netip.Prefix
	bank     Bank
	signIn   SignIn
	frontend string // origin of the web app without a slash at its end; empty: our own
	avatars  *avatar.Service
	pages    *pages
	holds    Ping
	store    Ping
	observe  Observer

	origins map[string]bool
	cross   *http.CrossOriginProtection
	engine  *gin.Engine
	api     huma.API
	streams *streams
	recent  *answerCache
	routes  map[string]*route // by method and gin path
	exports chan struct{}     // one for each export under way

	documentOnce sync.Once
	documentPage *page
}

var humaOnce sync.Once

// setUpHuma changes the framework's process-wide settings once.
func setUpHuma() {
	humaOnce.Do(func() {
		huma.DefaultArrayNullable = false
		huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
			return humaProblem(nil, status, msg, errs...)
		}
		huma.NewErrorWithContext = humaProblem
		gin.SetMode(gin.ReleaseMode)
	})
}

// New builds the edge. It fails when a proxy or an origin cannot be read.
func New(d Deps) (*Server, error) {
	setUpHuma()
	s := &Server{
		settings: d.Settings, clock: d.Clock, log: d.Log, accounts: d.Accounts, catalog: d.Catalog, seats: d.Seats,
		bookings: d.Bookings, live: d.Live, audit: d.Audit, actions: d.Actions, vault: d.Vault, chain: d.Chain, answers: d.Answers, rules: d.Rules, bank: d.Bank, signIn: d.SignIn,
		avatars: d.Avatars, privacy: d.Privacy, copies: make(chan struct{}, copiesAtOnce),
		frontend: strings.TrimRight(d.Settings.FrontendURL, "/"),
		holds:    d.Holds, store: d.Store, observe: d.Observe, routes: make(map[string]*route),
		exports: make(chan struct{}, exportsOpen),
	}
	if s.clock == nil {
		s.clock = clock.System{}
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.limiter = d.Limiter; s.limiter == nil {
		s.limiter = ratelimit.New(ratelimit.Options{Clock: s.clock, Log: s.log})
	}
	s.limits = newLimits(s.rules)
	s.recent = newAnswerCache(s.clock)
	s.streams = newStreams(s)
	s.pages = newPages(d.Pages)
	var err error
	if s.proxies, err = proxyNetworks(d.Settings.Proxies); err != nil {
		return nil, err
	}
	if err := s.trust(); err != nil {
		return nil, err
	}
	if err := s.build(); err != nil {
		return nil, err
	}
	return s, nil
}

// trust collects the origins that may act across sites.
func (s *Server) trust() error {
	s.origins = make(map[string]bool)
	s.cross = http.NewCrossOriginProtection()
	for _, o := range append([]string{s.settings.FrontendURL}, s.settings.Origins...) {
		if o == "" || o == "*" {
			continue
		}
		origin, err := originOf(o)
		if err != nil {
			return fmt.Errorf("origin %q: %w", o, err)
		}
		if err := s.cross.AddTrustedOrigin(origin); err != nil {
			return fmt.Errorf("origin %q: %w", o, err)
		}
		s.origins[origin] = true
	}
	return nil
}

func (s *Server) build() error {
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.RedirectFixedPath = false
	e.ForwardedByClientIP = false // client finds the address
	e.Use(s.begin, s.recover, s.spelling, s.cors(), s.origin)
	e.NoRoute(s.noRoute)
	e.NoMethod(func(c *gin.Context) { s.fail(c, errMethod) })
	s.engine = e
	s.api = humagin.New(e, s.document())
	s.register()
	return nil
}

// register adds every route. A resource's file holds its own.
func (s *Server) register() {
	s.registerHealth()
	s.registerSession()
	s.registerAvatars()
	s.registerGoogle()
	s.registerSessions()
	s.registerTokens()
	s.registerCatalog()
	s.registerSeats()
	s.registerBookings()
	s.registerTickets()
	s.registerPrivacy()
	s.registerAdmin()
	s.registerOffice()
	s.registerUsers()
	s.registerStream()
	s.registerDocs()
}

// Handler answers every request of the product's port. HEAD is GET without its body.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(context.WithValue(r.Context(), headKey{}, true))
			r.Method = http.MethodGet
		}
		s.engine.ServeHTTP(w, r)
	})
}

// HTTPServer wraps the handler with the time limits of the edge.
func (s *Server) HTTPServer() *http.Server {
	return &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: readHeaderTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// Close lets no new sockets in and asks the open ones to come back elsewhere, spread over some seconds.
func (s *Server) Close() { s.streams.close() }

// OpenAPI is the contract as JSON. It needs no live dependency.
func OpenAPI() ([]byte, error) {
	s, err := New(Deps{Settings: Settings{Development: true, TestTokens: true}})
	if err != nil {
		return nil, err
	}
	return s.openAPI()
}

func (s *Server) openAPI() ([]byte, error) {
	b, err := json.MarshalIndent(s.api.OpenAPI(), "", "  ")
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// callKey finds the call in a request's context, headKey whether only the headers were asked for.
type (
	callKey struct{}
	headKey struct{}
)

// call is what the edge knows of one request. The guard fills in the caller.
type call struct {
	id        string
	named     string // X-Request-Id as sent
	principal *account.Principal
	bearer    bool
	address   string // the client's, as quotas see it
	started   time.Time
	retry     string // for a person who came with a browser: where another try begins; empty: at the sign-in page
}

var noCall = &call{}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return noCall
}
