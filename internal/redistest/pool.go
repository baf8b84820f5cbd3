package redistest

import (
	"sync"
	"testing"
)

// Pool lends servers to tests that run beside each other, so that a suite of many short cases starts few of them.
type Pool struct {
	t     testing.TB // outlives the borrowers
	start func(testing.TB) *Server

	mu   sync.Mutex // guards idle
	idle []*Server
}

// NewPool makes an empty pool whose servers end with the test.
func NewPool(t testing.TB, start func(testing.TB) *Server) *Pool { return &Pool{t: t, start: start} }

// Borrow gives a server without data until the borrower ends. Its clock may be ahead of the machine's.
func (p *Pool) Borrow(t testing.TB) *Server {
	t.Helper()
	p.mu.Lock()
	var s *Server
	if n := len(p.idle); n > 0 {
		s, p.idle = p.idle[n-1], p.idle[:n-1]
	}
	p.mu.Unlock()
	if s == nil {
		s = p.start(p.t)
	}
	t.Cleanup(func() {
		s.CLI("FLUSHALL")
		s.CLI("SCRIPT", "FLUSH")
		p.mu.Lock()
		defer p.mu.Unlock()
		p.idle = append(p.idle, s)
	})
	return s
}
