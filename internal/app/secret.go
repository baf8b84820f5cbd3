package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cinema/internal/account"
	"cinema/internal/config"
)

// secretOf is JWT_SECRET, or in development one that is made once and kept under DATA_DIR.
func secretOf(cfg *config.Config) (string, error) {
	if cfg.JWTSecret != "" {
		return cfg.JWTSecret, nil
	}
	if !cfg.Development() {
		return "", errors.New("JWT_SECRET is missing")
	}
	path := filepath.Join(cfg.DataDir, "jwt_secret")
	raw, err := os.ReadFile(path) //nolint:gosec // a file of the product's own folder
	if err == nil {
		return strings.TrimSpace(string(raw)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("development secret: %w", err)
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return "", fmt.Errorf("development secret: %w", err)
	}
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails
	secret := base64.RawURLEncoding.EncodeToString(fresh)
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("development secret: %w", err)
	}
	return secret, nil
}

// maxKeyFile bounds the file of signing keys, in bytes.
const maxKeyFile = 64 << 10

// signingKeys reads JWT_PRIVATE_KEY_FILE; none when it is not set. The error repeats nothing of the file.
func signingKeys(cfg *config.Config) ([]byte, error) {
	if cfg.JWTKeyFile == "" {
		return nil, nil
	}
	f, err := os.Open(cfg.JWTKeyFile)
	if err != nil {
		return nil, fmt.Errorf("JWT_PRIVATE_KEY_FILE: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	raw, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return nil, fmt.Errorf("JWT_PRIVATE_KEY_FILE: %w", err)
	}
	if err := account.CheckKeys(raw); err != nil {
		return nil, fmt.Errorf("JWT_PRIVATE_KEY_FILE: %w", err)
	}
	return raw, nil
}
