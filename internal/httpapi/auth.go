package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"cinema/internal/account"
	"cinema/internal/fault"
)

const (
	cookieSecure = "__Host-session"
	cookiePlain  = "session" // development over plain http; browsers refuse the prefix there
)

var (
	errSignIn    = fault.New(fault.Unauthorized, "unauthorized", "Sign in, or start as a guest, first.")
	errBearer    = fault.New(fault.Unauthorized, "unauthorized", "The Authorization header is not a valid bearer token.")
	errStepUp    = fault.New(fault.Forbidden, "step_up_required", "Sign in again to do this: the last sign-in is too long ago.")
	errForbidden = fault.New(fault.Forbidden, "forbidden", "Your account may not do this.")
)

// identify finds the caller and holds him against what the route asks. A bearer token wins over the cookie, which is then ignored;
// a wrong token is refused everywhere, a dead cookie only where a session is needed.
func (s *Server) identify(c *gin.Context, need access) error {
	k := callOf(c.Request.Context())
	p, bearer, err := s.caller(c.Request)
	if err != nil {
		return err
	}
	k.principal, k.bearer, k.address = p, bearer, s.addressOf(c.Request)
	if need == public {
		return nil
	}
	if p == nil {
		return errSignIn
	}
	if !mayUse(need, p.Role) {
		return errForbidden
	}
	return nil
}

// caller reads the credentials of a request; nil without an error is a visitor.
func (s *Server) caller(r *http.Request) (p *account.Principal, bearer bool, err error) {
	if header := r.Header.Get("Authorization"); header != "" {
		token := bearerOf(r)
		if token == "" {
			return nil, true, errBearer
		}
		p, err = s.accounts.ByToken(r.Context(), token)
		return p, true, err
	}
	value := s.cookie(r)
	if value == "" {
		return nil, false, nil
	}
	p, err = s.accounts.BySession(r.Context(), value)
	if fault.KindOf(err) == fault.Unauthorized {
		return nil, false, nil
	}
	return p, false, err
}

// bearerOf is the token of the Authorization header; empty when there is none.
func bearerOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func (s *Server) cookieName() string {
	if s.settings.Development {
		return cookiePlain
	}
	return cookieSecure
}

func (s *Server) cookie(r *http.Request) string {
	ck, err := r.Cookie(s.cookieName())
	if err != nil {
		return ""
	}
	return ck.Value
}

// sessionCookie carries a session to the browser. Strict costs nothing: the pages are public and their own requests are same-site.
func (s *Server) sessionCookie(signed account.Signed) string {
	return (&http.Cookie{
		Name: s.cookieName(), Value: signed.Value, Path: "/", HttpOnly: true, Secure: !s.settings.Development,
		SameSite: http.SameSiteStrictMode, MaxAge: int(account.CookieLife(signed.Principal.Role) / time.Second),
	}).String()
}

func (s *Server) noCookie() string {
	return (&http.Cookie{
		Name: s.cookieName(), Path: "/", HttpOnly: true, Secure: !s.settings.Development, SameSite: http.SameSiteStrictMode, MaxAge: -1,
	}).String()
}
