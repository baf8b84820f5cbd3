package storesqlite

import (
	"cinema/internal/catalog"
	"cinema/internal/ident"
	"cinema/internal/money"
)

// planDoc is a seat layout as it is stored. A published plan never changes, so neither may the meaning of a field here.
type planDoc struct {
	Width       float64      `json:"width"`
	Height      float64      `json:"height"`
	ScreenX     float64      `json:"screen_x"`
	ScreenY     float64      `json:"screen_y"`
	ScreenWidth float64      `json:"screen_width"`
	Rows        []rowDoc     `json:"rows"`
	Features    []featureDoc `json:"features,omitempty"`
}

type rowDoc struct {
	Label string    `json:"label"`
	Seats []seatDoc `json:"seats"`
	Gaps  []int     `json:"gaps,omitempty"`
}

type seatDoc struct {
	ID       ident.Seat       `json:"id"`
	Row      string           `json:"row"`
	Number   int              `json:"number"`
	X        float64          `json:"x"`
	Y        float64          `json:"y"`
	Kind     catalog.SeatKind `json:"kind"`
	Category string           `json:"category"`
	Pair     ident.Seat       `json:"pair,omitempty"`
	Blocked  bool             `json:"blocked,omitempty"`
}

type featureDoc struct {
	Kind string  `json:"kind"`
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	W    float64 `json:"w"`
	H    float64 `json:"h"`
}

func toPlan(l *catalog.Layout) planDoc {
	d := planDoc{Width: l.Width, Height: l.Height, ScreenX: l.ScreenX, ScreenY: l.ScreenY, ScreenWidth: l.ScreenWidth}
	for _, r := range l.Rows {
		row := rowDoc{Label: r.Label, Gaps: r.Gaps}
		for _, s := range r.Seats {
			row.Seats = append(row.Seats, seatDoc(s))
		}
		d.Rows = append(d.Rows, row)
	}
	for _, f := range l.Features {
		d.Features = append(d.Features, featureDoc(f))
	}
	return d
}

func (d planDoc) into(l *catalog.Layout) {
	l.Width, l.Height, l.ScreenX, l.ScreenY, l.ScreenWidth = d.Width, d.Height, d.ScreenX, d.ScreenY, d.ScreenWidth
	for _, r := range d.Rows {
		row := catalog.Row{Label: r.Label, Gaps: r.Gaps}
		for _, s := range r.Seats {
			row.Seats = append(row.Seats, catalog.Seat(s))
		}
		l.Rows = append(l.Rows, row)
	}
	for _, f := range d.Features {
		l.Features = append(l.Features, catalog.Feature(f))
	}
}

type ratingDoc struct {
	Code   string `json:"code"`
	MinAge int    `json:"min_age"`
	Notice string `json:"notice"`
	Tick   bool   `json:"tick"`
}

type ticketTypeDoc struct {
	ID      string             `json:"id"`
	Name    string             `json:"name"`
	MaxAge  int                `json:"max_age,omitempty"`
	Proof   bool               `json:"proof,omitempty"`
	Default bool               `json:"default,omitempty"`
	Kinds   []catalog.SeatKind `json:"kinds,omitempty"`
}

type priceDoc struct {
	Category   string    `json:"category"`
	TicketType string    `json:"ticket_type"`
	Amount     int64     `json:"amount"`
	Currency   string    `json:"currency"`
	Includes   []partDoc `json:"includes,omitempty"`
}

func toTicketTypes(types []catalog.TicketType) []ticketTypeDoc {
	var out []ticketTypeDoc
	for _, t := range types {
		out = append(out, ticketTypeDoc(t))
	}
	return out
}

func fromTicketTypes(docs []ticketTypeDoc) []catalog.TicketType {
	var out []catalog.TicketType
	for _, d := range docs {
		out = append(out, catalog.TicketType(d))
	}
	return out
}

func toPrices(prices []catalog.Price) []priceDoc {
	var out []priceDoc
	for _, p := range prices {
		out = append(out, priceDoc{
			Category: p.Category, TicketType: p.TicketType, Amount: p.Amount.Minor, Currency: p.Amount.Currency, Includes: toParts(p.Includes),
		})
	}
	return out
}

func fromPrices(docs []priceDoc) []catalog.Price {
	var out []catalog.Price
	for _, d := range docs {
		out = append(out, catalog.Price{
			Category: d.Category, TicketType: d.TicketType, Amount: money.Of(d.Amount, d.Currency), Includes: fromParts(d.Includes),
		})
	}
	return out
}
