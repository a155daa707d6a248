package report

import (
	"cmp"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/chart"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// knees are charts of the response time over the offered rate.
func knees(g grid, in Input) (out []figure) {
	const explanation = "Each line climbs where its design can no longer keep up: the knee. A ring marks the highest rate that the design carried: there, and at every lower rate that was tried, it answered at least 99 % of what was offered."
	e := in.Analysis.Experiment
	for _, f := range e.Vary {
		if offers(f.Field) && len(numbers(f)) >= 2 {
			unit := ""
			if spec.IsShare(f.Field) {
				unit = " The capacity, 100 %, is what " + e.Reference() + " carries here."
			}
			out = over(g, f, metric.LatencyP99, "Response time as the load rises", explanation+unit)
		}
	}
	return out
}

// offers reports whether a field says how much an open loop asks for.
func offers(field string) bool { return field == "load.rate" || field == "load.utilization" }

// scalings are charts of metrics over each field that takes at least three numbers.
func scalings(g grid, in Input) (out []figure) {
	explanation := "On the vertical axis, equal distances are equal factors. A flat line is a design whose figure does not depend on the varied field; a steep one pays for each step."
	for _, f := range in.Analysis.Experiment.Vary {
		if offers(f.Field) || len(numbers(f)) < 3 {
			continue
		}
		by := verdict.Field(f.Field)
		for _, m := range []string{metric.LatencyP99, metric.AchievedRate, metric.CPUPerRequest, metric.RSSPerConnection} {
			if len(out) > 0 {
				explanation = ""
			}
			out = append(out, over(g, f, m, capital(metricName(m))+" by "+by, explanation)...)
		}
	}
	return out
}

func numbers(f spec.Factor) (v []float64) {
	for _, x := range f.Values {
		if n, ok := verdict.Number(x); ok {
			v = append(v, n)
		}
	}
	slices.Sort(v)
	return v
}

// over makes charts of a metric over a varied field, both on logarithmic axes: a chart for each combination of the
// other fields.
func over(g grid, vary spec.Factor, metric, title, explanation string) (out []figure) {
	if !g.has(metric) {
		return nil
	}
	field, values := vary.Field, numbers(vary)
	x := axis.Axis{Kind: axis.Log, Unit: "count", Min: values[0], Max: values[len(values)-1]}
	place := func(v float64) float64 { return v }
	said := func(v float64) string { return unit.Tick("count", v) }
	if spec.IsShare(field) {
		said = unit.Percent
	}
	// A logarithmic axis cannot show 0, and shares lie close to each other: the values stand at equal distances, each with
	// its name.
	if values[0] <= 0 || spec.IsShare(field) {
		x = axis.Axis{Kind: axis.Ordinal}
		for _, v := range values {
			x.Names = append(x.Names, said(v))
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
		other := c.Cell.Without("server")
		delete(other, field)
		label := ""
		if len(other) > 0 {
			label = verdict.Condition(other)
		}
		j := slices.IndexFunc(rests, func(r rest) bool { return r.label == label })
		if j < 0 {
			j = len(rests)
			rests = append(rests, rest{label: label})
		}
		rests[j].conds = append(rests[j].conds, c)
	}
	for _, r := range rests[:min(len(rests), mostConditions)] {
		l := chart.Lines{Title: title, X: x, XTitle: verdict.Field(field),
			YTitle: metricName(metric)}
		if r.label != "" {
			l.Title += ", " + r.label
		}
		switch field {
		case "load.rate":
			l.XTitle = "offered rate, requests/s"
		case "load.utilization":
			l.XTitle = "offered rate, share of the capacity"
		}
		var extent reach
		var carried []string
		for _, d := range g.designs {
			s := chart.Series{Name: d.Label, Class: d.Class, Mark: d.Mark, Hidden: !d.Shown}
			for _, c := range r.conds {
				v, ok := g.metric(d, c, metric)
				n, isNumber := verdict.Number(c.Cell[field])
				if !ok || !isNumber || v.Center <= 0 {
					continue
				}
				s.Points = append(s.Points, chart.Point{X: place(n), Y: v.Center, Low: max(v.Low, 0), High: v.High, Least: v.AtLeast || v.LowerBound,
					Tip: verdict.Condition(result.Cell{field: c.Cell[field]}) + ": " + summaryText(metric, v)})
				extent.add(v.Center, v.Low, v.High)
			}
			gaps(s.Points, values, place)
			if offers(field) {
				if i := knee(g, d, r.conds, field); i >= 0 && i < len(s.Points) {
					s.Points[i].Ring = true
					highest := values[slices.IndexFunc(values, func(v float64) bool { return place(v) == s.Points[i].X })]
					carried = append(carried, d.Label+" "+carries(field, highest))
				} else {
					carried = append(carried, d.Label+" none")
				}
			}
			if len(s.Points) > 0 {
				l.Series = append(l.Series, s)
			}
		}
		if len(l.Series) == 0 {
			continue
		}
		lo, hi := extent.factors()
		l.Y = axis.Axis{Kind: axis.Log, Unit: unitOf(metric), Min: lo, Max: hi}.Nice(6)
		if len(out) > 0 {
			explanation = ""
		}
		t := metricTable(g, l.Title, metric)
		if len(carried) > 0 {
			t.Note = "The highest rate that each design carried: " + strings.Join(carried, ", ") + "."
		}
		out = append(out, figure{Title: l.Title, Explanation: explanation, Chart: l, Table: t, Legend: true})
	}
	return out
}

// carries writes a load in the unit of its field.
func carries(field string, v float64) string {
	if spec.IsShare(field) {
		return unit.Percent(v)
	}
	return unit.Tick("requests/s", v)
}

// gaps sorts the points of a line, and marks a point that follows a value of the varied field without a point.
func gaps(points []chart.Point, values []float64, place func(float64) float64) {
	slices.SortFunc(points, func(a, b chart.Point) int { return cmp.Compare(a.X, b.X) })
	next := 0
	for i := range points {
		for k := next; k < len(values); k++ {
			if place(values[k]) == points[i].X {
				points[i].Gap = i > 0 && k > next
				next = k + 1
				break
			}
		}
	}
}

// knee is the index of the highest rate up to which a design answered at least 99 % of what was offered, among the
// conditions in the order of their rates. It is -1 where there is none.
func knee(g grid, d design, conditions []condition, field string) int {
	type point struct{ rate, answered float64 }
	var points []point
	for _, c := range conditions {
		rate, isNumber := verdict.Number(c.Cell[field])
		offered, ok := g.metric(d, c, metric.OfferedRate)
		achieved, also := g.metric(d, c, metric.AchievedRate)
		if isNumber && ok && also && offered.Center > 0 {
			points = append(points, point{rate, achieved.Center / offered.Center})
		}
	}
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.rate, b.rate) })
	for i, s := range points {
		if s.answered < 0.99 {
			return i - 1
		}
	}
	return len(points) - 1
}
