package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/ratelimit"
)

// Every route that the router knows spends a quota, or says why it is free: nothing can be asked without end by oversight.
func TestRoutes_have_a_quota(t *testing.T) {
	t.Parallel()
	for _, development := range []bool{true, false} {
		s, err := New(Deps{Settings: Settings{Development: development, Provider: "mock", TestTokens: development}})
		require.NoError(t, err)
		routes := s.engine.Routes()
		require.Greater(t, len(routes), 30)
		for _, r := range routes {
			what := r.Method + " " + r.Path
			known := s.routes[what]
			require.NotNil(t, known, "%s: register it by add or plain, which guard it", what)
			require.Equal(t, known.charge == uncharged, known.free != "", "%s: give the route a charge, or say in free why it has none", what)
			require.Less(t, known.charge, charges, what)
		}
	}
}

// Each quota has a name of its own, a limit, and a policy that tells it.
func TestLimits(t *testing.T) {
	t.Parallel()
	all := newLimits(ratelimit.Defaults())
	names := make(map[string]bool)
	for ch := uncharged + 1; ch < charges; ch++ {
		l := all[ch]
		require.False(t, l.unlimited, "%d", ch)
		require.False(t, names[l.name], "%s twice", l.name)
		names[l.name] = true
		if l.user.Limit > 0 {
			require.Equal(t, l.user.Times(ratelimit.AddressFactor), l.address)
		}
		_, err := ratelimit.Parse(l.name + "=1/1m")
		require.NoError(t, err, "the quota's name is that of the setting")
	}
	require.Equal(t, []string{`"lock";q=60;w=60`}, all[lockQuota].policies[0])
	require.Equal(t, []string{`"lock";q=1200;w=60`}, all[lockQuota].policies[1])
	require.Equal(t, []string{`"guests";q=120;w=3600`}, all[guests].policies[1])
	for _, l := range newLimits(ratelimit.Rules{Off: true, Lock: ratelimit.Quota{Limit: 1, Per: time.Minute}}) {
		require.True(t, l.unlimited)
	}
}

func TestRemaining(t *testing.T) {
	t.Parallel()
	require.Equal(t, `"lock";r=59;t=1`, remaining("lock", ratelimit.Decision{OK: true, Remaining: 59, Reset: time.Second}))
	require.Equal(t, `"lock";r=0;t=3`, remaining("lock", ratelimit.Decision{RetryAfter: 2001 * time.Millisecond, Reset: time.Minute}))
}

func TestClient(t *testing.T) {
	t.Parallel()
	s, err := New(Deps{Settings: Settings{Proxies: []string{"10.0.0.0/8", "192.0.2.1", "2001:db8:ffff::/48", "::ffff:172.16.0.0/108"}}})
	require.NoError(t, err)
	const direct, proxied = "198.51.100.9:4711", "10.1.2.3:4711"
	for name, c := range map[string]struct {
		peer   string
		header string // lines "Name: value" separated by |
		want   string
	}{
		"nobody in between":                {direct, "", "198.51.100.9"},
		"a stranger's word":                {direct, "X-Forwarded-For: 203.0.113.7|X-Real-Ip: 203.0.113.7|Forwarded: for=203.0.113.7", "198.51.100.9"},
		"one proxy":                        {proxied, "X-Forwarded-For: 203.0.113.7", "203.0.113.7"},
		"spoofed on the left":              {proxied, "X-Forwarded-For: 1.1.1.1, 203.0.113.7", "203.0.113.7"},
		"two proxies":                      {proxied, "X-Forwarded-For: 203.0.113.7, 192.0.2.1", "203.0.113.7"},
		"two proxies, spoofed":             {proxied, "X-Forwarded-For: 1.1.1.1, 203.0.113.7, 192.0.2.1, 10.9.9.9", "203.0.113.7"},
		"a proxy of ours named by client":  {proxied, "X-Forwarded-For: 192.0.2.1, 203.0.113.7", "203.0.113.7"},
		"only proxies":                     {proxied, "X-Forwarded-For: 10.0.0.9, 192.0.2.1", "10.0.0.9"},
		"two lines":                        {proxied, "X-Forwarded-For: 1.1.1.1|X-Forwarded-For: 203.0.113.7", "203.0.113.7"},
		"two lines, two proxies":           {proxied, "X-Forwarded-For: 1.1.1.1, 203.0.113.7|X-Forwarded-For: 192.0.2.1", "203.0.113.7"},
		"malformed at the end":             {proxied, "X-Forwarded-For: 203.0.113.7, nonsense|X-Real-Ip: 1.1.1.1", "10.1.2.3"},
		"malformed behind a proxy":         {proxied, "X-Forwarded-For: 203.0.113.7, unknown, 192.0.2.1", "192.0.2.1"},
		"empty":                            {proxied, "X-Forwarded-For: ", "10.1.2.3"},
		"an empty hop":                     {proxied, "X-Forwarded-For: 203.0.113.7,", "10.1.2.3"},
		"a host name":                      {proxied, "X-Forwarded-For: localhost", "10.1.2.3"},
		"a leading zero":                   {proxied, "X-Forwarded-For: 203.0.113.007", "10.1.2.3"},
		"X-Real-Ip alone":                  {proxied, "X-Real-Ip: 203.0.113.7", "203.0.113.7"},
		"X-Real-Ip beside":                 {proxied, "X-Real-Ip: 1.1.1.1|X-Forwarded-For: 203.0.113.7", "203.0.113.7"},
		"X-Real-Ip with two":               {proxied, "X-Real-Ip: 1.1.1.1, 203.0.113.7", "10.1.2.3"},
		"Forwarded is not read":            {proxied, "Forwarded: for=203.0.113.7", "10.1.2.3"},
		"other headers are not read":       {proxied, "X-Client-Ip: 1.1.1.1|True-Client-Ip: 1.1.1.1|Cf-Connecting-Ip: 1.1.1.1|Client-Ip: 1.1.1.1", "10.1.2.3"},
		"IPv6":                             {proxied, "X-Forwarded-For: 2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		"IPv6 with a zone":                 {proxied, "X-Forwarded-For: fe80::1%eth0", "fe80::/64"},
		"IPv6 with a port":                 {proxied, "X-Forwarded-For: [2001:db8:1:2::9]:443", "2001:db8:1:2::/64"},
		"IPv6 in brackets":                 {proxied, "X-Forwarded-For: [2001:db8:1:2::9]", "2001:db8:1:2::/64"},
		"IPv6 in broken brackets":          {proxied, "X-Forwarded-For: [2001:db8:1:2::9", "10.1.2.3"},
		"IPv6 with something behind":       {proxied, "X-Forwarded-For: [2001:db8:1:2::9]x", "10.1.2.3"},
		"IPv4 with a port":                 {proxied, "X-Forwarded-For: 203.0.113.7:8080", "203.0.113.7"},
		"IPv4 in IPv6":                     {proxied, "X-Forwarded-For: ::ffff:203.0.113.7", "203.0.113.7"},
		"IPv4 in IPv6 in hexadecimal":      {proxied, "X-Forwarded-For: ::ffff:cb00:7107", "203.0.113.7"},
		"a peer with IPv4 in IPv6":         {"[::ffff:10.1.2.3]:4711", "X-Forwarded-For: 203.0.113.7", "203.0.113.7"},
		"a network with IPv4 in IPv6":      {"172.31.0.1:4711", "X-Forwarded-For: 203.0.113.7", "203.0.113.7"},
		"a peer beside that network":       {"172.32.0.1:4711", "X-Forwarded-For: 203.0.113.7", "172.32.0.1"},
		"an IPv6 proxy":                    {"[2001:db8:ffff::1]:4711", "X-Forwarded-For: 203.0.113.7", "203.0.113.7"},
		"an IPv6 peer with a zone":         {"[fe80::1%eth0]:4711", "X-Forwarded-For: 203.0.113.7", "fe80::/64"},
		"an endless chain":                 {proxied, "X-Forwarded-For: 203.0.113.7" + strings.Repeat(", 192.0.2.1", 500), "192.0.2.1"},
		"no address at all":                {"@", "X-Forwarded-For: 203.0.113.7", "unknown"},
		"white space":                      {proxied, "X-Forwarded-For: \t 203.0.113.7 \t", "203.0.113.7"},
		"a number":                         {proxied, "X-Forwarded-For: 3405803783", "10.1.2.3"},
		"an address with a script":         {proxied, "X-Forwarded-For: <script>", "10.1.2.3"},
		"an address in quotes":             {proxied, `X-Forwarded-For: "203.0.113.7"`, "10.1.2.3"},
		"an address and a network":         {proxied, "X-Forwarded-For: 203.0.113.0/24", "10.1.2.3"},
		"the proxy network's own boundary": {"11.0.0.1:1", "X-Forwarded-For: 203.0.113.7", "11.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			for line := range strings.SplitSeq(c.header, "|") {
				if name, value, ok := strings.Cut(line, ": "); ok {
					r.Header.Add(name, value)
				}
			}
			require.Equal(t, c.want, s.addressOf(r))
		})
	}
	_, err = New(Deps{Settings: Settings{Proxies: []string{"proxy"}}})
	require.ErrorContains(t, err, "proxy")
}

// Whatever a header says, the answer is an address or the proxy's own.
func FuzzHop(f *testing.F) {
	for _, seed := range []string{"203.0.113.7", "[::1]:80", "fe80::1%eth0", "::ffff:1.2.3.4", "a:b", "[", "]", "unknown", "1.2.3.4:80:90"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, ok := hop(text)
		if !ok {
			return
		}
		require.True(t, a.IsValid())
		require.Empty(t, a.Zone())
		require.False(t, a.Is4In6())
		again, ok := hop(a.String())
		require.True(t, ok)
		require.Equal(t, a, again)
	})
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"inline": "inline", "eval": "eval", "": "",
		"https://evil.example/a.js?token=secret":     "https://evil.example/a.js",
		"https://evil.example?token=secret":          "https://evil.example",
		"https://evil.example/#secret":               "https://evil.example/",
		"https://name:secret@evil.example/a?b=c":     "https://evil.example/a",
		"https://evil.example/a@b":                   "https://evil.example/a@b",
		"data:text/html,secret":                      "data",
		"DATA:text/html;base64,secret":               "DATA",
		"blob:https://evil.example/secret":           "blob",
		"wss://evil.example/x\nlevel=ERROR msg=evil": "wss://evil.example/x\ufffdlevel=ERROR msg=evil",
		"\x1b[31mred\x7f\u202e\u2028":                "\ufffd[31mred\ufffd\ufffd\ufffd",
		"\xff\xfe":                                   "\ufffd\ufffd",
		strings.Repeat("x", 5000):                    strings.Repeat("x", 200),
	} {
		require.Equal(t, want, place(text), "%q", text)
	}
}

func TestReportsOf(t *testing.T) {
	t.Parallel()
	require.Len(t, reportsOf([]byte(`[{"type":"csp-violation","body":{"effectiveDirective":"script-src"}}]`)), 1)
	require.Len(t, reportsOf([]byte("["+strings.Repeat(`{},`, 100)+"{}]")), maxReports)
	old := reportsOf([]byte(`{"csp-report":{"violated-directive":"img-src","blocked-uri":"https://x.example/","line-number":3}}`))
	require.Equal(t, "img-src", old[0].Body.Directive)
	require.Equal(t, 3, old[0].Body.Line)
	for _, none := range []string{"", "garbage", "{}", "null", `{"csp-report":[]}`, `[1]`, `"x"`, strings.Repeat("[", 10_000)} {
		require.Empty(t, reportsOf([]byte(none)), none)
	}
}
