// Package idem remembers the answers of requests that carry an Idempotency-Key, so that a repeat is answered and not executed.
package idem

import (
	"context"
	"time"

	"cinema/internal/ident"
)

// Store keeps the answers.
type Store interface {
	// BeginRequest takes the key for the caller until the lease ends. fresh is true when the caller must execute; otherwise the
	// stored record tells why not (another fingerprint, still running, or done with its answer).
	BeginRequest(ctx context.Context, r Record) (stored Record, fresh bool, err error)
	// FinishRequest stores the answer to replay.
	FinishRequest(ctx context.Context, r Record) error
	// DropRequest forgets a key whose request began nothing.
	DropRequest(ctx context.Context, id string) error
	// DropRequests deletes expired records.
	DropRequests(ctx context.Context, before time.Time) (int, error)
	// DropRequestsOf deletes what is kept of a user's requests, answers included.
	DropRequestsOf(ctx context.Context, u ident.User) (int, error)
}

// Record is one idempotent request.
type Record struct {
	ID          string // sha256 of user, method, route template and key
	User        ident.User
	Fingerprint string // sha256 of canonical body and path parameters
	Done        bool
	Status      int
	Body        []byte
	Header      map[string]string
	LeaseUntil  time.Time
	Expires     time.Time
}
