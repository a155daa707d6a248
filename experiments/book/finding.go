package book

import (
	"slices"

	"socketbench/experiments/course"
	"socketbench/experiments/findings"
	"socketbench/experiments/verdict"
)

// finding is one prediction of a published experiment, and what each machine's run found.
type finding struct {
	Experiment string
	Claim      course.Text
	Words      []found
}

type found struct {
	Machine   string
	Says      course.Text
	Good, Bad bool
}

// findingsOf reads the predictions of one experiment from the summaries that are a part of this program, refuted ones first.
func findingsOf(experiment string) (list []finding, err error) {
	classes, err := findings.Published()
	if err != nil {
		return nil, err
	}
	classes = slices.DeleteFunc(slices.Clone(classes), func(c findings.Class) bool { _, measured := c.Of(experiment); return !measured })
	for _, p := range findings.Predictions(classes, experiment) {
		f := finding{Experiment: experiment, Claim: told(p.Claim)}
		for i, o := range p.Outcomes {
			says := "not measured"
			if o.Word != "" {
				says = findings.Told(o)
			}
			f.Words = append(f.Words, found{classes[i].Name, told(says), o.Word == verdict.Holds, o.Word == verdict.Refuted})
		}
		list = append(list, f)
	}
	return list, nil
}
