package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// AcceptedFile is the name of the file in the data folder that says from which link on the record counts.
const AcceptedFile = "audit_accepted.json"

const kindAcceptance = "cinema audit acceptance 1"

// Acceptance says that somebody with the secret has looked into what is wrong before a link, and that from there on the record counts
// again. What it passes over stays as it is.
type Acceptance struct {
	From   int64  `json:"from"`
	Reason string `json:"reason"`
	Time   string `json:"time"`
}

// At is the instant of the acceptance; zero when it tells none.
func (a Acceptance) At() time.Time { return Checkpoint{Time: a.Time}.At() }

// covers tells whether a checkpoint is not looked at any more.
func (a Acceptance) covers(c Checkpoint) bool { return c.N < a.From || !c.At().After(a.At()) }

// Accept signs an acceptance into a data folder; a later one takes its place.
func Accept(dir string, k *Keys, a Acceptance, now time.Time) error {
	if a.From < 1 || strings.TrimSpace(a.Reason) == "" {
		return errors.New("an acceptance needs a link to begin with and a reason")
	}
	a.Time = instant(now)
	text, err := sign(k, kindAcceptance, a)
	if err != nil {
		return err
	}
	return writeWhole(dir, AcceptedFile, text)
}

// ReadAcceptance reads the acceptance of a data folder; the zero value when there is none. One that cannot be believed is an error.
func ReadAcceptance(dir string, trusted Trusted) (Acceptance, error) {
	if dir == "" {
		return Acceptance{}, nil
	}
	raw, err := os.ReadFile(filepath.Join(dir, AcceptedFile)) //nolint:gosec // a file of the product's own folder
	if errors.Is(err, fs.ErrNotExist) {
		return Acceptance{}, nil
	}
	if err != nil {
		return Acceptance{}, err
	}
	a, _, err := open[Acceptance](trusted, kindAcceptance, string(raw))
	if err != nil {
		return Acceptance{}, fmt.Errorf("%s is not to be believed: %w", AcceptedFile, err)
	}
	return a, nil
}

// acceptedIn is ReadAcceptance for whoever has to go on: what cannot be believed accepts nothing.
func acceptedIn(dir string, trusted Trusted, log *slog.Logger) Acceptance {
	a, err := ReadAcceptance(dir, trusted)
	if err != nil {
		log.Error("an acceptance of the record does not count", "error", err)
		return Acceptance{}
	}
	return a
}
