package account_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
)

const (
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636, appendix B
	callback = "http://127.0.0.1:49152/done"
)

func challenge(v string) string {
	sum := sha256.Sum256([]byte(v))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func asked() account.CodeRequest {
	return account.CodeRequest{RedirectURI: callback, Challenge: challenge(verifier), State: "xyz", Scopes: account.ScopeRead | account.ScopeBook, Name: "box"}
}

// code asks for a code and takes it out of the address.
func (b *bench) code(t *testing.T, p *account.Principal) string {
	t.Helper()
	to, err := b.MintCode(p, asked())
	require.NoError(t, err)
	u, err := url.Parse(to)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:49152", u.Host)
	require.Equal(t, "xyz", u.Query().Get("state"))
	return u.Query().Get("code")
}

func TestService_codes(t *testing.T) {
	t.Parallel()
	require.Equal(t, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", challenge(verifier))

	t.Run("another process redeems it, for the scopes that were allowed", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		there := b.process(t, func(*account.Deps) {})
		c, err := there.ReadCode(b.code(t, ann))
		require.NoError(t, err)
		require.Equal(t, ann.User.ID, c.User())
		p, token, life, err := there.Redeem(t.Context(), c, callback, verifier)
		require.NoError(t, err)
		require.Equal(t, 15*time.Minute, life)
		require.Equal(t, ann.User.ID, p.User.ID)
		caller, err := b.ByToken(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, "read book", caller.Scopes.String())
		require.Equal(t, "box", caller.Access.Tool)
		require.True(t, caller.Delegated())
		require.False(t, b.Recent(caller))
		require.Equal(t, c.Minted(), caller.Access.ID)
		require.NoError(t, b.RevokeCode(t.Context(), c))
		_, err = b.ByToken(t.Context(), token)
		refused(t, err)
	})
	t.Run("bound to the address, the verifier, the minute and the session", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com")
		text := b.code(t, ann.Principal)
		c, err := b.ReadCode(text)
		require.NoError(t, err)
		for address, proof := range map[string]string{
			"http://127.0.0.1:49153/done": verifier, callback + "/": verifier, "": verifier,
			callback: strings.Repeat("a", 43),
		} {
			_, _, _, err := b.Redeem(t.Context(), c, address, proof)
			require.ErrorContains(t, err, "invalid_grant")
		}
		for _, proof := range []string{"", "short", challenge(verifier), verifier + "=", strings.Repeat("a", 129), verifier + "\x00"} {
			_, _, _, err := b.Redeem(t.Context(), c, callback, proof)
			require.ErrorContains(t, err, "invalid_grant", "%q", proof)
		}
		require.NoError(t, b.Logout(t.Context(), ann.Principal))
		_, _, _, err = b.Redeem(t.Context(), c, callback, verifier)
		require.ErrorContains(t, err, "invalid_grant")
		b.clock.Advance(61 * time.Second)
		_, err = b.ReadCode(text)
		require.ErrorContains(t, err, "invalid_grant")
	})
	t.Run("nothing else passes for a code, and a code for nothing else", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		code := b.code(t, ann)
		token, _, err := b.Mint(ann)
		require.NoError(t, err)
		ticket, err := b.MintStreamTicket(ann, "st_1", time.Minute)
		require.NoError(t, err)
		for _, bad := range []string{"", "a.b.c", token, ticket, code + ".", code[:len(code)-1], strings.Repeat("x", 5000)} {
			_, err := b.ReadCode(bad)
			require.ErrorContains(t, err, "invalid_grant")
		}
		_, err = b.ByToken(t.Context(), code)
		refused(t, err)
		_, err = b.ReadStreamTicket(t.Context(), code)
		refused(t, err)
	})
	t.Run("only to the loopback interface, by number", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		for _, good := range []string{"http://127.0.0.1:1", "http://[::1]:65535/a/b?c=d", "http://127.0.0.1:8080/?x=1&y=2"} {
			r := asked()
			r.RedirectURI = good
			to, err := b.MintCode(ann, r)
			require.NoError(t, err, good)
			require.True(t, strings.HasPrefix(to, good[:strings.IndexAny(good+"?", "?")]), to)
		}
		for _, bad := range []string{
			"", "http://127.0.0.1", "http://127.0.0.1/", "https://127.0.0.1:8080", "http://localhost:8080", "http://127.0.0.2:8080",
			"http://127.0.0.1:0", "http://127.0.0.1:65536", "http://127.0.0.1:08080", "http://127.1:8080", "http://2130706433:8080",
			"http://127.0.0.1:8080@evil.example", "http://evil.example:8080", "http://user@127.0.0.1:8080", "http://127.0.0.1:8080/#f",
			"http://127.0.0.1:8080\\@evil.example/", "http://[::ffff:127.0.0.1]:8080", "http://[::1%25lo]:8080", "http://[0:0:0:0:0:0:0:1]:8080",
			"//127.0.0.1:8080", "javascript:alert(1)", "http://127.0.0.1:8080/\r\nX: y", "http://127.0.0.1:8080/" + strings.Repeat("x", 600),
		} {
			r := asked()
			r.RedirectURI = bad
			_, err := b.MintCode(ann, r)
			require.ErrorContains(t, err, "invalid_redirect", bad)
		}
	})
	t.Run("what else cannot be asked for", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		for code, change := range map[string]func(*account.CodeRequest){
			"invalid_challenge":   func(r *account.CodeRequest) { r.Challenge = verifier + "a" },
			"invalid_challenge: ": func(r *account.CodeRequest) { r.Challenge = "" },
			"invalid_state":       func(r *account.CodeRequest) { r.State = "" },
			"invalid_state: ":     func(r *account.CodeRequest) { r.State = "a b" },
			"invalid_body":        func(r *account.CodeRequest) { r.Name = "a\nb" },
		} {
			r := asked()
			change(&r)
			_, err := b.MintCode(ann, r)
			require.ErrorContains(t, err, strings.TrimSuffix(code, ": "))
		}
		r := asked()
		r.Scopes, r.Name = 0, ""
		to, err := b.MintCode(ann, r)
		require.NoError(t, err)
		u, err := url.Parse(to)
		require.NoError(t, err)
		c, err := b.ReadCode(u.Query().Get("code"))
		require.NoError(t, err)
		require.Equal(t, account.ScopeRead, c.Scopes, "no more than that")
		require.NotEmpty(t, c.Tool)
	})
}
