package httpapi_test

import (
	"bytes"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"cinema/internal/httpapi"
)

var update = flag.Bool("update", false, "rewrite the committed API document")

// The committed document is the one that the code makes.
func TestOpenAPI_is_committed(t *testing.T) {
	t.Parallel()
	made, err := httpapi.OpenAPI()
	require.NoError(t, err)
	path := filepath.Join("..", "..", "api", "openapi.json")
	if *update {
		require.NoError(t, os.WriteFile(path, made, 0o600))
	}
	committed, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Equal(made, committed), "api/openapi.json is out of date: make generate")
}

func TestOpenAPI_is_valid(t *testing.T) {
	t.Parallel()
	doc := document(t)
	require.True(t, strings.HasPrefix(doc.OpenAPI, "3.1"))
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			require.NotEmpty(t, op.Summary, "%s %s", method, path)
			require.NotEmpty(t, op.Tags, "%s %s", method, path)
			require.NotNil(t, op.Responses.Default(), "%s %s says nothing of errors", method, path)
		}
	}
}

func document(t *testing.T) *openapi3.T {
	t.Helper()
	raw, err := httpapi.OpenAPI()
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	return doc
}

// contract checks every answer of a client against the document.
type contract struct {
	t      *testing.T
	router routers.Router

	mu   sync.Mutex // guards seen
	seen map[string]bool
}

func newContract(t *testing.T) *contract {
	t.Helper()
	doc := document(t)
	doc.Servers = nil
	router, err := gorillamux.NewRouter(doc)
	require.NoError(t, err)
	return &contract{t: t, router: router, seen: make(map[string]bool)}
}

func (k *contract) check(req *http.Request, r response) {
	k.t.Helper()
	route, params, err := k.router.FindRoute(req)
	require.NoError(k.t, err, "%s %s is not in the document", req.Method, req.URL.Path)
	media, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	isJSON := strings.HasSuffix(media, "json")
	if !isJSON && r.text != "" {
		require.NotNil(k.t, route.Operation.Responses.Status(r.status).Value.Content.Get(media), "%s of %s", media, route.Path)
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: req, PathParams: params, Route: route, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		},
		Status: r.status, Header: r.header, Body: io.NopCloser(strings.NewReader(r.text)),
		Options: &openapi3filter.Options{IncludeResponseStatus: r.status < http.StatusBadRequest, MultiError: true, ExcludeResponseBody: !isJSON},
	}
	require.NoError(k.t, openapi3filter.ValidateResponse(k.t.Context(), input), "%s %s: %.500s", req.Method, req.URL, r.text)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen[route.Method+" "+route.Path] = true
}

// A walk through the product: every answer is as the document says, and every operation of the document is walked.
func TestOpenAPI_describes_every_answer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.contract = newContract(t)
	v, boss := b.visitor(), b.person("boss@example.com")
	for _, path := range []string{
		"/health", "/livez", "/readyz", "/api/config", "/api/cinemas", "/api/movies?now_showing=true", "/api/movies/low-orbit", "/api/movies/none",
		"/api/showtimes", "/api/showtimes?limit=1", "/api/showtimes/" + onSale, "/api/showtimes/" + closed, "/api/showtimes/none",
		"/api/layouts/ly_hall1", "/media/posters/low-orbit.svg", statePath, "/api/me", "/api/auth/google/login", "/api/auth/google/callback",
	} {
		v.get(path)
	}
	g := b.guest()
	g.get(g.get("/api/me").body["user"].(fields)["picture"].(string))
	g.get("/media/avatars/us_somebody")
	g.token()
	g.hold("request-1", "A1", "A3")
	b.guest().post(lockPath, fields{"seat_ids": []string{"A1", "A2"}})
	g.post(lockPath, fields{"seat_ids": []string{"B1"}})
	g.post(seatsPath+"/extend", fields{"request_id": "request-1"})
	g.get(statePath)
	g.delete(lockPath, fields{"seat_ids": []string{"A3", "A9"}})
	g.post(seatsPath+"/best", fields{"count": 2, "request_id": "request-2"})
	g.post("/api/ws-tickets", fields{"showtime_id": onSale})

	id := booked(g.post(confirmPath, sale("request-1", "A1")))["id"].(string)
	r := g.get("/api/bookings/" + id)
	ticket := r.tickets(t)[0]["id"].(string)
	g.get("/api/bookings")
	g.get("/api/tickets/" + ticket)
	g.get("/api/tickets/" + ticket + "/qr.svg")
	g.get("/api/bookings/" + id + "/tickets.pdf")
	g.get("/api/bookings/" + id + "/calendar.ics")
	b.visitor().post("/api/bookings/lookup", fields{"reference": booked(r)["reference"], "email": "ann@example.com"})

	g.hold("request-3", "C3", "C4")
	pending := "/api/bookings/" + booked(g.post(checkoutPath, sale("request-3", "C3", "C4")))["id"].(string)
	asked := booked(g.post(pending+"/settle", fields{"payment_token": "tok_action"}))
	g.get(pending)
	ref := strings.TrimPrefix(asked["payment"].(fields)["next_action"].(fields)["url"].(string), "/bank/")
	g.post("/api/payments/mock/"+ref+"/action", fields{"approve": true})
	g.post("/api/bookings/"+id+"/cancel?dry_run=true", nil)
	g.post("/api/bookings/"+id+"/cancel", nil)
	boss.get("/api/admin/ping")
	boss.get("/api/admin/bookings")
	b.walkOffice(boss)
	boss.get("/api/admin/audit")
	boss.get("/api/admin/audit/chain")
	g.get("/api/admin/audit")
	walkTokens(b)
	walkPrivacy(b)
	g.post("/api/auth/logout", nil)

	for path, item := range document(t).Paths.Map() {
		for method := range item.Operations() {
			require.True(t, b.contract.seen[method+" "+path], "the walk leaves out %s %s", method, path)
		}
	}
}
