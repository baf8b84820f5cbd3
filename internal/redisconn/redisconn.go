// Package redisconn is the one way to Redis: a client for a single server, Sentinel or Cluster, short deadlines, and a breaker, so that
// a Redis that is away costs its callers nothing but the answer that it is away.
package redisconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"cinema/internal/clock"
)

// Mode says what stands behind the addresses.
type Mode string

// Modes, spelled as REDIS_MODE is.
const (
	Single   Mode = "single"
	Sentinel Mode = "sentinel"
	Cluster  Mode = "cluster"
)

const (
	// lanes is how many breakers a cluster has: one master that is away must not stop the showtimes of the others.
	lanes = 16
	// dialTime bounds a connection's beginning, silence how long a connection may leave an answer open before it counts as lost.
	dialTime = 2 * time.Second
	silence  = 3 * time.Second
	// topologyEvery is how often Sentinel and Cluster are asked for their masters, beside what they tell by themselves.
	topologyEvery = 5 * time.Second
	retryEvery    = 250 * time.Millisecond
)

// Options say where Redis is. Zero durations get defaults.
type Options struct {
	Mode     Mode
	Addrs    []string // the server; of Sentinel and Cluster any number of members
	Master   string   // Sentinel's name of the master
	Password string
	Clock    clock.Clock
	Log      *slog.Logger
	Timeout  time.Duration // of one call; zero: 500 ms
	Patience time.Duration // how long Open waits for a Redis that is not there yet; zero: 10 s
}

// Conn is a connection to Redis, shared by everything in the process. It is safe for concurrent use.
type Conn struct {
	Client    rueidis.Client
	cluster   bool
	timeout   time.Duration
	clock     clock.Clock
	breakers  []*breaker
	recovered chan struct{}
}

// noHost tells characters that no host has.
func noHost(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("/@[]", r) }

// Addrs reads a list of addresses divided by commas; a missing port is 6379.
func Addrs(list string) ([]string, error) {
	var out []string
	for addr := range strings.SplitSeq(list, ",") {
		addr = strings.TrimSpace(addr)
		if addr == "" {
			continue
		}
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			host, port = addr, "6379"
			if inner, ok := strings.CutPrefix(addr, "["); ok {
				host, _ = strings.CutSuffix(inner, "]")
			}
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || host == "" || strings.ContainsFunc(host, noHost) {
			if i := strings.LastIndexByte(addr, '@'); i >= 0 { // credentials do not belong there, nor into a message
				addr = "…" + addr[i:]
			}
			return nil, fmt.Errorf("%q is no host:port", addr)
		}
		out = append(out, net.JoinHostPort(host, port))
	}
	if len(out) == 0 {
		return nil, errors.New("no address")
	}
	return out, nil
}

// Open connects, waiting for a Redis that is starting, and refuses a server that is too old. A setting that could lose holds in silence is
// a warning: holds are advisory, and the store decides in any case.
func Open(ctx context.Context, o Options) (*Conn, error) {
	o = defaults(o)
	until := o.Clock.Now().Add(o.Patience)
	for {
		c, err := connect(ctx, o)
		if err == nil || final(err) || o.Clock.Now().After(until) {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-o.Clock.After(retryEvery):
		}
	}
}

func defaults(o Options) Options {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Timeout == 0 {
		o.Timeout = 500 * time.Millisecond
	}
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	return o
}

func connect(ctx context.Context, o Options) (*Conn, error) {
	client, err := rueidis.NewClient(option(o))
	if err != nil {
		return nil, fmt.Errorf("redis %s at %s: %w", o.Mode, strings.Join(o.Addrs, ","), err)
	}
	c := New(client, o)
	if err := c.inspect(ctx, o); err != nil {
		client.Close()
		return nil, err
	}
	return c, nil
}

// option is the client's configuration. It never repeats a command: the outcome of a script may be unknown, and only its caller knows
// whether a repeat is safe.
func option(o Options) rueidis.ClientOption {
	opt := rueidis.ClientOption{
		InitAddress: o.Addrs, Password: o.Password, ClientName: "cinema", DisableRetry: true, DisableCache: true,
		Dialer: net.Dialer{Timeout: dialTime, KeepAlive: time.Second}, ConnWriteTimeout: silence,
		ReadBufferEachConn: 1 << 16, WriteBufferEachConn: 1 << 16, BlockingPoolSize: 64, BlockingPoolCleanup: time.Minute, BlockingPoolMinSize: 1,
	}
	switch o.Mode {
	case Sentinel:
		opt.Sentinel = rueidis.SentinelOption{
			MasterSet: o.Master, Password: o.Password, Dialer: opt.Dialer, TopologyRefreshInterval: topologyEvery,
		}
	case Cluster:
		opt.ClusterOption = rueidis.ClusterOption{ShardsRefreshInterval: topologyEvery, MaxMovedRedirections: 4}
	default:
		opt.ForceSingleClient = true
	}
	return opt
}

// New makes a connection of a client that was made elsewhere; it is not inspected.
func New(client rueidis.Client, o Options) *Conn {
	o = defaults(o)
	c := &Conn{Client: client, cluster: o.Mode == Cluster, timeout: o.Timeout, clock: o.Clock, recovered: make(chan struct{}, 1)}
	n := 1
	if c.cluster {
		n = lanes
	}
	for range n {
		c.breakers = append(c.breakers, newBreaker(o.Clock, c.recovered))
	}
	return c
}

// Cluster tells whether keys need hash tags and events go by sharded Pub/Sub.
func (c *Conn) Cluster() bool { return c.cluster }

// Close ends the client's connections and goroutines.
func (c *Conn) Close() { c.Client.Close() }

// Do runs a call under the connection's deadline, unless its breaker is open. slot is the cluster slot of the call's keys, any number
// otherwise.
// Errors are the call's own, and ErrOpen.
func (c *Conn) Do(ctx context.Context, slot uint16, call func(context.Context) error) error {
	b := c.lane(slot)
	if err := b.enter(); err != nil {
		return err
	}
	short, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := call(short)
	for errors.Is(err, errMoving) && short.Err() == nil { // refused before anything was done: the slot is on its way to another node
		select {
		case <-short.Done():
		case <-c.clock.After(10 * time.Millisecond):
			err = call(short)
		}
	}
	switch {
	case err == nil || !Down(err):
		b.leave(alive)
	case errors.Is(ctx.Err(), context.Canceled):
		b.leave(unknown) // the caller went away; that says nothing of Redis
	default:
		b.leave(away)
	}
	return err
}

// Try runs a call that its caller can do without: it waits no longer than told, and what it meets says nothing of Redis to others. While the
// breaker is open nothing is asked. Errors are the call's own, and ErrOpen. slot as in Do.
func (c *Conn) Try(ctx context.Context, slot uint16, wait time.Duration, call func(context.Context) error) error {
	if c.lane(slot).isOpen() {
		return ErrOpen
	}
	short, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return call(short)
}

func (c *Conn) lane(slot uint16) *breaker { return c.breakers[int(slot)/(1<<14/lanes)%len(c.breakers)] }

// Recovered has a token after a breaker closed again: what was kept in Redis may be gone or old.
func (c *Conn) Recovered() <-chan struct{} { return c.recovered }

// Open tells whether calls are refused at the moment, in any part of a cluster.
func (c *Conn) Open() bool {
	for _, b := range c.breakers {
		if b.isOpen() {
			return true
		}
	}
	return false
}

// Ping asks whether Redis answers, for readiness.
func (c *Conn) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	if err := c.Client.Do(ctx, c.Client.B().Ping().Build()).Error(); err != nil {
		return fmt.Errorf("redis: %w", err)
	}
	return nil
}
