package poster_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"cinema/internal/catalog/poster"
)

// FuzzSVG: whatever a film is called, its picture is well-formed, has no script, no style, no reference to elsewhere and no text, and is the same every time.
func FuzzSVG(f *testing.F) {
	f.Add("the-lighthouse", "orbit", 200)
	f.Add(`"><script>alert(1)</script>`, `" onload="alert(1)`, -1)
	f.Add("", "", 1<<62)
	f.Fuzz(func(t *testing.T, slug, motif string, hue int) {
		svg := poster.SVG(slug, motif, hue)
		if !bytes.Equal(svg, poster.SVG(slug, motif, hue)) {
			t.Fatal("two pictures of one film differ")
		}
		d := xml.NewDecoder(bytes.NewReader(svg))
		for {
			k, err := d.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatalf("%q %q %d: %v", slug, motif, hue, err)
			}
			el, ok := k.(xml.StartElement)
			if !ok {
				continue
			}
			if name := strings.ToLower(el.Name.Local); name == "script" || name == "style" || name == "text" || name == "foreignobject" || name == "a" || name == "image" {
				t.Fatalf("%q %q draw a <%s>", slug, motif, name)
			}
			for _, a := range el.Attr {
				if n := strings.ToLower(a.Name.Local); strings.HasPrefix(n, "on") || n == "style" || n == "href" && !strings.HasPrefix(a.Value, "#") || strings.Contains(a.Value, "javascript:") {
					t.Fatalf("%q %q draw %s=%q", slug, motif, n, a.Value)
				}
			}
		}
	})
}
