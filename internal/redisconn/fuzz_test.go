package redisconn_test

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"cinema/internal/redisconn"
)

// FuzzAddrs: what is accepted can be dialled, holds no credentials, and is read again as itself.
func FuzzAddrs(f *testing.F) {
	for _, s := range []string{"redis:6379", "redis", "[::1]:6379,10.0.0.1", "redis://user:pass@host:1", "host:0", "host:65536", ",", " a , b:1 ", "::1", "a/b", "a:b:c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := redisconn.Addrs(s)
		if err != nil {
			return
		}
		if len(list) == 0 {
			t.Fatalf("%q is no address and was accepted", s)
		}
		for _, a := range list {
			host, port, err := net.SplitHostPort(a)
			n, bad := strconv.Atoi(port)
			if err != nil || bad != nil || n < 1 || n > 65535 || host == "" || strings.ContainsAny(host, "/@[] \n\x00") {
				t.Fatalf("%q names %q", s, a)
			}
		}
		again, err := redisconn.Addrs(strings.Join(list, ","))
		if err != nil || strings.Join(again, ",") != strings.Join(list, ",") {
			t.Fatalf("%q is read as %q and then as %q, %v", s, list, again, err)
		}
	})
}
