package catalog

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"cinema/internal/ident"
)

// companionReach is how far, in seats of the same row, a companion seat may stand from its wheelchair space.
const companionReach = 3

// minPitch is the least distance between two seats, in seat pitches; below it they overlap.
const minPitch = 0.6

// maxSeats bounds a layout; no hall of any cinema is near it.
const maxSeats = 5000

// layoutIndex answers questions about a layout without walking it.
type layoutIndex struct {
	seats    []Seat
	byID     map[ident.Seat]int
	row      []int    // seat → index of its row
	segment  []int    // seat → index of its segment
	segments [][2]int // [from, to) of seats that stand side by side, in row order
	pair     []int    // couple: the other half; companion: its space; -1 otherwise
	scores   []float64
}

// NewLayout checks a seat plan and returns it ready for use. The error names every fault found: identifiers outside the grammar or
// used twice, couple halves that do not name each other or do not touch, companion seats without a wheelchair space near by,
// gaps outside their row, seats that overlap, no seats at all. The plan must not be changed afterwards.
func NewLayout(l *Layout) (*Layout, error) {
	if err := l.check(); err != nil {
		return nil, fmt.Errorf("layout %s: %w", l.ID, err)
	}
	l.cached.Store(newLayoutIndex(l))
	return l, nil
}

// Seat finds a seat by its id.
func (l *Layout) Seat(id ident.Seat) (Seat, bool) {
	ix := l.index()
	i, ok := ix.byID[id]
	if !ok {
		return Seat{}, false
	}
	return ix.seats[i], true
}

// Len counts the seats, blocked ones included.
func (l *Layout) Len() int { return len(l.index().seats) }

// Neighbours are the seats directly beside a seat with no aisle between; empty ids where there is none.
func (l *Layout) Neighbours(id ident.Seat) (left, right ident.Seat) {
	ix := l.index()
	i, ok := ix.byID[id]
	if !ok {
		return "", ""
	}
	seg := ix.segments[ix.segment[i]]
	if i > seg[0] {
		left = ix.seats[i-1].ID
	}
	if i+1 < seg[1] {
		right = ix.seats[i+1].ID
	}
	return left, right
}

// Segments are the groups of seats that stand side by side between aisles and walls, front row first.
func (l *Layout) Segments() [][]Seat {
	ix := l.index()
	out := make([][]Seat, len(ix.segments))
	for k, s := range ix.segments {
		out[k] = slices.Clone(ix.seats[s[0]:s[1]])
	}
	return out
}

// Accessible lists the wheelchair spaces.
func (l *Layout) Accessible() []ident.Seat {
	var ids []ident.Seat
	for _, s := range l.index().seats {
		if s.Kind == Wheelchair {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// Equal tells whether two published plans are the same in every seat and measure.
func (l *Layout) Equal(o *Layout) bool {
	if l == nil || o == nil {
		return l == o
	}
	return l.ID == o.ID && l.Auditorium == o.Auditorium && l.Version == o.Version && l.Width == o.Width && l.Height == o.Height &&
		l.ScreenX == o.ScreenX && l.ScreenY == o.ScreenY && l.ScreenWidth == o.ScreenWidth &&
		slices.EqualFunc(l.Rows, o.Rows, func(a, b Row) bool {
			return a.Label == b.Label && slices.Equal(a.Seats, b.Seats) && slices.Equal(a.Gaps, b.Gaps)
		}) && slices.Equal(l.Features, o.Features)
}

// index is made once per layout; two callers that race make the same one.
func (l *Layout) index() *layoutIndex {
	if ix := l.cached.Load(); ix != nil {
		return ix
	}
	ix := newLayoutIndex(l)
	l.cached.Store(ix)
	return ix
}

func newLayoutIndex(l *Layout) *layoutIndex {
	ix := &layoutIndex{byID: make(map[ident.Seat]int)}
	for r, row := range l.Rows {
		for c, s := range row.Seats {
			if c == 0 || slices.Contains(row.Gaps, c) {
				ix.segments = append(ix.segments, [2]int{len(ix.seats), len(ix.seats)})
			}
			ix.byID[s.ID] = len(ix.seats)
			ix.seats = append(ix.seats, s)
			ix.row = append(ix.row, r)
			ix.segment = append(ix.segment, len(ix.segments)-1)
			ix.segments[len(ix.segments)-1][1] = len(ix.seats)
		}
	}
	ix.pair = make([]int, len(ix.seats))
	for i, s := range ix.seats {
		ix.pair[i] = -1
		if p, ok := ix.byID[s.Pair]; ok && s.Pair != "" {
			ix.pair[i] = p
		}
	}
	ix.scores = focalScores(l, ix.seats)
	return ix
}

// focalScores measures how far each seat is from the best place of the hall: on the screen's axis, two thirds back. Sideways counts
// a little less than back and forth, because a row is wide and the view from its next seat is nearly the same.
func focalScores(l *Layout, seats []Seat) []float64 {
	if len(seats) == 0 {
		return nil
	}
	first, last := math.Inf(1), math.Inf(-1)
	for _, s := range seats {
		first, last = min(first, s.Y), max(last, s.Y)
	}
	axis := l.ScreenX + l.ScreenWidth/2
	if l.ScreenWidth <= 0 {
		axis = l.Width / 2
	}
	focus := first + (last-first)*2/3
	scores := make([]float64, len(seats))
	for i, s := range seats {
		// A binary fraction sums without rounding, so that mirrored groups cost exactly the same and ties fall the same way everywhere.
		scores[i] = math.Round(math.Hypot((s.X-axis)*0.8, s.Y-focus)*1024) / 1024
	}
	return scores
}

func (l *Layout) check() error {
	var faults []error
	seen := make(map[ident.Seat]bool)
	for _, row := range l.Rows {
		for _, g := range row.Gaps {
			if g <= 0 || g >= len(row.Seats) {
				faults = append(faults, fmt.Errorf("row %s: gap %d is outside the row", row.Label, g))
			}
		}
		for _, s := range row.Seats {
			if !s.ID.Valid() {
				faults = append(faults, fmt.Errorf("seat %q: not a seat identifier", s.ID))
			}
			if seen[s.ID] {
				faults = append(faults, fmt.Errorf("seat %s: used twice", s.ID))
			}
			seen[s.ID] = true
		}
	}
	switch {
	case len(seen) == 0:
		faults = append(faults, errors.New("no seats"))
	case len(seen) > maxSeats:
		faults = append(faults, fmt.Errorf("more than %d seats", maxSeats))
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	ix := newLayoutIndex(l)
	for i := range ix.seats {
		if err := ix.checkSeat(i); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(append(faults, ix.checkOverlap())...)
}

func (ix *layoutIndex) checkSeat(i int) error {
	s, p := ix.seats[i], ix.pair[i]
	switch s.Kind {
	case Couple:
		if p < 0 || ix.seats[p].Kind != Couple || ix.pair[p] != i || ix.segment[p] != ix.segment[i] || abs(p-i) != 1 {
			return fmt.Errorf("seat %s: a couple seat needs its other half beside it", s.ID)
		}
	case Companion:
		if p < 0 || ix.seats[p].Kind != Wheelchair || ix.segment[p] != ix.segment[i] || abs(p-i) > companionReach {
			return fmt.Errorf("seat %s: a companion seat needs its wheelchair space near by in the same row", s.ID)
		}
	case Standard, Premium, Wheelchair:
		if s.Pair != "" {
			return fmt.Errorf("seat %s: a %s seat has no pair", s.ID, s.Kind)
		}
	default:
		return fmt.Errorf("seat %s: unknown kind %q", s.ID, s.Kind)
	}
	if s.Category == "" {
		return fmt.Errorf("seat %s: no price category", s.ID)
	}
	return nil
}

// checkOverlap looks at the nine cells around each seat of a grid as fine as the least distance.
func (ix *layoutIndex) checkOverlap() error {
	type cell struct{ x, y int }
	at := func(s Seat) cell { return cell{int(math.Floor(s.X / minPitch)), int(math.Floor(s.Y / minPitch))} }
	grid := make(map[cell][]int)
	for i, s := range ix.seats {
		c := at(s)
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				for _, j := range grid[cell{c.x + dx, c.y + dy}] {
					if o := ix.seats[j]; math.Hypot(o.X-s.X, o.Y-s.Y) < minPitch {
						return fmt.Errorf("seats %s and %s overlap", o.ID, s.ID)
					}
				}
			}
		}
		grid[c] = append(grid[c], i)
	}
	return nil
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
