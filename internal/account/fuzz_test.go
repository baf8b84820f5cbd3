package account_test

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/store/storesqlite"
)

// FuzzTokens gives anything as an access token, as a stream ticket and as a session: nothing but what was minted is taken, and every
// refusal is the same one.
func FuzzTokens(f *testing.F) {
	c := clock.NewFake(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))
	store, err := storesqlite.Open(f.Context(), storesqlite.Options{Dir: f.TempDir(), Clock: c})
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, store.Close()) })
	s, err := account.New(account.Deps{Store: store, Clock: c, Secret: secret, Development: true})
	require.NoError(f, err)
	id, err := account.DevIdentity("ada@example.com", "")
	require.NoError(f, err)
	signed, err := s.SignIn(f.Context(), id, nil, "")
	require.NoError(f, err)
	token, _, err := s.Mint(signed.Principal)
	require.NoError(f, err)
	ticket, err := s.MintStreamTicket(signed.Principal, ident.Showtime("st_1"), time.Minute)
	require.NoError(f, err)
	minted := map[string]bool{token: true, ticket: true, signed.Value: true}
	head, rest, _ := strings.Cut(token, ".")
	for _, seed := range []string{
		token, ticket, signed.Value, "", ".", "..", token + ".", token + "=", head + "." + rest[:len(rest)-1], strings.ToUpper(token), " " + token,
		"eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + strings.Split(rest, ".")[0] + ".", strings.Repeat("a", 2049), "cin_" + strings.Repeat("a", 43), signed.Value + "A", strings.Repeat("A", 43),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, byToken := s.ByToken(t.Context(), text)
		_, byTicket := s.ReadStreamTicket(t.Context(), text)
		_, bySession := s.BySession(t.Context(), text)
		for i, err := range []error{byToken, byTicket, bySession} {
			if err == nil && !minted[text] {
				t.Fatalf("%d takes %q", i, text)
			}
			if err != nil && fault.KindOf(err) != fault.Unauthorized {
				t.Fatalf("%d refuses %q with %v", i, text, err)
			}
		}
		if byToken == nil && text != token || byTicket == nil && text != ticket || bySession == nil && text != signed.Value {
			t.Fatalf("%q is taken for what it is not", text)
		}
	})
}

// FuzzParseEmail: an address that is taken is one address, in the form in which it is compared, and can stand in a header of a mail.
func FuzzParseEmail(f *testing.F) {
	for _, s := range []string{"ada@example.com", " Ada@Example.COM ", "a@b", "a@b@c", "\"a b\"@example.com", "Ada <ada@example.com>", "a@example.com\r\nBcc: x@y.z", "a@[127.0.0.1]", "ä@example.com", "a,b@example.com", strings.Repeat("a", 250) + "@b.c", "@", "a@\u212aelvin.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := account.ParseEmail(s)
		if err != nil {
			return
		}
		if strings.ContainsFunc(a, unicode.IsControl) || len(a) > 254 || !strings.Contains(a, "@") || a != account.NormalEmail(a) || a != account.NormalEmail(s) {
			t.Fatalf("%q is read as %q", s, a)
		}
		if again, err := account.ParseEmail(a); err != nil || again != a {
			t.Fatalf("%q is read as %q, %v", a, again, err)
		}
	})
}
