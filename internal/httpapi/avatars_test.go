package httpapi_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/account"
	"cinema/internal/avatar"
	"cinema/internal/httpapi"
)

func picture(r response) string { s, _ := r.body["user"].(fields)["picture"].(string); return s }

func TestAvatars(t *testing.T) {
	t.Parallel()
	const theirs = "https://pictures.example/ann.png?token=secret"
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, image.NewGray(image.Rect(0, 0, 300, 200))))
	var service *avatar.Service
	b := setup(t, func(d *httpapi.Deps) {
		service = avatar.New(avatar.Deps{Clock: d.Clock, Log: slog.New(slog.DiscardHandler), Fetch: func(_ context.Context, address string) ([]byte, error) {
			if address != theirs {
				return nil, errors.New("nothing there")
			}
			return file.Bytes(), nil
		}})
		d.Avatars = service
	})
	t.Cleanup(service.Close)
	signed, err := b.accounts.SignIn(t.Context(), account.Identity{
		Issuer: "https://issuer.example", Subject: "1", Email: "ann@example.com", Verified: true, Name: "Ann Other", Picture: theirs,
	}, nil, "")
	require.NoError(t, err)
	ann := b.visitor()
	ann.cookie = "session=" + signed.Value
	me := ann.get("/api/me")
	require.Equal(t, "/media/avatars/"+string(signed.Principal.User.ID), picture(me))
	require.NotContains(t, me.text, "pictures.example", "a browser asks no third party")

	r := ann.get(picture(me))
	require.Equal(t, http.StatusOK, r.status, r.text)
	require.Equal(t, "image/jpeg", r.header.Get("Content-Type"))
	require.Equal(t, "private, no-cache", r.header.Get("Cache-Control"))
	require.Contains(t, r.header.Get("Vary"), "Cookie")
	require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
	require.Contains(t, r.header.Get("Content-Security-Policy"), "default-src 'none'")
	m, err := jpeg.Decode(strings.NewReader(r.text))
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 96, 96), m.Bounds())
	same := ann.with("If-None-Match", r.header.Get("ETag")).get(picture(me))
	require.Equal(t, http.StatusNotModified, same.status)
	require.Empty(t, same.text)
	require.Equal(t, r.header.Get("ETag"), same.header.Get("ETag"))

	boss, bob, guest := b.person("boss@example.com"), b.person("bob@example.com"), b.guest()
	require.Equal(t, r.text, boss.get(picture(me)).text, "administrators see everybody's")
	for _, other := range []*client{bob, guest} {
		require.Equal(t, "not_found", other.get(picture(me)).code(t), "nobody else's, and it is not told that there is one")
	}
	require.Equal(t, "unauthorized", b.visitor().get(picture(me)).code(t))
	for _, none := range []string{"us_nobody", "..", "%2e%2e", "a b", strings.Repeat("x", 65), "us_nobody%00"} {
		require.Equal(t, http.StatusNotFound, boss.get("/media/avatars/"+none).status, none)
	}
	for who, c := range map[string]*client{"R": bob, "": guest} { // the harness signs people in as Robin
		r := c.get(picture(c.get("/api/me")))
		require.Equal(t, http.StatusOK, r.status)
		require.Equal(t, "image/svg+xml", r.header.Get("Content-Type"))
		require.Contains(t, r.text, who)
		require.Contains(t, r.header.Get("Content-Security-Policy"), "default-src 'none'")
	}
}
