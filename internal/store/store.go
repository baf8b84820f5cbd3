// Package store names the one interface that a durable store implements: every feature's store at once. A sale is one act
// over seats, booking and outbox, so the features meet here and nowhere else.
package store

import (
	"context"
	"time"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
)

// Backend is a durable store.
type Backend interface {
	catalog.Store
	booking.Store
	account.Store
	audit.Store
	Idempotency

	// Canary proves at start-up that the store refuses a second insert of a claim and of a register. An error means: do not serve.
	Canary(ctx context.Context) error
	// Ping tells whether the store answers.
	Ping(ctx context.Context) error
	// Close flushes and closes.
	Close() error
}

// Idempotency keeps the answers of requests that carry an Idempotency-Key.
type Idempotency interface {
	// BeginRequest takes the key for the caller until the lease ends. fresh is true when the caller must execute; otherwise the
	// stored record tells why not (another fingerprint, still running, or done with its answer).
	BeginRequest(ctx context.Context, r RequestRecord) (stored RequestRecord, fresh bool, err error)
	// FinishRequest stores the answer to replay.
	FinishRequest(ctx context.Context, r RequestRecord) error
	// DropRequest forgets a key whose request began nothing.
	DropRequest(ctx context.Context, id string) error
	// DropRequests deletes expired records.
	DropRequests(ctx context.Context, before time.Time) (int, error)
}

// RequestRecord is one idempotent request.
type RequestRecord struct {
	ID          string // sha256 of user, method, route template and key
	Fingerprint string // sha256 of canonical body and path parameters
	Done        bool
	Status      int
	Body        []byte
	Header      map[string]string
	LeaseUntil  time.Time
	Expires     time.Time
}
