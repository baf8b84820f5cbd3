package supply_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/supply"
)

const mit = `MIT License

Copyright (c) 2026 Somebody

Permission is hereby granted, free of charge, to any person obtaining a copy of this software […]
The above copyright notice and this permission notice shall be included in all copies […]`

func TestClassify(t *testing.T) {
	t.Parallel()
	bsd := "Redistribution and use in source and binary forms, with or without modification, are permitted. Redistributions in binary form must reproduce …"
	for _, c := range []struct{ text, want string }{
		{mit, "MIT"},
		{strings.ReplaceAll(mit, " ", "\n\t  * "), "MIT"},
		{"                                 Apache License\n                           Version 2.0, January 2004", "Apache-2.0"},
		{bsd, "BSD-2-Clause"},
		{bsd + " Neither the name of Google…", "BSD-3-Clause"},
		{bsd + " … may not be used to endorse or promote products", "BSD-3-Clause"},
		{"ISC License\nPermission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above", "ISC"},
		{"Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted.", "0BSD"},
		{"This is free and unencumbered software released into the public domain.", "Unlicense"},
		{"SIL OPEN FONT LICENSE Version 1.1 - 26 February 2007", "OFL-1.1"},
		{"GNU GENERAL PUBLIC LICENSE Version 3", "GPL"},
		{"GNU AFFERO GENERAL PUBLIC LICENSE Version 3", "AGPL-3.0"},
		{"GNU LESSER GENERAL PUBLIC LICENSE", "LGPL"},
		{"Mozilla Public License Version 2.0", "MPL-2.0"},
		{"Business Source License 1.1", "BUSL-1.1"},
		{"Server Side Public License", "SSPL-1.0"},
		{mit + "\nThe files of x/ are under the GNU General Public License.", "GPL"},
		{"All rights reserved.", ""},
		{"", ""},
	} {
		require.Equal(t, c.want, supply.Classify(c.text), c.text)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	texts := []supply.Text{{Name: "LICENSE", Body: mit}}
	part := func(licence string) supply.Part {
		return supply.Part{Kind: supply.Golang, Name: "example.com/part", Version: "v1.0.0", Shipped: true, Licence: licence, Texts: texts}
	}
	for _, good := range []string{"MIT", "BSD-3-Clause AND MIT", "(MIT OR CC0-1.0)", "GPL-2.0 OR MIT", "Apache-2.0", "OFL-1.1"} {
		require.NoError(t, supply.Check([]supply.Part{part(good)}), good)
	}
	for _, bad := range []string{"GPL-3.0", "LGPL", "AGPL-3.0 AND MIT", "MPL-2.0", "BUSL-1.1", "", "UNLICENSED", "SEE LICENSE IN x", "MIT-ish"} {
		err := supply.Check([]supply.Part{part("MIT"), part(bad)})
		require.ErrorIs(t, err, supply.ErrLicence, bad)
		require.ErrorContains(t, err, "example.com/part")
	}
	silent := part("MIT")
	silent.Texts = nil
	require.ErrorIs(t, supply.Check([]supply.Part{silent}), supply.ErrLicence)
	tool := part("MPL-2.0")
	tool.Shipped = false
	require.NoError(t, supply.Check([]supply.Part{tool}), "a tool of the build is not given away")
}

// pages makes the folder of some pages: two packages of which one is in them, and a tool that is there twice.
func pages(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	sum := "sha512-" + strings.Repeat("A", 86) + "=="
	write("package-lock.json", `{"lockfileVersion":3,"packages":{"":{"name":"x"},
		"node_modules/@scope/shown":{"version":"1.2.3","integrity":"`+sum+`","license":"MIT"},
		"node_modules/tool":{"version":"2.0.0","integrity":"`+sum+`","license":"MPL-2.0","dev":true},
		"node_modules/tool/node_modules/@scope/shown":{"version":"1.0.0","integrity":"`+sum+`","license":"MIT"},
		"node_modules/other/node_modules/tool":{"version":"2.0.0","integrity":"`+sum+`","license":"MPL-2.0"}}}`)
	write("dist/.vite/packages.json", `["@scope/shown"]`)
	write("node_modules/@scope/shown/LICENSE.md", mit)
	write("node_modules/@scope/shown/license.js", "no text")
	return dir
}

// built is a small program with one module in it, made once.
var built = sync.OnceValues(func() (supply.Sources, error) {
	dir, err := os.MkdirTemp("", "supply")
	if err != nil {
		return supply.Sources{}, err
	}
	sums, err := os.ReadFile(filepath.Join("..", "..", "go.sum"))
	if err != nil {
		return supply.Sources{}, err
	}
	for name, text := range map[string]string{
		"go.mod":  "module cinema\n\ngo 1.26.0\n\nrequire github.com/google/uuid v1.6.0\n",
		"go.sum":  string(sums),
		"main.go": "package main\n\nimport \"github.com/google/uuid\"\n\nfunc main() { println(uuid.NewString()) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return supply.Sources{}, err
		}
	}
	s := supply.Sources{Binary: filepath.Join(dir, "program")}
	build := exec.Command("go", "build", "-o", s.Binary, ".")
	build.Dir, build.Env = dir, append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		return s, fmt.Errorf("%w\n%s", err, out)
	}
	env, err := exec.Command("go", "env", "GOMODCACHE", "GOROOT").Output()
	if err != nil {
		return s, err
	}
	s.ModCache, s.GoRoot, _ = strings.Cut(strings.TrimSpace(string(env)), "\n")
	return s, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(s.Binary))
	}
	os.Exit(code)
}

// sources are the small program and pages of the test's own.
func sources(t *testing.T) supply.Sources {
	t.Helper()
	s, err := built()
	require.NoError(t, err)
	s.Web = pages(t)
	return s
}

func TestRead(t *testing.T) {
	t.Parallel()
	s := sources(t)
	_, parts, err := supply.Read(s)
	require.NoError(t, err)
	require.NoError(t, supply.Check(parts))
	found := map[string]supply.Part{}
	for _, p := range parts {
		found[p.Name+"@"+p.Version] = p
	}
	std := found["std@"+runtime.Version()]
	require.Equal(t, "BSD-3-Clause", std.Licence)
	require.True(t, std.Shipped)
	module := found["github.com/google/uuid@v1.6.0"]
	require.Equal(t, "BSD-3-Clause", module.Licence)
	require.True(t, module.Shipped)
	require.True(t, strings.HasPrefix(module.Sum, "h1:"), module.Sum)
	require.NotEmpty(t, module.Texts)
	shown := found["@scope/shown@1.2.3"]
	require.True(t, shown.Shipped)
	require.Len(t, shown.Texts, 1)
	require.False(t, found["@scope/shown@1.0.0"].Shipped)
	require.False(t, found["tool@2.0.0"].Shipped)

	require.NoError(t, os.WriteFile(filepath.Join(s.Web, "dist/.vite/packages.json"), []byte(`["@scope/shown","stranger"]`), 0o600))
	_, _, err = supply.Read(s)
	require.ErrorContains(t, err, "stranger")
	require.NoError(t, os.Remove(filepath.Join(s.Web, "dist/.vite/packages.json")))
	_, _, err = supply.Read(s)
	require.ErrorContains(t, err, "not built")
}

// TestRead_what_a_package_says_and_what_its_text_says: a text of another licence counts too.
func TestRead_what_a_package_says_and_what_its_text_says(t *testing.T) {
	t.Parallel()
	s := sources(t)
	require.NoError(t, os.WriteFile(filepath.Join(s.Web, "node_modules/@scope/shown/COPYING"), []byte("GNU GENERAL PUBLIC LICENSE"), 0o600))
	_, parts, err := supply.Read(s)
	require.NoError(t, err)
	require.ErrorIs(t, supply.Check(parts), supply.ErrLicence)
}

// TestBill holds the bill against what CycloneDX 1.6 asks, and against the parts.
func TestBill(t *testing.T) {
	t.Parallel()
	s := sources(t)
	_, parts, err := supply.Read(s)
	require.NoError(t, err)
	r := supply.Release{Version: "v1.2.3+x", Target: "linux/amd64", Binary: s.Binary}
	var one, two, other bytes.Buffer
	require.NoError(t, supply.Bill(&one, r, parts))
	require.NoError(t, supply.Bill(&two, r, parts))
	require.Equal(t, one.String(), two.String())
	r.Version = "v1.2.4"
	require.NoError(t, supply.Bill(&other, r, parts))
	require.NotEqual(t, one.String(), other.String())

	type item struct {
		Type, Name, Group, Version, Scope, Purl string
		Ref                                     string `json:"bom-ref"`
		Hashes                                  []struct{ Alg, Content string }
		Licenses                                []struct {
			License    *struct{ ID string }
			Expression string
		}
	}
	var b struct {
		BomFormat, SpecVersion, SerialNumber string
		Version                              int
		Metadata                             struct{ Component item }
		Components                           []item
		Dependencies                         []struct {
			Ref       string
			DependsOn []string
		}
	}
	d := json.NewDecoder(&one)
	require.NoError(t, d.Decode(&b))
	require.Equal(t, "CycloneDX", b.BomFormat)
	require.Equal(t, "1.6", b.SpecVersion)
	require.Equal(t, 1, b.Version)
	require.Regexp(t, `^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, b.SerialNumber)
	root := b.Metadata.Component
	require.Equal(t, "application", root.Type)
	require.Equal(t, "pkg:golang/cinema@v1.2.3%2Bx", root.Purl)
	require.Len(t, root.Hashes[0].Content, 64)
	require.Len(t, b.Components, len(parts))
	address := regexp.MustCompile(`^pkg:(golang|npm)/[A-Za-z0-9._~%/-]+@[A-Za-z0-9._~%-]+$`)
	refs := map[string]bool{root.Ref: true}
	shipped := map[string]bool{}
	for i, c := range b.Components {
		require.Equal(t, "library", c.Type)
		require.Regexp(t, address, c.Purl)
		require.NotEmpty(t, c.Name)
		require.NotEmpty(t, c.Version)
		require.False(t, refs[c.Ref], "%s stands twice", c.Ref)
		refs[c.Ref] = true
		require.Equal(t, map[bool]string{true: "required", false: "excluded"}[parts[i].Shipped], c.Scope)
		if parts[i].Shipped {
			shipped[c.Ref] = true
			require.NotEmpty(t, c.Licenses)
		}
		for _, h := range c.Hashes {
			require.Equal(t, "SHA-512", h.Alg)
			require.Regexp(t, `^[0-9a-f]{128}$`, h.Content)
		}
		for _, l := range c.Licenses {
			require.NotEqual(t, l.License == nil, l.Expression == "", "an id or an expression, not both")
		}
	}
	require.Len(t, b.Dependencies, 1)
	require.Equal(t, root.Ref, b.Dependencies[0].Ref)
	require.Len(t, b.Dependencies[0].DependsOn, len(shipped))
	for _, ref := range b.Dependencies[0].DependsOn {
		require.True(t, shipped[ref], ref)
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	_, parts, err := supply.Read(sources(t))
	require.NoError(t, err)
	var one, two bytes.Buffer
	require.NoError(t, supply.Notices(&one, "v1", parts))
	require.NoError(t, supply.Notices(&two, "v1", parts))
	require.Equal(t, one.String(), two.String())
	for _, p := range parts {
		require.Equal(t, p.Shipped, strings.Contains(one.String(), "\n  "+p.Name+" ") && strings.Contains(one.String(), p.Name+" "+p.Version+":"), p.Name)
		for _, text := range p.Texts {
			require.Contains(t, one.String(), strings.TrimSpace(text.Body))
		}
	}
	require.Contains(t, one.String(), mit)
}
