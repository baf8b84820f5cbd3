package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"cinema/internal/account"
	"cinema/internal/audit"
)

// googleIssuer is the identity provider that has a name of its own in the list of sessions.
const googleIssuer = "https://accounts.google.com"

type sessionListView struct {
	OK    bool              `json:"ok"`
	Items []sessionItemView `json:"items" doc:"Last seen first."`
}

type sessionItemView struct {
	ID        string `json:"id"`
	Current   bool   `json:"current" doc:"The session of this request."`
	CreatedAt string `json:"created_at" format:"date-time"`
	LastSeen  string `json:"last_seen_at" format:"date-time"`
	AuthTime  string `json:"auth_time" format:"date-time" doc:"When the person last proved who he is."`
	Agent     string `json:"agent" doc:"The browser, coarsely: Chromium on Linux."`
	Issuer    string `json:"issuer" doc:"Who vouched for the person: google, dev, guest, or the host of another provider."`
}

// SessionPath names a session of the caller.
type SessionPath struct {
	Session string `path:"sessionId"`
}

type everywhereBody struct {
	KeepCurrent bool `json:"keep_current,omitempty" doc:"Stay signed in here."`
	Tokens      bool `json:"tokens,omitempty" doc:"End the personal tokens too."`
}

type endedView struct {
	OK    bool `json:"ok"`
	Ended int  `json:"ended" doc:"How many sessions were ended."`
}

type everywhereReply struct {
	SetCookie string `header:"Set-Cookie"`
	ClearSite string `header:"Clear-Site-Data"`
	Body      endedView
}

func (s *Server) registerSessions() {
	const tag = "Session"
	add(s, route{
		method: http.MethodGet, path: "/api/auth/sessions", id: "list-sessions", tag: tag, access: session, charge: reads, personal: true,
		summary: "Where I am signed in",
	}, s.listSessions)
	add(s, route{
		method: http.MethodDelete, path: "/api/auth/sessions/{sessionId}", id: "end-session", tag: tag, access: session, charge: changes,
		personal: true, summary: "End one of my sessions",
	}, s.endOneSession)
	add(s, route{
		method: http.MethodPost, path: "/api/auth/logout-everywhere", id: "logout-everywhere", tag: tag, access: session, charge: changes,
		personal: true, summary: "Sign out everywhere",
		about: "Ends every session of the caller in every process within five seconds, and closes their sockets. Personal tokens stay unless asked.",
	}, s.logoutEverywhere)
}

func (s *Server) listSessions(ctx context.Context, _ *struct{}) (*reply[sessionListView], error) {
	p := callOf(ctx).principal
	all, err := s.accounts.Sessions(ctx, p)
	if err != nil {
		return nil, err
	}
	items := make([]sessionItemView, len(all))
	for i := range all {
		items[i] = sessionItemOf(&all[i], p)
	}
	return &reply[sessionListView]{sessionListView{OK: true, Items: items}}, nil
}

func sessionItemOf(v *account.Session, p *account.Principal) sessionItemView {
	return sessionItemView{
		ID: v.ID, Current: v.ID == p.Session.ID, CreatedAt: v.CreatedAt.Format(time.RFC3339), LastSeen: v.LastSeen.Format(time.RFC3339),
		AuthTime: v.AuthTime.Format(time.RFC3339), Agent: v.Label, Issuer: issuerName(v.Issuer),
	}
}

// issuerName is an issuer as people know it.
func issuerName(issuer string) string {
	switch issuer {
	case "":
		return "guest"
	case account.DevIssuer:
		return "dev"
	case googleIssuer:
		return "google"
	}
	if u, err := url.Parse(issuer); err == nil && u.Host != "" {
		return u.Host
	}
	return "other"
}

func (s *Server) endOneSession(ctx context.Context, in *SessionPath) (*reply[aliveView], error) {
	if err := s.accounts.EndSession(ctx, callOf(ctx).principal, in.Session); err != nil {
		return nil, err
	}
	s.streams.endSession(in.Session)
	err := s.act(ctx, audit.Action{Type: "session.ended", Before: map[string]any{"session": in.Session}})
	if err != nil {
		return nil, err
	}
	return &reply[aliveView]{aliveView{OK: true}}, nil
}

func (s *Server) logoutEverywhere(ctx context.Context, in *struct{ Body *everywhereBody }) (*everywhereReply, error) {
	p := callOf(ctx).principal
	var body everywhereBody
	if in.Body != nil {
		body = *in.Body
	}
	var keep *account.Principal
	kept := ""
	if body.KeepCurrent {
		keep, kept = p, p.Session.ID
	}
	ended, err := s.accounts.EndSessionsOf(ctx, p.User.ID, keep)
	if err != nil {
		return nil, err
	}
	tokens := 0
	if body.Tokens {
		if tokens, err = s.accounts.DeleteTokensOf(ctx, p.User.ID); err != nil {
			return nil, err
		}
	}
	s.streams.end(func(other *account.Principal) bool {
		return other.User.ID == p.User.ID && other.Session.ID != kept && (body.Tokens || other.Access.Personal == "")
	})
	err = s.act(ctx, audit.Action{
		Type: "session.ended_everywhere", After: map[string]any{"ended": ended, "tokens": tokens, "kept_current": body.KeepCurrent},
	})
	if err != nil {
		return nil, err
	}
	out := &everywhereReply{Body: endedView{OK: true, Ended: ended}}
	if !body.KeepCurrent {
		out.SetCookie, out.ClearSite = s.noCookie(), clearSite
	}
	return out, nil
}

// clearSite asks the browser to forget what the product left there.
const clearSite = `"cookies", "storage"`
