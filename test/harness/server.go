// Package harness runs the built binary for black-box tests: on free ports, in a folder of its own, ended by its pid.
package harness

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Server is one run of the binary. Restarting it keeps its data.
type Server struct {
	t    testing.TB
	bin  string
	dir  string
	env  []string
	mu   sync.RWMutex // guards the fields below
	cmd  *exec.Cmd
	url  string
	adm  string
	done chan struct{}
	out  *tail
}

// Binary finds the built product: CINEMA_BIN, else bin/cinema of the repository. Without it the test fails: make test builds it first.
func Binary(t testing.TB) string {
	t.Helper()
	if b := os.Getenv("CINEMA_BIN"); b != "" {
		return b
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			b := filepath.Join(dir, "bin", "cinema")
			if _, err := os.Stat(b); err != nil {
				t.Fatalf("%s is missing: run `make build` first", b)
			}
			return b
		}
	}
	t.Fatal("go.mod not found above the working folder")
	return ""
}

// Start runs the binary in development on loopback on a fresh copy of the demonstration cinema; env adds or replaces variables (NAME=value).
func Start(t testing.TB, env ...string) *Server {
	t.Helper()
	s := &Server{t: t, bin: Binary(t), dir: t.TempDir(), env: env}
	seed(t, s.bin, filepath.Join(s.dir, "data"), env)
	s.Up()
	t.Cleanup(s.Stop)
	return s
}

// StartShared runs n servers on engines that they share, which env names (REDIS_ADDR, MONGO_URI). The programme is written once, without
// sales. Each server has a data folder of its own for what is not shared.
func StartShared(t testing.TB, n int, env ...string) []*Server {
	t.Helper()
	bin := Binary(t)
	env = append([]string{
		"DEMO_DATA=off", "JWT_SECRET=a-secret-that-all-processes-share-0001", "AUDIT_KEY_FILE=" + filepath.Join(t.TempDir(), "audit_key"),
	}, env...)
	seedShared(t, bin, env)
	servers := make([]*Server, n)
	for i := range servers {
		servers[i] = &Server{t: t, bin: bin, dir: t.TempDir(), env: env}
		servers[i].Up()
		t.Cleanup(servers[i].Stop)
	}
	return servers
}

// Restart ends the process gracefully and starts another one on the same data, with other variables added.
func (s *Server) Restart(env ...string) {
	s.t.Helper()
	s.Stop()
	s.env = append(slices.Clone(s.env), env...)
	s.Up()
}

// Up starts the process and waits until it is ready.
func (s *Server) Up() {
	s.t.Helper()
	cmd := exec.Command(s.bin, "serve") // its end is Kill or Stop, not a context
	cmd.Dir = s.dir
	cmd.Env = s.environment()
	pipe, err := cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	out, done := &tail{}, make(chan struct{})
	addresses := make(chan [2]string, 1)
	go follow(pipe, out, addresses, func() { _ = cmd.Wait(); close(done) })
	select {
	case a := <-addresses:
		s.mu.Lock()
		s.cmd, s.done, s.out, s.url, s.adm = cmd, done, out, "http://"+a[0], "http://"+a[1]
		s.mu.Unlock()
	case <-done:
		s.t.Fatalf("the server ended at its start:\n%s", out)
	case <-time.After(60 * time.Second):
		_ = cmd.Process.Kill()
		s.t.Fatalf("the server did not start:\n%s", out)
	}
	s.ready()
}

// environment is what the process sees.
func (s *Server) environment() []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "APP_ENV=development", "ADDR=127.0.0.1", "PORT=0", "ADMIN_ADDR=127.0.0.1:0",
		"DATA_DIR=" + filepath.Join(s.dir, "data"), "DEMO_DATA=on", "RATE_LIMITS=off", "ADMIN_EMAILS=admin@example.com", "LOG_LEVEL=info",
		"LOG_FORMAT=json",
	}, s.env...)
}

// Command runs another command of the binary on the server's engines and folder, while it runs or not.
func (s *Server) Command(args ...string) (code int, out string) {
	s.t.Helper()
	cmd := exec.Command(s.bin, args...) // it ends by itself
	cmd.Dir, cmd.Env = s.dir, s.environment()
	raw, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), string(raw)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return 0, string(raw)
}

// follow reads the log; the line that says where the server listens gives its addresses.
func follow(pipe io.Reader, out *tail, addresses chan<- [2]string, end func()) {
	defer end()
	lines := bufio.NewScanner(pipe)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	for lines.Scan() {
		out.add(lines.Text())
		var l struct{ Msg, Addr, Admin string }
		if json.Unmarshal(lines.Bytes(), &l) == nil && l.Msg == "listening" {
			select {
			case addresses <- [2]string{l.Addr, l.Admin}:
			default:
			}
		}
	}
}

func (s *Server) ready() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL()+"/readyz", nil)
		if err != nil {
			s.t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("the server is not ready:\n%s", s.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is where the product listens now; it changes with every start.
func (s *Server) URL() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.url
}

// AdminURL is the private listener.
func (s *Server) AdminURL() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.adm
}

// Dir is the server's folder; its data are under data.
func (s *Server) Dir() string { return s.dir }

// PID is the process now.
func (s *Server) PID() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.cmd.Process.Pid
}

// Log is the last lines that the server wrote.
func (s *Server) Log() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.out.String()
}

// Kill ends the process as a power cut would: SIGKILL, nothing flushed.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Stop ends the process gracefully. Safe when it has ended already.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

func (s *Server) end(sig syscall.Signal) {
	s.t.Helper()
	s.mu.RLock()
	cmd, done := s.cmd, s.done
	s.mu.RUnlock()
	if cmd == nil {
		return
	}
	if err := cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("signal: %v", err)
	}
	select {
	case <-done:
	case <-time.After(45 * time.Second):
		_ = cmd.Process.Kill()
		<-done
		s.t.Errorf("the server did not end on %v:\n%s", sig, s.Log())
	}
}

// tail keeps the last lines of a log.
type tail struct {
	mu    sync.Mutex // guards lines
	lines []string
}

func (o *tail) add(line string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.lines) == 200 {
		o.lines = o.lines[1:]
	}
	o.lines = append(o.lines, line)
}

// String joins the lines.
func (o *tail) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.lines, "\n") + "\n"
}
