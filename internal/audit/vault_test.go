package audit_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/clock"
	"cinema/internal/ident"
	"cinema/internal/store/storesqlite"
)

func newKeys(t *testing.T) *audit.Keys {
	t.Helper()
	k, err := audit.NewKeys()
	require.NoError(t, err)
	return k
}

func embedded(t *testing.T, c clock.Clock) *storesqlite.Store {
	t.Helper()
	s, err := storesqlite.Open(t.Context(), storesqlite.Options{Dir: t.TempDir(), Clock: c})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

var ada = map[string]string{"email": "ada@example.com", "name": "Ada Lovelace"}

// TestVault_opens_what_it_sealed for the same user, entry and name alone.
func TestVault_opens_what_it_sealed(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(evening)
	s, keys := embedded(t, c), newKeys(t)
	v := audit.NewVault(s, keys, c)
	sealed, err := v.SealPersonal(t.Context(), "us_ada", "au_1", ada)
	require.NoError(t, err)
	require.Len(t, sealed, 2)
	for name, text := range sealed {
		require.NotContains(t, text, ada[name])
	}
	again, err := v.SealPersonal(t.Context(), "us_ada", "au_1", ada)
	require.NoError(t, err)
	require.NotEqual(t, sealed, again, "equal values must not look equal")

	open := func(v *audit.Vault, user ident.User, entry string, sealed map[string]string) map[string]string {
		got, err := v.Open(t.Context(), user, entry, sealed)
		require.NoError(t, err)
		return got
	}
	require.Equal(t, ada, open(v, "us_ada", "au_1", sealed))
	require.Equal(t, ada, open(audit.NewVault(s, keys, c), "us_ada", "au_1", sealed), "another process with the same secret")
	require.Empty(t, open(v, "us_ada", "au_2", sealed), "moved to another entry")
	require.Empty(t, open(v, "us_bob", "au_1", sealed), "another user")
	require.Empty(t, open(v, "us_ada", "au_1", map[string]string{"email": sealed["name"], "name": sealed["email"]}), "under another name")
	require.Empty(t, open(audit.NewVault(s, newKeys(t), c), "us_ada", "au_1", sealed), "the store alone, with another secret")
	for _, bad := range []string{"", "ada@example.com", sealed["email"] + "A", strings.Replace(sealed["email"], "p1.", "p2.", 1)} {
		require.Empty(t, open(v, "us_ada", "au_1", map[string]string{"email": bad}))
	}
}

// TestVault_destroyed_keys make everything unreadable and are never made anew.
func TestVault_destroyed_keys(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(evening)
	s, keys := embedded(t, c), newKeys(t)
	here, there := audit.NewVault(s, keys, c), audit.NewVault(s, keys, c)
	sealed, err := here.SealPersonal(t.Context(), "us_ada", "au_1", ada)
	require.NoError(t, err)
	_, err = there.Open(t.Context(), "us_ada", "au_1", sealed)
	require.NoError(t, err)

	require.NoError(t, here.DestroyKey(t.Context(), "us_ada"))
	got, err := here.Open(t.Context(), "us_ada", "au_1", sealed)
	require.NoError(t, err)
	require.Empty(t, got, "here at once")
	c.Advance(5 * time.Second)
	got, err = there.Open(t.Context(), "us_ada", "au_1", sealed)
	require.NoError(t, err)
	require.Empty(t, got, "elsewhere within five seconds")
	for _, v := range []*audit.Vault{here, there, audit.NewVault(s, keys, c), audit.NewVault(s, newKeys(t), c)} {
		more, err := v.SealPersonal(t.Context(), "us_ada", "au_2", ada)
		require.NoError(t, err)
		require.Empty(t, more, "later values are dropped")
	}
}

// TestVault_remembers asks the store once in five seconds, and for a bounded number of users.
func TestVault_remembers(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(evening)
	s := &countingKeys{KeyStore: embedded(t, c)}
	v := audit.NewVault(s, newKeys(t), c)
	seal := func(user ident.User) {
		_, err := v.SealPersonal(t.Context(), user, "au_1", ada)
		require.NoError(t, err)
	}
	seal("us_ada")
	seal("us_ada")
	require.Equal(t, 1, s.reads)
	c.Advance(5 * time.Second)
	seal("us_ada")
	require.Equal(t, 2, s.reads)
}

type countingKeys struct {
	audit.KeyStore
	mu    sync.Mutex // guards reads
	reads int
	err   error
}

func (s *countingKeys) UserKeys(ctx context.Context, user ident.User) (audit.UserKeys, error) {
	s.mu.Lock()
	s.reads++
	s.mu.Unlock()
	if s.err != nil {
		return audit.UserKeys{}, s.err
	}
	return s.KeyStore.UserKeys(ctx, user)
}

// TestActions_Record seals what tells who somebody is, for whom it concerns, and the address for who did it.
func TestActions_Record(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(evening)
	s := embedded(t, c)
	v := audit.NewVault(s, newKeys(t), c)
	actions := audit.NewActions(s, v, c)
	require.NoError(t, actions.Record(t.Context(), audit.Action{
		Type: "user.role_changed", Actor: "us_admin", Subject: "us_ada", Before: map[string]string{"role": "USER"}, After: map[string]string{"role": "STAFF"},
		Personal: maps.Clone(ada), From: "192.0.2.7", Request: "request-1",
	}))
	require.NoError(t, actions.Record(t.Context(), audit.Action{Type: "sign_in.failed", From: "192.0.2.8"}))
	items, _, err := s.Entries(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Len(t, items, 2)
	for _, e := range items {
		for _, secret := range []string{"ada@example.com", "Lovelace", "192.0.2"} {
			require.NotContains(t, string(e.Payload), secret)
		}
	}
	failed, changed := items[0], items[1]
	require.Equal(t, ident.User("us_ada"), changed.User)
	require.Contains(t, string(changed.Payload), `"before":{"role":"USER"},"after":{"role":"STAFF"}`)
	reveal := func(e audit.Entry) audit.Personal {
		p, err := v.Reveal(t.Context(), e)
		require.NoError(t, err)
		return p
	}
	require.Equal(t, audit.Personal{Actor: "us_admin", Values: ada, From: "192.0.2.7"}, reveal(changed))
	require.Equal(t, "192.0.2.8", reveal(failed).From)

	require.NoError(t, v.DestroyKey(t.Context(), "us_ada"))
	p := reveal(changed)
	require.Empty(t, p.Values)
	require.Equal(t, "192.0.2.7", p.From, "the actor was not erased")
	require.True(t, p.Erased)
	require.NoError(t, v.DestroyKey(t.Context(), audit.Nobody(evening)))
	require.Empty(t, reveal(failed).From)

	after, _, err := s.Entries(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Equal(t, items, after, "erasure changes no row")
}

// TestActions_Record_without_keys writes nothing rather than something in clear.
func TestActions_Record_without_keys(t *testing.T) {
	t.Parallel()
	c := clock.NewFake(evening)
	s := embedded(t, c)
	lost := errors.New("store is away")
	actions := audit.NewActions(s, audit.NewVault(&countingKeys{KeyStore: s, err: lost}, newKeys(t), c), c)
	require.ErrorIs(t, actions.Record(t.Context(), audit.Action{Type: "x", Actor: "us_a", From: "192.0.2.7"}), lost)
	_, total, err := s.Entries(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Zero(t, total)
}

func TestKeys_PEM(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	text, err := k.PEM()
	require.NoError(t, err)
	same, err := audit.ParseKeys(text)
	require.NoError(t, err)
	require.Equal(t, k.ID(), same.ID())
	public, err := audit.ParsePublic(audit.PublicText(k.Public()))
	require.NoError(t, err)
	require.Equal(t, k.ID(), audit.KeyID(public))
	for _, bad := range []string{"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", strings.Replace(string(text), "PRIVATE", "PUBLIC", 2)} {
		_, err := audit.ParseKeys([]byte(bad))
		require.Error(t, err, bad)
	}
	_, err = audit.ParsePublic("AAAA")
	require.Error(t, err)
}
