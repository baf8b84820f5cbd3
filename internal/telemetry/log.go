// Package telemetry is how the process tells about itself: structured logs without secrets, metrics, and traces.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

// Logger writes to w in text or JSON. Attributes whose names promise a secret or a person's data are masked, wherever they come from.
func Logger(w io.Writer, level slog.Level, format string) *slog.Logger {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	if format == "json" {
		return slog.New(traced{slog.NewJSONHandler(w, o)})
	}
	return slog.New(traced{slog.NewTextHandler(w, o)})
}

// traced adds the trace and the span to lines that are written on behalf of a traced request, so that one leads to the other.
type traced struct{ slog.Handler }

// Handle writes a line.
func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if sc := trace.SpanContextFromContext(ctx); sc.IsValid() {
		r.AddAttrs(slog.String("trace_id", sc.TraceID().String()), slog.String("span_id", sc.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the wrapper around a handler with more attributes.
func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }

// WithGroup keeps the wrapper around a handler with a group.
func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }

// secretive are parts of attribute names that are never written.
var secretive = []string{"authorization", "cookie", "token", "secret", "password", "email", "card"}

func redact(_ []string, a slog.Attr) slog.Attr {
	name := strings.ToLower(a.Key)
	for _, s := range secretive {
		if strings.Contains(name, s) && a.Value.Kind() == slog.KindString {
			return slog.String(a.Key, "[redacted]")
		}
	}
	return a
}
