package storemongo

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// ErrStandalone says that the server is no replica set. It acknowledges what a crash can take back.
var ErrStandalone = errors.New("this MongoDB is a standalone server and can lose what it acknowledged; make it a replica set, one member is enough: " +
	"start mongod with --replSet rs0 and run once: mongosh --eval 'rs.initiate()'")

// ErrShardKey says that claims are sharded by something that does not keep a seat's claim unique.
var ErrShardKey = errors.New("seat_claims must be sharded by exactly {_id: 1}, ranged: only then is a seat's claim unique in the whole cluster " +
	"(deploy/mongo/shard.js)")

// checkTopology refuses a server on which a majority means nothing.
func (s *Store) checkTopology(ctx context.Context, allowStandalone bool) error {
	var hello struct {
		Set string `bson:"setName"`
		Msg string `bson:"msg"`
	}
	err := s.again(ctx, func(ctx context.Context) error {
		return s.client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&hello)
	})
	switch {
	case err != nil:
		return err
	case hello.Msg == "isdbgrid":
		return s.checkShardKey(ctx)
	case hello.Set != "":
		return nil
	case allowStandalone:
		s.log.WarnContext(ctx, "a standalone MongoDB is allowed by MONGO_ALLOW_STANDALONE: it can lose sales that it acknowledged")
		return nil
	}
	return ErrStandalone
}

func (s *Store) checkShardKey(ctx context.Context) error {
	type shardedDoc struct {
		Key    bson.D `bson:"key"`
		Unique bool   `bson:"unique"`
	}
	config := s.client.Database("config").Collection("collections")
	d, sharded, err := find[shardedDoc](ctx, s, config, byID(s.db.Name()+".seat_claims"))
	if err != nil || !sharded {
		return err
	}
	if !claimShardKey(d.Key) {
		return fmt.Errorf("%w (it is %s)", ErrShardKey, d.Key)
	}
	return nil
}

// claimShardKey tells whether a shard key keeps a seat's claim unique: one field, _id, by ranges.
func claimShardKey(key bson.D) bool {
	if len(key) != 1 || key[0].Key != "_id" {
		return false
	}
	switch v := key[0].Value.(type) {
	case int32:
		return v == 1
	case int64:
		return v == 1
	case float64:
		return v == 1
	default:
		return false // "hashed"
	}
}
