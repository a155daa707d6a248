// Package refute tries to overturn what a run concluded. It measures each pair of cells that a verdict is about again,
// with one thing changed at a time, such as the seed, the placement or the size of a request, and says whether the verdict
// stays the same. A difference that one choice of the experimenter makes is no difference between two designs.
//
// [Lay] lists the verdicts and the attacks on them, [Try] carries the attacks out. The results of each attack are an ordinary
// results directory, and refute.json beside them keeps the list and the outcomes, so that a reader of the run has both.
package refute

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// Blocks is how often each cell of an attack is measured, at least: a run of fewer blocks ranks nothing within 10 %.
const Blocks = 8

// Outcomes of an attack.
const (
	Same       = "same"        // the verdict is that of the run
	Turns      = "turns"       // it is another one, or the difference has disappeared
	Undecided  = "undecided"   // the attack decided nothing
	NotAskable = "not askable" // the change cannot be made here
	NotReached = "not reached" // the budget ended before
)

// pair is what an attack measures: two cells, or the one of a verdict about a figure itself.
type pair struct{ of, against result.Cell }

func (p pair) key() string { return p.of.Key() + p.against.Key() }

// cells are those that the pair has.
func (p pair) cells() []result.Cell {
	if p.against == nil {
		return []result.Cell{p.of}
	}
	return []result.Cell{p.of, p.against}
}

// servers are those of the pair, the one that is compared with first.
func (p pair) servers() (names []string) {
	cells := p.cells()
	slices.Reverse(cells)
	for _, c := range cells {
		if !slices.Contains(names, c.Server()) {
			names = append(names, c.Server())
		}
	}
	return names
}

// Lay lists the verdicts of a finished run and the attacks on them, the most doubtful verdict first. The verdicts are the
// comparisons of the primary metric and the predictions, as far as they were decided.
func Lay(run result.Run, a verdict.Analysis, registry servers.Registry) (result.Refuted, error) {
	if err := attackable(run, a, registry); err != nil {
		return result.Refuted{}, err
	}
	r := result.Refuted{PlanHash: run.Manifest.PlanHash, Verdicts: decided(a)}
	if len(r.Verdicts) == 0 {
		return r, fmt.Errorf("refute: %s decided nothing: there is no verdict to overturn; more blocks narrow its intervals (socketbench run --blocks %d)",
			run.Dir, 2*max(Blocks, run.Manifest.Blocks))
	}
	slices.SortStableFunc(r.Verdicts, func(x, y result.Attacked) int { return cmp.Compare(x.Doubt, y.Doubt) })
	var pairs []pair // in the order of their most doubtful verdicts
	for _, v := range r.Verdicts {
		p := pair{v.Of, v.Against}
		if !slices.ContainsFunc(pairs, func(q pair) bool { return p.key() == q.key() }) {
			pairs = append(pairs, p)
		}
	}
	for n, p := range pairs {
		for _, c := range changes {
			attack := lay(c, p, a, registry)
			if attack.Why == "" {
				attack.Dir = fmt.Sprintf("%02d-%s", n+1, c.name)
			}
			r.Attacks = append(r.Attacks, attack)
			for i := range r.Verdicts {
				if v := &r.Verdicts[i]; of(*v, attack) {
					tried := result.Tried{Change: c.name, Says: attack.Says, Outcome: NotReached}
					if attack.Why != "" {
						tried.Outcome, tried.Why = NotAskable, attack.Why
					}
					v.Tried = append(v.Tried, tried)
				}
			}
		}
	}
	for i := range r.Verdicts {
		r.Verdicts[i].Says = sentence(r.Verdicts[i].Tried)
	}
	return r, nil
}

// of reports whether a verdict is about the pair of an attack.
func of(v result.Attacked, a result.Attack) bool {
	return pair{v.Of, v.Against}.key() == pair{a.Of, a.Against}.key()
}

// attackable is the error for a run whose verdicts cannot be attacked here.
func attackable(run result.Run, a verdict.Analysis, registry servers.Registry) error {
	m := run.Manifest
	switch {
	case len(m.Agents) > 0:
		return fmt.Errorf("refute: %s was measured over several machines, and attacks are measured on this one; run %s here first", run.Dir, m.Experiment)
	case len(run.Trials) == 0 || m.Finished.IsZero():
		return fmt.Errorf("refute: %s did not end, and its verdicts may still change; %s continues it", run.Dir, m.Resume(run.Dir))
	}
	if !slices.ContainsFunc(run.Trials, result.Trial.Counts) {
		return fmt.Errorf("refute: no trial of %s counts, so that it has no verdict; socketbench doctor says whether this machine is fit to measure", run.Dir)
	}
	for _, s := range a.Experiment.Servers {
		if _, command := a.Experiment.Commands.Of(s); command {
			continue
		}
		if !slices.ContainsFunc(registry, func(e servers.Entry) bool { return e.Name == s }) {
			return fmt.Errorf("refute: %s has a server %q that this program does not have; attack it with the program that measured it (%s)",
				run.Dir, s, strings.TrimSpace(m.Tool+" "+m.Commit))
		}
	}
	return nil
}

// decided lists the verdicts of a run that say something.
func decided(a verdict.Analysis) (list []result.Attacked) {
	for _, f := range a.Families {
		for _, c := range f.Comparisons {
			if f.Metric == a.Experiment.Primary && says(c.Word) {
				list = append(list, result.Attacked{Metric: f.Metric, Of: c.Of, Against: c.Of.With(f.Baseline), Claim: c.Sentence,
					Word: string(c.Word), Doubt: finite(a.Doubt(f.Metric, c))})
			}
		}
	}
	for i, p := range a.Predictions {
		if says(p.Word) && i < len(a.Experiment.Predict) {
			list = append(list, result.Attacked{Metric: p.Metric, Of: p.Of, Against: p.Against, Expect: p.Expect, Claim: p.Claim,
				Word: string(p.Word), Doubt: finite(verdict.PredictionDoubt(p, a.Experiment.Predict[i].Expected))})
		}
	}
	return list
}

func says(w verdict.Word) bool { return w != verdict.Undecided && w != verdict.NotAsked }

// finite keeps a distance within what JSON can hold.
func finite(d float64) float64 { return min(d, 1e6) }

// lay makes one attack: the experiment of the run about one pair, with one change.
func lay(c change, p pair, a verdict.Analysis, registry servers.Registry) result.Attack {
	attack := result.Attack{Of: p.of, Against: p.against, Change: c.name, Seed: a.Manifest.Seed, Rates: c.keepsRates}
	e := about(a.Experiment, p)
	variants, why := c.ways(situation{e, a.Manifest, p, registry})
	for _, w := range variants {
		changed, err := spec.Parse("refute.json", e.YAML(), registry, w.set...)
		if err == nil {
			err = w.possible
		}
		if err != nil {
			why = cmp.Or(why, reasonOf(err))
			continue
		}
		attack.Says = w.says
		if w.seed != 0 {
			attack.Seed = w.seed
		}
		changed.Name += "-" + c.name
		attack.Spec = string(changed.YAML())
		planned, err := Plan(attack, a.Manifest, registry)
		if err == nil {
			err = asked(planned, p)
		}
		if err == nil {
			return attack
		}
		why = cmp.Or(why, reasonOf(err))
	}
	attack.Spec, attack.Seed, attack.Rates = "", 0, false
	attack.Why = why
	return attack
}

// reasonOf is what is wrong with a change as a clause, in one line.
func reasonOf(err error) string {
	if inner := errors.Unwrap(err); inner != nil && strings.HasPrefix(err.Error(), setPrefix) {
		err = inner
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimPrefix(strings.TrimPrefix(first, setPrefix+": "), "plan: ")
}

// asked is the error for a plan that leaves a cell of the pair out.
func asked(p plan.Plan, two pair) error {
	for _, u := range p.Unasked {
		for _, c := range two.cells() {
			if u.Cell.Key() == c.Key() {
				return errors.New(u.Why)
			}
		}
	}
	return nil
}

// about is the experiment reduced to what a pair needs: its servers, its conditions and the predictions about it.
func about(e spec.Experiment, p pair) spec.Experiment {
	claims := e.Predict
	e = e.WithServers(p.servers())
	e.Baseline = p.servers()[0]
	e.Predict = nil
	for _, claim := range claims {
		if claim.NotAsked == "" && (pair{claim.Of, claim.Against}).key() == p.key() {
			e.Predict = append(e.Predict, claim)
		}
	}
	vary := spec.Factors{}
	for _, f := range e.Vary {
		f.Values = slices.DeleteFunc(slices.Clone(f.Values), func(v any) bool {
			return !slices.ContainsFunc(p.cells(), func(c result.Cell) bool { return fmt.Sprint(c[f.Field]) == fmt.Sprint(v) })
		})
		vary = append(vary, f)
	}
	if e.Vary = nil; len(vary) > 0 {
		e.Vary = vary
	}
	e.Require, e.Headroom, e.Beyond, e.Smaller, e.Charts, e.Precision = nil, false, 0, 0, nil, 0
	e.Blocks = max(Blocks, e.Blocks)
	e.MaxBlocks = e.Blocks
	return e
}

// Plan lays out the trials of an attack on a run with manifest m.
func Plan(a result.Attack, m result.Manifest, registry servers.Registry) (plan.Plan, error) {
	e, err := spec.Parse("refute.json", []byte(a.Spec), registry)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("refute: %s cannot be asked here: %w", a.Dir, err)
	}
	p, err := plan.New(e, a.Seed, registry)
	if err != nil || !a.Rates || len(p.Searches) == 0 || len(m.Loads) == 0 {
		return p, err
	}
	return frozen(p, m)
}

// frozen is a plan at the rates of a run.
func frozen(p plan.Plan, m result.Manifest) (plan.Plan, error) {
	loads := slices.DeleteFunc(slices.Clone(m.Loads), func(l result.Frozen) bool {
		return !slices.ContainsFunc(p.Cells, func(c plan.Cell) bool { return c.ID.Without("server").Key() == l.Condition.Key() })
	})
	return p.Freeze(m.Capacities, loads)
}
