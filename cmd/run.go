package cmd

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments"
	"socketbench/experiments/catalog"
	"socketbench/experiments/host"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// runFlags are those of run.
type runFlags struct {
	out, resume, duration, placement string
	seed                             uint64
	blocks                           int
	servers, profile                 []string
	dry                              bool
}

func (a *app) run() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [EXPERIMENT | FILE.yaml | SERVER | 'COMMAND {port}' ...]",
		Short: "measure servers side by side",
		Long: `Run asks an experiment's question of servers and says who was served, how late and at what cost.

Experiments, files, servers and commands of your own come in any mix and order. Without an experiment
it is "quick"; without servers they are the experiment's own; "all" is every experiment there is. A
command is given to the shell with {port} filled in, and {wait} and {slots} where it uses them.`,
		Example: `  socketbench run
  socketbench run latency --blocks 12
  socketbench run head-of-line goroutine './mine {port}'
  socketbench run --resume results/20261122-213045-quick`,
		ValidArgsFunction: a.completeRun,
		RunE: func(c *cobra.Command, args []string) error {
			return a.runAll(c.Context(), args, f, c.Flags().Changed("seed"))
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "", "`DIR` of the results; with several experiments, of their directories (default results/TIME-NAME)")
	flags.Uint64Var(&f.seed, "seed", 0, "of order and arrivals (default: a new one)")
	flags.IntVar(&f.blocks, "blocks", 0, "how often each cell is measured (default: the experiment's)")
	flags.StringVar(&f.duration, "duration", "", "of each measured window, such as 2s (default: the experiment's)")
	flags.StringVar(&f.placement, "placement", "", "split, shared or same (default: the experiment's)")
	flags.StringSliceVar(&f.servers, "servers", nil, "names, separated by commas, in place of the experiment's")
	flags.StringVar(&f.resume, "resume", "", "measure what is missing in `DIR`")
	flags.BoolVar(&f.dry, "dry-run", false, "print the plan and the time it will take, and stop")
	flags.StringSliceVar(&f.profile, "profile", nil, "one more, uncounted trial a cell with a profile: cpu, trace")
	return c
}

// ask is one experiment to run and where its results go.
type ask struct {
	plan   plan.Plan
	dir    string
	resume bool
}

func (a *app) runAll(ctx context.Context, args []string, f runFlags, seeded bool) error {
	for _, kind := range f.profile {
		if kind != host.ProfileCPU && kind != host.ProfileTrace {
			return fmt.Errorf("run: no profile %q; there are %s and %s", kind, host.ProfileCPU, host.ProfileTrace)
		}
	}
	if !seeded {
		f.seed = uint64(rand.Uint32())
	}
	var asks []ask
	var err error
	if f.resume != "" {
		asks, err = a.resumed(args, f)
	} else {
		asks, err = a.asked(args, f)
	}
	if err != nil {
		return err
	}
	if f.dry {
		for _, q := range asks {
			a.dryRun(q.plan)
		}
		return nil
	}
	// All places are looked at before the first trial: an hour of measuring must not end at an error
	// that was there from the start.
	for _, q := range asks {
		if _, err := os.Lstat(q.dir); err == nil && !q.resume {
			return fmt.Errorf("run: %s exists already; choose another with --out, or continue it with --resume %s", q.dir, q.dir)
		}
	}
	var no error
	for _, q := range asks {
		switch err := a.runOne(ctx, q, args, f); {
		case errors.As(err, new(*doesNotHold)):
			no = err
		case err != nil:
			return err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return no
}

// asked reads the words of the command line: which experiments, of which servers.
func (a *app) asked(args []string, f runFlags) ([]ask, error) {
	var list []spec.Experiment
	chosen := slices.Clone(f.servers)
	for _, arg := range args {
		switch {
		case spec.IsCommand(arg):
			chosen = append(chosen, arg)
		case arg == "all":
			for _, name := range catalog.Names() {
				e, err := catalog.Get(name, a.registry)
				if err != nil {
					return nil, err
				}
				list = append(list, e)
			}
		case catalog.Has(arg):
			e, err := catalog.Get(arg, a.registry)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		case slices.Contains(a.registry.Names(), arg):
			chosen = append(chosen, arg)
		case strings.HasSuffix(arg, ".yaml"), strings.HasSuffix(arg, ".yml"):
			src, err := os.ReadFile(arg)
			if err != nil {
				return nil, fmt.Errorf("run: experiment file: %w", err)
			}
			e, err := spec.Parse(arg, src, a.registry)
			if err != nil {
				return nil, err
			}
			list = append(list, e)
		default:
			return nil, fmt.Errorf("run: %q is no experiment, no server, no .yaml file and no command with {port}%s (socketbench list)",
				arg, spec.DidYouMean(arg, append(catalog.Names(), a.registry.Names()...)))
		}
	}
	for _, name := range chosen {
		if !spec.IsCommand(name) {
			if _, err := a.registry.Lookup(name); err != nil {
				return nil, err
			}
		}
	}
	if len(list) == 0 {
		e, err := catalog.Get("quick", a.registry)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	stamp := time.Now().Format("20060102-150405")
	var asks []ask
	for _, e := range list {
		e, err := a.adjusted(e, chosen, f)
		if err != nil {
			return nil, err
		}
		p, err := plan.New(e, f.seed, a.registry)
		if err != nil {
			return nil, err
		}
		dir := filepath.Join("results", stamp+"-"+e.Name)
		switch {
		case f.out != "" && len(list) > 1:
			dir = filepath.Join(f.out, e.Name)
		case f.out != "":
			dir = f.out
		}
		for n := 2; slices.ContainsFunc(asks, func(q ask) bool { return q.dir == dir }); n++ {
			dir = strings.TrimSuffix(dir, "-"+strconv.Itoa(n-1)) + "-" + strconv.Itoa(n)
		}
		asks = append(asks, ask{plan: p, dir: dir})
	}
	return asks, nil
}

// adjusted is an experiment as the flags change it.
func (a *app) adjusted(e spec.Experiment, chosen []string, f runFlags) (spec.Experiment, error) {
	if len(chosen) > 0 {
		e = e.WithServers(chosen)
	}
	if f.blocks < 0 {
		return e, fmt.Errorf("run: --blocks %d is not possible; choose 1 or more", f.blocks)
	}
	if f.blocks > 0 {
		e.Blocks, e.MaxBlocks = f.blocks, f.blocks
	}
	for _, set := range []struct{ path, value string }{{"load.duration", f.duration}, {"placement", f.placement}} {
		if set.value != "" {
			if err := e.Set(set.path, set.value); err != nil {
				return e, err
			}
		}
	}
	// Where the experiment's own placement cannot be had another is taken, and said; where the user asked
	// for it, that is an error.
	if _, err := host.Place(e.Placement); err != nil {
		if f.placement != "" {
			return e, err
		}
		fmt.Fprintf(a.stderr, "%v; %s is used, and costs cannot be compared with those of %s\n", err, host.Shared, e.Placement)
		e.Placement = host.Shared
	}
	return e, e.Check(a.registry)
}

// resumed lays out again what a results directory was to hold.
func (a *app) resumed(args []string, f runFlags) ([]ask, error) {
	if f.out != "" || len(args) > 0 || len(f.servers) > 0 || f.blocks != 0 || f.duration != "" || f.placement != "" {
		return nil, fmt.Errorf("run: --resume continues the plan in its directory and takes nothing else but --profile; leave the rest out")
	}
	r, err := result.Load(f.resume)
	if err != nil {
		return nil, err
	}
	e, err := spec.Parse(filepath.Join(f.resume, "manifest.json"), []byte(r.Manifest.Spec), a.registry)
	if err != nil {
		return nil, fmt.Errorf("run: the experiment in %s cannot be run here: %w", f.resume, err)
	}
	p, err := plan.New(e, r.Manifest.Seed, a.registry)
	if err != nil {
		return nil, err
	}
	return []ask{{plan: p, dir: f.resume, resume: true}}, nil
}

func (a *app) runOne(ctx context.Context, q ask, args []string, f runFlags) error {
	for _, s := range q.plan.Skipped {
		fmt.Fprintln(a.stderr, s)
	}
	manifest := result.Manifest{Command: repeat(args, f, q.plan)}
	manifest.Tool, manifest.Commit = version()
	show := newDisplay(a.stderr)
	defer show.close()
	run, err := experiments.Run(ctx, experiments.Options{
		Plan: q.plan, Registry: a.registry, Dir: q.dir, Resume: q.resume,
		Manifest: manifest, Profiles: f.profile, Decide: verdict.More, Emit: show.event,
	})
	show.close()
	if ctx.Err() != nil && len(q.plan.Trials) > 0 {
		return &doesNotHold{fmt.Errorf("interrupted: %d of %d trials are kept; continue with: socketbench run --resume %s",
			len(run.Trials), len(q.plan.Trials), q.dir)}
	}
	if err != nil {
		if len(run.Trials) > 0 {
			err = fmt.Errorf("%w; %d of %d trials are kept in %s", err, len(run.Trials), len(q.plan.Trials), q.dir)
		}
		return err
	}
	if err := a.writeReport(run.Dir, "", ""); err != nil {
		return fmt.Errorf("%w; the results are kept (socketbench report %s)", err, run.Dir)
	}
	return broken(run)
}

// broken is the answer no to a run in which a server answered wrongly or not at all where it was asked.
func broken(run result.Run) error {
	for _, t := range run.Trials {
		for _, bad := range []struct{ metric, how string }{
			{"wrong", "wrong"}, {"duplicate", "nobody asked for"}, {"lost", "lost"}, {"replies_lost_at_drain", "lost when it was stopped"},
		} {
			if n := t.Metrics[bad.metric]; n > 0 {
				return &doesNotHold{fmt.Errorf("%s: %.0f replies %s in block %d; see %s",
					t.Cell.Server(), n, bad.how, t.Block+1, filepath.Join(run.Dir, "trials.jsonl"))}
			}
		}
	}
	return nil
}

// repeat is the command that measures the same plan again.
func repeat(args []string, f runFlags, p plan.Plan) []string {
	c := append([]string{"socketbench", "run"}, args...)
	c = append(c, "--seed", strconv.FormatUint(p.Seed, 10))
	if f.blocks > 0 {
		c = append(c, "--blocks", strconv.Itoa(f.blocks))
	}
	if f.duration != "" {
		c = append(c, "--duration", f.duration)
	}
	if f.placement != "" {
		c = append(c, "--placement", f.placement)
	}
	if len(f.servers) > 0 {
		c = append(c, "--servers", strings.Join(f.servers, ","))
	}
	return c
}

// version returns the module's version and commit, as far as the build knows them.
func version() (tool, commit string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown", ""
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value + commit
		case s.Key == "vcs.modified" && s.Value == "true":
			commit += " with changes"
		}
	}
	return info.Main.Version, commit
}

// dryRun prints the plan.
func (a *app) dryRun(p plan.Plan) {
	e := p.Experiment
	fmt.Fprintf(a.stdout, "%s: %s\n", e.Name, e.Question)
	fmt.Fprintf(a.stdout, "seed %d, plan %s, %d cells, %d blocks of %d trials", p.Seed, p.Hash[:12], len(p.Cells), e.MaxBlocks, len(p.Block(0)))
	if e.MaxBlocks > e.Blocks {
		fmt.Fprintf(a.stdout, ", at least %d of them", e.Blocks)
	}
	fmt.Fprintln(a.stdout)
	for _, s := range p.Skipped {
		fmt.Fprintln(a.stdout, s)
	}
	for _, t := range p.Trials {
		fmt.Fprintf(a.stdout, "%5d  block %-3d %s  %s\n", t.Order+1, t.Block+1, t.Label, cellName(p.Cells[t.Cell].ID))
	}
	most := experiments.Estimate(p)
	fmt.Fprintf(a.stdout, "about %s", rough(most))
	if e.MaxBlocks > e.Blocks {
		fmt.Fprintf(a.stdout, " at most, %s at least", rough(most*time.Duration(e.Blocks)/time.Duration(e.MaxBlocks)))
	}
	fmt.Fprintln(a.stdout)
}
