package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
