package storemongo

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// index is a helper: it makes a question fast. No index here keeps anything safe, so that one which is missing after a restore, or
// which a server refuses, is a warning and never a seat sold twice.
type index struct {
	collection string
	name       string
	keys       bson.D
	only       bson.D // partial: only documents that fit; nil: all
}

func up(name string) bson.E   { return bson.E{Key: name, Value: 1} }
func down(name string) bson.E { return bson.E{Key: name, Value: -1} }

var indexes = [...]index{
	// "My bookings", newest first, by keyset paging.
	{"bookings", "by_user", bson.D{up("user_id"), down("created_at"), down("_id")}, nil},
	// The box office lists a showtime's bookings.
	{"bookings", "by_showtime", bson.D{up("showtime_id"), down("created_at"), down("_id")}, nil},
	// A manager's list of his cinemas.
	{"bookings", "by_cinema", bson.D{up("cinema_id"), down("created_at"), down("_id")}, nil},
	// The office's list over everything.
	{"bookings", "by_creation", bson.D{down("created_at"), down("_id")}, nil},
	// The office's list by status, for BOOKED, FAILED and CANCELLED.
	{"bookings", "by_status", bson.D{up("status"), down("created_at"), down("_id")}, nil},
	// The reconciler's question every few seconds: what waits, oldest first; and how many unpaid bookings a customer has.
	{"bookings", "by_rank", bson.D{up("rank"), up("created_at"), up("_id")}, nil},
	// A search by reference, address or name is a range over the folded words.
	{"bookings", "by_terms", bson.D{up("terms")}, nil},
	// A closed booking's claims are found without its row; prefix scans of a showtime use the primary key.
	{"seat_claims", "by_booking", bson.D{up("booking_id")}, nil},
	// Every read of a booked booking brings its tickets.
	{"tickets", "by_booking", bson.D{up("booking_id")}, nil},
	// The uses of a ticket, the guests of an account and the identities of a user; other registers carry no `of` and stay out of the index.
	{"decisions", "by_of", bson.D{up("of"), up("pos")}, field("of", field("$exists", true))},
	// The relay takes the oldest first.
	{"outbox", "by_position", bson.D{up("pos"), up("_id")}, nil},
	// The record is read newest first, whole or by one of its subjects.
	{"audit_logs", "by_time", bson.D{down("at"), down("pos")}, nil},
	{"audit_logs", "by_type", bson.D{up("type"), down("at"), down("pos")}, nil},
	{"audit_logs", "by_showtime", bson.D{up("showtime_id"), down("at"), down("pos")}, nil},
	{"audit_logs", "by_user", bson.D{up("user_id"), down("at"), down("pos")}, nil},
	{"audit_logs", "by_booking", bson.D{up("booking_id"), down("at"), down("pos")}, nil},
	// A sealer looks whether an entry has its link, a verification whether it waits for one.
	{"audit_chain", "by_entry", bson.D{up("entry_id")}, nil},
	{"audit_unsealed", "by_entry", bson.D{up("entry_id")}, nil},
	// A job deletes expired answers; a TTL index would do it by the server's clock and unseen.
	{"idempotency", "by_expiry", bson.D{up("expires")}, nil},
	// Whoever is erased takes his answers along.
	{"idempotency", "by_user", bson.D{up("user_id")}, nil},
	// What is left to do of erasures.
	{"erasures", "open", bson.D{up("closed_at"), up("asked_at"), up("_id")}, nil},
	{"users", "by_creation", bson.D{down("created_at"), down("_id")}, nil},
	{"users", "by_terms", bson.D{up("terms")}, nil},
	// People by their role, and whom a listed address makes an administrator.
	{"users", "by_role", bson.D{up("granted"), down("created_at"), down("_id")}, nil},
	{"users", "by_email", bson.D{up("email")}, nil},
	{"sessions", "by_user", bson.D{up("user_id"), down("last_seen")}, nil},
	{"sessions", "by_last_seen", bson.D{up("last_seen")}, nil},
	// A token names its session; every process looks at those of its open sockets every few seconds.
	{"sessions", "by_name", bson.D{up("session_id")}, nil},
	{"sessions", "by_end", bson.D{up("ends")}, nil},
	{"personal_tokens", "by_hash", bson.D{up("hash")}, nil},
	{"personal_tokens", "by_user", bson.D{up("user_id"), down("created_at"), down("_id")}, nil},
	{"personal_tokens", "by_expiry", bson.D{up("expires_at")}, nil},
	{"revoked_tokens", "by_expiry", bson.D{up("expires")}, nil},
	// The programme of a day, of a film, of a hall.
	{"showtimes", "by_start", bson.D{up("starts_at"), up("_id")}, nil},
	{"showtimes", "by_day", bson.D{up("cinema_id"), up("business_date"), up("starts_at"), up("_id")}, nil},
	{"showtimes", "by_movie", bson.D{up("movie_id"), up("starts_at"), up("_id")}, nil},
	{"showtimes", "in_hall", bson.D{up("auditorium_id"), up("starts_at")}, nil},
	{"movies", "by_slug", bson.D{up("slug")}, nil},
	{"auditoriums", "by_cinema", bson.D{up("cinema_id"), up("name")}, nil},
}

// createIndexes makes what is missing, a collection at a time. An index is known by its name: one that changes gets a new one.
func (s *Store) createIndexes(ctx context.Context) {
	wanted := make(map[string][]index)
	for _, ix := range indexes {
		wanted[ix.collection] = append(wanted[ix.collection], ix)
	}
	for name, all := range wanted {
		if err := createMissing(ctx, s.db.Collection(name).Indexes(), all); err != nil {
			s.log.WarnContext(ctx, "helper indexes are missing: questions will be slower, nothing is less safe", "collection", name, "reason", err.Error())
		}
	}
}

func createMissing(ctx context.Context, view mongo.IndexView, all []index) error {
	// An index over many documents takes longer than a step of a sale. What does not end in time is tried again at the next start.
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	there, err := view.ListSpecifications(ctx)
	if err != nil {
		return err
	}
	var models []mongo.IndexModel
	for _, ix := range all {
		if slices.ContainsFunc(there, func(have mongo.IndexSpecification) bool { return have.Name == ix.name }) {
			continue
		}
		o := options.Index().SetName(ix.name)
		if ix.only != nil {
			o.SetPartialFilterExpression(ix.only)
		}
		models = append(models, mongo.IndexModel{Keys: ix.keys, Options: o})
	}
	if len(models) == 0 {
		return nil
	}
	_, err = view.CreateMany(ctx, models)
	return err
}
