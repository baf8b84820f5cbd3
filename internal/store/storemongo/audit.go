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

var _ audit.Finder = (*Store)(nil)

type entryDoc struct {
	ID       string    `bson:"_id"`
	Position int64     `bson:"pos"`
	Type     string    `bson:"type"`
	Showtime string    `bson:"showtime_id"`
	Booking  string    `bson:"booking_id"`
	User     string    `bson:"user_id"`
	Seats    []string  `bson:"seat_ids"`
	Request  string    `bson:"request_id"`
	Payload  []byte    `bson:"payload"`
	At       time.Time `bson:"at"`
}

func (s *Store) toEntry(e audit.Entry) entryDoc {
	if len(e.Payload) == 0 { // nothing is kept in one way
		e.Payload = nil
	}
	return toKept(audit.Kept{Entry: e, Position: s.next()})
}

func toKept(e audit.Kept) entryDoc {
	return entryDoc{
		ID: e.ID, Position: e.Position, Type: e.Type, Showtime: string(e.Showtime), Booking: string(e.Booking), User: string(e.User),
		Seats: convert(e.Seats, func(s ident.Seat) string { return string(s) }), Request: string(e.Request), Payload: e.Payload, At: millis(e.At),
	}
}

func (d entryDoc) entry() audit.Entry {
	return audit.Entry{
		ID: d.ID, Type: d.Type, Showtime: ident.Showtime(d.Showtime), Booking: ident.Booking(d.Booking), User: ident.User(d.User),
		Seats: convert(d.Seats, func(s string) ident.Seat { return ident.Seat(s) }), Request: ident.Request(d.Request), Payload: d.Payload, At: d.At,
	}
}

// Append writes the entries whose ids are new. After an error some may be there; a repeat writes the others. Each is queued for its seal
// before it is written, so that none is ever there unnoticed; one that is queued and never written is given up later.
func (s *Store) Append(ctx context.Context, entries []audit.Entry) error {
	for _, e := range entries {
		if e.ID == "" || e.Type == "" {
			return fault.New(fault.Invalid, "invalid_entry", "An entry needs an identifier and a type.")
		}
	}
	docs, began := convert(entries, s.toEntry), s.clock.Now()
	if err := s.queueEntries(ctx, docs); err != nil {
		return err
	}
	if err := insertAll(ctx, s, s.audit, docs); err != nil {
		return err
	}
	if s.clock.Now().Sub(began) < requeueAfter {
		return nil
	}
	return s.queueEntries(ctx, docs)
}

// Entries lists the record, newest first, and tells how many entries the filters fit in all.
func (s *Store) Entries(ctx context.Context, q audit.Query) ([]audit.Entry, int, error) {
	filter := entriesAsked(q)
	total, err := s.count(ctx, s.audit, filter)
	if err != nil || total == 0 {
		return nil, 0, err
	}
	limit, skip := page(q.Limit, q.Skip, standardPage, mostPage)
	newest := bson.D{{Key: "at", Value: -1}, {Key: "pos", Value: -1}}
	docs, err := list[entryDoc](ctx, s, s.audit, filter, options.Find().SetSort(newest).SetLimit(limit).SetSkip(skip))
	return convert(docs, entryDoc.entry), total, err
}

// EntriesByID finds the entries among the ids that are there, in no order.
func (s *Store) EntriesByID(ctx context.Context, ids []string) ([]audit.Entry, error) {
	docs, err := listAmong[entryDoc](ctx, s, s.audit, "_id", ids)
	return convert(docs, entryDoc.entry), err
}
