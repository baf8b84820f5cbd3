package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

var (
	plain = account.Grant{Role: account.RoleUser}
	chief = account.Grant{Role: account.RoleAdmin}
	clerk = account.Grant{Role: account.RoleStaff}
)

// people saves users of a role each, us_0 the oldest.
func (b *bench) people(t *testing.T, grants ...account.Grant) {
	t.Helper()
	for i, g := range grants {
		u := person(ident.User(fmt.Sprintf("us_%d", i)), fmt.Sprintf("Person No%d", i), fmt.Sprintf("p%d@example.com", i))
		u.Granted, u.Cinemas = g.Role, g.Cinemas
		u.CreatedAt = start.Add(time.Duration(i) * time.Minute)
		require.NoError(t, b.SaveUser(t.Context(), u))
	}
}

func change(u ident.User, was, now account.Grant, listed ...string) account.RoleChange {
	return account.RoleChange{User: u, Was: was, Now: now, Listed: listed, At: start.Add(time.Hour)}
}

func (b *bench) grantOf(t *testing.T, id ident.User) account.Grant {
	t.Helper()
	u, err := b.User(t.Context(), id)
	require.NoError(t, err)
	return u.Grant()
}

// found lists the ids that a search gives.
func (b *bench) found(t *testing.T, q account.UserQuery) []ident.User {
	t.Helper()
	items, total, err := b.Users(t.Context(), q)
	require.NoError(t, err)
	ids := make([]ident.User, len(items))
	for i, u := range items {
		ids[i] = u.ID
	}
	if q.Limit == 0 && q.Skip == 0 {
		require.Equal(t, len(ids), total)
	}
	return ids
}

var roleCases = map[string]func(t *testing.T, b *bench){
	"users_are_found_by_address_or_name": func(t *testing.T, b *bench) {
		require.NoError(t, b.SaveUser(t.Context(), person("us_1", "Ada Lovelace", "ada@example.com")))
		require.NoError(t, b.SaveUser(t.Context(), person("us_2", "Grace Hopper", "grace@example.com")))
		require.NoError(t, b.SaveUser(t.Context(), account.User{ID: "us_3", Guest: true, CreatedAt: start.Add(time.Hour)}))
		for text, want := range map[string][]ident.User{
			"LOVE": {"us_1"}, "grace@": {"us_2"}, "hopper gr": {"us_2"}, "lace": {}, "": {"us_3", "us_2", "us_1"}, "  ": {"us_3", "us_2", "us_1"},
		} {
			require.Equal(t, want, b.found(t, account.UserQuery{Text: text, Guests: true}), "%q", text)
		}
		require.Equal(t, []ident.User{"us_2", "us_1"}, b.found(t, account.UserQuery{}), "guests only when they are wanted")
		items, total, err := b.Users(t.Context(), account.UserQuery{Guests: true, Limit: 1, Skip: 1})
		require.NoError(t, err)
		require.Equal(t, 3, total)
		require.Equal(t, ident.User("us_2"), items[0].ID)
		require.NoError(t, b.SaveUser(t.Context(), person("us_1", "Renamed", "ada@example.com")))
		require.Empty(t, b.found(t, account.UserQuery{Text: "lovelace"}), "an old name finds nobody")
	},
	"users_are_found_by_the_role_that_counts": func(t *testing.T, b *bench) {
		b.people(t, plain, account.Grant{}, clerk, account.Grant{Role: account.RoleManager}, chief, clerk)
		require.NoError(t, b.SaveUser(t.Context(), account.User{ID: "us_guest", Guest: true, Granted: account.RoleUser, CreatedAt: start}))
		unverified := person("us_fake", "Fake", "p1@example.com")
		unverified.Verified, unverified.Granted, unverified.CreatedAt = false, account.RoleUser, start.Add(-time.Hour)
		require.NoError(t, b.SaveUser(t.Context(), unverified))
		listed := map[account.Role][]string{account.RoleAdmin: {"p1@example.com", "p2@example.com", "nobody@example.com"}}
		least := map[account.Role][]string{account.RoleStaff: {"p0@example.com", "p3@example.com"}, account.RoleManager: {"p5@example.com"}}
		for _, c := range []struct {
			q    account.UserQuery
			want []ident.User
		}{
			{account.UserQuery{Role: account.RoleStaff}, []ident.User{"us_5", "us_2"}},
			{account.UserQuery{Role: account.RoleManager}, []ident.User{"us_3"}},
			{account.UserQuery{Role: account.RoleAdmin}, []ident.User{"us_4"}},
			{account.UserQuery{Role: account.RoleUser}, []ident.User{"us_1", "us_0", "us_fake"}},
			{account.UserQuery{Role: account.RoleUser, Guests: true}, []ident.User{"us_1", "us_guest", "us_0", "us_fake"}},
			{account.UserQuery{Role: account.RoleStaff, Raised: listed}, []ident.User{"us_5"}},
			{account.UserQuery{Role: account.RoleAdmin, Raised: listed}, []ident.User{"us_4", "us_2", "us_1"}},
			{account.UserQuery{Role: account.RoleUser, Raised: listed}, []ident.User{"us_0", "us_fake"}},
			{account.UserQuery{Role: account.RoleAdmin, Raised: listed, Text: "no2"}, []ident.User{"us_2"}},
			{account.UserQuery{Role: account.RoleAdmin, Raised: listed, Text: "no3"}, []ident.User{}},
			{account.UserQuery{Role: account.RoleStaff, Raised: least}, []ident.User{"us_2", "us_0"}},
			{account.UserQuery{Role: account.RoleManager, Raised: least}, []ident.User{"us_5", "us_3"}},
			{account.UserQuery{Role: account.RoleUser, Raised: least}, []ident.User{"us_1", "us_fake"}},
			{account.UserQuery{Role: "OWNER"}, []ident.User{}},
		} {
			require.Equal(t, c.want, b.found(t, c.q), "%+v", c.q)
		}
	},
	"a_grant_comes_back_and_goes": func(t *testing.T, b *bench) {
		b.people(t, plain)
		scoped := account.Grant{Role: account.RoleManager, Cinemas: []ident.Cinema{"ci_a", "ci_b"}}
		for range 2 { // a repeat changes nothing
			u, err := b.GrantRole(t.Context(), change("us_0", plain, scoped))
			require.NoError(t, err)
			require.True(t, u.Grant().Equal(scoped))
			require.Equal(t, start.Add(time.Hour), u.UpdatedAt)
			got, err := b.User(t.Context(), "us_0")
			require.NoError(t, err)
			require.Equal(t, u, got)
		}
		u, err := b.GrantRole(t.Context(), change("us_0", scoped, plain))
		require.NoError(t, err)
		require.Empty(t, u.Cinemas)
		require.Equal(t, "Person No0", u.Name, "what else is known of him stays")
		require.Equal(t, []ident.User{"us_0"}, b.found(t, account.UserQuery{Text: "no0"}))
	},
	"a_grant_is_refused": func(t *testing.T, b *bench) {
		b.people(t, clerk)
		require.NoError(t, b.SaveUser(t.Context(), account.User{ID: "us_guest", Guest: true, Granted: account.RoleUser, CreatedAt: start}))
		_, err := b.GrantRole(t.Context(), change("us_none", plain, clerk))
		isFault(t, err, fault.NotFound, "user_not_found")
		_, err = b.GrantRole(t.Context(), change("us_guest", plain, clerk))
		isFault(t, err, fault.Conflict, "guest")
		_, err = b.GrantRole(t.Context(), change("us_0", plain, chief))
		isFault(t, err, fault.Conflict, "role_changed")
		_, err = b.GrantRole(t.Context(), change("us_0", account.Grant{Role: account.RoleStaff, Cinemas: []ident.Cinema{"ci_a"}}, chief))
		isFault(t, err, fault.Conflict, "role_changed")
		require.Equal(t, clerk, b.grantOf(t, "us_0"))
		_, err = b.User(t.Context(), "us_none")
		isFault(t, err, fault.NotFound, "user_not_found")
	},
	"saving_a_user_leaves_his_role_alone": func(t *testing.T, b *bench) {
		b.people(t, chief, chief)
		old, err := b.User(t.Context(), "us_0")
		require.NoError(t, err)
		scoped := account.Grant{Role: account.RoleStaff, Cinemas: []ident.Cinema{"ci_a"}}
		_, err = b.GrantRole(t.Context(), change("us_0", chief, scoped))
		require.NoError(t, err)
		old.Name = "New Name"
		require.NoError(t, b.SaveUser(t.Context(), old))
		require.Equal(t, scoped, b.grantOf(t, "us_0"))
		require.Equal(t, []ident.User{"us_0"}, b.found(t, account.UserQuery{Text: "new", Role: account.RoleStaff}))
	},
	"the_last_administrator_stays": func(t *testing.T, b *bench) {
		b.people(t, chief, clerk, plain)
		guest := account.User{ID: "us_guest", Guest: true, Granted: account.RoleAdmin, Email: "p9@example.com", Verified: true, CreatedAt: start}
		require.NoError(t, b.SaveUser(t.Context(), guest))
		unverified := person("us_fake", "Fake", "fake@example.com")
		unverified.Verified = false
		require.NoError(t, b.SaveUser(t.Context(), unverified))
		listed := []string{"p0@example.com", "p9@example.com", "fake@example.com", "nobody@example.com"}
		for _, now := range []account.Grant{plain, clerk, {Role: account.RoleManager}} {
			_, err := b.GrantRole(t.Context(), change("us_0", chief, now, listed...))
			isFault(t, err, fault.Conflict, "last_admin")
		}
		require.Equal(t, chief, b.grantOf(t, "us_0"))
		_, err := b.GrantRole(t.Context(), change("us_0", chief, plain, append(listed, "p2@example.com")...))
		require.NoError(t, err, "a verified person who is listed remains")
		_, err = b.GrantRole(t.Context(), change("us_1", clerk, chief))
		require.NoError(t, err)
		_, err = b.GrantRole(t.Context(), change("us_2", plain, chief))
		require.NoError(t, err)
		_, err = b.GrantRole(t.Context(), change("us_1", chief, plain))
		require.NoError(t, err, "another one has it by a grant")
		_, err = b.GrantRole(t.Context(), change("us_2", chief, plain))
		isFault(t, err, fault.Conflict, "last_admin")
	},
	"who_cannot_sign_in_is_no_administrator": func(t *testing.T, b *bench) {
		b.people(t, chief, chief, plain)
		c := change("us_0", chief, plain, "p2@example.com")
		c.Unable = []ident.User{"us_1", "us_2", "us_none"}
		_, err := b.GrantRole(t.Context(), c)
		isFault(t, err, fault.Conflict, "last_admin")
		for _, unable := range [][]ident.User{{"us_1"}, {"us_2"}} { // either is enough
			c.Unable = unable
			_, err = b.GrantRole(t.Context(), c)
			require.NoError(t, err)
			c.Was, c.Now = c.Now, c.Was
			_, err = b.GrantRole(t.Context(), c)
			require.NoError(t, err)
			c.Was, c.Now = c.Now, c.Was
		}
	},
	"issuers_vouch_for_a_user": func(t *testing.T, b *bench) {
		b.people(t, plain)
		issuers, err := b.Issuers(t.Context(), "us_0")
		require.NoError(t, err)
		require.Empty(t, issuers)
		for _, issuer := range []string{"dev", "https://accounts.example/a|b"} {
			_, err := b.BindIdentity(t.Context(), issuer, "subject|1", "us_0")
			require.NoError(t, err)
		}
		issuers, err = b.Issuers(t.Context(), "us_0")
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"dev", "https://accounts.example/a|b"}, issuers)
	},
	"last_seen_is_the_newest_session": func(t *testing.T, b *bench) {
		for i, at := range []time.Duration{0, 2 * time.Hour, time.Hour} {
			v := session(fmt.Sprintf("h%d", i), alice)
			v.LastSeen = start.Add(at)
			require.NoError(t, b.PutSession(t.Context(), v))
		}
		require.NoError(t, b.PutSession(t.Context(), session("h9", bob)))
		seen, err := b.LastSeen(t.Context(), []ident.User{alice, "us_none"})
		require.NoError(t, err)
		require.Equal(t, map[ident.User]time.Time{alice: start.Add(2 * time.Hour)}, seen)
		seen, err = b.LastSeen(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, seen)
	},
	"bookings_are_listed_by_cinema": func(t *testing.T, b *bench) {
		for i, cinema := range []ident.Cinema{"ci_a", "ci_b", "ci_a", "ci_c", "ci_a", ""} {
			want := sale(fmt.Sprintf("bk_%d", i), alice, ident.Showtime("st_"+string(cinema)+"x"), ident.Seat(fmt.Sprintf("A%d", i+1)))
			want.Cinema, want.CreatedAt = cinema, start.Add(time.Duration(i)*time.Minute)
			b.reserve(t, want)
		}
		b.raise(t, "bk_2", booking.Failed, booking.ReasonDeclined)
		a, ab := []ident.Cinema{"ci_a"}, []ident.Cinema{"ci_a", "ci_b"}
		require.Equal(t, []ident.Booking{"bk_4", "bk_2", "bk_0"}, b.ids(t, booking.Query{Cinemas: a}))
		require.Equal(t, []ident.Booking{"bk_4", "bk_2", "bk_1", "bk_0"}, b.ids(t, booking.Query{Cinemas: ab}))
		require.Equal(t, []ident.Booking{"bk_2"}, b.ids(t, booking.Query{Cinemas: ab, Public: "FAILED"}))
		require.Equal(t, []ident.Booking{"bk_4", "bk_0"}, b.ids(t, booking.Query{Cinemas: a, Public: "PENDING"}))
		require.Equal(t, []ident.Booking{"bk_4", "bk_2", "bk_0"}, b.ids(t, booking.Query{Cinemas: a, Text: "lovelace"}))
		require.Empty(t, b.ids(t, booking.Query{Cinemas: a, Showtime: "st_ci_bx"}), "another cinema's showtime")
		require.Equal(t, []ident.Booking{"bk_1"}, b.ids(t, booking.Query{Cinemas: ab, Showtime: "st_ci_bx"}))
		require.Empty(t, b.ids(t, booking.Query{Cinemas: []ident.Cinema{"ci_none"}}))
		got, err := b.Booking(t.Context(), "bk_1")
		require.NoError(t, err)
		require.Equal(t, ident.Cinema("ci_b"), got.Cinema)

		items, total, err := b.Bookings(t.Context(), booking.Query{Cinemas: a, Limit: 1, Skip: 1})
		require.NoError(t, err)
		require.Equal(t, 3, total, "all that fit, not the page")
		require.Equal(t, ident.Booking("bk_2"), items[0].ID)
		for _, cinemas := range [][]ident.Cinema{a, ab} {
			var walked []ident.Booking
			q := booking.Query{Cinemas: cinemas, Limit: 2, Uncounted: true}
			for {
				items, total, err := b.Bookings(t.Context(), q)
				require.NoError(t, err)
				require.Zero(t, total, "nobody asked for it")
				for _, it := range items {
					walked = append(walked, it.ID)
				}
				if len(items) < q.Limit {
					break
				}
				last := items[len(items)-1]
				q.Before = booking.Place{CreatedAt: last.CreatedAt, ID: last.ID}
			}
			require.Equal(t, b.ids(t, booking.Query{Cinemas: cinemas}), walked)
		}
	},
}

// administratorsDemoteEachOther lets administrators take the role from one another, in a ring and all at once: one must remain.
func administratorsDemoteEachOther(t *testing.T, b *bench) {
	const rounds, ring = 10, 3
	for round := range rounds {
		ids := make([]ident.User, ring)
		for i := range ids {
			ids[i] = ident.User(fmt.Sprintf("us_%d_%d", round, i))
			u := person(ids[i], "Admin", fmt.Sprintf("a%d.%d@example.com", round, i))
			u.Granted = account.RoleAdmin
			require.NoError(t, b.SaveUser(t.Context(), u))
		}
		errs := make([]error, ring)
		together(ring, func(i int) { _, errs[i] = b.GrantRole(t.Context(), change(ids[(i+1)%ring], chief, plain)) })
		refused, left := 0, 0
		for i, err := range errs {
			if err != nil {
				isFault(t, err, fault.Conflict, "last_admin")
				refused++
			}
			if b.grantOf(t, ids[i]).Equal(chief) {
				left++
			}
		}
		require.Equal(t, 1, refused)
		require.Equal(t, 1, left)
		// The one who is left makes room for the next round.
		last := b.found(t, account.UserQuery{Role: account.RoleAdmin})
		require.Len(t, last, 1)
		_, err := b.GrantRole(t.Context(), change(last[0], chief, plain, "lock@example.com"))
		isFault(t, err, fault.Conflict, "last_admin")
		spare := person("us_spare", "Spare", "lock@example.com")
		spare.Granted = account.RoleUser
		require.NoError(t, b.SaveUser(t.Context(), spare))
		_, err = b.GrantRole(t.Context(), change(last[0], chief, plain, "lock@example.com"))
		require.NoError(t, err)
		spare.Verified = false
		require.NoError(t, b.SaveUser(t.Context(), spare))
	}
}

// rivalChanges lets administrators who saw the same role change it differently: one of them wins, the others are told.
func rivalChanges(t *testing.T, b *bench) {
	b.people(t, plain)
	const rivals = 8
	errs := make([]error, rivals)
	wanted := func(i int) account.Grant {
		return account.Grant{Role: account.RoleStaff, Cinemas: []ident.Cinema{ident.Cinema(fmt.Sprintf("ci_%d", i))}}
	}
	together(rivals, func(i int) { _, errs[i] = b.GrantRole(t.Context(), change("us_0", plain, wanted(i))) })
	winner := -1
	for i, err := range errs {
		if err == nil {
			require.Equal(t, -1, winner, "two have won")
			winner = i
			continue
		}
		isFault(t, err, fault.Conflict, "role_changed")
	}
	require.GreaterOrEqual(t, winner, 0)
	require.Equal(t, wanted(winner), b.grantOf(t, "us_0"))
}

// signInBesideChange saves a person as a sign-in that began before the change does.
func signInBesideChange(t *testing.T, b *bench) {
	for i := range 10 {
		b.people(t, chief, chief)
		id := ident.User(fmt.Sprintf("us_r%d", i))
		u := person(id, "Racer", "r@example.com")
		u.Granted = account.RoleAdmin
		require.NoError(t, b.SaveUser(t.Context(), u))
		var errs [2]error
		together(2, func(side int) {
			if side == 0 {
				seen := u
				seen.Name = "Renamed"
				errs[0] = b.SaveUser(t.Context(), seen)
				return
			}
			_, errs[1] = b.GrantRole(t.Context(), change(id, chief, plain))
		})
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		got, err := b.User(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, account.RoleUser, got.Granted)
		require.Equal(t, "Renamed", got.Name)
	}
}
