package audit

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// anywhere is a link behind every other.
const anywhere = 1<<63 - 1

// headPatience is how often a verification looks for the head of a chain that has just begun, a second apart.
const headPatience = 5

// readStatements reads what was signed.
func (v *verification) readStatements(ctx context.Context) error {
	genesis, err := readGenesis(ctx, v.Chain)
	if err != nil {
		return err
	}
	v.report.Genesis = genesis
	for _, text := range v.Heads {
		v.hold(text)
	}
	if len(v.Heads) == 0 {
		v.report.Notices = append(v.report.Notices,
			"no "+HeadFile+" was found: if somebody cut off the end of the chain together with its checkpoints, this does not show it")
	}
	if v.Outside != nil {
		for text, err := range v.Outside {
			if err != nil {
				return err
			}
			v.hold(text)
		}
	}
	if v.head, err = v.Chain.Mark(ctx, markHead); err != nil {
		return fmt.Errorf("head of the chain: %w", err)
	}
	last, err := v.Chain.LastCheckpoint(ctx)
	if err != nil {
		return fmt.Errorf("last checkpoint: %w", err)
	}
	v.kept.most = last.Seq
	return nil
}

// hold keeps a checkpoint from outside the store, to compare the chain with it.
func (v *verification) hold(text string) {
	if c, ok := v.believe(text, "a checkpoint outside the store", anywhere); ok {
		v.signed = append(v.signed, c)
	}
}

// believe opens a checkpoint, which stands for a link that is not behind one; ok is false when nothing is to be compared with it.
func (v *verification) believe(text, where string, before int64) (c Checkpoint, ok bool) {
	c, key, err := open[Checkpoint](v.Trusted, kindCheckpoint, text)
	if err == nil {
		return c, c.N >= v.From && c.At().After(v.Since)
	}
	if key != "" {
		where += " (key " + key + ")"
	}
	v.found(min(c.N, before), "%s is not to be believed: %s", where, err.Error())
	return c, false
}

// checkHead looks at the store's own newest checkpoint and at the key that is published with it.
func (v *verification) checkHead(ctx context.Context, end Link) error {
	defer slices.SortStableFunc(v.signed, func(a, b Checkpoint) int { return cmp.Compare(a.N, b.N) })
	if v.head.Value == "" {
		if end.N > 0 {
			return v.awaitHead(ctx)
		}
		return nil
	}
	if err := v.checkPublished(ctx); err != nil {
		return err
	}
	c, ok := v.believe(v.head.Value, "the head in the store", end.N)
	if !ok {
		return nil
	}
	if c.rank() != v.head.Rank {
		v.found(c.N, "the head in the store was changed")
	}
	if c.Genesis != v.report.Genesis {
		v.found(v.From, "the number of entries from before the chain was changed from %d to %d", c.Genesis, v.report.Genesis)
	}
	v.kept.least = c.Kept
	v.signed = append(v.signed, c)
	return nil
}

// awaitHead gives a chain that has just begun the time to sign its head.
func (v *verification) awaitHead(ctx context.Context) error {
	for range headPatience {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-v.Clock.After(time.Second):
		}
		head, err := v.Chain.Mark(ctx, markHead)
		if err != nil {
			return fmt.Errorf("head of the chain: %w", err)
		}
		if head.Value != "" {
			return nil
		}
	}
	v.found(v.From, "the store has a chain and no signed head: it was removed")
	return nil
}

// checkPublished wants the public keys in the store to be those that are trusted. Whoever signed the head published his.
func (v *verification) checkPublished(ctx context.Context) error {
	_, signer, err := open[Checkpoint](v.Trusted, kindCheckpoint, v.head.Value)
	if err != nil {
		signer = ""
	}
	for id, public := range v.Trusted {
		m, err := v.Chain.Mark(ctx, markKey+id)
		if err != nil {
			return fmt.Errorf("public key: %w", err)
		}
		if want := (Mark{Name: markKey + id, Value: PublicText(public)}); m != want && (m != Mark{} || id == signer) {
			v.found(v.From, "the public key %s in the store was changed or removed", id)
		}
	}
	return nil
}

// signedAt holds a link against every checkpoint that was signed for it.
func (v *verification) signedAt(ctx context.Context, l Link) (*Finding, error) {
	for ; v.at < len(v.signed) && v.signed[v.at].N <= l.N; v.at++ {
		if f := v.fits(v.signed[v.at], l); f != nil {
			return f, nil
		}
	}
	for {
		c, ok, err := v.kept.upTo(ctx, v, l.N)
		if err != nil || !ok {
			return nil, err
		}
		if f := v.fits(c, l); f != nil {
			return f, nil
		}
	}
}

func (v *verification) fits(c Checkpoint, l Link) *Finding {
	if c.N != l.N { // its numbers go back, which is told where it was read
		return nil
	}
	first := max(v.lastFit.N+1, v.From)
	if c.Hash != hex.EncodeToString(l.Hash) {
		return &Finding{N: first, What: fmt.Sprintf(
			"the chain was written anew somewhere in the links %d to %d: the checkpoint that was signed for link %d at %s has another hash",
			first, c.N, c.N, c.Time)}
	}
	v.report.Checkpoints++
	v.lastFit, v.report.LastSigned = c, c
	return nil
}

// checkBehind finds checkpoints of links behind the end.
func (v *verification) checkBehind(_ context.Context, end Link) error {
	farthest := v.kept.behind
	for _, c := range v.signed {
		if c.N > farthest.N {
			farthest = c
		}
	}
	if farthest.N > end.N {
		v.note(Finding{N: end.N + 1, unnamed: true, What: fmt.Sprintf(
			"the end of the chain was cut off: a checkpoint of %s was signed for link %d (entry %s)", farthest.Time, farthest.N, farthest.Entry)})
	}
	return nil
}

// storeCheckpoints walks through the kept checkpoints of a store beside the links. Their numbers have no gaps and their places grow, so
// that one which was removed or added is noticed.
type storeCheckpoints struct {
	least, most int64 // how many there must be, and the last to look at
	page        []KeptCheckpoint
	seq, n      int64 // of the last one that was looked at
	ahead       *Checkpoint
	behind      Checkpoint // the last one that the walk did not come to
}

// upTo is the next checkpoint for a link up to n.
func (s *storeCheckpoints) upTo(ctx context.Context, v *verification, n int64) (c Checkpoint, ok bool, err error) {
	if s.ahead == nil {
		if s.ahead, err = s.next(ctx, v); err != nil || s.ahead == nil {
			return Checkpoint{}, false, err
		}
	}
	if s.ahead.N > n {
		return Checkpoint{}, false, nil
	}
	c, s.ahead = *s.ahead, nil
	return c, true, nil
}

// next is the next checkpoint that can be believed; nil at the end.
func (s *storeCheckpoints) next(ctx context.Context, v *verification) (*Checkpoint, error) {
	for s.seq < s.most {
		if len(s.page) == 0 {
			var err error
			if s.page, err = v.Chain.Checkpoints(ctx, s.seq, verifyPage); err != nil {
				return nil, fmt.Errorf("checkpoints: %w", err)
			}
			if len(s.page) == 0 {
				return nil, nil
			}
		}
		k := s.page[0]
		s.page = s.page[1:]
		if k.Seq != s.seq+1 {
			v.found(s.n+1, "checkpoint number %d was removed from the store", s.seq+1)
		}
		s.seq = k.Seq
		c, ok := v.believe(k.Statement, fmt.Sprintf("checkpoint number %d of the store", k.Seq), s.n+1)
		if ok && (c.Kept != k.Seq || c.N <= s.n) {
			v.found(min(c.N, s.n+1), "checkpoint number %d of the store was changed", k.Seq)
		}
		if ok {
			s.n = max(s.n, c.N)
			return &c, nil
		}
	}
	return nil, nil
}

// finish looks at the checkpoints that the walk did not come to, and whether there are as many as were signed.
func (s *storeCheckpoints) finish(ctx context.Context, v *verification) error {
	for {
		c, ok, err := s.upTo(ctx, v, anywhere)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		s.behind = c
	}
	if s.seq < s.least {
		v.found(s.n+1, "%d checkpoints were kept in the store, and it has %d: the last ones were removed", s.least, s.seq)
	}
	return nil
}
