// Command nothing is the yardstick of the HTTP figures: handlers that do nothing, and handlers that do everything but the work.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
)

// key signs the yardstick's tokens; it protects nothing.
var key = []byte("a yardstick needs no secret at all")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func serve(ctx context.Context) error {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.GET("/nothing", func(c *gin.Context) { c.String(http.StatusOK, "ok") })
	e.POST("/lock", lock)
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{Subject: "us_1", ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))}).SignedString(key)
	if err != nil {
		return err
	}
	fmt.Println(l.Addr().String(), token)
	server := &http.Server{Handler: e, ReadHeaderTimeout: 5 * time.Second}
	go func() { <-ctx.Done(); _ = server.Close() }()
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// lock verifies a token and reads the body of a lock of two seats, and answers what a lock answers.
func lock(c *gin.Context) {
	raw := c.GetHeader("Authorization")
	if len(raw) < 8 {
		c.Status(http.StatusUnauthorized)
		return
	}
	_, err := jwt.ParseWithClaims(raw[7:], &jwt.RegisteredClaims{}, func(*jwt.Token) (any, error) { return key, nil }, jwt.WithValidMethods([]string{"HS256"}))
	if err != nil {
		c.Status(http.StatusUnauthorized)
		return
	}
	var body struct {
		SeatIDs   []string `json:"seat_ids"`
		RequestID string   `json:"request_id"`
	}
	if err := json.NewDecoder(c.Request.Body).Decode(&body); err != nil {
		c.Status(http.StatusBadRequest)
		return
	}
	c.JSON(http.StatusOK, gin.H{"ok": true, "locked": body.SeatIDs, "ttl_seconds": 300, "request_id": body.RequestID})
}
