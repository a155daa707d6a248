package cmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"socketbench/experiments"
	"socketbench/experiments/quote"
	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

// order is what one command measures: one experiment, or several that end in one page.
type order struct {
	asks  []ask
	dir   string                 // of the whole; "" where there is one experiment
	whole result.Whole           // what dir holds, or is to hold
	begun bool                   // dir has a run.json
	done  map[string]report.Past // by directory: what need not be read again, at first what an earlier command finished
}

// planned completes the order of several experiments. If its directory holds the beginning of the same order, that is
// continued.
func (a *app) planned(o order, f runFlags) (order, error) {
	if o.dir == "" {
		return o, nil
	}
	now := result.Whole{Command: o.asks[0].command, Seed: f.seed, Profiles: f.profile, Started: time.Now().Truncate(time.Millisecond)}
	for _, q := range o.asks {
		e := q.plan.Experiment
		now.Parts = append(now.Parts, result.Part{Dir: filepath.Base(q.dir), Experiment: e.Name, Question: e.Question,
			Spec: string(e.YAML()), Capacities: q.plan.Capacities, Loads: q.plan.Loads})
	}
	if !o.begun {
		o.whole = now
		return o, nil
	}
	if what := otherOrder(o.whole, now); what != "" {
		return order{}, fmt.Errorf("run: %s holds a run with %s; continue that with --resume %s, or choose another directory with --out",
			o.dir, what, o.dir)
	}
	return a.resumedWhole(o.dir, o.whole, f)
}

// otherOrder says in what an order differs from the one that a directory holds; "" where it is the same.
func otherOrder(before, now result.Whole) string {
	if before.Seed != now.Seed {
		return fmt.Sprintf("the seed %d", before.Seed)
	}
	if len(before.Parts) != len(now.Parts) {
		return fmt.Sprintf("%d experiments", len(before.Parts))
	}
	for i, p := range before.Parts {
		switch {
		case p.Experiment != now.Parts[i].Experiment:
			return "the experiment " + p.Experiment
		case p.Spec != now.Parts[i].Spec:
			return "other settings of " + p.Experiment
		case !sameRates(p.Loads, now.Parts[i].Loads):
			return "other rates of " + p.Experiment
		}
	}
	return ""
}

// sameRates reports whether two parts are to be measured at the same rates. A part that keeps none measures them when it begins.
func sameRates(a, b []result.Frozen) bool {
	return slices.EqualFunc(a, b, func(x, y result.Frozen) bool {
		return x.Condition.Key() == y.Condition.Key() && x.Rate == y.Rate && x.Peak == y.Peak && x.Think == y.Think
	})
}

// runWhole measures several experiments, one after the other, and ends in one page. An experiment that fails does not
// keep the others from being measured. The error is the gravest of those of the experiments, finished ones included.
func (a *app) runWhole(ctx context.Context, o order, f runFlags) error {
	if !o.begun {
		if err := result.CreateWhole(o.dir, o.whole); err != nil {
			return err
		}
	}
	held, err := result.LockWhole(o.dir)
	if err != nil {
		return err
	}
	defer held.Close()
	if len(f.profile) == 0 {
		f.profile = o.whole.Profiles
	}
	if o.done == nil {
		o.done = map[string]report.Past{}
	}
	var wrong, no, unsure error
	note := func(name string, err error) {
		switch {
		case err == nil:
		case errors.As(err, new(*doesNotHold)):
			no = cmp.Or(no, err)
		case errors.As(err, new(*cannotTell)):
			unsure = cmp.Or(unsure, err)
		default:
			fmt.Fprintf(a.stderr, "%s: %s\n", name, quote.Lines(quote.Error(err)))
			wrong = cmp.Or(wrong, fmt.Errorf("run: %s was not measured to the end: %w", name, err))
		}
	}
	if left := a.expected(o); left > 0 {
		fmt.Fprintf(a.stderr, "%s, about %s; up to %s on a restless machine: trials wait until it is calm, and disturbed ones are run again\n",
			unit.Many(len(o.asks)-len(o.done), "experiment"), rough(left), rough(experiments.Longest(left)))
	}
	for i, q := range o.asks {
		if ctx.Err() != nil {
			break
		}
		name := q.plan.Experiment.Name
		if past, done := o.done[q.dir]; done {
			note(name, a.outcome(past.Run, past.Analysis, f))
			continue
		}
		fmt.Fprintf(a.stderr, "experiment %d of %d: %s\n", i+1, len(o.asks), name)
		told, err := a.runOne(ctx, q, f)
		note(name, err)
		switch past := (report.Past{Dir: q.dir, Name: name, Run: told.Run, Analysis: told.Analysis}); {
		case past.Finished():
			o.done[q.dir] = past
		case err != nil && !report.IsRun(q.dir):
			o.done[q.dir] = report.Past{Dir: q.dir, Name: name, Missing: true, Err: err}
		}
		if _, err := a.page(o); err != nil { // after each, so that a run that is killed has one too
			fmt.Fprintln(a.stderr, quote.Error(err))
		}
	}
	x, err := a.page(o)
	if err == nil {
		fmt.Fprintln(a.stdout)
		err = report.WriteIndex("text", a.stdout, x, a.columns(), a.paint(), o.dir)
		fmt.Fprintln(a.stderr, quote.Text(filepath.Join(o.dir, "index.html")))
	}
	return cmp.Or(wrong, err, no, unsure)
}

// expected is about how long the experiments take that are not finished.
func (a *app) expected(o order) (total time.Duration) {
	for _, q := range o.asks {
		if _, done := o.done[q.dir]; !done {
			total += experiments.Estimate(q.plan, a.registry)
		}
	}
	return total
}

// page writes the one page of several experiments.
func (a *app) page(o order) (report.Index, error) {
	x := report.ListWhole(o.dir, o.whole, o.done)
	x.Published = asPublished(o.dir, x.Runs...)
	var b bytes.Buffer
	if err := report.WriteIndex("html", &b, x, 0, nil, o.dir); err != nil {
		return x, err
	}
	return x, a.deliver(b.Bytes(), filepath.Join(o.dir, "index.html"))
}
