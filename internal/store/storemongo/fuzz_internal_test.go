package storemongo

import (
	"reflect"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/ident"
)

// shape is a filter without the texts in it: names, operators and kinds of values.
func shape(v any) any {
	switch x := v.(type) {
	case bson.D:
		out := map[string]any{}
		for _, e := range x {
			out[e.Key] = shape(e.Value)
		}
		return out
	case bson.A:
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = shape(e)
		}
		return out
	case bson.Regex:
		return "regex" + x.Options
	default:
		return reflect.TypeOf(v).String()
	}
}

// FuzzFilters: no text of a request changes what is asked of MongoDB, only the value that is compared.
func FuzzFilters(f *testing.F) {
	for _, s := range []string{"ada", "$where", "{$ne:1}", "a.b", "^.*$", "\\E", "(?i)x", "\x00", "a b"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, text, id string) {
		if text == "" || id == "" || len(words(text)) == 0 {
			return
		}
		plain := strings.TrimSpace(strings.Repeat("w ", min(len(words(text)), maxWords)))
		for _, pair := range [][2]bson.D{
			{bookingsAsked(booking.Query{Text: text, Public: "BOOKED", Showtime: ident.Showtime(id)}), bookingsAsked(booking.Query{Text: plain, Public: "BOOKED", Showtime: "s"})},
			{entriesAsked(audit.Query{Type: text, User: ident.User(id)}), entriesAsked(audit.Query{Type: "t", User: "u"})},
			{showsAsked(catalog.ShowtimeQuery{BusinessDate: text, Movie: ident.Movie(id)}), showsAsked(catalog.ShowtimeQuery{BusinessDate: "d", Movie: "m"})},
			{beforePlace(bson.D{}, booking.Place{ID: ident.Booking(id)}), beforePlace(bson.D{}, booking.Place{ID: "b"})},
		} {
			if got, want := shape(pair[0]), shape(pair[1]); !reflect.DeepEqual(got, want) {
				t.Fatalf("%q and %q ask %v, not %v", text, id, got, want)
			}
		}
	})
}
