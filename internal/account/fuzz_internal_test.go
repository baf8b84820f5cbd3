package account

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// FuzzTokenForm: what passes the form is read by every reader of JSON in the same way, and no member says how to verify.
func FuzzTokenForm(f *testing.F) {
	f.Add("eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImEifQ.eyJzdWIiOiJhIiwiZXhwIjoxfQ.AAAA")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("e30.e30.e30")
	f.Add("eyJzdWIiOiJhIiwiU3ViIjoiYiJ9.eyJzdWIiOiJhIiwic3ViIjoiYiJ9.AA")
	f.Add("e30.e30.AA.AA")
	names := []string{"aud", "exp", "iat", "iss", "jti", "nbf", "scope", "sid", "sub"}
	f.Fuzz(func(t *testing.T, token string) {
		if checkForm(token, names) != nil {
			return
		}
		parts := strings.Split(token, ".")
		if len(parts) != 3 {
			t.Fatalf("%q has %d parts", token, len(parts))
		}
		for i, allowed := range [][]string{headerNames, names} {
			raw, err := jwt.NewParser(jwt.WithStrictDecoding()).DecodeSegment(parts[i])
			if err != nil {
				t.Fatal(err)
			}
			var members map[string]any
			if err := json.Unmarshal(raw, &members); err != nil {
				t.Fatalf("%q: %v", raw, err)
			}
			for name := range members {
				if !slices.Contains(allowed, name) {
					t.Fatalf("%q has the member %q", raw, name)
				}
			}
		}
	})
}

// FuzzLoopback: an address that a code may be sent to is on this machine, by number, over http, in one spelling.
func FuzzLoopback(f *testing.F) {
	for _, s := range []string{"http://127.0.0.1:7777/back", "http://[::1]:1/", "http://127.0.0.1:80", "http://localhost:1/", "http://127.0.0.1.evil.example:1/", "http://127.1:1/", "http://0x7f000001:1/", "http://user@127.0.0.1:1/", "https://127.0.0.1:1/", "http://127.0.0.1:1/#x", "http://127.0.0.1:1\\@evil.example/", "http://[::ffff:127.0.0.1]:1/", "http://127.0.0.1:01/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := loopback(s)
		if err != nil {
			return
		}
		at, err := netip.ParseAddrPort(u.Host)
		if err != nil || !at.Addr().IsLoopback() || u.Scheme != "http" || u.User != nil || u.Fragment != "" {
			t.Fatalf("%q leads to %v", s, u)
		}
		if again, err := loopback(u.String()); err != nil || again.Host != u.Host {
			t.Fatalf("%q is written as %q: %v", s, u, err)
		}
	})
}

// FuzzScopes: a list of scopes that is accepted has known names, each once, and stays itself.
func FuzzScopes(f *testing.F) {
	for _, s := range []string{"read", "read book manage", "book read", "read read", "READ", "", " ", "admin", "read\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		scopes, err := ParseScopes(strings.Split(s, " "))
		if err != nil {
			return
		}
		if scopes == 0 || scopes&^AllScopes != 0 {
			t.Fatalf("%q is %b", s, scopes)
		}
		if again, err := ParseScopes(scopes.Names()); err != nil || again != scopes {
			t.Fatalf("%q is %q and then %q, %v", s, scopes, again, err)
		}
	})
}

// FuzzLabel: of what a browser says of itself nothing is shown but words of ours.
func FuzzLabel(f *testing.F) {
	for _, s := range []string{"", "Mozilla/5.0 (X11; Linux x86_64) Chrome/120", "<script>", "Firefox/ Android\x00", strings.Repeat("Edg", 1000)} {
		f.Add(s)
	}
	words := []string{"Unknown", "Something", "on"}
	for _, m := range slices.Concat(browsers[:], systems[:]) {
		words = append(words, strings.Fields(m.name)...)
	}
	f.Fuzz(func(t *testing.T, agent string) {
		for w := range strings.FieldsSeq(Label(agent)) {
			if !slices.Contains(words, w) {
				t.Fatalf("%q is shown as %q", agent, Label(agent))
			}
		}
	})
}

// FuzzSigningKeys: no text of keys makes the reader fall over, and no refusal repeats it.
func FuzzSigningKeys(f *testing.F) {
	f.Add([]byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"))
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"))
	f.Add([]byte("secret-secret-secret"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := CheckKeys(text); err != nil && len(text) >= 16 && strings.Contains(err.Error(), string(text)) {
			t.Fatalf("%v repeats the keys", err)
		}
	})
}
