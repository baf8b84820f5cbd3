package supply_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the repository itself must hold, so that a build takes what was looked at and nothing else.

func repository(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", name)) //nolint:gosec // a file of the repository
	require.NoError(t, err)
	return string(raw)
}

func files(t *testing.T, patterns ...string) []string {
	t.Helper()
	var all []string
	for _, p := range patterns {
		found, err := filepath.Glob(filepath.Join("..", "..", p))
		require.NoError(t, err)
		require.NotEmpty(t, found, p)
		for _, f := range found {
			rel, err := filepath.Rel(filepath.Join("..", ".."), f)
			require.NoError(t, err)
			all = append(all, rel)
		}
	}
	return all
}

// TestPins_npm: every version is one version, and every archive has its hash.
func TestPins_npm(t *testing.T) {
	t.Parallel()
	var p struct {
		Dependencies, DevDependencies, PeerDependencies, OptionalDependencies map[string]string
		Overrides                                                             map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(repository(t, "web/package.json")), &p))
	exact := regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$`)
	for _, list := range []map[string]string{p.Dependencies, p.DevDependencies, p.PeerDependencies, p.OptionalDependencies} {
		for name, version := range list {
			require.Regexp(t, exact, version, name)
		}
	}
	var walk func(name string, v any)
	walk = func(name string, v any) {
		switch x := v.(type) {
		case string:
			require.True(t, exact.MatchString(x) || strings.HasPrefix(x, "$"), "override %s: %s", name, x)
		case map[string]any:
			for k, v := range x {
				walk(name+" > "+k, v)
			}
		}
	}
	walk("", any(p.Overrides))
	var lock struct {
		LockfileVersion int
		Packages        map[string]struct {
			Version, Integrity, Resolved string
			Link                         bool
		}
	}
	require.NoError(t, json.Unmarshal([]byte(repository(t, "web/package-lock.json")), &lock))
	require.Equal(t, 3, lock.LockfileVersion)
	for name, l := range lock.Packages {
		if name == "" {
			continue
		}
		require.False(t, l.Link, name)
		require.Regexp(t, exact, l.Version, name)
		require.Regexp(t, `^sha512-`, l.Integrity, name)
		require.False(t, strings.HasPrefix(l.Resolved, "git") || strings.HasPrefix(l.Resolved, "http:"), name)
	}
}

// TestPins_npm_scripts: no package runs a program of its own when it is installed, and nothing is installed but from the lock file.
func TestPins_npm_scripts(t *testing.T) {
	t.Parallel()
	for _, f := range files(t, "scripts/*.sh", "scripts/*.mjs", "deploy/*.Dockerfile", ".ci/run", "Makefile", "web/package.json") {
		for line := range strings.SplitSeq(repository(t, f), "\n") {
			if trimmed := strings.TrimSpace(line); strings.HasPrefix(trimmed, "#") || strings.HasPrefix(trimmed, "say ") || strings.Contains(trimmed, "hint") {
				continue
			}
			if strings.Contains(line, "npm ci") && !strings.Contains(line, "say ") {
				require.Contains(t, line, "--ignore-scripts", f)
			}
			require.NotRegexp(t, `npm (install|i|add|update) (--global )?[a-z@]`, strings.ReplaceAll(line, "install --global npm@11", ""), f)
			require.NotRegexp(t, `\bnpx \S*@latest|curl [^|]*\| *(ba)?sh\b`, strings.ReplaceAll(line, "deb.nodesource.com/setup_22.x | sudo bash", ""), f)
		}
	}
}

// TestPins_go: modules are what their sums say, of fixed versions, from no place of this machine, and the tools too.
func TestPins_go(t *testing.T) {
	t.Parallel()
	for _, f := range files(t, "go.mod", "tools/*.mod", "deploy/verify/go.mod", "internal/mongotest/standin/go.mod") {
		text := repository(t, f)
		require.NotRegexp(t, `(?m)^toolchain `, text, f)
		require.NotRegexp(t, `=>\s*[./]`, text, "%s replaces a module by a folder", f)
		require.Regexp(t, `(?m)^go 1\.[0-9]+(\.[0-9]+)?$`, text, f)
		sums := repository(t, strings.TrimSuffix(f, ".mod")+".sum")
		for _, m := range regexp.MustCompile(`(?m)^\s*(?:require )?([a-zA-Z0-9][^\s(]*\.[^\s(]+) (v\S+)`).FindAllStringSubmatch(text, -1) {
			require.Contains(t, sums, m[1]+" "+m[2], "%s: %s has no sum", f, m[1])
		}
	}
}

// TestPins_images: a base image is an argument, so that an operator can give it with its digest, and none is whatever is newest.
func TestPins_images(t *testing.T) {
	t.Parallel()
	for _, f := range files(t, "deploy/*.Dockerfile") {
		text := repository(t, f)
		arguments := map[string]bool{}
		for _, m := range regexp.MustCompile(`(?m)^ARG ([A-Z_]+_IMAGE)=(\S+)$`).FindAllStringSubmatch(text, -1) {
			arguments["${"+m[1]+"}"] = true
			require.True(t, m[2] == "scratch" || regexp.MustCompile(`^[a-z0-9./-]+:[0-9][^@\s]*(@sha256:[0-9a-f]{64})?$`).MatchString(m[2]), "%s: %s", f, m[2])
			require.NotContains(t, m[2], "latest", f)
		}
		for _, m := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(text, -1) {
			require.True(t, arguments[m[1]], "%s: FROM %s is no argument", f, m[1])
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^\s*image: (\S+)$`).FindAllStringSubmatch(repository(t, "compose.yaml"), -1) {
		if !strings.HasPrefix(m[1], "cinema-") {
			require.Regexp(t, `^[a-z0-9./-]+:v?[0-9]`, m[1])
		}
	}
}
