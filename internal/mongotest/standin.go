package mongotest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

const standinName = "stand-in (FerretDB 1.24 on SQLite, one command at a time): shows no write concern, no election, no transaction, " +
	"no partial index and no replica set"

// startStandin builds the stand-in when it is not built yet and starts it. Its module is not the product's.
func startStandin() (*Server, error) {
	binary, err := buildStandin()
	if err != nil {
		return nil, fmt.Errorf("build the stand-in: %w", err)
	}
	dir, err := os.MkdirTemp(scratch(), "mongotest")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.Background(), binary, dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := func() error { return errors.Join(in.Close(), cmd.Wait(), os.RemoveAll(dir)) } // it ends when its standard input does
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the stand-in did not start: %w", err), stop())
	}
	u, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	return &Server{
		Name: standinName, Standalone: true, uri: u.String(), addr: u.Host, gate: &sync.Mutex{}, stop: stop,
	}, nil
}

// scratch is where files cost nothing, when the system has such a place.
func scratch() string {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		return memory
	}
	return os.TempDir()
}

// buildStandin makes .tools/mongostandin once, and again when its sources or the Go version change. Test processes that want it at the
// same time wait for one of them.
func buildStandin() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	tools := filepath.Join(root, ".tools")
	if err := os.MkdirAll(tools, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(tools, "mongostandin.lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	source := filepath.Join(root, "internal", "mongotest", "standin")
	binary, pin := filepath.Join(tools, "mongostandin"), filepath.Join(tools, "mongostandin.pin")
	want, err := fingerprint(source)
	if err != nil {
		return "", err
	}
	if is, err := os.ReadFile(pin); err == nil && bytes.Equal(is, want) {
		if _, err := os.Stat(binary); err == nil {
			return binary, nil
		}
	}
	fmt.Println("mongotest: building the MongoDB stand-in (once; one to five minutes)")
	ctx, cancel := context.WithTimeout(context.Background(), 9*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, ".")
	build.Dir = source
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return binary, os.WriteFile(pin, want, 0o644)
}

func fingerprint(source string) ([]byte, error) {
	h := sha256.New()
	_, _ = io.WriteString(h, runtime.Version())
	for _, name := range []string{"main.go", "go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return nil, err
		}
		_, _ = h.Write(raw)
	}
	return fmt.Appendf(nil, "%x", h.Sum(nil)), nil
}

// moduleRoot is the folder of the product's go.mod: tests run in the folder of their package.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		raw, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(raw, []byte("module cinema\n")) {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("the tests do not run inside the module")
		}
		dir = up
	}
}
