package storemongo_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"cinema/internal/store/storemongo"
)

// A store of before has sessions without names: each gets one of its own, and goes on.
func TestMigrations_nameTheSessionsOfBefore(t *testing.T) {
	t.Parallel()
	l := setup(t)
	db := l.server.Aside(l.options.Database)
	require.NoError(t, l.server.Do(func() error {
		for i := range 2 {
			_, err := db.Collection("sessions").InsertOne(t.Context(), bson.D{
				{Key: "_id", Value: fmt.Sprintf("h%d", i)},
				{Key: "user_id", Value: "us_1"},
				{Key: "issuer", Value: "dev"},
				{Key: "created_at", Value: start},
				{Key: "last_seen", Value: start.AddDate(0, 0, -i)},
				{Key: "auth_time", Value: start},
				{Key: "rotated", Value: start},
				{Key: "agent", Value: ""},
				{Key: "booking_ids", Value: bson.A{}},
			})
			if err != nil {
				return err
			}
		}
		_, err := db.Collection("schema_migrations").DeleteOne(t.Context(), bson.D{{Key: "name", Value: "name_sessions"}})
		return err
	}))
	s, err := storemongo.Open(t.Context(), l.options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	list, err := s.SessionsOf(t.Context(), "us_1")
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.NotEqual(t, list[0].ID, list[1].ID)
	named, err := s.SessionsNamed(t.Context(), []string{list[0].ID})
	require.NoError(t, err)
	require.Len(t, named, 1)
	require.Equal(t, "h0", named[0].Hash)
	require.Zero(t, named[0].Ends)
	require.NoError(t, s.ConfirmSession(t.Context(), "h0", start))
	next := named[0]
	next.Hash, next.Replaces = "h9", "h0"
	require.NoError(t, s.RotateSession(t.Context(), "h0", next))
	require.NoError(t, s.ConfirmSession(t.Context(), "h9", start))
	old, err := s.Session(t.Context(), "h0")
	require.NoError(t, err)
	require.Equal(t, start, old.Ends, "one of before can end like any other")
}
