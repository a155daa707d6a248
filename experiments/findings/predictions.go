package findings

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// Predicted is one claim with what each class says of it.
type Predicted struct {
	spec.Prediction
	Outcomes []verdict.Prediction // by the place of the class; one that did not measure it has the zero outcome
}

func (p Predicted) servers() []string {
	return distinct([]string{result.Cell(p.Of).Server(), cmp.Or(result.Cell(p.Against).Server(), result.Cell(p.Of).Server())})
}

// measured are the experiments that some class measured, in the order of the catalogue.
func (w *writer) measured() (names []string) {
	for _, c := range w.classes {
		for _, s := range c.Summaries {
			if s.file == s.Experiment() {
				names = append(names, s.file)
			}
		}
	}
	names = distinct(names)
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

// Predictions are those of an experiment with what classes say of them, refuted ones first.
func Predictions(classes []Class, experiment string) (list []Predicted) {
	for i, c := range classes {
		s, ok := c.Of(experiment)
		if !ok {
			continue
		}
		for k, claim := range s.analysis.Experiment.Predict {
			at := slices.IndexFunc(list, func(p Predicted) bool { return p.Claim == claim.Claim })
			if at < 0 {
				at = len(list)
				list = append(list, Predicted{claim, make([]verdict.Prediction, len(classes))})
			}
			list[at].Outcomes[i] = s.analysis.Predictions[k]
		}
	}
	slices.SortStableFunc(list, func(a, b Predicted) int { return a.urgency() - b.urgency() })
	return list
}

// urgency is the least of those of its outcomes: a prediction that some class refutes is read first.
func (p Predicted) urgency() int {
	least := math.MaxInt
	for _, o := range p.Outcomes {
		if o.Word != "" {
			least = min(least, report.Urgency(o.Word))
		}
	}
	return least
}

// said is what the classes say of a prediction: "plain: refuted, 0.80x (0.71x – 0.91x); slow-calls: holds, ...".
func (w *writer) said(p Predicted) string {
	var parts []string
	for i, o := range p.Outcomes {
		if o.Word != "" {
			parts = append(parts, fmt.Sprintf("`%s`: %s", w.classes[i].Name, Told(o)))
		}
	}
	return strings.Join(parts, "; ")
}

// Told is an outcome with its figure: "✗ refuted, 0.80x (0.71x – 0.91x)".
func Told(o verdict.Prediction) string {
	parts := []string{report.Outcome(o.Word), report.PredictionFigure(o)}
	if o.Word == verdict.NotAsked {
		parts[1] = o.Sentence // why not
	}
	parts = append(append(parts, o.Marks...), attacked(o.Survives))
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// table has a row for each prediction and a column for each class.
func (w *writer) table(list []Predicted) {
	if len(list) == 0 {
		return
	}
	head, rule := "| predicted |", "|---|"
	var columns []int // the classes that measured some of them
	for i, c := range w.classes {
		if slices.ContainsFunc(list, func(p Predicted) bool { return p.Outcomes[i].Word != "" }) {
			columns = append(columns, i)
			head, rule = head+" `"+c.Name+"` |", rule+"---|"
		}
	}
	w.line("%s\n%s", head, rule)
	for _, p := range list {
		row := fmt.Sprintf("| %s<br>%s: `%s` |", cells(p.Claim), cells(capital(report.About(p.first()))), cells(p.Expect))
		for _, i := range columns {
			if o := p.Outcomes[i]; o.Word == "" {
				row += " not measured |"
			} else {
				row += " " + cells(Told(o)) + " |"
			}
		}
		w.line("%s", row)
	}
	w.line("")
}

// first is the outcome of the first class that measured the prediction.
func (p Predicted) first() verdict.Prediction {
	i := slices.IndexFunc(p.Outcomes, func(o verdict.Prediction) bool { return o.Word != "" })
	return p.Outcomes[i]
}

// cells keeps a text from ending a cell of a table.
func cells(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
