package ident_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/ident"
)

// hostile are characters that would change the meaning of a key, a channel, a claim or a file name.
const hostile = ":|{}*/\\.'\"<>&%$ \t\n\r\x00\x7f\u00e9\u0130\u017f\u212a"

func TestParse_refuses_what_would_change_a_key(t *testing.T) {
	t.Parallel()
	for _, c := range hostile {
		bad := "abcdefgh" + string(c)
		_, err := ident.ParseShowtime(bad)
		require.ErrorIs(t, err, ident.ErrBad, "%q", bad)
		_, err = ident.ParseUser(bad)
		require.ErrorIs(t, err, ident.ErrBad, "%q", bad)
		_, err = ident.ParseID(bad)
		require.ErrorIs(t, err, ident.ErrBad, "%q", bad)
		_, err = ident.ParseSeat("A1" + string(c))
		require.ErrorIs(t, err, ident.ErrBad, "%q", c)
		if c == '.' {
			continue // a request id may hold one
		}
		_, err = ident.ParseRequest(bad)
		require.ErrorIs(t, err, ident.ErrBad, "%q", bad)
	}
}

func TestParse_bounds_the_length(t *testing.T) {
	t.Parallel()
	for length, fits := range map[int]bool{0: false, 1: true, 64: true, 65: false} {
		_, err := ident.ParseID(strings.Repeat("a", length))
		require.Equal(t, fits, err == nil, "%d characters", length)
	}
	for length, fits := range map[int]bool{0: false, 7: false, 8: true, 128: true, 129: false} {
		_, err := ident.ParseRequest(strings.Repeat("r", length))
		require.Equal(t, fits, err == nil, "request of %d characters", length)
	}
}

func TestParseSeat(t *testing.T) {
	t.Parallel()
	good := map[string]ident.Seat{"A1": "A1", "f7": "F7", "AA12": "AA12", "abc999": "ABC999"}
	for given, want := range good {
		got, err := ident.ParseSeat(given)
		require.NoError(t, err, given)
		require.Equal(t, want, got)
		require.True(t, got.Valid())
		require.Equal(t, given == string(want), ident.Seat(given).Valid(), "only the canonical form of %s is valid", given)
	}
	for _, bad := range []string{"", "A", "1", "1A", "ABCD1", "A1234", "A-1", "A 1", "\u00c41", "\uff21\uff11", "A\u0661", "A1B"} {
		_, err := ident.ParseSeat(bad)
		require.ErrorIs(t, err, ident.ErrBad, "%q", bad)
	}
}

// TestParseSeat_accepts_its_own_answer: what was accepted is canonical, and stays so.
func TestParseSeat_accepts_its_own_answer(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^[A-Z]{1,3}[0-9]{1,3}$`)
	rapid.Check(t, func(t *rapid.T) {
		seat, err := ident.ParseSeat(rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z]{0,4}[0-9]{0,4}`)).Draw(t, "seat"))
		if err != nil {
			require.Empty(t, seat)
			return
		}
		require.Regexp(t, shape, string(seat))
		again, err := ident.ParseSeat(string(seat))
		require.NoError(t, err)
		require.Equal(t, seat, again)
	})
}

func TestNew_makes_identifiers_that_sort_by_time(t *testing.T) {
	t.Parallel()
	made := make([]string, 1000)
	for i := range made {
		made[i] = ident.New("bk")
		_, err := ident.ParseID(made[i])
		require.NoError(t, err)
		require.Regexp(t, `^bk_[0-9a-hjkmnp-tv-z]{26}$`, made[i])
	}
	require.True(t, slices.IsSorted(made))
	require.Len(t, slices.Compact(slices.Clone(made)), len(made), "no identifier twice")
}
