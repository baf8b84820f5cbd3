package ticket

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestBase45_rfc checks the examples of RFC 9285.
func TestBase45_rfc(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"AB": "BB8", "Hello!!": "%69 VD92EX0", "base-45": "UJCLQE7W581", "": ""} {
		require.Equal(t, want, encode45([]byte(text)))
		back, err := decode45(want)
		require.NoError(t, err)
		require.Equal(t, text, string(back))
	}
	for _, bad := range []string{"A", "GGW", "::", "abc", "ÄB8", "BB8B"} {
		_, err := decode45(bad)
		require.ErrorIs(t, err, ErrCode, bad)
	}
}

func TestBase45_round_trip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 120).Draw(t, "bytes")
		back, err := decode45(encode45(b))
		require.NoError(t, err)
		require.True(t, bytes.Equal(b, back))
	})
}

// FuzzBase45 finds a text that decodes to bytes with another spelling, or a panic.
func FuzzBase45(f *testing.F) {
	f.Add("BB8")
	f.Add("%69 VD92EX0")
	f.Add("GGW")
	f.Fuzz(func(t *testing.T, s string) {
		b, err := decode45(s)
		if err == nil && encode45(b) != s {
			t.Fatalf("%q and %q are the same bytes", s, encode45(b))
		}
	})
}
