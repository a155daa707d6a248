package cmd

import (
	"fmt"
	"slices"
	"time"

	"socketbench/experiments"
	"socketbench/experiments/plan"
	"socketbench/experiments/quote"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// origins says where the fields of an experiment were said: in its file or on the command line.
func origins(name string, servers []string, f runFlags) map[string]string {
	from := map[string]string{}
	text, _ := experimentText(name) // it has been read before
	for _, path := range spec.Said(text) {
		from[path] = "file"
	}
	paths := map[string]bool{"servers": len(servers) > 0, "blocks": f.blocks > 0, "max_blocks": f.blocks > 0, "load.duration": f.duration != "", "placement": f.placement != "", "require": len(f.require) > 0, "headroom": f.headroom,
		"extrapolate_idle": f.fit != nil, "extrapolate_blocks": f.fit != nil}
	for _, c := range f.set {
		paths[c.Path] = true
	}
	for path, set := range paths {
		if set {
			from[path] = "command line"
		}
	}
	return from
}

// leftOut lists the parts of the experiment that are not run, with the reasons.
func leftOut(p plan.Plan) []string {
	list := slices.Concat(p.Cut, p.Skipped)
	for _, u := range p.Unasked {
		if slices.Contains(p.Skipped, u.Why) {
			continue
		}
		list = append(list, fmt.Sprintf("%s is not askable here: %s", cellName(u.Cell), u.Why))
	}
	for _, claim := range p.Experiment.Predict {
		if claim.NotAsked != "" {
			list = append(list, fmt.Sprintf("%q is not askable here: %s", claim.Claim, claim.NotAsked))
		}
	}
	return append(list, p.Untold...)
}

// dryRuns prints the plans, and of several the time that all of them take.
func (a *app) dryRuns(o order, f runFlags) {
	var least, most time.Duration
	for _, q := range o.asks {
		l, m := a.dryRun(q, f.profile)
		least, most = least+l, most+m
	}
	if len(o.asks) > 1 {
		fmt.Fprintf(a.stdout, "%s: %s\n", unit.Many(len(o.asks), "experiment"), takes(least, most))
	}
}

// eachBlock says how many trials a block of a plan has. The last one has fewest, where some crowds are in the first ones alone.
func eachBlock(p plan.Plan) string {
	blocks := p.Blocks()
	most, least := len(blocks[0]), len(blocks[len(blocks)-1])
	if least == most {
		return unit.Many(most, "trial")
	}
	return fmt.Sprintf("%d to %s", least, unit.Many(most, "trial"))
}

// dryRun prints a plan and returns how long it takes.
func (a *app) dryRun(q ask, profile []string) (least, most time.Duration) {
	p := q.plan
	e := p.Experiment
	fmt.Fprintf(a.stdout, "%s: %s\n", e.Name, quote.Lines(e.Question))
	fmt.Fprintf(a.stdout, "seed %d, plan %s, %s, %s of %s", p.Seed, p.Hash[:12], unit.Many(len(p.Cells), "cell"), unit.Many(e.MaxBlocks, "block"), eachBlock(p))
	if e.MaxBlocks > e.Blocks {
		fmt.Fprintf(a.stdout, ", at least %d of them", e.Blocks)
	}
	fmt.Fprintln(a.stdout)
	for _, s := range e.Settings(q.origin) {
		fmt.Fprintf(a.stdout, "  %-22s %s (%s)\n", s.Path, quote.Text(s.Value), s.From)
	}
	for _, name := range e.Commands.Names() {
		fmt.Fprintf(a.stdout, "  %-22s %s\n", name, quote.Text(e.Commands[name]))
	}
	for _, s := range verdict.Loads(p.Capacities, p.Loads) {
		fmt.Fprintln(a.stdout, quote.Text(s))
	}
	for _, s := range leftOut(p) {
		fmt.Fprintln(a.stdout, quote.Text(s))
	}
	if len(profile) > 0 {
		for _, s := range experiments.Unprofiled(p, a.registry) {
			fmt.Fprintln(a.stdout, quote.Text(s))
		}
	}
	for _, t := range p.Trials {
		fmt.Fprintf(a.stdout, "%5d  block %-3d %s  %s\n", t.Order+1, t.Block+1, t.Label, cellName(p.Cells[t.Cell].ID))
	}
	most = experiments.Estimate(p, a.registry)
	least = most * time.Duration(e.Blocks) / time.Duration(e.MaxBlocks)
	fmt.Fprintln(a.stdout, takes(least, most))
	if extra := experiments.EstimateHeadroom(p, a.registry); extra > 0 {
		fmt.Fprintf(a.stdout, "and about %s at most for the headroom of the designs that meet what is required\n", rough(extra))
	}
	return least, most
}

// takes says how long a run is expected to take.
func takes(least, most time.Duration) string {
	if least == most {
		return "about " + rough(most)
	}
	return fmt.Sprintf("about %s at most, %s at least", rough(most), rough(least))
}
