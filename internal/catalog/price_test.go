package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/money"
)

// card prices three categories for four types; premium is not sold to children.
func card(currency string, base int64) catalog.PriceCard {
	c := catalog.PriceCard{ID: "pc_test", Name: "Any day", Currency: currency, Types: []catalog.TicketType{
		{ID: "adult", Name: "Adult", Default: true},
		{ID: "child", Name: "Child", MaxAge: 14},
		{ID: "companion", Name: "Companion", Kinds: []catalog.SeatKind{catalog.Companion}},
	}}
	for i, category := range []string{"standard", "premium", "couple"} {
		adult := base * int64(i+2) / 2
		c.Prices = append(c.Prices, catalog.Price{
			Category: category, TicketType: "adult", Amount: money.Amount{Minor: adult, Currency: currency},
			Includes: []catalog.Part{{Label: "Seat", Amount: adult - adult/10}, {Label: "Booking fee", Amount: adult / 10}},
		})
		if category != "premium" {
			c.Prices = append(c.Prices, catalog.Price{Category: category, TicketType: "child", Amount: money.Amount{Minor: adult / 2, Currency: currency}})
		}
		c.Prices = append(c.Prices, catalog.Price{Category: category, TicketType: "companion", Amount: money.Amount{Currency: currency}})
	}
	return c
}

func detail(l *catalog.Layout, c catalog.PriceCard) *catalog.Detail {
	return &catalog.Detail{Showtime: catalog.Showtime{ID: "st_test"}, Layout: l, PriceCard: c}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	d := detail(hall(t, "sspp", "wc L"), card("EUR", 1000))
	q, err := catalog.Quoted(d, []catalog.TicketChoice{{Seat: "A1"}, {Seat: "A2", TicketType: "child"}, {Seat: "A3"}, {Seat: "B1"}, {Seat: "B2"}})
	require.NoError(t, err)
	assert.Equal(t, money.Amount{Minor: 1000 + 500 + 1500 + 1000, Currency: "EUR"}, q.Total)
	assert.Equal(t, []string{"adult", "child", "adult", "adult", "companion"}, typesOf(q))
	assert.Equal(t, "Booking fee", q.Lines[0].Includes[1].Label)

	for name, c := range map[string]struct {
		choice catalog.TicketChoice
		code   string
	}{
		"unknown type":           {catalog.TicketChoice{Seat: "A1", TicketType: "pirate"}, "invalid_ticket_type"},
		"type without a price":   {catalog.TicketChoice{Seat: "A3", TicketType: "child"}, "invalid_ticket_type"},
		"type of another kind":   {catalog.TicketChoice{Seat: "A1", TicketType: "companion"}, "invalid_ticket_type"},
		"seat of another hall":   {catalog.TicketChoice{Seat: "K9"}, "invalid_seat_ids"},
		"upper case is not type": {catalog.TicketChoice{Seat: "A1", TicketType: "ADULT"}, "invalid_ticket_type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := catalog.Quoted(d, []catalog.TicketChoice{{Seat: "A2"}, c.choice})
			assert.Equal(t, c.code, fault.CodeOf(err))
			assert.Equal(t, fault.Invalid, fault.KindOf(err))
		})
	}
}

// A companion seat takes the ordinary price on a card without a companion type.
func TestQuoted_companion_without_type(t *testing.T) {
	t.Parallel()
	c := card("EUR", 1000)
	c.Types = c.Types[:2]
	q, err := catalog.Quoted(detail(hall(t, "wc"), c), catalog.DefaultChoices(seats("A1", "A2")))
	require.NoError(t, err)
	assert.Equal(t, []string{"adult", "adult"}, typesOf(q))
}

// The total is the sum of the lines in the card's currency, never negative, and the same whatever the order.
func TestQuoted_property(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		currency := rapid.SampledFrom([]string{"EUR", "GBP", "JPY", "KWD"}).Draw(t, "currency")
		c := card(currency, rapid.Int64Range(0, 5_000_000).Draw(t, "base"))
		if _, err := catalog.NewPriceCard(c); err != nil {
			t.Fatal(err)
		}
		d := detail(anyHall(t), c)
		var choices []catalog.TicketChoice
		for _, id := range rapid.Permutation(d.Layout.Seats()).Draw(t, "seats") {
			kind := rapid.SampledFrom([]string{"", "", "adult", "child"}).Draw(t, "type")
			if s, _ := d.Layout.Seat(id); kind == "child" && s.Category == "premium" {
				kind = "adult"
			}
			choices = append(choices, catalog.TicketChoice{Seat: id, TicketType: kind})
		}
		q, err := catalog.Quoted(d, choices)
		if err != nil {
			t.Fatal(err)
		}
		sum := int64(0)
		for i, l := range q.Lines {
			if l.Seat != choices[i].Seat || l.Price.Minor < 0 || l.Price.Currency != currency {
				t.Fatalf("line %+v for %+v", l, choices[i])
			}
			sum += l.Price.Minor
		}
		if q.Total != (money.Amount{Minor: sum, Currency: currency}) {
			t.Fatalf("total %s, lines %d", q.Total, sum)
		}
	})
}

func TestNewPriceCard(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(c *catalog.PriceCard)
		says   string
	}{
		"sound":              {func(*catalog.PriceCard) {}, ""},
		"no default":         {func(c *catalog.PriceCard) { c.Types[0].Default = false }, "0 default"},
		"two defaults":       {func(c *catalog.PriceCard) { c.Types[1].Default = true }, "2 default"},
		"type twice":         {func(c *catalog.PriceCard) { c.Types[1].ID = "adult" }, "used twice"},
		"unknown type":       {func(c *catalog.PriceCard) { c.Prices[0].TicketType = "pirate" }, "unknown ticket type"},
		"priced twice":       {func(c *catalog.PriceCard) { c.Prices[2] = c.Prices[0] }, "priced twice"},
		"negative":           {func(c *catalog.PriceCard) { c.Prices[1].Amount.Minor = -1 }, "amount"},
		"another currency":   {func(c *catalog.PriceCard) { c.Prices[1].Amount.Currency = "USD" }, "amount"},
		"parts do not add":   {func(c *catalog.PriceCard) { c.Prices[0].Amount.Minor++ }, "parts add up"},
		"no adult in a rows": {func(c *catalog.PriceCard) { c.Prices = c.Prices[1:] }, "default type has no price"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pc := card("EUR", 1000)
			c.change(&pc)
			_, err := catalog.NewPriceCard(pc)
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
		})
	}
	low, ok := card("JPY", 1000).From()
	assert.True(t, ok)
	assert.Equal(t, money.Amount{Minor: 1000, Currency: "JPY"}, low)
}

func typesOf(q catalog.Quote) []string {
	out := make([]string, len(q.Lines))
	for i, l := range q.Lines {
		out[i] = l.TicketType
	}
	return out
}
