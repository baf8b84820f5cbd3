// Package egress asks addresses on the internet that users may have had a hand in: https on its own port, of public hosts alone, whatever
// the name says or is made to say later. It knows no proxy and no cookies, and bounds time and size.
package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Bounds.
const (
	defaultTimeout = 5 * time.Second
	defaultBody    = 1 << 20
	dialTime       = 2 * time.Second
	maxHeader      = 16 << 10
	maxRedirects   = 3
	maxAddresses   = 4 // of a name, tried one after the other
	maxURL         = 2048
)

// ErrRefused says that an address is none that may be asked. Nothing was sent to it.
var ErrRefused = errors.New("this address is not asked")

var errInside = fmt.Errorf("%w: not a public address", ErrRefused)

// ErrTooLarge says that an answer is longer than it may be.
var ErrTooLarge = errors.New("the answer is too large")

// Resolver finds the addresses of a name.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Options change the bounds. The zero value is sensible.
type Options struct {
	Timeout  time.Duration // of a request with all its redirects and its body; zero: 5 s
	MaxBody  int64         // bytes; zero: 1 MiB
	Resolver Resolver      // nil: the system's
}

// New makes a client. Its requests fail with ErrRefused when they, or a redirect, lead anywhere but to a public https service. Bodies longer
// than the cap fail with ErrTooLarge while they are read.
func New(o Options) *http.Client {
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.MaxBody == 0 {
		o.MaxBody = defaultBody
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	return newGuard(o).client()
}

func newGuard(o Options) *guard {
	g := &guard{options: o, connect: (&net.Dialer{Timeout: dialTime, Control: control, KeepAlive: -1}).DialContext}
	g.next = &http.Transport{
		Proxy: nil, DialContext: g.dial, DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
		TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: o.Timeout, MaxConnsPerHost: 8,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	return g
}

func (g *guard) client() *http.Client {
	return &http.Client{Transport: g, Timeout: g.options.Timeout, CheckRedirect: redirect}
}

// redirect bounds the redirects and tells the next host nothing of the last; where they lead is judged like every request.
func redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("%w: more than %d redirects", ErrRefused, maxRedirects)
	}
	r.Header.Del("Referer")
	return nil
}

// guard judges every request before it goes out and every connection before it is made.
type guard struct {
	options Options
	connect func(ctx context.Context, network, address string) (net.Conn, error)
	next    *http.Transport
}

// RoundTrip sends a request that may be sent.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := Check(r.URL); err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Del("Cookie")
	r.Host = ""
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "cinema")
	}
	res, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Header.Del("Set-Cookie")
	if res.ContentLength > g.options.MaxBody {
		_ = res.Body.Close()
		return nil, ErrTooLarge
	}
	res.Body = &capped{body: res.Body, left: g.options.MaxBody}
	return res, nil
}

// Check tells whether an address may be asked as far as its text says: https, a public host by name or number, no credentials, port 443.
func Check(u *url.URL) error {
	refuse := func(why string) error { return fmt.Errorf("%w: %s", ErrRefused, why) }
	host := u.Hostname()
	switch {
	case u.Scheme != "https":
		return refuse("not https")
	case u.User != nil:
		return refuse("credentials in the address")
	case u.Opaque != "" || len(u.String()) > maxURL:
		return refuse("not an address of the usual form")
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if !Public(a) {
			return refuse("not a public address")
		}
	} else if !isName(host) {
		return refuse("not a public name")
	}
	if port := u.Port(); port != "" && port != "443" {
		return refuse("not the port of https")
	}
	return nil
}

// isName tells whether a host is a name as the public DNS has them: ASCII, several labels, none of those that mean the own network, and a
// last label that no library could take for a number.
func isName(host string) bool {
	if len(host) > 253 {
		return false
	}
	labels := strings.Split(strings.ToLower(host), ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	switch last := labels[len(labels)-1]; last {
	case "localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "onion", "arpa", "test", "invalid":
		return false
	default:
		return last[0] < '0' || last[0] > '9'
	}
}

// dial resolves a name once and connects to what was found, so that a second answer of the DNS changes nothing. A name with any address
// that is not public is refused: it means to lead inside.
func (g *guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	found, err := g.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range found {
		if !Public(a) {
			return nil, errInside
		}
	}
	failed := fmt.Errorf("%w: a name without an address", ErrRefused)
	for _, a := range found[:min(len(found), maxAddresses)] {
		conn, err := g.connect(ctx, network, net.JoinHostPort(a.String(), port))
		if err == nil {
			return conn, nil
		}
		failed = err
	}
	return nil, failed
}

func (g *guard) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	return g.options.Resolver.LookupNetIP(ctx, "ip", host)
}

// control sees the address that is really connected to, last of all.
func control(_, address string, _ syscall.RawConn) error {
	p, err := netip.ParseAddrPort(address)
	if err != nil || p.Port() != 443 || !Public(p.Addr()) {
		return errInside
	}
	return nil
}

// capped is a body that ends with an error beyond its cap.
type capped struct {
	body io.ReadCloser
	left int64
}

// Read reads within the cap.
func (c *capped) Read(p []byte) (int, error) {
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.body.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, ErrTooLarge
	}
	return n, err
}

// Close ends the body.
func (c *capped) Close() error { return c.body.Close() }

// Answer is a document that was fetched.
type Answer struct {
	Media string // its media type as its server says, without parameters
	Body  []byte
}

// Get fetches a document with a client of New. accept names the media types that are wanted. Any status but 200 is an error. Errors do not
// repeat the address, which may hold somebody's secrets.
func Get(ctx context.Context, client *http.Client, address, accept string) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: not an address", ErrRefused)
	}
	r.Header.Set("Accept", accept)
	res, err := client.Do(r)
	if err != nil {
		return Answer{}, bare(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return Answer{}, fmt.Errorf("status %d", res.StatusCode)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return Answer{}, bare(err)
	}
	media, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		media = ""
	}
	return Answer{Media: media, Body: body}, nil
}

// bare takes the address off an error.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
