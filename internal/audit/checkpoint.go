package audit

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Names of marks.
const (
	markHead     = "head"     // the newest checkpoint; see Checkpoint.rank
	markGenesis  = "genesis"  // how many entries were there before the chain began
	markVerified = "verified" // the latest verification; its rank is its time
	markKey      = "key|"     // + key id → public half
)

// Checkpoint says how far the chain is at an instant.
type Checkpoint struct {
	N       int64  `json:"n"`
	Hash    string `json:"h"`       // of link N, in hexadecimal
	Entry   string `json:"entry"`   // whose link it is
	Entries int64  `json:"entries"` // sealed until then
	Genesis int64  `json:"genesis"` // of them, those that were there before the chain began
	Kept    int64  `json:"kept"`    // checkpoints kept until then, this one included when it is one of them
	Time    string `json:"time"`    // RFC 3339, UTC
}

// At is the instant of the checkpoint; zero when it tells none.
func (c Checkpoint) At() time.Time {
	at, err := time.Parse(time.RFC3339Nano, c.Time)
	if err != nil {
		return time.Time{}
	}
	return at
}

// rank orders heads: neither number ever goes back.
func (c Checkpoint) rank() int64 { return c.N + c.Kept }

// checkpointOf makes the checkpoint of a link.
func checkpointOf(l Link, genesis, kept int64, now time.Time) Checkpoint {
	return Checkpoint{
		N: l.N, Hash: hex.EncodeToString(l.Hash), Entry: l.Entry, Entries: l.N, Genesis: genesis, Kept: kept, Time: instant(now),
	}
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// Verdict is what a verification came to.
type Verdict struct {
	N        int64    `json:"n"` // links that were walked through
	Time     string   `json:"time"`
	OK       bool     `json:"ok"`
	FirstBad *Finding `json:"first_bad,omitempty"`
}

// At is the instant of the verification; zero when it tells none.
func (v Verdict) At() time.Time { return Checkpoint{Time: v.Time}.At() }

// signed is a statement with its signature, one line of JSON.
type signed[T any] struct {
	Statement T      `json:"statement"`
	Key       string `json:"key"` // id
	Signature string `json:"signature"`
}

// Kinds of statements: a signature of one kind is worth nothing for another.
const (
	kindCheckpoint = "cinema audit checkpoint 1"
	kindVerdict    = "cinema audit verdict 1"
)

var (
	// errUnreadable says that a text is no signed statement.
	errUnreadable = errors.New("it is not readable")
	// errUnknownKey says that whoever signed is not known.
	errUnknownKey = errors.New("an unknown key signed it")
	// errForged says that a signature does not fit.
	errForged = errors.New("its signature is forged")
)

func sign[T any](k *Keys, kind string, statement T) (string, error) {
	said, err := saidBy(kind, k.id, statement)
	if err != nil {
		return "", err
	}
	signature := base64.RawStdEncoding.EncodeToString(ed25519.Sign(k.private, said))
	text, err := json.Marshal(signed[T]{Statement: statement, Key: k.id, Signature: signature})
	if err != nil {
		return "", fmt.Errorf("write a statement: %w", err)
	}
	return string(text), nil
}

// open reads a signed statement. The statement is returned also with the errors errUnknownKey and errForged.
func open[T any](trusted Trusted, kind, text string) (statement T, key string, err error) {
	var s signed[T]
	if json.Unmarshal([]byte(text), &s) != nil {
		return statement, "", errUnreadable
	}
	public, ok := trusted[s.Key]
	if !ok {
		return s.Statement, s.Key, errUnknownKey
	}
	said, err := saidBy(kind, s.Key, s.Statement)
	if err != nil {
		return statement, "", err
	}
	signature, err := base64.RawStdEncoding.DecodeString(s.Signature)
	if err != nil || !ed25519.Verify(public, said, signature) {
		return s.Statement, s.Key, errForged
	}
	return s.Statement, s.Key, nil
}

// saidBy is what a signature covers.
func saidBy(kind, key string, statement any) ([]byte, error) {
	text, err := json.Marshal(statement)
	if err != nil {
		return nil, fmt.Errorf("write a statement: %w", err)
	}
	return appendPart(appendPart(appendPart(nil, kind), key), string(text)), nil
}

// Trusted are the public keys whose signatures count, by their ids. They never come from the store.
type Trusted map[string]ed25519.PublicKey

// Trust adds a key.
func (t Trusted) Trust(public ed25519.PublicKey) { t[KeyID(public)] = public }
