package telemetry_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/clock"
	"cinema/internal/telemetry"
)

func TestLogger_masks_what_must_not_be_written(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"text", "json"} {
		var out bytes.Buffer
		log := telemetry.Logger(&out, slog.LevelInfo, format)
		log.Info("signed in", "user_id", "us_1", "email", "ada@example.com", slog.Group("request", http.CanonicalHeaderKey("authorization"), "Bearer abc"))
		require.Contains(t, out.String(), "us_1")
		require.NotContains(t, out.String(), "ada@example.com")
		require.NotContains(t, out.String(), "abc")
	}
}

func TestHandler_serves_metrics(t *testing.T) {
	t.Parallel()
	h := telemetry.NewProbe(clock.System{}, nil).Handler(
		[]telemetry.Gauge{{Name: "cinema_sockets", Help: "Open sockets.", Read: func() float64 { return 3 }}},
		[]telemetry.Gauge{{Name: "cinema_frames_total", Help: "Frames built.", Read: func() float64 { return 7 }}},
	)
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	require.Contains(t, rec.Body.String(), "cinema_sockets 3")
	require.Contains(t, rec.Body.String(), "cinema_frames_total 7")
}
