package storemongo

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/account"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/store"
)

// mostTokens bounds a listing of personal tokens.
const mostTokens = 100

// RotateSession puts a session that follows another beside it. The old one is looked at again afterwards: whoever ended the session
// meanwhile did not see the new value, which is taken back then.
func (s *Store) RotateSession(ctx context.Context, old string, next account.Session) error {
	if next.Hash == "" || next.User == "" || next.Hash == old {
		return fault.New(fault.Invalid, "invalid_session", "A session needs a hash of its own and a user.")
	}
	before, err := s.Session(ctx, old)
	if err != nil {
		return err
	}
	if !before.Ends.IsZero() {
		return noSession()
	}
	next.Bookings = before.Bookings
	if _, err := s.insert(ctx, s.sessions, toSession(next)); err != nil {
		return err
	}
	_, err = s.Session(ctx, old)
	if fault.KindOf(err) == fault.NotFound {
		if _, err := s.remove(ctx, s.sessions, byID(next.Hash)); err != nil {
			return err
		}
	}
	return err
}

// ConfirmSession notes that a session which replaces another is in use. The end of the one before comes first: a repeat finds it set.
func (s *Store) ConfirmSession(ctx context.Context, hash string, ends time.Time) error {
	v, err := s.Session(ctx, hash)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	if err != nil || v.Replaces == "" {
		return err
	}
	goesOn := bson.D{{Key: "_id", Value: v.Replaces}, {Key: "ends", Value: time.Time{}}}
	if _, err := s.update(ctx, s.sessions, goesOn, field("$set", field("ends", millis(ends)))); err != nil {
		return err
	}
	_, err = s.update(ctx, s.sessions, byID(hash), field("$set", field("replaces", "")))
	return err
}

// RenewSessionsOf asks for a new value of every session of a user at its next request.
func (s *Store) RenewSessionsOf(ctx context.Context, u ident.User) error {
	return s.updateAll(ctx, s.sessions, field("user_id", string(u)), field("$set", field("rotated", time.Time{})))
}

// updateAll changes every document that fits.
func (s *Store) updateAll(ctx context.Context, c *mongo.Collection, filter, change bson.D) error {
	return s.again(ctx, func(ctx context.Context) error {
		_, err := c.UpdateMany(ctx, filter, change)
		return err
	})
}

// SessionsNamed lists the sessions with these IDs, every value of each.
func (s *Store) SessionsNamed(ctx context.Context, ids []string) ([]account.Session, error) {
	docs, err := listAmong[sessionDoc](ctx, s, s.sessions, "session_id", ids, bson.E{Key: "session_id", Value: field("$ne", "")})
	return convert(docs, sessionDoc.session), err
}

// EndSession deletes every value of a user's session by its ID and tells how many there were.
func (s *Store) EndSession(ctx context.Context, u ident.User, id string) (int, error) {
	if id == "" {
		return 0, nil
	}
	return s.remove(ctx, s.sessions, bson.D{{Key: "user_id", Value: string(u)}, {Key: "session_id", Value: id}})
}

type tokenDoc struct {
	ID        string    `bson:"_id"`
	Hash      string    `bson:"hash"`
	User      string    `bson:"user_id"`
	Name      string    `bson:"name"`
	Scopes    int       `bson:"scopes"`
	Issuer    string    `bson:"issuer"`
	CreatedAt time.Time `bson:"created_at"`
	ExpiresAt time.Time `bson:"expires_at"`
	LastUsed  time.Time `bson:"last_used"`
}

func toToken(t account.PersonalToken) tokenDoc {
	return tokenDoc{
		ID: t.ID, Hash: t.Hash, User: string(t.User), Name: t.Name, Scopes: int(t.Scopes), Issuer: t.Issuer,
		CreatedAt: millis(t.CreatedAt), ExpiresAt: millis(t.ExpiresAt), LastUsed: millis(t.LastUsed),
	}
}

func (d tokenDoc) token() account.PersonalToken {
	return account.PersonalToken{
		ID: d.ID, Hash: d.Hash, User: ident.User(d.User), Name: d.Name, Scopes: account.Scopes(d.Scopes), Issuer: d.Issuer,
		CreatedAt: d.CreatedAt, ExpiresAt: d.ExpiresAt, LastUsed: d.LastUsed,
	}
}

// AddToken keeps a personal token unless the user has as many live ones already. Two that are added at once beyond the bound may both be
// taken back; the bound holds.
func (s *Store) AddToken(ctx context.Context, t account.PersonalToken, most int) error {
	if t.ID == "" || t.Hash == "" || t.User == "" {
		return fault.New(fault.Invalid, "invalid_token", "A token needs an identifier, a hash and a user.")
	}
	tooMany := fault.New(fault.Conflict, "too_many_tokens", "There are as many tokens as one person may have. Delete one first.")
	live := bson.D{{Key: "user_id", Value: string(t.User)}, {Key: "expires_at", Value: field("$gt", millis(t.CreatedAt))}}
	if n, err := s.count(ctx, s.personal, live); err != nil || n >= most {
		return cond(err, tooMany)
	}
	remove := func() error {
		_, err := s.remove(ctx, s.personal, byID(t.ID))
		return err
	}
	err := s.unlessErased(ctx, []ident.User{t.User}, func() error {
		_, err := s.insert(ctx, s.personal, toToken(t))
		return err
	}, remove)
	if err != nil {
		return err
	}
	n, err := s.count(ctx, s.personal, live)
	if err != nil || n > most {
		if undo := remove(); undo != nil {
			return undo
		}
		return cond(err, tooMany)
	}
	return nil
}

// cond is the first error, or else the second.
func cond(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// TokenByHash finds a personal token by the hash of its secret.
func (s *Store) TokenByHash(ctx context.Context, hash string) (account.PersonalToken, error) {
	d, found, err := find[tokenDoc](ctx, s, s.personal, field("hash", hash))
	if err == nil && !found {
		err = notFound("token_not_found", "There is no such token.")
	}
	return d.token(), err
}

// TokensNamed lists the personal tokens with these IDs.
func (s *Store) TokensNamed(ctx context.Context, ids []string) ([]account.PersonalToken, error) {
	docs, err := listAmong[tokenDoc](ctx, s, s.personal, "_id", ids)
	return convert(docs, tokenDoc.token), err
}

// TokensOf lists the personal tokens of a user, newest first, at most 100.
func (s *Store) TokensOf(ctx context.Context, u ident.User) ([]account.PersonalToken, error) {
	newest := bson.D{{Key: "created_at", Value: -1}, {Key: "_id", Value: -1}}
	docs, err := list[tokenDoc](ctx, s, s.personal, field("user_id", string(u)), options.Find().SetSort(newest).SetLimit(mostTokens))
	return convert(docs, tokenDoc.token), err
}

// TouchToken moves LastUsed of a personal token that is there.
func (s *Store) TouchToken(ctx context.Context, id string, used time.Time) error {
	_, err := s.update(ctx, s.personal, byID(id), field("$max", field("last_used", millis(used))))
	return err
}

// DeleteToken deletes a user's personal token and tells whether it was there.
func (s *Store) DeleteToken(ctx context.Context, u ident.User, id string) (bool, error) {
	n, err := s.remove(ctx, s.personal, bson.D{{Key: "_id", Value: id}, {Key: "user_id", Value: string(u)}})
	return n > 0, err
}

// DeleteTokensOf deletes every personal token of a user and tells how many there were.
func (s *Store) DeleteTokensOf(ctx context.Context, u ident.User) (int, error) {
	return s.remove(ctx, s.personal, field("user_id", string(u)))
}

type revocationDoc struct {
	ID      string    `bson:"_id"`
	Expires time.Time `bson:"expires"`
}

// RevokeToken remembers until an instant that an access token is worth nothing.
func (s *Store) RevokeToken(ctx context.Context, jti string, until time.Time) error {
	if jti == "" {
		return fault.New(fault.Invalid, "invalid_token", "A token needs an identifier.")
	}
	if _, err := s.insert(ctx, s.revoked, revocationDoc{jti, millis(until)}); err != nil {
		return err
	}
	_, err := s.update(ctx, s.revoked, byID(jti), field("$max", field("expires", millis(until))))
	return err
}

// RevokedTokens tells which of these access tokens were revoked.
func (s *Store) RevokedTokens(ctx context.Context, jtis []string) ([]string, error) {
	docs, err := listAmong[revocationDoc](ctx, s, s.revoked, "_id", jtis)
	return convert(docs, func(d revocationDoc) string { return d.ID }), err
}

// DropEnded deletes what ended before an instant.
func (s *Store) DropEnded(ctx context.Context, before time.Time) (int, error) {
	end := millis(before)
	ended := field("ends", bson.D{{Key: "$lt", Value: end}, {Key: "$gt", Value: time.Time{}}})
	n, err := s.remove(ctx, s.sessions, ended)
	if err != nil {
		return n, err
	}
	for _, c := range []struct {
		from *mongo.Collection
		name string
	}{{s.personal, "expires_at"}, {s.revoked, "expires"}} {
		some, err := s.remove(ctx, c.from, field(c.name, field("$lt", end)))
		n += some
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// nameSessions gives the sessions of before their IDs and makes the collections of tokens.
func nameSessions(ctx context.Context, s *Store) error {
	if err := createCollections(ctx, s); err != nil {
		return err
	}
	for {
		docs, err := list[sessionDoc](ctx, s, s.sessions, field("session_id", field("$exists", false)), options.Find().SetLimit(batch))
		if err != nil || len(docs) == 0 {
			return err
		}
		for _, d := range docs {
			named := bson.D{
				{Key: "session_id", Value: ident.New("se")},
				{Key: "ends", Value: time.Time{}},
				{Key: "subject", Value: ""},
				{Key: "label", Value: ""},
				{Key: "replaces", Value: ""},
			}
			if _, err := s.update(ctx, s.sessions, byID(d.Hash), field("$set", named)); err != nil {
				return err
			}
		}
	}
}

func (d revocationDoc) row() store.RevocationRow {
	return store.RevocationRow{ID: d.ID, Until: d.Expires}
}
