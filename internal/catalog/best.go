package catalog

import (
	"cmp"
	"math"
	"slices"

	"cinema/internal/ident"
)

// What a choice of seats costs beyond its distance from the best place, in seat pitches.
const (
	costMixed    = 0.6 // two price categories in one party
	costOrdinary = 0.5 // an ordinary seat for a wheelchair user's party, while companion seats are meant for it
	costApart    = 1.5 // a pitch of distance between the two halves of a party
	costAlone    = 6.0 // somebody of a party sits by himself
	costOrphan   = 4.0 // an alternative that leaves a single seat
	costCategory = 1.5 // an alternative that costs another price
	costRow      = 1.3 // an alternative: a pitch to the front or back against one sideways
)

// How many first choices the search for a divided party looks at; the hall's best places are among them.
const (
	triedHalves = 48
	triedSeeds  = 16
)

// BestQuery asks for seats together.
type BestQuery struct {
	Count      int
	Category   string // empty: any
	Accessible bool   // one wheelchair space, the others beside it: companion seats first
	Free       func(ident.Seat) bool
}

// Best finds the best free seats side by side: nearest to the screen's axis two thirds back, love seats whole, leaving no single seat
// where that is possible, and wheelchair and companion seats only for those who ask. When no such seats are left side by side
// it divides the party over two groups in the same or the next row, then over the nearest single seats. The answer is in row
// order; nil when there are not enough seats.
func Best(l *Layout, q BestQuery) []ident.Seat {
	if q.Count <= 0 || q.Count > l.Len() || q.Free == nil {
		return nil
	}
	s := newSearch(l, q.Free)
	s.restrict(q.Category)
	if q.Accessible {
		return s.ix.ids(s.bestAccessible(q.Count))
	}
	if w, ok := s.bestWindow(q.Count); ok {
		return s.ix.ids(w.seats())
	}
	if pair := s.bestHalves(q.Count); pair != nil {
		return s.ix.ids(pair)
	}
	return s.ix.ids(s.bestCluster(q.Count))
}

// search is one look at a hall: what is free, and what of it the party may take.
type search struct {
	ix   *layoutIndex
	free []bool // not sold, held or blocked
	may  []bool // free, of the wanted category
}

// window is seats [from, to) side by side.
type window struct {
	from, to int
	orphan   bool
	cost     float64
}

func (w window) seats() []int {
	out := make([]int, 0, w.to-w.from)
	for i := w.from; i < w.to; i++ {
		out = append(out, i)
	}
	return out
}

func (w window) overlaps(o window) bool { return w.from < o.to && o.from < w.to }

func newSearch(l *Layout, free func(ident.Seat) bool) *search {
	ix := l.index()
	s := &search{ix: ix, free: make([]bool, len(ix.seats))}
	for i := range ix.seats {
		s.free[i] = !ix.seats[i].Blocked && free(ix.seats[i].ID)
	}
	s.may = s.free
	return s
}

func (s *search) restrict(category string) {
	if category == "" {
		return
	}
	s.may = make([]bool, len(s.free))
	for i := range s.free {
		s.may[i] = s.free[i] && s.ix.seats[i].Category == category
	}
}

// windows lists every group of n ordinary seats side by side that cuts no love seat. The cost is the mean distance from the
// best place.
func (s *search) windows(n int) []window {
	out := make([]window, 0, len(s.may))
	for _, seg := range s.ix.segments {
		run, sum := 0, 0.0
		for i := seg[0]; i < seg[1]; i++ {
			if !s.may[i] || !s.ix.seats[i].ordinary() {
				run, sum = 0, 0
				continue
			}
			run++
			sum += s.ix.scores[i]
			if run > n {
				sum -= s.ix.scores[i-n]
			}
			if run >= n && s.whole(i-n+1, i+1) {
				w := window{from: i - n + 1, to: i + 1, cost: sum / float64(n)}
				w.orphan = s.lonely(w.from-1, w) || s.lonely(w.to, w)
				if s.mixed(w) {
					w.cost += costMixed
				}
				out = append(out, w)
			}
		}
	}
	return out
}

// whole tells that no love seat is cut at the ends of [from, to).
func (s *search) whole(from, to int) bool {
	return s.pairInside(from, from, to) && s.pairInside(to-1, from, to)
}

func (s *search) pairInside(i, from, to int) bool {
	if s.ix.seats[i].Kind != Couple {
		return true
	}
	p := s.ix.pair[i]
	return p >= from && p < to
}

func (s *search) mixed(w window) bool {
	for i := w.from + 1; i < w.to; i++ {
		if s.ix.seats[i].Category != s.ix.seats[w.from].Category {
			return true
		}
	}
	return false
}

// lonely tells whether seat n, just outside a window, would be free with no free seat beside it.
func (s *search) lonely(n int, w window) bool {
	open := func(k int) bool {
		return k >= 0 && k < len(s.free) && (k < w.from || k >= w.to) && s.free[k] && s.ix.seats[k].ordinary() &&
			s.ix.segment[k] == s.ix.segment[w.from]
	}
	return open(n) && !open(n-1) && !open(n+1)
}

func (s *search) bestWindow(n int) (window, bool) {
	ws := s.windows(n)
	if len(ws) == 0 {
		return window{}, false
	}
	return slices.MinFunc(ws, func(a, b window) int {
		if a.orphan != b.orphan {
			if a.orphan {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.cost, b.cost)
	}), true
}

// bestHalves divides a party into two groups in the same row or in neighbouring ones, as near to each other as can be. Nobody
// sits by himself unless the party is of two or three.
func (s *search) bestHalves(n int) []int {
	var best []int
	least := math.Inf(1)
	for big := n - 1; big >= (n+1)/2; big-- {
		bigs, smalls := s.windows(big), s.windows(n-big)
		slices.SortFunc(bigs, func(a, b window) int { return cmp.Compare(a.cost, b.cost) })
		alone := 0.0
		if n-big == 1 && n > 3 {
			alone = costAlone
		}
		for _, a := range bigs[:min(len(bigs), triedHalves)] {
			for _, b := range smalls {
				if abs(s.ix.row[a.from]-s.ix.row[b.from]) > 1 || a.overlaps(b) {
					continue
				}
				cost := a.cost + b.cost + alone + costApart*s.distance(a, b)
				if cost < least {
					least, best = cost, append(a.seats(), b.seats()...)
				}
			}
		}
	}
	slices.Sort(best)
	return best
}

// distance is the gap between the nearest ends of two groups; a row counts as one pitch and a half.
func (s *search) distance(a, b window) float64 {
	x := func(i int) float64 { return s.ix.seats[i].X }
	dx := max(x(a.from)-x(b.to-1), x(b.from)-x(a.to-1), 0)
	return math.Hypot(dx, 1.5*(s.ix.seats[a.from].Y-s.ix.seats[b.from].Y))
}

// bestCluster gathers the nearest free places around one of the hall's best.
func (s *search) bestCluster(n int) []int {
	units := s.units()
	slices.SortFunc(units, func(a, b [2]int) int { return cmp.Compare(s.ix.scores[a[0]], s.ix.scores[b[0]]) })
	var best []int
	least := math.Inf(1)
	for _, seed := range units[:min(len(units), triedSeeds)] {
		at := s.ix.seats[seed[0]]
		if seats, cost := s.gather(units, at.X, at.Y, n); seats != nil && cost+s.ix.scores[seed[0]] < least {
			least, best = cost+s.ix.scores[seed[0]], seats
		}
	}
	return best
}

// units are the free places that are sold as one: [i, i+1) for a seat, [i, i+2) for a love seat.
func (s *search) units() [][2]int {
	var out [][2]int
	for i, seat := range s.ix.seats {
		if !s.may[i] || !seat.ordinary() {
			continue
		}
		switch p := s.ix.pair[i]; {
		case seat.Kind != Couple:
			out = append(out, [2]int{i, i + 1})
		case p == i+1 && s.may[p]:
			out = append(out, [2]int{i, i + 2})
		}
	}
	return out
}

// gather takes the units nearest to a point until n seats are together; nil when that does not come out. The cost is the sum of
// the distances.
func (s *search) gather(units [][2]int, x, y float64, n int) ([]int, float64) {
	used := make([]bool, len(units))
	var out []int
	total := 0.0
	for len(out) < n {
		near, least := -1, math.Inf(1)
		for k, u := range units {
			if used[k] || u[1]-u[0] > n-len(out) {
				continue
			}
			seat := s.ix.seats[u[0]]
			if d := math.Hypot(seat.X-x, 1.5*(seat.Y-y)); d < least {
				near, least = k, d
			}
		}
		if near < 0 {
			return nil, 0
		}
		used[near] = true
		total += least
		for i := units[near][0]; i < units[near][1]; i++ {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out, total
}
