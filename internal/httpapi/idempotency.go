package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"cinema/internal/fault"
	"cinema/internal/idem"
)

const (
	headerKey  = "Idempotency-Key"
	keyLife    = 72 * time.Hour
	keyLease   = 30 * time.Second // longer than the longest request
	minKey     = 8
	maxKey     = 128
	finishTime = 5 * time.Second
)

// once answers a request whose key was seen before, and keeps the answer of one that is new. Only answers that are final are kept:
// success, a conflict, something gone. A request that failed otherwise may be sent again and begins anew.
func (s *Server) once(c *gin.Context, r *route) (finish func(), ok bool) {
	key := c.Request.Header.Get(headerKey)
	k := callOf(c.Request.Context())
	if key == "" {
		return func() {}, true
	}
	if !isKey(key) {
		s.fail(c, fault.New(fault.Invalid, "invalid_idempotency_key", "An idempotency key is 8 to 128 visible ASCII characters."))
		return nil, false
	}
	if k.principal == nil || s.answers == nil { // nobody to keep an answer for
		return func() {}, true
	}
	body, err := readBody(c.Request)
	if err != nil {
		s.fail(c, err)
		return nil, false
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	now := s.clock.Now()
	record := idem.Record{
		ID: digest(string(k.principal.User.ID), r.method, r.path, key), User: k.principal.User.ID,
		Fingerprint: fingerprint(c, body), LeaseUntil: now.Add(keyLease), Expires: now.Add(keyLife),
	}
	stored, fresh, err := s.answers.BeginRequest(c.Request.Context(), record)
	if err != nil {
		s.fail(c, err)
		return nil, false
	}
	if !fresh {
		s.replay(c, record, stored)
		return nil, false
	}
	tee := &recorder{ResponseWriter: c.Writer}
	c.Writer = tee
	return func() { s.keep(c, record, tee) }, true
}

func (s *Server) replay(c *gin.Context, asked, stored idem.Record) {
	switch {
	case stored.Fingerprint != asked.Fingerprint:
		s.fail(c, fault.New(fault.Invalid, "idempotency_mismatch", "This key was used for another request."))
	case !stored.Done:
		s.fail(c, fault.New(fault.Conflict, "request_in_progress", "The first request with this key is still running.").After(time.Second))
	default:
		h := c.Writer.Header()
		for name, value := range stored.Header {
			h.Set(name, value)
		}
		h.Set("Idempotent-Replayed", "true")
		c.Abort()
		c.Writer.WriteHeader(stored.Status)
		_, _ = c.Writer.Write(stored.Body) // the client may have gone
	}
}

// keep stores or forgets the answer. The client may be gone by now; the record is worth writing all the same.
func (s *Server) keep(c *gin.Context, record idem.Record, tee *recorder) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), finishTime)
	defer cancel()
	status := tee.Status()
	var err error
	if status < 300 && status >= 200 || status == http.StatusConflict || status == http.StatusGone {
		record.Done, record.Status, record.Body = true, status, tee.body.Bytes()
		record.Header = map[string]string{"Content-Type": tee.Header().Get("Content-Type")}
		err = s.answers.FinishRequest(ctx, record)
	} else {
		err = s.answers.DropRequest(ctx, record.ID)
	}
	if err != nil {
		s.log.WarnContext(ctx, "idempotency record", slog.String("request_id", callOf(ctx).id), slog.Any("error", err))
	}
}

// recorder copies an answer on its way out. Answers are small: they are the contract's own documents.
type recorder struct {
	gin.ResponseWriter

	body bytes.Buffer
}

// Write passes on and copies.
func (r *recorder) Write(b []byte) (int, error) {
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}

// WriteString passes on and copies.
func (r *recorder) WriteString(t string) (int, error) {
	r.body.WriteString(t)
	return r.ResponseWriter.WriteString(t)
}

// fingerprint is the same for two bodies that mean the same.
func fingerprint(c *gin.Context, body []byte) string {
	canonical := body
	var v any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&v) == nil {
		if b, err := json.Marshal(v); err == nil {
			canonical = b
		}
	}
	return digest(string(canonical), c.Request.URL.Path, c.Request.URL.RawQuery)
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		_, _ = io.WriteString(h, p) // a hash never fails
		_, _ = h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil))
}

func isKey(k string) bool {
	if len(k) < minKey || len(k) > maxKey {
		return false
	}
	for i := range len(k) {
		if k[i] <= ' ' || k[i] > '~' {
			return false
		}
	}
	return true
}
