package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"cinema/internal/clock"
)

// verifyPage is how many links or entries are read together.
const verifyPage = 500

// Finding is the first thing that is wrong with the record.
type Finding struct {
	N     int64  `json:"n"`               // the link that is wrong, or the first that may be
	Entry string `json:"entry,omitempty"` // id
	At    string `json:"at,omitempty"`    // the entry's instant, RFC 3339; what it says may be what was changed
	What  string `json:"what"`

	unnamed bool // a link is gone, and its entry may still be there
}

// String is the finding as one line.
func (f Finding) String() string {
	text := "link " + strconv.FormatInt(f.N, 10)
	if f.Entry != "" {
		text += ", entry " + f.Entry
	}
	if f.At != "" {
		text += " of " + f.At
	}
	return text + ": " + f.What
}

// VerifyDeps is what a verification needs.
type VerifyDeps struct {
	Chain   ChainReader
	Trusted Trusted                  // who may sign checkpoints
	Heads   []string                 // newest checkpoints from outside the store (ReadHeads), read before the verification begins
	Outside iter.Seq2[string, error] // further checkpoints from outside the store (ReadCheckpoints); nil: none
	From    int64                    // the first link to look at; zero: 1. What was signed before it is not looked at
	Since   time.Time                // what was signed before is not looked at; zero: everything is
	Clock   clock.Clock
	// Progress is called after each page; nil: nothing.
	Progress func(what string, done, total int64)
	Pause    time.Duration // between two pages, so that a verification beside a running server leaves it time
}

// Report is what a verification came to.
type Report struct {
	First       *Finding // nil: nothing is wrong
	Links       int64    // length of the chain
	Walked      int64    // links that were looked at
	Genesis     int64    // entries that were there before the chain began
	Pending     int      // entries that wait for their link
	Loose       int      // entries that have no link and do not wait for one
	Checkpoints int      // signed statements that fit
	LastSigned  Checkpoint
	Notices     []string // what could not be looked at
}

// ErrNothingThere says that From is behind the end of the chain.
var ErrNothingThere = errors.New("the chain ends before the link to begin with")

// Verify walks through the chain and the record. It works beside a running product: what is appended meanwhile is pending, not wrong. An
// error means that it could not look; what it found is in the report.
func Verify(ctx context.Context, d VerifyDeps) (Report, error) {
	if d.Progress == nil {
		d.Progress = func(string, int64, int64) {}
	}
	d.From = max(d.From, 1)
	v := &verification{VerifyDeps: d}
	if err := v.readStatements(ctx); err != nil { // before the chain's end is read: they must not be ahead of it
		return v.report, err
	}
	end, err := d.Chain.LastLink(ctx)
	if err != nil {
		return v.report, fmt.Errorf("end of the chain: %w", err)
	}
	v.report.Links = end.N
	for _, step := range []func(context.Context, Link) error{v.checkHead, v.findLoose, v.walk, v.checkBehind} {
		if err := step(ctx, end); err != nil {
			return v.report, err
		}
	}
	v.judgeLoose(end)
	if d.From > end.N+1 && v.report.First == nil {
		return v.report, fmt.Errorf("%w: it has %d", ErrNothingThere, end.N)
	}
	v.report.Pending, err = d.Chain.CountUnsealed(ctx)
	return v.report, err
}

// verification is one run.
type verification struct {
	VerifyDeps

	report  Report
	signed  []Checkpoint // by N: everything signed but what the store keeps
	at      int          // the next of them
	head    Mark         // of the store
	kept    storeCheckpoints
	lastFit Checkpoint // the newest checkpoint that fits
	loose   Kept       // the eldest entry without a link
	looseN  int64      // the link before which it stands
}

// found notes what is wrong; the one with the smallest number counts.
func (v *verification) found(n int64, format string, args ...any) {
	v.note(Finding{N: n, What: fmt.Sprintf(format, args...)})
}

func (v *verification) note(f Finding) {
	f.N = max(f.N, v.From)
	if v.report.First == nil || f.N < v.report.First.N {
		v.report.First = &f
	}
}

// walk looks at every link, its entry, and what was signed there, until the first that is wrong.
func (v *verification) walk(ctx context.Context, end Link) error {
	before, err := v.before(ctx)
	if err != nil || before == nil {
		return err
	}
	for before.N < end.N && (v.report.First == nil || v.report.First.N > before.N) {
		links, err := v.Chain.Links(ctx, before.N, int(min(verifyPage, end.N-before.N)))
		if err != nil {
			return fmt.Errorf("links after %d: %w", before.N, err)
		}
		if len(links) == 0 {
			v.note(Finding{N: before.N + 1, What: "the link is missing", unnamed: true})
			break
		}
		whole, err := v.page(ctx, before, links)
		if err != nil || !whole {
			return err
		}
		v.Progress("links", before.N, end.N)
		if before.N == end.N {
			break
		}
		if err := v.rest(ctx); err != nil {
			return err
		}
	}
	return v.kept.finish(ctx, v)
}

// rest lets a running server have the store for a moment.
func (v *verification) rest(ctx context.Context) error {
	if v.Pause <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-v.Clock.After(v.Pause):
		return nil
	}
}

// before is the link that the walk follows; nil when it is missing.
func (v *verification) before(ctx context.Context) (*Link, error) {
	if v.From == 1 {
		return &Link{Hash: make([]byte, sha256.Size)}, nil
	}
	links, err := v.Chain.Links(ctx, v.From-2, 1)
	if err != nil {
		return nil, fmt.Errorf("link %d: %w", v.From-1, err)
	}
	if len(links) == 0 || links[0].N != v.From-1 {
		if len(links) > 0 {
			v.found(v.From, "link %d before it is missing", v.From-1)
		}
		return nil, nil
	}
	return &links[0], nil
}

// page looks at some links and moves before to the last good one; whole is false when one is wrong.
func (v *verification) page(ctx context.Context, before *Link, links []Link) (whole bool, err error) {
	ids := make([]string, len(links))
	for i, l := range links {
		ids[i] = l.Entry
	}
	kept, err := v.Chain.Kept(ctx, ids)
	if err != nil {
		return false, fmt.Errorf("entries of links after %d: %w", before.N, err)
	}
	there := make(map[string]Kept, len(kept))
	for _, k := range kept {
		there[k.ID] = k
	}
	for _, l := range links {
		k, ok := there[l.Entry]
		f := judge(*before, l, k, ok)
		if f == nil {
			if f, err = v.signedAt(ctx, l); err != nil {
				return false, err
			}
		}
		if f != nil {
			v.note(*f)
			return false, nil
		}
		if v.loose.ID != "" && v.looseN == 0 && k.Position > v.loose.Position {
			v.looseN = l.N
		}
		*before = l
		v.report.Walked++
	}
	return true, nil
}

// judge looks at one link with its entry; nil: it is as it must be.
func judge(before, l Link, k Kept, there bool) *Finding {
	if l.N != before.N+1 {
		return &Finding{N: before.N + 1, What: "the link is missing", unnamed: true}
	}
	f := &Finding{N: l.N, Entry: l.Entry}
	if there {
		f.At = instant(k.At)
	}
	switch {
	case !bytes.Equal(l.Prev, before.Hash):
		f.What = "the link does not follow the one before it: it was changed, or the one before it was"
	case !bytes.Equal(l.Hash, l.sum()):
		f.What = "the link was changed: its hash does not fit"
	case !there:
		f.What = "the entry was deleted"
	case k.Fault != "":
		f.What = "the entry was changed: " + k.Fault
	case !bytes.Equal(l.Digest, k.Digest()):
		f.What = "the entry was changed, or its link was: its digest does not fit"
	default:
		return nil
	}
	return f
}

// findLoose looks for entries without a link that do not wait for one either.
func (v *verification) findLoose(ctx context.Context, end Link) error {
	looked := int64(0)
	for after := ""; ; {
		loose, next, err := v.Chain.Loose(ctx, after, verifyPage)
		if err != nil {
			return fmt.Errorf("entries without a link: %w", err)
		}
		for _, k := range loose {
			if v.loose.ID == "" || k.Position < v.loose.Position {
				v.loose = k
			}
		}
		v.report.Loose += len(loose)
		if next == "" {
			return nil
		}
		after, looked = next, looked+verifyPage
		v.Progress("entries", looked, max(looked, end.N))
		if err := v.rest(ctx); err != nil {
			return err
		}
	}
}

// judgeLoose tells of the eldest entry without a link.
func (v *verification) judgeLoose(end Link) {
	if v.loose.ID == "" {
		return
	}
	if f := v.report.First; f != nil && f.unnamed && v.looseN == 0 { // the link that is gone was this entry's
		f.Entry, f.At = v.loose.ID, instant(v.loose.At)
		return
	}
	n := v.looseN
	if n == 0 {
		n = end.N + 1
	}
	v.note(Finding{N: n, Entry: v.loose.ID, At: instant(v.loose.At), What: "the entry has no link: the product did not write it, or its link was removed"})
}

// readGenesis tells how many entries were there before the chain began; -1 when somebody wrote over it.
func readGenesis(ctx context.Context, c ChainReader) (int64, error) {
	m, err := c.Mark(ctx, markGenesis)
	if err != nil {
		return 0, fmt.Errorf("beginning of the chain: %w", err)
	}
	if m == (Mark{}) {
		return 0, nil
	}
	n, err := strconv.ParseInt(m.Value, 10, 64)
	if err != nil || n < 0 || m.Rank != 0 {
		return -1, nil //nolint:nilerr // no number that was signed is this one
	}
	return n, nil
}
