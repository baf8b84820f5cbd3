package storemongo

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/idem"
	"cinema/internal/ident"
	"cinema/internal/privacy"
	"cinema/internal/store"
)

var _ store.Mover = (*Store)(nil)

// tableOf is the collection behind a table.
func (s *Store) tableOf(t store.Table) (*mongo.Collection, error) {
	c, ok := map[store.Table]*mongo.Collection{
		store.Cinemas: s.cinemas, store.Auditoriums: s.auditoriums, store.Layouts: s.layouts, store.Movies: s.movies, store.PriceCards: s.cards,
		store.Showtimes: s.showtimes, store.Blocks: s.blocked, store.Users: s.users, store.Sessions: s.sessions, store.Tokens: s.personal, store.Revocations: s.revoked, store.Bookings: s.bookings,
		store.Claims: s.claims, store.Registers: s.decisions, store.Outbox: s.outbox, store.Audit: s.audit, store.UserKeys: s.userKeys, store.Requests: s.requests,
		store.Erasures: s.erasures, store.AuditLinks: s.chain, store.AuditUnsealed: s.unsealed, store.AuditCheckpoints: s.checkpoints,
		store.AuditMarks: s.marks,
	}[t]
	if !ok {
		return nil, fmt.Errorf("store: no table %q", t)
	}
	return c, nil
}

// Count tells how many rows a table has.
func (s *Store) Count(ctx context.Context, t store.Table) (int, error) {
	c, err := s.tableOf(t)
	if err != nil {
		return 0, err
	}
	return s.count(ctx, c, moved(t))
}

// moved are the documents of a table that a move carries.
func moved(t store.Table) bson.D {
	if t != store.Registers {
		return bson.D{}
	}
	return field("$or", bson.A{field("_id", field("$lt", store.KindCopy+"|")), field("_id", field("$gte", store.KindCopy+afterBar))})
}

// afterKey are the documents of a table after a key.
func afterKey(t store.Table, after string) (bson.D, error) {
	if after == "" {
		return moved(t), nil
	}
	switch t {
	case store.Outbox, store.Audit:
	case store.AuditLinks, store.AuditCheckpoints:
		n, err := strconv.ParseInt(after, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("store: not a key of %s: %q", t, after)
		}
		return field("_id", field("$gt", n)), nil
	default:
		return field("$and", bson.A{moved(t), field("_id", field("$gt", after))}), nil
	}
	first, id := store.SplitKey(after)
	ms, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("store: not a key of %s: %q", t, after)
	}
	at := time.UnixMilli(ms).UTC()
	return field("$or", bson.A{
		field("at", field("$gt", at)), bson.D{{Key: "at", Value: at}, {Key: "_id", Value: field("$gt", id)}},
	}), nil
}

// Export lists at most limit rows after a key, in the order of the keys.
func (s *Store) Export(ctx context.Context, t store.Table, after string, limit int) ([]store.Row, error) {
	c, err := s.tableOf(t)
	if err != nil {
		return nil, err
	}
	filter, err := afterKey(t, after)
	if err != nil {
		return nil, err
	}
	p := part{s, c, filter, sorted("_id").SetLimit(int64(limit))}
	switch t {
	case store.Cinemas, store.Auditoriums, store.Layouts, store.Movies, store.PriceCards, store.Showtimes, store.Blocks:
		return exportProgramme(ctx, p, t)
	case store.Users, store.Sessions, store.Tokens, store.Revocations, store.UserKeys, store.Erasures:
		return exportPeople(ctx, p, t)
	case store.Bookings:
		return s.exportBookings(ctx, p)
	case store.Claims:
		return exported(ctx, p, func(d claimDoc) (string, any) {
			show, seat := splitSeat(d.ID)
			return d.ID, store.ClaimRow{Showtime: show, Seat: seat, Booking: ident.Booking(d.Booking)}
		})
	case store.Registers:
		return exported(ctx, p, func(d registerDoc) (string, any) {
			kind, id := store.SplitKey(d.ID)
			return d.ID, store.RegisterRow{Kind: kind, ID: id, Value: d.Value}
		})
	case store.Outbox:
		p.options = sorted("at", "_id").SetLimit(int64(limit))
		return exported(ctx, p, func(d eventDoc) (string, any) { return store.TimeKey(d.At, d.ID), d.event() })
	case store.Audit:
		p.options = sorted("at", "_id").SetLimit(int64(limit))
		return exported(ctx, p, func(d entryDoc) (string, any) {
			return store.TimeKey(d.At, d.ID), audit.Kept{Entry: d.entry(), Position: d.Position}
		})
	case store.AuditLinks:
		return exported(ctx, p, func(d linkDoc) (string, any) { return store.NumberKey(d.N), d.link() })
	case store.AuditUnsealed:
		return exported(ctx, p, func(d waitingDoc) (string, any) { return d.Key, d.waiting() })
	case store.AuditCheckpoints:
		return exported(ctx, p, func(d checkpointDoc) (string, any) { return store.NumberKey(d.Seq), d.kept() })
	case store.AuditMarks:
		return exported(ctx, p, func(d markDoc) (string, any) { return d.Name, d.mark() })
	default: // store.Requests
		return exported(ctx, p, func(d requestDoc) (string, any) { return d.ID, d.record() })
	}
}

// part is what one export reads.
type part struct {
	s       *Store
	from    *mongo.Collection
	filter  bson.D
	options *options.FindOptionsBuilder
}

func exported[D any](ctx context.Context, p part, one func(D) (string, any)) ([]store.Row, error) {
	docs, err := list[D](ctx, p.s, p.from, p.filter, p.options)
	return convert(docs, func(d D) store.Row {
		key, value := one(d)
		return store.Row{Key: key, Value: value}
	}), err
}

func (s *Store) exportBookings(ctx context.Context, p part) ([]store.Row, error) {
	docs, err := list[bookingDoc](ctx, s, p.from, p.filter, p.options)
	if err != nil {
		return nil, err
	}
	items, err := s.bookingsOf(ctx, docs)
	return convert(items, func(b booking.Booking) store.Row { return store.Row{Key: string(b.ID), Value: b} }), err
}

// Import writes rows. One that is there already is left alone.
func (s *Store) Import(ctx context.Context, t store.Table, rows []store.Row) error {
	c, err := s.tableOf(t)
	if err != nil {
		return err
	}
	docs := make([]any, len(rows))
	var tickets []ticketDoc
	for i, row := range rows {
		if docs[i], err = s.document(row.Value); err != nil {
			return fmt.Errorf("import %s: %w", row.Key, err)
		}
		if b, ok := row.Value.(booking.Booking); ok {
			tickets = append(tickets, convert(b.Tickets, toTicket)...)
		}
	}
	if err := insertAll(ctx, s, s.tickets, tickets); err != nil {
		return err
	}
	return insertAll(ctx, s, c, docs)
}

var errKind = errors.New("a kind of row that this store does not know")

func (s *Store) document(row any) (any, error) {
	switch v := row.(type) {
	case catalog.Cinema, catalog.Auditorium, *catalog.Layout, catalog.Movie, catalog.PriceCard, catalog.Showtime, catalog.Block:
		return programmeDocument(v)
	case account.User, account.Session, account.PersonalToken, store.RevocationRow, audit.UserKeys, privacy.Erasure:
		return personDocument(v)
	case booking.Booking:
		return toBooking(v), nil
	case store.ClaimRow:
		return claimDoc{claimID(v.Showtime, v.Seat), string(v.Booking), s.now()}, nil
	case store.RegisterRow:
		return s.registerOf(v.Kind, v.ID, v.Value), nil
	case booking.OutboxEvent:
		return s.toEvent(v), nil
	case audit.Kept:
		return toKept(v), nil
	case audit.Link:
		return toLink(v), nil
	case audit.Waiting:
		return toWaiting(v), nil
	case audit.KeptCheckpoint:
		return checkpointDoc(v), nil
	case audit.Mark:
		return markDoc(v), nil
	case idem.Record:
		return requestDoc{
			ID: v.ID, Fingerprint: v.Fingerprint, Done: v.Done, Status: v.Status, Body: v.Body, Header: v.Header,
			LeaseUntil: millis(v.LeaseUntil), Expires: millis(v.Expires), User: string(v.User),
		}, nil
	default:
		return nil, errKind
	}
}
