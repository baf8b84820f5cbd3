package app

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// adminServer serves the private listener.
func adminServer(mux *http.ServeMux) *http.Server {
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"ok":true}` + "\n")) // the asker may have gone
	})
	return &http.Server{
		Handler: private(mux), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
}

// private keeps the private listener from pages of other sites that run in a browser beside it: a page may lead its own name to this
// address, or send a request here without seeing the answer. Tools ask by address or by a name of the own network, and send neither an
// origin nor a site.
func private(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'") // the profiler's page has a style of its own
		site := r.Header.Get("Sec-Fetch-Site")
		if !ownName(r.Host) || r.Header.Get("Origin") != "" || site != "" && site != "none" && site != "same-origin" {
			http.Error(w, "this listener is private", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownName tells whether a Host can be ours: an address, localhost, or a name without dots, as containers have them. The names that a
// stranger's DNS answers for have dots.
func ownName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.Trim(host, "[]")
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host != "" && !strings.Contains(host, ".")
}
