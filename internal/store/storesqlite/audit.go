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
		for _, e := range entries {
			if err := insertEntry(ctx, w, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func insertEntry(ctx context.Context, w *writes, e audit.Entry) error {
	_, err := w.InsertEntry.ExecContext(ctx, e.ID, e.Type, string(e.Showtime), string(e.Booking), string(e.User), list(e.Seats), string(e.Request),
		e.Payload, toMillis(e.At))
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
