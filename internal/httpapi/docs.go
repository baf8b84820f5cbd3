package httpapi

import (
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

// docsScript starts the reader: no validator of somebody else's, and the header that the API asks of browsers. The reader makes markup of
// descriptions; the policy lets tags without attributes be markup, shows everything else as text, and makes no string a script.
const docsScript = `const plain = /^(?:[^<>]|<\/?[a-z][a-z0-9]*>)*$/
window.trustedTypes && window.trustedTypes.createPolicy('default', {
  createHTML: (html) => (plain.test(html) ? html : html.replaceAll('<', '&lt;')),
})
window.SwaggerUIBundle && window.SwaggerUIBundle({
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

func (s *Server) registerDocs() {
	s.plain(route{method: http.MethodGet, path: "/api/openapi.json", charge: reads}, s.serveDocument)
	s.plain(route{method: http.MethodGet, path: "/api/docs", charge: reads}, func(c *gin.Context) { s.serve(c, docsIndex) })
	s.plain(route{method: http.MethodGet, path: "/api/docs/{file}", charge: reads}, s.docsFile)
	s.plain(route{method: http.MethodPost, path: cspPath, charge: reports, bodyTypes: reportTypes}, s.cspReports)
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
