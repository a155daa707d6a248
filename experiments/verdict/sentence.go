package verdict

import (
	"fmt"
	"math"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/quote"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// named is a cell in a sentence: its server, and what it varies besides.
func named(c result.Cell) string { return quote.Text(c.Server()) + conditionSuffix(c) }

// phrase and verb are how a sentence names a figure.
func phrase(name string) string { return metric.Of(name).Phrase }
func verb(name string) string   { return metric.Of(name).Verb() }

// sentence is what a person would say about a comparison: what came out, under which condition, and what limited it.
func (t *table) sentence(c Comparison, base int) string {
	what, is, with := phrase(t.metric), verb(t.metric), t.exp.Baseline
	of, against := &t.cells[t.byKey[c.Of.Key()]], &t.cells[base]
	where := conditionSuffix(c.Of) + t.on(t.metric, c.Of, against.ID)
	limited := then(footing(metric.Of(t.metric), of, against))
	if _, open := unbounded(metric.Of(t.metric), of, against); open != "" && c.Why == open { // it is said already
		limited = ""
	}
	switch {
	case c.Ratio == 0:
		return fmt.Sprintf("%s cannot be compared with %s%s: %s.", c.Server, with, conditionSuffix(c.Of), c.Why)
	case c.Word == Tie:
		return fmt.Sprintf("%s and %s are equal in %s%s: %s of each other.", c.Server, with, what, where, within(c)) + limited
	case c.Word == Faster || c.Word == Slower:
		return fmt.Sprintf("%s: %s %s %s %s's%s%s (%s).", c.Server, what, is, times(c.Ratio), with, c.orBeyond(), where, span(c.Low, c.High)) + limited
	}
	return fmt.Sprintf("%s: %s %s %s %s's%s%s (%s), which is %s: %s.", c.Server, what, is, times(c.Ratio), with, c.orBeyond(), where, span(c.Low, c.High), c.Word, c.Why) + limited
}

// then is a further sentence, or nothing.
func then(sentence string) string {
	if sentence == "" {
		return ""
	}
	return " " + sentence
}

// Spoken is the word of a comparison as the metric's own words say it: a time is faster, memory is smaller, and there
// are more of what is counted.
func (w Word) Spoken(name string) string {
	pair := metric.Of(name).Spoken
	switch w {
	case Faster:
		return pair[0]
	case Slower:
		return pair[1]
	}
	return string(w)
}

// times says a ratio: "19 % below" or "12.3 times".
func times(ratio float64) string {
	switch {
	case ratio >= 2, ratio <= 0.5:
		return unit.Tick("ratio", ratio) + " times"
	case ratio >= 1:
		return fmt.Sprintf("%s %% above", unit.Tick("ratio", 100*(ratio-1)))
	}
	return fmt.Sprintf("%s %% below", unit.Tick("ratio", 100*(1-ratio)))
}

// orBeyond follows a ratio that is a bound: "3.99 times goroutine's or higher".
func (c Comparison) orBeyond() string {
	switch {
	case c.AtLeast():
		return " or higher"
	case c.AtMost():
		return " or lower"
	}
	return ""
}

// An interval whose ends lie further apart than this factor is called useless, because its figures say nothing.
const (
	useless     = 1000
	uselessSpan = "no useful interval: its ends lie more than a factor of 1,000 apart"
)

func span(low, high float64) string {
	switch {
	case math.IsInf(high, 1) && low <= 0:
		return "no interval"
	case math.IsInf(high, 1):
		return "at least " + unit.Tick("x", low)
	case low <= 0:
		return "at most " + unit.Tick("x", high)
	case high > useless*low:
		return uselessSpan
	}
	return "95 % interval " + unit.Tick("x", low) + " to " + unit.Tick("x", high)
}

func within(c Comparison) string {
	return "within " + unit.Percent(max(c.High-1, 1-c.Low))
}

// told is what a person would say about a prediction.
func (j *judge) told(v Prediction, e spec.Expectation, why string) string {
	if v.Word == Undecided && v.Value == 0 && v.Low == 0 && v.High == 0 && why != "" {
		return "Nothing to judge: " + why + "."
	}
	in := spec.Unit(v.Metric)
	what := phrase(v.Metric)
	var b strings.Builder
	server, where := v.Of.Server(), conditionSuffix(v.Of)
	if v.Ratio {
		against := v.Against.Server() + "'s"
		switch {
		case v.Against.Server() == server:
			against = "its own" + conditionSuffix(v.Against)
		case len(differing(v.Of, v.Against)) > 0:
			against += conditionSuffix(v.Against)
		}
		ratio := Comparison{Ratio: v.Value, Low: v.Low, High: v.High}
		on := j.on(v.Metric, v.Of, v.Against)
		fmt.Fprintf(&b, "%s%s: %s %s %s %s%s%s (%s)", server, where, what, verb(v.Metric), times(v.Value), against, ratio.orBeyond(), on, span(v.Low, v.High))
	} else {
		s, _ := j.cells[j.byKey[v.Of.Key()]].figure(v.Metric)
		fmt.Fprintf(&b, "%s%s: %s %s%s%s", server, where, what, s.bound(), unit.Tick(in, v.Value), j.on(v.Metric, v.Of, v.Of))
		if s.N >= 2 && s.Low > 0 && s.High > useless*s.Low {
			fmt.Fprintf(&b, " (%s)", uselessSpan)
		} else if s.N >= 2 && s.Low != s.High {
			fmt.Fprintf(&b, " (95 %% interval %s to %s)", unit.Tick(in, s.Low), unit.Tick(in, s.High))
		} else if s.N >= 2 {
			fmt.Fprintf(&b, " in each of %s", unit.Many(s.N, "trial"))
		}
	}
	switch v.Word {
	case Holds:
		fmt.Fprintf(&b, "; %s, as claimed.", expected(e, in))
	case Refuted:
		fmt.Fprintf(&b, "; not %s.", expected(e, in))
	default:
		fmt.Fprintf(&b, "; %s cannot be told: %s.", expected(e, in), why)
	}
	if open := j.unbounded(v); open == "" || why != open {
		b.WriteString(then(j.limited(v)))
	}
	if j.cells[j.byKey[v.Of.Key()]].nobody() && speed(v.Metric) {
		fmt.Fprintf(&b, " %s answered nobody there.", server)
	}
	return b.String()
}

// expected says an expectation in words; in is the unit of its metric.
func expected(e spec.Expectation, in string) string {
	if e.Ratio {
		in = "x"
	}
	q := unit.Tick(in, e.Value)
	switch e.Op {
	case ">":
		return "more than " + q
	case ">=":
		return "at least " + q
	case "<":
		return "less than " + q
	case "<=":
		return "at most " + q
	case "~":
		return fmt.Sprintf("within %s of %s", unit.Percent(e.Within), q)
	}
	return "exactly " + q
}
