package arch_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// docs/security.md names a test for each requirement. A name that is in no file is a promise that nobody keeps.

var (
	goTest    = regexp.MustCompile("`([a-z]+)\\.((?:Test|Fuzz)[A-Za-z0-9_]+)((?:/[^`]+)?)`")
	webTest   = regexp.MustCompile("`(web/[A-Za-z0-9/_.-]+\\.(?:test|spec)\\.ts)`")
	scriptRun = regexp.MustCompile("`make ([a-z-]+)`")
	tableRow  = regexp.MustCompile(`(?m)^\| ([A-Z]+[0-9]*(?:\.[0-9]+)*) \| .* \| (met|partly|not met|not ours) \| (.*) \|$`)
)

// testText is all tests of the packages of one name.
func testText(t *testing.T, root string) map[string]string {
	t.Helper()
	text := map[string]string{}
	for _, top := range []string{"internal", "test", "deploy", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			// A conformance suite is no test file, and its cases are named like one's.
			if !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(filepath.Dir(path), "test") || !strings.HasSuffix(path, ".go") {
				return nil
			}
			raw, err := os.ReadFile(path) //nolint:gosec // a file of the repository
			text[filepath.Base(filepath.Dir(path))] += string(raw)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return text
}

func TestSecurity_every_named_test_exists(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	page := read(t, root, "docs/security.md")
	tests := testText(t, root)
	named := goTest.FindAllStringSubmatch(page, -1)
	if len(named) < 80 {
		t.Errorf("docs/security.md names %d tests", len(named))
	}
	for _, n := range named {
		text, known := tests[n[1]]
		if !known || !regexp.MustCompile(`(?m)^func `+n[2]+`\(`).MatchString(text) {
			t.Errorf("there is no %s.%s", n[1], n[2])
			continue
		}
		for part := range strings.SplitSeq(strings.TrimPrefix(n[3], "/"), "/") {
			if part != "" && !strings.Contains(text, `"`+strings.ReplaceAll(part, "_", " ")+`"`) && !strings.Contains(text, `"`+part+`"`) {
				t.Errorf("%s.%s has no case %q", n[1], n[2], part)
			}
		}
	}
	for _, n := range webTest.FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat(filepath.Join(root, n[1])); err != nil {
			t.Error(err)
		}
	}
	makefile := read(t, root, "Makefile")
	for _, n := range scriptRun.FindAllStringSubmatch(page, -1) {
		if !strings.Contains(makefile, "\n"+n[1]+":") {
			t.Errorf("there is no make %s", n[1])
		}
	}
}

// TestSecurity_every_met_requirement_names_a_test: what is said to be met is proven by something, and what is not met is said.
func TestSecurity_every_met_requirement_names_a_test(t *testing.T) {
	t.Parallel()
	page := read(t, filepath.Join("..", ".."), "docs/security.md")
	rows := tableRow.FindAllStringSubmatch(page, -1)
	seen, unmet := map[string]bool{}, 0
	for _, r := range rows {
		if seen[r[1]] {
			t.Errorf("%s stands twice", r[1])
		}
		seen[r[1]] = true
		if r[2] == "met" && !goTest.MatchString(r[3]) && !webTest.MatchString(r[3]) && !scriptRun.MatchString(r[3]) {
			t.Errorf("%s is said to be met and names no test", r[1])
		}
		if r[2] != "met" {
			unmet++
		}
	}
	if len(rows) < 60 || len(rows) != strings.Count(page, "\n| ")-strings.Count(page, "\n| # ") || unmet == 0 {
		t.Errorf("docs/security.md has %d readable rows of %d, %d not met", len(rows), strings.Count(page, "\n| ")-strings.Count(page, "\n| # "), unmet)
	}
}

// TestSecurity_every_mutant_names_a_test that the page knows too.
func TestSecurity_every_mutant_names_a_test(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	tests := testText(t, root)
	mutants, err := filepath.Glob(filepath.Join(root, "scripts", "mutants", "*.txt"))
	if err != nil || len(mutants) < 40 {
		t.Fatalf("%d mutants, %v", len(mutants), err)
	}
	for _, m := range mutants {
		text := read(t, "", m)
		name := regexp.MustCompile(`(?m)^test +(Test[A-Za-z0-9_]*)`).FindStringSubmatch(text)
		where := "blackbox"
		if in := regexp.MustCompile(`(?m)^in +(\S+)`).FindStringSubmatch(text); in != nil {
			where = filepath.Base(in[1])
		}
		if name == nil || !strings.Contains(tests[where], "func "+name[1]) {
			t.Errorf("%s names no test of %s", m, where)
		}
		for _, f := range regexp.MustCompile(`(?m)^file +(\S+)`).FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(root, f[1])); err != nil {
				t.Error(err)
			}
		}
	}
}

func read(t *testing.T, root, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, name)) //nolint:gosec // a file of the repository
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
