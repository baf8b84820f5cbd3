package account_test

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"cinema/internal/account"
)

// forge is everything that an attacker who knows the key could write. That the key is known only here makes each refusal the claim's or
// the header's own, and not that of a bad signature.
type forge struct {
	header map[string]any
	claims map[string]any
	key    []byte
}

func purposeKey(t *testing.T, purpose string) (key []byte, kid string) {
	t.Helper()
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, purpose, sha256.Size)
	require.NoError(t, err)
	id := sha256.Sum256(append([]byte("kid:"), key...))
	return key, hex.EncodeToString(id[:6])
}

// good is a token as the product makes them.
func (b *bench) good(t *testing.T, p *account.Principal) forge {
	t.Helper()
	key, kid := purposeKey(t, "at+jwt")
	now := b.clock.Now().Unix()
	return forge{
		key:    key,
		header: map[string]any{"alg": "HS256", "typ": "at+jwt", "kid": kid},
		claims: map[string]any{
			"iss": "cinema", "aud": []string{"cinema"}, "sub": string(p.User.ID), "sid": p.Session.ID, "jti": "forged", "scope": "read",
			"iat": now, "nbf": now, "exp": now + 60,
		},
	}
}

// with is a copy with some members changed; nil takes one away.
func (f forge) with(header, claims map[string]any) forge {
	f.header, f.claims = maps.Clone(f.header), maps.Clone(f.claims)
	for into, from := range map[*map[string]any]map[string]any{&f.header: header, &f.claims: claims} {
		for k, v := range from {
			if v == nil {
				delete(*into, k)
			} else {
				(*into)[k] = v
			}
		}
	}
	return f
}

func (f forge) text(t *testing.T) string {
	t.Helper()
	h, err := json.Marshal(f.header)
	require.NoError(t, err)
	c, err := json.Marshal(f.claims)
	require.NoError(t, err)
	return signed(f.key, string(h), string(c))
}

// signed is any header and claims with a good HMAC.
func signed(key []byte, header, claims string) string {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(input)) // never fails
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Each attack of RFC 8725 with a signature that would pass.
func TestService_ByToken_attacks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.person(t, "ann@example.com").Principal
	good := b.good(t, ann)
	_, err := b.ByToken(t.Context(), good.text(t))
	require.NoError(t, err, "the forgery itself is good")
	now := b.clock.Now().Unix()

	attacks := map[string]forge{
		"another issuer":                 good.with(nil, map[string]any{"iss": "https://accounts.google.com"}),
		"no issuer":                      good.with(nil, map[string]any{"iss": nil}),
		"another audience":               good.with(nil, map[string]any{"aud": "other"}),
		"no audience":                    good.with(nil, map[string]any{"aud": nil}),
		"an empty audience":              good.with(nil, map[string]any{"aud": []string{}}),
		"another person":                 good.with(nil, map[string]any{"sub": "us_boss"}),
		"no subject":                     good.with(nil, map[string]any{"sub": nil}),
		"no session":                     good.with(nil, map[string]any{"sid": nil}),
		"another session":                good.with(nil, map[string]any{"sid": "se_other"}),
		"the hash of a cookie":           good.with(nil, map[string]any{"sid": ann.Session.Hash}),
		"no id":                          good.with(nil, map[string]any{"jti": nil}),
		"no end":                         good.with(nil, map[string]any{"exp": nil}),
		"ended":                          good.with(nil, map[string]any{"exp": now - 31}),
		"an end that is text":            good.with(nil, map[string]any{"exp": "9999999999"}),
		"an end beyond numbers":          good.with(nil, map[string]any{"exp": json.Number("1e999")}),
		"no begin":                       good.with(nil, map[string]any{"nbf": nil}),
		"not begun":                      good.with(nil, map[string]any{"nbf": now + 31}),
		"no issue":                       good.with(nil, map[string]any{"iat": nil}),
		"issued in the future":           good.with(nil, map[string]any{"iat": now + 31}),
		"no scope":                       good.with(nil, map[string]any{"scope": nil}),
		"an empty scope":                 good.with(nil, map[string]any{"scope": ""}),
		"an unknown scope":               good.with(nil, map[string]any{"scope": "read admin"}),
		"a scope twice":                  good.with(nil, map[string]any{"scope": "read read"}),
		"a role":                         good.with(nil, map[string]any{"role": "ADMIN"}),
		"a claim in another case":        good.with(nil, map[string]any{"sub": nil, "Sub": string(ann.User.ID)}),
		"a claim that is an object":      good.with(nil, map[string]any{"jti": map[string]any{"a": 1}}),
		"an ID token":                    good.with(map[string]any{"typ": "JWT"}, nil),
		"a stream ticket":                good.with(map[string]any{"typ": "seat-stream+jwt"}, nil),
		"a code":                         good.with(map[string]any{"typ": "authorization-code+jwt"}, nil),
		"the type in another case":       good.with(map[string]any{"typ": "AT+JWT"}, nil),
		"the long type":                  good.with(map[string]any{"typ": "application/at+jwt"}, nil),
		"no type":                        good.with(map[string]any{"typ": nil}, nil),
		"no key":                         good.with(map[string]any{"kid": nil}, nil),
		"a file as the key":              good.with(map[string]any{"kid": "../../../../dev/null"}, nil),
		"a query as the key":             good.with(map[string]any{"kid": "x' UNION SELECT 'key'--"}, nil),
		"a list as the key":              good.with(map[string]any{"kid": []string{"x"}}, nil),
		"a number as the key":            good.with(map[string]any{"kid": 0}, nil),
		"no algorithm by name":           good.with(map[string]any{"alg": "none"}, nil),
		"no algorithm, in another case":  good.with(map[string]any{"alg": "nOnE"}, nil),
		"an algorithm of another family": good.with(map[string]any{"alg": "EdDSA"}, nil),
		"a stronger algorithm":           good.with(map[string]any{"alg": "HS512"}, nil),
		"an extension":                   good.with(map[string]any{"crit": []string{"exp"}}, nil),
		"a payload that is not encoded":  good.with(map[string]any{"b64": false}, nil),
		"compressed":                     good.with(map[string]any{"zip": "DEF"}, nil),
	}
	for name, f := range attacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := b.ByToken(t.Context(), f.text(t))
			refused(t, err)
		})
	}
	t.Run("within the leeway", func(t *testing.T) {
		t.Parallel()
		for name, v := range map[string]int64{"exp": now - 29, "nbf": now + 29, "iat": now + 29} {
			_, err := b.ByToken(t.Context(), good.with(nil, map[string]any{name: v}).text(t))
			require.NoError(t, err, name)
		}
	})
	t.Run("keys of other purposes, and the secret itself", func(t *testing.T) {
		t.Parallel()
		for _, purpose := range []string{"seat-stream+jwt", "authorization-code+jwt", "session-rotation", "login-state", ""} {
			f := good
			f.key, _ = purposeKey(t, purpose)
			_, err := b.ByToken(t.Context(), f.text(t))
			refused(t, err)
			key, kid := purposeKey(t, purpose)
			f = good.with(map[string]any{"kid": kid}, nil)
			f.key = key
			_, err = b.ByToken(t.Context(), f.text(t))
			refused(t, err)
		}
		f := good
		f.key = []byte(secret)
		_, err := b.ByToken(t.Context(), f.text(t))
		refused(t, err)
		f.key = nil
		_, err = b.ByToken(t.Context(), f.text(t))
		refused(t, err)
	})
	t.Run("members that stand there twice", func(t *testing.T) {
		t.Parallel()
		header, err := json.Marshal(good.header)
		require.NoError(t, err)
		claims, err := json.Marshal(good.claims)
		require.NoError(t, err)
		twice := func(raw []byte, member string) string { return string(raw[:len(raw)-1]) + "," + member + "}" }
		for _, member := range []string{`"alg":"HS256"`, `"typ":"at+jwt"`, `"al\u0067":"HS256"`} {
			_, err := b.ByToken(t.Context(), signed(good.key, twice(header, member), string(claims)))
			refused(t, err)
		}
		for _, member := range []string{fmt.Sprintf(`"exp":%d`, now+60), `"scope":"read book manage"`, `"s\u0075b":"us_boss"`} {
			_, err := b.ByToken(t.Context(), signed(good.key, string(header), twice(claims, member)))
			refused(t, err)
		}
		for _, raw := range []string{"", "null", "[]", `"x"`, string(claims) + "{}", string(claims) + " ", "{}"} {
			_, err := b.ByToken(t.Context(), signed(good.key, string(header), raw))
			refused(t, err)
			_, err = b.ByToken(t.Context(), signed(good.key, raw, string(claims)))
			refused(t, err)
		}
	})
	t.Run("other forms of the same text", func(t *testing.T) {
		t.Parallel()
		text := good.text(t)
		parts := strings.Split(text, ".")
		last := text[len(text)-1]
		loose := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", last)
		for _, bad := range []string{
			text + ".", "." + text, text + "..", text + "=", text + "\n", text + "\x00", " " + text, strings.Replace(text, ".", "..", 1),
			parts[0] + "." + parts[1] + ".", parts[0] + "." + parts[1], parts[0] + ".." + parts[2], parts[1] + "." + parts[0] + "." + parts[2],
			parts[0] + "." + parts[1] + "." + parts[2] + "." + parts[0] + "." + parts[1], strings.Repeat(text, 10), strings.Repeat(".", 2000),
			strings.ReplaceAll(strings.ReplaceAll(text, "-", "+"), "_", "/") + "=",
			// the same bytes with other unused bits at the end
			text[:len(text)-1] + string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[loose^1]),
		} {
			_, err := b.ByToken(t.Context(), bad)
			refused(t, err)
		}
	})
	t.Run("nothing in a token is followed", func(t *testing.T) {
		t.Parallel()
		var asked atomic.Int32
		evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
		defer evil.Close()
		public, private, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		jwk := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(public), "kid": "evil"}
		for name, v := range map[string]any{"jku": evil.URL, "x5u": evil.URL, "jwk": jwk, "x5c": []string{"MII"}, "kid": evil.URL} {
			_, err := b.ByToken(t.Context(), good.with(map[string]any{name: v}, nil).text(t))
			refused(t, err)
			forged := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims(good.claims))
			maps.Copy(forged.Header, map[string]any{"typ": "at+jwt", "kid": "evil", name: v})
			text, err := forged.SignedString(private)
			require.NoError(t, err)
			_, err = b.ByToken(t.Context(), text)
			refused(t, err)
		}
		require.Zero(t, asked.Load())
	})
}

// keyFile is Ed25519 keys in PEM, the first private.
func keyFile(t *testing.T, keys ...any) []byte {
	t.Helper()
	var out []byte
	for _, k := range keys {
		block := &pem.Block{}
		var err error
		if private, ok := k.(ed25519.PrivateKey); ok {
			block.Type = "PRIVATE KEY"
			block.Bytes, err = x509.MarshalPKCS8PrivateKey(private)
		} else {
			block.Type = "PUBLIC KEY"
			block.Bytes, err = x509.MarshalPKIXPublicKey(k)
		}
		require.NoError(t, err)
		out = append(out, pem.EncodeToMemory(block)...)
	}
	return out
}

func TestService_keyPairs(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	_, next, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	signing := func(keys ...any) func(*account.Deps) {
		return func(d *account.Deps) { d.SigningKeys = keyFile(t, keys...) }
	}

	t.Run("others can verify by the published key", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		s := b.process(t, signing(private))
		token, _, err := s.Mint(ann)
		require.NoError(t, err)
		_, err = s.ByToken(t.Context(), token)
		require.NoError(t, err)
		keys := s.PublicKeys()
		require.Len(t, keys, 1)
		require.Equal(t, "OKP Ed25519 EdDSA sig", strings.Join([]string{keys[0].Type, keys[0].Curve, keys[0].Alg, keys[0].Use}, " "))
		x, err := base64.RawURLEncoding.DecodeString(keys[0].X)
		require.NoError(t, err)
		parsed, err := jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithTimeFunc(b.clock.Now)).Parse(token, func(*jwt.Token) (any, error) { return ed25519.PublicKey(x), nil })
		require.NoError(t, err)
		require.Equal(t, keys[0].ID, parsed.Header["kid"])
		require.Empty(t, b.PublicKeys(), "a secret has no public side")
	})
	t.Run("never two families", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		s := b.process(t, signing(private))
		bySecret, _, err := b.Mint(ann)
		require.NoError(t, err)
		_, err = s.ByToken(t.Context(), bySecret)
		refused(t, err)
		byKey, _, err := s.Mint(ann)
		require.NoError(t, err)
		_, err = b.ByToken(t.Context(), byKey)
		refused(t, err)
		// The oldest trick: the public key as the secret of an HMAC.
		x509Form, err := x509.MarshalPKIXPublicKey(public)
		require.NoError(t, err)
		for _, key := range [][]byte{public, x509Form, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: x509Form}), []byte(s.PublicKeys()[0].X)} {
			f := b.good(t, ann).with(map[string]any{"kid": s.PublicKeys()[0].ID}, nil)
			f.key = key
			_, err := s.ByToken(t.Context(), f.text(t))
			refused(t, err)
		}
	})
	t.Run("a key is changed without a gap", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		old, both, after := b.process(t, signing(private)), b.process(t, signing(next, public)), b.process(t, signing(next))
		token, _, err := old.Mint(ann)
		require.NoError(t, err)
		_, err = both.ByToken(t.Context(), token)
		require.NoError(t, err)
		_, err = after.ByToken(t.Context(), token)
		refused(t, err)
		fresh, _, err := both.Mint(ann)
		require.NoError(t, err)
		_, err = after.ByToken(t.Context(), fresh)
		require.NoError(t, err)
		require.Len(t, both.PublicKeys(), 2)
	})
	t.Run("stream tickets and codes go on", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ann := b.person(t, "ann@example.com").Principal
		s := b.process(t, signing(private))
		ticket, err := b.MintStreamTicket(ann, "st_1", time.Minute)
		require.NoError(t, err)
		_, err = s.ReadStreamTicket(t.Context(), ticket)
		require.NoError(t, err)
		_, err = s.ReadCode(b.code(t, ann))
		require.NoError(t, err)
	})
	t.Run("what is no key", func(t *testing.T) {
		t.Parallel()
		good := keyFile(t, private)
		ec := []byte("-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----\n")
		for _, bad := range [][]byte{
			{},
			[]byte("secret"), keyFile(t, public), good[:len(good)/2], slices.Concat(good, good), ec,
			[]byte(strings.ReplaceAll(string(good), "PRIVATE KEY", "EC PRIVATE KEY")), slices.Concat(keyFile(t, public), good),
		} {
			require.Error(t, account.CheckKeys(bad), "%s", bad)
		}
		require.NoError(t, account.CheckKeys(good))
		_, err := account.New(account.Deps{Secret: secret, SigningKeys: []byte("nonsense")})
		require.Error(t, err)
		_, err = account.New(account.Deps{SigningKeys: good})
		require.Error(t, err, "the secret is still needed, for what is no access token")
	})
}

func TestService_RevokeToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ann := b.person(t, "ann@example.com")
	there := b.process(t, func(*account.Deps) {})
	token, _, err := b.Mint(ann.Principal)
	require.NoError(t, err)
	other, _, err := b.Mint(ann.Principal)
	require.NoError(t, err)
	p, err := b.ByToken(t.Context(), token)
	require.NoError(t, err)
	_, err = there.ByToken(t.Context(), token)
	require.NoError(t, err)
	refused(t, b.RevokeToken(t.Context(), ann.Principal)) // a cookie is no token
	require.NoError(t, b.RevokeToken(t.Context(), p))
	_, err = b.ByToken(t.Context(), token)
	refused(t, err)
	b.clock.Advance(3 * time.Second)
	_, err = there.ByToken(t.Context(), token)
	refused(t, err)
	for _, s := range []*account.Service{b.Service, there} {
		_, err = s.ByToken(t.Context(), other)
		require.NoError(t, err, "its twin goes on")
	}
	n, err := b.store.DropEnded(t.Context(), p.Access.Expires.Add(time.Millisecond))
	require.NoError(t, err)
	require.Equal(t, 1, n, "the record ends with the token")
	b.clock.Advance(16 * time.Minute)
	_, err = b.ByToken(t.Context(), token)
	refused(t, err)
}
