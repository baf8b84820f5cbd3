package oidc

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cinema/internal/account"
	"cinema/internal/ident"
)

const (
	sealPurpose = "login-state" // label of the key, apart from those of cookies and tokens
	maxSealed   = 4096          // characters: no browser keeps a longer cookie
)

var errSeal = errors.New("the login cookie is not one of ours")

// letter is what the browser keeps of an attempt.
type letter struct {
	State    string     `json:"s"`
	Nonce    string     `json:"n"`
	Verifier string     `json:"v"`
	Issuer   string     `json:"i"`
	Session  string     `json:"e,omitempty"`
	User     ident.User `json:"u,omitempty"`
	ReturnTo string     `json:"r"`
	StepUp   bool       `json:"p,omitempty"`
	at       time.Time
}

func (l *letter) attempt() account.Attempt {
	return account.Attempt{Asker: account.Asker{Session: l.Session, User: l.User}, ReturnTo: l.ReturnTo, StepUp: l.StepUp}
}

// sealer closes letters with its first key and opens them with any.
type sealer []cipher.AEAD

func newSealer(secret, previous string) (sealer, error) {
	if secret == "" {
		return nil, errors.New("the secret that seals sign-ins is empty")
	}
	var s sealer
	for _, from := range []string{secret, previous} {
		if from == "" {
			continue
		}
		key, err := hkdf.Key(sha256.New, []byte(from), nil, sealPurpose, sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive the login key: %w", err)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("login key: %w", err)
		}
		aead, err := cipher.NewGCM(block)
		if err != nil {
			return nil, fmt.Errorf("login key: %w", err)
		}
		s = append(s, aead)
	}
	return s, nil
}

// seal closes a letter. The text begins with its second, so that a browser's eldest letter can be told; the second is sealed too.
func (s sealer) seal(l *letter) (string, error) {
	var plain bytes.Buffer
	e := json.NewEncoder(&plain)
	e.SetEscapeHTML(false)
	if err := e.Encode(l); err != nil {
		return "", fmt.Errorf("login state: %w", err)
	}
	stamp := strconv.FormatInt(l.at.Unix(), 10)
	nonce := make([]byte, s[0].NonceSize())
	_, _ = rand.Read(nonce) // never fails
	box := s[0].Seal(nonce, nonce, plain.Bytes(), []byte(stamp))
	return stamp + "." + base64.RawURLEncoding.EncodeToString(box), nil
}

// open reads a letter, whatever its age.
func (s sealer) open(text string) (*letter, error) {
	stamp, box, ok := strings.Cut(text, ".")
	if !ok || len(text) > maxSealed {
		return nil, errSeal
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return nil, errSeal
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(box)
	if err != nil {
		return nil, errSeal
	}
	for _, key := range s {
		if len(raw) < key.NonceSize() {
			return nil, errSeal
		}
		plain, err := key.Open(nil, raw[:key.NonceSize()], raw[key.NonceSize():], []byte(stamp))
		if err != nil {
			continue
		}
		l := &letter{at: time.Unix(seconds, 0)}
		if err := json.Unmarshal(plain, l); err != nil {
			return nil, errSeal
		}
		return l, nil
	}
	return nil, errSeal
}
