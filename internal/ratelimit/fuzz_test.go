package ratelimit_test

import (
	"strings"
	"testing"
	"time"

	"cinema/internal/ratelimit"
)

// FuzzParse: whatever is accepted leaves every quota with a bound, and only the word off lifts them.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "off", "lock=60/1m,confirm=20/1m,sockets=5", "lock=0/1m", "lock=1/0s", "lock=-1/1m", "sockets=0", "lock=9223372036854775807/24h", "lock=1/1m,lock=2/1m", ",", "OFF", "lock=1/1e9s", "lock"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ratelimit.Parse(s)
		if err != nil {
			return
		}
		if r.Off {
			if strings.TrimSpace(s) != "off" {
				t.Fatalf("%q lifts every quota", s)
			}
			return
		}
		for _, q := range []ratelimit.Quota{r.Lock, r.Confirm, r.Reads, r.Connects, r.SignIn, r.Guests, r.Lookup} {
			if q.Limit < 1 || q.Per < time.Second || q.Per > 24*time.Hour {
				t.Fatalf("%q gives the quota %+v", s, q)
			}
			if times := q.Times(ratelimit.AddressFactor); times.Limit < q.Limit || times.Per != q.Per {
				t.Fatalf("%q: an address may less than a user: %+v", s, times)
			}
		}
		if r.Sockets < 1 {
			t.Fatalf("%q allows %d sockets", s, r.Sockets)
		}
	})
}
