package storesqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed queries/*.sql
var queryFiles embed.FS

// query is one named statement. Its parts are the lines between `--?` marks: a part with a label belongs to the statement only
// when the caller asks for that label, so that a filter that is not set costs nothing and an index can be used for one that is.
type query struct {
	name  string
	parts []part
}

type part struct {
	label string // empty: always there
	text  string
}

var fragmentUse = regexp.MustCompile(`\{([a-z_]+)\}`)

// loadQueries reads every `-- name:` statement and puts the `-- fragment:` texts in where {their_name} stands.
func loadQueries(files fs.FS) (map[string]*query, error) {
	names, err := fs.Glob(files, "queries/*.sql")
	if err != nil {
		return nil, err
	}
	texts, fragments := map[string]string{}, map[string]string{}
	for _, file := range names {
		raw, err := fs.ReadFile(files, file)
		if err != nil {
			return nil, err
		}
		if err := splitNamed(string(raw), texts, fragments); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	queries := make(map[string]*query, len(texts))
	for name, text := range texts {
		var missing error
		text = fragmentUse.ReplaceAllStringFunc(text, func(use string) string {
			f, ok := fragments[strings.Trim(use, "{}")]
			if !ok {
				missing = fmt.Errorf("query %s: no fragment %s", name, use)
			}
			return f
		})
		if missing != nil {
			return nil, missing
		}
		queries[name] = &query{name: name, parts: splitParts(text)}
	}
	return queries, nil
}

// splitNamed sorts the blocks of one file into statements and fragments. Comment lines are left out.
func splitNamed(raw string, texts, fragments map[string]string) error {
	var name string
	var into map[string]string
	for line := range strings.Lines(raw) {
		trimmed := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(trimmed, "-- name:"), strings.HasPrefix(trimmed, "-- fragment:"):
			kind, rest, _ := strings.Cut(trimmed, ":")
			name, into = strings.TrimSpace(rest), texts
			if kind == "-- fragment" {
				into = fragments
			}
			if _, twice := into[name]; twice {
				return fmt.Errorf("%s is there twice", name)
			}
			into[name] = ""
		case strings.HasPrefix(trimmed, "--") && !strings.HasPrefix(trimmed, "--?"):
		case trimmed == "":
		case into == nil:
			return fmt.Errorf("%q stands before any name", trimmed)
		default:
			into[name] += line
		}
	}
	return nil
}

func splitParts(text string) []part {
	parts := []part{{}}
	for line := range strings.Lines(text) {
		if label, ok := strings.CutPrefix(strings.TrimSpace(line), "--?"); ok {
			parts = append(parts, part{label: strings.TrimSpace(label)})
			continue
		}
		parts[len(parts)-1].text += line
	}
	return slices.DeleteFunc(parts, func(p part) bool { return p.text == "" })
}

// labels are the optional parts, in order.
func (q *query) labels() []string {
	var out []string
	for _, p := range q.parts {
		if p.label != "" && !slices.Contains(out, p.label) {
			out = append(out, p.label)
		}
	}
	return out
}

// text is the statement with the parts that the labels ask for.
func (q *query) text(labels ...string) string {
	var b strings.Builder
	for _, p := range q.parts {
		if p.label == "" || slices.Contains(labels, p.label) {
			b.WriteString(p.text)
		}
	}
	return strings.TrimSpace(b.String())
}

// preparer is a connection or a pool of them.
type preparer interface {
	PrepareContext(ctx context.Context, text string) (*sql.Stmt, error)
}

// prepare fills every *sql.Stmt and *filtered field of the struct that dst points to with the query its `sql` tag names.
// It returns the names it used; on an error nothing stays open.
func prepare(ctx context.Context, db preparer, queries map[string]*query, dst any) ([]string, error) {
	var used []string
	for field, v := range reflect.ValueOf(dst).Elem().Fields() {
		name := field.Tag.Get("sql")
		q, ok := queries[name]
		if !ok {
			return nil, errors.Join(fmt.Errorf("no query named %q", name), closeStatements(dst))
		}
		used = append(used, name)
		if f, ok := reflect.TypeAssert[*filtered](v.Addr()); ok {
			f.query, f.db = q, db
			continue
		}
		stmt, err := db.PrepareContext(ctx, q.text())
		if err != nil {
			return nil, errors.Join(fmt.Errorf("prepare %s: %w", name, err), closeStatements(dst))
		}
		v.Set(reflect.ValueOf(stmt))
	}
	return used, nil
}

func closeStatements(src any) error {
	var errs []error
	for _, v := range reflect.ValueOf(src).Elem().Fields() {
		switch f := v.Addr().Interface().(type) {
		case **sql.Stmt:
			if *f != nil {
				errs = append(errs, (*f).Close())
			}
		case *filtered:
			errs = append(errs, f.close())
		}
	}
	return errors.Join(errs...)
}

// filtered is a query with optional parts. Each combination of labels is prepared when it is first asked for; there are at most
// two to the power of the number of labels, so that the set is bounded.
type filtered struct {
	query *query
	db    preparer

	mu    sync.Mutex // guards stmts
	stmts map[string]*sql.Stmt
}

// stmt is the statement for the labels. It belongs to the set, which closes it.
func (f *filtered) stmt(ctx context.Context, labels []string) (*sql.Stmt, error) {
	text := f.query.text(labels...)
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, ok := f.stmts[text]; ok {
		return s, nil
	}
	s, err := f.db.PrepareContext(ctx, text) //nolint:sqlclosecheck // kept in stmts, closed by close
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", f.query.name, err)
	}
	if f.stmts == nil {
		f.stmts = make(map[string]*sql.Stmt)
	}
	f.stmts[text] = s
	return s, nil
}

func (f *filtered) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, s := range f.stmts {
		errs = append(errs, s.Close())
	}
	f.stmts = nil
	return errors.Join(errs...)
}
