package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"cinema/internal/clock"
)

const (
	// answerLife is how long a public answer is given again as it is; the seats behind it are counted no more often anyway.
	answerLife = 250 * time.Millisecond
	maxAnswers = 512
	maxAddress = 300 // longer addresses are not worth remembering
)

// answerCache keeps public answers for a moment, by address: in a rush everybody asks for the same pages.
type answerCache struct {
	clock clock.Clock

	mu  sync.RWMutex // guards all
	all map[string]*cachedAnswer
}

type cachedAnswer struct {
	until  time.Time
	header http.Header // Content-Type, Cache-Control, Etag
	etag   string
	body   []byte
}

func newAnswerCache(c clock.Clock) *answerCache {
	return &answerCache{clock: c, all: make(map[string]*cachedAnswer)}
}

func (a *answerCache) get(address string) *cachedAnswer {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if found := a.all[address]; found != nil && a.clock.Now().Before(found.until) {
		return found
	}
	return nil
}

func (a *answerCache) put(address string, made *cachedAnswer) {
	if len(address) > maxAddress {
		return
	}
	made.until = a.clock.Now().Add(answerLife)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.all) >= maxAnswers {
		clear(a.all)
	}
	a.all[address] = made
}

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

// tagged answers a public GET from what was answered a moment ago, or holds the answer back, names it by its bytes and sends nothing
// to a client that has them. ok is false when it has answered.
func (s *Server) tagged(c *gin.Context) (finish func(), ok bool) {
	address := c.Request.URL.RequestURI()
	if known := s.recent.get(address); known != nil {
		c.Abort()
		known.send(c)
		return nil, false
	}
	h := &held{ResponseWriter: c.Writer, status: http.StatusOK}
	c.Writer = h
	return func() {
		c.Writer = h.ResponseWriter
		if h.status != http.StatusOK {
			c.Writer.WriteHeader(h.status)
			_, _ = c.Writer.Write(h.body.Bytes()) // the client may have gone
			return
		}
		sum := sha256.Sum256(h.body.Bytes())
		made := &cachedAnswer{etag: `W/"` + hex.EncodeToString(sum[:12]) + `"`, body: h.body.Bytes(), header: make(http.Header)}
		for _, name := range []string{"Content-Type", "Cache-Control", "Cross-Origin-Resource-Policy"} {
			made.header[name] = c.Writer.Header()[name]
		}
		made.header["Etag"] = []string{made.etag}
		s.recent.put(address, made)
		made.send(c)
	}, true
}

func (a *cachedAnswer) send(c *gin.Context) {
	maps.Copy(c.Writer.Header(), a.header)
	if matches(c.Request.Header.Get("If-None-Match"), a.etag) {
		c.Writer.WriteHeader(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return
	}
	c.Writer.WriteHeader(http.StatusOK)
	_, _ = c.Writer.Write(a.body) // the client may have gone
}
