package catalog

import (
	"cmp"
	"math"
	"slices"

	"cinema/internal/ident"
)

// bestAccessible seats a party with one wheelchair user: side by side where that is possible, otherwise the space, its companion
// seats and the nearest others.
func (s *search) bestAccessible(n int) []int {
	if ws := s.accessibleWindows(n); len(ws) > 0 {
		return slices.MinFunc(ws, func(a, b window) int { return cmp.Compare(a.cost, b.cost) }).seats()
	}
	var best []int
	least := math.Inf(1)
	for i, seat := range s.ix.seats {
		if seat.Kind != Wheelchair || !s.may[i] {
			continue
		}
		if seats, cost := s.around(i, n); seats != nil && cost < least {
			least, best = cost, seats
		}
	}
	return best
}

// accessibleWindows lists the groups of n side by side with exactly one space, whose companion seats all belong to it.
func (s *search) accessibleWindows(n int) []window {
	var out []window
	for space, seat := range s.ix.seats {
		if seat.Kind != Wheelchair || !s.may[space] {
			continue
		}
		seg := s.ix.segments[s.ix.segment[space]]
		for from := max(seg[0], space-n+1); from <= space && from+n <= seg[1]; from++ {
			if cost, ok := s.accessibleCost(space, from, from+n); ok {
				out = append(out, window{from: from, to: from + n, cost: cost})
			}
		}
	}
	return out
}

func (s *search) accessibleCost(space, from, to int) (float64, bool) {
	cost := s.ix.scores[space]
	for i := from; i < to; i++ {
		switch {
		case i == space:
		case !s.may[i], s.ix.seats[i].Kind == Wheelchair:
			return 0, false
		case s.ix.seats[i].Kind == Companion:
			if s.ix.pair[i] != space {
				return 0, false
			}
		default:
			cost += costOrdinary
		}
	}
	return cost, s.whole(from, to)
}

// around takes a space, the companion seats that belong to it and then the nearest ordinary places.
func (s *search) around(space, n int) ([]int, float64) {
	seats := []int{space}
	for i := range s.ix.seats {
		if s.may[i] && s.ix.seats[i].Kind == Companion && s.ix.pair[i] == space && len(seats) < n {
			seats = append(seats, i)
		}
	}
	at := s.ix.seats[space]
	rest, cost := s.gather(s.units(), at.X, at.Y, n-len(seats))
	if len(seats)+len(rest) < n {
		return nil, 0
	}
	seats = append(seats, rest...)
	slices.Sort(seats)
	return seats, cost
}

// Alternatives finds up to n choices of as many seats as wanted, nearest to the wanted ones: side by side and of the same price
// where possible, for a wheelchair user when a space was wanted. The choices share no seat with each other.
func Alternatives(l *Layout, wanted []ident.Seat, free func(ident.Seat) bool, n int) [][]ident.Seat {
	s := newSearch(l, free)
	var want []int
	accessible := false
	for _, id := range wanted {
		if i, ok := s.ix.byID[id]; ok && !slices.Contains(want, i) {
			want = append(want, i)
			accessible = accessible || s.ix.seats[i].Kind == Wheelchair
		}
	}
	if len(want) == 0 || n <= 0 {
		return nil
	}
	ws := s.near(want, accessible)
	var out [][]ident.Seat
	for len(out) < n && len(ws) > 0 {
		first := ws[0]
		out = append(out, s.ix.ids(first.seats()))
		for i := first.from; i < first.to; i++ {
			s.free[i] = false
		}
		ws = slices.DeleteFunc(ws, first.overlaps)
	}
	for len(out) < n {
		seats := s.scattered(want, accessible)
		if seats == nil {
			break
		}
		out = append(out, s.ix.ids(seats))
		for _, i := range seats {
			s.free[i] = false
		}
	}
	return out
}

// near lists groups side by side, nearest to the wanted seats first.
func (s *search) near(want []int, accessible bool) []window {
	var ws []window
	if accessible {
		ws = s.accessibleWindows(len(want))
	} else {
		ws = s.windows(len(want))
	}
	x, y := s.centre(want)
	category := s.ix.seats[want[0]].Category
	for k := range ws {
		w := &ws[k]
		wx, wy := s.middle(*w)
		w.cost = math.Hypot(wx-x, costRow*(wy-y))
		if w.orphan {
			w.cost += costOrphan
		}
		if s.ix.seats[w.from].Category != category || s.mixed(*w) {
			w.cost += costCategory
		}
	}
	slices.SortFunc(ws, func(a, b window) int { return cmp.Compare(a.cost, b.cost) })
	return ws
}

// scattered is the last resort: the nearest free places one by one.
func (s *search) scattered(want []int, accessible bool) []int {
	if accessible {
		return s.bestAccessible(len(want))
	}
	x, y := s.centre(want)
	seats, _ := s.gather(s.units(), x, y, len(want))
	return seats
}

func (s *search) centre(seats []int) (x, y float64) {
	for _, i := range seats {
		x += s.ix.seats[i].X
		y += s.ix.seats[i].Y
	}
	n := float64(len(seats))
	return x / n, y / n
}

func (s *search) middle(w window) (x, y float64) {
	a, b := s.ix.seats[w.from], s.ix.seats[w.to-1]
	return (a.X + b.X) / 2, (a.Y + b.Y) / 2
}
