package guess

import (
	"fmt"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/quote"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// Prediction asks what a prediction of an experiment is about, without its answer.
type Prediction struct {
	Line
	Index    int    // of the prediction in the experiment
	Expected Answer // the choice that the experiment predicts

	below, above Answer  // the choices on either side of it; 0: the figure cannot lie there
	to           float64 // the upper bound of what is predicted
}

// Predictions lists the questions of an experiment. A prediction that cannot be asked of its servers is left out.
func Predictions(e spec.Experiment) (list []Prediction) {
	for i, p := range e.Predict {
		if p.NotAsked == "" {
			one := Prediction{Index: i, Line: Line{Name: question(p)}}
			one.choices(p)
			list = append(list, one)
		}
	}
	return list
}

// question is what a prediction is about: the figure and the cells.
func question(p spec.Prediction) string {
	m := metric.Of(p.Metric)
	text := strings.ToUpper(m.Phrase[:1]) + m.Phrase[1:] + " of " + cell(p.Of)
	if p.Against != nil {
		that := "that"
		if m.Many {
			that = "those"
		}
		return fmt.Sprintf("%s, divided by %s of %s: how much?", text, that, cell(p.Against))
	}
	if m.Unit == "count" {
		return text + ": how many?"
	}
	return text + ": how much?"
}

// cell names a server and its condition.
func cell(c map[string]any) string {
	id := result.Cell(c)
	if where := verdict.Condition(id); where != "" {
		return quote.Text(id.Server()) + " (" + where + ")"
	}
	return quote.Text(id.Server())
}

// choices cuts the values that a figure can have at the bounds of what is predicted.
func (q *Prediction) choices(p spec.Prediction) {
	u, m := metric.Of(p.Metric).Unit, metric.Of(p.Metric)
	if p.Expected.Ratio {
		u = "x"
	}
	from, to := p.Expected.Range()
	q.to = to
	add := func(format string, values ...float64) Answer {
		words := make([]any, len(values))
		for i, v := range values {
			words[i] = unit.Tick(u, v)
		}
		q.Choices = append(q.Choices, Choice{Word: fmt.Sprintf(format, words...)})
		return Answer(len(q.Choices))
	}
	switch p.Expected.Op {
	case ">":
		q.below, q.Expected = add("%s or less", from), add("above %s", from)
	case ">=":
		q.below, q.Expected = add("below %s", from), add("%s or more", from)
	case "<":
		q.Expected, q.above = add("below %s", to), add("%s or more", to)
	case "<=":
		q.Expected, q.above = add("%s or less", to), add("above %s", to)
	default:
		if from > 0 { // no figure is below 0
			q.below = add("below %s", from)
		}
		if from == to {
			q.Expected = add("%s", from)
		} else {
			q.Expected = add("from %s to %s", from, to)
		}
		if most := m.Range == metric.Share || m.Range == metric.Index; p.Expected.Ratio || !most || to < 1 {
			q.above = add("above %s", to)
		}
	}
}

// Truth is the choice in which the whole interval of the measurement lies; none where it lies on both sides of a bound.
func (q Prediction) Truth(p verdict.Prediction) Truth {
	t := Truth{Why: p.Sentence}
	switch {
	case p.Word == verdict.Holds:
		t.Answer = q.Expected
	case p.Word != verdict.Refuted:
	case q.below == 0:
		t.Answer = q.above
	case q.above == 0:
		t.Answer = q.below
	case p.Low >= q.to:
		t.Answer = q.above
	default:
		t.Answer = q.below
	}
	return t
}
