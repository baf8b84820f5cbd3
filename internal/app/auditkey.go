package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"cinema/internal/audit"
	"cinema/internal/config"
	"cinema/internal/store/storemongo"
)

// auditKeyFile is where the secret of the record lies unless AUDIT_KEY_FILE says otherwise.
const auditKeyFile = "audit_key"

func auditKeyPath(cfg *config.Config) string {
	if cfg.AuditKeyFile != "" {
		return cfg.AuditKeyFile
	}
	return filepath.Join(cfg.DataDir, auditKeyFile)
}

// The register of a shared store that holds the secret of the record where no file does.
const (
	kindAuditKey = "audit_key"
	sharedKey    = "shared"
)

// registers keep what is written first.
type registers interface {
	PutOnce(ctx context.Context, kind, id, value string) (string, error)
	Register(ctx context.Context, kind, id string) (value string, found bool, err error)
}

// recordKeys are the secret of the record: of its file, and, where processes share a store without having been given a file, one that
// they share through the store. The latter keeps values apart and the chain in order, but is no secret from whoever has the store.
func recordKeys(ctx context.Context, cfg *config.Config, r registers, log *slog.Logger) (*audit.Keys, error) {
	if cfg.MongoURI == "" {
		return auditKeys(cfg, "", log)
	}
	if keys, err := readAuditKeys(auditKeyPath(cfg)); !errors.Is(err, fs.ErrNotExist) {
		return keys, err // a file counts alone: who writes to the store must not name a key that signs
	}
	kept, found, err := r.Register(ctx, kindAuditKey, sharedKey)
	if err != nil {
		return nil, fmt.Errorf("the record's shared key: %w", err)
	}
	if cfg.AuditKeyFile != "" { // the file begins, and takes the shared key along as a former one
		return auditKeys(cfg, kept, log)
	}
	if !found {
		if kept, err = shareKey(ctx, r); err != nil {
			return nil, err
		}
	}
	log.Warn("the key of the record is in the store itself: whoever can change the store can also sign for it; give every process the same AUDIT_KEY_FILE")
	return parseAuditKeys("the store's key of the record", []byte(kept))
}

// shareKey makes a secret for all processes; the first one to do so decides.
func shareKey(ctx context.Context, r registers) (string, error) {
	keys, err := audit.NewKeys()
	if err != nil {
		return "", err
	}
	text, err := keys.PEM()
	if err != nil {
		return "", err
	}
	kept, err := r.PutOnce(ctx, kindAuditKey, sharedKey, string(text))
	if err != nil {
		return "", fmt.Errorf("share the record's key: %w", err)
	}
	return kept, nil
}

// knownKeys reads the secret of the record for a command, which makes none.
func knownKeys(ctx context.Context, cfg *config.Config) (_ *audit.Keys, err error) {
	keys, err := readAuditKeys(auditKeyPath(cfg))
	if !errors.Is(err, fs.ErrNotExist) || cfg.MongoURI == "" || cfg.AuditKeyFile != "" {
		return keys, err
	}
	missing := err
	s, err := storemongo.OpenChain(ctx, mongoOptions(cfg))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	kept, found, err := s.Register(ctx, kindAuditKey, sharedKey)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, missing
	}
	return parseAuditKeys("the store's key of the record", []byte(kept))
}

// auditKeys reads the secret of the record from its file. A first start makes it, with a former secret behind it when there is one.
func auditKeys(cfg *config.Config, former string, log *slog.Logger) (*audit.Keys, error) {
	path := auditKeyPath(cfg)
	keys, err := readAuditKeys(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	if err := makeAuditKeys(path, former); err != nil {
		return nil, fmt.Errorf("make the audit key: %w", err)
	}
	keys, err = readAuditKeys(path)
	if err == nil {
		log.Info("the key of the record was made: keep a copy of it apart from the store's", "file", path, "key_id", keys.ID())
	}
	return keys, err
}

func readAuditKeys(path string) (*audit.Keys, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the configuration names it
	if err != nil {
		return nil, fmt.Errorf("read the audit key: %w", err)
	}
	return parseAuditKeys(path, text)
}

func parseAuditKeys(from string, text []byte) (*audit.Keys, error) {
	keys, err := audit.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", from, err)
	}
	return keys, nil
}

// makeAuditKeys writes a new secret whole or not at all. When another process was faster, its secret stays.
func makeAuditKeys(path, former string) (err error) {
	keys, err := audit.NewKeys()
	if err != nil {
		return err
	}
	text, err := keys.PEM()
	if err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	part, err := os.CreateTemp(dir, filepath.Base(path)+".*.part") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(part.Name())) }()
	_, err = part.Write(append(text, former...))
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := os.Link(part.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
