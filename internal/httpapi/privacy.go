package httpapi

import (
	"context"
	"net/http"
	"time"

	"cinema/internal/account"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/privacy"
)

// copiesAtOnce bounds the copies that are made at the same time: each is held in memory until it is sent.
const copiesAtOnce = 2

// guestWord is what a guest, who has no address, confirms his erasure with.
const guestWord = "DELETE"

type eraseBody struct {
	Confirm string `json:"confirm" doc:"Your own e-mail address; DELETE if you have none."`
}

type eraseUserBody struct {
	Reason string `json:"reason" doc:"For the record, at most 200 characters. It must not say who the person is."`
}

type erasedView struct {
	OK   bool     `json:"ok"`
	Kept keptView `json:"kept"`
	Done bool     `json:"done" doc:"false: the rest is done within a minute."`
}

type keptView struct {
	Bookings int    `json:"bookings" doc:"Rows of the ledger: seats, amounts and times, without a name."`
	Tickets  int    `json:"tickets" doc:"Of them: tickets of shows to come. Their codes still admit; nobody can show them here any more."`
	Until    string `json:"until,omitempty" format:"date-time" doc:"Until when the law wants the ledger to be kept."`
}

type erasedReply struct {
	SetCookie string `header:"Set-Cookie"`
	ClearSite string `header:"Clear-Site-Data"`
	Body      erasedView
}

type exportReply struct {
	Disposition string `header:"Content-Disposition"`
	Body        exportView
}

func (s *Server) registerPrivacy() {
	const tag = "Privacy"
	add(s, route{
		method: http.MethodGet, path: "/api/me/export", id: "export-me", tag: tag, access: session, charge: myData, personal: true, money: true,
		summary: "Everything that is kept of me",
		about:   "One document to download, with what each part is for. It says nothing about other people.",
	}, s.exportMe)
	add(s, route{
		method: http.MethodDelete, path: "/api/me", id: "erase-me", tag: tag, access: session, charge: changes, personal: true, money: true,
		summary: "Erase me",
		about: "Asks for a sign-in of the last minutes, but of guests. Sessions and tokens end, held seats come free, bookings stay without a name. " +
			"409 payment_open while money is under way, last_admin for the last administrator.",
	}, s.eraseMe)
	add(s, route{
		method: http.MethodDelete, path: "/api/admin/users/{userId}", id: "erase-user", tag: tag, access: admin, charge: changes, stepUp: true,
		money: true, summary: "Erase a person",
	}, s.eraseUser)
}

func (s *Server) exportMe(ctx context.Context, _ *struct{}) (*exportReply, error) {
	select {
	case s.copies <- struct{}{}:
		defer func() { <-s.copies }()
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "store_unavailable", "Too many people ask for their data at once. Try again in a moment.").After(copyWait)
	}
	c, err := s.privacy.Copy(ctx, callOf(ctx).principal)
	if err != nil {
		return nil, err
	}
	name := "my-cinema-data-" + c.At.UTC().Format(time.DateOnly) + ".json"
	return &exportReply{Disposition: `attachment; filename="` + name + `"`, Body: s.exportOf(ctx, c)}, nil
}

// copyWait is when to ask again for a copy.
const copyWait = 10 * time.Second

func (s *Server) eraseMe(ctx context.Context, in *struct{ Body eraseBody }) (*erasedReply, error) {
	p := callOf(ctx).principal
	if !p.User.Guest && !s.accounts.Recent(p) {
		return nil, errStepUp
	}
	want := p.User.Email
	if want == "" {
		want = guestWord
	}
	if account.NormalEmail(in.Body.Confirm) != account.NormalEmail(want) {
		return nil, fault.New(fault.Invalid, "invalid_body", "Confirm with your own e-mail address, or with DELETE if you have none.").With("field", "confirm")
	}
	out, err := s.erase(ctx, privacy.Order{User: p.User.ID, Actor: p.User.ID})
	if err != nil {
		return nil, err
	}
	out.SetCookie, out.ClearSite = s.noCookie(), clearSite
	return out, nil
}

func (s *Server) eraseUser(ctx context.Context, in *struct {
	UserPath

	Body eraseUserBody
},
) (*erasedReply, error) {
	id, err := ident.ParseUser(in.User)
	if err != nil {
		return nil, errNoUser
	}
	return s.erase(ctx, privacy.Order{User: id, Actor: callOf(ctx).principal.User.ID, Reason: in.Body.Reason})
}

var errNoUser = fault.New(fault.NotFound, "user_not_found", "There is no such user.")

func (s *Server) erase(ctx context.Context, o privacy.Order) (*erasedReply, error) {
	kept, err := s.privacy.Erase(ctx, o)
	if err != nil {
		return nil, err
	}
	s.streams.endUser(o.User, "")
	v := erasedView{OK: true, Done: kept.Done, Kept: keptView{Bookings: kept.Bookings, Tickets: kept.Tickets}}
	if !kept.Until.IsZero() {
		v.Kept.Until = stamp(kept.Until)
	}
	return &erasedReply{Body: v}, nil
}
