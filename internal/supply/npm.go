package supply

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// lockFile is what is read of package-lock.json.
type lockFile struct {
	Version  int `json:"lockfileVersion"`
	Packages map[string]struct {
		Version   string `json:"version"`
		Integrity string `json:"integrity"`
		Licence   string `json:"license"`
		Link      bool   `json:"link"`
	} `json:"packages"`
}

const nodeModules = "node_modules/"

// packagesOf lists the npm packages of the lock file. The build of the pages says which of them are in the pages.
func packagesOf(web string) ([]Part, error) {
	var lock lockFile
	if err := readJSON(filepath.Join(web, "package-lock.json"), &lock); err != nil {
		return nil, err
	}
	var shipped []string
	if err := readJSON(filepath.Join(web, "dist", ".vite", "packages.json"), &shipped); err != nil {
		return nil, fmt.Errorf("the pages are not built: %w", err)
	}
	var parts []Part
	for place, p := range lock.Packages {
		at := strings.LastIndex(place, nodeModules)
		if at < 0 || p.Link {
			continue
		}
		part := Part{Kind: NPM, Name: place[at+len(nodeModules):], Version: p.Version, Sum: p.Integrity, Licence: p.Licence}
		// Of a package that is there in several versions, the one that the pages take stands at the top.
		part.Shipped = at == 0 && slices.Contains(shipped, part.Name)
		if part.Shipped {
			if err := readPackage(filepath.Join(web, place), &part); err != nil {
				return nil, err
			}
		}
		parts = append(parts, part)
	}
	sortParts(parts)
	parts = slices.CompactFunc(parts, func(a, b Part) bool { return a.Name == b.Name && a.Version == b.Version && a.Shipped == b.Shipped })
	return parts, missing(parts, shipped)
}

// readPackage adds the licence texts, and holds them against what the package says of itself.
func readPackage(folder string, p *Part) (err error) {
	if p.Texts, err = textsIn(folder); err != nil {
		return err
	}
	if found := licenceOf(p.Texts); found != "" && found != p.Licence && !strings.Contains(p.Licence, found) {
		p.Licence += " AND " + found
	}
	return nil
}

// missing is an error for packages that are in the pages and not in the lock file.
func missing(parts []Part, shipped []string) error {
	var faults []error
	for _, name := range shipped {
		if !slices.ContainsFunc(parts, func(p Part) bool { return p.Name == name && p.Shipped }) {
			faults = append(faults, fmt.Errorf("%s is in the pages and not in the lock file", name))
		}
	}
	return errors.Join(faults...)
}

func readJSON(path string, into any) error {
	raw, err := os.ReadFile(path) //nolint:gosec // a file of the build
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
