package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"cinema/internal/clock"
)

const (
	sealBatch = 256
	sealEvery = time.Second
	// maxPages bounds one look for something to seal behind entries that are not there.
	maxPages = 20
	// orphanAge is when a queued entry that never came is given up. Whoever queued it is long gone, or queues it again (Requeue).
	orphanAge = 15 * time.Minute
	// collisionPause is the most that a sealer waits after another one was faster.
	collisionPause = 200 * time.Millisecond
	// A checkpoint is kept after so many entries, or so long after the one before when there is anything new.
	keepEntries = 10_000
	keepEvery   = 5 * time.Minute
	// maxUnwritten bounds the kept checkpoints that wait for their file.
	maxUnwritten = 1000
)

// SealerDeps is what a Sealer is made of.
type SealerDeps struct {
	Chain Chain
	Keys  *Keys
	Dir   string // of HeadFile; empty: none is written
	File  string // kept checkpoints are also appended here; empty: nowhere
	Clock clock.Clock
	Log   *slog.Logger // nil: discarded
}

// Sealer chains what was appended to the record. Any number of sealers work on one store: each number of the chain is written once, and
// who comes second looks again.
type Sealer struct {
	chain     Chain
	keys      *Keys
	dir, file string
	clock     clock.Clock
	log       *slog.Logger

	genesis   int64      // entries from before the chain; -1: nothing was read yet
	seen      believed   // the farthest end of the chain that this process knows; N 0: none yet
	kept      Checkpoint // the newest kept one that this process knows
	unwritten []string   // kept checkpoints that wait for their file

	mu    sync.Mutex // guards stats
	stats SealerStats
}

// SealerStats tell how the sealer is.
type SealerStats struct {
	Links    int64         // length of the chain at the latest pass
	Sealed   uint64        // links written by this process
	Failures uint64        // passes that were repeated
	Broken   bool          // the store's chain does not fit a checkpoint that was signed before
	Lag      time.Duration // how long the oldest entry that the latest pass could not seal had waited by then
}

// NewSealer makes a sealer.
func NewSealer(d SealerDeps) *Sealer {
	s := &Sealer{chain: d.Chain, keys: d.Keys, dir: d.Dir, file: d.File, clock: d.Clock, log: d.Log, genesis: -1}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s
}

// Stats reads the figures.
func (s *Sealer) Stats() SealerStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Run seals until the context ends, and once more after that.
func (s *Sealer) Run(ctx context.Context) error {
	failing := false
	for ctx.Err() == nil {
		more, err := s.SealOnce(ctx)
		pause := sealEvery
		switch {
		case errors.Is(err, ErrMoved):
			pause = rand.N(collisionPause)
		case err != nil && ctx.Err() == nil:
			s.count(func(c *SealerStats) { c.Failures++ })
			if !failing {
				s.log.Warn("entries of the record wait for their seal", "error", err)
			}
			failing, pause = true, retryPause
		case more:
			continue
		default:
			failing = false
		}
		select {
		case <-ctx.Done():
		case <-s.clock.After(pause):
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	if err := s.finish(last); err != nil {
		s.log.Warn("entries of the record stay unsealed until the next start", "error", err)
	}
	return nil
}

// finish seals what is left and keeps a checkpoint of it.
func (s *Sealer) finish(ctx context.Context) error {
	for {
		more, err := s.SealOnce(ctx)
		if errors.Is(err, ErrMoved) {
			continue
		}
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	end, err := s.chain.LastLink(ctx)
	if err != nil {
		return fmt.Errorf("end of the chain: %w", err)
	}
	return s.sign(ctx, end, 1, 0)
}

func (s *Sealer) count(change func(*SealerStats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.stats)
}

// SealOnce seals one batch and signs where the chain then ends; more says that there may be another batch. After ErrMoved it is to be
// called again: another sealer was faster. One goroutine at a time may call it.
func (s *Sealer) SealOnce(ctx context.Context) (more bool, err error) {
	if err := s.begin(ctx); err != nil {
		return false, err
	}
	end, err := s.chain.LastLink(ctx)
	if err != nil {
		return false, fmt.Errorf("end of the chain: %w", err)
	}
	if err := s.expect(ctx, s.seen, end); err != nil {
		return false, err
	}
	links, done, err := s.batch(ctx, end)
	if err != nil {
		return false, err
	}
	if len(links) > 0 || len(done) > 0 {
		if err := s.chain.SealEntries(ctx, links, done); err != nil {
			return false, fmt.Errorf("seal: %w", err)
		}
	}
	if len(links) > 0 {
		end = links[len(links)-1]
		s.count(func(c *SealerStats) { c.Sealed += uint64(len(links)) })
	}
	return len(done) > 0, s.sign(ctx, end, keepEntries, keepEvery)
}

// begin reads, once, what this process has to know before it seals anything.
func (s *Sealer) begin(ctx context.Context) error {
	if s.genesis >= 0 {
		return nil
	}
	public := Mark{Name: markKey + s.keys.id, Value: PublicText(s.keys.Public())}
	if err := s.chain.PutMark(ctx, public); err != nil {
		return fmt.Errorf("publish the key: %w", err)
	}
	genesis, err := readGenesis(ctx, s.chain)
	if err != nil {
		return err
	}
	end, err := s.chain.LastLink(ctx)
	if err != nil {
		return err
	}
	if genesis > end.N {
		s.log.Info("entries from before the chain are sealed as they are found", "entries", genesis, "sealed", end.N)
	}
	heads, err := s.heads(ctx)
	if err != nil {
		return err
	}
	for _, head := range heads {
		if err := s.expect(ctx, head, end); err != nil {
			return err
		}
	}
	if err := s.readKept(ctx); err != nil {
		return err
	}
	s.genesis = genesis
	return nil
}

// believed is a checkpoint with its text.
type believed struct {
	Checkpoint

	text string
}

// heads are the checkpoints of the store and of this process's own files that can be believed.
func (s *Sealer) heads(ctx context.Context) ([]believed, error) {
	var texts []string
	if s.dir != "" {
		var err error
		if texts, err = ReadHeads(s.dir); err != nil {
			return nil, fmt.Errorf("head of the chain: %w", err)
		}
	}
	head, err := s.chain.Mark(ctx, markHead)
	if err != nil {
		return nil, fmt.Errorf("head of the chain: %w", err)
	}
	if head.Value != "" {
		texts = append(texts, head.Value)
	}
	accepted := acceptedIn(s.dir, s.keys.trusted, s.log)
	var all []believed
	for _, text := range texts {
		c, key, err := open[Checkpoint](s.keys.trusted, kindCheckpoint, text)
		if err != nil {
			s.log.Error("a checkpoint of the record's chain is not believed", "n", c.N, "key_id", key, "error", err)
			continue
		}
		if !accepted.covers(c) {
			all = append(all, believed{c, text})
		}
	}
	return all, nil
}

// expect wants the link of a checkpoint to be in the chain as it was signed. A chain that does not fit was cut or written anew: that is
// told and kept as evidence, and what comes after is sealed all the same.
func (s *Sealer) expect(ctx context.Context, c believed, end Link) error {
	if c.N == 0 {
		return nil
	}
	found := end
	if c.N < end.N {
		links, err := s.chain.Links(ctx, c.N-1, 1)
		if err != nil {
			return fmt.Errorf("link %d: %w", c.N, err)
		}
		if len(links) > 0 {
			found = links[0]
		}
	}
	if found.N == c.N && hex.EncodeToString(found.Hash) == c.Hash {
		if c.N > s.seen.N {
			s.seen = c
		}
		return nil
	}
	s.log.Error("the record was tampered with: its chain does not fit a signed checkpoint; run cinema audit verify",
		"n", c.N, "signed_at", c.Time, "chain_ends_at", end.N)
	s.count(func(st *SealerStats) { st.Broken = true })
	s.seen = believed{}
	if s.dir != "" {
		if err := setHeadAside(s.dir, c.text); err != nil {
			return fmt.Errorf("keep the evidence: %w", err)
		}
	}
	return nil
}

// batch makes the next links, and names what leaves the queue with them. What is looked up here was there after the end was read: an
// entry that somebody links meanwhile takes the number that this batch begins with, so that no entry gets two links.
func (s *Sealer) batch(ctx context.Context, end Link) (links []Link, done []Waiting, err error) {
	var after Waiting
	oldest := time.Time{}
	for range maxPages {
		waiting, err := s.chain.Unsealed(ctx, after, sealBatch)
		if err != nil {
			return nil, nil, fmt.Errorf("unsealed entries: %w", err)
		}
		if len(waiting) == 0 {
			break
		}
		if oldest.IsZero() {
			oldest = writtenAt(waiting[0])
		}
		if links, done, err = s.chainUp(ctx, end, waiting); err != nil {
			return nil, nil, err
		}
		if len(done) > 0 || len(waiting) < sealBatch {
			break
		}
		after = waiting[len(waiting)-1]
	}
	s.count(func(c *SealerStats) {
		c.Links, c.Lag = end.N+int64(len(links)), 0
		if len(done) == 0 && !oldest.IsZero() {
			c.Lag = max(0, s.clock.Now().Sub(oldest))
		}
	})
	return links, done, nil
}

// writtenAt is when an entry was queued; zero when its place tells no time.
func writtenAt(w Waiting) time.Time {
	const firstMicros = 1_000_000_000_000_000 // 2001; entries from before the chain have small places
	if w.Position < firstMicros {
		return time.Time{}
	}
	return time.UnixMicro(w.Position)
}

func (s *Sealer) chainUp(ctx context.Context, end Link, waiting []Waiting) (links []Link, done []Waiting, err error) {
	ids := make([]string, len(waiting))
	for i, w := range waiting {
		ids[i] = w.Entry
	}
	kept, err := s.chain.Kept(ctx, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("unsealed entries: %w", err)
	}
	linked, err := s.chain.LinksOf(ctx, ids)
	if err != nil {
		return nil, nil, fmt.Errorf("links of entries: %w", err)
	}
	there := make(map[string]Kept, len(kept))
	for _, k := range kept {
		there[k.ID] = k
	}
	over := make(map[string]bool, len(linked)+len(waiting)) // has a link
	for _, l := range linked {
		over[l.Entry] = true
	}
	old := s.clock.Now().Add(-orphanAge)
	for _, w := range waiting {
		k, ok := there[w.Entry]
		switch {
		case over[w.Entry]:
		case !ok && writtenAt(w).Before(old):
			s.log.Info("an entry that was announced to the chain never came", "entry", w.Entry)
		case !ok:
			continue
		case k.Fault != "":
			s.log.Error("an entry of the record is not as the product writes it and is not sealed", "entry", w.Entry, "fault", k.Fault)
			continue
		default:
			end = end.Next(k)
			links = append(links, end)
			over[w.Entry] = true
		}
		done = append(done, w)
	}
	return links, done, nil
}

// sign tells where the chain ends: with a checkpoint that is kept, when so many entries or so much time have passed since the last one,
// and with the head in the store and in the file, unless that was told already. The head counts the kept ones, and so comes after them.
func (s *Sealer) sign(ctx context.Context, end Link, entries int64, age time.Duration) error {
	if end.N == 0 {
		return nil
	}
	if s.keepDue(end, entries, age) {
		if err := s.readKept(ctx); err != nil { // another sealer may have kept one
			return err
		}
	}
	if s.keepDue(end, entries, age) {
		if err := s.keep(ctx, end); err != nil {
			return err
		}
	}
	if s.seen.N != end.N || s.seen.Kept != s.kept.Kept {
		if err := s.signHead(ctx, end); err != nil {
			return err
		}
	}
	return s.export()
}

func (s *Sealer) signHead(ctx context.Context, end Link) error {
	c := believed{Checkpoint: checkpointOf(end, s.genesis, s.kept.Kept, s.clock.Now())}
	var err error
	if c.text, err = sign(s.keys, kindCheckpoint, c.Checkpoint); err != nil {
		return err
	}
	if err := s.chain.PutMark(ctx, Mark{Name: markHead, Rank: c.rank(), Value: c.text}); err != nil {
		return fmt.Errorf("sign the chain: %w", err)
	}
	if s.dir != "" && !s.behindFile(c) {
		if err := writeHead(s.dir, c.text); err != nil {
			return fmt.Errorf("sign the chain: %w", err)
		}
	}
	s.seen = c
	return nil
}

// behindFile tells whether another process that shares the folder has signed a farther end. What a file says that does not fit the chain
// was set aside before.
func (s *Sealer) behindFile(c believed) bool {
	raw, err := os.ReadFile(filepath.Join(s.dir, HeadFile))
	if err != nil {
		return false
	}
	there, _, err := open[Checkpoint](s.keys.trusted, kindCheckpoint, string(raw))
	return err == nil && there.rank() > c.rank()
}

// readKept reads the newest checkpoint that was kept.
func (s *Sealer) readKept(ctx context.Context) error {
	last, err := s.chain.LastCheckpoint(ctx)
	if err != nil {
		return fmt.Errorf("last checkpoint: %w", err)
	}
	s.kept = Checkpoint{}
	if last.Seq > 0 {
		if c, _, err := open[Checkpoint](s.keys.trusted, kindCheckpoint, last.Statement); err == nil {
			s.kept = c
		}
	}
	s.kept.Kept = last.Seq
	return nil
}

func (s *Sealer) keepDue(end Link, entries int64, age time.Duration) bool {
	fresh := end.N - s.kept.N
	return fresh > 0 && (fresh >= entries || s.clock.Now().Sub(s.kept.At()) >= age)
}

func (s *Sealer) keep(ctx context.Context, end Link) error {
	c := checkpointOf(end, s.genesis, s.kept.Kept+1, s.clock.Now())
	text, err := sign(s.keys, kindCheckpoint, c)
	if err != nil {
		return err
	}
	kept, err := s.chain.KeepCheckpoint(ctx, KeptCheckpoint{Seq: c.Kept, Statement: text})
	if err != nil {
		return fmt.Errorf("keep a checkpoint: %w", err)
	}
	if !kept {
		return nil // another sealer keeps one at the same time
	}
	s.kept = c
	s.log.Info("checkpoint of the record", "n", c.N, "h", c.Hash, "entries", c.Entries, "time", c.Time, "key_id", s.keys.id)
	if s.file != "" && len(s.unwritten) < maxUnwritten {
		s.unwritten = append(s.unwritten, text)
	}
	return nil
}

// export appends kept checkpoints to their file. What cannot be written is tried again.
func (s *Sealer) export() error {
	for len(s.unwritten) > 0 {
		if err := appendCheckpoint(s.file, s.unwritten[0]); err != nil {
			return fmt.Errorf("write a checkpoint to its file: %w", err)
		}
		s.unwritten = s.unwritten[1:]
	}
	return nil
}
