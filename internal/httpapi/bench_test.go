package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"

	"cinema/internal/httpapi"
	"cinema/internal/ratelimit"
)

// BenchmarkLock is the hot path without a network, beside a handler that reads a token and a body and does nothing with them.
func BenchmarkLock(b *testing.B) {
	body := `{"seat_ids":["A1","A2"],"request_id":"request-0001"}`
	call := func(b *testing.B, h http.Handler, path, token string) {
		b.Helper()
		b.ReportAllocs()
		for b.Loop() {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+token)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != http.StatusOK {
				b.Fatal(w.Body.String())
			}
		}
	}
	b.Run("hollow", func(b *testing.B) {
		key := []byte("0123456789abcdef0123456789abcdef")
		token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"sub": "us_1", "sid": strings.Repeat("a", 64)}).SignedString(key)
		if err != nil {
			b.Fatal(err)
		}
		e := gin.New()
		e.POST("/lock", func(c *gin.Context) {
			if _, err := jwt.Parse(bearer(c), func(*jwt.Token) (any, error) { return key, nil }); err != nil {
				c.Status(http.StatusUnauthorized)
				return
			}
			var in struct {
				SeatIDs   []string `json:"seat_ids"`
				RequestID string   `json:"request_id"`
			}
			if err := json.NewDecoder(c.Request.Body).Decode(&in); err != nil {
				c.Status(http.StatusBadRequest)
				return
			}
			c.JSON(http.StatusOK, gin.H{"ok": true, "locked": in.SeatIDs})
		})
		call(b, e, "/lock", token)
	})
	for _, limited := range []bool{false, true} {
		b.Run(fmt.Sprintf("hold/limits=%v", limited), func(b *testing.B) {
			s := setup(b, func(d *httpapi.Deps) {
				d.Log = nil
				if limited {
					d.Rules = ratelimit.Defaults()
					d.Rules.Lock = ratelimit.Quota{Limit: ratelimit.MaxLimit / ratelimit.AddressFactor, Per: time.Second}
				}
			})
			token := s.person("ann@example.com").token().bearer
			call(b, s.server.Handler(), lockPath, token)
		})
	}
}

func bearer(c *gin.Context) string {
	return strings.TrimPrefix(c.GetHeader("Authorization"), "Bearer ")
}

// BenchmarkLooks are a visitor's looks at the map and at the programme.
func BenchmarkLooks(b *testing.B) {
	s := setup(b, func(d *httpapi.Deps) { d.Log = nil })
	s.guest().hold("request-1", "A1", "A2")
	h := s.server.Handler()
	for name, path := range map[string]string{"nothing": "/livez", "state": statePath, "day": "/api/showtimes?date=2026-03-11", "detail": "/api/showtimes/" + onSale} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
				if w.Code != http.StatusOK {
					b.Fatal(w.Body.String())
				}
			}
		})
	}
}
