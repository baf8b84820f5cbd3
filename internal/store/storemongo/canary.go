package storemongo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// canaryMark begins the canary's ids. No showtime and no kind of register can begin so.
const canaryMark = "!canary"

// Canary inserts a claim and a register twice. The primary keys must let the second of each lose and keep the first; otherwise a seat
// could be sold twice, and an error says so. It leaves nothing behind.
func (s *Store) Canary(ctx context.Context) error {
	id := canaryMark + "|" + rand.Text()
	err := errors.Join(
		s.canary(ctx, s.claims, func(v string) any { return claimDoc{id, v, s.now()} }, "booking_id", id),
		s.canary(ctx, s.decisions, func(v string) any { return registerDoc{ID: id, Value: v} }, "v", id),
	)
	if err != nil {
		return fmt.Errorf("store canary: %w", err)
	}
	return nil
}

func (s *Store) canary(ctx context.Context, c *mongo.Collection, doc func(v string) any, kept, id string) (err error) {
	defer func() {
		_, dropErr := s.remove(context.WithoutCancel(ctx), c, byID(id))
		err = errors.Join(err, dropErr)
	}()
	for i, v := range []string{"first", "second"} {
		won, err := s.insert(ctx, c, doc(v))
		if err != nil {
			return err
		}
		if i > 0 && won {
			return fmt.Errorf("%s took a second document with the same primary key", c.Name())
		}
	}
	there, found, err := find[bson.M](ctx, s, c, byID(id))
	if err != nil {
		return err
	}
	if !found || there[kept] != "first" {
		return fmt.Errorf("%s does not keep the first document of a primary key", c.Name())
	}
	return nil
}
