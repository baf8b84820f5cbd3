package catalog

import (
	"time"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

// Detail is a showtime with everything that a sale must know of it. It is shared between callers and must not be changed.
type Detail struct {
	Showtime   Showtime
	Cinema     Cinema
	Auditorium Auditorium
	Movie      Movie
	Layout     *Layout
	PriceCard  PriceCard
	Blocked    map[ident.Seat]string // seats out of sale and why: those of the layout and those of this showtime
	Zone       *time.Location        // the cinema's
}

// LocalStart is the advertised start on the cinema's clock.
func (d *Detail) LocalStart() time.Time { return d.Showtime.StartsAt.In(d.Zone) }

// Capacity counts the seats that may be sold at all: those of the layout that are not blocked.
func (d *Detail) Capacity() int { return d.Layout.Len() - len(d.Blocked) }

// Sale tells what a customer sees of the showtime when free seats are left. Only a showtime that is otherwise on sale is sold out.
func Sale(d *Detail, now time.Time, free int) SaleState {
	state := d.Showtime.Sale(now)
	if state == OnSale && free <= 0 {
		return SoldOut
	}
	return state
}

// CheckSale refuses a showtime that cannot be bought at the moment. Faults: not_on_sale (Conflict, with on_sale_at) before sales
// open; sales_closed (Gone, with reason "closed" or "cancelled") afterwards. Whether seats are left is for the seats to say.
func CheckSale(s Showtime, now time.Time) error {
	switch s.Sale(now) {
	case NotYet:
		return fault.New(fault.Conflict, "not_on_sale", "Sales for this showtime have not opened yet.").
			With("on_sale_at", wireTime(s.OnSaleAt))
	case Closed:
		return fault.New(fault.Gone, "sales_closed", "Online sales for this showtime have ended.").With("reason", "closed")
	case Withdrawn:
		return fault.New(fault.Gone, "sales_closed", "This showtime was cancelled.").With("reason", "cancelled")
	case OnSale, SoldOut:
	}
	return nil
}

// wireTime is the contract's form of an instant, for members of problem documents.
func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
