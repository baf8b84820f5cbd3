package mongotest_test

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/mongotest"
)

func TestMain(m *testing.M) { os.Exit(mongotest.Main(m)) }

func connect(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetTimeout(20 * time.Second).SetRetryWrites(false))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.WithoutCancel(t.Context()))) })
	return client
}

func setup(t *testing.T) (*mongotest.Relay, *mongo.Collection) {
	t.Helper()
	server := mongotest.Shared(t)
	name := server.Database(t)
	relay := server.Relay(t)
	return relay, connect(t, relay.URI).Database(name).Collection("things")
}

// dropInserts gives inserts a verdict, once.
func dropInserts(relay *mongotest.Relay, verdict mongotest.Verdict) {
	var once sync.Once
	relay.Judge(func(c mongotest.Command) (v mongotest.Verdict) {
		if c.Name == "insert" && c.Collection == "things" {
			once.Do(func() { v = verdict })
		}
		return v
	})
}

func TestRelay_dropsBeforeOrAfterTheServer(t *testing.T) {
	t.Parallel()
	for verdict, there := range map[mongotest.Verdict]int64{mongotest.DropBefore: 0, mongotest.DropAfter: 1, mongotest.Pass: 1} {
		relay, things := setup(t)
		dropInserts(relay, verdict)
		_, err := things.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "a"}})
		if verdict == mongotest.Pass {
			require.NoError(t, err)
		} else {
			require.Error(t, err)
			require.True(t, mongo.IsNetworkError(err), "%v", err)
		}
		n, err := things.CountDocuments(t.Context(), bson.D{})
		require.NoError(t, err)
		require.Equal(t, there, n, "verdict %d", verdict)
	}
}

// Conditional updates that race have one winner: also on a stand-in that would let several win by itself.
func TestRelay_aConditionalUpdateHasOneWinner(t *testing.T) {
	t.Parallel()
	_, things := setup(t)
	_, err := things.InsertOne(t.Context(), bson.D{{Key: "_id", Value: "a"}, {Key: "free", Value: true}})
	require.NoError(t, err)
	var won, failed atomic.Int64
	var done sync.WaitGroup
	for range 32 {
		done.Go(func() {
			r, err := things.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: "a"}, {Key: "free", Value: true}},
				bson.D{{Key: "$set", Value: bson.D{{Key: "free", Value: false}}}})
			if err != nil {
				failed.Add(1)
			} else {
				won.Add(r.ModifiedCount)
			}
		})
	}
	done.Wait()
	require.Zero(t, failed.Load())
	require.Equal(t, int64(1), won.Load())
}

func TestServer_testsKeepToTheirOwnDatabases(t *testing.T) {
	t.Parallel()
	server := mongotest.Shared(t)
	one, two := server.Database(t), server.Database(t)
	require.NotEqual(t, one, two)
	client := connect(t, server.URI(t))
	_, err := client.Database(one).Collection("things").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "a"}})
	require.NoError(t, err)
	n, err := client.Database(two).Collection("things").CountDocuments(t.Context(), bson.D{})
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, server.Do(func() error {
		n, err = server.Aside(one).Collection("things").CountDocuments(t.Context(), bson.D{})
		return err
	}))
	require.Equal(t, int64(1), n)
}
