package privacy

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/hold"
	"cinema/internal/ident"
)

// Bounds of a copy. Whoever has more asks the cinema; the copy says that it is not complete.
const (
	maxCopyBookings = 5_000
	maxCopyActivity = 10_000
	entriesPage     = 200
)

// Copy is everything that is kept of a person and of the guests who became him, and nothing of anybody else.
type Copy struct {
	At         time.Time
	User       account.User
	Role       account.Role // that counts now
	Merged     []ident.User
	Identities []Identity
	Sessions   []account.Session
	Tokens     []account.PersonalToken
	Bookings   []booking.Booking // newest first
	Holds      []hold.OwnedHold
	Activity   []Activity // newest first
	Complete   bool       // nothing was left out for its number
}

// Activity is an entry of the record that concerns the person.
type Activity struct {
	Entry    audit.Entry
	By       string            // "you", "staff", or empty for what no person did
	Details  map[string]any    // without other people's identifiers
	Personal map[string]string // his own values, as far as they can still be read
	From     string            // his address, when he did it himself
}

// Who did something, as a copy tells it.
const (
	byYou   = "you"
	byStaff = "staff"
)

// Copy collects what is kept of the caller.
func (s *Service) Copy(ctx context.Context, p *account.Principal) (Copy, error) {
	c := Copy{At: s.clock.Now(), Role: p.Role, Merged: p.Merged, Complete: true}
	var err error
	if c.User, err = s.records.User(ctx, p.User.ID); err != nil {
		return Copy{}, err
	}
	for _, u := range p.Owners() {
		if err := s.copyAccess(ctx, u, &c); err != nil {
			return Copy{}, err
		}
		if err := s.copyActivity(ctx, u, p.Owners(), &c); err != nil {
			return Copy{}, err
		}
	}
	slices.SortStableFunc(c.Activity, func(a, b Activity) int { return b.Entry.At.Compare(a.Entry.At) })
	if c.Holds, err = s.holds.Owned(ctx, p.Owners()); err != nil {
		return Copy{}, err
	}
	return c, s.copyBookings(ctx, p, &c)
}

// copyAccess adds what a user signs in and acts with.
func (s *Service) copyAccess(ctx context.Context, u ident.User, c *Copy) error {
	identities, err := s.records.IdentitiesOf(ctx, u)
	if err != nil {
		return err
	}
	sessions, err := s.records.SessionsOf(ctx, u)
	if err != nil {
		return err
	}
	tokens, err := s.records.TokensOf(ctx, u)
	if err != nil {
		return err
	}
	c.Identities, c.Sessions, c.Tokens = append(c.Identities, identities...), append(c.Sessions, sessions...), append(c.Tokens, tokens...)
	return nil
}

func (s *Service) copyBookings(ctx context.Context, p *account.Principal, c *Copy) error {
	q := booking.Query{Limit: bookingsPage}
	for {
		page, _, err := s.sales.List(ctx, booking.Caller{User: p.User.ID, Merged: p.Merged, Guest: p.User.Guest}, q)
		if err != nil {
			return err
		}
		c.Bookings = append(c.Bookings, page...)
		if len(page) < bookingsPage {
			return nil
		}
		if len(c.Bookings) >= maxCopyBookings {
			c.Complete = false
			return nil
		}
		last := page[len(page)-1]
		q.Before = booking.Place{CreatedAt: last.CreatedAt, ID: last.ID}
	}
}

func (s *Service) copyActivity(ctx context.Context, u ident.User, owners []ident.User, c *Copy) error {
	for skip := 0; ; skip += entriesPage {
		entries, _, err := s.records.Entries(ctx, audit.Query{User: u, Limit: entriesPage, Skip: skip})
		if err != nil {
			return err
		}
		for _, e := range entries {
			a, err := s.activity(ctx, e, owners)
			if err != nil {
				return err
			}
			c.Activity = append(c.Activity, a)
		}
		if len(entries) < entriesPage {
			return nil
		}
		if len(c.Activity) >= maxCopyActivity {
			c.Complete = false
			return nil
		}
	}
}

// activity is an entry as the person himself may see it.
func (s *Service) activity(ctx context.Context, e audit.Entry, owners []ident.User) (Activity, error) {
	a := Activity{Entry: e}
	revealed, err := s.vault.Reveal(ctx, e)
	if err != nil {
		return Activity{}, err
	}
	a.Personal = revealed.Values
	var payload map[string]any
	_ = json.Unmarshal(e.Payload, &payload) // an entry may have none
	if _, action := payload["actor"]; action {
		if a.By = byStaff; slices.Contains(owners, revealed.Actor) {
			a.By, a.From = byYou, revealed.From
		}
	}
	a.Details, _ = tellable(payload, owners).(map[string]any)
	return a, nil
}

// untold are members of payloads that speak of others or are told elsewhere.
var untold = []string{"actor", "personal", "from", "evicted", "owner", "user_id"}

// userPrefix begins every identifier of a user.
const userPrefix = "us_"

// tellable is a value without other people's identifiers.
func tellable(v any, owners []ident.User) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			if !slices.Contains(untold, name) && member != nil {
				out[name] = tellable(member, owners)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, member := range v {
			out[i] = tellable(member, owners)
		}
		return out
	case string:
		switch {
		case slices.Contains(owners, ident.User(v)):
			return byYou
		case strings.HasPrefix(v, userPrefix):
			return byStaff
		}
	}
	return v
}
