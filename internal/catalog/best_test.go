package catalog_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

func TestBest(t *testing.T) {
	t.Parallel()
	l := hall(t, "sssssss", "sssssss", "sssssss", "Cwc L")
	all := func(ident.Seat) bool { return true }
	but := func(ids ...ident.Seat) func(ident.Seat) bool {
		return func(s ident.Seat) bool { return !in(ids...)(s) }
	}
	for name, c := range map[string]struct {
		q    catalog.BestQuery
		want []ident.Seat
	}{
		"one in the middle, two thirds back": {catalog.BestQuery{Count: 1, Free: all}, seats("C4")},
		"three together":                     {catalog.BestQuery{Count: 3, Free: all}, seats("C3", "C4", "C5")},
		"five without an orphan":             {catalog.BestQuery{Count: 5, Free: all}, seats("C1", "C2", "C3", "C4", "C5")},
		"a category":                         {catalog.BestQuery{Count: 2, Category: "couple", Free: all}, seats("D4", "D5")},
		"a space":                            {catalog.BestQuery{Count: 1, Accessible: true, Free: all}, seats("D2")},
		"a space and a companion":            {catalog.BestQuery{Count: 2, Accessible: true, Free: all}, seats("D1", "D2")},
		"a space and two":                    {catalog.BestQuery{Count: 3, Accessible: true, Free: all}, seats("D1", "D2", "D3")},
		"a space and more than stand there":  {catalog.BestQuery{Count: 4, Accessible: true, Free: all}, seats("C2", "D1", "D2", "D3")},
		"no space left":                      {catalog.BestQuery{Count: 1, Accessible: true, Free: but("D2")}, nil},
		"one cannot take half a love seat":   {catalog.BestQuery{Count: 1, Category: "couple", Free: all}, nil},
		"two rows when no row is long enough": {
			catalog.BestQuery{Count: 8, Free: but("A1", "A2", "A3", "A4", "A5", "A6", "A7")},
			seats("B3", "B4", "B5", "B6", "C3", "C4", "C5", "C6"),
		},
		"more than there are": {catalog.BestQuery{Count: 99, Free: all}, nil},
		"nobody":              {catalog.BestQuery{Count: 0, Free: all}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := catalog.Best(l, c.q)
			if strings.HasPrefix(name, "two rows") {
				assert.Len(t, got, 8)
				assert.Len(t, blocksOf(l, got), 2, got)
				return
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// What Best proposes is free, whole, of the wanted category, side by side whenever such seats exist, and without an orphan whenever
// such a choice exists; it finds something whenever enough seats are left.
func TestBest_property(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyHall(t)
		taken := anyTaken(t, l)
		free := freeOf(taken)
		n := rapid.IntRange(1, 8).Draw(t, "n")
		category := rapid.SampledFrom([]string{"", "standard", "premium", "couple"}).Draw(t, "category")
		got := catalog.Best(l, catalog.BestQuery{Count: n, Category: category, Free: free})
		together, tidy := exhaustive(l, n, category, free)
		if got == nil {
			if together {
				t.Fatalf("%d seats side by side were there", n)
			}
			return
		}
		if len(got) != n {
			t.Fatalf("%d seats for %d", len(got), n)
		}
		checkChoice(t, l, got, free)
		if v := catalog.CheckSeats(l, got); len(v) > 0 {
			t.Fatalf("%v breaks %v", got, v)
		}
		for _, id := range got {
			s, _ := l.Seat(id)
			if s.Kind == catalog.Wheelchair || s.Kind == catalog.Companion || category != "" && s.Category != category {
				t.Fatalf("%v contains %+v", got, s)
			}
		}
		if blocks := blocksOf(l, got); together && len(blocks) != 1 {
			t.Fatalf("%v is divided without need", got)
		}
		if o := catalog.Orphans(l, got, func(s ident.Seat) bool { return taken[s] }); tidy && len(o) > 0 {
			t.Fatalf("%v leaves %v without need", got, o)
		}
	})
}

func TestBest_accessible_property(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyHall(t)
		taken := anyTaken(t, l)
		n := rapid.IntRange(1, 6).Draw(t, "n")
		got := catalog.Best(l, catalog.BestQuery{Count: n, Accessible: true, Free: freeOf(taken)})
		if got == nil {
			return
		}
		checkChoice(t, l, got, freeOf(taken))
		spaces := 0
		for _, id := range got {
			if s, _ := l.Seat(id); s.Kind == catalog.Wheelchair {
				spaces++
			}
		}
		if len(got) != n || spaces != 1 || len(catalog.CheckSeats(l, got)) > 0 {
			t.Fatalf("%v for %d", got, n)
		}
	})
}

func TestAlternatives(t *testing.T) {
	t.Parallel()
	l := hall(t, "ssssss", "ssssss", "Cwc ss")
	got := catalog.Alternatives(l, seats("B1", "B2"), func(s ident.Seat) bool { return s != "B1" }, 3)
	assert.Equal(t, [][]ident.Seat{seats("B2", "B3"), seats("A1", "A2"), seats("A3", "A4")}, got)
	got = catalog.Alternatives(l, seats("C2"), func(ident.Seat) bool { return true }, 3)
	assert.Equal(t, [][]ident.Seat{seats("C2")}, got, "a space for a space, and there is one only")
	assert.Nil(t, catalog.Alternatives(l, seats("Z9"), func(ident.Seat) bool { return true }, 3))
}

// Alternatives are as large as what was wanted, free, whole, and share no seat.
func TestAlternatives_property(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := anyHall(t)
		taken := anyTaken(t, l)
		all := l.Seats()
		wanted := rapid.Permutation(all).Draw(t, "wanted")[:rapid.IntRange(1, min(6, len(all))).Draw(t, "n")]
		options := catalog.Alternatives(l, wanted, freeOf(taken), 3)
		if len(options) > 3 {
			t.Fatalf("%d options", len(options))
		}
		var together []ident.Seat
		for _, o := range options {
			if len(o) != len(wanted) {
				t.Fatalf("%v instead of %v", o, wanted)
			}
			if v := catalog.CheckSeats(l, o); len(v) > 0 {
				t.Fatalf("%v breaks %v", o, v)
			}
			together = append(together, o...)
		}
		checkChoice(t, l, together, freeOf(taken))
	})
}

// blocksOf counts the groups of neighbours.
func blocksOf(l *catalog.Layout, ids []ident.Seat) [][]ident.Seat {
	var out [][]ident.Seat
	chosen := in(ids...)
	for _, id := range ids {
		if left, _ := l.Neighbours(id); left != "" && chosen(left) {
			continue
		}
		block := []ident.Seat{id}
		for _, next := l.Neighbours(id); next != "" && chosen(next); _, next = l.Neighbours(next) {
			block = append(block, next)
		}
		out = append(out, block)
	}
	return out
}

// exhaustive looks at every group of n side by side, the slow and obvious way.
func exhaustive(l *catalog.Layout, n int, category string, free func(ident.Seat) bool) (together, tidy bool) {
	for _, segment := range l.Segments() {
		for from := 0; from+n <= len(segment); from++ {
			ids := make([]ident.Seat, 0, n)
			for _, s := range segment[from : from+n] {
				if free(s.ID) && s.Kind != catalog.Wheelchair && s.Kind != catalog.Companion && (category == "" || s.Category == category) {
					ids = append(ids, s.ID)
				}
			}
			if len(ids) < n || len(catalog.CheckSeats(l, ids)) > 0 {
				continue
			}
			together = true
			if len(catalog.Orphans(l, ids, func(s ident.Seat) bool { return !free(s) })) == 0 {
				tidy = true
			}
		}
	}
	return together, tidy
}

func BenchmarkBest(b *testing.B) {
	pictures := make([]string, 20)
	for i := range pictures {
		pictures[i] = "ssssss sssssssssssss ssssss"
	}
	l := hall(b, pictures...)
	for name, free := range map[string]func(ident.Seat) bool{
		"empty":     func(ident.Seat) bool { return true },
		"scattered": func(s ident.Seat) bool { return (s[0]+3*s[len(s)-1])%3 != 0 },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if catalog.Best(l, catalog.BestQuery{Count: 4, Free: free}) == nil {
					b.Fatal("no seats")
				}
			}
		})
	}
	b.Run("alternatives", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			catalog.Alternatives(l, seats("J10", "J11", "J12"), func(s ident.Seat) bool { return s != "J11" }, 3)
		}
	})
}
