package storesqlite

import (
	"context"
	"database/sql"
	"errors"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
)

// maxRegisters bounds one listing.
const maxRegisters = 1000

// maxRegisterPart bounds a kind and an id, in bytes.
const maxRegisterPart = 512

// maxRegisterValue bounds a value, in bytes: a cancel intent names every ticket of a booking and is the largest.
const maxRegisterValue = 64 << 10

// PutOnce writes the register unless it has a value, and returns the value that it holds afterwards.
func (s *Store) PutOnce(ctx context.Context, kind, id, value string) (string, error) {
	if kind == "" || id == "" || len(kind) > maxRegisterPart || len(id) > maxRegisterPart || len(value) > maxRegisterValue {
		return "", fault.New(fault.Invalid, "invalid_register", "The register's kind, id or value is empty or too long.")
	}
	var holds string
	err := s.do(ctx, func(ctx context.Context, w *writes) (err error) {
		holds, err = putOnce(ctx, w, kind, id, value)
		return err
	})
	return holds, err
}

// putOnce is the one way a register comes to be.
func putOnce(ctx context.Context, w *writes, kind, id, value string) (string, error) {
	won, err := affected(w.PutRegister.ExecContext(ctx, kind, id, value))
	if err != nil {
		return "", err
	}
	if !won {
		var holds string
		err := w.Register.QueryRowContext(ctx, kind, id).Scan(&holds)
		return holds, err
	}
	if kind == booking.KindMerge {
		if _, err := w.InsertMerge.ExecContext(ctx, id, value); err != nil {
			return "", err
		}
	}
	return value, nil
}

// register reads a register within an act.
func register(ctx context.Context, stmt *sql.Stmt, kind, id string) (value string, found bool, err error) {
	err = stmt.QueryRowContext(ctx, kind, id).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return value, err == nil, err
}

// Register reads a value; found is false when there is none.
func (s *Store) Register(ctx context.Context, kind, id string) (value string, found bool, err error) {
	value, found, err = register(ctx, s.reads.Register, kind, id)
	return value, found, s.read(err)
}

// RegistersByPrefix lists the registers of a kind whose id begins with prefix, at most 1000, in id order.
func (s *Store) RegistersByPrefix(ctx context.Context, kind, prefix string) ([]booking.RegisterEntry, error) {
	rows, err := s.reads.RegistersByPrefix.QueryContext(ctx, kind, prefix, prefix+maxRune, maxRegisters)
	entries, err := collect(rows, err, func(row scanner) (booking.RegisterEntry, error) {
		var e booking.RegisterEntry
		err := row.Scan(&e.ID, &e.Value)
		return e, err
	})
	return entries, s.read(err)
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
