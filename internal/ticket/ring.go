package ticket

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Errors of Verify.
var (
	// ErrCode says that a text is no ticket code.
	ErrCode = errors.New("not a ticket code")
	// ErrSignature says that a code was not signed with the key it names.
	ErrSignature = errors.New("ticket signature does not match")
	// ErrKey says that a code names a key that this ring does not have.
	ErrKey = errors.New("unknown ticket key")
)

const (
	codePrefix = "CT1:"
	kindKey    = "key"
	keyName    = "ticket|"
	maxKeys    = 255
	domain     = "cinema ticket 1\x00" // signatures are good for nothing else
)

// Registers keeps the signing keys: sticky, made once, never derived from another secret.
type Registers interface {
	PutOnce(ctx context.Context, kind, id, value string) (string, error)
	Register(ctx context.Context, kind, id string) (value string, found bool, err error)
}

// Ring is the signing keys. The newest signs, all verify: a code outlives a rotation.
type Ring struct {
	registers Registers

	mu   sync.RWMutex // guards keys
	keys []ed25519.PrivateKey
}

// OpenRing reads the keys from the registers and makes the first one when there is none.
func OpenRing(ctx context.Context, registers Registers) (*Ring, error) {
	r := &Ring{registers: registers}
	if err := r.Reload(ctx); err != nil {
		return nil, err
	}
	if len(r.keys) == 0 {
		if err := r.Rotate(ctx); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Reload reads keys that another process has made since.
func (r *Ring) Reload(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := len(r.keys) + 1; n <= maxKeys; n++ {
		raw, found, err := r.registers.Register(ctx, kindKey, keyName+strconv.Itoa(n))
		if err != nil {
			return fmt.Errorf("read ticket key %d: %w", n, err)
		}
		if !found {
			return nil
		}
		if err := r.addLocked(raw); err != nil {
			return err
		}
	}
	return nil
}

// Rotate makes a new key, which signs from now on.
func (r *Ring) Rotate(ctx context.Context) error {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return fmt.Errorf("make ticket key: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.keys) + 1
	if n > maxKeys {
		return fmt.Errorf("the ticket ring is full: %d keys", maxKeys)
	}
	raw, err := r.registers.PutOnce(ctx, kindKey, keyName+strconv.Itoa(n), base64.StdEncoding.EncodeToString(seed))
	if err != nil {
		return fmt.Errorf("keep ticket key %d: %w", n, err)
	}
	return r.addLocked(raw)
}

func (r *Ring) addLocked(raw string) error {
	seed, err := base64.StdEncoding.DecodeString(raw)
	if err != nil || len(seed) != ed25519.SeedSize {
		return errors.New("a ticket key in the store is damaged")
	}
	r.keys = append(r.keys, ed25519.NewKeyFromSeed(seed))
	return nil
}

// Sign makes the code of a pass, at most 151 characters of a QR code's alphanumeric alphabet. Error: ErrPass.
func (r *Ring) Sign(p Pass) (string, error) {
	r.mu.RLock()
	kid := len(r.keys)
	key := r.keys[kid-1]
	r.mu.RUnlock()
	payload, err := encode(p, byte(kid))
	if err != nil {
		return "", err
	}
	return codePrefix + encode45(append(payload, ed25519.Sign(key, message(payload))...)), nil
}

// Verify reads a code and checks its signature. Whether the pass is valid now, for this showtime, and not yet used, is for the
// caller to say. Errors: ErrCode, ErrKey, ErrSignature.
func (r *Ring) Verify(code string) (Pass, error) {
	text, ok := strings.CutPrefix(code, codePrefix)
	if !ok || len(text) > 2*(payloadSize+ed25519.SignatureSize) {
		return Pass{}, ErrCode
	}
	raw, err := decode45(text)
	if err != nil || len(raw) != payloadSize+ed25519.SignatureSize || raw[0] != payloadVersion {
		return Pass{}, ErrCode
	}
	r.mu.RLock()
	kid := int(raw[1])
	var key ed25519.PrivateKey
	if kid >= 1 && kid <= len(r.keys) {
		key = r.keys[kid-1]
	}
	r.mu.RUnlock()
	if key == nil {
		return Pass{}, ErrKey
	}
	public, _ := key.Public().(ed25519.PublicKey)
	if !ed25519.Verify(public, message(raw[:payloadSize]), raw[payloadSize:]) {
		return Pass{}, ErrSignature
	}
	return decode(raw[:payloadSize])
}

func message(payload []byte) []byte { return append([]byte(domain), payload...) }
