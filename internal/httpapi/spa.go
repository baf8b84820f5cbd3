package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"cinema/internal/fault"
)

// pages is the built web app, read once. Documents are never kept by browsers, hashed assets for ever, the rest an hour.
type pages struct {
	files map[string]*page // by path without the leading slash
}

type page struct {
	plain, gzip, brotli []byte
	media               string
	etag                string
	cache               []string
	policy              []string // only documents have one
}

const (
	indexFile  = "index.html"
	docsFolder = "docs/"
	anHour     = "public, max-age=3600"
)

var (
	cacheForEver = []string{forEver}
	cacheHour    = []string{anHour}
)

// media types that the standard library's table may not know on a bare machine.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".json": "application/json", ".webmanifest": "application/manifest+json", ".woff2": "font/woff2",
	".png": "image/png", ".ico": "image/x-icon", ".txt": "text/plain; charset=utf-8", ".webp": "image/webp",
}

func newPages(files fs.FS) *pages {
	p := &pages{files: make(map[string]*page)}
	if files == nil {
		return p
	}
	packed := make(map[string][]byte)
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil //nolint:nilerr // a file that cannot be read is not served
		}
		if strings.HasPrefix(name, ".") || strings.Contains(name, "/.") {
			return nil
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil //nolint:nilerr // as above
		}
		if ext := path.Ext(name); ext == ".gz" || ext == ".br" {
			packed[name] = b
			return nil
		}
		p.files[name] = newPage(name, b)
		return nil
	})
	for name, f := range p.files {
		f.gzip, f.brotli = packed[name+".gz"], packed[name+".br"]
	}
	return p
}

func newPage(name string, body []byte) *page {
	sum := sha256.Sum256(body)
	f := &page{plain: body, media: mediaOf(name), etag: `"` + hex.EncodeToString(sum[:8]) + `"`, cache: cacheHour}
	switch {
	case path.Ext(name) == ".html":
		f.cache, f.policy = noStore, pagePolicy
	case strings.HasPrefix(name, "assets/"):
		f.cache = cacheForEver
	}
	return f
}

func mediaOf(name string) string {
	ext := path.Ext(name)
	if m, ok := mediaTypes[ext]; ok {
		return m
	}
	if m := mime.TypeByExtension(ext); m != "" {
		return m
	}
	return "application/octet-stream"
}

// reserved are the folders where nothing but their own routes answers.
var reserved = []string{"/api", "/ws", "/metrics", "/media", "/debug"}

// isReserved tells whether an address is no page of the web app, in whatever spelling: of a reserved folder, with a name that begins
// with a dot, which only scanners ask for, or with what is no text.
func isReserved(p string) bool {
	low := strings.ToLower(strings.ReplaceAll(p, `\`, "/"))
	for _, spelled := range []string{low, path.Clean("/" + low)} {
		for _, r := range reserved {
			if rest, ok := strings.CutPrefix(spelled, r); ok && !continues(rest) {
				return true
			}
		}
	}
	return strings.Contains(path.Clean("/"+low), "/.") || strings.ContainsFunc(low, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError })
}

// continues tells whether a name goes on: /apiary is another name than /api, and /api;x is the same to somebody.
func continues(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest != "" && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_')
}

// spelling refuses addresses whose separators or dots are written as codes: what stands in front of us may have read them otherwise.
func (s *Server) spelling(c *gin.Context) {
	raw := strings.ToLower(c.Request.URL.RawPath) // empty unless the spelling is unusual
	for _, code := range []string{"%2f", "%5c", "%2e", "%00"} {
		if raw != "" && strings.Contains(raw, code) {
			s.fail(c, errUnknown)
			return
		}
	}
}

// isBankPage tells whether an address is the page that plays the customer's bank, which exists with test tokens alone.
func isBankPage(p string) bool {
	clean := path.Clean("/" + strings.ToLower(p))
	return clean == "/bank" || strings.HasPrefix(clean, "/bank/")
}

// noRoute serves the web app: its files, and its document for every address that the app's own router may know.
func (s *Server) noRoute(c *gin.Context) {
	p := c.Request.URL.Path
	if isReserved(p) || !s.settings.TestTokens && isBankPage(p) {
		s.fail(c, errUnknown)
		return
	}
	if c.Request.Method != http.MethodGet {
		s.fail(c, errMethod)
		return
	}
	name := strings.TrimPrefix(p, "/")
	if f, ok := s.pages.files[name]; ok && !strings.HasPrefix(name, docsFolder) {
		s.serve(c, f)
		return
	}
	if path.Ext(p) != "" {
		s.fail(c, errUnknown)
		return
	}
	index, ok := s.pages.files[indexFile]
	if !ok {
		s.fail(c, fault.New(fault.NotFound, "not_found", "The pages are not built into this binary: run make build."))
		return
	}
	document := *index
	document.policy = s.documentPolicy(p)
	s.serve(c, &document)
}

// documentPolicy is the policy of the web app's document at an address. Where Stripe takes the payments, the checkout is a document of its
// own that may load Stripe's script and frames; every other page keeps the strict policy.
func (s *Server) documentPolicy(p string) []string {
	if s.settings.Provider == "stripe" && isCheckout(p) {
		return stripePolicy
	}
	return pagePolicy
}

// isCheckout tells whether an address is that of a checkout: /showtimes/{id}/checkout.
func isCheckout(p string) bool {
	parts := strings.Split(strings.TrimSuffix(p, "/"), "/")
	return len(parts) == 4 && parts[0] == "" && parts[1] == "showtimes" && parts[2] != "" && parts[3] == "checkout"
}

// serve writes a file in the best encoding the client takes.
func (s *Server) serve(c *gin.Context, f *page) {
	h := c.Writer.Header()
	h["Content-Type"] = []string{f.media}
	h["Cache-Control"] = f.cache
	h.Add("Vary", "Accept-Encoding")
	if f.policy != nil {
		h["Content-Security-Policy"] = f.policy
		h["Reporting-Endpoints"] = reporting
	}
	body, accept := f.plain, c.Request.Header.Get("Accept-Encoding")
	switch {
	case f.brotli != nil && takes(accept, "br"):
		body = f.brotli
		h["Content-Encoding"] = []string{"br"}
	case f.gzip != nil && takes(accept, "gzip"):
		body = f.gzip
		h["Content-Encoding"] = []string{"gzip"}
	}
	if f.policy == nil {
		h["Etag"] = []string{f.etag}
		if matches(c.Request.Header.Get("If-None-Match"), f.etag) {
			c.Status(http.StatusNotModified)
			c.Writer.WriteHeaderNow()
			return
		}
	}
	c.Writer.WriteHeader(http.StatusOK)
	_, _ = c.Writer.Write(body) // the client may have gone
}

// takes tells whether an Accept-Encoding names an encoding without refusing it.
func takes(accept, encoding string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.000")
		}
	}
	return false
}

// matches compares an If-None-Match with a tag, weakly.
func matches(header, etag string) bool {
	etag = strings.TrimPrefix(etag, "W/")
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == etag || part == "*" {
			return true
		}
	}
	return false
}
