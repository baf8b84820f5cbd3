// Package supply tells what a build is made of: the Go modules that a binary links and the npm packages that its pages contain, with
// their licences. It makes the bill of materials and the notices of a release, and says no to a licence that would bind the product.
package supply

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"unicode"
)

// Part is one thing that others made and a build contains.
type Part struct {
	Kind    string // Golang or NPM
	Name    string
	Version string
	Sum     string // Go: the module's h1 hash; npm: the integrity of its archive
	Shipped bool   // it is in what a customer gets; otherwise a tool of the build or the tests
	Licence string // SPDX expression; empty: not known
	Texts   []Text // licence and notice files
}

// Kinds of parts, as package addresses spell them.
const (
	Golang = "golang"
	NPM    = "npm"
)

// Text is one licence or notice file of a part.
type Text struct{ Name, Body string }

// Standard is the name under which Go's own library and runtime stand among the modules.
const Standard = "std"

// Sources says where the parts of a build are found on this machine.
type Sources struct {
	Binary   string // the built product
	ModCache string // of Go, as `go env GOMODCACHE` tells it
	GoRoot   string // of the Go that built the binary
	Web      string // the folder of package-lock.json and node_modules
}

// Read lists the parts of a build, modules first, each kind by name and version. Every part that is shipped comes with its licence texts.
func Read(s Sources) (product debug.Module, parts []Part, err error) {
	info, err := buildinfo.ReadFile(s.Binary)
	if err != nil {
		return debug.Module{}, nil, fmt.Errorf("read the build of %s: %w", s.Binary, err)
	}
	modules, err := modulesOf(info, s)
	if err != nil {
		return debug.Module{}, nil, err
	}
	packages, err := packagesOf(s.Web)
	if err != nil {
		return debug.Module{}, nil, err
	}
	return info.Main, append(modules, packages...), nil
}

// modulesOf lists the modules that the linker put into the binary, and Go itself.
func modulesOf(info *debug.BuildInfo, s Sources) ([]Part, error) {
	std := Part{Kind: Golang, Name: Standard, Version: info.GoVersion, Shipped: true}
	var err error
	if std.Texts, err = textsIn(s.GoRoot); err != nil {
		return nil, err
	}
	std.Licence = licenceOf(std.Texts)
	parts := []Part{std}
	for _, m := range info.Deps {
		if m.Replace != nil {
			return nil, fmt.Errorf("module %s is replaced by %s: a release is built from what go.mod names", m.Path, m.Replace.Path)
		}
		p := Part{Kind: Golang, Name: m.Path, Version: m.Version, Sum: m.Sum, Shipped: true}
		if p.Texts, err = textsIn(filepath.Join(s.ModCache, escaped(m.Path)+"@"+escaped(m.Version))); err != nil {
			return nil, err
		}
		p.Licence = licenceOf(p.Texts)
		parts = append(parts, p)
	}
	sortParts(parts)
	return parts, nil
}

func sortParts(parts []Part) {
	slices.SortFunc(parts, func(a, b Part) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Version, b.Version)
	})
}

// escaped is a module path as the module cache spells it: a capital is an exclamation mark and the small letter.
func escaped(path string) string {
	var b strings.Builder
	for _, r := range path {
		if unicode.IsUpper(r) {
			b.WriteByte('!')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

const maxText = 256 << 10 // bytes of a licence file

// textsIn reads the licence and notice files of a folder, by name. A folder that is not there is an error: nothing may ship unread.
func textsIn(folder string) ([]Text, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("licence files: %w", err)
	}
	var texts []Text
	for _, e := range entries {
		if e.IsDir() || !isLegal(e.Name()) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("licence files: %w", err)
		}
		if len(raw) > maxText {
			return nil, fmt.Errorf("licence files: %s is larger than %d bytes", e.Name(), maxText)
		}
		texts = append(texts, Text{Name: e.Name(), Body: strings.ReplaceAll(string(raw), "\r\n", "\n")})
	}
	return texts, nil
}

// isLegal tells licence and notice files by their names.
func isLegal(name string) bool {
	upper := strings.ToUpper(name)
	if ext := filepath.Ext(upper); ext == ".GO" || ext == ".JS" || ext == ".JSON" || ext == ".MJS" || ext == ".TS" {
		return false
	}
	for _, word := range []string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"} {
		if strings.HasPrefix(upper, word) {
			return true
		}
	}
	return false
}

// ErrLicence says that a part is under a licence that the product cannot be given away with, or under none that is known.
var ErrLicence = errors.New("licence")

// Check refuses a build with a shipped part whose licence is not permissive. It names every such part.
func Check(parts []Part) error {
	var faults []error
	for _, p := range parts {
		switch {
		case !p.Shipped:
		case p.Licence == "":
			faults = append(faults, fmt.Errorf("%w: %s %s has none that is known", ErrLicence, p.Name, p.Version))
		case !permissive(p.Licence):
			faults = append(faults, fmt.Errorf("%w: %s %s is under %s", ErrLicence, p.Name, p.Version, p.Licence))
		case len(p.Texts) == 0:
			faults = append(faults, fmt.Errorf("%w: %s %s comes without its text", ErrLicence, p.Name, p.Version))
		}
	}
	return errors.Join(faults...)
}
