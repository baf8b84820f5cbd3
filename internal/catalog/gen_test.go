package catalog_test

import (
	"fmt"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

// plan draws a row of seats from a picture: s standard, p premium, L love seat (two places), w wheelchair space, c companion seat of the
// nearest space to its left, C of the nearest to its right, a blank an aisle.
func plan(label, picture string, y float64) catalog.Row {
	row := catalog.Row{Label: label}
	x := 0.5
	add := func(kind catalog.SeatKind) *catalog.Seat {
		n := len(row.Seats) + 1
		category := "standard"
		if kind == catalog.Premium || kind == catalog.Couple {
			category = string(kind)
		}
		row.Seats = append(row.Seats, catalog.Seat{
			ID: ident.Seat(fmt.Sprintf("%s%d", label, n)), Row: label, Number: n, X: x, Y: y, Kind: kind, Category: category,
		})
		x++
		return &row.Seats[n-1]
	}
	for _, c := range picture {
		switch c {
		case 's':
			add(catalog.Standard)
		case 'p':
			add(catalog.Premium)
		case 'w':
			add(catalog.Wheelchair)
		case 'c', 'C':
			add(catalog.Companion)
		case 'L':
			add(catalog.Couple)
			right := add(catalog.Couple)
			left := &row.Seats[len(row.Seats)-2]
			left.Pair, right.Pair = right.ID, left.ID
		case ' ':
			row.Gaps = append(row.Gaps, len(row.Seats))
			x++
		}
	}
	pairCompanions(row, picture)
	return row
}

func pairCompanions(row catalog.Row, picture string) {
	kinds := slices.DeleteFunc([]rune(picture), func(c rune) bool { return c == ' ' })
	i := 0
	for _, c := range kinds {
		step := map[rune]int{'c': -1, 'C': 1}[c]
		for k := i + step; step != 0 && k >= 0 && k < len(row.Seats); k += step {
			if row.Seats[k].Kind == catalog.Wheelchair {
				row.Seats[i].Pair = row.Seats[k].ID
				break
			}
		}
		i++
		if c == 'L' {
			i++
		}
	}
}

// hall makes a layout from pictures, front row first, rows labelled from A.
func hall(t require.TestingT, pictures ...string) *catalog.Layout {
	l := &catalog.Layout{ID: "lay_test", Auditorium: "aud_test", Version: 1, Height: float64(len(pictures)) + 2}
	for i, p := range pictures {
		row := plan(string(rune('A'+i)), p, float64(i)+2)
		l.Rows = append(l.Rows, row)
		l.Width = max(l.Width, row.Seats[len(row.Seats)-1].X+0.5)
	}
	l.ScreenWidth = l.Width
	out, err := catalog.NewLayout(l)
	require.NoError(t, err)
	return out
}

// anyHall draws a small hall with every kind of seat.
func anyHall(t *rapid.T) *catalog.Layout {
	part := rapid.SampledFrom([]string{"s", "ss", "sss", "ssss", "p", "pp", "ppp", "L", "LL", "wc", "Cw", "cwc", "wcc", " ", "s s"})
	rows := rapid.IntRange(1, 8).Draw(t, "rows")
	pictures := make([]string, rows)
	for i := range pictures {
		pic := "s"
		for _, p := range rapid.SliceOfN(part, 1, 7).Draw(t, "parts") {
			if p == "cwc" {
				p = "Cwc"
			}
			if p == " " && pic[len(pic)-1] == ' ' {
				continue
			}
			pic += p
		}
		if pic[len(pic)-1] == ' ' {
			pic += "s"
		}
		pictures[i] = pic
	}
	return hall(t, pictures...)
}

// anyTaken draws which seats are gone, from nearly none to nearly all.
func anyTaken(t *rapid.T, l *catalog.Layout) map[ident.Seat]bool {
	share := rapid.IntRange(0, 90).Draw(t, "taken percent")
	taken := make(map[ident.Seat]bool)
	for _, id := range l.Seats() {
		if rapid.IntRange(0, 99).Draw(t, "taken") < share {
			taken[id] = true
		}
	}
	return taken
}

func seats(ids ...ident.Seat) []ident.Seat { return ids }

func in(ids ...ident.Seat) func(ident.Seat) bool {
	return func(s ident.Seat) bool { return slices.Contains(ids, s) }
}

func freeOf(taken map[ident.Seat]bool) func(ident.Seat) bool {
	return func(s ident.Seat) bool { return !taken[s] }
}
