package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments"
	"socketbench/experiments/plan"
	"socketbench/experiments/quote"
	"socketbench/experiments/refute"
	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
	"socketbench/servers/foreign"
)

// leastBudget keeps a missing unit from being a budget of nanoseconds.
const leastBudget = time.Second

func (a *app) refute() *cobra.Command {
	var budget string
	c := &cobra.Command{
		Use:   "refute DIR",
		Short: "try to overturn the verdicts of a run, one change at a time",
		Long: `Refute attacks what a finished run concluded: the comparisons of its primary metric and its predictions, as far
as they were decided. It measures each pair of cells again with one thing changed: the seed, the engine of the
generator, the placement, the size of a request, the number of connections, the pipelining, GOMAXPROCS, the
load, the arrivals, or GOGC. The most doubtful verdict comes first: the one whose interval lies nearest to the
bound that decided it.

For each verdict and each change it says whether the verdict stays the same, turns, or is undecided, or why the
change cannot be made. A verdict that turns is about that choice as much as about the designs.

An attack has at least ` + fmt.Sprint(refute.Blocks) + ` blocks. When the budget ends, refute lists what it did not reach; the same command goes on
there. The results are kept in DIR/refute, each attack as a run of its own, and every report of DIR shows them.`,
		Example: `  socketbench refute results/20261122-213045-quick
  socketbench refute results/20261122-213045-quick --budget 30m`,
		Args: arguments(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			d, err := unit.ParseTime(budget)
			if err != nil {
				return fmt.Errorf("refute: --budget %s: %w", budget, err)
			}
			if d < leastBudget {
				return fmt.Errorf("refute: --budget %s is no time to measure in; give minutes, such as 10m", budget)
			}
			return a.attack(c.Context(), args[0], d)
		},
	}
	c.Flags().StringVar(&budget, "budget", "10m", "`TIME` to measure in; an attack that may not end within it is not begun")
	c.ValidArgsFunction = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	return c
}

// attack tries to overturn the verdicts of the run in dir.
func (a *app) attack(ctx context.Context, dir string, budget time.Duration) error {
	if result.IsWhole(dir) {
		return fmt.Errorf("refute: %s holds a run of several experiments; name one of them, such as the directory of the first below it", dir)
	}
	if _, err := os.Stat(dir); err == nil && !report.IsRun(dir) {
		return fmt.Errorf("refute: %s is not the directory of a run; socketbench run --out DIR makes one", dir)
	}
	run, err := result.Load(dir)
	if err != nil {
		return err
	}
	analysis, err := verdict.Judge(run)
	if err != nil {
		return err
	}
	again := foreign.ShellLine("socketbench", "refute", dir)
	found, err := refute.Try(ctx, refute.Options{
		Run: run, Analysis: analysis, Registry: a.registry, Budget: budget,
		Estimate: func(p plan.Plan) time.Duration { return experiments.Estimate(p, a.registry) },
		Measure: func(ctx context.Context, p plan.Plan, dir string, resume bool) error {
			return a.measureAttack(ctx, p, dir, resume, []string{"socketbench", "refute", run.Dir})
		},
		Begin: func(t result.Attack, n, of int, takes time.Duration) {
			fmt.Fprintf(a.stderr, "attack %d of %d: %s %s, about %v\n", n, of, quote.Text(pairNames(t)), t.Says, takes.Round(time.Second))
		},
	})
	interrupted := ctx.Err() != nil
	if err != nil && !interrupted {
		return err
	}
	run, err = result.Load(dir) // with what was found
	if err == nil {
		analysis, err = verdict.Judge(run)
	}
	if err != nil {
		return err
	}
	in := a.reportInput(run, analysis)
	err = errors.Join(report.WriteAttacked(a.stdout, in), report.Save(in))
	switch missing := refute.Missing(found); {
	case err != nil:
		return fmt.Errorf("%w; what was measured is kept (%s)", err, again)
	case interrupted:
		return &doesNotHold{fmt.Errorf("interrupted: what was measured is kept; continue with: %s", again)}
	case len(missing) > 0:
		fmt.Fprintf(a.stderr, "the budget of %v has ended; continue with: %s\n", budget, again)
	}
	return nil
}

// measureAttack carries out the plan of one attack.
func (a *app) measureAttack(ctx context.Context, p plan.Plan, dir string, resume bool, command []string) error {
	if err := a.buildPlanned(p); err != nil {
		return fmt.Errorf("refute: %w", err)
	}
	manifest := result.Manifest{Command: command}
	manifest.Tool, manifest.Commit = version()
	_, err := a.watched(ctx, experiments.Options{Plan: p, Dir: dir, Resume: resume, Manifest: manifest})
	var unable *experiments.CapacityError
	if errors.As(err, &unable) {
		return &refute.UnableError{Err: errors.New(strings.TrimPrefix(unable.Error(), "experiments: "))}
	}
	return err
}

// pairNames names the servers of an attack.
func pairNames(t result.Attack) string {
	of, against := t.Of.Server(), t.Against.Server()
	if against == "" || against == of {
		return of
	}
	return of + " against " + against
}
