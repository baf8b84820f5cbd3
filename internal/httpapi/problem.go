package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"cinema/internal/fault"
	"cinema/internal/hold"
)

const problemType = "application/problem+json"

// statusClientGone is logged for a client that left before its answer; nobody reads it.
const statusClientGone = 499

// problem is every error answer: RFC 9457 with the members of the contract. Members of the case follow the fixed ones.
type problem struct {
	Type       string         `json:"type" doc:"Identifies the kind of problem."`
	Title      string         `json:"title" doc:"The kind of problem in words."`
	Status     int            `json:"status" doc:"The HTTP status."`
	Detail     string         `json:"detail,omitempty" doc:"What happened, for people."`
	Instance   string         `json:"instance" doc:"The id of the request, for support."`
	OK         bool           `json:"ok" doc:"Always false."`
	Code       string         `json:"error" doc:"Stable machine code."`
	RetryAfter int            `json:"retry_after,omitempty" doc:"Seconds to wait before the next try."`
	Errors     []problemField `json:"errors,omitempty" doc:"What is wrong with the request, by place."`
	extra      map[string]any
	headers    http.Header
}

// problemField is one thing that is wrong with a request. The offending value is never repeated.
type problemField struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

var (
	_ huma.StatusError       = (*problem)(nil)
	_ huma.HeadersError      = (*problem)(nil)
	_ huma.ContentTypeFilter = (*problem)(nil)
)

// Error gives the code and the detail.
func (p *problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders are headers that go with the answer.
func (p *problem) GetHeaders() http.Header { return p.headers }

// ContentType is the media type of problem documents.
func (p *problem) ContentType(string) string { return problemType }

// MarshalJSON writes the fixed members and then those of the case.
func (p *problem) MarshalJSON() ([]byte, error) {
	type fixed problem
	b, err := json.Marshal((*fixed)(p))
	if err != nil || len(p.extra) == 0 {
		return b, err
	}
	names := make([]string, 0, len(p.extra))
	for name := range p.extra {
		names = append(names, name)
	}
	slices.Sort(names)
	b = b[:len(b)-1]
	for _, name := range names {
		value, err := json.Marshal(p.extra[name])
		if err != nil {
			return nil, err
		}
		b = append(b, ',')
		b = strconv.AppendQuote(b, name)
		b = append(b, ':')
		b = append(b, value...)
	}
	return append(b, '}'), nil
}

// statusOf is the one table from faults to HTTP. Codes that differ from their kind stand first.
func statusOf(kind fault.Kind, code string) int {
	switch code {
	case "idempotency_mismatch":
		return http.StatusUnprocessableEntity
	case "body_too_large":
		return http.StatusRequestEntityTooLarge
	case "unsupported_media_type":
		return http.StatusUnsupportedMediaType
	case "method_not_allowed":
		return http.StatusMethodNotAllowed
	}
	switch kind {
	case fault.Invalid:
		return http.StatusBadRequest
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Gone:
		return http.StatusGone
	case fault.Declined:
		return http.StatusPaymentRequired
	case fault.Limited:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Internal:
	}
	return http.StatusInternalServerError
}

// problemOf turns an error into its answer. What is not a fault is internal: its text stays in the log.
func (s *Server) problemOf(ctx context.Context, err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	id := callOf(ctx).id
	f, ok := errors.AsType[*fault.Fault](err)
	switch {
	case ok:
	case errors.Is(err, context.Canceled):
		return newProblem(id, statusClientGone, "client_gone", "The client has gone.")
	case errors.Is(err, hold.ErrUnavailable):
		f = fault.Wrap(err, fault.Unavailable, "hold_store_unavailable", "Seats cannot be held at the moment. Try again.")
	case errors.Is(err, context.DeadlineExceeded):
		f = fault.Wrap(err, fault.Unavailable, "store_unavailable", "The answer took too long. Try again.")
	default:
		s.log.ErrorContext(ctx, "request failed", slog.String("request_id", id), slog.Any("error", err))
		return newProblem(id, http.StatusInternalServerError, "internal", "Something went wrong on our side. Give this id to support.")
	}
	p := newProblem(id, statusOf(f.Kind, f.Code), f.Code, f.Detail)
	p.extra = f.Extra
	if p.Status >= http.StatusInternalServerError {
		s.log.WarnContext(ctx, "request refused", slog.String("request_id", id), slog.Any("error", err))
		if f.Kind == fault.Internal {
			p.Code, p.Type, p.Detail, p.extra = "internal", "/problems/internal", "Something went wrong on our side. Give this id to support.", nil
		}
	}
	wait := f.RetryAfter
	if wait == 0 && f.Kind == fault.Unavailable {
		wait = defaultRetry
	}
	if wait > 0 {
		p.RetryAfter = int(math.Ceil(wait.Seconds()))
		p.headers = http.Header{"Retry-After": {strconv.Itoa(p.RetryAfter)}}
	}
	return p
}

func newProblem(id string, status int, code, detail string) *problem {
	title := titles[code]
	if title == "" {
		title = http.StatusText(status)
	}
	return &problem{
		Type: "/problems/" + strings.ReplaceAll(code, "_", "-"), Title: title,
		Status: status, Detail: detail, Instance: id, Code: code,
	}
}

// titles name the problems that people meet.
var titles = map[string]string{
	"seats_unavailable":   "Some seats are taken",
	"seat_limit_exceeded": "Too many seats",
	"seat_rule":           "These seats cannot be chosen like this",
	"hold_limit_reached":  "The seats cannot be held any longer",
	"hold_expired":        "The hold has ended",
	"hold_lost":           "The hold was lost",
	"not_owner":           "Somebody else holds these seats",
	"already_booked":      "These seats are sold",
	"booking_open":        "A booking of these seats is open",
	"payment_declined":    "The payment was declined",
	"payment_expired":     "The time to pay has passed",
	"not_on_sale":         "Sales have not opened",
	"sales_closed":        "Sales have ended",
	"invalid_body":        "The request is malformed",
	"rate_limited":        "Too many requests",
	"cross_origin":        "Request from another site",
	"internal":            "Internal error",
	"sign_in_unavailable": "Sign-in is not possible",
	"sign_in_failed":      "The sign-in failed",
	"step_up_failed":      "The sign-in did not confirm who you are",
}

// fail answers a Gin handler with an error and stops the chain.
func (s *Server) fail(c *gin.Context, err error) {
	p := s.problemOf(c.Request.Context(), err)
	maps.Copy(c.Writer.Header(), p.headers)
	c.Abort()
	if p.Status == statusClientGone {
		c.Status(statusClientGone)
		return
	}
	if isVisit(c) && wantsPage(c.Request) {
		s.failPage(c, p)
		return
	}
	body, err := json.Marshal(p)
	if err != nil {
		s.log.ErrorContext(c.Request.Context(), "problem document", slog.Any("error", err))
		c.Status(http.StatusInternalServerError)
		return
	}
	h := c.Writer.Header()
	h["Content-Type"] = problemHeader
	if _, cached := h["Cache-Control"]; cached {
		h["Cache-Control"] = noStore
	}
	c.Writer.WriteHeader(p.Status)
	_, _ = c.Writer.Write(append(body, '\n')) // the client may have gone
}

var problemHeader = []string{problemType}

// humaProblem is the framework's own errors in the contract's form: malformed requests are 400 and name the place, not the value.
func humaProblem(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
	id := ""
	if ctx != nil {
		id = callOf(ctx.Context()).id
	}
	switch status {
	case http.StatusRequestEntityTooLarge:
		return newProblem(id, status, "body_too_large", "The body is larger than 64 KB.")
	case http.StatusUnsupportedMediaType:
		return newProblem(id, status, "unsupported_media_type", "Send application/json.")
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusRequestTimeout:
		return malformed(id, msg, errs)
	}
	if strings.Contains(msg, "cannot read request body") { // it ended before its length: the client's fault, and no alarm
		return malformed(id, msg, nil)
	}
	if ctx != nil {
		value, _ := humagin.Unwrap(ctx).Get(serverKey)
		if s, ok := value.(*Server); ok {
			return s.problemOf(ctx.Context(), errors.Join(errs...))
		}
	}
	return newProblem(id, status, "internal", "Something went wrong on our side.")
}

func malformed(id, msg string, errs []error) *problem {
	code, detail := "invalid_query", "A parameter is malformed."
	fields := make([]problemField, 0, len(errs))
	if strings.Contains(msg, "body") {
		code, detail = "invalid_body", "The body is missing or not as documented."
	}
	for _, err := range errs {
		f := problemField{Message: "is malformed"}
		if d, ok := err.(huma.ErrorDetailer); ok {
			f.Location, f.Message = d.ErrorDetail().Location, d.ErrorDetail().Message
		}
		if strings.HasPrefix(f.Location, "body") {
			code, detail = "invalid_body", "The body is not as documented."
		}
		fields = append(fields, f)
	}
	p := newProblem(id, http.StatusBadRequest, code, detail)
	p.Errors = fields
	return p
}
