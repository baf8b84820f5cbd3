package account_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/store/storesqlite"
)

// give plans and makes a change.
func (b *bench) give(t *testing.T, id ident.User, role account.Role, cinemas ...ident.Cinema) account.Person {
	t.Helper()
	plan, err := b.PlanRole(t.Context(), id, role, cinemas)
	require.NoError(t, err)
	p, err := b.ChangeRole(t.Context(), plan)
	require.NoError(t, err)
	return p
}

func TestService_a_role_counts_here_at_once_and_elsewhere_in_seconds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.person(t, "ann@example.com")
	token, _, err := b.Mint(ann.Principal)
	require.NoError(t, err)
	other := b.process(t, func(*account.Deps) {})
	role := func(s *account.Service) account.Role {
		p, err := s.BySession(t.Context(), ann.Value)
		require.NoError(t, err)
		byToken, err := s.ByToken(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, p.Role, byToken.Role)
		return p.Role
	}
	for _, next := range []account.Role{account.RoleManager, account.RoleUser, account.RoleStaff} {
		role(other) // it remembers the one before
		b.give(t, ann.Principal.User.ID, next)
		require.Equal(t, next, role(b.Service))
		b.clock.Advance(3 * time.Second)
		require.Equal(t, next, role(other))
	}
}

// A request that read the user before a change and ends after it must not be what the process remembers.
func TestService_what_was_read_before_a_change_is_not_remembered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.person(t, "ann@example.com")
	slow := &slowStore{Store: b.store, read: make(chan bool), proceed: make(chan bool)}
	s := b.process(t, func(d *account.Deps) { d.Store = slow })
	done := make(chan error)
	go func() {
		_, err := s.BySession(t.Context(), ann.Value)
		done <- err
	}()
	<-slow.read
	plan, err := b.PlanRole(t.Context(), ann.Principal.User.ID, account.RoleAdmin, nil)
	require.NoError(t, err)
	_, err = s.ChangeRole(t.Context(), plan)
	require.NoError(t, err)
	close(slow.proceed)
	require.NoError(t, <-done)
	p, err := s.BySession(t.Context(), ann.Value)
	require.NoError(t, err)
	require.Equal(t, account.RoleAdmin, p.Role)
}

// slowStore holds the first read of a user until it may proceed, with what was there before.
type slowStore struct {
	*storesqlite.Store

	held          bool
	read, proceed chan bool
}

// User reads at once and answers late, the first time.
func (s *slowStore) User(ctx context.Context, id ident.User) (account.User, error) {
	u, err := s.Store.User(ctx, id)
	if !s.held {
		s.held = true
		close(s.read)
		<-s.proceed
	}
	return u, err
}

func TestService_PlanRole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann, boss := b.person(t, "ann@example.com").Principal.User.ID, b.person(t, "boss@example.com").Principal.User.ID
	guest, err := b.StartGuest(t.Context(), "")
	require.NoError(t, err)

	p := b.give(t, ann, account.RoleStaff, "ci_b", "ci_a", "ci_b")
	require.Equal(t, []ident.Cinema{"ci_a", "ci_b"}, p.User.Cinemas, "sorted, each once")
	plan, err := b.PlanRole(t.Context(), ann, account.RoleManager, nil)
	require.NoError(t, err)
	require.Equal(t, p.User.Cinemas, plan.Now.Cinemas, "a scope that is not named stays")
	plan, err = b.PlanRole(t.Context(), ann, account.RoleManager, []ident.Cinema{})
	require.NoError(t, err)
	require.Empty(t, plan.Now.Cinemas)
	plan, err = b.PlanRole(t.Context(), ann, account.RoleAdmin, nil)
	require.NoError(t, err)
	require.Empty(t, plan.Now.Cinemas, "an administrator has none")
	plan, err = b.PlanRole(t.Context(), ann, account.RoleStaff, nil)
	require.NoError(t, err)
	require.True(t, plan.Idle())

	for _, c := range []struct {
		id      ident.User
		role    account.Role
		cinemas []ident.Cinema
		code    string
	}{
		{"us_none", account.RoleStaff, nil, "user_not_found"},
		{guest.Principal.User.ID, account.RoleStaff, nil, "guest"},
		{boss, account.RoleManager, nil, "bootstrap_admin"},
		{ann, account.RoleAdmin, []ident.Cinema{"ci_a"}, "invalid_cinema"},
		{ann, account.RoleUser, []ident.Cinema{"ci_a"}, "invalid_cinema"},
		{ann, account.RoleStaff, make([]ident.Cinema, account.MaxScope+1), "invalid_cinema"},
	} {
		_, err := b.PlanRole(t.Context(), c.id, c.role, c.cinemas)
		require.Equal(t, c.code, fault.CodeOf(err), "%+v", c)
	}

	// Two plans were made of the same sight: the second is refused when it is carried out.
	one, err := b.PlanRole(t.Context(), ann, account.RoleManager, nil)
	require.NoError(t, err)
	two, err := b.PlanRole(t.Context(), ann, account.RoleUser, nil)
	require.NoError(t, err)
	_, err = b.ChangeRole(t.Context(), one)
	require.NoError(t, err)
	_, err = b.ChangeRole(t.Context(), two)
	require.Equal(t, "role_changed", fault.CodeOf(err))
}

func TestService_the_last_administrator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	roles := map[string]account.Role{"demo@example.com": account.RoleAdmin}
	s := b.process(t, func(d *account.Deps) {
		d.AdminEmails, d.DevRoles = []string{"listed@example.com", "fake@example.com"}, roles
	})
	demo, err := s.SignIn(t.Context(), identity(t, "demo@example.com"), nil, "")
	require.NoError(t, err)
	require.Equal(t, account.RoleAdmin, demo.Principal.Role)
	_, err = s.SignIn(t.Context(), account.Identity{Issuer: "x", Subject: "1", Email: "fake@example.com"}, nil, "")
	require.NoError(t, err)
	ann := b.person(t, "ann@example.com").Principal.User.ID
	b.give(t, ann, account.RoleAdmin)
	refuses := func(want string) {
		t.Helper()
		_, err := s.PlanRole(t.Context(), ann, account.RoleUser, nil)
		require.Equal(t, want, fault.CodeOf(err))
	}
	refuses("last_admin") // nobody who is listed has a verified address here, and a role of the demonstration does not count
	_, total, err := s.People(t.Context(), account.UserQuery{Role: account.RoleAdmin})
	require.NoError(t, err)
	require.Equal(t, 2, total, "it is one all the same for whoever looks")

	plan, err := b.PlanRole(t.Context(), ann, account.RoleUser, nil) // by a process with another list: the act decides by the one it is given
	require.Equal(t, "last_admin", fault.CodeOf(err), "%+v", plan)
	_, err = s.SignIn(t.Context(), identity(t, "listed@example.com"), nil, "")
	require.NoError(t, err)
	plan, err = s.PlanRole(t.Context(), ann, account.RoleUser, nil)
	require.NoError(t, err)
	_, err = s.ChangeRole(t.Context(), plan)
	require.NoError(t, err)
}

func TestPrincipal_scope(t *testing.T) {
	t.Parallel()
	scope := []ident.Cinema{"ci_a"}
	for role, bound := range map[account.Role]bool{account.RoleUser: false, account.RoleStaff: true, account.RoleManager: true, account.RoleAdmin: false} {
		p := &account.Principal{Role: role, User: account.User{Cinemas: scope}}
		require.True(t, p.MayIn("ci_a"))
		require.Equal(t, !bound, p.MayIn("ci_b"), role)
		require.Equal(t, !bound, p.MayIn(""), "a booking whose cinema nobody knows")
		require.Equal(t, bound, len(p.Cinemas()) > 0)
		p.User.Cinemas = nil
		require.True(t, p.MayIn("ci_b"))
	}
}

// People of a development sign-in cannot get in once the store serves in production, and people of a provider that was configured before
// cannot either: they do not count as administrators, whatever they were given.
func TestService_who_cannot_sign_in_is_no_administrator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.give(t, b.person(t, "ghost@example.com").Principal.User.ID, account.RoleAdmin)
	ghost := b.person(t, "listed@example.com").Principal.User.ID
	live := b.process(t, func(d *account.Deps) {
		d.Development, d.Issuer, d.AdminEmails = false, "https://now.example", []string{"listed@example.com"}
	})
	person := func(issuer, email string) ident.User {
		id := account.Identity{Issuer: issuer, Subject: email, Email: email, Verified: true}
		s, err := live.SignIn(t.Context(), id, nil, "")
		require.NoError(t, err)
		return s.Principal.User.ID
	}
	person("https://before.example", "listed@example.com")
	ann := person("https://now.example", "ann@example.com")
	b.give(t, ann, account.RoleAdmin)

	_, err := live.PlanRole(t.Context(), ann, account.RoleUser, nil)
	require.Equal(t, "last_admin", fault.CodeOf(err))
	p, _, err := live.Person(t.Context(), ghost)
	require.NoError(t, err)
	require.False(t, p.Bootstrap)
	require.Equal(t, account.RoleUser, p.Role)

	boss := person("https://now.example", "listed@example.com")
	p, _, err = live.Person(t.Context(), boss)
	require.NoError(t, err)
	require.True(t, p.Bootstrap)
	plan, err := live.PlanRole(t.Context(), ann, account.RoleUser, nil)
	require.NoError(t, err)
	require.Len(t, plan.Unable, 3)
	_, err = live.ChangeRole(t.Context(), plan)
	require.NoError(t, err)
}
