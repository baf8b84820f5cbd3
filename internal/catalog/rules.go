package catalog

import (
	"slices"
	"time"

	"cinema/internal/ident"
)

// Rules that a choice of seats can break.
const (
	RuleCouple    = "couple"    // half of a love seat without the other
	RuleCompanion = "companion" // a companion seat without its wheelchair space
	RuleOrphan    = "orphan"    // a single free seat left alone
)

// Below this share of free seats, and this near to the start, nobody minds a single seat left over.
const (
	orphanShare = 0.15
	orphanQuiet = 2 * time.Hour
)

// Violation is a rule that a choice breaks and the seats it concerns: for couples and companions the chosen seat, then the one
// that is missing.
type Violation struct {
	Rule  string
	Seats []ident.Seat
}

// CheckSeats judges a whole choice by the rules that are refused online. Seats that the layout does not know are not judged.
func CheckSeats(l *Layout, chosen []ident.Seat) []Violation {
	ix := l.index()
	var out []Violation
	for _, id := range chosen {
		i, ok := ix.byID[id]
		if !ok || ix.pair[i] < 0 {
			continue
		}
		other := ix.seats[ix.pair[i]].ID
		if slices.Contains(chosen, other) {
			continue
		}
		rule := RuleCouple
		if ix.seats[i].Kind == Companion {
			rule = RuleCompanion
		}
		out = append(out, Violation{Rule: rule, Seats: []ident.Seat{id, other}})
	}
	return out
}

// OrphansMatter tells whether the orphan rule is on: not by the site's policy "off", not when less than 15 % of the seats are free,
// not from two hours before the start.
func OrphansMatter(rule OrphanRule, free, capacity int, untilStart time.Duration) bool {
	return rule != OrphanOff && untilStart > orphanQuiet && float64(free) >= orphanShare*float64(capacity)
}

// Orphans lists the free seats that a choice would leave alone: no free seat beside them, and a chosen one on at least one side.
// Aisles, walls, wheelchair spaces and companion seats count as ends. taken tells of seats that are sold, held by others or blocked;
// what it says of the chosen seats themselves does not matter.
func Orphans(l *Layout, chosen []ident.Seat, taken func(ident.Seat) bool) []ident.Seat {
	ix := l.index()
	var mine []int
	for _, id := range chosen {
		if i, ok := ix.byID[id]; ok {
			mine = append(mine, i)
		}
	}
	return ix.ids(ix.orphans(mine, func(i int) bool { return taken(ix.seats[i].ID) }))
}

// Shift moves the blocks of a choice that leave orphans along their row, as little as possible, so that nobody sits alone. It is
// nil when that is impossible or when there is nothing to mend. The answer keeps the number of seats and obeys CheckSeats.
func Shift(l *Layout, chosen []ident.Seat, taken func(ident.Seat) bool) []ident.Seat {
	ix := l.index()
	mine := make([]int, 0, len(chosen))
	for _, id := range chosen {
		i, ok := ix.byID[id]
		if !ok || !ix.seats[i].ordinary() {
			return nil
		}
		mine = append(mine, i)
	}
	slices.Sort(mine)
	isTaken := func(i int) bool { return taken(ix.seats[i].ID) }
	if len(ix.orphans(mine, isTaken)) == 0 {
		return nil
	}
	for _, block := range ix.blocks(mine) {
		moved, ok := ix.shiftBlock(mine, block, isTaken)
		if !ok {
			continue
		}
		if mine = moved; len(ix.orphans(mine, isTaken)) == 0 {
			return ix.ids(mine)
		}
	}
	return nil
}

// shiftBlock tries ever larger shifts of one block within its segment until it leaves no orphan in that segment.
func (ix *layoutIndex) shiftBlock(mine []int, block [2]int, taken func(int) bool) ([]int, bool) {
	seg := ix.segments[ix.segment[block[0]]]
	inSegment := func(i int) bool { return i >= seg[0] && i < seg[1] }
	if !slices.ContainsFunc(ix.orphans(mine, taken), inSegment) {
		return nil, false
	}
	others := slices.DeleteFunc(slices.Clone(mine), func(i int) bool { return i >= block[0] && i < block[1] })
	for n := 1; n < seg[1]-seg[0]; n++ {
		for _, by := range [2]int{-n, n} {
			from, to := block[0]+by, block[1]+by
			if from < seg[0] || to > seg[1] || !ix.fits(from, to, others, taken) {
				continue
			}
			moved := slices.Clone(others)
			for i := from; i < to; i++ {
				moved = append(moved, i)
			}
			slices.Sort(moved)
			if !slices.ContainsFunc(ix.orphans(moved, taken), inSegment) {
				return moved, true
			}
		}
	}
	return nil, false
}

// fits tells whether the ordinary seats [from, to) are free, not among others, and cut no love seat.
func (ix *layoutIndex) fits(from, to int, others []int, taken func(int) bool) bool {
	for i := from; i < to; i++ {
		if !ix.seats[i].ordinary() || taken(i) || slices.Contains(others, i) {
			return false
		}
		if p := ix.pair[i]; p >= 0 && (p < from || p >= to) {
			return false
		}
	}
	return true
}

// blocks are the runs of neighbours among sorted seats, as [from, to).
func (ix *layoutIndex) blocks(sorted []int) [][2]int {
	var out [][2]int
	for _, i := range sorted {
		if k := len(out) - 1; k >= 0 && out[k][1] == i && ix.segment[i] == ix.segment[i-1] {
			out[k][1] = i + 1
			continue
		}
		out = append(out, [2]int{i, i + 1})
	}
	return out
}

// orphans looks only at the neighbours of the chosen seats: nobody else can have become lonely by this choice.
func (ix *layoutIndex) orphans(mine []int, taken func(int) bool) []int {
	var out []int
	for _, i := range mine {
		for _, n := range [2]int{i - 1, i + 1} {
			if ix.lonely(n, i, mine, taken) && !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	slices.Sort(out)
	return out
}

// lonely tells whether seat n beside chosen seat i is free and has no free seat on either side.
func (ix *layoutIndex) lonely(n, i int, mine []int, taken func(int) bool) bool {
	free := func(k int) bool {
		return k >= 0 && k < len(ix.seats) && ix.segment[k] == ix.segment[i] && ix.seats[k].ordinary() &&
			!slices.Contains(mine, k) && !taken(k)
	}
	return free(n) && !free(n-1) && !free(n+1)
}

func (ix *layoutIndex) ids(seats []int) []ident.Seat {
	if len(seats) == 0 {
		return nil
	}
	ids := make([]ident.Seat, len(seats))
	for k, i := range seats {
		ids[k] = ix.seats[i].ID
	}
	return ids
}

// ordinary seats are those anybody may take without a wheelchair user in the party.
func (s Seat) ordinary() bool { return s.Kind != Wheelchair && s.Kind != Companion }
