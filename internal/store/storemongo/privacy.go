package storemongo

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/privacy"
)

const mostIdentities = 100

type erasureDoc struct {
	User    string    `bson:"_id"`
	Alias   string    `bson:"alias"`
	Actor   string    `bson:"actor"`
	Reason  string    `bson:"reason"`
	AskedAt time.Time `bson:"asked_at"`
	Closed  time.Time `bson:"closed_at"` // year 1 while something may be left to do
}

func toErasure(e privacy.Erasure) erasureDoc {
	return erasureDoc{
		User: string(e.User), Alias: string(e.Alias), Actor: string(e.Actor), Reason: e.Reason, AskedAt: millis(e.AskedAt), Closed: millis(e.Closed),
	}
}

func (d erasureDoc) erasure() privacy.Erasure {
	return privacy.Erasure{
		User: ident.User(d.User), Alias: ident.User(d.Alias), Actor: ident.User(d.Actor), Reason: d.Reason, AskedAt: d.AskedAt, Closed: d.Closed,
	}
}

// createErasures makes the collection, and lets identities be listed by their user.
func createErasures(ctx context.Context, s *Store) error {
	if err := createCollections(ctx, s); err != nil {
		return err
	}
	filter := append(under(kindIdentity), bson.E{Key: "of", Value: field("$exists", false)})
	for {
		docs, err := list[registerDoc](ctx, s, s.decisions, filter, options.Find().SetLimit(batch))
		if err != nil || len(docs) == 0 {
			return err
		}
		for _, d := range docs {
			if _, err := s.update(ctx, s.decisions, byID(d.ID), field("$set", field("of", registerID(kindIdentity, d.Value)))); err != nil {
				return err
			}
		}
	}
}

// BeginErasure keeps the decision unless there is one.
func (s *Store) BeginErasure(ctx context.Context, e privacy.Erasure) (privacy.Erasure, error) {
	if e.User == "" || e.Alias == "" && e.Open() {
		return privacy.Erasure{}, fault.New(fault.Invalid, "invalid_erasure", "An erasure needs a user and an alias.")
	}
	if _, err := s.insert(ctx, s.erasures, toErasure(e)); err != nil {
		return privacy.Erasure{}, err
	}
	var holds erasureDoc
	err := s.again(ctx, func(ctx context.Context) error {
		d, found, err := findOnce[erasureDoc](ctx, s.erasures, byID(string(e.User)))
		if err == nil && !found {
			err = errNoWinner
		}
		holds = d
		return err
	})
	return holds.erasure(), err
}

// Erasure reads a decision; found is false when there is none.
func (s *Store) Erasure(ctx context.Context, u ident.User) (e privacy.Erasure, found bool, err error) {
	d, found, err := find[erasureDoc](ctx, s, s.erasures, byID(string(u)))
	if err != nil || !found {
		return privacy.Erasure{}, false, err
	}
	return d.erasure(), true, nil
}

// erased tells whether a user was erased.
func (s *Store) erased(ctx context.Context, users ...ident.User) (bool, error) {
	users = slices.DeleteFunc(slices.Clone(users), func(u ident.User) bool { return u == "" })
	if len(users) == 0 {
		return false, nil
	}
	_, found, err := find[erasureDoc](ctx, s, s.erasures, field("_id", among(users)))
	return found, err
}

// unlessErased writes and then looks: either this look finds the decision, and takes back what was written, or the decision came later
// and the erasure, which reads after it, finds what was written.
func (s *Store) unlessErased(ctx context.Context, users []ident.User, write, undo func() error) error {
	if err := write(); err != nil {
		return err
	}
	gone, err := s.erased(ctx, users...)
	if err != nil || !gone {
		return err
	}
	if err := undo(); err != nil {
		return err
	}
	return privacy.ErrErased()
}

// bindKey gives an identity to a user. One that an erased user left behind is free.
func (s *Store) bindKey(ctx context.Context, key string, u ident.User) (ident.User, error) {
	holds, err := s.PutOnce(ctx, kindIdentity, key, string(u))
	if err != nil || holds == string(u) {
		return ident.User(holds), err
	}
	gone, err := s.erased(ctx, ident.User(holds))
	if err != nil || !gone {
		return ident.User(holds), err
	}
	if err := s.dropRegister(ctx, kindIdentity, key, holds); err != nil {
		return "", err
	}
	holds, err = s.PutOnce(ctx, kindIdentity, key, string(u))
	return ident.User(holds), err
}

// dropRegister deletes a register that holds a value. Only what tells who somebody is may ever go.
func (s *Store) dropRegister(ctx context.Context, kind, id, value string) error {
	_, err := s.remove(ctx, s.decisions, bson.D{{Key: "_id", Value: registerID(kind, id)}, {Key: "v", Value: value}})
	return err
}

// OpenErasures lists decisions that are not closed, oldest first.
func (s *Store) OpenErasures(ctx context.Context, limit int) ([]privacy.Erasure, error) {
	most, _ := page(limit, 0, mostOpen, mostOpen)
	oldest := bson.D{{Key: "asked_at", Value: 1}, {Key: "_id", Value: 1}}
	docs, err := list[erasureDoc](ctx, s, s.erasures, field("closed_at", time.Time{}), options.Find().SetSort(oldest).SetLimit(most))
	return convert(docs, erasureDoc.erasure), err
}

// CloseErasure ends the work on a decision and forgets the alias, the actor and the reason.
func (s *Store) CloseErasure(ctx context.Context, u ident.User, at time.Time) error {
	open := bson.D{{Key: "_id", Value: string(u)}, {Key: "closed_at", Value: time.Time{}}}
	_, err := s.update(ctx, s.erasures, open, field("$set", bson.D{
		{Key: "closed_at", Value: millis(at)}, {Key: "alias", Value: ""}, {Key: "actor", Value: ""}, {Key: "reason", Value: ""},
	}))
	return err
}

func identitiesOf(u ident.User) bson.D { return field("of", registerID(kindIdentity, string(u))) }

// IdentitiesOf lists the identities that are bound to a user.
func (s *Store) IdentitiesOf(ctx context.Context, u ident.User) ([]privacy.Identity, error) {
	docs, err := list[registerDoc](ctx, s, s.decisions, identitiesOf(u), options.Find().SetLimit(mostIdentities))
	if err != nil {
		return nil, err
	}
	var out []privacy.Identity
	for _, d := range docs {
		escaped, subject, _ := strings.Cut(d.ID[len(kindIdentity)+1:], "|")
		issuer, err := url.QueryUnescape(escaped)
		if err != nil {
			return nil, err
		}
		out = append(out, privacy.Identity{Issuer: issuer, Subject: subject})
	}
	return out, nil
}

// DropIdentitiesOf unbinds a user's identities.
func (s *Store) DropIdentitiesOf(ctx context.Context, u ident.User) error {
	_, err := s.remove(ctx, s.decisions, identitiesOf(u))
	return err
}

// DropMerge forgets that a guest was merged into an account.
func (s *Store) DropMerge(ctx context.Context, guest, account ident.User) error {
	return s.dropRegister(ctx, booking.KindMerge, string(guest), string(account))
}

// DropUser deletes a user with the words by which he is found.
func (s *Store) DropUser(ctx context.Context, u ident.User) error {
	_, err := s.remove(ctx, s.users, byID(string(u)))
	return err
}

// Disown gives at most limit of a user's finished bookings to an alias.
func (s *Store) Disown(ctx context.Context, u, alias ident.User, limit int) (int, error) {
	if u == "" || alias == "" || u == alias {
		return 0, fault.New(fault.Invalid, "invalid_erasure", "Bookings are given to an alias.")
	}
	most, _ := page(limit, 0, standardPage, mostPage)
	finished := []int{booking.Booked.Rank(), booking.Failed.Rank()}
	filter := bson.D{{Key: "user_id", Value: string(u)}, {Key: "rank", Value: field("$in", finished)}}
	docs, err := list[bookingDoc](ctx, s, s.bookings, filter, options.Find().SetLimit(most))
	if err != nil {
		return 0, err
	}
	for i, d := range docs {
		// The status may move meanwhile; the fields that are written here do not.
		change := append(noContact(d), bson.E{Key: "user_id", Value: string(alias)}, bson.E{Key: "hold_owner", Value: string(alias)})
		if _, err := s.update(ctx, s.bookings, bson.D{{Key: "_id", Value: d.ID}, {Key: "user_id", Value: string(u)}}, field("$set", change)); err != nil {
			return i, err
		}
	}
	return len(docs), nil
}

// noContact leaves of what a booking is found by its reference alone.
func noContact(d bookingDoc) bson.D {
	terms := bookingTerms(booking.Booking{Reference: d.Reference})
	return bson.D{{Key: "email", Value: ""}, {Key: "name", Value: ""}, {Key: "terms", Value: terms}}
}

// BlankContacts takes name and address, and the words of both, out of bookings.
func (s *Store) BlankContacts(ctx context.Context, ids []ident.Booking) (n int, err error) {
	named := bson.E{Key: "$or", Value: bson.A{field("email", field("$ne", "")), field("name", field("$ne", ""))}}
	docs, err := listAmong[bookingDoc](ctx, s, s.bookings, "_id", ids, named)
	if err != nil {
		return 0, err
	}
	for i, d := range docs {
		if _, err := s.update(ctx, s.bookings, byID(d.ID), field("$set", noContact(d))); err != nil {
			return i, err
		}
	}
	return len(docs), nil
}

// DropRequestsOf deletes what is kept of a user's requests.
func (s *Store) DropRequestsOf(ctx context.Context, u ident.User) (int, error) {
	if u == "" {
		return 0, nil
	}
	return s.remove(ctx, s.requests, field("user_id", string(u)))
}

// Scrub does nothing: when a deleted document leaves the disk is the server's affair, and its oplog keeps it for its window.
func (*Store) Scrub(context.Context) error { return nil }
