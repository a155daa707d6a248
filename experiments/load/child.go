package load

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"socketbench/experiments/environ"
	"socketbench/patterns/child"
	"socketbench/patterns/proc"
)

// Command is what this program becomes as a generator, see child.Become: [Main].
const Command = "generate"

// job is what a generator process has to do. Its parent sends it first.
type job struct {
	Options  Options
	Ready    bool // tell when the window will be
	Progress bool // tell how it goes
	Part     int  // which of several processes this one is
	Parts    int  // of how many
	All      int  // connections of them all; Options has those of this one, and the rate of all
	Meet     bool // when all have connected, tell so and wait for the time to begin, on the system's clock
}

// news is what a generator process reports; one field is set.
type news struct {
	Met      bool      `json:",omitempty"` // all have connected
	Ready    *span     `json:",omitempty"`
	Progress *Progress `json:",omitempty"`
	Result   *Result   `json:",omitempty"`
	Error    string    `json:",omitempty"`
}

// span is a Window on the system's monotonic clock, which processes share; ns.
type span struct{ Start, End int64 }

// Main is the whole of a generator process: it plays the job that its parent sends, reports the result, and waits until
// the parent closes the conversation. When ctx or the parent ends, or the parent closes the conversation before, the
// window ends early, and the result has what was measured until then.
func Main(ctx context.Context, parent *child.Conn) error {
	var told job
	if err := parent.Receive(&told); err != nil {
		return fmt.Errorf("load: no job came: %w", err)
	}
	o := told.Options
	if told.Parts > 1 {
		o.shard, o.all = shard{told.Part, told.Parts}, told.All
	}
	if o.confined = len(o.CPUs) > 0; o.confined {
		if err := proc.Confine(o.CPUs); err != nil {
			return parent.Send(news{Error: err.Error()})
		}
		exactSleep()
		runtime.GOMAXPROCS(o.processors())
	}
	// Nothing is allocated while requests are played, so the collector has nothing to win; making the
	// result takes more memory than all connections do, and little of it at a time.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(2 << 30)
	o.played = func() { debug.SetGCPercent(20) }
	if told.Ready {
		o.Ready = func(w Window) { _ = parent.Send(news{Ready: &span{shared(w.Start), shared(w.End)}}) }
	}
	if told.Progress {
		o.Progress = func(p Progress) { _ = parent.Send(news{Progress: &p}) }
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begin := make(chan int64, 1)
	go func() { // ends with the parent, or with the process
		defer cancel()
		var t int64
		for parent.Receive(&t) == nil {
			begin <- t
		}
	}()
	var meet func() (int64, error)
	if told.Meet {
		meet = func() (int64, error) {
			if err := parent.Send(news{Met: true}); err != nil {
				return 0, err
			}
			select {
			case t := <-begin:
				return t - shared(epoch), nil
			case <-ctx.Done():
				return clock(), nil
			}
		}
	}
	r, err := play(ctx, o, meet)
	if err != nil {
		return parent.Send(news{Error: err.Error()})
	}
	if err := parent.Send(news{Result: r}); err != nil {
		return err
	}
	<-ctx.Done() // until then the parent can read what this process has used
	return nil
}

// processors returns the GOMAXPROCS that suits engines which have the CPUs to themselves. A single engine that spins needs
// one processor: what else there is to do is done when it yields. Engines that sleep need one to spare, without which
// Go's monitor would wake every 20 us to take a processor from a thread that sleeps.
func (o Options) processors() int {
	if o.Spin && o.threads() == 1 {
		return 1
	}
	return o.threads() + 1
}

// shared returns t, which has a monotonic reading, on the clock that all processes of the system share.
func shared(t time.Time) int64 { return systemClock() + int64(time.Until(t)) }

// unshared is the inverse of shared.
func unshared(ns int64) time.Time { return time.Now().Add(time.Duration(ns - systemClock())) }

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

// A Generator is a process that waits to be told what to play, so that it can start beside the server.
type Generator struct {
	binary  []string
	workers []*child.Process
}

// Start starts a generator for [Generator.Play]. binary is what becomes it, see child.Options; nil: this program.
// Close it when done.
func Start(binary []string) (*Generator, error) {
	g := &Generator{binary: binary}
	return g, g.start()
}

// PID is the process that was started.
func (g *Generator) PID() int { return g.workers[0].PID }

// PIDs are the processes of the generator. Once the window is told (Options.Ready) there is none to come.
func (g *Generator) PIDs() []int {
	pids := make([]int, len(g.workers))
	for i, w := range g.workers {
		pids[i] = w.PID
	}
	return pids
}

// start starts one process more; it may be given its job at once.
func (g *Generator) start() error {
	env, _ := environ.Clean(os.Environ())
	w, err := child.Start(child.Options{Verb: Command, Binary: g.binary, Env: env})
	if err != nil {
		return fmt.Errorf("load: generator: %w", err)
	}
	g.workers = append(g.workers, w)
	return nil
}

// Play is [Spawn] in the process that was started. It is called once.
func (g *Generator) Play(ctx context.Context, o Options) (*Result, error) {
	parts, err := o.split()
	if err != nil {
		return nil, err
	}
	for len(g.workers) < len(parts) {
		if err := g.start(); err != nil {
			return nil, err
		}
	}
	return conduct(ctx, g.workers, o, parts)
}

// endPatience is how long a generator that was told to end may take: it writes down its result.
const endPatience = 10 * time.Second

// Close waits until nothing of the generator is left; one that has not played is told to end.
func (g *Generator) Close() {
	for _, w := range g.workers {
		w.End(endPatience)
	}
}

// generatorEnded is the error of a generator that ended before it was to.
func generatorEnded(w *child.Process) error {
	return fmt.Errorf("load: generator: %w", w.End(endPatience).Err())
}
