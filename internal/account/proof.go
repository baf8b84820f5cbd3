package account

import (
	"errors"
	"time"

	"cinema/internal/ident"
)

// Asker is the session that asked for a sign-in at an identity provider. The zero value is a browser without a session.
type Asker struct {
	Session string     // its ID, which stays when the value of the cookie is changed
	User    ident.User // whose it is
}

// Attempt is a sign-in at an identity provider, as it was asked for.
type Attempt struct {
	Asker    Asker
	ReturnTo string // where the browser goes afterwards: a path of ours
	StepUp   bool   // the person of the session shall prove once more who he is
}

// Begun is an attempt under way.
type Begun struct {
	Address string // where the provider asks the person
	State   string // names the attempt; 43 characters of base64url that travel through the provider
	Sealed  string // what the browser keeps and brings back; only the product can read it
}

// Callback is what a browser brings back from the provider, unchecked.
type Callback struct {
	State, Code, Issuer string // parameters of the address
	Error               string // what the provider says instead of a code
	Sealed              string // what the browser kept; empty: nothing
}

// Proof is what a provider vouches for.
type Proof struct {
	Attempt  Attempt
	Identity Identity
	AuthTime time.Time // when the person proved who he is; zero: the provider does not tell
}

// ErrCancelled says that the person went back at the provider. The attempt in the proof is good.
var ErrCancelled = errors.New("the sign-in was cancelled at the provider")

// AskerOf is the session of a caller as an attempt keeps it; nil is a browser without one.
func AskerOf(p *Principal) Asker {
	if p == nil {
		return Asker{}
	}
	return Asker{Session: p.Session.ID, User: p.User.ID}
}
