package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"socketbench/experiments"
	"socketbench/experiments/host"
	"socketbench/experiments/plan"
	"socketbench/experiments/quote"
	"socketbench/experiments/reason"
	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// headroomFlag is what the flag does, of run and of fit.
var headroomFlag = fmt.Sprintf("search for each design how much more load it takes until it fails what is required: at most %d short trials under each condition, up to %d times the load",
	verdict.MostPushes, verdict.MostTimes)

// runFlags are those of run.
type runFlags struct {
	out, resume, rates, duration, placement string
	fleet, serveOn, loadOn                  string
	seed                                    uint64
	seeded                                  bool // by the flag
	blocks                                  int
	atMost                                  int // blocks, of a call that says how often at least
	servers, profile                        []string
	dry, print, ask, headroom               bool
	sets                                    []string      // as typed
	set                                     []spec.Change // those of sets
	require                                 []string
	fit                                     []string // the command fit that this run answers; nil: it is a run
	gate                                    gateFlags
	bounds                                  []verdict.Bound // those of gate
	team                                    team
}

func (a *app) run() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run [EXPERIMENT | FILE.yaml | SERVER | 'COMMAND {port}' ...]",
		Short: "measure servers side by side",
		Long: `Run runs an experiment on servers and reports what was answered, how late and at what cost.

You can give experiments, experiment files, servers and commands of your own in any order. The default
experiment is "quick", or "datagrams" for designs that answer datagrams, the default servers are those of the experiment, and "all" stands for all experiments.

` + commandHelp + `

` + nameHelp + ` In a file "commands" does the same.

If an experiment sets what a request is or costs (framing, limit, read_size, cpu, wait, slots), a command
without the placeholder of that setting is left out, because its work would differ from that of the other servers.
Other settings, of mechanisms that a server need not have, leave a command out only if the experiment varies them.

A load can be given as a utilization, the share of what the baseline carries on this machine (load.utilization,
load.think_utilization, load.burst.utilization). What it carries is measured before the first block, in a few
seconds, and stays in force for the whole run. --rates DIR takes the rates of an earlier run instead.

More clients than descriptors, ports or memory allow are cut down to what fits, and the run says so.

Environment variables that tune a process, such as GOGC, LD_PRELOAD and the locale, do not reach servers and
generator. Variables that say where libraries are (LD_LIBRARY_PATH, PYTHONPATH, TMPDIR) do, and are recorded.
A command may begin with NAME=value.

With --ask you first guess what each prediction is about, and see your guesses beside the predictions and the outcomes at
the end. Nothing is measured before that, and the guesses are stored nowhere.

` + gateHelp + `

Without --fail-on the exit code is 1 if a server was never measured, or answered wrongly or not at all, and if
a server of your own fails what is required (--require).`,
		Example: `  socketbench run
  socketbench run latency --blocks 12
  socketbench run idle-mass --set load.idle=0,5000 --set load.rate=1k
  socketbench run idle-mass --set load.utilization=0.1,0.5
  socketbench run idle-mass --print > mine.yaml
  socketbench run service --require 'latency.p99 < 30ms' --require 'unserved == 0'
  socketbench run service goroutine halfsync --require 'latency.p99 < 30ms' --headroom
  socketbench run head-of-line goroutine './mine {port}'
  socketbench run latency goroutine old new --name old='./v1 {port}' --name new='./v2 {port}'
  socketbench run mine.yaml --fail-on refuted --fail-on 'unserved==0 where server=epoll'
  socketbench run --ask head-of-line
  socketbench run --resume results/20261122-213045-quick
  socketbench run all --out all      # again, or run --resume all, continues it where it was stopped`,
		ValidArgsFunction: a.completeRun,
		RunE: func(c *cobra.Command, args []string) error {
			if err := aboveZero(c, "blocks"); err != nil {
				return err
			}
			f.seeded = c.Flags().Changed("seed")
			return a.runAll(c.Context(), args, f)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.out, "out", "", "write the results to `DIR`; for several experiments, to directories below it, and their one page to DIR/index.html (default results/TIME-NAME, for all experiments results/TIME-all)")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the order and the arrivals (default: a new one)")
	flags.IntVar(&f.blocks, "blocks", 0, "number of times that each cell is measured (default: the experiment's)")
	flags.StringVar(&f.duration, "duration", "", "length of each measured window, such as 2s (default: the experiment's)")
	flags.StringVar(&f.placement, "placement", "", "split, shared or same (default: the experiment's)")
	flags.StringVar(&f.fleet, "fleet", "", "run over several machines, with the agents of the key `FILE` (socketbench fleet new writes it)")
	flags.StringVar(&f.serveOn, "serve-on", "", "`NAME` of the agent that starts the servers")
	flags.StringVar(&f.loadOn, "load-on", "", "number or `NAMES` of the agents that load, separated by commas (default 1)")
	flags.StringSliceVar(&f.servers, "servers", nil, "servers to measure instead of the experiment's, separated by commas")
	a.nameFlag(c)
	flags.StringArrayVar(&f.sets, "set", nil, "set a field of the experiment file, as `FIELD=VALUE`, or vary it, as FIELD=VALUE,VALUE (help experiment lists the fields)")
	flags.StringArrayVar(&f.require, "require", nil, "what every design must meet, such as 'latency.p99 < 200ms'; the report says which designs do, and what gives out first")
	flags.BoolVar(&f.headroom, "headroom", false, headroomFlag)
	flags.BoolVar(&f.print, "print", false, "print the experiment as a file to begin your own with, and measure nothing")
	flags.StringVar(&f.resume, "resume", "", "measure what is missing in `DIR`, that of one experiment or of a run of several")
	flags.StringVar(&f.rates, "rates", "", "offer the rates that the run in `DIR` found for its utilizations, and do not measure them again")
	flags.BoolVar(&f.dry, "dry-run", false, "print the plan and the time it will take, and measure nothing")
	flags.BoolVar(&f.ask, "ask", false, "ask first what will be measured, and show the guesses beside the predictions and the outcomes at the end")
	f.gate.add(c, "refuted, or 'latency.p99<200ms'")
	flags.StringSliceVar(&f.profile, "profile", nil, "run one more trial of each cell with a profile, cpu or trace; that trial does not count")
	return c
}

func (a *app) runAll(ctx context.Context, args []string, f runFlags) error {
	for _, kind := range f.profile {
		if kind != host.ProfileCPU && kind != host.ProfileTrace {
			return fmt.Errorf("run: no profile %q; there are %s and %s", kind, host.ProfileCPU, host.ProfileTrace)
		}
	}
	if err := f.checkAsk(); err != nil {
		return err
	}
	bounds, err := f.gate.bounds("run")
	if err != nil {
		return err
	}
	f.bounds = bounds
	for _, text := range f.sets {
		change, err := spec.ParseChange(text)
		if err != nil {
			return fmt.Errorf("run: --set: %w", err)
		}
		f.set = append(f.set, change)
	}
	for _, text := range f.require {
		if _, err := spec.ParseRequirement(text); err != nil {
			return fmt.Errorf("run: --require %q: %w", text, err)
		}
	}
	if f.print {
		return a.printExperiment(args, f)
	}
	if !f.seeded {
		f.seed = uint64(rand.Uint32())
	}
	if f.fleet != "" { // what is wrong with the call is said before agents are waited for
		quiet := *a
		quiet.stderr = io.Discard
		if _, err := quiet.ordered(args, f); err != nil {
			return err
		}
	}
	if f.team, err = a.gather(ctx, f); err != nil {
		return err
	}
	defer f.team.close()
	o, err := a.ordered(args, f)
	if err != nil {
		return err
	}
	for _, q := range o.asks {
		if err := verdict.CheckBounds(f.bounds, q.plan.Experiment); err != nil {
			return fmt.Errorf("run: %w", err)
		}
	}
	if f.dry {
		a.dryRuns(o, f)
		return nil
	}
	// All directories are checked before the first trial, so that an hour of measuring does not end at an error that was
	// there from the start.
	for _, q := range o.asks {
		if _, err := os.Lstat(q.dir); err == nil && !q.resume {
			command, resume := "run", ""
			if f.fit != nil {
				command, resume = "fit", "socketbench run "
			}
			if !report.IsRun(q.dir) && !result.IsWhole(q.dir) {
				return fmt.Errorf("%s: %s exists already, and is no run that could be continued; choose another with --out", command, q.dir)
			}
			return fmt.Errorf("%s: %s exists already; choose another with --out, or continue it with %s--resume %s", command, q.dir, resume, q.dir)
		}
	}
	for _, q := range o.asks {
		if f.fleet != "" { // an agent builds its own
			break
		}
		if err := a.buildPlanned(q.plan); err != nil {
			return fmt.Errorf("run: %w", err)
		}
	}
	var guesses *foretelling
	if f.ask {
		if guesses, err = a.askFirst(ctx, o); err != nil {
			return err
		}
	}
	if o.dir != "" {
		return a.runWhole(ctx, o, f)
	}
	told, err := a.runOne(ctx, o.asks[0], f)
	if guesses != nil && len(told.Analysis.Predictions) > 0 && ctx.Err() == nil {
		guesses.told(a, told.Analysis)
	}
	return err
}

// ordered lays out what is to be run.
func (a *app) ordered(args []string, f runFlags) (order, error) {
	if f.resume != "" {
		return a.resumed(args, f)
	}
	return a.asked(args, f)
}

// runOne measures one experiment and reports it. What it returns is empty if nothing can be concluded.
func (a *app) runOne(ctx context.Context, q ask, f runFlags) (experiments.Verdict, error) {
	for _, s := range leftOut(q.plan) {
		fmt.Fprintln(a.stderr, quote.Text(s))
	}
	if len(f.profile) > 0 {
		for _, s := range experiments.Unprofiled(q.plan, a.registry) {
			fmt.Fprintln(a.stderr, quote.Text(s))
		}
	}
	if len(q.plan.Experiment.Require) > 0 {
		for _, s := range verdict.Backend(q.plan.Experiment) {
			fmt.Fprintln(a.stderr, quote.Text(s))
		}
	}
	manifest := result.Manifest{Command: q.command}
	manifest.Tool, manifest.Commit = version()
	o := experiments.Options{
		Agents: f.team.agents, Plan: q.plan, Dir: q.dir, Resume: q.resume, Manifest: manifest, Profiles: f.profile, Decide: verdict.More,
	}
	if answersFit(manifest) { // which asks for what is required alone
		o.Settled = verdict.Settled
	}
	told, err := a.watched(ctx, o)
	run := told.Run
	var unable *experiments.CapacityError
	switch {
	case ctx.Err() != nil && run.Dir == "" && q.continued == q.dir:
		return told, &doesNotHold{errors.New("interrupted before the first trial; nothing is kept")}
	case errors.As(err, &unable) && (unable.Fault.Kind != reason.Nobody || !slices.Contains(a.registry.Names(), unable.Server)):
		return told, &doesNotHold{fmt.Errorf("run: %w", err)}
	}
	if ctx.Err() != nil && len(q.plan.Trials) > 0 {
		return told, &doesNotHold{fmt.Errorf("interrupted: %s; continue with: socketbench run --resume %s%s", kept(run, q.plan), q.continued, f.machines())}
	}
	if err != nil {
		if run.Dir != "" { // it was begun
			err = fmt.Errorf("%w; %s; once that is fixed: socketbench run --resume %s%s", err, kept(run, q.plan), q.continued, f.machines())
		}
		return told, err
	}
	conclude := a.conclude
	if answersFit(run.Manifest) {
		conclude = func(run result.Run, analysis verdict.Analysis) error { return a.answer(run, analysis, q.plan.Cut) }
	}
	if err := conclude(run, told.Analysis); err != nil {
		return told, fmt.Errorf("%w; the results are kept (socketbench report %s)", err, run.Dir)
	}
	return told, a.outcome(run, told.Analysis, f)
}

// kept says how many trials of a plan have a result.
func kept(run result.Run, p plan.Plan) string {
	n, verb := len(run.Final()), "are"
	if n == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%d of %s %s kept", n, unit.Many(len(p.Trials), "trial"), verb)
}

// watched runs a plan with a display and returns what can be concluded from it.
func (a *app) watched(ctx context.Context, o experiments.Options) (told experiments.Verdict, err error) {
	show := newDisplay(a.stderr)
	defer show.close()
	o.Registry = a.registry
	o.Emit = func(e experiments.Event) {
		if v, ok := e.(experiments.Verdict); ok {
			told = v
		}
		show.event(e)
	}
	told.Run, err = experiments.Run(ctx, o)
	return told, err
}
