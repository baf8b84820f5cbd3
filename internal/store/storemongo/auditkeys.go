package storemongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/audit"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// userKeysDoc is a user's data keys by the id of the wrapping secret. One with a time of destruction has no keys and never gets one.
type userKeysDoc struct {
	User      string            `bson:"_id"`
	Wrapped   map[string][]byte `bson:"wrapped,omitempty"`
	Destroyed time.Time         `bson:"destroyed_at,omitempty"`
}

func (d userKeysDoc) keys() audit.UserKeys {
	return audit.UserKeys{User: ident.User(d.User), Wrapped: d.Wrapped, Destroyed: d.Destroyed}
}

func toUserKeys(k audit.UserKeys) userKeysDoc {
	return userKeysDoc{User: string(k.User), Wrapped: k.Wrapped, Destroyed: millis(k.Destroyed)}
}

// PutUserKey keeps a key unless the user has one under the same secret or the keys were destroyed. Each try is one document's change, so
// that no order of a making and a destruction leaves a key.
func (s *Store) PutUserKey(ctx context.Context, user ident.User, secret string, wrapped []byte) (audit.UserKeys, error) {
	if user == "" || secret == "" || len(wrapped) == 0 {
		return audit.UserKeys{}, fault.New(fault.Invalid, "invalid_user_key", "A key needs a user, a secret and a value.")
	}
	var holds userKeysDoc
	err := s.again(ctx, func(ctx context.Context) error {
		d, found, err := findOnce[userKeysDoc](ctx, s.userKeys, byID(string(user)))
		if err != nil {
			return err
		}
		if holds = d; found && (!d.Destroyed.IsZero() || d.Wrapped[secret] != nil) {
			return nil
		}
		if !found {
			holds = userKeysDoc{User: string(user), Wrapped: map[string][]byte{secret: wrapped}}
			if _, err = s.userKeys.InsertOne(ctx, holds); duplicate(err) {
				err = errNoWinner // the next try reads what holds
			}
			return err
		}
		name := "wrapped." + secret
		free := bson.D{
			{Key: "_id", Value: string(user)}, {Key: "destroyed_at", Value: field("$exists", false)}, {Key: name, Value: field("$exists", false)},
		}
		if _, err = s.userKeys.UpdateOne(ctx, free, field("$set", field(name, wrapped))); err != nil {
			return err
		}
		holds, _, err = findOnce[userKeysDoc](ctx, s.userKeys, byID(string(user)))
		return err
	})
	if err != nil {
		return audit.UserKeys{}, err
	}
	return holds.keys(), nil
}

// UserKeys reads a user's keys; one who never had any gets none.
func (s *Store) UserKeys(ctx context.Context, user ident.User) (audit.UserKeys, error) {
	d, _, err := find[userKeysDoc](ctx, s, s.userKeys, byID(string(user)))
	d.User = string(user)
	return d.keys(), err
}

// DestroyUserKeys deletes a user's keys for ever.
func (s *Store) DestroyUserKeys(ctx context.Context, user ident.User, at time.Time) error {
	if user == "" {
		return fault.New(fault.Invalid, "invalid_user_key", "Keys belong to a user.")
	}
	gone := userKeysDoc{User: string(user), Destroyed: millis(at)}
	return s.again(ctx, func(ctx context.Context) error {
		inUse := bson.D{{Key: "_id", Value: string(user)}, {Key: "destroyed_at", Value: field("$exists", false)}}
		_, err := s.userKeys.ReplaceOne(ctx, inUse, gone, options.Replace().SetUpsert(true))
		if duplicate(err) { // they are destroyed already, or a key was made at the same moment
			d, found, err := findOnce[userKeysDoc](ctx, s.userKeys, byID(string(user)))
			if err == nil && (!found || d.Destroyed.IsZero()) {
				err = errNoWinner
			}
			return err
		}
		return err
	})
}
