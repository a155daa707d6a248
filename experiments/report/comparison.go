package report

import (
	"fmt"
	"io"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// Pair is two runs and what can be concluded about the second against the first.
type Pair struct {
	Before, After Input
	Across        verdict.Across
	Gate          *verdict.Gate // the outcome of the bounds; nil: none was set
	All           bool          // list ties, and every undecided figure, in the format text too
}

// mostPaired is how many designs a chart of two runs shows at first. Each has two lines.
const mostPaired = mostShown / 2

// theFirst names the baseline of a comparison of two runs.
const theFirst = "the first run"

// pairPage is the model of a comparison: sentences, tables and the data of charts, in the order in which they are read.
type pairPage struct {
	Experiment, Question string
	First, Second        string // directories and times
	comparedLines
	Compared      []comparison
	Designs       []design
	Figures       []figure
	Differ, Equal table // of the manifests
}

// writePairPage writes the comparison of two runs as a page.
func writePairPage(w io.Writer, p Pair) error {
	page := newPairPage(p)
	return render(w, "compare.html.tmpl", struct {
		pairPage
		frame
	}{page, newFrame("compare: "+page.Question, designStyle(page.Designs), "")})
}

func newPairPage(p Pair) pairPage {
	registry := p.After.Registry
	if registry == nil {
		registry = servers.All()
	}
	m := p.After.Run.Manifest
	g := newGrid(common(p.Before.Analysis.Cells, p.After.Analysis.Cells), registry)
	for i := range g.designs { // dashes mark the first run here, and not the design
		g.designs[i].Dash, g.designs[i].Shown = "", false
	}
	g.show(mostPaired)
	out := pairPage{Experiment: m.Experiment, Question: m.Question, First: runName(p.Before.Run), Second: runName(p.After.Run),
		comparedLines: newComparedLines(p), Designs: g.designs}
	for _, families := range acrossFamilies(p.Across.Changes) {
		metric := families[0].Metric
		out.Compared = append(out.Compared, newComparison(metric, families, widerFloor(p, metric), g, hasRatio(families)))
	}
	out.Figures = pairedSpectra(g, p)
	out.Differ, out.Equal = manifests(p.Before.Run, p.After.Run, p.Across.Changed)
	return out
}

// common are the cells of the second run that the first run has too.
func common(before, after []verdict.Cell) (cells []verdict.Cell) {
	known := map[string]bool{}
	for _, c := range before {
		known[c.ID.Key()] = true
	}
	for _, c := range after {
		if known[c.ID.Key()] {
			c.InForce = "" // each run has its own
			cells = append(cells, c)
		}
	}
	return cells
}

func runName(r result.Run) string {
	if r.Manifest.Started.IsZero() {
		return r.Dir
	}
	return r.Dir + ", " + r.Manifest.Started.UTC().Format("2 January 2006, 15:04 UTC")
}

// acrossFamilies arranges changes like the comparisons within a run: by metric, with a family for each condition, and with
// the first run as the baseline.
func acrossFamilies(changes []verdict.Change) (metrics [][]verdict.Family) {
	at := map[string]int{}
	for _, c := range changes {
		i, ok := at[c.Metric]
		if !ok {
			i = len(metrics)
			at[c.Metric] = i
			metrics = append(metrics, nil)
		}
		where := c.Cell.Without("server")
		list := metrics[i]
		j := 0
		for j < len(list) && list[j].Condition.Key() != where.Key() {
			j++
		}
		if j == len(list) {
			list = append(list, verdict.Family{Metric: c.Metric, Baseline: theFirst, Condition: where})
		}
		list[j].Comparisons = append(list[j].Comparisons, verdict.Comparison{Server: c.Cell.Server(), Of: c.Cell,
			Ratio: c.Ratio, Low: c.Low, High: c.High, P: c.P, Word: c.Word, Why: c.Why, Marks: c.Marks, Sentence: c.Sentence})
		metrics[i] = list
	}
	return metrics
}

func hasRatio(families []verdict.Family) bool {
	for _, f := range families {
		for _, c := range f.Comparisons {
			if c.Ratio > 0 {
				return true
			}
		}
	}
	return false
}

// widerFloor is the noise floor of the run that had more noise.
func widerFloor(p Pair, metric string) verdict.Floor {
	a, b := p.Before.Analysis.Floor[metric], p.After.Analysis.Floor[metric]
	if a.Floor > b.Floor {
		return a
	}
	return b
}

// pairedSpectra shows both runs of each design in one chart, the first run dashed and with hollow marks.
func pairedSpectra(g grid, p Pair) []figure {
	first := newGrid(p.Before.Analysis.Cells, p.After.Registry)
	list := eachSpectrum(g, func(d design, c condition) (curves []curve) {
		if v, ok := first.at(d, c); ok {
			if s, ok := newSpectrum(v); ok {
				curves = append(curves, curve{d.Label + ", first", d.Class + " before", d, s})
			}
		}
		if v, ok := g.at(d, c); ok {
			if s, ok := newSpectrum(v); ok {
				curves = append(curves, curve{d.Label, d.Class, d, s})
			}
		}
		return curves
	})
	for i := range list {
		list[i].ID = fmt.Sprintf("spectrum-%d", i+1)
		if i == 0 {
			list[i].Explanation = "Dashed, with hollow marks: the first run. Solid: the second. " + list[i].Explanation
		}
	}
	return list
}

// manifests compares the facts of two runs: those that differ, and those that are equal.
func manifests(a, b result.Run, changed []string) (differ, equal table) {
	differ = table{Caption: "What differs between the runs", Columns: []column{{Head: "fact", Text: true}, {Head: "first run", Text: true}, {Head: "second run", Text: true}}}
	equal = table{Caption: "What both runs share", Columns: []column{{Head: "fact", Text: true}, {Head: "both", Text: true}}}
	second := map[string]string{}
	for _, f := range facts(b.Manifest, b) {
		second[f.Name] = f.Value
	}
	for _, f := range facts(a.Manifest, a) {
		if v, ok := second[f.Name]; ok && v == f.Value {
			equal.Rows = append(equal.Rows, []tableCell{named(f.Name, "name"), plain(f.Value)})
		} else {
			differ.Rows = append(differ.Rows, []tableCell{named(f.Name, "name"), plain(f.Value), plain(orNone(v))})
		}
		delete(second, f.Name)
	}
	for _, f := range facts(b.Manifest, b) {
		if v, ok := second[f.Name]; ok {
			differ.Rows = append(differ.Rows, []tableCell{named(f.Name, "name"), plain(orNone("")), plain(v)})
		}
	}
	if len(changed) > 0 {
		differ.Rows = append(differ.Rows, []tableCell{named("what was asked", "name"), plain("as it was"), plain(strings.Join(changed, "; "))})
	}
	return differ, equal
}

func orNone(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
