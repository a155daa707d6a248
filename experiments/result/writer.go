package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"socketbench/experiments/load"
	"socketbench/experiments/quote"
	"socketbench/servers/foreign"
)

// Writer appends to a results directory. Each trial is on the disk when Append returns, so that nothing is lost if the
// process ends later.
type Writer struct {
	dir    string
	trials *os.File
}

// Create makes a results directory with its manifest. The directory must not exist yet. It appears under its name only
// when the manifest is in it; a process that is killed before leaves at most a hidden directory beside it.
func Create(dir string, m Manifest) (*Writer, error) {
	scratch, err := makeScratch(dir)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch) // gone already when all went well
	for _, sub := range []string{histogramsDir, samplesDir} {
		if err := os.Mkdir(filepath.Join(scratch, sub), 0o777); err != nil {
			return nil, fmt.Errorf("result: %w", err)
		}
	}
	if err := os.Chmod(scratch, 0o755); err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	if err := writeManifest(scratch, m); err != nil {
		return nil, err
	}
	switch err := os.Rename(scratch, dir); {
	case errors.Is(err, fs.ErrExist): // it has appeared meanwhile
		return nil, fmt.Errorf("result: %s exists already; choose another directory", dir)
	case err != nil:
		return nil, fmt.Errorf("result: %w", err)
	}
	syncDir(filepath.Dir(scratch))
	return open(dir)
}

// CanCreate is the error that [Create] would end with, for those who have something to do before.
func CanCreate(dir string) error {
	scratch, err := makeScratch(dir)
	if err != nil {
		return err
	}
	return os.Remove(scratch)
}

// makeScratch makes a hidden directory beside a results directory that does not exist yet.
func makeScratch(dir string) (string, error) {
	if _, err := os.Lstat(dir); err == nil {
		return "", fmt.Errorf("result: %s exists already; choose another directory, or continue with --resume %s", dir, dir)
	}
	parent := filepath.Dir(filepath.Clean(dir))
	err := os.MkdirAll(parent, 0o777)
	if err == nil {
		dir, err = os.MkdirTemp(parent, "."+filepath.Base(dir)+".")
	}
	if err != nil {
		return "", fmt.Errorf("result: results cannot be written: %w; choose another place with --out", err)
	}
	return dir, nil
}

// Resume opens a results directory to measure the trials that are missing in it. It refuses the directory of another
// plan, and one that another process writes to. It removes damaged trials from the file, so that they are measured again.
func Resume(dir, planHash string) (*Writer, Run, error) {
	r, err := Load(dir)
	if err != nil {
		return nil, Run{}, err
	}
	if r.Manifest.PlanHash != planHash {
		return nil, Run{}, fmt.Errorf("result: %s holds another plan (%s, this one is %s); start anew, or repeat its command: %s",
			dir, short(r.Manifest.PlanHash), short(planHash), foreign.ShellLine(r.Manifest.Command...))
	}
	w, err := open(dir)
	if err != nil {
		return nil, Run{}, err
	}
	// Read again now that nobody else can write.
	if r, err = Load(dir); err == nil && (r.Torn || len(r.Damaged) > 0) {
		err = w.keepOnly(r)
	}
	if err != nil {
		w.Close()
		return nil, Run{}, err
	}
	r.Torn = false
	return w, r, nil
}

func short(hash string) string { return hash[:min(len(hash), 12)] }

// open opens trials.jsonl to append to, locked against a second writer.
func open(dir string) (*Writer, error) {
	f, err := lockFile(filepath.Join(dir, trialsFile), os.O_RDWR|os.O_CREATE|os.O_APPEND, dir+" is being written by another run")
	if err != nil {
		return nil, err
	}
	return &Writer{dir: dir, trials: f}, nil
}

// keepOnly replaces trials.jsonl by a file that has the trials of r alone.
func (w *Writer) keepOnly(r Run) error {
	var text bytes.Buffer
	kept := map[run]bool{}
	for _, t := range r.Trials {
		kept[runOf(t)] = true
	}
	for _, line := range r.lines {
		var t Trial
		if err := json.Unmarshal(line, &t); err != nil {
			return fmt.Errorf("result: %w", err)
		}
		if kept[runOf(t)] {
			text.Write(append(bytes.TrimRight(line, "\r"), '\n'))
		}
	}
	// Some systems replace no open file.
	if err := replaceFile(w.trials.Name(), text.Bytes(), w.trials.Close); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	again, err := open(w.dir)
	if err == nil {
		w.trials = again.trials
	}
	return err
}

// Keep stores what the generator saw of a trial that will be appended; start is when its window began. It writes the
// names of the files into the trial, and blocks until all of them are on the disk.
func (w *Writer) Keep(t *Trial, r *load.Result, start time.Time) error {
	name := fmt.Sprintf("%05d", t.Order)
	if t.Again {
		name += "-again"
	}
	t.Histogram, t.Samples = name+".hlog", ""
	err := w.file(histogramsDir, t.Histogram, func(f io.Writer) error { return WriteLog(f, start, r) })
	if err == nil && len(r.Samples) > 0 {
		t.Samples = name + ".csv"
		err = w.file(samplesDir, t.Samples, func(f io.Writer) error { return writeSamples(f, r.Samples) })
	}
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return nil
}

// Append stores a trial. It blocks until it is on the disk.
func (w *Writer) Append(t *Trial) error {
	for _, figures := range []map[string]float64{t.Metrics, t.Raw} {
		for name, v := range figures {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				delete(figures, name) // JSON has no such number; absent is what it means
			}
		}
	}
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("result: trial %d: %w", t.Order+1, err)
	}
	line = quote.JSON(line) // also the line ends of other tools, such as U+0085
	// One write, so that a killed process leaves a prefix of the line and never a mixture.
	end, err := w.trials.Seek(0, io.SeekEnd)
	if err != nil {
		return fmt.Errorf("result: trial %d: %w", t.Order+1, err)
	}
	if _, err := w.trials.Write(append(line, '\n')); err != nil {
		w.trials.Truncate(end) // a full disk took part of the line; what was measured before it stays whole
		return fmt.Errorf("result: trial %d: %w", t.Order+1, err)
	}
	if err := w.trials.Sync(); err != nil {
		return fmt.Errorf("result: trial %d: %w", t.Order+1, err)
	}
	return nil
}

// Discard removes the results directory, in which nothing is worth keeping. The writer must not be used afterwards.
func (w *Writer) Discard() error {
	if err := errors.Join(w.Close(), os.RemoveAll(w.dir)); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return nil
}

// file writes one file below sub and syncs it.
func (w *Writer) file(sub, name string, write func(io.Writer) error) error {
	f, err := os.Create(filepath.Join(w.dir, sub, name))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// SetManifest replaces the manifest.
func (w *Writer) SetManifest(m Manifest) error { return writeManifest(w.dir, m) }

// Close closes the files and lets another process write.
func (w *Writer) Close() error { return w.trials.Close() }

// writeManifest puts a whole manifest in the place of the old one, or leaves the old one.
func writeManifest(dir string, m Manifest) error {
	m.Schema = Schema
	if err := writeJSON(filepath.Join(dir, manifestFile), m); err != nil {
		return fmt.Errorf("result: manifest: %w", err)
	}
	return nil
}

// writeJSON puts v in the place of a whole file, or leaves the old one.
func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(path, append(quote.JSON(b), '\n'))
}

// replaceFile puts a whole file in the place of an old one, or leaves the old one. When the new file is complete it calls
// before, and then gives the file the name of the old one.
func replaceFile(path string, text []byte, before ...func() error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	defer f.Close()           // closed already when all went well
	_, err = f.Write(text)
	for _, step := range append([]func() error{func() error { return f.Chmod(0o644) }, f.Sync, f.Close}, before...) {
		if err == nil {
			err = step()
		}
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		syncDir(filepath.Dir(path))
	}
	return err
}

// syncDir makes a rename last, on systems that can sync a directory.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}
