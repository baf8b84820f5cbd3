package httpapi

import (
	"bytes"
	"html/template"
	"log/slog"
	"maps"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// visitPage is an error for a person who came with a browser. Nothing in it runs, and everything comes from here.
var visitPage = template.Must(template.New("visit").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/plain.css">
</head>
<body>
<main>
<p class="beam" aria-hidden="true"></p>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
<nav aria-label="What now">
<a class="lamp" href="{{.Retry}}">{{.RetryText}}</a>
<a href="{{.Home}}">Back to films</a>
</nav>
<p class="note">If it happens again, tell us this: <code>{{.Reference}}</code></p>
</main>
</body>
</html>
`))

// visitPolicy is for these pages: a stylesheet of ours, and nothing else.
var visitPolicy = []string{"default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}

var htmlHeader = []string{"text/html; charset=utf-8"}

// visitText is what a page says of a problem, beside its detail.
type visitText struct{ title, more, retry string }

var visitTexts = map[string]visitText{
	"sign_in_unavailable": {
		"Sign-in is taking a break", "What you have chosen is kept, and you can go on as a guest.", "Try again",
	},
	"sign_in_failed": {
		"That sign-in did not work",
		"It may have taken more than ten minutes, or the page was opened twice. Cookies must be allowed.", "Try again",
	},
	"step_up_failed": {
		"We could not confirm that it is you",
		"You stay signed in as before.", "Try again",
	},
	"rate_limited": {"Too many tries", "", "Try again"},
}

// wantsPage tells whether a browser shows the answer to a person.
func wantsPage(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept") {
		for part := range strings.SplitSeq(line, ",") {
			media, params, _ := strings.Cut(part, ";")
			if strings.EqualFold(strings.TrimSpace(media), "text/html") {
				q := strings.ReplaceAll(params, " ", "")
				return q != "q=0" && !strings.HasPrefix(q, "q=0.000")
			}
		}
	}
	return false
}

// failPage answers a person with a problem as a page.
func (s *Server) failPage(c *gin.Context, p *problem) {
	retry := callOf(c.Request.Context()).retry
	if retry == "" {
		retry = s.front(signInPage)
	}
	t, known := visitTexts[p.Code]
	if !known {
		t = visitText{title: "Something went wrong", retry: "Sign in"}
	}
	var body bytes.Buffer
	err := visitPage.Execute(&body, map[string]string{
		"Title": t.title, "Text": strings.TrimSpace(p.Detail + " " + t.more), "Retry": retry, "RetryText": t.retry, "Home": s.front("/"), "Reference": p.Instance,
	})
	if err != nil {
		s.log.ErrorContext(c.Request.Context(), "problem page", slog.Any("error", err))
		c.Status(http.StatusInternalServerError)
		return
	}
	h := c.Writer.Header()
	maps.Copy(h, p.headers)
	h["Content-Type"], h["Content-Security-Policy"], h["Cache-Control"] = htmlHeader, visitPolicy, noStore
	c.Writer.WriteHeader(p.Status)
	_, _ = c.Writer.Write(body.Bytes()) // the client may have gone
}
