package httpapi

import (
	"context"
	"errors"
	"net/http"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

type meView struct {
	OK          bool     `json:"ok"`
	Role        string   `json:"role" enum:"USER,STAFF,MANAGER,ADMIN"`
	CinemaIDs   []string `json:"cinema_ids" doc:"Where STAFF and MANAGER count; empty: everywhere."`
	StepUpUntil string   `json:"step_up_until,omitempty" format:"date-time" doc:"Until then acts that ask for a fresh sign-in are let pass; missing: never."`
	User        userView `json:"user"`
}

type userView struct {
	ID       string  `json:"id"`
	Email    *string `json:"email" doc:"null for guests"`
	Verified bool    `json:"verified" doc:"The provider vouches for the address."`
	Name     string  `json:"name"`
	Picture  string  `json:"picture" doc:"Its address here: GET /media/avatars/{userId}."`
	Role     string  `json:"role" enum:"USER,STAFF,MANAGER,ADMIN"`
	Guest    bool    `json:"guest"`
}

type devLoginBody struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty" maxLength:"100"`
}

// AgentHeader is the browser that asks, kept as a hash with its session.
type AgentHeader struct {
	Agent string `header:"User-Agent" hidden:"true"`
}

type devLoginInput struct {
	AgentHeader

	Body devLoginBody
}

// sessionReply is /api/me with the cookie of a session that was just opened.
type sessionReply struct {
	SetCookie string `header:"Set-Cookie"`
	Body      meView
}

type logoutReply struct {
	SetCookie string `header:"Set-Cookie"`
	ClearSite string `header:"Clear-Site-Data"`
	Body      aliveView
}

func (s *Server) registerSession() {
	add(s, route{
		method: http.MethodGet, path: "/api/me", id: "me", tag: "Session", access: session, charge: reads,
		summary: "Who I am",
	}, s.me)
	add(s, route{
		method: http.MethodPost, path: "/api/auth/guest", id: "start-guest", tag: "Session", charge: guests,
		summary: "Start as a guest", about: "A caller who has a session keeps it.",
	}, s.startGuest)
	add(s, route{
		method: http.MethodPost, path: "/api/auth/logout", id: "logout", tag: "Session", access: session, charge: changes, personal: true,
		summary: "End the session",
	}, s.logout)
	if s.settings.Development {
		add(s, route{
			method: http.MethodPost, path: "/api/auth/dev/login", id: "dev-login", tag: "Session", charge: signIn, personal: true,
			summary: "Sign in without a provider", about: "Only in development. The address counts as verified.",
		}, s.devLogin)
	}
}

func (s *Server) me(ctx context.Context, _ *struct{}) (*reply[meView], error) {
	return &reply[meView]{meOf(callOf(ctx).principal)}, nil
}

func (s *Server) startGuest(ctx context.Context, in *AgentHeader) (*sessionReply, error) {
	if p := callOf(ctx).principal; p != nil {
		return &sessionReply{Body: meOf(p)}, nil
	}
	signed, err := s.accounts.StartGuest(ctx, in.Agent)
	if err != nil {
		return nil, err
	}
	return s.signedIn(signed), nil
}

func (s *Server) devLogin(ctx context.Context, in *devLoginInput) (*sessionReply, error) {
	id, err := account.DevIdentity(in.Body.Email, in.Body.Name)
	if errors.Is(err, account.ErrEmail) {
		return nil, fault.New(fault.Invalid, "invalid_body", "That is not an e-mail address.")
	}
	if err != nil {
		return nil, err
	}
	old := callOf(ctx).principal
	signed, err := s.accounts.SignIn(ctx, id, old, in.Agent)
	if err != nil {
		return nil, err
	}
	if old != nil {
		s.streams.endSession(old.Session.ID)
	}
	return s.signedIn(signed), nil
}

func (s *Server) signedIn(signed account.Signed) *sessionReply {
	return &sessionReply{SetCookie: s.sessionCookie(signed), Body: meOf(signed.Principal)}
}

func (s *Server) logout(ctx context.Context, _ *struct{}) (*logoutReply, error) {
	p := callOf(ctx).principal
	if err := s.accounts.Logout(ctx, p); err != nil {
		return nil, err
	}
	s.streams.endSession(p.Session.ID)
	if err := s.act(ctx, audit.Action{Type: "session.ended", Before: map[string]any{"session": p.Session.ID}}); err != nil {
		return nil, err
	}
	return &logoutReply{SetCookie: s.noCookie(), ClearSite: clearSite, Body: aliveView{OK: true}}, nil
}

func meOf(p *account.Principal) meView {
	u := userView{
		ID: string(p.User.ID), Name: p.User.Name, Picture: pictureOf(p.User.ID), Role: string(p.Role), Guest: p.User.Guest,
		Verified: p.User.Verified,
	}
	if !p.User.Guest {
		u.Email = &p.User.Email
	}
	return meView{
		OK: true, Role: string(p.Role), CinemaIDs: texts(p.Cinemas()), StepUpUntil: stampOr(p.RecentUntil()), User: u,
	}
}

// requestID is the id that names a hold or a booking: that of the body, else that of the header, else one of ours.
func requestID(ctx context.Context, body string) (ident.Request, error) {
	k := callOf(ctx)
	for _, given := range []string{body, k.named} {
		if given == "" {
			continue
		}
		r, err := ident.ParseRequest(given)
		if err != nil {
			return "", fault.New(fault.Invalid, "invalid_request_id", "A request id is 8 to 128 of A-Z a-z 0-9 _ . -")
		}
		return r, nil
	}
	return ident.Request(k.id), nil
}
