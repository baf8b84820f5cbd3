package poster

import (
	"fmt"
	"math"
)

// oklch gives the sRGB colour of a lightness (0–1), chroma and hue (degrees). A colour outside sRGB loses chroma until it fits, which
// keeps lightness and hue, and with them the contrast that the palette was made for.
func oklch(l, c, h float64) string {
	for ; c > 0; c -= 0.004 {
		if r, g, b := linear(l, c, h); inside(r) && inside(g) && inside(b) {
			break
		}
	}
	r, g, b := linear(l, max(c, 0), h)
	return fmt.Sprintf("#%02x%02x%02x", channel(r), channel(g), channel(b))
}

// linear is Björn Ottosson's OKLab, to linear-light sRGB.
func linear(l, c, h float64) (r, g, b float64) {
	sin, cos := math.Sincos(h * math.Pi / 180)
	a, bb := c*cos, c*sin
	cube := func(v float64) float64 { return v * v * v }
	l1 := cube(l + 0.3963377774*a + 0.2158037573*bb)
	m1 := cube(l - 0.1055613458*a - 0.0638541728*bb)
	s1 := cube(l - 0.0894841775*a - 1.2914855480*bb)
	return 4.0767416621*l1 - 3.3077115913*m1 + 0.2309699292*s1,
		-1.2684380046*l1 + 2.6097574011*m1 - 0.3413193965*s1,
		-0.0041960863*l1 - 0.7034186147*m1 + 1.7076147010*s1
}

func inside(v float64) bool { return v >= -0.0005 && v <= 1.0005 }

// channel applies the sRGB transfer curve.
func channel(v float64) int {
	v = min(max(v, 0), 1)
	if v <= 0.0031308 {
		v *= 12.92
	} else {
		v = 1.055*math.Pow(v, 1/2.4) - 0.055
	}
	return int(math.Round(v * 255))
}
