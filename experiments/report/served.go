package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// mostConditions is how many conditions the first table has columns for.
const mostConditions = 4

// mostBeside is how many other figures the first table has beside the primary metric.
const mostBeside = 2

const answeredTip = "of what was asked for in the window, the share that was answered rightly and in time"

// servedTables say what was answered, how late and at what cost. The first has the share that was answered under each
// condition, and figures that the predictions are about. The second has the primary metric under each condition; where
// there is only one condition, it becomes the last column of the first table.
func servedTables(g grid, e spec.Experiment) (answered, asked table) {
	if len(g.designs) == 0 {
		return table{}, table{}
	}
	shown := g.conditions
	var notes []string
	if len(shown) > mostConditions {
		shown = []condition{g.conditions[0], g.conditions[len(g.conditions)/2], g.conditions[len(g.conditions)-1]}
		notes = append(notes, fmt.Sprintf("%d of %d conditions; the others are in the full table.", len(shown), len(g.conditions)))
	}
	answered = table{Caption: "What was answered", Columns: []column{{Head: "design", Text: true}}}
	for _, c := range shown {
		answered.Columns = append(answered.Columns, column{Head: under("answered", c), Text: true, Tip: answeredTip})
	}
	answered.Columns = append(answered.Columns,
		column{Head: "at once", Tip: "connections that the design can serve at one time, by what it promises"},
		column{Head: "trials", Tip: "valid trials of each condition, which the figures are made of"})
	beside := besides(g, e, shown)
	for _, b := range beside {
		answered.Columns = append(answered.Columns, column{Head: under(columnTitle(b.metric), b.where), Tip: aboutMetric(b.metric)})
	}
	for _, d := range g.designs {
		head := rowHead(d)
		head.Tip = d.Idea
		row := []tableCell{head}
		for _, c := range shown {
			row = append(row, answeredCell(g, d, c, e))
		}
		row = append(row, plain(atOnce(d, g, e)), plain(behind(g, d, shown)))
		for _, b := range beside {
			row = append(row, figureCell(g, d, b.where, b.metric))
		}
		answered.Rows = append(answered.Rows, row)
	}
	if g.has(e.Primary) && e.Primary != metric.Answered {
		asked = primaryTable(g, shown, e.Primary)
	}
	if len(shown) > 1 && !asked.empty() {
		asked.Note = strings.TrimSpace(strings.Join(append([]string{asked.Note}, notesOfSigns(asked)...), " "))
	}
	if len(shown) == 1 && !asked.empty() {
		answered.Columns = append(answered.Columns, asked.Columns[1:]...)
		for i := range answered.Rows {
			answered.Rows[i] = append(answered.Rows[i], asked.Rows[i][1:]...)
		}
		notes, asked = append(notes, asked.Note), table{}
	}
	answered.Note = strings.TrimSpace(strings.Join(slices.Concat(notes, notesOfSigns(answered), partly(answered), runBy(e.Commands)), " "))
	return answered, asked
}

// primaryTable is the primary metric under each condition shown, with intervals. Its caption names the metric; the heads
// name the conditions, or, of a single one, the metric, since that column may stand in another table.
func primaryTable(g grid, shown []condition, metric string) table {
	var columns []column
	most := 0.0
	for _, c := range shown {
		head := c.Label
		if len(shown) == 1 {
			head = under(columnTitle(metric), c)
		}
		columns = append(columns, column{Head: head, Tip: aboutMetric(metric)})
		for _, d := range g.designs {
			if s, ok := g.metric(d, c, metric); ok {
				most = max(most, s.Center)
			}
		}
	}
	t := designTable(capital(metricName(metric)), g.designs, columns, func(d design, i int) tableCell {
		return primaryCell(g, d, shown[i], metric, most)
	})
	var notes []string
	if t.says("[") {
		notes = append(notes, "In brackets: 95 % interval.")
	}
	if t.says("[" + noInterval + "]") {
		notes = append(notes, "["+noInterval+"]: its ends lie more than a factor of 1,000 apart.")
	}
	t.Note = strings.Join(notes, " ")
	return t
}

// capital is s with a capital letter.
func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// runBy says what the names of commands stand for.
func runBy(commands spec.Commands) (notes []string) {
	for _, name := range commands.Names() {
		notes = append(notes, name+" is run by "+foreign.ShellLine(commands[name])+".")
	}
	return notes
}

// partly explains what the table cells say where not all requests or clients were answered.
func partly(t table) (notes []string) {
	if t.says(" %, ") {
		notes = append(notes, "Answered: of what was asked for in the window, the share that was answered rightly and in time; a client that was left waiting counts for the requests that it would have sent.")
	}
	if t.any(func(s string) bool { return strings.Contains(s, " of ") && !strings.Contains(s, "none of") }) {
		notes = append(notes, "N of M: of the M clients that asked, N got at least one answer.")
	}
	return notes
}

// A besideFigure is a metric under a condition that has a column in the first table.
type besideFigure struct {
	metric string
	where  condition
}

// besides are the metrics of the predictions under their conditions, then p99 and CPU per request under the first
// condition, as long as there is room.
func besides(g grid, e spec.Experiment, shown []condition) (list []besideFigure) {
	add := func(metric string, where condition) {
		taken := slices.ContainsFunc(list, func(b besideFigure) bool { return b.metric == metric })
		if len(list) < mostBeside && metric != e.Primary && !taken && g.has(metric) {
			list = append(list, besideFigure{metric, where})
		}
	}
	for _, p := range e.Predict {
		switch p.Metric {
		case metric.Answered, metric.Missing, metric.Served, metric.Unserved: // the table says that already
		default:
			where := shown[len(shown)-1]
			if i := slices.IndexFunc(g.conditions, func(c condition) bool { return c.Key == result.Cell(p.Of).Without("server").Key() }); i >= 0 {
				where = g.conditions[i]
			}
			add(p.Metric, where)
		}
	}
	for _, metric := range []string{metric.LatencyP99, metric.CPUPerRequest} {
		add(metric, shown[0])
	}
	return list
}

// behind is how many valid trials a design has: one number, or the fewest and the most under the conditions shown.
func behind(g grid, d design, shown []condition) string {
	fewest, most := math.MaxInt, 0
	for _, c := range shown {
		v, _ := g.at(d, c)
		fewest, most = min(fewest, v.Trials), max(most, v.Trials)
	}
	if fewest == most {
		return unit.Count(most)
	}
	return unit.Count(fewest) + "–" + unit.Count(most)
}

// primaryCell writes the primary metric with its interval and a bar.
func primaryCell(g grid, d design, c condition, metric string, most float64) tableCell {
	out := figureCell(g, d, c, metric)
	if s, ok := g.metric(d, c, metric); ok {
		if s.N > 1 && s.High > s.Low && !s.AtLeast && !s.LowerBound && !s.UpperBound { // the other end of a bound is not known
			v, _ := g.at(d, c)
			out.Text = summaryText(metric, s) + " [" + brackets(unitOf(metric), s.Center, s.Low, s.High) + "]" + atSaturation(v, metric)
		}
		if most > 0 {
			out.Share, out.Hue = s.Center/most, d.Family
		}
	}
	return out
}

// under is the head of a column about one condition: "answered alone", "answered, 100 connections".
func under(what string, c condition) string {
	switch {
	case c.Label == "":
		return what
	case strings.HasPrefix(c.Label, "alone"), strings.HasPrefix(c.Label, "beside"):
		return what + " " + c.Label
	}
	return what + ", " + c.Label
}

// served returns how many connections of a cell got an answer, and how many asked for one.
func served(g grid, d design, c condition) (got, asked float64, ok bool) {
	s, ok := g.metric(d, c, metric.Served)
	if !ok {
		return 0, 0, false
	}
	u, _ := g.metric(d, c, metric.Unserved)
	return s.Center, s.Center + u.Center, true
}

// answeredCell says how much of what was asked for was answered, and what happened to the rest. To leave clients
// unanswered that the design does not promise to serve has the class doubt, any other failure the class bad.
func answeredCell(g grid, d design, c condition, e spec.Experiment) tableCell {
	v, there := g.at(d, c)
	got, asked, ok := served(g, d, c)
	switch {
	case v.NotAsked != "":
		return tableCell{Text: "– not asked", Class: "soft", Tip: v.NotAsked, Share: -1}
	case !ok && v.Fault.Kind != "":
		return tableCell{Text: "✗ " + string(v.Fault.Kind), Class: "bad", Tip: v.Fault.Short() + "; no valid trial", Share: -1}
	case !ok || !there:
		return absent("no valid trial")
	case asked == 0:
		return named("nobody asked", "soft")
	case got == 0:
		return named("○ none of "+unit.Tick("count", asked), "bad")
	}
	wrong, lost, unasked := v.Metrics[metric.Wrong].Total, v.Metrics[metric.Lost].Total, v.Metrics[metric.Duplicate].Total
	share, known := v.Metrics[metric.Answered]
	out := named("● all "+unit.Tick("count", got), "good") // for a run that did not count what was asked for
	if known {
		out.Text, out.Tip = "● "+unit.Format("share", share.Center), unit.Tick("count", got)+" of "+unit.Tick("count", asked)+" clients got an answer"
	}
	var rest []string
	if wrong > 0 {
		rest = append(rest, unit.Tick("count", wrong)+" wrong")
	}
	if lost > 0 {
		rest = append(rest, unit.Tick("count", lost)+" lost")
	}
	if unasked > 0 {
		rest = append(rest, unit.Tick("count", unasked)+" not asked for")
	}
	if v.Fault.Kind != "" && wrong == 0 { // in some of the trials, or in an invalid one
		rest = append(rest, string(v.Fault.Kind))
	}
	if got < asked {
		rest = append(rest, unit.Tick("count", math.Floor(got))+" of "+unit.Tick("count", math.Ceil(asked)))
	} else if missing := v.Metrics[metric.Missing].Total; known && missing > 0 {
		rest = append(rest, unit.Tick("count", math.Round(missing))+" missing")
	}
	if len(rest) == 0 {
		return out
	}
	sign := "◐ "
	if known && share.Center == 0 {
		sign = "○ "
	}
	if wrong+lost+unasked > 0 || v.Fault.Kind != "" {
		sign = "✗ "
	}
	out.Text, out.Class = sign+strings.Join(rest, ", "), "bad"
	if known {
		out.Text = sign + unit.Format("share", share.Center) + ", " + strings.Join(rest, ", ")
	}
	cell := c.of(e)
	if most := capacity(d, cell); wrong+lost+unasked == 0 && v.Fault.Kind == "" && most > 0 && most < cell.Load.Clients() {
		out.Class = "doubt"
	}
	return out
}

// capacity is how many connections a design promises to serve at one time in a cell. It is 0 where the design promises
// to serve all of them, or is not registered.
func capacity(d design, e spec.Experiment) int {
	if d.Entry.Name == "" {
		return 0
	}
	return d.Entry.Traits.Capacity(servers.Config{Workers: e.Config.Workers, MaxConns: e.Config.MaxConns})
}

// atOnce is how many connections a design promises to serve at one time, as a range where conditions differ.
func atOnce(d design, g grid, e spec.Experiment) string {
	if d.Entry.Name == "" {
		return unit.None
	}
	fewest, most := math.MaxInt, 0
	for _, c := range g.conditions {
		n := capacity(d, c.of(e))
		fewest, most = min(fewest, n), max(most, n)
	}
	switch {
	case fewest == 0:
		return "all"
	case fewest < most:
		return unit.Count(fewest) + "–" + unit.Count(most)
	}
	return unit.Count(most)
}
