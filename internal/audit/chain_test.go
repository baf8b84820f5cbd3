package audit_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/audit"
	"cinema/internal/clock"
	"cinema/internal/ident"
	"cinema/internal/store/storesqlite"
)

// world is a store with a chain over its record, and what is outside the store.
type world struct {
	dir   string
	clock *clock.Fake
	keys  *audit.Keys
	store *storesqlite.Store
	file  string
	log   *strings.Builder
}

func newWorld(t testing.TB) *world {
	t.Helper()
	keys, err := audit.NewKeys()
	require.NoError(t, err)
	return openWorld(t, t.TempDir(), keys, evening)
}

func openWorld(t testing.TB, dir string, keys *audit.Keys, now time.Time) *world {
	t.Helper()
	w := &world{dir: dir, clock: clock.NewFake(now), keys: keys, file: filepath.Join(dir, "checkpoints"), log: &strings.Builder{}}
	var err error
	w.store, err = storesqlite.Open(t.Context(), storesqlite.Options{Dir: w.dir, Clock: w.clock})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.store.Close()) })
	return w
}

func (w *world) deps() audit.SealerDeps {
	return audit.SealerDeps{
		Chain: w.store, Keys: w.keys, Dir: w.dir, File: w.file, Clock: w.clock, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	}
}

// hurried is a clock that waits for nothing.
type hurried struct{ clock.System }

func (hurried) After(time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	c <- time.Time{}
	return c
}

// append writes entries e<from>…e<to-1>, each a minute after the one before.
func (w *world) append(t testing.TB, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		e := audit.Entry{
			ID: fmt.Sprintf("e%02d", i), Type: "seat.locked", Showtime: "st_1", Booking: "bk_1", User: "us_a", Request: "request-1",
			Seats: []ident.Seat{"A1", ident.Seat(fmt.Sprintf("A%d", i))}, Payload: fmt.Appendf(nil, `{"seq":%d}`, i), At: w.clock.Now(),
		}
		require.NoError(t, w.store.Append(t.Context(), []audit.Entry{e}))
		w.clock.Advance(time.Minute)
	}
}

// seal passes until nothing is left.
func seal(t testing.TB, s *audit.Sealer) {
	t.Helper()
	for more := true; more; {
		var err error
		more, err = s.SealOnce(t.Context())
		require.NoError(t, err)
	}
}

// model is the world that whole copies: it is made once.
var model struct {
	once  sync.Once
	keys  *audit.Keys
	files map[string][]byte
	now   time.Time
}

// whole is a world with a chain of 24 links in steps of six, of which each has a kept checkpoint.
func whole(t testing.TB) *world {
	t.Helper()
	model.once.Do(func() {
		w := newWorld(t)
		s := audit.NewSealer(w.deps())
		for i := range 4 {
			w.append(t, 6*i, 6*i+6)
			seal(t, s)
		}
		model.keys, model.now, model.files = w.keys, w.clock.Now(), make(map[string][]byte)
		require.NoError(t, w.store.Backup(t.Context(), filepath.Join(w.dir, "copy")))
		for name, as := range map[string]string{"copy": storesqlite.FileName, "checkpoints": "checkpoints", audit.HeadFile: audit.HeadFile} {
			raw, err := os.ReadFile(filepath.Join(w.dir, name))
			require.NoError(t, err)
			model.files[as] = raw
		}
	})
	dir := t.TempDir()
	for name, raw := range model.files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	return openWorld(t, dir, model.keys, model.now)
}

func (w *world) verify(t testing.TB, change func(*audit.VerifyDeps)) audit.Report {
	t.Helper()
	heads, err := audit.ReadHeads(w.dir)
	require.NoError(t, err)
	d := audit.VerifyDeps{Chain: w.store, Trusted: w.keys.Trusted(), Heads: heads, Clock: hurried{}}
	if change != nil {
		change(&d)
	}
	r, err := audit.Verify(t.Context(), d)
	require.NoError(t, err)
	return r
}

// attack changes the store as somebody with rights on it may. The statements are one transaction.
func (w *world) attack(t testing.TB, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, storesqlite.FileName)+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for _, s := range statements {
		_, err := tx.ExecContext(t.Context(), s)
		require.NoError(t, err, s)
	}
	require.NoError(t, tx.Commit())
}

// rehash writes the chain anew from a link on, as somebody does who knows how it is made and has no key.
func (w *world) rehash(t testing.TB, from int64) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, storesqlite.FileName)+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	before := audit.Link{}
	if from > 1 {
		links, err := w.store.Links(t.Context(), from-2, 1)
		require.NoError(t, err)
		before = links[0]
	}
	links, err := w.store.Links(t.Context(), from-1, 1000)
	require.NoError(t, err)
	for _, l := range links {
		kept, err := w.store.Kept(t.Context(), []string{l.Entry})
		require.NoError(t, err)
		next := before.Next(kept[0])
		_, err = db.ExecContext(t.Context(), "UPDATE audit_chain SET digest = ?, prev = ?, hash = ? WHERE n = ?", next.Digest, next.Prev, next.Hash, l.N)
		require.NoError(t, err)
		before = next
	}
}

func TestVerify_a_whole_record(t *testing.T) {
	t.Parallel()
	w := whole(t)
	w.append(t, 24, 27)
	r := w.verify(t, func(d *audit.VerifyDeps) { d.Outside = audit.ReadCheckpoints(w.file) })
	require.Nil(t, r.First)
	require.Equal(t, int64(24), r.Links)
	require.Equal(t, int64(24), r.Walked)
	require.Equal(t, 3, r.Pending, "what waits is no fault")
	require.Equal(t, 10, r.Checkpoints, "four kept in the store, four in the file, two heads")
	require.Equal(t, int64(24), r.LastSigned.N)
	require.Empty(t, r.Notices)
	require.Zero(t, r.Genesis)

	r = w.verify(t, func(d *audit.VerifyDeps) { d.From, d.Heads = 20, nil })
	require.Nil(t, r.First)
	require.Equal(t, int64(5), r.Walked)
	require.Len(t, r.Notices, 1, "without a head the end is not to be seen")

	_, err := audit.Verify(t.Context(), audit.VerifyDeps{Chain: w.store, Trusted: w.keys.Trusted(), From: 26, Clock: hurried{}})
	require.ErrorIs(t, err, audit.ErrNothingThere)
}

func TestVerify_an_empty_record(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.Nil(t, w.verify(t, nil).First)
	w.append(t, 0, 2)
	r := w.verify(t, nil)
	require.Nil(t, r.First)
	require.Equal(t, 2, r.Pending)
}

// TestVerify_names_the_first_bad_entry tries what somebody with every right on the store may do.
func TestVerify_names_the_first_bad_entry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql    []string
		change func(t *testing.T, w *world)
		n      int64
		entry  string
		what   string
	}{
		"edited type":     {sql: []string{`UPDATE audit_logs SET type = 'seat.released' WHERE id = 'e04'`}, n: 5, entry: "e04", what: "digest"},
		"edited showtime": {sql: []string{`UPDATE audit_logs SET showtime = 'st_2' WHERE id = 'e04'`}, n: 5, entry: "e04", what: "digest"},
		"edited booking":  {sql: []string{`UPDATE audit_logs SET booking = '' WHERE id = 'e04'`}, n: 5, entry: "e04", what: "digest"},
		"edited user":     {sql: []string{`UPDATE audit_logs SET user = 'us_b' WHERE id = 'e00'`}, n: 1, entry: "e00", what: "digest"},
		"edited seats":    {sql: []string{`UPDATE audit_logs SET seats = '["A1"]' WHERE id = 'e23'`}, n: 24, entry: "e23", what: "digest"},
		"broken seats":    {sql: []string{`UPDATE audit_logs SET seats = '["A1", "A4"]' WHERE id = 'e04'`}, n: 5, entry: "e04", what: "seats"},
		"no seats":        {sql: []string{`UPDATE audit_logs SET seats = 'x' WHERE id = 'e04'`}, n: 5, entry: "e04", what: "seats"},
		"edited request":  {sql: []string{`UPDATE audit_logs SET request = 'r' WHERE id = 'e04'`}, n: 5, entry: "e04", what: "digest"},
		"edited payload":  {sql: []string{`UPDATE audit_logs SET payload = CAST('{"seq":5}' AS BLOB) WHERE id = 'e04'`}, n: 5, entry: "e04", what: "digest"},
		"emptied payload": {sql: []string{`UPDATE audit_logs SET payload = x'' WHERE id = 'e04'`}, n: 5, entry: "e04", what: "digest"},
		"edited time":     {sql: []string{`UPDATE audit_logs SET at = at + 1 WHERE id = 'e04'`}, n: 5, entry: "e04", what: "digest"},
		"edited place":    {sql: []string{`UPDATE audit_logs SET position = position + 1 WHERE id = 'e04'`}, n: 5, entry: "e04", what: "digest"},
		"edited id":       {sql: []string{`UPDATE audit_logs SET id = 'e99' WHERE id = 'e04'`}, n: 5, entry: "e04", what: "deleted"},
		"deleted":         {sql: []string{`DELETE FROM audit_logs WHERE id = 'e04'`}, n: 5, entry: "e04", what: "deleted"},
		"two edits":       {sql: []string{`UPDATE audit_logs SET user = 'x' WHERE id IN ('e20', 'e07')`}, n: 8, entry: "e07", what: "digest"},
		"swapped": {sql: []string{
			`UPDATE audit_logs SET id = 'tmp' WHERE id = 'e10'`, `UPDATE audit_logs SET id = 'e10' WHERE id = 'e15'`, `UPDATE audit_logs SET id = 'e15' WHERE id = 'tmp'`,
		}, n: 11, entry: "e10", what: "digest"},
		"swapped places": {sql: []string{
			`UPDATE audit_logs SET position = (SELECT sum(position) FROM audit_logs WHERE id IN ('e10', 'e15')) - position WHERE id IN ('e10', 'e15')`,
		}, n: 11, entry: "e10", what: "digest"},
		"swapped links": {sql: []string{
			`UPDATE audit_chain SET n = 1000 WHERE n = 11`, `UPDATE audit_chain SET n = 11 WHERE n = 16`, `UPDATE audit_chain SET n = 16 WHERE n = 1000`,
		}, n: 11, entry: "e15", what: "does not follow"},
		"inserted": {sql: []string{
			`INSERT INTO audit_logs SELECT 'e04b', position + 1, type, showtime, booking, user, seats, request, payload, at FROM audit_logs WHERE id = 'e04'`,
		}, n: 6, entry: "e04b", what: "no link"},
		"edited link digest": {sql: []string{`UPDATE audit_chain SET digest = zeroblob(32) WHERE n = 9`}, n: 9, entry: "e08", what: "hash"},
		"edited link prev":   {sql: []string{`UPDATE audit_chain SET prev = zeroblob(32) WHERE n = 9`}, n: 9, entry: "e08", what: "follow"},
		"edited link hash":   {sql: []string{`UPDATE audit_chain SET hash = zeroblob(32) WHERE n = 9`}, n: 9, entry: "e08", what: "hash"},
		"edited link entry":  {sql: []string{`UPDATE audit_chain SET entry = 'e99' WHERE n = 9`}, n: 9, entry: "e99", what: "deleted"},
		"edited link number": {sql: []string{`UPDATE audit_chain SET n = 99 WHERE n = 9`}, n: 9, what: "missing"},
		"removed link":       {sql: []string{`DELETE FROM audit_chain WHERE n = 9`}, n: 9, entry: "e08", what: "missing"},
		"first link gone":    {sql: []string{`DELETE FROM audit_chain WHERE n = 1`}, n: 1, entry: "e00", what: "missing"},
		"unlinked, queued": {sql: []string{
			`INSERT INTO audit_unsealed SELECT position, id FROM audit_logs WHERE id = 'e23'`, `DELETE FROM audit_chain WHERE n = 24`,
			`UPDATE audit_logs SET user = 'x' WHERE id = 'e23'`,
		}, n: 24, what: "cut off"},
		"tail cut":          {sql: []string{`DELETE FROM audit_chain WHERE n > 20`, `DELETE FROM audit_logs WHERE id > 'e19'`}, n: 21, what: "cut off"},
		"tail of links cut": {sql: []string{`DELETE FROM audit_chain WHERE n > 20`}, n: 21, entry: "e20", what: "cut off"},
		"tail cut with its checkpoints": {sql: []string{
			`DELETE FROM audit_chain WHERE n > 18`, `DELETE FROM audit_logs WHERE id > 'e17'`, `DELETE FROM audit_checkpoints WHERE seq > 3`,
			`UPDATE audit_marks SET rank = 21, value = (SELECT statement FROM audit_checkpoints WHERE seq = 3) WHERE name = 'head'`,
		}, n: 19, what: "cut off: a checkpoint of 2026-03-01T20:24:00.000Z was signed for link 24 (entry e23)"},
		"all of it gone": {sql: []string{
			`DELETE FROM audit_chain`, `DELETE FROM audit_logs`, `DELETE FROM audit_checkpoints`, `DELETE FROM audit_marks`,
		}, n: 1, what: "cut off"},
		"begun anew": {sql: []string{
			`DELETE FROM audit_chain`, `DELETE FROM audit_checkpoints`, `DELETE FROM audit_marks`, `UPDATE audit_logs SET user = 'x' WHERE id = 'e03'`,
			`INSERT INTO audit_unsealed SELECT position, id FROM audit_logs`,
		}, n: 1, what: "cut off"},
		"edited and hashed anew": {change: func(t *testing.T, w *world) {
			w.attack(t, `UPDATE audit_logs SET user = 'x' WHERE id = 'e08'`)
			w.rehash(t, 9)
		}, n: 7, what: "written anew somewhere in the links 7 to 12"},
		"hashed anew from the start": {change: func(t *testing.T, w *world) {
			w.attack(t, `UPDATE audit_logs SET user = 'x' WHERE id = 'e00'`)
			w.rehash(t, 1)
		}, n: 1, what: "written anew somewhere in the links 1 to 6"},
		"hashed anew without the store's checkpoints": {change: func(t *testing.T, w *world) {
			w.attack(t, `UPDATE audit_logs SET user = 'x' WHERE id = 'e00'`, `DELETE FROM audit_checkpoints`)
			w.rehash(t, 1)
		}, n: 1, what: "written anew somewhere in the links 1 to 24"},
		"a checkpoint gone":        {sql: []string{`DELETE FROM audit_checkpoints WHERE seq = 2`}, n: 7, what: "checkpoint number 2 was removed"},
		"the last checkpoint gone": {sql: []string{`DELETE FROM audit_checkpoints WHERE seq = 4`}, n: 19, what: "the last ones were removed"},
		"a checkpoint moved":       {sql: []string{`UPDATE audit_checkpoints SET seq = 5 WHERE seq = 4`}, n: 19, what: "number 4 was removed"},
		"a checkpoint edited": {sql: []string{
			`UPDATE audit_checkpoints SET statement = replace(statement, '"n":12', '"n":11') WHERE seq = 2`,
		}, n: 7, what: "checkpoint number 2 of the store (key"},
		"a checkpoint garbled":  {sql: []string{`UPDATE audit_checkpoints SET statement = 'x' WHERE seq = 2`}, n: 1, what: "not readable"},
		"a checkpoint repeated": {sql: []string{`INSERT INTO audit_checkpoints SELECT 5, statement FROM audit_checkpoints WHERE seq = 2`}, n: 12, what: "number 5"},
		"a checkpoint of another key": {change: func(t *testing.T, w *world) {
			w.forge(t)
		}, n: 24, what: "an unknown key signed it"},
		"the head edited":    {sql: []string{`UPDATE audit_marks SET value = replace(value, '"n":24', '"n":23') WHERE name = 'head'`}, n: 23, what: "forged"},
		"the head's rank":    {sql: []string{`UPDATE audit_marks SET rank = 99 WHERE name = 'head'`}, n: 24, what: "the head in the store was changed"},
		"the head gone":      {sql: []string{`DELETE FROM audit_marks WHERE name = 'head'`}, n: 1, what: "no signed head"},
		"another beginning":  {sql: []string{`INSERT INTO audit_marks VALUES ('genesis', 0, '24')`}, n: 1, what: "from before the chain"},
		"another public key": {sql: []string{`UPDATE audit_marks SET value = 'x' WHERE name LIKE 'key|%'`}, n: 1, what: "public key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := whole(t)
			if c.change != nil {
				c.change(t, w)
			} else {
				w.attack(t, c.sql...)
			}
			r := w.verify(t, nil)
			require.NotNil(t, r.First)
			require.Equal(t, c.n, r.First.N, r.First.String())
			require.Equal(t, c.entry, r.First.Entry, r.First.String())
			require.Contains(t, r.First.What, c.what)
		})
	}
}

// forge adds a checkpoint and a head that another key signed.
func (w *world) forge(t *testing.T) {
	t.Helper()
	other := newWorld(t)
	other.append(t, 0, 24)
	seal(t, audit.NewSealer(other.deps()))
	head, err := other.store.Mark(t.Context(), "head")
	require.NoError(t, err)
	w.attack(t, fmt.Sprintf(`UPDATE audit_marks SET value = '%s' WHERE name = 'head'`, head.Value))
}

// TestVerify_outside_checkpoints finds what nobody can find who looks into the store and the data folder alone.
func TestVerify_outside_checkpoints(t *testing.T) {
	t.Parallel()
	w := whole(t)
	w.attack(t, `DELETE FROM audit_chain WHERE n > 12`, `DELETE FROM audit_logs WHERE id > 'e11'`, `DELETE FROM audit_checkpoints WHERE seq > 2`,
		`UPDATE audit_marks SET rank = 14, value = (SELECT statement FROM audit_checkpoints WHERE seq = 2) WHERE name = 'head'`)
	require.NoError(t, os.Remove(filepath.Join(w.dir, audit.HeadFile)))
	require.Nil(t, w.verify(t, nil).First, "everything that could tell is gone")
	r := w.verify(t, func(d *audit.VerifyDeps) { d.Outside = audit.ReadCheckpoints(w.file) })
	require.NotNil(t, r.First)
	require.Equal(t, int64(13), r.First.N)

	forged, err := os.ReadFile(w.file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(w.file, []byte(strings.Replace(string(forged), `"n":24`, `"n":12`, 1)+"a line that was broken o"), 0o600))
	r = w.verify(t, func(d *audit.VerifyDeps) { d.Outside = audit.ReadCheckpoints(w.file) })
	require.Equal(t, int64(12), r.First.N)
	require.Contains(t, r.First.What, "forged")

	_, err = audit.Verify(t.Context(), audit.VerifyDeps{
		Chain: w.store, Trusted: w.keys.Trusted(), Clock: hurried{}, Outside: audit.ReadCheckpoints(filepath.Join(w.dir, "none")),
	})
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestVerify_former_keys believes what a former secret signed, when the file still names it.
func TestVerify_former_keys(t *testing.T) {
	t.Parallel()
	w := whole(t)
	former := w.keys
	old, err := former.PEM()
	require.NoError(t, err)
	fresh := newKeys(t)
	text, err := fresh.PEM()
	require.NoError(t, err)

	stranger, err := audit.Stranger(t.Context(), w.store, w.keys)
	require.NoError(t, err)
	require.Empty(t, stranger)
	w.keys = fresh
	stranger, err = audit.Stranger(t.Context(), w.store, w.keys)
	require.NoError(t, err)
	require.Equal(t, former.ID(), stranger)
	r := w.verify(t, nil)
	require.NotNil(t, r.First)
	require.Contains(t, r.First.What, "unknown key")

	w.keys, err = audit.ParseKeys(slices.Concat(text, old))
	require.NoError(t, err)
	require.Equal(t, fresh.ID(), w.keys.ID())
	w.append(t, 24, 30)
	seal(t, audit.NewSealer(w.deps()))
	r = w.verify(t, nil)
	require.Nil(t, r.First)
	require.Equal(t, int64(30), r.LastSigned.N)

	v := audit.NewVault(w.store, former, w.clock)
	sealed, err := v.SealPersonal(t.Context(), "us_ada", "au_1", ada)
	require.NoError(t, err)
	v = audit.NewVault(w.store, w.keys, w.clock)
	got, err := v.Open(t.Context(), "us_ada", "au_1", sealed)
	require.NoError(t, err)
	require.Equal(t, ada, got)
	more, err := v.SealPersonal(t.Context(), "us_ada", "au_2", ada)
	require.NoError(t, err)
	got, err = v.Open(t.Context(), "us_ada", "au_2", more)
	require.NoError(t, err)
	require.Equal(t, ada, got, "new values are sealed under the present secret")
	require.NotEqual(t, strings.Split(sealed["name"], ".")[1], strings.Split(more["name"], ".")[1])
}

func TestLink_hash(t *testing.T) {
	t.Parallel()
	k := audit.Kept{Entry: audit.Entry{ID: "e", Type: "t"}, Position: 1}
	first := audit.Link{}.Next(k)
	said := append(append([]byte{0, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 32)...), k.Digest()...)
	sum := sha256.Sum256(said)
	require.Equal(t, sum[:], first.Hash)
	second := first.Next(k)
	require.Equal(t, first.Hash, second.Prev)
	require.Equal(t, int64(2), second.N)
}

// TestKept_Digest_tells_apart writes no two entries alike.
func TestKept_Digest_tells_apart(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for i, k := range []audit.Kept{
		{Entry: audit.Entry{ID: "ab", Type: "c"}},
		{Entry: audit.Entry{ID: "a", Type: "bc"}},
		{Entry: audit.Entry{ID: "a", Type: "b", Showtime: "c"}},
		{Entry: audit.Entry{ID: "a", Type: "b", Booking: "c"}},
		{Entry: audit.Entry{ID: "a", Type: "b", User: "c"}},
		{Entry: audit.Entry{ID: "a", Type: "b", Request: "c"}},
		{Entry: audit.Entry{ID: "a", Type: "b", Seats: []ident.Seat{"c"}}},
		{Entry: audit.Entry{ID: "a", Type: "b", Seats: []ident.Seat{"c", ""}}},
		{Entry: audit.Entry{ID: "a", Type: "b", Payload: []byte("c")}},
		{Entry: audit.Entry{ID: "a", Type: "b", Payload: []byte{}}},
		{Entry: audit.Entry{ID: "a", Type: "b"}},
		{Entry: audit.Entry{ID: "a", Type: "b"}, Position: 1},
		{Entry: audit.Entry{ID: "a", Type: "b", At: time.UnixMilli(1)}},
		{Entry: audit.Entry{ID: "a", Type: "b", At: time.UnixMilli(-1)}},
	} {
		d := string(k.Digest())
		require.NotContains(t, seen, d, "%d and %d", i, seen[d])
		seen[d] = i
	}
}

var errAway = errors.New("store is away")

// failing is a chain of which single calls fail.
type failing struct {
	audit.Chain
	seal, mark, keep error
}

func (f *failing) SealEntries(ctx context.Context, links []audit.Link, done []audit.Waiting) error {
	if f.seal != nil {
		return f.seal
	}
	return f.Chain.SealEntries(ctx, links, done)
}

func (f *failing) PutMark(ctx context.Context, m audit.Mark) error {
	if f.mark != nil {
		return f.mark
	}
	return f.Chain.PutMark(ctx, m)
}

func (f *failing) KeepCheckpoint(ctx context.Context, k audit.KeptCheckpoint) (bool, error) {
	if f.keep != nil {
		return false, f.keep
	}
	return f.Chain.KeepCheckpoint(ctx, k)
}
