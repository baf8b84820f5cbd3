// Package redistest starts real Redis servers for tests: on free loopback ports, in folders of their own, ended by their pids, and with a
// wall clock that the test can move.
package redistest

import (
	"bufio"
	_ "embed"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clockSource is preloaded into redis-server. It is no .c file, so that the Go tool leaves it alone.
//
//go:embed clock.c.txt
var clockSource []byte

// Server is one redis-server process.
type Server struct {
	t       testing.TB
	Addr    string
	dir     string
	args    []string
	file    []string // settings, at most one
	bus     int      // port of the cluster bus; zero: no cluster
	offset  *os.File
	shift   atomic.Int64 // microseconds
	frozen  atomic.Int64 // Unix microseconds at which the clock stands; zero: it runs
	library string

	mu  sync.Mutex // guards cmd
	cmd *exec.Cmd
}

// Start runs a server without persistence; further arguments are redis-server's. Without redis-server on PATH the test fails: make test installs it.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(t, clockLibrary(t), args)
}

// StartPlain runs a server with the machine's own clock, for benchmarks: a clock that tests can move costs a call of the kernel each time.
func StartPlain(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(t, "", args)
}

// startConfigured runs a server with a file of settings, which the server may rewrite.
func startConfigured(t testing.TB, file string, args ...string) *Server {
	t.Helper()
	return start(t, "", args, file)
}

func start(t testing.TB, library string, args []string, file ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is missing: make test installs it (apt-get install redis-server)")
	}
	s := &Server{t: t, dir: t.TempDir(), args: args, library: library, file: file}
	f, err := os.OpenFile(filepath.Join(s.dir, "offset"), os.O_CREATE|os.O_RDWR, 0o600)
	require.NoError(t, err)
	s.offset = f
	s.write()
	s.Up()
	t.Cleanup(func() {
		s.Kill()
		_ = f.Close()
	})
	return s
}

var library struct {
	once sync.Once
	path string
	err  error
}

// clockLibrary compiles the clock once for each test binary.
func clockLibrary(t testing.TB) string {
	t.Helper()
	library.once.Do(func() {
		dir, err := os.MkdirTemp("", "redistest")
		if err != nil {
			library.err = err
			return
		}
		library.path = filepath.Join(dir, "clock.so")
		cmd := exec.Command("gcc", "-O2", "-shared", "-fPIC", "-x", "c", "-", "-o", library.path) //nolint:noctx // ends by itself
		cmd.Stdin = strings.NewReader(string(clockSource))
		if out, err := cmd.CombinedOutput(); err != nil {
			library.err = fmt.Errorf("gcc: %w: %s", err, out)
		}
	})
	require.NoError(t, library.err)
	return library.path
}

// Up starts the process; after Kill, with nothing in it.
func (s *Server) Up() {
	s.t.Helper()
	for range 20 { // a free port may be taken between the look and the start
		if s.Addr == "" {
			s.Addr = freeAddr(s.t)
			s.moveBus()
		}
		if s.try() {
			return
		}
		s.Addr = ""
	}
	s.t.Fatal("redis-server did not start")
}

func (s *Server) try() bool {
	s.t.Helper()
	host, port, err := net.SplitHostPort(s.Addr)
	require.NoError(s.t, err)
	args := append(slices.Clone(s.file), "--bind", host, "--port", port, "--dir", s.dir)
	if s.file == nil {
		args = append(args, "--save", "", "--appendonly", "no", "--loglevel", "notice")
	}
	args = append(args, s.args...)
	cmd := exec.Command("redis-server", args...) //nolint:gosec,noctx // its end is Kill
	if s.library != "" {
		cmd.Env = append(os.Environ(), "CLOCK_OFFSET_FILE="+s.offset.Name(), "LD_PRELOAD="+s.library)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, cmd.Start())
	ready := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.Contains(lines.Text(), "Ready to accept connections") || strings.Contains(lines.Text(), "Sentinel ID is") {
				ready <- true
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
		select {
		case ready <- false:
		default:
		}
	}()
	if !<-ready {
		_ = cmd.Wait()
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cmd = cmd
	return true
}

// moveBus gives a cluster's node a free port for its bus, because its own choice is beyond the range of ports.
func (s *Server) moveBus() {
	if !slices.Contains(s.args, "--cluster-enabled") {
		return
	}
	if s.bus == 0 {
		s.args = append(s.args, "--cluster-port", "0")
	}
	_, port, err := net.SplitHostPort(freeAddr(s.t))
	require.NoError(s.t, err)
	s.args[len(s.args)-1] = port
	s.bus, err = strconv.Atoi(port)
	require.NoError(s.t, err)
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Kill ends the process as a power cut would. Safe when it has ended.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// PID is the process now.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cmd.Process.Pid
}

// Pause stops the process without ending it; Resume lets it go on.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume continues a paused process.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	require.NoError(s.t, s.cmd.Process.Signal(sig))
}

// Now is the server's wall time.
func (s *Server) Now() time.Time {
	if at := s.frozen.Load(); at != 0 {
		return time.UnixMicro(at + s.shift.Load())
	}
	return time.Now().Add(time.Duration(s.shift.Load()) * time.Microsecond)
}

// Freeze stops the server's wall clock; Advance moves it from then on.
func (s *Server) Freeze() {
	s.frozen.Store(s.Now().Truncate(time.Millisecond).UnixMicro() - s.shift.Load())
	s.write()
}

// Advance moves the server's wall time.
func (s *Server) Advance(d time.Duration) {
	s.shift.Add(d.Microseconds())
	s.write()
}

func (s *Server) write() {
	var raw [16]byte
	binary.NativeEndian.PutUint64(raw[:], uint64(s.shift.Load()))   //nolint:gosec // the reader takes it as signed again
	binary.NativeEndian.PutUint64(raw[8:], uint64(s.frozen.Load())) //nolint:gosec // likewise
	_, err := s.offset.WriteAt(raw[:], 0)
	require.NoError(s.t, err)
}

// Port is the server's port, for cluster arguments.
func (s *Server) Port() int {
	_, port, err := net.SplitHostPort(s.Addr)
	require.NoError(s.t, err)
	n, err := strconv.Atoi(port)
	require.NoError(s.t, err)
	return n
}

// Listen subscribes by redis-cli, as a consumer outside would, and gives the messages one by one. The command is SUBSCRIBE, PSUBSCRIBE
// or SSUBSCRIBE.
func (s *Server) Listen(command, channel string) (next func() string) {
	s.t.Helper()
	cmd := exec.Command("redis-cli", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port()), command, channel) //nolint:gosec,noctx // its end is the test's
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, cmd.Start())
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	read := func() string {
		require.True(s.t, lines.Scan(), "the subscription ended")
		return lines.Text()
	}
	for read() != channel { // the subscription's own answer: kind, channel, count
	}
	read()
	return func() string {
		for read() != channel {
		}
		return read()
	}
}
