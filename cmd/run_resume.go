package cmd

import (
	"fmt"
	"path/filepath"

	"socketbench/experiments/plan"
	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
)

// resumed lays out again what a results directory was to hold.
func (a *app) resumed(args []string, f runFlags) (order, error) {
	if f.out != "" || len(args) > 0 || len(f.servers) > 0 || len(a.commands) > 0 || f.blocks != 0 || f.duration != "" || f.placement != "" || f.rates != "" || len(f.set)+len(f.require) > 0 || f.headroom {
		return order{}, fmt.Errorf("run: --resume continues the plan in its directory and can be combined only with --profile; leave the rest out")
	}
	if result.IsWhole(f.resume) {
		w, err := result.LoadWhole(f.resume)
		if err != nil {
			return order{}, err
		}
		return a.resumedWhole(f.resume, w, f)
	}
	q, err := a.resumedOne(f.resume, f)
	return order{asks: []ask{q}}, err
}

// resumedOne lays out again what the directory of one experiment was to hold.
func (a *app) resumedOne(dir string, f runFlags) (ask, error) {
	r, err := result.Load(dir)
	if err != nil {
		return ask{}, err
	}
	m := r.Manifest
	if len(m.Agents) > 0 && f.fleet == "" {
		return ask{}, fmt.Errorf("run: %s was measured over several machines; continue it there: %s", dir, m.Resume(dir))
	}
	p, err := a.replanned(filepath.Join(dir, "manifest.json"), m.Spec, m.Seed, m.Capacities, m.Loads)
	from := map[string]string{}
	for _, path := range spec.Said([]byte(m.Spec)) {
		from[path] = "manifest"
	}
	return ask{plan: p, origin: from, dir: dir, resume: true, continued: dir, command: m.Command}, err
}

// replanned is the plan of an experiment that a file of results keeps, at the loads that the file keeps. If it keeps none,
// they are measured when the run begins.
func (a *app) replanned(file, text string, seed uint64, capacities []result.Capacity, loads []result.Frozen) (plan.Plan, error) {
	e, err := spec.Parse(file, []byte(text), a.registry)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("run: the experiment in %s cannot be run here: %w", filepath.Dir(file), err)
	}
	p, err := plan.New(e, seed, a.registry)
	if err == nil && len(p.Searches) > 0 && len(loads) > 0 {
		p, err = p.Freeze(capacities, loads)
	}
	return p, err
}

// resumedWhole lays out again what the directory of several experiments was to hold: those that are finished, those
// that were begun, with their plans, and those that were not, as they were asked for.
func (a *app) resumedWhole(dir string, w result.Whole, f runFlags) (order, error) {
	var err error
	o := order{dir: dir, whole: w, begun: true, done: map[string]report.Past{}}
	for _, part := range w.Parts {
		q := ask{dir: filepath.Join(dir, part.Dir)}
		if q.resume = report.IsRun(q.dir); q.resume {
			past := report.NewPast(q.dir)
			if past.Finished() {
				o.done[q.dir] = past
				q.plan = plan.Plan{Experiment: past.Analysis.Experiment, Seed: w.Seed}
			} else if q, err = a.resumedOne(q.dir, f); past.Err != nil && err != nil {
				return order{}, fmt.Errorf("%w; move %s away, and --resume %s measures that experiment from its beginning", err, past.Dir, dir)
			} else if err != nil {
				return order{}, err
			}
		} else if q.plan, err = a.replanned(filepath.Join(dir, "run.json"), part.Spec, w.Seed, part.Capacities, part.Loads); err != nil {
			return order{}, err
		}
		q.continued, q.command = dir, w.Command
		o.asks = append(o.asks, q)
	}
	return o, nil
}
