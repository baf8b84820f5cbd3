package httpapi

import (
	"context"
	"net/http"

	"cinema/internal/account"
	"cinema/internal/avatar"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

const avatarFolder = "/media/avatars/"

// avatarLife is how a picture is kept: by its owner's browser alone, which asks each time whether it is still the same.
const avatarLife = "private, no-cache"

// pictureOf is where a user's picture is: here, never at a third party.
func pictureOf(id ident.User) string { return avatarFolder + string(id) }

type avatarInput struct {
	UserID string `path:"userId"`
	Known  string `header:"If-None-Match" hidden:"true"`
}

type avatarReply struct {
	Status       int
	ContentType  string `header:"Content-Type"`
	CacheControl string `header:"Cache-Control"`
	ETag         string `header:"ETag"`
	Vary         string `header:"Vary"`
	Body         []byte
}

func (s *Server) registerAvatars() {
	add(s, route{
		method: http.MethodGet, path: avatarFolder + "{userId}", id: "get-avatar", tag: "Session", access: session, produces: "image/*",
		free: "a list shows many, and what they cost is bounded by their cache", summary: "A user's picture, at most 96 × 96",
		about: "One's own, or anybody's for administrators. Without a picture at the identity provider, a drawn one with the initials.",
	}, s.avatar)
}

func (s *Server) avatar(ctx context.Context, in *avatarInput) (*avatarReply, error) {
	u, err := s.shown(ctx, in.UserID)
	if err != nil {
		return nil, err
	}
	p := avatar.Person{ID: u.ID, Name: u.Name, Picture: u.Picture}
	image := avatar.Drawn(p)
	if s.avatars != nil {
		image = s.avatars.Of(ctx, p)
	}
	out := &avatarReply{Status: http.StatusOK, ContentType: image.Media, CacheControl: avatarLife, ETag: image.ETag, Vary: "Cookie, Authorization", Body: image.Body}
	if matches(in.Known, image.ETag) {
		out.Status, out.ContentType, out.Body = http.StatusNotModified, "", nil
	}
	return out, nil
}

// shown is the user whose picture the caller may see.
func (s *Server) shown(ctx context.Context, text string) (account.User, error) {
	id, err := ident.ParseUser(text)
	if err != nil {
		return account.User{}, errUnknown
	}
	p := callOf(ctx).principal
	if id == p.User.ID {
		return p.User, nil
	}
	if p.Role != account.RoleAdmin {
		return account.User{}, errUnknown
	}
	u, err := s.accounts.Profile(ctx, id)
	if fault.KindOf(err) == fault.NotFound {
		return account.User{}, errUnknown
	}
	return u, err
}
