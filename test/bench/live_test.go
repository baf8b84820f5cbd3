package bench_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cinema/test/harness"
)

// BenchmarkWebSocket measures one busy hall: what a delivery costs the server, and what a socket costs that only listens.
func BenchmarkWebSocket(b *testing.B) {
	server := harness.Start(b, "MAX_SEATS=50")
	seats := pairs(b, server, 40)
	bearers := tokens(b, server, 20)
	b.Run("deliveries-1000", func(b *testing.B) { once(b, func() { deliveries(b, server, seats, bearers, 1000) }) })
	b.Run("idle-5000", func(b *testing.B) { once(b, func() { idle(b, server, seats[0].showtime, 5000) }) })
}

// deliveries opens sockets on one hall and changes seats for some seconds; every frame that arrives counts.
func deliveries(b *testing.B, server *harness.Server, seats []pair, bearers []string, sockets int) {
	b.Helper()
	var frames atomic.Int64
	var readers sync.WaitGroup
	conns := open(b, server, seats[0].showtime, sockets)
	for _, c := range conns {
		readers.Go(func() { countFrames(c, &frames) })
	}
	jobs := make([]job, 0, 1000)
	for i := range 500 {
		p := seats[i%len(seats)]
		if p.showtime != seats[0].showtime {
			continue
		}
		who := bearers[i%len(bearers)]
		body := fmt.Appendf(nil, `{"seat_ids":[%q,%q],"request_id":"live-%06d"}`, p.one, p.two, i)
		jobs = append(jobs,
			job{http.MethodPost, "/api/showtimes/" + p.showtime + "/seats/lock", who, body},
			job{http.MethodDelete, "/api/showtimes/" + p.showtime + "/seats/lock", who, fmt.Appendf(nil, `{"seat_ids":[%q,%q]}`, p.one, p.two)})
	}
	client := &http.Client{}
	used, began, start := cpu(b, server.PID()), time.Now(), frames.Load()
	pace := time.NewTicker(10 * time.Millisecond) // 100 changes a second
	defer pace.Stop()
	for i := range jobs {
		<-pace.C
		if _, _, err := send(client, server.URL(), &jobs[i]); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(began)
	got := frames.Load() - start
	b.ReportMetric(float64(got)/took.Seconds(), "deliveries/s")
	b.ReportMetric(float64((cpu(b, server.PID())-used).Microseconds())/float64(max(1, got)), "cpu-µs/delivery")
	b.ReportMetric(0, "ns/op")
	for _, c := range conns {
		_ = c.Close()
	}
	readers.Wait()
}

// idle measures the memory of sockets that only listen.
func idle(b *testing.B, server *harness.Server, showtime string, sockets int) {
	b.Helper()
	before := rss(b, server.PID())
	conns := open(b, server, showtime, sockets)
	grown := rss(b, server.PID()) - before
	b.ReportMetric(float64(grown)/float64(sockets), "B/socket")
	b.ReportMetric(0, "ns/op")
	for _, c := range conns {
		_ = c.Close()
	}
}

// open upgrades plain connections by hand, so that the other end costs as little as possible.
func open(b *testing.B, server *harness.Server, showtime string, n int) []net.Conn {
	b.Helper()
	host := strings.TrimPrefix(server.URL(), "http://")
	request := "GET /ws/showtimes/" + showtime + "/seats HTTP/1.1\r\nHost: " + host +
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	conns := make([]net.Conn, 0, n)
	var d net.Dialer
	for range n {
		c, err := d.DialContext(context.Background(), "tcp", host)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.WriteString(c, request); err != nil {
			b.Fatal(err)
		}
		status := make([]byte, 12)
		if _, err := io.ReadFull(c, status); err != nil || string(status) != "HTTP/1.1 101" {
			b.Fatalf("upgrade: %q %v", status, err)
		}
		conns = append(conns, c)
	}
	return conns
}

// countFrames counts server frames until the connection ends.
func countFrames(c net.Conn, frames *atomic.Int64) {
	r := bufio.NewReader(c)
	for { // the rest of the upgrade's answer
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if line == "\r\n" {
			break
		}
	}
	for {
		n, err := frameLength(r)
		if err != nil {
			return
		}
		if _, err := r.Discard(n); err != nil {
			return
		}
		frames.Add(1)
	}
}

func frameLength(r *bufio.Reader) (int, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return 0, err
	}
	n := int(head[1] & 0x7F)
	var more int
	switch n {
	case 126:
		more = 2
	case 127:
		more = 8
	default:
		return n, nil
	}
	n = 0
	for range more {
		c, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		n = n<<8 | int(c)
	}
	if n > 1<<20 {
		return 0, errors.New("frame too long")
	}
	return n, nil
}

func rss(b *testing.B, pid int) int {
	b.Helper()
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return kb << 10
		}
	}
	b.Fatal("no VmRSS")
	return 0
}
