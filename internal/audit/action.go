package audit

import (
	"context"
	"encoding/json"
	"fmt"

	"cinema/internal/clock"
	"cinema/internal/ident"
)

// Action is what a person did: who, to what, before and after, from where.
type Action struct {
	Type     string // "user.role_changed"
	Actor    ident.User
	Subject  ident.User // whom it concerns; empty: only the actor
	Booking  ident.Booking
	Showtime ident.Showtime
	Before   any // JSON; no personal values
	After    any // JSON; no personal values
	// Personal are values that tell who somebody is (address, name). They belong to the subject, or else to the actor.
	Personal map[string]string
	From     string // client address of the actor
	Request  ident.Request
}

// Actions records what people do. The zero value does not work; see NewActions.
type Actions struct {
	store Store
	clock clock.Clock
}

// NewActions writes to a store.
func NewActions(s Store, c clock.Clock) *Actions { return &Actions{store: s, clock: c} }

// Record keeps an action. An action that must not happen without its record is recorded first.
func (a *Actions) Record(ctx context.Context, act Action) error {
	payload, err := json.Marshal(map[string]any{"actor": act.Actor, "before": act.Before, "after": act.After})
	if err != nil {
		return fmt.Errorf("payload of %s: %w", act.Type, err)
	}
	user := act.Subject
	if user == "" {
		user = act.Actor
	}
	return a.store.Append(ctx, []Entry{{
		ID: ident.New("au"), Type: act.Type, Showtime: act.Showtime, Booking: act.Booking, User: user, Request: act.Request,
		Payload: payload, At: a.clock.Now(),
	}})
}
