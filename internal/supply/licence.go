package supply

import (
	"slices"
	"strings"
)

// allowed are the licences that ask for no more than their text: everything else needs a decision.
var allowed = []string{"MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "0BSD", "Zlib", "Unlicense", "BlueOak-1.0.0", "CC0-1.0", "OFL-1.1", "blessing"}

// permissive tells whether a product under Apache-2.0 may be given away with a part. Of a choice one must be allowed, of several together all.
func permissive(expression string) bool {
	s := strings.Trim(strings.TrimSpace(expression), "()")
	if strings.Contains(s, " AND ") {
		return !slices.ContainsFunc(strings.Split(s, " AND "), func(one string) bool { return !permissive(one) })
	}
	return slices.ContainsFunc(strings.Split(s, " OR "), func(one string) bool {
		return slices.Contains(allowed, strings.Trim(strings.TrimSpace(one), "()"))
	})
}

// known are the sentences by which a licence is told. Order matters: the three clauses of a BSD licence contain the two, the Affero
// licence names the general one, and an ISC licence resembles one without conditions.
var known = []struct {
	id    string
	words []string // all of them, in the normal form
}{
	{"AGPL-3.0", []string{"gnu affero general public license"}},
	{"LGPL", []string{"gnu lesser general public license"}},
	{"LGPL", []string{"gnu library general public license"}},
	{"GPL", []string{"gnu general public license"}},
	{"MPL-2.0", []string{"mozilla public license"}},
	{"EPL", []string{"eclipse public license"}},
	{"CDDL", []string{"common development and distribution license"}},
	{"BUSL-1.1", []string{"business source license"}},
	{"SSPL-1.0", []string{"server side public license"}},
	{"Elastic-2.0", []string{"elastic license"}},
	{"Apache-2.0", []string{"apache license", "version 2.0"}},
	{"OFL-1.1", []string{"sil open font license", "version 1.1"}},
	{"BlueOak-1.0.0", []string{"blue oak model license"}},
	{"MIT", []string{"permission is hereby granted free of charge to any person obtaining a copy", "the above copyright notice and this permission notice shall be included"}},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "redistributions in binary form", "neither the name"}},
	{"BSD-3-Clause", []string{"redistribution and use in source and binary forms", "redistributions in binary form", "may not be used to endorse or promote"}},
	{"BSD-2-Clause", []string{"redistribution and use in source and binary forms", "redistributions in binary form"}},
	{"ISC", []string{"permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted provided that"}},
	{"ISC", []string{"permission to use copy modify and distribute this software for any purpose with or without fee is hereby granted provided that"}},
	{"0BSD", []string{"permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted"}},
	{"Unlicense", []string{"this is free and unencumbered software released into the public domain"}},
	{"Zlib", []string{"this software is provided as is without any express or implied warranty", "altered source versions must be plainly marked"}},
	{"CC0-1.0", []string{"cc0 1.0 universal"}},
	{"blessing", []string{"sqlite is public domain"}},
}

// Classify tells the licence of a text; empty when it is none that is known.
func Classify(text string) string {
	normal := normalised(text)
	for _, l := range known {
		if !slices.ContainsFunc(l.words, func(w string) bool { return !strings.Contains(normal, w) }) {
			return l.id
		}
	}
	return ""
}

// normalised leaves words of small letters, digits and points, one blank between them.
func normalised(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '.'
	}), " ")
}

// besides are files that go into the notices and are no licence of the code that is linked: what a NOTICE says, a picture on a module's
// page, and lists of others' licences, whose modules are judged one by one.
var besides = []string{"NOTICE", "LICENSE-LOGO", "LICENSE-3RD-PARTY"}

// licenceOf joins the licences of a part's files. A licence file that is not understood makes the whole unknown.
func licenceOf(texts []Text) string {
	var ids []string
	for _, t := range texts {
		if slices.ContainsFunc(besides, func(b string) bool { return strings.HasPrefix(strings.ToUpper(t.Name), b) }) {
			continue
		}
		id := Classify(t.Body)
		if id == "" {
			return ""
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " AND ")
}
