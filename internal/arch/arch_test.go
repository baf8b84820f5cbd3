// Package arch holds the import table of the code base and the test that enforces it. A package that
// the table does not place, or an edge that it does not allow, fails: the default is no.
//
// The files are walked and parsed, not asked of `go list`, so that the test's result is never cached
// across a change of another package: the files it reads are inputs that the test cache knows.
package arch_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the path of the main module; imports below it are edges of the table.
const module = "cinema/"

// edge is one import of one file.
type edge struct {
	file string // relative to the module's root
	from string // the importing package, relative to the module's root
	to   string // the import path as written, for own packages without the module
	own  bool   // whether to is a package of this module
	test bool   // whether the file is a _test.go file
}

// TestImports_follow_the_table walks the module and holds every import against the table.
func TestImports_follow_the_table(t *testing.T) {
	t.Parallel()
	root := moduleRoot(t)
	edges, packages := scan(t, root)
	require.NotEmpty(t, edges)
	require.Contains(t, packages, "internal/fault", "the walk must reach the packages it judges")

	var faults []string
	for _, p := range packages {
		if _, placed := table[p]; !placed {
			faults = append(faults, unplaced(p))
		}
	}
	for _, e := range edges {
		if fault := judge(e); fault != "" {
			faults = append(faults, fault)
		}
	}
	slices.Sort(faults)
	require.Empty(t, slices.Compact(faults), "see the table in internal/arch/table_test.go")
}

// TestJudge plants edges that must be refused, and their permitted neighbours.
func TestJudge(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edge edge
		want string // part of the fault, empty when the edge is allowed
	}{
		"a leaf takes the standard library": {edge{from: "internal/fault", to: "errors"}, ""},
		"a leaf takes no driver":            {edge{from: "internal/fault", to: "modernc.org/sqlite"}, "modernc.org/sqlite"},
		"a leaf takes no feature":           {edge{from: "internal/ident", to: "internal/hold", own: true}, "internal/hold"},
		"a feature takes a leaf":            {edge{from: "internal/hold", to: "internal/fault", own: true}, ""},
		"a feature takes its named peer":    {edge{from: "internal/booking", to: "internal/hold", own: true}, ""},
		"a feature takes no other peer":     {edge{from: "internal/hold", to: "internal/booking", own: true}, "internal/booking"},
		"a feature takes no transport":      {edge{from: "internal/hold", to: "net/http"}, "net/http"},
		"a feature takes no database":       {edge{from: "internal/booking", to: "database/sql"}, "database/sql"},
		"a feature takes no engine":         {edge{from: "internal/booking", to: "internal/hold/holdmem", own: true}, "holdmem"},
		"a feature's test takes an engine":  {edge{from: "internal/booking", to: "internal/hold/holdmem", own: true, test: true}, ""},
		"an engine takes its port":          {edge{from: "internal/hold/holdmem", to: "internal/hold", own: true}, ""},
		"an engine takes no other engine":   {edge{from: "internal/hold/holdmem", to: "internal/store/storesqlite", own: true}, "storesqlite"},
		"the edge takes Gin":                {edge{from: "internal/httpapi", to: "github.com/gin-gonic/gin"}, ""},
		"the edge takes no store":           {edge{from: "internal/httpapi", to: "internal/store", own: true}, "internal/store"},
		"the root takes the store":          {edge{from: "internal/app", to: "internal/store/storesqlite", own: true}, ""},
		"a suite is not for product code":   {edge{from: "internal/app", to: "internal/hold/holdtest", own: true}, "_test.go"},
		"a suite is for tests":              {edge{from: "internal/hold/holdmem", to: "internal/hold/holdtest", own: true, test: true}, ""},
		"a test takes no command":           {edge{from: "internal/hold", to: "cmd/cinema", own: true, test: true}, "cmd/cinema"},
		"nothing takes an unknown package":  {edge{from: "internal/app", to: "internal/util", own: true}, "internal/util"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := judge(c.edge)
			if c.want == "" {
				require.Empty(t, got)
				return
			}
			require.Contains(t, got, c.want)
		})
	}
}

// judge says what is wrong with an edge, or nothing.
func judge(e edge) string {
	from, placed := table[e.from]
	if !placed {
		return unplaced(e.from)
	}
	if !e.own {
		return judgeExternal(e, from)
	}
	to, placed := table[e.to]
	if !placed {
		return fmt.Sprintf("%s imports %s, which has no place in the table", e.file, e.to)
	}
	switch {
	case e.from == e.to:
		return ""
	case to.line == command:
		return fmt.Sprintf("%s: nothing imports a command (%s)", e.file, e.to)
	case to.line == suite && !e.test:
		return fmt.Sprintf("%s imports %s: suites are for _test.go files", e.file, e.to)
	case e.test, slices.Contains(lineMay[from.line], to.line), slices.Contains(from.also, e.to):
		return ""
	}
	return fmt.Sprintf("%s: %s (%s) may not import %s (%s); move the code, declare a port, or widen the table with a reason",
		e.file, e.from, from.line, e.to, to.line)
}

// judgeExternal holds imports of other modules and of the guarded part of the standard library
// against the package's list. Test files choose their own libraries.
func judgeExternal(e edge, from place) string {
	guarded := strings.Contains(firstElement(e.to), ".") || slices.Contains(guardedStandard, e.to)
	if e.test || !guarded {
		return ""
	}
	for _, allowed := range append(slices.Clone(lineLibraries[from.line]), from.libraries...) {
		if e.to == allowed || strings.HasPrefix(e.to, allowed+"/") {
			return ""
		}
	}
	return fmt.Sprintf("%s: %s (%s) may not import %s", e.file, e.from, from.line, e.to)
}

func unplaced(p string) string {
	return fmt.Sprintf("package %s has no place: add it to the table with its line (%s)", p, strings.Join(lineNames, ", "))
}

func firstElement(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// scan returns the imports of every Go file of the module, and the packages that hold them.
func scan(t *testing.T, root string) ([]edge, []string) {
	t.Helper()
	var edges []edge
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if path != root && (skipped(entry.Name()) || isModule(path)) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		found, err := imports(root, path)
		if err != nil {
			return err
		}
		seen[filepath.ToSlash(relative(root, filepath.Dir(path)))] = true
		edges = append(edges, found...)
		return nil
	})
	require.NoError(t, err)
	packages := make([]string, 0, len(seen))
	for p := range seen {
		packages = append(packages, p)
	}
	slices.Sort(packages)
	return edges, packages
}

// skipped names the folders that hold no package of this module.
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") ||
		slices.Contains([]string{"node_modules", "testdata", "dist", "bin", "data"}, name)
}

// isModule tells whether a folder is the root of another module, which has rules of its own.
func isModule(path string) bool {
	_, err := os.Stat(filepath.Join(path, "go.mod"))
	return err == nil
}

func imports(root, path string) ([]edge, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	name := filepath.ToSlash(relative(root, path))
	edges := make([]edge, 0, len(file.Imports))
	for _, spec := range file.Imports {
		to, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		own := strings.HasPrefix(to, module)
		edges = append(edges, edge{
			file: name,
			from: filepath.ToSlash(filepath.Dir(name)),
			to:   strings.TrimPrefix(to, module),
			own:  own,
			test: strings.HasSuffix(name, "_test.go"),
		})
	}
	return edges, nil
}

func relative(root, path string) string {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return path
	}
	return rel
}

// moduleRoot climbs from the test's folder to the one that holds go.mod.
func moduleRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		require.NotEqual(t, dir, parent, "no go.mod above the test")
		dir = parent
	}
}
