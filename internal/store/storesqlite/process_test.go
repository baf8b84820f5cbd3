package storesqlite_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"cinema/internal/booking"
	"cinema/internal/ident"
	"cinema/internal/store/storesqlite"
)

// Names by which the test binary knows that it is the child of a test, and what to do.
const (
	childTask   = "STORESQLITE_CHILD_TASK"
	childFolder = "STORESQLITE_CHILD_FOLDER"
	childTarget = "STORESQLITE_CHILD_TARGET"
)

// runChild makes the test binary a process of its own when a test started it as one.
func runChild() {
	task := os.Getenv(childTask)
	if task == "" {
		return
	}
	dir := os.Getenv(childFolder)
	switch task {
	case "sell":
		sellForEver(dir)
	case "open":
		s, err := storesqlite.Open(rootContext(), storesqlite.Options{Dir: dir})
		tell(err)
		if err == nil {
			tell(s.Close())
		}
	case "backup":
		tell(storesqlite.Backup(rootContext(), dir, os.Getenv(childTarget)))
	}
	os.Exit(0) // a process of its own ends here, without running the tests
}

// tell writes a line to the parent.
func tell(v ...any) { _, _ = fmt.Fprintln(os.Stdout, v...) }

// child starts the test binary with a task. Its end is the caller's to see to.
func child(t *testing.T, task, dir string, more ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(append(os.Environ(), childTask+"="+task, childFolder+"="+dir), more...)
	cmd.Stderr = os.Stderr
	return cmd
}

// sellForEver sells pairs from several goroutines and prints what was acknowledged, one line a fact, until it is killed.
func sellForEver(dir string) {
	s, err := storesqlite.Open(rootContext(), storesqlite.Options{Dir: dir})
	if err != nil {
		tell("error", err)
		return
	}
	var mu sync.Mutex // guards standard output
	say := func(what string, id ident.Booking) {
		mu.Lock()
		defer mu.Unlock()
		tell(what, id)
	}
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for n := 0; ; n++ {
				// Two workers want each seat, so that there are conflicts to acknowledge as well.
				show := ident.Showtime(fmt.Sprintf("st_%d_%d_%d", os.Getpid(), w/2, n))
				want, settle := pair(fmt.Sprintf("bk_%d_%d_%d", os.Getpid(), w, n), show, "A1", "A2")
				res, err := s.Reserve(rootContext(), want, 2)
				switch {
				case err != nil:
					say("error", want.ID)
					return
				case res.Outcome == booking.Conflicts:
					say("conflict", want.ID)
					continue
				}
				say("reserved", want.ID)
				if _, result, err := s.Settle(rootContext(), settle); err != nil || result != booking.Settled {
					say("error", want.ID)
					return
				}
				say("booked", want.ID)
			}
		})
	}
	wait.Wait()
}

// TestKill9_losesNothingAcknowledged kills a selling process and finds everything that it acknowledged, and no seat sold twice.
func TestKill9_losesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged := make(map[ident.Booking]string)
	for range 3 { // three lives of the process on one folder
		cmd := child(t, "sell", dir)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		booked := 0
		for lines.Scan() {
			what, id, ok := strings.Cut(lines.Text(), " ")
			require.True(t, ok, lines.Text())
			require.NotEqual(t, "error", what, lines.Text())
			acknowledged[ident.Booking(id)] = what
			if what == "booked" {
				if booked++; booked == 60 {
					require.NoError(t, cmd.Process.Kill()) // SIGKILL; what is in the pipe is still read
				}
			}
		}
		require.Error(t, cmd.Wait(), "it was killed")
		require.GreaterOrEqual(t, booked, 60)
	}

	s := open(t, storesqlite.Options{Dir: dir})
	require.NoError(t, s.Canary(t.Context()))
	sold := make(map[string]ident.Booking)
	for id, what := range acknowledged {
		b, err := s.Booking(t.Context(), id)
		require.NoError(t, err, "%s was acknowledged as %s", id, what)
		seal, _, err := s.Register(t.Context(), booking.KindSeal, string(id))
		require.NoError(t, err)
		switch what {
		case "conflict":
			require.Equal(t, booking.Failed, b.Status)
			require.Equal(t, string(booking.SealRejected), seal)
			continue
		case "booked":
			require.Equal(t, booking.Booked, b.Status)
			require.Len(t, b.Tickets, 2)
		case "reserved":
			require.GreaterOrEqual(t, b.Status.Rank(), booking.Pending.Rank())
		}
		require.Equal(t, string(booking.SealReserved), seal)
		claims, err := s.Claims(t.Context(), b.Showtime)
		require.NoError(t, err)
		require.Len(t, claims, 2)
		for _, c := range claims {
			require.Equal(t, id, c.Booking)
			place := string(b.Showtime) + "|" + string(c.Seat)
			require.NotContains(t, sold, place, "sold twice")
			sold[place] = id
		}
	}
}

func TestOpen_refusesASecondProcess(t *testing.T) {
	t.Parallel()
	s := open(t, storesqlite.Options{})
	out, err := child(t, "open", s.dir).Output()
	require.NoError(t, err)
	require.Contains(t, string(out), storesqlite.ErrInUse.Error())
	require.Contains(t, string(out), fmt.Sprintf("process %d", os.Getpid()), "it names who has the folder")

	_, err = storesqlite.Open(t.Context(), storesqlite.Options{Dir: s.dir})
	require.ErrorIs(t, err, storesqlite.ErrInUse, "nor twice in one process")
	require.NoError(t, s.Close())
	out, err = child(t, "open", s.dir).Output()
	require.NoError(t, err)
	require.Equal(t, "<nil>\n<nil>\n", string(out), "once it is let go another may have it")
}

// sellSome sells pairs one after another until stop is closed; how many is the answer.
func sellSome(t *testing.T, s opened, stop <-chan struct{}) int {
	t.Helper()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return n
		default:
		}
		want, settle := pair(fmt.Sprintf("bk_%d", n), ident.Showtime(fmt.Sprintf("st_%d", n)), "A1", "A2")
		if _, err := s.Reserve(t.Context(), want, 0); err != nil {
			t.Errorf("reserve: %v", err)
			return n
		}
		if _, _, err := s.Settle(t.Context(), settle); err != nil {
			t.Errorf("settle: %v", err)
			return n
		}
	}
}

func TestBackup_fromAnotherProcessWhileSelling(t *testing.T) {
	t.Parallel()
	s := open(t, storesqlite.Options{})
	before, _ := pair("bk_before", "st_before", "A1")
	_, err := s.Reserve(t.Context(), before, 0)
	require.NoError(t, err)

	stop := make(chan struct{})
	var wait sync.WaitGroup
	sold := 0
	wait.Go(func() { sold = sellSome(t, s, stop) })
	folder := t.TempDir()
	target := filepath.Join(folder, storesqlite.FileName)
	out, err := child(t, "backup", s.dir, childTarget+"="+target).Output()
	own := s.Backup(t.Context(), filepath.Join(folder, "own.db"))
	close(stop)
	wait.Wait()
	require.NoError(t, err)
	require.NoError(t, own)
	require.Equal(t, "<nil>\n", string(out))
	require.Positive(t, sold, "sales went on")

	require.ErrorIs(t, s.Backup(t.Context(), target), storesqlite.ErrTargetExists)
	info, err := os.Stat(target)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := filepath.Glob(filepath.Join(folder, "*.part"))
	require.NoError(t, err)
	require.Empty(t, left)

	restored := open(t, storesqlite.Options{Dir: folder})
	require.NoError(t, restored.Canary(t.Context()))
	_, err = restored.Booking(t.Context(), "bk_before")
	require.NoError(t, err)
	items, total, err := restored.Bookings(t.Context(), booking.Query{Limit: 200})
	require.NoError(t, err)
	require.LessOrEqual(t, total, sold+1)
	for _, b := range items {
		claims, err := restored.Claims(t.Context(), b.Showtime)
		require.NoError(t, err)
		require.Len(t, claims, len(b.Seats), "whole acts only")
		if b.Status == booking.Booked {
			require.Len(t, b.Tickets, len(b.Seats))
		}
	}
	after, _ := pair("bk_after", "st_after", "A1")
	_, err = restored.Reserve(t.Context(), after, 0)
	require.NoError(t, err, "a copy is a store to go on with")
}

func TestBackup_refusals(t *testing.T) {
	t.Parallel()
	require.ErrorIs(t, storesqlite.Backup(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "x.db")), os.ErrNotExist, "no store there")
	s := open(t, storesqlite.Options{})
	require.ErrorIs(t, s.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "folder.db")), os.ErrNotExist)
	target := filepath.Join(t.TempDir(), "x.db")
	require.NoError(t, os.WriteFile(target, []byte("precious"), 0o600))
	require.ErrorIs(t, s.Backup(t.Context(), target), storesqlite.ErrTargetExists)
	raw, err := os.ReadFile(target)
	require.NoError(t, err)
	require.Equal(t, "precious", string(raw))
}

func TestBackup_ofAFolderWhoseProcessWasKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := child(t, "sell", dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	var last ident.Booking
	for lines.Scan() {
		what, id, _ := strings.Cut(lines.Text(), " ")
		if what == "booked" {
			last = ident.Booking(id)
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.Error(t, cmd.Wait())
	require.NotEmpty(t, last)
	folder := t.TempDir()
	require.NoError(t, storesqlite.Backup(t.Context(), dir, filepath.Join(folder, storesqlite.FileName)))
	b, err := open(t, storesqlite.Options{Dir: folder}).Booking(t.Context(), last)
	require.NoError(t, err, "what is in the log only is in the copy too")
	require.Equal(t, booking.Booked, b.Status)
}
