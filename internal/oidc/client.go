package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Bounds of what is asked of the provider.
const (
	dialTime    = 2 * time.Second
	callTime    = 4 * time.Second // one request with its answer's body
	idleTime    = 30 * time.Second
	maxAnswer   = 512 << 10 // bytes of an answer's body, unpacked
	maxHeader   = 32 << 10
	maxConns    = 16
	maxForwards = 3
)

var (
	errTooLong  = errors.New("the provider's answer is too long")
	errForwards = errors.New("the provider forwards to another place")
)

// unreachable says that the provider did not answer, or that it answered that it cannot.
type unreachable struct{ cause error }

// Error gives the cause.
func (u *unreachable) Error() string { return "the provider is not reachable: " + u.cause.Error() }

// Unwrap gives the cause.
func (u *unreachable) Unwrap() error { return u.cause }

// newClient makes the client that the provider is asked with. It knows no proxy of the environment, follows nothing that leaves the
// host it asked, and never sends a code or a secret a second time.
func newClient() *http.Client {
	return &http.Client{
		Timeout: callTime,
		Transport: &guarded{next: &http.Transport{
			Proxy:                  nil,
			DialContext:            (&net.Dialer{Timeout: dialTime}).DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    dialTime,
			ResponseHeaderTimeout:  callTime,
			ExpectContinueTimeout:  time.Second,
			IdleConnTimeout:        idleTime,
			MaxIdleConns:           maxConns,
			MaxConnsPerHost:        maxConns,
			MaxResponseHeaderBytes: maxHeader,
		}},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			first := via[0]
			if first.Method != http.MethodGet || len(via) > maxForwards || req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host {
				return errForwards
			}
			return nil
		},
	}
}

// guarded bounds every answer and tells a provider that is away from one that refuses.
type guarded struct{ next *http.Transport }

// note is where a failure is left whose kind a library would lose on the way: it keeps the text alone.
type note struct{ failure error }

type noteKey struct{}

func noteOf(ctx context.Context) *note {
	n, _ := ctx.Value(noteKey{}).(*note)
	return n
}

// away makes the error of a provider that is away, and leaves it in the note.
func (n *note) away(cause error) error {
	u := &unreachable{cause: cause}
	if n != nil {
		n.failure = u
	}
	return u
}

// RoundTrip asks, and fails with unreachable when the provider is away, overloaded or broken.
func (g *guarded) RoundTrip(req *http.Request) (*http.Response, error) {
	n := noteOf(req.Context())
	res, err := g.next.RoundTrip(req)
	if err != nil {
		return nil, n.away(err)
	}
	if res.StatusCode >= http.StatusInternalServerError || res.StatusCode == http.StatusTooManyRequests {
		_ = res.Body.Close()
		return nil, n.away(fmt.Errorf("status %d", res.StatusCode))
	}
	if res.ContentLength > maxAnswer {
		_ = res.Body.Close()
		return nil, n.away(errTooLong)
	}
	res.Body = &capped{ReadCloser: res.Body, left: maxAnswer, note: n}
	return res, nil
}

// CloseIdleConnections lets go of the connections that wait.
func (g *guarded) CloseIdleConnections() { g.next.CloseIdleConnections() }

// capped fails once more than its bound was read: a cut answer must not pass for a whole one.
type capped struct {
	io.ReadCloser

	left int
	note *note
}

// Read reads up to the bound.
func (c *capped) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	if c.left -= n; c.left < 0 {
		return 0, c.note.away(errTooLong)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, c.note.away(err)
	}
	return n, err
}
