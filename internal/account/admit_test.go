package account_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

const issuer = "https://issuer.example"

// proofOf is a provider's word for a person who proved just now who he is.
func (b *bench) proofOf(name string, asker *account.Principal) account.Proof {
	return account.Proof{
		Attempt:  account.Attempt{Asker: account.AskerOf(asker), ReturnTo: "/"},
		Identity: account.Identity{Issuer: issuer, Subject: "sub-" + name, Email: name + "@example.com", Verified: true, Name: name},
		AuthTime: b.clock.Now(),
	}
}

func (b *bench) admit(t *testing.T, p account.Proof) account.Signed {
	t.Helper()
	s, err := b.Admit(t.Context(), p, "browser")
	require.NoError(t, err)
	return s
}

func (b *bench) startGuest(t *testing.T) account.Signed {
	t.Helper()
	g, err := b.StartGuest(t.Context(), "browser")
	require.NoError(t, err)
	return g
}

func TestService_Admit(t *testing.T) {
	t.Parallel()

	t.Run("the guest who asked becomes the account, or is merged into it", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.startGuest(t)
		first := b.admit(t, b.proofOf("ann", g.Principal))
		require.Equal(t, g.Principal.User.ID, first.Principal.User.ID)
		require.Equal(t, issuer, first.Principal.Session.Issuer)
		require.Equal(t, "sub-ann", first.Principal.Session.Subject)
		_, err := b.BySession(t.Context(), g.Value)
		refused(t, err)
		g = b.startGuest(t)
		second := b.admit(t, b.proofOf("ann", g.Principal))
		require.Equal(t, []ident.User{first.Principal.User.ID, g.Principal.User.ID}, second.Principal.Owners())
		_, err = b.BySession(t.Context(), first.Value)
		require.NoError(t, err, "the session of another browser goes on")
	})
	t.Run("a session that ended meanwhile brings nothing, at whichever process", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.startGuest(t)
		elsewhere := b.process(t, func(*account.Deps) {})
		_, err := b.BySession(t.Context(), g.Value) // remembered here for three seconds
		require.NoError(t, err)
		require.NoError(t, elsewhere.Logout(t.Context(), g.Principal))
		s := b.admit(t, b.proofOf("ann", g.Principal))
		require.NotEqual(t, g.Principal.User.ID, s.Principal.User.ID)
		require.Empty(t, s.Principal.Merged)
		made := account.Asker{Session: "se_made_up", User: g.Principal.User.ID}
		proof := b.proofOf("bob", nil)
		proof.Attempt.Asker = made
		require.Empty(t, b.admit(t, proof).Principal.Merged)
	})
	t.Run("a session whose value was changed meanwhile is the same session", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.startGuest(t)
		proof := b.proofOf("ann", g.Principal)
		b.clock.Advance(24 * time.Hour)
		next, changed, err := b.Renew(t.Context(), g.Value, g.Principal, "browser")
		require.NoError(t, err)
		require.True(t, changed)
		_, err = b.BySession(t.Context(), next.Value)
		require.NoError(t, err)
		b.clock.Advance(5 * time.Minute) // the value of before is dead
		require.Equal(t, g.Principal.User.ID, b.admit(t, proof).Principal.User.ID)
		_, err = b.BySession(t.Context(), next.Value)
		refused(t, err)
	})
	t.Run("many callbacks at once make one account that has the guest", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		g := b.startGuest(t)
		var wg sync.WaitGroup
		gate := make(chan struct{})
		signed := make([]account.Signed, 8)
		for i := range signed {
			wg.Go(func() {
				<-gate
				signed[i], _ = b.Admit(context.Background(), b.proofOf("ann", g.Principal), "browser")
			})
		}
		close(gate)
		wg.Wait()
		known, err := b.store.UserByIdentity(t.Context(), issuer, "sub-ann")
		require.NoError(t, err)
		require.Equal(t, g.Principal.User.ID, known.ID)
		for _, s := range signed {
			if s.Principal != nil {
				require.Equal(t, known.ID, s.Principal.User.ID)
			}
		}
	})
	t.Run("a provider that does not tell the moment makes no fresh sign-in", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		proof := b.proofOf("ann", nil)
		require.True(t, b.Recent(b.admit(t, proof).Principal))
		proof.AuthTime = time.Time{}
		require.False(t, b.Recent(b.admit(t, proof).Principal))
		proof.AuthTime = b.clock.Now().Add(-16 * time.Minute)
		require.False(t, b.Recent(b.admit(t, proof).Principal), "signed in at the provider long ago")
	})
	t.Run("what the provider says is taken over each time", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		proof := b.proofOf("boss", nil)
		require.Equal(t, account.RoleAdmin, b.admit(t, proof).Principal.Role)
		id := b.admit(t, proof).Principal.User.ID

		proof.Identity.Email, proof.Identity.Name, proof.Identity.Picture = "chief@example.com", "The Chief", "https://pictures.example/c.png"
		p := b.admit(t, proof).Principal
		require.Equal(t, id, p.User.ID, "the address is no key")
		require.Equal(t, account.RoleUser, p.Role, "another address, no administrator any more")
		require.Equal(t, "chief@example.com", p.User.Email)
		require.Equal(t, "The Chief", p.User.Name)

		proof.Identity.Email, proof.Identity.Verified = "boss@example.com", false
		p = b.admit(t, proof).Principal
		require.Equal(t, account.RoleUser, p.Role, "not verified")
		require.False(t, p.User.Verified)

		proof.Identity.Verified = true
		require.Equal(t, account.RoleAdmin, b.admit(t, proof).Principal.Role)
		proof.Identity.Email, proof.Identity.Verified, proof.Identity.Name, proof.Identity.Picture = "", true, "", ""
		p = b.admit(t, proof).Principal
		require.Equal(t, "boss@example.com", p.User.Email, "something to write to")
		require.Equal(t, account.RoleUser, p.Role, "but nobody vouches for it")
		require.Equal(t, "The Chief", p.User.Name)
	})
	t.Run("the same address at another issuer, or under another subject, is another person", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.admit(t, b.proofOf("ann", nil)).Principal.User.ID
		other := b.proofOf("ann", nil)
		other.Identity.Issuer = "https://other.example"
		require.NotEqual(t, ann, b.admit(t, other).Principal.User.ID)
		other = b.proofOf("ann", nil)
		other.Identity.Subject = "SUB-ANN"
		require.NotEqual(t, ann, b.admit(t, other).Principal.User.ID)
	})
	t.Run("only the configured issuer's word about an address makes an administrator", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		boss := b.admit(t, b.proofOf("boss", nil))
		for issuer, want := range map[string]account.Role{"https://issuer.example": account.RoleAdmin, "https://next.example": account.RoleUser} {
			next := b.process(t, func(d *account.Deps) { d.Issuer = issuer })
			p, err := next.BySession(t.Context(), boss.Value)
			require.NoError(t, err)
			require.Equal(t, want, p.Role)
		}
		next := b.process(t, func(d *account.Deps) { d.Issuer = "https://next.example" })
		dev, err := next.SignIn(t.Context(), identity(t, "boss@example.com"), nil, "")
		require.NoError(t, err)
		require.Equal(t, account.RoleAdmin, dev.Principal.Role, "in development")
	})
	t.Run("odd profiles are cleaned, not refused", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for i, c := range []struct{ email, name, picture, wantEmail, wantName, wantPicture string }{
			{"a@b.c", "An\x00n\r\n\t Smith\u202e ", "https://p.example/a.jpg", "a@b.c", "An n Smith", "https://p.example/a.jpg"},
			{"a@b.c", strings.Repeat("é", 5000), "javascript:alert(1)", "a@b.c", strings.Repeat("é", 100), ""},
			{"a@b.c", "\xff\xfe", "http://p.example/a.jpg", "a@b.c", "a", ""},
			{"a@b.c\r\nBcc: d@e.f", "", "https://u:p@p.example/", "", "", ""},
			{strings.Repeat("a", 300) + "@b.c", "<b>Ann</b>", "https://p.example/" + strings.Repeat("x", 3000), "", "<b>Ann</b>", ""},
			{"ANN@B.C", "\u2067Ann\u2069", "https://p.example/\n", "ann@b.c", "Ann", ""},
		} {
			proof := b.proofOf("x", nil)
			proof.Identity = account.Identity{Issuer: issuer, Subject: strings.Repeat("s", i+1), Email: c.email, Verified: true, Name: c.name, Picture: c.picture}
			u := b.admit(t, proof).Principal.User
			if c.name == "An\x00n\r\n\t Smith\u202e " {
				c.wantName = "Ann Smith"
			}
			require.Equal(t, c.wantEmail, u.Email)
			require.Equal(t, c.wantName, u.Name)
			require.Equal(t, c.wantPicture, u.Picture)
			require.Equal(t, c.wantEmail != "", u.Verified)
		}
	})
}

func TestService_Admit_step_up(t *testing.T) {
	t.Parallel()
	stepUp := func(b *bench, name string, asker *account.Principal) account.Proof {
		p := b.proofOf(name, asker)
		p.Attempt.StepUp = true
		return p
	}
	failed := func(t *testing.T, err error) {
		t.Helper()
		require.Equal(t, fault.Forbidden, fault.KindOf(err), "%v", err)
		require.Equal(t, "step_up_failed", fault.CodeOf(err))
	}

	t.Run("the same session goes on under a new value, with the moment of the proof", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		boss := b.admit(t, b.proofOf("boss", nil))
		require.NoError(t, b.AllowBooking(t.Context(), boss.Principal, "bk_1"))
		b.clock.Advance(20 * time.Minute)
		now, err := b.BySession(t.Context(), boss.Value)
		require.NoError(t, err)
		require.False(t, b.Recent(now))
		proof := stepUp(b, "boss", now)
		proof.AuthTime = b.clock.Now().Add(-2 * time.Minute)
		s := b.admit(t, proof)
		require.True(t, b.Recent(s.Principal))
		require.NotEqual(t, boss.Value, s.Value)
		require.Equal(t, now.Session.ID, s.Principal.Session.ID)
		require.Equal(t, proof.AuthTime, s.Principal.Session.AuthTime)
		require.Equal(t, now.Session.CreatedAt, s.Principal.Session.CreatedAt, "its end does not move")
		require.Equal(t, []ident.Booking{"bk_1"}, s.Principal.Session.Bookings)
		_, err = b.BySession(t.Context(), boss.Value)
		refused(t, err)
		b.clock.Advance(14 * time.Minute)
		again, err := b.BySession(t.Context(), s.Value)
		require.NoError(t, err)
		require.False(t, b.Recent(again), "the moment counts, not the callback")
	})
	t.Run("another person, a guest, nobody", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		boss := b.admit(t, b.proofOf("boss", nil))
		b.admit(t, b.proofOf("ann", nil))
		for _, name := range []string{"ann", "stranger"} {
			_, err := b.Admit(t.Context(), stepUp(b, name, boss.Principal), "")
			failed(t, err)
		}
		_, err := b.store.UserByIdentity(t.Context(), issuer, "sub-stranger")
		require.Equal(t, fault.NotFound, fault.KindOf(err), "a failed step-up makes no account")
		g := b.startGuest(t)
		_, err = b.Admit(t.Context(), stepUp(b, "boss", g.Principal), "")
		failed(t, err)
		_, err = b.Admit(t.Context(), stepUp(b, "boss", nil), "")
		failed(t, err)
		require.NoError(t, b.Logout(t.Context(), boss.Principal))
		_, err = b.Admit(t.Context(), stepUp(b, "boss", boss.Principal), "")
		failed(t, err)
	})
	t.Run("no moment, an old one, one that has not come", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		boss := b.admit(t, b.proofOf("boss", nil))
		for _, at := range []time.Time{{}, b.clock.Now().Add(-15*time.Minute - time.Second), b.clock.Now().Add(2 * time.Minute)} {
			proof := stepUp(b, "boss", boss.Principal)
			proof.AuthTime = at
			_, err := b.Admit(t.Context(), proof, "")
			failed(t, err)
		}
		_, err := b.BySession(t.Context(), boss.Value)
		require.NoError(t, err, "the session is as before")
	})
}
