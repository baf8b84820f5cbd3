package config

import (
	"net"
	"net/url"
	"strconv"
	"strings"
)

// callbackPath is the route that the identity provider sends people back to.
const callbackPath = "/api/auth/google/callback"

// Google tells whether sign-in at the identity provider is configured: there are credentials, and they are no samples.
func (c *Config) Google() bool {
	return c.GoogleID != "" && c.GoogleSecret != "" && !sample(c.GoogleID) && !sample(c.GoogleSecret)
}

// GoogleCallback is the address that the identity provider sends people back to: the configured one, or that of the front end, or in
// development this process's own. Never is it taken from a request. Empty: not known, and nobody can sign in.
func (c *Config) GoogleCallback(port int) string {
	switch {
	case c.GoogleRedirect != "":
		return c.GoogleRedirect
	case c.FrontendURL != "":
		return strings.TrimRight(c.FrontendURL, "/") + callbackPath
	case c.Development():
		return "http://" + net.JoinHostPort("localhost", strconv.Itoa(port)) + callbackPath
	}
	return ""
}

func (c *Config) checkSignIn(f *collector) {
	f.require(isIssuer(c.OIDCIssuer), "OIDC_ISSUER must be the provider's address without credentials, query or fragment, such as https://accounts.google.com")
	f.require(c.GoogleRedirect == "" || isCallback(c.GoogleRedirect), "GOOGLE_REDIRECT_URL must be an address that ends in %s", callbackPath)
	if c.Development() {
		return
	}
	f.require(safeOrigin(c.OIDCIssuer), "OIDC_ISSUER must be https: plain http is for this machine alone (localhost)")
	f.require(c.GoogleRedirect == "" || safeOrigin(c.GoogleRedirect), "GOOGLE_REDIRECT_URL must be https: plain http is for this machine alone (localhost)")
}

func (c *Config) warnSignIn(f *collector) {
	f.require(c.GoogleCallback(0) != "", "GOOGLE_REDIRECT_URL and FRONTEND_URL are empty: the identity provider could send nobody back, sign-in answers 503")
}

func isIssuer(s string) bool {
	u, err := url.Parse(s)
	return err == nil && isAddress(s) && u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}

func isCallback(s string) bool {
	u, err := url.Parse(s)
	return err == nil && isIssuer(s) && strings.HasSuffix(u.Path, callbackPath)
}
