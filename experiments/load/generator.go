package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"socketbench/experiments/environ"
	"socketbench/patterns/child"
	"socketbench/patterns/proc"
)

// Spawn is [Run] in a process of its own, pinned as a whole to o.CPUs, so that nothing else of this
// process runs on its threads. Where o needs more connections than a process may have descriptors, it
// starts several that begin at the same moment and adds up what they tell. When ctx ends, the window
// does, and the result says what was measured until then. This program must be able to become
// a generator, see [Main].
func Spawn(ctx context.Context, o Options) (*Result, error) {
	if err := o.CheckSpawn(); err != nil {
		return nil, err
	}
	g, err := Start(nil)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	return g.Play(ctx, o)
}

// A Generator is one process or several that play a load, step by step: Prepare, Connect, Begin, Result, in this order and
// once each, and then Close. Several generators that play parts of one run (see [Options.Split]) take each step together.
// When the context of a step ends, the run does: the steps after it return soon, and the result has what was measured
// until then.
type Generator struct {
	binary []string

	starting sync.Mutex // of what follows
	workers  []*child.Process
	stopped  bool

	o        Options
	standing gate // the disturbers are connected
	met      gate // and the measured clients
	over     gate
	results  []*Result
	errs     []error

	lock sync.Mutex
	last []Progress // of each process
}

// A gate is closed until so many have passed it.
type gate struct {
	left atomic.Int64
	open chan struct{}
}

func (g *gate) set(n int) {
	g.left.Store(int64(n))
	g.open = make(chan struct{})
}

func (g *gate) pass() {
	if g.left.Add(-1) == 0 {
		close(g.open)
	}
}

// Start starts a generator's first process. binary is what becomes it, see child.Options; nil: this program.
func Start(binary []string) (*Generator, error) {
	g := &Generator{binary: binary}
	return g, g.start()
}

// start starts one process more; it may be given its job at once.
func (g *Generator) start() error {
	env, _ := environ.Clean(os.Environ())
	w, err := child.Start(child.Options{Verb: Command, Binary: g.binary, Env: env})
	if err != nil {
		return fmt.Errorf("load: generator: %w", err)
	}
	g.starting.Lock()
	defer g.starting.Unlock()
	if g.workers = append(g.workers, w); g.stopped {
		w.Stop()
	}
	return nil
}

// PID is the process that was started.
func (g *Generator) PID() int { return g.workers[0].PID }

// PIDs are the processes of the generator. Once it is prepared there is none to come.
func (g *Generator) PIDs() []int {
	pids := make([]int, len(g.workers))
	for i, w := range g.workers {
		pids[i] = w.PID
	}
	return pids
}

// Play takes all steps.
func (g *Generator) Play(ctx context.Context, o Options) (*Result, error) {
	err := g.Prepare(ctx, o)
	if err == nil {
		err = g.Connect(ctx)
	}
	if err == nil {
		g.Begin(proc.Clock() + int64(g.Lead()))
	}
	r, failed := g.Result(ctx)
	return r, errors.Join(err, failed)
}

// Prepare gives each process its part of o, and returns when all disturbers are connected, or will not be.
func (g *Generator) Prepare(ctx context.Context, o Options) error {
	parts, err := o.split()
	if err != nil {
		return err
	}
	for len(g.workers) < len(parts) {
		if err := g.start(); err != nil {
			return err
		}
	}
	n := len(parts)
	g.o, g.last, g.results, g.errs = o, make([]Progress, n), make([]*Result, n), make([]error, n)
	g.standing.set(n)
	g.met.set(n)
	g.over.set(n)
	for i, w := range g.workers {
		err := w.Send(job{Options: parts[i], Part: parts[i].Part, Progress: o.Progress != nil})
		go func() {
			standing, met := sync.OnceFunc(g.standing.pass), sync.OnceFunc(g.met.pass)
			if err == nil {
				g.results[i], err = g.listen(i, standing, met)
			} else {
				err = generatorEnded(w)
			}
			if g.errs[i] = err; err != nil {
				g.Stop() // the others would wait for it
			}
			g.over.pass()
			standing() // also when it has ended before it began
			met()
		}()
	}
	return g.wait(ctx, &g.standing)
}

// Connect connects the measured clients, and returns when they are connected, or will not be.
func (g *Generator) Connect(ctx context.Context) error {
	g.tell(step{Connect: true})
	return g.wait(ctx, &g.met)
}

// Lead is how long before the first request Begin must be called, so that all processes know of it in time.
func (g *Generator) Lead() time.Duration {
	if len(g.workers) > 1 {
		return 20 * time.Millisecond
	}
	return time.Millisecond
}

// Begin sets the time of the first request, on proc.Clock, and does not wait for it.
func (g *Generator) Begin(t0 int64) {
	if g.o.Ready != nil && !g.Over() {
		start := time.Now().Add(time.Duration(t0-proc.Clock()) + g.o.Warmup)
		g.o.Ready(Window{Start: start, End: start.Add(g.o.WithDefaults().Duration)})
	}
	g.tell(step{Begin: t0})
}

// Over reports whether the result is there already. Before Begin that means that nothing could be played.
func (g *Generator) Over() bool {
	select {
	case <-g.over.open:
		return true
	default:
		return false
	}
}

// Result waits for the end of the run, and returns what all processes measured.
func (g *Generator) Result(ctx context.Context) (*Result, error) {
	if g.over.open == nil {
		return nil, nil // it was not prepared
	}
	if err := g.wait(ctx, &g.over); err != nil {
		return nil, err
	}
	if err := errors.Join(g.errs...); err != nil {
		return nil, err
	}
	return addUp(g.o.WithDefaults(), g.results), nil
}

// Stop ends the window now. It may be called beside a step, and again.
func (g *Generator) Stop() {
	g.starting.Lock()
	defer g.starting.Unlock()
	g.stopped = true
	for _, w := range g.workers {
		w.Stop()
	}
}

// endPatience is how long a generator that was told to end may take: it writes down its result.
const endPatience = 10 * time.Second

// Close waits until nothing of the generator is left; one that has not played is told to end.
func (g *Generator) Close() {
	for _, w := range g.workers {
		w.End(endPatience)
	}
}

// tell tells every process to go on. That one has ended is seen by who listens to it.
func (g *Generator) tell(s step) {
	for _, w := range g.workers {
		_ = w.Send(s)
	}
}

// wait waits until all processes have passed a gate. When ctx ends, they are told to end, and then soon have.
func (g *Generator) wait(ctx context.Context, gate *gate) error {
	select {
	case <-gate.open:
		return nil
	case <-ctx.Done():
	}
	g.Stop()
	select {
	case <-gate.open:
		return nil
	case <-time.After(endPatience):
		return fmt.Errorf("load: the generator hangs: it was told to end, and %v later it had not: %w", endPatience, context.Cause(ctx))
	}
}

// listen receives what one process reports, up to its result.
func (g *Generator) listen(i int, standing, met func()) (*Result, error) {
	w := g.workers[i]
	for {
		var n news
		err := w.Receive(&n)
		switch {
		case err == io.EOF:
			return nil, generatorEnded(w)
		case err != nil:
			return nil, fmt.Errorf("load: generator: %w", err)
		case n.Error != "":
			return nil, errors.New(n.Error)
		case n.Result != nil:
			return n.Result, nil
		case n.Standing:
			standing()
		case n.Met:
			met()
		case n.Progress != nil:
			g.progress(i, *n.Progress)
		}
	}
}

// progress passes on the sum of what each process reported last.
func (g *Generator) progress(i int, p Progress) {
	g.lock.Lock()
	defer g.lock.Unlock()
	g.last[i] = p
	if i != len(g.last)-1 {
		return
	}
	sum := Progress{Elapsed: p.Elapsed}
	for _, l := range g.last {
		sum.Rate += l.Rate
		sum.P50, sum.P99 = max(sum.P50, l.P50), max(sum.P99, l.P99)
		sum.Served += l.Served
		sum.Completed += l.Completed
	}
	g.o.Progress(sum)
}

// generatorEnded is the error of a generator that ended before it was to.
func generatorEnded(w *child.Process) error {
	return fmt.Errorf("load: generator: %w", w.End(endPatience).Err())
}
