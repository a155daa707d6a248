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
	"slices"
	"time"
)

// wholeFile is in the directory of a run of several experiments.
const wholeFile = "run.json"

// Whole is run.json: what one command was told to measure, where that is several experiments. It is written before the
// first trial, so that a run that was killed says what it lacks and can be continued.
type Whole struct {
	Schema   int       `json:"schema"`
	Command  []string  `json:"command"` // that repeats it
	Seed     uint64    `json:"seed"`    // of every experiment
	Profiles []string  `json:"profiles,omitempty"`
	Started  time.Time `json:"started"`
	Parts    []Part    `json:"experiments"` // in the order in which they are run
}

// Part is one experiment of a whole.
type Part struct {
	Dir        string `json:"dir"` // of its results, below that of the whole
	Experiment string `json:"experiment"`
	Question   string `json:"question"`
	Spec       string `json:"spec"` // the experiment file, with what the flags changed

	Capacities []Capacity `json:"capacities,omitempty"` // of the manifest of an earlier run, whose rates are to be offered
	Loads      []Frozen   `json:"loads,omitempty"`
}

// IsWhole reports whether dir is that of a run of several experiments.
func IsWhole(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, wholeFile))
	return err == nil
}

// CreateWhole writes run.json into dir, which it makes if there is none. It refuses a directory that has one already.
func CreateWhole(dir string, w Whole) error {
	if IsWhole(dir) {
		return fmt.Errorf("result: %s holds a run of several experiments already; continue it with --resume %s", dir, dir)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("result: results cannot be written: %w; choose another place with --out", err)
	}
	w.Schema = Schema
	if err := writeJSON(filepath.Join(dir, wholeFile), w); err != nil {
		return fmt.Errorf("result: %s: %w", wholeFile, err)
	}
	return nil
}

// LockWhole keeps a second process from measuring into the same directory, until the closer is closed or the process ends.
func LockWhole(dir string) (io.Closer, error) {
	return lockFile(filepath.Join(dir, wholeFile), os.O_RDWR, "another process measures into "+dir)
}

// LoadWhole reads run.json from dir.
func LoadWhole(dir string) (w Whole, err error) {
	path := filepath.Join(dir, wholeFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Whole{}, fmt.Errorf("result: %s is not the directory of a run of several experiments: it has no %s", dir, wholeFile)
	}
	if err != nil {
		return Whole{}, fmt.Errorf("result: %w", err)
	}
	if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), &w); err != nil {
		return Whole{}, fmt.Errorf("result: %s %s, so that nobody knows which experiments are missing; --resume continues each directory in %s by itself",
			path, cmp.Or(unreadable(b, err), "is of another program"), dir)
	}
	if w.Schema > Schema {
		return Whole{}, fmt.Errorf("result: %s was written by a newer socketbench (schema %d, this one knows %d); use that one", path, w.Schema, Schema)
	}
	var dirs []string
	for _, p := range w.Parts {
		if p.Dir == "." || !filepath.IsLocal(p.Dir) || slices.Contains(dirs, p.Dir) {
			return Whole{}, fmt.Errorf("result: %s: %q is no directory of its own below that of the run", path, p.Dir)
		}
		dirs = append(dirs, p.Dir)
	}
	if len(dirs) == 0 {
		return Whole{}, fmt.Errorf("result: %s names no experiment, so that it is of another program; --resume continues each directory in %s by itself", path, dir)
	}
	return w, nil
}
