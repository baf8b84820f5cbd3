package httpapi

import (
	"log/slog"
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
	errScope     = fault.New(fault.Forbidden, "insufficient_scope", "The access token is not good for this.")
	errPersonal  = fault.New(fault.Forbidden, "insufficient_scope", "This is for the person alone: no program that acts for one may do it.")
)

// identify finds the caller and holds him against what the route asks. A bearer token wins over the cookie, which is then ignored;
// a wrong token is refused everywhere, a dead cookie only where a session is needed.
func (s *Server) identify(c *gin.Context, r *route) error {
	k := callOf(c.Request.Context())
	k.address = s.addressOf(c.Request)
	p, bearer, err := s.caller(c.Request, r.mints)
	if err != nil {
		return err
	}
	k.principal, k.bearer = p, bearer
	switch {
	case p == nil && r.access > public:
		return errSignIn
	case p == nil:
		return nil
	case !p.Scopes.Has(r.needs()):
		return errScope
	case r.personal && p.Delegated():
		return errPersonal
	case !mayUse(r.access, p.Role):
		return errForbidden
	}
	return nil
}

// caller reads the credentials of a request; nil without an error is a visitor. A personal token counts where access tokens are minted,
// and nowhere else.
func (s *Server) caller(r *http.Request, mints bool) (p *account.Principal, bearer bool, err error) {
	if len(r.Header.Values("Authorization")) > 0 {
		token := bearerOf(r)
		switch {
		case token == "":
			return nil, true, errBearer
		case mints && account.IsPersonal(token):
			p, err = s.accounts.ByPersonalToken(r.Context(), token)
		default:
			p, err = s.accounts.ByToken(r.Context(), token)
		}
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

// bearerOf is the token of the Authorization header; empty when there is none, or more than one header.
func bearerOf(r *http.Request) string {
	all := r.Header.Values("Authorization")
	if len(all) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(all[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// renew changes the value of the caller's session when it is due, whatever the browser asks for. The request goes on either way.
func (s *Server) renew(c *gin.Context) {
	k := callOf(c.Request.Context())
	if k.principal == nil || k.bearer {
		return
	}
	signed, renewed, err := s.accounts.Renew(c.Request.Context(), s.cookie(c.Request), k.principal, c.Request.UserAgent())
	switch {
	case err != nil:
		s.log.WarnContext(c.Request.Context(), "session not renewed", slog.String("request_id", k.id), slog.Any("error", err))
	case renewed:
		c.Writer.Header().Add("Set-Cookie", s.sessionCookie(signed))
	}
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
