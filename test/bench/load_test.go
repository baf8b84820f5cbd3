// Package bench prints the product's figures beside the limits of the same machine in the same run: holds and confirms over HTTP
// against the built binary, live deliveries, memory of idle sockets. `make bench` runs it; nothing here asserts a time.
package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cinema/test/harness"
)

// ticksPerSecond is what Linux counts processes' time in for user space.
const ticksPerSecond = 100

// cpu is the processor time that a process has used.
func cpu(b *testing.B, pid int) time.Duration {
	b.Helper()
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		b.Fatal(err1, err2)
	}
	return time.Duration(user+system) * time.Second / ticksPerSecond
}

// job is one request of a closed loop.
type job struct {
	method, path, bearer string
	body                 []byte
}

// target is a running server and the process whose CPU time is counted.
type target struct {
	base string
	pid  int
}

// load sends the jobs over a number of keep-alive connections, each as soon as the one before it was answered.
func (t target) load(b *testing.B, connections int, jobs []job, want int) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	var unexpected atomic.Pointer[string]
	times := make([][]time.Duration, connections)
	before, began := cpu(b, t.pid), time.Now()
	var all sync.WaitGroup
	for w := range connections {
		all.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= len(jobs) {
					return
				}
				at := time.Now()
				status, body, err := send(client, t.base, &jobs[n])
				times[w] = append(times[w], time.Since(at))
				if err != nil || status != want {
					s := fmt.Sprint(status, " ", body, " ", err)
					unexpected.Store(&s)
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	used := cpu(b, t.pid) - before
	if s := unexpected.Load(); s != nil {
		b.Fatalf("unexpected answer: %s", *s)
	}
	report(b, len(jobs), took, used, slices.Concat(times...))
}

func report(b *testing.B, n int, took, used time.Duration, times []time.Duration) {
	b.Helper()
	slices.Sort(times)
	b.ReportMetric(float64(n)/took.Seconds(), "req/s")
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(used.Microseconds())/float64(n), "cpu-µs/req")
	b.ReportMetric(0, "ns/op")
}

func send(client *http.Client, base string, j *job) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(context.Background(), j.method, base+j.path, bytes.NewReader(j.body))
	if err != nil {
		return 0, "", err
	}
	if j.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if j.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+j.bearer)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	return res.StatusCode, string(raw), err
}

// yardstick starts the handlers that do nothing.
func yardstick(b *testing.B) (base, token string, pid int) {
	b.Helper()
	bin := filepath.Join(b.TempDir(), "nothing")
	if out, err := exec.Command("go", "build", "-tags", "nomsgpack", "-o", bin, "./nothing").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(bin)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(pipe).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	addr, token, _ := strings.Cut(strings.TrimSpace(line), " ")
	return "http://" + addr, token, cmd.Process.Pid
}

// pair is two neighbouring free seats of a showtime.
type pair struct{ showtime, one, two string }

// pairs lists free pairs of ordinary seats over the whole programme, at most n.
func pairs(b *testing.B, s *harness.Server, n int) []pair {
	b.Helper()
	c := harness.NewClient(s)
	defer c.Close()
	var out []pair
	for day := range 7 {
		var list struct{ Items []struct{ ID, Sale string } }
		get(b, c, "/api/showtimes?limit=200&date="+time.Now().AddDate(0, 0, day).Format(time.DateOnly), &list)
		for _, st := range list.Items {
			if st.Sale == "on_sale" {
				out = append(out, freePairs(b, c, st.ID)...)
			}
			if len(out) >= n {
				return out[:n]
			}
		}
	}
	return out
}

func freePairs(b *testing.B, c *harness.Client, showtime string) []pair {
	b.Helper()
	var detail struct {
		Layout struct {
			Rows []struct {
				Seats []struct {
					ID, Kind string
					X        float64
				}
			}
		}
	}
	get(b, c, "/api/showtimes/"+showtime, &detail)
	var state struct {
		Locks []struct {
			SeatID string `json:"seat_id"`
		}
		Booked, Blocked []string
	}
	get(b, c, "/api/showtimes/"+showtime+"/seats/state", &state)
	taken := map[string]bool{}
	for _, id := range slices.Concat(state.Booked, state.Blocked) {
		taken[id] = true
	}
	for _, l := range state.Locks {
		taken[l.SeatID] = true
	}
	var out []pair
	for _, row := range detail.Layout.Rows {
		last := ""
		for _, st := range row.Seats {
			switch {
			case taken[st.ID] || st.Kind != "standard" && st.Kind != "premium":
				last = ""
			case last == "":
				last = st.ID
			default:
				out = append(out, pair{showtime, last, st.ID})
				last = ""
			}
		}
	}
	return out
}

func get(b *testing.B, c *harness.Client, path string, into any) {
	b.Helper()
	a, err := c.Do(context.Background(), http.MethodGet, path, nil)
	if err != nil || a.Status != http.StatusOK {
		b.Fatalf("%s: %v %d %s", path, err, a.Status, a.Body)
	}
	if err := a.JSON(into); err != nil {
		b.Fatal(err)
	}
}

// tokens signs n people in and mints a bearer token for each.
func tokens(b *testing.B, s *harness.Server, n int) []string {
	b.Helper()
	out := make([]string, n)
	for i := range out {
		c := harness.NewClient(s)
		c.SignIn(b, fmt.Sprintf("load%d@example.com", i), "Load")
		a, err := c.Do(context.Background(), http.MethodPost, "/api/auth/token", nil)
		if err != nil || a.Status != http.StatusOK {
			b.Fatalf("token: %v %d %s", err, a.Status, a.Body)
		}
		var t struct {
			AccessToken string `json:"access_token"`
		}
		if err := a.JSON(&t); err != nil {
			b.Fatal(err)
		}
		out[i] = t.AccessToken
		c.Close()
	}
	return out
}
