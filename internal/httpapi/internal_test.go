package httpapi

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

type inner struct {
	Name *string  `json:"name"`
	Tags []string `json:"tags"`
}

type sample struct {
	ID     string            `json:"id"`
	Count  int               `json:"count"`
	Flag   bool              `json:"flag"`
	Inner  inner             `json:"inner"`
	Many   []inner           `json:"many"`
	Labels map[string]string `json:"labels"`
	Raw    json.RawMessage   `json:"raw"`
	Hidden string            `json:"-"`
}

func TestDecodeStrict(t *testing.T) {
	t.Parallel()
	for text, fault := range map[string]string{
		`{}`: "",
		` { "id" : "a" , "count" : 1 , "flag" : true , "inner" : { "name" : null , "tags" : [ "x" , "y" ] } , "many" : [ { } , {} ] } `: "",
		`{"labels":{"a":"b","A":"c"},"raw":{"any":[1,null,{"deep":true}]}}`:                                                             "",
		`{"id":"quote \" and } and \\"}`: "",
		`{"ID":"a"}`:                     "unknown member",
		`{"Hidden":"a"}`:                 "unknown member",
		`{"inner":{"Name":"a"}}`:         "inner has an unknown member",
		`{"many":[{"tags":[]},{"x":1}]}`: "many has an unknown member",
		`{"id":"a","i\u0064":"b"}`:       "a member twice",
		`{"labels":{"a":"b","a":"c"}}`:   "labels has a member twice",
		`{"id":null}`:                    "id must not be null",
		`{"inner":{"tags":null}}`:        "inner.tags must not be null",
		`{"inner":{"tags":["a",null]}}`:  "inner.tags must not be null",
		`{"count":"1"}`:                  "count has the wrong type",
		`{"inner":[]}`:                   "inner has the wrong type",
		`[]`:                             "wrong type",
		`{} {}`:                          "not a JSON document",
		``:                               "not a JSON document",
		`{"id":"a",}`:                    "not a JSON document",
		"{\"id\":\"\xff\"}":              "not UTF-8",
	} {
		var v sample
		err := decodeStrict([]byte(text), &v)
		if fault == "" {
			require.NoError(t, err, text)
			continue
		}
		require.ErrorContains(t, err, fault, text)
	}
	require.NotContains(t, fieldsOf(reflect.TypeFor[sample]()), "Hidden")
}

// Whatever is accepted says the same to encoding/json, and nothing makes the walk fall over.
func FuzzDecodeStrict(f *testing.F) {
	for _, seed := range []string{`{}`, `{"id":"a"}`, `{"many":[{"tags":["a"]}]}`, `{"raw":[1,2,{"a":null}]}`, `{"labels":{"\u0000":""}}`, "[", `{"id":"\`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var strict, lax sample
		if decodeStrict(data, &strict) != nil {
			return
		}
		require.NoError(t, json.Unmarshal(data, &lax))
		require.Equal(t, lax, strict)
	})
}

func TestJitter(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for range 50 {
		seen[jitter(comeBack)] = true
	}
	require.Greater(t, len(seen), 10, "clients come back spread")
}

func TestTakes(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"gzip, br": true, "br;q=0.5": true, "br; q=0": false, "br;q=0.000": false, "gzip": false, "": false, "brotli": false, " BR ": true,
	} {
		require.Equal(t, want, takes(header, "br"), header)
	}
}
