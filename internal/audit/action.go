package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cinema/internal/clock"
	"cinema/internal/ident"
)

// Action is what a person did: who, to what, before and after, from where.
type Action struct {
	ID       string // empty: a new one. A second action with the same id writes nothing
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

// concerns tells whose entry it is.
func (a Action) concerns() ident.User {
	if a.Subject != "" {
		return a.Subject
	}
	return a.Actor
}

// Actions records what people do. The zero value does not work; see NewActions.
type Actions struct {
	store Store
	vault *Vault
	clock clock.Clock
}

// NewActions writes to a store, with personal values sealed by a vault.
func NewActions(s Store, v *Vault, c clock.Clock) *Actions {
	return &Actions{store: s, vault: v, clock: c}
}

// payload is an action as an entry carries it. Sealed values are of the entry's user, or in From of the actor.
type payload struct {
	Actor    ident.User        `json:"actor"`
	Before   json.RawMessage   `json:"before"`
	After    json.RawMessage   `json:"after"`
	Personal map[string]string `json:"personal,omitempty"`
	From     string            `json:"from,omitempty"`
}

// fromField is the name under which an address is sealed.
const fromField = "from"

// Record keeps an action. An action that must not happen without its record is recorded first.
func (a *Actions) Record(ctx context.Context, act Action) error {
	e := Entry{
		ID: act.ID, Type: act.Type, Showtime: act.Showtime, Booking: act.Booking, User: act.concerns(), Request: act.Request,
		At: a.clock.Now(),
	}
	if e.ID == "" {
		e.ID = ident.New("au")
	}
	p := payload{Actor: act.Actor}
	var err error
	if p.Personal, err = a.vault.SealPersonal(ctx, holder(e.User, e.At), e.ID, act.Personal); err != nil {
		return fmt.Errorf("record %s: %w", act.Type, err)
	}
	if act.From != "" {
		from, err := a.vault.SealPersonal(ctx, holder(act.Actor, e.At), e.ID, map[string]string{fromField: act.From})
		if err != nil {
			return fmt.Errorf("record %s: %w", act.Type, err)
		}
		p.From = from[fromField]
	}
	if p.Before, err = json.Marshal(act.Before); err == nil {
		p.After, err = json.Marshal(act.After)
	}
	if err == nil {
		e.Payload, err = json.Marshal(p)
	}
	if err != nil {
		return fmt.Errorf("payload of %s: %w", act.Type, err)
	}
	return a.store.Append(ctx, []Entry{e})
}

// holder is the user under whose key values are sealed. What somebody did who is not known yet belongs to nobody: such values share a
// key for each month, so that they can be erased by their age.
func holder(user ident.User, at time.Time) ident.User {
	if user != "" {
		return user
	}
	return Nobody(at)
}

// Nobody is under whose key the values of a month are sealed that belong to no user.
func Nobody(month time.Time) ident.User { return ident.User("nobody-" + month.UTC().Format("2006-01")) }

// Personal are the values of an entry that tell who somebody is, as far as they can still be read.
type Personal struct {
	Actor  ident.User        // who did it
	Values map[string]string // of the entry's user
	From   string            // client address of the actor
	Erased bool              // there were values that nobody can read any more
}

// Reveal decrypts the personal values of an action's entry. Entries of other kinds have none.
func (v *Vault) Reveal(ctx context.Context, e Entry) (Personal, error) {
	var p payload
	if json.Unmarshal(e.Payload, &p) != nil {
		return Personal{}, nil //nolint:nilerr // an entry of another kind is no action, and no fault
	}
	out := Personal{Actor: p.Actor}
	var err error
	if out.Values, err = v.Open(ctx, holder(e.User, e.At), e.ID, p.Personal); err != nil {
		return Personal{}, err
	}
	out.Erased = len(out.Values) < len(p.Personal)
	if p.From == "" {
		return out, nil
	}
	from, err := v.Open(ctx, holder(p.Actor, e.At), e.ID, map[string]string{fromField: p.From})
	if err != nil {
		return Personal{}, err
	}
	out.From = from[fromField]
	out.Erased = out.Erased || out.From == ""
	return out, nil
}
