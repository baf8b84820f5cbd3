package ticket

import (
	"bytes"
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// Page geometry, in millimetres: a quarter-sheet card per ticket, so that a party fits on few pages.
const (
	pageMargin  = 15.0
	cardHeight  = 78.0
	cardGap     = 6.0
	cardPadding = 6.0
	codeSide    = 50.0
	perPage     = 3
)

// PDF prints the tickets, three to an A4 page. The core fonts know Western European letters; other Latin ones lose their marks, and
// the rest is replaced by a dot. A door reads the code, and people the seat, which are always plain.
func PDF(d Document) ([]byte, error) {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCreationDate(d.Issued)
	f.SetModificationDate(d.Issued)
	f.SetCatalogSort(true)
	f.SetTitle(d.Film+" – "+d.Reference, true)
	f.SetAuthor(d.Cinema, true)
	f.SetMargins(pageMargin, pageMargin, pageMargin)
	f.SetAutoPageBreak(false, 0)
	cp1252 := f.UnicodeTranslatorFromDescriptor("cp1252")
	letters := plain()
	p := page{f: f, latin: func(s string) string { return cp1252(letters.Replace(s)) }}
	for i, a := range d.Admissions {
		if i%perPage == 0 {
			f.AddPage()
		}
		if err := p.card(d, a, pageMargin+float64(i%perPage)*(cardHeight+cardGap)); err != nil {
			return nil, err
		}
	}
	if len(d.Admissions) == 0 {
		f.AddPage()
		p.text(pageMargin, pageMargin+6, 11, "", "This booking has no valid tickets.")
	}
	var out bytes.Buffer
	if err := f.Output(&out); err != nil {
		return nil, fmt.Errorf("print tickets of %s: %w", d.Booking, err)
	}
	return out.Bytes(), nil
}

// plain takes the marks off Latin letters that the core fonts do not have.
func plain() *strings.Replacer {
	var pairs []string
	for base, marked := range map[string]string{
		"A": "ĀĂĄ", "a": "āăą", "C": "ĆĈĊČ", "c": "ćĉċč", "D": "ĎĐ", "d": "ďđ", "E": "ĒĔĖĘĚ", "e": "ēĕėęě", "G": "ĜĞĠĢ", "g": "ĝğġģ",
		"H": "ĤĦ", "h": "ĥħ", "I": "ĨĪĬĮİ", "i": "ĩīĭįı", "J": "Ĵ", "j": "ĵ", "K": "Ķ", "k": "ķ", "L": "ĹĻĽŁ", "l": "ĺļľł", "N": "ŃŅŇ", "n": "ńņň",
		"O": "ŌŎŐ", "o": "ōŏő", "R": "ŔŖŘ", "r": "ŕŗř", "S": "ŚŜŞȘ", "s": "śŝşș", "T": "ŢŤŦȚ", "t": "ţťŧț", "U": "ŨŪŬŮŰŲ", "u": "ũūŭůűų",
		"W": "Ŵ", "w": "ŵ", "Y": "Ŷ", "y": "ŷ", "Z": "ŹŻ", "z": "źż",
	} {
		for _, r := range marked {
			pairs = append(pairs, string(r), base)
		}
	}
	return strings.NewReplacer(pairs...)
}

type page struct {
	f     *fpdf.Fpdf
	latin func(string) string
}

// place is where a line of text starts and how wide it may get, in millimetres.
type place struct{ x, y, room float64 }

// card prints one ticket with its top edge at y.
func (p page) card(d Document, a Admission, y float64) error {
	width, _ := p.f.GetPageSize()
	inner := width - 2*pageMargin
	p.f.SetDrawColor(120, 120, 120)
	p.f.SetLineWidth(0.2)
	p.f.RoundedRect(pageMargin, y, inner, cardHeight, 3, "1234", "D")
	if err := p.code(a.Code, pageMargin+inner-codeSide-cardPadding, y+cardPadding); err != nil {
		return err
	}
	x, room := pageMargin+cardPadding, inner-codeSide-3*cardPadding
	p.line(place{x, y + 12, room}, 16, "B", d.Film)
	p.line(place{x, y + 19, room}, 9, "", join(" · ", d.Rating, strings.Join(d.Formats, " · ")))
	p.line(place{x, y + 29, room}, 13, "B", d.Start.Format("Monday 2 January 2006, 15:04"))
	p.line(place{x, y + 35, room}, 9, "", "Doors "+d.Doors.Format("15:04")+" · ends about "+d.End.Format("15:04")+" ("+d.Start.Format("MST")+")")
	p.line(place{x, y + 43, room}, 10, "", join(", ", d.Cinema, d.Auditorium))
	p.line(place{x, y + 48, room}, 8, "", d.Address)
	p.text(x, y+61, 24, "B", string(a.Seat))
	p.line(place{x + 32, y + 57, room - 32}, 10, "", join(" · ", a.Type, a.Price.String()))
	if a.Proof {
		p.line(place{x + 32, y + 62, room - 32}, 8, "", "Please have your proof ready at the door.")
	}
	p.line(place{x, y + cardHeight - cardPadding, room}, 8, "", join(" · ", d.Notice, d.Name))
	right := pageMargin + inner - codeSide - cardPadding
	p.line(place{right, y + cardPadding + codeSide + 6, codeSide}, 11, "B", d.Reference)
	p.line(place{right, y + cardPadding + codeSide + 11, codeSide}, 6, "", string(a.ID))
	return nil
}

// code draws a QR as vectors.
func (p page) code(text string, x, y float64) error {
	c, err := matrix(text)
	if err != nil {
		return err
	}
	module := codeSide / float64(c.Size+2*quiet)
	p.f.SetFillColor(0, 0, 0)
	runs(c, func(cx, cy, length int) {
		p.f.Rect(x+float64(cx+quiet)*module, y+float64(cy+quiet)*module, float64(length)*module, module, "F")
	})
	return nil
}

func (p page) text(x, y, size float64, style, s string) {
	p.f.SetTextColor(0, 0, 0)
	p.f.SetFont("Helvetica", style, size)
	p.f.Text(x, y, p.latin(s))
}

// line prints one line and makes the font smaller, then the text shorter, until it fits.
func (p page) line(at place, size float64, style, s string) {
	const smallest = 6
	s = p.latin(s)
	p.f.SetTextColor(0, 0, 0)
	p.f.SetFont("Helvetica", style, size)
	for size > smallest && p.f.GetStringWidth(s) > at.room {
		size--
		p.f.SetFontSize(size)
	}
	for s != "" && p.f.GetStringWidth(s) > at.room {
		s = s[:len(s)-1] // one byte is one letter in cp1252
	}
	p.f.Text(at.x, at.y, s)
}

// join puts a separator between the parts that are not empty.
func join(sep string, parts ...string) string {
	kept := parts[:0]
	for _, s := range parts {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, sep)
}
