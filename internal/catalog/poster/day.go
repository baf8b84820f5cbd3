package poster

import (
	"fmt"
	"math"
	"strings"
)

// hills is the outline of rolling ground down to the poster's foot.
func (c *canvas) hills(y, height float64, waves int) string {
	var d strings.Builder
	phase := c.between(0, 2*math.Pi)
	fmt.Fprintf(&d, "M0 %d", Height)
	for i := range 21 {
		x := float64(i) * 20
		a := x/Width*float64(waves)*math.Pi + phase
		fmt.Fprintf(&d, "L%d %s", int(x), num(y+height*(math.Sin(a)*0.7+math.Sin(a*2.3)*0.3)))
	}
	fmt.Fprintf(&d, "L%d %dz", Width, Height)
	return d.String()
}

// ridges: mountains in layers before a low sun.
func ridges(c *canvas) {
	c.sky(c.base(0.24, 0.07), c.base(0.4, 0.12), c.base(0.2, 0.06))
	x, y := c.between(165, 235), c.between(180, 205)
	c.glow(x, y, 190, c.light(0.85, 0.13), 0.32)
	c.circle(x, y, 60, c.light(0.87, 0.12), "")
	for i := range 6 {
		k := float64(i)
		at := 246 + k*54
		fill := c.vertical(stop{0, c.light(0.58-k*0.07, 0.1-k*0.012), 1}, stop{100, c.light(0.36-k*0.045, 0.07-k*0.008), 1})
		var d strings.Builder
		fmt.Fprintf(&d, "M0 %d", Height)
		step := 400.0 / (6 + k)
		for p := -step / 2; p <= Width+step; p += step {
			fmt.Fprintf(&d, "L%d %d", int(p), int(at+c.between(-54, 34)*(1-k*0.09)))
		}
		fmt.Fprintf(&d, "L%d %dz", Width, Height)
		c.path(d.String(), fill, "")
	}
}

// tide: a sun half under, waves that darken, lanterns set afloat.
func tide(c *canvas) {
	c.sky(c.light(0.3, 0.05), c.light(0.56, 0.09), c.base(0.3, 0.06))
	x := c.between(170, 230)
	c.glow(x, 256, 230, c.light(0.86, 0.13), 0.5)
	c.circle(x, 262, 86, c.light(0.86, 0.12), "")
	for i := range 11 {
		k := float64(i)
		y := 262 + k*30
		length, lift := 26+k*4, 5+k*0.7
		var d strings.Builder
		fmt.Fprintf(&d, "M%d %d", int(-c.between(0, length)), int(y))
		for run := 0.0; run < Width+2*length; run += length {
			fmt.Fprintf(&d, "q%s -%s %s 0", num(length/2), num(lift*2), num(length))
		}
		fmt.Fprintf(&d, "V%dH-60z", Height)
		c.path(d.String(), c.base(0.56-k*0.037, 0.095-k*0.005), "")
	}
	for i := range 9 {
		k := float64(i)
		s := 0.5 + k*0.13
		lx, ly := c.between(30, 370), 276+k*22
		c.glow(lx, ly-8*s, 34*s, c.light(0.86, 0.14), 0.75)
		c.rect(box{lx - 7*s, ly - 18*s, 14 * s, 18 * s}, c.light(0.93, 0.1), fmt.Sprintf(` rx="%s"`, num(3*s)))
		c.rect(box{lx - 9*s, ly, 18 * s, 3 * s}, c.light(0.5, 0.1), "")
		c.rect(box{lx - 5*s, ly + 6*s, 10 * s, 16 * s}, c.light(0.8, 0.12), ` opacity=".18"`)
	}
}

// curtain: folds drawn apart, a moon on the stage.
func curtain(c *canvas) {
	c.sky(c.base(0.16, 0.04), c.base(0.27, 0.07), c.base(0.16, 0.04))
	x, y := 200.0, c.between(230, 255)
	c.glow(x, y, 220, c.light(0.85, 0.11), 0.45)
	c.circle(x, y, 70, c.light(0.89, 0.1), "")
	c.circle(x-22, y-14, 13, c.light(0.82, 0.09), ` opacity=".6"`)
	c.circle(x+26, y+20, 9, c.light(0.82, 0.09), ` opacity=".6"`)
	c.path("M0 520h400v80h-400z", c.light(0.34, 0.06), "")
	fmt.Fprintf(&c.body, `<ellipse cx="200" cy="524" rx="150" ry="20" fill="%s" opacity=".35"/>`, c.light(0.85, 0.1))
	fold := c.across(stop{0, c.base(0.24, 0.07), 1}, stop{40, c.base(0.5, 0.115), 1}, stop{65, c.base(0.41, 0.1), 1}, stop{100, c.base(0.2, 0.06), 1})
	for side := range 2 {
		if side == 1 {
			c.group(`transform="matrix(-1 0 0 1 400 0)"`)
		} else {
			c.group(`stroke="none"`)
		}
		for i := range 6 {
			k := float64(i)
			left, w := k*25-6, 32.0
			foot := left*0.62 - 8
			bulge := c.between(-6, 12)
			c.path(fmt.Sprintf("M%s 0h%sC%s 220 %s 330 %s 548h-%sC%s 330 %s 220 %s 0z", num(left), num(w),
				num(left+w+bulge), num(foot+w+10), num(foot+w), num(w), num(foot+10), num(left+bulge), num(left)), fold, "")
		}
		c.end()
	}
	var swag strings.Builder
	swag.WriteString("M0 0h400v46")
	for range 5 {
		swag.WriteString("q-40 62-80 0")
	}
	swag.WriteString("z")
	c.path(swag.String(), c.vertical(stop{0, c.base(0.3, 0.08), 1}, stop{100, c.base(0.48, 0.115), 1}), "")
	c.group(fmt.Sprintf(`fill="none" stroke="%s" stroke-width="3"`, c.light(0.8, 0.12)))
	c.path("M400 46q-40 62-80 0q-40 62-80 0q-40 62-80 0q-40 62-80 0q-40 62-80 0", "none", "")
	c.end()
}

// rain: slanting copper over a flat country with a weather mast.
func rain(c *canvas) {
	c.sky(c.base(0.2, 0.045), c.base(0.36, 0.07), c.base(0.25, 0.05))
	c.glow(c.between(230, 320), 330, 210, c.light(0.75, 0.13), 0.5)
	for i := range 4 {
		k := float64(i)
		y := 66 + k*34
		var d strings.Builder
		for x := -60.0; x < Width+40; x += c.between(54, 84) {
			fmt.Fprintf(&d, "M%d %da%d %d 0 1 0 .1 0", int(x), int(y), int(c.between(44, 62)), int(c.between(24, 34)))
		}
		c.path(d.String(), c.base(0.4-k*0.055, 0.06), ` opacity=".75"`)
	}
	c.path(c.hills(384, 12, 3), c.base(0.22, 0.045), "")
	c.path(c.hills(424, 16, 2), c.base(0.17, 0.035), "")
	mast := c.between(90, 140)
	c.group(fmt.Sprintf(`stroke="%s" stroke-width="3" fill="none"`, c.base(0.11, 0.02)))
	c.path(fmt.Sprintf("M%d 430l14-170 14 170M%d 396h20M%d 350h14M%d 304h8M%d 260h40m-40 0l-24-8", int(mast), int(mast+4), int(mast+7), int(mast+10), int(mast+14)), "none", "")
	c.end()
	c.circle(mast+56, 260, 6, c.light(0.86, 0.13), "")
	for layer := range 3 {
		k := float64(layer)
		var d strings.Builder
		for range 40 {
			l := c.between(14, 30) + k*8
			fmt.Fprintf(&d, "M%d %dl-%d %d", c.rng.IntN(Width+60), 120+c.rng.IntN(440), int(l*0.36), int(l))
		}
		c.path(d.String(), "none", fmt.Sprintf(` stroke="%s" stroke-width="%s" stroke-linecap="round" opacity="%s"`,
			c.light(0.62+k*0.11, 0.13), num(1.2+k*0.6), num(0.45+k*0.25)))
	}
}

// kites: diamonds with long tails over fields.
func kites(c *canvas) {
	c.sky(c.base(0.36, 0.09), c.base(0.66, 0.12), c.base(0.4, 0.09))
	c.group(fmt.Sprintf(`fill="%s" opacity=".35"`, c.base(0.93, 0.05)))
	for range 4 {
		fmt.Fprintf(&c.body, `<ellipse cx="%d" cy="%d" rx="%d" ry="%d"/>`, c.rng.IntN(Width), 60+c.rng.IntN(300), 50+c.rng.IntN(60), 7+c.rng.IntN(9))
	}
	c.end()
	for i := range 4 {
		k := float64(i)
		c.path(c.hills(404+k*44, 15, 3), c.base(0.5-k*0.085, 0.1-k*0.015), "")
	}
	hand := c.between(180, 240)
	for i, p := range [][3]float64{{284, 130, 1.6}, {120, 214, 1.1}, {314, 300, 0.75}, {64, 90, 0.6}} {
		x, y, s := p[0]+c.between(-16, 16), p[1]+c.between(-14, 14), p[2]
		hue := c.hue + 185 + float64(i)*38
		c.path(fmt.Sprintf("M%s %sQ%s %s %s 470", num(x), num(y+20*s), num((x+hand)/2+30), num(y+190), num(hand+float64(i)*5)), "none",
			fmt.Sprintf(` stroke="%s" stroke-width="1" opacity=".7"`, c.base(0.95, 0.03)))
		c.group(fmt.Sprintf(`transform="translate(%s %s) rotate(%s) scale(%s)"`, num(x), num(y), num(c.between(14, 34)), num(s)))
		c.path("M0 -46L32 0 0 62-32 0z", oklch(0.8, 0.14, hue), "")
		c.path("M0 -46L32 0H0zM0 62L-32 0H0z", oklch(0.62, 0.15, hue), "")
		c.path("M0 62q22 26 0 50t0 50t-8 44", "none", fmt.Sprintf(` stroke="%s" stroke-width="3"`, oklch(0.86, 0.1, hue)))
		c.path("M-2 88l-14-8v16zl14-8v16zM-2 138l-14-8v16zl14-8v16z", oklch(0.86, 0.1, hue), "")
		c.end()
	}
}

// stairs: flights that turn back on themselves, a lit door at the top.
func stairs(c *canvas) {
	c.sky(c.base(0.22, 0.06), c.base(0.34, 0.1), c.base(0.18, 0.05))
	c.path("M236 0L400 0V420z", c.light(0.85, 0.1), ` opacity=".1"`)
	door := c.between(256, 276)
	c.glow(door+22, 92, 170, c.light(0.86, 0.13), 0.65)
	c.rect(box{door, 44, 46, 86}, c.light(0.9, 0.11), "")
	c.circle(door+38, 92, 3, c.light(0.5, 0.1), "")
	for flight := range 4 {
		k := float64(flight)
		left := flight%2 == 0
		y0 := 130 + k*112
		tread := c.base(0.62-k*0.08, 0.13-k*0.012)
		riser := c.base(0.44-k*0.06, 0.11-k*0.012)
		c.flight(y0, left, tread, riser)
	}
	figure := c.light(0.9, 0.11)
	c.circle(150, 186, 8, figure, "")
	c.path("M142 198q8-6 16 0l4 34h-8l-2 26h-8l-2-26h-6z", figure, "")
	c.circle(262, 316, 8, c.base(0.12, 0.03), "")
	c.path("M254 328q8-6 16 0l4 34h-8l-2 22h-8l-2-22h-6z", c.base(0.12, 0.03), "")
}

// flight is nine steps down, from the right wall to the left one or back.
func (c *canvas) flight(y float64, left bool, tread, riser string) {
	var front, top strings.Builder
	const n = 8
	for i := range n {
		k := float64(i)
		x, w := 312-k*30, 30.0
		if !left {
			x = 58 + k*30
		}
		h := y + k*14
		fmt.Fprintf(&top, "M%d %dh%dl-8 7h-%dz", int(x+8), int(h), int(w), int(w))
		fmt.Fprintf(&front, "M%d %dh%dv22h-%dz", int(x), int(h+7), int(w), int(w))
	}
	c.path(front.String(), riser, "")
	c.path(top.String(), tread, "")
	rail := fmt.Sprintf("M346 %dL102 %d", int(y-44), int(y+70))
	if !left {
		rail = fmt.Sprintf("M62 %dL306 %d", int(y-44), int(y+70))
	}
	c.path(rail, "none", fmt.Sprintf(` stroke="%s" stroke-width="4" stroke-linecap="round"`, c.light(0.7, 0.1)))
}

// boats: small craft on still water, each with its reflection.
func boats(c *canvas) {
	c.sky(c.base(0.4, 0.09), c.light(0.72, 0.08), c.base(0.3, 0.08))
	c.circle(c.between(110, 170), 170, 40, c.light(0.9, 0.1), "")
	c.path(c.hills(262, 16, 4), c.base(0.42, 0.08), "")
	c.rect(box{0, 286, Width, 314}, c.vertical(stop{0, c.base(0.6, 0.09), 1}, stop{100, c.base(0.24, 0.07), 1}), "")
	c.group(fmt.Sprintf(`stroke="%s" stroke-width="2" stroke-linecap="round" opacity=".5"`, c.base(0.86, 0.05)))
	for i := range 26 {
		y := 294 + i*11
		x := c.rng.IntN(Width)
		fmt.Fprintf(&c.body, `<path d="M%d %dh%d"/>`, x, y, 14+c.rng.IntN(50))
	}
	c.end()
	for i, p := range [][3]float64{{92, 318, 0.6}, {300, 342, 0.8}, {166, 398, 1.15}, {318, 452, 1.3}} {
		x, s := p[0]+c.between(-18, 18), p[2]
		hue := c.hue + 150 + float64(i)*32
		for mirror := range 2 {
			flip, fade := s, ""
			if mirror == 1 {
				flip, fade = -s*0.8, ` opacity=".28"`
			}
			c.group(fmt.Sprintf(`transform="translate(%s %s) scale(%s %s)"%s`, num(x), num(p[1]), num(s), fmt.Sprintf("%.2f", flip), fade))
			c.path("M-52 -22h104l-16 24h-70z", oklch(0.5, 0.14, hue), "")
			c.path("M-52 -22h104l-4 6h-96z", oklch(0.92, 0.04, hue), "")
			c.rect(box{-22, -48, 34, 26}, oklch(0.9, 0.05, hue), ` rx="3"`)
			c.rect(box{-16, -42, 9, 9}, oklch(0.4, 0.09, c.hue), "")
			c.rect(box{-3, -42, 9, 9}, oklch(0.4, 0.09, c.hue), "")
			c.rect(box{16, -60, 9, 38}, oklch(0.66, 0.16, hue), "")
			c.rect(box{16, -60, 9, 8}, oklch(0.3, 0.05, hue), "")
			if mirror == 0 {
				c.circle(26, -72, 7, c.base(0.9, 0.03), ` opacity=".5"`)
				c.circle(36, -86, 10, c.base(0.9, 0.03), ` opacity=".35"`)
			}
			c.end()
		}
	}
}
