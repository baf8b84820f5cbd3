package app

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"cinema/internal/audit"
	"cinema/internal/config"
)

// auditKeyFile is where the secret of the record lies unless AUDIT_KEY_FILE says otherwise.
const auditKeyFile = "audit_key"

func auditKeyPath(cfg *config.Config) string {
	if cfg.AuditKeyFile != "" {
		return cfg.AuditKeyFile
	}
	return filepath.Join(cfg.DataDir, auditKeyFile)
}

// auditKeys reads the secret of the record, which never is in the store. A first start makes it.
func auditKeys(cfg *config.Config, log *slog.Logger) (*audit.Keys, error) {
	path := auditKeyPath(cfg)
	keys, err := readAuditKeys(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	if err := makeAuditKeys(path); err != nil {
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
	keys, err := audit.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

// makeAuditKeys writes a new secret whole or not at all. When another process was faster, its secret stays.
func makeAuditKeys(path string) (err error) {
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
	_, err = part.Write(text)
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	if err := os.Link(part.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
