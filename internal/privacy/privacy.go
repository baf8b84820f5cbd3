// Package privacy is what people may ask of their data: a copy of it, and its erasure. It also ends the keeping of what is kept for a
// time only.
package privacy

import (
	"context"
	"time"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

// Erasure is the sticky decision to erase a user. Everything after it is resumable: whoever finds it open goes on.
type Erasure struct {
	User    ident.User
	Alias   ident.User // random; stands in the bookings that are kept; empty once the erasure is closed
	Actor   ident.User // who asked: the user himself or an administrator; empty for guests who are erased with their account
	Reason  string     // an administrator's
	AskedAt time.Time
	Closed  time.Time // zero: something may be left to do
}

// Open tells whether something may be left to do.
func (e Erasure) Open() bool { return e.Closed.IsZero() }

// Identity is what a user signs in with.
type Identity struct{ Issuer, Subject string }

// Store keeps erasures and takes what tells who somebody was out of the rows that stay. Every method is one idempotent act. From
// BeginErasure on the store keeps nothing new of the user: SaveUser, BindIdentity, Merge, PutSession, AddToken and Reserve answer
// ErrErased, FinishRequest keeps no answer, his identity finds nobody and may be bound to somebody else.
type Store interface {
	// BeginErasure keeps the decision unless there is one; it returns the one that counts.
	BeginErasure(ctx context.Context, e Erasure) (Erasure, error)
	// Erasure reads a decision; found is false when there is none.
	Erasure(ctx context.Context, u ident.User) (e Erasure, found bool, err error)
	// OpenErasures lists decisions that are not closed, oldest first; limit is at most 1000.
	OpenErasures(ctx context.Context, limit int) ([]Erasure, error)
	// CloseErasure ends the work on a decision and forgets the alias, the actor and the reason. The user stays erased for ever.
	CloseErasure(ctx context.Context, u ident.User, at time.Time) error

	// IdentitiesOf lists the identities that are bound to a user, in no order, at most 100.
	IdentitiesOf(ctx context.Context, u ident.User) ([]Identity, error)
	// DropIdentitiesOf unbinds a user's identities, so that they may be bound to somebody else.
	DropIdentitiesOf(ctx context.Context, u ident.User) error
	// DropMerge forgets that a guest was merged into an account.
	DropMerge(ctx context.Context, guest, account ident.User) error
	// DropUser deletes a user with the words by which he is found.
	DropUser(ctx context.Context, u ident.User) error
	// Disown gives at most limit of a user's bookings to an alias, without name, address and the words of both, and tells how many it
	// gave. Bookings that wait for money or for their end stay as they are.
	Disown(ctx context.Context, u, alias ident.User, limit int) (int, error)
	// BlankContacts takes name and address, and the words of both, out of bookings and tells how many had any.
	BlankContacts(ctx context.Context, ids []ident.Booking) (int, error)
	// Scrub takes what was deleted off the disk as far as the store can do so beside its work.
	Scrub(ctx context.Context) error
}

// ErrErased answers whoever would keep something new of an erased user.
func ErrErased() error {
	return fault.New(fault.Unauthorized, "unauthorized", "This account has been erased.")
}
