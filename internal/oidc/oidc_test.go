package oidc_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/fault"
	"cinema/internal/oidc"
	"cinema/internal/oidc/oidctest"
)

var asked = account.Attempt{
	Asker: account.Asker{Session: "se_1", User: "us_1"}, ReturnTo: "/films?day=2026-03-10#seats",
}

func TestProvider(t *testing.T) {
	t.Parallel()

	t.Run("the login asks for a code with state, nonce and challenge, at the registered address", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		one, two := b.begin(asked), b.begin(asked)
		u, err := url.Parse(one.Address)
		require.NoError(t, err)
		q := u.Query()
		require.Equal(t, b.issuer.Issuer()+oidctest.Authorize, u.Scheme+"://"+u.Host+u.Path)
		require.Equal(t, "code", q.Get("response_type"))
		require.Equal(t, redirect, q.Get("redirect_uri"))
		require.Equal(t, "openid email profile", q.Get("scope"))
		require.Equal(t, "S256", q.Get("code_challenge_method"))
		require.Equal(t, one.State, q.Get("state"))
		for _, value := range []string{q.Get("state"), q.Get("nonce"), q.Get("code_challenge")} {
			raw, err := base64.RawURLEncoding.DecodeString(value)
			require.NoError(t, err)
			require.Len(t, raw, 32)
			require.NotContains(t, two.Address, value, "two attempts share nothing")
		}
		require.Empty(t, q.Get("prompt"))
		for _, hidden := range []string{one.State, q.Get("nonce"), "us_1", "se_1", "/films"} {
			require.NotContains(t, one.Sealed, hidden)
		}
		require.Less(t, len(one.Sealed), 1000)
	})
	t.Run("a person", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.issuer.Be(oidctest.Person{Subject: "110169484474386276334", Email: "Ann@Example.com", Name: "Ann", Picture: "https://pictures.example/a.jpg"})
		proof, err := b.signIn(asked)
		require.NoError(t, err)
		require.Equal(t, asked, proof.Attempt)
		require.Equal(t, account.Identity{
			Issuer: b.issuer.Issuer(), Subject: "110169484474386276334", Email: "Ann@Example.com", Verified: true, Name: "Ann", Picture: "https://pictures.example/a.jpg",
		}, proof.Identity)
		require.True(t, proof.AuthTime.Equal(start), "it was asked for")
		require.Equal(t, oidc.Stats{Begun: 1, Proved: 1}, b.Stats())
		for _, s := range append(b.issuer.Secrets(), oidctest.Secret, secret, "nn@", "110169484474386276334") {
			require.NotContains(t, b.log.String(), s)
		}
	})
	t.Run("an elliptic key", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.issuer.Rotate(oidctest.NewEC(t, "curve"))
		_, err := b.signIn(asked)
		require.NoError(t, err)
	})
	t.Run("a provider that takes the secret in the form alone", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.issuer.Behave(oidctest.Behaviour{Document: func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"} }})
		_, err := b.signIn(asked)
		require.NoError(t, err)
		require.Equal(t, 1, b.issuer.Hits(oidctest.Token), "no code is sent twice to find out")
	})
	t.Run("an address that is not verified, or none, or other claims of a wrong kind", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.issuer.Be(oidctest.Person{Subject: "1", Email: "boss@example.com", Unverified: true})
		proof, err := b.signIn(asked)
		require.NoError(t, err)
		require.Equal(t, "boss@example.com", proof.Identity.Email)
		require.False(t, proof.Identity.Verified)
		for verified, want := range map[any]bool{"true": true, "false": false, "TRUE": false, 1: false, nil: false} {
			b.issuer.Behave(oidctest.Behaviour{Claims: func(c jwt.MapClaims) { c["email_verified"] = verified }})
			proof, err = b.signIn(asked)
			require.NoError(t, err)
			require.Equal(t, want, proof.Identity.Verified, "%v", verified)
		}
		b.issuer.Behave(oidctest.Behaviour{Claims: func(c jwt.MapClaims) {
			delete(c, "email")
			c["email_verified"], c["name"], c["picture"] = true, []string{"a"}, 7
		}})
		proof, err = b.signIn(asked)
		require.NoError(t, err)
		require.Equal(t, account.Identity{Issuer: b.issuer.Issuer(), Subject: "1"}, proof.Identity)
	})
	t.Run("cancelled at the provider", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.issuer.Behave(oidctest.Behaviour{Callback: func(q url.Values) { q.Del("code"); q.Set("error", "access_denied") }})
		c := b.back(b.begin(asked))
		proof, err := b.Finish(t.Context(), c)
		require.ErrorIs(t, err, account.ErrCancelled)
		require.Equal(t, asked, proof.Attempt)
		_, err = b.Finish(t.Context(), c)
		b.refused(err)
		for code, kind := range map[string]fault.Kind{
			"temporarily_unavailable": fault.Unavailable, "server_error": fault.Unavailable, "login_required": fault.Invalid, "ann@example.com": fault.Invalid,
		} {
			b.issuer.Behave(oidctest.Behaviour{Callback: func(q url.Values) { q.Del("code"); q.Set("error", code) }})
			_, err := b.signIn(asked)
			require.Equal(t, kind, fault.KindOf(err), code)
		}
		require.NotContains(t, b.log.String(), "ann@example.com")
	})
}

func TestProvider_step_up(t *testing.T) {
	t.Parallel()
	attempt := asked
	attempt.StepUp = true

	t.Run("the person is asked once more, and the moment is told", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		at := start.Add(-3 * time.Minute)
		b.issuer.Be(oidctest.Person{Subject: "1", AuthTime: at})
		proof, err := b.signIn(attempt)
		require.NoError(t, err)
		require.True(t, proof.Attempt.StepUp)
		require.True(t, proof.AuthTime.Equal(at))
		q := b.issuer.Latest().Query
		require.Equal(t, "login", q.Get("prompt"))
		require.Equal(t, "900", q.Get("max_age"))
		require.JSONEq(t, `{"id_token":{"auth_time":{"essential":true}}}`, q.Get("claims"))
	})
	t.Run("a provider that does not tell", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.issuer.Behave(oidctest.Behaviour{Forgetful: true})
		proof, err := b.signIn(attempt)
		require.NoError(t, err)
		require.True(t, proof.AuthTime.IsZero())
	})
	t.Run("a moment that is none", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		for _, bad := range []any{"yesterday", -1, 1e300, true, start.Add(5 * time.Minute).Unix()} {
			b.issuer.Behave(oidctest.Behaviour{Claims: func(c jwt.MapClaims) { c["auth_time"] = bad }})
			_, err := b.signIn(attempt)
			b.refused(err)
		}
		b.issuer.Behave(oidctest.Behaviour{Claims: func(c jwt.MapClaims) { c["auth_time"] = start.Add(30 * time.Second).Unix() }})
		proof, err := b.signIn(attempt)
		require.NoError(t, err, "clocks differ a little")
		require.True(t, proof.AuthTime.Equal(start), "but nobody signs in later than now")
	})
}

// Each case is a provider, or somebody on the way, that does one thing wrong.
func TestProvider_refuses(t *testing.T) {
	t.Parallel()
	stranger := oidctest.NewRSA(t, "first") // another key under a known name
	claim := func(name string, value any) oidctest.Behaviour {
		return oidctest.Behaviour{Claims: func(c jwt.MapClaims) { c[name] = value }}
	}
	without := func(name string) oidctest.Behaviour {
		return oidctest.Behaviour{Claims: func(c jwt.MapClaims) { delete(c, name) }}
	}
	sign := func(f func(jwt.MapClaims) string) oidctest.Behaviour { return oidctest.Behaviour{Sign: f} }
	half := sha256.Sum256([]byte("another access token"))
	for name, does := range map[string]func(*bench) oidctest.Behaviour{
		"a nonce of another attempt":  func(*bench) oidctest.Behaviour { return claim("nonce", strings.Repeat("A", 43)) },
		"no nonce":                    func(*bench) oidctest.Behaviour { return without("nonce") },
		"another audience":            func(*bench) oidctest.Behaviour { return claim("aud", "somebody-else") },
		"no audience":                 func(*bench) oidctest.Behaviour { return without("aud") },
		"several audiences, no party": func(*bench) oidctest.Behaviour { return claim("aud", []string{oidctest.ClientID, "other"}) },
		"another party":               func(*bench) oidctest.Behaviour { return claim("azp", "other") },
		"another issuer":              func(*bench) oidctest.Behaviour { return claim("iss", "https://accounts.google.com") },
		"nearly the issuer":           func(b *bench) oidctest.Behaviour { return claim("iss", b.issuer.Issuer()+"/") },
		"no issuer":                   func(*bench) oidctest.Behaviour { return without("iss") },
		"no subject":                  func(*bench) oidctest.Behaviour { return without("sub") },
		"a subject with controls":     func(*bench) oidctest.Behaviour { return claim("sub", "a\x00b") },
		"a subject without end":       func(*bench) oidctest.Behaviour { return claim("sub", strings.Repeat("x", 256)) },
		"expired":                     func(*bench) oidctest.Behaviour { return claim("exp", start.Add(-time.Second).Unix()) },
		"no end":                      func(*bench) oidctest.Behaviour { return without("exp") },
		"issued in the future":        func(*bench) oidctest.Behaviour { return claim("iat", start.Add(2*time.Minute).Unix()) },
		"issued before the attempt":   func(*bench) oidctest.Behaviour { return claim("iat", start.Add(-2*time.Minute).Unix()) },
		"issued never":                func(*bench) oidctest.Behaviour { return without("iat") },
		"good only later":             func(*bench) oidctest.Behaviour { return claim("nbf", start.Add(time.Hour).Unix()) },
		"of another access token": func(*bench) oidctest.Behaviour {
			return claim("at_hash", base64.RawURLEncoding.EncodeToString(half[:16]))
		},
		"not signed": func(*bench) oidctest.Behaviour {
			return sign(oidctest.Unsigned)
		},
		"signed with the public key as a secret": func(b *bench) oidctest.Behaviour {
			return sign(func(c jwt.MapClaims) string { return oidctest.Shared("first", b.issuer.Key().PEM(), c) })
		},
		"signed with a secret that the provider publishes": func(b *bench) oidctest.Behaviour {
			known := oidctest.NewShared("known", "0123456789abcdef0123456789abcdef")
			b.issuer.Publish(b.issuer.Key(), known)
			return sign(func(c jwt.MapClaims) string {
				delete(c, "at_hash")
				return known.Sign(c)
			})
		},
		"signed with the client's secret": func(*bench) oidctest.Behaviour {
			return sign(func(c jwt.MapClaims) string { return oidctest.Shared("first", []byte(oidctest.Secret), c) })
		},
		"signed by a stranger under a known name": func(*bench) oidctest.Behaviour {
			return sign(stranger.Sign)
		},
		"signed by a stranger under no name": func(*bench) oidctest.Behaviour {
			return sign(func(c jwt.MapClaims) string { return stranger.SignAs("", c) })
		},
		"signed by a stranger under a new name": func(*bench) oidctest.Behaviour {
			return sign(func(c jwt.MapClaims) string { return stranger.SignAs("second", c) })
		},
		"changed after it was signed": func(b *bench) oidctest.Behaviour {
			return sign(func(c jwt.MapClaims) string {
				good := strings.Split(b.issuer.Key().Sign(c), ".")
				c["sub"] = "somebody else"
				return good[0] + "." + strings.Split(b.issuer.Key().Sign(c), ".")[1] + "." + good[2]
			})
		},
		"no token": func(*bench) oidctest.Behaviour {
			return oidctest.Behaviour{Answer: func(a map[string]any) { delete(a, "id_token") }}
		},
		"a number": func(*bench) oidctest.Behaviour {
			return oidctest.Behaviour{Answer: func(a map[string]any) { a["id_token"] = 7 }}
		},
		"no JWT":        func(*bench) oidctest.Behaviour { return sign(func(jwt.MapClaims) string { return "a.b.c" }) },
		"a giant token": func(*bench) oidctest.Behaviour { return claim("more", strings.Repeat("x", 20<<10)) },
		"another answer": func(*bench) oidctest.Behaviour {
			return oidctest.Behaviour{Callback: func(q url.Values) { q.Set("iss", "https://other.example") }}
		},
		"an answer that does not name its issuer": func(*bench) oidctest.Behaviour {
			return oidctest.Behaviour{Callback: func(q url.Values) { q.Del("iss") }}
		},
		"a made-up code": func(*bench) oidctest.Behaviour {
			return oidctest.Behaviour{Callback: func(q url.Values) { q.Set("code", "made-up") }}
		},
		"no code": func(*bench) oidctest.Behaviour {
			return oidctest.Behaviour{Callback: func(q url.Values) { q.Del("code") }}
		},
		"a giant code": func(*bench) oidctest.Behaviour {
			return oidctest.Behaviour{Callback: func(q url.Values) { q.Set("code", strings.Repeat("x", 5000)) }}
		},
		"another state": func(*bench) oidctest.Behaviour {
			return oidctest.Behaviour{Callback: func(q url.Values) { q.Set("state", strings.Repeat("A", 43)) }}
		},
		"no state": func(*bench) oidctest.Behaviour {
			return oidctest.Behaviour{Callback: func(q url.Values) { q.Del("state") }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.issuer.Behave(does(b))
			proof, err := b.signIn(asked)
			b.refused(err)
			require.Empty(t, proof.Identity)
			require.EqualValues(t, 1, b.Stats().Refused)
			require.Contains(t, b.log.String(), "sign-in: refused")
			for _, s := range append(b.issuer.Secrets(), "ann@example.com", "person-1", oidctest.Secret) {
				require.NotContains(t, b.log.String(), s, "the log tells too much")
			}
			b.issuer.Behave(oidctest.Behaviour{})
			_, err = b.signIn(asked)
			require.NoError(t, err, "the next one is served")
		})
	}
}

func TestProvider_attempts(t *testing.T) {
	t.Parallel()

	t.Run("a provider that does not name itself need not, and must not name another", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		quiet := oidctest.Behaviour{
			Document: func(d map[string]any) { delete(d, "authorization_response_iss_parameter_supported") },
			Callback: func(q url.Values) { q.Del("iss") },
		}
		b.issuer.Behave(quiet)
		_, err := b.signIn(asked)
		require.NoError(t, err)
		quiet.Callback = func(q url.Values) { q.Set("iss", "https://other.example") }
		b.issuer.Behave(quiet)
		_, err = b.signIn(asked)
		b.refused(err)
	})
	t.Run("several audiences with ourselves as the party", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.issuer.Behave(oidctest.Behaviour{Claims: func(c jwt.MapClaims) { c["aud"], c["azp"] = []string{"other", oidctest.ClientID}, oidctest.ClientID }})
		_, err := b.signIn(asked)
		require.NoError(t, err)
	})
	t.Run("once, at whichever process, though the provider would allow it again", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.issuer.Behave(oidctest.Behaviour{Reusable: true})
		c := b.back(b.begin(asked))
		processes := []*oidc.Provider{b.Provider, b.process(func(*oidc.Options) {}), b.process(func(*oidc.Options) {})}
		var good atomic.Int64
		var wg sync.WaitGroup
		gate := make(chan struct{})
		for i := range 12 {
			wg.Go(func() {
				<-gate
				if _, err := processes[i%3].Finish(context.Background(), c); err == nil {
					good.Add(1)
				}
			})
		}
		close(gate)
		wg.Wait()
		require.EqualValues(t, 1, good.Load())
		b.clock.Advance(9 * time.Minute)
		_, err := b.Finish(t.Context(), c)
		b.refused(err)
	})
	t.Run("ten minutes", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		late, intime := b.begin(asked), b.begin(asked)
		b.clock.Advance(oidc.Life - time.Second)
		_, err := b.Finish(t.Context(), b.back(intime))
		require.NoError(t, err)
		b.clock.Advance(time.Second)
		_, err = b.Finish(t.Context(), b.back(late))
		b.refused(err)
	})
	t.Run("only with the cookie of the same attempt", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		c, other := b.back(b.begin(asked)), b.begin(asked)
		for _, sealed := range []string{"", other.Sealed, c.Sealed[:len(c.Sealed)-1], c.Sealed + "A", "x" + c.Sealed, strings.Replace(c.Sealed, ".", "0.", 1), ".", "1.", "1.AAAA", strings.Repeat("9", 5000)} {
			bad := c
			bad.Sealed = sealed
			_, err := b.Finish(t.Context(), bad)
			b.refused(err)
		}
		require.Zero(t, b.issuer.Hits(oidctest.Token), "the code was sent though the browser did not ask for it")
		_, err := b.Finish(t.Context(), c)
		require.NoError(t, err, "what failed before used nothing up")
	})
	t.Run("a rotated secret opens the attempts of before, a dropped one does not", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		one, two := b.back(b.begin(asked)), b.back(b.begin(asked))
		next := b.process(func(o *oidc.Options) { o.SealKey, o.PreviousSealKey = strings.Repeat("n", 32), secret })
		_, err := next.Finish(t.Context(), one)
		require.NoError(t, err)
		dropped := b.process(func(o *oidc.Options) { o.SealKey = strings.Repeat("n", 32) })
		_, err = dropped.Finish(t.Context(), two)
		b.refused(err)
	})
	t.Run("not at another provider than it was begun at", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		c := b.back(b.begin(asked))
		other := oidctest.New(t, oidctest.Options{Clock: b.clock})
		moved := b.process(func(o *oidc.Options) { o.Issuer = other.Issuer() })
		c.Issuer = other.Issuer()
		_, err := moved.Finish(t.Context(), c)
		b.refused(err)
		require.Zero(t, other.Hits(oidctest.Token), "the code of one provider was shown to another")
	})
	t.Run("a code of another browser", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		mine, theirs := b.begin(asked), b.begin(asked)
		c := b.back(mine)
		c.Code = b.back(theirs).Code
		_, err := b.Finish(t.Context(), c)
		b.refused(err) // the verifier is not that of the code
		b.issuer.Behave(oidctest.Behaviour{NoChecks: true})
		mine, theirs = b.begin(asked), b.begin(asked)
		c = b.back(mine)
		c.Code = b.back(theirs).Code
		_, err = b.Finish(t.Context(), c)
		b.refused(err) // nor is the nonce
	})
	t.Run("without its secrets it is not made", func(t *testing.T) {
		t.Parallel()
		_, err := oidc.New(oidc.Options{Issuer: "https://issuer.example", ClientID: "c", Redirect: redirect})
		require.Error(t, err)
		_, err = oidc.New(oidc.Options{SealKey: secret})
		require.Error(t, err)
	})
}
