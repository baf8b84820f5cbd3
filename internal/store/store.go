// Package store names the one interface that a durable store implements: every feature's store at once. A sale is one act
// over seats, booking and outbox, so the features meet here and nowhere else.
package store

import (
	"context"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/idem"
	"cinema/internal/privacy"
)

// Backend is a durable store.
type Backend interface {
	catalog.Store
	booking.Store
	account.Store
	audit.Store
	audit.KeyStore
	audit.Chain
	Idempotency
	privacy.Store

	// Canary proves at start-up that the store refuses a second insert of a claim and of a register. An error means: do not serve.
	Canary(ctx context.Context) error
	// Ping tells whether the store answers.
	Ping(ctx context.Context) error
	// Close flushes and closes.
	Close() error
}

// Idempotency keeps the answers of requests that carry an Idempotency-Key.
type Idempotency = idem.Store

// RequestRecord is one idempotent request.
type RequestRecord = idem.Record
