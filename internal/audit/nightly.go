package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"cinema/internal/clock"
)

const (
	// lookEvery is how often a process looks whether a verification is due.
	lookEvery = 5 * time.Minute
	// verifyAt is the hour of the day, UTC, after which the nightly verification is due.
	verifyAt = 3 * time.Hour
	// verifyPause leaves a running server time between two pages.
	verifyPause = 5 * time.Millisecond
	day         = 24 * time.Hour
)

// Nightly verifies the record once a night, and when it never was verified. Whichever process looks first does it; two at once do no harm.
type Nightly struct {
	chain Chain
	keys  *Keys
	dir   string
	clock clock.Clock
	log   *slog.Logger

	own time.Time // of this process's newest verification

	mu     sync.Mutex // guards latest
	latest Verdict
}

// NewNightly makes the worker from what a sealer is made of.
func NewNightly(d SealerDeps) *Nightly {
	n := &Nightly{chain: d.Chain, keys: d.Keys, dir: d.Dir, clock: d.Clock, log: d.Log}
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	return n
}

// Latest is the newest verification that this process knows, its own or another's; the zero value when there is none.
func (n *Nightly) Latest() Verdict {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.latest
}

// Run looks and verifies until the context ends.
func (n *Nightly) Run(ctx context.Context) error {
	for {
		if err := n.LookOnce(ctx); err != nil && ctx.Err() == nil {
			n.log.Warn("the record could not be verified", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-n.clock.After(lookEvery):
		}
	}
}

// LookOnce verifies when that is due.
func (n *Nightly) LookOnce(ctx context.Context) error {
	accepted := acceptedIn(n.dir, n.keys.trusted, n.log)
	latest, err := readVerdict(ctx, n.chain, n.keys.trusted)
	if err != nil {
		return err
	}
	now := n.clock.Now()
	if latest.At().After(now) { // nobody verifies in the future
		latest = Verdict{}
	}
	last := n.own
	if at := latest.At(); at.After(last) {
		last = at
		n.set(latest)
	}
	if !due(last, now) && !accepted.At().After(last) {
		return nil
	}
	var heads []string
	if n.dir != "" {
		if heads, err = ReadHeads(n.dir); err != nil {
			return fmt.Errorf("head of the chain: %w", err)
		}
	}
	r, err := Verify(ctx, VerifyDeps{
		Chain: n.chain, Trusted: n.keys.Trusted(), Heads: heads, From: accepted.From, Since: accepted.At(), Clock: n.clock, Pause: verifyPause,
	})
	if err != nil {
		return err
	}
	v := Verdict{N: r.Walked, Time: instant(n.clock.Now()), OK: r.First == nil, FirstBad: r.First}
	n.set(v)
	n.own = v.At()
	if v.OK {
		n.log.Info("the record is as it was written", "links", r.Links, "pending", r.Pending, "checkpoints", r.Checkpoints)
	} else {
		n.log.Error("the record was tampered with", "first_bad", r.First.String(), "links", r.Links)
	}
	text, err := sign(n.keys, kindVerdict, v)
	if err != nil {
		return err
	}
	if err := n.chain.PutMark(ctx, Mark{Name: markVerified, Rank: n.clock.Now().UnixMilli(), Value: text}); err != nil {
		return fmt.Errorf("keep the verdict: %w", err)
	}
	return nil
}

func (n *Nightly) set(v Verdict) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.latest = v
}

// due tells whether a night has begun since the last verification.
func due(last, now time.Time) bool {
	if last.IsZero() {
		return true
	}
	next := last.UTC().Add(-verifyAt).Truncate(day).Add(day + verifyAt)
	return !now.Before(next)
}

// readVerdict reads the newest verification of any process; the zero value when there is none that can be believed.
func readVerdict(ctx context.Context, c ChainReader, trusted Trusted) (Verdict, error) {
	m, err := c.Mark(ctx, markVerified)
	if err != nil {
		return Verdict{}, fmt.Errorf("latest verdict: %w", err)
	}
	v, _, err := open[Verdict](trusted, kindVerdict, m.Value)
	if err != nil {
		return Verdict{}, nil //nolint:nilerr // there is none, or somebody else wrote it
	}
	return v, nil
}

// ChainState is how the chain over the record is.
type ChainState struct {
	Sealed     int64       // entries with a link
	Pending    int         // entries that wait for one
	Checkpoint *Checkpoint // the newest; nil: none that can be believed
	Key        string      // id of the key that signed it
	Verified   *Verdict    // the newest verification; nil: none
}

// ReadState reads how the chain is.
func ReadState(ctx context.Context, c ChainReader, k *Keys) (ChainState, error) {
	end, err := c.LastLink(ctx)
	if err != nil {
		return ChainState{}, fmt.Errorf("end of the chain: %w", err)
	}
	s := ChainState{Sealed: end.N}
	if s.Pending, err = c.CountUnsealed(ctx); err != nil {
		return ChainState{}, fmt.Errorf("unsealed entries: %w", err)
	}
	head, err := c.Mark(ctx, markHead)
	if err != nil {
		return ChainState{}, fmt.Errorf("head of the chain: %w", err)
	}
	if cp, key, err := open[Checkpoint](k.trusted, kindCheckpoint, head.Value); err == nil {
		s.Checkpoint, s.Key = &cp, key
	}
	v, err := readVerdict(ctx, c, k.trusted)
	if err != nil {
		return ChainState{}, err
	}
	if !v.At().IsZero() {
		s.Verified = &v
	}
	return s, nil
}

// Stranger is the id of the key that signed the newest checkpoint of a store, when these keys do not know it; empty otherwise.
func Stranger(ctx context.Context, c ChainReader, k *Keys) (string, error) {
	head, err := c.Mark(ctx, markHead)
	if err != nil {
		return "", fmt.Errorf("head of the chain: %w", err)
	}
	if _, key, err := open[Checkpoint](k.trusted, kindCheckpoint, head.Value); errors.Is(err, errUnknownKey) {
		return key, nil
	}
	return "", nil
}
