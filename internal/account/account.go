// Package account is who the users are: guests and people with an identity, their roles, sessions and tokens.
package account

import (
	"context"
	"time"

	"cinema/internal/ident"
)

// Role is what a user may do. The strings are those of the public contract.
type Role string

// Roles, in rising order.
const (
	RoleUser    Role = "USER"
	RoleStaff   Role = "STAFF"
	RoleManager Role = "MANAGER"
	RoleAdmin   Role = "ADMIN"
)

// Rank orders the roles.
func (r Role) Rank() int {
	switch r {
	case RoleStaff:
		return 1
	case RoleManager:
		return 2
	case RoleAdmin:
		return 3
	default:
		return 0
	}
}

// User is a guest (no identity) or a person.
type User struct {
	ID       ident.User
	Email    string // empty for guests
	Name     string
	Picture  string
	Verified bool // the address was verified by the issuer
	Guest    bool
	Granted  Role // stored role; ADMIN_EMAILS is evaluated beside it at each request
	// Cinemas are where the stored role counts, sorted; empty: everywhere. See Grant.
	Cinemas   []ident.Cinema
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Identity is what an identity provider says of a person. (Issuer, Subject) is the key; the address is only an attribute.
type Identity struct {
	Issuer, Subject string
	Email           string
	Verified        bool
	Name, Picture   string
}

// MaxSessionBookings bounds the bookings that one session may see by look-up.
const MaxSessionBookings = 50

// MaxLabel bounds the label of a session and the names that people give to their tokens, in characters.
const MaxLabel = 60

// Session is a signed-in browser. The store keeps only the hash of the value that the cookie carries. The value changes now and then;
// the old one and the new one are two sessions with one ID for a while.
type Session struct {
	ID        string // names the session to its owner; stays when the value is changed
	Hash      string // hex of SHA-256 of the cookie value
	User      ident.User
	Issuer    string // who vouched for the person; empty: a guest
	Subject   string // the issuer's name for the person
	CreatedAt time.Time
	LastSeen  time.Time
	AuthTime  time.Time       // when the person last proved who he is
	Rotated   time.Time       // when the value was made; zero: it is to be changed at the next request
	Ends      time.Time       // when a value that was changed stops working; zero: it goes on
	Replaces  string          // hash of the value before, until this one is first used
	Agent     string          // hash of the user agent
	Label     string          // what the browser calls itself, coarsely: "Chromium on Linux"; at most MaxLabel plain characters
	Bookings  []ident.Booking // bookings that this guest session may see after a look-up by reference
}

// Store keeps users, sessions and tokens. Faults: NotFound "user_not_found" / "session_not_found".
type Store interface {
	SessionStore
	TokenStore

	User(ctx context.Context, id ident.User) (User, error)
	// UserByIdentity follows the (issuer, subject) register.
	UserByIdentity(ctx context.Context, issuer, subject string) (User, error)
	// SaveUser inserts a user, or replaces what is known of one but for Granted and Cinemas, which only GrantRole changes: who signs in
	// while his role is taken away does not get it back.
	SaveUser(ctx context.Context, u User) error
	// BindIdentity gives the identity to the user unless it has one; it returns the user who has it afterwards.
	BindIdentity(ctx context.Context, issuer, subject string, u ident.User) (ident.User, error)
	RoleStore

	// Merge records once that a guest belongs to an account; it returns the account that the register holds.
	Merge(ctx context.Context, guest, into ident.User) (ident.User, error)
	// MergedGuests lists the guests merged into an account, oldest first, at most 100.
	MergedGuests(ctx context.Context, account ident.User) ([]ident.User, error)
	// MergedInto follows a guest's merge register; empty when there is none.
	MergedInto(ctx context.Context, guest ident.User) (ident.User, error)

	// PutSession inserts or replaces a session.
	PutSession(ctx context.Context, s Session) error
	// TouchSession moves LastSeen of a live session. A session that is gone stays gone: fault "session_not_found".
	TouchSession(ctx context.Context, hash string, seen time.Time) error
	// AllowBooking adds a booking to those a live session may see under each of its values, unless it is there or MaxSessionBookings
	// are; a session that is gone stays gone: fault "session_not_found".
	AllowBooking(ctx context.Context, hash string, id ident.Booking) error
	Session(ctx context.Context, hash string) (Session, error)
	DeleteSession(ctx context.Context, hash string) error
	DeleteSessionsOf(ctx context.Context, u ident.User, except string) error
	SessionsOf(ctx context.Context, u ident.User) ([]Session, error)
	// DropSessions deletes sessions last seen before an instant.
	DropSessions(ctx context.Context, before time.Time) (int, error)
}
