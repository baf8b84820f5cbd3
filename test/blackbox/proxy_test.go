package blackbox_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// lookups asks for a booking that is not there until the quota of an address is spent, and tells after how many.
func lookups(t *testing.T, w *world, header func(n int) []string) int {
	t.Helper()
	for n := range 6 {
		a := w.visitor(t).do(t, "POST /api/bookings/lookup", map[string]string{"reference": "ZZZZ-9999", "email": "nobody@example.com"}, header(n)...)
		if a.Status == http.StatusTooManyRequests {
			return n
		}
		require.Equal(t, http.StatusNotFound, a.Status, string(a.Body))
	}
	return 6
}

// TestForwarding: an address in a header counts behind a proxy that is named, and only the one that this proxy added. Without such a proxy
// nobody has more addresses than his own.
func TestForwarding(t *testing.T) {
	t.Parallel()
	quota := "RATE_LIMITS=lookup=2/1h"
	forwarded := func(values ...string) func(int) []string {
		return func(n int) []string {
			var head []string
			for i := 0; i+1 < len(values); i += 2 {
				head = append(head, values[i], fmt.Sprintf(values[i+1], n+1))
			}
			return head
		}
	}
	t.Run("nobody is trusted", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, quota)
		require.Equal(t, 2, lookups(t, w, forwarded("X-Forwarded-For", "203.0.113.%d", "X-Real-Ip", "203.0.113.%[1]d", "Forwarded", "for=203.0.113.%[1]d", "X-Client-Ip", "203.0.113.%[1]d")))
	})
	t.Run("another proxy is trusted", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, quota, "TRUSTED_PROXIES=10.0.0.0/8")
		require.Equal(t, 2, lookups(t, w, forwarded("X-Forwarded-For", "203.0.113.%d")))
	})
	t.Run("this proxy is trusted", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, quota, "TRUSTED_PROXIES=127.0.0.1")
		require.Equal(t, 6, lookups(t, w, forwarded("X-Forwarded-For", "203.0.113.%d")), "six customers behind one proxy are six")
		require.Equal(t, 2, lookups(t, w, func(int) []string { return []string{"X-Forwarded-For", "203.0.113.1, 203.0.113.200"} }), "what the proxy added counts, not what the client made up before it")
		require.Equal(t, 0, lookups(t, w, func(n int) []string {
			return []string{"X-Forwarded-For", fmt.Sprintf("198.51.100.%d, 203.0.113.200", n)}
		}), "an address that is made up stands before the proxy's")
		require.Equal(t, 2, lookups(t, w, func(n int) []string {
			return []string{"X-Forwarded-For", fmt.Sprintf("2001:db8:1:1:%d::1", n+1)}
		}), "a network of IPv6 is one client")
	})
}
