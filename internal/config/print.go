package config

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
)

// Warnings lists what is accepted and should not stay: in development what production would refuse, in production what is seldom meant.
// None repeats a secret.
func (c *Config) Warnings() []string {
	var f collector
	if c.Development() {
		c.warnDevelopment(&f)
	} else {
		c.warnProduction(&f)
		c.warnSignIn(&f)
	}
	return append(f.faults, c.warnings...)
}

// warnDevelopment names the settings that the same configuration could not be published with.
func (c *Config) warnDevelopment(f *collector) {
	f.require(c.JWTSecret == "" || len(c.JWTSecret) >= minSecret, "JWT_SECRET is shorter than 32 characters: production refuses that")
	f.require(!sample(c.JWTSecret), "JWT_SECRET is a sample value: production refuses that")
}

// Effective lists every variable with its value, secrets masked, in the order of the struct.
func (c *Config) Effective() []string {
	v := reflect.ValueOf(*c)
	var out []string
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		if tag.Get("env") == "" {
			continue
		}
		out = append(out, tag.Get("env")+"="+shown(v.Field(i), tag.Get("secret") == "true"))
	}
	return out
}

func shown(v reflect.Value, secret bool) string {
	var s string
	if list, ok := reflect.TypeAssert[[]string](v); ok {
		s = strings.Join(list, ",")
	} else {
		s = fmt.Sprint(v.Interface())
	}
	if secret && s != "" {
		return "********"
	}
	if u, err := url.Parse(s); err == nil && u.User != nil {
		return u.Redacted()
	}
	return s
}

// Markdown is docs/configuration.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\nGenerated from the configuration struct by `make generate`: change the struct, not this page.\n\n" +
		"Every setting is an environment variable; a `.env` file in the working folder is read when present (the environment wins). " +
		"A bad value stops the start with one message that lists every fault. A secret may stand in a file instead: `JWT_SECRET_FILE=/run/secrets/jwt` and so on for every variable marked secret; both at once is a fault. The effective configuration is printed at start with secrets masked.\n\n" +
		"| variable | default | meaning |\n|---|---|---|\n")
	for field := range reflect.TypeFor[Config]().Fields() {
		tag := field.Tag
		if tag.Get("env") == "" {
			continue
		}
		def := tag.Get("envDefault")
		if def != "" {
			def = "`" + def + "`"
		}
		doc := tag.Get("doc")
		if tag.Get("secret") == "true" {
			doc += " Secret."
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", tag.Get("env"), def, doc)
	}
	return b.String()
}
