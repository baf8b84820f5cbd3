package oidc_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/oidc"
	"cinema/internal/oidc/oidctest"
)

func TestProvider_away(t *testing.T) {
	t.Parallel()

	t.Run("down at the start, then there", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		address := l.Addr().String()
		require.NoError(t, l.Close())
		p := b.process(func(o *oidc.Options) { o.Issuer = "http://" + address })
		_, err = p.Begin(t.Context(), asked)
		first := unavailable(t, err)
		require.LessOrEqual(t, first.RetryAfter, time.Second)

		l, err = net.Listen("tcp", address)
		require.NoError(t, err)
		late := oidctest.New(t, oidctest.Options{Listener: l, Clock: b.clock})
		_, err = p.Begin(t.Context(), asked)
		unavailable(t, err)
		require.Zero(t, late.Hits(oidctest.Discovery), "asked again before its time")
		b.clock.Advance(first.RetryAfter)
		begun, err := p.Begin(t.Context(), asked)
		require.NoError(t, err)
		_, err = p.Finish(t.Context(), callbackOf(late.Browse(t, begun.Address), begun.Sealed))
		require.NoError(t, err)
	})
	t.Run("asked less and less often", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.issuer.Behave(oidctest.Behaviour{Status: http.StatusServiceUnavailable})
		var waits []time.Duration
		for i := range 12 {
			_, err := b.Begin(t.Context(), asked)
			waits = append(waits, unavailable(t, err).RetryAfter)
			require.Equal(t, i+1, b.issuer.Hits(oidctest.Discovery))
			_, err = b.Begin(t.Context(), asked)
			unavailable(t, err)
			require.Equal(t, i+1, b.issuer.Hits(oidctest.Discovery), "an answer from memory while it waits")
			b.clock.Advance(waits[i])
		}
		require.LessOrEqual(t, waits[0], 500*time.Millisecond)
		require.Greater(t, waits[5], waits[0])
		for _, w := range waits[7:] {
			require.GreaterOrEqual(t, w, 15*time.Second)
			require.LessOrEqual(t, w, 30*time.Second)
		}
	})
	t.Run("one question for all who wait, and none is spoiled by one who leaves", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		arrived, open := make(chan struct{}), make(chan struct{})
		var once sync.Once
		b.issuer.Behave(oidctest.Behaviour{Handle: map[string]http.HandlerFunc{oidctest.Discovery: func(w http.ResponseWriter, r *http.Request) {
			once.Do(func() { close(arrived) })
			<-open
			http.Redirect(w, r, "/later", http.StatusFound) // refused: nothing is there
		}}})
		impatient, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = b.Begin(impatient, asked) })
		<-arrived
		b.issuer.Behave(oidctest.Behaviour{})
		failures := make(chan error, 8)
		for range cap(failures) {
			wg.Go(func() {
				_, err := b.Begin(t.Context(), asked)
				failures <- err
			})
		}
		leave()
		close(open)
		wg.Wait()
		close(failures)
		for err := range failures {
			unavailable(t, err)
		}
		require.Equal(t, 1, b.issuer.Hits(oidctest.Discovery))
	})
	t.Run("documents that cannot be believed", func(t *testing.T) {
		t.Parallel()
		for name, change := range map[string]func(map[string]any){
			"of another issuer":   func(d map[string]any) { d["issuer"] = "https://accounts.google.com" },
			"with a slash more":   func(d map[string]any) { d["issuer"] = d["issuer"].(string) + "/" },
			"no keys":             func(d map[string]any) { delete(d, "jwks_uri") },
			"no token endpoint":   func(d map[string]any) { d["token_endpoint"] = "" },
			"a file":              func(d map[string]any) { d["jwks_uri"] = "file:///etc/passwd" },
			"another protocol":    func(d map[string]any) { d["token_endpoint"] = "ftp://issuer.example/token" },
			"a script":            func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" },
			"credentials":         func(d map[string]any) { d["token_endpoint"] = "https://a:b@issuer.example/token" },
			"secrets alone":       func(d map[string]any) { d["id_token_signing_alg_values_supported"] = []string{"HS256", "none"} },
			"a list of the wrong": func(d map[string]any) { d["id_token_signing_alg_values_supported"] = "RS256" },
		} {
			b := setup(t)
			b.issuer.Behave(oidctest.Behaviour{Document: change})
			_, err := b.Begin(t.Context(), asked)
			require.Error(t, err, name)
			unavailable(t, err)
		}
	})
	t.Run("answers without end", func(t *testing.T) {
		t.Parallel()
		for _, place := range []string{oidctest.Discovery, oidctest.Token, oidctest.Keys} {
			for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
				b := setup(t)
				b.issuer.Behave(oidctest.Behaviour{Handle: map[string]http.HandlerFunc{place: func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(status)
					chunk := []byte(`"` + strings.Repeat("x", 64<<10) + `",`)
					_, _ = w.Write([]byte(`{"keys":[`))
					for { // until the other side has had enough
						if _, err := w.Write(chunk); err != nil {
							return
						}
					}
				}}})
				begun, err := b.Begin(t.Context(), asked)
				if err == nil {
					_, err = b.Finish(t.Context(), b.back(begun))
				}
				unavailable(t, err)
			}
		}
	})
	t.Run("answers that are no answer leave little in the log", func(t *testing.T) {
		t.Parallel()
		for _, place := range []string{oidctest.Discovery, oidctest.Token, oidctest.Keys} {
			b := setup(t)
			b.issuer.Behave(oidctest.Behaviour{Handle: map[string]http.HandlerFunc{place: func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusNotFound)
				_, _ = w.Write([]byte(strings.Repeat("nothing here ", 10_000)))
			}}})
			begun, err := b.Begin(t.Context(), asked)
			if err == nil {
				_, err = b.Finish(t.Context(), b.back(begun))
			}
			require.Error(t, err)
			require.Less(t, len(err.Error()), 1000)
			require.Less(t, len(b.log.String()), 3000)
		}
	})
	t.Run("forwarded elsewhere", func(t *testing.T) {
		t.Parallel()
		for _, place := range []string{oidctest.Discovery, oidctest.Token, oidctest.Keys} {
			b := setup(t)
			other := oidctest.New(t, oidctest.Options{Clock: b.clock})
			b.issuer.Behave(oidctest.Behaviour{Handle: map[string]http.HandlerFunc{place: func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.Issuer()+place, http.StatusTemporaryRedirect)
			}}})
			begun, err := b.Begin(t.Context(), asked)
			if err == nil {
				_, err = b.Finish(t.Context(), b.back(begun))
			}
			require.Error(t, err)
			require.Zero(t, other.Hits(place), "the product followed to another host")
		}
	})
	t.Run("away between login and callback", func(t *testing.T) {
		t.Parallel()
		for _, place := range []string{oidctest.Token, oidctest.Keys} {
			for _, status := range []int{http.StatusInternalServerError, http.StatusTooManyRequests} {
				b := setup(t)
				c := b.back(b.begin(asked))
				b.issuer.Behave(oidctest.Behaviour{Handle: map[string]http.HandlerFunc{place: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }}})
				_, err := b.Finish(t.Context(), c)
				unavailable(t, err)
			}
		}
	})
	t.Run("a provider that does not know us", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.process(func(o *oidc.Options) { o.Secret = "wrong" })
		begun, err := p.Begin(t.Context(), asked)
		require.NoError(t, err)
		_, err = p.Finish(t.Context(), b.back(begun))
		unavailable(t, err)
		require.Contains(t, b.log.String(), "GOOGLE_CLIENT_SECRET")
		require.NotContains(t, b.log.String(), "ann@example.com", "the provider's own words are in the log")
	})
	t.Run("slow", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		begun := b.begin(asked)
		c := b.back(begun)
		over := make(chan struct{})
		b.issuer.Behave(oidctest.Behaviour{Handle: map[string]http.HandlerFunc{oidctest.Token: func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-over:
			}
		}}})
		t.Cleanup(func() { close(over) })
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // the request's own deadline
		defer cancel()
		_, err := b.Finish(ctx, c)
		unavailable(t, err)
	})
}

func TestProvider_keys(t *testing.T) {
	t.Parallel()
	signIn := func(b *bench) error {
		_, err := b.signIn(account.Attempt{ReturnTo: "/"})
		return err
	}

	t.Run("a rotated key works at once", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.NoError(t, signIn(b))
		require.NoError(t, signIn(b))
		require.Equal(t, 1, b.issuer.Hits(oidctest.Keys), "keys are kept")
		b.issuer.Rotate(oidctest.NewEC(t, "second"))
		require.NoError(t, signIn(b))
		require.Equal(t, 1, b.issuer.Hits(oidctest.Discovery))
	})
	t.Run("a rotated key that kept its name", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.NoError(t, signIn(b))
		b.issuer.Rotate(oidctest.NewRSA(t, "first"))
		require.NoError(t, signIn(b))
	})
	t.Run("keys that moved to another address", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.NoError(t, signIn(b))
		b.clock.Advance(2 * time.Minute)
		home := oidctest.New(t, oidctest.Options{Clock: b.clock})
		next := oidctest.NewEC(t, "second")
		home.Publish(next)
		first := b.issuer.Key()
		b.issuer.Rotate(next)
		b.issuer.Publish(first) // the old address tells of the old key alone
		b.issuer.Behave(oidctest.Behaviour{Document: func(d map[string]any) { d["jwks_uri"] = home.Issuer() + oidctest.Keys }})
		require.NoError(t, signIn(b))
	})
	t.Run("a key that was withdrawn is good for an hour at most", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		stolen := b.issuer.Key()
		require.NoError(t, signIn(b))
		b.issuer.Rotate(oidctest.NewEC(t, "second"))
		b.issuer.Behave(oidctest.Behaviour{Sign: func(c jwt.MapClaims) string { return stolen.Sign(c) }})
		b.clock.Advance(time.Hour)
		b.refused(signIn(b))
	})
	t.Run("a document that cannot be renewed serves on", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		require.NoError(t, signIn(b))
		b.clock.Advance(2 * time.Hour)
		b.issuer.Behave(oidctest.Behaviour{Handle: map[string]http.HandlerFunc{oidctest.Discovery: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
		}}})
		require.NoError(t, signIn(b))
		require.Equal(t, 2, b.issuer.Hits(oidctest.Discovery))
	})
}
