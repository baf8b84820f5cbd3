// Package audit is the durable record of what happened to seats and bookings, and who did what.
package audit

import (
	"context"
	"time"

	"cinema/internal/ident"
)

// Entry is one row of the record. Its id is the event's, so that a repeated delivery writes nothing.
type Entry struct {
	ID       string
	Type     string
	Showtime ident.Showtime
	Booking  ident.Booking
	User     ident.User
	Seats    []ident.Seat
	Request  ident.Request
	Payload  []byte // JSON, nil when there is nothing to add
	At       time.Time
}

// Query filters entries, newest first. Zero fields do not filter.
type Query struct {
	Type     string
	Showtime ident.Showtime
	User     ident.User
	Booking  ident.Booking
	From, To time.Time
	Limit    int // zero: 50; at most 200
	Skip     int
}

// Store keeps entries.
type Store interface {
	// Append writes the entries whose ids are new, in one act.
	Append(ctx context.Context, entries []Entry) error
	Entries(ctx context.Context, q Query) (items []Entry, total int, err error)
}
