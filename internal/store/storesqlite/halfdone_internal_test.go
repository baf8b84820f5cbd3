package storesqlite

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/ident"
)

// halfDone puts a row in as a store whose Reserve is several writes leaves it after a crash: no seal, perhaps some claims.
func halfDone(t *testing.T, s *Store, id ident.Booking, seats []ident.Seat, claimed ...ident.Seat) booking.Booking {
	t.Helper()
	b := booking.Booking{
		ID: id, User: "us_1", Showtime: "st_1", Seats: seats, Fingerprint: "f", Status: booking.Reserving,
		CreatedAt: time.UnixMilli(1).UTC(), UpdatedAt: time.UnixMilli(1).UTC(),
	}
	require.NoError(t, s.do(t.Context(), func(ctx context.Context, w *writes) error {
		for _, seat := range claimed {
			if _, err := w.InsertClaim.ExecContext(ctx, "st_1", string(seat), string(id)); err != nil {
				return err
			}
		}
		return insertBooking(ctx, w, b)
	}))
	return b
}

func TestHalfDone(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) *Store {
		t.Helper()
		s, err := Open(t.Context(), Options{Dir: t.TempDir()})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		return s
	}
	claims := func(t *testing.T, s *Store) map[ident.Seat]ident.Booking {
		t.Helper()
		list, err := s.Claims(t.Context(), "st_1")
		require.NoError(t, err)
		out := make(map[ident.Seat]ident.Booking)
		for _, c := range list {
			out[c.Seat] = c.Booking
		}
		return out
	}
	t.Run("settle_of_an_unsealed_booking_touches_nothing", func(t *testing.T) {
		t.Parallel()
		s := setup(t)
		halfDone(t, s, "bk_1", []ident.Seat{"A1"}, "A1")
		b, result, err := s.Settle(t.Context(), booking.SettleRequest{Booking: "bk_1", RegisterKind: booking.KindPayment, RegisterID: "p", RegisterValue: "captured"})
		require.NoError(t, err)
		require.Equal(t, booking.NotSealed, result)
		require.Equal(t, booking.Reserving, b.Status)
		_, found, err := s.Register(t.Context(), booking.KindPayment, "p")
		require.NoError(t, err)
		require.False(t, found)
	})
	t.Run("reserve_goes_on_where_it_stopped", func(t *testing.T) {
		t.Parallel()
		s := setup(t)
		want := halfDone(t, s, "bk_1", []ident.Seat{"A1", "A2"}, "A1")
		res, err := s.Reserve(t.Context(), want, 1)
		require.NoError(t, err)
		require.Equal(t, booking.Reserved, res.Outcome)
		require.Equal(t, booking.Pending, res.Booking.Status)
		require.Equal(t, map[ident.Seat]ident.Booking{"A1": "bk_1", "A2": "bk_1"}, claims(t, s))
		seal, _, err := s.Register(t.Context(), booking.KindSeal, "bk_1")
		require.NoError(t, err)
		require.Equal(t, string(booking.SealReserved), seal)
	})
	t.Run("reserve_finds_a_conflict_where_it_stopped", func(t *testing.T) {
		t.Parallel()
		s := setup(t)
		want := halfDone(t, s, "bk_1", []ident.Seat{"A1", "A2"}, "A1")
		halfDone(t, s, "bk_2", []ident.Seat{"A2"}, "A2")
		res, err := s.Reserve(t.Context(), want, 0)
		require.NoError(t, err)
		require.Equal(t, booking.Conflicts, res.Outcome)
		require.Equal(t, []ident.Seat{"A2"}, res.Conflict)
		require.Equal(t, booking.Failed, res.Booking.Status)
		require.Equal(t, map[ident.Seat]ident.Booking{"A2": "bk_2"}, claims(t, s))
		seal, _, err := s.Register(t.Context(), booking.KindSeal, "bk_1")
		require.NoError(t, err)
		require.Equal(t, string(booking.SealRejected), seal)
	})
	t.Run("reject_abandons_it", func(t *testing.T) {
		t.Parallel()
		s := setup(t)
		halfDone(t, s, "bk_1", []ident.Seat{"A1"}, "A1")
		b, err := s.Reject(t.Context(), "bk_1", booking.ReasonAbandoned, []booking.OutboxEvent{{ID: "bk_1:booking.failed:1", Type: "booking.failed"}})
		require.NoError(t, err)
		require.Equal(t, booking.Failed, b.Status)
		require.Equal(t, booking.ReasonAbandoned, b.Reason)
		require.Empty(t, claims(t, s))
		events, err := s.Outbox(t.Context(), 0)
		require.NoError(t, err)
		require.Len(t, events, 1)
	})
	t.Run("a_claim_without_a_booking_is_left_alone", func(t *testing.T) {
		t.Parallel()
		s := setup(t)
		require.NoError(t, s.do(t.Context(), func(ctx context.Context, w *writes) error {
			_, err := w.InsertClaim.ExecContext(ctx, "st_1", "A1", "bk_unknown")
			return err
		}))
		res, err := s.Reserve(t.Context(), booking.Booking{ID: "bk_1", User: "us_1", Showtime: "st_1", Seats: []ident.Seat{"A1"}}, 0)
		require.NoError(t, err)
		require.Equal(t, booking.Conflicts, res.Outcome)
		require.Equal(t, map[ident.Seat]ident.Booking{"A1": "bk_unknown"}, claims(t, s))
	})
}
