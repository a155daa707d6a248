package report

import (
	"cmp"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/chart"
	"socketbench/experiments/report/unit"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// Widths of a picture, in pixels: beside a page's margins on a desk, and on a telephone.
const (
	wide   = 960
	narrow = 342
)

// draw draws a chart at both widths.
func draw(c interface{ SVG(float64) string }) drawing {
	return drawing{Wide: template.HTML(c.SVG(wide)), Narrow: template.HTML(c.SVG(narrow))}
}

// A plotter makes the figures of one name in an experiment's `charts`; none where the run has no data
// for it.
type plotter struct {
	Name string
	Auto bool // also drawn for an experiment that names no charts, where there is data
	Make func(g grid, in Input, e spec.Experiment) []figure
}

// plotters lists the charts in the order in which a report shows them.
var plotters = []plotter{
	{"waterfall", false, waterfalls},
	{"spectrum", true, spectra},
	{"knee", true, knees},
	{"scaling", true, scalings},
	{"cost", true, costs},
	{"memory", true, memories},
	{"fairness", true, fairnesses},
}

func figures(g grid, in Input, e spec.Experiment) (out []figure, missing []string) {
	for _, p := range plotters {
		asked := slices.Contains(e.Charts, p.Name)
		if !asked && !(p.Auto && len(e.Charts) == 0) {
			continue
		}
		made := p.Make(g, in, e)
		if len(made) == 0 && asked {
			missing = append(missing, p.Name)
		}
		for i, f := range made {
			f.ID = p.Name
			if i > 0 {
				f.ID = fmt.Sprintf("%s-%d", p.Name, i+1)
			}
			out = append(out, f)
		}
	}
	return out, missing
}

// few are the conditions that have a picture each; the tables have all.
func (g grid) few(n int) []condition {
	if len(g.conditions) <= n {
		return g.conditions
	}
	out := make([]condition, 0, n)
	for i := range n {
		out = append(out, g.conditions[i*(len(g.conditions)-1)/(n-1)])
	}
	return out
}

// groups is how many conditions a chart with a row for each design has room for.
func (g grid) groups() int {
	if len(g.designs)*mostConditions > 24 {
		return 2
	}
	return mostConditions
}

// bars draws one metric of every cell from zero, a group a condition, with the noise around the
// baseline as a band.
func bars(g grid, in Input, metric, title, reading string) []figure {
	if !g.has(metric) {
		return nil
	}
	u := unitOf(metric)
	c := chart.Bars{Title: title, About: "A table with the same figures follows.", XTitle: metricName(metric)}
	floor := positive(in.Analysis.Floor[metric].Floor, 0)
	top := 0.0
	for _, cond := range g.few(g.groups()) {
		group := chart.Group{Name: cond.Label}
		for _, d := range g.designs {
			s, ok := g.metric(d, cond, metric)
			row := chart.Row{Name: d.Name, Class: d.Class, Absent: !ok, Text: "not measured"}
			if ok {
				row.Value, row.Low, row.High, row.Least = s.Center, s.Low, s.High, s.AtLeast || s.LowerBound
				row.Text = summaryText(metric, s)
				row.Tip = d.Name + " " + cond.Label + ": " + row.Text
				if s.High > s.Low {
					row.Tip += ", 95 % interval " + interval(u, s.Low, s.High) + ", " + trials(s.N)
				}
				top = max(top, s.Center, positive(s.High, 0))
			}
			group.Rows = append(group.Rows, row)
			if base := baselineOf(in.Analysis, metric); ok && floor > 0 && d.Name == base {
				group.Band = &chart.Band{Low: s.Center / (1 + floor), High: s.Center * (1 + floor),
					Label: fmt.Sprintf("the noise of this run around %s: ± %s", base, unit.Percent(floor))}
			}
		}
		c.Groups = append(c.Groups, group)
	}
	c.X = axis.Axis{Unit: u, Max: top}.Nice(6)
	if floor > 0 {
		if base := baselineOf(in.Analysis, metric); base != "" {
			reading += fmt.Sprintf(" The grey band is the noise of this run around %s, ± %s: bars that end in it do not differ.", base, unit.Percent(floor))
		}
	}
	return []figure{{Title: title, Reading: reading, Drawing: draw(c), Table: metricTable(g, title, metric)}}
}

// baselineOf is the design that the others are compared with.
func baselineOf(a verdict.Analysis, metric string) string {
	for _, f := range a.Families {
		if f.Metric == metric {
			return f.Baseline
		}
	}
	return ""
}

// metricTable is one metric of every cell: designs down, conditions across.
func metricTable(g grid, caption, metric string) table {
	t := table{Caption: caption, Columns: []column{{Head: "design", Text: true}}}
	for _, c := range g.conditions {
		head := c.Label
		if head == "" {
			head = metricName(metric)
		}
		t.Columns = append(t.Columns, column{Head: head})
	}
	for _, d := range g.designs {
		row := []cell{{Text: d.Name, Class: "name", Hue: d.Family, Share: -1}}
		for _, c := range g.conditions {
			v := figureCell(g, d, c, metric)
			if s, ok := g.metric(d, c, metric); ok && s.High > s.Low {
				v.Text += " [" + interval(unitOf(metric), s.Low, s.High) + "]"
			}
			row = append(row, v)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func costs(g grid, in Input, _ spec.Experiment) []figure {
	return bars(g, in, "cpu_per_request", "What a request costs",
		"CPU time of the server's processes for one request, its 95 % interval as a whisker. Shorter is cheaper.")
}

func memories(g grid, in Input, _ spec.Experiment) []figure {
	return bars(g, in, "rss_per_connection", "What a connection costs in memory",
		"Resident memory of the server with the connections, less that without, by connection. Shorter is cheaper.")
}

func fairnesses(g grid, in Input, _ spec.Experiment) []figure {
	return slices.Concat(
		bars(g, in, "fairness", "How evenly clients are served",
			"Jain's index over connections: 1 when all got the same number of answers, 1/n when one client got them all."),
		bars(g, in, "worst_connection_p99", "How the client fared who fared worst",
			"The 99th percentile of the connection for which it is highest."))
}

// knees draws the response time over the offered rate.
func knees(g grid, _ Input, _ spec.Experiment) []figure {
	return over(g, "load.rate", "latency.p99", "Response time as the load rises",
		"Each line climbs where its design cannot keep up: the knee. Ringed is the highest offered rate, of those tried, that was carried: at least 99 % of it was answered, there and at every lower rate.")
}

// scalings draws metrics over each field that takes at least three numbers.
func scalings(g grid, _ Input, _ spec.Experiment) (out []figure) {
	reading := "Upwards, equal distances are equal factors. A flat line is a design that does not mind; a steep one pays for each step."
	for _, f := range g.vary {
		if f.Field == "load.rate" || len(numbers(f)) < 3 {
			continue
		}
		by := strings.TrimSpace(strings.NewReplacer("%s", "", "%p", "s").Replace(words[f.Field]))
		if by == "" {
			by = f.Field
		}
		for _, m := range []string{"latency.p99", "achieved_rate", "cpu_per_request", "rss_per_connection"} {
			name := metricName(m)
			if len(out) > 0 {
				reading = ""
			}
			out = append(out, over(g, f.Field, m, strings.ToUpper(name[:1])+name[1:]+" by "+by,
				reading)...)
		}
	}
	return out
}

func numbers(f spec.Factor) (v []float64) {
	for _, x := range f.Values {
		if n, ok := number(x); ok {
			v = append(v, n)
		}
	}
	slices.Sort(v)
	return v
}

// over draws a metric over a varied field, both on logarithmic axes, a figure for each combination of
// the other fields.
func over(g grid, field, metric, title, reading string) (out []figure) {
	i := slices.IndexFunc(g.vary, func(f spec.Factor) bool { return f.Field == field })
	if i < 0 || len(numbers(g.vary[i])) < 2 || !g.has(metric) {
		return nil
	}
	values := numbers(g.vary[i])
	x := axis.Axis{Kind: axis.Log, Unit: "count", Min: values[0], Max: values[len(values)-1]}
	place := func(v float64) float64 { return v }
	if values[0] <= 0 { // a logarithm has no place for nothing: equal steps, each with its name
		x = axis.Axis{Kind: axis.Ordinal}
		for _, v := range values {
			x.Names = append(x.Names, unit.Tick("count", v))
		}
		x = x.Nice(0)
		place = func(v float64) float64 { return float64(slices.Index(values, v)) }
	}
	type rest struct {
		label string
		conds []condition
	}
	var rests []rest
	for _, c := range g.conditions {
		other := without(c.Cell)
		delete(other, field)
		label := ""
		if len(other) > 0 {
			label = describe(other)
		}
		j := slices.IndexFunc(rests, func(r rest) bool { return r.label == label })
		if j < 0 {
			j = len(rests)
			rests = append(rests, rest{label: label})
		}
		rests[j].conds = append(rests[j].conds, c)
	}
	for _, r := range rests[:min(len(rests), mostConditions)] {
		l := chart.Lines{Title: title, About: "A table with the same figures follows.", X: x, XTitle: strings.TrimSpace(strings.NewReplacer("%s", "", "%p", "s").Replace(words[field])),
			YTitle: metricName(metric)}
		if r.label != "" {
			l.Title += ", " + r.label
		}
		if field == "load.rate" {
			l.XTitle = "offered rate, requests/s"
		}
		lo, hi := math.Inf(1), 0.0
		var carried []string
		for _, d := range g.designs {
			s := chart.Series{Name: d.Name, Class: d.Class, Mark: d.Mark}
			for _, c := range r.conds {
				v, ok := g.metric(d, c, metric)
				n, isNumber := number(c.Cell[field])
				if !ok || !isNumber || v.Center <= 0 {
					continue
				}
				s.Points = append(s.Points, chart.Point{X: place(n), Y: v.Center, Low: max(v.Low, 0), High: v.High, Least: v.AtLeast || v.LowerBound,
					Tip: say(field, c.Cell[field]) + ": " + summaryText(metric, v)})
				lo, hi = min(lo, v.Center, positive(v.Low, v.Center)), max(hi, v.Center, positive(v.High, 0))
			}
			slices.SortFunc(s.Points, func(a, b chart.Point) int { return cmp.Compare(a.X, b.X) })
			if field == "load.rate" {
				if i := knee(g, d, r.conds); i >= 0 && i < len(s.Points) {
					s.Points[i].Ring = true
					carried = append(carried, d.Name+" "+unit.Tick("requests/s", s.Points[i].X))
				} else {
					carried = append(carried, d.Name+" none of them")
				}
			}
			if len(s.Points) > 0 {
				l.Series = append(l.Series, s)
			}
		}
		if len(l.Series) == 0 {
			continue
		}
		l.Y = axis.Axis{Kind: axis.Log, Unit: unitOf(metric), Min: lo, Max: hi}.Nice(6)
		if len(out) > 0 {
			reading = ""
		}
		t := metricTable(g, l.Title, metric)
		if len(carried) > 0 {
			t.Note = "The highest rate that was carried: " + strings.Join(carried, ", ") + "."
		}
		out = append(out, figure{Title: l.Title, Reading: reading, Drawing: draw(l), Table: t, Legend: true})
	}
	return out
}

// knee is the place of the highest rate up to which a design answered at least 99 % of what was
// offered, among the conditions in the order of their rates; -1 where it did at none.
func knee(g grid, d design, conditions []condition) int {
	type step struct{ rate, answered float64 }
	var steps []step
	for _, c := range conditions {
		rate, isNumber := number(c.Cell["load.rate"])
		offered, ok := g.metric(d, c, "offered_rate")
		achieved, also := g.metric(d, c, "achieved_rate")
		if isNumber && ok && also && offered.Center > 0 {
			steps = append(steps, step{rate, achieved.Center / offered.Center})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.rate, b.rate) })
	for i, s := range steps {
		if s.answered < 0.99 {
			return i - 1
		}
	}
	return len(steps) - 1
}
