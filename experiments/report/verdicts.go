package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/chart"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// outcomes are the words of a verdict. Each has a sign, so that no reader needs to tell colours apart.
var outcomes = []struct {
	Word  verdict.Word
	Sign  string
	Class string
	Many  string // "4 hold"
}{
	{verdict.Holds, "✓", "good", "hold"},
	{verdict.Refuted, "✗", "bad", "refuted"},
	{verdict.Undecided, "?", "doubt", "undecided"},
	{verdict.NotAsked, "–", "soft", "not askable here"},
	{verdict.Faster, "▲", "good", "faster"},
	{verdict.Slower, "▼", "bad", "slower"},
	{verdict.Tie, "=", "soft", "tie"},
}

// servedNone stands in place of a verdict where a design gave no answer that could be compared.
const servedNone = "served no client"

func outcome(w verdict.Word) (sign, class string) {
	for _, o := range outcomes {
		if o.Word == w {
			return o.Sign, o.Class
		}
	}
	return "?", "soft"
}

func predictions(a verdict.Analysis) (list []prediction, summed string) {
	claims, count := a.Experiment.Predict, map[verdict.Word]int{}
	for i, p := range a.Predictions {
		u := unitOf(p.Metric)
		if p.Ratio {
			u = "x"
		}
		_, class := outcome(p.Word)
		out := prediction{Claim: p.Claim, Sentence: p.Sentence, Survives: survives(p.Survives), Word: p.Word, Class: class, Expect: p.Expect, About: about(p)}
		if p.Word != verdict.NotAsked && measuredAt(p) {
			out.Value = unit.Format(u, p.Value)
			if p.High > p.Low {
				out.Interval = interval(u, p.Low, p.High)
			}
		}
		if p.Word == verdict.Refuted && i < len(claims) && claims[i].Claim == p.Claim {
			out.Refuted = claims[i].Refuted
		}
		count[p.Word]++
		list = append(list, out)
	}
	if len(list) > 0 {
		summed = tally(len(list), count)
	}
	return list, summed
}

// tally counts predictions by their words: "5 predictions: 4 hold, 1 refuted."
func tally(n int, count map[verdict.Word]int) string {
	var parts []string
	for _, o := range outcomes {
		if n := count[o.Word]; n > 0 {
			word := o.Many
			if n == 1 && o.Word == verdict.Holds {
				word = "holds"
			}
			parts = append(parts, fmt.Sprintf("%d %s", n, word))
		}
	}
	return fmt.Sprintf("%s: %s.", unit.Many(n, "prediction"), strings.Join(parts, ", "))
}

// measuredAt reports whether a prediction has a figure. One without is undecided and has the value 0.
func measuredAt(p verdict.Prediction) bool {
	return !math.IsNaN(p.Value) && (p.Word != verdict.Undecided || p.Value != 0 || p.High > 0)
}

// about says which metric and which cells a prediction is about.
func about(p verdict.Prediction) string {
	s := metricName(p.Metric) + " of " + grid{}.cellName(p.Of)
	if len(p.Against) > 0 {
		s += " against " + grid{}.cellName(p.Against)
	}
	return s
}

// headline metrics are shown after the primary metric. All others are folded.
var headline = []string{metric.LatencyP99, metric.AchievedRate}

// compared gathers the comparisons of a run by metric: those to show, and those to fold.
func compared(a verdict.Analysis, g grid) (open, folded []comparison) {
	by := map[string][]verdict.Family{}
	var order []string
	for _, f := range a.Families {
		if by[f.Metric] == nil {
			order = append(order, f.Metric)
		}
		by[f.Metric] = append(by[f.Metric], f)
	}
	first := slices.DeleteFunc(append([]string{a.Experiment.Primary}, headline...), func(m string) bool {
		return by[m] == nil || m == metric.AchievedRate && g.has(metric.OfferedRate) // an open loop answers what its schedule offers
	})
	for i, m := range first {
		if !slices.Contains(first[:i], m) {
			open = append(open, newComparison(m, by[m], a.Floor[m], g, true))
		}
	}
	for _, m := range order {
		if !slices.Contains(first, m) {
			folded = append(folded, newComparison(m, by[m], a.Floor[m], g, false))
		}
	}
	return open, folded
}

// newComparison writes the comparisons of one metric: a table with a column for each condition, a table with a row for
// each comparison, and, if drawn, a chart of the ratios with their intervals beside the band of noise.
func newComparison(metric string, families []verdict.Family, floor verdict.Floor, g grid, drawn bool) comparison {
	baseline := families[0].Baseline
	name := metricName(metric)
	out := comparison{Title: capital(name) + " against " + baseline}
	on := families[0].On // of all of them, or said of each
	if slices.ContainsFunc(families, func(f verdict.Family) bool { return f.On != on }) {
		on = ""
	}
	if on != "" {
		out.Title += ", " + on
	}
	out.Long = table{Caption: out.Title + ", in words", Columns: []column{{Head: "design", Text: true}, {Head: "condition", Text: true}, {Head: "verdict", Text: true},
		{Head: "ratio", Tip: "its " + name + " divided by that of " + baseline}, {Head: "95 % interval"}, {Head: "in words", Text: true}}}
	bars := chart.Bars{Title: out.Title, Ratios: true, XTitle: "ratio to " + baseline + "; less is better"}
	if better(metric) > 0 {
		bars.XTitle = "ratio to " + baseline + "; more is better"
	}
	var extent reach
	extent.add(0.9, 0.9, 0.9)
	extent.add(1.1, 1.1, 1.1)
	if positive(floor.Floor, 0) > 0 {
		bars.Band = &chart.Band{Low: 1 / (1 + floor.Floor), High: 1 + floor.Floor, Label: "grey: the noise of this run, " + noise(floor.Floor)}
		extent.add(1, bars.Band.Low, bars.Band.High)
		out.Long.Note = "The noise of this run is " + strings.TrimPrefix(noise(floor.Floor), "± ") + ": a smaller difference means nothing."
	}
	short := map[string]map[int]tableCell{} // by server and family
	var columns []column
	shown := g.few(g.groups())
	for i, f := range families {
		where := verdict.Condition(f.Condition)
		head := where
		if f.On != on {
			head += ", " + f.On
		}
		columns = append(columns, column{Head: head, Text: true})
		group := chart.Group{Name: where}
		for _, c := range f.Comparisons {
			d, _ := g.design(c.Server)
			sign, class := outcome(c.Word)
			word := c.Word.Spoken(metric)
			words := strings.TrimSpace(cmp.Or(c.Sentence, c.Why) + " " + survives(c.Survives))
			ratio, spread := unit.None, unit.None
			if got, asked, ok := served(g, d, condition{Key: c.Of.Without("server").Key()}); ok && got == 0 && asked > 0 && (c.Word == verdict.Undecided || c.Word == verdict.NotAsked) {
				sign, class, word = "○", "bad", servedNone
			}
			row := chart.Row{Name: d.Label, Class: d.Class, Absent: true, Text: sign + " " + word}
			if c.Ratio > 0 && !math.IsInf(c.Ratio, 0) && c.Word != verdict.NotAsked {
				ratio, spread = ratioText(c), interval("x", c.Low, c.High)
				row.Absent, row.Value = false, c.Ratio
				if c.Low > 0 || !math.IsInf(c.High, 1) { // otherwise it has no interval
					row.Low, row.High = c.Low, c.High
				}
				row.Text, row.Short = row.Text+", "+ratio+markSign(c), sign+" "+ratio+markSign(c)
				row.Tip = d.Label + ": " + ratio + ", 95 % interval " + spread
				extent.add(c.Ratio, c.Low, c.High)
			}
			group.Rows = append(group.Rows, row)
			entry := tableCell{Text: sign + " " + word, Class: class, Tip: words, Share: -1}
			if ratio != unit.None {
				entry.Text = sign + " " + ratio + markSign(c)
			}
			if short[c.Server] == nil {
				short[c.Server] = map[int]tableCell{}
			}
			short[c.Server][i] = entry
			out.Long.Rows = append(out.Long.Rows, []tableCell{rowHead(d), plain(where),
				named(sign+" "+word, class), plain(ratio), plain(spread), plain(words)})
		}
		if slices.ContainsFunc(shown, func(c condition) bool { return c.Label == where }) {
			bars.Groups = append(bars.Groups, group)
		}
	}
	compared := slices.DeleteFunc(slices.Clone(g.designs), func(d design) bool { return short[d.Name] == nil })
	out.Short = designTable(out.Title, compared, columns, func(d design, i int) tableCell {
		if entry, ok := short[d.Name][i]; ok {
			return entry
		}
		return absent("not compared")
	})
	out.Short.Note = signs(metric, out.Long, families)
	out.Long = out.Long.withoutEmpty()
	if !drawn || len(bars.Groups) == 0 {
		return out
	}
	lo, hi := extent.factors()
	bars.X = axis.Axis{Kind: axis.Ratio, Unit: "x", Min: lo, Max: hi}.Nice(6)
	if hi/lo > 3 {
		bars.X = axis.Axis{Kind: axis.Log, Unit: "x", Min: lo, Max: hi}.Nice(6)
	}
	out.Chart = bars
	return out
}

// markSign follows the ratio of two costs of which one was measured, or both were, at saturation.
func markSign(c verdict.Comparison) string {
	if slices.ContainsFunc(c.Marks, func(m string) bool { return strings.Contains(m, verdict.AtSaturation) }) {
		return " " + saturatedSign
	}
	return ""
}

// signs explains the signs that a table of verdicts uses, and says why a comparison in it could not be made.
func signs(metric string, long table, families []verdict.Family) string {
	seen := map[string]bool{}
	for _, row := range long.Rows {
		seen[row[2].Text] = true
	}
	var reasons, limited []string
	saturated := false
	for _, f := range families {
		for _, c := range f.Comparisons {
			if c.Limited != "" && !slices.Contains(limited, c.Limited) {
				limited = append(limited, c.Limited)
			}
			saturated = saturated || c.Ratio > 0 && markSign(c) != ""
			if c.Word == verdict.NotAsked && c.Why != "" && !slices.Contains(reasons, c.Why) {
				reasons = append(reasons, c.Why)
			}
		}
	}
	var parts []string
	for _, o := range outcomes {
		if s := o.Sign + " " + o.Word.Spoken(metric); seen[s] {
			parts = append(parts, s)
		}
	}
	if s := "○ " + servedNone; seen[s] {
		parts = append(parts, s)
	}
	note := strings.Join(parts, ", ") + "."
	if len(reasons) > 0 {
		note += " Not askable here: " + strings.Join(reasons, "; ") + "."
	}
	if len(limited) > 0 {
		note += " The generator limited " + unit.Series(limited) + ": with a faster generator the figure would be better, and it is unknown by how much."
	}
	if saturated {
		note += " " + saturatedSign + " one of the two, or both, at saturation, where a request costs less than at part load."
	}
	return note
}
