// Package poster draws film posters as SVG: a picture without words, made from a motif, a hue and a slug. The same three always give the
// same bytes. There is no script, no style and no text in it, so that the strictest content policy shows it and the title can be
// real text over it: the lower third fades to dark for that.
package poster

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
)

// Width and Height are the poster's measures; the ratio is 2:3.
const (
	Width  = 400
	Height = 600
)

// motif draws a picture. turn is how far round the circle its light lies from its hue, in degrees.
type motif struct {
	name string
	turn float64
	draw func(*canvas)
}

// table lists the motifs. The first is drawn for a name that is not known.
func table() []motif {
	return []motif{
		{"orbit", 185, orbit},
		{"tide", 208, tide},
		{"windows", 185, windows},
		{"ridges", 155, ridges},
		{"curtain", 236, curtain},
		{"rain", 232, rain},
		{"kites", 185, kites},
		{"stairs", 185, stairs},
		{"lamps", 185, lamps},
		{"boats", 185, boats},
		{"teeth", 175, teeth},
		{"snow", 185, snow},
	}
}

// Motifs lists the names that SVG knows.
func Motifs() []string {
	var names []string
	for _, m := range table() {
		names = append(names, m.name)
	}
	return names
}

// SVG draws a poster. hue is in degrees of OKLCH; any number is taken round the circle. An unknown motif is drawn as the one that
// the slug picks, so that every film has a picture.
func SVG(slug, name string, hue int) []byte {
	all := table()
	at := slices.IndexFunc(all, func(m motif) bool { return m.name == name })
	h := fnv.New64a()
	_, _ = h.Write([]byte(slug)) // a hash never fails
	if at < 0 {
		at = int(h.Sum64() % uint64(len(all)))
	}
	c := &canvas{rng: rand.New(rand.NewPCG(h.Sum64(), uint64(at))), hue: float64(((hue % 360) + 360) % 360), turn: all[at].turn}
	all[at].draw(c)
	return c.finish()
}

// canvas collects shapes and the gradients they use.
type canvas struct {
	rng   *rand.Rand
	hue   float64
	turn  float64
	defs  strings.Builder
	body  strings.Builder
	count int
}

// base is a colour of the poster's hue.
func (c *canvas) base(l, chroma float64) string { return oklch(l, chroma, c.hue) }

// light is a colour of the motif's other hue.
func (c *canvas) light(l, chroma float64) string { return oklch(l, chroma, c.hue+c.turn) }

// stop is a point of a gradient.
type stop struct {
	at      int // per cent
	color   string
	opacity float64
}

// vertical defines a gradient from top to bottom and returns its reference.
func (c *canvas) vertical(stops ...stop) string {
	return c.gradient(`<linearGradient id="%s" x1="0" y1="0" x2="0" y2="1">`, "linearGradient", stops)
}

// across defines a gradient from left to right.
func (c *canvas) across(stops ...stop) string {
	return c.gradient(`<linearGradient id="%s">`, "linearGradient", stops)
}

// radial defines a gradient from the middle outwards.
func (c *canvas) radial(stops ...stop) string {
	return c.gradient(`<radialGradient id="%s">`, "radialGradient", stops)
}

func (c *canvas) gradient(open, name string, stops []stop) string {
	c.count++
	id := fmt.Sprintf("g%d", c.count)
	fmt.Fprintf(&c.defs, open, id)
	for _, s := range stops {
		fmt.Fprintf(&c.defs, `<stop offset="%d%%" stop-color="%s"`, s.at, s.color)
		if s.opacity < 1 {
			fmt.Fprintf(&c.defs, ` stop-opacity="%.2g"`, s.opacity)
		}
		c.defs.WriteString("/>")
	}
	fmt.Fprintf(&c.defs, "</%s>", name)
	return "url(#" + id + ")"
}

// box is a rectangle by its top left corner.
type box struct{ x, y, w, h float64 }

func (c *canvas) rect(b box, fill, more string) {
	fmt.Fprintf(&c.body, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"%s/>`, num(b.x), num(b.y), num(b.w), num(b.h), fill, more)
}

func (c *canvas) circle(x, y, r float64, fill, more string) {
	fmt.Fprintf(&c.body, `<circle cx="%s" cy="%s" r="%s" fill="%s"%s/>`, num(x), num(y), num(r), fill, more)
}

func (c *canvas) path(d, fill, more string) {
	fmt.Fprintf(&c.body, `<path d="%s" fill="%s"%s/>`, d, fill, more)
}

// group opens a group with attributes; the caller closes it with end.
func (c *canvas) group(attributes string) { c.body.WriteString("<g " + attributes + ">") }

func (c *canvas) end() { c.body.WriteString("</g>") }

// sky fills the whole poster from a dark top to a lighter middle.
func (c *canvas) sky(top, middle, bottom string) {
	c.rect(box{0, 0, Width, Height}, c.vertical(stop{0, top, 1}, stop{55, middle, 1}, stop{100, bottom, 1}), "")
}

// glow is a soft light around a point.
func (c *canvas) glow(x, y, r float64, color string, strength float64) {
	c.circle(x, y, r, c.radial(stop{0, color, strength}, stop{45, color, strength / 3}, stop{100, color, 0}), "")
}

// stars are small dots in the upper part.
func (c *canvas) stars(n int, below float64, color string) {
	c.group(`fill="` + color + `"`)
	for range n {
		r := 0.6 + c.rng.Float64()*1.1
		fmt.Fprintf(&c.body, `<circle cx="%d" cy="%d" r="%.1f" opacity="%.1f"/>`,
			c.rng.IntN(Width), c.rng.IntN(int(below)), r, 0.3+c.rng.Float64()*0.6)
	}
	c.end()
}

// between is a random number of a range.
func (c *canvas) between(a, b float64) float64 { return a + c.rng.Float64()*(b-a) }

// finish lays the dark fade under the title over the picture and closes the document.
func (c *canvas) finish() []byte {
	dark := c.base(0.13, 0.035)
	c.rect(box{0, 330, Width, 270}, c.vertical(stop{0, dark, 0}, stop{45, dark, 0.5}, stop{100, dark, 0.96}), "")
	return []byte(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d"><defs>%s</defs>%s</svg>`,
		Width, Height, Width, Height, c.defs.String(), c.body.String()))
}

// num writes a coordinate with at most one decimal.
func num(v float64) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}
