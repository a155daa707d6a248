package report

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// Choice is a situation in which somebody chooses a design, and the measurement that answers it.
type Choice struct {
	When       string      // the situation
	Experiment string      // the experiment that measures it
	At         result.Cell // the condition in that experiment
	Metric     string      // what decides, among the designs that serve every client
}

// Choices are the lines of "which should I use", the most frequent question first.
var Choices = []Choice{
	{"Some clients connect and say nothing", "head-of-line", result.Cell{"load.mute": 1}, metric.LatencyP50},
	{"Thousands of connections are idle", "idle-mass", result.Cell{"load.idle": 10000}, metric.RSSPerConnection},
	{"Thousands ask at once", "concurrency", result.Cell{"load.connections": 10000}, metric.AchievedRate},
	{"Handlers wait, for a database say", "slow-work", result.Cell{}, metric.AchievedRate},
	{"Handlers compute", "cpu-work", result.Cell{"config.cpu": 100000}, metric.CPUPerRequest},
	{"Clients connect, ask once and leave", "churn", result.Cell{"load.requests": 1}, metric.CPUPerRequest},
}

// measuredBy is the experiment whose figures the README's table of designs shows.
const measuredBy = "latency"

// Machine is what was concluded on one class of machine, by the names of the runs: those of experiments, and
// "latency-designs" for a run of that experiment with more designs.
type Machine struct {
	Name string
	Runs map[string]verdict.Analysis
}

// Readme returns text with its measured figures updated: the lines between <!-- choices --> and <!-- /choices -->, and
// the last column of the table of designs between <!-- designs --> and <!-- /designs -->, with the sentence below it. The
// figures are those of the first machine; where another one has another answer, the line says so.
func Readme(text string, machines []Machine, registry servers.Registry) (string, error) {
	if len(machines) == 0 {
		return "", errors.New("report: nothing was measured; keep the summaries of runs first")
	}
	var lines []string
	for _, c := range Choices {
		line, err := chosen(c, machines, registry)
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	text, err := inRegion(text, "choices", func(string) string { return strings.Join(lines, "\n") })
	if err != nil {
		return "", err
	}
	a, ok := machines[0].Runs[measuredBy+"-designs"]
	if !ok {
		a, ok = machines[0].Runs[measuredBy]
	}
	if !ok {
		return "", noRun(machines[0], measuredBy)
	}
	g := newGrid(a.Cells, registry)
	return inRegion(text, "designs", func(old string) string {
		rows, _, _ := strings.Cut(old, "\n\n") // the table, without the sentence below it
		rows = designRow().ReplaceAllStringFunc(rows, func(row string) string {
			m := designRow().FindStringSubmatch(row)
			return m[1] + " " + inTable(g, a.Experiment, m[2]) + " |"
		})
		return strings.TrimSuffix(rows, "\n") + "\n\n" + measuredOn(a, strings.Contains(rows, saturatedSign))
	})
}

func noRun(m Machine, experiment string) error {
	return fmt.Errorf("report: no run of %s was kept of %s; socketbench run %s makes one", experiment, m.Name, experiment)
}

// measuredOn says which run the last column of the table of designs comes from. says is whether the column has the sign
// of saturation.
func measuredOn(a verdict.Analysis, says bool) string {
	e, m := a.Experiment, a.Manifest
	over := fmt.Sprintf("%d connections", e.Load.Connections)
	asked := over
	switch {
	case len(m.Loads) == 1 && m.Loads[0].Rate > 0:
		l := m.Loads[0]
		asked = fmt.Sprintf("%s requests/s over %s, which is %s of what `%s` carries there",
			unit.Tick("count", l.Rate), over, unit.Percent(l.Utilization), m.Capacities[l.Capacity].Cell.Server())
	case len(a.Cells) > 0 && a.Cells[0].InForce != "":
		asked = a.Cells[0].InForce + " over " + over
	case e.Load.Rate > 0:
		asked = unit.Tick("count", e.Load.Rate) + " requests/s over " + over
	}
	on := ""
	if m.Host.CPUs > 0 {
		on = ", on " + where(m)
	}
	sign := ""
	if says {
		sign = " " + saturatedSign + " means that the server's CPUs were full."
	}
	return fmt.Sprintf("The last column is from one run of `%s` (%s, %s%s). It shows the order of magnitude and is no ranking:\n`socketbench run %s` prints the intervals. ◐ means that the design served only some of the clients.%s",
		e.Name, asked, unit.Many(m.Blocks, "block"), on, e.Name, sign)
}

// designRow matches a row of the table of designs: the row without its last cell, and the name in it.
var designRow = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("(?m)^(\\| \\[`([a-z]+)`\\].*\\|)[^|\n]*\\|$")
})

// inRegion replaces the text between the marks of a region.
func inRegion(text, region string, by func(old string) string) (string, error) {
	open, end := "<!-- "+region+" -->\n", "<!-- /"+region+" -->"
	head, rest, ok := strings.Cut(text, open)
	old, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return "", fmt.Errorf("report: no region between %q and %q; put both on lines of their own", strings.TrimSpace(open), end)
	}
	return head + open + strings.TrimSuffix(by(old), "\n") + "\n" + end + tail, nil
}

// chosen answers a choice by the first machine, and adds the answers of others that differ in the design.
func chosen(c Choice, machines []Machine, registry servers.Registry) (string, error) {
	var out, first string
	for i, m := range machines {
		a, ok := m.Runs[c.Experiment]
		if !ok && i > 0 {
			continue
		}
		if !ok {
			return "", noRun(m, c.Experiment)
		}
		answer, err := choose(c, a, newGrid(a.Cells, registry))
		switch {
		case err != nil && i == 0:
			return "", err
		case err != nil:
			out += " On `" + m.Name + "`: not compared."
		case i == 0:
			out, first = answer.whole(c), answer.Design
		case answer.Design != first:
			out += " On `" + m.Name + "`: " + answer.Words + "."
		}
	}
	return out, nil
}

// answer is what a run says to a choice.
type answer struct {
	Design string // the best
	Words  string // with its figure
	Rest   string // who else, and who not
	At     string // the condition
}

func (a answer) whole(c Choice) string {
	return "- **" + c.When + ":** " + a.Words + a.Rest + ". (`socketbench run " + c.Experiment + "`" + a.At + ")"
}

// choose answers a choice: which design is significantly better than the baseline, or that none is.
func choose(c Choice, a verdict.Analysis, g grid) (out answer, err error) {
	i := slices.IndexFunc(a.Families, func(f verdict.Family) bool { return f.Metric == c.Metric && matches(f.Condition, c.At) })
	if i < 0 {
		return out, fmt.Errorf("report: the run of %s compares no %s %s; run it whole", c.Experiment, metricName(c.Metric), verdict.Condition(c.At))
	}
	f := a.Families[i]
	r := newRanks(g, f)
	base, _ := g.design(f.Baseline)
	where := condition{Key: f.Condition.Key(), Label: verdict.Condition(f.Condition)}
	name := metricName(c.Metric)
	if len(r.Better) > 0 {
		b := r.Better[0]
		out.Design = b.Server
		out.Words = fmt.Sprintf("`%s`, with %s the %s of `%s` (95 %% interval %s)", b.Server, unit.Format("x", b.Ratio), name, f.Baseline, interval("x", b.Low, b.High))
		if len(r.Better) > 1 {
			out.Rest = "; then " + unit.Series(asCode(ratios(r.Better[1:], mostNamed)))
		}
	} else {
		out.Design = f.Baseline
		figure := strings.TrimSuffix(figureCell(g, base, where, c.Metric).Text, " "+saturatedSign) // the marks below say it
		out.Words = fmt.Sprintf("`%s` (%s: %s): no design was significantly better (95 %% interval)", f.Baseline, name, figure)
		switch n := len(r.neither()); {
		case n > mostNamed:
			out.Rest = fmt.Sprintf(", and %d others are ties or undecided", n)
		case n == 1:
			out.Rest = ", and `" + r.neither()[0] + "` ties or is undecided"
		case n > 0:
			out.Rest = ", and " + unit.Series(asCode(r.neither())) + " tie or are undecided"
		}
	}
	if len(r.Worse) > 0 {
		out.Rest += ". Worse: " + unit.Series(asCode(ratios(r.Worse, mostNamed)))
	}
	if len(r.Failed) > 0 {
		out.Rest += ". Left clients without an answer: " + unit.Series(asCode(r.Failed))
	}
	if marks := r.marked(); marks != "" {
		out.Rest += ". To be read with care: " + marks
	}
	for _, at := range filled(where.Label, f.On) {
		out.At += ", " + at
	}
	return out, nil
}

func matches(where, at result.Cell) bool {
	for f, v := range at {
		if !same(where[f], v) {
			return false
		}
	}
	return true
}

// asCode writes the first word of each entry as code.
func asCode(list []string) (out []string) {
	for _, s := range list {
		name, rest, _ := strings.Cut(s, " ")
		if strings.Trim(name, "0123456789") != "" {
			name = "`" + name + "`"
		}
		out = append(out, strings.TrimSpace(name+" "+rest))
	}
	return out
}

// inTable is what the table of designs says about one design.
func inTable(g grid, e spec.Experiment, name string) string {
	d, ok := g.design(name)
	if !ok || len(g.conditions) == 0 {
		return unit.None
	}
	c := g.conditions[0]
	if got, asked, ok := served(g, d, c); ok && got < asked {
		return answeredCell(g, d, c, e).Text
	}
	return figureCell(g, d, c, metric.LatencyP50).Text + ", " + figureCell(g, d, c, metric.CPUPerRequest).Text
}
