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

func person(id ident.User, name, email string) account.User {
	return account.User{ID: id, Email: email, Name: name, Picture: "p", Verified: true, Granted: account.RoleStaff, CreatedAt: start, UpdatedAt: start}
}

func session(hash string, u ident.User) account.Session {
	return account.Session{
		ID: "se_" + hash, Hash: hash, User: u, Issuer: "dev", Subject: "ada@example.com", CreatedAt: start, LastSeen: start,
		AuthTime: start.Add(-time.Minute), Rotated: start, Agent: "agent", Label: "Chromium on Linux", Bookings: []ident.Booking{"bk_1"},
	}
}

var accountCases = map[string]func(t *testing.T, b *bench){
	"a_user_comes_back_and_is_replaced": func(t *testing.T, b *bench) {
		u := person(alice, "Ada Lovelace", "ada@example.com")
		require.NoError(t, b.SaveUser(t.Context(), u))
		got, err := b.User(t.Context(), alice)
		require.NoError(t, err)
		require.Equal(t, u, got)
		u.Name, u.Picture, u.Verified, u.UpdatedAt = "Ada King", "q", false, start.Add(time.Hour)
		require.NoError(t, b.SaveUser(t.Context(), u))
		got, err = b.User(t.Context(), alice)
		require.NoError(t, err)
		require.Equal(t, u, got)
		_, err = b.User(t.Context(), bob)
		isFault(t, err, fault.NotFound, "user_not_found")
	},
	"an_identity_belongs_to_its_first_user": func(t *testing.T, b *bench) {
		require.NoError(t, b.SaveUser(t.Context(), person(alice, "Ada", "ada@example.com")))
		_, err := b.UserByIdentity(t.Context(), "https://issuer", "sub-1")
		isFault(t, err, fault.NotFound, "user_not_found")
		for _, u := range []ident.User{alice, bob} {
			has, err := b.BindIdentity(t.Context(), "https://issuer", "sub-1", u)
			require.NoError(t, err)
			require.Equal(t, alice, has)
		}
		got, err := b.UserByIdentity(t.Context(), "https://issuer", "sub-1")
		require.NoError(t, err)
		require.Equal(t, alice, got.ID)
		has, err := b.BindIdentity(t.Context(), "https://issuer|sub", "-1", bob)
		require.NoError(t, err)
		require.Equal(t, bob, has, "issuer and subject do not run into each other")
		_, err = b.BindIdentity(t.Context(), "", "sub", bob)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	},
	"a_guest_is_merged_once": func(t *testing.T, b *bench) {
		into, err := b.MergedInto(t.Context(), "us_g1")
		require.NoError(t, err)
		require.Empty(t, into)
		for _, account := range []ident.User{alice, bob} {
			into, err := b.Merge(t.Context(), "us_g1", account)
			require.NoError(t, err)
			require.Equal(t, alice, into)
		}
		into, err = b.MergedInto(t.Context(), "us_g1")
		require.NoError(t, err)
		require.Equal(t, alice, into)
		guests, err := b.MergedGuests(t.Context(), bob)
		require.NoError(t, err)
		require.Empty(t, guests)
		_, err = b.Merge(t.Context(), alice, alice)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
	},
	"merged_guests_are_listed_oldest_first_and_bounded": func(t *testing.T, b *bench) {
		want := make([]ident.User, 0, 100)
		for i := range 103 {
			g := ident.User(fmt.Sprintf("us_g%03d", (i*37)%103)) // not in the order of the ids
			_, err := b.Merge(t.Context(), g, alice)
			require.NoError(t, err)
			if i < 100 {
				want = append(want, g)
			}
		}
		guests, err := b.MergedGuests(t.Context(), alice)
		require.NoError(t, err)
		require.Equal(t, want, guests)
	},
	"a_merge_by_its_register_is_listed_too": func(t *testing.T, b *bench) {
		b.put(t, booking.KindMerge, "us_g1", string(alice))
		guests, err := b.MergedGuests(t.Context(), alice)
		require.NoError(t, err)
		require.Equal(t, []ident.User{"us_g1"}, guests)
	},
	"a_session_comes_back_and_is_replaced": func(t *testing.T, b *bench) {
		v := session("h1", alice)
		require.NoError(t, b.PutSession(t.Context(), v))
		got, err := b.Session(t.Context(), "h1")
		require.NoError(t, err)
		require.Equal(t, v, got)
		v.User, v.LastSeen, v.Bookings = bob, start.Add(time.Hour), nil
		v.ID, v.Subject, v.Label, v.Rotated, v.Ends, v.Replaces = "se_2", "s2", "Firefox", time.Time{}, start.Add(time.Minute), "h0"
		require.NoError(t, b.PutSession(t.Context(), v))
		got, err = b.Session(t.Context(), "h1")
		require.NoError(t, err)
		require.Equal(t, v, got)
	},
	"touching_revives_nothing": func(t *testing.T, b *bench) {
		isFault(t, b.TouchSession(t.Context(), "h1", start), fault.NotFound, "session_not_found")
		isFault(t, b.AllowBooking(t.Context(), "h1", "bk_1"), fault.NotFound, "session_not_found")
		_, err := b.Session(t.Context(), "h1")
		isFault(t, err, fault.NotFound, "session_not_found")
		require.NoError(t, b.PutSession(t.Context(), session("h1", alice)))
		require.NoError(t, b.TouchSession(t.Context(), "h1", start.Add(time.Minute)))
		got, err := b.Session(t.Context(), "h1")
		require.NoError(t, err)
		require.Equal(t, start.Add(time.Minute), got.LastSeen)
	},
	"a_session_may_see_a_bounded_set_of_bookings": func(t *testing.T, b *bench) {
		require.NoError(t, b.PutSession(t.Context(), session("h1", alice)))
		for range 2 {
			require.NoError(t, b.AllowBooking(t.Context(), "h1", "bk_2"))
		}
		got, err := b.Session(t.Context(), "h1")
		require.NoError(t, err)
		require.Equal(t, []ident.Booking{"bk_1", "bk_2"}, got.Bookings)
		for i := range account.MaxSessionBookings + 5 {
			require.NoError(t, b.AllowBooking(t.Context(), "h1", ident.Booking(fmt.Sprintf("bk_more%d", i))))
		}
		got, err = b.Session(t.Context(), "h1")
		require.NoError(t, err)
		require.Len(t, got.Bookings, account.MaxSessionBookings)
	},
	"sessions_of_a_user_end_together_but_one": func(t *testing.T, b *bench) {
		for i, u := range []ident.User{alice, alice, alice, bob} {
			v := session(fmt.Sprintf("h%d", i), u)
			v.LastSeen = start.Add(time.Duration(i) * time.Minute)
			require.NoError(t, b.PutSession(t.Context(), v))
		}
		require.NoError(t, b.DeleteSession(t.Context(), "h2"))
		require.NoError(t, b.DeleteSession(t.Context(), "h2"), "ending it twice is no fault")
		list, err := b.SessionsOf(t.Context(), alice)
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, "h1", list[0].Hash, "last seen first")
		require.NoError(t, b.DeleteSessionsOf(t.Context(), alice, "h1"))
		list, err = b.SessionsOf(t.Context(), alice)
		require.NoError(t, err)
		require.Len(t, list, 1)
		_, err = b.Session(t.Context(), "h3")
		require.NoError(t, err, "another user's session stays")
		require.NoError(t, b.DeleteSessionsOf(t.Context(), alice, ""))
		_, err = b.Session(t.Context(), "h1")
		isFault(t, err, fault.NotFound, "session_not_found")
	},
	"idle_sessions_are_dropped": func(t *testing.T, b *bench) {
		for i := range 3 {
			v := session(fmt.Sprintf("h%d", i), alice)
			v.LastSeen = start.Add(time.Duration(i) * time.Hour)
			require.NoError(t, b.PutSession(t.Context(), v))
		}
		n, err := b.DropSessions(t.Context(), start.Add(2*time.Hour))
		require.NoError(t, err)
		require.Equal(t, 2, n)
		_, err = b.Session(t.Context(), "h2")
		require.NoError(t, err)
	},
}
