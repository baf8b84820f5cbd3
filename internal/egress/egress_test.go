package egress_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/egress"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPublic(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.255.255", "100.128.0.0", "11.0.0.0", "9.255.255.255", "126.255.255.255", "128.0.0.0",
		"169.253.255.255", "169.255.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15",
		"2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2606:4700::5efe:808:808",
	} {
		require.True(t, egress.Public(netip.MustParseAddr(a)), a)
	}
	for _, a := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254", "169.254.170.2",
		"172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
		"240.0.0.1", "255.255.255.255", "168.63.129.16",
		"::", "::1", "::127.0.0.1", "::7f00:1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "ff02::1", "ff0e::1", "100::1", "5f00::1", "2001::1", "2001:db8::1", "2001:20::1",
		"3fff::1", "4000::1", "64:ff9b:1::1", "fe80::1%eth0", "2606:4700:4700::1111%eth0",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:1::1",
		"2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1",
	} {
		require.False(t, egress.Public(netip.MustParseAddr(a)), a)
	}
	require.False(t, egress.Public(netip.Addr{}))
}

// What the standard library calls special is never public, in whatever disguise.
func FuzzPublic(f *testing.F) {
	for _, a := range []string{"8.8.8.8", "10.0.0.1", "::1", "64:ff9b::1", "2002:a00:1::"} {
		b := netip.MustParseAddr(a).As16()
		f.Add(b[:])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, ok := netip.AddrFromSlice(raw)
		if !ok {
			return
		}
		u := a.Unmap()
		if egress.Public(a) != egress.Public(u) {
			t.Fatalf("%s and %s differ", a, u)
		}
		if egress.Public(a) && (u.IsPrivate() || u.IsLoopback() || u.IsLinkLocalUnicast() || u.IsMulticast() || u.IsUnspecified() || !u.IsGlobalUnicast()) {
			t.Fatalf("%s is public", a)
		}
		if u.Is4() { // each disguise of it
			four := u.As4()
			for _, six := range [][16]byte{
				{0, 0x64, 0xff, 0x9b, 12: four[0], 13: four[1], 14: four[2], 15: four[3]},
				{0x20, 0x02, four[0], four[1], four[2], four[3]},
				{10: 0xff, 11: 0xff, 12: four[0], 13: four[1], 14: four[2], 15: four[3]},
			} {
				if d := netip.AddrFrom16(six); egress.Public(d) != egress.Public(u) {
					t.Fatalf("%s hides %s", d, u)
				}
			}
		}
	})
}

var refusedURLs = []string{
	"http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/", "/etc/passwd", "https:///x", "https:example.com", "javascript:alert(1)", "data:image/png,x", "https://",
	"https://localhost/", "https://LOCALHOST/", "https://foo.localhost/", "https://intranet/", "https://printer.local/", "https://metadata.google.internal/", "https://router.home.arpa/", "https://x.lan/", "https://x.test/",
	"https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.0.0.1./", "https://0/", "https://0.0.0.0/",
	"https://127.000.000.001/", "https://1.2.3.4.5/", "https://256.1.1.1/", "https://10.0.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/", "https://100.100.100.200/",
	"https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[fe80::1%25eth0]/", "https://[2606:4700:4700::1111%25eth0]/", "https://[fd00:ec2::254]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/",
	"https://example.com:80/", "https://example.com:8443/", "https://example.com:22/", "https://example.com:0/", "https://8.8.8.8:8080/",
	"https://user@example.com/", "https://user:pw@example.com/", "https://example.com@127.0.0.1/", "https://127.0.0.1@example.com/", "https://@example.com/",
	"https://example.com./", "https://example..com/", "https://.example.com/", "https://-example.com/", "https://example.com-/", "https://exa mple.com/", "https://example.com\\@127.0.0.1/", "https://ex%61mple.com/",
	"https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "https://127。0。0。1/", "https://ⓔxample.com/", "https://exämple.com/", "https://example\u3002com/", "https://example.com\u200b/", "https://example.0x1/", "https://example.1/",
	"https://" + strings.Repeat("a.", 150) + "com/", "https://" + strings.Repeat("a", 64) + ".com/", "https://example.com/" + strings.Repeat("x", 3000), "https://example.com%00.evil.example/", "https://example.com:443:443/",
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"https://example.com/a?b=c#d", "https://example.com", "https://EXAMPLE.com:443/", "https://lh3.googleusercontent.com/a/x=s96-c", "https://xn--exmple-cua.com/", "https://a_b.example.com/", "https://8.8.8.8/", "https://[2606:4700:4700::1111]/",
	} {
		u, err := url.Parse(text)
		require.NoError(t, err)
		require.NoError(t, egress.Check(u), text)
	}
	for _, text := range refusedURLs {
		if u, err := url.Parse(text); err == nil {
			require.ErrorIs(t, egress.Check(u), egress.ErrRefused, text)
		}
	}
}

// Whatever passes is https, on 443, without credentials, and its host is public by number or a plain name.
func FuzzCheck(f *testing.F) {
	f.Add("https://example.com/")
	for _, text := range refusedURLs {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := url.Parse(text)
		if err != nil || egress.Check(u) != nil {
			return
		}
		host := u.Hostname()
		if u.Scheme != "https" || u.User != nil || u.Port() != "" && u.Port() != "443" || host == "" || strings.HasSuffix(host, ".") {
			t.Fatal(text)
		}
		for _, r := range host {
			if r > 127 {
				t.Fatal(text)
			}
		}
		if ip := net.ParseIP(host); ip != nil && (ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast()) {
			t.Fatal(text)
		}
	})
}

// names is a resolver that answers each question with the next of a name's answers.
type names struct {
	mu    sync.Mutex // guards all below
	known map[string][][]string
	asked int
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	answers := n.known[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(answers) > 1 {
		n.known[host] = answers[1:]
	}
	var out []netip.Addr
	for _, a := range answers[0] {
		out = append(out, netip.MustParseAddr(a))
	}
	return out, nil
}

func (n *names) questions() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

const public, other = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

// site is a public host of a test: a local server behind a name.
type site struct {
	client *http.Client
	names  *names
	hits   *[]string
}

func setup(t *testing.T, o egress.Options, handle http.HandlerFunc) site {
	t.Helper()
	var mu sync.Mutex
	hits := &[]string{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		*hits = append(*hits, r.Host+r.URL.Path)
		mu.Unlock()
		handle(w, r)
	}))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	n := &names{known: map[string][][]string{
		"example.com": {{public}}, "inside.example.com": {{"10.0.0.1"}}, "mixed.example.com": {{public, "127.0.0.1"}}, "six.example.com": {{other}}, "mapped.example.com": {{"::ffff:127.0.0.1"}},
		"none.example.com": {{}}, "rebind.example.com": {{public}, {"127.0.0.1"}}, "zone.example.com": {{"fe80::1"}},
	}}
	o.Resolver = n
	return site{client: egress.NewAt(o, server.Listener.Addr().String(), roots), names: n, hits: hits}
}

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("hello"))
}

func TestGet(t *testing.T) {
	t.Parallel()
	s := setup(t, egress.Options{}, hello)
	for _, address := range []string{"https://example.com/a", "https://six.example.com:443/b"} {
		a, err := egress.Get(t.Context(), s.client, address, "*/*")
		require.NoError(t, err, address)
		require.Equal(t, egress.Answer{Media: "text/plain", Body: []byte("hello")}, a)
	}
	hits := len(*s.hits)
	for _, address := range append([]string{
		"https://inside.example.com/", "https://mixed.example.com/", "https://mapped.example.com/", "https://none.example.com/", "https://zone.example.com/",
	}, refusedURLs...) {
		_, err := egress.Get(t.Context(), s.client, address, "*/*")
		require.ErrorIs(t, err, egress.ErrRefused, address)
	}
	_, err := egress.Get(t.Context(), s.client, "https://unknown.example.com/", "*/*")
	require.Error(t, err)
	require.Len(t, *s.hits, hits, "nothing was sent")
}

// A name is resolved once: its second answer, which leads inside, is never asked for; the next request is refused by it.
func TestGet_rebinding(t *testing.T) {
	t.Parallel()
	s := setup(t, egress.Options{}, hello)
	_, err := egress.Get(t.Context(), s.client, "https://rebind.example.com/", "*/*")
	require.NoError(t, err)
	require.Equal(t, 1, s.names.questions())
	_, err = egress.Get(t.Context(), s.client, "https://rebind.example.com/", "*/*")
	require.ErrorIs(t, err, egress.ErrRefused)
	require.Len(t, *s.hits, 1)
}

// The last look is at the connection itself: real sockets to the own machine and network are never made.
func TestControl(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1:443", "[::1]:443", "[::ffff:10.0.0.1]:443", "169.254.169.254:443", "93.184.215.14:80", "[fe80::1%eth0]:443", "nonsense", "0.0.0.0:443"} {
		require.ErrorIs(t, egress.Control("tcp", address, nil), egress.ErrRefused, address)
		_, err := (&net.Dialer{Control: egress.Control}).Dial("tcp", address)
		require.Error(t, err)
	}
	require.NoError(t, egress.Control("tcp", "93.184.215.14:443", nil))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	_, err = (&net.Dialer{Control: egress.Control}).Dial("tcp", l.Addr().String())
	require.ErrorIs(t, err, egress.ErrRefused)
}

func TestGet_redirects(t *testing.T) {
	t.Parallel()
	s := setup(t, egress.Options{}, func(w http.ResponseWriter, r *http.Request) {
		var n int
		switch _, err := fmt.Sscanf(r.URL.Path, "/hop/%d", &n); {
		case err == nil && n > 0:
			http.Redirect(w, r, fmt.Sprintf("/hop/%d", n-1), http.StatusFound)
		case r.URL.Path == "/to":
			http.Redirect(w, r, r.URL.Query().Get("u"), http.StatusMovedPermanently)
		default:
			if r.Header.Get("Referer") != "" || r.Header.Get("Cookie") != "" {
				w.WriteHeader(http.StatusTeapot)
			}
			hello(w, r)
		}
	})
	_, err := egress.Get(t.Context(), s.client, "https://example.com/hop/3", "*/*")
	require.NoError(t, err)
	_, err = egress.Get(t.Context(), s.client, "https://example.com/hop/4", "*/*")
	require.ErrorIs(t, err, egress.ErrRefused)
	for _, to := range append([]string{"https://inside.example.com/", "https://mixed.example.com/", "https://rebind.example.com:8443/"}, refusedURLs...) {
		if u, err := url.Parse(to); err != nil || !u.IsAbs() || len(to) > 1000 { // a longer one is refused before it redirects
			continue
		}
		*s.hits = nil
		_, err := egress.Get(t.Context(), s.client, "https://example.com/to?u="+url.QueryEscape(to), "*/*")
		require.ErrorIs(t, err, egress.ErrRefused, to)
		require.Len(t, *s.hits, 1, "%s was asked", to)
	}
}

func TestGet_bounds(t *testing.T) {
	t.Parallel()
	long := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/told" {
			w.Header().Set("Content-Length", "2000")
		}
		for range 20 {
			if _, err := w.Write(make([]byte, 100)); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}
	s := setup(t, egress.Options{MaxBody: 1999}, long)
	for _, path := range []string{"/told", "/chunked"} {
		_, err := egress.Get(t.Context(), s.client, "https://example.com"+path, "*/*")
		require.ErrorIs(t, err, egress.ErrTooLarge, path)
	}
	s = setup(t, egress.Options{MaxBody: 2000}, long)
	a, err := egress.Get(t.Context(), s.client, "https://example.com/chunked", "*/*")
	require.NoError(t, err)
	require.Len(t, a.Body, 2000)

	s = setup(t, egress.Options{}, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1000))
		}
	})
	_, err = egress.Get(t.Context(), s.client, "https://example.com/", "*/*")
	require.Error(t, err, "headers are bounded")

	s = setup(t, egress.Options{}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	_, err = egress.Get(t.Context(), s.client, "https://example.com/?secret", "*/*")
	require.EqualError(t, err, "status 404")

	s = setup(t, egress.Options{Timeout: 50 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done() // a body that never comes
	})
	_, err = egress.Get(t.Context(), s.client, "https://example.com/?secret", "*/*")
	require.Error(t, err)
	require.NotContains(t, err.Error(), "secret")
}

// Neither a proxy of the environment nor a cookie goes along, and a certificate must be good.
func TestClient_sends_nothing_of_its_own(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("ALL_PROXY", "http://127.0.0.1:1")
	var seen http.Header
	s := setup(t, egress.Options{}, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Clone()
		http.SetCookie(w, &http.Cookie{Name: "a", Value: "b"})
		hello(w, r)
	})
	for range 2 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/", nil)
		require.NoError(t, err)
		r.Header.Set("Cookie", "session=secret")
		r.Host = "inside"
		res, err := s.client.Do(r)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Empty(t, res.Cookies())
		require.Empty(t, seen.Get("Cookie"))
		require.Empty(t, seen.Get("Accept-Encoding"), "nothing is unpacked")
		require.Equal(t, "cinema", seen.Get("User-Agent"))
	}
	require.Equal(t, []string{"example.com/", "example.com/"}, *s.hits)

	_, err := egress.Get(t.Context(), egress.NewAt(egress.Options{Resolver: s.names}, "127.0.0.1:1", nil), "https://example.com/", "*/*")
	require.Error(t, err)
	bad := httptest.NewTLSServer(http.HandlerFunc(hello))
	t.Cleanup(bad.Close)
	_, err = egress.Get(t.Context(), egress.NewAt(egress.Options{Resolver: s.names}, bad.Listener.Addr().String(), x509.NewCertPool()), "https://example.com/", "*/*")
	var unknown x509.UnknownAuthorityError
	require.ErrorAs(t, err, &unknown)
}
