package httpapi

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/fault"
)

const (
	loginPath    = "/api/auth/google/login"
	callbackPath = "/api/auth/google/callback"
	signInPage   = "/signin"       // of the web app
	notSetUp     = 5 * time.Minute // when to look again whether sign-in was configured
)

// SignIn is the identity provider: it sends people away and takes them back.
type SignIn interface {
	// Begin starts an attempt. Fault: Unavailable "sign_in_unavailable".
	Begin(ctx context.Context, a account.Attempt) (account.Begun, error)
	// Finish ends an attempt, once. The proof holds the attempt whenever the browser kept one, on errors too. Errors: ErrCancelled, or
	// the faults Invalid "sign_in_failed" and Unavailable "sign_in_unavailable".
	Finish(ctx context.Context, c account.Callback) (account.Proof, error)
}

var (
	errNoSignIn = fault.New(fault.Unavailable, "sign_in_unavailable", "Sign-in with Google is not set up here.").After(notSetUp)
	errEmbedded = fault.New(fault.Forbidden, "cross_origin", "Open this address in a tab of its own.")
)

func (s *Server) registerGoogle() {
	login := route{
		method: http.MethodGet, path: loginPath, id: "google-login", tag: "Session", charge: signIn, money: true, status: http.StatusFound,
		summary: "Sign in with Google", about: "For a browser's own navigation. Sends it to the identity provider; sets a cookie of the attempt, good for ten minutes.",
	}
	callback := route{
		method: http.MethodGet, path: callbackPath, id: "google-callback", tag: "Session", charge: reads, money: true, status: http.StatusSeeOther,
		summary: "Come back from the identity provider",
		about:   "Starts a session and sends the browser back to where it was. An attempt works once, in the browser that began it.",
	}
	s.plain(login, s.googleLogin)
	s.plain(callback, s.googleCallback)
	s.describeVisit(&login,
		queryParam("return_to", "Where to go afterwards: a path of the web app. Anything else means its first page."),
		queryParam("step_up", "true: the person who is signed in proves once more who he is, for what asks for a fresh sign-in."))
	s.describeVisit(&callback,
		queryParam("state", "Names the attempt."), queryParam("code", "The provider's code."),
		queryParam("iss", "The provider's name of itself."), queryParam("error", "What the provider says instead of a code."))
}

func queryParam(name, about string) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: about, Schema: &huma.Schema{Type: huma.TypeString}}
}

// describeVisit writes a route that forwards browsers into the document.
func (s *Server) describeVisit(r *route, params ...*huma.Param) {
	op := s.operation(r)
	op.Parameters = params
	doc := s.api.OpenAPI()
	wrong := doc.Components.Schemas.Schema(reflect.TypeFor[problem](), true, "Problem")
	op.Responses = map[string]*huma.Response{
		strconv.Itoa(r.status): {Description: http.StatusText(r.status), Headers: map[string]*huma.Param{
			"Location": {Schema: &huma.Schema{Type: huma.TypeString, Format: "uri-reference"}, Required: true},
		}},
		"default": {Description: "Error. A browser that asks for text/html gets a page.", Content: map[string]*huma.MediaType{
			problemType: {Schema: wrong}, "text/html": {Schema: &huma.Schema{Type: huma.TypeString}},
		}},
	}
	doc.AddOperation(&op)
}

// googleLogin sends the browser to the identity provider. The session that asks is sealed into the attempt: its cookie is not sent on
// the way back, which begins on another site.
func (s *Server) googleLogin(c *gin.Context) {
	ctx := c.Request.Context()
	k := callOf(ctx)
	q := c.Request.URL.Query()
	a := account.Attempt{ReturnTo: localPath(only(q, "return_to")), StepUp: only(q, "step_up") == "true"}
	k.retry = loginAddress(a)
	if err := s.visited(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	if !k.bearer { // a browser speaks by its cookie
		a.Asker = account.AskerOf(k.principal)
	}
	if a.Asker.Session == "" || k.principal.User.Guest { // nobody's sign-in to repeat: this is the first one
		a.StepUp = false
	}
	begun, err := s.signIn.Begin(ctx, a)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.keepLogin(c, begun)
	forward(c, http.StatusFound, begun.Address)
}

// googleCallback takes the browser back: a session for whom the provider vouched for, and on to where the person was.
func (s *Server) googleCallback(c *gin.Context) {
	ctx := c.Request.Context()
	k := callOf(ctx)
	if err := s.visited(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	q := c.Request.URL.Query()
	back := account.Callback{State: only(q, "state"), Code: only(q, "code"), Issuer: only(q, "iss"), Error: only(q, "error")}
	back.Sealed = s.takeLogin(c, back.State)
	proof, err := s.signIn.Finish(ctx, back)
	if proof.Attempt.ReturnTo != "" {
		k.retry = loginAddress(proof.Attempt)
	}
	if errors.Is(err, account.ErrCancelled) {
		forward(c, http.StatusSeeOther, s.front(signInPage+"?"+url.Values{"error": {"cancelled"}, "return_to": {proof.Attempt.ReturnTo}}.Encode()))
		return
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	signed, err := s.admit(ctx, proof, c.Request.UserAgent())
	if err != nil {
		s.fail(c, err)
		return
	}
	k.principal = signed.Principal
	c.Writer.Header().Add("Set-Cookie", s.sessionCookie(signed))
	forward(c, http.StatusSeeOther, s.front(proof.Attempt.ReturnTo))
}

// admit opens the session and closes the sockets of the one that it replaces.
func (s *Server) admit(ctx context.Context, proof account.Proof, agent string) (account.Signed, error) {
	signed, err := s.accounts.Admit(ctx, proof, agent)
	if err != nil {
		return account.Signed{}, err
	}
	if asker := proof.Attempt.Asker.Session; asker != "" && asker != signed.Principal.Session.ID {
		s.streams.endSession(asker)
	}
	kind := "session.started"
	if proof.Attempt.StepUp {
		kind = "session.step_up"
	}
	return signed, s.recordSignIn(ctx, kind, signed)
}

// recordSignIn writes a sign-in into the record. One that cannot be recorded does not happen: the session ends before its value is told.
func (s *Server) recordSignIn(ctx context.Context, kind string, signed account.Signed) error {
	p := signed.Principal
	act := audit.Action{Type: kind, Actor: p.User.ID, After: map[string]string{"issuer": p.Session.Issuer}}
	if p.User.Email != "" {
		act.Personal = map[string]string{"email": p.User.Email}
	}
	if err := s.act(ctx, act); err != nil {
		return errors.Join(err, s.accounts.Logout(ctx, p))
	}
	return nil
}

// visited refuses what is no visit of a person: the question for the headers alone, a picture or a frame of another page. And it
// refuses everybody while no provider is configured.
func (s *Server) visited(r *http.Request) error {
	if asked, _ := r.Context().Value(headKey{}).(bool); asked {
		return errMethod
	}
	if to := r.Header.Get("Sec-Fetch-Dest"); to != "" && to != "document" {
		return errEmbedded
	}
	if s.signIn == nil {
		return errNoSignIn
	}
	return nil
}

// isVisit tells the routes where people come with their browser: an error there is a page.
func isVisit(c *gin.Context) bool { return c.FullPath() == loginPath || c.FullPath() == callbackPath }

// front is an address of the web app.
func (s *Server) front(path string) string { return s.frontend + path }

// loginAddress is where an attempt like this one begins.
func loginAddress(a account.Attempt) string {
	q := url.Values{"return_to": {a.ReturnTo}}
	if a.StepUp {
		q.Set("step_up", "true")
	}
	return loginPath + "?" + q.Encode()
}

// only is the value of a parameter that is there once; empty otherwise.
func only(q url.Values, name string) string {
	if v := q[name]; len(v) == 1 {
		return v[0]
	}
	return ""
}

func forward(c *gin.Context, status int, to string) {
	c.Writer.Header()["Location"] = []string{to}
	c.Status(status)
	c.Writer.WriteHeaderNow()
}
