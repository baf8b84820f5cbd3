package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/fault"
)

var userKeyCases = map[string]func(t *testing.T, b *bench){
	"the_first_key_under_a_secret_stays": func(t *testing.T, b *bench) {
		none, err := b.UserKeys(t.Context(), alice)
		require.NoError(t, err)
		require.Empty(t, none.Wrapped)
		require.True(t, none.Destroyed.IsZero())
		for _, value := range []string{"one", "two"} {
			holds, err := b.PutUserKey(t.Context(), alice, "0a1b", []byte(value))
			require.NoError(t, err)
			require.Equal(t, map[string][]byte{"0a1b": []byte("one")}, holds.Wrapped)
			require.Equal(t, alice, holds.User)
		}
		holds, err := b.PutUserKey(t.Context(), alice, "2c3d", []byte{0, 255})
		require.NoError(t, err)
		require.Equal(t, map[string][]byte{"0a1b": []byte("one"), "2c3d": {0, 255}}, holds.Wrapped)
		read, err := b.UserKeys(t.Context(), alice)
		require.NoError(t, err)
		require.Equal(t, holds, read)
		other, err := b.UserKeys(t.Context(), bob)
		require.NoError(t, err)
		require.Empty(t, other.Wrapped)
	},
	"a_destroyed_key_is_never_made_anew": func(t *testing.T, b *bench) {
		_, err := b.PutUserKey(t.Context(), alice, "0a1b", []byte("one"))
		require.NoError(t, err)
		require.NoError(t, b.DestroyUserKeys(t.Context(), alice, start))
		require.NoError(t, b.DestroyUserKeys(t.Context(), alice, start.Add(time.Hour)))
		require.NoError(t, b.DestroyUserKeys(t.Context(), bob, start), "one who never had a key gets none later")
		for _, user := range []struct{ secret string }{{"0a1b"}, {"2c3d"}} {
			holds, err := b.PutUserKey(t.Context(), alice, user.secret, []byte("two"))
			require.NoError(t, err)
			require.Empty(t, holds.Wrapped)
			require.Equal(t, start, holds.Destroyed, "the first destruction counts")
			holds, err = b.PutUserKey(t.Context(), bob, user.secret, []byte("two"))
			require.NoError(t, err)
			require.Empty(t, holds.Wrapped)
			require.False(t, holds.Destroyed.IsZero())
		}
		read, err := b.UserKeys(t.Context(), alice)
		require.NoError(t, err)
		require.Empty(t, read.Wrapped)
		require.Equal(t, start, read.Destroyed)
	},
	"keys_without_a_user_are_refused": func(t *testing.T, b *bench) {
		_, err := b.PutUserKey(t.Context(), "", "0a1b", []byte("one"))
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		_, err = b.PutUserKey(t.Context(), alice, "", []byte("one"))
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		_, err = b.PutUserKey(t.Context(), alice, "0a1b", nil)
		require.Equal(t, fault.Invalid, fault.KindOf(err))
		require.Equal(t, fault.Invalid, fault.KindOf(b.DestroyUserKeys(t.Context(), "", start)))
	},
	"one_of_many_keys_made_at_once_holds_for_all": func(t *testing.T, b *bench) {
		const n = 8
		var wg sync.WaitGroup
		begin := make(chan struct{})
		held := make([]string, n)
		for i := range n {
			wg.Go(func() {
				<-begin
				holds, err := b.PutUserKey(t.Context(), alice, "0a1b", []byte{byte(i)})
				if err == nil {
					held[i] = string(holds.Wrapped["0a1b"])
				}
			})
		}
		close(begin)
		wg.Wait()
		for _, value := range held {
			require.NotEmpty(t, value)
			require.Equal(t, held[0], value)
		}
	},
	"no_key_survives_a_destruction_at_the_same_moment": func(t *testing.T, b *bench) {
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for i := range 6 {
			wg.Go(func() {
				<-begin
				_, _ = b.PutUserKey(t.Context(), alice, string(rune('a'+i)), []byte("x"))
			})
		}
		wg.Go(func() {
			<-begin
			_ = b.DestroyUserKeys(t.Context(), alice, start)
		})
		close(begin)
		wg.Wait()
		read, err := b.UserKeys(t.Context(), alice)
		require.NoError(t, err)
		require.Empty(t, read.Wrapped)
		require.Equal(t, start, read.Destroyed)
	},
}
