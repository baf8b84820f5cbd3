package config

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

const (
	minSecret   = 32 // characters
	minDistinct = 10 // different characters: one key held down is no secret
)

// checkProduction refuses what would make a public installation weak. Everything but development is held to it, so that a mistyped
// APP_ENV opens nothing.
func (c *Config) checkProduction(f *collector) {
	f.require(c.JWTSecret != "", "JWT_SECRET is missing: set at least 32 random characters, for example from openssl rand -base64 48")
	checkSecret(f, "JWT_SECRET", c.JWTSecret)
	checkSecret(f, "JWT_SECRET_PREVIOUS", c.JWTPrevious)
	f.require(c.JWTPrevious == "" || c.JWTPrevious != c.JWTSecret, "JWT_SECRET_PREVIOUS is the same as JWT_SECRET: nothing was rotated")
	f.require(!c.MongoStandalone, "MONGO_ALLOW_STANDALONE is for tests: MongoDB must be a replica set in production")
	f.require(c.PaymentProvider != "mock" || c.AllowMock, "PAYMENT_PROVIDER=mock moves no money: set ALLOW_MOCK_PAYMENTS=1 if that is meant")
	f.require(c.GoogleID != "", "GOOGLE_CLIENT_ID is missing: nobody could sign in, staff neither")
	f.require(c.GoogleSecret != "", "GOOGLE_CLIENT_SECRET is missing: nobody could sign in, staff neither")
	f.require(!sample(c.GoogleID), "GOOGLE_CLIENT_ID is a sample value")
	f.require(!sample(c.GoogleSecret), "GOOGLE_CLIENT_SECRET is a sample value")
	f.require(c.FrontendURL == "" || safeOrigin(c.FrontendURL), "FRONTEND_URL must be https: plain http is for this machine alone (localhost)")
	for _, o := range c.CORSOrigins {
		f.require(o == "*" || safeOrigin(o), "CORS_ORIGINS must list https origins, plain http is for this machine alone (localhost): %q", shownOrigin(o))
	}
	for _, p := range c.Proxies {
		f.require(!everybody(p), "TRUSTED_PROXIES must not trust everybody: %q lets any client choose its own address", p)
	}
}

// checkSecret judges a secret by its length, by words of samples, and by how many different characters it has.
func checkSecret(f *collector, name, value string) {
	if value == "" {
		return
	}
	f.require(len(value) >= minSecret, "%s must have at least 32 characters in production", name)
	f.require(!sample(value), "%s is a sample value: make one of your own", name)
	f.require(len(value) < minSecret || distinct(value) >= minDistinct, "%s repeats a few characters: make a random one, for example with openssl rand -base64 48", name)
}

func distinct(s string) int {
	seen := make(map[rune]bool)
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// samples are the words of the values that documents and templates show in place of a secret.
var samples = []string{"change-me", "changeme", "change_me", "change-this", "example-secret", "replace-me", "replaceme", "replace_me", "placeholder", "xxxxxxxx"}

func sample(s string) bool {
	l := strings.ToLower(s)
	if strings.HasPrefix(l, "your-") || strings.HasPrefix(l, "your_") || strings.HasPrefix(l, "<") && strings.HasSuffix(l, ">") {
		return true
	}
	return slices.ContainsFunc(samples, func(w string) bool { return strings.Contains(l, w) })
}

// safeOrigin tells whether an origin may act on a public installation: over TLS, or from a browser on this machine.
func safeOrigin(s string) bool {
	u, err := url.Parse(s)
	return err != nil || u.Scheme == "https" || loopback(u.Hostname()) // what is no address is another fault
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// everybody tells whether a network holds so many addresses that a client's own is likely among them.
func everybody(network string) bool {
	p, err := netip.ParsePrefix(network)
	if err != nil {
		return false
	}
	bits, least := p.Bits(), 7 // fc00::/7 are all private networks of IPv6
	switch a := p.Addr(); {
	case a.Is4In6():
		bits, least = bits-96, 8
	case a.Is4():
		least = 8 // 10.0.0.0/8 is the widest private network of IPv4
	}
	return bits < least
}

// warnProduction lists what a public installation may have, and should not have by accident.
func (c *Config) warnProduction(f *collector) {
	f.require(c.DemoData == "off", "DEMO_DATA is %s: demonstration films and sales are written into this store", c.DemoData)
	f.require(c.LogLevel >= slog.LevelInfo, "LOG_LEVEL=debug writes every request")
	f.require(!c.WSQueryToken, "WS_ALLOW_QUERY_TOKEN lets tokens stand in addresses, and so in the logs of proxies")
	f.require(c.AdminAddr == "off" || !public(hostOf(c.AdminAddr)), "ADMIN_ADDR listens on a public interface: metrics and profiles are for operators alone")
	f.require(c.MongoURI == "" || !mongoOpen(c.MongoURI), "MONGO_URI names a host outside a private network and no credentials")
	f.require(c.RedisAddr == "" || c.RedisPassword != "" || !slices.ContainsFunc(strings.Split(c.RedisAddr, ","), func(a string) bool { return outside(hostOf(a)) }),
		"REDIS_ADDR names a host outside a private network and REDIS_PASSWORD is empty")
}

// hostOf is the host of "host:port", or the whole text when there is no port.
func hostOf(address string) string {
	address = strings.TrimSpace(address)
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.Trim(address, "[]")
}

// public tells whether a listener on the host can be reached from outside: all interfaces, or a public address.
func public(host string) bool {
	if host == "" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && (a.IsUnspecified() || outside(host))
}

// outside tells whether a host is beyond loopback and private networks. A name without a dot, or of a zone that is never public, is inside.
func outside(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		a = a.Unmap()
		return !a.IsLoopback() && !a.IsPrivate() && !a.IsLinkLocalUnicast()
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if !strings.Contains(host, ".") {
		return false
	}
	return !slices.ContainsFunc([]string{".localhost", ".local", ".internal", ".lan", ".home.arpa", ".svc", ".test"}, func(zone string) bool {
		return strings.HasSuffix(host, zone)
	})
}

// mongoOpen tells whether a MongoDB address has a host outside and no credentials. Its hosts are a list, which no URL has.
func mongoOpen(address string) bool {
	scheme, rest, _ := strings.Cut(address, "://")
	hosts, _, _ := strings.Cut(rest, "/")
	hosts, options, _ := strings.Cut(hosts, "?")
	if _, after, ok := strings.Cut(rest, "?"); ok {
		options = after
	}
	if strings.Contains(hosts, "@") || strings.Contains(strings.ToLower(options), "authmechanism=") {
		return false
	}
	if scheme == "mongodb+srv" {
		return outside(hosts)
	}
	return slices.ContainsFunc(strings.Split(hosts, ","), func(h string) bool { return outside(hostOf(h)) })
}
