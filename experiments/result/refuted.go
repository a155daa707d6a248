package result

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// refutedDir is below the directory of a run whose verdicts were attacked. It holds refute.json, and a results directory
// for each attack.
const (
	refutedDir  = "refute"
	refutedFile = "refute.json"
)

// Refuted is refute.json: the attacks on the verdicts of a run, in the order in which they are carried out, and what
// became of the verdicts so far.
type Refuted struct {
	Schema   int        `json:"schema"`
	PlanHash string     `json:"plan_hash"` // of the run
	Started  time.Time  `json:"started"`
	Attacks  []Attack   `json:"attacks"`
	Verdicts []Attacked `json:"verdicts"`
}

// Attack is one pair of cells, measured again with one thing changed. A verdict about a figure itself has one cell.
type Attack struct {
	Of      Cell   `json:"of"`
	Against Cell   `json:"against,omitempty"`
	Change  string `json:"change"`          // what is changed: seed, engine, placement, ...
	Says    string `json:"says,omitempty"`  // how: "with another seed"
	Why     string `json:"why,omitempty"`   // why it cannot be asked; "": it can
	Dir     string `json:"dir,omitempty"`   // of its results, below that of refute.json
	Seed    uint64 `json:"seed,omitempty"`  // of its plan
	Spec    string `json:"spec,omitempty"`  // its experiment file
	Rates   bool   `json:"rates,omitempty"` // it takes the rates that the run found for its utilizations
}

// Attacked is a verdict with what its attacks found.
type Attacked struct {
	Metric  string  `json:"metric"`
	Of      Cell    `json:"of"`
	Against Cell    `json:"against,omitempty"`
	Expect  string  `json:"expect,omitempty"` // of a prediction; "": it is a comparison
	Claim   string  `json:"claim,omitempty"`
	Word    string  `json:"word"`  // of the run
	Doubt   float64 `json:"doubt"` // half-widths between its interval and the bound that decided it: the less, the more doubtful
	Tried   []Tried `json:"tried"` // in the order of the changes
	Says    string  `json:"says"`  // "survives 6 of 7; turns with another seed"; "": no attack was reached
}

// Tried is what one attack said of one verdict.
type Tried struct {
	Change  string `json:"change"`
	Says    string `json:"says,omitempty"`
	Outcome string `json:"outcome"`       // same, turns, undecided, not askable, not reached
	Now     string `json:"now,omitempty"` // what the attack concluded, as a sentence
	Why     string `json:"why,omitempty"` // for undecided and not askable
}

// RefutedDir is where the attacks on the verdicts of a run are kept.
func RefutedDir(dir string) string { return filepath.Join(dir, refutedDir) }

// LoadRefuted reads what was tried to overturn the verdicts of the run in dir. has is false if nothing was.
func LoadRefuted(dir string) (r Refuted, has bool, err error) {
	path := filepath.Join(RefutedDir(dir), refutedFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Refuted{}, false, nil
	}
	if err != nil {
		return Refuted{}, false, fmt.Errorf("result: %w", err)
	}
	if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), &r); err != nil {
		return Refuted{}, false, fmt.Errorf("result: %s %s; move it away to begin the attacks again", path, cmp.Or(unreadable(b, err), "is of another program"))
	}
	switch {
	case r.Schema == 0:
		return Refuted{}, false, fmt.Errorf("result: %s is of another program: it has no schema; move it away to begin the attacks again", path)
	case r.Schema > Schema:
		return Refuted{}, false, fmt.Errorf("result: %s was written by a newer socketbench (schema %d, this one knows %d); use that one", path, r.Schema, Schema)
	}
	for _, a := range r.Attacks {
		if a.Why == "" && !filepath.IsLocal(a.Dir) {
			return Refuted{}, false, fmt.Errorf("result: %s: %q is no directory below it; move the file away to begin the attacks again", path, a.Dir)
		}
	}
	return r, true, nil
}

// StoreRefuted replaces refute.json of the run in dir. A reader sees the whole old file or the whole new one.
func StoreRefuted(dir string, r Refuted) error {
	r.Schema = Schema
	err := os.MkdirAll(RefutedDir(dir), 0o777)
	if err == nil {
		err = writeJSON(filepath.Join(RefutedDir(dir), refutedFile), r)
	}
	if err != nil {
		return fmt.Errorf("result: %s: %w", refutedFile, err)
	}
	return nil
}

// LockRefuted keeps a second process from attacking the same run, until the closer is closed or the process ends.
func LockRefuted(dir string) (io.Closer, error) {
	return lockFile(filepath.Join(RefutedDir(dir), ".lock"), os.O_RDWR|os.O_CREATE, "another process attacks the verdicts of "+dir)
}
