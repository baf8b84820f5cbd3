package httpapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/catalog"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// PersonView is a user as administrators see him.
type PersonView struct {
	ID        string   `json:"id"`
	Email     *string  `json:"email" doc:"null for guests"`
	Verified  bool     `json:"verified" doc:"The provider vouches for the address."`
	Name      string   `json:"name"`
	Picture   string   `json:"picture" doc:"Its address here."`
	Role      string   `json:"role" enum:"USER,STAFF,MANAGER,ADMIN" doc:"The one that counts."`
	Granted   string   `json:"granted" enum:"USER,STAFF,MANAGER,ADMIN" doc:"The one that was given here."`
	Bootstrap bool     `json:"bootstrap" doc:"ADMIN because ADMIN_EMAILS lists the address."`
	CinemaIDs []string `json:"cinema_ids" doc:"Where STAFF and MANAGER count; empty: everywhere."`
	Guest     bool     `json:"guest"`
	CreatedAt string   `json:"created_at" format:"date-time"`
	LastSeen  string   `json:"last_seen_at,omitempty" format:"date-time" doc:"By the newest session."`
}

type personAnswer struct {
	OK   bool       `json:"ok"`
	User PersonView `json:"user"`
}

type personDetail struct {
	OK       bool       `json:"ok"`
	User     PersonView `json:"user"`
	Sessions int        `json:"sessions" doc:"Live ones."`
}

type signOutView struct {
	OK     bool `json:"ok"`
	Ended  int  `json:"ended" doc:"Sessions."`
	Tokens int  `json:"tokens" doc:"Personal tokens that ended with them."`
}

// UserPath names a user in an address.
type UserPath struct {
	User string `path:"userId"`
}

type roleBody struct {
	Role      string   `json:"role" doc:"USER, STAFF, MANAGER or ADMIN."`
	CinemaIDs []string `json:"cinema_ids,omitempty" doc:"Where STAFF and MANAGER count; empty: everywhere; left out: as before."`
}

type roleInput struct {
	UserPath

	Body roleBody
}

func (s *Server) registerUsers() {
	const tag = "Administration"
	add(s, route{
		method: http.MethodGet, path: "/api/admin/users", id: "admin-users", tag: tag, access: admin, charge: reads,
		summary: "Find people", about: "By the words that address or name begin with, and by the role that counts. Newest first.",
	}, s.users)
	add(s, route{
		method: http.MethodGet, path: "/api/admin/users/{userId}", id: "admin-user", tag: tag, access: admin, charge: reads,
		summary: "One person",
	}, s.user)
	const about = "Sessions of the person get new values; the role counts within seconds everywhere. Refused with `last_admin` for the last " +
		"administrator, `bootstrap_admin` for whom ADMIN_EMAILS lists, `guest`, and `role_changed` when somebody else was faster."
	add(s, route{
		method: http.MethodPost, path: "/api/admin/users/{userId}/role", id: "set-role", tag: tag, access: admin, charge: changes,
		stepUp: true, keyed: true, summary: "Give a person a role", about: about,
	}, s.setRole)
	add(s, route{
		method: http.MethodPatch, path: "/api/admin/users/{userId}/role", id: "change-role", tag: tag, access: admin, charge: changes,
		stepUp: true, keyed: true, summary: "Give a person a role", about: about,
	}, s.setRole)
	add(s, route{
		method: http.MethodPost, path: "/api/admin/users/{userId}/sign-out", id: "sign-out-user", tag: tag, access: admin, charge: changes,
		stepUp: true, keyed: true, summary: "End a person's sessions and personal tokens",
	}, s.signOutUser)
}

func (s *Server) users(ctx context.Context, in *struct {
	Text   string `query:"q" maxLength:"200" doc:"Words that address or name begin with."`
	Role   string `query:"role" enum:"USER,STAFF,MANAGER,ADMIN"`
	Guests bool   `query:"guests" doc:"Guests too."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Skip   int    `query:"skip" minimum:"0" maximum:"1000000"`
},
) (*reply[adminList[PersonView]], error) {
	if strings.ContainsFunc(in.Text, unicode.IsControl) {
		return nil, errControl
	}
	people, total, err := s.accounts.People(ctx, account.UserQuery{
		Text: in.Text, Role: account.Role(in.Role), Guests: in.Guests, Limit: in.Limit, Skip: in.Skip,
	})
	if err != nil {
		return nil, err
	}
	out := adminList[PersonView]{OK: true, Total: total, Items: make([]PersonView, len(people))}
	for i, p := range people {
		out.Items[i] = personOf(p)
	}
	return &reply[adminList[PersonView]]{out}, nil
}

func (s *Server) user(ctx context.Context, in *UserPath) (*reply[personDetail], error) {
	id, err := userID(in.User)
	if err != nil {
		return nil, err
	}
	p, sessions, err := s.accounts.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	return &reply[personDetail]{personDetail{OK: true, User: personOf(p), Sessions: sessions}}, nil
}

// setRole records the change before it makes it. One that is refused after all, because another administrator was faster, leaves a
// second record that says so.
func (s *Server) setRole(ctx context.Context, in *roleInput) (*reply[personAnswer], error) {
	id, err := userID(in.User)
	if err != nil {
		return nil, err
	}
	role, err := account.ParseRole(in.Body.Role)
	if err != nil {
		return nil, err
	}
	cinemas, err := s.scope(ctx, in.Body.CinemaIDs)
	if err != nil {
		return nil, err
	}
	plan, err := s.accounts.PlanRole(ctx, id, role, cinemas)
	if err != nil {
		return nil, err
	}
	if plan.Idle() {
		return &reply[personAnswer]{personAnswer{OK: true, User: personOf(plan.Person)}}, nil
	}
	change := audit.Action{
		Type: "user.role_changed", Subject: id, Before: grantOf(plan.Was), After: grantOf(plan.Now), Personal: whoIs(plan.Person.User),
	}
	if err := s.act(ctx, change); err != nil {
		return nil, err
	}
	p, err := s.accounts.ChangeRole(ctx, plan)
	if err != nil {
		if kind := fault.KindOf(err); kind == fault.Conflict || kind == fault.NotFound {
			change.Type, change.Before, change.After = "user.role_kept", grantOf(plan.Now), map[string]string{"reason": fault.CodeOf(err)}
			err = errors.Join(err, s.act(ctx, change))
		}
		return nil, err
	}
	return &reply[personAnswer]{personAnswer{OK: true, User: personOf(p)}}, nil
}

// scope reads the cinemas of a scope; nil stays nil. Fault: Invalid "invalid_cinema".
func (s *Server) scope(ctx context.Context, given []string) ([]ident.Cinema, error) {
	if given == nil {
		return nil, nil
	}
	known, err := s.catalog.Cinemas(ctx)
	if err != nil {
		return nil, err
	}
	scope := make([]ident.Cinema, 0, len(given))
	for _, id := range given {
		if !slices.ContainsFunc(known, func(c catalog.Cinema) bool { return string(c.ID) == id }) {
			return nil, fault.New(fault.Invalid, "invalid_cinema", "There is no cinema with this id.")
		}
		scope = append(scope, ident.Cinema(id))
	}
	return scope, nil
}

// signOutUser ends what a person is signed in with. His own sessions are no exception for whoever asks.
func (s *Server) signOutUser(ctx context.Context, in *UserPath) (*reply[signOutView], error) {
	id, err := userID(in.User)
	if err != nil {
		return nil, err
	}
	p, sessions, err := s.accounts.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	err = s.act(ctx, audit.Action{
		Type: "user.signed_out", Subject: id, Before: map[string]int{"sessions": sessions}, Personal: whoIs(p.User),
	})
	if err != nil {
		return nil, err
	}
	ended, tokens, err := s.accounts.SignOut(ctx, id)
	if err != nil {
		return nil, err
	}
	s.streams.endUser(id, "")
	return &reply[signOutView]{signOutView{OK: true, Ended: ended, Tokens: tokens}}, nil
}

var errUser = fault.New(fault.NotFound, "user_not_found", "There is no such user.")

// userID checks the identifier of a path: what cannot be one does not exist.
func userID(raw string) (ident.User, error) {
	id, err := ident.ParseUser(raw)
	if err != nil {
		return "", errUser
	}
	return id, nil
}

// grantRecord is a grant as the record keeps it.
type grantRecord struct {
	Role      account.Role   `json:"role"`
	CinemaIDs []ident.Cinema `json:"cinema_ids"`
}

func grantOf(g account.Grant) grantRecord {
	return grantRecord{Role: g.Role, CinemaIDs: append([]ident.Cinema{}, g.Cinemas...)}
}

// whoIs are the values of the record that tell who a user is.
func whoIs(u account.User) map[string]string {
	who := make(map[string]string, 2)
	for name, value := range map[string]string{"email": u.Email, "name": u.Name} {
		if value != "" {
			who[name] = value
		}
	}
	return who
}

func personOf(p account.Person) PersonView {
	u := p.User
	g := u.Grant()
	v := PersonView{
		ID: string(u.ID), Verified: u.Verified, Name: u.Name, Picture: pictureOf(u.ID), Role: string(p.Role), Granted: string(g.Role),
		Bootstrap: p.Bootstrap, CinemaIDs: texts(g.Cinemas), Guest: u.Guest, CreatedAt: stamp(u.CreatedAt), LastSeen: stampOr(p.LastSeen),
	}
	if !u.Guest {
		v.Email = &u.Email
	}
	return v
}

// stampOr is an instant, or nothing when there is none.
func stampOr(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}
