package demo

import (
	"cinema/internal/catalog"
	"cinema/internal/ident"
	"cinema/internal/money"
)

const currency = "GBP"

// Price cards by what decides them.
const (
	cardDay        ident.PriceCard = "pc_demo_day"
	cardEvening    ident.PriceCard = "pc_demo_evening"
	cardDayLarge   ident.PriceCard = "pc_demo_day_large"
	cardNightLarge ident.PriceCard = "pc_demo_evening_large"
)

// What every price contains beside the seat, in pence.
const (
	bookingFee  = 75
	largeScreen = 300
)

func priceCards() ([]catalog.PriceCard, error) {
	var out []catalog.PriceCard
	for _, c := range []struct {
		id    ident.PriceCard
		name  string
		seat  int64 // an adult's standard seat without fees
		large bool
	}{
		{cardDay, "Weekday before five", 825, false},
		{cardEvening, "Evenings and weekends", 1125, false},
		{cardDayLarge, "Weekday before five, large screen", 825, true},
		{cardNightLarge, "Evenings and weekends, large screen", 1125, true},
	} {
		card, err := catalog.NewPriceCard(priceCard(c.id, c.name, c.seat, c.large))
		if err != nil {
			return nil, err
		}
		out = append(out, card)
	}
	return out, nil
}

func priceCard(id ident.PriceCard, name string, seat int64, large bool) catalog.PriceCard {
	card := catalog.PriceCard{ID: id, Name: name, Currency: currency, Types: []catalog.TicketType{
		{ID: "adult", Name: "Adult", Default: true},
		{ID: "child", Name: "Child (up to 14)", MaxAge: 14},
		{ID: "student", Name: "Student", Proof: true},
		{ID: "senior", Name: "Senior (60 and over)", Proof: true},
		{ID: catalog.TypeCompanion, Name: "Companion", Proof: true, Kinds: []catalog.SeatKind{catalog.Companion}},
	}}
	for _, category := range []struct {
		id    string
		extra int64
	}{{"standard", 0}, {"premium", 300}, {"couple", 400}} {
		for _, t := range card.Types {
			seatPart := (seat + category.extra) * share(t.ID) / 100
			parts := []catalog.Part{{Label: "Seat", Amount: seatPart}}
			if t.ID != catalog.TypeCompanion {
				if large {
					parts = append(parts, catalog.Part{Label: "Large screen", Amount: largeScreen})
				}
				parts = append(parts, catalog.Part{Label: "Booking fee", Amount: bookingFee})
			}
			total := int64(0)
			for _, p := range parts {
				total += p.Amount
			}
			card.Prices = append(card.Prices, catalog.Price{
				Category: category.id, TicketType: t.ID, Amount: money.Amount{Minor: total, Currency: currency}, Includes: parts,
			})
		}
	}
	return card
}

// share is what a ticket type pays of the seat, in per cent.
func share(ticketType string) int64 {
	switch ticketType {
	case "child":
		return 60
	case "student", "senior":
		return 80
	case catalog.TypeCompanion:
		return 0
	default:
		return 100
	}
}
