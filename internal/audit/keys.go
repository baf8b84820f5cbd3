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
	"maps"
)

const (
	pemPrivate = "PRIVATE KEY"
	pemPublic  = "PUBLIC KEY"
	wrapLabel  = "audit user keys"
	keyIDBytes = 8
)

// Keys is the secret of the record, which is kept outside the store: it signs checkpoints and wraps the data keys of users. Whoever
// has the store alone can do neither. Former secrets still verify and unwrap.
type Keys struct {
	id      string
	private ed25519.PrivateKey
	wraps   map[string]cipher.AEAD // by id
	trusted Trusted
}

// NewKeys makes a secret at random.
func NewKeys() (*Keys, error) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("make the audit key: %w", err)
	}
	k := &Keys{wraps: make(map[string]cipher.AEAD), trusted: make(Trusted)}
	return k, k.add(private)
}

// ParseKeys reads Ed25519 keys in PEM. The first PRIVATE KEY (PKCS#8) is the secret; further ones are former secrets, and of a former
// secret that is gone its PUBLIC KEY may be there, so that what it signed still counts.
func ParseKeys(text []byte) (*Keys, error) {
	k := &Keys{wraps: make(map[string]cipher.AEAD), trusted: make(Trusted)}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		var parsed any
		var err error
		switch block.Type {
		case pemPrivate:
			parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case pemPublic:
			parsed, err = x509.ParsePKIXPublicKey(block.Bytes)
		default:
			err = errNotEd25519
		}
		if err != nil {
			return nil, errNotEd25519 // the parser's words might show a part of it
		}
		switch key := parsed.(type) {
		case ed25519.PrivateKey:
			err = k.add(key)
		case ed25519.PublicKey:
			k.trusted.Trust(key)
		default:
			err = errNotEd25519
		}
		if err != nil {
			return nil, err
		}
	}
	if k.private == nil {
		return nil, errors.New("the audit key has no PEM block PRIVATE KEY")
	}
	return k, nil
}

var errNotEd25519 = errors.New("the audit key holds something that is no Ed25519 key in PEM")

// add takes a secret: the first one is in use, others are former.
func (k *Keys) add(private ed25519.PrivateKey) error {
	secret, err := hkdf.Key(sha256.New, private.Seed(), nil, wrapLabel, sha256.Size)
	if err != nil {
		return fmt.Errorf("derive the wrapping key: %w", err)
	}
	wrap, err := newAEAD(secret)
	if err != nil {
		return err
	}
	public := publicOf(private)
	id := KeyID(public)
	if k.private == nil {
		k.private, k.id = private, id
	}
	k.wraps[id] = wrap
	k.trusted.Trust(public)
	return nil
}

func publicOf(private ed25519.PrivateKey) ed25519.PublicKey {
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		panic("audit: crypto/ed25519 broke its word")
	}
	return public
}

// KeyID names a public key: 64 bits of its SHA-256 in hexadecimal.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:keyIDBytes])
}

// ID names the secret by its public half.
func (k *Keys) ID() string { return k.id }

// Public is the half that verifies checkpoints. Anybody may have it.
func (k *Keys) Public() ed25519.PublicKey { return publicOf(k.private) }

// Trusted are the public keys of this secret and of former ones.
func (k *Keys) Trusted() Trusted { return maps.Clone(k.trusted) }

// PEM writes the secret for a file.
func (k *Keys) PEM() ([]byte, error) {
	raw, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("write the audit key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemPrivate, Bytes: raw}), nil
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
