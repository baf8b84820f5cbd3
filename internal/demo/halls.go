package demo

import (
	"fmt"
	"math"
	"time"

	"cinema/internal/catalog"
	"cinema/internal/ident"
)

// Distances of the halls' plans, in seat pitches.
const (
	rowPitch  = 1.2
	crossGap  = 0.9 // more room before a row that is drawn with a leading dash
	firstRow  = 3.4
	aisle     = 1.0
	sideSpace = 1.5
)

const cinemaID ident.Cinema = "cin_demo_lumen"

// hall is an auditorium as it is drawn: a picture per row, front row first.
type hall struct {
	key     string // in identifiers
	room    catalog.Auditorium
	formats []string
	rows    []string
	curve   float64 // how far the ends of a row bend towards the screen, in pitches per ten seats squared
	opens   time.Duration
}

// In a picture s is a standard seat, p a premium one, L a love seat (two places), w a wheelchair space, c a companion seat of the space to its left,
// C of the space to its right, a blank an aisle, a full stop a place without a seat and a comma half of one; a leading dash leaves a
// cross-aisle before the row.
func halls() []hall {
	room := func(key, name, access string, turnaround time.Duration, attributes ...string) catalog.Auditorium {
		return catalog.Auditorium{
			ID: ident.Auditorium("aud_demo_" + key), Cinema: cinemaID, Name: name,
			Attributes: attributes, Accessibility: access, Turnaround: turnaround,
		}
	}
	return []hall{
		{
			key: "loft", curve: 2.2, opens: 10 * time.Hour,
			room: room("loft", "The Loft", "Step-free by lift; wheelchair spaces in row E.", 15*time.Minute, "Love seats"),
			rows: []string{".ss ssssss ss.", ".ss ssssss ss.", ".ss ssssss ss.", "ppp pppppp ppp", "-wcs ssssss sCw", ".L LLL L."},
		},
		{
			key: "studio", curve: 0.6, opens: 9*time.Hour + 40*time.Minute,
			room: room("studio", "Studio", "Step-free from the foyer; wheelchair spaces in row D.", 15*time.Minute),
			rows: []string{
				"ssss ssssss ssss", "ssss ssssss ssss", "ssss ssssss ssss", "-wcss ssssss ssCw", "ssss ssssss ssss",
				"ssss ssssss ssss", "ssss ssssss ssss", "pppp pppppp pppp", "pppp pppppp pppp", "ssss ssssss ssss",
			},
		},
		{
			key: "gallery", curve: 0.5, opens: 9*time.Hour + 25*time.Minute, formats: []string{"Laser"},
			room: room("gallery", "Gallery", "Step-free from the foyer; wheelchair spaces in rows E and K.", 15*time.Minute, "Laser"),
			rows: []string{
				"ssss ssssssssssss ssss", "ssss ssssssssssss ssss", "ssss ssssssssssss ssss", "ssss ssssssssssss ssss",
				"-wcss ssssssssssss ssCw", "ssss ssssssssssss ssss", "ssss ssssssssssss ssss", "ssss ssssssssssss ssss",
				"ssss ssssssssssss ssss", "pppp pppppppppppp pppp", "-wccs pppppppppppp sCCw", "pppp pppppppppppp pppp",
				"ssss ssssssssssss ssss", "ssss ssssssssssss ssss", "LL LLLLLL LL",
			},
		},
		{
			key: "grand", curve: 0.55, opens: 9*time.Hour + 10*time.Minute, formats: []string{"Large screen", "Laser", "Spatial sound"},
			room: room("grand", "Grand", "Step-free from the foyer to rows A and G; lift to row M.", 20*time.Minute, "Large screen", "Laser", "Spatial sound"),
			rows: []string{
				".sssss .ssssssssssss. sssss.", ".sssss .ssssssssssss. sssss.", ".sssss .ssssssssssss. sssss.",
				"ssssss ssssssssssssss ssssss", "ssssss ssssssssssssss ssssss", "ssssss ssssssssssssss ssssss",
				"-wcssss ssssssssssssss ssssCw", "ssssss ssssssssssssss ssssss", "ssssss ssssssssssssss ssssss",
				"ssssss ssssssssssssss ssssss", "ssssss ssssssssssssss ssssss", "ssssss pppppppppppppp ssssss",
				"-wccsss pppppppppppppp sssCCw", "ssssss pppppppppppppp ssssss", "ssssss pppppppppppppp ssssss",
				"ssssss ssssssssssssss ssssss", "ssssss ssssssssssssss ssssss", "ssssss ssssssssssssss ssssss",
				"ssssss ssssssssssssss ssssss", "ssssss ,.sssssssssss., ssssss",
			},
		},
	}
}

// layout publishes the hall's plan.
func (h hall) layout() (*catalog.Layout, error) {
	l := &catalog.Layout{ID: ident.Layout("lay_demo_" + h.key + "_1"), Auditorium: h.room.ID, Version: 1}
	y, widest := firstRow, 0.0
	var widths []float64
	for i, picture := range h.rows {
		if picture[0] == '-' {
			picture = picture[1:]
			y += crossGap
		}
		row, width := drawRow(string(rune('A'+i)), picture, y)
		widest = max(widest, width)
		widths = append(widths, width)
		l.Rows = append(l.Rows, row)
		y += rowPitch
	}
	l.Width = round(widest + 2*sideSpace)
	for i, row := range l.Rows {
		h.place(row, widths[i], l.Width/2)
	}
	l.Height = round(y + 0.5)
	l.ScreenWidth = round(l.Width * 0.7)
	l.ScreenX, l.ScreenY = round((l.Width-l.ScreenWidth)/2), 0.8
	l.Features = h.features(l)
	return catalog.NewLayout(l)
}

// place centres a row on the hall's axis and bends it towards the screen.
func (h hall) place(row catalog.Row, width, axis float64) {
	shift := axis - width/2
	for i := range row.Seats {
		s := &row.Seats[i]
		s.X = round(s.X + shift)
		away := (s.X - axis) / 10
		s.Y = round(s.Y - h.curve*away*away)
	}
}

// features are the doors beside the screen and the aisles of a row in the middle.
func (h hall) features(l *catalog.Layout) []catalog.Feature {
	out := []catalog.Feature{
		{Kind: "door", X: 0, Y: 1.4, W: 0.4, H: 1.4},
		{Kind: "door", X: round(l.Width - 0.4), Y: 1.4, W: 0.4, H: 1.4},
	}
	row := l.Rows[len(l.Rows)/2]
	top, bottom := l.Rows[0].Seats[0].Y, l.Height-0.5
	for _, g := range row.Gaps {
		left := (row.Seats[g-1].X + row.Seats[g].X) / 2
		out = append(out, catalog.Feature{Kind: "aisle", X: round(left - 0.4), Y: round(top), W: 0.8, H: round(bottom - top)})
	}
	return out
}

// drawRow reads a picture; X counts from the row's left end, whose width it tells too.
func drawRow(label, picture string, y float64) (row catalog.Row, width float64) {
	row = catalog.Row{Label: label}
	x := 0.5
	add := func(kind catalog.SeatKind, category string) {
		n := len(row.Seats) + 1
		id := ident.Seat(fmt.Sprintf("%s%d", label, n))
		row.Seats = append(row.Seats, catalog.Seat{ID: id, Row: label, Number: n, X: x, Y: y, Kind: kind, Category: category})
		x++
	}
	for _, c := range picture {
		switch c {
		case 's':
			add(catalog.Standard, "standard")
		case 'p':
			add(catalog.Premium, "premium")
		case 'w':
			add(catalog.Wheelchair, "standard")
		case 'c', 'C':
			add(catalog.Companion, "standard")
		case 'L':
			add(catalog.Couple, "couple")
			add(catalog.Couple, "couple")
		case ' ':
			row.Gaps = append(row.Gaps, len(row.Seats))
			x += aisle
		case '.':
			x++
		case ',':
			x += 0.5
		}
	}
	pairSeats(row)
	return row, x - 0.5
}

// pairSeats joins love seats two by two and companion seats to the nearest space of their row.
func pairSeats(row catalog.Row) {
	for i := range row.Seats {
		s := &row.Seats[i]
		switch s.Kind {
		case catalog.Couple:
			if s.Pair == "" {
				other := &row.Seats[i+1]
				s.Pair, other.Pair = other.ID, s.ID
			}
		case catalog.Companion:
			least := math.Inf(1)
			for _, o := range row.Seats {
				if d := math.Abs(o.X - s.X); o.Kind == catalog.Wheelchair && d < least {
					least, s.Pair = d, o.ID
				}
			}
		case catalog.Standard, catalog.Premium, catalog.Wheelchair:
		}
	}
}

// round keeps measures short on the wire: a hundredth of a pitch is less than a centimetre.
func round(v float64) float64 { return math.Round(v*100) / 100 }
