package refute

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// Options say how the verdicts of a run are attacked.
type Options struct {
	Run      result.Run
	Analysis verdict.Analysis // of Run
	Registry servers.Registry
	Budget   time.Duration // of this call; an attack that may not end within it is not begun

	// Estimate is about how long a plan takes.
	Estimate func(plan.Plan) time.Duration
	// Measure carries out a plan in dir, which holds a part of it if resume is set. An [UnableError] says that the change
	// cannot be made; any other error ends the attacks.
	Measure func(ctx context.Context, p plan.Plan, dir string, resume bool) error
	// Begin is told of each attack before it is measured: that it is the nth of so many, and how long it may take. May be nil.
	Begin func(a result.Attack, n, of int, takes time.Duration)

	Now func() time.Time // nil: time.Now
}

// UnableError says why a change cannot be made, which shows only when it is measured.
type UnableError struct{ Err error }

func (e *UnableError) Error() string { return e.Err.Error() }
func (e *UnableError) Unwrap() error { return e.Err }

// TooSmallError is a budget that ends before the next attack would.
type TooSmallError struct{ Budget, Least time.Duration }

func (e *TooSmallError) Error() string {
	return fmt.Sprintf("refute: the next attack takes about %v, and the budget is %v; give it at least that (--budget %v)",
		e.Least.Round(time.Second), e.Budget, (e.Least + e.Least/2).Round(time.Second))
}

// Try attacks the verdicts of a run, the most doubtful first, until all attacks are done or the budget ends, and returns
// what became of the verdicts so far. What is measured is kept: another call goes on where this one ended. When ctx ends,
// the error is that of ctx. Nothing is written if the first attack does not fit into the budget.
func Try(ctx context.Context, o Options) (r result.Refuted, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	begun, has, err := result.LoadRefuted(o.Run.Dir)
	if err != nil {
		return r, err
	}
	if r, err = Lay(o.Run, o.Analysis, o.Registry); err != nil {
		return r, err
	}
	if has && begun.PlanHash != r.PlanHash {
		return r, fmt.Errorf("refute: %s holds attacks on another run; move it away to begin again", result.RefutedDir(o.Run.Dir))
	}
	t := &trier{Options: o, r: r, began: o.Now(), pace: 1}
	if has {
		t.r = begun
	}
	next, err := t.next(0)
	if err != nil || next.at < 0 {
		return t.r, err
	}
	if next.takes > o.Budget {
		return t.r, &TooSmallError{o.Budget, next.takes}
	}
	if !has {
		t.r.Started = o.Now().Truncate(time.Second)
		if err := result.StoreRefuted(o.Run.Dir, t.r); err != nil {
			return t.r, err
		}
	}
	held, err := result.LockRefuted(o.Run.Dir)
	if err != nil {
		return t.r, err
	}
	defer held.Close()
	for next.at >= 0 && next.takes <= o.Budget-o.Now().Sub(t.began) {
		if err := t.attack(ctx, next); err != nil {
			return t.r, err
		}
		if next, err = t.next(next.at + 1); err != nil {
			return t.r, err
		}
	}
	return t.r, nil
}

// trier is a call of Try under way.
type trier struct {
	Options
	r                result.Refuted
	began            time.Time
	expected, lasted time.Duration // of the attacks so far
	pace             float64       // lasted / expected, at least 1
}

// step is an attack that is to be measured; at is its place, below 0: there is none.
type step struct {
	at     int
	plan   plan.Plan
	resume bool
	expect time.Duration // by the estimate
	takes  time.Duration // by the estimate and the pace so far
}

// next finds the first attack from a place on that is not done. Those that were measured and not judged, because the
// process was killed between the two, are judged.
func (t *trier) next(from int) (step, error) {
	for i := from; i < len(t.r.Attacks); i++ {
		a := t.r.Attacks[i]
		if a.Why != "" || told(t.r, a) {
			continue
		}
		dir := t.dir(a)
		p, err := Plan(a, t.Run.Manifest, t.Registry)
		if err != nil {
			return step{at: -1}, err
		}
		s := step{at: i, plan: p}
		missing := 1.0
		run, err := result.Load(dir)
		if _, none := os.Lstat(dir); err != nil && none == nil {
			return s, fmt.Errorf("%w; move %s away, and that attack is measured again", err, dir)
		}
		if err == nil {
			if named, gone := run.Lost(); !run.Manifest.Finished.IsZero() && named+gone == 0 {
				if err := t.judge(a); err != nil {
					return s, err
				}
				continue
			}
			if s.resume = true; len(p.Searches) > 0 && len(run.Manifest.Loads) > 0 {
				if s.plan, err = p.Freeze(run.Manifest.Capacities, run.Manifest.Loads); err != nil {
					return s, err
				}
			}
			missing = 1 - float64(len(run.Final()))/float64(max(1, len(p.Trials)))
		}
		s.expect = time.Duration(missing * float64(t.Estimate(s.plan)))
		s.takes = time.Duration(t.pace * float64(s.expect))
		return s, nil
	}
	return step{at: -1}, nil
}

func (t *trier) dir(a result.Attack) string {
	return filepath.Join(result.RefutedDir(t.Run.Dir), a.Dir)
}

// attack measures one attack and keeps what it found.
func (t *trier) attack(ctx context.Context, s step) error {
	a := t.r.Attacks[s.at]
	if t.Begin != nil {
		n, all := 0, 0
		for i, other := range t.r.Attacks {
			if other.Why == "" {
				if all++; i <= s.at {
					n++
				}
			}
		}
		t.Begin(a, n, all, s.takes)
	}
	from := t.Now()
	err := t.Measure(ctx, s.plan, t.dir(a), s.resume)
	t.expected, t.lasted = t.expected+s.expect, t.lasted+t.Now().Sub(from)
	if t.expected > 0 {
		t.pace = max(1, float64(t.lasted)/float64(t.expected))
	}
	var unable *UnableError
	switch {
	case errors.As(err, &unable):
		return t.keep(a, func(result.Attacked) result.Tried { return result.Tried{Outcome: NotAskable, Why: unable.Error()} })
	case err != nil:
		return err
	}
	return t.judge(a)
}

// judge reads the results of an attack and keeps what they say of the verdicts that it is about.
func (t *trier) judge(a result.Attack) error {
	run, err := result.Load(t.dir(a))
	if err != nil {
		return err
	}
	after, err := verdict.Judge(run)
	if err != nil {
		return err
	}
	return t.keep(a, func(v result.Attacked) result.Tried { return outcome(v, t.Analysis, after) })
}

// keep stores what an attack says of each verdict that it is about.
func (t *trier) keep(a result.Attack, found func(result.Attacked) result.Tried) error {
	for i := range t.r.Verdicts {
		v := &t.r.Verdicts[i]
		if !of(*v, a) {
			continue
		}
		for k := range v.Tried {
			if v.Tried[k].Change == a.Change {
				tried := found(*v)
				tried.Change, tried.Says = a.Change, a.Says
				v.Tried[k] = tried
			}
		}
		v.Says = sentence(v.Tried)
	}
	return result.StoreRefuted(t.Run.Dir, t.r)
}

// Missing lists the attacks that were not reached.
func Missing(r result.Refuted) (list []result.Attack) {
	for _, a := range r.Attacks {
		if a.Why == "" && !told(r, a) {
			list = append(list, a)
		}
	}
	return list
}

// told reports whether the outcome of an attack is known.
func told(r result.Refuted, a result.Attack) bool {
	for _, v := range r.Verdicts {
		for _, tried := range v.Tried {
			if of(v, a) && tried.Change == a.Change {
				return tried.Outcome != NotReached
			}
		}
	}
	return true
}
