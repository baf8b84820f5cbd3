package account

import (
	"context"
	"maps"
	"slices"
	"time"

	"cinema/internal/fault"
	"cinema/internal/ident"
)

// Person is a user as an administrator sees him.
type Person struct {
	User      User
	Role      Role      // the one that counts
	Bootstrap bool      // ADMIN because the address is listed, with or without a grant
	LastSeen  time.Time // by the newest session; zero: there is none
}

// RolePlan is a change of role that was judged and not made yet.
type RolePlan struct {
	RoleChange

	Person Person // as he is before
}

// Idle tells whether there is nothing to change.
func (p RolePlan) Idle() bool { return p.Was.Equal(p.Now) }

// Scoped tells whether the role may be bound to some cinemas.
func (r Role) Scoped() bool { return r == RoleStaff || r == RoleManager }

// ParseRole reads a role. Fault: Invalid "invalid_role".
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case RoleUser, RoleStaff, RoleManager, RoleAdmin:
		return r, nil
	}
	return "", fault.New(fault.Invalid, "invalid_role", "A role is USER, STAFF, MANAGER or ADMIN.")
}

// Cinemas are where the caller's role counts; empty: everywhere.
func (p *Principal) Cinemas() []ident.Cinema {
	if !p.Role.Scoped() {
		return nil
	}
	return p.User.Cinemas
}

// MayIn tells whether the caller's role counts at a cinema.
func (p *Principal) MayIn(c ident.Cinema) bool {
	scope := p.Cinemas()
	return len(scope) == 0 || slices.Contains(scope, c)
}

// RecentUntil is the instant until which the caller's sign-in counts as fresh; zero: it never does.
func (p *Principal) RecentUntil() time.Time {
	if p.User.Guest || p.Delegated() {
		return time.Time{}
	}
	return p.Session.AuthTime.Add(recentFor)
}

// People searches users, newest first. What raises addresses to a role is filled in here.
func (s *Service) People(ctx context.Context, q UserQuery) ([]Person, int, error) {
	q.Raised = s.raised()
	users, total, err := s.store.Users(ctx, q)
	if err != nil || len(users) == 0 {
		return nil, total, err
	}
	ids := make([]ident.User, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	seen, err := s.store.LastSeen(ctx, ids)
	if err != nil {
		return nil, 0, err
	}
	people := make([]Person, len(users))
	for i, u := range users {
		if people[i], err = s.person(ctx, u); err != nil {
			return nil, 0, err
		}
		people[i].LastSeen = seen[u.ID]
	}
	return people, total, nil
}

// raised are the addresses that give a verified person a role without a grant.
func (s *Service) raised() map[Role][]string {
	all := map[Role][]string{RoleAdmin: s.listedAddresses()}
	if s.development {
		for address, role := range s.devRoles {
			all[role] = append(all[role], address)
		}
	}
	return all
}

func (s *Service) listedAddresses() []string { return slices.Sorted(maps.Keys(s.admins)) }

// Person is one user with the number of his live sessions. Fault: NotFound "user_not_found".
func (s *Service) Person(ctx context.Context, id ident.User) (Person, int, error) {
	u, err := s.store.User(ctx, id)
	if err != nil {
		return Person{}, 0, err
	}
	sessions, err := s.Sessions(ctx, &Principal{User: u})
	if err != nil {
		return Person{}, 0, err
	}
	seen, err := s.store.LastSeen(ctx, []ident.User{id})
	if err != nil {
		return Person{}, 0, err
	}
	p, err := s.person(ctx, u)
	p.LastSeen = seen[id]
	return p, len(sessions), err
}

// person judges a stored user. Whom a listed address would make an administrator is asked for once more: the address counts only by the
// word of an issuer who vouches today.
func (s *Service) person(ctx context.Context, u User) (Person, error) {
	p := Person{User: u, Role: u.Grant().Role}
	if u.Guest || !u.Verified {
		return p, nil
	}
	if s.admins[NormalEmail(u.Email)] {
		able, err := s.able(ctx, u.ID)
		if err != nil {
			return Person{}, err
		}
		p.Bootstrap = able
	}
	switch least := s.devRoles[NormalEmail(u.Email)]; {
	case p.Bootstrap:
		p.Role = RoleAdmin
	case s.development && least.Rank() > p.Role.Rank():
		p.Role = least
	}
	return p, nil
}

// able tells whether a person can sign in: one of his issuers vouches today.
func (s *Service) able(ctx context.Context, u ident.User) (bool, error) {
	issuers, err := s.store.Issuers(ctx, u)
	return slices.ContainsFunc(issuers, func(issuer string) bool {
		return s.vouches(issuer) && (issuer != DevIssuer || s.development)
	}), err
}

// mostAdmins bounds the administrators that are looked at before one of them goes.
const mostAdmins = 200

// others counts the administrators beside a person, and lists those who cannot sign in and do not count.
func (s *Service) others(ctx context.Context, but ident.User, listed []string) (n int, unable []ident.User, err error) {
	admins, _, err := s.store.Users(ctx, UserQuery{Role: RoleAdmin, Raised: map[Role][]string{RoleAdmin: listed}, Limit: mostAdmins})
	if err != nil {
		return 0, nil, err
	}
	for _, u := range admins {
		able, err := s.able(ctx, u.ID)
		switch {
		case err != nil:
			return 0, nil, err
		case !able:
			unable = append(unable, u.ID)
		case u.ID != but:
			n++
		}
	}
	return n, unable, nil
}

// OtherAdmins counts the administrators beside a person, and lists those who cannot sign in and do not count.
func (s *Service) OtherAdmins(ctx context.Context, but ident.User) (n int, unable []ident.User, err error) {
	return s.others(ctx, but, s.listedAddresses())
}

// PlanRole judges the change that gives a person a role and a scope. A nil scope keeps the present one where both roles have one;
// whether its cinemas exist is the caller's to know.
// Faults: NotFound "user_not_found", Invalid "invalid_cinema", Conflict "guest" / "bootstrap_admin" / "last_admin".
func (s *Service) PlanRole(ctx context.Context, id ident.User, role Role, cinemas []ident.Cinema) (RolePlan, error) {
	u, err := s.store.User(ctx, id)
	if err != nil {
		return RolePlan{}, err
	}
	p := RolePlan{RoleChange: RoleChange{User: id, Was: u.Grant(), Now: Grant{Role: role}, Listed: s.listedAddresses(), At: s.clock.Now()}}
	if p.Person, err = s.person(ctx, u); err != nil {
		return RolePlan{}, err
	}
	switch {
	case len(cinemas) > 0 && !role.Scoped() || len(cinemas) > MaxScope:
		return RolePlan{}, fault.New(fault.Invalid, "invalid_cinema", "Only STAFF and MANAGER are bound to cinemas, to a hundred at most.")
	case cinemas != nil:
		p.Now.Cinemas = slices.Compact(slices.Sorted(slices.Values(cinemas)))
	case role.Scoped() && p.Was.Role.Scoped():
		p.Now.Cinemas = p.Was.Cinemas
	}
	if _, err := p.Settled(u); err != nil {
		return RolePlan{}, err
	}
	if p.Person.Bootstrap && role != RoleAdmin {
		return RolePlan{}, fault.New(fault.Conflict, "bootstrap_admin",
			"ADMIN_EMAILS makes this person an administrator. Take the address off that list first.")
	}
	if p.TakesAdmin() { // GrantRole decides; that it will refuse is told before anything is recorded
		n, unable, err := s.others(ctx, id, p.Listed)
		if err != nil {
			return RolePlan{}, err
		}
		if p.Unable = unable; n == 0 {
			return RolePlan{}, ErrLastAdmin
		}
	}
	return p, nil
}

// ChangeRole makes a planned change. The person's sessions get new values at their next requests, and the new role counts at once in
// this process and within seconds in every other. Faults: those of GrantRole.
func (s *Service) ChangeRole(ctx context.Context, p RolePlan) (Person, error) {
	u, err := s.store.GrantRole(ctx, p.RoleChange)
	s.forget(p.User)
	if err != nil {
		return Person{}, err
	}
	if err := s.RenewSessionsOf(ctx, u.ID); err != nil {
		return Person{}, err
	}
	changed, err := s.person(ctx, u)
	changed.LastSeen = p.Person.LastSeen
	return changed, err
}

// SignOut ends every session and every personal token of a user, and tells how many there were.
func (s *Service) SignOut(ctx context.Context, u ident.User) (sessions, tokens int, err error) {
	if tokens, err = s.DeleteTokensOf(ctx, u); err != nil {
		return 0, 0, err
	}
	sessions, err = s.EndSessionsOf(ctx, u, nil)
	return sessions, tokens, err
}
