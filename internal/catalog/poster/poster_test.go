package poster_test

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"cinema/internal/catalog/poster"
)

// Byte budgets of one poster.
const (
	rawBudget  = 12_500
	gzipBudget = 3_000
)

func TestSVG(t *testing.T) {
	t.Parallel()
	require.GreaterOrEqual(t, len(poster.Motifs()), 8)
	for _, motif := range poster.Motifs() {
		t.Run(motif, func(t *testing.T) {
			t.Parallel()
			for i, slug := range []string{"a-quiet-orbit-for-two", "copper-weather", "x", ""} {
				svg := poster.SVG(slug, motif, 40+i*97)
				assert.Equal(t, svg, poster.SVG(slug, motif, 40+i*97), "the same poster twice")
				assert.LessOrEqual(t, len(svg), rawBudget)
				assert.LessOrEqual(t, zipped(t, svg), gzipBudget)
				checkDocument(t, svg)
			}
			assert.NotEqual(t, poster.SVG("a", motif, 10), poster.SVG("a", motif, 200), "the hue shows")
			assert.NotEqual(t, poster.SVG("a", motif, 10), poster.SVG("b", motif, 10), "no two films look the same")
			assert.Equal(t, poster.SVG("a", motif, -10), poster.SVG("a", motif, 350), "hues go round")
		})
	}
}

func TestSVG_unknown_motif(t *testing.T) {
	t.Parallel()
	checkDocument(t, poster.SVG("some-film", "nothing of the kind", 12))
}

// checkDocument proves that it is one SVG of harmless elements and attributes.
func checkDocument(t *testing.T, svg []byte) {
	t.Helper()
	elements := []string{"svg", "defs", "linearGradient", "radialGradient", "stop", "g", "rect", "circle", "ellipse", "path"}
	d := xml.NewDecoder(bytes.NewReader(svg))
	depth := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			depth++
			assert.True(t, slices.Contains(elements, e.Name.Local), e.Name.Local)
			for _, a := range e.Attr {
				assert.NotContains(t, []string{"style", "class", "href", "onload"}, a.Name.Local)
				assert.NotContains(t, a.Value, "NaN")
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			assert.Empty(t, bytes.TrimSpace(e), "no words in the picture")
		}
	}
	assert.Zero(t, depth)
}

func zipped(t *testing.T, data []byte) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Len()
}
