package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// Index is a list of runs: those of one command that ran several experiments, or those that a directory happens to hold.
type Index struct {
	Dir   string // the directory of all of them
	Whole bool   // one command's, in its order, with those that are missing; otherwise the newest comes first
	Runs  []Past

	Unknown error // why nobody knows what else one command was to measure here, although it has left a list; nil: it is known

	Published string // how far the runs agree with published ones, in a sentence; "": nobody has looked, or nothing is published
}

// Past is one run of an index.
type Past struct {
	Dir      string
	Name     string // of the experiment
	Question string
	Missing  bool // it was not begun, and has neither Run nor Analysis; Err says why not, if anything kept it from it
	Run      result.Run
	Analysis verdict.Analysis
	Err      error // it cannot be read
}

// IsRun reports whether dir holds the results of one run.
func IsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "manifest.json"))
	return err == nil
}

// List reads and judges the runs in dir. A run that cannot be read is listed with its error. A directory without any run
// is an error.
func List(dir string) (Index, error) {
	x := Index{Dir: dir}
	if result.IsWhole(dir) {
		w, err := result.LoadWhole(dir)
		if err == nil {
			return ListWhole(dir, w, nil), nil
		}
		x.Unknown = err // what is in it can be listed all the same
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, syscall.ENOTDIR) {
		return x, fmt.Errorf("report: %s is a file; give the directory of a run, such as %s", dir, filepath.Dir(dir))
	}
	if err != nil {
		return x, fmt.Errorf("report: %w; socketbench run makes results", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case !isDir(path, e):
		case IsRun(path):
			x.Runs = append(x.Runs, NewPast(path))
		case result.IsWhole(path):
			if w, err := result.LoadWhole(path); err != nil {
				x.Runs = append(x.Runs, Past{Dir: path, Name: e.Name(), Err: err})
			} else {
				begun := ListWhole(path, w, nil).Runs
				x.Runs = append(x.Runs, slices.DeleteFunc(begun, func(p Past) bool { return p.Missing })...)
			}
		}
	}
	if len(x.Runs) == 0 && x.Unknown != nil {
		return x, x.Unknown
	}
	if len(x.Runs) == 0 {
		return x, fmt.Errorf("report: %s holds no results: neither it nor a directory in it has a manifest.json; socketbench run makes some", dir)
	}
	slices.SortStableFunc(x.Runs, func(a, b Past) int { return b.Run.Manifest.Started.Compare(a.Run.Manifest.Started) })
	return x, nil
}

// ListWhole reads the runs of one command. Those in known, by their directories, are not read again.
func ListWhole(dir string, w result.Whole, known map[string]Past) Index {
	x := Index{Dir: dir, Whole: true}
	for _, part := range w.Parts {
		path := filepath.Join(dir, part.Dir)
		p, read := known[path]
		switch {
		case read:
		case IsRun(path):
			p = NewPast(path)
		default:
			p = Past{Dir: path, Missing: true}
		}
		p.Name, p.Question = cmp.Or(p.Name, part.Experiment), cmp.Or(p.Question, part.Question)
		x.Runs = append(x.Runs, p)
	}
	return x
}

// NewPast reads and judges the run in dir.
func NewPast(dir string) (p Past) {
	p.Dir = dir
	if p.Run, p.Err = result.Load(dir); p.Err == nil {
		p.Name, p.Question = p.Run.Manifest.Experiment, p.Run.Manifest.Question
		p.Analysis, p.Err = verdict.Judge(p.Run)
	}
	p.Name = cmp.Or(p.Name, filepath.Base(dir))
	return p
}

// Finished reports whether everything that the run was to measure is there.
func (p Past) Finished() bool {
	return !p.Missing && p.Err == nil && !p.Run.Manifest.Finished.IsZero() && !p.lacks()
}

// lacks reports whether trials are not there any more that the run had measured.
func (p Past) lacks() bool {
	named, gone := p.Run.Lost()
	return named+gone > 0
}

// isDir follows symbolic links, because results may be stored elsewhere.
func isDir(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
