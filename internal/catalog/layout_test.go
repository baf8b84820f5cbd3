package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

func TestNewLayout(t *testing.T) {
	t.Parallel()
	change := func(f func(l *catalog.Layout)) *catalog.Layout {
		l := &catalog.Layout{ID: "lay_x", Rows: []catalog.Row{plan("A", "ss ss", 1), plan("B", "LwcL", 2)}}
		f(l)
		return l
	}
	for name, c := range map[string]struct {
		change func(l *catalog.Layout)
		says   string
	}{
		"sound":              {func(*catalog.Layout) {}, ""},
		"no seats":           {func(l *catalog.Layout) { l.Rows = nil }, "no seats"},
		"bad id":             {func(l *catalog.Layout) { l.Rows[0].Seats[0].ID = "a1" }, `"a1": not a seat`},
		"double id":          {func(l *catalog.Layout) { l.Rows[0].Seats[0].ID = "A2" }, "A2: used twice"},
		"half a couple":      {func(l *catalog.Layout) { l.Rows[1].Seats[0].Pair = "" }, "B1: a couple seat needs"},
		"couple apart":       {func(l *catalog.Layout) { l.Rows[1].Gaps = []int{1} }, "B1: a couple seat needs"},
		"companion of none":  {func(l *catalog.Layout) { l.Rows[1].Seats[3].Pair = "A1" }, "B4: a companion seat needs"},
		"companion far away": {func(l *catalog.Layout) { l.Rows[1].Gaps = []int{3} }, "B4: a companion seat needs"},
		"pair of a standard": {func(l *catalog.Layout) { l.Rows[0].Seats[0].Pair = "A2" }, "A1: a standard seat has no pair"},
		"unknown kind":       {func(l *catalog.Layout) { l.Rows[0].Seats[0].Kind = "throne" }, "A1: unknown kind"},
		"no category":        {func(l *catalog.Layout) { l.Rows[0].Seats[0].Category = "" }, "A1: no price category"},
		"overlap":            {func(l *catalog.Layout) { l.Rows[1].Seats[0].Y = 1.4 }, "A1 and B1 overlap"},
		"gap outside":        {func(l *catalog.Layout) { l.Rows[0].Gaps = []int{4} }, "gap 4 is outside"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := catalog.NewLayout(change(c.change))
			if c.says == "" {
				require.NoError(t, err)
				assert.Equal(t, 10, l.Len())
				return
			}
			require.ErrorContains(t, err, c.says)
			assert.Nil(t, l)
		})
	}
}

func TestLayout_questions(t *testing.T) {
	t.Parallel()
	l := hall(t, "ss ss", "wcs L")

	left, right := l.Neighbours("A2")
	assert.Equal(t, ident.Seat("A1"), left)
	assert.Empty(t, right, "an aisle breaks adjacency")
	left, right = l.Neighbours("Z9")
	assert.Empty(t, left)
	assert.Empty(t, right)

	_, ok := l.Seat("A5")
	assert.False(t, ok)
	s, ok := l.Seat("B2")
	require.True(t, ok)
	assert.Equal(t, ident.Seat("B1"), s.Pair)

	assert.Len(t, l.Segments(), 4)
	assert.Equal(t, []ident.Seat{"B1"}, l.Accessible())
	assert.Equal(t, 9, l.Len())
	assert.True(t, l.Equal(hall(t, "ss ss", "wcs L")))
	assert.False(t, l.Equal(hall(t, "ss ss", "wcs L", "s")))
}
