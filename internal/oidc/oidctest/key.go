package oidctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// Key signs id tokens.
type Key struct {
	ID      string
	method  jwt.SigningMethod
	private any
	public  map[string]any // as a JSON Web Key
	pem     []byte
}

// NewRSA makes an RSA key.
func NewRSA(t testing.TB, id string) *Key {
	t.Helper()
	return newRSA(id)
}

func newRSA(id string) *Key {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	return &Key{
		ID: id, method: jwt.SigningMethodRS256, private: private, pem: encoded(&private.PublicKey),
		public: map[string]any{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": number(private.N.Bytes()), "e": number(big.NewInt(int64(private.E)).Bytes()),
		},
	}
}

// NewEC makes a key on the curve P-256.
func NewEC(t testing.TB, id string) *Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	point, err := private.PublicKey.Bytes() // 4, x, y
	must(err)
	return &Key{
		ID: id, method: jwt.SigningMethodES256, private: private, pem: encoded(&private.PublicKey),
		public: map[string]any{
			"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": id, "x": number(point[1:33]), "y": number(point[33:]),
		},
	}
}

// NewShared makes a secret as if it were a key to publish.
func NewShared(id, secret string) *Key {
	return &Key{
		ID: id, method: jwt.SigningMethodHS256, private: []byte(secret),
		public: map[string]any{"kty": "oct", "use": "sig", "kid": id, "k": number([]byte(secret))},
	}
}

// Sign makes a token.
func (k *Key) Sign(c jwt.MapClaims) string { return sign(k.method, k.ID, k.private, c) }

// SignAs makes a token that names another key.
func (k *Key) SignAs(id string, c jwt.MapClaims) string { return sign(k.method, id, k.private, c) }

// PEM is the public key as text: what an attacker would use as the secret of HS256.
func (k *Key) PEM() []byte { return k.pem }

// Unsigned makes a token without a signature.
func Unsigned(c jwt.MapClaims) string {
	return sign(jwt.SigningMethodNone, "", jwt.UnsafeAllowNoneSignatureType, c)
}

// Shared makes a token with a secret that both sides know.
func Shared(id string, secret []byte, c jwt.MapClaims) string {
	return sign(jwt.SigningMethodHS256, id, secret, c)
}

func sign(m jwt.SigningMethod, id string, private any, c jwt.MapClaims) string {
	t := jwt.NewWithClaims(m, c)
	if id != "" {
		t.Header["kid"] = id
	}
	s, err := t.SignedString(private)
	must(err)
	return s
}

// must stops at a bug of the tests' own.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func encoded(public any) []byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	must(err)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func number(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
