package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPrivate(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("figures")) })
	h := adminServer(mux).Handler
	ask := func(method, path, host string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		r.Host = host
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'")
		return w
	}
	for _, host := range []string{"127.0.0.1:9090", "localhost:9090", "localhost", "[::1]:9090", "10.0.0.7:9090", "backend:9090", "[fe80::1%25eth0]:9090"} {
		w := ask(http.MethodGet, "/metrics", host)
		require.Equal(t, http.StatusOK, w.Code, host)
		require.Equal(t, "figures", w.Body.String())
	}
	for _, host := range []string{"evil.example:9090", "evil.example", "localhost.evil.example:9090", "127.0.0.1.nip.io:9090", "localhost.:9090", "", ":9090", "a.b"} {
		w := ask(http.MethodGet, "/metrics", host)
		require.Equal(t, http.StatusForbidden, w.Code, host)
		require.NotContains(t, w.Body.String(), "figures")
	}
	for _, header := range [][]string{
		{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Origin", "http://127.0.0.1:9090"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
	} {
		require.Equal(t, http.StatusForbidden, ask(http.MethodGet, "/metrics", "127.0.0.1:9090", header...).Code, header)
	}
	for _, site := range []string{"none", "same-origin"} {
		require.Equal(t, http.StatusOK, ask(http.MethodGet, "/metrics", "localhost:9090", "Sec-Fetch-Site", site).Code, site)
	}
	require.Equal(t, http.StatusOK, ask(http.MethodGet, "/livez", "backend:9090").Code)
	require.Equal(t, http.StatusNotFound, ask(http.MethodGet, "/api/me", "localhost:9090").Code)
	require.Equal(t, http.StatusMethodNotAllowed, ask(http.MethodPost, "/metrics", "localhost:9090").Code)
	require.True(t, strings.HasPrefix(ask(http.MethodGet, "/livez", "localhost").Header().Get("Content-Type"), "application/json"))
}
