package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Error lists every fault of a configuration; each names its variable.
type Error struct{ Faults []string }

// Error joins the faults, one a line.
func (e *Error) Error() string {
	return fmt.Sprintf("the configuration has %d fault(s):\n  - %s", len(e.Faults), strings.Join(e.Faults, "\n  - "))
}

// Load reads a configuration from variables and checks it. The checks are further ones that other parts contribute.
func Load(variables map[string]string, checks ...func(*Config) error) (*Config, error) {
	var c Config
	given := nonEmpty(variables)
	faults, warnings := readSecrets(given)
	c.warnings = warnings
	if err := env.ParseWithOptions(&c, env.Options{Environment: given}); err != nil {
		faults = append(faults, parseFaults(err)...)
	}
	trimAll(c.CORSOrigins)
	trimAll(c.AdminEmails)
	trimAll(c.Proxies)
	faults = append(faults, c.faults()...)
	for _, check := range checks {
		if err := check(&c); err != nil {
			faults = append(faults, err.Error())
		}
	}
	if len(faults) > 0 {
		return nil, &Error{Faults: faults}
	}
	return &c, nil
}

// nonEmpty leaves out variables without a value, so that an empty line in a .env file means the default.
func nonEmpty(variables map[string]string) map[string]string {
	out := make(map[string]string, len(variables))
	for k, v := range variables {
		if strings.TrimSpace(v) != "" {
			out[k] = strings.TrimSpace(v)
		}
	}
	return out
}

func parseFaults(err error) []string {
	agg, ok := errors.AsType[env.AggregateError](err)
	if !ok {
		return []string{err.Error()}
	}
	out := make([]string, 0, len(agg.Errors))
	for _, e := range agg.Errors {
		if p, ok := errors.AsType[env.ParseError](e); ok {
			out = append(out, fmt.Sprintf("%s is not a valid %s", variableOf(p.Name), p.Type))
			continue
		}
		out = append(out, e.Error())
	}
	return out
}

// variableOf tells the variable of a field.
func variableOf(field string) string {
	if f, ok := reflect.TypeFor[Config]().FieldByName(field); ok {
		return f.Tag.Get("env")
	}
	return field
}

func trimAll(list []string) {
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
}

// collector gathers faults.
type collector struct{ faults []string }

func (f *collector) require(ok bool, format string, args ...any) {
	if !ok {
		f.faults = append(f.faults, fmt.Sprintf(format, args...))
	}
}

func (c *Config) faults() []string {
	var f collector
	c.checkBasics(&f)
	c.checkHolds(&f)
	c.checkSignIn(&f)
	if !c.Development() {
		c.checkProduction(&f)
	}
	return f.faults
}

func (c *Config) checkBasics(f *collector) {
	f.require(oneOf(c.Env, "development", "production"), "APP_ENV must be development or production")
	f.require(c.Port >= 0 && c.Port <= 65535, "PORT must be between 0 and 65535")
	f.require(oneOf(c.DemoData, "off", "on", "lively"), "DEMO_DATA must be off, on or lively")
	f.require(oneOf(c.LogFormat, "text", "json"), "LOG_FORMAT must be text or json")
	f.require(c.OTLPEndpoint == "" || isAddress(c.OTLPEndpoint), "OTEL_EXPORTER_OTLP_ENDPOINT must be an address such as http://localhost:4318")
	f.require(oneOf(c.RedisMode, "single", "sentinel", "cluster"), "REDIS_MODE must be single, sentinel or cluster")
	f.require(oneOf(c.PaymentProvider, "mock"), "PAYMENT_PROVIDER must be mock: no other provider is built in yet")
	f.require(c.MongoURI == "" || strings.HasPrefix(c.MongoURI, "mongodb://") || strings.HasPrefix(c.MongoURI, "mongodb+srv://"), "MONGO_URI must begin with mongodb:// or mongodb+srv://")
	f.require(c.RedisMode != "sentinel" || c.RedisMaster != "", "REDIS_SENTINEL_MASTER must name the master when REDIS_MODE is sentinel")
	f.require(c.DataDir != "", "DATA_DIR must not be empty")
	f.require(c.FrontendURL == "" || isOrigin(c.FrontendURL), "FRONTEND_URL must be an origin such as https://tickets.example")
	for _, o := range c.CORSOrigins {
		f.require(isOrigin(o) || o == "*" && c.Development(), "CORS_ORIGINS must list origins such as https://tickets.example, not %q", shownOrigin(o))
	}
	for _, a := range c.AdminEmails {
		f.require(strings.Count(a, "@") == 1, "ADMIN_EMAILS must list e-mail addresses, not %q", a)
	}
	for _, p := range c.Proxies {
		_, errAddr := netip.ParseAddr(p)
		_, errNet := netip.ParsePrefix(p)
		f.require(errAddr == nil || errNet == nil, "TRUSTED_PROXIES must list addresses or networks, not %q", p)
	}
	f.require(c.RateLimits != "off" || c.Development(), "RATE_LIMITS=off is for development only")
}

func (c *Config) checkHolds(f *collector) {
	f.require(c.LockTTL >= 1 && c.LockTTL <= 3600, "SEAT_LOCK_TTL_SECONDS must be between 1 and 3600")
	f.require(c.Extension >= 1 && c.Extension <= 3600, "HOLD_EXTENSION_SECONDS must be between 1 and 3600")
	f.require(c.MaxHold >= c.LockTTL && c.MaxHold <= 86400, "MAX_HOLD_SECONDS must be between SEAT_LOCK_TTL_SECONDS and 86400")
	f.require(c.PaymentWindow >= 1 && c.PaymentWindow <= 86400, "PAYMENT_WINDOW_SECONDS must be between 1 and 86400")
	f.require(c.MaxSeats >= 1 && c.MaxSeats <= 50, "MAX_SEATS must be between 1 and 50")
	f.require(c.ContactDays >= 1 && c.ContactDays <= 3650, "CONTACT_RETENTION_DAYS must be between 1 and 3650")
}

func oneOf(s string, allowed ...string) bool {
	return slices.Contains(allowed, s)
}

// isAddress tells whether s is an address of the web, with a path or without.
func isAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// isOrigin tells whether s is scheme, host and perhaps port, and nothing else: no credentials, no path, no pattern.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	return u.Hostname() != "" && u.User == nil && strings.TrimSuffix(u.Path, "/") == "" && u.RawQuery == "" && !u.ForceQuery && u.Fragment == "" && !strings.Contains(u.Host, "*")
}

// shownOrigin is a wrong origin as a fault may repeat it: without the credentials that somebody wrote into it.
func shownOrigin(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return "…" + s[i:]
	}
	return s
}
