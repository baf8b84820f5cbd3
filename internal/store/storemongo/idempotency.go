package storemongo

import (
	"context"
	"crypto/rand"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/store"
)

type requestDoc struct {
	ID          string            `bson:"_id"`
	Fingerprint string            `bson:"fingerprint"`
	Done        bool              `bson:"done"`
	Status      int               `bson:"status"`
	Body        []byte            `bson:"body"`
	Header      map[string]string `bson:"header"`
	LeaseUntil  time.Time         `bson:"lease_until"`
	Expires     time.Time         `bson:"expires"`
	User        string            `bson:"user_id"`
	Holder      string            `bson:"holder"` // the call that runs it: after a lost answer it knows itself
}

func (d requestDoc) record() store.RequestRecord {
	return store.RequestRecord{
		ID: d.ID, Fingerprint: d.Fingerprint, Done: d.Done, Status: d.Status, Body: d.Body, Header: d.Header,
		LeaseUntil: d.LeaseUntil, Expires: d.Expires, User: ident.User(d.User),
	}
}

// BeginRequest takes the key for the caller until the lease ends. A key whose lease ran out is taken over; one that expired is new.
// A call whose first try was carried out without an answer finds itself as the holder and goes on.
func (s *Store) BeginRequest(ctx context.Context, r store.RequestRecord) (stored store.RequestRecord, fresh bool, err error) {
	if r.ID == "" {
		return store.RequestRecord{}, false, fault.New(fault.Invalid, "invalid_idempotency_key", "A request record needs an identifier.")
	}
	want := requestDoc{ID: r.ID, Fingerprint: r.Fingerprint, LeaseUntil: millis(r.LeaseUntil), Expires: millis(r.Expires), User: string(r.User), Holder: rand.Text()}
	now := s.now()
	err = s.again(ctx, func(ctx context.Context) (err error) {
		stored, fresh, err = begin(ctx, s.requests, want, now)
		return err
	})
	if err != nil {
		return store.RequestRecord{}, false, err
	}
	return stored, fresh, nil
}

// begin takes a key that nobody has; one that somebody has is taken over or told as it is, one that expired is removed first.
func begin(ctx context.Context, c *mongo.Collection, want requestDoc, now time.Time) (store.RequestRecord, bool, error) {
	for {
		_, err := c.InsertOne(ctx, want)
		if err == nil {
			return want.record(), true, nil
		}
		if !duplicate(err) {
			return store.RequestRecord{}, false, err
		}
		there, found, err := findOnce[requestDoc](ctx, c, byID(want.ID))
		if err != nil {
			return store.RequestRecord{}, false, err
		}
		if !found {
			return store.RequestRecord{}, false, errNoWinner
		}
		if there.Expires.After(now) {
			return takeOver(ctx, c, there, want, now)
		}
		if _, err := c.DeleteOne(ctx, bson.D{{Key: "_id", Value: want.ID}, {Key: "expires", Value: there.Expires}}); err != nil {
			return store.RequestRecord{}, false, err
		}
	}
}

// takeOver gives a request that nobody runs any more to the caller. The lease that it read is part of the condition, so that of two who
// saw it run out one gets it.
func takeOver(ctx context.Context, c *mongo.Collection, there, want requestDoc, now time.Time) (store.RequestRecord, bool, error) {
	if there.Holder == want.Holder {
		return there.record(), !there.Done, nil
	}
	if there.Done || there.Fingerprint != want.Fingerprint || there.LeaseUntil.After(now) {
		return there.record(), false, nil
	}
	same := bson.D{{Key: "_id", Value: there.ID}, {Key: "done", Value: false}, {Key: "lease_until", Value: there.LeaseUntil}}
	r, err := c.UpdateOne(ctx, same, field("$set", bson.D{
		{Key: "lease_until", Value: want.LeaseUntil}, {Key: "expires", Value: want.Expires}, {Key: "holder", Value: want.Holder},
	}))
	if err != nil {
		return store.RequestRecord{}, false, err
	}
	if r.MatchedCount > 0 {
		there.LeaseUntil, there.Expires = want.LeaseUntil, want.Expires
	}
	return there.record(), r.MatchedCount > 0, nil
}

// FinishRequest stores the answer to replay. The first answer stays. Of an erased user none is kept.
func (s *Store) FinishRequest(ctx context.Context, r store.RequestRecord) error {
	err := s.unlessErased(ctx, []ident.User{r.User},
		func() error { return s.finishRequest(ctx, r) },
		func() error {
			_, err := s.remove(ctx, s.requests, byID(r.ID))
			return err
		})
	if fault.KindOf(err) == fault.Unauthorized {
		return nil
	}
	return err
}

func (s *Store) finishRequest(ctx context.Context, r store.RequestRecord) error {
	d := requestDoc{
		ID: r.ID, Fingerprint: r.Fingerprint, Done: true, Status: r.Status, Body: r.Body, Header: r.Header,
		LeaseUntil: millis(r.LeaseUntil), Expires: millis(r.Expires), User: string(r.User),
	}
	running := bson.D{{Key: "_id", Value: r.ID}, {Key: "done", Value: false}, {Key: "fingerprint", Value: r.Fingerprint}}
	answer := field("$set", bson.D{
		{Key: "done", Value: true},
		{Key: "status", Value: d.Status},
		{Key: "body", Value: d.Body},
		{Key: "header", Value: d.Header},
		{Key: "expires", Value: d.Expires},
	})
	there, err := s.update(ctx, s.requests, running, answer)
	if err != nil || there {
		return err
	}
	won, err := s.insert(ctx, s.requests, d)
	if err != nil || won {
		return err
	}
	_, err = s.update(ctx, s.requests, running, answer) // one that began in between
	return err
}

// DropRequest forgets a key whose request began nothing. A stored answer stays.
func (s *Store) DropRequest(ctx context.Context, id string) error {
	_, err := s.remove(ctx, s.requests, bson.D{{Key: "_id", Value: id}, {Key: "done", Value: false}})
	return err
}

// DropRequests deletes records that expired before an instant.
func (s *Store) DropRequests(ctx context.Context, before time.Time) (int, error) {
	return s.remove(ctx, s.requests, field("expires", field("$lt", millis(before))))
}
