package httpapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"
)

// docsPage loads the reader of the API document. Everything comes from here; nothing is inline.
const docsPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cinema API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<main id="reader"><p>Loading <a href="/api/openapi.json">the API document</a>…</p></main>
<script src="/api/docs/swagger-ui-bundle.js" charset="utf-8"></script>
<script src="/api/docs/init.js" charset="utf-8"></script>
</body>
</html>
`

// docsScript starts the reader: no validator of somebody else's, and the header that the API asks of browsers.
const docsScript = `window.SwaggerUIBundle && window.SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#reader',
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    request.headers['X-Requested-With'] = 'cinema'
    return request
  },
})
`

// maxReports bounds what one delivery of reports may log.
const maxReports = 20

func (s *Server) registerDocs() {
	s.engine.GET("/api/openapi.json", s.serveDocument)
	s.engine.GET("/api/docs", func(c *gin.Context) { s.serve(c, docsIndex) })
	s.engine.GET("/api/docs/:file", s.docsFile)
	s.engine.POST(cspPath, s.cspReports)
}

var (
	docsIndex = &page{plain: []byte(docsPage), media: "text/html; charset=utf-8", cache: noStore, policy: docsPolicy}
	docsInit  = newPage("init.js", []byte(docsScript))
)

func (s *Server) docsFile(c *gin.Context) {
	name := c.Param("file")
	if name == "init.js" {
		s.serve(c, docsInit)
		return
	}
	f, ok := s.pages.files[docsFolder+name]
	if !ok {
		s.fail(c, errUnknown)
		return
	}
	s.serve(c, f)
}

// serveDocument answers with the contract. It is made at the first question and never changes.
func (s *Server) serveDocument(c *gin.Context) {
	s.documentOnce.Do(func() {
		b, err := s.openAPI()
		if err != nil {
			s.log.ErrorContext(c.Request.Context(), "api document", slog.Any("error", err))
			return
		}
		s.documentPage = newPage("openapi.json", b)
		s.documentPage.cache = []string{everyTime}
	})
	if s.documentPage == nil {
		s.fail(c, errUnknown)
		return
	}
	s.serve(c, s.documentPage)
}

// cspReport is what a browser tells of a broken policy; of all it may send, these members are logged.
type cspReport struct {
	Type string `json:"type"`
	Body struct {
		Directive string `json:"effectiveDirective"`
		Blocked   string `json:"blockedURL"`
		Source    string `json:"sourceFile"`
		Line      int    `json:"lineNumber"`
	} `json:"body"`
}

// cspReports takes the browser's reports. It changes nothing, and browsers send no header of ours with it.
func (s *Server) cspReports(c *gin.Context) {
	if err := s.spend(c, reads); err != nil {
		s.fail(c, err)
		return
	}
	if err := checkBody(c.Request, []string{"application/reports+json", "application/csp-report"}); err != nil {
		s.fail(c, err)
		return
	}
	body, err := readBody(c.Request)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.logReports(c.Request.Context(), body)
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
}

func (s *Server) logReports(ctx context.Context, body []byte) {
	var reports []cspReport
	if json.Unmarshal(body, &reports) != nil {
		return
	}
	for i, r := range reports {
		if i == maxReports {
			return
		}
		s.log.WarnContext(ctx, "content security policy", slog.String("directive", clip(r.Body.Directive)),
			slog.String("blocked", clip(r.Body.Blocked)), slog.String("source", clip(r.Body.Source)), slog.Int("line", r.Body.Line))
	}
}

// clip keeps a stranger's text short in the log.
func clip(s string) string {
	if len(s) > 200 {
		return s[:200]
	}
	return s
}
