package account_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
)

// A browser that several people use has one guest. Whoever signs in there gets what the guest did, once, and nothing of the others.
func TestService_a_shared_guest(t *testing.T) {
	t.Parallel()
	guestOf := func(t *testing.T, b *bench) (account.Signed, *account.Principal) {
		t.Helper()
		g, err := b.StartGuest(t.Context(), "")
		require.NoError(t, err)
		return g, g.Principal
	}
	// apart is who signed in by an identity that was not known, and must have nothing in common with the guest.
	apart := func(t *testing.T, b *bench, s account.Signed, guest *account.Principal) {
		t.Helper()
		require.NotEqual(t, guest.User.ID, s.Principal.User.ID)
		require.Empty(t, s.Principal.Merged)
		merged, err := b.store.MergedGuests(t.Context(), s.Principal.User.ID)
		require.NoError(t, err)
		require.Empty(t, merged)
	}

	t.Run("merged into an account while another person signed in", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.person(t, "known@example.com")
		_, guest := guestOf(t, b)
		first, err := b.SignIn(t.Context(), identity(t, "known@example.com"), guest, "")
		require.NoError(t, err)
		require.Equal(t, guest.User.ID, first.Principal.Merged[0])

		second, err := b.SignIn(t.Context(), identity(t, "new@example.com"), guest, "")
		require.NoError(t, err)
		apart(t, b, second, guest)
		require.NotContains(t, first.Principal.Owners(), second.Principal.User.ID)
	})

	for name, email := range map[string]string{"a new person": "second@example.com", "a known person": "known@example.com"} {
		t.Run("bound by a sign-in that broke off, then "+name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.person(t, "known@example.com")
			shared, guest := guestOf(t, b)
			id := identity(t, "first@example.com")
			_, err := b.store.BindIdentity(t.Context(), id.Issuer, id.Subject, guest.User.ID) // and no more: the process ended
			require.NoError(t, err)

			other, err := b.SignIn(t.Context(), identity(t, email), guest, "")
			require.NoError(t, err)
			apart(t, b, other, guest)

			back, err := b.SignIn(t.Context(), id, nil, "") // elsewhere
			require.NoError(t, err)
			require.Equal(t, guest.User.ID, back.Principal.User.ID, "the guest is his who was first")
			require.NotEqual(t, other.Principal.User.ID, back.Principal.User.ID)
			_, err = b.process(t, func(*account.Deps) {}).BySession(t.Context(), shared.Value)
			refused(t, err) // whoever has the guest's session is not the person
		})
	}

	t.Run("the same person, who tries again", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		_, guest := guestOf(t, b)
		id := identity(t, "first@example.com")
		_, err := b.store.BindIdentity(t.Context(), id.Issuer, id.Subject, guest.User.ID)
		require.NoError(t, err)
		again, err := b.SignIn(t.Context(), id, guest, "")
		require.NoError(t, err)
		require.Equal(t, guest.User.ID, again.Principal.User.ID)
		require.False(t, again.Principal.User.Guest)
	})
}
