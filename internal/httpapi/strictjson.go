package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"
)

// decodeStrict reads one JSON document into v, which points to a struct. Beyond encoding/json it refuses unknown and double members,
// members that differ in case, null where a value is expected, trailing data and broken UTF-8. Its errors name the place and never repeat a value.
func decodeStrict(data []byte, v any) error {
	if !utf8.Valid(data) {
		return errors.New("is not UTF-8")
	}
	if err := json.Unmarshal(data, v); err != nil {
		if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return fmt.Errorf("%s has the wrong type", placeOf(t.Field))
		}
		return errors.New("is not a JSON document")
	}
	w := walker{data: data}
	return w.value(reflect.TypeOf(v).Elem(), "")
}

func placeOf(field string) string {
	if field == "" {
		return "the document"
	}
	return field
}

// walker compares a document that is known to be well-formed with a type.
type walker struct {
	data []byte
	at   int
}

func (w *walker) value(t reflect.Type, place string) error {
	w.space()
	nullable := t.Kind() == reflect.Pointer
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch w.data[w.at] {
	case '{':
		return w.object(t, place)
	case '[':
		return w.array(t, place)
	case '"':
		w.text()
		return nil
	case 'n':
		if !nullable {
			return fmt.Errorf("%s must not be null", placeOf(place))
		}
	}
	for w.at < len(w.data) && !bytes.ContainsRune([]byte(",]} \t\r\n"), rune(w.data[w.at])) {
		w.at++
	}
	return nil
}

func (w *walker) object(t reflect.Type, place string) error {
	w.at++ // {
	var fields map[string]reflect.Type
	if t.Kind() == reflect.Struct {
		fields = fieldsOf(t)
	}
	seen := make(map[string]bool, len(fields))
	for {
		w.space()
		if w.data[w.at] == '}' {
			w.at++
			return nil
		}
		name := w.text()
		if seen[name] {
			return fmt.Errorf("%s has a member twice", placeOf(place))
		}
		seen[name] = true
		member, err := memberType(t, fields, name, place)
		if err != nil {
			return err
		}
		w.space()
		w.at++ // :
		inner := place
		if fields != nil {
			inner = strings.TrimPrefix(place+"."+name, ".")
		}
		if err := w.value(member, inner); err != nil {
			return err
		}
		w.space()
		if w.data[w.at] == ',' {
			w.at++
		}
	}
}

func memberType(t reflect.Type, fields map[string]reflect.Type, name, place string) (reflect.Type, error) {
	if fields == nil { // a map, or anything
		if t.Kind() == reflect.Map {
			return t.Elem(), nil
		}
		return reflect.TypeFor[*any](), nil
	}
	member, known := fields[name]
	if !known {
		return nil, fmt.Errorf("%s has an unknown member", placeOf(place))
	}
	return member, nil
}

func (w *walker) array(t reflect.Type, place string) error {
	w.at++ // [
	element := reflect.TypeFor[*any]()
	if t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		element = t.Elem()
	}
	for {
		w.space()
		switch w.data[w.at] {
		case ']':
			w.at++
			return nil
		case ',':
			w.at++
			continue
		}
		if err := w.value(element, place); err != nil {
			return err
		}
	}
}

// text reads a string and returns it without escapes.
func (w *walker) text() string {
	from := w.at
	escaped := false
	for w.at++; w.data[w.at] != '"'; w.at++ {
		if w.data[w.at] == '\\' {
			escaped = true
			w.at++
		}
	}
	w.at++
	raw := w.data[from:w.at]
	if !escaped {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	_ = json.Unmarshal(raw, &s) // it was part of a well-formed document
	return s
}

func (w *walker) space() {
	for w.at < len(w.data) {
		switch w.data[w.at] {
		case ' ', '\t', '\r', '\n':
			w.at++
		default:
			return
		}
	}
}

var fieldCache sync.Map // reflect.Type → map[string]reflect.Type; bounded by the number of types in the program

// fieldsOf lists the JSON members of a struct by their exact names.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	if known, ok := fieldCache.Load(t); ok {
		if m, ok := known.(map[string]reflect.Type); ok {
			return m
		}
	}
	m := make(map[string]reflect.Type, t.NumField())
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "-" && name != "" {
			m[name] = f.Type
		}
	}
	fieldCache.Store(t, m)
	return m
}
