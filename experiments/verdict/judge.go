package verdict

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

// Bounds of what is said.
const (
	least     = 0.02 // differences below it are a tie, however quiet the run was
	fewBlocks = 8    // a run with fewer ranks nothing within coarse
	coarse    = 0.10
	near      = 0.05 // no run, however noisy, calls equal what may differ by more
)

// Judge works out what can be concluded from a run, and reads its histograms.
func Judge(run result.Run) (Analysis, error) {
	j, err := newJudge(run)
	if err != nil {
		return Analysis{}, err
	}
	a := Analysis{Manifest: run.Manifest, Experiment: j.exp, Floor: map[string]Floor{}, laid: j}
	a.Invalid, a.Warnings, a.Repeated = problems(run.Trials)
	a.Faults = faults(run.Trials)
	slices.SortStableFunc(a.Faults, func(x, y Fault) int { return cmp.Compare(j.byKey[x.Cell.Key()], j.byKey[y.Cell.Key()]) })
	for i := range j.cells {
		a.Cells = append(a.Cells, j.cells[i].Cell)
	}
	for _, m := range j.metrics() {
		t := j.table(m)
		if f, ok := t.floor(); ok {
			a.Floor[m] = f
		}
		a.Families = append(a.Families, t.families()...)
	}
	for _, p := range j.exp.Predict {
		a.Predictions = append(a.Predictions, j.predict(p))
	}
	a.attacked(run.Refuted)
	if a.Required, err = j.required(); err != nil {
		return Analysis{}, err
	}
	a.Notes = slices.Clone(run.Manifest.NotMeasured)
	for _, u := range run.Manifest.Unasked {
		if slices.Contains(a.Notes, u.Why) { // it is about the whole design, and said already
			continue
		}
		a.Notes = append(a.Notes, fmt.Sprintf("%s was not asked: %s", named(u.Cell), u.Why))
	}
	if j.others > 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%s in trials.jsonl: this experiment has no such cell, so that it is another run's, and counts nowhere", unit.Many(j.others, "trial")))
	}
	if j.blocks < fewBlocks {
		a.Notes = append(a.Notes, fmt.Sprintf("%s: nothing within 10 %% is ranked; --blocks %d tells finer differences", unit.Many(j.blocks, "block"), fewBlocks))
	}
	return a, nil
}

// problems lists the trials that were not used, those that were with a warning, and those that were run again.
func problems(trials []result.Trial) (invalid, warned, repeated []Problem) {
	for _, t := range trials {
		if t.Replaced {
			repeated = append(repeated, Problem{t.Cell, t.Block, slices.Concat(t.Reasons.Faults(), t.Reasons.Warnings())})
			continue
		}
		if !t.Valid {
			invalid = append(invalid, Problem{t.Cell, t.Block, t.Reasons.Faults()})
		}
		if w := t.Reasons.Warnings(); len(w) > 0 {
			warned = append(warned, Problem{t.Cell, t.Block, w})
		}
	}
	return invalid, warned, repeated
}

// metrics lists the metrics that any cell has, in the order of reports, errors last.
func (j *judge) metrics() (names []string) {
	seen := map[string]bool{}
	for i := range j.cells {
		for name := range j.cells[i].Metrics {
			seen[name] = true
		}
	}
	for _, m := range metric.All {
		if seen[m.Name] {
			names = append(names, m.Name)
			delete(seen, m.Name)
		}
	}
	return append(names, slices.Sorted(maps.Keys(seen))...)
}

func speed(name string) bool { return metric.Of(name).Kind == metric.Speed }
func cost(name string) bool  { return metric.Of(name).Kind == metric.Cost }
