// Package telemetry is how the process tells about itself: structured logs without secrets, and metrics.
package telemetry

import (
	"io"
	"log/slog"
	"strings"
)

// Logger writes to w in text or JSON. Attributes whose names promise a secret or a person's data are masked, wherever they come from.
func Logger(w io.Writer, level slog.Level, format string) *slog.Logger {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

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
