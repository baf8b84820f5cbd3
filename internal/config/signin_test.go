package config_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/config"
)

func TestGoogle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id, secret string
		want       bool
	}{
		{"", "", false},
		{"client", "", false},
		{"", "hush", false},
		{"your-google-client-id", "your-google-client-secret", false},
		{"client", "change-me", false},
		{"1234.apps.googleusercontent.com", "GOCSPX-abc", true},
	} {
		got, err := config.Load(map[string]string{"APP_ENV": "development", "GOOGLE_CLIENT_ID": c.id, "GOOGLE_CLIENT_SECRET": c.secret})
		require.NoError(t, err)
		require.Equal(t, c.want, got.Google(), "%s %s", c.id, c.secret)
	}
}

func TestGoogleCallback_is_never_guessed_in_production(t *testing.T) {
	t.Parallel()
	load := func(change map[string]string) *config.Config {
		all := sound()
		delete(all, "GOOGLE_REDIRECT_URL")
		maps.Copy(all, change)
		c, err := config.Load(all)
		require.NoError(t, err)
		return c
	}
	named := "https://tickets.example/cinema/api/auth/google/callback"
	require.Equal(t, named, load(map[string]string{"GOOGLE_REDIRECT_URL": named, "FRONTEND_URL": "https://other.example"}).GoogleCallback(8080))
	require.Equal(t, "https://tickets.example/api/auth/google/callback", load(map[string]string{"FRONTEND_URL": "https://tickets.example/"}).GoogleCallback(8080))
	none := load(nil)
	require.Empty(t, none.GoogleCallback(8080))
	require.Contains(t, strings.Join(none.Warnings(), "\n"), "GOOGLE_REDIRECT_URL")
	require.NotContains(t, strings.Join(load(map[string]string{"FRONTEND_URL": "https://tickets.example"}).Warnings(), "\n"), "GOOGLE_REDIRECT_URL")
	require.Equal(t, "http://localhost:8080/api/auth/google/callback", load(map[string]string{"APP_ENV": "development"}).GoogleCallback(8080))
}

func TestLoad_judges_the_identity_provider(t *testing.T) {
	t.Parallel()
	for name, cases := range map[string]map[string]bool{ // by value: whether production takes it
		"OIDC_ISSUER": {
			"https://issuer.example": true, "https://issuer.example/realms/cinema": true, "http://localhost:9000": true, "http://127.0.0.1:9000": true, "http://[::1]:9000": true,
			"http://issuer.example": false, "issuer.example": false, "ftp://issuer.example": false, "https://a:b@issuer.example": false, "https://issuer.example?x=1": false,
			"https://issuer.example#x": false, "http://localhost.issuer.example": false, "https://": false,
		},
		"GOOGLE_REDIRECT_URL": {
			"https://tickets.example/api/auth/google/callback": true, "http://localhost:8080/api/auth/google/callback": true,
			"http://tickets.example/api/auth/google/callback": false, "https://tickets.example/callback": false, "/api/auth/google/callback": false,
			"https://tickets.example/api/auth/google/callback?x=1": false, "https://a@tickets.example/api/auth/google/callback": false,
		},
	} {
		for value, want := range cases {
			all := sound()
			all[name] = value
			_, err := config.Load(all)
			if want {
				require.NoError(t, err, "%s=%s", name, value)
				continue
			}
			require.ErrorContains(t, err, name, "%s=%s", name, value)
		}
	}
	_, err := config.Load(map[string]string{"APP_ENV": "development", "OIDC_ISSUER": "http://dex:5556/dex"})
	require.NoError(t, err, "a provider beside a container of development")
}
