package account_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
)

const day = 24 * time.Hour

// renew asks for a new value as a request with the cookie does.
func renew(t *testing.T, s *account.Service, value string) (next string, renewed bool) {
	t.Helper()
	p, err := s.BySession(t.Context(), value)
	require.NoError(t, err)
	signed, renewed, err := s.Renew(t.Context(), value, p, "browser")
	require.NoError(t, err)
	return signed.Value, renewed
}

func TestService_Renew(t *testing.T) {
	t.Parallel()

	t.Run("once a day, and no sooner", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		b.clock.Advance(day - time.Second)
		_, renewed := renew(t, b.Service, ann.Value)
		require.False(t, renewed)
		b.clock.Advance(time.Second)
		next, renewed := renew(t, b.Service, ann.Value)
		require.True(t, renewed)
		require.NotEqual(t, ann.Value, next)
		_, renewed = renew(t, b.Service, next)
		require.False(t, renewed)
		p, err := b.BySession(t.Context(), next)
		require.NoError(t, err)
		require.Equal(t, ann.Principal.Session.ID, p.Session.ID, "the same session")
		require.Equal(t, ann.Principal.Session.CreatedAt, p.Session.CreatedAt, "and not a day younger")
		require.Equal(t, ann.Principal.Session.AuthTime, p.Session.AuthTime)
	})
	t.Run("an answer that is lost loses no session", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		b.clock.Advance(day)
		first, _ := renew(t, b.Service, ann.Value) // the browser never hears of it
		b.clock.Advance(time.Hour)
		second, renewed := renew(t, b.Service, ann.Value)
		require.True(t, renewed)
		require.Equal(t, first, second)
	})
	t.Run("requests at the same time, at two processes, come to one value", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		b.clock.Advance(day)
		var mu sync.Mutex
		values := make(map[string]bool)
		var wg sync.WaitGroup
		for range 4 {
			for _, s := range []*account.Service{b.Service, b.process(t, func(*account.Deps) {})} {
				wg.Go(func() {
					p, err := s.BySession(context.Background(), ann.Value)
					if err != nil {
						t.Error(err)
						return
					}
					signed, renewed, err := s.Renew(context.Background(), ann.Value, p, "browser")
					mu.Lock()
					defer mu.Unlock()
					values[signed.Value] = renewed && err == nil
				})
			}
		}
		wg.Wait()
		require.Len(t, values, 1)
		for v, renewed := range values {
			require.True(t, renewed)
			_, err := b.BySession(t.Context(), v)
			require.NoError(t, err)
		}
		list, err := b.Sessions(t.Context(), ann.Principal)
		require.NoError(t, err)
		require.Len(t, list, 1, "one session all the same")
	})
	t.Run("the old value ends a minute after the new one is used", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		b.clock.Advance(day)
		next, _ := renew(t, b.Service, ann.Value)
		_, err := b.BySession(t.Context(), next)
		require.NoError(t, err)
		b.clock.Advance(59 * time.Second)
		_, err = b.BySession(t.Context(), ann.Value)
		require.NoError(t, err)
		_, renewed := renew(t, b.Service, ann.Value)
		require.False(t, renewed, "it has a successor in use")
		b.clock.Advance(4 * time.Second)
		_, err = b.BySession(t.Context(), ann.Value)
		refused(t, err)
		_, err = b.BySession(t.Context(), next)
		require.NoError(t, err)
	})
	t.Run("a token outlives the value that it was minted under", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		b.clock.Advance(day)
		token, _, err := b.Mint(ann.Principal)
		require.NoError(t, err)
		next, _ := renew(t, b.Service, ann.Value)
		_, err = b.BySession(t.Context(), next)
		require.NoError(t, err)
		b.clock.Advance(2 * time.Minute)
		_, err = b.ByToken(t.Context(), token)
		require.NoError(t, err)
	})
	t.Run("logout ends every value, and a late request brings none back", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		b.clock.Advance(day)
		late, err := b.BySession(t.Context(), ann.Value)
		require.NoError(t, err)
		next, _ := renew(t, b.Service, ann.Value)
		p, err := b.BySession(t.Context(), next)
		require.NoError(t, err)
		require.NoError(t, b.Logout(t.Context(), p))
		_, renewed, err := b.Renew(t.Context(), ann.Value, late, "browser")
		require.NoError(t, err)
		require.False(t, renewed)
		for _, v := range []string{ann.Value, next} {
			_, err := b.BySession(t.Context(), v)
			refused(t, err)
		}
	})
	t.Run("a change of rights asks for new values everywhere", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		there := b.process(t, func(*account.Deps) {})
		require.NoError(t, b.RenewSessionsOf(t.Context(), ann.Principal.User.ID))
		next, renewed := renew(t, there, ann.Value)
		require.True(t, renewed)
		_, renewed = renew(t, b.Service, next)
		require.False(t, renewed, "once")
	})
	t.Run("a value does not tell the next one without the secret", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		b.clock.Advance(day)
		here, _ := renew(t, b.Service, ann.Value)
		other := b.process(t, func(d *account.Deps) { d.Secret = "another secret of thirty-two characters" })
		there, _ := renew(t, other, ann.Value)
		require.NotEqual(t, here, there)
		for _, v := range []string{here, there} { // two processes while the secret is changed
			_, err := b.BySession(t.Context(), v)
			require.NoError(t, err)
		}
	})
}

func TestService_ownSessions(t *testing.T) {
	t.Parallel()

	t.Run("each once, none of others, none that is over", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		here := b.person(t, "ann@example.com")
		b.clock.Advance(time.Minute)
		there, err := b.SignIn(t.Context(), identity(t, "ann@example.com"), nil, "Mozilla/5.0 (X11; Linux x86_64) Firefox/143.0")
		require.NoError(t, err)
		b.person(t, "bob@example.com")
		list, err := b.Sessions(t.Context(), here.Principal)
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, there.Principal.Session.ID, list[0].ID, "last seen first")
		require.Equal(t, "Firefox on Linux", list[0].Label)
		require.NotContains(t, list[0].ID, list[0].Hash[:8])
		b.clock.Advance(8 * day)
		list, err = b.Sessions(t.Context(), here.Principal)
		require.NoError(t, err)
		require.Empty(t, list)
	})
	t.Run("one ends, and its tokens with it", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		here, there, bob := b.person(t, "ann@example.com"), b.person(t, "ann@example.com"), b.person(t, "bob@example.com")
		token, _, err := b.Mint(there.Principal)
		require.NoError(t, err)
		_, err = b.ByToken(t.Context(), token)
		require.NoError(t, err)
		notFound(t, b.EndSession(t.Context(), bob.Principal, there.Principal.Session.ID), "session_not_found")
		require.NoError(t, b.EndSession(t.Context(), here.Principal, there.Principal.Session.ID))
		notFound(t, b.EndSession(t.Context(), here.Principal, there.Principal.Session.ID), "session_not_found")
		_, err = b.BySession(t.Context(), there.Value)
		refused(t, err)
		_, err = b.ByToken(t.Context(), token)
		refused(t, err)
		_, err = b.BySession(t.Context(), here.Value)
		require.NoError(t, err)
	})
	t.Run("all end but the one to keep, and personal tokens stay", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		here, there, bob := b.person(t, "ann@example.com"), b.person(t, "ann@example.com"), b.person(t, "bob@example.com")
		secret, _, err := b.CreateToken(t.Context(), here.Principal, "Backup", account.ScopeRead, day)
		require.NoError(t, err)
		n, err := b.EndSessionsOf(t.Context(), here.Principal.User.ID, here.Principal)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		_, err = b.BySession(t.Context(), there.Value)
		refused(t, err)
		_, err = b.BySession(t.Context(), here.Value)
		require.NoError(t, err)
		n, err = b.EndSessionsOf(t.Context(), here.Principal.User.ID, nil)
		require.NoError(t, err)
		require.Equal(t, 1, n)
		_, err = b.BySession(t.Context(), here.Value)
		refused(t, err)
		_, err = b.BySession(t.Context(), bob.Value)
		require.NoError(t, err)
		_, err = b.ByPersonalToken(t.Context(), secret)
		require.NoError(t, err)
	})
	t.Run("a look at the store finds what this process still remembers", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		there := b.process(t, func(*account.Deps) {})
		ann, bob := b.person(t, "ann@example.com"), b.person(t, "bob@example.com")
		secret, pt, err := b.CreateToken(t.Context(), bob.Principal, "Backup", account.ScopeRead, day)
		require.NoError(t, err)
		mint := func(p *account.Principal) *account.Principal {
			token, _, err := b.Mint(p)
			require.NoError(t, err)
			p, err = b.ByToken(t.Context(), token)
			require.NoError(t, err)
			return p
		}
		personal, err := b.ByPersonalToken(t.Context(), secret)
		require.NoError(t, err)
		callers := []*account.Principal{ann.Principal, bob.Principal, mint(ann.Principal), mint(bob.Principal), mint(personal)}
		ended, err := b.Ended(t.Context(), callers)
		require.NoError(t, err)
		require.Equal(t, make([]bool, 5), ended)
		require.NoError(t, there.Logout(t.Context(), ann.Principal))
		require.NoError(t, there.RevokeToken(t.Context(), callers[3]))
		require.NoError(t, there.DeleteToken(t.Context(), bob.Principal, pt.ID))
		ended, err = b.Ended(t.Context(), callers)
		require.NoError(t, err)
		require.Equal(t, []bool{true, false, true, true, true}, ended, "at once")
		b.clock.Advance(8 * day)
		ended, err = b.Ended(t.Context(), callers[1:2])
		require.NoError(t, err)
		require.Equal(t, []bool{true}, ended, "looking is no use of a session")
	})
}
