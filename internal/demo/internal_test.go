package demo

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"cinema/internal/catalog"
)

// The halls have the sizes they are known by, every kind of seat where it belongs, and aisles that no row blocks.
func TestHalls(t *testing.T) {
	t.Parallel()
	sizes := map[string]int{"loft": 64, "studio": 140, "gallery": 300, "grand": 505}
	for _, h := range halls() {
		l, err := h.layout()
		require.NoError(t, err)
		assert.Equal(t, sizes[h.key], l.Len(), h.key)
		kinds := make(map[catalog.SeatKind]int)
		for _, r := range l.Rows {
			for _, s := range r.Seats {
				kinds[s.Kind]++
				assert.True(t, s.X > 0.4 && s.X < l.Width-0.4 && s.Y > l.ScreenY+0.5 && s.Y < l.Height, "%s %s is outside", h.key, s.ID)
				for _, f := range l.Features {
					assert.False(t, s.X > f.X && s.X < f.X+f.W && s.Y > f.Y && s.Y < f.Y+f.H, "%s %s stands in a %s", h.key, s.ID, f.Kind)
				}
			}
		}
		for _, k := range []catalog.SeatKind{catalog.Standard, catalog.Premium, catalog.Wheelchair, catalog.Companion} {
			assert.GreaterOrEqual(t, kinds[k], 2, "%s %s", h.key, k)
		}
		assert.Zero(t, kinds[catalog.Couple]%2)
	}
}
