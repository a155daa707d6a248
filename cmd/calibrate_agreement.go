package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// What agreement demands.
const (
	sameShare = 0.95 // of the comparisons of two runs have the same word
	mostWaste = 0.20 // of the wall time of a run is neither warm-up nor window
)

// agreement asks whether tomorrow's answer is today's.
func (a *app) agreement() *cobra.Command {
	var runs int
	var seed uint64
	var dir string
	c := &cobra.Command{
		Use:   "agreement [EXPERIMENT | FILE.yaml | DIR ...]",
		Short: "run an experiment again and again, and count where its words differ",
		Long: `Agreement runs an experiment with different seeds and compares the words of the first run with those of the
second, of the third with the fourth, and so on. It exits with 1 where a design is faster in one run and
slower in the other, where fewer than 95 % of the words are the same, or where a run spent more than a
fifth of its time on neither warm-up nor window. Runs that are there already in the directory of --out
are not repeated; given directories are compared as they are.`,
		Example: "  socketbench calibrate agreement latency --runs 10\n  socketbench calibrate agreement results/monday results/tuesday",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if runs < 2 || runs > 100 {
				return fmt.Errorf("calibrate: %d runs are not possible; choose 2 to 100", runs)
			}
			e, named, err := a.experiment(args[0])
			if err != nil {
				return err
			}
			if len(args) > 1 || !named {
				list, err := a.stored(args)
				if err != nil {
					return err
				}
				return a.agreed(list)
			}
			if dir == "" {
				dir = filepath.Join("results", time.Now().Format("20060102-150405")+"-agreement")
			}
			list, err := a.repeated(c.Context(), args[0], e, dir, seed, runs)
			if err != nil {
				return fmt.Errorf("%w; go on with --out %s", err, dir)
			}
			return a.agreed(list)
		},
	}
	c.Flags().IntVar(&runs, "runs", 10, "how many")
	c.Flags().Uint64Var(&seed, "seed", 1, "of the first run; the next has the next")
	c.Flags().StringVar(&dir, "out", "", "`DIR` of the results (default results/TIME-agreement)")
	return c
}

// stored judges the runs in dirs.
func (a *app) stored(dirs []string) ([]verdict.Analysis, error) {
	list := make([]verdict.Analysis, len(dirs))
	for i, d := range dirs {
		run, err := result.Load(d)
		if err != nil {
			return nil, err
		}
		if list[i], err = verdict.Judge(run, a.registry); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// repeated runs e, which the user called name, once a seed, below dir.
func (a *app) repeated(ctx context.Context, name string, e spec.Experiment, dir string, seed uint64, runs int) (list []verdict.Analysis, err error) {
	for i := range runs {
		p, err := plan.New(e, seed+uint64(i), a.registry)
		if err != nil {
			return nil, err
		}
		o := experiments.Options{Plan: p, Dir: filepath.Join(dir, fmt.Sprintf("seed-%d", p.Seed)), Decide: verdict.More}
		o.Manifest.Tool, o.Manifest.Commit = version()
		o.Manifest.Command = repeat([]string{name}, runFlags{}, p)
		before, err := result.Load(o.Dir)
		switch {
		case err == nil && !before.Manifest.Finished.IsZero():
			told, err := verdict.Judge(before, a.registry)
			if err != nil {
				return nil, err
			}
			list = append(list, told)
			continue
		case err == nil:
			o.Resume = true
		default:
			if _, there := os.Lstat(o.Dir); !errors.Is(there, fs.ErrNotExist) {
				return nil, err
			}
		}
		told, err := a.watched(ctx, o)
		if err != nil {
			return nil, err
		}
		list = append(list, told.Analysis)
	}
	return list, nil
}

func (a *app) agreed(list []verdict.Analysis) error {
	waste := 0.0
	for _, one := range list {
		waste = max(waste, one.Manifest.Overhead)
	}
	x := verdict.Agree(list)
	if x.Comparisons == 0 {
		return fmt.Errorf("calibrate: the runs have no comparison in common; give two or more of the same experiment")
	}
	share := float64(x.Same) / float64(x.Comparisons)
	fmt.Fprintf(a.stdout, "%d pairs of runs: the same word in %d of %d comparisons, which is %.1f %%; opposite in %d\n",
		x.Pairs, x.Same, x.Comparisons, 100*share, len(x.Opposite))
	for _, s := range x.Differ {
		fmt.Fprintf(a.stdout, "differs: %s\n", s)
	}
	for _, s := range x.Opposite {
		fmt.Fprintf(a.stdout, "opposite: %s\n", s)
	}
	for _, s := range x.Always {
		fmt.Fprintf(a.stdout, "in every run: %s\n", s)
	}
	fmt.Fprintf(a.stdout, "at most %.0f %% of a run was neither warm-up nor window\n", 100*waste)
	if share < sameShare || len(x.Opposite) > 0 || waste > mostWaste {
		return &doesNotHold{fmt.Errorf("calibrate: wanted the same word in %.0f %%, none opposite, and at most %.0f %% beside the measuring",
			100*sameShare, 100*mostWaste)}
	}
	return nil
}
