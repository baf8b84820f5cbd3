package storesqlite

import (
	"context"
	"database/sql"

	"cinema/internal/audit"
	"cinema/internal/fault"
)

// Append writes the entries whose ids are new, in one act.
func (s *Store) Append(ctx context.Context, entries []audit.Entry) error {
	for _, e := range entries {
		if e.ID == "" || e.Type == "" {
			return fault.New(fault.Invalid, "invalid_entry", "An entry needs an identifier and a type.")
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error {
		fresh := make([]audit.Waiting, 0, len(entries))
		for _, e := range entries {
			k := audit.Kept{Entry: e, Position: s.next()}
			if len(k.Payload) == 0 { // nothing is kept in one way
				k.Payload = nil
			}
			won, err := insertEntry(ctx, w, k)
			if err != nil {
				return err
			}
			if won {
				fresh = append(fresh, audit.Waiting{Position: k.Position, Entry: e.ID})
			}
		}
		return queueEntries(ctx, w, fresh)
	})
}

func insertEntry(ctx context.Context, w *writes, k audit.Kept) (won bool, err error) {
	return affected(w.InsertEntry.ExecContext(ctx, k.ID, k.Type, string(k.Showtime), string(k.Booking), string(k.User), list(k.Seats), string(k.Request),
		k.Payload, toMillis(k.At), k.Position))
}

// queueEntries lets entries wait for their link.
func queueEntries(ctx context.Context, w *writes, waiting []audit.Waiting) error {
	if len(waiting) == 0 {
		return nil
	}
	_, err := w.QueueEntries.ExecContext(ctx, list(places(waiting)))
	return err
}

// EntriesByID reads the entries with these ids, in no order; an unknown id is left out.
func (s *Store) EntriesByID(ctx context.Context, ids []string) ([]audit.Entry, error) {
	rows, err := s.reads.EntriesByID.QueryContext(ctx, list(ids))
	items, err := collect(rows, err, scanEntry)
	return items, s.read(err)
}

// Entries lists the record, newest first, and tells how many entries the filters fit in all.
func (s *Store) Entries(ctx context.Context, q audit.Query) ([]audit.Entry, int, error) {
	labels, args := entryFilter(q)
	total, err := s.countFiltered(ctx, &s.reads.CountEntries, labels, args)
	if err != nil || total == 0 {
		return nil, 0, err
	}
	limit, skip := page(q.Limit, q.Skip, standardPage, mostPage)
	items, err := listFiltered(ctx, &s.reads.Entries, labels, append(args, sql.Named("limit", limit), sql.Named("skip", skip)), scanEntry)
	return items, total, s.read(err)
}

func entryFilter(q audit.Query) (labels []string, args []any) {
	add := func(label string, value any) {
		labels, args = append(labels, label), append(args, sql.Named(label, value))
	}
	if q.Type != "" {
		add("type", q.Type)
	}
	if q.Showtime != "" {
		add("showtime", string(q.Showtime))
	}
	if q.User != "" {
		add("user", string(q.User))
	}
	if q.Booking != "" {
		add("booking", string(q.Booking))
	}
	if !q.From.IsZero() {
		add("from", toMillis(q.From))
	}
	if !q.To.IsZero() {
		add("to", toMillis(q.To))
	}
	return labels, args
}

func scanEntry(row scanner) (audit.Entry, error) {
	var e audit.Entry
	var seats string
	var at int64
	if err := row.Scan(&e.ID, &e.Type, &e.Showtime, &e.Booking, &e.User, &seats, &e.Request, &e.Payload, &at); err != nil {
		return audit.Entry{}, err
	}
	e.At = fromMillis(at)
	return e, decode(seats, &e.Seats)
}
