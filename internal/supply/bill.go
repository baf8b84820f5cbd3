package supply

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
)

// The parts of a CycloneDX 1.6 document that the product fills in.
type (
	bill struct {
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Serial       string       `json:"serialNumber"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Timestamp  string      `json:"timestamp,omitempty"`
		Lifecycles []lifecycle `json:"lifecycles"`
		Component  component   `json:"component"`
	}
	lifecycle struct {
		Phase string `json:"phase"`
	}
	component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Group      string     `json:"group,omitempty"`
		Name       string     `json:"name"`
		Version    string     `json:"version"`
		Scope      string     `json:"scope,omitempty"`
		Hashes     []hash     `json:"hashes,omitempty"`
		Licences   []licence  `json:"licenses,omitempty"`
		Purl       string     `json:"purl,omitempty"`
		Properties []property `json:"properties,omitempty"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	licence struct {
		Licence    *licenceID `json:"license,omitempty"`
		Expression string     `json:"expression,omitempty"`
	}
	licenceID struct {
		ID string `json:"id"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref       string   `json:"ref"`
		DependsOn []string `json:"dependsOn,omitempty"`
	}
)

// Release is what the bill says of the product itself.
type Release struct {
	Version string
	Target  string // "linux/amd64"
	Binary  string // its file
	When    string // RFC 3339; empty: not told, so that two builds of one commit give one bill
}

// Bill writes the bill of materials of a binary, CycloneDX 1.6 as JSON. The same build gives the same bytes. Tools of the build and the
// tests are listed as excluded.
func Bill(w io.Writer, r Release, parts []Part) error {
	raw, err := os.ReadFile(r.Binary)
	if err != nil {
		return fmt.Errorf("bill of materials: %w", err)
	}
	sum := sha256.Sum256(raw)
	root := component{
		Type: "application", Name: "cinema", Version: r.Version, Purl: purl(Golang, "cinema", r.Version), Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}},
		Licences: licences("Apache-2.0"), Properties: []property{{"cinema:target", r.Target}},
	}
	root.Ref = root.Purl
	b := bill{
		Format: "CycloneDX", Spec: "1.6", Version: 1, Components: []component{},
		Metadata: metadata{Timestamp: r.When, Lifecycles: []lifecycle{{"build"}}, Component: root},
	}
	needs := dependency{Ref: root.Ref}
	for _, p := range parts {
		c := componentOf(p)
		b.Components = append(b.Components, c)
		if p.Shipped {
			needs.DependsOn = append(needs.DependsOn, c.Ref)
		}
	}
	b.Dependencies = []dependency{needs}
	if b.Serial, err = serial(b); err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	return e.Encode(b)
}

// serial is a UUID made from the document, so that it names the document and changes with it alone.
func serial(b bill) (string, error) {
	raw, err := json.Marshal(b)
	if err != nil {
		return "", fmt.Errorf("bill of materials: %w", err)
	}
	h := sha256.Sum256(raw)
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80 // version 8, made by a rule of one's own
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16]), nil
}

func componentOf(p Part) component {
	c := component{Type: "library", Name: p.Name, Version: p.Version, Scope: "required", Licences: licences(p.Licence), Purl: purl(p.Kind, p.Name, p.Version)}
	if !p.Shipped {
		c.Scope = "excluded"
	}
	c.Ref = c.Purl
	switch {
	case p.Kind == NPM:
		ofNPM(&c, p)
	case p.Sum != "": // a hash over the hashes of the module's files, which no hash algorithm of the format names
		c.Properties = []property{{"go:sum", p.Sum}}
	}
	return c
}

// ofNPM adds what only npm packages have: a scope, and the hash of their archive.
func ofNPM(c *component, p Part) {
	if group, name, ok := strings.Cut(p.Name, "/"); ok {
		c.Group, c.Name = group, name
	}
	digest, _ := strings.CutPrefix(p.Sum, "sha512-")
	if raw, err := base64.StdEncoding.DecodeString(digest); err == nil && len(raw) > 0 {
		c.Hashes = []hash{{"SHA-512", hex.EncodeToString(raw)}}
	}
	if !p.Shipped {
		c.Ref += "#excluded" // the same package may be shipped too
	}
}

func licences(expression string) []licence {
	switch {
	case expression == "":
		return nil
	case strings.ContainsAny(expression, " ()"):
		return []licence{{Expression: strings.Trim(expression, "()")}}
	default:
		return []licence{{Licence: &licenceID{expression}}}
	}
}

// purl is a package address: pkg:golang/github.com/gin-gonic/gin@v1.12.0, pkg:npm/%40vue/shared@3.5.45.
func purl(kind, name, version string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(url.PathEscape(p), "@", "%40")
	}
	return "pkg:" + kind + "/" + strings.Join(parts, "/") + "@" + strings.ReplaceAll(url.PathEscape(version), "+", "%2B")
}
