package storesqlite

import (
	"database/sql"
	"strings"
	"testing"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

// FuzzPlan reads anything as a stored seat plan: what a layout is made of comes back the same, its seats are seats of the grammar, and
// every question that the product asks of a layout has an answer.
func FuzzPlan(f *testing.F) {
	f.Add(`{"width":10,"height":5,"screen_width":6,"rows":[{"label":"A","seats":[{"id":"A1","row":"A","number":1,"x":1,"y":1,"kind":"standard","category":"standard"},{"id":"A2","row":"A","number":2,"x":2,"y":1,"kind":"couple","category":"c","pair":"A3"},{"id":"A3","row":"A","number":3,"x":3,"y":1,"kind":"couple","category":"c","pair":"A2"}],"gaps":[1]}],"features":[{"kind":"door","x":1,"y":1,"w":1,"h":1}]}`)
	f.Add(`{"rows":[{"seats":[{"id":"A1|x","kind":"standard","category":"s"}]}]}`)
	f.Add(`{"rows":[{"seats":[{"id":"A1","kind":"standard","category":"s","x":1e308,"y":-1e308}],"gaps":[-1]}]}`)
	f.Add(`[]`)
	f.Add(`{"rows":[null]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var d planDoc
		if decode(text, &d) != nil {
			return
		}
		l := &catalog.Layout{ID: "ly_1"}
		d.into(l)
		if _, err := catalog.NewLayout(l); err != nil {
			return
		}
		free := func(ident.Seat) bool { return true }
		for _, s := range l.Seats() {
			if !s.Valid() {
				t.Fatalf("%q has the seat %q", text, s)
			}
			_ = catalog.CheckSeats(l, []ident.Seat{s})
		}
		_ = catalog.Orphans(l, l.Seats()[:1], free)
		_ = catalog.Best(l, catalog.BestQuery{Count: 2, Free: free})
		var back planDoc
		if err := decode(encode(toPlan(l)), &back); err != nil {
			t.Fatal(err)
		}
		again := &catalog.Layout{ID: "ly_1"}
		back.into(again)
		if !l.Equal(again) {
			t.Fatalf("%q is kept as %q", text, encode(toPlan(l)))
		}
	})
}

// FuzzSearch: what somebody looks for is only ever the value of a parameter.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{"", "ada", "K7M2-9QXD", "' OR 1=1 --", "a b c d e", "\x00", "%_*", "ſK", strings.Repeat("x ", 300)} {
		f.Add(s)
	}
	known := map[string]bool{"text": true, "word2": true, "word3": true}
	f.Fuzz(func(t *testing.T, text string) {
		labels, args := wordRanges(text)
		if len(labels) > maxWords || len(args) != 2*len(labels) {
			t.Fatalf("%q: %q", text, labels)
		}
		for _, l := range labels {
			if !known[l] {
				t.Fatalf("%q makes the label %q", text, l)
			}
		}
		for _, a := range args {
			if n, ok := a.(sql.NamedArg); !ok || !strings.HasPrefix(n.Name, "word") {
				t.Fatalf("%q makes the parameter %+v", text, a)
			}
		}
		if r := foldReference(text); foldReference(r) != r {
			t.Fatalf("%q folds to %q and then to %q", text, r, foldReference(r))
		}
	})
}
