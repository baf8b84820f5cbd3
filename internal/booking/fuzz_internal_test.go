package booking

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// FuzzParseReference: what is accepted has the printed form, stays itself, and no other reading of it is accepted as another reference.
func FuzzParseReference(f *testing.F) {
	f.Add(Reference("bk_1"))
	for _, s := range []string{"", "K7M2-9QXD", "k7m29qxd", "O0I1-L1oo", "K7M2 9QXD ", "K7M2–9QXD", "K7M2-9QX", "UUUU-UUUU", "\x00\x00\x00\x00\x00\x00\x00\x00", "ſſſſ-ıııı"} {
		f.Add(s)
	}
	form := regexp.MustCompile(`\A[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\z`)
	f.Fuzz(func(t *testing.T, s string) {
		r, ok := ParseReference(s)
		if !ok {
			return
		}
		if !form.MatchString(r) {
			t.Fatalf("%q is read as %q", s, r)
		}
		for _, typed := range []string{r, strings.ToLower(r), strings.ReplaceAll(r, "-", " ")} {
			if again, ok := ParseReference(typed); !ok || again != r {
				t.Fatalf("%q is read as %q", typed, again)
			}
		}
		wrong := []byte(r)
		wrong[0] = crockford[(strings.IndexByte(crockford, r[0])+1)%len(crockford)]
		if other, ok := ParseReference(string(wrong)); ok {
			t.Fatalf("%q and %q differ in one character", r, other)
		}
	})
}

// FuzzCustomer: a name and an address that are taken are short plain text, and stay what was typed but for blanks around it.
func FuzzCustomer(f *testing.F) {
	f.Add("Ada", "ada@example.com")
	f.Add("<b>\u202e", "a@example.com\r\nBcc: x@example.com")
	f.Add("a\nb", "\"a b\"@example.com")
	f.Add(strings.Repeat("ä", 101), "a@b")
	f.Add("\xff", "a@\u2028b.c")
	f.Add("=1+1", " a@b.c ")
	f.Fuzz(func(t *testing.T, name, email string) {
		c, err := checkCustomer(Customer{Name: name, Email: email})
		if err != nil {
			return
		}
		if c.Name != strings.TrimSpace(name) || c.Email != strings.TrimSpace(email) {
			t.Fatalf("%q, %q became %+v", name, email, c)
		}
		if strings.ContainsFunc(c.Name+c.Email, unicode.IsControl) || len([]rune(c.Name)) > maxName || len(c.Email) > maxEmail {
			t.Fatalf("%q, %q are taken", name, email)
		}
		if again, err := checkCustomer(c); err != nil || again != c {
			t.Fatalf("%+v became %+v, %v", c, again, err)
		}
	})
}
