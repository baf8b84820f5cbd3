package oidc

import (
	"testing"
	"time"

	goidc "github.com/coreos/go-oidc/v3/oidc"
	"github.com/stretchr/testify/require"
)

// A provider that is named by https is asked by https alone.
func TestDiscovery_check(t *testing.T) {
	t.Parallel()
	safe := document{Token: "https://token.example/t", Authorize: "https://issuer.example/a", Keys: "https://keys.example/k"}
	plain := func(change func(*document)) document {
		d := safe
		change(&d)
		return d
	}
	for _, doc := range []document{
		plain(func(d *document) { d.Token = "http://token.example/t" }),
		plain(func(d *document) { d.Authorize = "http://issuer.example/a" }),
		plain(func(d *document) { d.Keys = "http://keys.example/k" }),
	} {
		require.Error(t, (&discovery{issuer: "https://issuer.example"}).check(doc))
		require.NoError(t, (&discovery{issuer: "http://localhost:9000"}).check(doc))
	}
	require.NoError(t, (&discovery{issuer: "https://issuer.example"}).check(safe))
}

// Google takes neither prompt=login nor max_age, and tells no auth_time: it is asked and believed otherwise.
func TestProvider_freshness_at_Google(t *testing.T) {
	t.Parallel()
	ask := func(stepUp bool) string {
		p := &Provider{o: Options{Issuer: google, ClientID: "c", Redirect: "https://tickets.example/cb"}}
		return p.config(&metadata{}).AuthCodeURL("state", p.freshness(stepUp)...)
	}
	require.Contains(t, ask(true), "prompt=select_account")
	require.Contains(t, ask(true), "auth_time")
	for _, address := range []string{ask(true), ask(false)} {
		require.NotContains(t, address, "max_age")
		require.NotContains(t, address, "login")
	}
}

// Only for a step-up at Google does the moment of the token stand for the one that is not told.
func TestProvider_proved_at_Google(t *testing.T) {
	t.Parallel()
	issued := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	at := func(issuer string, stepUp bool) time.Time {
		got, err := (&Provider{o: Options{Issuer: issuer}}).proved(&goidc.IDToken{IssuedAt: issued}, &person{}, &letter{StepUp: stepUp})
		require.NoError(t, err)
		return got
	}
	require.Equal(t, issued, at(google, true))
	require.Zero(t, at(google, false))
	require.Zero(t, at("https://issuer.example", true))
}
