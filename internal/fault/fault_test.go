package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/fault"
)

func TestKindOf_looks_through_wrapping(t *testing.T) {
	t.Parallel()
	taken := fault.New(fault.Conflict, "seats_unavailable", "Somebody was faster.")
	err := fmt.Errorf("lock %s: %w", "st_1", taken)
	require.Equal(t, fault.Conflict, fault.KindOf(err))
	require.Equal(t, "seats_unavailable", fault.CodeOf(err))
}

func TestKindOf_what_is_no_fault_is_internal(t *testing.T) {
	t.Parallel()
	for _, err := range []error{nil, errors.New("disk full")} {
		require.Equal(t, fault.Internal, fault.KindOf(err))
		require.Equal(t, "internal", fault.CodeOf(err))
	}
}

func TestFault_Is_compares_codes(t *testing.T) {
	t.Parallel()
	expired := fault.New(fault.Conflict, "hold_expired", "")
	require.ErrorIs(t, fmt.Errorf("extend: %w", expired.With("seat_ids", []string{"A1"}).After(time.Second)), expired)
	require.NotErrorIs(t, fault.New(fault.Conflict, "hold_lost", ""), expired)
	require.NotErrorIs(t, errors.New("hold_expired"), expired)
}

func TestFault_With_and_After_leave_the_original_alone(t *testing.T) {
	t.Parallel()
	base := fault.New(fault.Limited, "rate_limited", "Slow down.")
	one := base.With("limit", 60)
	two := one.With("limit", 20).With("name", "lock").After(3 * time.Second)
	require.Nil(t, base.Extra)
	require.Equal(t, map[string]any{"limit": 60}, one.Extra)
	require.Zero(t, one.RetryAfter)
	require.Equal(t, map[string]any{"limit": 20, "name": "lock"}, two.Extra)
	require.Equal(t, 3*time.Second, two.RetryAfter)
}

func TestWrap_keeps_the_cause_for_the_log(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection refused")
	err := fault.Wrap(cause, fault.Unavailable, "store_unavailable", "Please try again.")
	require.ErrorIs(t, err, cause)
	require.Equal(t, "store_unavailable: Please try again.: connection refused", err.Error())
	require.NotContains(t, err.Detail, "refused", "the detail is shown to people")
}
