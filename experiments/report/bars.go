package report

import (
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/chart"
	"socketbench/experiments/verdict"
)

// groups is how many conditions fit into a chart that has a row for each design.
func (g grid) groups() int {
	if len(g.designs)*mostConditions > 24 {
		return 2
	}
	return mostConditions
}

// measured leaves out the conditions under which no design has the metric.
func (g grid) measured(metric string) grid {
	var kept []condition
	for _, c := range g.conditions {
		if slices.ContainsFunc(g.designs, func(d design) bool { _, ok := g.metric(d, c, metric); return ok }) {
			kept = append(kept, c)
		}
	}
	g.conditions = kept
	return g
}

// bars is a chart of one metric: a group of bars for each condition, with the noise of the run as a band around the
// baseline's value.
func bars(g grid, in Input, metric, title, explanation string) []figure {
	if !g.has(metric) {
		return nil
	}
	u := unitOf(metric)
	c := chart.Bars{Title: title, XTitle: metricName(metric)}
	floor := positive(in.Analysis.Floor[metric].Floor, 0)
	var extent reach
	for _, cond := range g.measured(metric).few(g.groups()) {
		group := chart.Group{Name: cond.Label}
		for _, d := range g.designs {
			s, ok := g.metric(d, cond, metric)
			row := chart.Row{Name: d.Label, Class: d.Class, Absent: !ok, Text: "not measured"}
			if ok {
				row.Value, row.Low, row.High, row.Least = s.Center, s.Low, s.High, s.AtLeast || s.LowerBound
				v, _ := g.at(d, cond)
				row.Text = summaryText(metric, s) + atSaturation(v, metric)
				row.Tip = strings.Join(append([]string{d.Label + " " + cond.Label + ": " + row.Text}, v.Marks(metric)...), ", ")
				extent.add(s.Center, s.Low, s.High)
				if s.High > s.Low {
					row.Tip += ", 95 % interval " + interval(u, s.Low, s.High) + ", " + trials(s.N)
				}
			}
			group.Rows = append(group.Rows, row)
			if base := baselineOf(in.Analysis, metric); ok && floor > 0 && d.Name == base {
				group.Band = &chart.Band{Low: s.Center / (1 + floor), High: s.Center * (1 + floor),
					Label: "the noise of this run around " + base + ": " + noise(floor)}
			}
		}
		c.Groups = append(c.Groups, group)
	}
	c.X = axis.Axis{Unit: u, Max: extent.top()}.Nice(6)
	if floor > 0 {
		if base := baselineOf(in.Analysis, metric); base != "" {
			explanation += " The grey band is the noise of this run around " + base + ", " + noise(floor) + ": bars that end within it do not differ measurably."
		}
	}
	t := metricTable(g, title, metric)
	return []figure{{Title: title, Explanation: strings.Join(append([]string{explanation}, notesOfSigns(t)...), " "), Chart: c, Table: t}}
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

func costs(g grid, in Input) []figure {
	return bars(g, in, metric.CPUPerRequest, "What a request costs",
		"CPU time of the server's processes for one request, its 95 % interval as a whisker. Shorter is cheaper.")
}

func memories(g grid, in Input) []figure {
	return bars(g, in, metric.RSSPerConnection, "What a connection costs in memory",
		"Resident memory of the server with its connections, less that without them, divided by their number. Shorter is cheaper.")
}

func fairnesses(g grid, in Input) []figure {
	return slices.Concat(
		bars(g, in, metric.Fairness, "How evenly clients are served",
			"Jain's index over connections: 1 when all got the same number of answers, 1/n when one of n got them all."),
		bars(g, in, metric.WorstConnectionP99, "How late the worst-served client was answered",
			"The 99th percentile of the response time of the connection for which it is highest."))
}
