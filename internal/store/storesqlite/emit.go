package storesqlite

import (
	"context"

	"cinema/internal/booking"
)

// Emit writes events that no change of status carries.
func (s *Store) Emit(ctx context.Context, events []booking.OutboxEvent) error {
	if len(events) == 0 {
		return nil
	}
	return s.do(ctx, func(ctx context.Context, w *writes) error { return insertEvents(ctx, w, events) })
}
