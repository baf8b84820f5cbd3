package catalog

import (
	"fmt"
	"slices"

	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/money"
)

// TypeCompanion is the ticket type that companion seats take by default, on cards that have it.
const TypeCompanion = "companion"

// TicketChoice says who sits on a seat. An empty type means the default of that seat.
type TicketChoice struct {
	Seat       ident.Seat
	TicketType string
}

// QuoteLine is the all-in price of one seat.
type QuoteLine struct {
	Seat       ident.Seat
	TicketType string
	Name       string // of the ticket type
	Category   string
	Price      money.Amount
	Includes   []Part // what the price contains; the card's, not to be changed
}

// Quote is what a choice of seats costs, all-in.
type Quote struct {
	Total money.Amount
	Lines []QuoteLine
}

// NewPriceCard checks a card: types and prices known, unique and not negative, in the card's currency, every part of a price
// adding up to it, exactly one default type, and the default priced in every category.
func NewPriceCard(c PriceCard) (PriceCard, error) {
	defaults := 0
	for i, t := range c.Types {
		if t.ID == "" || t.Name == "" || slices.ContainsFunc(c.Types[:i], func(o TicketType) bool { return o.ID == t.ID }) {
			return PriceCard{}, fmt.Errorf("price card %s: ticket type %q is nameless or used twice", c.ID, t.ID)
		}
		if t.Default {
			defaults++
		}
	}
	if defaults != 1 {
		return PriceCard{}, fmt.Errorf("price card %s: %d default ticket types", c.ID, defaults)
	}
	for i, p := range c.Prices {
		if err := c.checkPrice(p, c.Prices[:i]); err != nil {
			return PriceCard{}, fmt.Errorf("price card %s: %s %s: %w", c.ID, p.Category, p.TicketType, err)
		}
	}
	return c, nil
}

func (c PriceCard) checkPrice(p Price, before []Price) error {
	if _, ok := c.Type(p.TicketType); !ok {
		return fmt.Errorf("unknown ticket type")
	}
	if slices.ContainsFunc(before, func(o Price) bool { return o.Category == p.Category && o.TicketType == p.TicketType }) {
		return fmt.Errorf("priced twice")
	}
	if p.Amount.Minor < 0 || p.Amount.Currency != c.Currency {
		return fmt.Errorf("amount %s", p.Amount)
	}
	sum := int64(0)
	for _, part := range p.Includes {
		sum += part.Amount
	}
	if len(p.Includes) > 0 && sum != p.Amount.Minor {
		return fmt.Errorf("parts add up to %d of %d", sum, p.Amount.Minor)
	}
	if _, ok := c.Price(p.Category, c.Default().ID); !ok {
		return fmt.Errorf("the default type has no price here")
	}
	return nil
}

// Price finds the all-in price of a category for a ticket type.
func (c PriceCard) Price(category, ticketType string) (Price, bool) {
	for _, p := range c.Prices {
		if p.Category == category && p.TicketType == ticketType {
			return p, true
		}
	}
	return Price{}, false
}

// Type finds a ticket type.
func (c PriceCard) Type(id string) (TicketType, bool) {
	for _, t := range c.Types {
		if t.ID == id {
			return t, true
		}
	}
	return TicketType{}, false
}

// Default is the ticket type of a seat nobody chose a type for.
func (c PriceCard) Default() TicketType {
	for _, t := range c.Types {
		if t.Default {
			return t
		}
	}
	return TicketType{}
}

// From is the lowest price for the default ticket type.
func (c PriceCard) From() (money.Amount, bool) {
	var low money.Amount
	found := false
	def := c.Default().ID
	for _, p := range c.Prices {
		if p.TicketType == def && (!found || p.Amount.Minor < low.Minor) {
			low, found = p.Amount, true
		}
	}
	return low, found
}

// Allows tells whether a ticket type may sit on a kind of seat.
func (t TicketType) Allows(kind SeatKind) bool {
	return len(t.Kinds) == 0 || slices.Contains(t.Kinds, kind)
}

// DefaultType is the ticket type of a seat nobody chose a type for: the companion's on a companion seat where the card has one.
func (c PriceCard) DefaultType(s Seat) string {
	if s.Kind == Companion {
		if t, ok := c.Type(TypeCompanion); ok && t.Allows(s.Kind) {
			if _, priced := c.Price(s.Category, t.ID); priced {
				return t.ID
			}
		}
	}
	return c.Default().ID
}

// Quoted prices a choice of seats. Faults: invalid_ticket_type (Invalid, with the seat) for a type that the card does not know, has
// no price for or does not allow there; invalid_seat_ids (Invalid) for a seat of another hall.
func Quoted(d *Detail, choices []TicketChoice) (Quote, error) {
	q := Quote{Total: money.Amount{Currency: d.PriceCard.Currency}, Lines: make([]QuoteLine, 0, len(choices))}
	for _, c := range choices {
		line, err := d.quoteLine(c)
		if err != nil {
			return Quote{}, err
		}
		total, err := q.Total.Add(line.Price)
		if err != nil {
			return Quote{}, fmt.Errorf("quote %s: %w", d.Showtime.ID, err)
		}
		q.Total = total
		q.Lines = append(q.Lines, line)
	}
	return q, nil
}

// DefaultChoices gives every seat its default ticket type.
func DefaultChoices(seats []ident.Seat) []TicketChoice {
	out := make([]TicketChoice, len(seats))
	for i, s := range seats {
		out[i] = TicketChoice{Seat: s}
	}
	return out
}

func (d *Detail) quoteLine(c TicketChoice) (QuoteLine, error) {
	seat, ok := d.Layout.Seat(c.Seat)
	if !ok {
		return QuoteLine{}, fault.New(fault.Invalid, "invalid_seat_ids", "This hall has no such seat.").With("seat_ids", []ident.Seat{c.Seat})
	}
	id := c.TicketType
	if id == "" {
		id = d.PriceCard.DefaultType(seat)
	}
	t, ok := d.PriceCard.Type(id)
	if !ok || !t.Allows(seat.Kind) {
		return QuoteLine{}, badType(c.Seat, id)
	}
	p, ok := d.PriceCard.Price(seat.Category, id)
	if !ok {
		return QuoteLine{}, badType(c.Seat, id)
	}
	return QuoteLine{Seat: seat.ID, TicketType: t.ID, Name: t.Name, Category: seat.Category, Price: p.Amount, Includes: p.Includes}, nil
}

func badType(seat ident.Seat, ticketType string) error {
	return fault.New(fault.Invalid, "invalid_ticket_type", "This ticket type is not sold for this seat.").
		With("seat_ids", []ident.Seat{seat}).With("ticket_type", ticketType)
}
