package storemongo

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// batch bounds the documents of one write and the keys of one read.
const batch = 500

// insert writes a document unless its primary key is there; won is false when it is. After an unknown outcome the step runs again, so
// that a document which is there may be this one: whoever must know who won reads it.
func (s *Store) insert(ctx context.Context, c *mongo.Collection, doc any) (won bool, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		_, err := c.InsertOne(ctx, doc)
		won = err == nil
		if duplicate(err) {
			return nil
		}
		return err
	})
	return won, err
}

// insertAll writes the documents whose primary keys are not there.
func insertAll[D any](ctx context.Context, s *Store, c *mongo.Collection, docs []D) error {
	for part := range slices.Chunk(docs, batch) {
		err := s.again(ctx, func(ctx context.Context) error {
			_, err := c.InsertMany(ctx, part, options.InsertMany().SetOrdered(false))
			if duplicate(err) {
				return nil
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// find reads one document; found is false when there is none.
func find[D any](ctx context.Context, s *Store, c *mongo.Collection, filter bson.D) (doc D, found bool, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		doc, found, err = findOnce[D](ctx, c, filter)
		return err
	})
	return doc, found, err
}

// findOnce is find as a part of a larger step.
func findOnce[D any](ctx context.Context, c *mongo.Collection, filter bson.D) (doc D, found bool, err error) {
	err = c.FindOne(ctx, filter).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return doc, false, nil
	}
	return doc, err == nil, err
}

// list reads every document that fits.
func list[D any](ctx context.Context, s *Store, c *mongo.Collection, filter bson.D, o *options.FindOptionsBuilder) (docs []D, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		docs = nil
		cursor, err := c.Find(ctx, filter, o)
		if err != nil {
			return err
		}
		return cursor.All(ctx, &docs)
	})
	return docs, err
}

// listAmong is list for a field with one of many values.
//
//nolint:revive // a generic function cannot be a method, so the store is one more argument
func listAmong[D any, K ~string](ctx context.Context, s *Store, c *mongo.Collection, field string, values []K, more ...bson.E) ([]D, error) {
	var all []D
	for part := range slices.Chunk(values, batch) {
		docs, err := list[D](ctx, s, c, append(bson.D{{Key: field, Value: among(part)}}, more...), options.Find())
		if err != nil {
			return nil, err
		}
		all = append(all, docs...)
	}
	return all, nil
}

func (s *Store) count(ctx context.Context, c *mongo.Collection, filter bson.D) (n int, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		all, err := c.CountDocuments(ctx, filter)
		n = int(all)
		return err
	})
	return n, err
}

// update changes the one document that fits, and tells whether one did. A repeat after an unknown outcome may find that none does any
// more: whoever must know reads the document.
func (s *Store) update(ctx context.Context, c *mongo.Collection, filter, change bson.D) (fitted bool, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		r, err := c.UpdateOne(ctx, filter, change)
		if err == nil {
			fitted = r.MatchedCount > 0
		}
		return err
	})
	return fitted, err
}

// replace writes a document over what is there, or inserts it.
func (s *Store) replace(ctx context.Context, c *mongo.Collection, id string, doc any) error {
	return s.again(ctx, func(ctx context.Context) error {
		_, err := c.ReplaceOne(ctx, byID(id), doc, options.Replace().SetUpsert(true))
		if duplicate(err) {
			return errNoWinner // two inserted at once: the next try replaces
		}
		return err
	})
}

func (s *Store) remove(ctx context.Context, c *mongo.Collection, filter bson.D) (n int, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		r, err := c.DeleteMany(ctx, filter)
		if err == nil {
			n += int(r.DeletedCount)
		}
		return err
	})
	return n, err
}
