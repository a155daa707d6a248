package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/quote"
)

// Crashes, full disks and editors damage results. A run is read as far as it is whole. A trial whose line or whose
// histograms are damaged is missing: it is named, left out of every figure, and measured again by a resume.

// Damage is a part of a run that cannot be read, or that is there twice.
type Damage struct {
	What string // where it is and what is wrong, as the beginning of a sentence
	Lost bool   // a trial is missing because of it
}

// lines is what can be read of trials.jsonl.
type lines struct {
	trials []Trial
	raw    [][]byte // the line of each trial, as it stands in the file
	torn   bool     // the last line was cut off while it was written
	damage []Damage
}

// run names one of the two runs that a trial of the plan may have.
type run struct {
	order int
	again bool
}

func runOf(t Trial) run { return run{t.Order, t.Again} }

// parseTrials reads the lines of trials.jsonl. A last line without its end does not count, even where it parses: its
// writer was killed before the line was synced. Some file systems leave zeros at the end of a file after a crash, and
// editors add a byte order mark and carriage returns; all of these are ignored.
func parseTrials(b []byte) (l lines, err error) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	place := map[run]int{}
	broken := 0
	for number := 1; len(b) > 0; number++ {
		line, rest, whole := bytes.Cut(b, []byte("\n"))
		last := len(bytes.Trim(rest, "\x00 \r\n")) == 0
		b = rest
		var t Trial
		switch parsed := json.Unmarshal(line, &t); {
		case len(bytes.TrimSpace(line)) == 0:
		case !whole, parsed != nil && last:
			l.torn = true
		case parsed != nil:
			broken++
			l.damage = append(l.damage, Damage{fmt.Sprintf("line %d of %s cannot be read (%s)", number, trialsFile, quote.Text(parsed.Error())), true})
		case t.Cell.Server() == "": // it would pass for the first trial of the plan
			broken++
			l.damage = append(l.damage, Damage{fmt.Sprintf("line %d of %s is no trial: it names no server", number, trialsFile), false})
		default:
			if first, twice := place[runOf(t)]; twice {
				l.damage = append(l.damage, Damage{fmt.Sprintf("lines %d and %d of %s are the same trial, number %d, which counts once", first, number, trialsFile, t.Order+1), false})
				continue
			}
			place[runOf(t)] = number
			l.trials, l.raw = append(l.trials, t), append(l.raw, line)
		}
	}
	if broken > 0 && len(l.trials) == 0 {
		return lines{}, fmt.Errorf("no line of it is a trial (%s); it is another file, or all is lost: start a new run", l.damage[0].What)
	}
	return l, nil
}

// check leaves out the trials whose histograms are damaged, and the samples that are.
func (r *Run) check() {
	kept := r.Trials[:0]
	read := make(map[string]load.Times, len(r.Trials))
	second := map[int]bool{} // positions in the plan that have a second run
	for _, t := range r.Trials {
		second[t.Order] = second[t.Order] || t.Again
	}
	for _, t := range r.Trials {
		h, err := r.Histograms(t)
		if err == nil && t.Histogram != "" {
			err = lacking(t, h)
		}
		if err != nil {
			r.Damaged = append(r.Damaged, Damage{fmt.Sprintf("trial %d, of %s in block %d, has lost its histograms (%v)",
				t.Order+1, quote.Text(t.Cell.Server()), t.Block+1, plainly(err)), t.Again || !second[t.Order]})
			continue
		}
		read[t.Histogram] = h
		if t.Samples != "" {
			if _, err := os.Stat(filepath.Join(r.Dir, samplesDir, t.Samples)); err != nil {
				t.Samples = "" // a picture of single requests: no figure rests on it
			}
		}
		kept = append(kept, t)
	}
	r.Trials, r.histograms = kept, read
}

// lacking says what a trial's line has and its histograms lack; nil where nothing is missing.
func lacking(t Trial, h load.Times) error {
	file := filepath.Join(histogramsDir, t.Histogram)
	if h.Response == nil {
		return fmt.Errorf("%s is empty or cut off", file)
	}
	// There may be more than were answered in the window: replies that came in the moment after it.
	if said, counted := t.Metrics[metric.Completed]+t.Metrics[metric.Unanswered], h.Response.TotalCount(); float64(counted) < said {
		return fmt.Errorf("%s has %d requests, and the trial had %.0f", file, counted, said)
	}
	for name := range t.Metrics {
		family := metric.Of(name).Family()
		for _, f := range h.Families() {
			if f.Name == family && *f.Times == nil && family != metric.FirstReply { // which old runs did not keep
				return fmt.Errorf("%s is cut off: it has no %s", file, family)
			}
		}
	}
	return nil
}

// plainly is the text of an error, without the prefixes of the packages that passed it on.
func plainly(err error) string {
	text := strings.TrimPrefix(err.Error(), "result: ")
	var path *fs.PathError
	if errors.As(err, &path) {
		text = filepath.Join(histogramsDir, filepath.Base(path.Path)) + ": " + path.Err.Error()
	}
	return quote.Text(text)
}

// otherwise is the error for a file that only has the name of a manifest: other programs have files of this name too.
func otherwise(file string) error {
	return fmt.Errorf("result: %s is of another program: it names no experiment; socketbench report lists the runs in a directory", file)
}

// badManifest says why the manifest cannot be read, and what a reader can do.
func badManifest(dir string, b []byte, err error) error {
	file := filepath.Join(dir, manifestFile)
	what := unreadable(b, err)
	if what == "" {
		return otherwise(file)
	}
	return fmt.Errorf("result: %s %s: without it nobody knows what was measured, and the run can be neither reported nor continued; start a new one", file, what)
}

// unreadable says what is wrong with a JSON file that gave an error, as the end of a clause; "" if it holds something else than
// an object, so that it is another program's.
func unreadable(b []byte, err error) string {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		return ""
	case errors.As(err, &kind):
		return fmt.Sprintf("cannot be read (a %s stands in %s)", kind.Value, kind.Field)
	case len(bytes.Trim(b, "\x00 \r\n")) == 0:
		return "is empty"
	case strings.Contains(err.Error(), "unexpected end"):
		return "is cut off"
	}
	return fmt.Sprintf("cannot be read (%v)", err)
}
