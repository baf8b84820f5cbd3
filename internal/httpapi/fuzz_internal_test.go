package httpapi

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"cinema/internal/ident"
)

var cursorID = regexp.MustCompile(`\A[A-Za-z0-9_-]{1,64}\z`)

// FuzzPageCursor: a cursor that is accepted names an identifier, comes back as it was made, and survives another round.
func FuzzPageCursor(f *testing.F) {
	f.Add(*pageCursor(time.UnixMilli(1_800_000_000_000), "bk_1"))
	for _, s := range []string{"", "x", "MS4=", base64.RawURLEncoding.EncodeToString([]byte("1.a|b")), base64.RawURLEncoding.EncodeToString([]byte("-9223372036854775808.a")), base64.RawURLEncoding.EncodeToString([]byte("1.")), "MS5h\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, id, err := parseCursor(s)
		if err != nil || s == "" {
			return
		}
		if !cursorID.MatchString(id) {
			t.Fatalf("%q names %q", s, id)
		}
		again, same, err := parseCursor(*pageCursor(at, id))
		if err != nil || !again.Equal(at) || same != id {
			t.Fatalf("%q: %v %q, then %v %q %v", s, at, id, again, same, err)
		}
	})
}

// FuzzQueryTime: an instant of a query is RFC 3339 with a zone, and can be written again.
func FuzzQueryTime(f *testing.F) {
	for _, s := range []string{"", "2026-03-01T20:00:00Z", "2026-03-01T20:00:00.123456789+01:00", "2026-03-01", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00Z", "2026-03-01T20:00:00 01:00", "2026-03-01t20:00:00z", "2026-03-01T24:00:00Z", "1e9", "2026-03-01T2:00:00Z", "2026-03-01T02:00:00,5Z"} {
		f.Add(s)
	}
	form := regexp.MustCompile(`\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})\z`)
	f.Fuzz(func(t *testing.T, s string) {
		at, err := queryTime(s)
		if err != nil || s == "" {
			return
		}
		if !form.MatchString(s) {
			t.Fatalf("%q is taken as %v", s, at)
		}
		if _, err := time.Parse(time.RFC3339Nano, at.Format(time.RFC3339Nano)); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzIdempotencyKey: what is accepted is visible ASCII of a bounded length, and two keys never make one record.
func FuzzIdempotencyKey(f *testing.F) {
	for _, s := range []string{"", "12345678", "with space", "1234567", strings.Repeat("k", 128), strings.Repeat("k", 129), "tab\tinside", "umläute-1", "nul\x00byte1", "12345678\n", "~~~~~~~~", "\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f"} {
		f.Add(s)
	}
	form := regexp.MustCompile(`\A[!-~]{8,128}\z`)
	f.Fuzz(func(t *testing.T, s string) {
		if isKey(s) != form.MatchString(s) {
			t.Fatalf("%q: %v", s, isKey(s))
		}
		if isKey(s) && digest("u", "POST", "/a", s) == digest("u", "POST", "/a"+s[:1], s[1:]) {
			t.Fatalf("%q makes the record of another request", s)
		}
	})
}

// FuzzAuthorization: a bearer is told from every other scheme, holds no blank at its ends, and a header without one never falls back to the cookie.
func FuzzAuthorization(f *testing.F) {
	for _, s := range []string{"", "Bearer abc", "bearer  abc ", "Bearer", "Basic abc", "Bearer\tabc", "BEARER a b", " Bearer abc", "Bearer,abc", "Bearer \x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := &http.Request{Header: http.Header{"Authorization": {s}}, URL: &url.URL{}}
		token := bearerOf(r)
		if token == "" {
			return
		}
		if token != strings.TrimSpace(token) || len(s) < len("bearer ") || !strings.EqualFold(s[:len("bearer ")], "Bearer ") || !strings.HasSuffix(strings.TrimSpace(s), token) {
			t.Fatalf("%q gives the token %q", s, token)
		}
	})
}

// FuzzSubprotocols: the protocol that is chosen was offered, and a token in the list is one of its members.
func FuzzSubprotocols(f *testing.F) {
	for _, s := range []string{"", "cinema.v1", "cinema.v1, bearer.abc", "bearer.", ",,,", "bearer.a,bearer.b", "BEARER.a", "cinema.v1,\tbearer.x ", "bearer.a\r\nX: y"} {
		f.Add(s, "")
	}
	f.Add("cinema.v1", "bearer.abc")
	f.Fuzz(func(t *testing.T, first, second string) {
		r := &http.Request{Header: http.Header{"Sec-Websocket-Protocol": {first, second}}, URL: &url.URL{}}
		list := offered(r)
		if len(list) != strings.Count(first, ",")+strings.Count(second, ",")+2 {
			t.Fatalf("%q and %q: %q", first, second, list)
		}
		token := offeredBearer(r)
		if token == "" {
			return
		}
		if token != strings.TrimRight(token, " \t") || strings.Contains(token, ",") || !strings.Contains(first+","+second, bearerPrefix+token) {
			t.Fatalf("%q and %q: the token %q", first, second, token)
		}
	})
}

// FuzzOrigin: what may be trusted is a scheme and a host, in the form in which browsers send it, and stays that when it is read again.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{"https://tickets.example", "HTTPS://Tickets.Example:8443/", "http://localhost:5173", "null", "https://", "https://user:pass@a.example", "//a.example", "https://a.example/path?x#y", "javascript:alert(1)", "https://[::1]:80", "https://a.example\r\n", " https://a.example ", "https://*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := originOf(s)
		if err != nil {
			return
		}
		u, err := url.Parse(o)
		if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || o != strings.ToLower(o) {
			t.Fatalf("%q is the origin %q: %v", s, o, err)
		}
		if again, err := originOf(o); err != nil || again != o {
			t.Fatalf("%q is read again as %q", o, again)
		}
	})
}

// FuzzReserved: whatever a reader of paths may make of an address, the web app's document is not served for the folders of the API.
func FuzzReserved(f *testing.F) {
	for _, s := range []string{"/", "/api", "/api/x", "//api/x", "/./api", "/x/../api", "\\api\\x", "/API/x", "/apix", "/tickets/a", "/.git/config", "/a/.env", "/ws", "/metrics", "/bank/x", "/%61pi", "/..\\api", "\xe6"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, p string) {
		clean := strings.ToLower(path.Clean("/" + strings.ReplaceAll(p, `\`, "/")))
		for _, folder := range reserved {
			if (clean == folder || strings.HasPrefix(clean, folder+"/")) && !isReserved(p) {
				t.Fatalf("%q is a page of the app", p)
			}
		}
		plain := !strings.Contains(p, ".") && !strings.ContainsFunc(p, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError })
		if isReserved(p) && plain && !slices.ContainsFunc(reserved, func(folder string) bool { return strings.Contains(strings.ToLower(p), folder[1:]) }) {
			t.Fatalf("%q is no page of the app", p)
		}
	})
}

// FuzzSaleBody reads anything as the body that sells seats: what is accepted has no member that the contract does not know, and means the
// same to every reader of JSON.
func FuzzSaleBody(f *testing.F) {
	for _, s := range []string{
		`{"request_id":"request-1","seat_ids":["A1"],"tickets":[{"seat_id":"A1","ticket_type":"adult"}],"customer":{"email":"a@b.c","name":"A"},"payment_token":"tok_approve","epoch":"e"}`,
		`{"seat_ids":["A1"],"Seat_ids":["A2"]}`, `{"seat_ids":["A1"],"seat_ids":["A2"]}`, `{"seat_ids":["A1"],"amount":1}`, `{"customer":null}`, `{"seat_ids":["\ud800"]}`, `{"seat_ids":["A1"]}{}`, "\ufeff{}", `{"seat_ids":[["A1"]]}`,
	} {
		f.Add([]byte(s))
	}
	known := map[string]bool{"request_id": true, "seat_ids": true, "tickets": true, "customer": true, "payment_token": true, "epoch": true}
	f.Fuzz(func(t *testing.T, data []byte) {
		var b saleBody
		if decodeStrict(data, &b) != nil {
			return
		}
		var members map[string]json.RawMessage
		if err := json.Unmarshal(data, &members); err != nil {
			t.Fatalf("%q: %v", data, err)
		}
		for name := range members {
			if !known[name] {
				t.Fatalf("%q has the member %q", data, name)
			}
		}
		for _, s := range b.SeatIDs { // what the handler does next
			if seat, err := ident.ParseSeat(s); err == nil && !seat.Valid() {
				t.Fatalf("%q", s)
			}
		}
	})
}

// FuzzReports reads anything as a browser's reports: a bounded number of short, printable words comes out, without what may be personal.
func FuzzReports(f *testing.F) {
	for _, s := range []string{
		`[{"type":"csp-violation","body":{"effectiveDirective":"script-src","blockedURL":"https://u:p@a.example/x?token=y#z","sourceFile":"https://b.example/s.js?k=v","lineNumber":1}}]`,
		`{"csp-report":{"violated-directive":"img-src","blocked-uri":"data:image/png;base64,AAAA"}}`, `[]`, `null`, `[{"body":{"lineNumber":1e99}}]`, `[{"body":{"effectiveDirective":"a\r\nb\u001b[31m"}}]`, `{"csp-report":{}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		all := reportsOf(body)
		if len(all) > maxReports {
			t.Fatalf("%d reports", len(all))
		}
		for _, r := range all {
			for _, s := range []string{word(r.Body.Directive), place(r.Body.Blocked), place(r.Body.Source)} {
				if len(s) > maxReportText+4 || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '\ufffd' }) {
					t.Fatalf("%q makes the word %q", body, s)
				}
			}
			for _, s := range []string{place(r.Body.Blocked), place(r.Body.Source)} {
				if strings.ContainsAny(s, "?#") {
					t.Fatalf("%q leaves %q", body, s)
				}
			}
		}
	})
}
