package audit_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/clock"
)

// checkpointsIn reads the statements of a file.
func checkpointsIn(t *testing.T, file string) []audit.Checkpoint {
	t.Helper()
	var all []audit.Checkpoint
	for text, err := range audit.ReadCheckpoints(file) {
		require.NoError(t, err)
		var s struct{ Statement audit.Checkpoint }
		require.NoError(t, json.Unmarshal([]byte(text), &s))
		all = append(all, s.Statement)
	}
	return all
}

// TestSealer_keeps_checkpoints after five minutes with something new, not otherwise, and tells of them in store, file and log.
func TestSealer_keeps_checkpoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := audit.NewSealer(w.deps())
	seal(t, s)
	require.NoFileExists(t, filepath.Join(w.dir, audit.HeadFile), "there is nothing to sign yet")
	w.append(t, 0, 3) // takes three minutes
	seal(t, s)
	w.append(t, 3, 5)
	seal(t, s)
	require.Len(t, checkpointsIn(t, w.file), 1, "the first link is kept at once, then nothing for five minutes")
	w.clock.Advance(10 * time.Minute)
	seal(t, s)
	seal(t, s)
	require.Len(t, checkpointsIn(t, w.file), 2)
	w.clock.Advance(time.Hour)
	seal(t, s)
	all := checkpointsIn(t, w.file)
	require.Len(t, all, 2, "nothing new, nothing kept")
	require.Equal(t, int64(5), all[1].N)
	require.Equal(t, int64(5), all[1].Entries)
	require.Equal(t, "e04", all[1].Entry)
	require.Equal(t, 2, strings.Count(w.log.String(), "checkpoint of the record"))
	require.Contains(t, w.log.String(), "key_id="+w.keys.ID())
	require.NotContains(t, w.log.String(), "ERROR")
	last, err := w.store.LastCheckpoint(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(2), last.Seq)
	require.Equal(t, int64(5), s.Stats().Links)
	require.Equal(t, uint64(5), s.Stats().Sealed)
	info, err := os.Stat(filepath.Join(w.dir, audit.HeadFile))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// TestSealer_keeps_one_checkpoint_for_many_entries whatever the time.
func TestSealer_keeps_one_checkpoint_for_many_entries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []audit.Entry
	for i := range 10_600 {
		all = append(all, audit.Entry{ID: fmt.Sprintf("m%05d", i), Type: "seat.locked", At: evening})
	}
	require.NoError(t, w.store.Append(t.Context(), all))
	seal(t, audit.NewSealer(w.deps()))
	got := checkpointsIn(t, w.file)
	require.Len(t, got, 2)
	require.GreaterOrEqual(t, got[1].N-got[0].N, int64(10_000))
	require.Nil(t, w.verify(t, nil).First)
}

// TestSealer_goes_on_after_a_restart with the chain as it was.
func TestSealer_goes_on_after_a_restart(t *testing.T) {
	t.Parallel()
	w := whole(t)
	w.append(t, 24, 26)
	s := audit.NewSealer(w.deps())
	seal(t, s)
	require.False(t, s.Stats().Broken)
	r := w.verify(t, nil)
	require.Nil(t, r.First)
	require.Equal(t, int64(26), r.Links)
}

// TestSealer_seals_what_was_there_before tells of it, and goes on counting.
func TestSealer_seals_what_was_there_before(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, 0, 4)
	w.attack(t, `INSERT INTO audit_marks VALUES ('genesis', 0, '4')`) // as the migration does
	seal(t, audit.NewSealer(w.deps()))
	require.Contains(t, w.log.String(), "entries from before the chain are sealed as they are found")
	w.append(t, 4, 5)
	seal(t, audit.NewSealer(w.deps()))
	r := w.verify(t, nil)
	require.Nil(t, r.First)
	require.Equal(t, int64(4), r.Genesis)
	require.Equal(t, 1, strings.Count(w.log.String(), "from before the chain"))
}

// TestSealer_notices_a_chain_that_was_cut while it runs and at a start, keeps the evidence, and goes on.
func TestSealer_notices_a_chain_that_was_cut(t *testing.T) {
	t.Parallel()
	cut := []string{
		`DELETE FROM audit_chain WHERE n > 12`, `DELETE FROM audit_logs WHERE id > 'e11'`, `DELETE FROM audit_checkpoints WHERE seq > 2`,
		`DELETE FROM audit_marks WHERE name = 'head'`,
	}
	for name, running := range map[string]bool{"while it runs": true, "at a start": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := whole(t)
			s := audit.NewSealer(w.deps())
			if running {
				seal(t, s)
				require.False(t, s.Stats().Broken)
			}
			w.attack(t, cut...)
			w.append(t, 30, 50) // more than was cut off
			seal(t, s)
			require.True(t, s.Stats().Broken)
			require.Equal(t, 1, strings.Count(w.log.String(), "the record was tampered with"), w.log.String())
			kept, err := filepath.Glob(filepath.Join(w.dir, "audit_head.*.json"))
			require.NoError(t, err)
			require.Len(t, kept, 1, "the checkpoint that does not fit is set aside")
			r := w.verify(t, nil)
			require.NotNil(t, r.First)
			require.Contains(t, r.First.What, "written anew somewhere in the links 13 to 24")
			require.Equal(t, int64(32), r.Links, "what came after is sealed all the same")

			again := audit.NewSealer(w.deps())
			seal(t, again)
			require.True(t, again.Stats().Broken, "a later start has not forgotten it")
			kept, err = filepath.Glob(filepath.Join(w.dir, "audit_head*.json"))
			require.NoError(t, err)
			require.Len(t, kept, 2, "the evidence and the present head")
			// Whoever has looked into it ends the alarm, if he has the secret.
			require.Error(t, audit.Accept(w.dir, w.keys, audit.Acceptance{From: 33}, evening), "without a reason")
			require.NoError(t, audit.Accept(w.dir, newKeys(t), audit.Acceptance{From: 33, Reason: "nothing to see here"}, evening))
			_, err = audit.ReadAcceptance(w.dir, w.keys.Trusted())
			require.Error(t, err)
			require.NoError(t, audit.Accept(w.dir, w.keys, audit.Acceptance{From: 33, Reason: "the disk was exchanged"}, evening))
			a, err := audit.ReadAcceptance(w.dir, w.keys.Trusted())
			require.NoError(t, err)
			require.Equal(t, "the disk was exchanged", a.Reason)
			last := audit.NewSealer(w.deps())
			seal(t, last)
			require.False(t, last.Stats().Broken)
			night := audit.NewNightly(w.deps())
			require.NoError(t, night.LookOnce(t.Context()))
			require.True(t, night.Latest().OK)
			require.NotNil(t, w.verify(t, nil).First, "what is wrong before is still to be seen")
		})
	}
}

// TestSealer_gives_up_what_never_came, but not before it is sure, and is not held up by it.
func TestSealer_gives_up_what_never_came(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// More than a batch that somebody queued and could not write.
	w.attack(t, fmt.Sprintf(`WITH RECURSIVE i (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM i WHERE n < 599)
		INSERT INTO audit_unsealed SELECT %d + n, 'lost' || n FROM i`, w.clock.Now().UnixMicro()))
	w.append(t, 0, 2)
	s := audit.NewSealer(w.deps())
	seal(t, s)
	end, err := w.store.LastLink(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(2), end.N, "what is there is sealed behind them")
	n, err := w.store.CountUnsealed(t.Context())
	require.NoError(t, err)
	require.Equal(t, 600, n)
	require.Equal(t, 2*time.Minute, s.Stats().Lag.Round(time.Second))
	w.clock.Advance(20 * time.Minute)
	seal(t, s)
	n, err = w.store.CountUnsealed(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
	require.Zero(t, s.Stats().Lag)
	require.Nil(t, w.verify(t, nil).First)
}

// TestSealer_repeats what failed: nothing is lost, and nothing is written twice.
func TestSealer_repeats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	chain := &failing{Chain: w.store}
	d := w.deps()
	d.Chain = chain
	s := audit.NewSealer(d)
	w.append(t, 0, 3)
	for _, fail := range []func(error){
		func(err error) { chain.seal = err }, func(err error) { chain.keep = err }, func(err error) { chain.mark = err },
	} {
		fail(errAway)
		_, err := s.SealOnce(t.Context())
		require.ErrorIs(t, err, errAway)
		fail(nil)
	}
	d.File = filepath.Join(w.dir, "no folder", "checkpoints")
	blocked := audit.NewSealer(d)
	w.clock.Advance(time.Hour)
	w.append(t, 3, 4)
	_, err := blocked.SealOnce(t.Context())
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.Mkdir(filepath.Join(w.dir, "no folder"), 0o700))
	seal(t, blocked)
	require.Len(t, checkpointsIn(t, d.File), 1, "a file that was away gets its checkpoint later")
	seal(t, s)
	require.Nil(t, w.verify(t, nil).First)
}

// TestSealer_Run seals while it runs, and once more at the end.
func TestSealer_Run(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := audit.NewSealer(w.deps())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	w.append(t, 0, 2)
	require.Eventually(t, func() bool { w.clock.Advance(time.Second); return s.Stats().Links == 2 }, 20*time.Second, time.Millisecond)
	w.append(t, 2, 4)
	cancel()
	require.NoError(t, <-done)
	end, err := w.store.LastLink(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(4), end.N)
	all := checkpointsIn(t, w.file)
	require.Equal(t, int64(4), all[len(all)-1].N, "the end is kept")
	require.Nil(t, w.verify(t, nil).First)
}

// TestSealer_does_not_seal_what_somebody_garbled before it had its link.
func TestSealer_does_not_seal_what_somebody_garbled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.append(t, 0, 3)
	w.attack(t, `UPDATE audit_logs SET seats = 'x' WHERE id = 'e01'`)
	seal(t, audit.NewSealer(w.deps()))
	require.Contains(t, w.log.String(), "is not as the product writes it")
	r := w.verify(t, nil)
	require.Equal(t, int64(2), r.Links)
	require.Equal(t, 1, r.Pending)
}

// TestNightly verifies when nobody has, and once a night; what it found stays found.
func TestNightly(t *testing.T) {
	t.Parallel()
	w := whole(t)
	n := audit.NewNightly(w.deps())
	require.NoError(t, n.LookOnce(t.Context()))
	first := n.Latest()
	require.True(t, first.OK)
	require.Equal(t, int64(24), first.N)
	other := audit.NewNightly(w.deps())
	w.clock.Advance(time.Minute)
	require.NoError(t, other.LookOnce(t.Context()))
	require.Equal(t, first, other.Latest(), "another process believes it")

	w.attack(t, `UPDATE audit_logs SET user = 'x' WHERE id = 'e04'`)
	for w.clock.Now().UTC().Hour() != 2 {
		require.NoError(t, n.LookOnce(t.Context()))
		require.True(t, n.Latest().OK, "it is not night yet")
		w.clock.Advance(time.Hour)
	}
	w.clock.Advance(time.Hour)
	require.NoError(t, n.LookOnce(t.Context()))
	require.False(t, n.Latest().OK)
	require.Equal(t, int64(5), n.Latest().FirstBad.N)
	require.Contains(t, w.log.String(), "the record was tampered with")
	require.NoError(t, other.LookOnce(t.Context()))
	require.False(t, other.Latest().OK)
	state, err := audit.ReadState(t.Context(), w.store, w.keys)
	require.NoError(t, err)
	require.Equal(t, int64(24), state.Sealed)
	require.Equal(t, int64(24), state.Checkpoint.N)
	require.Equal(t, w.keys.ID(), state.Key)
	require.False(t, state.Verified.OK)

	w.attack(t, `UPDATE audit_marks SET value = replace(replace(value, '"ok":false', '"ok":true'), '2026', '2027'), rank = rank * 2 WHERE name = 'verified'`)
	require.NoError(t, n.LookOnce(t.Context()))
	require.False(t, n.Latest().OK, "nobody but the product writes a verdict")
	state, err = audit.ReadState(t.Context(), w.store, w.keys)
	require.NoError(t, err)
	require.Nil(t, state.Verified)
}

// TestNightly_with_a_wrong_clock is not put off by a verdict from the future.
func TestNightly_with_a_wrong_clock(t *testing.T) {
	t.Parallel()
	w := whole(t)
	d := w.deps()
	d.Clock = clock.NewFake(w.clock.Now().AddDate(1, 0, 0))
	require.NoError(t, audit.NewNightly(d).LookOnce(t.Context()))
	w.attack(t, `UPDATE audit_logs SET user = 'x' WHERE id = 'e04'`)
	n := audit.NewNightly(w.deps())
	require.NoError(t, n.LookOnce(t.Context()))
	require.False(t, n.Latest().OK)
}

// TestNightly_Run ends with its context.
func TestNightly_Run(t *testing.T) {
	t.Parallel()
	w := whole(t)
	n := audit.NewNightly(w.deps())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	require.Eventually(t, func() bool { return n.Latest().OK }, 20*time.Second, time.Millisecond)
	cancel()
	require.NoError(t, <-done)
}
