package storemongo

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/account"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// SaveUser inserts a user, or replaces what is known of one but for his role and scope.
func (s *Store) SaveUser(ctx context.Context, u account.User) error {
	if u.ID == "" {
		return fault.New(fault.Invalid, "invalid_user", "A user needs an identifier.")
	}
	d := toUser(u)
	change := bson.D{
		{Key: "$set", Value: bson.D{
			{Key: "email", Value: d.Email},
			{Key: "name", Value: d.Name},
			{Key: "picture", Value: d.Picture},
			{Key: "verified", Value: d.Verified},
			{Key: "guest", Value: d.Guest},
			{Key: "created_at", Value: d.CreatedAt},
			{Key: "updated_at", Value: d.UpdatedAt},
			{Key: "terms", Value: d.Terms},
		}},
		{Key: "$setOnInsert", Value: bson.D{{Key: "granted", Value: d.Granted}, {Key: "cinema_ids", Value: d.Cinemas}}},
	}
	return s.unlessErased(ctx, []ident.User{u.ID}, func() error {
		return s.again(ctx, func(ctx context.Context) error {
			_, err := s.users.UpdateOne(ctx, byID(d.ID), change, options.UpdateOne().SetUpsert(true))
			if duplicate(err) {
				return errNoWinner // two inserted at once: the next try updates
			}
			return err
		})
	}, func() error { return s.DropUser(ctx, u.ID) })
}

// Users searches by address or name: every word of the text begins one of the user's. Newest first; no filter finds everybody.
func (s *Store) Users(ctx context.Context, q account.UserQuery) ([]account.User, int, error) {
	filter := usersAsked(q)
	total, err := s.count(ctx, s.users, filter)
	if err != nil || total == 0 {
		return nil, 0, err
	}
	most, from := page(q.Limit, q.Skip, standardPage, mostPage)
	newest := bson.D{{Key: "created_at", Value: -1}, {Key: "_id", Value: -1}}
	docs, err := list[userDoc](ctx, s, s.users, filter, options.Find().SetSort(newest).SetLimit(most).SetSkip(from))
	return convert(docs, userDoc.user), total, err
}

func usersAsked(q account.UserQuery) bson.D {
	every := bson.A{}
	if named := wordsBegin(q.Text); named != nil {
		every = append(every, named)
	}
	if !q.Guests {
		every = append(every, field("guest", false))
	}
	if q.Role != "" {
		f := q.Filter()
		granted := field("granted", among(f.Exact))
		if len(f.Here) > 0 {
			raised := append(raisedPeople(f.Here), bson.E{Key: "granted", Value: among(f.AtMost)})
			granted = field("$or", bson.A{granted, raised})
		}
		every = append(every, granted)
		if len(f.Above) > 0 {
			every = append(every, field("$nor", bson.A{raisedPeople(f.Above)}))
		}
	}
	if len(every) == 0 {
		return bson.D{}
	}
	return field("$and", every)
}

// raisedPeople are the verified people with one of these addresses.
func raisedPeople(addresses []string) bson.D {
	return bson.D{{Key: "verified", Value: true}, {Key: "guest", Value: false}, {Key: "email", Value: among(addresses)}}
}

// rolesLease is held by whoever changes a role. Who else is an administrator is not one document: without the lease two who demote each
// other at once would both find the other one. A holder that dies keeps everybody waiting until the lease has run out.
const rolesLease = "roles"

// GrantRole changes a person's stored role and scope, one change after another over all processes.
func (s *Store) GrantRole(ctx context.Context, c account.RoleChange) (u account.User, err error) {
	err = s.leased(ctx, rolesLease, func(ctx context.Context) (err error) {
		u, err = s.grantRole(ctx, c)
		return err
	})
	if err != nil {
		return account.User{}, err
	}
	return u, nil
}

func (s *Store) grantRole(ctx context.Context, c account.RoleChange) (account.User, error) {
	u, err := s.User(ctx, c.User)
	if err != nil {
		return account.User{}, err
	}
	if done, err := c.Settled(u); done || err != nil {
		return u, err
	}
	if c.TakesAdmin() {
		aside := convert(append(slices.Clone(c.Unable), c.User), func(u ident.User) string { return string(u) })
		others := bson.D{{Key: "_id", Value: field("$nin", aside)}, {Key: "guest", Value: false}}
		granted := field("granted", string(account.RoleAdmin))
		if len(c.Listed) > 0 {
			others = append(others, bson.E{Key: "$or", Value: bson.A{granted, raisedPeople(c.Listed)}})
		} else {
			others = append(others, granted...)
		}
		_, other, err := find[userDoc](ctx, s, s.users, others)
		if err != nil {
			return account.User{}, err
		}
		if !other {
			return account.User{}, account.ErrLastAdmin
		}
	}
	u.Granted, u.Cinemas = c.Now.Role, c.Now.Cinemas
	if at := millis(c.At); at.After(u.UpdatedAt) {
		u.UpdatedAt = at
	}
	d := toUser(u)
	there, err := s.update(ctx, s.users, byID(d.ID), field("$set", bson.D{
		{Key: "granted", Value: d.Granted}, {Key: "cinema_ids", Value: d.Cinemas}, {Key: "updated_at", Value: d.UpdatedAt},
	}))
	if err == nil && !there {
		err = notFound("user_not_found", "There is no such user.")
	}
	return u, err
}

// mostSeen bounds the sessions that one answer looks at: a page of users, each with as many as he may have.
const mostSeen = mostPage * mostSessions

// LastSeen tells when each of the users was last seen by one of his sessions.
func (s *Store) LastSeen(ctx context.Context, users []ident.User) (map[ident.User]time.Time, error) {
	out := make(map[ident.User]time.Time, len(users))
	if len(users) == 0 {
		return out, nil
	}
	o := options.Find().SetProjection(bson.D{{Key: "user_id", Value: 1}, {Key: "last_seen", Value: 1}}).SetLimit(mostSeen)
	docs, err := list[sessionDoc](ctx, s, s.sessions, field("user_id", among(users)), o)
	for _, d := range docs {
		if u := ident.User(d.User); d.LastSeen.After(out[u]) {
			out[u] = d.LastSeen
		}
	}
	return out, err
}

// Issuers lists who vouches for a user.
func (s *Store) Issuers(ctx context.Context, u ident.User) ([]string, error) {
	identities, err := s.IdentitiesOf(ctx, u)
	issuers := make([]string, len(identities))
	for i, id := range identities {
		issuers[i] = id.Issuer
	}
	return issuers, err
}

// fillCinemas gives every booking the cinema of its showtime. Bookings of showtimes that are gone stay without.
func fillCinemas(ctx context.Context, s *Store) error {
	shows, err := list[showtimeDoc](ctx, s, s.showtimes, bson.D{}, sorted("_id").SetProjection(bson.D{{Key: "cinema_id", Value: 1}}))
	if err != nil {
		return err
	}
	of := make(map[string][]ident.Showtime)
	for _, d := range shows {
		of[d.Cinema] = append(of[d.Cinema], ident.Showtime(d.ID))
	}
	for cinema, ids := range of {
		if err := s.fillCinema(ctx, cinema, ids); err != nil {
			return err
		}
	}
	return nil
}

// fillPart bounds the showtimes whose bookings are written together, so that each part ends well within its time.
const fillPart = 50

func (s *Store) fillCinema(ctx context.Context, cinema string, shows []ident.Showtime) error {
	for len(shows) > 0 {
		part := shows[:min(fillPart, len(shows))]
		shows = shows[len(part):]
		without := bson.D{{Key: "showtime_id", Value: among(part)}, {Key: "cinema_id", Value: field("$exists", false)}}
		err := s.again(ctx, func(ctx context.Context) error {
			_, err := s.bookings.UpdateMany(ctx, without, field("$set", field("cinema_id", cinema)))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
