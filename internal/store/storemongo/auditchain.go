package storemongo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/audit"
	"cinema/internal/fault"
)

var _ audit.Chain = (*Store)(nil)

// requeueAfter is when an Append that was held up between the queue and the entry queues its entries once more: a sealer may have given
// them up meanwhile. It is well below the age at which sealers do.
const requeueAfter = 5 * time.Minute

// entryFields is how many fields a document of the record has.
const entryFields = 10

type linkDoc struct {
	N      int64  `bson:"_id"`
	Entry  string `bson:"entry_id"`
	Digest []byte `bson:"digest"`
	Prev   []byte `bson:"prev"`
	Hash   []byte `bson:"h"`
}

func toLink(l audit.Link) linkDoc {
	return linkDoc{N: l.N, Entry: l.Entry, Digest: l.Digest, Prev: l.Prev, Hash: l.Hash}
}

func (d linkDoc) link() audit.Link {
	return audit.Link{N: d.N, Entry: d.Entry, Digest: d.Digest, Prev: d.Prev, Hash: d.Hash}
}

// waitingDoc is an entry that waits for its link. Each writing of an entry has a document of its own here.
type waitingDoc struct {
	Key      string `bson:"_id"` // audit.Waiting.Key
	Position int64  `bson:"pos"`
	Entry    string `bson:"entry_id"`
}

func toWaiting(w audit.Waiting) waitingDoc {
	return waitingDoc{Key: w.Key(), Position: w.Position, Entry: w.Entry}
}

func (d waitingDoc) waiting() audit.Waiting {
	return audit.Waiting{Position: d.Position, Entry: d.Entry}
}

type checkpointDoc struct {
	Seq       int64  `bson:"_id"`
	Statement string `bson:"statement"`
}

func (d checkpointDoc) kept() audit.KeptCheckpoint {
	return audit.KeptCheckpoint{Seq: d.Seq, Statement: d.Statement}
}

type markDoc struct {
	Name  string `bson:"_id"`
	Rank  int64  `bson:"rank"`
	Value string `bson:"value"`
}

func (d markDoc) mark() audit.Mark { return audit.Mark{Name: d.Name, Rank: d.Rank, Value: d.Value} }

// OpenChain connects to the record beside whoever uses it. It changes nothing. Close must be called.
func OpenChain(ctx context.Context, o Options) (*Store, error) {
	s, err := connect(o)
	if err != nil {
		return nil, fmt.Errorf("open the record: %w", err)
	}
	pending, err := s.pending(ctx)
	if err == nil && len(pending) > 0 {
		err = errors.New("its schema is of an older version")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the record: %w", err), s.Close())
	}
	return s, nil
}

// Unsealed lists entries that wait for their link, oldest first. The zero key comes before every other.
func (s *Store) Unsealed(ctx context.Context, after audit.Waiting, limit int) ([]audit.Waiting, error) {
	docs, err := list[waitingDoc](ctx, s, s.unsealed, field("_id", field("$gt", after.Key())), sorted("_id").SetLimit(int64(limit)))
	return convert(docs, waitingDoc.waiting), err
}

// CountUnsealed tells how many entries wait.
func (s *Store) CountUnsealed(ctx context.Context) (int, error) {
	return s.count(ctx, s.unsealed, bson.D{})
}

// Kept reads entries as they are stored, in no order; an unknown id is left out.
func (s *Store) Kept(ctx context.Context, ids []string) ([]audit.Kept, error) {
	docs, err := listAmong[bson.Raw](ctx, s, s.audit, "_id", ids)
	return convert(docs, keptOf), err
}

// keptOf reads a document of the record. One that is not as this package writes it is told and no error: somebody else wrote it.
func keptOf(raw bson.Raw) audit.Kept {
	var d entryDoc
	elements, err := raw.Elements()
	if err == nil {
		err = bson.Unmarshal(raw, &d)
	}
	k := audit.Kept{Entry: d.entry(), Position: d.Position}
	switch {
	case err != nil:
		k.Fault = "it is not readable"
	case len(elements) != entryFields:
		k.Fault = "it has other fields than an entry"
	}
	if id, ok := raw.Lookup("_id").StringValueOK(); ok {
		k.ID = id
	}
	return k
}

// LastLink is the end of the chain.
func (s *Store) LastLink(ctx context.Context) (audit.Link, error) {
	docs, err := list[linkDoc](ctx, s, s.chain, bson.D{}, options.Find().SetSort(field("_id", -1)).SetLimit(1))
	if err != nil || len(docs) == 0 {
		return audit.Link{}, err
	}
	return docs[0].link(), nil
}

// Links lists links after a number.
func (s *Store) Links(ctx context.Context, after int64, limit int) ([]audit.Link, error) {
	docs, err := list[linkDoc](ctx, s, s.chain, field("_id", field("$gt", after)), sorted("_id").SetLimit(int64(limit)))
	return convert(docs, linkDoc.link), err
}

// LinksOf finds the links of entries.
func (s *Store) LinksOf(ctx context.Context, entries []string) ([]audit.Link, error) {
	docs, err := listAmong[linkDoc](ctx, s, s.chain, "entry_id", entries)
	return convert(docs, linkDoc.link), err
}

// Loose looks through entries for those that neither have a link nor wait for one. An entry is queued before it is written and leaves the
// queue after its link is, so that one which is found in neither may have moved from here to there: the links are looked at last.
func (s *Store) Loose(ctx context.Context, after string, limit int) (loose []audit.Kept, next string, err error) {
	if after == "" {
		if loose, err = s.strange(ctx, limit); err != nil {
			return nil, "", err
		}
	}
	docs, err := list[bson.Raw](ctx, s, s.audit, field("_id", field("$gt", after)), sorted("_id").SetLimit(int64(limit)))
	if err != nil {
		return nil, "", err
	}
	kept := convert(docs, keptOf)
	if len(kept) == limit {
		next = kept[len(kept)-1].ID
	}
	left := make(map[string]audit.Kept, len(kept))
	for _, k := range kept {
		left[k.ID] = k
	}
	if err := s.dropLinked(ctx, left); err != nil || len(left) == 0 {
		return loose, next, err
	}
	queued, err := listAmong[waitingDoc](ctx, s, s.unsealed, "entry_id", idsOf(left))
	if err != nil {
		return nil, "", err
	}
	for _, q := range queued {
		delete(left, q.Entry)
	}
	if err := s.dropLinked(ctx, left); err != nil {
		return nil, "", err
	}
	for _, k := range left {
		loose = append(loose, k)
	}
	return loose, next, nil
}

// strange are documents of the record whose ids are none of the product's: empty, or no text at all. A walk by ids would pass them over.
func (s *Store) strange(ctx context.Context, limit int) ([]audit.Kept, error) {
	ids := field("$or", bson.A{byID(""), field("_id", field("$not", field("$type", "string")))})
	docs, err := list[bson.Raw](ctx, s, s.audit, ids, options.Find().SetLimit(int64(limit)))
	return convert(docs, func(raw bson.Raw) audit.Kept {
		k := keptOf(raw)
		k.ID = raw.Lookup("_id").String()
		return k
	}), err
}

// dropLinked takes the entries away that have a link.
func (s *Store) dropLinked(ctx context.Context, left map[string]audit.Kept) error {
	links, err := s.LinksOf(ctx, idsOf(left))
	for _, l := range links {
		delete(left, l.Entry)
	}
	return err
}

func idsOf(kept map[string]audit.Kept) []string {
	ids := make([]string, 0, len(kept))
	for id := range kept {
		ids = append(ids, id)
	}
	return ids
}

// Checkpoints lists kept checkpoints after a number.
func (s *Store) Checkpoints(ctx context.Context, after int64, limit int) ([]audit.KeptCheckpoint, error) {
	docs, err := list[checkpointDoc](ctx, s, s.checkpoints, field("_id", field("$gt", after)), sorted("_id").SetLimit(int64(limit)))
	return convert(docs, checkpointDoc.kept), err
}

// LastCheckpoint is the newest kept one.
func (s *Store) LastCheckpoint(ctx context.Context) (audit.KeptCheckpoint, error) {
	docs, err := list[checkpointDoc](ctx, s, s.checkpoints, bson.D{}, options.Find().SetSort(field("_id", -1)).SetLimit(1))
	if err != nil || len(docs) == 0 {
		return audit.KeptCheckpoint{}, err
	}
	return docs[0].kept(), nil
}

// Mark reads a named statement.
func (s *Store) Mark(ctx context.Context, name string) (audit.Mark, error) {
	d, _, err := find[markDoc](ctx, s, s.marks, byID(name))
	return d.mark(), err
}

// SealEntries writes links at the end of the chain, one after another until the first whose number is taken, and then takes entries off
// the queue. What is broken off in between leaves entries in the queue that have a link: the next pass takes them off.
func (s *Store) SealEntries(ctx context.Context, links []audit.Link, done []audit.Waiting) error {
	if len(links) > 0 {
		docs := convert(links, toLink)
		err := s.once(ctx, func(ctx context.Context) error {
			_, err := s.chain.InsertMany(ctx, docs, options.InsertMany().SetOrdered(true))
			return err
		})
		if duplicate(err) {
			return audit.ErrMoved
		}
		if err != nil {
			return s.translate(ctx, err)
		}
	}
	keys := convert(done, audit.Waiting.Key)
	for len(keys) > 0 {
		part := keys[:min(batch, len(keys))]
		if _, err := s.remove(ctx, s.unsealed, field("_id", among(part))); err != nil {
			return err
		}
		keys = keys[len(part):]
	}
	return nil
}

// KeepCheckpoint writes a checkpoint unless its number is taken. After an unknown outcome the one that is there may be this one.
func (s *Store) KeepCheckpoint(ctx context.Context, k audit.KeptCheckpoint) (kept bool, err error) {
	if k.Seq < 1 || k.Statement == "" {
		return false, fault.New(fault.Invalid, "invalid_checkpoint", "A checkpoint needs a number and a statement.")
	}
	won, err := s.insert(ctx, s.checkpoints, checkpointDoc{Seq: k.Seq, Statement: k.Statement})
	if err != nil || won {
		return won, err
	}
	d, _, err := find[checkpointDoc](ctx, s, s.checkpoints, field("_id", k.Seq))
	return d.Statement == k.Statement, err
}

// PutMark writes a named statement unless there is one with the same or a higher rank.
func (s *Store) PutMark(ctx context.Context, m audit.Mark) error {
	if m.Name == "" {
		return fault.New(fault.Invalid, "invalid_mark", "A mark needs a name.")
	}
	d := markDoc(m)
	return s.again(ctx, func(ctx context.Context) error {
		lower := bson.D{{Key: "_id", Value: m.Name}, {Key: "rank", Value: field("$lt", m.Rank)}}
		r, err := s.marks.ReplaceOne(ctx, lower, d)
		if err != nil || r.MatchedCount > 0 {
			return err
		}
		_, err = s.marks.InsertOne(ctx, d)
		if !duplicate(err) {
			return err
		}
		there, found, err := findOnce[markDoc](ctx, s.marks, byID(m.Name))
		if err == nil && (!found || there.Rank < m.Rank) {
			err = errNoWinner // somebody with a lower rank was faster: the next try replaces it
		}
		return err
	})
}

// queueEntries lets entries wait for their link.
func (s *Store) queueEntries(ctx context.Context, docs []entryDoc) error {
	return insertAll(ctx, s, s.unsealed, convert(docs, func(d entryDoc) waitingDoc {
		return toWaiting(audit.Waiting{Position: d.Position, Entry: d.ID})
	}))
}

// Names of the marks of the chain's beginning.
const (
	markGenesis     = "genesis"
	markGenesisFrom = "genesis_from"
)

// beginChain queues what is in the record already. It goes on where an earlier start was broken off. Servers of an older version must be
// stopped before: what they write is not queued.
func beginChain(ctx context.Context, s *Store) error {
	if err := createCollections(ctx, s); err != nil {
		return err
	}
	reached, err := s.Mark(ctx, markGenesisFrom)
	if err != nil {
		return err
	}
	for page := reached.Rank + 1; ; page++ {
		docs, err := list[entryDoc](ctx, s, s.audit, field("_id", field("$gt", reached.Value)), sorted("_id").SetLimit(batch))
		if err != nil {
			return err
		}
		if len(docs) == 0 {
			break
		}
		if err := s.queueEntries(ctx, docs); err != nil {
			return err
		}
		reached = audit.Mark{Name: markGenesisFrom, Rank: page, Value: docs[len(docs)-1].ID}
		if err := s.PutMark(ctx, reached); err != nil {
			return err
		}
	}
	n, err := s.count(ctx, s.audit, bson.D{})
	if err != nil || n == 0 {
		return err
	}
	return s.PutMark(ctx, audit.Mark{Name: markGenesis, Value: strconv.Itoa(n)})
}
