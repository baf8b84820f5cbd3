package poster

import (
	"fmt"
	"math"
	"strings"
)

// orbit: a planet with many rings and one moon.
func orbit(c *canvas) {
	c.sky(c.base(0.2, 0.06), c.base(0.34, 0.1), c.base(0.16, 0.05))
	c.stars(70, 560, c.base(0.92, 0.03))
	x, y, r := c.between(165, 215), c.between(235, 265), c.between(88, 104)
	tilt := c.between(-20, -12)
	c.glow(x, y, r*2.1, c.light(0.8, 0.1), 0.28)
	ring := func(sweep int) {
		c.group(fmt.Sprintf(`fill="none" stroke="%s" transform="rotate(%s %s %s)"`, c.light(0.72, 0.13), num(tilt), num(x), num(y)))
		for i := range 6 {
			rx := r*1.3 + float64(i)*r*0.2
			ry := rx * 0.27
			fmt.Fprintf(&c.body, `<path d="M%s %sA%s %s 0 0 %d %s %s" stroke-width="%s" opacity="%s"/>`,
				num(x-rx), num(y), num(rx), num(ry), sweep, num(x+rx), num(y), num(2.6-float64(i)*0.3), num(1-float64(i)*0.12))
		}
		c.end()
	}
	ring(1)
	c.circle(x, y, r, c.light(0.87, 0.12), "")
	shade := c.across(stop{0, c.light(0.93, 0.08), 0.7}, stop{50, c.light(0.8, 0.12), 0}, stop{100, c.base(0.18, 0.07), 0.75})
	c.circle(x, y, r, shade, fmt.Sprintf(` transform="rotate(35 %s %s)"`, num(x), num(y)))
	ring(0)
	c.circle(x+r*1.62, y-r*0.72, r*0.13, c.light(0.9, 0.1), "")
}

// windows: towers at night, some of their windows lit.
func windows(c *canvas) {
	c.sky(c.base(0.18, 0.06), c.base(0.36, 0.13), c.base(0.2, 0.08))
	c.stars(26, 220, c.base(0.9, 0.04))
	c.glow(c.between(120, 280), 330, 260, c.light(0.75, 0.13), 0.26)
	for depth := range 3 {
		wall := c.base(0.33-0.08*float64(depth), 0.085-0.015*float64(depth))
		x := c.between(-30, -4)
		for x < Width {
			w := c.between(46, 74)
			top := c.between(120, 260) + float64(depth)*78
			c.rect(box{x, top, w - 4, Height - top}, wall, "")
			if depth > 0 {
				c.lit(x, top, w-4, depth)
			}
			x += w
		}
	}
}

// lit switches on some windows of a tower.
func (c *canvas) lit(x, top, w float64, depth int) {
	size := 5.0 + 2*float64(depth)
	cols := int((w - 8) / (size * 1.9))
	var bright, dim strings.Builder
	for row := range 15 {
		for col := range cols {
			d := &dim
			switch n := c.rng.IntN(100); {
			case n < 22:
				d = &bright
			case n > 40:
				continue
			}
			fmt.Fprintf(d, "M%d %dh%dv%dh-%dz", int(x+8+float64(col)*size*1.9), int(top+14+float64(row)*size*2.6), int(size), int(size*1.3), int(size))
		}
	}
	c.path(bright.String(), c.light(0.87, 0.15), "")
	c.path(dim.String(), c.light(0.55, 0.1), ` opacity=".6"`)
}

// snow: conifers under a winter moon, a hut with one window.
func snow(c *canvas) {
	c.sky(c.base(0.24, 0.05), c.base(0.48, 0.07), c.base(0.7, 0.04))
	x := c.between(110, 290)
	c.glow(x, 150, 190, c.base(0.96, 0.02), 0.4)
	c.circle(x, 150, 46, c.base(0.97, 0.015), "")
	for depth := range 3 {
		d := float64(depth)
		y := 330 + d*42
		c.path(c.hills(y-24, 10, 4), c.base(0.42-d*0.08, 0.06), "")
		c.path(c.forest(y, 46+d*20, 18+d*7, 0, Width), c.base(0.42-d*0.08, 0.06), "")
	}
	c.path(c.hills(420, 10, 2), c.vertical(stop{0, c.base(0.93, 0.015), 1}, stop{100, c.base(0.6, 0.04), 1}), "")
	hut := c.between(130, 240)
	c.glow(hut+28, 436, 90, c.light(0.85, 0.15), 0.7)
	c.path(fmt.Sprintf("M%d 414l34-30 34 30z", int(hut-6)), c.base(0.95, 0.01), "")
	c.rect(box{hut, 414, 56, 38}, c.base(0.22, 0.04), "")
	c.rect(box{hut + 20, 424, 15, 15}, c.light(0.88, 0.15), "")
	c.path(c.forest(585, 250, 78, -30, 90)+c.forest(570, 220, 70, 335, 420), c.base(0.2, 0.045), "")
	c.group(`fill="#fff"`)
	for range 64 {
		fmt.Fprintf(&c.body, `<circle cx="%d" cy="%d" r="%s" opacity="%s"/>`,
			c.rng.IntN(Width), c.rng.IntN(Height), num(c.between(1, 3.4)), num(c.between(0.4, 0.95)))
	}
	c.end()
}

// forest is a row of conifers of about a height, standing at y.
func (c *canvas) forest(y, height, apart, from, to float64) string {
	var d strings.Builder
	for x := from + c.between(-apart/2, 0); x < to+apart/2; x += apart * c.between(0.7, 1.2) {
		h := height * c.between(0.75, 1.25)
		for tier := range 3 {
			k := float64(tier)
			w := h * (0.14 + k*0.07)
			fmt.Fprintf(&d, "M%d %dl%d %dh-%dz", int(x), int(y-h+k*h*0.25), int(w), int(h*0.46), int(2*w))
		}
	}
	return d.String()
}

// lamps: street lamps that lead into the distance, each with its pool of light.
func lamps(c *canvas) {
	c.sky(c.base(0.2, 0.04), c.base(0.32, 0.06), c.base(0.2, 0.04))
	c.path("M0 600L186 372h28L400 600z", c.base(0.29, 0.04), "")
	c.path("M0 372h400v228h-400z", c.base(0.15, 0.03), ` opacity=".55"`)
	glow := c.radial(stop{0, c.base(0.93, 0.14), 0.95}, stop{16, c.base(0.86, 0.15), 0.5}, stop{50, c.base(0.7, 0.13), 0.16}, stop{100, c.base(0.6, 0.1), 0})
	pool := c.radial(stop{0, c.base(0.85, 0.13), 0.5}, stop{100, c.base(0.7, 0.12), 0})
	houses := c.base(0.13, 0.035)
	for side := range 2 {
		dir := float64(2*side - 1)
		var roofs strings.Builder
		for i := range 6 {
			k := math.Pow(0.68, float64(i))
			x, h := 200+dir*(26+190*k), 270*k+c.between(0, 70)*k
			fmt.Fprintf(&roofs, "M%d %dv-%dl%d %dl%d %dv%dz", int(x), int(372+30*k), int(h+30*k), int(dir*44*k), int(-26*k), int(dir*44*k), int(26*k), int(h+30*k))
		}
		c.path(roofs.String(), houses, "")
	}
	for i := 5; i >= 0; i-- {
		k := math.Pow(0.66, float64(i))
		for side := range 2 {
			dir := float64(2*side - 1)
			x, foot, h := 200+dir*(10+158*k), 372+180*k, 330*k
			fmt.Fprintf(&c.body, `<ellipse cx="%s" cy="%s" rx="%s" ry="%s" fill="%s"/>`, num(x), num(foot), num(110*k), num(26*k), pool)
			c.rect(box{x - 3*k, foot - h, 6 * k, h}, c.base(0.1, 0.02), "")
			c.circle(x, foot-h-8*k, 120*k, glow, "")
			c.path(fmt.Sprintf("M%s %sl%s-%sh%sl%s %sz", num(x-10*k), num(foot-h+4*k), num(-6*k), num(26*k), num(32*k), num(-6*k), num(26*k)), c.base(0.96, 0.09), "")
			c.path(fmt.Sprintf("M%s %sl%s-%s %s %sz", num(x-19*k), num(foot-h-22*k), num(19*k), num(14*k), num(19*k), num(14*k)), c.base(0.1, 0.02), "")
		}
	}
}

// teeth: something has opened its mouth around the moon.
func teeth(c *canvas) {
	c.rect(box{0, 0, Width, Height}, c.base(0.2, 0.08), "")
	c.circle(200, 275, 330, c.radial(stop{0, c.base(0.62, 0.21), 1}, stop{40, c.base(0.45, 0.17), 1}, stop{100, c.base(0.19, 0.08), 1}), "")
	moon := c.between(170, 230)
	c.glow(moon, 270, 150, c.light(0.9, 0.1), 0.5)
	c.circle(moon, 270, 52, c.light(0.92, 0.07), "")
	c.circle(moon+c.between(-20, 10), 262, 9, c.light(0.8, 0.08), ` opacity=".7"`)
	c.circle(moon+14, 288, 6, c.light(0.8, 0.08), ` opacity=".7"`)
	for layer := range 2 {
		l := float64(layer)
		gum, ivory := c.base(0.3-0.12*l, 0.12-0.05*l), c.light(0.8+0.12*l, 0.035)
		if layer == 0 {
			ivory = c.base(0.42, 0.14)
		}
		c.path(c.jaw(122-46*l, 1, 128-14*l), ivory, "")
		c.path(c.jaw(448+34*l, -1, 132-14*l), ivory, "")
		c.path(fmt.Sprintf("M0 0h400v%dQ200 %d 0 %dz", int(96-46*l), int(172-46*l), int(96-46*l)), gum, "")
		c.path(fmt.Sprintf("M0 600h400v-%dQ200 %d 0 %dz", int(130-34*l), int(392+34*l), int(470+34*l)), gum, "")
	}
}

// jaw is a row of teeth along an arc; dir is 1 for the upper jaw.
func (c *canvas) jaw(y, dir, size float64) string {
	var d strings.Builder
	for x := -16.0; x < Width; {
		w := c.between(36, 54)
		bend := func(at float64) float64 {
			aside := (at - 200) / 200
			return y - dir*(38*aside*aside+2)
		}
		tip := bend(x+w/2) + dir*size*c.between(0.75, 1.15)
		fmt.Fprintf(&d, "M%d %dQ%d %d %d %dQ%d %d %d %dz", int(x), int(bend(x)-dir*20),
			int(x+w*0.06), int(bend(x)+dir*size*0.45), int(x+w/2), int(tip),
			int(x+w*0.94), int(bend(x+w)+dir*size*0.45), int(x+w), int(bend(x+w)-dir*20))
		x += w
	}
	return d.String()
}
