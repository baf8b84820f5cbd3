package supply

import (
	"fmt"
	"io"
	"strings"
)

// Notices writes the text that goes with a release: every shipped part with its licence and its own words. The same parts give the same bytes.
func Notices(w io.Writer, version string, parts []Part) error {
	var b strings.Builder
	fmt.Fprintf(&b, "cinema %s contains these works of others, under the licences below. Made by `make release`.\n\n", version)
	for _, p := range parts {
		if p.Shipped {
			fmt.Fprintf(&b, "  %-60s %-24s %s\n", p.Name, p.Version, p.Licence)
		}
	}
	for _, p := range parts {
		if !p.Shipped {
			continue
		}
		for _, t := range p.Texts {
			fmt.Fprintf(&b, "\n\n==== %s %s: %s ====\n\n%s\n", p.Name, p.Version, t.Name, strings.TrimSpace(t.Body))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
