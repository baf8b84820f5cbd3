// Package storemongo keeps the product in MongoDB: the store of several processes.
//
// Nothing here needs a transaction or a unique index. A seat has one owner because its claim's primary key is the seat, and whatever
// must happen once is a register, an insert with a deterministic primary key. Each act is a chain of such steps, every one idempotent,
// so that a step whose outcome is not known is run again and never called failed.
package storemongo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"cinema/internal/clock"
	"cinema/internal/store"
)

// DefaultDatabase is the database when the URI names none.
const DefaultDatabase = "cinema"

const (
	defaultTimeout  = 5 * time.Second
	defaultPatience = 10 * time.Second
	selectTimeout   = 5 * time.Second // until a primary is found
)

// Options say where the store lives. Only URI is required.
type Options struct {
	URI      string
	Database string // empty: the URI's, or DefaultDatabase
	// AllowStandalone lets a server serve that is no replica set. It can lose what it acknowledged; it is for tests.
	AllowStandalone bool
	Clock           clock.Clock  // nil: the machine's
	Logger          *slog.Logger // nil: discarded
	// Observe is called after each command with its name, for metrics. It must not wait. Nil: nothing.
	Observe  func(command string, took time.Duration, failed bool)
	Timeout  time.Duration // of one step; zero: 5 s
	Patience time.Duration // of one act whose outcome stays unknown, until it is Unavailable; zero: 10 s
}

func (o Options) withDefaults() (Options, error) {
	parsed, err := connstring.ParseAndValidate(o.URI)
	if err != nil {
		return o, errors.New("MONGO_URI is not an address of a MongoDB server") // the parser's words would show the password
	}
	if o.Database == "" {
		o.Database = parsed.Database
	}
	if o.Database == "" {
		o.Database = DefaultDatabase
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Patience <= 0 {
		o.Patience = defaultPatience
	}
	return o, nil
}

// Store is a store in MongoDB. Any number of processes may share one.
type Store struct {
	client   *mongo.Client
	db       *mongo.Database
	clock    clock.Clock
	log      *slog.Logger
	timeout  time.Duration
	patience time.Duration

	bookings, claims, decisions, tickets, outbox, audit, requests    *mongo.Collection
	users, sessions, userKeys, personal, revoked                     *mongo.Collection
	cinemas, auditoriums, layouts, movies, cards, showtimes, blocked *mongo.Collection
	erasures, leases, migrations                                     *mongo.Collection
	unsealed, chain, checkpoints, marks                              *mongo.Collection

	turns    turns        // of a customer's own requests for one showtime
	planning chan turn    // this process's turn at the programme
	position atomic.Int64 // the last position given out

	closeOnce sync.Once
	closeErr  error
}

var _ store.Backend = (*Store)(nil)

// Open connects, refuses a server that cannot keep its word, and brings the schema up to date. Close must be called.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := connect(o)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := s.open(ctx, o.AllowStandalone); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, allowStandalone bool) error {
	if err := s.Ping(ctx); err != nil {
		return err
	}
	if err := s.checkTopology(ctx, allowStandalone); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	s.createIndexes(ctx)
	return nil
}

// connect makes the client; it does not wait for a server.
func connect(o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(options.Client().ApplyURI(o.URI).
		SetTimeout(o.Timeout).
		SetServerSelectionTimeout(min(selectTimeout, o.Timeout)).
		SetWriteConcern(majority()).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetRetryWrites(true).
		SetRetryReads(true).
		SetMonitor(monitor(o.Observe)))
	if err != nil {
		return nil, errors.New("MONGO_URI is refused by the driver")
	}
	s := &Store{
		client: client, db: client.Database(o.Database), clock: o.Clock, log: o.Logger, timeout: o.Timeout, patience: o.Patience,
		planning: make(chan turn, 1), turns: newTurns(),
	}
	s.bind()
	return s, nil
}

// majority waits until most of the replica set has the write in its journal. The driver's wait for it ends with the step's timeout.
func majority() *writeconcern.WriteConcern {
	journal := true
	return &writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}
}

// bind names the collections. The concerns stand here again, so that no URI and no default of the server can weaken them.
func (s *Store) bind() {
	strict := options.Collection().SetWriteConcern(majority()).SetReadConcern(readconcern.Majority()).SetReadPreference(readpref.Primary())
	for name, c := range s.named() {
		*c = s.db.Collection(name, strict)
	}
}

// named maps the collections' names to where they are kept.
func (s *Store) named() map[string]**mongo.Collection {
	return map[string]**mongo.Collection{
		"bookings": &s.bookings, "seat_claims": &s.claims, "decisions": &s.decisions, "tickets": &s.tickets, "outbox": &s.outbox,
		"audit_logs": &s.audit, "user_keys": &s.userKeys, "idempotency": &s.requests, "users": &s.users, "sessions": &s.sessions, "personal_tokens": &s.personal, "revoked_tokens": &s.revoked,
		"cinemas": &s.cinemas, "auditoriums": &s.auditoriums, "layouts": &s.layouts, "movies": &s.movies, "price_cards": &s.cards,
		"audit_unsealed": &s.unsealed, "audit_chain": &s.chain, "audit_checkpoints": &s.checkpoints, "audit_marks": &s.marks,
		"showtimes": &s.showtimes, "seat_blocks": &s.blocked, "erasures": &s.erasures, "leases": &s.leases, "schema_migrations": &s.migrations,
	}
}

// Ping tells whether a primary answers.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.translate(ctx, s.client.Ping(ctx, readpref.Primary()))
}

// Close ends the connections. A second call does nothing.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), s.timeout) //nolint:forbidigo // io.Closer has no context
		defer cancel()
		s.closeErr = s.client.Disconnect(ctx)
	})
	return s.closeErr
}

// now is the store's clock in the unit that BSON keeps.
func (s *Store) now() time.Time { return millis(s.clock.Now()) }

// next gives out positions: the order in which this process wrote things that share an instant. They grow with the clock, in
// microseconds, so that those of several processes interleave as their clocks do.
func (s *Store) next() int64 {
	for {
		last := s.position.Load()
		at := max(s.clock.Now().UnixMicro(), last+1)
		if s.position.CompareAndSwap(last, at) {
			return at
		}
	}
}
