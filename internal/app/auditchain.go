package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"cinema/internal/audit"
	"cinema/internal/clock"
	"cinema/internal/config"
	"cinema/internal/lifecycle"
	"cinema/internal/store/storemongo"
	"cinema/internal/store/storesqlite"
)

// openRecord reads the secret of the record and makes what seals with it.
func (p *product) openRecord(ctx context.Context) (err error) {
	if p.keys, err = recordKeys(ctx, p.cfg, p.store, p.log); err != nil {
		return err
	}
	p.vault = audit.NewVault(p.store, p.keys, p.clock)
	stranger, err := audit.Stranger(ctx, p.store, p.keys)
	if err != nil || stranger == "" {
		return err
	}
	if shared(p.cfg) {
		return fmt.Errorf("AUDIT_KEY_FILE: key %s signed this store's record and is not in %s: every process on a store needs the same file", stranger, auditKeyPath(p.cfg))
	}
	p.log.Error("another key signed this store's record: put the file with it back, or its PUBLIC KEY behind the present key; until then the record counts as tampered with",
		"key_id", stranger, "file", auditKeyPath(p.cfg))
	return nil
}

// sealing are the parts that keep the record from being changed unnoticed. They stop after whatever writes to it.
func (p *product) sealing() []lifecycle.Part {
	d := audit.SealerDeps{Chain: p.store, Keys: p.keys, Dir: p.cfg.DataDir, File: p.cfg.CheckpointFile, Clock: p.clock, Log: p.log}
	p.sealer, p.nightly = audit.NewSealer(d), audit.NewNightly(d)
	return []lifecycle.Part{{Name: "sealer", Run: p.sealer.Run}, {Name: "verifier", Run: p.nightly.Run}}
}

// chainState tells how the chain over the record is.
func (p *product) chainState(ctx context.Context) (audit.ChainState, error) {
	return audit.ReadState(ctx, p.store, p.keys)
}

// sealed are the sealer's figures; none in a process that has no sealer.
func (p *product) sealed() audit.SealerStats {
	if p.sealer == nil {
		return audit.SealerStats{}
	}
	return p.sealer.Stats()
}

func (p *product) chainIntact() float64 {
	if p.sealed().Broken {
		return 0
	}
	if p.nightly != nil {
		if v := p.nightly.Latest(); !v.At().IsZero() && !v.OK {
			return 0
		}
	}
	return 1
}

func (p *product) verifiedAge() float64 {
	if p.nightly == nil {
		return 0
	}
	at := p.nightly.Latest().At()
	if at.IsZero() {
		return 0
	}
	return max(0, p.clock.Now().Sub(at).Seconds())
}

// AuditOptions say how to verify the record.
type AuditOptions struct {
	Checkpoints []string // files, as AUDIT_CHECKPOINT_FILE is written
	Keys        []string // public keys that may sign, as cinema audit key prints them, beside the one of AUDIT_KEY_FILE
	From        int64    // the first link to look at; zero: the one that was accepted, or 1
}

// chainReader is a store's chain, opened for reading alone.
type chainReader interface {
	audit.ChainReader
	Close() error
}

// AuditVerify walks through the record and its chain, beside a running server too, and writes what it found to out and how far it is to
// progress. whole is false when somebody changed the record; an error means that it could not look.
func AuditVerify(ctx context.Context, cfg *config.Config, o AuditOptions, out, progress io.Writer) (whole bool, err error) {
	d := audit.VerifyDeps{From: o.From, Clock: clock.System{}, Progress: verifyProgress(progress)}
	if d.Trusted, err = trusted(ctx, cfg, o.Keys); err != nil {
		return false, err
	}
	if o.From == 0 {
		accepted, err := audit.ReadAcceptance(cfg.DataDir, d.Trusted)
		if err != nil {
			return false, err
		}
		if d.From, d.Since = accepted.From, accepted.At(); d.From > 0 {
			fmt.Fprintf(out, "accepted: links before %d are not looked at, as somebody with the key said at %s: %s\n", d.From, accepted.Time, accepted.Reason)
		}
	}
	if d.Heads, err = audit.ReadHeads(cfg.DataDir); err != nil {
		return false, fmt.Errorf("head of the chain: %w", err)
	}
	d.Outside = func(yield func(string, error) bool) {
		for _, name := range o.Checkpoints {
			for text, err := range audit.ReadCheckpoints(name) {
				if !yield(text, err) {
					return
				}
			}
		}
	}
	chain, err := openChain(ctx, cfg)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, chain.Close()) }()
	d.Chain = chain
	r, err := audit.Verify(ctx, d)
	fmt.Fprint(progress, "\r\033[K")
	if err != nil && r.First == nil {
		return false, err
	}
	report(out, r)
	return r.First == nil, nil
}

// trusted are the keys that may have signed: the product's own, when its file is there, and those that were named.
func trusted(ctx context.Context, cfg *config.Config, named []string) (audit.Trusted, error) {
	all := make(audit.Trusted)
	keys, err := knownKeys(ctx, cfg)
	switch {
	case err == nil:
		all = keys.Trusted()
	case len(named) == 0:
		return nil, fmt.Errorf("%w; name the public key with --key", err)
	}
	for _, text := range named {
		public, err := audit.ParsePublic(text)
		if err != nil {
			return nil, fmt.Errorf("--key %q: %w", text, err)
		}
		all.Trust(public)
	}
	return all, nil
}

func openChain(ctx context.Context, cfg *config.Config) (chainReader, error) {
	if cfg.MongoURI != "" {
		return storemongo.OpenChain(ctx, mongoOptions(cfg))
	}
	return storesqlite.OpenChain(ctx, cfg.DataDir)
}

func report(w io.Writer, r audit.Report) {
	if r.First != nil {
		fmt.Fprintf(w, "TAMPERED: %s\n", r.First)
	} else {
		fmt.Fprintf(w, "verified: the record is as it was written\n")
	}
	fmt.Fprintf(w, "links: %d, looked at %d; signed checkpoints that fit: %d\n", r.Links, r.Walked, r.Checkpoints)
	if c := r.LastSigned; c.N > 0 {
		fmt.Fprintf(w, "newest checkpoint that fits: link %d, signed at %s\n", c.N, c.Time)
	}
	if r.Genesis > 0 {
		fmt.Fprintf(w, "genesis: the first %d entries were there before the chain began; what was done to them until then is not to be seen\n", r.Genesis)
	}
	if r.Pending > 0 {
		fmt.Fprintf(w, "pending: %d entries wait for their link\n", r.Pending)
	}
	if r.Loose > 0 {
		fmt.Fprintf(w, "without a link: %d entries\n", r.Loose)
	}
	for _, n := range r.Notices {
		fmt.Fprintf(w, "notice: %s\n", n)
	}
}

// verifyProgress draws one line that is written over.
func verifyProgress(w io.Writer) func(what string, done, total int64) {
	return func(what string, done, total int64) {
		fmt.Fprintf(w, "\r\033[K%s %d/%d", what, done, total)
	}
}

// AuditAccept says, signed, that from a link on the record counts again; zero: from what will be sealed next.
func AuditAccept(ctx context.Context, cfg *config.Config, from int64, reason string, w io.Writer) (err error) {
	keys, err := knownKeys(ctx, cfg)
	if err != nil {
		return err
	}
	if from == 0 {
		chain, err := openChain(ctx, cfg)
		if err != nil {
			return err
		}
		end, err := chain.LastLink(ctx)
		if err = errors.Join(err, chain.Close()); err != nil {
			return err
		}
		from = end.N + 1
	}
	if err := audit.Accept(cfg.DataDir, keys, audit.Acceptance{From: from, Reason: reason}, clock.System{}.Now()); err != nil {
		return err
	}
	fmt.Fprintf(w, "accepted: the record counts from link %d on; restart what seals it\n", from)
	return nil
}

// AuditKey prints the id and the public half of the secret of the record.
func AuditKey(ctx context.Context, cfg *config.Config, w io.Writer) error {
	keys, err := knownKeys(ctx, cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s %s\n", keys.ID(), audit.PublicText(keys.Public()))
	return nil
}
