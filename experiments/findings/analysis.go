package findings

import (
	"fmt"
	"slices"

	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// Analysis is what the summary says, in the form in which reports take it.
func (s Summary) Analysis() verdict.Analysis { return s.analysis }

// judged makes an analysis of a summary. Cells get the typed values that the experiment gives them.
func (s Summary) judged(e spec.Experiment) (verdict.Analysis, error) {
	a := verdict.Analysis{Manifest: s.Manifest, Experiment: e, Floor: map[string]verdict.Floor{}}
	cells, conditions := map[string]result.Cell{}, map[string]result.Cell{}
	e.Conditions(func(condition map[string]any, _ spec.Experiment) bool {
		conditions[result.Cell(condition).Key()] = condition
		for _, server := range e.Servers {
			id := result.Cell(condition).With(server)
			cells[id.Key()] = id
		}
		return true
	})
	notAsked := map[string]string{}
	for _, u := range s.Manifest.Unasked {
		notAsked[u.Cell.Key()] = u.Why
	}
	for _, c := range s.Cells {
		id, ok := cells[c.Cell.Key()]
		if !ok {
			return a, fmt.Errorf("the experiment has no cell %s", c.Cell.Key())
		}
		cell := verdict.Cell{ID: id, Trials: c.Trials, Metrics: map[string]verdict.Summary{}, NotAsked: notAsked[id.Key()], InForce: c.InForce}
		if c.Limits != nil {
			cell.Limits = *c.Limits
		}
		if c.Fault != "" {
			var f reason.Fault
			if err := f.UnmarshalText([]byte(c.Fault)); err != nil {
				return a, err
			}
			cell.Fault = f
		}
		for name, f := range c.Metrics {
			if _, known := metric.Find(name); !known {
				return a, fmt.Errorf("there is no metric %q", name)
			}
			cell.Metrics[name] = verdict.Summary(f)
		}
		a.Cells = append(a.Cells, cell)
	}
	for _, f := range s.Families {
		condition, ok := conditions[f.Condition.Key()]
		if !ok {
			return a, fmt.Errorf("the experiment has no condition %s", f.Condition.Key())
		}
		family := verdict.Family{Metric: f.Metric, Baseline: e.Baseline, Condition: condition, On: f.On}
		for _, c := range f.Comparisons {
			id, ok := cells[condition.With(c.Server).Key()]
			if !ok {
				return a, fmt.Errorf("the experiment has no server %q", c.Server)
			}
			if !slices.Contains(words, c.Word) {
				return a, fmt.Errorf("%s: %q is no word", c.Server, c.Word)
			}
			family.Comparisons = append(family.Comparisons, verdict.Comparison{Server: c.Server, Of: id, Ratio: float64(c.Ratio),
				Low: float64(c.Low), High: float64(c.High), Word: c.Word, Why: c.Why, Limited: c.Limited, Faulty: c.Faulty, Marks: c.Marks, Survives: c.Survives})
		}
		a.Families = append(a.Families, family)
	}
	if len(s.Predictions) != len(e.Predict) {
		return a, fmt.Errorf("it has %d outcomes of %d predictions", len(s.Predictions), len(e.Predict))
	}
	for i, p := range s.Predictions {
		claim := e.Predict[i]
		if p.Claim != claim.Claim || !slices.Contains(words, p.Word) {
			return a, fmt.Errorf("prediction %d is %q in the experiment, and its outcome is %q of %q", i+1, claim.Claim, p.Word, p.Claim)
		}
		a.Predictions = append(a.Predictions, verdict.Prediction{Claim: claim.Claim, Metric: claim.Metric, Expect: claim.Expect,
			Of: claim.Of, Against: claim.Against, Ratio: claim.Against != nil, Word: p.Word, Value: float64(p.Value),
			Low: float64(p.Low), High: float64(p.High), On: p.On, Marks: p.Marks, Sentence: p.Sentence, Survives: p.Survives})
	}
	return a, nil
}
