package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"
)

// Client is one browser: it keeps cookies and sends what the page would send. It survives restarts of the server, whose
// address changes.
type Client struct {
	server *Server
	http   *http.Client
	cookie []*http.Cookie
	Bearer string
	Abroad bool // requests begin on another site: cookies that are strict about that stay at home
}

// NewClient makes a browser without a session.
func NewClient(s *Server) *Client {
	return &Client{server: s, http: &http.Client{
		Timeout: 40 * time.Second,
		// Where a page is sent is for the test to look at, and to follow.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: 10 * time.Second},
	}}
}

// Answer is a response with its body read.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON decodes the body.
func (a Answer) JSON(v any) error {
	if err := json.Unmarshal(a.Body, v); err != nil {
		return fmt.Errorf("%d %s: %w", a.Status, a.Body, err)
	}
	return nil
}

// Code is the error code of a problem document.
func (a Answer) Code() string {
	var p struct{ Error string }
	if json.Unmarshal(a.Body, &p) != nil {
		return ""
	}
	return p.Error
}

// Do sends one request; body is encoded as JSON unless it is nil or []byte.
func (c *Client) Do(ctx context.Context, method, path string, body any, header ...string) (Answer, error) {
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case []byte:
		r = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return Answer{}, err
		}
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.server.URL()+path, r)
	if err != nil {
		return Answer{}, err
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("X-Requested-With", "cinema")
	if c.Bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.Bearer)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	for _, k := range c.cookie {
		if !c.Abroad || k.SameSite != http.SameSiteStrictMode {
			req.AddCookie(k)
		}
	}
	res, err := c.http.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return Answer{}, err
	}
	c.keep(res.Cookies())
	return Answer{Status: res.StatusCode, Header: res.Header, Body: raw}, nil
}

// keep merges cookies; a deletion removes.
func (c *Client) keep(set []*http.Cookie) {
	for _, n := range set {
		kept := c.cookie[:0]
		for _, k := range c.cookie {
			if k.Name != n.Name {
				kept = append(kept, k)
			}
		}
		c.cookie = kept
		if n.MaxAge >= 0 && n.Value != "" {
			c.cookie = append(c.cookie, n)
		}
	}
}

// Cookies are the browser's cookies, for a WebSocket.
func (c *Client) Cookies() http.Header {
	h := http.Header{}
	for _, k := range c.cookie {
		h.Add("Cookie", k.Name+"="+k.Value)
	}
	return h
}

// SignIn starts a development session, and fails the test when that is refused.
func (c *Client) SignIn(t testing.TB, email, name string) {
	t.Helper()
	a, err := c.Do(context.Background(), http.MethodPost, "/api/auth/dev/login", map[string]string{"email": email, "name": name})
	if err != nil || a.Status != http.StatusOK {
		t.Fatalf("sign in: %v %d %s", err, a.Status, a.Body)
	}
}

// Guest starts a guest session.
func (c *Client) Guest(t testing.TB) {
	t.Helper()
	a, err := c.Do(context.Background(), http.MethodPost, "/api/auth/guest", nil)
	if err != nil || a.Status != http.StatusOK {
		t.Fatalf("guest: %v %d %s", err, a.Status, a.Body)
	}
}

// Close drops idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
