package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// The bars of agreement.
const (
	sameShare = 0.95 // at least this share of the comparisons of two runs have the same verdict
	atBoth    = 0.90 // ... where one of the runs is started by a command that makes it slower
	mostWaste = 0.20 // at most this share of the wall time of a run is neither warm-up nor window
)

// wanted are the bars of one comparison. Where waste is 1, it has no bar and is not printed.
type wanted struct{ same, waste float64 }

// agreement measures whether runs of the same experiment reach the same verdicts.
func (b *bars) agreement() *cobra.Command {
	var runs int
	var seed uint64
	var dir string
	var turn time.Duration
	var under string
	c := &cobra.Command{
		Use:   "agreement [EXPERIMENT | FILE.yaml | DIR ...]",
		Short: "run an experiment again and again, and count the verdicts that differ",
		Long: `Agreement runs an experiment with different seeds and compares the verdicts of the first run with those of the
second, of the third with the fourth, and so on. It exits with 1 if a design is faster in one run and
slower in the other, or a prediction holds in one and is refuted in the other, if fewer than 95 % of the
verdicts are the same, or if a run spent more than a fifth of its time on neither warm-up nor window. Runs
that the directory of --out already holds are not repeated. Given directories are compared as they are; of
runs of several experiments, such as run all, each experiment with itself, whatever time its crowds need.

A machine that others share changes from one quarter of an hour to the next. With --alternate 2m two runs take
turns of two minutes: each is interrupted, and resumed when the other has had its turn, so that both meet the same
states of the machine. Verdicts that still differ do so by chance. Those that differ only in runs one after the
other differ because the machine changed. With --under, the second run is started by another command, such as one
that makes system calls slower; at least 90 % of the verdicts are to be the same then.

How far a run agrees with the published ones is told by socketbench compare published DIR.`,
		Example: "  go run ./.ci/bars agreement latency --runs 10\n  go run ./.ci/bars agreement results/monday results/tuesday\n  go run ./.ci/bars agreement all --alternate 2m\n  go run ./.ci/bars agreement all --alternate 20s --under 'slow 2000 1'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if runs < 2 || runs > 100 {
				return fmt.Errorf("agreement: --runs %d is not possible; choose 2 to 100", runs)
			}
			if turn != 0 && (turn < 10*time.Second || c.Flags().Changed("runs")) {
				return fmt.Errorf("agreement: --alternate takes 10s or more, and is about two runs; leave --runs out")
			}
			if under != "" && turn == 0 {
				return fmt.Errorf("agreement: --under is about the second of two runs in turns; add --alternate 20s")
			}
			if len(args) > 1 || begun(args[0]) {
				for _, flag := range []string{"runs", "seed", "alternate", "under", "out"} {
					if c.Flags().Changed(flag) {
						return fmt.Errorf("agreement: --%s is about new runs, and %s names one that is there; leave the flag out", flag, args[0])
					}
				}
				return b.agreedIn(args, wanted{sameShare, mostWaste})
			}
			if dir == "" {
				dir = filepath.Join("results", time.Now().Format("20060102-150405")+"-agreement")
			}
			if turn > 0 {
				dirs, err := b.pair(inTurns{dir, args[0], seed, turn, strings.Fields(under)})
				if err != nil {
					return fmt.Errorf("%w; to continue, use --out %s", err, dir)
				}
				w := wanted{sameShare, 1} // a manifest tells the overhead of the last turn only
				if under != "" {
					w.same = atBoth
				}
				return b.agreedIn(dirs, w)
			}
			var list []verdict.Analysis
			for i := range runs {
				told, err := b.run(filepath.Join(dir, fmt.Sprintf("seed-%d", seed+uint64(i))), args[0], seed+uint64(i))
				if err != nil {
					return fmt.Errorf("%w; to continue, use --out %s", err, dir)
				}
				list = append(list, told)
			}
			return b.agreed(list, wanted{sameShare, mostWaste})
		},
	}
	c.Flags().IntVar(&runs, "runs", 10, "number of runs")
	c.Flags().Uint64Var(&seed, "seed", 1, "seed of the first run; each further run has the next seed")
	c.Flags().DurationVar(&turn, "alternate", 0, "two runs take turns of this `TIME`, in place of one after the other")
	c.Flags().StringVar(&under, "under", "", "the second of two runs in turns is started by `COMMAND`, such as 'slow 2000 1'")
	c.Flags().StringVar(&dir, "out", "", "results go into `DIR` (default results/TIME-agreement)")
	return c
}

// agreedIn compares the runs in dirs, each of one experiment or each of several.
func (b *bars) agreedIn(dirs []string, w wanted) error {
	if result.IsWhole(dirs[0]) {
		return b.agreedWholly(dirs, w)
	}
	list, runs, err := stored(dirs)
	if err != nil {
		return err
	}
	b.machines(runs)
	return b.agreed(list, w)
}

// machines prints how far the machine was in another state in the second run of a pair than in the first.
func (b *bars) machines(runs []result.Run) {
	for i := 0; i+1 < len(runs); i += 2 {
		for _, s := range verdict.OtherPaces(runs[i].Trials, runs[i+1].Trials) {
			fmt.Fprintf(b.stdout, "  runs %d and %d: %s\n", i+1, i+2, s)
		}
	}
}

// stored loads the runs in dirs and judges them.
func stored(dirs []string) (list []verdict.Analysis, runs []result.Run, err error) {
	for _, d := range dirs {
		run, err := result.Load(d)
		if err != nil {
			return nil, nil, err
		}
		told, err := verdict.Judge(run)
		if err != nil {
			return nil, nil, err
		}
		list, runs = append(list, told), append(runs, run)
	}
	return list, runs, nil
}

func (b *bars) agreed(list []verdict.Analysis, w wanted) error {
	waste := 0.0
	for _, one := range list {
		waste = max(waste, one.Manifest.Overhead)
	}
	if w.waste < 1 {
		fmt.Fprintf(b.stdout, "at most %.0f %% of a run was neither warm-up nor window\n", 100*waste)
	}
	if err := b.told(verdict.Agree(list), w.same); err != nil {
		return err
	}
	if waste > w.waste {
		return fmt.Errorf("agreement: wanted at most %.0f %% of a run outside warm-up and window", 100*w.waste)
	}
	return nil
}

// agreedWholly compares runs of several experiments.
func (b *bars) agreedWholly(dirs []string, w wanted) error {
	first, err := result.LoadWhole(dirs[0])
	if err != nil {
		return err
	}
	var x verdict.Agreement
	for _, part := range first.Parts {
		var same []string
		for _, d := range dirs {
			same = append(same, filepath.Join(d, part.Dir))
		}
		list, runs, err := stored(same)
		if err != nil {
			return err
		}
		y := verdict.Agree(list)
		fmt.Fprintf(b.stdout, "%-20s %3d of %3d the same\n", part.Experiment, y.Same, y.Verdicts)
		b.machines(runs)
		x.Add(part.Experiment, y)
	}
	return b.told(x, w.same)
}

// told prints an agreement, and is an error if it is below the bars.
func (b *bars) told(x verdict.Agreement, same float64) error {
	if x.Verdicts == 0 {
		return fmt.Errorf("agreement: the runs have no verdict in common; give two or more runs of the same experiment")
	}
	share := float64(x.Same) / float64(x.Verdicts)
	fmt.Fprintf(b.stdout, "%d pairs of runs: the same word in %d of %d comparisons and predictions, which is %.1f %%; opposite words in %d\n",
		x.Pairs, x.Same, x.Verdicts, 100*share, len(x.Opposite))
	for _, s := range x.Differ {
		fmt.Fprintf(b.stdout, "differs: %s\n", s)
	}
	for _, s := range x.Opposite {
		fmt.Fprintf(b.stdout, "opposite: %s\n", s)
	}
	for _, s := range x.Always {
		fmt.Fprintf(b.stdout, "in every run: %s\n", s)
	}
	if share < same || len(x.Opposite) > 0 {
		return fmt.Errorf("agreement: wanted the same word in %.0f %%, and none opposite", 100*same)
	}
	return nil
}
