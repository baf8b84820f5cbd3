// Package fault is the error vocabulary of the product: a kind that decides how the edge answers, a stable
// machine code, and a sentence that a person may read. Anything that is not a fault is internal, and its text stays in the log.
package fault

import (
	"errors"
	"maps"
	"time"
)

// Kind groups faults by what the caller can do about them.
type Kind int

// The kinds. The edge maps each to one HTTP status unless the code says otherwise.
const (
	Internal     Kind = iota // a bug or an unexpected failure: nothing the caller can do
	Invalid                  // the request is malformed: change it
	Unauthorized             // no or bad credentials
	Forbidden                // known caller, not allowed
	NotFound                 // does not exist, or must not be known to exist
	Conflict                 // the world is in another state: look again
	Gone                     // it was possible and never will be again
	Declined                 // the payment provider said no
	Limited                  // too many requests
	Unavailable              // a part is down: try again later
)

// Fault is an error with a kind and a code. Detail is safe to show; the wrapped cause is not.
type Fault struct {
	Kind       Kind
	Code       string
	Detail     string
	RetryAfter time.Duration  // zero: say nothing
	Extra      map[string]any // members that belong to the case, for the problem document
	cause      error
}

// New makes a fault with a code of the contract and a sentence for people.
func New(kind Kind, code, detail string) *Fault {
	return &Fault{Kind: kind, Code: code, Detail: detail}
}

// Wrap makes a fault that keeps its cause for the log.
func Wrap(cause error, kind Kind, code, detail string) *Fault {
	return &Fault{Kind: kind, Code: code, Detail: detail, cause: cause}
}

// With returns a copy that carries one more member for the problem document.
func (f *Fault) With(name string, value any) *Fault {
	c := *f
	c.Extra = make(map[string]any, len(f.Extra)+1)
	maps.Copy(c.Extra, f.Extra)
	c.Extra[name] = value
	return &c
}

// After returns a copy that asks the caller to wait before the next try.
func (f *Fault) After(d time.Duration) *Fault {
	c := *f
	c.RetryAfter = d
	return &c
}

// Error gives the code, the detail and the cause, for logs.
func (f *Fault) Error() string {
	s := f.Code
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	if f.cause != nil {
		s += ": " + f.cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.cause }

// Is makes two faults with the same code equal for errors.Is, so that sentinels can be compared after With or After.
func (f *Fault) Is(target error) bool {
	t, ok := target.(*Fault)
	return ok && t.Code == f.Code
}

// KindOf tells the kind of the first fault in the chain; Internal when there is none.
func KindOf(err error) Kind {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Kind
	}
	return Internal
}

// CodeOf tells the code of the first fault in the chain; "internal" when there is none.
func CodeOf(err error) string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Code
	}
	return "internal"
}
