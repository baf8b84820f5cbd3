package httpapi

import (
	"encoding/csv"
	"io"
	"strings"
)

// byteOrderMark tells spreadsheets that the file is UTF-8.
const byteOrderMark = "\uFEFF"

// csvFile writes a table as RFC 4180 says, for programs and for spreadsheets.
type csvFile struct{ w *csv.Writer }

// newCSV begins a file with its first row.
func newCSV(to io.Writer, names ...string) (*csvFile, error) {
	if _, err := io.WriteString(to, byteOrderMark); err != nil {
		return nil, err
	}
	f := &csvFile{w: csv.NewWriter(to)}
	f.w.UseCRLF = true
	return f, f.w.Write(names)
}

// row writes a row. Its cells are changed into ones that no spreadsheet computes.
func (f *csvFile) row(cells ...string) error {
	for i, c := range cells {
		cells[i] = csvSafe(c)
	}
	return f.w.Write(cells)
}

// flush hands what was written on.
func (f *csvFile) flush() error {
	f.w.Flush()
	return f.w.Error()
}

// csvSafe is a cell that a spreadsheet takes for text. One that begins like a formula gets an apostrophe before it, and so does what
// begins like one behind a character at which a spreadsheet of another country cuts the cell.
func csvSafe(cell string) string {
	cell = strings.ToValidUTF8(cell, "\uFFFD")
	if !strings.ContainsAny(cell, computed+blank) {
		return cell
	}
	var b strings.Builder
	begins := true
	for i, r := range cell {
		if begins && strings.ContainsRune(computed, r) || i == 0 && strings.ContainsRune(blank, r) {
			b.WriteByte('\'')
		}
		b.WriteRune(r)
		begins = strings.ContainsRune(cuts, r)
	}
	return b.String()
}

const (
	computed = "=+-@\uFF1D\uFF0B\uFF0D\uFF20" // begin what is computed; the wide ones are of East Asian keyboards
	blank    = "\t\r\n"                       // skipped by some spreadsheets before they look
	cuts     = ";\t\r\n"                      // end a cell somewhere
)
