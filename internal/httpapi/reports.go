package httpapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

const (
	// maxReports bounds what one delivery of reports may log, maxReportText each of its words.
	maxReports    = 20
	maxReportText = 200
)

// reportTypes are the media types of browsers' reports, the present one and the older one.
var reportTypes = []string{"application/reports+json", "application/csp-report"}

// cspReport is what a browser tells of a broken policy; of all it may send, these members are logged.
type cspReport struct {
	Body struct {
		Directive string `json:"effectiveDirective"`
		Blocked   string `json:"blockedURL"`
		Source    string `json:"sourceFile"`
		Line      int    `json:"lineNumber"`
	} `json:"body"`
}

// olderReport is the same in the older form.
type olderReport struct {
	Body struct {
		Directive string `json:"effective-directive"`
		Violated  string `json:"violated-directive"`
		Blocked   string `json:"blocked-uri"`
		Source    string `json:"source-file"`
		Line      int    `json:"line-number"`
	} `json:"csp-report"`
}

// cspReports takes the browser's reports. It changes nothing, and browsers send no header of ours with it.
func (s *Server) cspReports(c *gin.Context) {
	body, err := readBody(c.Request)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.logReports(c.Request.Context(), reportsOf(body))
	c.Status(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
}

// reportsOf reads a delivery in either form; what is neither is nothing.
func reportsOf(body []byte) []cspReport {
	var all []cspReport
	if json.Unmarshal(body, &all) == nil {
		return all[:min(len(all), maxReports)]
	}
	var old olderReport
	if json.Unmarshal(body, &old) != nil || old.Body.Directive+old.Body.Violated == "" {
		return nil
	}
	var r cspReport
	r.Body.Directive, r.Body.Blocked, r.Body.Source, r.Body.Line = old.Body.Directive, old.Body.Blocked, old.Body.Source, old.Body.Line
	if r.Body.Directive == "" {
		r.Body.Directive = old.Body.Violated
	}
	return []cspReport{r}
}

func (s *Server) logReports(ctx context.Context, all []cspReport) {
	for _, r := range all {
		s.log.WarnContext(ctx, "content security policy", slog.String("directive", word(r.Body.Directive)),
			slog.String("blocked", place(r.Body.Blocked)), slog.String("source", place(r.Body.Source)), slog.Int("line", r.Body.Line))
	}
}

// place is an address without what may be personal: query, fragment and credentials. Of an address that holds its content, the scheme.
func place(address string) string {
	address, _, _ = strings.Cut(address, "?")
	address, _, _ = strings.Cut(address, "#")
	if scheme, _, ok := strings.Cut(address, ":"); ok && (strings.EqualFold(scheme, "data") || strings.EqualFold(scheme, "blob")) {
		return word(scheme)
	}
	if scheme, rest, ok := strings.Cut(address, "://"); ok {
		host, path, slash := strings.Cut(rest, "/")
		if slash {
			path = "/" + path
		}
		address = scheme + "://" + host[strings.LastIndexByte(host, '@')+1:] + path
	}
	return word(address)
}

// word makes a stranger's text short and printable.
func word(s string) string {
	s = s[:min(len(s), 4*maxReportText)]
	var b strings.Builder
	for _, r := range s {
		if b.Len() >= maxReportText {
			break
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '\ufffd'
		}
		b.WriteRune(r)
	}
	return b.String()
}
