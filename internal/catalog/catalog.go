// Package catalog is the programme: cinemas, auditoriums with their published seat layouts, movies, showtimes, ticket types and
// price cards, and the rules that follow from them (sale state, business day, seat rules, all-in prices).
package catalog

import (
	"sync/atomic"
	"time"

	"cinema/internal/ident"
	"cinema/internal/money"
)

// Cinema is a site: it has a zone, a currency and a business day of its own.
type Cinema struct {
	ID       ident.Cinema
	Slug     string
	Name     string
	Address  string
	Zone     string        // IANA name
	Currency string        // ISO 4217
	DayCut   time.Duration // local time of day at which the business day changes; 6 h unless the site says otherwise
	Policy   Policy
}

// OrphanRule says what happens to a choice that leaves one free seat alone between taken ones.
type OrphanRule string

// Orphan rules.
const (
	OrphanLenient OrphanRule = "lenient" // warned, the nearest shift offered, never refused
	OrphanStrict  OrphanRule = "strict"  // refused at lock
	OrphanOff     OrphanRule = "off"
)

// Policy is the site's house rules.
type Policy struct {
	Orphan OrphanRule // empty means lenient
}

// Auditorium is a hall.
type Auditorium struct {
	ID            ident.Auditorium
	Cinema        ident.Cinema
	Name          string
	Attributes    []string // neutral format labels: "Laser", "Large screen", "Spatial sound"
	Accessibility string   // a sentence on step-free access
	Turnaround    time.Duration
}

// Rating is an age label with its rule.
type Rating struct {
	Code   string // "All", "8+", "12+", "15+", "18+"
	MinAge int
	Notice string // shown before seat selection and on the ticket; empty: nothing to say
	Tick   bool   // the buyer must declare that everybody is old enough
}

// Movie is a film.
type Movie struct {
	ID       ident.Movie
	Slug     string
	Title    string
	Tagline  string
	Synopsis string
	Runtime  time.Duration
	Genres   []string
	Rating   Rating
	Motif    string // poster generator
	Hue      int    // poster generator, degrees
	Language string // BCP 47
	Tags     []string
}

// ShowtimeStatus is the stored part of a showtime's state; the rest follows from the clock.
type ShowtimeStatus string

// Showtime states.
const (
	Scheduled ShowtimeStatus = "scheduled"
	Cancelled ShowtimeStatus = "cancelled"
)

// Showtime is one screening. It pins one published layout.
type Showtime struct {
	ID           ident.Showtime
	Cinema       ident.Cinema
	Auditorium   ident.Auditorium
	Layout       ident.Layout
	Movie        ident.Movie
	StartsAt     time.Time // advertised start
	EndsAt       time.Time // end of the film: start + trailers + runtime
	ClearsAt     time.Time // hall free again: end + turnaround
	BusinessDate string    // YYYY-MM-DD, the cinema's business day
	Formats      []string
	Language     string
	Subtitles    string
	Tags         []string // "Audio described", "Open captions", "Relaxed"
	OnSaleAt     time.Time
	SalesCloseAt time.Time
	PriceCard    ident.PriceCard
	Status       ShowtimeStatus
	MaxSeats     int // per booking and owner; zero: the product's default
}

// SaleState is what a customer sees of a showtime.
type SaleState string

// Sale states. SoldOut is derived from the seats and never stored.
const (
	NotYet    SaleState = "not_yet"
	OnSale    SaleState = "on_sale"
	Closed    SaleState = "closed"
	SoldOut   SaleState = "sold_out"
	Withdrawn SaleState = "cancelled"
)

// Sale tells the state at an instant, seats aside.
func (s Showtime) Sale(now time.Time) SaleState {
	switch {
	case s.Status == Cancelled:
		return Withdrawn
	case now.Before(s.OnSaleAt):
		return NotYet
	case !now.Before(s.SalesCloseAt):
		return Closed
	default:
		return OnSale
	}
}

// Doors is when the audience may enter.
func (s Showtime) Doors() time.Time { return s.StartsAt.Add(-45 * time.Minute) }

// SeatKind is what sort of place a seat is.
type SeatKind string

// Seat kinds.
const (
	Standard   SeatKind = "standard"
	Premium    SeatKind = "premium"
	Couple     SeatKind = "couple"     // half of a love seat; sold as a unit with Pair
	Wheelchair SeatKind = "wheelchair" // a space without a chair
	Companion  SeatKind = "companion"  // belongs to a wheelchair space (Pair); only sold with it
)

// Seat is one place of a layout. X and Y are its centre in seat pitches (one pitch is the distance between neighbours), from the
// layout's top left corner; the screen is at the top.
type Seat struct {
	ID       ident.Seat
	Row      string
	Number   int
	X, Y     float64
	Kind     SeatKind
	Category string     // price category
	Pair     ident.Seat // couple: the other half; companion: its wheelchair space
	Blocked  bool       // out of sale in every showtime of this layout
}

// Row is seats side by side, in the order they stand. A gap (an aisle) between two seats breaks their adjacency.
type Row struct {
	Label string
	Seats []Seat
	Gaps  []int // indexes i with an aisle between Seats[i-1] and Seats[i]
}

// Feature is something in the hall that is not a seat.
type Feature struct {
	Kind string // "aisle", "stairs", "door"
	X, Y float64
	W, H float64
}

// Layout is a published seat plan. It is immutable: a change is a new version.
type Layout struct {
	ID            ident.Layout
	Auditorium    ident.Auditorium
	Version       int
	Width, Height float64
	ScreenX       float64
	ScreenY       float64
	ScreenWidth   float64
	Rows          []Row
	Features      []Feature

	cached atomic.Pointer[layoutIndex] // made at the first question
}

// Seats lists every seat id in row order.
func (l *Layout) Seats() []ident.Seat {
	var ids []ident.Seat
	for _, r := range l.Rows {
		for _, s := range r.Seats {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// TicketType is who a seat is for.
type TicketType struct {
	ID      string // "adult", "child", "student", "senior", "companion"
	Name    string
	MaxAge  int
	Proof   bool // a proof is looked at at the door
	Default bool
	Kinds   []SeatKind // only for these kinds of seat; empty: any
}

// Part is one line of what an all-in price includes.
type Part struct {
	Label  string
	Amount int64 // minor units
}

// Price is the all-in price of a category for a ticket type.
type Price struct {
	Category   string
	TicketType string
	Amount     money.Amount
	Includes   []Part
}

// PriceCard is the ticket types and prices of a showtime.
type PriceCard struct {
	ID       ident.PriceCard
	Name     string
	Currency string
	Types    []TicketType
	Prices   []Price
}
