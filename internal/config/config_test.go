package config_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/config"
)

const secret = "0123456789abcdef0123456789abcdef"

// sound is the least that a production process starts with.
func sound() map[string]string {
	return map[string]string{
		"JWT_SECRET": secret, "ALLOW_MOCK_PAYMENTS": "1", "GOOGLE_CLIENT_ID": "client", "GOOGLE_CLIENT_SECRET": "hush",
		"GOOGLE_REDIRECT_URL": "https://tickets.example/api/auth/google/callback",
	}
}

func TestLoad_defaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load(map[string]string{"APP_ENV": "development"})
	require.NoError(t, err)
	require.Equal(t, 8080, c.Port)
	require.Equal(t, 300, c.LockTTL)
	require.Equal(t, 1500, c.MaxHold)
	require.Equal(t, 8, c.MaxSeats)
	require.True(t, c.GuestCheckout)
}

func TestLoad_unset_environment_means_production_and_refuses_to_start_weak(t *testing.T) {
	t.Parallel()
	_, err := config.Load(nil)
	require.ErrorContains(t, err, "JWT_SECRET")
	require.ErrorContains(t, err, "ALLOW_MOCK_PAYMENTS")
	require.ErrorContains(t, err, "GOOGLE_CLIENT_ID")
	require.ErrorContains(t, err, "GOOGLE_CLIENT_SECRET")
}

func TestLoad_reports_every_fault_at_once(t *testing.T) {
	t.Parallel()
	_, err := config.Load(map[string]string{
		"APP_ENV": "production", "PORT": "http", "SEAT_LOCK_TTL_SECONDS": "0", "MAX_SEATS": "many", "CORS_ORIGINS": "*",
		"JWT_SECRET": "change-me-32chars-min", "TRUSTED_PROXIES": "proxy", "ADMIN_EMAILS": "nobody", "RATE_LIMITS": "off", "DEMO_DATA": "maybe",
	})
	require.Error(t, err)
	for _, name := range []string{
		"PORT", "SEAT_LOCK_TTL_SECONDS", "MAX_SEATS", "CORS_ORIGINS", "JWT_SECRET", "TRUSTED_PROXIES", "ADMIN_EMAILS", "RATE_LIMITS", "DEMO_DATA", "PAYMENT_PROVIDER",
	} {
		require.ErrorContains(t, err, name)
	}
	require.NotContains(t, err.Error(), "change-me", "a secret stands in the message")
}

func TestLoad_lists_are_trimmed_and_empty_values_mean_the_default(t *testing.T) {
	t.Parallel()
	c, err := config.Load(map[string]string{
		"APP_ENV": "development", "ADMIN_EMAILS": "a@example.com, b@example.com ", "PORT": "  ",
	})
	require.NoError(t, err)
	require.Equal(t, []string{"a@example.com", "b@example.com"}, c.AdminEmails)
	require.Equal(t, 8080, c.Port)
}

func TestLoad_a_sound_production_configuration_starts(t *testing.T) {
	t.Parallel()
	c, err := config.Load(sound())
	require.NoError(t, err)
	require.False(t, c.Development())
}

func TestEffective_masks_secrets(t *testing.T) {
	t.Parallel()
	c, err := config.Load(sound())
	require.NoError(t, err)
	all := strings.Join(c.Effective(), "\n")
	require.NotContains(t, all, secret)
	require.Contains(t, all, "JWT_SECRET=********")
	require.Contains(t, all, "SEAT_LOCK_TTL_SECONDS=300")
}

func TestWarnings_name_what_production_refuses(t *testing.T) {
	t.Parallel()
	c, err := config.Load(map[string]string{"APP_ENV": "development", "JWT_SECRET": "change-me-32chars-min"})
	require.NoError(t, err)
	require.Len(t, c.Warnings(), 2)
}
