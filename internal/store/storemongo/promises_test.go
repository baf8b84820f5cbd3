package storemongo_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/clock"
	"cinema/internal/mongotest"
	"cinema/internal/store/storemongo"
)

// A sale of two seats waits for a majority six times: booking, claims, seal, outcome, tickets beside outbox, status. Tickets and outbox
// are held until both are there, which would never happen if one waited for the other.
func TestSale_waitsForSixMajorityWrites(t *testing.T) {
	t.Parallel()
	l := setup(t)
	var mu sync.Mutex
	var writes []string
	both := make(chan struct{})
	waiting := 0
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if !isWrite(c) {
			return mongotest.Pass
		}
		mu.Lock()
		writes = append(writes, c.Name+" "+c.Collection)
		beside := c.Collection == "tickets" || c.Collection == "outbox"
		if beside {
			if waiting++; waiting == 2 {
				close(both)
			}
		}
		mu.Unlock()
		if beside {
			<-both
		}
		return mongotest.Pass
	})
	want := sale("bk_1", "A1", "A2")
	sell(t, l, want)
	l.relay.Judge(nil)
	require.Len(t, writes, 7)
	slices.Sort(writes[4:6])
	require.Equal(t, []string{
		"insert bookings", "insert seat_claims", "insert decisions", "insert decisions", "insert outbox", "insert tickets", "update bookings",
	}, writes)
	soldOnce(t, l, want)
}

// Every write waits for the journals of a majority and every read sees what a majority has, whatever the URI says.
func TestCommands_carryTheirConcerns(t *testing.T) {
	t.Parallel()
	l := setup(t, func(o *storemongo.Options) {
		o.URI += "&w=1&journal=false&readConcernLevel=local&readPreference=secondaryPreferred"
	})
	var mu sync.Mutex
	var faults []string
	seen := map[string]int{}
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		mu.Lock()
		defer mu.Unlock()
		switch c.Name {
		case "insert", "update", "delete":
			w, _ := c.Body.Lookup("writeConcern", "w").StringValueOK()
			j, _ := c.Body.Lookup("writeConcern", "j").BooleanOK()
			if w != "majority" || !j {
				faults = append(faults, c.Name+" "+c.Collection)
			}
		case "find", "aggregate":
			level, _ := c.Body.Lookup("readConcern", "level").StringValueOK()
			mode, there := c.Body.Lookup("$readPreference", "mode").StringValueOK()
			if level != "majority" || there && mode != "primary" && mode != "primaryPreferred" {
				faults = append(faults, c.Name+" "+c.Collection+" "+level+" "+mode)
			}
		}
		seen[c.Name]++
		return mongotest.Pass
	})
	sell(t, l, sale("bk_1", "A1", "A2"))
	_, err := l.Reserve(t.Context(), sale("bk_2", "A2"), 2)
	require.NoError(t, err)
	require.NoError(t, l.ReleaseClaims(t.Context(), "bk_1", nil))
	require.NoError(t, l.Canary(t.Context()))
	soldTo := booking.Query{Text: "k7m2"}
	_, _, err = l.Bookings(t.Context(), soldTo)
	require.NoError(t, err)
	l.relay.Judge(nil)
	require.Empty(t, faults)
	for _, name := range []string{"insert", "update", "delete", "find", "aggregate"} {
		require.Positive(t, seen[name], "the test saw no %s", name)
	}
}

func TestOpen_refusesAStandalone(t *testing.T) {
	t.Parallel()
	o := options(t, clock.System{})
	if !o.AllowStandalone {
		t.Skip("left out: the server under test is a replica set")
	}
	o.AllowStandalone = false
	_, err := storemongo.Open(t.Context(), o)
	require.ErrorIs(t, err, storemongo.ErrStandalone)
	require.ErrorContains(t, err, "rs.initiate()", "it says what to do")
}

func TestOpen_keepsThePasswordToItself(t *testing.T) {
	t.Parallel()
	for _, uri := range []string{"mongodb://cinema:hunter2@/%zz", "http://cinema:hunter2@db", "", "mongodb://cinema:hunter2@a,b:x/cinema"} {
		_, err := storemongo.Open(t.Context(), storemongo.Options{URI: uri})
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// An index is a helper. A server that refuses one is warned about and serves.
func TestOpen_missingIndexesAreAWarning(t *testing.T) {
	t.Parallel()
	o := options(t, clock.NewFake(start))
	if !o.AllowStandalone {
		t.Skip("left out: the server under test has every index")
	}
	var log bytes.Buffer
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s := open(t, o)
	require.Contains(t, log.String(), "helper indexes are missing")
	sell(t, s, sale("bk_1", "A1"))
}

func TestMigrations_runOnceAndRefuseANewerSchema(t *testing.T) {
	t.Parallel()
	l := setup(t)
	all, err := storemongo.Migrate(t.Context(), l.options)
	require.NoError(t, err)
	require.NotEmpty(t, all)
	again, err := storemongo.MigrateStatus(t.Context(), l.options)
	require.NoError(t, err)
	require.Equal(t, all, again, "a second run applies nothing")
	for _, m := range all {
		require.Equal(t, start, m.Applied)
	}
	newer := l.server.Aside(l.options.Database).Collection("schema_migrations")
	require.NoError(t, l.server.Do(func() error {
		_, err := newer.InsertOne(t.Context(), bson.D{{Key: "_id", Value: 99}, {Key: "name", Value: "from the future"}})
		return err
	}))
	_, err = storemongo.Open(t.Context(), l.options)
	require.ErrorIs(t, err, storemongo.ErrNewer)
}

func TestMigrations_processesThatStartTogetherAllServe(t *testing.T) {
	t.Parallel()
	o := options(t, clock.NewFake(start))
	errs := make([]error, 6)
	stores := make([]*storemongo.Store, len(errs))
	var done sync.WaitGroup
	for i := range errs {
		done.Go(func() { stores[i], errs[i] = storemongo.Open(t.Context(), o) })
	}
	done.Wait()
	for i, err := range errs {
		require.NoError(t, err)
		require.NoError(t, stores[i].Close())
	}
}

// The canary must fail on a store that lets the second of two inserts win.
func TestCanary_findsAStoreThatTakesTwo(t *testing.T) {
	t.Parallel()
	for _, broken := range []string{"seat_claims", "decisions"} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			l := setup(t)
			require.NoError(t, l.Canary(t.Context()))
			c := l.server.Aside(l.options.Database).Collection(broken)
			l.relay.Judge(func(cmd mongotest.Command) mongotest.Verdict {
				if cmd.Name == "insert" && cmd.Collection == broken {
					_ = l.server.Do(func() error {
						_, err := c.DeleteMany(t.Context(), bson.D{})
						return err
					})
				}
				return mongotest.Pass
			})
			require.ErrorContains(t, l.Canary(t.Context()), broken)
		})
	}
}

// What a request says is compared, never obeyed.
func TestFilters_takeNoOperators(t *testing.T) {
	t.Parallel()
	l := setup(t)
	sell(t, l, sale("bk_1", "A1"))
	for _, text := range []string{".*", "^k7", "k7m2.*", `\Qk7`, "k7m2|x", `{"$ne":""}`, "$where", "[k]7m2", "k7m29qx."} {
		items, total, err := l.Bookings(t.Context(), booking.Query{Text: text})
		require.NoError(t, err, "%q", text)
		require.Zero(t, total, "%q", text)
		require.Empty(t, items)
	}
	for _, word := range []string{`{"$gt":""}`, "$ne", ""} {
		_, err := l.Movie(t.Context(), word)
		require.Error(t, err)
		_, total, err := l.Bookings(t.Context(), booking.Query{Public: word + "x"})
		require.NoError(t, err)
		require.Zero(t, total)
	}
}

// A planner that died leaves his lease, which runs out.
func TestProgramme_aLeaseRunsOut(t *testing.T) {
	t.Parallel()
	l := setup(t)
	leases := l.server.Aside(l.options.Database).Collection("leases")
	require.NoError(t, l.server.Do(func() error {
		_, err := leases.InsertOne(t.Context(), bson.D{
			{Key: "_id", Value: "programme"}, {Key: "holder", Value: "the dead"}, {Key: "until", Value: start.Add(-time.Second)},
		})
		return err
	}))
	require.NoError(t, l.SaveProgramme(t.Context(), catalog.Programme{Cinemas: []catalog.Cinema{{ID: "ci_1", Slug: "lumen", Name: "Lumen"}}}))
	var left int64
	require.NoError(t, l.server.Do(func() (err error) {
		left, err = leases.CountDocuments(t.Context(), bson.D{})
		return err
	}))
	require.Zero(t, left, "the new holder gave it back")
}

func TestObserve_tellsEveryCommand(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]int{}
	o := options(t, clock.NewFake(start))
	o.Observe = func(command string, _ time.Duration, failed bool) {
		mu.Lock()
		defer mu.Unlock()
		seen[fmt.Sprint(command, " ", failed)]++
	}
	sell(t, open(t, o), sale("bk_1", "A1"))
	mu.Lock()
	defer mu.Unlock()
	require.Positive(t, seen["insert false"])
	require.Positive(t, seen["find false"])
}

func TestShardKey_onlyTheRangedPrimaryKeyKeepsClaimsUnique(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key  bson.D
		fits bool
	}{
		{bson.D{{Key: "_id", Value: int32(1)}}, true},
		{bson.D{{Key: "_id", Value: 1.0}}, true},
		{bson.D{{Key: "_id", Value: "hashed"}}, false},
		{bson.D{{Key: "booking_id", Value: int32(1)}}, false},
		{bson.D{{Key: "_id", Value: int32(1)}, {Key: "booking_id", Value: int32(1)}}, false},
		{nil, false},
	} {
		require.Equal(t, c.fits, storemongo.ClaimShardKey(c.key), "%v", c.key)
	}
}
