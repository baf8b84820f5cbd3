package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

func token(id string, u ident.User) account.PersonalToken {
	return account.PersonalToken{
		ID: id, Hash: "hash of " + id, User: u, Name: "Backup", Scopes: account.ScopeRead | account.ScopeBook, Issuer: "dev",
		CreatedAt: start, ExpiresAt: start.Add(24 * time.Hour),
	}
}

// hashes are the sessions of one ID that are there.
func (b *bench) hashes(t *testing.T, id string) []string {
	t.Helper()
	list, err := b.SessionsNamed(t.Context(), []string{id})
	require.NoError(t, err)
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, v.Hash)
	}
	return out
}

var tokenCases = map[string]func(t *testing.T, b *bench){
	"a_session_changes_its_value": func(t *testing.T, b *bench) {
		old := session("h1", alice)
		require.NoError(t, b.PutSession(t.Context(), old))
		require.NoError(t, b.AllowBooking(t.Context(), "h1", "bk_2"))
		next := old
		next.Hash, next.Replaces, next.Rotated, next.Bookings = "h2", "h1", start.Add(time.Hour), nil
		for range 2 { // requests at the same time come to the same value
			require.NoError(t, b.RotateSession(t.Context(), "h1", next))
		}
		got, err := b.Session(t.Context(), "h2")
		require.NoError(t, err)
		next.Bookings = []ident.Booking{"bk_1", "bk_2"}
		require.Equal(t, next, got, "the bookings are those that the old one may see")
		require.NoError(t, b.AllowBooking(t.Context(), "h1", "bk_3"))
		got, err = b.Session(t.Context(), "h2")
		require.NoError(t, err)
		require.Contains(t, got.Bookings, ident.Booking("bk_3"), "a booking is seen under both values")

		require.NoError(t, b.ConfirmSession(t.Context(), "h2", start.Add(2*time.Hour)))
		require.NoError(t, b.ConfirmSession(t.Context(), "h2", start.Add(3*time.Hour)), "a second use moves no end")
		before, err := b.Session(t.Context(), "h1")
		require.NoError(t, err)
		require.Equal(t, start.Add(2*time.Hour), before.Ends)
		got, err = b.Session(t.Context(), "h2")
		require.NoError(t, err)
		require.Empty(t, got.Replaces)
		require.Zero(t, got.Ends)
		third := next
		third.Hash = "h3"
		isFault(t, b.RotateSession(t.Context(), "h1", third), fault.NotFound, "session_not_found")
		require.ElementsMatch(t, []string{"h1", "h2"}, b.hashes(t, old.ID), "a value that ends has no further one")
	},
	"a_session_that_is_gone_gets_no_new_value": func(t *testing.T, b *bench) {
		next := session("h2", alice)
		isFault(t, b.RotateSession(t.Context(), "h1", next), fault.NotFound, "session_not_found")
		require.Empty(t, b.hashes(t, next.ID))
		require.NoError(t, b.ConfirmSession(t.Context(), "h1", start), "nothing to confirm")
		require.Equal(t, fault.Invalid, fault.KindOf(b.RotateSession(t.Context(), "h2", next)))
	},
	"ending_a_session_beats_changing_its_value": func(t *testing.T, b *bench) {
		for i := range 20 {
			old := session(fmt.Sprintf("old%d", i), alice)
			require.NoError(t, b.PutSession(t.Context(), old))
			var wg sync.WaitGroup
			for n := range 3 {
				next := old
				next.Hash, next.Replaces = fmt.Sprintf("new%d-%d", i, n), old.Hash
				wg.Go(func() { _ = b.RotateSession(t.Context(), old.Hash, next) }) // either way
			}
			wg.Go(func() {
				if _, err := b.EndSession(t.Context(), alice, old.ID); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			require.Empty(t, b.hashes(t, old.ID))
		}
	},
	"a_session_ends_by_its_name": func(t *testing.T, b *bench) {
		for _, hash := range []string{"h1", "h2", "h3"} {
			v := session(hash, alice)
			if hash != "h3" {
				v.ID = "se_1"
			}
			require.NoError(t, b.PutSession(t.Context(), v))
		}
		n, err := b.EndSession(t.Context(), bob, "se_1")
		require.NoError(t, err)
		require.Zero(t, n, "somebody else's")
		n, err = b.EndSession(t.Context(), alice, "se_1")
		require.NoError(t, err)
		require.Equal(t, 2, n, "under each of its values")
		n, err = b.EndSession(t.Context(), alice, "")
		require.NoError(t, err)
		require.Zero(t, n)
		list, err := b.SessionsNamed(t.Context(), []string{"se_1", "se_h3", "se_nobody", ""})
		require.NoError(t, err)
		require.Equal(t, []account.Session{session("h3", alice)}, list)
		list, err = b.SessionsNamed(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, list)
	},
	"sessions_of_a_user_are_renewed": func(t *testing.T, b *bench) {
		require.NoError(t, b.PutSession(t.Context(), session("h1", alice)))
		require.NoError(t, b.PutSession(t.Context(), session("h2", bob)))
		require.NoError(t, b.RenewSessionsOf(t.Context(), alice))
		mine, err := b.Session(t.Context(), "h1")
		require.NoError(t, err)
		require.True(t, mine.Rotated.IsZero())
		theirs, err := b.Session(t.Context(), "h2")
		require.NoError(t, err)
		require.Equal(t, start, theirs.Rotated)
	},
	"a_token_comes_back": func(t *testing.T, b *bench) {
		v := token("pt_1", alice)
		require.NoError(t, b.AddToken(t.Context(), v, 20))
		got, err := b.TokenByHash(t.Context(), v.Hash)
		require.NoError(t, err)
		require.Equal(t, v, got)
		_, err = b.TokenByHash(t.Context(), "pt_1")
		isFault(t, err, fault.NotFound, "token_not_found")
		for _, used := range []time.Time{start.Add(time.Hour), start.Add(time.Minute)} {
			require.NoError(t, b.TouchToken(t.Context(), "pt_1", used))
		}
		require.NoError(t, b.TouchToken(t.Context(), "pt_gone", start))
		list, err := b.TokensNamed(t.Context(), []string{"pt_1", "pt_gone"})
		require.NoError(t, err)
		v.LastUsed = start.Add(time.Hour)
		require.Equal(t, []account.PersonalToken{v}, list)
		require.Equal(t, fault.Invalid, fault.KindOf(b.AddToken(t.Context(), account.PersonalToken{}, 20)))
	},
	"tokens_of_a_user_are_bounded": func(t *testing.T, b *bench) {
		old := token("pt_old", alice)
		old.CreatedAt, old.ExpiresAt = start.Add(-48*time.Hour), start
		require.NoError(t, b.AddToken(t.Context(), old, 3))
		for i := range 3 {
			v := token(fmt.Sprintf("pt_%d", i), alice)
			v.CreatedAt = start.Add(time.Duration(i) * time.Minute)
			require.NoError(t, b.AddToken(t.Context(), v, 3), "one that has run out does not count")
		}
		isFault(t, b.AddToken(t.Context(), token("pt_9", alice), 3), fault.Conflict, "too_many_tokens")
		require.NoError(t, b.AddToken(t.Context(), token("pt_bob", bob), 3))
		list, err := b.TokensOf(t.Context(), alice)
		require.NoError(t, err)
		require.Len(t, list, 4)
		require.Equal(t, "pt_2", list[0].ID, "newest first")
	},
	"tokens_made_at_once_keep_the_bound": func(t *testing.T, b *bench) {
		var wg sync.WaitGroup
		for i := range 12 {
			v := token(fmt.Sprintf("pt_%d", i), alice)
			wg.Go(func() { _ = b.AddToken(t.Context(), v, 5) }) // most are refused
		}
		wg.Wait()
		list, err := b.TokensOf(t.Context(), alice)
		require.NoError(t, err)
		require.LessOrEqual(t, len(list), 5)
	},
	"a_token_is_deleted_by_its_owner": func(t *testing.T, b *bench) {
		for _, id := range []string{"pt_1", "pt_2", "pt_3"} {
			require.NoError(t, b.AddToken(t.Context(), token(id, alice), 20))
		}
		require.NoError(t, b.AddToken(t.Context(), token("pt_bob", bob), 20))
		there, err := b.DeleteToken(t.Context(), bob, "pt_1")
		require.NoError(t, err)
		require.False(t, there)
		for _, want := range []bool{true, false} {
			there, err = b.DeleteToken(t.Context(), alice, "pt_1")
			require.NoError(t, err)
			require.Equal(t, want, there)
		}
		n, err := b.DeleteTokensOf(t.Context(), alice)
		require.NoError(t, err)
		require.Equal(t, 2, n)
		_, err = b.TokenByHash(t.Context(), "hash of pt_bob")
		require.NoError(t, err, "another user's token stays")
	},
	"a_revoked_token_is_remembered": func(t *testing.T, b *bench) {
		for _, until := range []time.Time{start.Add(time.Hour), start} {
			require.NoError(t, b.RevokeToken(t.Context(), "jti-1", until))
		}
		revoked, err := b.RevokedTokens(t.Context(), []string{"jti-1", "jti-2"})
		require.NoError(t, err)
		require.Equal(t, []string{"jti-1"}, revoked)
		revoked, err = b.RevokedTokens(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, revoked)
		require.Equal(t, fault.Invalid, fault.KindOf(b.RevokeToken(t.Context(), "", start)))
		n, err := b.DropEnded(t.Context(), start.Add(time.Minute))
		require.NoError(t, err)
		require.Zero(t, n, "the later end counts")
	},
	"what_ended_is_dropped": func(t *testing.T, b *bench) {
		ended := session("h1", alice)
		ended.Ends = start
		require.NoError(t, b.PutSession(t.Context(), ended))
		require.NoError(t, b.PutSession(t.Context(), session("h2", alice)))
		v := token("pt_1", alice)
		v.ExpiresAt = start
		require.NoError(t, b.AddToken(t.Context(), v, 20))
		require.NoError(t, b.AddToken(t.Context(), token("pt_2", alice), 20))
		require.NoError(t, b.RevokeToken(t.Context(), "jti-1", start))
		require.NoError(t, b.RevokeToken(t.Context(), "jti-2", start.Add(time.Hour)))
		n, err := b.DropEnded(t.Context(), start.Add(time.Second))
		require.NoError(t, err)
		require.Equal(t, 3, n)
		_, err = b.Session(t.Context(), "h2")
		require.NoError(t, err)
		_, err = b.TokenByHash(t.Context(), "hash of pt_2")
		require.NoError(t, err)
		revoked, err := b.RevokedTokens(t.Context(), []string{"jti-1", "jti-2"})
		require.NoError(t, err)
		require.Equal(t, []string{"jti-2"}, revoked)
	},
}
