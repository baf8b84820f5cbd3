package storemongo_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"cinema/internal/audit"
	"cinema/internal/clock"
	"cinema/internal/mongotest"
	"cinema/internal/store/storemongo"
)

// recordWrites is how many writes an Append and a first pass of a sealer send: queue, entries; public key (twice), links, queue,
// checkpoint, head (twice).
const recordWrites = 9

func recorded(from, to int) []audit.Entry {
	var all []audit.Entry
	for i := from; i < to; i++ {
		all = append(all, audit.Entry{ID: fmt.Sprintf("e%02d", i), Type: "seat.locked", User: "us_a", Payload: []byte(`{"a":1}`), At: start.Add(time.Duration(i) * time.Minute)})
	}
	return all
}

// sealer is one process's sealer with what it needs to verify.
type sealer struct {
	*audit.Sealer
	keys  *audit.Keys
	chain *storemongo.Store
}

func newSealer(t *testing.T, s *storemongo.Store) sealer {
	t.Helper()
	keys, err := audit.NewKeys()
	require.NoError(t, err)
	return sealer{audit.NewSealer(audit.SealerDeps{Chain: s, Keys: keys, Clock: clock.NewFake(start)}), keys, s}
}

// by is the same sealer in another process.
func (s sealer) by(other *storemongo.Store) sealer {
	return sealer{audit.NewSealer(audit.SealerDeps{Chain: other, Keys: s.keys, Clock: clock.NewFake(start)}), s.keys, other}
}

// all seals until nothing is left, whatever fails on the way.
func (s sealer) all(t *testing.T) {
	t.Helper()
	for range 50 {
		if more, err := s.SealOnce(t.Context()); err == nil && !more {
			return
		}
	}
	require.Fail(t, "the sealer does not come to an end")
}

// wholeChain wants every entry to have one link, and nothing to wait but what is not there.
func (s sealer) wholeChain(t *testing.T, entries int) {
	t.Helper()
	r := s.verify(t)
	require.Nil(t, r.First)
	require.Equal(t, int64(entries), r.Links)
	_, total, err := s.chain.Entries(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Equal(t, entries, total)
	waiting, err := s.chain.Unsealed(t.Context(), audit.Waiting{}, 100)
	require.NoError(t, err)
	for _, w := range waiting {
		kept, err := s.chain.Kept(t.Context(), []string{w.Entry})
		require.NoError(t, err)
		require.Empty(t, kept)
	}
}

func (s sealer) verify(t *testing.T) audit.Report {
	t.Helper()
	r, err := audit.Verify(t.Context(), audit.VerifyDeps{Chain: s.chain, Trusted: s.keys.Trusted(), Clock: clock.NewFake(start)})
	require.NoError(t, err)
	return r
}

// A write whose answer is lost is sent again and means the same, whichever it is and whether the server saw it or not.
func TestChain_everyWriteMayLoseItsAnswer(t *testing.T) {
	t.Parallel()
	for _, verdict := range []mongotest.Verdict{mongotest.DropBefore, mongotest.DropAfter} {
		for at := 1; at <= recordWrites; at++ {
			t.Run(fmt.Sprintf("write_%d_verdict_%d", at, verdict), func(t *testing.T) {
				t.Parallel()
				l := setup(t)
				var writes nth
				l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
					if writes.next(c) == at {
						return verdict
					}
					return mongotest.Pass
				})
				require.NoError(t, l.Append(t.Context(), recorded(0, 5)))
				s := newSealer(t, l.Store)
				s.all(t)
				s.wholeChain(t, 5)
				require.NoError(t, l.Append(t.Context(), recorded(5, 8)))
				s.all(t)
				s.wholeChain(t, 8)
			})
		}
	}
}

// A process that dies after any of its writes leaves something that the next one completes.
func TestChain_dyingAtAnyStep(t *testing.T) {
	t.Parallel()
	for at := 1; at <= recordWrites; at++ {
		for _, then := range []string{"delivered again", "never delivered again"} {
			t.Run(fmt.Sprintf("before_write_%d_then_%s", at, then), func(t *testing.T) {
				t.Parallel()
				l := setup(t, impatient)
				var seen nth
				l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
					if seen.next(c) >= at {
						return mongotest.DropBefore
					}
					return mongotest.Pass
				})
				dying := newSealer(t, l.Store)
				if err := l.Append(t.Context(), recorded(0, 5)); err == nil {
					_, err := dying.SealOnce(t.Context())
					require.Error(t, err)
				}
				next, entries := dying.by(l.other), 5
				if then == "delivered again" {
					require.NoError(t, l.other.Append(t.Context(), recorded(0, 5)))
				} else if at <= 2 {
					entries = 0
				}
				next.all(t)
				next.wholeChain(t, entries)
				require.NoError(t, l.other.Append(t.Context(), recorded(3, 9)))
				next.all(t)
				if entries == 0 {
					next.wholeChain(t, 6)
				} else {
					next.wholeChain(t, 9)
				}
			})
		}
	}
}

// Two sealers whose batches overlap agree: the second one's links are refused from the first number that is taken.
func TestSealEntries_aBatchThatOverlaps(t *testing.T) {
	t.Parallel()
	l := setup(t)
	require.NoError(t, l.Append(t.Context(), recorded(0, 6)))
	kept, err := l.Kept(t.Context(), []string{"e00", "e01", "e02", "e03"})
	require.NoError(t, err)
	var links []audit.Link
	end := audit.Link{}
	for _, k := range kept {
		end = end.Next(k)
		links = append(links, end)
	}
	var ordered atomic.Bool
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if c.Name == "insert" && c.Collection == "audit_chain" {
			o, ok := c.Body.Lookup("ordered").BooleanOK()
			ordered.Store(!ok || o)
		}
		return mongotest.Pass
	})
	require.NoError(t, l.other.SealEntries(t.Context(), links[:2], nil))
	require.ErrorIs(t, l.SealEntries(t.Context(), links, nil), audit.ErrMoved)
	last, err := l.LastLink(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(2), last.N, "an ordered write ends at its first refusal")
	require.True(t, ordered.Load(), "a server would write the rest of an unordered one")
	require.NoError(t, l.SealEntries(t.Context(), links[2:], nil))
	s := newSealer(t, l.Store)
	s.all(t)
	s.wholeChain(t, 6)
}

// An entry that gets its link while somebody looks for entries without one is none.
func TestLoose_aLinkWhileSomebodyLooks(t *testing.T) {
	t.Parallel()
	l := setup(t)
	require.NoError(t, l.Append(t.Context(), recorded(0, 3)))
	s := newSealer(t, l.other)
	var once sync.Once
	l.relay.Judge(func(c mongotest.Command) mongotest.Verdict {
		if c.Name == "find" && c.Collection == "audit_unsealed" {
			once.Do(func() { s.all(t) })
		}
		return mongotest.Pass
	})
	loose, _, err := l.Loose(t.Context(), "", 10)
	require.NoError(t, err)
	require.Empty(t, loose)
	n, err := l.CountUnsealed(t.Context())
	require.NoError(t, err)
	require.Zero(t, n, "they left the queue in the middle of the look")
}

// An Append that was held up for long between the queue and its entries queues them again: a sealer may have given them up.
func TestAppend_heldUpForLong(t *testing.T) {
	t.Parallel()
	l := setup(t)
	c := clock.NewFake(start)
	o := l.options
	o.Clock = c
	slow := open(t, o)
	var once sync.Once
	l.relay.Judge(func(cmd mongotest.Command) mongotest.Verdict {
		if cmd.Name == "insert" && cmd.Collection == "audit_logs" {
			once.Do(func() {
				c.Advance(time.Hour)
				late := audit.NewSealer(audit.SealerDeps{Chain: l.other, Keys: newSealer(t, l.other).keys, Clock: c})
				_, err := late.SealOnce(t.Context())
				require.NoError(t, err)
				n, err := l.other.CountUnsealed(t.Context())
				require.NoError(t, err)
				require.Zero(t, n, "it was given up")
			})
		}
		return mongotest.Pass
	})
	require.NoError(t, slow.Append(t.Context(), recorded(0, 2)))
	loose, _, err := l.other.Loose(t.Context(), "", 10)
	require.NoError(t, err)
	require.Empty(t, loose)
	s := newSealer(t, l.other)
	s.all(t)
	n, err := l.other.LastLink(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(2), n.N)
}

// What was in the record before it had a chain is queued once, and told apart.
func TestMigrations_beginTheChain(t *testing.T) {
	t.Parallel()
	o := options(t, clock.NewFake(start))
	s := open(t, o)
	require.NoError(t, s.Append(t.Context(), recorded(0, 7)))
	db := mongotest.Shared(t).Aside(o.Database)
	for _, name := range []string{"audit_unsealed", "audit_marks"} {
		_, err := db.Collection(name).DeleteMany(t.Context(), bson.D{})
		require.NoError(t, err)
	}
	_, err := db.Collection("schema_migrations").DeleteOne(t.Context(), bson.D{{Key: "name", Value: "begin_audit_chain"}})
	require.NoError(t, err)
	_, err = storemongo.OpenChain(t.Context(), o)
	require.ErrorContains(t, err, "older version")

	again := newSealer(t, open(t, o))
	again.all(t)
	again.wholeChain(t, 7)
	require.Equal(t, int64(7), again.verify(t).Genesis)
	reader, err := storemongo.OpenChain(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, reader.Close())
}

// Whoever may write to the database changes a document of the record: the first bad one is named.
func TestVerify_namesTheFirstBadDocument(t *testing.T) {
	t.Parallel()
	set := func(name string, value any) bson.D {
		return bson.D{{Key: "$set", Value: bson.D{{Key: name, Value: value}}}}
	}
	for name, c := range map[string]struct {
		collection string
		id         any
		change     bson.D // nil: deleted
		insert     bson.D
		n          int64
		entry      string
	}{
		"type":              {collection: "audit_logs", id: "e03", change: set("type", "x"), n: 4, entry: "e03"},
		"user":              {collection: "audit_logs", id: "e03", change: set("user_id", "x"), n: 4, entry: "e03"},
		"seats":             {collection: "audit_logs", id: "e03", change: set("seat_ids", bson.A{"A1"}), n: 4, entry: "e03"},
		"payload":           {collection: "audit_logs", id: "e03", change: set("payload", []byte(`{"a":2}`)), n: 4, entry: "e03"},
		"payload of a type": {collection: "audit_logs", id: "e03", change: set("payload", "text"), n: 4, entry: "e03"},
		"time":              {collection: "audit_logs", id: "e03", change: set("at", start), n: 4, entry: "e03"},
		"place":             {collection: "audit_logs", id: "e03", change: set("pos", int64(1)), n: 4, entry: "e03"},
		"one field more":    {collection: "audit_logs", id: "e03", change: set("more", 1), n: 4, entry: "e03"},
		"deleted":           {collection: "audit_logs", id: "e03", n: 4, entry: "e03"},
		"foreign":           {collection: "audit_logs", insert: bson.D{{Key: "_id", Value: "f"}, {Key: "type", Value: "x"}, {Key: "pos", Value: int64(1)}}, n: 1, entry: "f"},
		"foreign, no id":    {collection: "audit_logs", insert: bson.D{{Key: "_id", Value: ""}, {Key: "type", Value: "x"}}, n: 1, entry: `""`},
		"foreign, a number": {collection: "audit_logs", insert: bson.D{{Key: "_id", Value: int64(7)}, {Key: "type", Value: "x"}}, n: 1, entry: `{"$numberLong":"7"}`},
		"link":              {collection: "audit_chain", id: int64(4), change: set("digest", make([]byte, 32)), n: 4, entry: "e03"},
		"no link":           {collection: "audit_chain", id: int64(4), n: 4, entry: "e03"},
		"no last link":      {collection: "audit_chain", id: int64(8), n: 8, entry: "e07"},
		"checkpoint":        {collection: "audit_checkpoints", id: int64(1), n: 1},
		"head":              {collection: "audit_marks", id: "head", change: set("rank", int64(99)), n: 8},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, clock.NewFake(start))
			s := newSealer(t, open(t, o))
			require.NoError(t, s.chain.Append(t.Context(), recorded(0, 8)))
			s.all(t)
			require.Nil(t, s.verify(t).First)
			collection := mongotest.Shared(t).Aside(o.Database).Collection(c.collection)
			var err error
			switch {
			case c.insert != nil:
				_, err = collection.InsertOne(t.Context(), c.insert)
			case c.change != nil:
				_, err = collection.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: c.id}}, c.change)
			default:
				_, err = collection.DeleteOne(t.Context(), bson.D{{Key: "_id", Value: c.id}})
			}
			require.NoError(t, err)
			r := s.verify(t)
			require.NotNil(t, r.First)
			require.Equal(t, c.n, r.First.N, r.First)
			require.Equal(t, c.entry, r.First.Entry, r.First)
		})
	}
}
