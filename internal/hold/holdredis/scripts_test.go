package holdredis_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yuin/gopher-lua/parse"

	"cinema/internal/hold/holdredis"
)

func compile(name, text string) error {
	_, body, _ := strings.Cut(text, "\n") // the first line is for Redis
	_, err := parse.Parse(strings.NewReader(body), name)
	return err
}

// TestScripts_parse without a server, so that a slip is told with its line.
func TestScripts_parse(t *testing.T) {
	t.Parallel()
	for name, text := range holdredis.Texts {
		require.NoError(t, compile(name, text), name)
	}
	require.ErrorContains(t, compile("planted", holdredis.Texts["lock"]+"\nif true the return 1 end"), "line:")
}

// TestScripts_flags decide what a full Redis still does: it refuses new holds alone.
func TestScripts_flags(t *testing.T) {
	t.Parallel()
	for name, text := range holdredis.Texts {
		first, _, _ := strings.Cut(text, "\n")
		want := "#!lua flags=allow-oom"
		switch name {
		case "lock":
			want = "#!lua"
		case "snapshot", "unread":
			want = "#!lua flags=no-writes"
		}
		require.Equal(t, want, first, name)
	}
}

// TestScripts_are_bounded: nothing walks the database, whatever the number of showtimes.
func TestScripts_are_bounded(t *testing.T) {
	t.Parallel()
	for name, text := range holdredis.Texts {
		for _, bad := range []string{"'SCAN'", "'KEYS'", "'FLUSH", "'RANDOMKEY'", "'HSCAN'"} {
			require.NotContains(t, text, bad, name)
		}
	}
}
