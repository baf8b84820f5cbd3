package storesqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"cinema/internal/account"
	"cinema/internal/audit"
	"cinema/internal/booking"
	"cinema/internal/catalog"
	"cinema/internal/idem"
	"cinema/internal/privacy"
	"cinema/internal/store"
)

var _ store.Mover = (*Store)(nil)

// Count tells how many rows a table has.
func (s *Store) Count(ctx context.Context, t store.Table) (int, error) {
	var n sql.NullInt64
	if err := s.reads.CountRows.QueryRowContext(ctx, string(t)).Scan(&n); err != nil {
		return 0, s.read(err)
	}
	if !n.Valid {
		return 0, fmt.Errorf("store: no table %q", t)
	}
	return int(n.Int64), nil
}

// Export lists at most limit rows after a key, in the order of the keys.
func (s *Store) Export(ctx context.Context, t store.Table, after string, limit int) ([]store.Row, error) {
	rows, err := s.export(ctx, t, after, limit)
	return rows, s.read(err)
}

func (s *Store) export(ctx context.Context, t store.Table, after string, limit int) ([]store.Row, error) {
	r := s.reads
	one := place{second: after, limit: limit}
	two := place{limit: limit}
	two.first, two.second = store.SplitKey(after)
	switch t {
	case store.Cinemas, store.Auditoriums, store.Layouts, store.Movies, store.PriceCards, store.Showtimes, store.Blocks:
		return s.exportProgramme(ctx, t, one, two)
	case store.Users, store.Sessions, store.Tokens, store.Revocations, store.UserKeys, store.Erasures:
		return s.exportPeople(ctx, t, one)
	case store.Bookings:
		return s.exportBookings(ctx, one)
	case store.Claims:
		return exported(ctx, r.ExportClaims, two, scanClaimRow, func(c store.ClaimRow) string { return store.PairKey(string(c.Showtime), string(c.Seat)) })
	case store.Registers:
		return exported(ctx, r.ExportRegisters, two, scanRegisterRow, func(g store.RegisterRow) string { return store.PairKey(g.Kind, g.ID) })
	case store.Outbox:
		return exported(ctx, r.ExportOutbox, two.fromStart(), scanEvent, func(e booking.OutboxEvent) string { return store.TimeKey(e.At, e.ID) })
	case store.Audit:
		return exported(ctx, r.ExportAudit, two.fromStart(), scanWhole, func(k audit.Kept) string { return store.TimeKey(k.At, k.ID) })
	case store.AuditLinks:
		return exported(ctx, r.ExportLinks, one, scanLink, func(l audit.Link) string { return store.NumberKey(l.N) })
	case store.AuditUnsealed:
		return exported(ctx, r.ExportUnsealed, two.fromStart(), scanWaiting, func(w audit.Waiting) string { return store.PairKey(store.NumberKey(w.Position), w.Entry) })
	case store.AuditCheckpoints:
		return exported(ctx, r.ExportCheckpoints, one, scanCheckpoint, func(k audit.KeptCheckpoint) string { return store.NumberKey(k.Seq) })
	case store.AuditMarks:
		return exported(ctx, r.ExportMarks, one, scanMark, func(m audit.Mark) string { return m.Name })
	case store.Requests:
		return exported(ctx, r.ExportRequests, one, scanRequest, func(q idem.Record) string { return q.ID })
	}
	return nil, fmt.Errorf("store: no table %q", t)
}

// place is the place after which a listing goes on, and its bound.
type place struct {
	first, second string
	limit         int
}

// fromStart begins before every instant when there is no place yet.
func (p place) fromStart() place {
	if p.first == "" {
		p.first = "-1"
	}
	return p
}

func exported[T any](ctx context.Context, stmt *sql.Stmt, p place, scan func(scanner) (T, error), key func(T) string) ([]store.Row, error) {
	rows, err := stmt.QueryContext(ctx, p.first, p.second, p.limit)
	return collect(rows, err, func(row scanner) (store.Row, error) {
		v, err := scan(row)
		if err != nil {
			return store.Row{}, err
		}
		return store.Row{Key: key(v), Value: v}, nil
	})
}

// exportBookings adds the tickets after the rows are read, as every other listing does.
func (s *Store) exportBookings(ctx context.Context, p place) ([]store.Row, error) {
	rows, err := s.reads.ExportBookings.QueryContext(ctx, p.first, p.second, p.limit)
	items, err := collect(rows, err, scanBooking)
	if err != nil {
		return nil, err
	}
	if err := s.addTickets(ctx, items); err != nil {
		return nil, err
	}
	out := make([]store.Row, len(items))
	for i, b := range items {
		out[i] = store.Row{Key: string(b.ID), Value: b}
	}
	return out, nil
}

func scanClaimRow(row scanner) (c store.ClaimRow, err error) {
	err = row.Scan(&c.Showtime, &c.Seat, &c.Booking)
	return c, err
}

func scanRegisterRow(row scanner) (g store.RegisterRow, err error) {
	err = row.Scan(&g.Kind, &g.ID, &g.Value)
	return g, err
}

// Import writes rows in one act. A row that is there already is left alone or written as it is.
func (s *Store) Import(ctx context.Context, _ store.Table, rows []store.Row) error {
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		for _, row := range rows {
			if err := importRow(ctx, w, row.Value); err != nil {
				return fmt.Errorf("import %s: %w", row.Key, err)
			}
		}
		return nil
	})
}

var errKind = errors.New("a kind of row that this store does not know")

func importRow(ctx context.Context, w *writes, row any) (err error) {
	switch v := row.(type) {
	case catalog.Cinema, catalog.Auditorium, *catalog.Layout, catalog.Movie, catalog.PriceCard, catalog.Showtime, catalog.Block:
		return importProgramme(ctx, w, v)
	case account.User, account.Session, account.PersonalToken, store.RevocationRow, audit.UserKeys, privacy.Erasure:
		return importPerson(ctx, w, v)
	case booking.Booking:
		return moveBooking(ctx, w, v)
	case store.ClaimRow:
		_, err = w.InsertClaim.ExecContext(ctx, string(v.Showtime), string(v.Seat), string(v.Booking))
	case store.RegisterRow:
		_, err = putOnce(ctx, w, v.Kind, v.ID, v.Value)
	case booking.OutboxEvent:
		return insertEvents(ctx, w, []booking.OutboxEvent{v})
	case audit.Kept:
		_, err = insertEntry(ctx, w, v)
	case audit.Link:
		_, err = insertLink(ctx, w, v)
	case audit.Waiting:
		return queueEntries(ctx, w, []audit.Waiting{v})
	case audit.KeptCheckpoint:
		_, err = w.KeepCheckpoint.ExecContext(ctx, v.Seq, v.Statement)
	case audit.Mark:
		_, err = w.ImportMark.ExecContext(ctx, v.Name, v.Rank, v.Value)
	case idem.Record:
		_, err = w.InsertRequest.ExecContext(ctx, v.ID, v.Fingerprint, v.Done, v.Status, v.Body, encode(v.Header), toMillis(v.LeaseUntil), toMillis(v.Expires), string(v.User))
	default:
		return errKind
	}
	return err
}

// moveBooking writes a booking as it is, whatever its status, with its tickets. Its seal and its claims are rows of their own.
func moveBooking(ctx context.Context, w *writes, b booking.Booking) error {
	var there bool
	if err := w.BookingThere.QueryRowContext(ctx, string(b.ID)).Scan(&there); err != nil || there {
		return err
	}
	if err := insertBooking(ctx, w, b); err != nil {
		return err
	}
	for _, t := range b.Tickets {
		if err := insertTicket(ctx, w, t); err != nil {
			return err
		}
	}
	return nil
}
