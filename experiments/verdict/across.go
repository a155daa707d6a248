package verdict

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
	"socketbench/experiments/unit"
	"socketbench/servers"
)

// Across is what can be said of two runs, cell by cell.
type Across struct {
	Warnings []string // where the runs differ in more than what is compared
	Changes  []Change
}

// Change is one metric of one cell in the second run, against the first.
type Change struct {
	Cell      result.Cell
	Metric    string
	A, B      Summary
	Ratio     float64 // B / A
	Low, High float64 // its 95 % interval
	P         float64 // after Holm's correction over the cells of the metric
	Word      Word    // faster, slower, tie or undecided
	Why       string
	Sentence  string
	exact     bool // a count that is equal, or not, in every trial
}

// Compare compares b with a for the given metrics. The trials of two runs were not interleaved, so
// that their scatter counts in full, and what happened to the whole machine in between cannot be told
// from a change; a warning says when it looks like that.
func Compare(a, b result.Run, metrics []string, registry servers.Registry) (Across, error) {
	ja, err := laidOut(a, registry)
	if err != nil {
		return Across{}, err
	}
	jb, err := laidOut(b, registry)
	if err != nil {
		return Across{}, err
	}
	x := Across{Warnings: differences(a.Manifest, b.Manifest)}
	missing := 0
	for i := range ja.cells {
		if _, ok := jb.byKey[ja.cells[i].ID.Key()]; !ok {
			missing++
		}
	}
	if common := len(ja.cells) - missing; common == 0 {
		return Across{}, fmt.Errorf("compare: %s and %s have no cell in common; compare runs of the same experiment", a.Dir, b.Dir)
	} else if missing > 0 || len(jb.cells) > common {
		x.Warnings = append(x.Warnings, fmt.Sprintf("only %s are in both runs", plural(common, "cell")))
	}
	for _, m := range metrics {
		x.Changes = append(x.Changes, changes(ja, jb, m)...)
	}
	if w := together(x.Changes); w != "" {
		x.Warnings = append(x.Warnings, w)
	}
	return x, nil
}

func laidOut(run result.Run, registry servers.Registry) (*judge, error) {
	e, err := spec.Parse("manifest.json", []byte(run.Manifest.Spec), nil)
	if err != nil {
		return nil, fmt.Errorf("verdict: the experiment kept in %s: %w", run.Dir, err)
	}
	return newJudge(e, run, registry)
}

// changes compares one metric over all common cells.
func changes(a, b *judge, metric string) (list []Change) {
	ta, tb := a.table(metric), b.table(metric)
	floor := max(ta.threshold(), tb.threshold())
	m, known := result.MetricByName(metric)
	if !known {
		m = result.Metric{Name: metric, Unit: "count", Better: -1} // errors.*
	}
	var ps []float64
	for i := range a.cells {
		k, ok := b.byKey[a.cells[i].ID.Key()]
		if !ok {
			continue
		}
		sa, inA := a.cells[i].Metrics[metric]
		sb, inB := b.cells[k].Metrics[metric]
		if !inA && !inB {
			continue
		}
		c := Change{Cell: a.cells[i].ID, Metric: metric, A: sa, B: sb, Word: Undecided}
		p := 1.0
		va, vb := a.cells[i].logs(metric), b.cells[k].logs(metric)
		switch {
		case !inA || !inB:
			c.Why = "one of the runs has no figure"
		case m.Unit == "count":
			c.exact = true
		case len(va) == 0 || len(vb) == 0:
			c.Why = "a zero has no ratio"
		default:
			e := stats.Apart(vb, va)
			low, high := e.Interval()
			c.Ratio, c.Low, c.High = math.Exp(e.Center), math.Exp(low)/sa.slack(), math.Exp(high)*sb.slack()
			p = e.P(floor)
		}
		list = append(list, c)
		ps = append(ps, p)
	}
	for k, p := range stats.Holm(ps) {
		list[k].P = p
		list[k].decide(m, floor, min(a.blocks, b.blocks))
	}
	return list
}

// logs are the logarithms of a cell's values; none where one is not positive.
func (c *cell) logs(metric string) (logs []float64) {
	for _, t := range c.all() {
		v, ok := t.Metrics[metric]
		if !ok {
			continue
		}
		if v <= 0 {
			return nil
		}
		logs = append(logs, math.Log(v))
	}
	return logs
}

func (c *Change) decide(m result.Metric, floor float64, blocks int) {
	in := m.Unit
	worse := func(more bool) Word {
		switch {
		case m.Better == 0:
			return Undecided
		case more == (m.Better < 0):
			return Slower
		}
		return Faster
	}
	switch {
	case c.exact && c.A.constant() && c.B.constant() && c.A.Center == c.B.Center:
		c.Word = Tie
	case c.exact && min(c.A.N, c.B.N) < 2:
		c.Why = "one trial does not show how much the count scatters"
	case c.exact && (c.A.Low > c.B.High || c.B.Low > c.A.High):
		c.Word = worse(c.B.Center > c.A.Center)
	case c.exact:
		c.Why = "the counts scatter"
	case c.Ratio == 0:
	case c.A.TooFew || c.B.TooFew:
		c.Why = "fewer than 10 requests lie beyond this percentile"
	case math.Log(c.Low) > floor && c.P < 1-stats.Level:
		c.Word = worse(true)
	case math.Log(c.High) < -floor && c.P < 1-stats.Level:
		c.Word = worse(false)
	case blocks >= fewBlocks && math.Log(c.Low) > -margin(floor) && math.Log(c.High) < margin(floor):
		c.Word = Tie
	default:
		c.Why = fmt.Sprintf("the interval reaches into the runs' own noise of %.1f %%", 100*math.Expm1(floor))
		if math.IsInf(floor, 1) {
			c.Why = "the runs have too few blocks to know their own noise"
		}
	}
	name := c.Cell.Server() + place(c.Cell)
	c.Sentence = fmt.Sprintf("%s: %s %s, was %s", name, phrase(m.Name), unit.Tick(in, c.B.Center), unit.Tick(in, c.A.Center))
	if c.Ratio > 0 {
		c.Sentence += fmt.Sprintf(" (%s, %s)", times(c.Ratio), span(c.Low, c.High))
	}
	c.Sentence += ": " + c.Word.Spoken(m.Name)
	if c.Why != "" {
		c.Sentence += ", " + c.Why
	}
	c.Sentence += "."
}

// constant reports whether the summary is one value, the same in every trial.
func (s Summary) constant() bool { return s.N >= 2 && s.Low == s.High }

// together warns when nearly all cells moved by about the same, which is what a machine does and not
// a server.
func together(changes []Change) string {
	by := map[string][]float64{}
	for _, c := range changes {
		if c.Ratio > 0 {
			by[c.Metric] = append(by[c.Metric], math.Log(c.Ratio))
		}
	}
	for _, metric := range slices.Sorted(maps.Keys(by)) {
		logs := by[metric]
		up := 0
		for _, l := range logs {
			if l > 0 {
				up++
			}
		}
		middle := stats.Median(logs)
		if n := len(logs); n >= 5 && (up <= n/10 || up >= n-n/10) && math.Abs(middle) > least {
			return fmt.Sprintf("%s moved in the same direction in nearly all of %d cells, by %s in the middle: this looks like the machine rather than the servers", phrase(metric), n, times(math.Exp(middle)))
		}
	}
	return ""
}

// differences are what two manifests do not share and a comparison depends on.
func differences(a, b result.Manifest) (list []string) {
	differ := func(what string, x, y any) {
		if fmt.Sprint(x) != fmt.Sprint(y) {
			list = append(list, fmt.Sprintf("%s differs: %v, then %v", what, x, y))
		}
	}
	differ("the experiment", a.Experiment, b.Experiment)
	if a.Experiment == b.Experiment && a.Spec != b.Spec {
		list = append(list, "the experiment was changed between the runs")
	}
	differ("Go", a.Go, b.Go)
	differ("socketbench", strings.TrimSpace(a.Tool+" "+a.Commit), strings.TrimSpace(b.Tool+" "+b.Commit))
	differ("the placement", a.Placement, b.Placement)
	differ("the system", a.Host.OS+"/"+a.Host.Arch, b.Host.OS+"/"+b.Host.Arch)
	differ("the kernel", a.Host.Kernel, b.Host.Kernel)
	differ("the CPU", a.Host.CPUModel, b.Host.CPUModel)
	differ("the number of CPUs", a.Host.CPUs, b.Host.CPUs)
	differ("the server's CPUs", a.Host.ServerCPUs, b.Host.ServerCPUs)
	for _, k := range slices.Sorted(maps.Keys(a.Host.Sysctls)) {
		differ(k, a.Host.Sysctls[k], b.Host.Sysctls[k])
	}
	for run, m := range map[string]result.Manifest{"first": a, "second": b} {
		if m.Host.StealShare > 0.01 {
			list = append(list, fmt.Sprintf("the %s run lost %.1f %% of the CPU time to other guests of the machine", run, 100*m.Host.StealShare))
		}
	}
	slices.Sort(list[max(0, len(list)-2):])
	return list
}

// Bound is what a change must not exceed, such as "latency.p99>5%".
type Bound struct {
	Metric string
	Above  bool    // fails above Limit; otherwise below it
	Limit  float64 // relative: 0.05
	Text   string
}

// ParseBound reads "latency.p99>5%" (fails when the second run is more than 5 % above the first) and
// "achieved_rate<-5%" (more than 5 % below).
func ParseBound(s string) (Bound, error) {
	at := strings.IndexAny(s, "<>")
	if at < 0 {
		return Bound{}, fmt.Errorf("bound %q: name a metric, < or >, and a percentage, such as 'latency.p99>5%%'", s)
	}
	b := Bound{Metric: strings.TrimSpace(s[:at]), Above: s[at] == '>', Text: s}
	if err := spec.KnownMetric(b.Metric); err != nil {
		return Bound{}, fmt.Errorf("bound %q: %w", s, err)
	}
	digits, ok := strings.CutSuffix(strings.TrimSpace(s[at+1:]), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if !ok || err != nil {
		return Bound{}, fmt.Errorf("bound %q: a percentage follows the metric, such as 'latency.p99>5%%' or 'achieved_rate<-5%%'", s)
	}
	if b.Limit = v / 100; b.Limit <= -1 {
		return Bound{}, fmt.Errorf("bound %q: nothing falls by 100 %% or more", s)
	}
	if b.Above && v < 0 || !b.Above && v > 0 {
		return Bound{}, fmt.Errorf("bound %q: an equal run would fail it; write 'METRIC>5%%' or 'METRIC<-5%%'", s)
	}
	return b, nil
}

// Broken reports whether a change exceeds the bound beyond doubt: with its whole interval, and by more
// than the runs' own noise. A count that was zero has no percentage; any rise from it breaks a bound.
func (b Bound) Broken(c Change) bool {
	if c.Metric != b.Metric {
		return false
	}
	if c.exact {
		if c.Word == Tie || c.Word == Undecided {
			return false
		}
		if b.Above {
			return c.B.Low > c.A.High*(1+b.Limit)
		}
		return c.B.High < c.A.Low*(1+b.Limit)
	}
	if c.Word != Faster && c.Word != Slower {
		return false
	}
	if b.Above {
		return c.Low > 1+b.Limit
	}
	return c.High < 1+b.Limit
}
