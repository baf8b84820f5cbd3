package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/config"
)

// with is a sound production configuration with some variables changed ("NAME=value").
func with(changes ...string) map[string]string {
	v := sound()
	for _, c := range changes {
		name, value, _ := strings.Cut(c, "=")
		v[name] = value
	}
	return v
}

// TestLoad_production_refuses: each change alone makes one fault that names its variable and repeats no secret.
func TestLoad_production_refuses(t *testing.T) {
	t.Parallel()
	secret2 := "another-secret-0123456789-abcdefghijk"
	for _, c := range []struct{ change, names string }{
		{"JWT_SECRET=", "JWT_SECRET is missing"},
		{"JWT_SECRET=" + secret[:31], "JWT_SECRET must have"},
		{"JWT_SECRET=" + strings.Repeat("k", 64), "JWT_SECRET repeats"},
		{"JWT_SECRET=" + strings.Repeat("123456789", 8), "JWT_SECRET repeats"},
		{"JWT_SECRET=change-me-" + secret, "JWT_SECRET is a sample"},
		{"JWT_SECRET=your_secret_" + secret, "JWT_SECRET is a sample"},
		{"JWT_SECRET=<" + secret + ">", "JWT_SECRET is a sample"},
		{"JWT_SECRET_PREVIOUS=" + secret, "JWT_SECRET_PREVIOUS is the same"},
		{"JWT_SECRET_PREVIOUS=" + secret2[:20], "JWT_SECRET_PREVIOUS must have"},
		{"JWT_SECRET_PREVIOUS=" + strings.Repeat("ab", 32), "JWT_SECRET_PREVIOUS repeats"},
		{"JWT_SECRET_PREVIOUS=changeme" + secret2, "JWT_SECRET_PREVIOUS is a sample"},
		{"CORS_ORIGINS=*", "CORS_ORIGINS"},
		{"CORS_ORIGINS=https://a.example,http://b.example", "CORS_ORIGINS"},
		{"CORS_ORIGINS=http://127.0.0.1.evil.example", "CORS_ORIGINS"},
		{"CORS_ORIGINS=http://localhost.evil.example", "CORS_ORIGINS"},
		{"CORS_ORIGINS=http://192.168.1.10:5173", "CORS_ORIGINS"},
		{"CORS_ORIGINS=https://*.example.com", "CORS_ORIGINS"},
		{"CORS_ORIGINS=null", "CORS_ORIGINS"},
		{"CORS_ORIGINS=https://a.example/path", "CORS_ORIGINS"},
		{"FRONTEND_URL=http://tickets.example", "FRONTEND_URL"},
		{"FRONTEND_URL=*", "FRONTEND_URL"},
		{"FRONTEND_URL=javascript:alert(1)", "FRONTEND_URL"},
		{"GOOGLE_CLIENT_ID=", "GOOGLE_CLIENT_ID"},
		{"GOOGLE_CLIENT_SECRET=", "GOOGLE_CLIENT_SECRET"},
		{"GOOGLE_CLIENT_ID=your-client-id.apps.googleusercontent.com", "GOOGLE_CLIENT_ID"},
		{"GOOGLE_CLIENT_SECRET=changeme", "GOOGLE_CLIENT_SECRET"},
		{"ALLOW_MOCK_PAYMENTS=", "PAYMENT_PROVIDER"},
		{"MONGO_ALLOW_STANDALONE=1", "MONGO_ALLOW_STANDALONE"},
		{"RATE_LIMITS=off", "RATE_LIMITS"},
		{"TRUSTED_PROXIES=0.0.0.0/0", "TRUSTED_PROXIES"},
		{"TRUSTED_PROXIES=10.0.0.1,::/0", "TRUSTED_PROXIES"},
		{"TRUSTED_PROXIES=0.0.0.0/1,128.0.0.0/1", "TRUSTED_PROXIES"},
		{"TRUSTED_PROXIES=::ffff:0.0.0.0/96", "TRUSTED_PROXIES"},
		{"TRUSTED_PROXIES=2000::/3", "TRUSTED_PROXIES"},
		{"APP_ENV=prod", "APP_ENV"},
	} {
		t.Run(c.change, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(with(c.change))
			require.ErrorContains(t, err, c.names)
			name, value, _ := strings.Cut(c.change, "=")
			if strings.Contains(name, "SECRET") && value != "" {
				require.NotContains(t, err.Error(), value, "a secret stands in the message")
			}
			require.NotContains(t, err.Error(), secret)
		})
	}
}

// TestLoad_an_unknown_environment_is_held_to_production: a mistyped APP_ENV opens nothing, and everything is told at once.
func TestLoad_an_unknown_environment_is_held_to_production(t *testing.T) {
	t.Parallel()
	_, err := config.Load(map[string]string{"APP_ENV": "Development", "CORS_ORIGINS": "*", "RATE_LIMITS": "off"})
	for _, name := range []string{"APP_ENV", "CORS_ORIGINS", "RATE_LIMITS", "JWT_SECRET", "GOOGLE_CLIENT_ID"} {
		require.ErrorContains(t, err, name)
	}
}

// TestLoad_production_accepts what people run: behind a proxy, on one machine without TLS, in a composition.
func TestLoad_production_accepts(t *testing.T) {
	t.Parallel()
	for _, changes := range [][]string{
		{"FRONTEND_URL=https://tickets.example", "CORS_ORIGINS=https://tickets.example,https://kiosk.example:8443", "TRUSTED_PROXIES=10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7,203.0.113.9"},
		{"FRONTEND_URL=http://localhost:5173", "CORS_ORIGINS=http://127.0.0.1:5173,http://[::1]:5173,http://localhost"},
		{"JWT_SECRET_PREVIOUS=previous-0123456789-abcdefghijklmnop", "MAX_SEATS=4", "RATE_LIMITS=lock=5/1m"},
		{"JWT_SECRET=9ZlD0tq4oYh3vQm1bYpXrWc7uT8sKfGjAeNiLxRzVwE"},
		{"JWT_SECRET=4f1c9ab27d03e58641f7c2ab90de3358"},
	} {
		c, err := config.Load(with(changes...))
		require.NoError(t, err)
		require.Empty(t, c.Warnings(), "%v", changes)
	}
}

// TestWarnings_of_production: what may be meant, and is said aloud.
func TestWarnings_of_production(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ change, names string }{
		{"DEMO_DATA=on", "DEMO_DATA"},
		{"LOG_LEVEL=debug", "LOG_LEVEL"},
		{"WS_ALLOW_QUERY_TOKEN=1", "WS_ALLOW_QUERY_TOKEN"},
		{"ADMIN_ADDR=0.0.0.0:9090", "ADMIN_ADDR"},
		{"ADMIN_ADDR=:9090", "ADMIN_ADDR"},
		{"ADMIN_ADDR=[::]:9090", "ADMIN_ADDR"},
		{"ADMIN_ADDR=203.0.113.4:9090", "ADMIN_ADDR"},
		{"MONGO_URI=mongodb://db.example.com/cinema", "MONGO_URI"},
		{"MONGO_URI=mongodb://mongo:27017,203.0.113.4:27017/cinema?replicaSet=rs0", "MONGO_URI"},
		{"MONGO_URI=mongodb+srv://cluster0.example.com/cinema", "MONGO_URI"},
		{"REDIS_ADDR=redis.example.com:6379", "REDIS_ADDR"},
		{"REDIS_ADDR=10.0.0.1,[2001:db8::1]:6379", "REDIS_ADDR"},
	} {
		got, err := config.Load(with(c.change))
		require.NoError(t, err, c.change)
		require.Len(t, got.Warnings(), 1, c.change)
		require.Contains(t, got.Warnings()[0], c.names)
	}
	for _, quiet := range []string{
		"ADMIN_ADDR=10.1.2.3:9090", "ADMIN_ADDR=off", "ADMIN_ADDR=127.0.0.1:9090", "MONGO_URI=mongodb://mongo:27017/cinema", "MONGO_URI=mongodb://u:p@db.example.com/cinema",
		"MONGO_URI=mongodb://10.0.0.5,10.0.0.6/cinema?replicaSet=rs0", "MONGO_URI=mongodb+srv://u:p@cluster0.example.com", "REDIS_ADDR=redis:6379", "REDIS_ADDR=[fd00::1]:6379",
		"MONGO_URI=mongodb://db.example.com/?authMechanism=MONGODB-X509", "REDIS_ADDR=redis.prod.svc:6379",
	} {
		got, err := config.Load(with(quiet))
		require.NoError(t, err, quiet)
		require.Empty(t, got.Warnings(), quiet)
	}
}

// TestLoad_secrets_from_files: NAME_FILE stands for NAME, and everything that is wrong with it is a fault that repeats no content.
func TestLoad_secrets_from_files(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), mode))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	good := file("good", "  "+secret+"\n", 0o600)
	names := []string{"JWT_SECRET", "JWT_SECRET_PREVIOUS", "GOOGLE_CLIENT_SECRET", "REDIS_PASSWORD", "MONGO_URI", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"}
	v := sound()
	for _, name := range names {
		delete(v, name)
		v[name+"_FILE"] = file(name, "content-of-"+name+"-0123456789-abcdefgh\n", 0o600)
	}
	v["MONGO_URI_FILE"] = file("uri", "mongodb://user:hush@db.example/cinema\n", 0o600)
	c, err := config.Load(v)
	require.NoError(t, err)
	require.Equal(t, "content-of-JWT_SECRET-0123456789-abcdefgh", c.JWTSecret)
	require.Equal(t, "content-of-JWT_SECRET_PREVIOUS-0123456789-abcdefgh", c.JWTPrevious)
	require.Equal(t, "content-of-GOOGLE_CLIENT_SECRET-0123456789-abcdefgh", c.GoogleSecret)
	require.Equal(t, "content-of-REDIS_PASSWORD-0123456789-abcdefgh", c.RedisPassword)
	require.Equal(t, "mongodb://user:hush@db.example/cinema", c.MongoURI)
	require.Equal(t, "content-of-STRIPE_SECRET_KEY-0123456789-abcdefgh", c.StripeKey)
	require.Equal(t, "content-of-STRIPE_WEBHOOK_SECRET-0123456789-abcdefgh", c.StripeWebhook)
	require.Empty(t, c.Warnings())
	require.NotContains(t, strings.Join(c.Effective(), " "), "content-of")

	fromFile := func(path string) map[string]string {
		v := sound()
		delete(v, "JWT_SECRET")
		v["JWT_SECRET_FILE"] = path
		return v
	}
	c, err = config.Load(fromFile(file("open", secret, 0o644)))
	require.NoError(t, err)
	require.Len(t, c.Warnings(), 1)
	require.Contains(t, c.Warnings()[0], "JWT_SECRET_FILE")

	both := fromFile(good)
	both["JWT_SECRET"] = secret
	for what, v := range map[string]map[string]string{
		"are both set":   both,
		"cannot be read": fromFile(filepath.Join(dir, "nothing")),
		"regular file":   fromFile(dir),
		"is empty":       fromFile(file("empty", " \n", 0o600)),
		"64 KB":          fromFile(file("large", strings.Repeat(secret, 1<<12), 0o600)),
		"one line":       fromFile(file("lines", secret+"\n"+secret, 0o600)),
		"JWT_SECRET mus": fromFile(file("short", "short-0123456789", 0o600)),
	} {
		_, err := config.Load(v)
		require.ErrorContains(t, err, what)
		require.ErrorContains(t, err, "JWT_SECRET")
		require.NotContains(t, err.Error(), secret)
		require.NotContains(t, err.Error(), "short-0123456789")
	}
}

// TestLoad_messages_hide_credentials in what is no secret by its name.
func TestLoad_messages_hide_credentials(t *testing.T) {
	t.Parallel()
	v := maps.Clone(sound())
	v["CORS_ORIGINS"], v["FRONTEND_URL"], v["MONGO_URI"] = "https://user:hush-hush@a.example", "https://user:hush-hush@a.example", "postgres://user:hush-hush@db"
	_, err := config.Load(v)
	require.ErrorContains(t, err, "CORS_ORIGINS")
	require.ErrorContains(t, err, "FRONTEND_URL")
	require.ErrorContains(t, err, "MONGO_URI")
	require.NotContains(t, err.Error(), "hush-hush")
	c, err := config.Load(with("OTEL_EXPORTER_OTLP_ENDPOINT=https://user:hush-hush@collector.example"))
	require.NoError(t, err)
	require.NotContains(t, strings.Join(c.Effective(), " "), "hush-hush")
}
