package httpapi

import (
	"encoding/json"
	"io"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// document is the frame of the OpenAPI document and the settings of the framework.
func (s *Server) document() huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Cinema", Version: apiVersion,
				Description: "Seats, seen live and sold once. Every error is application/problem+json with a stable code in `error`. " +
					"Answers that count against a quota tell in RateLimit and RateLimit-Policy what is left of it.",
			},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"cookie": {
						Type: "apiKey", In: "cookie", Name: cookieSecure,
						Description: "The browser's session. Requests that change something also carry X-Requested-With: cinema.",
					},
					"bearer": {
						Type: "http", Scheme: "bearer", BearerFormat: "JWT",
						Description: "An access token from POST /api/auth/token.",
					},
				},
			},
			Tags: []*huma.Tag{
				{Name: "Programme"},
				{Name: "Seats"},
				{Name: "Bookings"},
				{Name: "Tickets"},
				{Name: "Session"},
				{Name: "Administration"},
				{Name: "Health"},
			},
		},
		Formats: map[string]huma.Format{
			"application/json": {Marshal: encode, Unmarshal: decodeStrict},
			"json":             {Marshal: encode, Unmarshal: decodeStrict},
		},
		DefaultFormat: "application/json",
	}
}

// apiVersion is the version of the contract, not of the program.
const apiVersion = "1.0.0"

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// schemaName names a schema after its Go type: wire types end in View or Body, which the contract does not.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if short, ok := strings.CutSuffix(name, "Body"); ok {
		return short + "Request"
	}
	return strings.TrimSuffix(name, "View")
}
