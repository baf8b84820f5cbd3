package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/gin-gonic/gin"
)

// held keeps an answer back until its tag is known.
type held struct {
	gin.ResponseWriter

	status int
	body   bytes.Buffer
}

// WriteHeader remembers the status.
func (h *held) WriteHeader(status int) { h.status = status }

// WriteHeaderNow waits for the tag.
func (h *held) WriteHeaderNow() {}

// Write keeps back.
func (h *held) Write(b []byte) (int, error) { return h.body.Write(b) }

// WriteString keeps back.
func (h *held) WriteString(s string) (int, error) { return h.body.WriteString(s) }

// tag holds the answer of a GET back, names it by its bytes, and sends nothing to a client that has them.
func tag(c *gin.Context) (finish func()) {
	h := &held{ResponseWriter: c.Writer, status: http.StatusOK}
	c.Writer = h
	return func() {
		c.Writer = h.ResponseWriter
		if h.status == http.StatusOK {
			sum := sha256.Sum256(h.body.Bytes())
			etag := `W/"` + hex.EncodeToString(sum[:12]) + `"`
			c.Writer.Header()["Etag"] = []string{etag}
			if matches(c.Request.Header.Get("If-None-Match"), etag) {
				c.Writer.WriteHeader(http.StatusNotModified)
				c.Writer.WriteHeaderNow()
				return
			}
		}
		c.Writer.WriteHeader(h.status)
		_, _ = c.Writer.Write(h.body.Bytes()) // the client may have gone
	}
}
