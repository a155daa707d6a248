package load

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"socketbench/experiments/stats"
)

// engine is a driver of a workload: it connects, sends, reads and looks at the clock. All of its methods but wake
// are called on the same thread.
type engine interface {
	pin() error                 // takes the thread, before anything else
	connect(measured bool)      // all disturbers, or all measured connections
	hold(released *atomic.Bool) // handles what happens on the connections until then
	play(t0, start, end int64)  // sends from t0, counts from start to end; returns when the stragglers are in
	close()                     // ends every connection
	wake()                      // from any goroutine: look at the quit flag
}

// Run plays o. It returns when every request is answered or given up, at most a moment after the window's end. When ctx
// ends, the window ends, and the result has what was measured until then. An error means that nothing was played; what a
// server does wrong is counted in the result.
//
// Where o.CPUs are given, threads of this process are pinned to them, and it should run nothing else; see [Spawn].
func Run(ctx context.Context, o Options) (*Result, error) {
	return play(ctx, o, cues{})
}

// holdStep is how often an engine that is held looks whether it is to go on. Others wake it, but where it has the only
// processor they have no turn to do so.
const holdStep = 500 * time.Microsecond

// cues say when a run goes on that others have a part in. The engines handle what happens on the connections while one is waited for. A cue
// that is nil comes at once.
type cues struct {
	connect func()       // called when all disturbers are connected; returns when the measured clients may connect
	begin   func() int64 // called when these are, too; returns when the first request is to be sent, on the clock of this process
}

// play is [Run] with cues.
func play(ctx context.Context, o Options, on cues) (*Result, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	o = o.WithDefaults()
	t, err := resolve(o)
	if err != nil {
		return nil, err
	}
	var quit atomic.Bool
	group, err := newEngineGroup(o, t, &quit)
	if err != nil {
		return nil, err
	}
	defer group.dismiss()
	stop := func() {
		quit.Store(true)
		for _, e := range group.engines {
			e.wake()
		}
	}
	defer context.AfterFunc(ctx, stop)()
	if err := group.all(func(e engine) error { return e.pin() }); err != nil {
		return nil, err
	}
	_ = group.all(func(e engine) error { e.connect(false); return nil })
	if on.connect != nil {
		group.hold(on.connect)
	}
	_ = group.all(func(e engine) error { e.connect(true); return nil })
	standing := 0
	for _, w := range group.workloads {
		standing += w.standing()
	}
	if standing == 0 && group.faults() > 0 {
		r := collect(o, group.recorders(), 0)
		r.Setup = o.setup()
		Judge(o, r, -1)
		r.unplayed("no connection came about")
		return r, nil
	}
	t0 := clock() + int64(time.Millisecond)
	if on.begin != nil {
		group.hold(func() { t0 = on.begin() })
	}
	start := t0 + int64(o.Warmup)
	end := start + int64(o.Duration)
	if o.Ready != nil {
		o.Ready(Window{Start: at(start), End: at(end)})
	}
	watched := watch(o, group.recorders(), start)
	look := group.lookOut(o, t0, stop)
	_ = group.all(func(e engine) error { e.play(t0, start, end); return nil })
	watched()
	alone := look.end()
	if o.played != nil {
		o.played()
	}
	r := collect(o, group.recorders(), end-start)
	if ctx.Err() != nil && group.recorders()[0].end <= start {
		r = uncounted(o)
	}
	r.Setup = o.setup()
	Judge(o, r, -1)
	if alone != "" {
		r.unplayed(alone)
	}
	return r, nil
}

// setup is that of this process, where it plays o.
func (o Options) setup() Setup {
	return Setup{Threads: o.threads(), Pinned: len(o.CPUs) > 0, Spins: o.Spin, Descriptors: descriptorLimit()}
}

// uncounted returns the result of a run that ended before its window began. It has no figures.
func uncounted(o Options) *Result {
	r := &Result{
		Engine: o.Engine, Uncounted: "ended during the warm-up: nothing was counted, and there are no figures",
		Metrics: map[string]float64{},
	}
	for _, f := range r.Families() {
		*f.Times = stats.NewHistogram()
	}
	return r
}

// engineGroup is a set of engines, each with a thread of its own on which its methods are called.
type engineGroup struct {
	workloads []*workload
	engines   []engine
	tasks     []chan func(engine) error
	results   chan error
	ended     sync.WaitGroup
}

func newEngineGroup(o Options, t target, quit *atomic.Bool) (*engineGroup, error) {
	n := o.threads()
	if o.Engine == EnginePortable {
		n = 1
	}
	g := &engineGroup{results: make(chan error, n)}
	for i := range n {
		var e engine
		var err error
		w := newWorkload(o, i, n)
		if o.Engine == EnginePortable {
			e = newPortable(w, t, quit)
		} else if e, err = newEpoll(w, t, i, n, quit); err != nil {
			g.dismiss()
			return nil, err
		}
		tasks := make(chan func(engine) error)
		g.workloads, g.engines, g.tasks = append(g.workloads, w), append(g.engines, e), append(g.tasks, tasks)
		g.ended.Go(func() {
			// The goroutine stays locked to the thread that its engine has pinned, so that the thread ends with it.
			defer e.close()
			for task := range tasks {
				g.results <- task(e)
			}
		})
	}
	return g, nil
}

// all runs a task on every engine, at the same time, and waits for them.
func (g *engineGroup) all(task func(engine) error) error {
	for _, tasks := range g.tasks {
		tasks <- task
	}
	var errs []error
	for range g.tasks {
		errs = append(errs, <-g.results)
	}
	return errors.Join(errs...)
}

// hold lets every engine handle what happens on its connections while wait blocks.
func (g *engineGroup) hold(wait func()) {
	var over atomic.Bool
	for _, tasks := range g.tasks {
		tasks <- func(e engine) error { e.hold(&over); return nil }
	}
	wait()
	over.Store(true)
	for _, e := range g.engines {
		e.wake()
	}
	for range g.tasks {
		<-g.results
	}
}

func (g *engineGroup) dismiss() {
	for _, tasks := range g.tasks {
		close(tasks)
	}
	g.ended.Wait()
}

func (g *engineGroup) recorders() []*recorder {
	recorders := make([]*recorder, len(g.workloads))
	for i, w := range g.workloads {
		recorders[i] = w.recorder
	}
	return recorders
}

func (g *engineGroup) faults() (n int64) {
	for _, b := range g.recorders() {
		for _, count := range b.errors {
			n += count
		}
	}
	return n
}

// watch calls o.Progress every 500 ms, until the function that it returns is called.
func watch(o Options, recorders []*recorder, start int64) (stop func()) {
	if o.Progress == nil {
		return func() {}
	}
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		ticks := time.NewTicker(5 * logInterval)
		defer ticks.Stop()
		last, lastAt := int64(0), clock()
		for {
			select {
			case <-done:
				return
			case <-ticks.C:
			}
			now := clock()
			p := Progress{Elapsed: time.Duration(now - start)}
			intervals := make([]*stats.Histogram, len(recorders))
			for i, b := range recorders {
				intervals[i] = b.log.last()
				p.Completed += b.live.replies.Load()
				p.Served += int(b.live.served.Load())
			}
			interval := stats.Merge(intervals...)
			p.P50, p.P99 = time.Duration(interval.Quantile(.5)), time.Duration(interval.Quantile(.99))
			p.Rate = float64(p.Completed-last) / time.Duration(now-lastAt).Seconds()
			last, lastAt = p.Completed, now
			o.Progress(p)
		}
	})
	return func() {
		close(done)
		ended.Wait()
	}
}

// defaultThreads returns the number of engine threads where no CPUs are given. One of Go's processors is left to the
// rest of the process, since a sleeping engine keeps its own for up to 10 ms.
func defaultThreads() int { return max(1, runtime.GOMAXPROCS(0)-1) }
