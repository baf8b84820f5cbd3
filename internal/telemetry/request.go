package telemetry

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Attribute names of spans.
const (
	methodKey = attribute.Key("http.request.method")
	routeKey  = attribute.Key("http.route")
	statusKey = attribute.Key("http.response.status_code")
	resultKey = attribute.Key("cinema.result")
)

// Request is an answered request, as the edge tells of it. Route is the pattern, never the path: a path holds ids without end.
type Request struct {
	Method, Route string
	Status        int
	Took          time.Duration
}

// Request counts an answered request and names its span.
func (p *Probe) Request(ctx context.Context, r Request) {
	method := methodOf(r.Method)
	p.requests.WithLabelValues(method, r.Route, strconv.Itoa(r.Status)).Observe(r.Took.Seconds())
	if p.tracer == nil {
		return
	}
	span := trace.SpanFromContext(ctx)
	if !span.IsRecording() {
		return
	}
	span.SetName(method + " " + r.Route)
	span.SetAttributes(methodKey.String(method), routeKey.String(r.Route), statusKey.Int(r.Status))
	if r.Status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

// methodOf keeps a stranger from making series: whatever is no method of ours is one.
func methodOf(m string) string {
	switch m {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// Trace begins a span for each request that comes in, seat streams and health checks excepted. Its caller is anybody, therefore the
// trace is a new one; a trace that the caller names is linked to it. Without tracing next is returned as it is.
func (p *Probe) Trace(next http.Handler) http.Handler {
	if p.tracer == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if untraced(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		options := []trace.SpanStartOption{trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer)}
		remote := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		if sc := trace.SpanContextFromContext(remote); sc.IsValid() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: sc}))
		}
		ctx, span := p.tracer.tracer.Start(r.Context(), "request", options...)
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func untraced(path string) bool {
	return strings.HasPrefix(path, "/ws/") || path == "/livez" || path == "/readyz" || path == "/health"
}
