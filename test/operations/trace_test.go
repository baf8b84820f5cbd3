package operations_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"cinema/test/harness"
)

// collector takes traces as an OpenTelemetry collector does.
type collector struct {
	*httptest.Server

	mu    sync.Mutex // guards spans
	spans []*tracev1.Span
	came  chan struct{} // one token: spans came
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{came: make(chan struct{}, 1)}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var got coltrace.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(raw, &got) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, resource := range got.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				c.spans = append(c.spans, scope.Spans...)
			}
		}
		select {
		case c.came <- struct{}{}:
		default:
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// of gives the spans of the trace that holds a span of a name, by their names; nil when there is none.
func (c *collector) of(name string) map[string]*tracev1.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, root := range c.spans {
		if root.Name != name {
			continue
		}
		out := map[string]*tracev1.Span{}
		for _, s := range c.spans {
			if string(s.TraceId) == string(root.TraceId) {
				out[s.Name] = s
			}
		}
		return out
	}
	return nil
}

// TestTrace_of_a_sale buys seats and finds, in one trace, the request, what it asked of the store and what it told the hold engine.
func TestTrace_of_a_sale(t *testing.T) {
	t.Parallel()
	to := newCollector(t)
	server := harness.Start(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+to.URL, "OTEL_BSP_SCHEDULE_DELAY=100", "LOG_LEVEL=info")
	sale(t, server)

	const confirm = "POST /api/showtimes/:showtimeId/bookings/confirm"
	limit := time.After(30 * time.Second)
	for to.of(confirm) == nil {
		select {
		case <-to.came:
		case <-limit:
			require.Fail(t, "no trace of the sale", server.Log())
		}
	}
	server.Stop() // delivers what is left
	trace := to.of(confirm)
	root := trace[confirm]
	require.Equal(t, tracev1.Span_SPAN_KIND_SERVER, root.Kind)
	require.Empty(t, root.ParentSpanId)
	for _, part := range []string{"store.reserve", "store.settle", "hold.extend"} {
		require.Contains(t, trace, part)
		require.Equal(t, root.SpanId, trace[part].ParentSpanId, part)
	}
	for line := range strings.Lines(server.Log()) {
		if strings.Contains(line, "bookings/confirm") {
			require.Contains(t, line, `"trace_id":"`)
		}
	}
	for _, s := range to.spans {
		require.NotContains(t, s.Name, "livez")
		for _, a := range s.Attributes {
			require.NotContains(t, a.Value.GetStringValue(), "@", "a person's address has no place in a trace")
		}
	}
}
