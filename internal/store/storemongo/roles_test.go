package storemongo_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"cinema/internal/account"
	"cinema/internal/booking"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/mongotest"
)

func administrator(id ident.User) account.User {
	return account.User{
		ID: id, Email: string(id) + "@example.com", Name: "Admin", Verified: true, Granted: account.RoleAdmin, CreatedAt: start, UpdatedAt: start,
	}
}

func demotion(id ident.User) account.RoleChange {
	return account.RoleChange{User: id, Was: account.Grant{Role: account.RoleAdmin}, Now: account.Grant{Role: account.RoleUser}, At: start}
}

// Two administrators demote each other at two servers at once: one of them remains.
func TestGrantRole_twoServersLeaveAnAdministrator(t *testing.T) {
	t.Parallel()
	o := options(t, clock.NewFake(start))
	one, two := open(t, o), open(t, o)
	require.NoError(t, one.SaveUser(t.Context(), administrator("us_a")))
	require.NoError(t, one.SaveUser(t.Context(), administrator("us_b")))
	var errs [2]error
	var gate, done sync.WaitGroup
	gate.Add(1)
	done.Go(func() { gate.Wait(); _, errs[0] = one.GrantRole(t.Context(), demotion("us_b")) })
	done.Go(func() { gate.Wait(); _, errs[1] = two.GrantRole(t.Context(), demotion("us_a")) })
	gate.Done()
	done.Wait()
	failed := 0
	for _, err := range errs {
		if err != nil {
			require.Equal(t, "last_admin", fault.CodeOf(err), "%v", err)
			failed++
		}
	}
	require.Equal(t, 1, failed)
	_, total, err := one.Users(t.Context(), account.UserQuery{Role: account.RoleAdmin})
	require.NoError(t, err)
	require.Equal(t, 1, total)
}

// A server that died while it changed a role keeps the others waiting until its lease has run out, and nothing is half done.
func TestGrantRole_aDeadServersLeaseRunsOut(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(start)
	o := options(t, c)
	s := open(t, o)
	require.NoError(t, s.SaveUser(t.Context(), administrator("us_a")))
	require.NoError(t, s.SaveUser(t.Context(), administrator("us_b")))
	leases := mongotest.Shared(t).Aside(o.Database).Collection("leases")
	_, err := leases.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "roles"}, {Key: "holder", Value: "dead"}, {Key: "until", Value: start.Add(time.Minute)}})
	require.NoError(t, err)
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = s.GrantRole(short, demotion("us_a"))
	require.Error(t, err)
	u, err := s.User(t.Context(), "us_a")
	require.NoError(t, err)
	require.Equal(t, account.RoleAdmin, u.Granted)
	c.Advance(2 * time.Minute)
	u, err = s.GrantRole(t.Context(), demotion("us_a"))
	require.NoError(t, err)
	require.Equal(t, account.RoleUser, u.Granted)
	n, err := leases.CountDocuments(t.Context(), bson.D{})
	require.NoError(t, err)
	require.Zero(t, n, "the lease is given back")
}

// Bookings and people of a version without cinemas and scopes are read, and the step gives each booking the cinema of its showtime.
func TestMigrations_fillTheCinemasOfBookings(t *testing.T) {
	t.Parallel()
	o := options(t, clock.NewFake(start))
	s := open(t, o)
	db := mongotest.Shared(t).Aside(o.Database)
	for show, cinema := range map[string]string{"st_1": "ci_a", "st_2": "ci_b"} {
		_, err := db.Collection("showtimes").InsertOne(t.Context(), bson.D{{Key: "_id", Value: show}, {Key: "cinema_id", Value: cinema}})
		require.NoError(t, err)
	}
	one, two, gone, kept := sale("bk_1", "A1"), sale("bk_2", "A1"), sale("bk_3", "A1"), sale("bk_4", "A2")
	two.Showtime, gone.Showtime, kept.Cinema = "st_2", "st_gone", "ci_other"
	for _, b := range []booking.Booking{one, two, gone, kept} {
		_, err := s.Reserve(t.Context(), b, 0)
		require.NoError(t, err)
	}
	_, err := db.Collection("bookings").UpdateMany(t.Context(), bson.D{{Key: "cinema_id", Value: ""}}, bson.D{{Key: "$unset", Value: bson.D{{Key: "cinema_id", Value: ""}}}})
	require.NoError(t, err)
	_, err = db.Collection("users").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "us_old"}, {Key: "granted", Value: "STAFF"}, {Key: "guest", Value: false}})
	require.NoError(t, err)
	_, err = db.Collection("schema_migrations").DeleteOne(t.Context(), bson.D{{Key: "name", Value: "fill_booking_cinemas"}})
	require.NoError(t, err)

	again := open(t, o)
	for id, want := range map[ident.Booking]ident.Cinema{"bk_1": "ci_a", "bk_2": "ci_b", "bk_3": "", "bk_4": "ci_other"} {
		got, err := again.Booking(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, want, got.Cinema, id)
	}
	_, total, err := again.Bookings(t.Context(), booking.Query{Cinemas: []ident.Cinema{"ci_b"}})
	require.NoError(t, err)
	require.Equal(t, 1, total)
	u, err := again.User(t.Context(), "us_old")
	require.NoError(t, err)
	require.Empty(t, u.Cinemas)
	scoped := account.Grant{Role: account.RoleStaff, Cinemas: []ident.Cinema{"ci_a"}}
	u, err = again.GrantRole(t.Context(), account.RoleChange{User: "us_old", Was: u.Grant(), Now: scoped, At: start})
	require.NoError(t, err)
	require.Equal(t, scoped, u.Grant())
}
