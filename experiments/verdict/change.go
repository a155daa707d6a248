package verdict

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/stats"
	"socketbench/experiments/unit"
)

// worse is the word for a change to more of a metric, or to less of it.
func worse(m metric.Metric, more bool) Word {
	switch {
	case m.Better == 0:
		return Undecided
	case more == (m.Better < 0):
		return Slower
	}
	return Faster
}

// exactly is by how much rounding may tell two equal figures apart.
const exactly = 1e-9

// decide chooses the word of a change and writes its sentence.
func (c *Change) decide(m metric.Metric, same bool) {
	switch {
	case c.Why != "":
	case same:
		c.Word = Tie
	case c.exact:
		c.decideCount(m)
	case c.Ratio == 0:
		c.decideZero(m)
	case math.Log(c.Low) > c.floor && c.P < 1-stats.Level:
		c.Word = worse(m, true)
	case math.Log(c.High) < -c.floor && c.P < 1-stats.Level:
		c.Word = worse(m, false)
	case c.blocks >= fewBlocks && bounded(math.Log(c.Low), math.Log(c.High), margin(c.floor)),
		math.Abs(c.Low-1) < exactly && math.Abs(c.High-1) < exactly: // the same in every trial of both
		c.Word = Tie
	case c.open != "":
		c.Why = c.open
	case c.noEnd != "":
		c.Why = c.noEnd
	case math.IsInf(c.floor, 1):
		c.Why = "the runs have too few blocks to know their own noise"
	case math.Log(c.Low) > c.floor || math.Log(c.High) < -c.floor:
		c.Why = "on its own it would be a difference, but among so many figures one such is expected by accident"
	default:
		c.Why = fmt.Sprintf("the interval reaches into the runs' own noise of %s", unit.Percent(math.Expm1(c.floor)))
	}
	if c.Word == Undecided && c.Why == "" {
		c.Why = "neither more nor less of it is better"
	}
	c.widen()
	c.say(m)
}

// decideCount chooses the word of a count. A count has changed where the intervals of the two runs do not overlap. It
// scatters where one run has the same count in every trial, and a trial of the other run has that count too.
func (c *Change) decideCount(m metric.Metric) {
	a, b := summary(c.sa.values).within(m), summary(c.sb.values).within(m)
	switch {
	case c.sa.constant() && c.sb.constant() && c.A.Least == c.B.Least:
		c.Word = Tie
	case min(c.A.N, c.B.N) < 2:
		c.Why = "one trial does not show how much the count scatters"
	case c.sa.constant() && slices.Contains(c.sb.values, c.A.Least), c.sb.constant() && slices.Contains(c.sa.values, c.B.Least):
		c.Why = "the counts scatter"
	case a.Low > b.High, b.Low > a.High:
		c.Word = worse(m, c.B.Center > c.A.Center)
	default:
		c.Why = "the counts scatter"
	}
}

// decideZero chooses the word where a figure is 0, so that there is no ratio.
func (c *Change) decideZero(m metric.Metric) {
	zeroA, zeroB := c.A.Most <= 0 && c.A.Least == c.A.Most, c.B.Most <= 0 && c.B.Least == c.B.Most
	switch {
	case min(c.A.N, c.B.N) < 2:
		c.Why = "one trial does not show how much the figure scatters"
	case zeroA && zeroB && c.A.Center == c.B.Center:
		c.Word = Tie
	case zeroB && c.A.Least > 0:
		c.Word = worse(m, false)
	case zeroA && c.B.Least > 0:
		c.Word = worse(m, true)
	default:
		c.Why = "it is 0 in some trials, so that there is no ratio"
	}
}

// widen works out the largest change that an undecided figure does not exclude.
func (c *Change) widen() {
	if c.Word != Undecided {
		return
	}
	c.Width = math.Inf(1)
	switch {
	case !c.A.Known || !c.B.Known:
		c.excludes = "any change is possible"
	case c.Ratio > 0:
		low, high := math.Log(c.Low), math.Log(c.High)
		c.Width = math.Exp(max(math.Abs(low), math.Abs(high)))
		far := c.High
		if -low > high {
			far = c.Low
		}
		switch {
		case c.Low > 0 && math.IsInf(high, 1):
			c.excludes = "any rise is possible"
		case c.Low <= 0 && !math.IsInf(high, 1):
			c.excludes = "any fall is possible"
		case math.IsInf(c.Width, 1) || math.IsNaN(c.Width):
			c.Width, c.excludes = math.Inf(1), "no change is excluded"
		case c.Width > useless:
			c.excludes = "a change by a factor of more than 1,000 is not excluded"
		default:
			c.excludes = times(far) + " is not excluded"
		}
	default:
		e := stats.Apart(stats.Mean(c.sb.values), stats.Mean(c.sa.values))
		low, high := e.Interval()
		far, word := high, "more"
		if -low > high {
			far, word = -low, "fewer"
		}
		if math.IsInf(far, 0) || math.IsNaN(far) {
			c.excludes = "no change is excluded"
			return
		}
		if c.A.Center > 0 {
			c.Width = 1 + far/c.A.Center
		}
		in := metric.Of(c.Metric).Unit
		if word == "fewer" {
			far = min(far, c.A.Most) // nothing falls below none
			if !c.exact {
				word = "less"
			}
		}
		c.excludes = fmt.Sprintf("as much as %s %s is not excluded", unit.Tick(in, far), word)
	}
}

// say writes the sentence of a change, with the figures that its ratio is made of.
func (c *Change) say(m metric.Metric) {
	c.Sentence = fmt.Sprintf("%s%s: %s %s, was %s", named(c.Cell), c.on, phrase(m.Name), c.sb.atLeast(m.Name, c.slackB), c.sa.atLeast(m.Name, c.slackA))
	switch {
	case c.Ratio > 0 && math.Abs(c.Low-1) < exactly && math.Abs(c.High-1) < exactly:
		c.Sentence += " (the same)"
	case c.Ratio > 0:
		c.Sentence += fmt.Sprintf(" (%s%s, %s)", times(c.Ratio), Comparison{Ratio: c.Ratio, Low: c.Low, High: c.High}.orBeyond(), span(c.Low, c.High))
	}
	c.Sentence += ": " + c.Word.Spoken(m.Name)
	if c.excludes != "" {
		c.Sentence += ", " + c.excludes
	}
	if c.Why != "" {
		c.Sentence += "; " + c.Why
	}
	c.Sentence += "."
	if len(c.Marks) > 0 && (c.open == "" || c.Why != c.open) {
		c.Sentence += " " + sentenceOf(c.limits(m))
	}
}

// limits says, as a clause, what limited the two figures and whether they stand on equal footing.
func (c *Change) limits(m metric.Metric) string {
	said := strings.Join(c.Marks, ", ")
	if len(c.Marks) == 1 && perRequest(m) {
		said += ": " + unequal
	}
	return said
}
