package ticket

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/ident"
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

// FuzzPayload reads anything as a payload that was signed: what is accepted is a seat and a ticket of the grammar, and is written back as it was.
func FuzzPayload(f *testing.F) {
	f.Add(make([]byte, payloadSize))
	if b, err := encode(Pass{ID: NewID("bk_1", "ABC012", 1), Seat: "ABC012", NotBefore: minuteZero, NotAfter: minuteZero.Add(time.Hour), Demo: true}, 7); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decode(b)
		if err != nil {
			return
		}
		if _, bad := ident.ParseID(string(p.ID)); bad != nil || !p.Seat.Valid() || p.NotAfter.Before(p.NotBefore) {
			t.Fatalf("%x is %+v", b, p)
		}
		again, err := encode(p, b[1])
		if err != nil {
			t.Fatal(err)
		}
		flags := len(b) - 1
		const tag = 2 + idSize
		if !bytes.Equal(again[:tag], b[:tag]) || !bytes.Equal(again[tag+tagSize:flags], b[tag+tagSize:flags]) || again[flags] != b[flags]&(flagProof|flagDemo) {
			t.Fatalf("%x is written as %x", b, again)
		}
	})
}
