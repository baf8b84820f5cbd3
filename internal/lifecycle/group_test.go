package lifecycle_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"cinema/internal/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// story notes what happened, in order.
type story struct {
	mu    sync.Mutex // guards lines
	lines []string
}

func (s *story) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, line)
}

// part runs until it is told to stop; begun is closed once it runs.
func (s *story) part(name string, begun chan<- struct{}) lifecycle.Part {
	return lifecycle.Part{Name: name, Run: func(ctx context.Context) error {
		close(begun)
		<-ctx.Done()
		s.note(name)
		return ctx.Err()
	}}
}

func TestRun_stops_in_reverse_and_calls_it_no_error(t *testing.T) {
	t.Parallel()
	var s story
	ctx, cancel := context.WithCancel(t.Context())
	begun := []chan struct{}{make(chan struct{}), make(chan struct{}), make(chan struct{})}
	go func() {
		for _, b := range begun {
			<-b
		}
		cancel()
	}()
	err := lifecycle.Run(ctx, s.part("store", begun[0]), s.part("workers", begun[1]), s.part("edge", begun[2]))
	require.NoError(t, err)
	require.Equal(t, []string{"edge", "workers", "store"}, s.lines)
}

func TestRun_a_part_that_fails_stops_the_others_and_is_named(t *testing.T) {
	t.Parallel()
	var s story
	broken := errors.New("port taken")
	begun := make(chan struct{})
	err := lifecycle.Run(t.Context(), s.part("store", begun), lifecycle.Part{Name: "edge", Run: func(context.Context) error {
		<-begun
		return broken
	}})
	require.ErrorIs(t, err, broken)
	require.ErrorContains(t, err, "edge: ")
	require.Equal(t, []string{"store"}, s.lines)
}

func TestRun_an_error_while_stopping_is_not_lost(t *testing.T) {
	t.Parallel()
	late := errors.New("flush failed")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := lifecycle.Run(ctx, lifecycle.Part{Name: "record", Run: func(ctx context.Context) error {
		<-ctx.Done()
		return late
	}})
	require.ErrorIs(t, err, late)
}

func TestRun_the_first_error_wins(t *testing.T) {
	t.Parallel()
	first, second := errors.New("first"), errors.New("second")
	err := lifecycle.Run(t.Context(),
		lifecycle.Part{Name: "store", Run: func(ctx context.Context) error {
			<-ctx.Done()
			return second
		}},
		lifecycle.Part{Name: "edge", Run: func(context.Context) error { return first }},
	)
	require.ErrorIs(t, err, first)
}
