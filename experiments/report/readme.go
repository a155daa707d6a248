package report

import (
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

// Readme returns text with its measured figures updated from the newest run of each experiment: the lines between
// <!-- choices --> and <!-- /choices -->, and the last column of the table of designs between <!-- designs --> and
// <!-- /designs -->.
func Readme(text string, past []Past, registry servers.Registry) (string, error) {
	var lines []string
	for _, c := range Choices {
		p, err := newest(past, c.Experiment)
		if err != nil {
			return "", err
		}
		line, err := choose(c, p.Analysis, newGrid(p.Analysis.Cells, registry))
		if err != nil {
			return "", err
		}
		lines = append(lines, line)
	}
	text, err := inRegion(text, "choices", func(string) string { return strings.Join(lines, "\n") })
	if err != nil {
		return "", err
	}
	p, err := newest(past, measuredBy)
	if err != nil {
		return "", err
	}
	g := newGrid(p.Analysis.Cells, registry)
	return inRegion(text, "designs", func(rows string) string {
		return designRow().ReplaceAllStringFunc(rows, func(row string) string {
			m := designRow().FindStringSubmatch(row)
			return m[1] + " " + inTable(g, p.Analysis.Experiment, m[2]) + " |"
		})
	})
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

// newest is the newest run of an experiment. The list begins with the newest run of all.
func newest(past []Past, experiment string) (Past, error) {
	i := slices.IndexFunc(past, func(p Past) bool { return p.Err == nil && p.Analysis.Experiment.Name == experiment })
	if i < 0 {
		return Past{}, fmt.Errorf("report: no run of %s; socketbench run %s makes one", experiment, experiment)
	}
	return past[i], nil
}

// choose answers a choice: which design is significantly better than the baseline, or that none is.
func choose(c Choice, a verdict.Analysis, g grid) (string, error) {
	i := slices.IndexFunc(a.Families, func(f verdict.Family) bool { return f.Metric == c.Metric && matches(f.Condition, c.At) })
	if i < 0 {
		return "", fmt.Errorf("report: the run of %s compares no %s %s; run it whole", c.Experiment, metricName(c.Metric), verdict.Condition(c.At))
	}
	f := a.Families[i]
	r := newRanks(g, f)
	base, _ := g.design(f.Baseline)
	where := condition{Key: f.Condition.Key(), Label: verdict.Condition(f.Condition)}
	name := metricName(c.Metric)
	out := "- **" + c.When + ":** "
	if len(r.Better) > 0 {
		b := r.Better[0]
		out += fmt.Sprintf("`%s`, with %s the %s of `%s` (95 %% interval %s)", b.Server, unit.Format("x", b.Ratio), name, f.Baseline, interval("x", b.Low, b.High))
		if len(r.Better) > 1 {
			out += "; then " + unit.Series(asCode(ratios(r.Better[1:], mostNamed)))
		}
	} else {
		out += fmt.Sprintf("`%s` (%s: %s): no design was significantly better (95 %% interval)", f.Baseline, name, figureCell(g, base, where, c.Metric).Text)
		switch n := len(r.neither()); {
		case n > mostNamed:
			out += fmt.Sprintf(", and %d others are ties or undecided", n)
		case n > 0:
			out += ", and " + unit.Series(asCode(r.neither())) + " tie or are undecided"
		}
	}
	if len(r.Worse) > 0 {
		out += ". Worse: " + unit.Series(asCode(ratios(r.Worse, mostNamed)))
	}
	if len(r.Failed) > 0 {
		out += ". Left clients without an answer: " + unit.Series(asCode(r.Failed))
	}
	at := ""
	if where.Label != "" {
		at = ", " + where.Label
	}
	return out + ". (`socketbench run " + c.Experiment + "`" + at + ")", nil
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
