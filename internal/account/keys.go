package account

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// ring is the keys that verify tokens of one kind, all of one algorithm; one of them signs.
type ring struct {
	method jwt.SigningMethod
	kid    string
	sign   any
	keys   map[string]any
	public []PublicKey // empty: the keys are nobody else's business
}

// newRing derives the keys for one purpose, so that a token of one kind never passes for another.
func newRing(secret, previous, purpose string) (ring, error) {
	if secret == "" {
		return ring{}, errors.New("the token secret is empty")
	}
	r := ring{method: jwt.SigningMethodHS256, keys: make(map[string]any, 2)}
	for _, s := range []string{previous, secret} {
		if s == "" {
			continue
		}
		key, err := derive(s, purpose)
		if err != nil {
			return ring{}, err
		}
		id := sha256.Sum256(append([]byte("kid:"), key...))
		r.kid, r.sign = hex.EncodeToString(id[:6]), key
		r.keys[r.kid] = key
	}
	return r, nil
}

// derive makes the key of one purpose out of a secret.
func derive(secret, purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of %s: %w", purpose, err)
	}
	return key, nil
}

// PublicKey is a key of the JSON Web Key Set (RFC 7517, RFC 8037).
type PublicKey struct {
	Type  string `json:"kty"`
	Curve string `json:"crv"`
	Use   string `json:"use"`
	Alg   string `json:"alg"`
	ID    string `json:"kid"`
	X     string `json:"x" doc:"The public key, base64url."`
}

const maxKeys = 8

var errKey = errors.New("want an Ed25519 private key as PKCS#8 PEM, perhaps followed by further keys that only verify")

// newKeyPairs reads Ed25519 keys in PEM: the first is private and signs. Those that follow, private or public, only verify, so that a key
// can be changed: first the new one is put in front, and the old one is taken away once its tokens have run out.
func newKeyPairs(text []byte) (ring, error) {
	r := ring{method: jwt.SigningMethodEdDSA, keys: make(map[string]any, 1)}
	for n := 0; ; n++ {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		text = rest
		private, public, err := parseKey(block)
		if err != nil || n == 0 && private == nil || n >= maxKeys {
			return ring{}, errKey
		}
		id := sha256.Sum256(append([]byte("kid:"), public...))
		kid := hex.EncodeToString(id[:6])
		if n == 0 {
			r.kid, r.sign = kid, private
		}
		if r.keys[kid] != nil {
			return ring{}, errors.New("the same key stands there twice")
		}
		r.keys[kid] = public
		r.public = append(r.public, PublicKey{
			Type: "OKP", Curve: "Ed25519", Use: "sig", Alg: r.method.Alg(), ID: kid, X: base64.RawURLEncoding.EncodeToString(public),
		})
	}
	if r.sign == nil {
		return ring{}, errKey
	}
	return r, nil
}

func parseKey(block *pem.Block) (private ed25519.PrivateKey, public ed25519.PublicKey, err error) {
	var key any
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	switch k := key.(type) {
	case ed25519.PrivateKey:
		public, ok := k.Public().(ed25519.PublicKey)
		if !ok {
			return nil, nil, errKey
		}
		return k, public, nil
	case ed25519.PublicKey:
		return nil, k, nil
	}
	return nil, nil, errors.Join(errKey, err)
}

// CheckKeys tells whether keys could sign access tokens: Ed25519 in PEM. The error repeats nothing of them.
func CheckKeys(text []byte) error {
	_, err := newKeyPairs(text)
	return err
}

// PublicKeys are the keys by which others may verify access tokens. None when the product signs with its secret.
func (s *Service) PublicKeys() []PublicKey { return s.ring.public }
