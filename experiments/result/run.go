package result

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"socketbench/experiments/load"
	"socketbench/experiments/quote"
)

// Files of a results directory.
const (
	manifestFile  = "manifest.json"
	trialsFile    = "trials.jsonl"
	histogramsDir = "histograms"
	samplesDir    = "samples"
)

// Run is a results directory, read.
type Run struct {
	Dir      string
	Manifest Manifest
	Trials   []Trial  // in the order in which they ended, without the damaged ones; replaced ones are among them
	Torn     bool     // the last line of trials.jsonl is cut off; that trial does not count
	Damaged  []Damage // what else does not count
	Refuted  Refuted  // what attacks on its verdicts found; the zero value: none was tried

	lines      [][]byte              // of Trials, as they stand in the file, before any was left out for its histograms
	histograms map[string]load.Times // by file
}

// Load reads a results directory. It reads the histograms too, because a trial without them does not count, but not the
// samples.
func Load(dir string) (Run, error) {
	r := Run{Dir: dir}
	b, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Run{}, fmt.Errorf("result: %s is not a results directory: it has no %s; see socketbench run --out", dir, manifestFile)
	}
	if err != nil {
		return Run{}, fmt.Errorf("result: %w", err)
	}
	if err := json.Unmarshal(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), &r.Manifest); err != nil {
		return Run{}, badManifest(dir, b, err)
	}
	if r.Manifest.Schema > Schema {
		return Run{}, fmt.Errorf("result: %s was written by a newer socketbench (schema %d, this one knows %d); use that one",
			dir, r.Manifest.Schema, Schema)
	}
	if m := r.Manifest; m.Experiment == "" && m.Spec == "" && m.PlanHash == "" {
		return Run{}, otherwise(filepath.Join(dir, manifestFile))
	}
	b, err = os.ReadFile(filepath.Join(dir, trialsFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Run{}, fmt.Errorf("result: %w", err)
	}
	read, err := parseTrials(b)
	if err != nil {
		return Run{}, fmt.Errorf("result: %s: %w", filepath.Join(dir, trialsFile), err)
	}
	r.Trials, r.lines, r.Torn, r.Damaged = read.trials, read.raw, read.torn, read.damage
	r.check()
	if r.Refuted, _, err = LoadRefuted(dir); err != nil { // the run is whole without it
		r.Damaged = append(r.Damaged, Damage{What: fmt.Sprintf("what was tried to overturn the verdicts cannot be read: %s", quote.Error(err))})
	}
	again := map[int]bool{} // by position in the plan
	for _, t := range r.Trials {
		again[t.Order] = again[t.Order] || t.Again
	}
	for i := range r.Trials {
		t := &r.Trials[i]
		t.Replaced = again[t.Order] && !t.Again
	}
	return r, nil
}

// Final returns the trials without those that were replaced: one for each position in the plan that has a result.
func (r Run) Final() (trials []Trial) {
	for _, t := range r.Trials {
		if !t.Replaced {
			trials = append(trials, t)
		}
	}
	return trials
}

// Lost is how many trials the run had measured that are not there any more: those whose line or histograms are damaged, which
// Torn and Damaged name, and those whose whole line is gone from a run that ended.
func (r Run) Lost() (named, gone int) {
	if r.Torn {
		named++
	}
	for _, d := range r.Damaged {
		if d.Lost {
			named++
		}
	}
	if r.Manifest.Finished.IsZero() || r.Manifest.Blocks <= 0 {
		return named, 0
	}
	have := make([]int, r.Manifest.Blocks) // trials in each block
	there := 0
	for _, t := range r.Final() {
		if t.Block >= 0 && t.Block < len(have) {
			have[t.Block]++
			there++
		}
	}
	planned := r.Manifest.Planned
	if planned == 0 { // all blocks had equally many
		planned = len(have) * max(1, slices.Max(have))
	}
	return named, max(0, planned-there-named)
}

// Done returns the final trials by their position in the plan.
func (r Run) Done() map[int]Trial {
	done := make(map[int]Trial, len(r.Trials))
	for _, t := range r.Final() {
		done[t.Order] = t
	}
	return done
}

// Histograms returns the histograms of a trial. Those that it has not are nil: all of a trial whose server never
// started, the first replies of runs from before they were kept.
func (r Run) Histograms(t Trial) (load.Times, error) {
	if h, read := r.histograms[t.Histogram]; read || t.Histogram == "" {
		return h, nil
	}
	path := filepath.Join(r.Dir, histogramsDir, t.Histogram)
	f, err := os.Open(path)
	if err != nil {
		return load.Times{}, fmt.Errorf("result: %w", err)
	}
	defer f.Close()
	all, err := readLog(f)
	if err != nil {
		return load.Times{}, fmt.Errorf("result: %s: %w", path, err)
	}
	return all, nil
}

// Samples reads the sampled requests of a trial. A trial may have none.
func (r Run) Samples(t Trial) (load.Samples, error) {
	if t.Samples == "" {
		return nil, nil
	}
	path := filepath.Join(r.Dir, samplesDir, t.Samples)
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	defer f.Close()
	samples, err := readSamples(f)
	if err != nil {
		return nil, fmt.Errorf("result: %s: %w", path, err)
	}
	return samples, nil
}

var sampleColumns = []string{"connection", "session", "connect", "open", "intended", "sent", "done"}

// writeSamples writes one line a request, times in ns from the start of the window.
func writeSamples(w io.Writer, samples load.Samples) error {
	out := csv.NewWriter(w)
	out.Write(sampleColumns)
	row := make([]string, len(sampleColumns))
	for _, s := range samples {
		for i, v := range s.Fields() {
			row[i] = strconv.FormatInt(v, 10)
		}
		out.Write(row)
	}
	out.Flush()
	return out.Error()
}

func readSamples(r io.Reader) (load.Samples, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	samples := make(load.Samples, 0, len(rows)-1)
	for i, row := range rows[1:] {
		var v [7]int64
		if len(row) != len(v) {
			return nil, fmt.Errorf("line %d has %d columns, not %d", i+2, len(row), len(v))
		}
		for j, field := range row {
			if v[j], err = strconv.ParseInt(field, 10, 64); err != nil {
				return nil, fmt.Errorf("line %d: %w", i+2, err)
			}
		}
		samples = append(samples, load.Sample{Conn: int(v[0]), Session: int(v[1]), Connect: v[2], Open: v[3],
			Intended: v[4], Sent: v[5], Done: v[6]})
	}
	return samples, nil
}
