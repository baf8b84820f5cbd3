package telemetry_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	coltrace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"cinema/internal/clock"
	"cinema/internal/hold"
	"cinema/internal/hold/holdmem"
	"cinema/internal/telemetry"
)

// collector takes spans as an OpenTelemetry collector does.
type collector struct {
	*httptest.Server

	mu    sync.Mutex // guards spans
	spans []*tracev1.Span
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
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
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) named(t *testing.T, name string) *tracev1.Span {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.spans {
		if s.Name == name {
			return s
		}
	}
	require.Failf(t, "no such span", "%s among %v", name, c.spans)
	return nil
}

func TestTrace_leads_from_the_request_to_the_engine_and_to_the_log(t *testing.T) {
	t.Parallel()
	to := newCollector(t)
	var out bytes.Buffer
	log := telemetry.Logger(&out, slog.LevelInfo, "json")
	tracer, err := telemetry.NewTracer(t.Context(), telemetry.TracerOptions{Endpoint: to.URL, Version: "test", Log: log})
	require.NoError(t, err)
	probe := telemetry.NewProbe(clock.System{}, tracer)
	engine := probe.Holds(holdmem.New(clock.System{}))

	h := probe.Trace(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, err := engine.Lock(r.Context(), hold.LockRequest{Showtime: "st_1"})
		log.InfoContext(r.Context(), "answered", "error", err)
		probe.Request(r.Context(), telemetry.Request{Method: http.MethodPost, Route: "/api/x/:id", Status: http.StatusConflict})
	}))
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/api/x/1", nil)
	req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	h.ServeHTTP(httptest.NewRecorder(), req)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/livez", nil))
	_, err = engine.Lock(t.Context(), hold.LockRequest{Showtime: "st_1"}) // a worker's call
	require.Error(t, err)
	require.NoError(t, tracer.Close(t.Context()))

	server, call := to.named(t, "POST /api/x/:id"), to.named(t, "hold.lock")
	require.Len(t, to.spans, 2, "health checks and workers are not traced")
	require.Equal(t, server.TraceId, call.TraceId)
	require.Equal(t, server.SpanId, call.ParentSpanId)
	require.Empty(t, server.ParentSpanId, "a stranger's trace is linked, not joined")
	require.Len(t, server.Links, 1)
	require.Contains(t, out.String(), `"trace_id":"`)
}

func TestNewTracer_without_an_endpoint_costs_nothing(t *testing.T) {
	t.Parallel()
	tracer, err := telemetry.NewTracer(t.Context(), telemetry.TracerOptions{})
	require.NoError(t, err)
	require.NoError(t, tracer.Close(t.Context()))
	next := http.NewServeMux()
	require.Same(t, http.Handler(next), telemetry.NewProbe(clock.System{}, tracer).Trace(next))

	_, err = telemetry.NewTracer(t.Context(), telemetry.TracerOptions{Endpoint: "collector:4318"})
	require.ErrorContains(t, err, "OTEL_EXPORTER_OTLP_ENDPOINT")
}
