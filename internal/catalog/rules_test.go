package catalog_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

func TestCheckSeats(t *testing.T) {
	t.Parallel()
	l := hall(t, "ssss", "L Cwcs L")
	for name, c := range map[string]struct {
		chosen []ident.Seat
		want   []catalog.Violation
	}{
		"ordinary":                {seats("A1", "A3"), nil},
		"both halves":             {seats("B1", "B2"), nil},
		"one half":                {seats("A1", "B2"), []catalog.Violation{{Rule: "couple", Seats: seats("B2", "B1")}}},
		"space alone":             {seats("B4"), nil},
		"companion with space":    {seats("B5", "B4"), nil},
		"companion without space": {seats("B3", "A1"), []catalog.Violation{{Rule: "companion", Seats: seats("B3", "B4")}}},
		"two rules": {seats("B5", "B7"), []catalog.Violation{
			{Rule: "companion", Seats: seats("B5", "B4")}, {Rule: "couple", Seats: seats("B7", "B8")},
		}},
		"unknown seats are not judged": {seats("Q7"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, catalog.CheckSeats(l, c.chosen))
		})
	}
}

func TestOrphans(t *testing.T) {
	t.Parallel()
	l := hall(t, "ssssss", "sss ssswcss", "LLs")
	for name, c := range map[string]struct {
		chosen, taken, want, shift []ident.Seat
	}{
		"row start":              {seats("A2", "A3"), nil, seats("A1"), seats("A1", "A2")},
		"nothing left over":      {seats("A1", "A2"), nil, nil, nil},
		"between two":            {seats("A4", "A5"), seats("A1", "A2"), seats("A3", "A6"), seats("A3", "A4")},
		"nowhere to go":          {seats("A4", "A5"), seats("A1", "A2", "A6"), seats("A3"), nil},
		"hole in the choice":     {seats("A1", "A3"), nil, seats("A2"), nil},
		"two at once":            {seats("A2", "A3", "A4", "A5"), nil, seats("A1", "A6"), seats("A1", "A2", "A3", "A4")},
		"aisle is an end":        {seats("B1", "B2"), nil, seats("B3"), nil},
		"space is an end":        {seats("B4", "B5"), nil, seats("B6"), nil},
		"companion is an end":    {seats("B10"), nil, seats("B9"), nil},
		"a lonely seat before":   {seats("A3"), seats("A2"), nil, nil},
		"beside a love seat":     {seats("C3"), nil, nil, nil},
		"love seat beside a one": {seats("C3"), seats("C1", "C2"), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.want, catalog.Orphans(l, c.chosen, in(c.taken...)))
			if c.shift == nil && name != "nowhere to go" {
				return
			}
			assert.Equal(t, c.shift, catalog.Shift(l, c.chosen, in(c.taken...)))
		})
	}
}

func TestOrphansMatter(t *testing.T) {
	t.Parallel()
	assert.True(t, catalog.OrphansMatter(catalog.OrphanLenient, 15, 100, 3*time.Hour))
	assert.True(t, catalog.OrphansMatter("", 15, 100, 3*time.Hour))
	assert.False(t, catalog.OrphansMatter(catalog.OrphanStrict, 14, 100, 3*time.Hour), "nearly full")
	assert.False(t, catalog.OrphansMatter(catalog.OrphanStrict, 90, 100, 2*time.Hour), "about to start")
	assert.False(t, catalog.OrphansMatter(catalog.OrphanOff, 90, 100, 3*time.Hour))
}

// A shift keeps the size, takes only free ordinary seats, cuts no love seat and leaves nobody alone.
func TestShift_property(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var all []ident.Seat
		l := anyHall(t)
		taken := anyTaken(t, l)
		for _, id := range l.Seats() {
			if !taken[id] {
				all = append(all, id)
			}
		}
		if len(all) == 0 {
			t.Skip("full")
		}
		n := rapid.IntRange(1, min(8, len(all))).Draw(t, "n")
		chosen := rapid.Permutation(all).Draw(t, "chosen")[:n]
		isTaken := func(s ident.Seat) bool { return taken[s] }
		for _, o := range catalog.Orphans(l, chosen, isTaken) {
			if taken[o] {
				t.Fatalf("orphan %s is taken", o)
			}
		}
		shifted := catalog.Shift(l, chosen, isTaken)
		if shifted == nil {
			return
		}
		if len(shifted) != n {
			t.Fatalf("shift of %v is %v", chosen, shifted)
		}
		checkChoice(t, l, shifted, freeOf(taken))
		if len(catalog.CheckSeats(l, chosen)) == 0 && len(catalog.CheckSeats(l, shifted)) > 0 {
			t.Fatalf("shift %v breaks a rule", shifted)
		}
		if o := catalog.Orphans(l, shifted, isTaken); len(o) > 0 {
			t.Fatalf("shift %v leaves %v", shifted, o)
		}
	})
}

// checkChoice proves what every proposed choice owes: known, free, no seat twice.
func checkChoice(t *rapid.T, l *catalog.Layout, chosen []ident.Seat, free func(ident.Seat) bool) {
	t.Helper()
	seen := make(map[ident.Seat]bool)
	for _, id := range chosen {
		s, ok := l.Seat(id)
		if !ok || s.Blocked || !free(id) || seen[id] {
			t.Fatalf("%s of %v: known %v, free %v, twice %v", id, chosen, ok, free(id), seen[id])
		}
		seen[id] = true
	}
}
