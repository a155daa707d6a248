package verdict

import (
	"fmt"
	"math"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
	"socketbench/experiments/unit"
)

// held judges a bound on a value in one cell. No bound holds where the server failed in any trial.
func (j *judge) held(b Bound, i int) Finding {
	f := j.heldTo(b, i)
	if fault := j.failed(i); f.Word == Holds && fault != "" {
		return f.unknown(needsServer, "it %s", fault)
	}
	return f
}

// heldTo judges a bound on a value by the cell's figures alone.
func (j *judge) heldTo(b Bound, i int) Finding {
	c := &j.cells[i]
	f := b.finding(c.ID)
	if why, needs := j.unfit(i); why != "" {
		return f.unknown(needs, "%s", why)
	}
	s := c.sample(b.Metric)
	if counted(b.Metric) && s.known() {
		return b.counted(f, s)
	}
	if why, needs := c.missing(b.Metric); why != "" {
		return f.unknown(needs, "%s", why)
	}
	in := spec.Unit(b.Metric)
	sum := c.Metrics[b.Metric]
	low, high := sum.interval()
	f.Word = OutcomeOf(b.Expect, low, high)
	figure := unit.Tick(in, sum.Center)
	if sum.N >= 2 {
		figure += fmt.Sprintf(" (95 %% interval %s to %s)", unit.Tick(in, sum.Low), unit.Tick(in, sum.High))
	}
	beyond := s.count(func(v float64) bool { return !b.Expect.Holds(v) })
	f.Sentence = fmt.Sprintf("%s%s: %s %s%s; ", named(c.ID), j.on(b.Metric, c.ID, c.ID), phrase(b.Metric), sum.bound(), figure)
	want := expected(b.Expect, in)
	bound := c.Limits.bound(metric.Of(b.Metric), c.ID.Server())
	switch harm := c.harmed(b.Metric); {
	case f.Word == Refuted:
		f.Sentence += "not " + want + "."
	case f.Word == Holds && harm != "":
		f.Word, f.Needs = Undecided, needsServed
		f.Sentence += fmt.Sprintf("but it has %s, and what it answered is no measure of the rest.", harm)
	case f.Word == Holds && 10*beyond > len(s.values):
		f.Word, f.Needs = Undecided, "a wider bound, or find out why it scatters so much"
		f.Sentence += fmt.Sprintf("but in %d of %s it is not %s.", beyond, unit.Many(len(s.values), "trial"), want)
	case f.Word == Holds:
		f.Sentence += want + ", as asked."
	case bound != "":
		f.Sentence += want + " cannot be told: " + bound + "."
		f.Needs = needsLoad
		return f
	default:
		f.Sentence += want + " cannot be told."
		f.Needs = j.blocksFor(b, sum, s)
	}
	f.Sentence += then(c.alone(metric.Of(b.Metric)))
	return f
}

// blocksFor says what it would take to tell a value from a bound.
func (j *judge) blocksFor(b Bound, sum Summary, s sample) string {
	switch {
	case sum.N < 2:
		return needsBlocks
	case sum.AtLeast:
		return "a longer window (--duration): the figure reaches into requests that were never answered"
	}
	half := stats.Mean(s.values)
	return enough(math.Abs(b.Expect.Value-sum.Center), math.Sqrt(math.Pi/2)*half.SE*math.Sqrt(float64(half.N)), half.N, 1, j.blocks)
}

// counted checks a count against a bound. A count is exact in each trial, so that one trial beyond the bound breaks it.
func (b Bound) counted(f Finding, s sample) Finding {
	name := named(f.Cell) + ": " + phrase(b.Metric) + " "
	want := expected(b.Expect, "count")
	beyond := s.count(func(v float64) bool { return !b.Expect.Holds(v) })
	switch {
	case beyond > 0:
		f.Word = Refuted
		f.Sentence = fmt.Sprintf("%s%s; not %s in %d of them.", name, s.told(b.Metric), want, beyond)
	case s.lacks() > 0:
		return f.unknown(needsTrials, "its %s is missing in %d of %s", phrase(b.Metric), s.lacks(), unit.Many(s.trials, "trial"))
	case len(s.values) < 2:
		return f.unknown(needsBlocks, "%s %s; one trial does not show how much the count scatters", phrase(b.Metric), strings.TrimSuffix(s.told(b.Metric), "."))
	default:
		f.Word = Holds
		f.Sentence = fmt.Sprintf("%s%s; %s, as asked.", name, s.told(b.Metric), want)
	}
	return f
}
