package report

import (
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

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

// IsRun reports whether dir holds the results of one run.
func IsRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "manifest.json"))
	return err == nil
}

// List reads the runs in dir, newest first, and lets judge draw conclusions from each. A run that cannot be read is
// listed with its error. A directory without any run is an error.
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

// isDir follows symbolic links, because results may be stored elsewhere.
func isDir(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// WriteIndex lists past runs as text, for a terminal of the given width, as md or as html. The page will stand in the
// directory base, and links from there to the report of each run.
func WriteIndex(format string, w io.Writer, list []Past, width int, base string) error {
	rows := make([]pastRow, len(list))
	for i, p := range list {
		rows[i] = newPastRow(p, base)
	}
	switch format {
	case "text":
		out := terminal{width: width, paint: func(_, s string) string { return s }}
		for i, r := range rows {
			if i > 0 {
				out.line("")
			}
			out.paragraph("", strings.Join(filled(r.Started, r.Name, r.Trials), "  "))
			out.hanging("  ", "", r.Verdict)
			out.hanging("  ", "", r.Dir)
		}
		_, err := io.WriteString(w, out.b.String())
		return err
	case "md":
		t := table{Caption: "Runs", Columns: []column{{Head: "started", Text: true}, {Head: "experiment", Text: true}, {Head: "trials", Text: true}, {Head: "verdicts", Text: true}, {Head: "directory", Text: true}}}
		for _, r := range rows {
			t.Rows = append(t.Rows, []tableCell{plain(r.Started), named(r.Name, "name"), plain(r.Trials), plain(r.Verdict), plain(r.Dir)})
		}
		var b strings.Builder
		markdownTable(&b, t)
		_, err := io.WriteString(w, b.String())
		return err
	case "html":
		return render(w, "index.html.tmpl", struct {
			frame
			Runs []pastRow
		}{newFrame("socketbench: runs", "", ""), rows})
	}
	return fmt.Errorf("report: a list of runs is written as text, md or html, not as %s; name one run's directory for that", format)
}

// pastRow is one run in an index.
type pastRow struct {
	Started, Name, Question, Trials, Verdict, Class, Dir string
	Link                                                 string // of its report; "" where there is none
}

func newPastRow(p Past, base string) pastRow {
	if p.Err != nil {
		return pastRow{Name: filepath.Base(p.Dir), Verdict: "cannot be read: " + p.Err.Error(), Class: "bad", Dir: p.Dir}
	}
	m := p.Run.Manifest
	r := pastRow{Name: m.Experiment, Question: m.Question, Trials: trials(len(p.Run.Trials)), Dir: p.Dir}
	if !m.Started.IsZero() {
		r.Started = m.Started.UTC().Format("2006-01-02 15:04")
	}
	if r.Name == "" {
		r.Name = filepath.Base(p.Dir)
	}
	r.Verdict, r.Class = verdictLine(p)
	file := filepath.Join(p.Dir, "report.html")
	if _, err := os.Stat(file); err == nil {
		r.Link = relative(base, file)
	}
	return r
}

// relative is the URL of a file for a page in the directory base. It is "" for a file on another volume.
func relative(base, file string) string {
	from, err := filepath.Abs(base)
	if err != nil {
		return ""
	}
	to, err := filepath.Abs(file)
	if err != nil {
		return ""
	}
	path, err := filepath.Rel(from, to)
	if err != nil {
		return ""
	}
	return (&url.URL{Path: filepath.ToSlash(path)}).String()
}

func filled(words ...string) []string {
	return slices.DeleteFunc(words, func(s string) bool { return s == "" })
}

// verdictLine sums up a run: what is wrong with it, or else the verdicts on its predictions.
func verdictLine(p Past) (line, class string) {
	if s := state(p.Run, p.Analysis, p.Run.Manifest); len(s) > 0 {
		return s[0], "bad"
	}
	if _, tally := predictions(p.Analysis); tally != "" {
		return tally, ""
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
		return "No predictions.", "soft"
	}
	return "Comparisons: " + strings.Join(parts, ", ") + ".", ""
}
