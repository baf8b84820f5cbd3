package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"cinema/internal/audit"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

type adminList[T any] struct {
	OK    bool `json:"ok"`
	Total int  `json:"total"`
	Items []T  `json:"items"`
}

type auditView struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	Showtime  string          `json:"showtime_id"`
	Booking   string          `json:"booking_id"`
	User      string          `json:"user_id"`
	SeatIDs   []string        `json:"seat_ids"`
	RequestID string          `json:"request_id"`
	Payload   json.RawMessage `json:"payload"`
	At        string          `json:"at" format:"date-time"`

	Actor    string            `json:"actor,omitempty" doc:"Who did it."`
	Subject  string            `json:"subject,omitempty" doc:"Whom it concerns, when that is somebody else."`
	Personal map[string]string `json:"personal,omitempty" doc:"What tells who that is, as far as it can still be read."`
	From     string            `json:"from,omitempty" doc:"Network address of the actor."`
	Erased   bool              `json:"erased,omitempty" doc:"There were personal values that nobody can read any more."`
}

type pingView struct {
	OK   bool   `json:"ok"`
	Role string `json:"role"`
}

// AdminQuery is what every administrative list takes.
type AdminQuery struct {
	Showtime string `query:"showtime_id"`
	User     string `query:"user_id"`
	From     string `query:"from" doc:"RFC 3339."`
	To       string `query:"to" doc:"RFC 3339."`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Skip     int    `query:"skip" minimum:"0" maximum:"1000000"`
}

func (s *Server) registerAdmin() {
	const tag = "Administration"
	add(s, route{
		method: http.MethodGet, path: "/api/admin/ping", id: "admin-ping", tag: tag, access: admin, charge: reads,
		summary: "Am I an administrator",
	}, s.adminPing)
	add(s, route{
		method: http.MethodGet, path: "/api/admin/audit", id: "admin-audit", tag: tag, access: admin, charge: reads,
		summary: "What happened",
	}, s.adminAudit)
	s.registerAuditChain()
}

func (s *Server) adminPing(ctx context.Context, _ *struct{}) (*reply[pingView], error) {
	return &reply[pingView]{pingView{OK: true, Role: string(callOf(ctx).principal.Role)}}, nil
}

func (s *Server) adminAudit(ctx context.Context, in *struct {
	AdminQuery

	Type    string `query:"type" maxLength:"64"`
	Booking string `query:"booking_id"`
},
) (*reply[adminList[auditView]], error) {
	f, err := in.parse()
	if err != nil {
		return nil, err
	}
	id, err := queryID[ident.Booking](in.Booking)
	if err != nil {
		return nil, err
	}
	items, total, err := s.audit.Entries(ctx, audit.Query{
		Type: in.Type, Showtime: f.showtime, User: f.user, Booking: id, From: f.from, To: f.to, Limit: in.Limit, Skip: in.Skip,
	})
	if err != nil {
		return nil, err
	}
	out := adminList[auditView]{OK: true, Total: total, Items: make([]auditView, len(items))}
	for i, e := range items {
		if out.Items[i], err = s.revealed(ctx, e); err != nil {
			return nil, err
		}
	}
	return &reply[adminList[auditView]]{out}, nil
}

func auditOf(e audit.Entry) auditView {
	v := auditView{
		ID: e.ID, Type: e.Type, Showtime: string(e.Showtime), Booking: string(e.Booking), User: string(e.User),
		SeatIDs: texts(e.Seats), RequestID: string(e.Request), Payload: json.RawMessage("null"), At: stamp(e.At),
	}
	if json.Valid(e.Payload) {
		v.Payload = e.Payload
	}
	return v
}

type adminFilter struct {
	showtime ident.Showtime
	user     ident.User
	from, to time.Time
}

func (q AdminQuery) parse() (f adminFilter, err error) {
	if f.showtime, err = queryID[ident.Showtime](q.Showtime); err != nil {
		return f, err
	}
	if f.user, err = queryID[ident.User](q.User); err != nil {
		return f, err
	}
	if f.from, err = queryTime(q.From); err != nil {
		return f, err
	}
	f.to, err = queryTime(q.To)
	return f, err
}

func queryTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || s[len("2006-01-02T15")] != ':' || strings.Contains(s, ",") { // time.Parse also takes an hour of one digit and a comma
		return time.Time{}, fault.New(fault.Invalid, "invalid_query", "An instant is written as RFC 3339 says.")
	}
	return t, nil
}
