package storemongo

import (
	"context"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

const (
	maxRegisters     = 1000     // of one listing
	maxRegisterPart  = 512      // bytes of a kind and of an id
	maxRegisterValue = 64 << 10 // bytes: a cancel intent names every ticket of a booking and is the largest
)

// registerDoc is a register. Of and Position are only there to list some by what they belong to.
type registerDoc struct {
	ID       string `bson:"_id"` // <kind>|<id>
	Value    string `bson:"v"`
	Of       string `bson:"of,omitempty"` // ticket|<ticket> of a ticket's use, merge|<account> of a guest's merge, identity|<user> of an identity
	Position int64  `bson:"pos,omitempty"`
}

func registerID(kind, id string) string { return kind + "|" + id }

// PutOnce writes the register unless it has a value, and returns the value that it holds afterwards.
func (s *Store) PutOnce(ctx context.Context, kind, id, value string) (string, error) {
	if kind == "" || strings.Contains(kind, "|") || id == "" || len(kind) > maxRegisterPart || len(id) > maxRegisterPart || len(value) > maxRegisterValue {
		return "", fault.New(fault.Invalid, "invalid_register", "The register's kind, id or value is empty or too long.")
	}
	return s.putOnce(ctx, s.registerOf(kind, id, value))
}

// registerOf adds what a register is listed by.
func (s *Store) registerOf(kind, id, value string) registerDoc {
	d := registerDoc{ID: registerID(kind, id), Value: value}
	switch kind {
	case booking.KindTicket:
		ticket, _, _ := strings.Cut(id, "|")
		d.Of = registerID(kind, ticket)
	case kindIdentity:
		d.Of = registerID(kind, value)
	case booking.KindMerge:
		d.Of, d.Position = registerID(kind, value), s.next()
	}
	return d
}

// putOnce is the one way a register comes to be. After a duplicate key only a winner that a majority read finds counts: none means that
// nobody knows who won, and the step runs again.
func (s *Store) putOnce(ctx context.Context, d registerDoc) (holds string, err error) {
	err = s.again(ctx, func(ctx context.Context) error {
		_, err := s.decisions.InsertOne(ctx, d)
		if err == nil {
			holds = d.Value
			return nil
		}
		if !duplicate(err) {
			return err
		}
		winner, found, err := findOnce[registerDoc](ctx, s.decisions, byID(d.ID))
		if err == nil && !found {
			err = errNoWinner
		}
		holds = winner.Value
		return err
	})
	if err != nil {
		return "", err
	}
	return holds, nil
}

// Register reads a value; found is false when there is none.
func (s *Store) Register(ctx context.Context, kind, id string) (value string, found bool, err error) {
	d, found, err := find[registerDoc](ctx, s, s.decisions, byID(registerID(kind, id)))
	return d.Value, found, err
}

// RegistersByPrefix lists the registers of a kind whose id begins with prefix, at most 1000, in id order.
func (s *Store) RegistersByPrefix(ctx context.Context, kind, prefix string) ([]booking.RegisterEntry, error) {
	const lastRune = "\U0010FFFF"
	filter := field("_id", between(registerID(kind, prefix), registerID(kind, prefix)+lastRune))
	docs, err := list[registerDoc](ctx, s, s.decisions, filter, options.Find().SetSort(field("_id", 1)).SetLimit(maxRegisters))
	return convert(docs, func(d registerDoc) booking.RegisterEntry {
		return booking.RegisterEntry{ID: d.ID[len(kind)+1:], Value: d.Value}
	}), err
}

// Seal decides the booking's seal once and returns the winner. It needs no booking row.
func (s *Store) Seal(ctx context.Context, id ident.Booking, v booking.SealValue) (booking.SealValue, error) {
	switch v {
	case booking.SealReserved, booking.SealRejected, booking.SealMoved:
	default:
		return "", fault.New(fault.Invalid, "invalid_seal", "A seal is RESERVED, REJECTED or MOVED.")
	}
	holds, err := s.PutOnce(ctx, booking.KindSeal, string(id), string(v))
	return booking.SealValue(holds), err
}

// seals reads the seals of bookings.
func (s *Store) seals(ctx context.Context, ids []ident.Booking) (map[ident.Booking]booking.SealValue, error) {
	keys := convert(ids, func(id ident.Booking) string { return registerID(booking.KindSeal, string(id)) })
	docs, err := listAmong[registerDoc](ctx, s, s.decisions, "_id", keys)
	out := make(map[ident.Booking]booking.SealValue, len(docs))
	for _, d := range docs {
		out[ident.Booking(d.ID[len(booking.KindSeal)+1:])] = booking.SealValue(d.Value)
	}
	return out, err
}

// voids reads which refund voided which ticket. A ticket is void once any generation of its use register says so.
func (s *Store) voids(ctx context.Context, ids []ident.Ticket) (map[ident.Ticket]string, error) {
	keys := convert(ids, func(id ident.Ticket) string { return registerID(booking.KindTicket, string(id)) })
	docs, err := listAmong[registerDoc](ctx, s, s.decisions, "of", keys, bson.E{Key: "v", Value: begins(voidPrefix)})
	out := make(map[ident.Ticket]string, len(docs))
	for _, d := range docs {
		out[ident.Ticket(d.Of[len(booking.KindTicket)+1:])] = d.Value[len(voidPrefix):]
	}
	return out, err
}

// voidPrefix begins the value of a use register that a refund wrote.
const voidPrefix = "VOID:"
