package config_test

import (
	"strings"
	"testing"

	"cinema/internal/config"
)

// FuzzLoad gives anything as an environment: nothing falls over, no message and no printed setting holds a secret, and what production
// accepts is as strong as it must be.
func FuzzLoad(f *testing.F) {
	f.Add("APP_ENV=production\nJWT_SECRET="+secret+"\nALLOW_MOCK_PAYMENTS=1\nGOOGLE_CLIENT_ID=client\nGOOGLE_CLIENT_SECRET=hush", "CORS_ORIGINS=https://a.example")
	f.Add("APP_ENV=development", "TRUSTED_PROXIES=10.0.0.1,::/0")
	f.Add("JWT_SECRET="+strings.Repeat("k", 64), "MONGO_URI=mongodb://u:p@[::1]:1,b/?x=y")
	f.Add("APP_ENV=production\nJWT_SECRET="+secret+"\nALLOW_MOCK_PAYMENTS=1\nGOOGLE_CLIENT_ID=client\nGOOGLE_CLIENT_SECRET=hush", "FRONTEND_URL=http://localhost@evil.example")
	f.Add("MAX_SEATS=99999999999999999999", "LOG_LEVEL=\x00")
	f.Fuzz(func(t *testing.T, environment, more string) {
		v := map[string]string{}
		for line := range strings.SplitSeq(environment+"\n"+more, "\n") {
			if name, value, ok := strings.Cut(line, "="); ok && !strings.HasSuffix(name, "_FILE") { // no files of this machine
				v[name] = value
			}
		}
		c, err := config.Load(v)
		var said string
		if err != nil {
			said = err.Error()
		} else {
			said = strings.Join(append(c.Effective(), c.Warnings()...), "\n")
		}
		for _, name := range []string{"JWT_SECRET", "JWT_SECRET_PREVIOUS", "GOOGLE_CLIENT_SECRET", "REDIS_PASSWORD", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"} {
			if s := strings.TrimSpace(v[name]); len(s) >= 16 && strings.Contains(said, s) && strings.Count(environment+more, s) == 1 {
				t.Fatalf("%s stands in %q", name, said)
			}
		}
		if err != nil || c.Development() {
			return
		}
		if len(c.JWTSecret) < 32 || c.JWTPrevious == c.JWTSecret || c.MongoStandalone || c.RateLimits == "off" || c.GoogleID == "" || c.GoogleSecret == "" || c.PaymentProvider == "mock" && !c.AllowMock {
			t.Fatalf("production takes %q", v)
		}
		for _, o := range append([]string{c.FrontendURL}, c.CORSOrigins...) {
			host := strings.TrimPrefix(o, "http://")
			if o == "*" || host != o && !strings.HasPrefix(host, "localhost") && !strings.HasPrefix(host, "127.") && !strings.HasPrefix(host, "[") && !strings.Contains(host, ".localhost") {
				t.Fatalf("production trusts %q", o)
			}
		}
	})
}
