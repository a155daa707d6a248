package experiments

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/disturb"
	"socketbench/experiments/host"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// Options say how a plan is carried out.
type Options struct {
	Plan     plan.Plan
	Registry servers.Registry // where the plan's servers are looked up
	Dir      string           // the results directory; it must not exist, unless Resume is set
	Resume   bool             // measure what is missing in Dir
	Manifest result.Manifest  // what the caller knows: Command, Spec, Tool, Commit; the rest is filled in

	// Profiles are recorded in one more trial of each cell that does not count: host.ProfileCPU,
	// host.ProfileTrace.
	Profiles []string

	// Binary is the command that becomes a server child or a generator, without the subcommand. Nil:
	// this executable.
	Binary []string

	// Decide is asked at the end of each block from the plan's least number of blocks on whether there
	// is reason for another. Nil: the plan is carried out to its end.
	Decide func(p plan.Plan, trials []result.Trial) (more bool, why string)

	// Settled is asked before each block, with the trials of the blocks before it, for the servers of which more trials would
	// tell nothing that is asked: these are not measured again. It is asked anew when a run is resumed, so the answer must
	// follow from the trials alone. Nil: every server is measured in every block.
	Settled func(p plan.Plan, trials []result.Trial) map[string]bool

	// Agents carry out the trials. The zero value: this machine alone, as an agent that serves and loads.
	Agents Agents

	Emit func(Event) // told what happens, one event at a time; nil: nobody listens

	once     bool                                // no trial is run again
	carryOut func(context.Context, *measurement) // measures a trial; nil: its method does

	pause func(context.Context, time.Duration) bool // waits before a trial; nil: agent.Pause
	clock func() time.Time                          // the system's, for what is recorded; nil: systemTime
}

// Run carries out a plan and returns what was stored. What the plan's utilizations are shares of is measured first, unless
// the plan has frozen loads already; a server whose capacity cannot be measured is a [CapacityError]. A server that does
// not start, dies, hangs or leaks is a result and no error. A trial that the machine disturbed is run once more at the end
// of its block. When ctx ends, the trial under way is given up, what was measured stays, and the error is that of ctx.
func Run(ctx context.Context, o Options) (result.Run, error) {
	if o.Agents.Server.Agent == nil {
		here := agent.New(o.Registry, o.Binary)
		defer here.Close()
		alone := Member{Name: "this machine", Agent: here}
		o.Agents = Agents{Server: alone, Loaders: []Member{alone}}
	}
	r, err := newRunner(ctx, o)
	if err != nil {
		return result.Run{}, err
	}
	defer r.writer.Close()

	decision, err := r.blocks(ctx)
	if err != nil && ctx.Err() == nil && len(r.done) == 0 && !o.Resume && o.Agents.apart() {
		return result.Run{}, errors.Join(err, r.writer.Discard()) // an agent did not carry out even one trial
	}
	if err == nil {
		err = r.headroom(ctx)
	}
	if err == nil && len(o.Profiles) > 0 {
		err = r.profiles(ctx)
	}
	return r.end(ctx, decision, err)
}

// oneAtATime makes emit, which may be nil, safe for several goroutines.
func oneAtATime(emit func(Event)) func(Event) {
	if emit == nil {
		return func(Event) {}
	}
	var lock sync.Mutex
	return func(e Event) {
		lock.Lock()
		defer lock.Unlock()
		emit(e)
	}
}

// runner is a run under way.
type runner struct {
	Options
	facts    []agent.Facts // of all agents, the server's first
	attempts int           // trials that the agents were told to carry out
	writer   *result.Writer
	manifest result.Manifest
	done     map[int]result.Trial // by position in the plan: of one that was run again, the second run
	seen     disturb.Run          // the disturbances so far
	began    time.Time            // with a monotonic reading
	machine  [2]host.Machine      // the first and the last reading of the server's machine
	measured time.Duration        // warm-ups and windows since began
	expected time.Duration        // what the trials since began were expected to take beside warm-up and window
	waited   time.Duration        // for the usual pace, also before the run was resumed
	patience time.Duration        // the most of it
	trials   int                  // since began
	repeated int                  // of them, the second runs
}

func newRunner(ctx context.Context, o Options) (*runner, error) {
	o.Emit = oneAtATime(o.Emit)
	if o.clock == nil {
		o.clock = systemTime
	}
	if o.pause == nil {
		o.pause = agent.Pause
	}
	if o.carryOut == nil {
		o.carryOut = func(ctx context.Context, m *measurement) { m.measure(ctx) }
	}
	r := &runner{Options: o, done: map[int]result.Trial{}, began: time.Now()}
	var err error
	r.facts = make([]agent.Facts, len(o.Agents.all()))
	if err = each(o.Agents.all(), func(i int, a Member) (err error) { r.facts[i], err = a.Facts(ctx); return err }); err != nil {
		return nil, err
	}
	if err = permitted(o.Plan, o.Agents, r.facts); err != nil {
		return nil, err
	}
	r.patience = time.Duration(patience * float64(Estimate(r.Plan, r.Registry)))
	if !o.Resume { // a resumed run has its rates; a new one that cannot find them leaves no results directory
		if err = result.CanCreate(o.Dir); err == nil {
			err = r.calibrate(ctx)
		}
		if err == nil {
			err = permitted(r.Plan, o.Agents, r.facts)
		}
		if err != nil {
			return nil, err
		}
	}
	o, r.began = r.Options, time.Now()
	r.patience = time.Duration(patience * float64(Estimate(r.Plan, r.Registry))) // that of the trials: a resumed run has no searches
	if o.Resume {
		var before result.Run
		if r.writer, before, err = result.Resume(o.Dir, o.Plan.Hash); err != nil {
			return nil, err
		}
		r.manifest, r.done = before.Manifest, before.Done()
		for _, c := range before.Manifest.Capacities {
			r.waited += time.Duration(c.Waited * float64(time.Second))
		}
		for _, t := range before.Trials {
			r.seen.ComparePaces(t.Raw)
			r.seen.Add(t.Cell.Key(), t.Order, disturb.Read(t.Raw))
			r.waited += time.Duration(t.Raw[paceWaited])
		}
		if err := errors.Join(ofPlan(o.Plan, o.Dir, before.Trials), sameAgents(r.manifest, o.Agents)); err != nil {
			r.writer.Close()
			return nil, err
		}
		r.manifest.Resumed = append(r.manifest.Resumed, r.clock().Truncate(time.Millisecond))
		r.manifest.Finished = time.Time{}
		r.manifest.NotMeasured = append(r.manifest.NotMeasured, otherEnvironment(r.manifest, r.facts[0].Environment)...)
		if err := r.writer.SetManifest(r.manifest); err != nil { // a run that is killed again was resumed all the same
			r.writer.Close()
			return nil, err
		}
	} else {
		r.manifest = describe(o, r.facts[0], r.clock())
		if r.manifest.Agents, err = members(ctx, o.Agents, r.facts); err != nil {
			return nil, err
		}
		if r.writer, err = result.Create(o.Dir, r.manifest); err != nil {
			return nil, err
		}
	}
	r.Emit(Planned{Plan: o.Plan, Dir: o.Dir, Done: len(r.done), Length: r.left()})
	return r, nil
}

// end completes the manifest, reads the results back, so that a report shows what is stored, and judges
// them.
func (r *runner) end(ctx context.Context, decision string, failed error) (result.Run, error) {
	wall := time.Since(r.began)
	r.manifest.Blocks, r.manifest.Planned = r.wholeBlocks()
	r.manifest.Settled = r.settled(r.manifest.Blocks)
	decision += leftOut(r.manifest.Settled)
	r.manifest.Decision = decision
	if wall > 0 && r.trials > 0 {
		r.manifest.Overhead = 1 - r.measured.Seconds()/wall.Seconds()
	}
	r.manifest.Host.StealShare = r.machine[1].StealSince(r.machine[0])
	if failed == nil {
		r.manifest.Finished = r.clock().Truncate(time.Millisecond)
	}
	if err := r.writer.SetManifest(r.manifest); failed == nil {
		failed = err
	}
	run, err := result.Load(r.Dir)
	if failed == nil {
		failed = err
	}
	r.Emit(Ended{Run: run, Measured: r.trials - r.repeated, Again: r.repeated, Complete: failed == nil, Decision: decision, Wall: wall, Waited: r.waited, Overhead: r.manifest.Overhead})
	switch {
	case ctx.Err() != nil:
		return run, fmt.Errorf("experiments: interrupted: %w", context.Cause(ctx))
	case failed != nil:
		return run, failed
	}
	analysis, err := verdict.Judge(run)
	if err != nil {
		return run, fmt.Errorf("%w; the results are kept in %s", err, r.Dir)
	}
	r.Emit(Verdict{Run: run, Analysis: analysis})
	return run, nil
}
