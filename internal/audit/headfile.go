package audit

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
)

// HeadFile is the name of the file in the data folder that holds the newest checkpoint. It is there for the case that somebody changes
// the store and the checkpoints in it.
const HeadFile = "audit_head.json"

// headFiles match HeadFile and what was set aside because the store did not fit it.
const headFiles = "audit_head*.json"

const (
	maxStatement = 64 << 10 // bytes of one line
	// maxCheckpoints bounds a file of checkpoints: with one every five minutes, day and night, nearly five years.
	maxCheckpoints = 500_000
)

// writeHead replaces the newest checkpoint.
func writeHead(dir, statement string) error { return writeWhole(dir, HeadFile, statement) }

// writeWhole replaces a file whole or not at all.
func writeWhole(dir, name, statement string) (err error) {
	part, err := os.CreateTemp(dir, name+".*.part") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(part.Name()))
		}
	}()
	_, err = io.WriteString(part, statement+"\n")
	if err = errors.Join(err, part.Sync(), part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), filepath.Join(dir, name))
}

// setHeadAside keeps the file as evidence, under a name that nobody writes to, when it says this.
func setHeadAside(dir, statement string) error {
	name := filepath.Join(dir, HeadFile)
	raw, err := os.ReadFile(name) //nolint:gosec // a file of the product's own folder
	if errors.Is(err, fs.ErrNotExist) || err == nil && strings.TrimSpace(string(raw)) != statement {
		return nil
	}
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(statement))
	return os.Rename(name, filepath.Join(dir, fmt.Sprintf("audit_head.%x.json", sum[:8])))
}

// ReadHeads reads the newest checkpoint of a data folder and those that were set aside. A folder without any has none.
func ReadHeads(dir string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, headFiles))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, name := range names {
		raw, err := os.ReadFile(name) //nolint:gosec // a file of the product's own folder
		if errors.Is(err, fs.ErrNotExist) {
			continue // set aside at this moment: it is there under its other name, or was read
		}
		if err != nil {
			return nil, err
		}
		if len(raw) > maxStatement {
			return nil, fmt.Errorf("%s is no checkpoint", name)
		}
		all = append(all, strings.TrimSpace(string(raw)))
	}
	return all, nil
}

// ReadCheckpoints reads a file with a checkpoint on each line, as AUDIT_CHECKPOINT_FILE is written. A last line that was broken off is
// left out.
func ReadCheckpoints(name string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		f, err := os.Open(name) //nolint:gosec // whoever runs the command names it
		if err != nil {
			yield("", err)
			return
		}
		defer f.Close()
		lines := bufio.NewReaderSize(f, maxStatement)
		for n := 1; ; n++ {
			line, err := lines.ReadSlice('\n')
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && n > maxCheckpoints {
				err = fmt.Errorf("more than %d checkpoints", maxCheckpoints)
			}
			if err != nil {
				yield("", fmt.Errorf("%s: line %d: %w", name, n, err))
				return
			}
			if text := strings.TrimSpace(string(line)); text != "" && !yield(text, nil) {
				return
			}
		}
	}
}

// appendCheckpoint adds a line and flushes it.
func appendCheckpoint(name, statement string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600) //nolint:gosec // the configuration names it
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, statement+"\n")
	return errors.Join(err, f.Sync(), f.Close())
}
