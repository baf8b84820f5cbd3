package account_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/store/storesqlite"
)

const secret = "0123456789abcdef0123456789abcdef"

type bench struct {
	*account.Service

	clock *clock.Fake
	store *storesqlite.Store
}

func setup(t *testing.T) *bench {
	t.Helper()
	c := clock.NewFake(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	store, err := storesqlite.Open(context.Background(), storesqlite.Options{Dir: t.TempDir(), Clock: c})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	b := &bench{clock: c, store: store}
	b.Service = b.process(t, func(*account.Deps) {})
	return b
}

// process is another process on the same store.
func (b *bench) process(t *testing.T, change func(*account.Deps)) *account.Service {
	t.Helper()
	d := account.Deps{Store: b.store, Clock: b.clock, Secret: secret, AdminEmails: []string{" Boss@Example.com"}, Development: true}
	change(&d)
	s, err := account.New(d)
	require.NoError(t, err)
	return s
}

func identity(t *testing.T, email string) account.Identity {
	t.Helper()
	id, err := account.DevIdentity(email, "")
	require.NoError(t, err)
	return id
}

func (b *bench) person(t *testing.T, email string) account.Signed {
	t.Helper()
	s, err := b.SignIn(t.Context(), identity(t, email), nil, "")
	require.NoError(t, err)
	return s
}

func refused(t *testing.T, err error) {
	t.Helper()
	require.Equal(t, fault.Unauthorized, fault.KindOf(err), "%v", err)
}

func TestService_SignIn(t *testing.T) {
	t.Parallel()

	t.Run("a guest becomes the account and keeps his id", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g, err := b.StartGuest(t.Context(), "browser")
		require.NoError(t, err)
		require.NoError(t, b.AllowBooking(t.Context(), g.Principal, "bk_1"))
		seen, err := b.BySession(t.Context(), g.Value)
		require.NoError(t, err)
		s, err := b.SignIn(t.Context(), identity(t, "ann@example.com"), seen, "browser")
		require.NoError(t, err)
		require.Equal(t, g.Principal.User.ID, s.Principal.User.ID)
		require.False(t, s.Principal.User.Guest)
		require.Equal(t, "ann", s.Principal.User.Name, "a name for who gave none")
		require.Equal(t, []ident.Booking{"bk_1"}, s.Principal.Session.Bookings)
		_, err = b.BySession(t.Context(), g.Value)
		refused(t, err)
	})
	t.Run("a guest is merged into a known account, once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		var guests []ident.User
		for range 2 {
			g, err := b.StartGuest(t.Context(), "")
			require.NoError(t, err)
			guests = append(guests, g.Principal.User.ID)
			s, err := b.SignIn(t.Context(), identity(t, "ann@example.com"), g.Principal, "")
			require.NoError(t, err)
			require.Equal(t, ann.User.ID, s.Principal.User.ID)
			require.Equal(t, append([]ident.User{ann.User.ID}, guests...), s.Principal.Owners())
			_, err = b.BySession(t.Context(), g.Value)
			refused(t, err)
		}
		g, err := b.StartGuest(t.Context(), "")
		require.NoError(t, err)
		_, err = b.store.Merge(t.Context(), g.Principal.User.ID, ann.User.ID)
		require.NoError(t, err)
		bob, err := b.SignIn(t.Context(), identity(t, "bob@example.com"), g.Principal, "")
		require.NoError(t, err)
		require.NotContains(t, bob.Principal.Owners()[1:], g.Principal.User.ID, "a guest that another account took stays there")
	})
	t.Run("another person at the same browser takes nothing over", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		bob, err := b.SignIn(t.Context(), identity(t, "bob@example.com"), ann.Principal, "")
		require.NoError(t, err)
		require.NotEqual(t, ann.Principal.User.ID, bob.Principal.User.ID)
		require.Empty(t, bob.Principal.Merged)
		_, err = b.BySession(t.Context(), ann.Value)
		refused(t, err)
	})
	t.Run("a guest who signs in as two people at once becomes one of them", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g, err := b.StartGuest(t.Context(), "")
		require.NoError(t, err)
		var signed [2]account.Signed
		var wg sync.WaitGroup
		for i, email := range []string{"ann@example.com", "bob@example.com"} {
			id := identity(t, email)
			wg.Go(func() { signed[i], _ = b.SignIn(context.Background(), id, g.Principal, "") })
		}
		wg.Wait()
		require.NotEqual(t, signed[0].Principal.User.ID, signed[1].Principal.User.ID)
		for _, one := range signed {
			p, err := b.BySession(t.Context(), one.Value)
			require.NoError(t, err)
			require.Equal(t, one.Principal.User.Email, p.User.Email)
		}
	})
	t.Run("many first sign-ins at once make one account", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		users := make([]ident.User, 8)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range users {
			wg.Go(func() {
				<-start
				if s, err := b.SignIn(context.Background(), account.Identity{Issuer: "x", Subject: "1", Email: "a@b.c"}, nil, ""); err == nil {
					users[i] = s.Principal.User.ID
				}
			})
		}
		close(start)
		wg.Wait()
		for _, u := range users {
			require.Equal(t, users[0], u)
			require.NotEmpty(t, u)
		}
	})
}

func TestService_roles(t *testing.T) {
	t.Parallel()

	t.Run("only a verified address that is listed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.Equal(t, account.RoleAdmin, b.person(t, "boss@example.com").Principal.Role)
		require.Equal(t, account.RoleUser, b.person(t, "ann@example.com").Principal.Role)
		s, err := b.SignIn(t.Context(), account.Identity{Issuer: "x", Subject: "9", Email: "boss@example.com"}, nil, "")
		require.NoError(t, err)
		require.Equal(t, account.RoleUser, s.Principal.Role, "not verified")
	})
	t.Run("an address that only becomes the listed one", func(t *testing.T) {
		t.Parallel()
		s := setup(t).process(t, func(d *account.Deps) { d.AdminEmails = []string{"Kate@example.com"} })
		for email, role := range map[string]account.Role{
			"KATE@example.com": account.RoleAdmin, "\u212Aate@example.com": account.RoleUser, "\u2003kate@example.com": account.RoleUser,
		} {
			p, err := s.SignIn(t.Context(), account.Identity{Issuer: "x", Subject: strconv.QuoteToASCII(email), Email: email, Verified: true}, nil, "")
			require.NoError(t, err)
			require.Equal(t, role, p.Principal.Role, "%q", email)
		}
	})
	t.Run("taken off the list, demoted at once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		boss := b.person(t, "boss@example.com")
		next := b.process(t, func(d *account.Deps) { d.AdminEmails = nil })
		p, err := next.BySession(t.Context(), boss.Value)
		require.NoError(t, err)
		require.Equal(t, account.RoleUser, p.Role)
	})
	t.Run("a stored grant stays", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		u := b.person(t, "clerk@example.com").Principal.User
		_, err := b.store.GrantRole(t.Context(), account.RoleChange{User: u.ID, Was: u.Grant(), Now: account.Grant{Role: account.RoleStaff}})
		require.NoError(t, err)
		require.Equal(t, account.RoleStaff, b.person(t, "clerk@example.com").Principal.Role)
	})
	t.Run("people of the demonstration", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		roles := map[string]account.Role{"clerk@example.com": account.RoleStaff}
		dev := b.process(t, func(d *account.Deps) { d.DevRoles = roles })
		s, err := dev.SignIn(t.Context(), identity(t, "clerk@example.com"), nil, "")
		require.NoError(t, err)
		require.Equal(t, account.RoleStaff, s.Principal.Role)
		s, err = dev.SignIn(t.Context(), account.Identity{Issuer: "x", Subject: "7", Email: "clerk@example.com", Verified: true}, nil, "")
		require.NoError(t, err)
		require.Equal(t, account.RoleUser, s.Principal.Role, "only by a development sign-in")
	})
	t.Run("development sessions are worth nothing in production", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		boss := b.person(t, "boss@example.com")
		live := b.process(t, func(d *account.Deps) { d.Development = false })
		_, err := live.BySession(t.Context(), boss.Value)
		refused(t, err)
	})
}

func TestService_sessions(t *testing.T) {
	t.Parallel()

	t.Run("use keeps a session alive, to its end", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		for range 5 {
			b.clock.Advance(6 * 24 * time.Hour)
			p, err := b.BySession(t.Context(), ann.Value)
			if err != nil { // 30 days
				refused(t, err)
				require.Equal(t, 30*24*time.Hour, b.clock.Now().Sub(ann.Principal.Session.CreatedAt))
				return
			}
			require.Equal(t, b.clock.Now(), p.Session.LastSeen)
		}
		t.Fatal("the session outlived a month")
	})
	t.Run("ended elsewhere, over here within three seconds", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		token, _, err := b.Mint(ann.Principal)
		require.NoError(t, err)
		here := b.process(t, func(*account.Deps) {})
		_, err = here.BySession(t.Context(), ann.Value)
		require.NoError(t, err)
		b.clock.Advance(2 * time.Second)
		_, err = here.ByToken(t.Context(), token)
		require.NoError(t, err)
		require.NoError(t, b.Logout(t.Context(), ann.Principal))
		b.clock.Advance(3 * time.Second)
		_, err = here.BySession(t.Context(), ann.Value)
		refused(t, err)
		_, err = here.ByToken(t.Context(), token)
		refused(t, err)
		ended, err := here.Ended(t.Context(), []*account.Principal{ann.Principal})
		require.NoError(t, err)
		require.Equal(t, []bool{true}, ended)
	})
	t.Run("a use that crosses a logout revives nothing", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		require.NoError(t, b.Logout(t.Context(), ann.Principal))
		require.Error(t, b.store.TouchSession(t.Context(), ann.Principal.Session.Hash, b.clock.Now()))
		refused(t, b.AllowBooking(t.Context(), ann.Principal, "bk_1"))
		_, err := b.BySession(t.Context(), ann.Value)
		refused(t, err)
	})
	t.Run("the store keeps no value that signs in", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		all, err := b.store.SessionsOf(t.Context(), ann.Principal.User.ID)
		require.NoError(t, err)
		require.Len(t, all, 1)
		_, err = b.BySession(t.Context(), all[0].Hash)
		refused(t, err)
		require.Len(t, ann.Value, 43)
	})
	t.Run("no session at all", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, v := range []string{"", "short", strings.Repeat("A", 43), strings.Repeat("|", 43)} {
			_, err := b.BySession(t.Context(), v)
			refused(t, err)
		}
	})
}

func TestService_tokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.person(t, "ann@example.com").Principal
	token, life, err := b.Mint(ann)
	require.NoError(t, err)
	require.Equal(t, 15*time.Minute, life)

	t.Run("says what the contract says", func(t *testing.T) {
		t.Parallel()
		claims := jwt.MapClaims{}
		parsed, _, err := jwt.NewParser().ParseUnverified(token, claims)
		require.NoError(t, err)
		require.Equal(t, "at+jwt", parsed.Header["typ"])
		require.NotEmpty(t, parsed.Header["kid"])
		require.EqualValues(t, ann.User.ID, claims["sub"])
		for _, name := range []string{"iss", "aud", "sid", "jti", "iat", "nbf", "exp", "scope"} {
			require.NotEmpty(t, claims[name], name)
		}
		require.NotContains(t, claims, "role")
	})
	t.Run("a rotated secret still verifies, and a dropped one does not", func(t *testing.T) {
		t.Parallel()
		next := b.process(t, func(d *account.Deps) { d.Secret, d.Previous = strings.Repeat("n", 32), secret })
		_, err := next.ByToken(t.Context(), token)
		require.NoError(t, err)
		fresh, _, err := next.Mint(ann)
		require.NoError(t, err)
		_, err = b.ByToken(t.Context(), fresh)
		refused(t, err)
		after := b.process(t, func(d *account.Deps) { d.Secret = strings.Repeat("n", 32) })
		_, err = after.ByToken(t.Context(), token)
		refused(t, err)
	})
	t.Run("forged with the raw secret, another type, another audience, no end", func(t *testing.T) {
		t.Parallel()
		parsed, _, err := jwt.NewParser().ParseUnverified(token, jwt.MapClaims{})
		require.NoError(t, err)
		good := func() jwt.MapClaims {
			now := b.clock.Now().Unix()
			return jwt.MapClaims{
				"iss": "cinema", "aud": "cinema", "sub": string(ann.User.ID), "sid": ann.Session.ID, "jti": "1", "scope": "read", "iat": now, "nbf": now, "exp": now + 60,
			}
		}
		raw := jwt.NewWithClaims(jwt.SigningMethodHS256, good())
		raw.Header["typ"], raw.Header["kid"] = "at+jwt", parsed.Header["kid"]
		forged, err := raw.SignedString([]byte(secret))
		require.NoError(t, err)
		_, err = b.ByToken(t.Context(), forged)
		refused(t, err)
		none, err := jwt.NewWithClaims(jwt.SigningMethodNone, good()).SignedString(jwt.UnsafeAllowNoneSignatureType)
		require.NoError(t, err)
		_, err = b.ByToken(t.Context(), none)
		refused(t, err)
	})
	t.Run("a secret must be there", func(t *testing.T) {
		t.Parallel()
		_, err := account.New(account.Deps{})
		require.Error(t, err)
	})
}

func TestDevIdentity(t *testing.T) {
	t.Parallel()
	id, err := account.DevIdentity("  Ann@Example.COM ", " Ann ")
	require.NoError(t, err)
	require.Equal(t, account.Identity{Issuer: "dev", Subject: "ann@example.com", Email: "ann@example.com", Verified: true, Name: "Ann"}, id)
	for _, bad := range []string{"", "ann", "ann@", "@b.c", "Ann <ann@example.com>", "a@b.c\r\nBcc: d@e.f", strings.Repeat("a", 260) + "@b.c"} {
		_, err := account.DevIdentity(bad, "")
		require.ErrorIs(t, err, account.ErrEmail, bad)
	}
	_, err = account.DevIdentity("a@b.c", strings.Repeat("x", 101))
	require.Error(t, err)
}
