package audit

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

const (
	pemType    = "PRIVATE KEY"
	wrapLabel  = "audit user keys"
	keyIDBytes = 8
)

// Keys is the secret of the record, which is kept outside the store: it signs checkpoints and wraps the data keys of users. Whoever
// has the store alone can do neither.
type Keys struct {
	id      string
	private ed25519.PrivateKey
	wrap    cipher.AEAD
}

// NewKeys makes a secret at random.
func NewKeys() (*Keys, error) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("make the audit key: %w", err)
	}
	return keysOf(private)
}

// ParseKeys reads what PEM wrote, or any Ed25519 key in PKCS#8.
func ParseKeys(text []byte) (*Keys, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, errors.New("the audit key is not a PEM block PRIVATE KEY")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("the audit key is not a key in PKCS#8") // the parser's words might show a part of it
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("the audit key is not an Ed25519 key")
	}
	return keysOf(private)
}

func keysOf(private ed25519.PrivateKey) (*Keys, error) {
	secret, err := hkdf.Key(sha256.New, private.Seed(), nil, wrapLabel, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the wrapping key: %w", err)
	}
	wrap, err := newAEAD(secret)
	if err != nil {
		return nil, err
	}
	return &Keys{id: KeyID(private.Public().(ed25519.PublicKey)), private: private, wrap: wrap}, nil //nolint:errcheck // by its documentation
}

// KeyID names a public key: 64 bits of its SHA-256 in hexadecimal.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:keyIDBytes])
}

// ID names the secret by its public half.
func (k *Keys) ID() string { return k.id }

// Public is the half that verifies checkpoints. Anybody may have it.
func (k *Keys) Public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) } //nolint:errcheck // by its documentation

// PEM writes the secret for a file.
func (k *Keys) PEM() ([]byte, error) {
	raw, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("write the audit key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: raw}), nil
}

// PublicText is a public key as people pass it on: base64 without padding.
func PublicText(public ed25519.PublicKey) string { return base64.RawStdEncoding.EncodeToString(public) }

// ParsePublic reads PublicText.
func ParsePublic(text string) (ed25519.PublicKey, error) {
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, errors.New("not a public key as cinema audit key prints it")
	}
	return raw, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}
