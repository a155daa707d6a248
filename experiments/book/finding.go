package book

import (
	"cmp"
	"slices"
	"strings"

	"socketbench/experiments/findings"
	"socketbench/experiments/report"
	"socketbench/experiments/verdict"
)

// finding is one prediction of a published experiment, and what each machine's run found.
type finding struct {
	Experiment string
	Claim      string
	Words      []found
}

type found struct {
	Machine, Says string
	Good, Bad     bool
}

// findingsOf reads the predictions of one experiment from the summaries that are a part of this program, refuted ones first.
func findingsOf(experiment string) (list []finding, err error) {
	classes, err := findings.Published()
	if err != nil {
		return nil, err
	}
	var columns []string // the machines that measured it
	for _, c := range classes {
		if _, ok := c.Of(experiment); ok {
			columns = append(columns, c.Name)
		}
	}
	urgency := map[string]int{}
	for _, c := range classes {
		s, _ := c.Of(experiment)
		for k, p := range s.Analysis().Predictions {
			claim := s.Analysis().Experiment.Predict[k].Claim
			at := slices.IndexFunc(list, func(f finding) bool { return f.Claim == claim })
			if at < 0 {
				at = len(list)
				list = append(list, finding{Experiment: experiment, Claim: claim, Words: make([]found, len(columns))})
				for i, name := range columns {
					list[at].Words[i] = found{Machine: name, Says: "not measured"}
				}
				urgency[claim] = report.Urgency(p.Word)
			}
			urgency[claim] = min(urgency[claim], report.Urgency(p.Word))
			list[at].Words[slices.Index(columns, c.Name)] = found{c.Name, outcome(p), p.Word == verdict.Holds, p.Word == verdict.Refuted}
		}
	}
	slices.SortStableFunc(list, func(a, b finding) int { return cmp.Compare(urgency[a.Claim], urgency[b.Claim]) })
	return list, nil
}

// outcome is what became of a prediction, with its figure.
func outcome(p verdict.Prediction) string {
	parts := []string{report.Outcome(p.Word), report.PredictionFigure(p)}
	if p.Word == verdict.NotAsked {
		parts[1] = p.Sentence // why not
	}
	parts = append(parts, p.Marks...)
	if p.Survives != "" {
		parts = append(parts, "attacked: "+p.Survives)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}
