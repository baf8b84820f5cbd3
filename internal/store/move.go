package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cinema/internal/ident"
)

// Table is one kind of row that a move between stores carries.
type Table string

// Tables, in the order in which they are written: what others refer to comes first.
const (
	Cinemas     Table = "cinemas"     // catalog.Cinema
	Auditoriums Table = "auditoriums" // catalog.Auditorium
	Layouts     Table = "layouts"     // *catalog.Layout
	Movies      Table = "movies"      // catalog.Movie
	PriceCards  Table = "price_cards" // catalog.PriceCard
	Showtimes   Table = "showtimes"   // catalog.Showtime
	Blocks      Table = "blocks"      // catalog.Block
	Users       Table = "users"       // account.User
	Sessions    Table = "sessions"    // account.Session
	Tokens      Table = "tokens"      // account.PersonalToken
	Revocations Table = "revocations" // RevocationRow
	Bookings    Table = "bookings"    // booking.Booking, with its tickets
	Claims      Table = "claims"      // ClaimRow
	Registers   Table = "registers"   // RegisterRow, but for those of KindCopy
	Outbox      Table = "outbox"      // booking.OutboxEvent
	Audit       Table = "audit"       // audit.Kept
	UserKeys    Table = "user_keys"   // audit.UserKeys
	Requests    Table = "requests"    // idem.Record
	Erasures    Table = "erasures"    // privacy.Erasure

	AuditLinks       Table = "audit_links"       // audit.Link
	AuditUnsealed    Table = "audit_unsealed"    // audit.Waiting
	AuditCheckpoints Table = "audit_checkpoints" // audit.KeptCheckpoint
	AuditMarks       Table = "audit_marks"       // audit.Mark
)

// Tables lists every table in the order of writing.
func Tables() []Table {
	return []Table{
		Cinemas, Auditoriums, Layouts, Movies, PriceCards, Showtimes, Blocks, Users, Sessions, Tokens, Revocations, Bookings, Claims, Registers, Outbox, Audit, UserKeys, Requests,
		Erasures, AuditLinks, AuditUnsealed, AuditCheckpoints, AuditMarks,
	}
}

// KindCopy is the kind of the registers by which a move remembers how far it came. They belong to the target and are not moved.
const KindCopy = "copy"

// Row is one row of a table. Key orders the rows within one store and names the place after which a listing goes on.
type Row struct {
	Key   string
	Value any // the feature's own type, as Table's comment says
}

// ClaimRow is a seat's durable owner.
type ClaimRow struct {
	Showtime ident.Showtime
	Seat     ident.Seat
	Booking  ident.Booking
}

// RevocationRow is an access token that was revoked before its end.
type RevocationRow struct {
	ID    string // its jti
	Until time.Time
}

// RegisterRow is one register.
type RegisterRow struct{ Kind, ID, Value string }

// Mover is a store that rows can be moved out of and into.
type Mover interface {
	// Count tells how many rows a table has.
	Count(ctx context.Context, t Table) (int, error)
	// Export lists at most limit rows after a key, in the order of the keys; an empty key begins. It reads no snapshot: nobody else may
	// write meanwhile.
	Export(ctx context.Context, t Table, after string, limit int) ([]Row, error)
	// Import writes rows. One that is there already is left alone or written as it is, so that a repeat changes nothing.
	Import(ctx context.Context, t Table, rows []Row) error
}

// PairKey is the key of rows that are ordered by two things. The first has no bar in it.
func PairKey(first, second string) string { return first + "|" + second }

// SplitKey takes a pair's key apart.
func SplitKey(key string) (first, second string) {
	first, second, _ = strings.Cut(key, "|")
	return first, second
}

// NumberKey is the key of rows that are ordered by a number.
func NumberKey(n int64) string { return strconv.FormatInt(n, 10) }

// TimeKey is the key of rows that are ordered by time and then by their id.
func TimeKey(at time.Time, id string) string {
	return PairKey(fmt.Sprintf("%015d", at.UnixMilli()), id)
}
