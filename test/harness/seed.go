package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// seeded is the demonstration cinema as files, made once for all servers of a test process: making it costs seconds.
var seeded = struct {
	sync.Mutex

	files map[string][]byte
}{}

// seed puts the demonstration cinema into a data folder. A store outside the folder (MONGO_URI in env) is left to the server, which
// tops it up by itself.
func seed(t testing.TB, bin, dir string, env []string) {
	t.Helper()
	if slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "MONGO_URI=") && v != "MONGO_URI=" }) {
		return
	}
	seeded.Lock()
	defer seeded.Unlock()
	if seeded.files == nil {
		files, err := makeSeed(t, bin)
		if err != nil {
			t.Fatal(err)
		}
		seeded.files = files
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, b := range seeded.files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// makeSeed runs the product's own seeding and reads what it left.
func makeSeed(t testing.TB, bin string) (map[string][]byte, error) {
	dir := t.TempDir()
	cmd := exec.Command(bin, "seed")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "APP_ENV=development", "DATA_DIR=" + dir, "LOG_LEVEL=warn"}
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("seed: %w\n%s", err, out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte, len(entries))
	for _, e := range entries {
		if !e.Type().IsRegular() || strings.HasSuffix(e.Name(), ".lock") {
			continue
		}
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// seedShared writes the programme, without sales, into the engines that env names.
func seedShared(t testing.TB, bin string, env []string) {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(bin, "seed", "--bare")
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "APP_ENV=development", "DATA_DIR=" + dir, "LOG_LEVEL=warn"}, env...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("seed: %v\n%s", err, out)
	}
}
