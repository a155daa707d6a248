package cmd

import (
	"errors"
	"fmt"
	"path/filepath"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
)

// rated freezes a plan at the loads that an earlier run found, so that nothing is searched. dir is the directory of that
// run, or of several experiments, one of which has the name of this one. A plan without utilizations stays as it is.
func (a *app) rated(p plan.Plan, dir string) (plan.Plan, error) {
	if len(p.Searches) == 0 {
		return p, nil
	}
	if result.IsWhole(dir) {
		dir = filepath.Join(dir, p.Experiment.Name)
	}
	before, err := result.Load(dir)
	if err != nil {
		return p, fmt.Errorf("run: --rates: %w", err)
	}
	m := before.Manifest
	if len(m.Loads) == 0 {
		return p, fmt.Errorf("run: --rates: the run in %s has found no rates, because its experiment has no utilization; name the directory of one that has", dir)
	}
	e, err := spec.Parse(filepath.Join(dir, "manifest.json"), []byte(m.Spec), nil)
	if err == nil {
		err = sameLoads(e, p.Experiment)
	}
	if err == nil {
		for i := range m.Capacities {
			m.Capacities[i].Waited = 0 // this run has not waited for them
		}
		p, err = p.Freeze(m.Capacities, m.Loads)
	}
	if err != nil {
		return p, fmt.Errorf("run: --rates: the rates in %s are of another load: %w; leave --rates out, and they are measured", dir, err)
	}
	return p, nil
}

// sameLoads says in what the loads of two experiments differ, whose rates could otherwise be the same. How long is measured
// makes no difference.
func sameLoads(before, now spec.Experiment) error {
	if before.Reference() != now.Reference() {
		return fmt.Errorf("they are shares of what %s carries, and here of what %s carries", before.Reference(), now.Reference())
	}
	conditions := map[string]spec.Experiment{}
	for varied, e := range before.Conditions {
		conditions[result.Cell(varied).Key()] = e
	}
	var differ error
	for varied, e := range now.Conditions {
		old, ok := conditions[result.Cell(varied).Key()]
		if !ok {
			if len(varied) == 0 {
				return errors.New("that run varies other fields")
			}
			return fmt.Errorf("that run has no condition%s", cellName(result.Cell(varied)))
		}
		for _, d := range spec.Differing(old, e) {
			if !d.Timing() {
				differ = fmt.Errorf("%s is %s there, and %s here", d.Field, d.First, d.Second)
			}
		}
	}
	return differ
}
