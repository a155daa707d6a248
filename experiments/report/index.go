package report

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"socketbench/experiments/report/unit"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// Past is one run of a directory of runs.
type Past struct {
	Dir      string
	Run      result.Run
	Analysis verdict.Analysis
	Err      error // it cannot be read
}

// IsRun reports whether dir is the results of a run, and not a directory of such.
func IsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "manifest.json"))
	return err == nil
}

// List reads the runs below dir, newest first, and has each judged. A run that cannot be read is listed
// with its error; it is an error if there is none at all.
func List(dir string, judge func(result.Run) (verdict.Analysis, error)) ([]Past, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("report: %w; socketbench run makes results", err)
	}
	var list []Past
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !isDir(path, e) || !IsRun(path) {
			continue
		}
		p := Past{Dir: path}
		if p.Run, p.Err = result.Load(path); p.Err == nil {
			p.Analysis, p.Err = judge(p.Run)
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("report: %s holds no results: neither it nor a directory in it has a manifest.json; socketbench run makes some", dir)
	}
	slices.SortStableFunc(list, func(a, b Past) int { return b.Run.Manifest.Started.Compare(a.Run.Manifest.Started) })
	return list, nil
}

// isDir follows links: results may lie elsewhere.
func isDir(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// WriteIndex lists past runs: as text, for a terminal so many columns wide, or as md.
func WriteIndex(format string, w io.Writer, list []Past, width int) error {
	t := table{Caption: "Runs", Columns: []column{{Head: "started", Text: true}, {Head: "experiment", Text: true}, {Head: "trials"}, {Head: "verdicts", Text: true}, {Head: "directory", Text: true}}}
	for _, p := range list {
		m := p.Run.Manifest
		if p.Err != nil {
			t.Rows = append(t.Rows, []cell{plain(unit.None), plain(unit.None), plain(unit.None), named(p.Err.Error(), "bad"), plain(p.Dir)})
			continue
		}
		t.Rows = append(t.Rows, []cell{plain(m.Started.UTC().Format("2006-01-02 15:04")), named(m.Experiment, "name"),
			plain(unit.Count(len(p.Run.Trials))), plain(verdictLine(p)), plain(p.Dir)})
	}
	switch format {
	case "text":
		out := terminal{width: width, paint: func(_, s string) string { return s }}
		for _, r := range t.Rows {
			out.line(strings.Join([]string{r[0].Text, r[1].Text, r[2].Text + " trials"}, "  "))
			out.hanging("  ", "", r[3].Text)
			out.hanging("  ", "", r[4].Text)
		}
		_, err := io.WriteString(w, out.b.String())
		return err
	case "md":
		var b strings.Builder
		markdownTable(&b, t)
		_, err := io.WriteString(w, b.String())
		return err
	}
	return fmt.Errorf("report: a list of runs is written as text or md, not as %s; name one run's directory for that", format)
}

// verdictLine sums up a run: what is wrong with it, or what became of its predictions.
func verdictLine(p Past) string {
	if s := state(p.Run, p.Analysis, p.Run.Manifest); len(s) > 0 {
		return s[0]
	}
	if _, tally := predictions(p.Analysis, p.Analysis.Experiment); tally != "" {
		return tally
	}
	words := map[verdict.Word]int{}
	for _, f := range p.Analysis.Families {
		for _, c := range f.Comparisons {
			words[c.Word]++
		}
	}
	var parts []string
	for _, o := range outcomes {
		if n := words[o.Word]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o.Word))
		}
	}
	if len(parts) == 0 {
		return "no predictions"
	}
	return "comparisons: " + strings.Join(parts, ", ") + "."
}
