package storesqlite_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/fault"
	"cinema/internal/ident"
	"cinema/internal/store/storesqlite"
)

func rootContext() context.Context { return context.Background() }

func TestGroupCommit_waitingActsShareATransaction(t *testing.T) {
	t.Parallel()
	var commits, acts atomic.Int64
	s := open(t, storesqlite.Options{Grouped: func(n int) {
		commits.Add(1)
		acts.Add(int64(n))
	}})
	release := storesqlite.HoldWriter(t, s.Store)
	const waiting = 50
	errs := make([]error, waiting)
	var wait sync.WaitGroup
	for i := range waiting {
		wait.Go(func() { _, errs[i] = s.PutOnce(t.Context(), "k", fmt.Sprint(i), "v") })
	}
	storesqlite.AwaitQueue(s.Store, waiting)
	release()
	wait.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.LessOrEqual(t, commits.Load(), int64(2), "one transaction for all that waited, the holder's at most beside it")
	require.Equal(t, int64(waiting+1), acts.Load())
}

func TestGroupCommit_aRefusedActSpoilsNoOther(t *testing.T) {
	t.Parallel()
	s := open(t, storesqlite.Options{})
	release := storesqlite.HoldWriter(t, s.Store)
	errs := make([]error, 40)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() {
			b, _ := pair(fmt.Sprintf("bk_%d", i), "st_1", ident.Seat(fmt.Sprintf("A%d", i+1)))
			b.User = "us_one"
			_, errs[i] = s.Reserve(t.Context(), b, 10)
		})
	}
	storesqlite.AwaitQueue(s.Store, len(errs))
	release()
	wait.Wait()
	claims, err := s.Claims(t.Context(), "st_1")
	require.NoError(t, err)
	require.Len(t, claims, 10)
	for i, err := range errs {
		id := ident.Booking(fmt.Sprintf("bk_%d", i))
		_, readErr := s.Booking(t.Context(), id)
		if err == nil {
			require.NoError(t, readErr)
			continue
		}
		require.Equal(t, "booking_open", fault.CodeOf(err))
		require.Equal(t, fault.NotFound, fault.KindOf(readErr), "a refused act left something")
	}
}

func TestFailedCommit_isReportedToAllAndEndsTheStore(t *testing.T) {
	t.Parallel()
	var fatal atomic.Int64
	dir := t.TempDir()
	s := open(t, storesqlite.Options{Dir: dir, Fatal: func(err error) {
		if err != nil {
			fatal.Add(1)
		}
	}})
	kept, _ := pair("bk_kept", "st_kept", "A1")
	_, err := s.Reserve(t.Context(), kept, 0)
	require.NoError(t, err)
	storesqlite.FailCommits(s.Store)
	release := storesqlite.HoldWriter(t, s.Store)
	const waiting = 20
	errs := make([]error, waiting)
	var wait sync.WaitGroup
	for i := range waiting {
		wait.Go(func() {
			b, _ := pair(fmt.Sprintf("bk_%d", i), ident.Showtime(fmt.Sprintf("st_%d", i)), "A1")
			_, errs[i] = s.Reserve(t.Context(), b, 0)
		})
	}
	storesqlite.AwaitQueue(s.Store, waiting)
	release()
	wait.Wait()
	for _, err := range errs {
		require.Equal(t, fault.Unavailable, fault.KindOf(err), "%v", err)
		require.Equal(t, "store_unavailable", fault.CodeOf(err))
	}
	_, err = s.PutOnce(t.Context(), "k", "later", "v")
	require.Equal(t, fault.Unavailable, fault.KindOf(err), "nothing more is written")
	require.Equal(t, fault.Unavailable, fault.KindOf(s.Ping(t.Context())))
	require.NoError(t, s.Close())
	require.Equal(t, int64(1), fatal.Load(), "told once, and before the writer ended")

	again := open(t, storesqlite.Options{Dir: dir})
	_, total, err := again.Bookings(t.Context(), booking.Query{})
	require.NoError(t, err)
	require.Equal(t, 1, total, "a new start has what was committed and nothing else")
}

func TestFullDisk_isUnavailableAndLosesNothing(t *testing.T) {
	t.Parallel()
	var fatal atomic.Int64
	s := open(t, storesqlite.Options{Fatal: func(error) { fatal.Add(1) }})
	lift := storesqlite.LimitPages(t, s.Store)
	var full error
	n := 0
	for ; full == nil && n < 10_000; n++ {
		want, _ := pair(fmt.Sprintf("bk_%d", n), ident.Showtime(fmt.Sprintf("st_%d", n)), "A1", "A2")
		_, full = s.Reserve(t.Context(), want, 0)
	}
	require.Equal(t, fault.Unavailable, fault.KindOf(full), "%v", full)
	require.Equal(t, "store_unavailable", fault.CodeOf(full))
	lift()
	_, total, err := s.Bookings(t.Context(), booking.Query{})
	require.NoError(t, err)
	require.Equal(t, n-1, total, "what was answered is there, what was refused is not")
	want, _ := pair(fmt.Sprintf("bk_%d", n-1), ident.Showtime(fmt.Sprintf("st_%d", n-1)), "A1", "A2")
	res, err := s.Reserve(t.Context(), want, 0)
	require.NoError(t, err, "the same request goes through once there is room")
	require.Equal(t, booking.Reserved, res.Outcome)
	require.Zero(t, fatal.Load(), "a disk that is full is no reason to end")
}

func TestContext_anActThatWaitsIsTakenBackAndOneThatBeganIsFinished(t *testing.T) {
	t.Parallel()
	s := open(t, storesqlite.Options{})
	release := storesqlite.HoldWriter(t, s.Store)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() {
		_, err := s.PutOnce(ctx, "k", "waiting", "v")
		failed <- err
	}()
	storesqlite.AwaitQueue(s.Store, 1)
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled, "it need not wait for its turn")
	release()
	_, found, err := s.Register(t.Context(), "k", "waiting")
	require.NoError(t, err)
	require.False(t, found)

	ctx, cancel = context.WithCancel(t.Context())
	require.NoError(t, storesqlite.RunAct(ctx, s.Store, cancel, "k", "begun"), "cancelled from within the act")
	_, found, err = s.Register(t.Context(), "k", "begun")
	require.NoError(t, err)
	require.True(t, found)
}

func TestClose_finishesWhatWaitsAndRefusesWhatComes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, storesqlite.Options{Dir: dir})
	release := storesqlite.HoldWriter(t, s.Store)
	errs := make([]error, 30)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() { _, errs[i] = s.PutOnce(t.Context(), "k", fmt.Sprint(i), "v") })
	}
	storesqlite.AwaitQueue(s.Store, len(errs))
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	release()
	wait.Wait()
	require.NoError(t, <-closed)
	again := open(t, storesqlite.Options{Dir: dir})
	for i, err := range errs {
		_, found, readErr := again.Register(t.Context(), "k", fmt.Sprint(i))
		require.NoError(t, readErr)
		require.Equal(t, err == nil, found, "answered exactly what was written")
	}
	_, err := s.PutOnce(t.Context(), "k", "late", "v")
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.NoError(t, s.Close(), "a second time does nothing")
}

func TestOpen_files(t *testing.T) {
	t.Parallel()
	_, err := storesqlite.Open(t.Context(), storesqlite.Options{})
	require.Error(t, err)
	s := open(t, storesqlite.Options{Dir: filepath.Join(t.TempDir(), "made", "on the way", "with#odd?name%")})
	for _, name := range []string{storesqlite.FileName, storesqlite.FileName + "-wal"} {
		info, err := os.Stat(filepath.Join(s.dir, name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "%s holds people's addresses", name)
	}
	plain := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(plain, nil, 0o600))
	_, err = storesqlite.Open(t.Context(), storesqlite.Options{Dir: plain})
	require.Error(t, err)
	garbage := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(garbage, storesqlite.FileName), []byte("this is not a database, and long enough to be one of something"), 0o600))
	_, err = storesqlite.Open(t.Context(), storesqlite.Options{Dir: garbage})
	require.Error(t, err)
}

func TestMigrate_statusBeforeAndBesideARunningStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	steps, err := storesqlite.MigrateStatus(t.Context(), dir)
	require.NoError(t, err)
	require.NotEmpty(t, steps)
	for _, st := range steps {
		require.Zero(t, st.Applied, "%s is pending", st.Name)
	}
	done, err := storesqlite.Migrate(t.Context(), storesqlite.Options{Dir: dir})
	require.NoError(t, err)
	require.Len(t, done, len(steps))
	s := open(t, storesqlite.Options{Dir: dir})
	steps, err = storesqlite.MigrateStatus(t.Context(), dir)
	require.NoError(t, err)
	for _, st := range steps {
		require.NotZero(t, st.Applied, "%s", st.Name)
	}
	_, err = storesqlite.Migrate(t.Context(), storesqlite.Options{Dir: dir})
	require.ErrorIs(t, err, storesqlite.ErrInUse)
	storesqlite.PretendNewer(t, s.Store)
	require.NoError(t, s.Close())
	_, err = storesqlite.Open(t.Context(), storesqlite.Options{Dir: dir})
	require.ErrorIs(t, err, storesqlite.ErrNewer)
}

func TestOpen_refusesANetworkFileSystem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := storesqlite.Open(t.Context(), storesqlite.Options{Dir: dir}.OnNetwork("NFS"))
	require.ErrorIs(t, err, storesqlite.ErrNetworkFolder)
	require.ErrorContains(t, err, "NFS")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}
