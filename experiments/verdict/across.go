package verdict

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
)

// Across is what can be said of two runs, cell by cell.
type Across struct {
	Warnings []string // where the runs differ in more than what is compared
	Changed  []string // what the second run asked that the first did not: "load.rate is 1000, then 2000"
	Same     bool     // both are one run: every trial of the one is in the other
	Changes  []Change

	a, b           *judge
	askedA, askedB map[string]spec.Experiment // by the key of a cell without its server
}

// Change is one metric of one cell in the second run, against the first.
type Change struct {
	Cell      result.Cell
	Metric    string
	A, B      Figure
	Ratio     float64 // B.Center / A.Center; 0 where there is none: of a count, of a zero, of what one run has not
	Low, High float64 // its 95 % interval
	P         float64 // after Holm's correction over the cells of the metric
	Word      Word    // faster, slower, tie or undecided
	Why       string
	Marks     []string // what limited either figure, such as "the first run was at saturation in 3 of 3 blocks"
	Sentence  string
	Width     float64 // of an undecided one: the largest factor of change that is not excluded; +Inf: any

	blocks   int            // of the run that has fewer
	exact    bool           // a count
	ratio    stats.Estimate // of the logarithms
	floor    float64        // log-ratio below which a difference means nothing
	sa, sb   sample
	slackA   float64 // factors by which the figures may be more than they say
	slackB   float64
	on       string // of the sentence: ", on 1 server CPU"
	open     string // why an end of the interval is unknown, because a figure is a bound; "": both are known
	noEnd    string // why an end of the interval is unknown, because requests were not answered; "": both are known, or it is a bound
	excludes string // of an undecided one: the largest change that is not excluded, in words
}

// Figure is one metric of one cell of one run as it is compared: Center is the geometric mean of the trials, which a few
// bad ones hardly move (stats.Location). The ratio of two runs is the quotient of their centres. Of counts, and of values
// with a zero among them, Center is the plain mean.
type Figure struct {
	Known       bool
	Center      float64
	Least, Most float64 // of the trials
	N           int     // trials that have it
}

// Compare compares b with a for the given metrics. The trials of two runs are not interleaved, so that their scatter
// counts in full, and a change of the whole machine looks like a change of the servers; a warning says when it does.
func Compare(a, b result.Run, metrics []string) (Across, error) {
	for _, m := range metrics {
		if err := spec.KnownMetric(m); err != nil {
			return Across{}, fmt.Errorf("compare: %w", err)
		}
	}
	ja, err := newJudge(a)
	if err != nil {
		return Across{}, err
	}
	jb, err := newJudge(b)
	if err != nil {
		return Across{}, err
	}
	x := Across{a: ja, b: jb, askedA: ja.asked(), askedB: jb.asked()}
	x.Same = len(a.Trials) > 0 && reflect.DeepEqual(a.Trials, b.Trials)
	if !slices.ContainsFunc(ja.cells, func(c cell) bool { return jb.has(c.ID) }) {
		return Across{}, fmt.Errorf("compare: %s and %s have no cell in common; compare runs of the same experiment", a.Dir, b.Dir)
	}
	x.Changed = x.changed()
	x.Warnings = slices.Concat(x.differences(), OtherPaces(a.Trials, b.Trials), x.oneSided(), x.notAsked())
	if s := x.otherLoads(); s != "" {
		x.Warnings = append(x.Warnings, s)
	}
	x.Warnings = append(x.Warnings, damages("first", a)...)
	x.Warnings = append(x.Warnings, damages("second", b)...)
	for _, m := range metrics {
		x.Changes = append(x.Changes, x.changes(m)...)
	}
	if w := together(x.Changes); w != "" {
		x.Warnings = append(x.Warnings, w)
	}
	return x, nil
}

// damages says which trials of a run do not count because they cannot be read.
func damages(which string, run result.Run) (list []string) {
	if run.Torn {
		list = append(list, fmt.Sprintf("in the %s run the last trial was cut off while it was written, and does not count", which))
	}
	for _, d := range run.Damaged {
		list = append(list, fmt.Sprintf("in the %s run %s", which, d.What))
	}
	return list
}

// changes compares one metric in all cells that both runs have. It leaves out cells in which neither has a figure.
func (x Across) changes(name string) (list []Change) {
	a, b := x.a, x.b
	ta, tb := a.table(name), b.table(name)
	floor := max(ta.rule.floor, tb.rule.floor)
	m := metric.Of(name)
	var ps []float64
	for i := range a.cells {
		k, ok := b.byKey[a.cells[i].ID.Key()]
		if !ok {
			continue
		}
		c := Change{Cell: a.cells[i].ID, Metric: name, Word: Undecided, exact: counted(name), floor: floor, blocks: min(a.blocks, b.blocks),
			sa: a.cells[i].sample(name), sb: b.cells[k].sample(name)}
		c.slackA, c.slackB = slacks(name, &a.cells[i], &b.cells[k])
		if on := a.on(name, c.Cell, c.Cell); on == b.on(name, c.Cell, c.Cell) {
			c.on = on
		}
		if !c.sa.known() && !c.sb.known() {
			continue
		}
		c.A, c.B = c.sa.figure(name), c.sb.figure(name)
		p := 1.0
		if !c.exact && c.sa.positive() && c.sb.positive() {
			c.estimate(x.Same)
			c.limit(m, &a.cells[i], &b.cells[k], x.Same)
			p = c.ratio.P(floor)
		}
		c.Why = x.hindrance(m, i, k)
		list = append(list, c)
		ps = append(ps, p)
	}
	for k, p := range stats.Holm(ps) {
		list[k].P = p
		list[k].decide(m, x.Same)
	}
	return list
}

// estimate fills in the ratio and its interval. A run that is compared with itself has the ratio 1.
func (c *Change) estimate(same bool) {
	if same {
		c.Ratio, c.Low, c.High = 1, 1, 1
		return
	}
	c.ratio = stats.Apart(stats.Location(c.sb.logs()), stats.Location(c.sa.logs()))
	low, high := c.ratio.Interval()
	c.Ratio, c.Low, c.High = math.Exp(c.ratio.Center), math.Exp(low), math.Exp(high)
}

// limit widens the interval where something limited either figure, and keeps what the sentence says of it.
func (c *Change) limit(m metric.Metric, before, after *cell, same bool) {
	for _, run := range []struct {
		which string
		cell  *cell
	}{{"first", before}, {"second", after}} {
		for _, mark := range run.cell.Marks(m.Name) {
			c.Marks = append(c.Marks, fmt.Sprintf("the %s run was %s", run.which, mark))
		}
	}
	if same || twoQueues(m, after, before) {
		return
	}
	openUp(&c.Low, &c.High, m, after, before)
	for _, run := range []struct {
		where string
		cell  *cell
		slack float64
	}{{"in the second run ", after, c.slackB}, {"in the first run ", before, c.slackA}} {
		if why := run.cell.Limits.bound(m, "the server"); why != "" && c.open == "" {
			c.open = run.where + why
		}
		if math.IsInf(run.slack, 1) && c.noEnd == "" {
			c.noEnd = run.where + run.cell.noEnd("the server")
		}
	}
}

// hindrance says why two figures cannot be judged, whatever they are; "" where they can.
func (x Across) hindrance(m metric.Metric, i, k int) string {
	ca, cb := &x.a.cells[i], &x.b.cells[k]
	if x.Same {
		return ""
	}
	if cost(m.Name) && slices.ContainsFunc(x.otherQuestion(ca.ID), func(d spec.Difference) bool { return d.Field == "placement" }) {
		return "costs are not compared across placements: the caches between them are part of the cost"
	}
	if why := x.otherLoad(ca.ID, m.Name); why != "" {
		return why
	}
	for _, run := range []struct {
		name string
		c    *cell
	}{{"first", ca}, {"second", cb}} {
		switch s := run.c.Metrics[m.Name]; {
		case !run.c.sample(m.Name).known():
			why, _ := run.c.missing(m.Name)
			if run.c.Trials == 0 {
				why = "it has no valid trial"
			}
			return fmt.Sprintf("no figure in the %s run: %s", run.name, why)
		case s.TooFew:
			return tooFew
		}
	}
	return ""
}

// together warns where nearly all cells moved in the same direction: a machine does that, and a server does not.
func together(changes []Change) string {
	by := map[string][]float64{}
	for _, c := range changes {
		if c.Ratio > 0 {
			by[c.Metric] = append(by[c.Metric], math.Log(c.Ratio))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		logs := by[name]
		up := 0
		for _, l := range logs {
			if l > 0 {
				up++
			}
		}
		middle := stats.Median(logs)
		if n := len(logs); n >= 5 && (up <= n/10 || up >= n-n/10) && math.Abs(middle) > least {
			return fmt.Sprintf("%s moved in the same direction in nearly all of %d cells, by %s in the middle: this looks like the machine rather than the servers", phrase(name), n, times(math.Exp(middle)))
		}
	}
	return ""
}
