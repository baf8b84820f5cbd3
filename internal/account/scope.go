package account

import (
	"strings"

	"cinema/internal/fault"
)

// Scopes say what a token is good for, beside its person's role. The zero value is good for nothing.
type Scopes uint8

// Scopes. A browser's session has all of them.
const (
	ScopeRead   Scopes = 1 << iota // whatever only reads
	ScopeBook                      // what customers change
	ScopeManage                    // whatever asks for a role

	AllScopes        = ScopeRead | ScopeBook | ScopeManage
	ScopeAny  Scopes = 1 << 7 // asked of a token: whatever it has is enough
)

var scopeNames = [...]struct {
	scope Scopes
	name  string
}{{ScopeRead, "read"}, {ScopeBook, "book"}, {ScopeManage, "manage"}}

// Has tells whether all of some scopes are among these.
func (s Scopes) Has(all Scopes) bool { return all == ScopeAny || s&all == all }

// Names lists the scopes by name, in a fixed order.
func (s Scopes) Names() []string {
	var names []string
	for _, one := range scopeNames {
		if s.Has(one.scope) {
			names = append(names, one.name)
		}
	}
	return names
}

// String is the form of a scope claim: names with blanks between.
func (s Scopes) String() string { return strings.Join(s.Names(), " ") }

// ParseScopes reads names. Fault: Invalid "invalid_scope" for one that does not exist, one that stands twice, or none at all.
func ParseScopes(names []string) (Scopes, error) {
	var all Scopes
	for _, name := range names {
		one := scopeOf(name)
		if one == 0 || all.Has(one) {
			return 0, errScope
		}
		all |= one
	}
	if all == 0 {
		return 0, errScope
	}
	return all, nil
}

var errScope = fault.New(fault.Invalid, "invalid_scope", "Scopes are read, book and manage, each once and at least one.")

func scopeOf(name string) Scopes {
	for _, one := range scopeNames {
		if one.name == name {
			return one.scope
		}
	}
	return 0
}
