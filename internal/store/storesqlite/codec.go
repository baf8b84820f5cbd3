package storesqlite

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// maxRune ends the range of strings with a prefix.
const maxRune = "\U0010FFFF"

// maxWords bounds the words of a search; further ones do not narrow it.
const maxWords = 3

// scanner is a row.
type scanner interface{ Scan(dest ...any) error }

// toMillis keeps an instant as Unix milliseconds; no instant is 0.
func toMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// encode makes the JSON of a value that has one by its type: lists and structs of plain fields.
func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("storesqlite: " + err.Error()) // a number that is not finite, or a type without JSON: a bug
	}
	return string(raw)
}

// list is encode for a list: none is "[]".
func list[T any](v []T) string {
	if len(v) == 0 {
		return "[]"
	}
	return encode(v)
}

func decode(text string, into any) error {
	if text == "" || text == "[]" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("stored JSON: %w", err)
	}
	return nil
}

// affected tells whether a statement changed a row.
func affected(r sql.Result, err error) (bool, error) {
	n, err := count(r, err)
	return n > 0, err
}

func count(r sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := r.RowsAffected()
	return int(n), err
}

// collect reads every row.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// foldReference makes a booking reference comparable however it was typed: without dashes and blanks, with the letters that the
// alphabet leaves out read as the digits they look like.
func foldReference(s string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToLower(r); {
		case r == 'o':
			return '0'
		case r == 'i' || r == 'l':
			return '1'
		case r == '-' || unicode.IsSpace(r):
			return -1
		default:
			return r
		}
	}, s)
}

// words splits a text into folded words, each of which may begin with punctuation.
func words(text string) []string { return strings.Fields(strings.ToLower(text)) }

// wordRanges names the labels and parameters of a search for every word at once; none when there are no words.
func wordRanges(text string) (labels []string, args []any) {
	all := words(text)
	for i, w := range all[:min(len(all), maxWords)] {
		label := fmt.Sprintf("word%d", i+1)
		if i > 0 {
			labels = append(labels, label)
		} else {
			labels = append(labels, "text")
		}
		args = append(args, sql.Named(label, w), sql.Named(label+"_end", w+maxRune))
	}
	return labels, args
}

// page makes limit and skip sane.
func page(limit, skip, standard, most int) (int, int) {
	if limit <= 0 {
		limit = standard
	}
	return min(limit, most), max(skip, 0)
}
