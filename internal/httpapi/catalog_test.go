package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCatalog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := b.visitor()

	t.Run("cinemas", func(t *testing.T) {
		t.Parallel()
		r := v.get("/api/cinemas")
		require.Equal(t, http.StatusOK, r.status)
		require.Len(t, r.body["items"], 1)
		require.Nil(t, r.body["next_cursor"])
		require.Contains(t, r.body, "next_cursor")
	})
	t.Run("a film by id and by slug", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "Low Orbit", v.get("/api/movies/mo_orbit").str("title"))
		require.Equal(t, "mo_orbit", v.get("/api/movies/low-orbit").str("id"))
		for _, id := range []string{"nothing", "a%3Ab", strings.Repeat("x", 65)} {
			r := v.get("/api/movies/" + id)
			require.Equal(t, http.StatusNotFound, r.status, id)
			require.Equal(t, "movie_not_found", r.code(t))
		}
	})
	t.Run("films", func(t *testing.T) {
		t.Parallel()
		require.Len(t, v.get("/api/movies?now_showing=true&q=ORBIT").body["items"], 1)
		require.Empty(t, v.get("/api/movies?q=nothing").body["items"])
	})
	t.Run("showtimes of a business day", func(t *testing.T) {
		t.Parallel()
		r := v.get("/api/showtimes?cinema_id=ci_lumen&movie_id=low-orbit&date=2026-03-11")
		require.Equal(t, http.StatusOK, r.status, r.text)
		items := r.body["items"].([]any)
		require.Len(t, items, 2)
		first := items[0].(map[string]any)
		require.Equal(t, onSale, first["id"])
		require.Equal(t, "2026-03-11T12:00:00.000Z", first["starts_at"])
		require.Equal(t, "2026-03-11T12:00:00", first["local_start"])
		require.Equal(t, "on_sale", first["sale"])
		require.Equal(t, map[string]any{"amount": 1250.0, "currency": "GBP"}, first["from_price"])
		require.Equal(t, map[string]any{"capacity": 29.0, "free": 29.0, "accessible_free": 1.0}, first["availability"])
	})
	t.Run("pages of showtimes neither miss nor repeat one", func(t *testing.T) {
		t.Parallel()
		var seen []string
		cursor := ""
		for range 10 {
			r := v.get("/api/showtimes?limit=1" + cursor)
			require.Equal(t, http.StatusOK, r.status, r.text)
			for _, i := range r.body["items"].([]any) {
				seen = append(seen, i.(map[string]any)["id"].(string))
			}
			next, more := r.body["next_cursor"].(string)
			if !more {
				break
			}
			cursor = "&cursor=" + next
		}
		require.Equal(t, []string{closed, onSale, later, notYet}, seen)
	})
	t.Run("a showtime tells all that a sale needs", func(t *testing.T) {
		t.Parallel()
		r := v.get("/api/showtimes/" + onSale)
		require.Equal(t, http.StatusOK, r.status, r.text)
		require.Equal(t, map[string]any{"max_seats": 8.0, "hold_seconds": 300.0, "extension_seconds": 120.0, "max_hold_seconds": 1500.0, "payment_window_seconds": 600.0}, r.body["limits"])
		require.Equal(t, "For people of twelve and over.", r.str("rating_notice"))
		layout := r.body["layout"].(map[string]any)
		require.Len(t, layout["rows"], 3)
		seat := layout["rows"].([]any)[1].(map[string]any)["seats"].([]any)[0].(map[string]any)
		require.Equal(t, "couple", seat["kind"])
		require.Equal(t, "B2", seat["pair_id"])
		require.NotContains(t, r.body, "next")
	})
	t.Run("one that cannot be bought offers the next", func(t *testing.T) {
		t.Parallel()
		r := v.get("/api/showtimes/" + closed)
		require.Equal(t, "closed", r.str("sale"))
		require.Equal(t, onSale, r.body["next"].(map[string]any)["id"])
	})
	t.Run("a layout is immutable", func(t *testing.T) {
		t.Parallel()
		r := v.get("/api/layouts/ly_hall1")
		require.Equal(t, "public, max-age=31536000, immutable", r.header.Get("Cache-Control"))
		etag := r.header.Get("ETag")
		require.NotEmpty(t, etag)
		require.Equal(t, http.StatusNotModified, v.with("If-None-Match", etag).get("/api/layouts/ly_hall1").status)
	})
	t.Run("unknown and malformed", func(t *testing.T) {
		t.Parallel()
		for path, want := range map[string]string{
			"/api/showtimes/nothing":                    "showtime_not_found",
			"/api/showtimes/a%7Cb":                      "showtime_not_found",
			"/api/layouts/nothing":                      "layout_not_found",
			"/media/posters/nothing.svg":                "movie_not_found",
			"/media/posters/low-orbit.png":              "not_found",
			"/media/posters/..%2Fsecret.svg":            "not_found",
			"/api/showtimes?date=tomorrow":              "invalid_query",
			"/api/showtimes?limit=201":                  "invalid_query",
			"/api/showtimes?limit=x":                    "invalid_query",
			"/api/showtimes?cursor=!":                   "invalid_query",
			"/api/showtimes?cinema_id=a:b":              "invalid_query",
			"/api/movies?cursor=" + "eyJhIjoxfQ":        "invalid_query",
			"/api/movies?now_showing=perhaps":           "invalid_query",
			"/api/movies?limit=0":                       "invalid_query",
			"/api/movies?q=" + strings.Repeat("x", 101): "invalid_query",
		} {
			r := v.get(path)
			require.Equal(t, want, r.code(t), path)
			require.NotContains(t, r.text, "tomorrow", "values are not repeated")
		}
	})
	t.Run("a poster is a picture", func(t *testing.T) {
		t.Parallel()
		r := v.get("/media/posters/low-orbit.svg")
		require.Equal(t, http.StatusOK, r.status)
		require.Equal(t, "image/svg+xml; charset=utf-8", r.header.Get("Content-Type"))
		require.Contains(t, r.text, "<svg")
	})
}
