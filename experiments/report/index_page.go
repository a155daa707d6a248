package report

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"socketbench/experiments/quote"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// indexPage is the model of an index.
type indexPage struct {
	Head  string
	Tally []string // how many experiments and predictions, in sentences
	Rows  []indexRow
}

// indexRow is one run in an index.
type indexRow struct {
	Name, Question string
	Over           string   // when it was measured, how much and how long
	State          []string // what is wrong with the run as a whole; for one that was not begun, that
	Class          string   // of State
	Predictions    []prediction
	Designs        []string // which are better and worse than the baseline, in sentences
	NotAsked       []string // cells that were not run, and why
	Failures       []string // of servers
	Dir            string
	Link           string // of its report; "" where there is none
}

// WriteIndex writes an index as text, for a terminal of the given width, as md or as html. The page will stand in the
// directory base, and links from there to the report of each run.
func WriteIndex(format string, w io.Writer, x Index, width int, paint Paint, base string) error {
	p := newIndexPage(x, base)
	switch format {
	case "text":
		return p.text(w, width, paint)
	case "md":
		return p.markdown(w)
	case "html":
		return render(w, "index.html.tmpl", struct {
			frame
			indexPage
		}{newFrame("socketbench: "+p.Head, "", ""), p})
	}
	return fmt.Errorf("report: a list of runs is written as text, md or html, not as %s; name one run's directory for that", format)
}

func newIndexPage(x Index, base string) indexPage {
	var p indexPage
	count := map[verdict.Word]int{}
	var missing, ended, unread, lost, predicted int
	var took time.Duration
	var on result.Manifest // of a run on the machines of all of them
	for _, past := range x.Runs {
		row := newIndexRow(past, base)
		p.Rows = append(p.Rows, row)
		switch {
		case past.Missing:
			missing++
		case past.Err != nil:
			unread++
		case past.lacks():
			lost++
		case !past.Finished():
			ended++
		}
		took += lasted(past)
		if len(past.Run.Manifest.Agents) > 0 {
			on = past.Run.Manifest
		}
		for _, v := range row.Predictions {
			count[v.Word]++
			predicted++
		}
	}
	p.Head = unit.Many(len(x.Runs), "run") + ", the newest first"
	if x.Whole {
		p.Head = unit.Many(len(x.Runs), "experiment") + " of one run"
		p.Tally = append(p.Tally, progress(len(x.Runs), missing, ended, unread, lost))
		if missing+ended+lost > 0 {
			p.Tally = append(p.Tally, on.Resume(x.Dir)+" continues with what is missing.")
		}
	}
	if predicted > 0 {
		p.Tally = append(p.Tally, tally(predicted, count))
	}
	if x.Whole && took > 0 {
		p.Tally = append(p.Tally, "Measuring took "+took.String()+".")
	}
	if x.Unknown != nil {
		p.Tally = append(p.Tally, "This may not be all: "+quote.Error(x.Unknown)+".")
	}
	p.Tally = append(p.Tally, filled(x.Published)...)
	return p
}

// progress says how much of a whole run is there.
func progress(all, missing, ended, unread, lost int) string {
	if missing+ended+unread+lost == 0 {
		return "All of them were measured to the end."
	}
	parts := []string{fmt.Sprintf("%d of %d were measured to the end", all-missing-ended-unread-lost, all)}
	for _, rest := range []struct {
		n    int
		what string
	}{{ended, "ended early"}, {lost, "with lost trials"}, {missing, "not begun"}, {unread, "cannot be read"}} {
		if rest.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", rest.n, rest.what))
		}
	}
	return strings.Join(parts, ", ") + "."
}

func newIndexRow(p Past, base string) indexRow {
	r := indexRow{Name: p.Name, Question: p.Question, Dir: p.Dir}
	switch {
	case p.Missing && p.Err != nil:
		r.State, r.Class = []string{"It was not measured: " + p.Err.Error()}, "bad"
		return r
	case p.Missing:
		r.State, r.Class = []string{"Not measured yet."}, "soft"
		return r
	case p.Err != nil:
		r.State, r.Class = []string{"It cannot be read: " + p.Err.Error()}, "bad"
		return r
	}
	m := p.Run.Manifest
	if !m.Started.IsZero() {
		r.Over = m.Started.UTC().Format("2006-01-02 15:04 UTC")
	}
	r.Over = strings.Join(filled(r.Over, trials(len(p.Run.Final()))), ", ")
	if took := lasted(p); took > 0 {
		r.Over += " in " + took.String()
	}
	r.State, r.Class = state(p.Run, m), "bad"
	if n := len(r.State); n > mostStates {
		r.State = append(r.State[:mostStates:mostStates], fmt.Sprintf("%d more sentences of this kind are in its report.", n-mostStates))
	}
	if slices.ContainsFunc(p.Run.Final(), func(t result.Trial) bool { return t.Valid }) { // else nothing can be said of them
		r.Predictions, _ = predictions(p.Analysis)
		slices.SortStableFunc(r.Predictions, func(a, b prediction) int { return cmp.Compare(Urgency(a.Word), Urgency(b.Word)) })
		r.Designs = winners(p.Analysis, newGrid(p.Analysis.Cells, servers.All()))
	}
	for _, u := range m.Unasked {
		if !slices.Contains(r.NotAsked, u.Why) {
			r.NotAsked = append(r.NotAsked, u.Why)
		}
	}
	for _, f := range failures(p.Analysis.Faults) {
		r.Failures = append(r.Failures, f.Sentence)
	}
	file := filepath.Join(p.Dir, "report.html")
	if _, err := os.Stat(file); err == nil {
		r.Link = relative(base, file)
	}
	return r
}

// mostStates is how many sentences an index has on what is wrong with one run.
const mostStates = 2

// Urgency is the order in which predictions are read: what was refuted first.
func Urgency(w verdict.Word) int {
	return slices.Index([]verdict.Word{verdict.Refuted, verdict.Undecided, verdict.Holds, verdict.NotAsked}, w)
}

// lasted is how long a run took: by the clock, or, where it was interrupted meanwhile, its trials alone.
func lasted(p Past) time.Duration {
	m := p.Run.Manifest
	if p.Finished() && len(m.Resumed) == 0 {
		return m.Finished.Sub(m.Started).Round(time.Second)
	}
	took := 0.0
	for _, t := range p.Run.Trials {
		took += t.Seconds
	}
	return time.Duration(took * float64(time.Second)).Round(time.Second)
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

// figure is what was measured of a prediction: "1.08x (0.97x – 1.20x)". It is "" where nothing was.
func (p prediction) figure() string {
	if p.Interval == "" {
		return p.Value
	}
	return p.Value + " (" + p.Interval + ")"
}

// text writes the index for a terminal. The sums stand at its end, where a terminal shows them.
func (p indexPage) text(w io.Writer, width int, paint Paint) error {
	if paint == nil {
		paint = func(_, s string) string { return s }
	}
	t := terminal{width: width, paint: paint}
	for _, r := range p.Rows {
		t.paragraph("title", strings.Join(filled(r.Name, r.Question), ": "))
		t.hanging("  ", "soft", r.Over)
		for _, s := range r.State {
			t.hanging("  ", r.Class, s)
		}
		for _, v := range r.Predictions {
			sign, class := outcome(v.Word)
			t.hanging("  "+sign+" ", class, strings.Join(filled(string(v.Word)+": "+v.Claim, v.figure()), " "))
			if v.Word == verdict.NotAsked {
				t.hanging("    ", "soft", v.Sentence)
			}
		}
		for _, s := range r.Failures {
			t.hanging("  ✗ ", "bad", s)
		}
		for _, s := range r.Designs {
			t.hanging("  ", "", s)
		}
		for _, s := range r.NotAsked {
			t.hanging("  not asked: ", "soft", s)
		}
		t.hanging("  ", "soft", r.Dir)
		t.line("")
	}
	t.paragraph("title", strings.Join(append([]string{p.Head + "."}, p.Tally...), " "))
	_, err := io.WriteString(w, t.b.String())
	return err
}

// markdown writes the index for a pull request.
func (p indexPage) markdown(w io.Writer) error {
	var b strings.Builder
	line := func(format string, v ...any) { fmt.Fprintf(&b, format+"\n", v...) }
	line("## %s\n", escape(p.Head))
	for _, s := range p.Tally {
		line("%s\n", escape(s))
	}
	for _, r := range p.Rows {
		name := escape(r.Name)
		if r.Link != "" {
			name = "[" + name + "](" + r.Link + ")"
		}
		line("### %s\n", name)
		for _, s := range filled(escape(r.Question), escape(r.Over)) {
			line("%s\n", s)
		}
		for _, s := range r.State {
			line("- **%s**", escape(s))
		}
		for _, v := range r.Predictions {
			sign, _ := outcome(v.Word)
			said := v.figure()
			if v.Word == verdict.NotAsked {
				said = v.Sentence
			}
			line("- %s", strings.Join(filled(sign, "**"+string(v.Word)+"**:", escape(v.Claim), escape(said)), " "))
		}
		for _, s := range r.Failures {
			line("- ✗ **%s**", escape(s))
		}
		for _, s := range r.Designs {
			line("- %s", escape(s))
		}
		for _, s := range r.NotAsked {
			line("- not asked: %s", escape(s))
		}
		line("- %s\n", escape(r.Dir))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
