package account

import (
	"context"
	"slices"
	"time"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

// MaxScope bounds the cinemas of one person's scope.
const MaxScope = 100

// Grant is what a person was given by an administrator. ADMIN_EMAILS and the roles of the demonstration are no grants.
type Grant struct {
	Role    Role
	Cinemas []ident.Cinema // where the role counts, sorted; empty: everywhere. Only STAFF and MANAGER have a scope
}

// Equal tells whether two grants give the same.
func (g Grant) Equal(o Grant) bool { return g.Role == o.Role && slices.Equal(g.Cinemas, o.Cinemas) }

// Grant is the user's stored role and scope.
func (u User) Grant() Grant {
	g := Grant{Role: u.Granted, Cinemas: u.Cinemas}
	if g.Role == "" {
		g.Role = RoleUser
	}
	return g
}

// RoleChange gives a person another role or scope.
type RoleChange struct {
	User ident.User
	Was  Grant // what the administrator saw
	Now  Grant
	// Listed are the addresses, in normal form, that make a verified person ADMIN without a grant.
	Listed []string
	// Unable are people who count as no administrators, because nobody vouches for them any more: they cannot sign in.
	Unable []ident.User
	At     time.Time
}

// Settled judges a change against the user as he is stored. It tells whether he has the new grant already; the fault says why he
// cannot get it: Conflict "guest" or "role_changed".
func (c RoleChange) Settled(u User) (bool, error) {
	switch {
	case u.Guest:
		return false, fault.New(fault.Conflict, "guest", "A guest has no role: he must sign in first.")
	case u.Grant().Equal(c.Now):
		return true, nil
	case !u.Grant().Equal(c.Was):
		return false, fault.New(fault.Conflict, "role_changed", "Somebody else has changed this person's role meanwhile. Look again.")
	}
	return false, nil
}

// TakesAdmin tells whether the change takes ADMIN away, which the last administrator must keep.
func (c RoleChange) TakesAdmin() bool { return c.Was.Role == RoleAdmin && c.Now.Role != RoleAdmin }

// ErrLastAdmin says that nobody else would be an administrator afterwards.
var ErrLastAdmin = fault.New(fault.Conflict, "last_admin", "This is the last administrator. Make somebody else one first.")

// UserQuery filters people, newest first. Zero fields do not filter.
type UserQuery struct {
	Text   string            // every word begins one of the address or the name
	Role   Role              // the role that counts: the granted one, or a higher one by Raised
	Raised map[Role][]string // addresses, in normal form, that give a verified person at least that role
	Guests bool              // guests too; otherwise people only
	Limit  int               // zero: 50; at most 200
	Skip   int
}

// RoleFilter is what a query by role asks of a stored user: his grant is one of Exact, or it is one of AtMost and his address raises him
// to the role; and no address raises him above it.
type RoleFilter struct {
	Exact, AtMost []Role
	Here, Above   []string
}

// Filter splits the query's role. A role that does not exist asks for nobody.
func (q UserQuery) Filter() RoleFilter {
	f := RoleFilter{Exact: []Role{q.Role}, Here: q.Raised[q.Role]}
	if q.Role == RoleUser {
		f.Exact = append(f.Exact, "") // kept before there were roles
	}
	for _, r := range []Role{"", RoleUser, RoleStaff, RoleManager, RoleAdmin} {
		if r.Rank() <= q.Role.Rank() {
			f.AtMost = append(f.AtMost, r)
		} else {
			f.Above = append(f.Above, q.Raised[r]...)
		}
	}
	return f
}

// RoleStore keeps who may do what. Every method is one atomic act.
type RoleStore interface {
	// Users searches by address or name.
	Users(ctx context.Context, q UserQuery) (items []User, total int, err error)
	// GrantRole changes a person's stored role and scope and returns the person as he is afterwards; a repeat changes nothing. It takes
	// ADMIN from nobody unless another person who is able keeps it, by a grant or by a verified address that is listed, however many changes
	// run at once. Nothing else writes these fields of a user that exists.
	// Faults: NotFound "user_not_found", Conflict "guest" / "role_changed" / "last_admin".
	GrantRole(ctx context.Context, c RoleChange) (User, error)
	// LastSeen tells when each of the users was last seen by one of his sessions. Whoever has none is left out.
	LastSeen(ctx context.Context, users []ident.User) (map[ident.User]time.Time, error)
	// Issuers lists who vouches for a user: the issuers of his identities, at most 100.
	Issuers(ctx context.Context, u ident.User) ([]string, error)
}
