package account_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/fault"
)

// counting counts look-ups of personal tokens.
type counting struct {
	account.Store

	lookups atomic.Int32
}

// TokenByHash counts.
func (s *counting) TokenByHash(ctx context.Context, hash string) (account.PersonalToken, error) {
	s.lookups.Add(1)
	return s.Store.TokenByHash(ctx, hash)
}

func notFound(t *testing.T, err error, code string) {
	t.Helper()
	require.Equal(t, fault.NotFound, fault.KindOf(err), "%v", err)
	require.ErrorContains(t, err, code)
}

func TestService_personalTokens(t *testing.T) {
	t.Parallel()

	t.Run("told once, and only good for access tokens", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		secret, pt, err := b.CreateToken(t.Context(), ann, " Backup ", account.ScopeRead|account.ScopeBook, 30*day)
		require.NoError(t, err)
		require.Regexp(t, `^cin_[a-z2-7]{55}$`, secret)
		require.Equal(t, "Backup", pt.Name)
		list, err := b.Tokens(t.Context(), ann)
		require.NoError(t, err)
		require.Equal(t, []account.PersonalToken{pt}, list)
		require.NotContains(t, pt.Hash+pt.ID, secret[4:20])
		_, err = b.ByToken(t.Context(), secret)
		refused(t, err)
		_, err = b.BySession(t.Context(), secret)
		refused(t, err)

		p, err := b.ByPersonalToken(t.Context(), secret)
		require.NoError(t, err)
		require.True(t, p.Delegated())
		require.False(t, b.Recent(p), "a program never signs in")
		token, life, err := b.Mint(p)
		require.NoError(t, err)
		require.Equal(t, 15*time.Minute, life)
		caller, err := b.ByToken(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, ann.User.ID, caller.User.ID)
		require.Equal(t, "read book", caller.Scopes.String())
		require.True(t, caller.Delegated())
		require.False(t, b.Recent(caller))
		list, err = b.Tokens(t.Context(), ann)
		require.NoError(t, err)
		require.Equal(t, b.clock.Now(), list[0].LastUsed)
	})
	t.Run("what is made up costs no look-up and is refused", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		store := &counting{Store: b.store}
		b.Service = b.process(t, func(d *account.Deps) { d.Store = store })
		ann := b.person(t, "ann@example.com").Principal
		secret, _, err := b.CreateToken(t.Context(), ann, "Backup", account.ScopeRead, day)
		require.NoError(t, err)
		other := "a"
		if secret[10] == 'a' {
			other = "b"
		}
		for _, bad := range []string{
			"", "cin_", strings.ToUpper(secret), secret + "a", secret[:len(secret)-1], secret[:10] + other + secret[11:], " " + secret,
			"cin_" + strings.Repeat("a", 55), "cin_" + strings.Repeat("a", 5000), strings.Replace(secret, "cin_", "ghp_", 1),
		} {
			_, err := b.ByPersonalToken(t.Context(), bad)
			refused(t, err)
		}
		require.Zero(t, store.lookups.Load())
		_, err = b.ByPersonalToken(t.Context(), secret)
		require.NoError(t, err)
		require.EqualValues(t, 1, store.lookups.Load())
	})
	t.Run("a token minted from one dies with it, in every process", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann, bob := b.person(t, "ann@example.com").Principal, b.person(t, "bob@example.com").Principal
		secret, pt, err := b.CreateToken(t.Context(), ann, "Backup", account.ScopeRead, day)
		require.NoError(t, err)
		p, err := b.ByPersonalToken(t.Context(), secret)
		require.NoError(t, err)
		token, _, err := b.Mint(p)
		require.NoError(t, err)
		there := b.process(t, func(*account.Deps) {})
		for _, s := range []*account.Service{b.Service, there} {
			_, err := s.ByToken(t.Context(), token)
			require.NoError(t, err)
		}
		notFound(t, b.DeleteToken(t.Context(), bob, pt.ID), "token_not_found")
		require.NoError(t, b.DeleteToken(t.Context(), ann, pt.ID))
		_, err = b.ByToken(t.Context(), token)
		refused(t, err)
		_, err = b.ByPersonalToken(t.Context(), secret)
		refused(t, err)
		b.clock.Advance(3 * time.Second)
		_, err = there.ByToken(t.Context(), token)
		refused(t, err)
	})
	t.Run("ends by itself", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		secret, _, err := b.CreateToken(t.Context(), ann, "Backup", account.ScopeRead, 10*time.Minute)
		require.NoError(t, err)
		p, err := b.ByPersonalToken(t.Context(), secret)
		require.NoError(t, err)
		token, _, err := b.Mint(p)
		require.NoError(t, err)
		b.clock.Advance(10 * time.Minute)
		_, err = b.ByPersonalToken(t.Context(), secret)
		refused(t, err)
		_, err = b.ByToken(t.Context(), token)
		refused(t, err)
		list, err := b.Tokens(t.Context(), ann)
		require.NoError(t, err)
		require.Empty(t, list)
	})
	t.Run("outlives sessions, and follows today's role", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		boss := b.person(t, "boss@example.com").Principal
		secret, _, err := b.CreateToken(t.Context(), boss, "Reports", account.ScopeManage, 90*day)
		require.NoError(t, err)
		b.clock.Advance(60 * day)
		p, err := b.ByPersonalToken(t.Context(), secret)
		require.NoError(t, err)
		require.Equal(t, account.RoleAdmin, p.Role)
		next := b.process(t, func(d *account.Deps) { d.AdminEmails = nil })
		p, err = next.ByPersonalToken(t.Context(), secret)
		require.NoError(t, err)
		require.Equal(t, account.RoleUser, p.Role)
		live := b.process(t, func(d *account.Deps) { d.Development = false })
		_, err = live.ByPersonalToken(t.Context(), secret)
		refused(t, err)
	})
	t.Run("a changed secret strands none", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		secret, _, err := b.CreateToken(t.Context(), ann, "Backup", account.ScopeRead, day)
		require.NoError(t, err)
		next := b.process(t, func(d *account.Deps) { d.Secret = strings.Repeat("n", 32) })
		_, err = next.ByPersonalToken(t.Context(), secret)
		require.NoError(t, err)
	})
	t.Run("what cannot be asked for", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		g, err := b.StartGuest(t.Context(), "")
		require.NoError(t, err)
		_, _, err = b.CreateToken(t.Context(), g.Principal, "Backup", account.ScopeRead, day)
		require.Equal(t, fault.Forbidden, fault.KindOf(err))
		for name, life := range map[string]time.Duration{"": day, " ": day, "a\nb": day, strings.Repeat("x", 61): day, "a\u202eb": day, "zero": 0, "long": 91 * day, "less": -day} {
			_, _, err := b.CreateToken(t.Context(), ann, name, account.ScopeRead, life)
			require.Equal(t, fault.Invalid, fault.KindOf(err), "%q", name)
		}
		for _, scopes := range []account.Scopes{0, 8, account.AllScopes | 8} {
			_, _, err := b.CreateToken(t.Context(), ann, "Backup", scopes, day)
			require.Equal(t, fault.Invalid, fault.KindOf(err))
		}
		for range account.MaxTokens {
			_, _, err := b.CreateToken(t.Context(), ann, "Backup", account.ScopeRead, day)
			require.NoError(t, err)
		}
		_, _, err = b.CreateToken(t.Context(), ann, "Backup", account.ScopeRead, day)
		require.ErrorContains(t, err, "too_many_tokens")
		n, err := b.DeleteTokensOf(t.Context(), ann.User.ID)
		require.NoError(t, err)
		require.Equal(t, account.MaxTokens, n)
	})
}

func TestParseScopes(t *testing.T) {
	t.Parallel()
	all, err := account.ParseScopes([]string{"manage", "read", "book"})
	require.NoError(t, err)
	require.Equal(t, account.AllScopes, all)
	require.Equal(t, []string{"read", "book", "manage"}, all.Names())
	require.True(t, all.Has(account.ScopeManage))
	require.False(t, account.ScopeRead.Has(account.ScopeRead|account.ScopeBook))
	for _, bad := range [][]string{nil, {}, {""}, {"read", "read"}, {"admin"}, {"READ"}, {"read book"}} {
		_, err := account.ParseScopes(bad)
		require.ErrorContains(t, err, "invalid_scope", "%q", bad)
	}
}
