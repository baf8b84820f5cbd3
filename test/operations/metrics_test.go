package operations_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/test/harness"
)

// file reads a file of the repository.
func file(t *testing.T, path ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	require.NoError(t, err)
	return string(raw)
}

// get reads an address and the headers that came with it.
func get(t *testing.T, address string) (string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode, address)
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(raw), res.Header
}

// sale locks a pair of seats of a showtime on sale and buys it.
func sale(t *testing.T, s *harness.Server) {
	t.Helper()
	c := harness.NewClient(s)
	t.Cleanup(c.Close)
	c.SignIn(t, "operations@example.com", "Ops")
	a, err := c.Do(t.Context(), http.MethodGet, "/api/showtimes", nil)
	require.NoError(t, err)
	var list struct {
		Items []struct {
			ID, Sale     string
			Availability struct{ Free int }
		}
	}
	require.NoError(t, a.JSON(&list))
	for _, show := range list.Items {
		if show.Sale != "on_sale" || show.Availability.Free < 20 {
			continue
		}
		a, err = c.Do(t.Context(), http.MethodPost, "/api/showtimes/"+show.ID+"/seats/best", map[string]any{"count": 2})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, a.Status, string(a.Body))
		var hold struct {
			Locked    []string
			RequestID string `json:"request_id"`
		}
		require.NoError(t, a.JSON(&hold))
		a, err = c.Do(t.Context(), http.MethodPost, "/api/showtimes/"+show.ID+"/bookings/confirm",
			map[string]any{"request_id": hold.RequestID, "seat_ids": hold.Locked})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, a.Status, string(a.Body))
		require.Contains(t, string(a.Body), `"BOOKED"`)
		return
	}
	require.Fail(t, "no showtime with room is on sale")
}

var (
	ours      = regexp.MustCompile(`\b(?:cinema|process|go)_[a-z0-9_]+`)
	selectors = regexp.MustCompile(`\b(cinema_[a-z0-9_]+)\{([^}]*)\}`)
	matcher   = regexp.MustCompile(`([a-z_]+)(=~|!=|=)"([^"]*)"`)
)

// exposition is what /metrics has: names, and the labels of each with their values.
type exposition map[string]map[string][]string

func parse(text string) exposition {
	out := exposition{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		series := line[:strings.LastIndexByte(line, ' ')]
		name, labels, _ := strings.Cut(series, "{")
		if out[name] == nil {
			out[name] = map[string][]string{}
		}
		for _, m := range matcher.FindAllStringSubmatch(labels, -1) {
			if !slices.Contains(out[name][m[1]], m[3]) {
				out[name][m[1]] = append(out[name][m[1]], m[3])
			}
		}
	}
	return out
}

// expressions are the queries of the alerts and of the dashboard.
func expressions(t *testing.T) []string {
	t.Helper()
	var out []string
	alerts := regexp.MustCompile(`(?s)expr: (.*?)\n +(?:for|labels):`).FindAllStringSubmatch(file(t, "deploy", "prometheus", "alerts.yaml"), -1)
	require.Greater(t, len(alerts), 10)
	for _, m := range alerts {
		out = append(out, m[1])
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(file(t, "deploy", "grafana", "dashboard.json")), &board))
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			require.NotEmpty(t, q.Expr, p.Title)
			out = append(out, q.Expr)
		}
	}
	require.Greater(t, len(out), 40)
	return out
}

// checkSelector holds the label matchers of one selector against the series that there are. Values that an engine may yet show
// (results, statuses) are matched by pattern or known beforehand.
func checkSelector(t *testing.T, have exposition, expr string) {
	t.Helper()
	for _, s := range selectors.FindAllStringSubmatch(expr, -1) {
		for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
			values, known := have[s[1]][m[1]]
			require.True(t, known, "%s has no label %s", s[1], m[1])
			if m[2] == "=" || m[2] == "!=" {
				require.Contains(t, values, m[3], "%s never has %s %q", s[1], m[1], m[3])
			}
		}
	}
}

func TestMetrics_every_name_that_is_watched_exists(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	sale(t, server)
	c := harness.NewClient(server)
	t.Cleanup(c.Close)
	a, err := c.Do(t.Context(), http.MethodGet, "/nothing/is.here", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, a.Status)
	_, err = c.Do(t.Context(), http.MethodPost, "/api/showtimes/st_none/seats/lock", map[string]any{"seat_ids": []string{"A1"}})
	require.NoError(t, err)

	text, _ := get(t, server.AdminURL()+"/metrics")
	have := parse(text)
	watched := map[string]bool{}
	for _, expr := range expressions(t) {
		for _, name := range ours.FindAllString(expr, -1) {
			require.Contains(t, have, name, expr)
			watched[name] = true
		}
		checkSelector(t, have, expr)
	}
	for name := range have { // a figure that nobody looks at is either worth a look or worth nothing
		family := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		if strings.HasPrefix(name, "cinema_") {
			require.True(t, watched[name] || watched[family+"_bucket"] || watched[family+"_count"], "%s is on no panel and in no alert", name)
		}
	}
	require.Contains(t, text, `cinema_http_request_duration_seconds_count{method="POST",route="/api/showtimes/:showtimeId/bookings/confirm",status="200"} 1`)
	require.Contains(t, text, `cinema_bookings_booked_total 1`)
	require.Contains(t, text, `route="unrouted"`)
	require.NotContains(t, text, "/nothing/is.here", "a path is no label")
}

// TestPages_have_the_same_headers_behind_the_front_door compares what nginx is told to send with what the binary sends.
func TestPages_have_the_same_headers_behind_the_front_door(t *testing.T) {
	t.Parallel()
	server := harness.Start(t)
	_, headers := get(t, server.URL()+"/")
	told := regexp.MustCompile(`(?m)^add_header (\S+)\s+"((?:[^"\\]|\\.)*)" always;$`).FindAllStringSubmatch(file(t, "deploy", "nginx", "pages.conf"), -1)
	require.Greater(t, len(told), 6)
	for _, m := range told {
		require.Equal(t, headers.Get(m[1]), strings.ReplaceAll(m[2], `\"`, `"`), m[1])
	}
}
