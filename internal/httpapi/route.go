package httpapi

import (
	"context"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"cinema/internal/account"
	"cinema/internal/fault"
)

// access says who may use a route.
type access int

const (
	public  access = iota // anybody; a caller who is known is told apart
	session               // anybody with a session, guests included
	staff
	manager
	admin
)

// route is what the edge checks before a handler runs.
type route struct {
	method, path string // path in the form of the document: /api/x/{id}
	id           string
	summary      string
	about        string
	tag          string
	access       access
	charge       charge
	free         string         // why nothing is charged; every other route has a charge
	status       int            // of success; zero: 200
	stepUp       bool           // asks for a sign-in of the last minutes
	scope        account.Scopes // what an access token must be good for; zero: by method and access
	personal     bool           // for the person alone, not for programs that act for one
	mints        bool           // takes a personal token, to make an access token of it
	money        bool           // may take as long as a payment provider
	stream       bool           // has no deadline
	frequent     bool           // logged only when it fails
	keyed        bool           // takes an Idempotency-Key
	bodyTypes    []string       // media types of the body; empty: JSON
	tagged       bool           // its answer is the same for everybody: it carries an ETag made from its bytes and is kept for a moment
	produces     string         // media type of an answer that is not JSON
	also         []int          // further statuses of success
}

// ginPath is the path in the router's form.
func (r *route) ginPath() string {
	return strings.NewReplacer("{", ":", "}", "").Replace(r.path)
}

// needs is what an access token must be good for: reading, a customer's changes, or whatever asks for a role.
func (r *route) needs() account.Scopes {
	switch {
	case r.scope != 0:
		return r.scope
	case r.access > session:
		return account.ScopeManage
	case r.method == http.MethodGet:
		return account.ScopeRead
	default:
		return account.ScopeBook
	}
}

// add registers an operation: its document, its guard and its handler. The document comes from the types of input and output.
func add[I, O any](s *Server, r route, handle func(context.Context, *I) (*O, error)) {
	s.routes[r.method+" "+r.ginPath()] = &r
	huma.Register(s.api, s.operation(&r), func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.problemOf(ctx, err)
		}
		return out, nil
	})
	s.complete(&r)
}

// plain registers a route that is no part of the document: its guard and its handler.
func (s *Server) plain(r route, handle gin.HandlerFunc) {
	s.routes[r.method+" "+r.ginPath()] = &r
	s.engine.Handle(r.method, r.ginPath(), func(c *gin.Context) {
		if finish, ok := s.guard(c, &r); ok {
			handle(c)
			finish()
		}
	})
}

// complete adds to the document what the types cannot say: further statuses of success, and that problems carry members of their case.
func (s *Server) complete(r *route) {
	doc := s.api.OpenAPI()
	if problems := doc.Components.Schemas.Map()["Problem"]; problems != nil {
		problems.AdditionalProperties = true
	}
	item := doc.Paths[r.path]
	op := item.Post
	if op == nil || len(r.also) == 0 {
		return
	}
	first := max(r.status, http.StatusOK)
	for _, status := range r.also {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status), Content: op.Responses[strconv.Itoa(first)].Content,
		}
	}
}

// operation is the route as the document tells it. Bodies are checked by decodeStrict and by the handlers, not by the schema: a value
// that breaks a rule of the contract has a code of its own.
func (s *Server) operation(r *route) huma.Operation {
	op := huma.Operation{
		Method: r.method, Path: r.path, OperationID: r.id, Summary: r.summary, Description: r.about, Tags: []string{r.tag},
		DefaultStatus: r.status, SkipValidateBody: true, MaxBodyBytes: maxBody + 1,
		Middlewares: huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
			c := humagin.Unwrap(ctx)
			if finish, ok := s.guard(c, r); ok {
				next(ctx)
				finish()
			}
		}},
	}
	if r.produces != "" {
		op.Responses = map[string]*huma.Response{"200": {
			Description: "OK", Content: map[string]*huma.MediaType{r.produces: {Schema: &huma.Schema{Type: "string"}}},
		}}
	}
	if r.access > public {
		op.Security = []map[string][]string{{"cookie": {}}, {"bearer": {}}}
	}
	if r.keyed {
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: headerKey, In: "header", Description: "A repeat with the same key is answered as the first time.",
			Schema: &huma.Schema{Type: "string"},
		})
	}
	return op
}

// guard makes the checks that come before a handler, in the order of the contract: credentials, rights, rate, body, key. A rate that
// counts addresses alone comes first. It answers by itself when one fails. finish ends what the guard began and is called after the handler.
func (s *Server) guard(c *gin.Context, r *route) (finish func(), ok bool) {
	byAddress := s.limits[r.charge].user.Limit == 0 // then wrong credentials count too
	if byAddress {
		if err := s.spend(c, r.charge); err != nil {
			s.fail(c, err)
			return nil, false
		}
	}
	if err := s.identify(c, r); err != nil {
		s.fail(c, err)
		return nil, false
	}
	if r.stepUp && !s.accounts.Recent(callOf(c.Request.Context()).principal) {
		s.fail(c, errStepUp)
		return nil, false
	}
	if !byAddress {
		if err := s.spend(c, r.charge); err != nil {
			s.fail(c, err)
			return nil, false
		}
	}
	if err := checkBody(c.Request, r.bodyTypes); err != nil {
		s.fail(c, err)
		return nil, false
	}
	if r.tagged {
		return s.tagged(c)
	}
	s.renew(c)
	if r.keyed {
		return s.once(c, r)
	}
	return func() {}, true
}

var (
	errTooLarge = fault.New(fault.Invalid, "body_too_large", "The body is larger than 64 KB.")
	jsonOnly    = []string{"application/json"}
)

// checkBody judges type and size before anything is read. A request without a body has no type.
func checkBody(r *http.Request, types []string) error {
	if r.Method == http.MethodGet || r.ContentLength == 0 || r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	if r.ContentLength > maxBody {
		return errTooLarge
	}
	if len(types) == 0 {
		types = jsonOnly
	}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || charset != "" && !strings.EqualFold(charset, "utf-8") || !slices.Contains(types, media) {
		return fault.New(fault.Invalid, "unsupported_media_type", "Send "+strings.Join(types, " or ")+".")
	}
	return nil
}

// readBody reads a whole body within the cap.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil || r.ContentLength == 0 {
		return nil, nil
	}
	var body []byte
	var err error
	if n := r.ContentLength; n > 0 && n <= maxBody {
		body = make([]byte, n)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "invalid_body", "The body could not be read.")
	}
	if len(body) > maxBody {
		return nil, errTooLarge
	}
	return body, nil
}

// mayUse tells whether a role is enough for a route.
func mayUse(a access, r account.Role) bool {
	switch a {
	case staff:
		return r.Rank() >= account.RoleStaff.Rank()
	case manager:
		return r.Rank() >= account.RoleManager.Rank()
	case admin:
		return r.Rank() >= account.RoleAdmin.Rank()
	case public, session:
	}
	return true
}
