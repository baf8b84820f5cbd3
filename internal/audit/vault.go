package audit

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"cinema/internal/clock"
	"cinema/internal/ident"
)

// UserKeys are a user's data keys, each wrapped by the secret whose id it stands under.
type UserKeys struct {
	User      ident.User
	Wrapped   map[string][]byte // by the id of the wrapping secret; none once they are destroyed
	Destroyed time.Time         // zero: they are in use
}

// KeyStore keeps the data keys of users. Destruction is sticky: it outlasts every later write.
type KeyStore interface {
	// PutUserKey keeps a key unless the user has one under the same secret or the keys were destroyed. It returns what holds afterwards.
	PutUserKey(ctx context.Context, user ident.User, secret string, wrapped []byte) (UserKeys, error)
	// UserKeys reads a user's keys. One who never had any gets none and no error.
	UserKeys(ctx context.Context, user ident.User) (UserKeys, error)
	// DestroyUserKeys deletes a user's keys for ever, also when there are none yet. A repeat changes nothing.
	DestroyUserKeys(ctx context.Context, user ident.User, at time.Time) error
}

const (
	dataKeyBytes = 32
	// cacheKeys bounds the keys that a process remembers.
	cacheKeys = 4096
	// freshFor bounds how long a process uses a key that another one destroyed.
	freshFor = 5 * time.Second
	// sealedMark begins every sealed value.
	sealedMark = "p1"
)

// errErased says that a user's keys were destroyed.
var errErased = errors.New("the keys of this user were destroyed")

// Vault seals what tells who somebody is, each user's values with a key of his own. To erase a person is to destroy the key: the rows
// stay as they are, and nobody can read the values any more. It is safe for concurrent use.
type Vault struct {
	store KeyStore
	keys  *Keys
	clock clock.Clock

	mu     sync.Mutex // guards opened
	opened map[ident.User]openedKey
}

type openedKey struct {
	boxes map[string]cipher.AEAD // by the id of the wrapping secret; nil: destroyed. Never written after its making
	until time.Time
}

// NewVault keeps users' keys in a store, wrapped by a secret.
func NewVault(s KeyStore, k *Keys, c clock.Clock) *Vault {
	return &Vault{store: s, keys: k, clock: c, opened: make(map[ident.User]openedKey)}
}

// SealPersonal encrypts a user's values for one entry of the record. A value is readable in that entry and under its name alone. Values
// of a user whose key was destroyed are dropped: they are never kept in clear.
func (v *Vault) SealPersonal(ctx context.Context, user ident.User, entry string, values map[string]string) (map[string]string, error) {
	if len(values) == 0 || user == "" {
		return nil, nil
	}
	boxes, err := v.boxes(ctx, user, true)
	if errors.Is(err, errErased) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sealed := make(map[string]string, len(values))
	for name, value := range values {
		raw := boxes[v.keys.id].Seal(nil, nil, []byte(value), bound(entry, name))
		sealed[name] = sealedMark + "." + v.keys.id + "." + base64.RawURLEncoding.EncodeToString(raw)
	}
	return sealed, nil
}

// Open decrypts values that SealPersonal made. What cannot be read is left out: the key was destroyed, the secret is another one, or
// somebody changed the value or moved it to another entry.
func (v *Vault) Open(ctx context.Context, user ident.User, entry string, sealed map[string]string) (map[string]string, error) {
	if len(sealed) == 0 || user == "" {
		return nil, nil
	}
	boxes, err := v.boxes(ctx, user, false)
	if errors.Is(err, errErased) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	values := make(map[string]string, len(sealed))
	for name, text := range sealed {
		if value, ok := unbox(boxes, text, bound(entry, name)); ok {
			values[name] = value
		}
	}
	return values, nil
}

func unbox(boxes map[string]cipher.AEAD, text string, place []byte) (string, bool) {
	mark, rest, _ := strings.Cut(text, ".")
	secret, text, _ := strings.Cut(rest, ".")
	aead := boxes[secret]
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if mark != sealedMark || aead == nil || err != nil {
		return "", false
	}
	value, err := aead.Open(nil, nil, raw, place)
	return string(value), err == nil
}

// DestroyKey makes everything that was ever sealed for a user unreadable, here at once and in other processes within five seconds.
// Copies of the store from before keep the key: their age bounds what erasure means.
func (v *Vault) DestroyKey(ctx context.Context, user ident.User) error {
	if err := v.store.DestroyUserKeys(ctx, user, v.clock.Now()); err != nil {
		return fmt.Errorf("destroy the key of %s: %w", user, err)
	}
	v.remember(user, nil)
	return nil
}

// boxes finds a user's data keys. create says that there has to be one under the present secret.
func (v *Vault) boxes(ctx context.Context, user ident.User, create bool) (map[string]cipher.AEAD, error) {
	v.mu.Lock()
	known, ok := v.opened[user]
	v.mu.Unlock()
	if ok && v.clock.Now().Before(known.until) && (known.boxes == nil || known.boxes[v.keys.id] != nil || !create) {
		return known.boxes, erased(known.boxes)
	}
	kept, err := v.store.UserKeys(ctx, user)
	if err == nil && create && kept.Destroyed.IsZero() && kept.Wrapped[v.keys.id] == nil {
		kept, err = v.store.PutUserKey(ctx, user, v.keys.id, v.wrapped(user))
	}
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", user, err)
	}
	boxes := v.unwrap(kept)
	if create && boxes != nil && boxes[v.keys.id] == nil {
		return nil, fmt.Errorf("key of %s: somebody changed it", user)
	}
	v.remember(user, boxes)
	return boxes, erased(boxes)
}

// unwrap opens every key that can be opened; nil: they were destroyed.
func (v *Vault) unwrap(kept UserKeys) map[string]cipher.AEAD {
	if !kept.Destroyed.IsZero() {
		return nil
	}
	boxes := make(map[string]cipher.AEAD, len(kept.Wrapped))
	for id, wrapped := range kept.Wrapped {
		wrap := v.keys.wraps[id]
		if wrap == nil {
			continue
		}
		secret, err := wrap.Open(nil, nil, wrapped, wrapPlace(kept.User))
		if err != nil {
			continue
		}
		if aead, err := newAEAD(secret); err == nil {
			boxes[id] = aead
		}
	}
	return boxes
}

func erased(boxes map[string]cipher.AEAD) error {
	if boxes == nil {
		return errErased
	}
	return nil
}

// wrapped makes a data key.
func (v *Vault) wrapped(user ident.User) []byte {
	fresh := make([]byte, dataKeyBytes)
	_, _ = rand.Read(fresh) // never fails
	return v.keys.wraps[v.keys.id].Seal(nil, nil, fresh, wrapPlace(user))
}

func (v *Vault) remember(user ident.User, boxes map[string]cipher.AEAD) {
	now := v.clock.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.opened) >= cacheKeys {
		v.shrinkLocked(now)
	}
	v.opened[user] = openedKey{boxes: boxes, until: now.Add(freshFor)}
}

// shrinkLocked forgets what is stale, and then anything until half is free.
func (v *Vault) shrinkLocked(now time.Time) {
	for user, k := range v.opened {
		if !now.Before(k.until) {
			delete(v.opened, user)
		}
	}
	for user := range v.opened {
		if len(v.opened) <= cacheKeys/2 {
			return
		}
		delete(v.opened, user)
	}
}

// bound ties a value to its place. Neither part has a zero byte in it.
func bound(entry, name string) []byte { return []byte(entry + "\x00" + name) }

func wrapPlace(user ident.User) []byte { return []byte("user key\x00" + string(user)) }
