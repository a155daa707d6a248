package experiments

import (
	"fmt"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
)

// ofPlan is the error for results with a trial that their plan has not at that place: the file of another run was put into the
// directory, or a part of it. Continued, its figures would stand for cells that nobody has measured.
func ofPlan(p plan.Plan, dir string, trials []result.Trial) error {
	for _, t := range trials {
		if t.Order >= 0 && t.Order < len(p.Trials) && p.Cells[p.Trials[t.Order].Cell].ID.Key() == t.Cell.Key() {
			continue
		}
		return fmt.Errorf("experiments: trial %d in %s is of %s, and its plan has another there: trials.jsonl is that of another run, at least in part; put the right one back, or start a new run",
			t.Order+1, dir, t.Cell.Server())
	}
	return nil
}
