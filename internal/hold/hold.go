// Package hold decides who may keep which seats of a showtime, for how long. A hold is advisory: the durable store alone
// decides who owns a seat. Engines (holdmem, and any later one) implement Engine and pass the suite in holdtest.
package hold

import (
	"time"

	"cinema/internal/ident"
)

// Room is what an engine must be told of a showtime, because it keeps no seat map of its own.
type Room struct {
	Showtime ident.Showtime
	Seats    []ident.Seat // the whole seat map, each seat once
	End      time.Time    // end of the showtime; state is kept until End + 25 h, at least one hour
}

// Reason says why a seat was refused. The strings are those of the public contract.
type Reason string

// Reasons of lock conflicts, of refused extends and of seats left out by release and transfer.
const (
	Held        Reason = "held"         // another owner holds it
	Booked      Reason = "booked"       // sold
	Blocked     Reason = "blocked"      // taken out of sale by the house
	Reserved    Reason = "reserved"     // the caller's own, in an open booking
	MissingLock Reason = "missing_lock" // nobody holds it (any more)
	NotOwner    Reason = "not_owner"    // held by another owner, or under another request of the caller
	Missing     Reason = "missing"      // release of a seat nobody holds
)

// SeatReason is one seat and why it was refused.
type SeatReason struct {
	Seat    ident.Seat
	Reason  Reason
	Booking ident.Booking // the marker's booking; set only where a durable extend leaves a sold seat alone
}

// Lock is a held seat.
type Lock struct {
	Seat     ident.Seat
	Owner    ident.User
	Request  ident.Request
	Deadline time.Time     // engine time
	Booking  ident.Booking // empty unless the seat is reserved for an open booking
}

// Marker is a sold seat and the booking that owns it.
type Marker struct {
	Seat    ident.Seat
	Booking ident.Booking
	Owner   ident.User    // facts only: the hold's owner at the sale; engines do not keep it
	Request ident.Request // facts only: its request
}

// Position is a point in the event stream of one showtime. Epoch changes whenever the engine lost its memory; Seq counts
// events within an epoch; Cursor names the newest event and is what clients resume by.
type Position struct {
	Epoch  string
	Seq    uint64
	Cursor string
}

// Answer is what every writing call returns.
type Answer struct {
	Position
	Now      time.Time    // engine time of the call
	Deadline time.Time    // lock, extend: the earliest deadline of the request
	Limit    time.Time    // lock, extend: the earliest first moment + MaxHold of the request's seats; zero for durable
	Owned    int          // lock: how many seats of the showtime the owner holds now, over all requests
	Changed  []ident.Seat // the seats this call changed, in request order; may share the request's array: read only
	Left     []SeatReason // release, transfer, extend(durable): seats left alone, and why
	Evicted  []Eviction   // confirm, extend(durable): foreign holds that had to go
	Repaired int          // confirm: markers of another booking that were overwritten
}

// Eviction is a foreign hold that a sale or an open booking pushed aside.
type Eviction struct {
	Seat    ident.Seat
	Owner   ident.User
	Request ident.Request
}

// Snapshot is the whole seat state of a showtime at one position.
type Snapshot struct {
	Position
	Now    time.Time
	Locks  []Lock   // ordered as the room's seats
	Booked []Marker // ordered as the room's seats
}

// EventType names what happened to seats. The strings are those of the public contract.
type EventType string

// Event types.
const (
	SeatLocked   EventType = "seat.locked"
	SeatReleased EventType = "seat.released"
	SeatBooked   EventType = "seat.booked"
	SeatTimeout  EventType = "seat.timeout"
	Resync       EventType = "resync" // the engine was hydrated: every earlier state is void
)

// Event is one change of seats of one hold. Seats are only those that changed; they share one deadline.
type Event struct {
	Position        // of this event
	Prev     string // cursor of the event before it
	Type     EventType
	Showtime ident.Showtime
	Seats    []ident.Seat
	Owner    ident.User
	Request  ident.Request
	Booking  ident.Booking
	At       time.Time
	Deadline time.Time // seat.locked: the hold's new deadline
	Evicted  []Eviction
}
