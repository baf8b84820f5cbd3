package ticket

import (
	"time"

	"cinema/internal/ident"
	"cinema/internal/money"
)

// Document is a booking's tickets as they are printed. Local times carry their zone.
type Document struct {
	Booking       ident.Booking
	Reference     string
	Film          string
	Rating        string // "15+"
	Notice        string // what the rating means at the door; empty: nothing to say
	Cinema        string
	Address       string
	Auditorium    string
	Accessibility string
	Formats       []string
	Start         time.Time // in the cinema's zone
	Doors         time.Time
	End           time.Time
	Name          string // of the customer; empty: not printed
	Total         money.Amount
	Issued        time.Time
	Admissions    []Admission // those that are valid
}

// Admission is one ticket of a document.
type Admission struct {
	ID    ident.Ticket
	Seat  ident.Seat
	Type  string
	Proof bool
	Price money.Amount
	Code  string
}
