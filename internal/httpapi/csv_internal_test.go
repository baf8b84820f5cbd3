package httpapi

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestCSVSafe(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"":                     "",
		"Ada Lovelace":         "Ada Lovelace",
		"25.00":                "25.00",
		"a=b+c-d@e":            "a=b+c-d@e",
		"'=1":                  "'=1",
		"=1+1":                 "'=1+1",
		"+44 20":               "'+44 20",
		"-1":                   "'-1",
		"@SUM(A1)":             "'@SUM(A1)",
		"\t=1":                 "'\t'=1",
		"\r=1":                 "'\r'=1",
		"\n=1":                 "'\n'=1",
		"＝1＋1":                 "'＝1＋1",
		"=HYPERLINK(\"x\")":    "'=HYPERLINK(\"x\")",
		"Ada;=cmd|' /C calc'!": "Ada;'=cmd|' /C calc'!",
		"a\t@b":                "a\t'@b",
		"a, b; c":              "a, b; c",
		"\xff=1":               "\uFFFD=1",
	} {
		require.Equal(t, want, csvSafe(cell), "%q", cell)
	}
}

// FuzzCSVSafe writes any cell between two others and reads the file as two kinds of spreadsheet do.
func FuzzCSVSafe(f *testing.F) {
	for _, seed := range []string{"", "=1+1", "+1", "-1", "@x", "\t=", "\r\n=", "a;=b", "\"=1\"", "a,\"b", "a\nb", "\xff\xfe=", "＝1", ";", "'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		safe := csvSafe(cell)
		if !utf8.ValidString(safe) {
			t.Fatalf("%q is no UTF-8", safe)
		}
		if again := csvSafe(safe); strings.HasPrefix(safe, "'") && !strings.HasPrefix(again, "'") {
			t.Fatalf("%q became %q", safe, again)
		}
		if strings.ReplaceAll(safe, "'", "") != strings.ReplaceAll(strings.ToValidUTF8(cell, "\uFFFD"), "'", "") {
			t.Fatalf("%q lost more than nothing: %q", cell, safe)
		}
		var out bytes.Buffer
		file, err := newCSV(&out, "one", "two", "three")
		require.NoError(t, err)
		require.NoError(t, file.row("x", cell, "y"))
		require.NoError(t, file.flush())
		text, marked := strings.CutPrefix(out.String(), byteOrderMark)
		require.True(t, marked)
		r := csv.NewReader(strings.NewReader(text))
		r.FieldsPerRecord = 3
		rows, err := r.ReadAll()
		require.NoError(t, err, "%q", text)
		require.Len(t, rows, 2)
		require.Equal(t, strings.ReplaceAll(safe, "\r", ""), strings.ReplaceAll(rows[1][1], "\r", ""))
		// A spreadsheet that cuts at semicolons takes the file apart elsewhere.
		for _, part := range strings.FieldsFunc(safe, func(r rune) bool { return strings.ContainsRune(cuts, r) }) {
			first, _ := utf8.DecodeRuneInString(part)
			if strings.ContainsRune(computed, first) {
				t.Fatalf("%q holds the formula %q", safe, part)
			}
		}
	})
}
