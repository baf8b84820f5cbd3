// Package mongotest gives tests a MongoDB server: the one that MONGO_TEST_URI names, else a mongod on PATH as a replica set of one,
// else a stand-in, FerretDB on SQLite behind a relay that admits one command at a time. One line says which server it is and what that
// one cannot show.
package mongotest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Server is the server under test. A test process has one; tests share it and keep to databases of their own.
type Server struct {
	// Name says which server it is and what it cannot show.
	Name string
	// Standalone tells whether it is no replica set, as the stand-in is not.
	Standalone bool

	uri    string
	addr   string      // host:port; empty when the URI names several hosts
	gate   *sync.Mutex // one command at a time; nil: as many as come
	client *mongo.Client
	stop   func() error
}

var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Main runs the tests of a package and ends the server, if one was started. TestMain calls it.
func Main(m *testing.M) int {
	code := m.Run()
	if s := shared.server; s != nil {
		if err := s.close(); err != nil {
			fmt.Fprintln(os.Stderr, "mongotest:", err)
			code = max(code, 1)
		}
	}
	return code
}

// Shared is the process's server, started at the first call. When there is none to be had the test is skipped with the reason.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.once.Do(func() {
		shared.server, shared.err = start()
		if shared.err == nil {
			fmt.Println("mongotest:", shared.server.Name)
		}
	})
	if shared.err != nil {
		t.Skipf("no MongoDB for the tests: %v", shared.err)
	}
	return shared.server
}

func start() (s *Server, err error) {
	switch path, missing := exec.LookPath("mongod"); {
	case os.Getenv("MONGO_TEST_URI") != "":
		s = &Server{uri: os.Getenv("MONGO_TEST_URI"), Name: "the server of MONGO_TEST_URI"}
		if u, err := url.Parse(s.uri); err == nil && u.Scheme == "mongodb" && !strings.Contains(u.Host, ",") {
			s.addr = u.Host
		}
	case missing == nil:
		s, err = startMongod(path)
	default:
		s, err = startStandin()
	}
	if err != nil {
		return nil, err
	}
	s.client, err = mongo.Connect(options.Client().ApplyURI(s.uri).SetTimeout(10 * time.Second))
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Server) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.client.Disconnect(ctx)
	if s.stop != nil {
		if stopErr := s.stop(); err == nil {
			err = stopErr
		}
	}
	return err
}

// URI is the server's address for as many clients as a test wants. For the stand-in it leads through a relay, which ends with the test.
func (s *Server) URI(t testing.TB) string {
	t.Helper()
	if s.gate == nil {
		return s.uri
	}
	return s.Relay(t).URI
}

// Relay puts a relay of the test's own before the server, for faults between commands.
func (s *Server) Relay(t testing.TB) *Relay {
	t.Helper()
	if s.addr == "" {
		t.Skip("left out: a relay needs a server with one address")
	}
	r, err := newRelay(s.addr, s.gate)
	require.NoError(t, err)
	t.Cleanup(r.close)
	return r
}

// Database is a name that nobody else uses; the database of that name is dropped with the test.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := "t" + strings.ToLower(rand.Text())[:16]
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		s.locked(func() { require.NoError(t, s.client.Database(name).Drop(ctx)) })
	})
	return name
}

// Aside is the database by a connection of its own, past every relay: what another process would do in the meantime. Calls go
// through Do.
func (s *Server) Aside(name string) *mongo.Database { return s.client.Database(name) }

// Do runs one command of Aside while no command of a relay runs.
func (s *Server) Do(run func() error) (err error) {
	s.locked(func() { err = run() })
	return err
}

func (s *Server) locked(run func()) {
	if s.gate != nil {
		s.gate.Lock()
		defer s.gate.Unlock()
	}
	run()
}

func freeAddr() (string, error) {
	var listen net.ListenConfig
	l, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
