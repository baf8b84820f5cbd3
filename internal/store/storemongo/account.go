package storemongo

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/account"
	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// kindIdentity is the register `<issuer, escaped>|<subject>` → user.
const kindIdentity = "identity"

const (
	mostGuests   = 100
	mostSessions = 200
)

type userDoc struct {
	ID        string    `bson:"_id"`
	Email     string    `bson:"email"`
	Name      string    `bson:"name"`
	Picture   string    `bson:"picture"`
	Verified  bool      `bson:"verified"`
	Guest     bool      `bson:"guest"`
	Granted   string    `bson:"granted"`
	Cinemas   []string  `bson:"cinema_ids"`
	CreatedAt time.Time `bson:"created_at"`
	UpdatedAt time.Time `bson:"updated_at"`
	Terms     []string  `bson:"terms"` // what a search finds it by, folded
}

func toUser(u account.User) userDoc {
	return userDoc{
		ID: string(u.ID), Email: u.Email, Name: u.Name, Picture: u.Picture, Verified: u.Verified, Guest: u.Guest, Granted: string(u.Granted),
		Cinemas: convert(u.Cinemas, func(c ident.Cinema) string { return string(c) }), CreatedAt: millis(u.CreatedAt), UpdatedAt: millis(u.UpdatedAt), Terms: append(words(u.Name), words(u.Email)...),
	}
}

func (d userDoc) user() account.User {
	return account.User{
		ID: ident.User(d.ID), Email: d.Email, Name: d.Name, Picture: d.Picture, Verified: d.Verified, Guest: d.Guest,
		Granted: account.Role(d.Granted), Cinemas: convert(d.Cinemas, func(c string) ident.Cinema { return ident.Cinema(c) }), CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
	}
}

// User reads a guest or a person.
func (s *Store) User(ctx context.Context, id ident.User) (account.User, error) {
	d, found, err := find[userDoc](ctx, s, s.users, byID(string(id)))
	if err == nil && !found {
		err = notFound("user_not_found", "There is no such user.")
	}
	return d.user(), err
}

// UserByIdentity follows the (issuer, subject) register.
func (s *Store) UserByIdentity(ctx context.Context, issuer, subject string) (account.User, error) {
	id, found, err := s.Register(ctx, kindIdentity, identityKey(issuer, subject))
	if err != nil {
		return account.User{}, err
	}
	if found {
		gone, err := s.erased(ctx, ident.User(id))
		if err != nil {
			return account.User{}, err
		}
		found = !gone
	}
	if !found {
		return account.User{}, notFound("user_not_found", "Nobody has this identity.")
	}
	return s.User(ctx, ident.User(id))
}

// identityKey can not be read two ways: the escaped issuer has no bar in it.
func identityKey(issuer, subject string) string { return url.QueryEscape(issuer) + "|" + subject }

// BindIdentity gives the identity to the user unless it has one; it returns the user who has it afterwards.
func (s *Store) BindIdentity(ctx context.Context, issuer, subject string, u ident.User) (ident.User, error) {
	if issuer == "" || subject == "" || u == "" {
		return "", fault.New(fault.Invalid, "invalid_identity", "An identity needs an issuer, a subject and a user.")
	}
	var holds ident.User
	err := s.unlessErased(ctx, []ident.User{u},
		func() (err error) {
			holds, err = s.bindKey(ctx, identityKey(issuer, subject), u)
			return err
		},
		func() error { return s.dropRegister(ctx, kindIdentity, identityKey(issuer, subject), string(u)) })
	return holds, err
}

// Merge records once that a guest belongs to an account; it returns the account that the register holds.
func (s *Store) Merge(ctx context.Context, guest, into ident.User) (ident.User, error) {
	if guest == "" || into == "" || guest == into {
		return "", fault.New(fault.Invalid, "invalid_merge", "A guest is merged into another user.")
	}
	var holds string
	err := s.unlessErased(ctx, []ident.User{guest, into},
		func() (err error) {
			holds, err = s.PutOnce(ctx, booking.KindMerge, string(guest), string(into))
			return err
		},
		func() error { return s.DropMerge(ctx, guest, into) })
	return ident.User(holds), err
}

// MergedGuests lists the guests merged into an account, oldest first, at most 100.
func (s *Store) MergedGuests(ctx context.Context, user ident.User) ([]ident.User, error) {
	oldest := bson.D{{Key: "pos", Value: 1}, {Key: "_id", Value: 1}}
	filter := field("of", registerID(booking.KindMerge, string(user)))
	docs, err := list[registerDoc](ctx, s, s.decisions, filter, options.Find().SetSort(oldest).SetLimit(mostGuests))
	return convert(docs, func(d registerDoc) ident.User { return ident.User(d.ID[len(booking.KindMerge)+1:]) }), err
}

// MergedInto follows a guest's merge register; empty when there is none.
func (s *Store) MergedInto(ctx context.Context, guest ident.User) (ident.User, error) {
	id, _, err := s.Register(ctx, booking.KindMerge, string(guest))
	return ident.User(id), err
}

type sessionDoc struct {
	Hash      string    `bson:"_id"`
	User      string    `bson:"user_id"`
	Issuer    string    `bson:"issuer"`
	CreatedAt time.Time `bson:"created_at"`
	LastSeen  time.Time `bson:"last_seen"`
	AuthTime  time.Time `bson:"auth_time"`
	Rotated   time.Time `bson:"rotated"`
	Agent     string    `bson:"agent"`
	Bookings  []string  `bson:"booking_ids"` // never null: AllowBooking pushes
	ID        string    `bson:"session_id"`
	Subject   string    `bson:"subject"`
	Label     string    `bson:"label"`
	Replaces  string    `bson:"replaces"`
	Ends      time.Time `bson:"ends"`
}

func toSession(v account.Session) sessionDoc {
	d := sessionDoc{
		Hash: v.Hash, User: string(v.User), Issuer: v.Issuer, CreatedAt: millis(v.CreatedAt), LastSeen: millis(v.LastSeen),
		AuthTime: millis(v.AuthTime), Rotated: millis(v.Rotated), Agent: v.Agent, Bookings: []string{},
		ID: v.ID, Subject: v.Subject, Label: v.Label, Replaces: v.Replaces, Ends: millis(v.Ends),
	}
	for _, id := range v.Bookings {
		d.Bookings = append(d.Bookings, string(id))
	}
	return d
}

func (d sessionDoc) session() account.Session {
	v := account.Session{
		Hash: d.Hash, User: ident.User(d.User), Issuer: d.Issuer, CreatedAt: d.CreatedAt, LastSeen: d.LastSeen, AuthTime: d.AuthTime,
		Rotated: d.Rotated, Agent: d.Agent, ID: d.ID, Subject: d.Subject, Label: d.Label, Replaces: d.Replaces, Ends: d.Ends,
	}
	for _, id := range d.Bookings {
		v.Bookings = append(v.Bookings, ident.Booking(id))
	}
	return v
}

func noSession() error { return notFound("session_not_found", "There is no such session.") }

// PutSession inserts or replaces a session.
func (s *Store) PutSession(ctx context.Context, v account.Session) error {
	if v.Hash == "" || v.User == "" {
		return fault.New(fault.Invalid, "invalid_session", "A session needs a hash and a user.")
	}
	return s.unlessErased(ctx, []ident.User{v.User},
		func() error { return s.replace(ctx, s.sessions, v.Hash, toSession(v)) },
		func() error { return s.DeleteSession(ctx, v.Hash) })
}

// TouchSession moves LastSeen of a live session.
func (s *Store) TouchSession(ctx context.Context, hash string, seen time.Time) error {
	there, err := s.update(ctx, s.sessions, byID(hash), field("$set", field("last_seen", millis(seen))))
	if err == nil && !there {
		err = noSession()
	}
	return err
}

// AllowBooking adds a booking to those a live session may see, under each of its values. The update's own condition keeps the bound.
func (s *Store) AllowBooking(ctx context.Context, hash string, id ident.Booking) error {
	v, err := s.Session(ctx, hash)
	if err != nil {
		return err
	}
	last := fmt.Sprintf("booking_ids.%d", account.MaxSessionBookings-1)
	which := byID(hash)
	if v.ID != "" {
		which = field("session_id", v.ID)
	}
	room := bson.D{
		which[0], {Key: "booking_ids", Value: field("$ne", string(id))}, {Key: last, Value: field("$exists", false)},
	}
	return s.updateAll(ctx, s.sessions, room, field("$push", field("booking_ids", string(id))))
}

// Session reads a session by the hash of its cookie.
func (s *Store) Session(ctx context.Context, hash string) (account.Session, error) {
	d, found, err := find[sessionDoc](ctx, s, s.sessions, byID(hash))
	if err == nil && !found {
		err = noSession()
	}
	return d.session(), err
}

// DeleteSession ends a session. One that is gone is no fault.
func (s *Store) DeleteSession(ctx context.Context, hash string) error {
	_, err := s.remove(ctx, s.sessions, byID(hash))
	return err
}

// DeleteSessionsOf ends every session of a user but one; no exception when except is empty.
func (s *Store) DeleteSessionsOf(ctx context.Context, u ident.User, except string) error {
	_, err := s.remove(ctx, s.sessions, bson.D{{Key: "user_id", Value: string(u)}, {Key: "_id", Value: field("$ne", except)}})
	return err
}

// SessionsOf lists the sessions of a user, last seen first, at most 200.
func (s *Store) SessionsOf(ctx context.Context, u ident.User) ([]account.Session, error) {
	latest := bson.D{{Key: "last_seen", Value: -1}, {Key: "_id", Value: 1}}
	docs, err := list[sessionDoc](ctx, s, s.sessions, field("user_id", string(u)), options.Find().SetSort(latest).SetLimit(mostSessions))
	return convert(docs, sessionDoc.session), err
}

// DropSessions deletes sessions last seen before an instant.
func (s *Store) DropSessions(ctx context.Context, before time.Time) (int, error) {
	return s.remove(ctx, s.sessions, field("last_seen", field("$lt", millis(before))))
}
