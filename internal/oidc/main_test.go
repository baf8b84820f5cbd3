package oidc_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/account"
	"cinema/internal/clock"
	"cinema/internal/fault"
	"cinema/internal/oidc"
	"cinema/internal/oidc/oidctest"
	"cinema/internal/store/storesqlite"
)

// store is shared: attempts do not meet. Its clock stands still, so that nothing expires in it.
var store *storesqlite.Store

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "oidc")
	if err != nil {
		panic(err)
	}
	store, err = storesqlite.Open(context.Background(), storesqlite.Options{Dir: dir, Clock: clock.NewFake(start)})
	if err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent(), goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

const (
	secret   = "0123456789abcdef0123456789abcdef"
	redirect = "https://tickets.example/api/auth/google/callback"
)

var start = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// bench is a relying party before a provider.
type bench struct {
	*oidc.Provider

	t      *testing.T
	clock  *clock.Fake
	issuer *oidctest.Provider
	log    *journal
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock.NewFake(start), log: &journal{}}
	b.issuer = oidctest.New(t, oidctest.Options{Clock: b.clock})
	b.Provider = b.process(func(*oidc.Options) {})
	return b
}

// process is another process of the product on the same store.
func (b *bench) process(change func(*oidc.Options)) *oidc.Provider {
	b.t.Helper()
	o := oidc.Options{
		Issuer: b.issuer.Issuer(), ClientID: oidctest.ClientID, Secret: oidctest.Secret, Redirect: redirect, SealKey: secret,
		Once: store, Clock: b.clock, Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	change(&o)
	p, err := oidc.New(o)
	require.NoError(b.t, err)
	b.t.Cleanup(p.Close)
	return p
}

// begin starts an attempt.
func (b *bench) begin(a account.Attempt) account.Begun {
	b.t.Helper()
	begun, err := b.Begin(b.t.Context(), a)
	require.NoError(b.t, err)
	return begun
}

// back lets the person sign in, and is what the browser then brings.
func (b *bench) back(begun account.Begun) account.Callback {
	b.t.Helper()
	return callbackOf(b.issuer.Browse(b.t, begun.Address), begun.Sealed)
}

func callbackOf(u *url.URL, sealed string) account.Callback {
	q := u.Query()
	return account.Callback{State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error"), Sealed: sealed}
}

// signIn is a whole attempt.
func (b *bench) signIn(a account.Attempt) (account.Proof, error) {
	b.t.Helper()
	return b.Finish(b.t.Context(), b.back(b.begin(a)))
}

// refused is a callback that proves nothing, and tells nobody why.
func (b *bench) refused(err error) {
	b.t.Helper()
	require.Equal(b.t, fault.Invalid, fault.KindOf(err), "%v", err)
	require.Equal(b.t, "sign_in_failed", fault.CodeOf(err))
}

func unavailable(t *testing.T, err error) *fault.Fault {
	t.Helper()
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
	var f *fault.Fault
	require.ErrorAs(t, err, &f)
	require.Equal(t, "sign_in_unavailable", f.Code)
	require.Positive(t, f.RetryAfter)
	return f
}

// journal is a log that may be read while it is written.
type journal struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// Write appends.
func (l *journal) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is what was written so far.
func (l *journal) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
