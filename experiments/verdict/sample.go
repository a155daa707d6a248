package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/stats"
	"socketbench/experiments/unit"
)

// tooFew is why a percentile is not judged.
const tooFew = "fewer than 10 requests lie beyond this percentile"

// sample is one metric in the valid trials of one cell.
type sample struct {
	values []float64 // of the trials that have the metric, in their order
	trials int       // valid trials, with or without it
	vacant string    // a figure that was left out because no measurement can be that, such as "0"; "": none
}

// sample reads a metric from the trials of the cell. A trial that does not name a kind of failed connection had none.
func (c *cell) sample(name string) (s sample) {
	trials, of := c.all(), metric.Of(name)
	s.trials = len(trials)
	for _, t := range trials {
		v, has := t.Metrics[name]
		switch _, played := t.Metrics[metric.Completed]; {
		case !has && strings.HasPrefix(name, "errors.") && played:
			s.values = append(s.values, 0)
		case has && !of.Possible(v):
			s.vacant = unit.Tick("count", v)
		case has:
			s.values = append(s.values, v)
		}
	}
	return s
}

func counted(name string) bool { return metric.Of(name).Counted() }

// count returns how many of the trials have a figure like this.
func (s sample) count(like func(v float64) bool) (n int) {
	for _, v := range s.values {
		if like(v) {
			n++
		}
	}
	return n
}

func (s sample) known() bool { return len(s.values) > 0 }

// lacks counts the trials without a figure.
func (s sample) lacks() int { return s.trials - len(s.values) }

func (s sample) least() float64 { return slices.Min(s.values) }
func (s sample) most() float64  { return slices.Max(s.values) }

// constant reports whether at least two trials agree on one value.
func (s sample) constant() bool { return len(s.values) >= 2 && s.least() == s.most() }

// positive reports whether every value has a logarithm.
func (s sample) positive() bool { return s.known() && s.least() > 0 }

func (s sample) logs() []float64 {
	logs := make([]float64, len(s.values))
	for i, v := range s.values {
		logs[i] = math.Log(v)
	}
	return logs
}

// figure sums up the sample in the way that a ratio of two runs needs.
func (s sample) figure(name string) Figure {
	if !s.known() {
		return Figure{}
	}
	f := Figure{Known: true, Least: s.least(), Most: s.most(), N: len(s.values), Center: stats.Mean(s.values).Center}
	if s.positive() && !counted(name) {
		f.Center = math.Exp(stats.Location(s.logs()).Center)
	}
	return f
}

// told writes the sample: a count as it was in each trial, anything else as its mean.
func (s sample) told(name string) string {
	in := metric.Of(name).Unit
	f := s.figure(name)
	switch {
	case !f.Known:
		return "no figure"
	case !counted(name):
		return unit.Tick(in, f.Center)
	case f.N == 1:
		return unit.Tick(in, f.Least) + " in one trial"
	case f.Least == f.Most:
		return fmt.Sprintf("%s in each of %s", unit.Tick(in, f.Least), unit.Many(f.N, "trial"))
	}
	return fmt.Sprintf("%s to %s in %s", unit.Tick(in, f.Least), unit.Tick(in, f.Most), unit.Many(f.N, "trial"))
}

// atLeast is told with a mark where the figure may be more than it says.
func (s sample) atLeast(name string, slack float64) string {
	if s.known() && slack > 1 {
		return "at least " + s.told(name)
	}
	return s.told(name)
}

// missing says why a cell has no figure for a metric, or too few of them to be judged, and what would help; "" where it
// has enough.
func (c *cell) missing(name string) (why, needs string) {
	s := c.sample(name)
	what := phrase(name)
	summary, summed := c.Metrics[name]
	switch {
	case s.vacant != "" && !s.known():
		return fmt.Sprintf("its %s is given as %s, which is no measurement", what, s.vacant), "find out why nothing was measured (socketbench doctor)"
	case !s.known() && c.nobody():
		return fmt.Sprintf("it answered nobody, so that it has no %s", what), needsServed
	case !s.known() && (summed && summary.N == 0 || c.short(name)):
		return fmt.Sprintf("no trial has enough requests for its %s", what), needsLonger
	case !s.known():
		return fmt.Sprintf("it has no %s%s", what, c.lack(name)), needsScope
	case s.lacks() > 0:
		return fmt.Sprintf("its %s is missing in %d of %s", what, s.lacks(), unit.Many(s.trials, "trial")), needsLonger
	case summary.TooFew:
		return fmt.Sprintf("fewer than 10 requests lie beyond its %s", what), needsLonger
	}
	return "", ""
}

// short reports whether requests were answered, but too few of them for a percentile.
func (c *cell) short(name string) bool {
	return metric.Of(name).Quantile() > 0 && !c.nobody() && c.Trials > 0 && c.Response != nil
}

// invalidReasons says of each cell why its first invalid trial is one.
func invalidReasons(trials []result.Trial) map[string]string {
	why := map[string]string{}
	for _, t := range trials {
		if key := t.Cell.Key(); !t.Valid && !t.Replaced && why[key] == "" {
			why[key] = cmp.Or(strings.Join(t.Reasons.Faults(), "; "), "its trials do not say why")
		}
	}
	return why
}
