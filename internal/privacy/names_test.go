package privacy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/privacy"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"":                                  false,
		"the projector broke":               false,
		"ANN@EXAMPLE.COM asked":             true,
		"for O'Hara, by telephone":          true,
		"an act of ann":                     true,
		"Annual closing":                    false,
		"by li":                             false, // too short to tell
		"hara-kiri was shown instead of it": true,
	} {
		require.Equal(t, want, privacy.Names(text, "ann@example.com", "Ann Li O'Hara"), text)
	}
	require.False(t, privacy.Names("whatever", "", ""))
}
