package blackbox_test

import (
	"bytes"
	"database/sql"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cinema/internal/redistest"
	"cinema/test/harness"
)

// Exit codes of cinema audit verify.
const (
	exitWhole    = 0
	exitTampered = 1
	exitUnknown  = 2
)

// cinema runs a command of the product on a data folder.
func cinema(t *testing.T, dir string, args ...string) (code int, out string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), harness.Binary(t), args...)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "APP_ENV=development", "DATA_DIR=" + dir, "LOG_LEVEL=warn"}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), stdout.String() + stderr.String()
	}
	require.NoError(t, err)
	return 0, stdout.String()
}

// ledger is a data folder whose server sold tickets and gave roles, and has ended.
type ledger struct {
	files map[string][]byte
	links int64
}

// copy is the record in a folder of its own.
func (r ledger) copy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, raw := range r.files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
	}
	return dir
}

// storeFile opens the store as somebody does who has rights on it and not on the product.
func storeFile(t *testing.T, dir string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "cinema.db")+"?_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// attack runs statements and closes the store again.
func attack(t *testing.T, dir string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "cinema.db")+"?_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, s := range statements {
		_, err := db.ExecContext(t.Context(), s)
		require.NoError(t, err, s)
	}
}

// entryOf is the id of the entry of a link.
func entryOf(t *testing.T, dir string, n int) (id string) {
	t.Helper()
	require.NoError(t, storeFile(t, dir).QueryRowContext(t.Context(), "SELECT entry FROM audit_chain WHERE n = ?1", n).Scan(&id))
	return id
}

// sealedUp waits until nothing waits for its seal.
func sealedUp(t *testing.T, admin *person, atLeast int64) (sealed int64) {
	t.Helper()
	require.Eventually(t, func() bool {
		var v struct {
			Sealed  int64
			Pending int
		}
		require.NoError(t, admin.want(t, http.StatusOK, "GET /api/admin/audit/chain", nil).JSON(&v))
		sealed = v.Sealed
		return v.Pending == 0 && sealed >= atLeast
	}, 60*time.Second, 50*time.Millisecond)
	return sealed
}

// TestAudit holds the record to its promise: whoever changes it in the store is found out, and where.
func TestAudit(t *testing.T) {
	t.Parallel()
	if strings.Contains(os.Getenv("BLACKBOX_ENV"), "MONGO_URI") {
		t.Skip("the store's file is changed by hand")
	}
	outside := filepath.Join(t.TempDir(), "checkpoints")
	w := newWorld(t, "AUDIT_CHECKPOINT_FILE="+outside)
	dir := filepath.Join(w.server.Dir(), "data")
	admin, buyer := w.admin(t), w.account(t)
	in := w.take(t, "Grand")
	for range 3 {
		in.buy(t, buyer, in.free(t, 2, "standard")...)
	}
	admin.role(t, buyer, "STAFF")
	admin.role(t, buyer, "USER")
	sealedUp(t, admin, 10)

	t.Run("beside the running server", func(t *testing.T) {
		code, out := cinema(t, dir, "audit", "verify", "--checkpoints", outside)
		require.Equal(t, exitWhole, code, out)
		require.Contains(t, out, "the record is as it was written")
		other := w.take(t, "Studio")
		other.buy(t, buyer, other.free(t, 1, "standard")...)
		code, out = cinema(t, dir, "audit", "verify")
		require.Equal(t, exitWhole, code, "what is written meanwhile waits or is sealed: %s", out)
	})
	t.Run("changed beside the running server", func(t *testing.T) {
		sealedUp(t, admin, 10)
		attack(t, dir, `UPDATE audit_logs SET request = request || 'x' WHERE id = (SELECT entry FROM audit_chain WHERE n = 4)`)
		code, out := cinema(t, dir, "audit", "verify")
		require.Equal(t, exitTampered, code, out)
		require.Contains(t, out, "link 4, entry "+entryOf(t, dir, 4))
		attack(t, dir, `UPDATE audit_logs SET request = substr(request, 1, length(request) - 1) WHERE id = (SELECT entry FROM audit_chain WHERE n = 4)`)
		code, out = cinema(t, dir, "audit", "verify")
		require.Equal(t, exitWhole, code, out)
	})
	sealedUp(t, admin, 10)
	w.server.Stop()
	r := ledger{files: map[string][]byte{}}
	for _, name := range []string{"cinema.db", "audit_key", "audit_head.json"} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), name)
		raw, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		r.files[name] = raw
	}
	require.NoError(t, storeFile(t, dir).QueryRowContext(t.Context(), "SELECT max(n) FROM audit_chain").Scan(&r.links))
	r.attacks(t)
	r.withoutKey(t)
	r.moved(t)

	t.Run("a server whose record was cut off says so", func(t *testing.T) {
		attack(t, dir, `DELETE FROM audit_chain WHERE n > 8`, `DELETE FROM audit_logs WHERE id NOT IN (SELECT entry FROM audit_chain)`,
			`DELETE FROM audit_checkpoints`, `DELETE FROM audit_marks`)
		w.server.Up()
		require.Eventually(t, func() bool { return strings.Contains(w.server.Log(), "the record was tampered with") }, 60*time.Second, 50*time.Millisecond)
		again := w.admin(t)
		for range 5 { // the chain grows beyond where it ended
			again.role(t, buyer, "STAFF")
			again.role(t, buyer, "USER")
		}
		sealedUp(t, again, r.links-8)
		code, out := cinema(t, dir, "audit", "verify")
		require.Equal(t, exitTampered, code, out)
		code, out = cinema(t, dir, "audit", "accept")
		require.NotZero(t, code, "without a reason: %s", out)
		code, out = cinema(t, dir, "audit", "accept", "--reason", "looked into, kept aside")
		require.Zero(t, code, out)
		code, out = cinema(t, dir, "audit", "verify")
		require.Equal(t, exitWhole, code, out)
		require.Contains(t, out, "looked into, kept aside")
		code, out = cinema(t, dir, "audit", "verify", "--from", "1")
		require.Equal(t, exitTampered, code, out)
		w.server.Restart()
		after := w.admin(t)
		sealedUp(t, after, 9)
		require.NotContains(t, w.server.Log(), "the record was tampered with")
		code, out = cinema(t, dir, "audit", "verify")
		require.Equal(t, exitWhole, code, out)
		w.server.Stop()
	})
}

// TestAudit_one_key_for_all_processes refuses a process that would sign one store's record with a key of its own.
func TestAudit_one_key_for_all_processes(t *testing.T) {
	t.Parallel()
	redis, uri := redistest.Start(t), database(t)
	engines := []string{"REDIS_ADDR=" + redis.Addr, "MONGO_URI=" + uri, "MONGO_ALLOW_STANDALONE=1"}
	w := &world{server: harness.StartShared(t, 1, engines...)[0]}
	admin := w.admin(t)
	admin.role(t, w.account(t), "STAFF")
	sealedUp(t, admin, 1)

	stranger := exec.CommandContext(t.Context(), harness.Binary(t), "serve")
	stranger.Dir = t.TempDir()
	stranger.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + stranger.Dir, "APP_ENV=development", "DATA_DIR=" + stranger.Dir, "ADDR=127.0.0.1", "PORT=0", "ADMIN_ADDR=off",
		"JWT_SECRET=a-secret-that-all-processes-share-0001",
	}, engines...)
	out, err := stranger.CombinedOutput()
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "it started: %s", out)
	require.Equal(t, 1, exit.ExitCode(), string(out))
	require.Contains(t, string(out), "AUDIT_KEY_FILE")
	code, told := w.server.Command("audit", "verify")
	require.Equal(t, exitWhole, code, told)
}

// TestAudit_processes_without_a_key_file share one through the store; a file that comes later takes it along, and counts alone from then on.
func TestAudit_processes_without_a_key_file(t *testing.T) {
	t.Parallel()
	redis, uri := redistest.Start(t), database(t)
	engines := []string{"REDIS_ADDR=" + redis.Addr, "MONGO_URI=" + uri, "MONGO_ALLOW_STANDALONE=1"}
	servers := harness.StartShared(t, 2, append([]string{"AUDIT_KEY_FILE="}, engines...)...)
	first, second := &world{server: servers[0]}, &world{server: servers[1]}
	admin := first.admin(t)
	admin.role(t, first.account(t), "STAFF")
	other := second.admin(t)
	other.role(t, second.account(t), "STAFF") // its values are wrapped by the same key
	sealedUp(t, admin, 2)
	for _, s := range servers {
		require.Contains(t, s.Log(), "AUDIT_KEY_FILE")
		code, told := s.Command("audit", "verify")
		require.Equal(t, exitWhole, code, told)
	}

	for _, s := range servers {
		s.Stop()
	}
	file := filepath.Join(t.TempDir(), "audit_key")
	later := &world{server: harness.StartShared(t, 1, append([]string{"AUDIT_KEY_FILE=" + file}, engines...)...)[0]}
	third := later.admin(t)
	third.role(t, later.account(t), "STAFF")
	code, told := later.server.Command("audit", "verify")
	require.Equal(t, exitWhole, code, told)
}

// attacks changes copies of the record, each in one way.
func (r ledger) attacks(t *testing.T) {
	for name, c := range map[string]struct {
		sql  []string
		want []string // {n} is followed by the id of link n's entry
	}{
		"an entry edited":  {[]string{`UPDATE audit_logs SET user = 'us_x' WHERE id = (SELECT entry FROM audit_chain WHERE n = 4)`}, []string{"link 4, entry {4}", "was changed"}},
		"an entry deleted": {[]string{`DELETE FROM audit_logs WHERE id = (SELECT entry FROM audit_chain WHERE n = 5)`}, []string{"link 5, entry {5}", "was deleted"}},
		"an entry added": {[]string{`INSERT INTO audit_logs SELECT 'au_forged', position + 1, type, showtime, booking, user, seats, request, payload, at
			FROM audit_logs WHERE id = (SELECT entry FROM audit_chain WHERE n = 6)`}, []string{"entry au_forged", "has no link"}},
		"two entries swapped": {[]string{
			`UPDATE audit_logs SET id = 'tmp' WHERE id = (SELECT entry FROM audit_chain WHERE n = 3)`,
			`UPDATE audit_logs SET id = (SELECT entry FROM audit_chain WHERE n = 3) WHERE id = (SELECT entry FROM audit_chain WHERE n = 7)`,
			`UPDATE audit_logs SET id = (SELECT entry FROM audit_chain WHERE n = 7) WHERE id = 'tmp'`,
		}, []string{"link 3, entry {3}", "was changed"}},
		"a link edited":  {[]string{`UPDATE audit_chain SET hash = zeroblob(32) WHERE n = 6`}, []string{"link 6, entry {6}", "its hash does not fit"}},
		"a link removed": {[]string{`DELETE FROM audit_chain WHERE n = 6`}, []string{"link 6, entry {6}", "missing"}},
		"the end cut off": {[]string{
			`DELETE FROM audit_chain WHERE n > 8`, `DELETE FROM audit_logs WHERE id NOT IN (SELECT entry FROM audit_chain)`,
		}, []string{"link 9", "cut off"}},
		"the end cut off with the store's checkpoints": {[]string{
			`DELETE FROM audit_chain WHERE n > 8`, `DELETE FROM audit_logs WHERE id NOT IN (SELECT entry FROM audit_chain)`,
			`DELETE FROM audit_checkpoints`, `DELETE FROM audit_marks`,
		}, []string{"TAMPERED"}},
		"a checkpoint forged": {[]string{
			`INSERT INTO audit_checkpoints SELECT max(seq) + 1, replace(max(statement), '"n":', '"n":1') FROM audit_checkpoints`,
		}, []string{"not to be believed", "forged"}},
		"begun anew": {[]string{
			`UPDATE audit_logs SET user = 'us_x' WHERE id = (SELECT entry FROM audit_chain WHERE n = 4)`,
			`INSERT INTO audit_unsealed SELECT position, id FROM audit_logs`, `DELETE FROM audit_chain`, `DELETE FROM audit_checkpoints`, `DELETE FROM audit_marks`,
		}, []string{"link 1", "cut off"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := r.copy(t)
			want := strings.Join(c.want, "\n")
			for n := range 10 {
				mark := "{" + string(rune('0'+n)) + "}"
				if strings.Contains(want, mark) {
					want = strings.ReplaceAll(want, mark, entryOf(t, dir, n))
				}
			}
			code, out := cinema(t, dir, "audit", "verify")
			require.Equal(t, exitWhole, code, out)
			attack(t, dir, c.sql...)
			code, out = cinema(t, dir, "audit", "verify")
			require.Equal(t, exitTampered, code, out)
			for line := range strings.Lines(want) {
				require.Contains(t, out, strings.TrimSpace(line))
			}
		})
	}
}

// withoutKey verifies where the secret is not: with its public half alone, and not without it.
func (r ledger) withoutKey(t *testing.T) {
	t.Run("without the secret", func(t *testing.T) {
		t.Parallel()
		dir := r.copy(t)
		code, out := cinema(t, dir, "audit", "key")
		require.Equal(t, 0, code, out)
		id, public, ok := strings.Cut(strings.TrimSpace(out), " ")
		require.True(t, ok, out)
		require.Len(t, id, 16)
		require.NoError(t, os.Remove(filepath.Join(dir, "audit_key")))
		code, out = cinema(t, dir, "audit", "verify")
		require.Equal(t, exitUnknown, code, out)
		require.NoFileExists(t, filepath.Join(dir, "audit_key"), "a verification makes no key")
		code, out = cinema(t, dir, "audit", "verify", "--key", public)
		require.Equal(t, exitWhole, code, out)
		code, out = cinema(t, dir, "audit", "verify", "--key", public, "--from", "5")
		require.Equal(t, exitWhole, code, out)
		code, out = cinema(t, dir, "audit", "verify", "--key", public, "--checkpoints", filepath.Join(dir, "none"))
		require.Equal(t, exitUnknown, code, out)
		code, out = cinema(t, t.TempDir(), "audit", "verify", "--key", public)
		require.Equal(t, exitUnknown, code, out)
		code, _ = cinema(t, dir, "audit", "verify", "--form", "5")
		require.Equal(t, exitUnknown, code)
		other := r.copy(t)
		require.NoError(t, os.Remove(filepath.Join(other, "audit_key")))
		code, out = cinema(t, other, "audit", "verify", "--key", "QNsRUPbnChquMz5UWqUYEFSzkwPBrB/99yuj7HLxvJ4")
		require.Equal(t, exitTampered, code, out)
		require.Contains(t, out, "an unknown key signed it")
	})
}

// moved copies the store into another one: the chain is as valid there.
func (r ledger) moved(t *testing.T) {
	t.Run("in another store", func(t *testing.T) {
		t.Parallel()
		from, to := r.copy(t), filepath.Join(t.TempDir(), "data")
		code, out := cinema(t, from, "copy", "--from", "sqlite:"+from, "--to", "sqlite:"+to)
		require.Equal(t, 0, code, out)
		for _, name := range []string{"audit_key", "audit_head.json"} {
			require.NoError(t, os.WriteFile(filepath.Join(to, name), r.files[name], 0o600))
		}
		code, out = cinema(t, to, "audit", "verify")
		require.Equal(t, exitWhole, code, out)
		attack(t, to, `UPDATE audit_logs SET at = at + 1 WHERE id = (SELECT entry FROM audit_chain WHERE n = 2)`)
		code, out = cinema(t, to, "audit", "verify")
		require.Equal(t, exitTampered, code, out)
		require.Contains(t, out, "link 2, ")
	})
}
