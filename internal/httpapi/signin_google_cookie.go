package httpapi

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"cinema/internal/account"
)

// Attempts stay in the browser, each in a cookie of its own, so that two tabs do not spoil one another. Few are kept: they travel with
// every request, and its headers have a bound.
const (
	loginPrefix    = "login-"
	loginLife      = 10 * time.Minute
	stateLength    = 43 // characters
	statePrefix    = 8  // of them name the cookie
	maxLogins      = 4
	maxLoginsBytes = 8 << 10
)

func (s *Server) loginCookieName(state string) string {
	if s.settings.Development {
		return loginPrefix + state
	}
	return "__Host-" + loginPrefix + state
}

// loginCookie carries an attempt. Lax, because the way back from the provider begins on another site. A negative age deletes it.
func (s *Server) loginCookie(name, sealed string, age time.Duration) string {
	return (&http.Cookie{
		Name: name, Value: sealed, Path: "/", HttpOnly: true, Secure: !s.settings.Development,
		SameSite: http.SameSiteLaxMode, MaxAge: int(age / time.Second),
	}).String()
}

// keepLogin gives an attempt to the browser, and takes the eldest away when there are too many.
func (s *Server) keepLogin(c *gin.Context, b account.Begun) {
	h := c.Writer.Header()
	name := s.loginCookieName(b.State[:statePrefix])
	held := make([]*http.Cookie, 0, maxLogins)
	for _, ck := range c.Request.Cookies() {
		if strings.HasPrefix(ck.Name, s.loginCookieName("")) && ck.Name != name {
			held = append(held, ck)
		}
	}
	slices.SortStableFunc(held, func(a, b *http.Cookie) int { return cmp.Compare(begunAt(b.Value), begunAt(a.Value)) })
	size := len(b.Sealed)
	for i, ck := range held {
		if size += len(ck.Value); i >= maxLogins-1 || size > maxLoginsBytes {
			h.Add("Set-Cookie", s.loginCookie(ck.Name, "", -time.Second))
		}
	}
	h.Add("Set-Cookie", s.loginCookie(name, b.Sealed, loginLife))
}

// takeLogin is what the browser kept of an attempt; empty when it kept nothing. It is taken away with this answer.
func (s *Server) takeLogin(c *gin.Context, state string) string {
	if !isState(state) {
		return ""
	}
	name := s.loginCookieName(state[:statePrefix])
	ck, err := c.Request.Cookie(name)
	if err != nil {
		return ""
	}
	c.Writer.Header().Add("Set-Cookie", s.loginCookie(name, "", -time.Second))
	return ck.Value
}

// begunAt is the second at which an attempt began, as its text tells; zero for any other text.
func begunAt(sealed string) int64 {
	stamp, _, _ := strings.Cut(sealed, ".")
	n, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func isState(s string) bool {
	if len(s) != stateLength {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}
