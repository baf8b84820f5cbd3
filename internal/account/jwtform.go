package account

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

var errForm = errors.New("not in the form of a token of ours")

// Members that a token of ours may have. There is no place for a key (jwk), an address of one (jku, x5u) or an extension (crit): nothing
// in a token says how it is to be verified.
var headerNames = []string{"alg", "kid", "typ"}

// checkForm holds a compact JWS against the form in which the product writes: three parts, strict base64url, each member known and
// there once. The library reads JSON by the rules of encoding/json, for which Sub is sub and the last of two wins.
func checkForm(token string, claims []string) error {
	if strings.ContainsFunc(token, func(r rune) bool { return r != '.' && !isBase64(r) }) { // the decoder skips line ends
		return errForm
	}
	header, rest, ok := strings.Cut(token, ".")
	payload, signature, more := strings.Cut(rest, ".")
	if !ok || !more || header == "" || payload == "" || signature == "" || strings.Contains(signature, ".") {
		return errForm
	}
	if err := checkPart(header, headerNames); err != nil {
		return err
	}
	return checkPart(payload, claims)
}

func isBase64(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// kindOf tells whether a member's value is of its kind: instants are numbers, the audience may be a list, and all else is text.
func kindOf(name string, value json.RawMessage) bool {
	switch name {
	case "exp", "nbf", "iat":
		return len(value) > 0 && value[0] >= '0' && value[0] <= '9'
	case "aud":
		return len(value) > 0 && (value[0] == '"' || value[0] == '[')
	default:
		return len(value) > 0 && value[0] == '"'
	}
}

func checkPart(part string, names []string) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil || !utf8.Valid(raw) {
		return errForm
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errForm
	}
	var seen []string
	for d.More() {
		t, err := d.Token()
		name, ok := t.(string)
		if err != nil || !ok || !slices.Contains(names, name) || slices.Contains(seen, name) {
			return errForm
		}
		seen = append(seen, name)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil || !kindOf(name, value) {
			return errForm
		}
	}
	if _, err := d.Token(); err != nil || d.InputOffset() != int64(len(raw)) {
		return errForm
	}
	return nil
}
